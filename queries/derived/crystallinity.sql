-- key: measurement_id
-- version: 2
-- Peaks of each diffraction pattern, the phase that they match, and whether the film is crystalline.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.verdict, fit.phase, fit.score, fit.area, fit.area_err, fit.area_per_nm, fit.area_err_per_nm,
    fit.max_signal_to_noise, fit.n_lines, fit.n_matched, thickness_nm, fit.n_points, fit.lines,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id, max(thickness_nm) AS thickness_nm,
        find_reflections(two_theta_deg, intensity, counts_per_intensity, wavelength, alpha2, ratio, thickness_nm, thickness_err_nm) AS fit
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id, p.two_theta_deg,
            coalesce(p.counts, p.count_rate_per_s, p.intensity) AS intensity,
            CASE
                WHEN p.counts IS NULL AND p.count_rate_per_s IS NOT NULL
                THEN coalesce(metadata_number(m.metadata, 'counting_time_s'), 1)
                ELSE 1
            END AS counts_per_intensity,
            metadata_number(m.metadata, 'wavelength_k_alpha_1_angstrom') AS wavelength,
            metadata_number(m.metadata, 'wavelength_k_alpha_2_angstrom') AS alpha2,
            metadata_number(m.metadata, 'k_alpha_ratio') AS ratio,
            t.thickness_nm, t.thickness_err_nm
        FROM measurements AS m
        JOIN xrd_patterns AS p ON p.measurement_id = m.measurement_id
        LEFT JOIN film_thickness AS t ON t.sample_id = m.sample_id
        WHERE m.technique = 'x_ray_diffraction' AND p.two_theta_deg IS NOT NULL
    ) AS patterns
    GROUP BY measurement_id, sample_id, run_id, recipe_id
) AS fitted
