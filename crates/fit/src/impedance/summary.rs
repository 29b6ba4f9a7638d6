//! The result of a search, with standard errors and a verdict.
//!
//! Residuals that are correlated along frequency (a slight misfit of the circuit, steps between the ranges of an instrument,
//! slow noise) count as noise with a slow part, which enters the standard errors. A slow part too large for that makes the
//! fit suspect, and so does a change of the sample during the sweep that would shift a parameter by more than its standard
//! error covers.

use std::str::FromStr;

use nalgebra::DMatrix;

use super::circuit::Circuit;
use super::drift::{self, Drift};
use super::element::Scale;
use super::search::{Best, CircuitProblem, Range};
use super::spectrum::Sorted;
use crate::correlated::{Correlated, EVIDENT};
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
    /// Standard error (k = 1), from residuals with their correlation along frequency; `None` when fixed, or when
    /// the data do not restrict the parameter at all.
    pub std_err: Option<f64>,
    /// What the standard error would be if residuals were independent, √(diag((JᵀWJ)⁻¹)·χ²_red): that of most programs.
    pub independent_err: Option<f64>,
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
    /// Standard deviation, relative to |Z|, of the noise that is correlated along frequency, as far as the fit follows it, too.
    pub slow_relative: f64,
    /// The change of the sample during the sweep that the residuals show most clearly; `None` where no change is significant.
    pub drift: Option<Drift>,
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
/// A misfit with a trend above this is due to the circuit or the instrument, and too large to count as noise.
const SUSPECT_SLOW: f64 = 0.01;
/// A change of the sample is harmless while it shifts parameters by less than this many of their standard errors.
const HARMLESS_SHIFT: f64 = 2.0;
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
    let derivatives = Derivatives::new(&jacobian, &free, 2 * n, &resistors);
    let gaps = sorted.gaps();
    let free_columns: Vec<f64> = free.iter().flat_map(|&k| &jacobian[2 * n * k..2 * n * (k + 1)]).copied().collect();
    let noise = Correlated::of(&residuals, &free_columns, &gaps);
    let (scaled, independent) = derivatives.covariances(&noise, chi2_reduced, &gaps);
    let mut covariance = vec![f64::NAN; count * count];
    let mut variances = vec![f64::NAN; count];
    for (a, &row) in free.iter().enumerate() {
        variances[row] = independent[(free.len() + 1) * a] * slope(row) * slope(row);
        for (b, &column) in free.iter().enumerate() {
            covariance[count * row + column] = scaled[free.len() * a + b] * slope(row) * slope(column);
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
            let error = |variance: f64| {
                let known = variance >= 0.0 && variance.sqrt() <= NO_INFORMATION * value.abs().max(f64::MIN_POSITIVE);
                known.then(|| variance.sqrt())
            };
            let std_err = error(covariance[(count + 1) * k]);
            FittedParameter {
                name: spec.name.clone(),
                unit: spec.unit,
                value,
                std_err,
                independent_err: error(variances[k]),
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
    // Residuals of other weightings have other units.
    let relative_noise = rms_relative / (2.0 * cost / observations).sqrt().max(f64::MIN_POSITIVE);
    let slow_relative = noise.slow_variance().sqrt() * relative_noise;
    let slow = Slow { relative: slow_relative, is_evident: noise.evidence > EVIDENT };
    let errors: Vec<f64> = (0..free.len()).map(|a| scaled[(free.len() + 1) * a].sqrt()).collect();
    let drift = (rms_relative > NOISELESS_MISFIT / 10.0)
        .then(|| drift::find(&residuals, &free_columns, &gaps, &sorted.frequency_hz, &errors))
        .flatten()
        .map(|(a, drift)| (free[a], drift));
    let drift = drift.map(|(k, found)| Drift { parameter: parameters[k].name.clone(), ..found });
    let verdict = judge(&parameters, &hidden, rms_relative, trend, best, &slow, drift.as_ref());
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
        slow_relative,
        drift,
        weighting,
        n_starts: best.n_starts,
        n_starts_at_optimum: best.n_starts_at_optimum,
        n_iterations: best.iterations,
        stop: best.stop,
        covariance,
        verdict,
    }
}

/// The columns of J that the residuals depend on, with norm 1, and (JᵀJ)⁻¹ of them. A series resistance that converged to
/// zero, however close, could as well be some ohms: the others share its error.
struct Derivatives<'a> {
    columns: Vec<&'a [f64]>,
    norms: Vec<f64>,
    /// Places among the free parameters, of which there are `count`.
    live: Vec<usize>,
    count: usize,
    inverse: DMatrix<f64>,
}

impl<'a> Derivatives<'a> {
    fn new(jacobian: &'a [f64], free: &[usize], rows: usize, resistors: &[usize]) -> Self {
        let all: Vec<&[f64]> = free.iter().map(|&k| &jacobian[rows * k..rows * (k + 1)]).collect();
        let norm = |column: &[f64]| dot(column, column).sqrt();
        let largest = all.iter().map(|column| norm(column)).fold(0.0, f64::max);
        let live: Vec<usize> = (0..free.len())
            .filter(|&a| {
                let norm = norm(all[a]);
                norm > 1e-14 * largest || (resistors.contains(&free[a]) && norm > f64::MIN_POSITIVE)
            })
            .collect();
        let columns: Vec<&[f64]> = live.iter().map(|&a| all[a]).collect();
        let norms: Vec<f64> = columns.iter().map(|column| norm(column)).collect();
        let count = columns.len();
        let inverse = if count == 0 {
            DMatrix::zeros(0, 0)
        } else {
            // From the singular values of J: those of JᵀJ would have half the digits.
            let scaled = DMatrix::from_fn(rows, count, |i, a| columns[a][i] / norms[a]);
            let decomposition = scaled.qr().r().svd(false, true);
            let values = &decomposition.singular_values;
            let floor = 1e-13 * values.iter().copied().fold(0.0, f64::max);
            match &decomposition.v_t {
                Some(v_t) => DMatrix::from_fn(count, count, |i, j| {
                    (0..count).map(|s| v_t[(s, i)] * v_t[(s, j)] / values[s].max(floor).powi(2)).sum()
                }),
                None => DMatrix::from_element(count, count, f64::NAN),
            }
        };
        Self { columns, norms, live, count: free.len(), inverse }
    }

    /// (JᵀJ)⁻¹JᵀVJ(JᵀJ)⁻¹ with the covariance V of the noise, and the same for independent noise; NaN in rows and columns of
    /// parameters that the residuals do not depend on.
    fn covariances(&self, noise: &Correlated, chi2_reduced: f64, gaps: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let slow = DMatrix::from_fn(self.live.len(), self.live.len(), |i, j| {
            noise.slow_between(self.columns[i], self.columns[j], gaps) / (self.norms[i] * self.norms[j])
        });
        let whole = &self.inverse * noise.independent + &self.inverse * slow * &self.inverse;
        (self.spread(&whole), self.spread(&(&self.inverse * chi2_reduced)))
    }

    fn spread(&self, matrix: &DMatrix<f64>) -> Vec<f64> {
        let mut result = vec![f64::NAN; self.count * self.count];
        for (i, &a) in self.live.iter().enumerate() {
            for (j, &b) in self.live.iter().enumerate() {
                result[self.count * a + b] = matrix[(i, j)] / (self.norms[i] * self.norms[j]);
            }
        }
        result
    }
}

/// The part of the misfit that is no independent noise.
struct Slow {
    relative: f64,
    is_evident: bool,
}

/// Whether a series resistance is too small for this spectrum: not distinguishable from zero, but known
/// to be far below the smallest |Z|. Thin films hide the resistance of their contacts in this way.
fn is_hidden(parameter: &FittedParameter, smallest_ohm: f64) -> bool {
    !parameter.determined
        && parameter.value < HIDDEN * smallest_ohm
        && parameter.std_err.is_none_or(|std_err| std_err < HIDDEN * smallest_ohm)
}

fn judge(
    parameters: &[FittedParameter],
    hidden: &[usize],
    rms_relative: f64,
    trend: f64,
    best: &Best,
    slow: &Slow,
    drift: Option<&Drift>,
) -> Verdict {
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
    if let Some(drift) = drift.filter(|drift| drift.shift > HARMLESS_SHIFT) {
        doubt(ReasonCode::SampleChanged, drift.to_string());
    } else if slow.is_evident && slow.relative > SUSPECT_SLOW {
        let words = format!(
            "a misfit of {:.1} % of |Z| follows the frequency, limit {:.0} %: another circuit, or steps between ranges",
            100.0 * slow.relative,
            100.0 * SUSPECT_SLOW
        );
        doubt(ReasonCode::ResidualsCorrelated, words);
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
