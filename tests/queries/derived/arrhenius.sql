-- Conductivities on the line ln σ = ln σ0 − Ea/kT with Ea = 0.5 eV and ln σ0 = 4, at four temperatures, 1 % higher on one electrode and
-- 1 % lower on the other: the fit must give these back, but for ln(1.01 · 0.99)/2 = −5e-5. At 298.15 K: exp(4 − 0.5/(8.617333e-5 · 298.15)) = 1.929e-7 S/cm. The thickness is known to 10 %, which
-- is the larger part of the uncertainty at 25 °C. Film 2 has one temperature and no line.
INSERT INTO conductivity
    (measurement_id, sample_id, dot, temperature_c, thickness_nm, thickness_err_nm, r1_ohm, r1_err_ohm, sigma_s_per_cm, sigma_err_s_per_cm, quality)
    SELECT concat('m', CAST(t AS VARCHAR), d), 'film 1', d, CAST(t AS DOUBLE), 50.0, 5.0, 1000.0, 10.0,
        exp(4 - 0.5 / (8.617333262e-5 * (t + 273.15))) * CASE WHEN d = '1' THEN 1.01 ELSE 0.99 END, 0.0, 'good'
    FROM (VALUES (20), (40), (60), (80)) AS temperatures(t) CROSS JOIN (VALUES ('1'), ('2')) AS electrodes(d);
INSERT INTO conductivity
    (measurement_id, sample_id, dot, temperature_c, thickness_nm, r1_ohm, r1_err_ohm, sigma_s_per_cm, sigma_err_s_per_cm, quality) VALUES
    ('m1', 'film 2', '1', 40.0, 50.0, 1000.0, 10.0, 1e-8, 1e-10, 'good');
