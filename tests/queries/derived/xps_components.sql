-- A row for each component of a region; a region that failed keeps one row with its reason.
INSERT INTO xps_regions (measurement_id, sample_id, region, shift_ev, fwhm_ev, fwhm_err_ev, n_points, quality, reason, reason_code, components) VALUES
    ('m1', 'film 1', 'O 1s', 0.3, 1.5, 0.05, 80, 'good', NULL, NULL, make_array(
        named_struct('component', 'non-bridging', 'binding_energy_ev', 530.4, 'binding_energy_err_ev', 0.02, 'height', 100.0, 'height_err', 2.0, 'area', 160.0, 'area_err', 5.0),
        named_struct('component', 'bridging', 'binding_energy_ev', 531.7, 'binding_energy_err_ev', 0.02, 'height', 300.0, 'height_err', 2.0, 'area', 480.0, 'area_err', 5.0))),
    ('m2', 'film 1', 'B 1s', 0.3, NULL, NULL, 3, 'failed', 'three points', 'too_few_points', make_array(
        named_struct('component', CAST(NULL AS VARCHAR), 'binding_energy_ev', CAST(NULL AS DOUBLE), 'binding_energy_err_ev', CAST(NULL AS DOUBLE),
            'height', CAST(NULL AS DOUBLE), 'height_err', CAST(NULL AS DOUBLE), 'area', CAST(NULL AS DOUBLE), 'area_err', CAST(NULL AS DOUBLE))));
SELECT measurement_id, region, component, binding_energy_ev, fwhm_ev, height, area, area_err, n_points, quality, reason, reason_code FROM xps_components;
