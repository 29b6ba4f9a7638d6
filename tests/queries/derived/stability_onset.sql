-- From 0 to 2 V in steps of 10 mV on 0.01 cm²: a current of 1 nA (0.1 µA/cm²) with 10 pA of scatter, and above 1.5 V another 1 µA a volt.
-- The onset lies at 1.5 V, and 1 µA/cm² more than the baseline at 1.51 V. m2 has no onset: none up to 2 V. m3 is the first on an electrode of unknown area.
-- m4: a peak of 0.2 µA/cm² at 1.0 V, 0.05 V wide (standard deviation): it is five standard deviations high at 0.83 V and 1.17 V; then there is none up to 2 V.
INSERT INTO measurements (measurement_id, technique, sample_id, electrode_area_cm2, metadata) VALUES
    ('m1', 'electrochemistry', 'film 1', 0.01, '{"method": "linear_sweep_voltammetry"}'),
    ('m2', 'electrochemistry', 'film 2', 0.01, '{"method": "linear_sweep_voltammetry"}'),
    ('m3', 'electrochemistry', 'film 3', NULL, '{"method": "linear_sweep_voltammetry"}'),
    ('m4', 'electrochemistry', 'film 4', 0.01, '{"method": "linear_sweep_voltammetry"}');
INSERT INTO electrochemistry (measurement_id, point, time_s, potential_v, current_a)
    SELECT m, value, CAST(value AS DOUBLE) AS time_s, 0.01 * value,
        1e-9 + 1e-11 * sin(12.9898 * value * value) + CASE WHEN m = 'm4' THEN 2e-9 * exp(-0.5 * power((0.01 * value - 1.0) / 0.05, 2)) WHEN m <> 'm2' THEN 1e-6 * greatest(0.01 * value - 1.5, 0) ELSE 0 END
    FROM generate_series(0, 200) CROSS JOIN (VALUES ('m1'), ('m2'), ('m3'), ('m4')) AS measured(m);
