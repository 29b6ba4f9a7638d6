-- Of three spectra one has a conductivity and a sample.
INSERT INTO conductivity (measurement_id, sample_id, dot, temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, quality, reason) VALUES
    ('m1', 'film 1', '1', 40.0, 2e-8, 1e-9, 'good', NULL),
    ('m2', 'film 1', '1', 60.0, NULL, NULL, 'failed', 'the electrode area is not stated'),
    ('m3', NULL, '1', 60.0, 3e-8, 1e-9, 'failed', 'the sample is not known');
