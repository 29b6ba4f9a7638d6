-- For each kind of cycle in a mixture: growth and composition of films of that kind alone, deposited with the same doses at
-- the same temperature; means where there are several.
-- column kind: The kind of cycle, by its name in the recipe of the mixture.
-- column gpc_angstrom [Ao]: Growth per cycle of films of this kind alone.
-- column gpc_err_angstrom [Ao]: Its standard uncertainty.
-- column content_percent [%]: Content of the element in the film of this kind alone.
-- column content_err_percent [%]: Its standard uncertainty.
-- column doubt: Why a growth or a content is in doubt; null where those that were used are good.
SELECT
    c.recipe_id, c.cycle AS kind, CAST(c.repeats_per_supercycle AS DOUBLE) AS repeats, c.density_g_per_cm3, c.density_err_g_per_cm3,
    g.gpc_angstrom, g.gpc_err_angstrom, f.element, f.content_percent, f.content_err_percent,
    nullif(concat_ws('; ', g.doubt, f.doubt), '') AS doubt
FROM recipe_cycles AS c
JOIN recipes AS r ON r.recipe_id = c.recipe_id
LEFT JOIN (
    SELECT
        e.doses, er.deposition_temperature_c,
        avg(eg.gpc_angstrom) AS gpc_angstrom,
        greatest(sqrt(sum(power(eg.gpc_err_angstrom, 2))) / count(*), coalesce(stddev(eg.gpc_angstrom) / sqrt(count(*)), 0)) AS gpc_err_angstrom,
        max(eg.reason) AS doubt
    FROM recipe_cycles AS e
    JOIN recipes AS er ON er.recipe_id = e.recipe_id
    JOIN growth AS eg ON eg.recipe_id = e.recipe_id
    WHERE e.n_kinds = 1 AND eg.quality <> 'failed'
    GROUP BY e.doses, er.deposition_temperature_c
) AS g ON g.doses = c.doses AND g.deposition_temperature_c = r.deposition_temperature_c
LEFT JOIN (
    SELECT
        e.doses, er.deposition_temperature_c, ec.element,
        avg(ec.content_percent) AS content_percent,
        greatest(sqrt(sum(power(ec.content_err_percent, 2))) / count(*), coalesce(stddev(ec.content_percent) / sqrt(count(*)), 0)) AS content_err_percent,
        max(ec.reason) AS doubt
    FROM recipe_cycles AS e
    JOIN recipes AS er ON er.recipe_id = e.recipe_id
    JOIN composition AS ec ON ec.recipe_id = e.recipe_id
    WHERE e.n_kinds = 1 AND ec.quality <> 'failed' AND ec.element IS NOT NULL
    GROUP BY e.doses, er.deposition_temperature_c, ec.element
) AS f ON f.doses = c.doses AND f.deposition_temperature_c = r.deposition_temperature_c
WHERE c.n_kinds > 1
