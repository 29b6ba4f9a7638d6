//! The energy scale, from adventitious carbon.
//!
//! Source: P. Swift, Surf. Interface Anal. 4 (1982) 47; ISO 19318.

use super::components::find_components;
use super::error::PhotoelectronError;
use super::points::Points;
use super::region::{Component, RegionFit, RegionOptions};
use crate::quality::{Quality, ReasonCode, Verdict};

/// Binding energy of adventitious C 1s to which scales are referenced (eV).
pub const C_1S_REFERENCE_EV: f64 = 284.6;

/// The shift to be added to every binding energy.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// Reference minus position (eV).
    pub shift_ev: f64,
    /// Its standard uncertainty (eV, k = 1).
    pub shift_err_ev: f64,
    /// Position of the strongest component as measured (eV).
    pub position_ev: f64,
    /// Nominal width of the components (eV).
    pub fwhm_ev: f64,
    /// Number of components fitted, 1 to 3.
    pub n_components: usize,
    /// Area of the core line divided by its standard uncertainty.
    pub signal_to_noise: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Least ratio of the area of the core line to its standard uncertainty.
const NEEDED: f64 = 5.0;
/// Fitted range on either side of the maximum (eV): the core line, and bonds to oxygen up to
/// carbonate, but not the shake-up satellite and potassium beyond.
const BELOW_EV: f64 = 4.0;
const ABOVE_EV: f64 = 6.5;
/// Components of insulators are broad.
const WIDEST_EV: f64 = 3.0;
/// Shifts beyond this are larger than charging causes under a neutraliser.
const LARGEST_EV: f64 = 10.0;
/// Factor of ln n by which χ² must decrease for the two parameters of each further component (BIC).
const PER_COMPONENT: f64 = 2.0;

/// The shift that places the strongest component of a C 1s region at `reference_ev`.
///
/// One to three components are fitted around the maximum; more than one only if the Bayesian
/// information criterion requires it. Energies (eV, binding) may be in any order.
///
/// # Errors
///
/// [`PhotoelectronError::LineTooWeak`] or [`PhotoelectronError::NoLine`] for a region without a core line, otherwise
/// as [`find_components`].
///
/// # Source
///
/// See the documentation of this module; G. Schwarz, Ann. Stat. 6 (1978) 461 (number of components).
pub fn reference_shift(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    reference_ev: f64,
) -> Result<Shift, PhotoelectronError> {
    if !reference_ev.is_finite() {
        return Err(PhotoelectronError::OptionOutOfRange { expected: "a reference in eV", found: reference_ev });
    }
    let points = Points::new(binding_energy_ev, intensity, None)?;
    let mut options = RegionOptions { fwhm_max_ev: WIDEST_EV, ..RegionOptions::default() };
    points.need(2 * options.endpoint_mean_of + 1)?;
    let top = maximum_ev(&points);
    options.range_ev = Some((top - BELOW_EV, top + ABOVE_EV));

    let mut best: Option<(f64, RegionFit)> = None;
    for components in 1..=3 {
        let fit = match find_components(&points.energy_ev, &points.intensity, components, &options) {
            Ok(fit) => fit,
            Err(error) if components == 1 => return Err(error),
            Err(_) => break,
        };
        let n = fit.n_points as f64;
        let criterion = n * fit.chi2_reduced.ln() + PER_COMPONENT * components as f64 * n.ln();
        if best.as_ref().is_none_or(|(least, _)| criterion < *least) {
            best = Some((criterion, fit));
        }
    }
    let Some((_, fit)) = best else {
        return Err(PhotoelectronError::NotDetermined { components: 1, points: points.len() });
    };
    let signal_to_noise = fit.area_total / fit.area_total_err;
    if signal_to_noise < NEEDED || signal_to_noise.is_nan() {
        return Err(PhotoelectronError::LineTooWeak { signal_to_noise, needed: NEEDED });
    }
    let strongest: Option<&Component> = fit.components.iter().max_by(|a, b| a.area.total_cmp(&b.area));
    let Some((line, err)) = strongest.and_then(|line| Some((line, line.position_err_ev?))) else {
        return Err(PhotoelectronError::NotDetermined { components: fit.components.len(), points: fit.n_points });
    };
    let shift_ev = reference_ev - line.position_ev;
    let mut verdict = Verdict::default();
    if shift_ev.abs() > LARGEST_EV {
        let words = format!("shift of {shift_ev:.1} eV, more than {LARGEST_EV} eV: this may not be C 1s");
        verdict.add(Quality::Suspect, ReasonCode::ShiftImplausible, words);
    }
    verdict.inherit(&fit.verdict);
    verdict.note(format!("C 1s at {:.3} eV, signal to noise {signal_to_noise:.0}", line.position_ev));
    Ok(Shift {
        shift_ev,
        shift_err_ev: err,
        position_ev: line.position_ev,
        fwhm_ev: fit.fwhm_ev,
        n_components: fit.components.len(),
        signal_to_noise,
        verdict,
    })
}

/// Position at which the mean of five neighbours, above the straight line between the ends, is highest.
fn maximum_ev(points: &Points) -> f64 {
    let (x, y) = (&points.energy_ev, &points.intensity);
    let n = x.len();
    let mean = |near: &[f64]| near.iter().sum::<f64>() / near.len() as f64;
    let (low, high) = (mean(&y[..5]), mean(&y[n - 5..]));
    let above = |i: usize| mean(&y[i..i + 5]) - low - (high - low) * (x[i + 2] - x[0]) / (x[n - 1] - x[0]);
    let top = (0..n - 4).max_by(|&a, &b| above(a).total_cmp(&above(b)).then(b.cmp(&a))).unwrap_or(0);
    x[top + 2]
}
