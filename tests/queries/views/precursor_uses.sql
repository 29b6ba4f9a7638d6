-- Run r1 used TMA before the refill, r2 after it and has two growths; r3 has no log, but its recipe doses TMA. The refill at S is not that of R.
INSERT INTO runs (run_id, recipe_id, reactor, started_at) VALUES
    ('r1', 'a', 'R', '1970-01-02T00:00:00'), ('r2', 'a', 'R', '1970-01-04T00:00:00'), ('r3', 'a', 'R', '1970-01-05T00:00:00');
INSERT INTO recipe_steps (recipe_id, cycle, step, event, precursor) VALUES ('a', 'A', '1', 'dose', 'TMA');
INSERT INTO events (event_id, kind, at, reactor, precursor) VALUES
    ('e1', 'refill', '1970-01-03T00:00:00', 'R', 'TMA'), ('e2', 'refill', '1970-01-03T12:00:00', 'S', 'TMA'),
    ('e3', 'maintenance', '1970-01-03T18:00:00', 'R', NULL);
INSERT INTO run_log (measurement_id, point, run_id, cycle, step, event, precursor, duration_s, pressure_pa) VALUES
    ('m1', 0, 'r1', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m2', 0, 'r2', 1.0, '1', 'dose', 'TMA', 0.5, 10.0);
INSERT INTO growth (measurement_id, run_id, gpc_angstrom, quality) VALUES ('g1', 'r2', 1.0, 'good'), ('g2', 'r2', 1.1, 'suspect');
