-- key: measurement_id
-- version: 4
-- Mean contents over the plateau of each depth profile. The limits of the plateau are found in the profile and stored.
SELECT
    measurement_id, sample_id, run_id, recipe_id, depth_unit,
    fit.window_min, fit.window_max, fit.film_depth, fit.film_depth_err, fit.n_depths, fit.elements, fit.ratios, fit.closure_percent, fit.closure_err_percent,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
        CASE WHEN count(p.depth_nm) > 0 THEN 'nm' ELSE '1e15/cm2' END AS depth_unit,
        fit_composition(
            coalesce(p.depth_nm, p.areal_depth_1e15_per_cm2), p.element, coalesce(p.content_percent, 100 * p.fraction), p.counts,
            NULL, NULL, e.elements
        ) AS fit
    FROM measurements AS m
    JOIN erd_profiles AS p ON p.measurement_id = m.measurement_id
    LEFT JOIN recipe_elements AS e ON e.recipe_id = m.recipe_id
    WHERE m.technique = 'ion_beam_depth_profile'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
) AS fitted
