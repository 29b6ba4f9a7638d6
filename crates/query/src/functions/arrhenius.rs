//! `fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, dot)`: activation energy and conductivity at 25 °C.

use std::collections::BTreeSet;

use aldb_fit::arrhenius::{ArrheniusFit, ArrheniusOptions, ArrheniusPoint, fit_arrhenius};
use aldb_fit::quality::Quality;

use super::document::{Documentation, FieldKind, Value, field, number, plain, text, verdict};
use super::gather::{Group, Kernel};

pub(super) fn kernel() -> Kernel {
    let result = [
        plain("n_points", FieldKind::Count, "Conductivities used."),
        plain("n_temperatures", FieldKind::Count, "Distinct temperatures."),
        plain("n_dots", FieldKind::Count, "Distinct electrodes."),
        field("temperature_min_c", "Cel", "Lowest temperature."),
        field("temperature_max_c", "Cel", "Highest temperature."),
        field("ea_ev", "eV", "Activation energy, from ln σ against 1/T."),
        field("ea_err_ev", "eV", "Its standard uncertainty."),
        field("ln_sigma0", "1", "Natural logarithm of σ₀ in S/cm."),
        field("ln_sigma0_err", "1", "Its standard uncertainty."),
        field("cov_ln_sigma0_ea_ev", "eV", "Covariance of both."),
        field("sigma_25c_s_per_cm", "S/cm", "Conductivity at 25 °C."),
        field("sigma_25c_err_s_per_cm", "S/cm", "Its standard uncertainty, from the full covariance."),
        field("dot_scatter_rel", "1", "Standard deviation between electrodes, relative."),
        field("chi2_reduced", "1", "χ² by the conductivities' own uncertainties, for each degree of freedom."),
        plain("extrapolated", FieldKind::Flag, "Whether 25 °C lies outside the measured temperatures."),
    ];
    Kernel {
        documentation: Documentation {
            name: "fit_arrhenius",
            kind: "aggregate",
            version: 2,
            meaning: "Activation energy and conductivity at 25 °C from conductivities at several temperatures.",
            arguments: vec![
                number("temperature_c", "Cel", "Temperature."),
                number("sigma_s_per_cm", "S/cm", "Conductivity."),
                number("sigma_err_s_per_cm", "S/cm", "Its standard uncertainty."),
                text("dot", "The electrode."),
            ],
            result: result.into_iter().chain(verdict()).collect(),
            example: "SELECT sample_id, fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, dot) AS fit \
                      FROM conductivity GROUP BY sample_id",
        },
        evaluate,
    }
}

fn evaluate(group: &Group) -> Vec<Value> {
    let words = group.words(3);
    let dots: BTreeSet<&str> = words.iter().flatten().map(String::as_str).collect();
    let number_of = |dot: &str| dots.iter().position(|known| *known == dot).and_then(|place| u32::try_from(place).ok());
    let (temperatures, sigmas, errors) =
        (group.optional_numbers(0), group.optional_numbers(1), group.optional_numbers(2));
    let points: Vec<ArrheniusPoint> = temperatures
        .iter()
        .zip(sigmas)
        .zip(errors)
        .zip(words)
        .filter_map(|(((temperature, sigma), error), dot)| {
            Some(ArrheniusPoint {
                temperature_c: (*temperature)?,
                sigma_s_per_cm: (*sigma)?,
                sigma_err_s_per_cm: error.unwrap_or(0.0),
                dot: dot.as_deref().and_then(number_of),
            })
        })
        .collect();
    let temperatures: BTreeSet<i64> = points.iter().map(|point| (point.temperature_c * 2.0).round() as i64).collect();
    let used_dots: BTreeSet<u32> = points.iter().filter_map(|point| point.dot).collect();
    let fit = fit_arrhenius(&points, &ArrheniusOptions::default());
    let (quality, reason) = match &fit {
        Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
        Err(error) => (Quality::Failed, Some(error.to_string())),
    };
    let fit = fit.ok();
    let of = |value: fn(&ArrheniusFit) -> f64| Value::Number(fit.as_ref().map(value));
    vec![
        Value::Count(points.len()),
        Value::Count(temperatures.len()),
        Value::Count(used_dots.len()),
        of(|fit| fit.temperature_min_c),
        of(|fit| fit.temperature_max_c),
        of(|fit| fit.ea_ev),
        of(|fit| fit.ea_err_ev),
        of(|fit| fit.ln_sigma0),
        of(|fit| fit.ln_sigma0_err),
        of(|fit| fit.covariance_ea_ln_sigma0),
        of(|fit| fit.sigma_25c_s_per_cm),
        of(|fit| fit.sigma_25c_err_s_per_cm),
        fit.as_ref().and_then(|fit| fit.dot_scatter).into(),
        fit.as_ref().and_then(|fit| Some(fit.chi2? / fit.dof as f64)).into(),
        Value::Flag(fit.as_ref().map(|fit| fit.extrapolated)),
        Value::text(quality.as_str()),
        Value::Text(reason),
    ]
}
