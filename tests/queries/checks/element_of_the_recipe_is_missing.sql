-- Lithium is in the precursors and not detected; nitrogen is not detected and not in the precursors; whether carbon is in them is not known.
INSERT INTO composition (measurement_id, sample_id, element, content_percent, content_err_percent, detected, in_recipe, quality) VALUES
    ('m1', 'film 1', 'Li', 0.12, 0.2, false, true, 'good'), ('m1', 'film 1', 'O', 60.0, 0.5, true, true, 'good'),
    ('m1', 'film 1', 'N', 0.1, 0.2, false, false, 'good'), ('m2', 'film 2', 'C', 0.1, 0.2, false, NULL, 'good');
