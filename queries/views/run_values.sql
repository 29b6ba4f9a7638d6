-- The values that control charts follow over the runs of a recipe: growth per cycle, refractive index, contents and their ratios, and the
-- logarithm of the conductivity. Of several spectra in time the last one counts.
-- column reactor: The reactor; `not stated` where it is not.
-- column quantity: The quantity: `gpc_angstrom`, `refractive_index_633nm`, `log10_sigma_25c_s_per_cm`, an element (content in at.%) or a ratio of contents.
-- column started_s [s]: Start of the run, in seconds since 1970 as if local time were UTC; null where it is not known.
-- column began_with: The latest event before the run that begins a new phase; null where there was none.
-- column value: The value, in the unit of its quantity.
-- column value_err: Its standard uncertainty.
-- column quality: `good` or `suspect`, that of the value.
SELECT p.recipe_id, p.reactor, v.quantity, p.run_id, p.started_s, p.began_with, v.value, v.value_err, v.quality
FROM run_phases AS p
JOIN (
    SELECT run_id, recipe_id, 'gpc_angstrom' AS quantity, gpc_angstrom AS value, gpc_err_angstrom AS value_err, quality FROM growth
    UNION ALL
    SELECT c.run_id, c.recipe_id, 'refractive_index_633nm', c.refractive_index_633nm, c.refractive_index_err_633nm, c.quality
    FROM cauchy_fits AS c
    JOIN (SELECT measurement_id, max(coalesce(time_s, 0)) AS last_s FROM cauchy_fits GROUP BY measurement_id) AS l
        ON l.measurement_id = c.measurement_id AND l.last_s = coalesce(c.time_s, 0)
    UNION ALL
    SELECT run_id, recipe_id, element, content_percent, content_err_percent, quality FROM composition WHERE detected
    UNION ALL
    SELECT run_id, recipe_id, ratio, value, value_err, quality FROM composition_ratios
    UNION ALL
    SELECT
        run_id, recipe_id, 'log10_sigma_25c_s_per_cm', log10(sigma_25c_s_per_cm),
        sigma_25c_err_s_per_cm / (sigma_25c_s_per_cm * ln(10)), quality
    FROM arrhenius
    WHERE sigma_25c_s_per_cm > 0
) AS v ON v.run_id = p.run_id AND v.recipe_id = p.recipe_id
WHERE v.value IS NOT NULL AND v.quality <> 'failed'
