-- key: measurement_id
-- version: 3
-- Equivalent circuit fitted to every impedance spectrum: R0 is the leads, R1 and CPE1 the film, CPE2 the blocking electrodes.
-- For another circuit copy this file into queries/derived/ of the lake and change it there.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.circuit, fit.weighting, fit.n_points,
    parameter_value(fit.parameters, 'R0') AS r0_ohm,
    parameter_error(fit.parameters, 'R0') AS r0_err_ohm,
    parameter_value(fit.parameters, 'R1') AS r1_ohm,
    parameter_error(fit.parameters, 'R1') AS r1_err_ohm,
    fit.parameters, fit.cost, fit.chi2_reduced, fit.aic, fit.correlated_misfit_rel,
    temperature_c, temperature_std_c,
    kk.m AS kk_m, kk.mu AS kk_mu, kk.rms AS kk_rms, kk.trend_rel AS kk_trend_rel, kk.verdict AS kk_verdict,
    CASE WHEN doubt.words IS NULL THEN fit.quality ELSE 'suspect' END AS quality,
    coalesce(doubt.words, fit.reason) AS reason, coalesce(doubt.code, fit.reason_code) AS reason_code
FROM (
    SELECT *, CASE WHEN fit.quality = 'good' AND kk.verdict = 'inconsistent' THEN reason(kk.reason_code, kk.reason) END AS doubt
    FROM (
        SELECT
            m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
            fit_circuit('R0-p(R1,CPE1)-CPE2', s.frequency_hz, s.z_re_ohm, s.z_im_ohm) AS fit,
            test_kramers_kronig(s.frequency_hz, s.z_re_ohm, s.z_im_ohm) AS kk,
            avg(s.temperature_c) AS temperature_c, stddev_pop(s.temperature_c) AS temperature_std_c
        FROM measurements AS m
        LEFT JOIN impedance_spectra AS s ON s.measurement_id = m.measurement_id
        WHERE m.technique = 'impedance_spectroscopy'
        GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
    ) AS fitted
) AS tested
