//! The result of a search, with standard errors and a verdict.

use std::str::FromStr;

use nalgebra::DMatrix;

use super::circuit::Circuit;
use super::element::Scale;
use super::search::{Best, CircuitProblem, Range};
use super::spectrum::Sorted;
use crate::levenberg::{Problem, Stop, dot};
use crate::quality::{Coded, Quality, ReasonCode, Verdict};

/// Divisor of a residual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weighting {
    /// Both parts by |Z| as measured.
    #[default]
    Modulus,
    /// By 1 Ohm.
    Unit,
    /// The real part by |Re Z|, the imaginary part by |Im Z|, as measured.
    Proportional,
}

impl Weighting {
    /// Every weighting.
    pub const ALL: [Self; 3] = [Self::Modulus, Self::Unit, Self::Proportional];

    /// The word stored in tables: `modulus`, `unit` or `proportional`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modulus => "modulus",
            Self::Unit => "unit",
            Self::Proportional => "proportional",
        }
    }
}

/// A weighting that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `modulus`, `unit` or `proportional`, found `{0}`")]
pub struct UnknownWeighting(String);

impl Coded for UnknownWeighting {
    fn code(&self) -> ReasonCode {
        ReasonCode::OptionOutOfRange
    }
}

impl FromStr for Weighting {
    type Err = UnknownWeighting;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|weighting| weighting.as_str() == name)
            .ok_or_else(|| UnknownWeighting(name.to_owned()))
    }
}

/// One parameter of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedParameter {
    /// Name, as in [`Circuit::parameters`].
    pub name: String,
    /// UCUM code, as in [`Circuit::parameters`].
    pub unit: &'static str,
    /// The estimate.
    pub value: f64,
    /// Standard error (k = 1), √(diag((JᵀWJ)⁻¹)·χ²_red); `None` when fixed, or when the data do not
    /// restrict the parameter at all.
    pub std_err: Option<f64>,
    /// Whether the value is one of its bounds. The standard error then ignores the bound.
    pub at_bound: bool,
    /// Whether the data determine it: the standard error exists and is below the value.
    /// True for a fixed parameter.
    pub determined: bool,
    /// Whether it was held by [`super::cnls::Restriction::Fixed`].
    pub fixed: bool,
}

/// A fitted circuit.
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitFit {
    /// The circuit, as [`Circuit::notation`].
    pub circuit: String,
    /// Parameters in the order of [`Circuit::parameters`].
    pub parameters: Vec<FittedParameter>,
    /// S, the sum of squared weighted residuals (1; Ohm² with unit weighting).
    pub cost: f64,
    /// S divided by the degrees of freedom.
    pub chi2_reduced: f64,
    /// Akaike's criterion with unknown variance: 2N·ln(S/2N) + 2P, N points, P free parameters.
    /// Comparable between circuits only for the same points and weighting.
    pub aic: f64,
    /// Points used, N.
    pub n_points: usize,
    /// Degrees of freedom, 2N − P.
    pub dof: usize,
    /// Re (Z_measured − Z_fit)/|Z_measured|, in the order of the input.
    pub residual_re: Vec<f64>,
    /// Im (Z_measured − Z_fit)/|Z_measured|, in the order of the input.
    pub residual_im: Vec<f64>,
    /// √(Σ|ΔZ|²/|Z|²/N): the misfit in relative terms, whatever the weighting.
    pub rms_relative: f64,
    /// Divisor of the residuals.
    pub weighting: Weighting,
    /// Starts tried.
    pub n_starts: usize,
    /// Starts that ended within 1e-6 of the best cost.
    pub n_starts_at_optimum: usize,
    /// Iterations of the best start.
    pub n_iterations: usize,
    /// Why the best start stopped.
    pub stop: Stop,
    /// Covariance of the parameters, row by row, in products of their units; rows and columns of
    /// fixed and of wholly undetermined parameters are NaN.
    pub covariance: Vec<f64>,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// A relative misfit above which a circuit does not describe the data.
const FAILED_MISFIT: f64 = 0.2;
/// A relative misfit above which it describes them poorly: measurements repeat to 1 %.
const SUSPECT_MISFIT: f64 = 0.05;
/// A relative misfit below which residuals are rounding error.
const ROUNDING_MISFIT: f64 = 1e-12;
/// No measurement repeats to less than this: the remainder is due to the search or the circuit.
const NOISELESS_MISFIT: f64 = 2e-4;
/// A correlation of neighbouring residuals above this is a clear trend.
const CLEAR_TREND: f64 = 0.5;
/// Fraction of the smallest |Z| below which a series resistance is not detectable.
const HIDDEN: f64 = 0.05;
/// A relative standard error above which there is no information at all.
const NO_INFORMATION: f64 = 1e6;

pub(crate) fn summarise(
    circuit: &Circuit,
    sorted: &Sorted,
    problem: &mut CircuitProblem,
    ranges: &[Range],
    best: &Best,
    weighting: Weighting,
) -> CircuitFit {
    let n = sorted.len();
    let count = ranges.len();
    let free: Vec<usize> = (0..count).filter(|&k| ranges[k].lower < ranges[k].upper).collect();
    let mut residuals = vec![0.0; 2 * n];
    let mut jacobian = vec![0.0; 2 * n * count];
    let cost = problem.residuals(&best.x, &mut residuals);
    problem.jacobian(&mut jacobian);
    let dof = 2 * n - free.len();
    let chi2_reduced = cost / dof as f64;

    // Derivatives by the parameters themselves follow from those by the coordinates.
    let slope = |k: usize| match ranges[k].scale {
        Scale::Logarithmic => problem.parameters()[k],
        Scale::Linear => 1.0,
    };
    let resistors: Vec<usize> = circuit.series_resistors().collect();
    let unscaled = covariance(&jacobian, 2 * n, &free, &resistors);
    let mut covariance = vec![f64::NAN; count * count];
    for (a, &row) in free.iter().enumerate() {
        for (b, &column) in free.iter().enumerate() {
            covariance[count * row + column] = unscaled[free.len() * a + b] * chi2_reduced * slope(row) * slope(column);
        }
    }
    let parameters: Vec<FittedParameter> = circuit
        .parameters()
        .iter()
        .enumerate()
        .map(|(k, spec)| {
            let range = ranges[k];
            let fixed = range.lower >= range.upper;
            let (low, high) = (best.lower[k], best.upper[k]);
            let at_bound = !fixed && (best.x[k] <= low || best.x[k] >= high);
            let value = match best.x[k] {
                x if x <= low => range.lower,
                x if x >= high => range.upper,
                _ => problem.parameters()[k],
            };
            let variance = covariance[(count + 1) * k];
            let known = variance >= 0.0 && variance.sqrt() <= NO_INFORMATION * value.abs().max(f64::MIN_POSITIVE);
            let std_err = known.then(|| variance.sqrt());
            FittedParameter {
                name: spec.name.clone(),
                unit: spec.unit,
                value,
                std_err,
                at_bound,
                determined: fixed || std_err.is_some_and(|std_err| std_err < value),
                fixed,
            }
        })
        .collect();

    let relative = |from: usize| -> Vec<f64> {
        (0..n).map(|k| (problem.data[from + k] - problem.z()[from + k]) / sorted.z[k].norm()).collect()
    };
    let (residual_re, residual_im) = (relative(0), relative(n));
    let rms_relative = ((dot(&residual_re, &residual_re) + dot(&residual_im, &residual_im)) / n as f64).sqrt();
    let observations = 2.0 * n as f64;
    let aic = observations * (cost / observations).max(f64::MIN_POSITIVE).ln() + 2.0 * free.len() as f64;
    let smallest = sorted.z.iter().map(|z| z.norm()).fold(f64::INFINITY, f64::min);
    let hidden = circuit.series_resistors().filter(|&k| is_hidden(&parameters[k], smallest)).collect::<Vec<_>>();
    let products: f64 = [&residual_re, &residual_im].iter().flat_map(|part| part.windows(2)).map(|w| w[0] * w[1]).sum();
    let trend = products / (rms_relative * rms_relative * n as f64);
    let verdict = judge(&parameters, &hidden, rms_relative, trend, best);
    CircuitFit {
        circuit: circuit.notation().to_owned(),
        parameters,
        cost,
        chi2_reduced,
        aic,
        n_points: n,
        dof,
        residual_re: sorted.restore_order(&residual_re),
        residual_im: sorted.restore_order(&residual_im),
        rms_relative,
        weighting,
        n_starts: best.n_starts,
        n_starts_at_optimum: best.n_starts_at_optimum,
        n_iterations: best.iterations,
        stop: best.stop,
        covariance,
        verdict,
    }
}

/// (JᵀJ)⁻¹ over the free columns, from the singular values of J with columns of norm 1; NaN in rows and columns of
/// parameters that the residuals do not depend on. A series resistance that converged to zero, however close, could as
/// well be some ohms: the others share its error.
fn covariance(jacobian: &[f64], rows: usize, free: &[usize], resistors: &[usize]) -> Vec<f64> {
    let p = free.len();
    let column = |k: usize| &jacobian[rows * k..rows * (k + 1)];
    let norms: Vec<f64> = free.iter().map(|&k| dot(column(k), column(k)).sqrt()).collect();
    let largest = norms.iter().copied().fold(0.0, f64::max);
    let live: Vec<usize> = (0..p)
        .filter(|&a| norms[a] > 1e-14 * largest || (resistors.contains(&free[a]) && norms[a] > f64::MIN_POSITIVE))
        .collect();
    let mut result = vec![f64::NAN; p * p];
    if live.is_empty() {
        return result;
    }
    let scaled = DMatrix::from_fn(rows, live.len(), |i, a| column(free[live[a]])[i] / norms[live[a]]);
    let decomposition = scaled.qr().r().svd(false, true);
    let Some(v_t) = decomposition.v_t else { return result };
    let values = &decomposition.singular_values;
    let floor = 1e-13 * values.iter().copied().fold(0.0, f64::max);
    for (i, &a) in live.iter().enumerate() {
        for (j, &b) in live.iter().enumerate() {
            let sum: f64 = (0..live.len()).map(|s| v_t[(s, i)] * v_t[(s, j)] / values[s].max(floor).powi(2)).sum();
            result[p * a + b] = sum / (norms[a] * norms[b]);
        }
    }
    result
}

/// Whether a series resistance is too small for this spectrum: not distinguishable from zero, but known
/// to be far below the smallest |Z|. Thin films hide the resistance of their contacts in this way.
fn is_hidden(parameter: &FittedParameter, smallest_ohm: f64) -> bool {
    !parameter.determined
        && parameter.value < HIDDEN * smallest_ohm
        && parameter.std_err.is_none_or(|std_err| std_err < HIDDEN * smallest_ohm)
}

fn judge(parameters: &[FittedParameter], hidden: &[usize], rms_relative: f64, trend: f64, best: &Best) -> Verdict {
    let percent = 100.0 * rms_relative;
    let mut verdict = Verdict::default();
    let misfits = [(FAILED_MISFIT, Quality::Failed), (SUSPECT_MISFIT, Quality::Suspect)];
    if let Some((limit, quality)) = misfits.into_iter().find(|(limit, _)| rms_relative > *limit) {
        let words = format!("misfit {percent:.1} % of |Z|, above {:.0} %", 100.0 * limit);
        verdict.add(quality, ReasonCode::PoorFit, words);
    }
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    if rms_relative > ROUNDING_MISFIT && rms_relative < NOISELESS_MISFIT && trend > CLEAR_TREND {
        let words =
            format!("misfit {percent:.1e} % of |Z|, below measurement noise but with a trend: perhaps a local optimum");
        doubt(ReasonCode::LocalOptimum, words);
    }
    if best.stop == Stop::IterationLimit {
        doubt(ReasonCode::NotConverged, format!("not converged after {} iterations", best.iterations));
    }
    let quoted = |chosen: &dyn Fn(usize, &FittedParameter) -> bool| {
        let chosen = parameters.iter().enumerate().filter(|(k, parameter)| chosen(*k, parameter));
        let names: Vec<String> = chosen.map(|(_, parameter)| format!("`{}`", parameter.name)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(names) = quoted(&|k, p| !hidden.contains(&k) && !p.determined) {
        doubt(ReasonCode::ParameterUndetermined, format!("not determined by the data: {names}"));
    }
    // A constant phase element with n = 1 is a capacitor: this is noted and does not reduce the quality.
    let ideal = |p: &FittedParameter| p.at_bound && p.unit == "1" && p.value >= 1.0;
    if let Some(names) = quoted(&|k, p| !hidden.contains(&k) && p.at_bound && !ideal(p)) {
        doubt(ReasonCode::ParameterAtBound, format!("at a bound: {names}"));
    }
    if best.n_starts > 1 && best.n_starts_at_optimum == 1 && !best.exact {
        let words = format!("only 1 of {} starts reached the optimum", best.n_starts);
        doubt(ReasonCode::LocalOptimum, words);
    }
    if let Some(names) = quoted(&|k, _| hidden.contains(&k)) {
        verdict.note(format!("too small to distinguish from 0: {names}"));
    }
    if let Some(names) = quoted(&|k, p| !hidden.contains(&k) && ideal(p)) {
        verdict.note(format!("an ideal capacitor: {names} is 1"));
    }
    verdict.note(format!(
        "misfit {percent:.2} % of |Z|, {} of {} starts reached the optimum",
        best.n_starts_at_optimum, best.n_starts
    ));
    verdict
}
