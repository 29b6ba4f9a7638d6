-- Two recipes that differ in the length of the TMA dose only have one series, in which that length is left open. The third has two
-- kinds of cycles and no row.
INSERT INTO recipes (recipe_id, process, deposition_temperature_c) VALUES
    ('r1', 'Al2O3', 200.0), ('r2', 'Al2O3', 200.0), ('r3', 'mixture', 200.0);
INSERT INTO recipe_cycles (recipe_id, cycle, n_kinds) VALUES ('r1', 'A', 1), ('r2', 'A', 1), ('r3', 'A', 2);
INSERT INTO recipe_steps (recipe_id, cycle, step, event, precursor, duration_s, gas, flow_sccm) VALUES
    ('r1', 'A', '1', 'dose', 'TMA', 0.1, NULL, NULL), ('r1', 'A', '2', 'purge', NULL, 5.0, 'Ar', 100.0),
    ('r1', 'A', '3', 'dose', 'H2O', 0.2, NULL, NULL),
    ('r2', 'A', '1', 'dose', 'TMA', 0.4, NULL, NULL), ('r2', 'A', '2', 'purge', NULL, 5.0, 'Ar', 100.0),
    ('r2', 'A', '3', 'dose', 'H2O', 0.2, NULL, NULL),
    ('r3', 'A', '1', 'dose', 'TMA', 0.4, NULL, NULL);
