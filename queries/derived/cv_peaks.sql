-- key: measurement_id
-- version: 4
-- Pairs of peaks of every cyclic voltammogram, one row each. Currents are divided by the area of the electrode,
-- whose uncertainty is 2 % where none is stated.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    one.cycle, one.pair, one.scan_rate_v_per_s,
    one.anodic_potential_v, one.anodic_potential_err_v,
    one.anodic_current_density_ua_per_cm2, one.anodic_current_density_err_ua_per_cm2,
    one.cathodic_potential_v, one.cathodic_potential_err_v,
    one.cathodic_current_density_ua_per_cm2, one.cathodic_current_density_err_ua_per_cm2,
    one.shape, one.separation_v, one.separation_err_v, n_points,
    coalesce(one.pair_quality, quality) AS quality,
    coalesce(missing.words, one.pair_reason, reason) AS reason,
    coalesce(missing.code, one.pair_reason_code, reason_code) AS reason_code
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id, missing,
        unnest(fit.pairs) AS one, fit.n_points AS n_points, fit.quality AS quality,
        CASE WHEN fit.quality = 'failed' THEN fit.reason END AS reason,
        CASE WHEN fit.quality = 'failed' THEN fit.reason_code END AS reason_code
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
            CASE WHEN max(m.electrode_area_cm2) IS NULL THEN reason('no_electrode_area', 'the electrode area is not stated') END AS missing,
            find_peak_pairs(e.point, e.time_s, e.potential_v, 1e6 * e.current_a / m.electrode_area_cm2, coalesce(m.electrode_area_err_cm2 / m.electrode_area_cm2, 0.02)) AS fit
        FROM measurements AS m
        JOIN electrochemistry AS e ON e.measurement_id = m.measurement_id
        WHERE m.technique = 'electrochemistry' AND metadata_text(m.metadata, 'method') = 'cyclic_voltammetry'
        GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
    ) AS fitted
) AS opened
