-- A ratio without a value, and one of a film without a recipe, are left out.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES ('r1', 'LBO', 250.0);
INSERT INTO composition_ratios (measurement_id, sample_id, recipe_id, ratio, value, value_err, quality) VALUES
    ('m1', 'film 1', 'r1', 'Li/B', 1.2, 0.1, 'good'),
    ('m1', 'film 1', 'r1', 'B/O', NULL, NULL, 'good'),
    ('m2', 'film 2', NULL, 'Li/B', 1.3, 0.1, 'good');
