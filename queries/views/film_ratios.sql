-- Ratios of contents with the process and temperature of the film.
-- column t [Cel]: Deposition temperature.
SELECT f.measurement_id, f.sample_id, f.ratio, f.value, f.value_err, r.process, r.deposition_temperature_c AS t
FROM composition_ratios AS f
JOIN recipes AS r ON r.recipe_id = f.recipe_id
WHERE f.value IS NOT NULL
