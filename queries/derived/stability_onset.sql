-- key: measurement_id
-- version: 4
-- Potential at which the current of a linear sweep leaves its baseline by five standard deviations, where it returns, and where it leaves for good; and
-- that at which it exceeds its baseline by 1 µA/cm²: for another threshold copy this file into queries/derived/ of the lake and change 1.0 there.
-- The uncertainty of the area of the electrode is 2 % where none is stated.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.onset_v, fit.onset_err_v, fit.return_v, fit.lasting_onset_v, fit.lasting_onset_err_v,
    fit.threshold_v, fit.threshold_err_v, fit.threshold_ua_per_cm2,
    fit.limit_v, fit.answer, fit.baseline_ua_per_cm2, fit.baseline_std_ua_per_cm2, fit.noise_correlation, fit.n_points,
    fit.quality, coalesce(missing.words, fit.reason) AS reason, coalesce(missing.code, fit.reason_code) AS reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
        CASE WHEN max(m.electrode_area_cm2) IS NULL THEN reason('no_electrode_area', 'the electrode area is not stated') END AS missing,
        find_onset(e.point, e.potential_v, 1e6 * e.current_a / m.electrode_area_cm2, 5.0, 1.0, coalesce(m.electrode_area_err_cm2 / m.electrode_area_cm2, 0.02)) AS fit
    FROM measurements AS m
    JOIN electrochemistry AS e ON e.measurement_id = m.measurement_id
    WHERE m.technique = 'electrochemistry' AND metadata_text(m.metadata, 'method') = 'linear_sweep_voltammetry'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
) AS fitted
