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

/// The quiet part of a sweep, as a range of its points, and the line through it. It grows from the initial `share` of the
/// points while the next ones follow the line; the transient at its beginning, by which the double layer is charged, is
/// left out.
pub(super) fn quiet_part(scan: &[(f64, f64)], share: f64) -> (std::ops::Range<usize>, Baseline) {
    let n = scan.len();
    let step = (n / 50).max(2);
    let mut begin = n / 50;
    let mut end = begin + ((n as f64 * share) as usize).clamp(8, n - begin);
    let deviates = |line: &Baseline, part: &[(f64, f64)]| {
        let mean = part.iter().map(|(v, i)| i - line.at(*v)).sum::<f64>() / part.len() as f64;
        mean.abs() > LEAVES * line.error_of_mean(part[part.len() / 2].0, part.len())
    };
    let most = begin + (end - begin) / 2;
    while begin + step <= most && deviates(&Baseline::over(&scan[begin + step..end]), &scan[begin..begin + step]) {
        begin += step;
    }
    let mut line = Baseline::over(&scan[begin..end]);
    while end + step <= n && !deviates(&line, &scan[end..end + step]) {
        end += step;
        line = Baseline::over(&scan[begin..end]);
    }
    (begin..end, line)
}
