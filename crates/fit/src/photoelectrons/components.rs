//! A region as a Shirley background and components of one common width.

use super::error::PhotoelectronError;
use super::judgement::judge;
use super::line_shape::{Shape, gl_area};
use super::points::Points;
use super::region::{Component, MAX_COMPONENTS, RegionFit, RegionOptions, Weighting};
use super::separable::{COARSE, FINE, Model, Place};
use super::shirley::Response;
use super::start_search::{Bounds, search};
use super::uncertainty::propagate;
use crate::quality::Verdict;

/// Fits the components of `options` to a region. Binding energies (eV) may be in any order.
///
/// Each position stays within its tolerance, all components share one width, no height is negative.
/// A grid of positions and widths is searched first, so `position_ev` matters only as the middle of the
/// allowed range. Components whose tolerances overlap keep the order of their expected positions.
///
/// # Errors
///
/// [`PhotoelectronError`] for invalid values or options, too few points, or a region without
/// signal above its background.
///
/// # Source
///
/// See the documentation of this module.
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
    fit_points(points, (lower, upper), names, options, &[])
}

/// Fits `n_components` components anywhere in the region; `options.components` is not used.
///
/// They are in the order of binding energy and are named `1`, `2`, and so on.
///
/// # Errors
///
/// As [`fit_region`].
///
/// # Source
///
/// See the documentation of this module.
pub fn find_components(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    n_components: usize,
    options: &RegionOptions,
) -> Result<RegionFit, PhotoelectronError> {
    find_from(binding_energy_ev, intensity, n_components, options, &[])
}

/// The same; `guess`, positions (eV) of which there may be none, is one more place from which the search starts.
pub(super) fn find_from(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    n_components: usize,
    options: &RegionOptions,
    guess: &[f64],
) -> Result<RegionFit, PhotoelectronError> {
    check_count(n_components)?;
    let points = Points::new(binding_energy_ev, intensity, options.range_ev)?;
    points.need(points_needed(n_components, options))?;
    let lower = vec![points.energy_ev[0]; n_components];
    let upper = vec![points.energy_ev[points.len() - 1]; n_components];
    let names = (1..=n_components).map(|k| k.to_string()).collect();
    fit_points(points, (lower, upper), names, options, guess)
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

/// Both ends of the background separate, and three points more than parameters.
fn points_needed(components: usize, options: &RegionOptions) -> usize {
    (2 * components + 4).max(options.endpoint_mean_of.saturating_mul(2).saturating_add(1))
}

fn fit_points(
    points: Points,
    (lower_ev, upper_ev): (Vec<f64>, Vec<f64>),
    names: Vec<String>,
    options: &RegionOptions,
    guess: &[f64],
) -> Result<RegionFit, PhotoelectronError> {
    let (n, m) = (points.len(), names.len());
    if !(0.0..=1.0).contains(&options.mix) {
        return Err(out_of_range("a mix from 0 to 1", options.mix));
    }
    if !(options.fwhm_max_ev > 0.0 && options.fwhm_max_ev <= 100.0) {
        return Err(out_of_range("a largest width above 0 eV, up to 100 eV", options.fwhm_max_ev));
    }
    if let Some(pair) = options.spin_orbit {
        if !(pair.splitting_ev > 0.0 && pair.splitting_ev <= 100.0) {
            return Err(out_of_range("a splitting above 0 eV, up to 100 eV", pair.splitting_ev));
        }
        if !(0.0..=1.0).contains(&pair.ratio) {
            return Err(out_of_range("a ratio of the lines of a pair from 0 to 1", pair.ratio));
        }
    }
    points.need(points_needed(m, options))?;
    let (background, response) = Response::of(&points, options.endpoint_mean_of)?;
    let line: Vec<f64> = points.intensity.iter().zip(&background.values).map(|(y, b)| y - b).collect();
    // A component narrower than this, or than the steps, would fit the noise of one point.
    let step_ev = points.span_ev() / (n - 1) as f64;
    let fwhm_min_ev = (1.5 * step_ev).max(NARROWEST_EV).min(0.5 * options.fwhm_max_ev);
    let bounds = Bounds { lower_ev, upper_ev, fwhm_min_ev, fwhm_max_ev: options.fwhm_max_ev };
    let shape = Shape::new(options.mix);

    let starts = search(&points, &line, &bounds, shape, options.spin_orbit);
    let mut model = Model::new(&points.energy_ev, &line, m, shape, options.spin_orbit);
    let mut expected = vec![0.0; n];
    if options.weighting == Weighting::Poisson {
        smooth(&points.intensity, &mut expected);
        model.weigh(&expected);
    }
    let mut best: Option<Place> = None;
    let of_grid = starts.into_iter().take(STARTS).map(|start| (start.positions_ev, start.fwhm_ev));
    let guessed = (guess.len() == m).then(|| (guess.to_vec(), 0.7 * bounds.fwhm_max_ev));
    for (mut at, fwhm_ev) in guessed.into_iter().chain(of_grid) {
        at.push(fwhm_ev);
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
    let unit = gl_area(options.mix) * (1.0 + options.spin_orbit.map_or(0.0, |pair| pair.ratio));
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
        spin_orbit: options.spin_orbit,
        iterations: place.iterations,
        converged: place.converged,
        verdict: Verdict::default(),
    };
    fit.verdict = judge(&fit, &bounds);
    Ok(fit)
}

/// Number of starts of the grid that are refined.
const STARTS: usize = 3;
/// No core line of a laboratory source is narrower (eV).
const NARROWEST_EV: f64 = 0.2;
/// Least variance, as a fraction of the largest: a background near zero would have infinite weight.
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

/// Components differ only in their names: where bounds overlap they are in the order of the bounds.
/// Returns whether any has changed its place.
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
