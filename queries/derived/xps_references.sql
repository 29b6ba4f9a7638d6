-- key: measurement_id
-- version: 1
-- Where adventitious carbon lies in each file, and what brings it to 284.6 eV. Regions of a sputtered surface that no longer
-- shows carbon are referenced by that of the same file.
SELECT
    measurement_id, sample_id, run_id, recipe_id, file_id,
    one.binding_energy_ev, one.binding_energy_err_ev, 284.6 - one.binding_energy_ev AS shift_ev,
    quality, reason
FROM (
    SELECT measurement_id, sample_id, run_id, recipe_id, file_id, unnest(fit.components) AS one, fit.quality AS quality, fit.reason AS reason
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.file_id,
            fit_photoelectrons(s.region, s.binding_energy_ev, s.intensity, 0.0, 1.0) AS fit
        FROM measurements AS m
        JOIN xps_spectra AS s ON s.measurement_id = m.measurement_id
        WHERE m.technique = 'photoelectron_spectroscopy' AND lower(replace(s.region, ' ', '')) IN ('c1s', 'c1sscan')
        GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.file_id
    ) AS fitted
) AS opened
