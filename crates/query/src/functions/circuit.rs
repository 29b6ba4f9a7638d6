//! `fit_circuit(circuit, frequency_hz, z_re_ohm, z_im_ohm)`: an equivalent circuit fitted to a spectrum.

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CircuitFit, CnlsOptions, fit_circuit};
use aldb_fit::quality::Quality;
use aldb_fit::spectrum::Spectrum;

use super::document::{Documentation, FieldKind, Value, field, number, plain, text, verdict};
use super::gather::{Group, Kernel};

pub(super) fn kernel() -> Kernel {
    let parameter = vec![
        plain("name", FieldKind::Text, "Name of the parameter, as `R1`."),
        plain("unit", FieldKind::Text, "Its unit, UCUM."),
        plain("value", FieldKind::Number, "Its estimate, in its unit."),
        plain("std_err", FieldKind::Number, "Its standard uncertainty; null where the data do not determine it."),
        plain("at_bound", FieldKind::Flag, "Whether the search ended at a bound."),
    ];
    let result = [
        plain("circuit", FieldKind::Text, "The circuit that was fitted."),
        plain("weighting", FieldKind::Text, "What residuals are divided by."),
        plain("n_points", FieldKind::Count, "Points used."),
        plain(
            "parameters",
            FieldKind::Rows(parameter),
            "The parameters; `parameter_value(parameters, 'R1')` takes one.",
        ),
        field("cost", "1", "Sum of the squares of the residuals."),
        field("chi2_reduced", "1", "The cost for each degree of freedom."),
        field("aic", "1", "Akaike's criterion, with which circuits are compared."),
    ];
    Kernel {
        documentation: Documentation {
            name: "fit_circuit",
            kind: "aggregate",
            version: 2,
            meaning: "An equivalent circuit fitted to an impedance spectrum; start values come from the data.",
            arguments: vec![
                text("circuit", "The circuit, as `R0-p(R1,CPE1)-CPE2` or `R(RQ)Q`."),
                number("frequency_hz", "Hz", "Frequency."),
                number("z_re_ohm", "Ohm", "Real part of the impedance."),
                number("z_im_ohm", "Ohm", "Imaginary part of the impedance."),
            ],
            result: result.into_iter().chain(verdict()).collect(),
            example: "SELECT m.sample_id, m.temperature_c, \
                      fit_circuit('R0-p(R1,CPE1)-CPE2', s.frequency_hz, s.z_re_ohm, s.z_im_ohm) AS fit \
                      FROM impedance_spectra AS s JOIN measurements AS m ON m.measurement_id = s.measurement_id \
                      GROUP BY m.measurement_id, m.sample_id, m.temperature_c LIMIT 3",
        },
        evaluate,
    }
}

fn evaluate(group: &Group) -> Vec<Value> {
    let notation = group.word(0);
    let points = Points::of(group, 1);
    let fitted = match notation {
        None => Err("no circuit given".to_owned()),
        Some(notation) => Circuit::parse(notation).map_err(|error| error.to_string()).and_then(|circuit| {
            fit_circuit(&circuit, points.spectrum(), &CnlsOptions::default()).map_err(|error| error.to_string())
        }),
    };
    let (quality, reason) = match &fitted {
        // The reason of a good fit says nothing that its numbers do not.
        Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
        Err(reason) => (Quality::Failed, Some(reason.clone())),
    };
    let fit = fitted.as_ref().ok();
    let circuit = fit.map(|fit| fit.circuit.clone()).or_else(|| notation.map(str::to_owned));
    vec![
        Value::Text(circuit),
        Value::Text(fit.map(|fit| fit.weighting.as_str().to_owned())),
        Value::Count(points.frequency_hz.len()),
        Value::Rows(fit.map(parameters)),
        fit.map(|fit| fit.cost).into(),
        fit.map(|fit| fit.chi2_reduced).into(),
        fit.map(|fit| fit.aic).into(),
        Value::text(quality.as_str()),
        Value::Text(reason),
    ]
}

fn parameters(fit: &CircuitFit) -> Vec<Vec<Value>> {
    fit.parameters
        .iter()
        .map(|parameter| {
            vec![
                Value::text(parameter.name.clone()),
                Value::text(parameter.unit),
                parameter.value.into(),
                parameter.std_err.filter(|_| parameter.determined).into(),
                Value::Flag(Some(parameter.at_bound)),
            ]
        })
        .collect()
}

/// The points of a spectrum that have a frequency and both parts.
pub(super) struct Points {
    frequency_hz: Vec<f64>,
    z_re_ohm: Vec<f64>,
    z_im_ohm: Vec<f64>,
}

impl Points {
    /// From this argument and the two that follow it.
    pub(super) fn of(group: &Group, first: usize) -> Self {
        let [frequency_hz, z_re_ohm, z_im_ohm] = group.numbers([first, first + 1, first + 2]);
        Self { frequency_hz, z_re_ohm, z_im_ohm }
    }

    pub(super) fn spectrum(&self) -> Spectrum<'_> {
        Spectrum { frequency_hz: &self.frequency_hz, z_re_ohm: &self.z_re_ohm, z_im_ohm: &self.z_im_ohm }
    }
}
