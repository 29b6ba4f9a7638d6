-- key: measurement_id
-- version: 1
-- Thickness of the film from the fringes of each curve of X-ray reflectivity: a scan of 2θ that begins below 1° and ends below 15°. Where the file
-- states no wavelength, it is that of copper, and the row is suspect.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.thickness_nm, fit.thickness_err_nm, fit.edge_two_theta_deg, fit.n_fringes, fit.unexplained, fit.n_used, fit.n_points,
    coalesce(wavelength, 1.540593) AS wavelength_angstrom,
    CASE WHEN fit.quality = 'good' AND wavelength IS NULL THEN 'suspect' ELSE fit.quality END AS quality,
    CASE WHEN wavelength IS NULL THEN concat_ws('; ', fit.reason, 'the file states no wavelength: that of Cu Kα1 is assumed') ELSE fit.reason END AS reason,
    CASE WHEN wavelength IS NULL THEN concat_ws(' ', fit.reason_code, 'wavelength_assumed') ELSE fit.reason_code END AS reason_code
FROM (
    SELECT
        measurement_id, sample_id, run_id, recipe_id, max(wavelength) AS wavelength,
        find_fringes(two_theta_deg, intensity, coalesce(wavelength, 1.540593)) AS fit
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id, p.two_theta_deg,
            coalesce(p.count_rate_per_s, p.counts, p.intensity) AS intensity,
            coalesce(
                metadata_number(m.metadata, 'wavelength_k_alpha_1_angstrom'), metadata_number(m.metadata, 'wavelength_angstrom'),
                metadata_number(m.metadata, 'wavelength_k_alpha_mean_angstrom')
            ) AS wavelength
        FROM measurements AS m
        JOIN xrd_patterns AS p ON p.measurement_id = m.measurement_id
        WHERE m.technique = 'x_ray_diffraction' AND p.two_theta_deg IS NOT NULL
            AND coalesce(metadata_text(m.metadata, 'scan_axis'), 'two_theta') NOT IN ('omega', 'theta', 'chi', 'psi', 'phi')
    ) AS curves
    GROUP BY measurement_id, sample_id, run_id, recipe_id
    HAVING min(two_theta_deg) < 1 AND max(two_theta_deg) <= 15
) AS fitted
