-- The composition of process B is known, but no conductivity at its temperature; the profile of process C was not read.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES ('r1', 'A', 200.0), ('r2', 'B', 200.0), ('r3', 'B', 250.0), ('r4', 'C', 200.0);
INSERT INTO depth_profile_fits (measurement_id, recipe_id, quality) VALUES ('m1', 'r1', 'good'), ('m2', 'r2', 'good'), ('m3', 'r4', 'failed');
INSERT INTO arrhenius (sample_id, recipe_id, quality) VALUES ('film 1', 'r1', 'good'), ('film 3', 'r3', 'good');
