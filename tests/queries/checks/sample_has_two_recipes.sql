-- Two measurements of film 1 belong to a different recipe than the film; one without a recipe contradicts nothing.
INSERT INTO samples (sample_id, recipe_id) VALUES ('film 1', 'r1'), ('film 2', 'r1');
INSERT INTO measurements (measurement_id, sample_id, recipe_id) VALUES
    ('m1', 'film 1', 'r2'), ('m2', 'film 1', 'r2'), ('m3', 'film 1', 'r1'), ('m4', 'film 2', 'r1'), ('m5', 'film 2', NULL);
