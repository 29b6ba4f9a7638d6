//! `test_kramers_kronig(frequency_hz, z_re_ohm, z_im_ohm)`: the linear Kramers-Kronig test of a spectrum.

use std::sync::Arc;

use aldb_fit::kramers_kronig::{LinKkOptions, Verdict, lin_kk};
use arrow::array::{ArrayRef, Float64Array, Int32Array, StringArray};
use arrow::datatypes::{DataType, Field, Fields};

use super::circuit::Points;
use super::gather::{Gathered, Kernel};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TestKramersKronig;

impl Kernel for TestKramersKronig {
    const NAME: &'static str = "test_kramers_kronig";

    fn arguments() -> Vec<(&'static str, DataType)> {
        vec![("frequency_hz", DataType::Float64), ("z_re_ohm", DataType::Float64), ("z_im_ohm", DataType::Float64)]
    }

    fn fields() -> Fields {
        Fields::from(vec![
            Field::new("m", DataType::Int32, true),
            Field::new("mu", DataType::Float64, true),
            Field::new("rms", DataType::Float64, true),
            Field::new("verdict", DataType::Utf8, false),
            Field::new("reason", DataType::Utf8, true),
        ])
    }

    fn evaluate(rows: &[Gathered]) -> Vec<ArrayRef> {
        let points = Points::new(&rows[0], &rows[1], &rows[2]);
        let test = lin_kk(points.spectrum(), &LinKkOptions::default());
        let number = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
        let passed = test.as_ref().ok();
        let (verdict, reason) = match &test {
            Ok(test) => (test.verdict, test.reason.clone()),
            Err(error) => (Verdict::NotDecidable, error.to_string()),
        };
        let reason = (verdict != Verdict::Consistent).then_some(reason);
        vec![
            Arc::new(Int32Array::from(vec![passed.map(|test| i32::try_from(test.m).unwrap_or(i32::MAX))])),
            number(passed.map(|test| test.mu)),
            number(passed.map(|test| test.rms)),
            Arc::new(StringArray::from(vec![verdict.as_str()])),
            Arc::new(StringArray::from(vec![reason])),
        ]
    }
}
