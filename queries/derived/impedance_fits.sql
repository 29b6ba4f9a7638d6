-- key: measurement_id
-- version: 1
-- Fits the film's circuit to every impedance spectrum: R0 the leads, R1 with CPE1 the film, CPE2 the blocking electrodes.
-- Another circuit: copy this file into the lake's queries/derived/ and change it there.
SELECT
    measurement_id, sample_id, run_id, recipe_id,
    fit.circuit, fit.weighting, fit.n_points,
    parameter_value(fit.parameters, 'R0') AS r0_ohm,
    parameter_error(fit.parameters, 'R0') AS r0_err_ohm,
    parameter_value(fit.parameters, 'R1') AS r1_ohm,
    parameter_error(fit.parameters, 'R1') AS r1_err_ohm,
    fit.parameters, fit.cost, fit.chi2_reduced, fit.aic,
    kk.m AS kk_m, kk.mu AS kk_mu, kk.rms AS kk_rms, kk.verdict AS kk_verdict,
    CASE WHEN fit.quality = 'good' AND kk.verdict = 'inconsistent' THEN 'suspect' ELSE fit.quality END AS quality,
    CASE
        WHEN fit.quality = 'good' AND kk.verdict <> 'inconsistent' THEN NULL
        WHEN fit.quality = 'good' THEN kk.reason
        ELSE fit.reason
    END AS reason
FROM (
    SELECT
        m.measurement_id, m.sample_id, m.run_id, m.recipe_id,
        fit_circuit('R0-p(R1,CPE1)-CPE2', s.frequency_hz, s.z_re_ohm, s.z_im_ohm) AS fit,
        test_kramers_kronig(s.frequency_hz, s.z_re_ohm, s.z_im_ohm) AS kk
    FROM measurements AS m
    LEFT JOIN impedance_spectra AS s ON s.measurement_id = m.measurement_id
    WHERE m.technique = 'impedance_spectroscopy'
    GROUP BY m.measurement_id, m.sample_id, m.run_id, m.recipe_id
) AS fitted
