-- Conductivities on the line ln σ = ln σ0 − Ea/kT with Ea = 0.5 eV and ln σ0 = 4, at four temperatures, 1 % higher on one electrode and
-- 1 % lower on the other: the fit must give these back, but for ln(1.01 · 0.99)/2 = −5e-5. At 298.15 K: exp(4 − 0.5/(8.617333e-5 · 298.15)) = 1.929e-7 S/cm.
-- Thickness and area are known to 10 %, the temperature to 0.5 °C, 0.5 · 0.5/(8.617e-5 · 298.15²) = 3.26 %: together 10.5 %, the larger
-- part of the uncertainty at 25 °C, so that the ends of the 95 % interval are a factor of about exp(1.96 · 0.105) away.
-- Film 2 has one temperature and no line. Film 3 is film 1 with one suspect conductivity that is wrong: it is left out. Of film 4 all are suspect.
INSERT INTO conductivity
    (measurement_id, sample_id, dot, temperature_c, temperature_err_c, geometry_err_rel, r1_ohm, r1_err_ohm, sigma_s_per_cm, sigma_err_s_per_cm, quality)
    SELECT concat('m', f, CAST(t AS VARCHAR), d), concat('film ', f), d, CAST(t AS DOUBLE), 0.5, 0.1, 1000.0, 10.0,
        exp(4 - 0.5 / (8.617333262e-5 * (t + 273.15))) * CASE WHEN d = '1' THEN 1.01 ELSE 0.99 END * CASE WHEN f = '3' AND t = 20 AND d = '1' THEN 2 ELSE 1 END,
        0.0, CASE WHEN f = '4' OR (f = '3' AND t = 20 AND d = '1') THEN 'suspect' ELSE 'good' END
    FROM (VALUES (20), (40), (60), (80)) AS temperatures(t) CROSS JOIN (VALUES ('1'), ('2')) AS electrodes(d) CROSS JOIN (VALUES ('1'), ('3'), ('4')) AS films(f);
INSERT INTO conductivity
    (measurement_id, sample_id, dot, temperature_c, r1_ohm, r1_err_ohm, sigma_s_per_cm, sigma_err_s_per_cm, quality) VALUES
    ('m1', 'film 2', '1', 40.0, 1000.0, 10.0, 1e-8, 1e-10, 'good');
