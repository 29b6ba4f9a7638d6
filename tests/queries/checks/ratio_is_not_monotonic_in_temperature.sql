-- Li/B rises from 1.0 to 1.5 and falls to 1.2; B/O falls steadily.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES ('r1', 'LBO', 150.0), ('r2', 'LBO', 200.0), ('r3', 'LBO', 250.0);
INSERT INTO composition_ratios (measurement_id, recipe_id, ratio, value, quality) VALUES
    ('m1', 'r1', 'Li/B', 1.0, 'good'), ('m2', 'r2', 'Li/B', 1.5, 'good'), ('m3', 'r3', 'Li/B', 1.2, 'good'),
    ('m1', 'r1', 'B/O', 0.5, 'good'), ('m2', 'r2', 'B/O', 0.45, 'good'), ('m3', 'r3', 'B/O', 0.4, 'good');
