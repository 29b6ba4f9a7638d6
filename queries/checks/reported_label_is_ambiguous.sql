-- severity: warning
-- row: literature_conductivity report_id
-- Labels that several reports use for different films, with different precursors or values. A key must consist of the label and the
-- report.
SELECT
    a.report_id,
    concat('`', a.material, '` is the label of ', CAST(s.n AS VARCHAR), ' films, from ', CAST(round(s.low * 1e9, 3) AS VARCHAR), 'e-9 to ',
        CAST(round(s.high * 1e9, 3) AS VARCHAR), 'e-9 S/cm') AS reason
FROM (SELECT *, trim(split_part(material, '(', 1)) AS label FROM literature_conductivity) AS a
JOIN (
    SELECT trim(split_part(material, '(', 1)) AS label, count(DISTINCT coalesce(doi, report_id)) AS n, min(sigma_s_per_cm) AS low, max(sigma_s_per_cm) AS high
    FROM literature_conductivity GROUP BY trim(split_part(material, '(', 1))
) AS s ON s.label = a.label
WHERE s.n > 1
