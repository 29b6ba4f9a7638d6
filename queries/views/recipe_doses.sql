-- The dose of each precursor in recipes with one kind of cycle, and the recipe without the duration of that dose: recipes of the
-- same series differ only in this dose.
-- column series: The recipe without the duration of this dose.
-- column dose_s [s]: Duration of the dose.
SELECT
    d.recipe_id, r.process, r.deposition_temperature_c, d.precursor,
    max(CASE WHEN s.event = 'dose' AND s.precursor = d.precursor THEN s.duration_s END) AS dose_s,
    concat(
        r.process, ' ', CAST(r.deposition_temperature_c AS VARCHAR), ' °C: ',
        CAST(string_agg(
            concat(
                coalesce(s.precursor, s.event), ' ',
                CASE WHEN s.event = 'dose' AND s.precursor = d.precursor THEN '?' ELSE coalesce(CAST(s.duration_s AS VARCHAR), '-') END,
                ' s',
                CASE WHEN s.flow_sccm IS NOT NULL THEN concat(' ', s.gas, ' ', CAST(s.flow_sccm AS VARCHAR), ' sccm') ELSE '' END,
                CASE WHEN s.dose_pressure_pa IS NOT NULL THEN concat(' ', CAST(s.dose_pressure_pa AS VARCHAR), ' Pa') ELSE '' END
            ),
            ', ' ORDER BY s.step
        ) AS VARCHAR)
    ) AS series
FROM (
    SELECT DISTINCT recipe_id, cycle, precursor FROM recipe_steps WHERE event = 'dose' AND precursor IS NOT NULL
) AS d
JOIN recipe_cycles AS c ON c.recipe_id = d.recipe_id AND c.cycle = d.cycle AND c.n_kinds = 1
JOIN recipes AS r ON r.recipe_id = d.recipe_id
JOIN recipe_steps AS s ON s.recipe_id = d.recipe_id AND s.cycle = d.cycle
GROUP BY d.recipe_id, r.process, r.deposition_temperature_c, d.precursor
