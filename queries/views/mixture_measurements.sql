-- Measured contents and growth of films with several kinds of cycles.
-- column quantity: Symbol of the element, in at.%, or `gpc_angstrom`, in Å.
-- column measured [1]: Measured value, in the unit of the quantity.
-- column measured_err [1]: Standard uncertainty of the measured value.
SELECT
    c.measurement_id, c.sample_id, c.run_id, c.recipe_id, c.element AS quantity,
    c.content_percent AS measured, c.content_err_percent AS measured_err, c.quality AS measured_quality, c.reason AS measured_reason,
    c.reason_code AS measured_reason_code
FROM composition AS c
JOIN (SELECT DISTINCT recipe_id FROM recipe_cycles WHERE n_kinds > 1) AS k ON k.recipe_id = c.recipe_id
WHERE c.element IS NOT NULL
UNION ALL
SELECT g.measurement_id, g.sample_id, g.run_id, g.recipe_id, 'gpc_angstrom', g.gpc_angstrom, g.gpc_err_angstrom, g.quality, g.reason, g.reason_code
FROM growth AS g
JOIN (SELECT DISTINCT recipe_id FROM recipe_cycles WHERE n_kinds > 1) AS k ON k.recipe_id = g.recipe_id
