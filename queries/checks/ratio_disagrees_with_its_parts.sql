-- severity: error
-- row: composition_ratios measurement_id, ratio
-- Ratios that are not the quotient of the two contents.
SELECT
    r.measurement_id, r.ratio,
    concat(r.ratio, ' is ', CAST(r.value AS VARCHAR), ', the quotient of the contents is ', CAST(a.content_percent / b.content_percent AS VARCHAR)) AS reason
FROM composition_ratios AS r
JOIN composition AS a ON a.measurement_id = r.measurement_id AND a.element = split_part(r.ratio, '/', 1)
JOIN composition AS b ON b.measurement_id = r.measurement_id AND b.element = split_part(r.ratio, '/', 2)
WHERE abs(r.value - a.content_percent / b.content_percent) > 1e-6 * abs(r.value)
