-- key: sample_id
-- version: 2
-- Activation energy and conductivity at 25 °C over all electrodes and repeats of a sample. The line is weighted by what
-- varies between spectra; the thickness is common to them and enters the conductivity's uncertainty once.
SELECT
    sample_id, run_id, recipe_id,
    fit.n_points, fit.n_temperatures, fit.n_dots, fit.temperature_min_c, fit.temperature_max_c,
    fit.ea_ev, fit.ea_err_ev, fit.ln_sigma0, fit.ln_sigma0_err, fit.cov_ln_sigma0_ea_ev,
    fit.sigma_25c_s_per_cm,
    sqrt(power(fit.sigma_25c_err_s_per_cm, 2) + power(fit.sigma_25c_s_per_cm * coalesce(thickness_rel_err, 0), 2))
        AS sigma_25c_err_s_per_cm,
    fit.extrapolated, fit.dot_scatter_rel, fit.chi2_reduced,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT
        sample_id, run_id, recipe_id,
        fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_s_per_cm * r1_err_ohm / r1_ohm, dot) AS fit,
        max(thickness_err_nm / thickness_nm) AS thickness_rel_err
    FROM conductivity
    WHERE sample_id IS NOT NULL
    GROUP BY sample_id, run_id, recipe_id
) AS fitted
