//! The energy scale, from adventitious carbon.
//!
//! Hydrocarbon that settles on every surface is the C 1s component of lowest energy: C–O, C=O, carboxyl and carbonate are
//! 1.5 to 5.5 eV above it, and may be stronger.
//!
//! Source: P. Swift, Surf. Interface Anal. 4 (1982) 47; ISO 19318.

use super::choice::add_components;
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
    /// Position of the adventitious component as measured (eV).
    pub position_ev: f64,
    /// Nominal width of the components (eV).
    pub fwhm_ev: f64,
    /// Number of components fitted, 1 to 4.
    pub n_components: usize,
    /// Area of the core line divided by its standard uncertainty.
    pub signal_to_noise: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Least ratio of the area of the core line to its standard uncertainty.
const NEEDED: f64 = 5.0;
/// Fitted range on either side of the maximum (eV). The maximum may be carbonate, 5.5 eV above hydrocarbon, or hydrocarbon,
/// 5.5 eV below carbonate; the ends of the background must be free of both.
const BELOW_EV: f64 = 9.0;
const ABOVE_EV: f64 = 9.5;
/// Components of insulators are broad.
const WIDEST_EV: f64 = 3.0;
/// Most components.
const COMPONENTS: usize = 4;
/// Shifts beyond this are larger than charging causes under a neutraliser.
const LARGEST_EV: f64 = 6.0;
/// A component by itself that would be moved down by more than this may be carboxyl or carbonate.
const OXIDISED_EV: f64 = 3.0;
/// Range of carboxyl and carbonate above hydrocarbon (eV): with them the lowest component is hydrocarbon.
const CARBONATE_EV: std::ops::RangeInclusive<f64> = 3.3..=6.0;
/// A component below this fraction of the core line is a shoulder of its neighbour, not a state of its own, unless it
/// lies further from it than [`APART_EV`]; one below the second fraction is an error of the background.
const OWN_SHARE_PERCENT: f64 = 10.0;
const LEAST_SHARE_PERCENT: f64 = 3.0;
const APART_EV: f64 = 2.5;
/// Components nearer than this describe the shape of one line: C–O, the nearest state, is 1.3 to 1.6 eV above hydrocarbon.
const SAME_STATE_EV: f64 = 1.1;
/// Standard uncertainty of the centre of a line that takes several components, as a fraction of the distance of the outermost.
const SHAPE_SHARE: f64 = 1.0 / 6.0;

/// The shift that places the adventitious component of a C 1s region, the significant one of lowest energy, at
/// `reference_ev`.
///
/// One to four components are fitted around the maximum; more than one only if the Bayesian
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

    let one = find_components(&points.energy_ev, &points.intensity, 1, &options)?;
    let fit = add_components(one, &points.energy_ev, &points.intensity, COMPONENTS, &options);
    let signal_to_noise = fit.area_total / fit.area_total_err;
    if signal_to_noise < NEEDED || signal_to_noise.is_nan() {
        return Err(PhotoelectronError::LineTooWeak { signal_to_noise, needed: NEEDED });
    }
    let lowest = adventitious(&fit).and_then(|place| fit.components.get(place));
    let Some((position_ev, err)) = lowest.and_then(|line| centre(&fit, line)) else {
        return Err(PhotoelectronError::NotDetermined { components: fit.components.len(), points: fit.n_points });
    };
    let shift_ev = reference_ev - position_ev;
    let mut verdict = Verdict::default();
    let mut doubt = |code, words: String| verdict.add(Quality::Suspect, code, words);
    let above =
        || fit.components.iter().filter(|other| is_significant(other)).map(|other| other.position_ev - position_ev);
    if shift_ev.abs() > LARGEST_EV {
        let words = format!("shift of {shift_ev:.1} eV, more than {LARGEST_EV} eV: this may not be hydrocarbon");
        doubt(ReasonCode::ShiftImplausible, words);
    } else if shift_ev < -OXIDISED_EV && !above().any(|distance| CARBONATE_EV.contains(&distance)) {
        let words = format!(
            "shift of {shift_ev:.1} eV: the C 1s line at {position_ev:.1} eV may be carboxyl or carbonate instead of hydrocarbon"
        );
        doubt(ReasonCode::ShiftImplausible, words);
    }
    if position_ev - fit.energy_min_ev < fit.fwhm_ev {
        let words = format!(
            "C 1s at {position_ev:.1} eV, {:.1} eV from the beginning of the region: part of it may be missing",
            position_ev - fit.energy_min_ev
        );
        doubt(ReasonCode::NearEndOfRange, words);
    }
    verdict.inherit(&fit.verdict);
    verdict.note(format!("C 1s at {position_ev:.3} eV, signal to noise {signal_to_noise:.0}"));
    Ok(Shift {
        shift_ev,
        shift_err_ev: err,
        position_ev,
        fwhm_ev: fit.fwhm_ev,
        n_components: fit.components.len(),
        signal_to_noise,
        verdict,
    })
}

/// The centre of the line to which a component belongs, and its standard uncertainty (eV). Where the shape of the line is not that of
/// one component, several near each other describe it; the centre of their areas depends little on how they share it.
fn centre(fit: &RegionFit, line: &Component) -> Option<(f64, f64)> {
    let of_line: Vec<&Component> = fit
        .components
        .iter()
        .filter(|other| is_significant(other) && (other.position_ev - line.position_ev).abs() < SAME_STATE_EV)
        .collect();
    let [_, _, ..] = of_line[..] else { return Some((line.position_ev, line.position_err_ev?)) };
    let area: f64 = of_line.iter().map(|component| component.area).sum();
    let position = of_line.iter().map(|component| component.area * component.position_ev).sum::<f64>() / area;
    let [low, high] = [f64::min, f64::max]
        .map(|choose| of_line.iter().map(|component| component.position_ev).reduce(choose).unwrap_or(position));
    let largest = of_line.iter().copied().max_by(|a, b| a.area.total_cmp(&b.area))?;
    Some((position, largest.position_err_ev?.hypot(SHAPE_SHARE * (high - low))))
}

fn is_significant(component: &Component) -> bool {
    component.area > NEEDED * component.area_err
}

/// Place of the adventitious component: the significant one of lowest energy; the strongest if none is significant.
/// `None` without components.
#[must_use]
pub fn adventitious(fit: &RegionFit) -> Option<usize> {
    let of = |place: &usize| &fit.components[*place];
    let mut order: Vec<usize> = (0..fit.components.len()).collect();
    order.sort_by(|a, b| of(a).position_ev.total_cmp(&of(b).position_ev));
    let own = |&place: &usize| {
        let component = of(&place);
        let above =
            order.iter().map(of).filter(|other| other.position_ev > component.position_ev && is_significant(other));
        let next = above.map(|other| other.position_ev - component.position_ev).fold(f64::INFINITY, f64::min);
        let needed = if next > APART_EV { LEAST_SHARE_PERCENT } else { OWN_SHARE_PERCENT };
        is_significant(component) && component.share_percent >= needed
    };
    let strongest = || order.iter().copied().max_by(|a, b| of(a).area.total_cmp(&of(b).area));
    order.iter().copied().find(own).or_else(strongest)
}

/// Names of the components of C 1s by their distance from the adventitious one, in the order of the fit.
#[must_use]
pub fn carbon_names(fit: &RegionFit) -> Vec<String> {
    let Some(reference) = adventitious(fit).and_then(|place| fit.components.get(place)) else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    for component in &fit.components {
        let name = match component.position_ev - reference.position_ev {
            -1.1..0.9 => "adventitious",
            0.9..2.2 => "C-O",
            2.2..3.3 => "C=O",
            3.3..=6.0 => "carboxyl or carbonate",
            _ => "other",
        };
        let same = names.iter().filter(|other| other.starts_with(name)).count();
        names.push(if same == 0 { name.to_owned() } else { format!("{name} {}", same + 1) });
    }
    names
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
