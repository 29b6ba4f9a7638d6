-- 5 at.% are missing, more than 3 · 1 and than 2; of m2 less than 2 are, of m3 less than three standard errors.
INSERT INTO depth_profile_fits (measurement_id, sample_id, closure_percent, closure_err_percent, quality) VALUES
    ('m1', 'film 1', 5.0, 1.0, 'suspect'), ('m2', 'film 2', 1.9, 0.1, 'good'), ('m3', 'film 3', -5.0, 2.0, 'good'), ('m4', NULL, -9.0, 1.0, 'suspect');
