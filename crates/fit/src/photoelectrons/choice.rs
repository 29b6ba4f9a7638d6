//! How many components a region has, and whether each is a spin–orbit pair.
//!
//! Source: G. Schwarz, Ann. Stat. 6 (1978) 461 (Bayesian information criterion).

use super::components::{find_components, find_from};
use super::error::PhotoelectronError;
use super::lines::CoreLine;
use super::region::{RegionFit, RegionOptions};
use crate::noise::deviation;
use crate::quality::{Quality, ReasonCode};

/// Components of C 1s: hydrocarbon, C–O, C=O or carboxyl, carbonate.
const OF_CARBON: usize = 4;
/// Components of other lines.
const OF_OTHERS: usize = 3;
/// Factor of ln n by which n ln χ² must decrease for each further component. The criterion itself has 2, for position
/// and height; a third one is for the places that were tried.
const PER_COMPONENT: f64 = 3.0;

/// Fits a core line with as many components as the region needs.
///
/// C 1s is divided into all components that the Bayesian information criterion asks for; other lines only if one
/// component does not describe them. A line that is a spin–orbit pair is fitted as one, unless a single line describes it
/// and a pair does not.
///
/// # Errors
///
/// As [`find_components`].
///
/// # Source
///
/// See the documentation of this module.
pub fn fit_core_line(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    line: Option<&CoreLine>,
    options: &RegionOptions,
) -> Result<RegionFit, PhotoelectronError> {
    let is_carbon = line.is_some_and(|line| line.to_string() == "C 1s");
    let most = if is_carbon { OF_CARBON } else { OF_OTHERS };
    let mut best: Option<RegionFit> = None;
    for spin_orbit in [line.and_then(CoreLine::spin_orbit), None] {
        let options = RegionOptions { spin_orbit, ..options.clone() };
        if best.as_ref().is_some_and(|best| best.spin_orbit.is_none()) {
            break;
        }
        let one = find_components(binding_energy_ev, intensity, 1, &options);
        let fit = match one {
            Ok(one) if !is_carbon && one.verdict.quality == Quality::Good => return Ok(one),
            Ok(one) => one,
            // Without a line there is nothing to choose.
            Err(error) => return best.ok_or(error),
        };
        let fit = add_components(fit, binding_energy_ev, intensity, most, &options);
        if best.as_ref().is_none_or(|best| criterion(&fit) < criterion(best)) {
            best = Some(fit);
        }
    }
    best.ok_or(PhotoelectronError::NotDetermined { components: 1, points: intensity.len() })
}

/// The best of the fits with 1 (given) to `most` components, by the Bayesian information criterion. More than one only
/// if each is significant and they can be distinguished.
pub(super) fn add_components(
    one: RegionFit,
    binding_energy_ev: &[f64],
    intensity: &[f64],
    most: usize,
    options: &RegionOptions,
) -> RegionFit {
    let mut guess = with_another(&one);
    let mut best = one;
    for components in 2..=most {
        let Ok(fit) = find_from(binding_energy_ev, intensity, components, options, &guess) else { break };
        guess = with_another(&fit);
        let is_doubtful = [ReasonCode::ComponentNotSignificant, ReasonCode::ComponentsIndistinguishable]
            .iter()
            .any(|code| fit.verdict.has(*code));
        if !is_doubtful && fit.converged && criterion(&fit) < criterion(&best) {
            best = fit;
        }
    }
    best
}

/// The positions of a fit (eV) and the place where it leaves out most.
fn with_another(fit: &RegionFit) -> Vec<f64> {
    let half = (0.3 * fit.fwhm_ev * fit.n_points as f64 / (fit.energy_max_ev - fit.energy_min_ev)) as usize;
    let left = |place: usize| -> f64 {
        fit.residual[place.saturating_sub(half)..(place + half + 1).min(fit.n_points)].iter().sum()
    };
    let most = (0..fit.n_points).max_by(|a, b| left(*a).total_cmp(&left(*b))).unwrap_or(0);
    let mut positions: Vec<f64> = fit.components.iter().map(|component| component.position_ev).collect();
    positions.push(fit.energy_ev[most]);
    positions.sort_by(f64::total_cmp);
    positions
}

fn criterion(fit: &RegionFit) -> f64 {
    let n = fit.n_points as f64;
    n * fit.chi2_reduced.max(f64::MIN_POSITIVE).ln() + PER_COMPONENT * fit.components.len() as f64 * n.ln()
}

/// The area above the straight line between both ends of a region and its standard uncertainty, without any assumption
/// about lines: unbiased where a line is too weak to be fitted. `None` for fewer than 11 points.
///
/// An eighth of the points at each end gives the ends of the straight line.
#[must_use]
pub fn integrated_area(binding_energy_ev: &[f64], intensity: &[f64]) -> Option<(f64, f64)> {
    let points = super::points::Points::new(binding_energy_ev, intensity, None).ok()?;
    points.need(11).ok()?;
    let (x, y) = (&points.energy_ev, &points.intensity);
    let n = x.len();
    let ends = (n / 8).max(5);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (low, high) = (mean(&y[..ends]), mean(&y[n - ends..]));
    let (low_ev, high_ev) = (mean(&x[..ends]), mean(&x[n - ends..]));
    if high_ev <= low_ev {
        return None;
    }
    let slope = (high - low) / (high_ev - low_ev);
    let above = |k: usize| y[k] - low - slope * (x[k] - low_ev);
    let area = (1..n).map(|k| 0.5 * (x[k] - x[k - 1]) * (above(k) + above(k - 1))).sum();
    let (span, count) = (points.span_ev(), ends as f64);
    let sigma = deviation(y);
    // The sum of the points, and the two ends of the line below it.
    Some((area, sigma * (span * span / (n as f64 - 1.0) + span * span / (2.0 * count)).sqrt()))
}

/// The area of a core line for a composition.
#[derive(Clone, Debug, PartialEq)]
pub struct LineArea {
    /// Area (intensity × eV); may be negative where there is no line.
    pub area: f64,
    /// Its standard uncertainty (k = 1).
    pub area_err: f64,
    /// Whether it is the area above a straight line instead of that of components.
    pub is_integrated: bool,
    /// Why it is doubtful.
    pub doubt: Option<String>,
}

/// Below this many standard uncertainties the place that was found for a line is partly chance.
const WEAK: f64 = 5.0;
/// Below this many, a line that components describe badly is integrated; above, its background needs a model.
const STRONG: f64 = 15.0;

/// The area of the components, or the integrated one where the line is too weak for components; `None` if there is neither.
#[must_use]
pub fn line_area(binding_energy_ev: &[f64], intensity: &[f64], fit: Option<&RegionFit>) -> Option<LineArea> {
    if let Some(fit) = fit {
        let doubt = fit.area_doubt();
        let needed = if doubt.is_some() { STRONG } else { WEAK };
        if fit.area_total > needed * fit.area_total_err {
            let (area, area_err) = (fit.area_total, fit.area_total_err);
            return fit.converged.then_some(LineArea { area, area_err, is_integrated: false, doubt });
        }
    }
    let (area, area_err) = integrated_area(binding_energy_ev, intensity)?;
    let doubt = (area > STRONG * area_err)
        .then(|| "it is the area above a straight line, because components could not be fitted".to_owned());
    Some(LineArea { area, area_err, is_integrated: true, doubt })
}
