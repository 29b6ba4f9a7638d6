-- severity: warning
-- row: measurements measurement_id
-- Measurements whose settings (beam, radiation, excitation or instrument) differ from those of most measurements of the same technique and
-- process.
SELECT
    m.measurement_id,
    concat(m.technique, ' of ', coalesce(m.sample_id, 'a sample'), ' (', m.process, '): ', m.settings, '; ', CAST(t.n AS VARCHAR), ' settings in the series') AS reason
FROM measurement_settings AS m
JOIN (
    SELECT technique, process, count(DISTINCT settings) AS n FROM measurement_settings GROUP BY technique, process
) AS t ON t.technique = m.technique AND t.process = m.process
JOIN (
    SELECT technique, process, settings, row_number() OVER (PARTITION BY technique, process ORDER BY count(*) DESC, settings) AS place
    FROM measurement_settings GROUP BY technique, process, settings
) AS p ON p.technique = m.technique AND p.process = m.process AND p.settings = m.settings
WHERE t.n > 1 AND p.place > 1
