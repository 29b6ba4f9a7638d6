-- f1: areas per second over factors are 200/2/2.93 = 34.13 and 300/3/1 = 100: 25.4 and 74.6 %; the errors are 10 % each and 5 % for each
-- factor: 0.254 · 0.746 · √(2 · 0.1² + 2 · 0.05²) = 3.0 %. The survey and the valence band are left out.
-- f2 has no second element. f3: the region of Mo 3d has no factor, so that there is no composition.
-- f4: 20 counts of P 2s for each at.% of P: B 1s is all P 2s (24 · 1.18/1.192 = 23.76 counts/s), the content of boron is 0.
-- f5: a surface and, after 30 s of sputtering, another composition of the same film. Its counting times are not stated.
INSERT INTO measurements (measurement_id, file_id, technique, metadata)
    SELECT m, f, 'photoelectron_spectroscopy', concat('{"intensity_unit": "counts"', o, '}')
    FROM (VALUES
        ('m1', 'f1', ', "counting_time_s": 2'), ('m2', 'f1', ', "n_scans": 30, "dwell_time_s": 0.1'), ('m3', 'f1', ''), ('n1', 'f2', ''),
        ('o1', 'f3', ', "counting_time_s": 1'), ('o2', 'f3', ', "counting_time_s": 1'), ('o3', 'f3', ', "counting_time_s": 1'),
        ('p1', 'f4', ', "counting_time_s": 1'), ('p2', 'f4', ', "counting_time_s": 2'), ('p3', 'f4', ', "counting_time_s": 1'),
        ('q1', 'f5', ', "etch_time_s": 0'), ('q2', 'f5', ', "etch_time_s": 0'), ('q3', 'f5', ', "etch_time_s": 30'), ('q4', 'f5', ', "etch_time_s": 30')
    ) AS measured(m, f, o);
INSERT INTO xps_regions (measurement_id, sample_id, region, state, line_area, line_area_err, area_doubt, quality, reason, reason_code)
    SELECT m, 'film', r, s, a, 0.1 * a, d AS doubt, CASE WHEN d IS NULL THEN 'good' ELSE 'suspect' END, d, CASE WHEN d IS NOT NULL THEN 'residuals_correlated' END
    FROM (VALUES
        ('m1', 'O 1s', '', 200.0, NULL), ('m2', 'C 1s', '', 300.0, NULL), ('m3', 'VB', '', 50.0, NULL), ('n1', 'O 1s', '', 100.0, NULL),
        ('o1', 'O 1s', '', 100.0, NULL), ('o2', 'Mo 3d', '', 100.0, NULL), ('o3', 'C 1s', '', 100.0, NULL),
        ('p1', 'B 1s', '', 23.76, NULL), ('p2', 'P 2p', '', 48.0, NULL), ('p3', 'O 1s', '', 100.0, NULL),
        ('q1', 'O 1s', 'etch time 0.0 s', 293.0, NULL), ('q2', 'C 1s', 'etch time 0.0 s', 100.0, NULL),
        ('q3', 'O 1s', 'etch time 30.0 s', 293.0, 'residuals are not noise'), ('q4', 'C 1s', 'etch time 30.0 s', 10.0, NULL)
    ) AS fitted(m, r, s, a, d);
SELECT
    measurement_id, line, etch_time_s, round(content_percent, 3) AS content, round(content_err_percent, 3) AS err, round(counting_err_percent, 3) AS counting,
    detected, n_points, counting_time_used AS rates, transmission_used AS transmission, left_out, subtracted, quality, reason, reason_code
FROM xps_composition;
