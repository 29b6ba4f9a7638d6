//! Whether a part of a curve is one line, two lines, or neither.

use super::error::{Departure, GrowthError};
use super::models::{Hinge, Line, Polynomial};
use super::series::{Noise, point_to_point};

pub(super) const ANGSTROM_PER_NM: f64 = 10.0;
/// A slope is above zero if it is this many standard errors above: one chance in 30,000, because a scan
/// without growth is searched at many places for the onset of growth.
pub(super) const SIGNIFICANT: f64 = 4.0;

pub(super) fn no_growth(line: &Line, slope_variance: f64) -> GrowthError {
    GrowthError::NoGrowth {
        gpc_angstrom: ANGSTROM_PER_NM * line.slope,
        gpc_err_angstrom: ANGSTROM_PER_NM * slope_variance.sqrt(),
    }
}

pub(super) fn not_linear(departure: Departure, x: &[f64], y: &[f64], floor: f64) -> GrowthError {
    let line = Line::through(x, y);
    let noise = Noise::of(&line.residuals(x, y), 2, floor);
    GrowthError::NotLinear {
        departure,
        residual_std_nm: noise.variance.sqrt(),
        noise_nm: point_to_point(x, y),
        autocorrelation: noise.autocorrelation,
    }
}

/// Degree of the polynomial that can describe a slow change in `points` points: one bend in 16 points.
pub(super) fn flexible_degree(points: usize) -> usize {
    (points / 8).clamp(2, 14)
}

/// Threshold for a χ² of `extra` coefficients: six standard deviations above its mean,
/// and ten more because the noise by which it is divided is estimated, with its autocorrelation, from the same points.
pub(super) fn structure_limit(extra: usize) -> f64 {
    let extra = extra as f64;
    extra + 6.0 * (2.0 * extra).sqrt() + 10.0
}

/// Two lines that meet, if they describe the points better than one curve does.
pub(super) fn two_slopes(
    x: &[f64],
    y: &[f64],
    hinge: &Hinge,
    poly: &Polynomial,
    slow_variance: f64,
) -> Option<GrowthError> {
    // A cubic has as many coefficients as two lines and their break.
    if poly.left_by(3) < hinge.sse {
        return None;
    }
    let side = |x: &[f64], y: &[f64]| {
        let line = Line::through(x, y);
        let err = (slow_variance / line.spread).sqrt();
        let poly = Polynomial::through(x, y, flexible_degree(x.len()));
        let left = poly.left_by(usize::MAX);
        let straight = (line.sse - left) / slow_variance < structure_limit(poly.sse.len().max(3) - 2);
        (line.slope, err, straight)
    };
    let (first, first_err, first_straight) = side(&x[..=hinge.index], &y[..=hinge.index]);
    let (second, second_err, second_straight) = side(&x[hinge.index..], &y[hinge.index..]);
    let both = first > SIGNIFICANT * first_err && second > SIGNIFICANT * second_err;
    (both && first_straight && second_straight).then(|| GrowthError::TwoSlopes {
        break_cycle: x[hinge.index],
        first_gpc_angstrom: ANGSTROM_PER_NM * first,
        first_gpc_err_angstrom: ANGSTROM_PER_NM * first_err,
        second_gpc_angstrom: ANGSTROM_PER_NM * second,
        second_gpc_err_angstrom: ANGSTROM_PER_NM * second_err,
    })
}
