//! `fit_circuit(circuit, frequency_hz, z_re_ohm, z_im_ohm)`: an equivalent circuit fitted to a spectrum.

use std::sync::Arc;

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CircuitFit, CnlsOptions, fit_circuit};
use aldb_fit::spectrum::Spectrum;
use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Array, Float64Builder, Int32Array, ListArray, StringArray, StringBuilder,
    StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};

use super::gather::{Gathered, Kernel};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FitCircuit;

/// The fields of one fitted parameter.
pub(super) fn parameter_fields() -> Fields {
    Fields::from(vec![
        Field::new("name", DataType::Utf8, false),
        Field::new("unit", DataType::Utf8, false),
        Field::new("value", DataType::Float64, false),
        Field::new("std_err", DataType::Float64, true),
        Field::new("at_bound", DataType::Boolean, false),
    ])
}

fn parameter_element() -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Struct(parameter_fields()), true))
}

impl Kernel for FitCircuit {
    const NAME: &'static str = "fit_circuit";

    fn arguments() -> Vec<(&'static str, DataType)> {
        vec![
            ("circuit", DataType::Utf8),
            ("frequency_hz", DataType::Float64),
            ("z_re_ohm", DataType::Float64),
            ("z_im_ohm", DataType::Float64),
        ]
    }

    fn fields() -> Fields {
        Fields::from(vec![
            Field::new("circuit", DataType::Utf8, true),
            Field::new("weighting", DataType::Utf8, true),
            Field::new("n_points", DataType::Int32, false),
            Field::new("parameters", DataType::List(parameter_element()), true),
            Field::new("cost", DataType::Float64, true),
            Field::new("chi2_reduced", DataType::Float64, true),
            Field::new("aic", DataType::Float64, true),
            Field::new("quality", DataType::Utf8, false),
            Field::new("reason", DataType::Utf8, true),
        ])
    }

    fn evaluate(rows: &[Gathered]) -> Vec<ArrayRef> {
        let notation = rows[0].words().iter().flatten().next().cloned();
        let points = Points::new(&rows[1], &rows[2], &rows[3]);
        let fitted = match &notation {
            None => Err("no circuit given".to_owned()),
            Some(notation) => Circuit::parse(notation).map_err(|error| error.to_string()).and_then(|circuit| {
                fit_circuit(&circuit, points.spectrum(), &CnlsOptions::default()).map_err(|error| error.to_string())
            }),
        };
        let n_points = i32::try_from(points.len()).unwrap_or(i32::MAX);
        match fitted {
            Ok(fit) => result(Some(fit.circuit.clone()), n_points, Some(&fit), fit.quality.as_str(), reason(&fit)),
            Err(reason) => result(notation, n_points, None, "failed", Some(reason)),
        }
    }
}

/// The reason of a good fit says nothing that its numbers do not.
fn reason(fit: &CircuitFit) -> Option<String> {
    (fit.quality != aldb_fit::quality::Quality::Good).then(|| fit.reason.clone())
}

fn result(
    circuit: Option<String>,
    n_points: i32,
    fit: Option<&CircuitFit>,
    quality: &str,
    reason: Option<String>,
) -> Vec<ArrayRef> {
    let number = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let words = |value: Option<String>| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    vec![
        words(circuit),
        words(fit.map(|fit| fit.weighting.as_str().to_owned())),
        Arc::new(Int32Array::from(vec![n_points])),
        Arc::new(parameters(fit)),
        number(fit.map(|fit| fit.cost)),
        number(fit.map(|fit| fit.chi2_reduced)),
        number(fit.map(|fit| fit.aic).filter(|aic| aic.is_finite())),
        words(Some(quality.to_owned())),
        words(reason),
    ]
}

fn parameters(fit: Option<&CircuitFit>) -> ListArray {
    let (mut names, mut units) = (StringBuilder::new(), StringBuilder::new());
    let (mut values, mut errors, mut bounds) = (Float64Builder::new(), Float64Builder::new(), BooleanBuilder::new());
    let all = fit.map_or(&[][..], |fit| fit.parameters.as_slice());
    for parameter in all {
        names.append_value(&parameter.name);
        units.append_value(parameter.unit);
        values.append_value(parameter.value);
        errors.append_option(parameter.std_err.filter(|_| parameter.determined));
        bounds.append_value(parameter.at_bound);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(names.finish()),
        Arc::new(units.finish()),
        Arc::new(values.finish()),
        Arc::new(errors.finish()),
        Arc::new(bounds.finish()),
    ];
    let structures = StructArray::new(parameter_fields(), columns, None);
    let nulls = NullBuffer::from(vec![fit.is_some()]);
    ListArray::new(parameter_element(), OffsetBuffer::from_lengths([all.len()]), Arc::new(structures), Some(nulls))
}

/// The points of a spectrum that have a frequency and both parts.
pub(super) struct Points {
    frequency_hz: Vec<f64>,
    z_re_ohm: Vec<f64>,
    z_im_ohm: Vec<f64>,
}

impl Points {
    pub(super) fn new(frequency_hz: &Gathered, z_re_ohm: &Gathered, z_im_ohm: &Gathered) -> Self {
        let parts = frequency_hz.numbers().iter().zip(z_re_ohm.numbers()).zip(z_im_ohm.numbers());
        let mut points = Self { frequency_hz: Vec::new(), z_re_ohm: Vec::new(), z_im_ohm: Vec::new() };
        for ((frequency, re), im) in parts {
            if let (Some(frequency), Some(re), Some(im)) = (frequency, re, im) {
                points.frequency_hz.push(*frequency);
                points.z_re_ohm.push(*re);
                points.z_im_ohm.push(*im);
            }
        }
        points
    }

    pub(super) fn len(&self) -> usize {
        self.frequency_hz.len()
    }

    pub(super) fn spectrum(&self) -> Spectrum<'_> {
        Spectrum { frequency_hz: &self.frequency_hz, z_re_ohm: &self.z_re_ohm, z_im_ohm: &self.z_im_ohm }
    }
}
