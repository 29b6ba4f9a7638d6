-- key: measurement_id
-- version: 1
-- Contents of the surface: areas over Scofield's factors, in parts of all lines of the file that have one. The transmission of
-- the analyser is taken as constant where the file has none.
SELECT
    a.measurement_id, a.sample_id, a.run_id, a.recipe_id, a.region AS line,
    100 * a.share / t.total AS content_percent,
    100 / t.total * sqrt(
        power((1 - a.share / t.total) * a.share_err, 2) + power(a.share / t.total, 2) * greatest(t.variance - power(a.share_err, 2), 0)
    ) AS content_err_percent,
    t.n_lines AS n_points,
    CASE WHEN t.n_lines < 2 THEN 'failed' ELSE a.quality END AS quality,
    CASE WHEN t.n_lines < 2 THEN 'the file has no other line with a known factor' ELSE a.reason END AS reason
FROM xps_areas AS a
JOIN (
    SELECT file_id, sum(share) AS total, sum(power(share_err, 2)) AS variance, count(*) AS n_lines FROM xps_areas GROUP BY file_id
) AS t ON t.file_id = a.file_id
