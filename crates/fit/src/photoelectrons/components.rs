//! A region as a Shirley background and components of one width.

use super::PhotoelectronError;
use super::judgement::judge;
use super::line_shape::{Shape, gl_area};
use super::points::Points;
use super::separable::{COARSE, FINE, Model, Place};
use super::shirley::{Background, Response};
use super::start_search::{Bounds, search};
use super::uncertainty::propagate;
use crate::quality::{Quality, Verdict};

/// More components than this are not fitted.
pub const MAX_COMPONENTS: usize = 8;

/// Where a component is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentStart {
    /// Its name, as the result gives it.
    pub name: String,
    /// Where it is expected (eV, binding).
    pub position_ev: f64,
    /// By how much it may lie elsewhere (eV), positive.
    pub tolerance_ev: f64,
}

impl ComponentStart {
    /// A component within 1 eV of `position_ev`.
    #[must_use]
    pub fn new(name: &str, position_ev: f64) -> Self {
        Self { name: name.to_owned(), position_ev, tolerance_ev: 1.0 }
    }
}

/// How points weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weighting {
    /// By 1/variance of a Poisson process, the fitted intensity being its mean.
    #[default]
    Poisson,
    /// All the same. Uncertainties are those of a Poisson process nevertheless.
    Unweighted,
}

impl Weighting {
    /// The word stored in tables: `poisson` or `unweighted`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Unweighted => "unweighted",
        }
    }
}

/// Choices of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionOptions {
    /// The components, 1 to [`MAX_COMPONENTS`].
    pub components: Vec<ComponentStart>,
    /// m of GL(m), 0 (Gaussian) to 1 (Lorentzian); 0.30 by default.
    pub mix: f64,
    /// Largest nominal width (eV); 2.0 by default. A width at it makes the fit suspect.
    pub fwhm_max_ev: f64,
    /// Ends of the region (eV), in either order; all points by default.
    pub range_ev: Option<(f64, f64)>,
    /// Points at each end whose mean the background goes through; 5 by default.
    pub endpoint_mean_of: usize,
    /// How points weigh.
    pub weighting: Weighting,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self {
            components: Vec::new(),
            mix: 0.30,
            fwhm_max_ev: 2.0,
            range_ev: None,
            endpoint_mean_of: 5,
            weighting: Weighting::Poisson,
        }
    }
}

impl RegionOptions {
    /// O 1s of a phosphate or borate glass: `NBO`, non-bridging, at 530.4 eV and `BO`, bridging, at 531.7 eV,
    /// each within 1 eV, on a scale referenced to C 1s at 284.6 eV.
    #[must_use]
    pub fn oxygen_1s() -> Self {
        let components = vec![ComponentStart::new("NBO", 530.4), ComponentStart::new("BO", 531.7)];
        Self { components, ..Self::default() }
    }
}

/// One component.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Position (eV, binding).
    pub position_ev: f64,
    /// Its standard uncertainty (eV, k = 1); `None` at a bound, or without intensity.
    pub position_err_ev: Option<f64>,
    /// Nominal width F of GL (eV); 0.96136 F is the width at half height for m = 0.30.
    pub fwhm_ev: f64,
    /// Its standard uncertainty (eV, k = 1); `None` at a bound.
    pub fwhm_err_ev: Option<f64>,
    /// Height above the background (unit of the intensity), not negative.
    pub height: f64,
    /// Its standard uncertainty (k = 1).
    pub height_err: f64,
    /// Area from −∞ to ∞ (intensity × eV).
    pub area: f64,
    /// Its standard uncertainty (k = 1).
    pub area_err: f64,
    /// Share of all components' area (%).
    pub share_percent: f64,
}

/// A fitted region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionFit {
    /// The components, in the order of the options.
    pub components: Vec<Component>,
    /// Nominal width F that all share (eV).
    pub fwhm_ev: f64,
    /// Its standard uncertainty (eV, k = 1); `None` at a bound.
    pub fwhm_err_ev: Option<f64>,
    /// Whether the width is at [`RegionOptions::fwhm_max_ev`].
    pub fwhm_at_bound: bool,
    /// Area of all components (intensity × eV).
    pub area_total: f64,
    /// Its standard uncertainty (k = 1).
    pub area_total_err: f64,
    /// Covariance of the areas, row by row.
    pub area_covariance: Vec<f64>,
    /// The background at [`Self::energy_ev`].
    pub background: Background,
    /// Binding energies of the points used (eV), ascending.
    pub energy_ev: Vec<f64>,
    /// Intensity − background − components, at [`Self::energy_ev`].
    pub residual: Vec<f64>,
    /// Σ r²/μ per degree of freedom, μ the fitted intensity: 1 for counts that the components describe,
    /// 1/dwell in seconds for counts per second. Uncertainties are scaled by its root.
    pub chi2_reduced: f64,
    /// χ² over what differences of neighbouring residuals say, errors of the background's end values left
    /// out: 1 for noise, more where components or background do not describe the region.
    pub misfit: f64,
    /// Root mean square of the residuals (unit of the intensity).
    pub residual_rms: f64,
    /// Points used.
    pub n_points: usize,
    /// Lowest binding energy used (eV).
    pub energy_min_ev: f64,
    /// Highest binding energy used (eV).
    pub energy_max_ev: f64,
    /// How points weighed.
    pub weighting: Weighting,
    /// m of GL(m).
    pub mix: f64,
    /// Iterations of the search that gave this result.
    pub iterations: usize,
    /// Whether it reached a minimum.
    pub converged: bool,
    /// How far the result can be trusted, and why not further.
    pub verdict: Verdict,
    /// The verdict's quality.
    pub quality: Quality,
    /// The verdict in words.
    pub reason: String,
}

impl RegionFit {
    /// Ratio of two components' areas and its standard uncertainty (k = 1), from the areas' covariance;
    /// NaN for a component that does not exist or a denominator without area.
    #[must_use]
    pub fn area_ratio(&self, numerator: usize, denominator: usize) -> (f64, f64) {
        let m = self.components.len();
        if numerator >= m || denominator >= m || self.components[denominator].area <= 0.0 {
            return (f64::NAN, f64::NAN);
        }
        let (a, b) = (self.components[numerator].area, self.components[denominator].area);
        let covariance = |i: usize, j: usize| self.area_covariance[i * m + j];
        let ratio = a / b;
        let variance = covariance(numerator, numerator) - 2.0 * ratio * covariance(numerator, denominator)
            + ratio * ratio * covariance(denominator, denominator);
        (ratio, variance.max(0.0).sqrt() / b)
    }
}

/// Fits the components of `options` to a region. Binding energies (eV) may be in any order.
///
/// Each position stays within its tolerance, all components share one width, no height is negative.
/// A grid of positions and widths is searched first, so `position_ev` matters only as the middle of
/// what is allowed. Components whose tolerances overlap keep the order of their expected positions.
///
/// # Errors
///
/// [`PhotoelectronError`] for values or options that are not possible, too few points, or a region with
/// nothing above its background.
///
/// # Source
///
/// See the head of the module.
///
/// # Example
///
/// ```
/// # use aldb_fit::photoelectrons::{fit_region, gl, PhotoelectronError, RegionOptions};
/// let energy: Vec<f64> = (0..131).map(|k| 525.0 + 0.1 * k as f64).collect();
/// let counts: Vec<f64> = energy
///     .iter()
///     .map(|&e| 500.0 + 9000.0 * gl(e, 530.4, 1.4, 0.3) + 10000.0 * gl(e, 531.7, 1.4, 0.3))
///     .collect();
/// let fit = fit_region(&energy, &counts, &RegionOptions::oxygen_1s())?;
/// let (ratio, _) = fit.area_ratio(0, 1);
/// assert!((ratio - 0.9).abs() < 1e-6);
/// # Ok::<(), PhotoelectronError>(())
/// ```
pub fn fit_region(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    options: &RegionOptions,
) -> Result<RegionFit, PhotoelectronError> {
    check_count(options.components.len())?;
    for start in &options.components {
        if !start.position_ev.is_finite() {
            return Err(out_of_range("a position in eV", start.position_ev));
        }
        if !(start.tolerance_ev.is_finite() && start.tolerance_ev > 0.0) {
            return Err(out_of_range("a positive tolerance in eV", start.tolerance_ev));
        }
    }
    let points = Points::new(binding_energy_ev, intensity, options.range_ev)?;
    let lower = options.components.iter().map(|start| start.position_ev - start.tolerance_ev).collect();
    let upper = options.components.iter().map(|start| start.position_ev + start.tolerance_ev).collect();
    let names = options.components.iter().map(|start| start.name.clone()).collect();
    fit_points(points, lower, upper, names, options)
}

/// Fits `n_components` components anywhere in the region; `options.components` is not used.
///
/// They come by ascending binding energy and are named `1`, `2`, and so on.
///
/// # Errors
///
/// As [`fit_region`].
///
/// # Source
///
/// See the head of the module.
pub fn find_components(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    n_components: usize,
    options: &RegionOptions,
) -> Result<RegionFit, PhotoelectronError> {
    check_count(n_components)?;
    let points = Points::new(binding_energy_ev, intensity, options.range_ev)?;
    points.need(points_needed(n_components, options))?;
    let lower = vec![points.energy_ev[0]; n_components];
    let upper = vec![points.energy_ev[points.len() - 1]; n_components];
    let names = (1..=n_components).map(|k| k.to_string()).collect();
    fit_points(points, lower, upper, names, options)
}

fn out_of_range(expected: &'static str, found: f64) -> PhotoelectronError {
    PhotoelectronError::OptionOutOfRange { expected, found }
}

fn check_count(components: usize) -> Result<(), PhotoelectronError> {
    if (1..=MAX_COMPONENTS).contains(&components) {
        return Ok(());
    }
    Err(out_of_range("1 to 8 components", components as f64))
}

/// Both ends of the background apart, and three points more than parameters.
fn points_needed(components: usize, options: &RegionOptions) -> usize {
    (2 * components + 4).max(options.endpoint_mean_of.saturating_mul(2).saturating_add(1))
}

fn fit_points(
    points: Points,
    lower_ev: Vec<f64>,
    upper_ev: Vec<f64>,
    names: Vec<String>,
    options: &RegionOptions,
) -> Result<RegionFit, PhotoelectronError> {
    let (n, m) = (points.len(), names.len());
    if !(0.0..=1.0).contains(&options.mix) {
        return Err(out_of_range("a mix from 0 to 1", options.mix));
    }
    if !(options.fwhm_max_ev > 0.0 && options.fwhm_max_ev <= 100.0) {
        return Err(out_of_range("a largest width above 0 eV, up to 100 eV", options.fwhm_max_ev));
    }
    points.need(points_needed(m, options))?;
    let (background, response) = Response::of(&points, options.endpoint_mean_of)?;
    let line: Vec<f64> = points.intensity.iter().zip(&background.values).map(|(y, b)| y - b).collect();
    // A line narrower than this, or than the steps, would be one point's noise.
    let step_ev = points.span_ev() / (n - 1) as f64;
    let fwhm_min_ev = (1.5 * step_ev).max(NARROWEST_EV).min(0.5 * options.fwhm_max_ev);
    let bounds = Bounds { lower_ev, upper_ev, fwhm_min_ev, fwhm_max_ev: options.fwhm_max_ev };
    let shape = Shape::new(options.mix);

    let starts = search(&points, &line, &bounds, shape);
    let mut model = Model::new(&points.energy_ev, &line, m, shape);
    let mut expected = vec![0.0; n];
    if options.weighting == Weighting::Poisson {
        smooth(&points.intensity, &mut expected);
        model.weigh(&expected);
    }
    let mut best: Option<Place> = None;
    for start in starts.into_iter().take(STARTS) {
        let mut at = start.positions_ev;
        at.push(start.fwhm_ev);
        let Some(place) = model.minimise(at, &bounds, COARSE, best.as_ref()) else { continue };
        if place.cost.is_finite() && best.as_ref().is_none_or(|best| place.cost < best.cost) {
            best = Some(place);
        }
    }
    let undetermined = || PhotoelectronError::NotDetermined { components: m, points: n };
    let mut place = best.ok_or_else(undetermined)?;
    model.evaluate(&place.x);
    for tolerance in [COARSE, FINE] {
        if options.weighting == Weighting::Poisson {
            expect(&model, &background.values, &mut expected);
            model.weigh(&expected);
        } else if tolerance == COARSE {
            continue;
        }
        let iterations = place.iterations;
        place = model.minimise(place.x, &bounds, tolerance, None).ok_or_else(undetermined)?;
        place.iterations += iterations;
    }
    if sort_within_bounds(&mut place.x[..m], &bounds) {
        model.evaluate(&place.x);
    }
    let mut residual = vec![0.0; n];
    model.total(&mut residual);
    residual.iter_mut().zip(&line).for_each(|(r, line)| *r = line - *r);
    expect(&model, &background.values, &mut expected);
    let free: Vec<bool> = (0..=2 * m)
        .map(|k| match k {
            k if k < m => place.x[k] > bounds.lower_ev[k] && place.x[k] < bounds.upper_ev[k],
            k if k == m => place.x[m] > bounds.fwhm_min_ev && place.x[m] < bounds.fwhm_max_ev,
            _ => true,
        })
        .collect();
    let uncertainty = propagate(&mut model, &response, &expected, &residual, free).ok_or_else(undetermined)?;

    let p = 2 * m + 1;
    let covariance = |k: usize, l: usize| uncertainty.covariance[k * p + l];
    let err = |k: usize| uncertainty.free[k].then(|| covariance(k, k).sqrt());
    let fwhm_ev = place.x[m];
    let unit = gl_area(options.mix);
    // Area = unit × height × width.
    let mut area_covariance = vec![0.0; m * m];
    for i in 0..m {
        for j in 0..m {
            let (a, b) = (model.heights[i], model.heights[j]);
            area_covariance[i * m + j] = unit
                * unit
                * (fwhm_ev * fwhm_ev * covariance(m + 1 + i, m + 1 + j)
                    + fwhm_ev * (a * covariance(m, m + 1 + j) + b * covariance(m, m + 1 + i))
                    + a * b * covariance(m, m));
        }
    }
    let area_total: f64 = model.heights.iter().map(|height| unit * height * fwhm_ev).sum();
    let components: Vec<Component> = names
        .into_iter()
        .enumerate()
        .map(|(k, name)| {
            let area = unit * model.heights[k] * fwhm_ev;
            Component {
                name,
                position_ev: place.x[k],
                position_err_ev: err(k),
                fwhm_ev,
                fwhm_err_ev: err(m),
                height: model.heights[k],
                height_err: covariance(m + 1 + k, m + 1 + k).sqrt(),
                area,
                area_err: area_covariance[k * m + k].sqrt(),
                share_percent: if area_total > 0.0 { 100.0 * area / area_total } else { 0.0 },
            }
        })
        .collect();
    let residual_rms = (residual.iter().map(|r| r * r).sum::<f64>() / n as f64).sqrt();
    let mut fit = RegionFit {
        components,
        fwhm_ev,
        fwhm_err_ev: err(m),
        fwhm_at_bound: fwhm_ev >= bounds.fwhm_max_ev,
        area_total,
        area_total_err: area_covariance.iter().sum::<f64>().max(0.0).sqrt(),
        area_covariance,
        background,
        residual,
        chi2_reduced: uncertainty.dispersion,
        misfit: uncertainty.inner_dispersion / uncertainty.neighbour_dispersion.max(f64::MIN_POSITIVE),
        residual_rms,
        n_points: n,
        energy_min_ev: points.energy_ev[0],
        energy_max_ev: points.energy_ev[n - 1],
        energy_ev: points.energy_ev,
        weighting: options.weighting,
        mix: options.mix,
        iterations: place.iterations,
        converged: place.converged,
        verdict: Verdict::default(),
        quality: Quality::Good,
        reason: String::new(),
    };
    fit.verdict = judge(&fit, &bounds);
    (fit.quality, fit.reason) = fit.verdict.parts();
    Ok(fit)
}

/// So many starts of the grid are followed.
const STARTS: usize = 3;
/// No line of a laboratory source is narrower (eV).
const NARROWEST_EV: f64 = 0.2;
/// Variances are not taken below this part of the largest: a background near zero would weigh infinitely.
const LEAST_VARIANCE: f64 = 1e-3;

/// Running means over five points, as the first variances.
fn smooth(intensity: &[f64], out: &mut [f64]) {
    let n = intensity.len();
    for (i, out) in out.iter_mut().enumerate() {
        let near = &intensity[i.saturating_sub(2)..(i + 3).min(n)];
        *out = near.iter().sum::<f64>() / near.len() as f64;
    }
    limit(out);
}

/// The fitted intensity, as variances.
fn expect(model: &Model<'_>, background: &[f64], out: &mut [f64]) {
    model.total(out);
    out.iter_mut().zip(background).for_each(|(out, b)| *out += b);
    limit(out);
}

fn limit(variance: &mut [f64]) {
    let largest = variance.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    variance.iter_mut().for_each(|value| *value = value.max(LEAST_VARIANCE * largest));
}

/// Components are alike but for their names: where bounds overlap they come in the order of the bounds.
/// Whether any changed its place.
fn sort_within_bounds(positions: &mut [f64], bounds: &Bounds) -> bool {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|&a, &b| {
        bounds.lower_ev[a].total_cmp(&bounds.lower_ev[b]).then(bounds.upper_ev[a].total_cmp(&bounds.upper_ev[b]))
    });
    if order.is_sorted_by(|&a, &b| positions[a] <= positions[b]) {
        return false;
    }
    let mut sorted = positions.to_vec();
    sorted.sort_by(f64::total_cmp);
    let allowed =
        order.iter().zip(&sorted).all(|(&k, &value)| (bounds.lower_ev[k]..=bounds.upper_ev[k]).contains(&value));
    if allowed {
        order.iter().zip(sorted).for_each(|(&k, value)| positions[k] = value);
    }
    allowed
}
