-- key: measurement_id
-- version: 3
-- The components of each region, one row each.
SELECT
    measurement_id, sample_id, run_id, recipe_id, region, state, etch_time_s, etch_level, shift_ev,
    one.component, one.binding_energy_ev, one.binding_energy_err_ev, fwhm_ev, fwhm_err_ev,
    one.height, one.height_err, one.area, one.area_err, n_points, quality, reason, reason_code
FROM (SELECT *, unnest(components) AS one FROM xps_regions) AS opened
