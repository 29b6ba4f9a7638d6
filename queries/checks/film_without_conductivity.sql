-- severity: note
-- row: recipes recipe_id
-- Processes and temperatures with a known composition but no conductivity.
SELECT
    r.recipe_id,
    concat(r.process, ' at ', CAST(r.deposition_temperature_c AS VARCHAR), ' °C has a composition but no conductivity') AS reason
FROM recipes AS r
JOIN (SELECT DISTINCT recipe_id FROM depth_profile_fits WHERE quality <> 'failed') AS f ON f.recipe_id = r.recipe_id
LEFT JOIN (
    SELECT DISTINCT o.process, o.deposition_temperature_c
    FROM arrhenius AS a
    JOIN recipes AS o ON o.recipe_id = a.recipe_id
) AS k ON k.process = r.process AND k.deposition_temperature_c = r.deposition_temperature_c
WHERE k.process IS NULL
