-- m1: a flat background of 100 counts from 20° to 40°, scattered about as counts are, and one Gaussian peak of 2000 counts at 30.00°, 0.3° wide (area 2000 · 0.3 ·
-- √(π/(4 ln 2)) = 638.7 counts·°). No phase that ships has a reflection there alone, so the area is that of the peak. m2: the background alone is amorphous. m3: two points are too few.
INSERT INTO measurements (measurement_id, technique, sample_id, metadata) VALUES
    ('m1', 'x_ray_diffraction', 'film 1', '{"wavelength_k_alpha_1_angstrom": 1.540598}'),
    ('m2', 'x_ray_diffraction', 'film 2', '{"wavelength_k_alpha_1_angstrom": 1.540598}'),
    ('m3', 'x_ray_diffraction', 'film 3', '{}');
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts)
    SELECT 'm1', value, 20 + 0.02 * value AS angle, 20 + 0.02 * value, 0.0,
        round(100 + 2000 * exp(-4 * ln(2) * power((20 + 0.02 * value - 30) / 0.3, 2)) + 17 * sin(12.9898 * value * value)) FROM generate_series(0, 1000);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts)
    SELECT 'm2', value, 20 + 0.02 * value AS angle, 20 + 0.02 * value, 0.0, round(100 + 17 * sin(12.9898 * value * value)) FROM generate_series(0, 1000);
INSERT INTO xrd_patterns (measurement_id, point, scan_angle_deg, two_theta_deg, intensity, counts) VALUES
    ('m3', 0, 20.0, 20.0, 0.0, 100.0), ('m3', 1, 20.02, 20.02, 0.0, 100.0);
