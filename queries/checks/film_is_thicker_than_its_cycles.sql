-- severity: error
-- row: samples sample_id
-- Stated thicknesses greater than the cycles of the recipe can grow, with the growth per cycle measured for the same doses at the same
-- temperature; 10 % and three standard uncertainties are allowed.
SELECT
    s.sample_id,
    concat('sample ', s.sample_id, ' is stated to be ', CAST(s.thickness_nm AS VARCHAR), ' nm thick; ', CAST(g.cycles AS VARCHAR),
        ' cycles grow ', CAST(round(g.possible_nm, 1) AS VARCHAR), ' nm') AS reason
FROM samples AS s
JOIN (
    SELECT c.recipe_id, sum(c.repeats) AS cycles, sum(c.repeats * d.gpc_angstrom / 10) AS possible_nm, count(*) AS known, max(c.n_kinds) AS kinds
    FROM recipe_cycles AS c
    JOIN recipes AS r ON r.recipe_id = c.recipe_id
    JOIN (
        SELECT e.doses, er.deposition_temperature_c, max(eg.gpc_angstrom) AS gpc_angstrom
        FROM recipe_cycles AS e
        JOIN recipes AS er ON er.recipe_id = e.recipe_id
        JOIN growth AS eg ON eg.recipe_id = e.recipe_id
        WHERE e.n_kinds = 1 AND eg.quality <> 'failed'
        GROUP BY e.doses, er.deposition_temperature_c
    ) AS d ON d.doses = c.doses AND d.deposition_temperature_c = r.deposition_temperature_c
    GROUP BY c.recipe_id
) AS g ON g.recipe_id = s.recipe_id AND g.known = g.kinds
WHERE s.thickness_nm > 1.1 * g.possible_nm + 3 * coalesce(s.thickness_err_nm, 0)
