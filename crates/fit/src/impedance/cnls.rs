//! Fits a circuit to a spectrum: complex non-linear least squares without start values from the user.
//!
//! Minimises S = Σ (Re ΔZ)²/w_re² + (Im ΔZ)²/w_im² (no factor ½) over the logarithms of all
//! parameters except the exponents of constant phase elements, within bounds. Start values come from
//! the data ([`CnlsOptions::starts`] of them); the best optimum is kept.
//!
//! Source: J. R. Macdonald, J. Schoonman, A. P. Lehnen, J. Electroanal. Chem. 131 (1982) 77
//! (complex least squares, modulus weighting); B. A. Boukamp, Solid State Ionics 20 (1986) 31
//! (proportional weighting); J. J. Moré, Lect. Notes Math. 630 (1978) 105 (Levenberg–Marquardt).

use super::circuit::Circuit;
use super::search::{CircuitProblem, Range, global_minimum};
use super::spectrum::{Sorted, Spectrum, SpectrumError};
use super::summary::summarise;
use crate::quality::{Coded, ReasonCode};

pub use super::drift::Drift;
pub use super::summary::{CircuitFit, FittedParameter, Weighting};
pub use crate::levenberg::Stop;

/// A restriction on one parameter, in its own unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Restriction {
    /// The parameter is fixed at this value and has no standard error.
    Fixed {
        /// Parameter name, as in [`Circuit::parameters`].
        name: String,
        /// Its value.
        value: f64,
    },
    /// The parameter stays between these instead of its default bounds.
    Bounds {
        /// Parameter name, as in [`Circuit::parameters`].
        name: String,
        /// Smallest value.
        lower: f64,
        /// Largest value.
        upper: f64,
    },
}

/// Options of a fit; all are stored with the result.
#[derive(Clone, Debug, PartialEq)]
pub struct CnlsOptions {
    /// Divisor of the residuals.
    pub weighting: Weighting,
    /// Largest number of starts, 1 to 1000. An easy problem needs fewer and stops earlier.
    pub starts: usize,
    /// Largest number of iterations of one start, at least 1.
    pub max_iterations: usize,
    /// Fixed parameters and narrower bounds.
    pub restrictions: Vec<Restriction>,
}

impl Default for CnlsOptions {
    fn default() -> Self {
        Self { weighting: Weighting::Modulus, starts: 60, max_iterations: 500, restrictions: Vec::new() }
    }
}

/// Why a spectrum was not fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The spectrum itself cannot be used.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// A part of the impedance is zero, by which proportional weighting divides.
    #[error("point {index}: expected both parts of the impedance other than zero for proportional weighting")]
    ZeroPart {
        /// Position in the input, from 0.
        index: usize,
    },
    /// A restriction names no parameter of the circuit.
    #[error("expected one of {valid}, found `{name}`")]
    UnknownParameter {
        /// The given name.
        name: String,
        /// The valid names.
        valid: String,
    },
    /// Two restrictions on one parameter.
    #[error("expected one restriction on `{name}`, found several")]
    RestrictedTwice {
        /// The parameter.
        name: String,
    },
    /// A restriction is not within the parameter's default bounds, or lower is not below upper.
    #[error("`{name}` in {unit}: expected {min} <= lower < upper <= {max}, found `{lower}` to `{upper}`")]
    RestrictionOutOfRange {
        /// The parameter.
        name: String,
        /// Its unit.
        unit: &'static str,
        /// Lower bound or fixed value given.
        lower: f64,
        /// Upper bound or fixed value given.
        upper: f64,
        /// Default lower bound.
        min: f64,
        /// Default upper bound.
        max: f64,
    },
    /// Every parameter is fixed.
    #[error("expected at least one free parameter, found all {parameters} fixed")]
    NothingToFit {
        /// Number of parameters of the circuit.
        parameters: usize,
    },
    /// An option is outside its range.
    #[error("option `{name}`: expected {min} to {max}, found {value}")]
    OptionOutOfRange {
        /// Field of [`CnlsOptions`].
        name: &'static str,
        /// Its value.
        value: usize,
        /// Smallest value.
        min: usize,
        /// Largest value.
        max: usize,
    },
}

impl Coded for FitError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::Spectrum(error) => error.code(),
            Self::ZeroPart { .. } => ReasonCode::ValueOutOfRange,
            Self::UnknownParameter { .. }
            | Self::RestrictedTwice { .. }
            | Self::RestrictionOutOfRange { .. }
            | Self::NothingToFit { .. }
            | Self::OptionOutOfRange { .. } => ReasonCode::OptionOutOfRange,
        }
    }
}

/// Fits `circuit` to `spectrum`.
///
/// Interchangeable members (the two arcs of `p(R1,CPE1)-p(R2,CPE2)`) come in the order of their time
/// constants (RQ)^(1/n), the shortest first.
///
/// # Errors
///
/// [`FitError`] when the spectrum or the options cannot be used. A fit that does not describe the
/// data is a result, with [`Quality::Failed`](crate::quality::Quality::Failed) and a reason.
///
/// # Example
///
/// ```
/// # use aldb_fit::{circuit::Circuit, cnls::{fit_circuit, CnlsOptions}, spectrum::Spectrum};
/// let circuit = Circuit::parse("R0-p(R1,C1)")?;
/// let frequency_hz = [1e5, 1e4, 1e3, 1e2, 1e1];
/// let z: Vec<_> = frequency_hz.iter().map(|&f| circuit.impedance(&[10.0, 100.0, 1e-6], f)).collect();
/// let (z_re_ohm, z_im_ohm): (Vec<_>, Vec<_>) = z.iter().map(|z| (z.re, z.im)).unzip();
/// let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
/// let fit = fit_circuit(&circuit, spectrum, &CnlsOptions::default())?;
/// assert!((fit.parameters[1].value - 100.0).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit_circuit(circuit: &Circuit, spectrum: Spectrum<'_>, options: &CnlsOptions) -> Result<CircuitFit, FitError> {
    for (name, value, max) in [("starts", options.starts, 1000), ("max_iterations", options.max_iterations, 1_000_000)]
    {
        if !(1..=max).contains(&value) {
            return Err(FitError::OptionOutOfRange { name, value, min: 1, max });
        }
    }
    let ranges = ranges(circuit, &options.restrictions)?;
    let free = ranges.iter().filter(|range| range.lower < range.upper).count();
    if free == 0 {
        return Err(FitError::NothingToFit { parameters: ranges.len() });
    }
    let sorted = Sorted::new(spectrum)?;
    let needed = (free / 2 + 1).max(3);
    if sorted.len() < needed {
        return Err(SpectrumError::TooFewPoints { points: sorted.len(), needed }.into());
    }
    let weights = weights(&sorted, options.weighting)?;
    let mut problem = CircuitProblem::new(circuit, &sorted, weights);
    let best = global_minimum(circuit, &mut problem, &ranges, options.starts, options.max_iterations);
    Ok(summarise(circuit, &sorted, &mut problem, &ranges, &best, options.weighting))
}

/// Bounds of every parameter, in its own unit; equal where it is fixed.
fn ranges(circuit: &Circuit, restrictions: &[Restriction]) -> Result<Vec<Range>, FitError> {
    let specs = circuit.parameters();
    let mut ranges: Vec<Range> =
        specs.iter().map(|spec| Range { lower: spec.lower, upper: spec.upper, scale: spec.scale }).collect();
    let mut restricted = vec![false; specs.len()];
    for restriction in restrictions {
        let (name, lower, upper) = match restriction {
            Restriction::Fixed { name, value } => (name, *value, *value),
            Restriction::Bounds { name, lower, upper } => (name, *lower, *upper),
        };
        let Some(k) = specs.iter().position(|spec| spec.name == *name) else {
            let valid: Vec<_> = specs.iter().map(|spec| format!("`{}`", spec.name)).collect();
            return Err(FitError::UnknownParameter { name: name.clone(), valid: valid.join(", ") });
        };
        let spec = &specs[k];
        if std::mem::replace(&mut restricted[k], true) {
            return Err(FitError::RestrictedTwice { name: name.clone() });
        }
        let ordered = lower < upper || matches!(restriction, Restriction::Fixed { .. });
        if !(ordered && lower >= spec.lower && upper <= spec.upper) {
            let (min, max) = (spec.lower, spec.upper);
            return Err(FitError::RestrictionOutOfRange {
                name: name.clone(),
                unit: spec.unit,
                lower,
                upper,
                min,
                max,
            });
        }
        ranges[k] = Range { lower, upper, scale: spec.scale };
    }
    Ok(ranges)
}

/// 1/w of every real part, then of every imaginary part.
fn weights(sorted: &Sorted, weighting: Weighting) -> Result<Vec<f64>, FitError> {
    let n = sorted.len();
    let mut weights = vec![1.0; 2 * n];
    for (k, z) in sorted.z.iter().enumerate() {
        let (re, im) = match weighting {
            Weighting::Modulus => (z.norm(), z.norm()),
            Weighting::Unit => (1.0, 1.0),
            Weighting::Proportional => (z.re.abs(), z.im.abs()),
        };
        if !(re > 0.0 && im > 0.0) {
            return Err(FitError::ZeroPart { index: sorted.origin[k] });
        }
        (weights[k], weights[n + k]) = (1.0 / re, 1.0 / im);
    }
    Ok(weights)
}
