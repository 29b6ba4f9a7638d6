-- Growth of 0.8, 0.99, 1.0 and 1.0 Å at TMA doses of 0.1, 0.2, 0.4 and 0.8 s: saturated from 0.2 s on at 1 Å. The H2O dose was varied
-- once, which is not enough: one dose gives no row, two give a reason.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c)
    SELECT r, 'Al2O3', 200.0 FROM (VALUES ('r1'), ('r2'), ('r3'), ('r4'), ('r5')) AS recipes(r);
INSERT INTO recipe_cycles (recipe_id, cycle, n_kinds) SELECT r, 'A', 1 FROM (VALUES ('r1'), ('r2'), ('r3'), ('r4'), ('r5')) AS recipes(r);
INSERT INTO recipe_steps (recipe_id, cycle, step, event, precursor, duration_s)
    SELECT r, 'A', '1', 'dose', 'TMA', d FROM (VALUES ('r1', 0.1), ('r2', 0.2), ('r3', 0.4), ('r4', 0.8), ('r5', 0.8)) AS doses(r, d);
INSERT INTO recipe_steps (recipe_id, cycle, step, event, precursor, duration_s)
    SELECT r, 'A', '2', 'dose', 'H2O', d FROM (VALUES ('r1', 0.3), ('r2', 0.3), ('r3', 0.3), ('r4', 0.3), ('r5', 0.6)) AS doses(r, d);
INSERT INTO growth (measurement_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality) VALUES
    ('g1', 'r1', 0.8, 0.005, 'good'), ('g2', 'r2', 0.99, 0.005, 'good'), ('g3', 'r3', 1.0, 0.005, 'good'), ('g4', 'r4', 1.0, 0.005, 'good'),
    ('g5', 'r5', 1.01, 0.005, 'good');
