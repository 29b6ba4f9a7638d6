-- Eight runs in one phase, the seventh far off, and two after a refill. Of the first five (1.00, 1.02, 0.99, 1.01, 0.98) the mean is 1.000, the mean
-- moving range (0.02 + 0.03 + 0.02 + 0.03)/4 = 0.025, and sigma 0.025/1.1284 = 0.02216. The seventh run moves no limit of the eighth.
INSERT INTO runs (run_id, recipe_id, reactor, started_at) VALUES
    ('r1', 'a', 'R', '2026-03-01T09:00:00'), ('r2', 'a', 'R', '2026-03-02T09:00:00'), ('r3', 'a', 'R', '2026-03-03T09:00:00'), ('r4', 'a', 'R', '2026-03-04T09:00:00'), ('r5', 'a', 'R', '2026-03-05T09:00:00'), ('r6', 'a', 'R', '2026-03-06T09:00:00'), ('r7', 'a', 'R', '2026-03-07T09:00:00'), ('r8', 'a', 'R', '2026-03-08T09:00:00'),
    ('s1', 'a', 'R', '2026-03-20T09:00:00'), ('s2', 'a', 'R', '2026-03-21T09:00:00');
INSERT INTO recipe_steps (recipe_id, cycle, step, event, precursor) VALUES ('a', 'A', '1', 'dose', 'TMA');
INSERT INTO events (event_id, kind, at, reactor, precursor) VALUES ('e1', 'refill', '2026-03-19T12:00:00', 'R', 'TMA');
INSERT INTO growth (measurement_id, run_id, recipe_id, gpc_angstrom, gpc_err_angstrom, quality) VALUES
    ('g1', 'r1', 'a', 1.00, 0.01, 'good'), ('g2', 'r2', 'a', 1.02, 0.01, 'good'), ('g3', 'r3', 'a', 0.99, 0.01, 'good'), ('g4', 'r4', 'a', 1.01, 0.01, 'good'), ('g5', 'r5', 'a', 0.98, 0.01, 'good'), ('g6', 'r6', 'a', 1.00, 0.01, 'good'), ('g7', 'r7', 'a', 1.20, 0.01, 'good'), ('g8', 'r8', 'a', 1.01, 0.01, 'good'),
    ('h1', 's1', 'a', 1.05, 0.01, 'good'), ('h2', 's2', 'a', 1.50, 0.01, 'suspect');
