-- Boron is 8 standard uncertainties above the rule. Phosphorus is 4 below, carbon is not examined, and a failed row does not count.
INSERT INTO rule_of_mixtures (measurement_id, sample_id, quantity, cycle_ratio, expected, measured, deviation_sigmas, quality) VALUES
    ('m1', 'film 1', 'B', 0.5, 10.0, 18.0, 8.0, 'good'), ('m1', 'film 1', 'P', 0.5, 10.0, 6.0, -4.0, 'good'),
    ('m1', 'film 1', 'C', 0.5, 0.0, 5.0, 9.0, 'good'), ('m2', NULL, 'gpc_angstrom', 0.5, 1.0, 0.5, -10.0, 'good'),
    ('m3', 'film 3', 'B', 0.5, NULL, 18.0, 8.0, 'failed');
