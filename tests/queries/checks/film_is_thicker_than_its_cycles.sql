-- 1000 cycles of 1 Å grow 100 nm. A stated thickness of 120 ± 2 nm is above 1.1 · 100 + 3 · 2 = 116 nm, 115 ± 2 nm is not. The growth of
-- the doses of r2 at its temperature is not known.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES ('r1', 'A', 200.0), ('r2', 'A', 250.0);
INSERT INTO recipe_cycles (recipe_id, cycle, repeats, n_kinds, doses) VALUES ('r1', 'A', 1000, 1, 'a'), ('r2', 'A', 1000, 1, 'a');
INSERT INTO growth (measurement_id, recipe_id, gpc_angstrom, quality) VALUES ('g1', 'r1', 1.0, 'good'), ('g2', 'r1', 5.0, 'failed');
INSERT INTO samples (sample_id, recipe_id, thickness_nm, thickness_err_nm) VALUES
    ('film 1', 'r1', 120.0, 2.0), ('film 2', 'r1', 115.0, 2.0), ('film 3', 'r2', 500.0, 2.0);
