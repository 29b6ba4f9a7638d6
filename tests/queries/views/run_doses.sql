-- Run r1: three doses of TMA, one of them held and in two parts, with a pressure; H2O once without. The second log of r1 has fewer doses.
-- Logs without cycles count each row. Purges and runs without a name count nothing.
INSERT INTO run_log (measurement_id, point, run_id, cycle, step, event, precursor, duration_s, pressure_pa) VALUES
    ('m1', 0, 'r1', 1.0, '1', 'dose', 'TMA', 0.5, 10.0), ('m1', 1, 'r1', 1.0, '2', 'purge', NULL, 5.0, 1.0),
    ('m1', 2, 'r1', 1.0, '3', 'dose', 'H2O', 0.2, NULL), ('m1', 3, 'r1', 2.0, '1', 'dose', 'TMA', 0.3, 10.0),
    ('m1', 4, 'r1', 2.0, '1', 'dose', 'TMA', 0.2, 10.0), ('m1', 5, 'r1', 3.0, '1', 'dose', 'TMA', 0.5, 12.0),
    ('m2', 0, 'r1', 1.0, '1', 'dose', 'TMA', 0.5, 10.0),
    ('m3', 0, 'r2', NULL, NULL, 'pulse', 'TMA', 0.5, NULL), ('m3', 1, 'r2', NULL, NULL, 'pulse', 'TMA', 0.5, NULL),
    ('m4', 0, NULL, 1.0, '1', 'dose', 'TMA', 0.5, 10.0);
