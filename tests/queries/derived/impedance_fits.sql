-- m1: R0 = 100 Ω, R1 = 1e5 Ω with C = 1e-9 F (a CPE of exponent 1), and 1e-6 F in series, calculated at ten frequencies a decade from 1 MHz to
-- 1 Hz with 0.1 % of deterministic scatter: the fit must give the resistances back. m2 has no points.
INSERT INTO measurements (measurement_id, technique, sample_id) VALUES ('m1', 'impedance_spectroscopy', 'film 1'), ('m2', 'impedance_spectroscopy', 'film 2');
INSERT INTO impedance_spectra (measurement_id, point, frequency_hz, z_re_ohm, z_im_ohm)
    SELECT 'm1', i, f, re + 1e-3 * sqrt(re * re + im * im) * sin(12.9898 * i * i), im + 1e-3 * sqrt(re * re + im * im) * sin(78.233 * i * i)
    FROM (
        SELECT i, f, 100 + 1e5 / (1 + power(w * 1e-4, 2)) AS re, -1e5 * w * 1e-4 / (1 + power(w * 1e-4, 2)) - 1 / (w * 1e-6) AS im
        FROM (SELECT value AS i, power(10.0, 6 - value / 10.0) AS f, 2 * pi() * power(10.0, 6 - value / 10.0) AS w FROM generate_series(0, 60)) AS frequencies
    ) AS calculated;
SELECT measurement_id, sample_id, circuit, n_points, r0_ohm, r0_err_ohm, r1_ohm, r1_err_ohm, kk_verdict, quality, reason, reason_code FROM impedance_fits;
