-- A row for each peak of a pattern, numbered by angle, with its own quality; a pattern without peaks has one row that states the
-- largest signal-to-noise ratio.
INSERT INTO crystallinity (measurement_id, sample_id, verdict, intensity_unit, max_signal_to_noise, n_points, quality, reason, lines) VALUES
    ('m1', 'film 1', 'crystalline', 'counts/s', 40.0, 1001, 'good', NULL, make_array(
        named_struct('two_theta_deg', 33.0, 'two_theta_err_deg', 0.01, 'd_angstrom', 2.712, 'd_err_angstrom', 0.001, 'fwhm_deg', 0.3, 'fwhm_err_deg', 0.01,
            'area', 600.0, 'area_err', 10.0, 'signal_to_noise', 40.0, 'kind', 'line', 'line_quality', 'suspect', 'line_reason', 'overlaps its neighbour', 'line_reason_code', 'peaks_overlap'),
        named_struct('two_theta_deg', 22.0, 'two_theta_err_deg', 0.01, 'd_angstrom', 4.037, 'd_err_angstrom', 0.001, 'fwhm_deg', 0.3, 'fwhm_err_deg', 0.01,
            'area', 300.0, 'area_err', 10.0, 'signal_to_noise', 20.0, 'kind', 'line', 'line_quality', 'good', 'line_reason', CAST(NULL AS VARCHAR), 'line_reason_code', CAST(NULL AS VARCHAR)))),
    ('m2', 'film 2', 'amorphous', 'counts/s', 2.4, 1001, 'good', NULL, make_array(
        named_struct('two_theta_deg', CAST(NULL AS DOUBLE), 'two_theta_err_deg', CAST(NULL AS DOUBLE), 'd_angstrom', CAST(NULL AS DOUBLE), 'd_err_angstrom', CAST(NULL AS DOUBLE),
            'fwhm_deg', CAST(NULL AS DOUBLE), 'fwhm_err_deg', CAST(NULL AS DOUBLE), 'area', CAST(NULL AS DOUBLE), 'area_err', CAST(NULL AS DOUBLE),
            'signal_to_noise', CAST(NULL AS DOUBLE), 'kind', CAST(NULL AS VARCHAR), 'line_quality', CAST(NULL AS VARCHAR),
            'line_reason', CAST(NULL AS VARCHAR), 'line_reason_code', CAST(NULL AS VARCHAR))));
SELECT measurement_id, line, two_theta_deg, d_angstrom, area, signal_to_noise, kind, quality, reason, reason_code FROM xrd_peaks;
