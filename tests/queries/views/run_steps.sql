-- The first dose was held and resumed: its two parts are one row of 0.5 + 1.5 = 2 s, and its pressure the mean by length,
-- (8 · 0.5 + 12 · 1.5)/2 = 11 Pa, 1.1 of the planned 10 Pa. The purge has no pressure. `load` is not a step of a cycle.
INSERT INTO run_log
    (measurement_id, run_id, recipe_id, point, cycle, step, event, precursor, planned_duration_s, duration_s, planned_pressure_pa, pressure_pa, planned_temperature_c, deposition_temperature_c, deviation) VALUES
    ('m1', 'run 1', 'r1', 0, NULL, NULL, 'load', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('m1', 'run 1', 'r1', 1, 1, '1', 'dose', 'TMA', 2.0, 0.5, 10.0, 8.0, 200.0, 199.0, 'held'),
    ('m1', 'run 1', 'r1', 2, 1, '1', 'dose', 'TMA', 2.0, 1.5, 10.0, 12.0, 200.0, 201.0, 'resumed'),
    ('m1', 'run 1', 'r1', 3, 1, '2', 'purge', NULL, 5.0, 5.5, NULL, NULL, 200.0, 200.0, NULL);
