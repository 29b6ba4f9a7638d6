-- key: measurement_id
-- version: 2
-- The content of each element, one row each, and whether the precursors of the recipe contain it at all: `not detected` and
-- `not in the recipe` are different.
SELECT
    f.measurement_id, f.sample_id, f.run_id, f.recipe_id,
    f.one.element, f.one.content_percent, f.one.content_err_percent, f.one.detected,
    CASE WHEN e.elements IS NOT NULL AND f.one.element IS NOT NULL THEN strpos(concat(' ', e.elements, ' '), concat(' ', f.one.element, ' ')) > 0 END AS in_recipe,
    f.closure_percent, f.closure_err_percent, f.depth_unit, f.window_min, f.window_max, f.one.n_points,
    f.quality, f.reason, f.reason_code
FROM (SELECT *, unnest(elements) AS one FROM depth_profile_fits) AS f
LEFT JOIN recipe_elements AS e ON e.recipe_id = f.recipe_id
