-- m1: 5 nm of substrate and 0.1 nm a cycle over 100 cycles of the file, from the first cycle on: 1 Å a cycle, a film of 10 nm and no delay.
-- m2: the same in a supercycle of two cycles; its growth per supercycle is twice that of a cycle. m3 has four points.
INSERT INTO recipes (recipe_id, process, cycles_per_supercycle) VALUES ('r2', 'mixture', 2);
INSERT INTO measurements (measurement_id, technique, sample_id, recipe_id) VALUES
    ('m1', 'ellipsometry_series', 'film 1', NULL), ('m2', 'ellipsometry_series', 'film 2', 'r2'), ('m3', 'ellipsometry_series', 'film 3', NULL);
INSERT INTO ellipsometry_series (measurement_id, point, time_s, cycle, thickness_nm)
    SELECT m, value, 10.0 * value, CAST(value AS DOUBLE) AS cycle, 5 + 0.1 * value + 0.005 * sin(12.9898 * value * value)
    FROM generate_series(0, 100) CROSS JOIN (VALUES ('m1'), ('m2')) AS measured(m);
INSERT INTO ellipsometry_series (measurement_id, point, time_s, cycle, thickness_nm) VALUES
    ('m3', 0, 0.0, 0.0, 5.0), ('m3', 1, 10.0, 1.0, 5.1), ('m3', 2, 20.0, 2.0, 5.2), ('m3', 3, 30.0, 3.0, 5.3);
