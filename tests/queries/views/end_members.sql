-- A mixture of two kinds of cycles, A and B, and films of each kind alone at the same temperature. Kind A was measured twice: the
-- mean of 1.0 and 1.2 Å is 1.1 Å, and its uncertainty the larger of √(0.1² + 0.1²)/2 = 0.0707 Å and the standard error of the
-- mean, 0.1414/√2 = 0.1 Å. Kind B was measured at another temperature only, so it has neither growth nor composition.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES
    ('mixture', 'AB', 200.0), ('pure A', 'A', 200.0), ('pure B', 'B', 250.0);
INSERT INTO recipe_cycles (recipe_id, cycle, repeats_per_supercycle, n_kinds, doses, density_g_per_cm3) VALUES
    ('mixture', 'A', 3, 2, 'TMA 0.1 s', 2.0), ('mixture', 'B', 1, 2, 'H2O 0.1 s', 3.0),
    ('pure A', 'only', 1, 1, 'TMA 0.1 s', NULL), ('pure B', 'only', 1, 1, 'H2O 0.1 s', NULL);
INSERT INTO growth (measurement_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality) VALUES
    ('g1', 'pure A', 1.0, 0.1, 'good'), ('g2', 'pure A', 1.2, 0.1, 'good'), ('g3', 'pure A', 9.0, 0.1, 'failed'),
    ('g4', 'pure B', 2.0, 0.1, 'good');
INSERT INTO composition (measurement_id, recipe_id, element, content_percent, content_err_percent, quality) VALUES
    ('c1', 'pure A', 'Al', 40.0, 1.0, 'good'), ('c1', 'pure A', 'O', 60.0, 1.0, 'good');
