-- The recipe has 2000 cycles. Film 1 was watched over all of them, which takes precedence over the stated thickness; film 2 is stated (a failed scan has
-- no thickness, and 70 ± 0.5 nm agree with 72 ± 2); film 3 was fitted; film 4 has only a suspect fit, which makes its thickness suspect; film 5 has none.
-- Film 6: a scan of 300 of the 2000 cycles, 11.99 nm, is not the thickness of the film: 80 ± 1 nm as stated. Extrapolated, it is
-- 11.99 + 1700 · 0.04 = 79.99 ± 6.8 nm, which agrees. Film 7: the same without a stated thickness: suspect.
-- Film 8: two scans of 40 nm, one after the other: 80 nm. Film 9: spectra over time from 5 to 80 nm: the last. Film 10: three places of
-- 78, 80 and 82 nm ± 0.5: the mean, and √(0.5² + 2²) = 2.06. Film 11: stated 80 ± 1 nm, watched 40 nm over all cycles: both are named.
-- Film 12: stated without an uncertainty: 5 %. Film 13 was etched: no thickness. Film 14: a map of the instrument.
-- Film 15: stated 80 ± 1 nm, 40 nm in a depth profile (± 15 %, the density): they contradict each other. Film 16: 760·10¹⁵ atoms/cm² are
-- 80 ± 16 nm, which agrees. Film 17: reflectivity alone. Film 18: stated 80 ± 1 nm, 60 ± 0.9 nm by reflectivity.
INSERT INTO recipes (recipe_id, process) VALUES ('r', 'LBO');
INSERT INTO recipe_cycles (recipe_id, cycle, repeats) VALUES ('r', 'A', 2000);
INSERT INTO samples (sample_id, recipe_id, thickness_nm, thickness_err_nm) VALUES
    ('film 01', 'r', 90.0, 9.0), ('film 02', NULL, 72.0, 2.0), ('film 03', NULL, NULL, NULL), ('film 04', NULL, NULL, NULL), ('film 05', NULL, NULL, NULL),
    ('film 06', 'r', 80.0, 1.0), ('film 07', 'r', NULL, NULL), ('film 08', 'r', NULL, NULL), ('film 09', NULL, NULL, NULL),
    ('film 10', NULL, NULL, NULL), ('film 11', 'r', 80.0, 1.0), ('film 12', NULL, 80.0, NULL), ('film 13', NULL, NULL, NULL),
    ('film 14', NULL, NULL, NULL), ('film 15', NULL, 80.0, 1.0), ('film 16', NULL, 80.0, 1.0), ('film 17', NULL, NULL, NULL),
    ('film 18', NULL, 80.0, 1.0);
INSERT INTO measurements (measurement_id, technique, sample_id, started_at) VALUES
    ('g8a', 'ellipsometry_series', 'film 08', '2026-03-01T08:00:00'), ('g8b', 'ellipsometry_series', 'film 08', '2026-03-02T02:00:00'),
    ('m14', 'ellipsometry_series', 'film 14', NULL);
INSERT INTO growth (measurement_id, sample_id, gpc_angstrom, film_nm, film_err_nm, substrate_nm, first_watched_cycle, cycles_watched, scan_start_s, scan_end_s, quality, reason, reason_code) VALUES
    ('g1', 'film 01', 0.5, 100.0, 1.0, 1.5, 0.0, 2000.0, 0.0, 60000.0, 'good', NULL, NULL),
    ('g2', 'film 02', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'failed', 'not linear', 'not_linear'),
    ('g6', 'film 06', 0.4, 11.99, 0.01, 1.5, 0.0, 300.0, 0.0, 9000.0, 'good', NULL, NULL),
    ('g7', 'film 07', 0.4, 11.99, 0.01, 1.5, 0.0, 300.0, 0.0, 9000.0, 'good', NULL, NULL),
    ('g8a', 'film 08', 0.4, 40.0, 0.01, 1.5, 0.0, 1000.0, 0.0, 60000.0, 'good', NULL, NULL),
    ('g8b', 'film 08', 0.4, 40.0, 0.01, 1.5, 0.0, 1000.0, 0.0, 60000.0, 'good', NULL, NULL),
    ('g11', 'film 11', 0.2, 40.0, 0.01, 1.5, 0.0, 2000.0, 0.0, 60000.0, 'good', NULL, NULL),
    ('g13', 'film 13', -0.4, -12.0, 0.01, 40.0, 0.0, 300.0, 0.0, 9000.0, 'good', NULL, NULL);
INSERT INTO cauchy_fits (measurement_id, sample_id, time_s, x_mm, y_mm, thickness_nm, thickness_err_nm, quality, reason) VALUES
    ('c2', 'film 02', NULL, NULL, NULL, 70.0, 0.5, 'good', NULL), ('c3', 'film 03', NULL, NULL, NULL, 60.0, 0.5, 'good', NULL),
    ('c4', 'film 04', NULL, NULL, NULL, 50.0, 0.5, 'suspect', 'the misfit is not noise'),
    ('c10', 'film 10', NULL, 0.0, 0.0, 78.0, 0.5, 'good', NULL), ('c10', 'film 10', NULL, 10.0, 0.0, 80.0, 0.5, 'good', NULL),
    ('c10', 'film 10', NULL, 0.0, 10.0, 82.0, 0.5, 'good', NULL);
INSERT INTO cauchy_fits (measurement_id, sample_id, time_s, thickness_nm, thickness_err_nm, quality)
    SELECT 'c9', 'film 09', 60.0 * value, 5.0 + value, 0.5, 'good' FROM generate_series(0, 75);
INSERT INTO ellipsometry_series (measurement_id, sample_id, point, x_mm, y_mm, thickness_nm) VALUES
    ('m14', 'film 14', 0, 0.0, 0.0, 79.0), ('m14', 'film 14', 1, 10.0, 0.0, 81.0);
INSERT INTO depth_profile_fits (measurement_id, sample_id, depth_unit, film_depth, film_depth_err, quality) VALUES
    ('d15', 'film 15', 'nm', 40.0, 1.0, 'good'), ('d16', 'film 16', '1e15/cm2', 760.0, 20.0, 'good');
INSERT INTO film_reflectivity (measurement_id, sample_id, thickness_nm, thickness_err_nm, quality) VALUES
    ('r17', 'film 17', 79.5, 0.9, 'good'), ('r18', 'film 18', 60.0, 0.9, 'good');
