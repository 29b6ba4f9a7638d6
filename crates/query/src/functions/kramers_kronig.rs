//! `test_kramers_kronig(frequency_hz, z_re_ohm, z_im_ohm)`: the linear Kramers-Kronig test of a spectrum.

use aldb_fit::kramers_kronig::{Consistency, LinKkOptions, lin_kk};

use super::circuit::Points;
use super::document::{Documentation, FieldKind, Value, field, number, plain};
use super::gather::{Group, Kernel};

pub(super) fn kernel() -> Kernel {
    Kernel {
        documentation: Documentation {
            name: "test_kramers_kronig",
            kind: "aggregate",
            version: 1,
            meaning: "Whether a spectrum is causal, linear and stable: the linear Kramers-Kronig test of Schönleber.",
            arguments: vec![
                number("frequency_hz", "Hz", "Frequency."),
                number("z_re_ohm", "Ohm", "Real part of the impedance."),
                number("z_im_ohm", "Ohm", "Imaginary part of the impedance."),
            ],
            result: vec![
                plain("m", FieldKind::Count, "Elements of the chain with which the test ended."),
                field("mu", "1", "Share of negative resistances, with which their number is chosen."),
                field("rms", "1", "Root mean square of the relative residuals."),
                plain("verdict", FieldKind::Text, "`consistent`, `inconsistent` or `not_decidable`."),
                plain("reason", FieldKind::Text, "Why it is not consistent; null where it is."),
            ],
            example: "SELECT measurement_id, test_kramers_kronig(frequency_hz, z_re_ohm, z_im_ohm) AS kk \
                      FROM impedance_spectra GROUP BY measurement_id LIMIT 3",
        },
        evaluate,
    }
}

fn evaluate(group: &Group) -> Vec<Value> {
    let test = lin_kk(Points::of(group, 0).spectrum(), &LinKkOptions::default());
    let (verdict, reason) = match &test {
        Ok(test) => (test.consistency, test.verdict.to_string()),
        Err(error) => (Consistency::NotDecidable, error.to_string()),
    };
    let passed = test.as_ref().ok();
    vec![
        passed.map_or(Value::Number(None), |test| Value::Count(test.m)),
        passed.map(|test| test.mu).into(),
        passed.map(|test| test.rms).into(),
        Value::text(verdict.as_str()),
        Value::Text((verdict != Consistency::Consistent).then_some(reason)),
    ]
}
