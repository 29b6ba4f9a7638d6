-- The core line by the name of the region, the area and everything that decides whether areas can be compared. The valence band is no
-- core line; nothing is known of the area of m3.
INSERT INTO measurements (measurement_id, file_id, technique, metadata)
    SELECT m, 'f1', 'photoelectron_spectroscopy', '{"intensity_unit": "counts", "counting_time_s": 3, "pass_energy_ev": 50, "excitation_energy_ev": 1486.6, "analyser_mode": "FAT"}'
    FROM (VALUES ('m1'), ('m2'), ('m3')) AS measured(m);
INSERT INTO xps_regions (measurement_id, sample_id, region, state, line_area, line_area_err, area_doubt, quality, reason, reason_code) VALUES
    ('m1', 'film 1', 'O1s Scan', '', 200.0, 20.0, NULL, 'good', NULL, NULL),
    ('m2', 'film 1', 'VB', '', 40.0, 10.0, 'width at its upper bound', 'suspect', 'width at its upper bound', 'parameter_at_bound'),
    ('m3', 'film 1', 'Ti 2p3/2', '', NULL, NULL, NULL, 'failed', '3 points in the range, 11 needed', 'too_few_points');
SELECT measurement_id, region, line, line_area, line_area_err, area_doubt, reason, intensity_unit, counting_time_s, settings FROM xps_areas;
