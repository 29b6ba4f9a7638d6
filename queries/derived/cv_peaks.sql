-- key: measurement_id
-- version: 1
-- Peak pairs of every cyclic voltammogram, one row each. Currents are divided by the electrode's area.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    one.cycle, one.pair, one.scan_rate_v_per_s,
    one.anodic_potential_v, one.anodic_potential_err_v,
    one.anodic_current_density_ua_per_cm2, one.anodic_current_density_err_ua_per_cm2,
    one.cathodic_potential_v, one.cathodic_potential_err_v,
    one.cathodic_current_density_ua_per_cm2, one.cathodic_current_density_err_ua_per_cm2,
    one.separation_v, one.separation_err_v, n_points,
    coalesce(one.pair_quality, quality) AS quality,
    CASE WHEN area_known THEN coalesce(one.pair_reason, reason) ELSE 'the electrode area is not stated' END AS reason
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id, area_known,
        unnest(fit.pairs) AS one, fit.n_points AS n_points, fit.quality AS quality,
        CASE WHEN fit.quality = 'failed' THEN fit.reason END AS reason
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id, max(m.electrode_area_cm2) IS NOT NULL AS area_known,
            find_peak_pairs(e.point, e.time_s, e.potential_v, 1e6 * e.current_a / m.electrode_area_cm2) AS fit
        FROM measurements AS m
        JOIN electrochemistry AS e ON e.measurement_id = m.measurement_id
        WHERE m.technique = 'electrochemistry' AND metadata_text(m.metadata, 'method') = 'cyclic_voltammetry'
        GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
    ) AS fitted
) AS opened
