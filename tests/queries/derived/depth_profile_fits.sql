-- m1: 20 at.% Li, 20 at.% B and 58 at.% O at 30 depths, in a uniform film: these are the contents, Li/B is 1 and 2 at.% are
-- missing. m2 has two depths only. The film of m3 is 20 of 200 nm; below it is silicon.
INSERT INTO measurements (measurement_id, technique, sample_id) VALUES ('m1', 'ion_beam_depth_profile', 'film 1'), ('m2', 'ion_beam_depth_profile', 'film 2');
INSERT INTO erd_profiles (measurement_id, point, element, depth_nm, content_percent, counts)
    SELECT 'm1', value * 3 + e.place, e.element, 1.0 + 2 * value, e.content + 0.2 * sin(12.9898 * (value * 3 + e.place) * (value * 3 + e.place)), 10 * e.content
    FROM generate_series(0, 29) CROSS JOIN (VALUES (0, 'Li', 20.0), (1, 'B', 20.0), (2, 'O', 58.0)) AS e(place, element, content);
INSERT INTO erd_profiles (measurement_id, point, element, depth_nm, content_percent, counts) VALUES
    ('m2', 0, 'Li', 1.0, 20.0, 100.0), ('m2', 1, 'Li', 3.0, 20.0, 100.0);
INSERT INTO measurements (measurement_id, technique, sample_id) VALUES ('m3', 'ion_beam_depth_profile', 'film 3');
INSERT INTO erd_profiles (measurement_id, point, element, depth_nm, content_percent, counts)
    SELECT 'm3', value * 4 + e.place, e.element, 0.5 + value,
        CASE WHEN value < 20 THEN e.content ELSE e.below END + 0.2 * sin(12.9898 * (value * 4 + e.place) * (value * 4 + e.place)), 100 * e.content
    FROM generate_series(0, 199) CROSS JOIN (VALUES (0, 'Li', 25.0, 0.0), (1, 'B', 25.0, 0.0), (2, 'O', 50.0, 0.0), (3, 'Si', 0.0, 100.0)) AS e(place, element, content, below);
