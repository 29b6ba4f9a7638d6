-- m1: a flat background of 100 counts from 20° to 40°, scattered about as counts are, and one Gaussian peak of 2000 counts at 30.00°, 0.3° wide (area 2000 · 0.3 ·
-- √(π/(4 ln 2)) = 638.7 counts·°). No phase that ships has a reflection there alone, so the area is that of the peak. m2: the background alone is amorphous. m3: two points are too few.
-- m4: the pattern of m1 with the wavelength of cobalt: d = 1.788996 Å/(2 sin 15°) = 3.4561 Å. m5: no wavelength is stated. m6: the pattern of m1 counted for 10 s, of a film of
-- 50 nm: the area of m1 as a rate. m7: a scan over φ is no pattern.
INSERT INTO measurements (measurement_id, technique, sample_id, metadata) VALUES
    ('m1', 'x_ray_diffraction', 'film 1', '{"wavelength_k_alpha_1_angstrom": 1.540598}'),
    ('m2', 'x_ray_diffraction', 'film 2', '{"wavelength_k_alpha_1_angstrom": 1.540598}'),
    ('m3', 'x_ray_diffraction', 'film 3', '{}'),
    ('m4', 'x_ray_diffraction', 'film 1', '{"wavelength_angstrom": 1.788996}'),
    ('m5', 'x_ray_diffraction', 'film 1', '{}'),
    ('m6', 'x_ray_diffraction', 'film 6', '{"wavelength_k_alpha_1_angstrom": 1.540598, "wavelength_k_alpha_2_angstrom": 1.544426, "k_alpha_ratio": 0, "counting_time_s": 10}'),
    ('m7', 'x_ray_diffraction', 'film 1', '{"scan_axis": "phi"}');
INSERT INTO film_thickness (sample_id, thickness_nm, thickness_err_nm) VALUES ('film 6', 50.0, 1.0);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts)
    SELECT 'm1', value, 20 + 0.02 * value AS angle, 20 + 0.02 * value, 0.0,
        round(100 + 2000 * exp(-4 * ln(2) * power((20 + 0.02 * value - 30) / 0.3, 2)) + 17 * sin(12.9898 * value * value)) FROM generate_series(0, 1000);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts)
    SELECT 'm2', value, 20 + 0.02 * value AS angle, 20 + 0.02 * value, 0.0, round(100 + 17 * sin(12.9898 * value * value)) FROM generate_series(0, 1000);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts) VALUES
    ('m3', 0, 20.0, 20.0, 0.0, 100.0), ('m3', 1, 20.02, 20.02, 0.0, 100.0);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts)
    SELECT m, value, 20 + 0.02 * value AS angle, 20 + 0.02 * value, 0.0,
        round(100 + 2000 * exp(-4 * ln(2) * power((20 + 0.02 * value - 30) / 0.3, 2)) + 17 * sin(12.9898 * value * value))
    FROM generate_series(0, 1000) CROSS JOIN (VALUES ('m4'), ('m5')) AS measured(m);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts, count_rate_per_s)
    SELECT 'm6', value, 20 + 0.02 * value AS angle, 20 + 0.02 * value, 0.0, n, 0.1 * n FROM (
        SELECT value, round(1000 + 20000 * exp(-4 * ln(2) * power((20 + 0.02 * value - 30) / 0.3, 2)) + 54 * sin(12.9898 * value * value)) AS n
        FROM generate_series(0, 1000)) AS counted;
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, phi_deg, intensity, counts)
    SELECT 'm7', value, 0.5 * value AS a, 32.0 + 0.0001 * value, 0.5 * value AS b, 0.0, 100.0 FROM generate_series(0, 100);
