-- x1: fringes of a film of 60 nm: above the edge at 0.44°, an intensity of 10⁶ that falls as θ⁻⁴, times 1 + 0.5·cos(2π·60 nm·x) with
-- x = 2·√(sin²θ − sin²(0.22°))/0.1540593 nm, and 1 % of scatter. x2 has no fringes. x3 is a diffraction pattern and has no row here.
-- x4 is x1 without a stated wavelength: suspect.
INSERT INTO measurements (measurement_id, technique, sample_id, metadata) VALUES
    ('x1', 'x_ray_diffraction', 'film 1', '{"wavelength_k_alpha_1_angstrom": 1.540593}'),
    ('x2', 'x_ray_diffraction', 'film 2', '{"wavelength_k_alpha_1_angstrom": 1.540593}'),
    ('x3', 'x_ray_diffraction', 'film 3', '{"wavelength_k_alpha_1_angstrom": 1.540593}'),
    ('x4', 'x_ray_diffraction', 'film 1', '{}');
INSERT INTO xrd_patterns (measurement_id, point, two_theta_deg, counts)
    SELECT m, value, a, CASE WHEN a < 0.44 THEN 1e6 ELSE 1e6 * power(0.44 / a, 4) * (1 + h * cos(2 * pi() * 60 * x)) * (1 + 0.01 * sin(12.9898 * value * value)) END
    FROM (
        SELECT m, h, value, a, 2 * sqrt(greatest(power(sin(radians(a / 2)), 2) - power(sin(radians(0.22)), 2), 0)) / 0.1540593 AS x
        FROM (SELECT m, h, value, CASE WHEN m = 'x3' THEN 20 + 0.01 * value ELSE 0.1 + 0.01 * value END AS a
            FROM generate_series(0, 400) CROSS JOIN (VALUES ('x1', 0.5), ('x2', 0.0), ('x3', 0.5), ('x4', 0.5)) AS curves(m, h)) AS angles
    ) AS scan;
