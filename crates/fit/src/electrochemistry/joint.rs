//! Fits all peaks of a sweep together, over a straight capacitive baseline.
//!
//! i(x) = a + b·x + Σ peaks, with x the potential in the direction of the sweep. Peaks are either bells, of charge that is bound to
//! the electrode (between a Gaussian and the bell sech² of a Nernstian isotherm; its sides may differ in width), or waves of a couple that diffuses to it (see `wave`). A
//! wave goes on decaying after the sweep has turned: its extrapolated current is the baseline of the peaks of
//! the later sweeps.

use std::f64::consts::LN_2;

use super::wave;
use crate::levenberg::{FIRST_DAMPING, Limits, Problem, Search};
use crate::noise::slow_inflation;

/// The kind of peaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Of bound charge: the current returns to the baseline on both sides.
    Bell,
    /// Of a diffusing couple.
    Wave,
}

impl Shape {
    fn parameters(self) -> usize {
        if self == Self::Bell { 5 } else { 3 }
    }
}

/// A peak by which a fit begins: position and width at half height (V), height.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) x: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A fitted peak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fitted {
    pub(super) x: f64,
    pub(super) x_err: f64,
    pub(super) height: f64,
    pub(super) height_err: f64,
    /// Full width at half height of a bell, R·T/(n·F) of a wave (V).
    pub(super) width: f64,
    /// Root mean square of what the model leaves near the peak beyond the noise, relative to the height.
    pub(super) misfit: f64,
    /// Distance to the nearer end of the points used, in widths; of a wave only that before it.
    pub(super) room: f64,
}

/// Peaks of a sweep.
pub(super) struct Fit {
    pub(super) peaks: Vec<Fitted>,
    /// χ² by the noise between neighbours, number of points and parameters.
    pub(super) chi2: f64,
    pub(super) points: usize,
    pub(super) parameters: usize,
    /// Variance of slow sums of the residuals against that of independent ones.
    pub(super) inflation: f64,
}

/// Points of a fit: the more, the slower, with little gain.
const MOST_POINTS: usize = 400;
/// Least number of points within a peak's width after points are joined.
const IN_WIDTH: f64 = 16.0;

/// Fits peaks to points (potential in the direction of the sweep, current) with independent noise `sigma`. `None` if the points
/// do not determine the parameters.
pub(super) fn fit(points: &[(f64, f64)], starts: &[Start], shape: Shape, sigma: f64) -> Option<Fit> {
    let narrowest = starts.iter().map(|start| start.width).fold(f64::INFINITY, f64::min);
    let range = points[points.len() - 1].0 - points[0].0;
    let wanted = MOST_POINTS.max((IN_WIDTH * range / narrowest) as usize);
    let joined = points.len().div_ceil(wanted.max(1)).max(1);
    let means: Vec<(f64, f64)> = points
        .chunks(joined)
        .filter(|chunk| chunk.len() == joined)
        .map(|chunk| {
            let n = chunk.len() as f64;
            (chunk.iter().map(|p| p.0).sum::<f64>() / n, chunk.iter().map(|p| p.1).sum::<f64>() / n)
        })
        .collect();
    let sigma = sigma / (joined as f64).sqrt();
    let (n, per) = (means.len(), shape.parameters());
    let parameters = 2 + per * starts.len();
    if n < parameters + 4 || range <= 0.0 || sigma <= 0.0 {
        return None;
    }
    let interval = range / points.len() as f64;
    let centre = means[0].0 + 0.5 * range;
    let most = means.iter().map(|point| point.1.abs()).fold(0.0, f64::max);
    let mut lower = vec![-10.0 * most; 2];
    let mut upper = vec![10.0 * most; 2];
    let mut step = vec![f64::INFINITY; 2];
    let lowest = means.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
    let mut at = vec![if shape == Shape::Bell { lowest } else { means[n / 40].1 }, 0.0];
    for start in starts {
        let reach = start.width.max(5.0 * interval);
        match shape {
            Shape::Bell => {
                at.extend([start.height, start.x, 0.5 * start.width, 0.5 * start.width, 0.3]);
                lower.extend([0.0, start.x - reach, interval, interval, -0.5]);
                upper.extend([20.0 * most, start.x + reach, range, range, 1.5]);
                step.extend([f64::INFINITY, 0.3 * reach, 0.5 * reach, 0.5 * reach, 0.3]);
            }
            Shape::Wave => {
                // Half of a wave's rise is 2.2 units.
                at.extend([start.height, start.x, start.width / 5.0]);
                lower.extend([0.0, start.x - reach, 0.3 * interval]);
                upper.extend([20.0 * most, start.x + reach, range]);
                step.extend([f64::INFINITY, 0.3 * reach, 0.3 * reach]);
            }
        }
    }
    let mut model =
        Model { points: &means, shape, sigma, centre, half: 0.5 * range, at: at.clone(), value: vec![0.0; n] };
    let mut search = Search::new(n, parameters);
    let limits = Limits {
        lower: &lower,
        upper: &upper,
        step: &step,
        tolerance: 1e-8,
        max_iterations: 80,
        bend_after: usize::MAX,
    };
    let outcome = search.minimise(&mut model, &mut at, limits, FIRST_DAMPING);
    let errors = search.standard_errors(&mut model, &at, limits)?.to_vec();
    let residuals: Vec<f64> = means.iter().zip(&model.value).map(|(point, value)| point.1 - value).collect();
    let freedom = (n - parameters) as f64;
    let inflation = slow_inflation(&residuals, parameters.min(n / 4));
    let scale = ((outcome.cost / freedom).max(1.0) * inflation).sqrt();
    let peaks = at[2..]
        .chunks_exact(per)
        .zip(errors[2..].chunks_exact(per))
        .map(|(values, errors)| {
            let (height, x) = (values[0], values[1]);
            let width = if shape == Shape::Bell { values[2] + values[3] } else { values[2] };
            let reach = if shape == Shape::Bell { width } else { 4.0 * width };
            let near = means.iter().zip(&residuals).filter(|(point, _)| (point.0 - x).abs() < reach);
            let (count, squares) = near.fold((0, 0.0), |(count, sum), (_, r)| (count + 1, sum + r * r));
            let left = (squares / f64::from(count.max(1)) - sigma * sigma * scale.powi(2).min(1.5)).max(0.0).sqrt();
            let before = x - means[0].0;
            let room =
                if shape == Shape::Bell { before.min(means[n - 1].0 - x) / width } else { before / (5.0 * width) };
            Fitted {
                x,
                x_err: (errors[1] * scale).hypot(interval / 12.0_f64.sqrt() / 5.0),
                height,
                height_err: (errors[0] * scale).hypot(left),
                width,
                misfit: left / height.max(f64::MIN_POSITIVE),
                room,
            }
        })
        .collect::<Vec<_>>();
    let finite = peaks.iter().all(|peak| peak.height_err.is_finite() && peak.x_err.is_finite());
    finite.then_some(Fit { peaks, chi2: outcome.cost, points: n, parameters, inflation })
}

struct Model<'a> {
    points: &'a [(f64, f64)],
    shape: Shape,
    sigma: f64,
    centre: f64,
    half: f64,
    at: Vec<f64>,
    value: Vec<f64>,
}

/// arcosh √2: where sech² is half of its maximum.
const HALF: f64 = 0.881_373_587_019_543;

/// Gaussian and sech² of unit height, and their derivatives, at a distance in half widths.
fn bell(u: f64) -> (f64, f64, f64, f64) {
    let gauss = (-LN_2 * u * u).exp();
    let sech = 1.0 / (HALF * u).cosh();
    let bound = sech * sech;
    (gauss, bound, -2.0 * LN_2 * u * gauss, -2.0 * HALF * (HALF * u).tanh() * bound)
}

impl Problem for Model<'_> {
    fn residuals(&mut self, at: &[f64], r: &mut [f64]) -> f64 {
        self.at.copy_from_slice(at);
        let mut cost = 0.0;
        for ((point, value), r) in self.points.iter().zip(&mut self.value).zip(r) {
            let x = point.0;
            *value = at[0] + at[1] * (x - self.centre) / self.half;
            for peak in at[2..].chunks_exact(self.shape.parameters()) {
                *value += match (self.shape, peak) {
                    (Shape::Bell, &[height, place, left, right, share]) => {
                        let (gauss, bound, _, _) = bell((x - place) / if x < place { left } else { right });
                        height * (share * bound + (1.0 - share) * gauss)
                    }
                    (Shape::Wave, &[height, place, width]) => height * wave::wave((x - place) / width),
                    _ => 0.0,
                };
            }
            *r = (*value - point.1) / self.sigma;
            cost += *r * *r;
        }
        if cost.is_finite() { cost } else { f64::INFINITY }
    }

    fn jacobian(&mut self, j: &mut [f64]) {
        let n = self.points.len();
        let per = self.shape.parameters();
        j.fill(0.0);
        for (k, point) in self.points.iter().enumerate() {
            let x = point.0;
            j[k] = 1.0 / self.sigma;
            j[n + k] = (x - self.centre) / self.half / self.sigma;
            for (place_of, peak) in self.at[2..].chunks_exact(per).enumerate() {
                let column = |parameter: usize| (2 + per * place_of + parameter) * n + k;
                match (self.shape, peak) {
                    (Shape::Bell, &[height, place, left, right, share]) => {
                        let (side, width) = if x < place { (2, left) } else { (3, right) };
                        let u = (x - place) / width;
                        let (gauss, bound, of_gauss, of_bound) = bell(u);
                        let pull = height * (share * of_bound + (1.0 - share) * of_gauss) / width / self.sigma;
                        j[column(0)] = (share * bound + (1.0 - share) * gauss) / self.sigma;
                        j[column(1)] = -pull;
                        j[column(side)] = -u * pull;
                        j[column(4)] = height * (bound - gauss) / self.sigma;
                    }
                    (Shape::Wave, &[height, place, width]) => {
                        let u = (x - place) / width;
                        let pull = height * wave::slope(u) / width / self.sigma;
                        j[column(0)] = wave::wave(u) / self.sigma;
                        j[column(1)] = -pull;
                        j[column(2)] = -u * pull;
                    }
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn analytic_derivatives_agree_with_differences() {
        let points: Vec<(f64, f64)> = (0..120).map(|k| (0.01 * f64::from(k) - 0.003, 0.0)).collect();
        for (shape, at) in [
            (Shape::Bell, vec![1.0, 0.5, 3.0, 0.411, 0.05, 0.08, 0.3, 2.0, 0.62, 0.06, 0.05, 0.7]),
            (Shape::Wave, vec![1.0, 0.5, 3.0, 0.411, 0.026, 2.0, 0.7, 0.04]),
        ] {
            let n = points.len();
            let mut model = Model {
                points: &points,
                shape,
                sigma: 0.5,
                centre: 0.6,
                half: 0.6,
                at: at.clone(),
                value: vec![0.0; n],
            };
            let (mut above, mut below, mut jacobian) = (vec![0.0; n], vec![0.0; n], vec![0.0; n * at.len()]);
            model.residuals(&at, &mut above);
            model.jacobian(&mut jacobian);
            for k in 0..at.len() {
                let step = 1e-4 * at[k].abs();
                let mut moved = at.clone();
                moved[k] = at[k] + step;
                model.residuals(&moved, &mut above);
                moved[k] = at[k] - step;
                model.residuals(&moved, &mut below);
                let column = &jacobian[n * k..n * (k + 1)];
                let largest = column.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
                for row in 0..n {
                    let difference = (above[row] - below[row]) / (2.0 * step);
                    assert!((difference - column[row]).abs() < 0.02 * largest, "{shape:?}, parameter {k}, row {row}");
                }
            }
        }
    }
}
