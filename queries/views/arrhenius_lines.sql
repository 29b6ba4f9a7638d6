-- Fitted lines of the Arrhenius figure, with the covariance for the uncertainty band; one series per sample.
-- column series: Name of the sample in the legend.
-- column var_ln_sigma0 [1]: Variance of ln_sigma0, of the line alone.
-- column var_ea_ev [eV2]: Variance of ea_ev, of the line alone.
-- column cov [eV]: Covariance of ln_sigma0 and ea_ev.
SELECT
    sample_id AS series, sample_id, ea_ev, ea_err_ev, ln_sigma0,
    power(ln_sigma0_err, 2) AS var_ln_sigma0,
    power(ea_line_err_ev, 2) AS var_ea_ev,
    cov_ln_sigma0_ea_ev AS cov,
    sigma_25c_lo95_s_per_cm, sigma_25c_hi95_s_per_cm, quality
FROM arrhenius
WHERE ea_ev IS NOT NULL
