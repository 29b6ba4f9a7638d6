-- key: measurement_id
-- version: 4
-- Peaks of each diffraction pattern, the phase that they match, and whether the film is crystalline. Intensities are count rates where the counting
-- time is known, so that areas of several scans can be compared; the noise is that of the counts. Scans of another angle at fixed 2θ and curves of reflectivity
-- (from below 1° to at most 15°) are no patterns.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.verdict, fit.phase, fit.score, fit.area, fit.area_err, intensity_unit,
    CASE WHEN intensity_unit = 'counts/s' THEN fit.area_per_nm END AS area_per_nm,
    CASE WHEN intensity_unit = 'counts/s' THEN fit.area_err_per_nm END AS area_err_per_nm,
    fit.max_signal_to_noise, fit.n_lines, fit.n_matched, fit.displacement_deg, fit.displacement_err_deg, fit.alignment_err_deg,
    fit.wavelength_angstrom, fit.wavelength_source, thickness_nm, fit.n_points, fit.lines,
    CASE WHEN fit.quality = 'good' AND doubt IS NOT NULL AND intensity_unit = 'counts/s' THEN 'suspect' ELSE fit.quality END AS quality,
    CASE WHEN doubt IS NOT NULL AND intensity_unit = 'counts/s' THEN concat_ws('; ', fit.reason, concat('thickness: ', doubt)) ELSE fit.reason END AS reason,
    CASE WHEN doubt IS NOT NULL AND intensity_unit = 'counts/s' THEN concat_ws(' ', fit.reason_code, doubt_code) ELSE fit.reason_code END AS reason_code
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id, max(thickness_nm) AS thickness_nm, max(intensity_unit) AS intensity_unit,
        max(CASE WHEN thickness_quality = 'suspect' THEN thickness_reason END) AS doubt,
        max(CASE WHEN thickness_quality = 'suspect' THEN thickness_reason_code END) AS doubt_code,
        find_reflections(two_theta_deg, intensity, counts_per_intensity, alpha1, alpha2, ratio, thickness_nm, thickness_err_nm, wavelength, anode, radiation) AS fit
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id, p.two_theta_deg,
            coalesce(p.count_rate_per_s, p.counts, p.intensity) AS intensity,
            CASE WHEN p.count_rate_per_s IS NOT NULL THEN 'counts/s' WHEN p.counts IS NOT NULL THEN 'counts' ELSE 'not stated' END AS intensity_unit,
            CASE
                WHEN p.count_rate_per_s IS NOT NULL
                THEN coalesce(metadata_number(m.metadata, 'counting_time_s'), CASE WHEN p.count_rate_per_s > 0 THEN p.counts / p.count_rate_per_s END)
                ELSE 1
            END / CASE WHEN p.attenuation_factor > 0 THEN p.attenuation_factor ELSE 1 END AS counts_per_intensity,
            metadata_number(m.metadata, 'wavelength_k_alpha_1_angstrom') AS alpha1,
            metadata_number(m.metadata, 'wavelength_k_alpha_2_angstrom') AS alpha2,
            metadata_number(m.metadata, 'k_alpha_ratio') AS ratio,
            coalesce(metadata_number(m.metadata, 'wavelength_angstrom'), CASE WHEN metadata_number(m.metadata, 'wavelength_k_alpha_1_angstrom') IS NULL THEN metadata_number(m.metadata, 'wavelength_k_alpha_mean_angstrom') END) AS wavelength,
            metadata_text(m.metadata, 'anode') AS anode,
            concat(coalesce(metadata_text(m.metadata, 'radiation'), ''), ' ', coalesce(metadata_text(m.metadata, 'radiation_probe'), '')) AS radiation,
            t.thickness_nm, t.thickness_err_nm, t.quality AS thickness_quality, t.reason AS thickness_reason, t.reason_code AS thickness_reason_code
        FROM measurements AS m
        JOIN xrd_patterns AS p ON p.measurement_id = m.measurement_id
        LEFT JOIN film_thickness AS t ON t.sample_id = m.sample_id
        WHERE m.technique = 'x_ray_diffraction' AND p.two_theta_deg IS NOT NULL
            AND coalesce(metadata_text(m.metadata, 'scan_axis'), 'two_theta') NOT IN ('omega', 'theta', 'chi', 'psi', 'phi')
    ) AS patterns
    GROUP BY measurement_id, sample_id, run_id, recipe_id
    HAVING NOT (min(two_theta_deg) < 1 AND max(two_theta_deg) <= 15)
) AS fitted
