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
        version: 4,
        meaning: "Activation energy and conductivity at 25 °C from conductivities at several temperatures.",
        example: "SELECT sample_id, fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, dot, quality) AS fit \
                  FROM conductivity GROUP BY sample_id",
        arguments: points,
        evaluate: |points| Ok(fit_arrhenius(points, &ArrheniusOptions::default())?),
        verdict: |fit| fit.verdict.clone(),
        always: fields! { fitted: Fitted;
            count n_points "Number of conductivities used." => used(fitted).n_points;
            count n_suspect "Number of suspect conductivities given; they are left out if the others suffice for a line."
                => fitted.input.iter().filter(|point| point.suspect).count();
            count n_temperatures "Number of distinct temperatures, more than 0.5 K apart." => used(fitted).n_temperatures;
            count n_dots "Number of distinct electrodes." => used(fitted).n_dots;
        },
        fields: fields! { fit: ArrheniusFit;
            number temperature_min_c ["Cel"] "Lowest temperature.";
            number temperature_max_c ["Cel"] "Highest temperature.";
            number ea_ev ["eV"] "Activation energy, from ln σ against 1/T.";
            number ea_err_ev ["eV"] "Standard uncertainty of the activation energy, from the scatter about the line.";
            number ea_lo95_ev ["eV"] "Lower end of the 95 % interval of the activation energy, with Student's factor."
                => fit.ea_95_ev.0;
            number ea_hi95_ev ["eV"] "Upper end of the 95 % interval of the activation energy." => fit.ea_95_ev.1;
            number ln_sigma0 ["1"] "Natural logarithm of the prefactor σ₀ in S/cm.";
            number ln_sigma0_err ["1"] "Standard uncertainty of ln σ₀.";
            number cov_ln_sigma0_ea_ev ["eV"] "Covariance of ln σ₀ and the activation energy."
                => fit.covariance_ea_ln_sigma0;
            number sigma_25c_s_per_cm ["S/cm"] "Conductivity at 25 °C.";
            number sigma_25c_err_s_per_cm ["S/cm"] "Standard uncertainty of the conductivity at 25 °C, from the full covariance and enlarged for few electrodes; without those of thickness, area and temperature.";
            number sigma_25c_lo95_s_per_cm ["S/cm"] "Lower end of the 95 % interval of the conductivity at 25 °C, with Student's factor."
                => fit.sigma_25c_95_s_per_cm.0;
            number sigma_25c_hi95_s_per_cm ["S/cm"] "Upper end of the 95 % interval of the conductivity at 25 °C."
                => fit.sigma_25c_95_s_per_cm.1;
            number dot_scatter_rel ["1"] "Relative standard deviation between electrodes, beyond that of the fits."
                => fit.dot_scatter;
            number chi2_reduced ["1"] "Reduced χ² of the line with the uncertainties of the conductivities alone."
                => Some(fit.chi2? / fit.dof as f64);
            flag extrapolated "Whether 25 °C lies outside the measured temperatures.";
        },
    }
    .kernel()
}

/// Numbers of the conductivities used; of all where there is no line.
fn used(fitted: &Fitted) -> Counts {
    let all = Counts::new(&fitted.input);
    fitted.fit().map_or(all, |fit| Counts {
        n_points: fit.n_points,
        n_temperatures: fit.n_temperatures,
        n_dots: fit.n_dots,
    })
}

fn points(arguments: &mut Arguments<'_>) -> Vec<ArrheniusPoint> {
    let temperature = arguments.number("temperature_c", "Cel", "Temperature.");
    let sigma = arguments.number("sigma_s_per_cm", "S/cm", "Conductivity.");
    let sigma_err = arguments.number(
        "sigma_err_s_per_cm",
        "S/cm",
        "Standard uncertainty of the conductivity; null or 0 counts as the largest that is known.",
    );
    let dot = arguments.text("dot", "Electrode.");
    let quality = arguments.optional_text(
        "quality",
        "Quality of the conductivity: those that are not `good` are left out if the others suffice for a line.",
    );
    let dots: BTreeSet<&str> = dot.iter().flatten().collect();
    let number_of = |dot: &str| dots.iter().position(|known| *known == dot).and_then(|place| u32::try_from(place).ok());
    let points = (0..temperature.len()).filter_map(|row| {
        Some(ArrheniusPoint {
            temperature_c: at(&temperature, row)?,
            sigma_s_per_cm: at(&sigma, row)?,
            sigma_err_s_per_cm: at(&sigma_err, row).unwrap_or(0.0),
            dot: dot.is_valid(row).then(|| dot.value(row)).and_then(number_of),
            suspect: row < quality.len() && quality.is_valid(row) && quality.value(row) != "good",
        })
    });
    points.collect()
}
