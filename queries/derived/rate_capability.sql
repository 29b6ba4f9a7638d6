-- key: measurement_id
-- version: 4
-- Discharge capacity density at every rate of galvanostatic cycling, one row each. 1C is 6 µA/cm², as in Verhelle et al.,
-- Chem. Mater. 37, 687 (2025); for another cell copy this file into queries/derived/ of the lake and change it there. The uncertainty of the area of the electrode
-- is 2 % where none is stated.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    one.step, one.c_rate, one.current_density_ua_per_cm2,
    one.capacity_density_uah_per_cm2, one.capacity_density_err_uah_per_cm2, one.retention, one.retention_err,
    one.n_cycles, n_points,
    coalesce(one.step_quality, quality) AS quality,
    coalesce(missing.words, one.step_reason, reason) AS reason,
    coalesce(missing.code, one.step_reason_code, reason_code) AS reason_code
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id, missing,
        unnest(fit.steps) AS one, fit.n_points AS n_points, fit.quality AS quality,
        CASE WHEN fit.quality = 'failed' THEN fit.reason END AS reason,
        CASE WHEN fit.quality = 'failed' THEN fit.reason_code END AS reason_code
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
            CASE WHEN max(m.electrode_area_cm2) IS NULL THEN reason('no_electrode_area', 'the electrode area is not stated') END AS missing,
            measure_rates(e.time_s, 1e6 * e.current_a / m.electrode_area_cm2, 6.0, e.potential_v, coalesce(m.electrode_area_err_cm2 / m.electrode_area_cm2, 0.02)) AS fit
        FROM measurements AS m
        JOIN electrochemistry AS e ON e.measurement_id = m.measurement_id
        WHERE m.technique = 'electrochemistry' AND metadata_text(m.metadata, 'method') = 'galvanostatic_cycling'
        GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
    ) AS fitted
) AS opened
