-- Li/B of 0.8 ± 0.1 is below 1 by more than its uncertainty, 0.95 ± 0.1 is not; B/O of 0.4 ± 0.02 is below 4/9 = 0.444. A phosphate
-- is not examined.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES ('r1', 'LBO', 250.0), ('r2', 'LPO', 250.0);
INSERT INTO composition_ratios (measurement_id, sample_id, recipe_id, ratio, value, value_err, quality) VALUES
    ('m1', 'film 1', 'r1', 'Li/B', 0.8, 0.1, 'good'), ('m1', 'film 1', 'r1', 'B/O', 0.4, 0.02, 'good'),
    ('m2', 'film 2', 'r1', 'Li/B', 0.95, 0.1, 'good'), ('m3', 'film 3', 'r2', 'Li/B', 0.1, 0.01, 'good');
