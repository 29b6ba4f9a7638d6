//! `fit_arrhenius`: activation energy and conductivity at 25 °C.

use std::collections::BTreeSet;

use aldb_fit::arrhenius::{ArrheniusFit, ArrheniusOptions, ArrheniusPoint, Counts, fit_arrhenius};
use arrow::array::Array as _;

use super::arguments::{Arguments, at};
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

type Fitted = Outcome<Vec<ArrheniusPoint>, ArrheniusFit>;

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "fit_arrhenius",
        version: 3,
        meaning: "Activation energy and conductivity at 25 °C from conductivities at several temperatures.",
        example: "SELECT sample_id, fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, dot) AS fit \
                  FROM conductivity GROUP BY sample_id",
        arguments: points,
        evaluate: |points| Ok(fit_arrhenius(points, &ArrheniusOptions::default())?),
        verdict: |fit| fit.verdict.clone(),
        always: fields! { fitted: Fitted;
            count n_points "Number of conductivities used." => Counts::new(&fitted.input).n_points;
            count n_temperatures "Number of distinct temperatures, more than 0.5 K apart." => Counts::new(&fitted.input).n_temperatures;
            count n_dots "Number of distinct electrodes." => Counts::new(&fitted.input).n_dots;
        },
        fields: fields! { fit: ArrheniusFit;
            number temperature_min_c ["Cel"] "Lowest temperature.";
            number temperature_max_c ["Cel"] "Highest temperature.";
            number ea_ev ["eV"] "Activation energy, from ln σ against 1/T.";
            number ea_err_ev ["eV"] "Standard uncertainty of the activation energy.";
            number ln_sigma0 ["1"] "Natural logarithm of the prefactor σ₀ in S/cm.";
            number ln_sigma0_err ["1"] "Standard uncertainty of ln σ₀.";
            number cov_ln_sigma0_ea_ev ["eV"] "Covariance of ln σ₀ and the activation energy."
                => fit.covariance_ea_ln_sigma0;
            number sigma_25c_s_per_cm ["S/cm"] "Conductivity at 25 °C.";
            number sigma_25c_err_s_per_cm ["S/cm"] "Standard uncertainty of the conductivity at 25 °C, from the full covariance.";
            number dot_scatter_rel ["1"] "Relative standard deviation between electrodes, beyond that of the fits."
                => fit.dot_scatter;
            number chi2_reduced ["1"] "Reduced χ² of the line with the uncertainties of the conductivities alone."
                => Some(fit.chi2? / fit.dof as f64);
            flag extrapolated "Whether 25 °C lies outside the measured temperatures.";
        },
    }
    .kernel()
}

fn points(arguments: &mut Arguments<'_>) -> Vec<ArrheniusPoint> {
    let temperature = arguments.number("temperature_c", "Cel", "Temperature.");
    let sigma = arguments.number("sigma_s_per_cm", "S/cm", "Conductivity.");
    let sigma_err = arguments.number("sigma_err_s_per_cm", "S/cm", "Standard uncertainty of the conductivity.");
    let dot = arguments.text("dot", "Electrode.");
    let dots: BTreeSet<&str> = dot.iter().flatten().collect();
    let number_of = |dot: &str| dots.iter().position(|known| *known == dot).and_then(|place| u32::try_from(place).ok());
    let points = (0..temperature.len()).filter_map(|row| {
        Some(ArrheniusPoint {
            temperature_c: at(&temperature, row)?,
            sigma_s_per_cm: at(&sigma, row)?,
            sigma_err_s_per_cm: at(&sigma_err, row).unwrap_or(0.0),
            dot: dot.is_valid(row).then(|| dot.value(row)).and_then(number_of),
        })
    });
    points.collect()
}
