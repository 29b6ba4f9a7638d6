-- Six runs with two doses of TMA each, 0.5 s at 10 Pa; the sixth after a refill. Growth falls from 1.01 to 0.98 over the middles of the runs at 1, 3, 5, 7
-- and 9 doses: the slope is (-4·1.01 - 2·1.00 + 2·0.99 + 4·0.98)/40/0.996 = -0.003514 a dose, -351.4 % in 1000 doses.
INSERT INTO runs (run_id, recipe_id, reactor, started_at) VALUES
    ('r1', 'a', 'R', '2026-03-01T09:00:00'), ('r2', 'a', 'R', '2026-03-02T09:00:00'), ('r3', 'a', 'R', '2026-03-03T09:00:00'), ('r4', 'a', 'R', '2026-03-04T09:00:00'), ('r5', 'a', 'R', '2026-03-05T09:00:00'), ('r6', 'a', 'R', '2026-03-06T09:00:00');
INSERT INTO events (event_id, kind, at, reactor, precursor) VALUES ('e1', 'refill', '2026-03-05T20:00:00', NULL, 'TMA');
INSERT INTO run_log (measurement_id, point, run_id, cycle, step, event, precursor, duration_s, pressure_pa) VALUES
    ('m1', 0, 'r1', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m1', 1, 'r1', 2.0, '1', 'dose', 'TMA', 0.5, 10.0),
    ('m2', 0, 'r2', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m2', 1, 'r2', 2.0, '1', 'dose', 'TMA', 0.5, 10.0),
    ('m3', 0, 'r3', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m3', 1, 'r3', 2.0, '1', 'dose', 'TMA', 0.5, 10.0),
    ('m4', 0, 'r4', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m4', 1, 'r4', 2.0, '1', 'dose', 'TMA', 0.5, 10.0),
    ('m5', 0, 'r5', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m5', 1, 'r5', 2.0, '1', 'dose', 'TMA', 0.5, 10.0),
    ('m6', 0, 'r6', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m6', 1, 'r6', 2.0, '1', 'dose', 'TMA', 0.5, 10.0);
INSERT INTO growth (measurement_id, run_id, recipe_id, gpc_angstrom, quality) VALUES
    ('g1', 'r1', 'a', 1.01, 'good'), ('g2', 'r2', 'a', 1.0, 'good'), ('g3', 'r3', 'a', 1.0, 'good'), ('g4', 'r4', 'a', 0.99, 'good'), ('g5', 'r5', 'a', 0.98, 'good');
