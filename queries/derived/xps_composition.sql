-- key: measurement_id
-- version: 2
-- Composition of the surface: areas divided by Scofield's sensitivity factors, relative to the sum over all core lines of the file
-- that have one. The transmission of the analyser is assumed to be constant where the file has none.
SELECT
    a.measurement_id, a.sample_id, a.run_id, a.recipe_id, a.region AS line,
    100 * a.share / t.total AS content_percent,
    100 / t.total * sqrt(
        power((1 - a.share / t.total) * a.share_err, 2) + power(a.share / t.total, 2) * greatest(t.variance - power(a.share_err, 2), 0)
    ) AS content_err_percent,
    t.n_lines AS n_points,
    CASE WHEN t.alone.words IS NULL THEN a.quality ELSE 'failed' END AS quality,
    coalesce(t.alone.words, a.reason) AS reason, coalesce(t.alone.code, a.reason_code) AS reason_code
FROM xps_areas AS a
JOIN (
    SELECT
        file_id, sum(share) AS total, sum(power(share_err, 2)) AS variance, count(*) AS n_lines,
        CASE WHEN count(*) < 2 THEN reason('one_core_line', 'the file has no other core line with a known sensitivity factor') END AS alone
    FROM xps_areas
    GROUP BY file_id
) AS t ON t.file_id = a.file_id
