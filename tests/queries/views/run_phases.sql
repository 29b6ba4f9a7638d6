-- The refill of TMA begins a phase for the recipe with TMA on its reactor, not for the recipe without it, and not elsewhere; maintenance without a
-- reactor begins one everywhere; a remark and what comes later begin none. The start of r5 is that of its log; r6 has none.
INSERT INTO recipe_steps (recipe_id, cycle, step, event, precursor) VALUES
    ('a', 'A', '1', 'dose', 'TMA'), ('a', 'A', '3', 'dose', 'H2O'), ('b', 'B', '1', 'dose', 'TEMAZ'), ('b', 'B', '3', 'dose', 'H2O');
INSERT INTO runs (run_id, recipe_id, reactor, started_at) VALUES
    ('r1', 'a', 'R', '2026-03-01T09:00:00'), ('r2', 'a', 'R', '2026-03-03T09:00:00'), ('r3', 'b', 'R', '2026-03-03 15:00'),
    ('r4', 'a', 'S', '2026-03-03T09:00:00'), ('r5', 'a', NULL, NULL), ('r6', 'a', 'R', NULL), ('r7', NULL, 'R', '2026-03-11');
INSERT INTO measurements (measurement_id, technique, run_id, started_at) VALUES ('m5', 'run_log', 'r5', '2026-03-12T08:00:00');
INSERT INTO events (event_id, kind, at, reactor, precursor) VALUES
    ('e1', 'refill', '2026-03-02T08:00:00', 'R', 'TMA'), ('e2', 'remark', '2026-03-02T12:00:00', 'R', NULL),
    ('e3', 'maintenance', '2026-03-10T00:00:00', NULL, NULL);
