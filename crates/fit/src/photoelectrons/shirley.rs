//! The Shirley background, and its dependence on the points.
//!
//! At each energy it is the value at the low-binding-energy end plus a fraction of the area of the core line up to
//! there: b(E) = b₀ + k ∫(y − b), with k such that b reaches the value at the other end. Shirley's
//! iteration ends at the b that solves this. For a given k the trapezoidal sum gives b point by point,
//! and Newton's method finds k: the same b in fewer passes, also where the iteration would oscillate.
//!
//! Source: D. A. Shirley, Phys. Rev. B 5 (1972) 4709; A. Proctor, P. M. A. Sherwood, Anal. Chem. 54
//! (1982) 13 (iteration).

use super::error::PhotoelectronError;
use super::points::Points;

/// A background.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// Background at each point (unit of the intensity), in the order of the points.
    pub values: Vec<f64>,
    /// Number of iterations until it passed through both ends.
    pub iterations: usize,
    /// Mean of the points at the low-binding-energy end.
    pub low_value: f64,
    /// Mean of the points at the high-binding-energy end.
    pub high_value: f64,
    /// Area below the background (intensity × eV).
    pub area: f64,
}

const MAX_ITERATIONS: usize = 60;

/// The Shirley background of a region.
///
/// `endpoint_mean_of` points at each end give the end values. Energies (eV, binding) may ascend,
/// descend or be in any order; `values` are in the order of the input.
///
/// # Errors
///
/// [`PhotoelectronError`] for values that are not numbers, fewer than 2 · `endpoint_mean_of` + 1
/// points, or a region without signal above the ends.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::photoelectrons::{shirley, PhotoelectronError};
/// let background = shirley(&[530.0, 531.0, 532.0, 533.0, 534.0], &[10.0, 10.0, 50.0, 20.0, 20.0], 1)?;
/// assert_eq!((background.low_value, background.high_value), (10.0, 20.0));
/// assert!(background.values[2] > 10.0 && background.values[2] < 20.0);
/// # Ok::<(), PhotoelectronError>(())
/// ```
pub fn shirley(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    endpoint_mean_of: usize,
) -> Result<Background, PhotoelectronError> {
    let points = Points::new(binding_energy_ev, intensity, None)?;
    let (mut background, _) = Response::of(&points, endpoint_mean_of)?;
    let ascending = background.values.clone();
    for (&k, value) in points.order.iter().zip(ascending) {
        background.values[k] = value;
    }
    Ok(background)
}

/// Dependence of the background on the points.
pub(super) struct Response {
    /// k·ΔE/2 of each step.
    half: Vec<f64>,
    /// ∂b/∂k at each point.
    by_k: Vec<f64>,
    ends: usize,
}

impl Response {
    /// The background of sorted points, and its response.
    pub(super) fn of(points: &Points, ends: usize) -> Result<(Background, Self), PhotoelectronError> {
        if ends == 0 {
            return Err(PhotoelectronError::OptionOutOfRange {
                expected: "an end value from at least 1 point",
                found: 0.0,
            });
        }
        points.need(ends.saturating_mul(2).saturating_add(1))?;
        let (x, y) = (&points.energy_ev[..], &points.intensity[..]);
        let n = x.len();
        let low_value = y[..ends].iter().sum::<f64>() / ends as f64;
        let high_value = y[n - ends..].iter().sum::<f64>() / ends as f64;
        let steps: Vec<f64> = x.windows(2).map(|pair| 0.5 * (pair[1] - pair[0])).collect();
        let (mut b, mut by_k) = (vec![low_value; n], vec![0.0; n]);
        let largest = y.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        let mut k = 0.0;
        let mut iterations = 0;
        // If b and both ends agree, only rounding error is left.
        let enough = 1e-13 * largest;
        loop {
            let miss = high_value - pass(&steps, y, k, &mut b, &mut by_k);
            if miss.abs() <= enough {
                break;
            }
            let slope = by_k[n - 1];
            // At k = 0 a slope that is not positive means that there is no signal above the low end; later, that b
            // has exceeded the points before it reached the high end.
            if iterations == 0 && (slope <= 0.0 || slope.is_nan()) {
                let area = steps.iter().zip(y.windows(2)).map(|(s, y)| s * (y[0] + y[1] - 2.0 * low_value)).sum();
                return Err(PhotoelectronError::NoLine { low_value, high_value, area });
            }
            let change = miss / slope;
            if change.abs() <= 4.0 * f64::EPSILON * k.abs() {
                break;
            }
            iterations += 1;
            if iterations > MAX_ITERATIONS || !(slope > 0.0 && (k + change).is_finite()) {
                return Err(PhotoelectronError::BackgroundNotFound { low_value, high_value, iterations });
            }
            k += change;
        }
        let above: f64 = steps.iter().enumerate().map(|(i, s)| s * (y[i] + y[i + 1] - b[i] - b[i + 1])).sum();
        if !(above > 0.0 && b.iter().all(|value| value.is_finite())) {
            return Err(PhotoelectronError::NoLine { low_value, high_value, area: above });
        }
        let area = steps.iter().zip(b.windows(2)).map(|(s, b)| s * (b[0] + b[1])).sum();
        let half = steps.iter().map(|step| k * step).collect();
        Ok((Background { values: b, iterations, low_value, high_value, area }, Self { half, by_k, ends }))
    }

    /// Number of points whose mean is an end value.
    pub(super) fn ends(&self) -> usize {
        self.ends
    }

    /// Adds −∂(Σ vᵢbᵢ)/∂yⱼ to `out`: the contribution of the background to the derivative of a quantity that
    /// depends on y − b as Σ vᵢ(yᵢ − bᵢ).
    pub(super) fn subtract_transposed(&self, v: &[f64], out: &mut [f64]) {
        let n = v.len();
        let last = self.by_k[n - 1];
        // A change of the high end changes k; k also keeps b at that end when the points change.
        let high: f64 = v.iter().zip(&self.by_k).map(|(v, d)| v * d).sum::<f64>() / last;
        let mut carried = v[n - 1] - high;
        for i in (0..n - 1).rev() {
            let c = self.half[i];
            let share = carried / (1.0 + c);
            out[i] -= c * share;
            out[i + 1] -= c * share;
            carried = v[i] + share * (1.0 - c);
        }
        let ends = self.ends as f64;
        out[..self.ends].iter_mut().for_each(|out| *out -= carried / ends);
        out[n - self.ends..].iter_mut().for_each(|out| *out -= high / ends);
    }

    /// ∂b/∂(low value) and ∂b/∂(high value) at each point.
    pub(super) fn by_ends(&self) -> (Vec<f64>, Vec<f64>) {
        let last = self.by_k[self.by_k.len() - 1];
        let high: Vec<f64> = self.by_k.iter().map(|d| d / last).collect();
        let mut low = vec![1.0; high.len()];
        for (i, c) in self.half.iter().enumerate() {
            low[i + 1] = low[i] * (1.0 - c) / (1.0 + c);
        }
        let rest = low[low.len() - 1];
        low.iter_mut().zip(&high).for_each(|(low, high)| *low -= rest * high);
        (low, high)
    }
}

/// b and ∂b/∂k for a given k, from the low-energy end; returns the last b.
fn pass(steps: &[f64], y: &[f64], k: f64, b: &mut [f64], by_k: &mut [f64]) -> f64 {
    let (mut value, mut slope) = (b[0], 0.0);
    for (i, &step) in steps.iter().enumerate() {
        let c = k * step;
        let inverse = 1.0 / (1.0 + c);
        let keep = (1.0 - c) * inverse;
        let both = y[i] + y[i + 1];
        let next = value * keep + c * both * inverse;
        slope = slope * keep + step * (both - value - next) * inverse;
        value = next;
        b[i + 1] = value;
        by_k[i + 1] = slope;
    }
    value
}
