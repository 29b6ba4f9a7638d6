-- key: measurement_id
-- version: 3
-- Components of every region except surveys, with binding energies referenced to C 1s of the same state of the surface.
SELECT
    measurement_id, sample_id, run_id, recipe_id, region, state, etch_time_s, etch_level,
    fit.shift_ev, fit.fwhm_ev, fit.fwhm_err_ev, fit.area_total, fit.area_total_err, fit.nbo_bo, fit.nbo_bo_err,
    fit.sensitivity, fit.spin_orbit_ev, fit.transmission, fit.line_area, fit.line_area_err, fit.area_doubt,
    fit.chi2_reduced, fit.n_points, fit.components,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.state, m.etch_time_s, m.etch_level, max(s.region) AS region,
        fit_photoelectrons(
            coalesce(core_line(s.region), m.transition, s.region), s.binding_energy_ev, s.intensity, r.shift_ev, NULL,
            r.shift_err_ev, r.doubt, s.transmission
        ) AS fit
    FROM xps_states AS m
    JOIN xps_spectra AS s ON s.measurement_id = m.measurement_id
    LEFT JOIN xps_shifts AS r ON r.file_id = m.file_id AND r.state = m.state
    WHERE s.region IS NOT NULL AND lower(s.region) NOT LIKE '%survey%' AND lower(s.region) NOT LIKE '%wide%'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id, m.state, m.etch_time_s, m.etch_level
) AS fitted
