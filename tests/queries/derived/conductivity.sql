-- m1: 100 nm = 1e-5 cm over (1e5 Ω · 1e-3 cm²) is 1e-7 S/cm. 5 % of R1, 10 % of the thickness, 2 % of the area (assumed) and 0.5 °C at
-- 40 °C (0.5 · 0.6/(8.617e-5 · 313.15²) = 3.550 %) are √(0.05² + 0.1² + 0.02² + 0.0355²) = 11.90 % of it.
-- m2 to m6 each lack something, which is their reason: a sample, a thickness, an area, a fit, the uncertainty of R1.
-- m7: 50 nm without an uncertainty (5 % assumed), an area known to 3 %: √(0.05² + 0.05² + 0.03² + 0.0355²) = 8.47 % of 5e-8 S/cm.
-- m8: the file recorded 44.5 ± 1 °C, the path states 40 °C: suspect. m9: a suspect fit, on a film of suspect thickness.
INSERT INTO measurements (measurement_id, dot, temperature_c, electrode_area_cm2, link_note) VALUES
    ('m1', '1', 40.0, 1e-3, NULL), ('m2', '1', 40.0, 1e-3, 'the path has no sample'), ('m3', '1', 40.0, 1e-3, NULL),
    ('m4', '1', 40.0, NULL, NULL), ('m5', '1', 40.0, 1e-3, NULL), ('m6', '1', 40.0, 1e-3, NULL);
INSERT INTO measurements (measurement_id, dot, temperature_c, nominal_temperature_c, electrode_area_cm2, electrode_area_err_cm2) VALUES
    ('m7', '1', 40.0, 40.0, 1e-3, 3e-5), ('m8', '1', 40.0, 40.0, 1e-3, NULL), ('m9', '1', 40.0, 40.0, 1e-3, NULL);
INSERT INTO film_thickness (sample_id, thickness_nm, thickness_err_nm, thickness_source, quality, reason, reason_code) VALUES
    ('film 1', 100.0, 10.0, 'stated', 'good', NULL, NULL),
    ('film 2', NULL, NULL, NULL, 'failed', 'no thickness is stated', 'no_thickness'),
    ('film 3', 50.0, NULL, 'stated', 'good', NULL, NULL),
    ('film 4', 50.0, 1.0, 'growth', 'suspect', 'growth and the stated thickness differ', 'sources_disagree');
INSERT INTO impedance_fits (measurement_id, sample_id, circuit, r1_ohm, r1_err_ohm, quality, reason, reason_code) VALUES
    ('m1', 'film 1', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m2', NULL, 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m3', 'film 2', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m4', 'film 1', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m5', 'film 1', 'R0-p(R1,CPE1)', NULL, NULL, 'failed', 'no points', 'too_few_points'),
    ('m6', 'film 1', 'R0-p(R1,CPE1)', 1e5, NULL, 'suspect', 'R1 is not determined', 'parameter_undetermined'),
    ('m7', 'film 3', 'R0-p(R1,CPE1)', 1e5, 5e3, 'good', NULL, NULL),
    ('m9', 'film 4', 'R0-p(R1,CPE1)', 1e5, 5e3, 'suspect', 'residuals are correlated', 'residuals_correlated');
INSERT INTO impedance_fits (measurement_id, sample_id, circuit, r1_ohm, r1_err_ohm, temperature_c, temperature_std_c, quality) VALUES
    ('m8', 'film 1', 'R0-p(R1,CPE1)', 1e5, 5e3, 44.5, 1.0, 'good');
