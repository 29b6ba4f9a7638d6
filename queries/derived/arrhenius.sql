-- key: sample_id
-- version: 3
-- Activation energy and conductivity at 25 °C over all electrodes and repeats of a sample. The line is weighted by what
-- varies between spectra; thickness, area and an offset of the temperature are common to them and enter the conductivity's
-- uncertainty once (the offset: Ea/kT² per kelvin; the activation energy changes by twice its share of T).
SELECT
    sample_id, run_id, recipe_id,
    fit.n_points, fit.n_suspect, fit.n_temperatures, fit.n_dots, fit.temperature_min_c, fit.temperature_max_c,
    fit.ea_ev,
    sqrt(power(fit.ea_err_ev, 2) + power(ea_common_err_ev, 2)) AS ea_err_ev,
    fit.ea_ev - sqrt(power(fit.ea_ev - fit.ea_lo95_ev, 2) + power(1.96 * ea_common_err_ev, 2)) AS ea_lo95_ev,
    fit.ea_ev + sqrt(power(fit.ea_hi95_ev - fit.ea_ev, 2) + power(1.96 * ea_common_err_ev, 2)) AS ea_hi95_ev,
    fit.ea_err_ev AS ea_line_err_ev, fit.ln_sigma0, fit.ln_sigma0_err, fit.cov_ln_sigma0_ea_ev,
    fit.sigma_25c_s_per_cm,
    sqrt(power(fit.sigma_25c_err_s_per_cm, 2) + power(fit.sigma_25c_s_per_cm * sigma_common_err_rel, 2))
        AS sigma_25c_err_s_per_cm,
    fit.sigma_25c_s_per_cm
        * exp(-sqrt(power(ln(fit.sigma_25c_s_per_cm / fit.sigma_25c_lo95_s_per_cm), 2) + power(1.96 * sigma_common_err_rel, 2)))
        AS sigma_25c_lo95_s_per_cm,
    fit.sigma_25c_s_per_cm
        * exp(sqrt(power(ln(fit.sigma_25c_hi95_s_per_cm / fit.sigma_25c_s_per_cm), 2) + power(1.96 * sigma_common_err_rel, 2)))
        AS sigma_25c_hi95_s_per_cm,
    fit.extrapolated, fit.dot_scatter_rel, fit.chi2_reduced,
    fit.quality, fit.reason, fit.reason_code
FROM (
    SELECT *,
        2 * abs(fit.ea_ev) * temperature_err_c / (0.5 * (fit.temperature_min_c + fit.temperature_max_c) + 273.15) AS ea_common_err_ev,
        sqrt(power(geometry_err_rel, 2) + power(fit.ea_ev * temperature_err_c / (8.617333262e-5 * power(298.15, 2)), 2))
            AS sigma_common_err_rel
    FROM (
        SELECT
            sample_id, run_id, recipe_id,
            fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_s_per_cm * r1_err_ohm / r1_ohm, dot, quality) AS fit,
            coalesce(max(geometry_err_rel), 0) AS geometry_err_rel,
            coalesce(max(temperature_err_c), 0) AS temperature_err_c
        FROM conductivity
        WHERE sample_id IS NOT NULL
        GROUP BY sample_id, run_id, recipe_id
    ) AS grouped
) AS fitted
