-- Run 1: TMA was held and resumed (2 openings, 1 dose, 2 s), then dosed together with water, without a gap after water: TMA has
-- 3 openings and 2 doses in 4 s, water 1 opening, 2 doses in 3 s; exposures 0.5·8 + 1.5·12 + 2·20 = 62 Pa·s and 10 + 40 = 50 Pa·s.
-- Run 2 names no valve and no pressure. The dose of water in run 3 was aborted, with an unknown pressure.
INSERT INTO runs (run_id, reactor, started_at, note, mounted) VALUES
    ('run 1', 'r', '2026-11-21T09:00:00', NULL, 'V1 TMA bottle B-17 lot L 4 since 2026-11-20; V2 H2O bottle W 1 lot 7 since 2026-10-01'),
    ('run 2', 'r', '2026-11-22T09:00:00', NULL, NULL),
    ('run 3', 'r', '2026-11-23T09:00:00', NULL, 'V1 TMA bottle B-18 lot L 5 since 2026-11-23; V2 H2O bottle W 1 lot 7 since 2026-10-01'),
    ('sim', 'r', '2026-11-24T09:00:00', 'synthetic: simulated controller', 'V1 TMA bottle B-18 lot L 5 since 2026-11-23');
INSERT INTO run_log (measurement_id, run_id, point, event, precursor, valves, duration_s, pressure_pa, deviation) VALUES
    ('m1', 'run 1', 0, 'preparation', NULL, NULL, 600, 0.001, NULL),
    ('m1', 'run 1', 1, 'dose', 'TMA', 'V1', 0.5, 8.0, 'held'),
    ('m1', 'run 1', 2, 'hold', NULL, NULL, 60, 0.1, NULL),
    ('m1', 'run 1', 3, 'reading', NULL, NULL, NULL, 0.1, NULL),
    ('m1', 'run 1', 4, 'dose', 'TMA', 'V1', 1.5, 12.0, NULL),
    ('m1', 'run 1', 5, 'purge', NULL, NULL, 5, 1.0, NULL),
    ('m1', 'run 1', 6, 'dose', 'H2O', 'V2', 1, 10.0, NULL),
    ('m1', 'run 1', 7, 'dose', 'TMA+H2O', 'V1+V2', 2, 20.0, NULL),
    ('m1', 'run 1', 8, 'sum', 'TMA', 'V1', 4.02, NULL, NULL),
    ('m1', 'run 1', 9, 'sum', 'H2O', 'V2', 3.01, NULL, NULL),
    ('m2', 'run 2', 0, 'dose', 'TMA', NULL, 2, NULL, NULL),
    ('m3', 'run 3', 0, 'dose', 'TMA', 'V1', 2, 10.0, NULL),
    ('m3', 'run 3', 1, 'purge', NULL, NULL, 5, 1.0, NULL),
    ('m3', 'run 3', 2, 'dose', 'H2O', 'V2', 1, NULL, 'aborted'),
    ('m3', 'run 3', 3, 'sum', 'TMA', 'V1', 2.0, NULL, NULL),
    ('m3', 'run 3', 4, 'sum', 'H2O', 'V2', 1.0, NULL, NULL),
    ('m4', 'sim', 0, 'dose', 'TMA', 'V1', 2, 10.0, NULL),
    ('m4', 'sim', 1, 'sum', 'TMA', 'V1', 2.0, NULL, NULL);
