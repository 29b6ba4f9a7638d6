-- Two cycles between -1 and 1 V at 0.1 V/s with a Gaussian peak of 1 µA at +0.1 V going up and at -0.1 V coming down, 0.1 V wide, over
-- 0.01 cm²: 100 µA/cm² at ±0.1 V, separated by 0.2 V. m2 is the same on an electrode of unknown area, which is the reason in its row.
INSERT INTO measurements (measurement_id, technique, sample_id, electrode_area_cm2, metadata) VALUES
    ('m1', 'electrochemistry', 'film 1', 0.01, '{"method": "cyclic_voltammetry"}'),
    ('m2', 'electrochemistry', 'film 2', NULL, '{"method": "cyclic_voltammetry"}'),
    ('m3', 'electrochemistry', 'film 3', 0.01, '{"method": "linear_sweep_voltammetry"}');
INSERT INTO electrochemistry (measurement_id, point, time_s, potential_v, current_a)
    SELECT m, i, 0.1 * i, v,
        CASE WHEN i % 400 < 200 THEN 1e-6 * exp(-4 * ln(2) * power((v - 0.1) / 0.1, 2)) ELSE -1e-6 * exp(-4 * ln(2) * power((v + 0.1) / 0.1, 2)) END
            + 2e-9 * sin(12.9898 * i * i)
    FROM (
        SELECT m, value AS i, CASE WHEN value % 400 < 200 THEN -1 + 0.01 * (value % 400) ELSE 3 - 0.01 * (value % 400) END AS v
        FROM generate_series(0, 800) CROSS JOIN (VALUES ('m1'), ('m2')) AS measured(m)
    ) AS scan;
