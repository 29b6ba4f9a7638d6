-- Two spectra of one electrode at one temperature are numbered by `repeat`. Spectrum m1 has a fitted circuit, two resistances in
-- series: 100 + 900 = 1000 Ω at every frequency, with no imaginary part. Spectrum m2 was not fitted; m3 has no points.
INSERT INTO measurements (measurement_id, file_id, block, technique, sample_id, dot, temperature_c, repeat, n_points) VALUES
    ('m1', 'f1', 0, 'impedance_spectroscopy', 'film 1', '1', 40.0, '1', 2),
    ('m2', 'f2', 0, 'impedance_spectroscopy', 'film 1', '1', 40.0, '2', 1),
    ('m3', 'f3', 0, 'impedance_spectroscopy', 'film 1', '1', 40.0, '3', 0);
INSERT INTO impedance_spectra (measurement_id, point, frequency_hz, z_re_ohm, z_im_ohm) VALUES
    ('m1', 0, 1e6, 1010.0, -5.0), ('m1', 1, 1e5, 990.0, 5.0), ('m2', 0, 1e6, 1020.0, -7.0);
INSERT INTO impedance_fits (measurement_id, circuit, parameters, quality) VALUES
    ('m1', 'R0-R1', make_array(
        named_struct('name', 'R0', 'unit', 'Ohm', 'value', 100.0, 'std_err', 1.0, 'at_bound', false),
        named_struct('name', 'R1', 'unit', 'Ohm', 'value', 900.0, 'std_err', 1.0, 'at_bound', false)), 'good');
