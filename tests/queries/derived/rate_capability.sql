-- Two rates on 0.01 cm², a point a minute, two charges and two discharges each: 60 points of 0.06 µA, which is 6 µA/cm² or 1C; a discharge begins and
-- ends halfway between its points and those of the charges, an hour, 6.0 µAh/cm². 30 points at 2C last half an hour, 6.0 µAh/cm², and the last one, which ends with
-- the file, half a minute less: 5.9 µAh/cm². The retention is 5.95/6 = 0.992. m2 has no area.
INSERT INTO measurements (measurement_id, technique, sample_id, electrode_area_cm2, metadata) VALUES
    ('m1', 'electrochemistry', 'film 1', 0.01, '{"method": "galvanostatic_cycling"}'), ('m2', 'electrochemistry', 'film 2', NULL, '{"method": "galvanostatic_cycling"}');
INSERT INTO electrochemistry (measurement_id, point, time_s, potential_v, current_a)
    SELECT m, value, 60.0 * value, 3.0,
        CASE WHEN value < 240 THEN CASE WHEN (value / 60) % 2 = 0 THEN 6e-8 ELSE -6e-8 END
            ELSE CASE WHEN (value / 30) % 2 = 0 THEN 12e-8 ELSE -12e-8 END END
    FROM generate_series(0, 359) CROSS JOIN (VALUES ('m1'), ('m2')) AS measured(m);
