//! `fit_arrhenius(temperature_c, sigma_s_per_cm, sigma_err_s_per_cm, dot)`: activation energy and conductivity at 25 °C.

use std::collections::BTreeSet;
use std::sync::Arc;

use aldb_fit::arrhenius::{ArrheniusFit, ArrheniusOptions, ArrheniusPoint, fit_arrhenius};
use aldb_fit::quality::Quality;
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, StringArray};
use arrow::datatypes::{DataType, Field, Fields};

use super::gather::{Gathered, Kernel};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FitArrhenius;

/// The fields that are numbers or null, and where they stand in a fit.
type NumberField = (&'static str, fn(&ArrheniusFit) -> Option<f64>);
const NUMBERS: [NumberField; 11] = [
    ("temperature_min_c", |fit| Some(fit.temperature_min_c)),
    ("temperature_max_c", |fit| Some(fit.temperature_max_c)),
    ("ea_ev", |fit| Some(fit.ea_ev)),
    ("ea_err_ev", |fit| Some(fit.ea_err_ev)),
    ("ln_sigma0", |fit| Some(fit.ln_sigma0)),
    ("ln_sigma0_err", |fit| Some(fit.ln_sigma0_err)),
    ("cov_ln_sigma0_ea_ev", |fit| Some(fit.covariance_ea_ln_sigma0)),
    ("sigma_25c_s_per_cm", |fit| Some(fit.sigma_25c_s_per_cm)),
    ("sigma_25c_err_s_per_cm", |fit| Some(fit.sigma_25c_err_s_per_cm)),
    ("dot_scatter_rel", |fit| fit.dot_scatter),
    ("chi2_reduced", |fit| fit.chi2.map(|chi2| chi2 / fit.dof as f64)),
];

impl Kernel for FitArrhenius {
    const NAME: &'static str = "fit_arrhenius";

    fn arguments() -> Vec<(&'static str, DataType)> {
        vec![
            ("temperature_c", DataType::Float64),
            ("sigma_s_per_cm", DataType::Float64),
            ("sigma_err_s_per_cm", DataType::Float64),
            ("dot", DataType::Utf8),
        ]
    }

    fn fields() -> Fields {
        ["n_points", "n_temperatures", "n_dots"]
            .into_iter()
            .map(|name| Field::new(name, DataType::Int32, false))
            .chain(NUMBERS.iter().map(|(name, _)| Field::new(*name, DataType::Float64, true)))
            .chain([
                Field::new("extrapolated", DataType::Boolean, true),
                Field::new("quality", DataType::Utf8, false),
                Field::new("reason", DataType::Utf8, true),
            ])
            .collect()
    }

    fn evaluate(rows: &[Gathered]) -> Vec<ArrayRef> {
        let dots: BTreeSet<&str> = rows[3].words().iter().flatten().map(String::as_str).collect();
        let number_of =
            |dot: &str| dots.iter().position(|known| *known == dot).and_then(|place| u32::try_from(place).ok());
        let columns = rows[0].numbers().iter().zip(rows[1].numbers()).zip(rows[2].numbers()).zip(rows[3].words());
        let points: Vec<ArrheniusPoint> = columns
            .filter_map(|(((temperature, sigma), error), dot)| {
                Some(ArrheniusPoint {
                    temperature_c: (*temperature)?,
                    sigma_s_per_cm: (*sigma)?,
                    sigma_err_s_per_cm: error.unwrap_or(0.0),
                    dot: dot.as_deref().and_then(number_of),
                })
            })
            .collect();
        let temperatures: BTreeSet<i64> =
            points.iter().map(|point| (point.temperature_c * 2.0).round() as i64).collect();
        let used_dots: BTreeSet<u32> = points.iter().filter_map(|point| point.dot).collect();
        let fit = fit_arrhenius(&points, &ArrheniusOptions::default());
        let count = |n: usize| Arc::new(Int32Array::from(vec![i32::try_from(n).unwrap_or(i32::MAX)])) as ArrayRef;
        let (quality, reason) = match &fit {
            Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
            Err(error) => (Quality::Failed, Some(error.to_string())),
        };
        let fit = fit.ok();
        let mut arrays = vec![count(points.len()), count(temperatures.len()), count(used_dots.len())];
        for (_, value) in NUMBERS {
            let value = fit.as_ref().and_then(value).filter(|value| value.is_finite());
            arrays.push(Arc::new(Float64Array::from(vec![value])));
        }
        arrays.push(Arc::new(BooleanArray::from(vec![fit.as_ref().map(|fit| fit.extrapolated)])));
        arrays.push(Arc::new(StringArray::from(vec![quality.as_str()])));
        arrays.push(Arc::new(StringArray::from(vec![reason])));
        arrays
    }
}
