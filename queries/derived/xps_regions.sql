-- key: measurement_id
-- version: 2
-- Components of every region except surveys, with binding energies referenced to C 1s of the same file.
SELECT
    measurement_id, sample_id, run_id, recipe_id, region,
    fit.shift_ev, fit.fwhm_ev, fit.fwhm_err_ev, fit.area_total, fit.area_total_err, fit.nbo_bo, fit.nbo_bo_err,
    fit.sensitivity, fit.chi2_reduced, fit.n_points, fit.components,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, max(s.region) AS region,
        fit_photoelectrons(s.region, s.binding_energy_ev, s.intensity, r.shift_ev) AS fit
    FROM measurements AS m
    JOIN xps_spectra AS s ON s.measurement_id = m.measurement_id
    LEFT JOIN xps_references AS r ON r.file_id = m.file_id AND r.quality <> 'failed'
    WHERE m.technique = 'photoelectron_spectroscopy' AND s.region IS NOT NULL
        AND lower(s.region) NOT LIKE '%survey%' AND lower(s.region) NOT LIKE '%wide%'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
) AS fitted
