//! The straight baseline through the quiet part of a sweep, and the noise about it.

use crate::noise::{deviation, slow_inflation};

/// A line by least squares over points whose noise may be correlated.
pub(super) struct Baseline {
    mean_v: f64,
    mean_i: f64,
    slope: f64,
    sxx: f64,
    n: f64,
    /// Standard deviation of a point about the line.
    pub(super) std: f64,
    /// Variance of slow sums of the noise against that of independent points.
    pub(super) inflation: f64,
}

impl Baseline {
    pub(super) fn over(points: &[(f64, f64)]) -> Self {
        let n = points.len() as f64;
        let (mean_v, mean_i) =
            (points.iter().map(|point| point.0).sum::<f64>() / n, points.iter().map(|point| point.1).sum::<f64>() / n);
        let (mut sxx, mut sxy) = (0.0, 0.0);
        for (v, i) in points {
            sxx += (v - mean_v).powi(2);
            sxy += (v - mean_v) * (i - mean_i);
        }
        let slope = if sxx > 0.0 { sxy / sxx } else { 0.0 };
        let residuals: Vec<f64> = points.iter().map(|(v, i)| i - mean_i - slope * (v - mean_v)).collect();
        let squares: f64 = residuals.iter().map(|r| r * r).sum();
        let inflation = slow_inflation(&residuals, 2);
        // The line takes up about as many independent points as it has parameters.
        let taken = (2.0 * inflation).min(0.6 * n);
        let std = (squares / (n - taken).max(1.0)).sqrt().max(deviation(&residuals));
        Self { mean_v, mean_i, slope, sxx, n, std, inflation }
    }

    pub(super) fn at(&self, v: f64) -> f64 {
        self.mean_i + self.slope * (v - self.mean_v)
    }

    /// Standard uncertainty of the line.
    pub(super) fn error_at(&self, v: f64) -> f64 {
        let distance = if self.sxx > 0.0 { (v - self.mean_v).powi(2) / self.sxx } else { 0.0 };
        self.std * (self.inflation * (1.0 / self.n + distance)).sqrt()
    }

    /// Standard uncertainty of the difference between the mean of `count` points near `v` and the line.
    pub(super) fn error_of_mean(&self, v: f64, count: usize) -> f64 {
        let independent = (count as f64 / self.inflation).max(1.0);
        (self.std * self.std / independent + self.error_at(v).powi(2)).sqrt()
    }
}

/// Mean deviations of the next points from the line, in their standard uncertainties, at which they are no longer quiet.
const LEAVES: f64 = 3.5;

/// Curvature of an initial part, in its standard uncertainties, at which it is not quiet.
const CURVED: f64 = 3.0;
/// Least number of points of an initial part.
const LEAST: usize = 8;

/// The quiet part of a sweep.
pub(super) struct Quiet {
    /// Its points.
    pub(super) points: std::ops::Range<usize>,
    /// The line through it.
    pub(super) line: Baseline,
    /// Whether it is curved.
    pub(super) is_curved: bool,
}

/// The quiet part of a sweep and the line through it. It begins with the longest of some initial parts that is straight, at most `share` of the
/// points, and grows while the next points follow the line; the transient at the beginning, by which the double layer is charged, is
/// left out.
pub(super) fn quiet_part(scan: &[(f64, f64)], share: f64) -> Quiet {
    let n = scan.len();
    let step = (n / 50).max(2);
    let deviates = |line: &Baseline, part: &[(f64, f64)]| {
        let mean = part.iter().map(|(v, i)| i - line.at(*v)).sum::<f64>() / part.len() as f64;
        mean.abs() > LEAVES * line.error_of_mean(part[part.len() / 2].0, part.len())
    };
    let initial = |share: f64| {
        let mut begin = n / 50;
        let end = begin + ((n as f64 * share) as usize).clamp(LEAST, n - begin);
        let most = begin + (end - begin) / 2;
        while begin + step <= most && deviates(&Baseline::over(&scan[begin + step..end]), &scan[begin..begin + step]) {
            begin += step;
        }
        begin..end
    };
    let parts = [share, 0.5 * share, 0.2 * share].map(initial);
    let straight = parts.iter().find(|part| curvature(&scan[(*part).clone()]) < CURVED);
    let is_curved = straight.is_none();
    let std::ops::Range { start: begin, mut end } = straight.unwrap_or(&parts[2]).clone();
    let mut line = Baseline::over(&scan[begin..end]);
    while end + step <= n && !deviates(&line, &scan[end..end + step]) {
        end += step;
        line = Baseline::over(&scan[begin..end]);
    }
    // A part that grew along a curve is not straight as a whole; the foot of a rise may be in it.
    let is_curved = is_curved || curvature(&scan[begin..end]) > 2.0 * CURVED;
    Quiet { points: begin..end, line, is_curved }
}

/// The quadratic term of a parabola through points, in its standard uncertainties; correlated noise counts.
fn curvature(points: &[(f64, f64)]) -> f64 {
    let line = Baseline::over(points);
    let (first, last) = (points[0].0, points[points.len() - 1].0);
    let place = |v: f64| if last > first { 2.0 * (v - first) / (last - first) - 1.0 } else { 0.0 };
    // The square without its own line.
    let squares: Vec<(f64, f64)> = points.iter().map(|(v, _)| (*v, place(*v).powi(2))).collect();
    let of_squares = Baseline::over(&squares);
    let (mut pp, mut pr) = (0.0, 0.0);
    for ((v, i), (_, square)) in points.iter().zip(&squares) {
        let p = square - of_squares.at(*v);
        pp += p * p;
        pr += p * (i - line.at(*v));
    }
    if pp <= 0.0 {
        return 0.0;
    }
    let term = pr / pp;
    let left =
        points.iter().zip(&squares).map(|((v, i), (_, square))| i - line.at(*v) - term * (square - of_squares.at(*v)));
    let left: Vec<f64> = left.collect();
    let n = points.len() as f64;
    let variance = left.iter().map(|r| r * r).sum::<f64>() / (n - 3.0).max(1.0) * slow_inflation(&left, 3);
    if variance > 0.0 { term.abs() * (pp / variance).sqrt() } else { 0.0 }
}
