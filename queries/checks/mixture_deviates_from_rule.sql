-- severity: warning
-- row: rule_of_mixtures measurement_id, quantity
-- Mixtures whose content or growth deviates from the rule of mixtures by more than five standard uncertainties.
SELECT
    measurement_id, quantity,
    concat(coalesce(sample_id, 'a film'), ', cycle ratio ', CAST(round(cycle_ratio, 3) AS VARCHAR), ': ', quantity, ' is ', CAST(round(measured, 2) AS VARCHAR), ', expected ',
        CAST(round(expected, 2) AS VARCHAR), ' (', CAST(round(deviation_sigmas, 0) AS VARCHAR), ' standard uncertainties)') AS reason
FROM rule_of_mixtures
WHERE quality <> 'failed' AND abs(deviation_sigmas) > 5
    AND (quantity = 'gpc_angstrom' OR quantity IN ('Li', 'B', 'P', 'O'))
