-- key: measurement_id
-- version: 3
-- The peaks of each diffraction pattern, one row each.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    CASE WHEN one.two_theta_deg IS NOT NULL THEN row_number() OVER (PARTITION BY measurement_id ORDER BY one.two_theta_deg) END AS line,
    one.two_theta_deg, one.two_theta_err_deg, one.d_angstrom, one.d_err_angstrom, one.fwhm_deg, one.fwhm_err_deg,
    one.area, one.area_err, intensity_unit, one.signal_to_noise, one.kind, alignment_err_deg, wavelength_angstrom, n_points,
    coalesce(one.line_quality, 'failed') AS quality,
    coalesce(why.words, one.line_reason) AS reason, coalesce(why.code, one.line_reason_code) AS reason_code
FROM (
    SELECT *,
        CASE
            WHEN one.line_quality IS NULL AND reason IS NOT NULL THEN reason(reason_code, reason)
            WHEN one.line_quality IS NULL
            THEN reason('no_peak', concat('no peak: the largest signal-to-noise ratio is ', CAST(round(max_signal_to_noise, 1) AS VARCHAR)))
        END AS why
    FROM (
        SELECT measurement_id, sample_id, run_id, recipe_id, unnest(lines) AS one, n_points, reason, reason_code, max_signal_to_noise,
            intensity_unit, alignment_err_deg, wavelength_angstrom
        FROM crystallinity
    ) AS opened
) AS judged
