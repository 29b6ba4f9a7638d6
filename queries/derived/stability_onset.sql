-- key: measurement_id
-- version: 1
-- The potential at which the current of a linear sweep leaves its baseline by five standard deviations and stays beyond.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.onset_v, fit.onset_err_v, fit.limit_v, fit.answer, fit.baseline_ua_per_cm2, fit.baseline_std_ua_per_cm2, fit.n_points,
    fit.quality,
    CASE WHEN area_known THEN fit.reason ELSE 'the electrode area is not stated' END AS reason
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, max(m.electrode_area_cm2) IS NOT NULL AS area_known,
        find_onset(e.point, e.potential_v, 1e6 * e.current_a / m.electrode_area_cm2) AS fit
    FROM measurements AS m
    JOIN electrochemistry AS e ON e.measurement_id = m.measurement_id
    WHERE m.technique = 'electrochemistry' AND metadata_text(m.metadata, 'method') = 'linear_sweep_voltammetry'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
) AS fitted
