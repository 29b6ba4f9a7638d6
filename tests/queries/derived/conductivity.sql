-- m1: 100 nm = 1e-5 cm over (1e5 Ω · 1e-3 cm²) is 1e-7 S/cm; 5 % of R1 and 10 % of the thickness are √(0.05² + 0.1²) = 11.18 % of it.
-- m2 to m6 each lack something, which is their reason: a sample, a thickness, an area, a fit, the uncertainty of R1.
INSERT INTO samples (sample_id, thickness_nm, thickness_err_nm) VALUES ('film 1', 100.0, 10.0), ('film 2', NULL, NULL);
INSERT INTO measurements (measurement_id, dot, temperature_c, electrode_area_cm2, link_note) VALUES
    ('m1', '1', 40.0, 1e-3, NULL), ('m2', '1', 40.0, 1e-3, 'the path has no sample'), ('m3', '1', 40.0, 1e-3, NULL),
    ('m4', '1', 40.0, NULL, NULL), ('m5', '1', 40.0, 1e-3, NULL), ('m6', '1', 40.0, 1e-3, NULL);
INSERT INTO impedance_fits (measurement_id, sample_id, circuit, r1_ohm, r1_err_ohm, quality, reason, reason_code) VALUES
    ('m1', 'film 1', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m2', NULL, 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m3', 'film 2', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m4', 'film 1', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m5', 'film 1', 'R0-p(R1,CPE1)', NULL, NULL, 'failed', 'no points', 'too_few_points'),
    ('m6', 'film 1', 'R0-p(R1,CPE1)', 1e5, NULL, 'suspect', 'R1 is not determined', 'parameter_undetermined');
