//! Whether the sample changed while its spectrum was measured.
//!
//! A parameter that changes in proportion to the time since the first point adds to the residuals its derivative times that
//! time. The part of this that no set of constant parameters describes is sought in the residuals, beside a slow part of
//! the noise; the other part is the error that the change causes in the parameters. Sweeps run from high to low
//! frequencies, either with equal times for all points, or with as many periods for all.
//!
//! Source: B. Stoynov, B. Savova-Stoynov, J. Electroanal. Chem. 183 (1985) 133 (impedance of a changing object).

use std::fmt;

use nalgebra::{DMatrix, DVector};

use crate::correlated::Correlated;

/// A change of the sample during the sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The parameter that changes.
    pub parameter: String,
    /// Its change from the first point to the last: relative, or absolute for an exponent.
    pub change: f64,
    /// The change by its standard error.
    pub significance: f64,
    /// The largest error that the change causes in any parameter, by its standard error.
    pub shift: f64,
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, change, significance, shift } = self;
        write!(
            f,
            "the sample changed during the sweep: `{parameter}` by {:+.1} % ({significance:.0} standard errors), which shifts \
             parameters by up to {shift:.0} of theirs",
            100.0 * change
        )
    }
}

/// A change below this many of its standard errors is noise: one in two hundred sweeps has one that large by chance.
const SIGNIFICANT: f64 = 3.5;

/// A change of one parameter, judged by independent noise.
struct Candidate {
    k: usize,
    change: f64,
    significance: f64,
    /// What no constant parameters describe, for a change of 1.
    left: Vec<f64>,
    /// The errors that the change causes in the parameters.
    errors: Vec<f64>,
}

/// The most significant change, and the place of its parameter; `None` where none is significant. `errors` are the standard
/// errors in the coordinates of the Jacobian's columns.
pub(super) fn find(
    residuals: &[f64],
    jacobian: &[f64],
    gaps: &[f64],
    frequency_hz: &[f64],
    errors: &[f64],
) -> Option<(usize, Drift)> {
    let rows = residuals.len();
    let (n, p) = (frequency_hz.len(), errors.len());
    if rows < p + 4 {
        return None;
    }
    let scales: Vec<f64> = jacobian
        .chunks_exact(rows)
        .map(|column| column.iter().map(|value| value * value).sum::<f64>().sqrt())
        .collect();
    let scale = |a: usize| if scales[a] > 0.0 { scales[a] } else { 1.0 };
    let derivatives = DMatrix::from_fn(rows, p, |i, a| jacobian[rows * a + i] / scale(a));
    let decomposition = derivatives.clone().svd(true, true);
    let r = DVector::from_column_slice(residuals);
    let mut best: Option<Candidate> = None;
    for time in times(frequency_hz) {
        for k in 0..p {
            let column = DVector::from_fn(rows, |i, _| jacobian[rows * k + i] * time[i % n]);
            let Ok(followed) = decomposition.solve(&column, 1e-10) else { continue };
            let left = &column - &derivatives * &followed;
            if left.norm() < 1e-6 * column.norm() {
                continue;
            }
            // Residuals are model minus data.
            let change = -left.dot(&r) / left.norm_squared();
            let variance = (&r + &left * change).norm_squared() / (rows - p - 1) as f64;
            let significance = change.abs() * left.norm() / variance.sqrt();
            if significance > SIGNIFICANT && best.as_ref().is_none_or(|best| significance > best.significance) {
                let errors = followed.iter().enumerate().map(|(a, value)| value * change / scale(a));
                let left = left.iter().copied().collect();
                best = Some(Candidate { k, change, significance, left, errors: errors.collect() });
            }
        }
    }
    let best = best?;
    let significance = Correlated::significance(residuals, jacobian, &best.left, gaps);
    let shifts = best.errors.iter().zip(errors).map(|(caused, err)| caused.abs() / err);
    let shift = shifts.filter(|shift| shift.is_finite()).fold(0.0, f64::max);
    let drift = Drift { parameter: String::new(), change: best.change, significance, shift };
    (significance > SIGNIFICANT).then_some((best.k, drift))
}

/// Times since the first point, from 0 to 1 at the last: equal for all points, and equal in periods.
fn times(frequency_hz: &[f64]) -> [Vec<f64>; 2] {
    let n = frequency_hz.len();
    let equal = (0..n).map(|k| k as f64 / (n.max(2) - 1) as f64).collect();
    let mut periods: Vec<f64> = frequency_hz
        .iter()
        .scan(0.0, |past, frequency| {
            *past += 1.0 / frequency;
            Some(*past)
        })
        .collect();
    let whole = periods.last().copied().unwrap_or(1.0);
    periods.iter_mut().for_each(|time| *time /= whole);
    [equal, periods]
}
