//! Noise of a fit that is correlated along a coordinate, such as the logarithm of the frequency.
//!
//! Residuals are taken as independent noise plus a slow part, whose correlation falls as exp(−distance/length). The
//! restricted likelihood of each size and length of the slow part allows for the share of the noise that the fit has followed:
//! residuals alone show too little of it. It comes from a Kalman filter, in a time proportional to the number of points.
//! Variances are averaged over all sizes and lengths by their likelihood, so that they include how little is known of a slow
//! part of which the residuals hold few periods.
//!
//! Source: H. D. Patterson, R. Thompson, Biometrika 58 (1971) 545 (restricted likelihood); R. H. Jones, Technometrics 22
//! (1980) 389 (the filter for unequal distances); R. E. Kass, A. E. Raftery, J. Am. Stat. Assoc. 90 (1995) 773 (averages).

use crate::levenberg::dot;

/// Noise with a slow part of one length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slow {
    /// Distance at which the correlation has fallen to 1/e.
    length: f64,
    /// Variance of the slow part, times the probability of the length.
    variance: f64,
}

/// What the residuals of a fit consist of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Correlated {
    /// Variance of the independent part.
    pub(crate) independent: f64,
    /// The slow part, by its lengths.
    slow: Vec<Slow>,
    /// Twice the logarithm by which the greatest likelihood exceeds that of independent noise.
    pub(crate) evidence: f64,
    /// Size (in independent variances) and length of greatest likelihood.
    best: (f64, f64),
}

/// Columns that depend on the others to this fraction of their norm say nothing.
const DEPENDENT: f64 = 1e-7;
/// Factors from one length, or one variance in parts of the independent one, to the next.
const LENGTH_FACTOR: f64 = 2.0;
const SIZE_FACTOR: f64 = 3.0;
const SMALLEST_SIZE: f64 = 0.02;
const LARGEST_SIZE: f64 = 2e4;
/// Evidence below this is found in independent noise, too, in about one of a hundred fits.
pub(crate) const EVIDENT: f64 = 6.0;

impl Correlated {
    /// From the residuals at the minimum, and the derivatives of the residuals by the parameters, column by column. `gaps` are
    /// the distances of the rows from those before, infinite where a new run begins.
    pub(crate) fn of(residuals: &[f64], jacobian: &[f64], gaps: &[f64]) -> Self {
        let n = residuals.len();
        let (mut columns, live) = independent_columns(jacobian, n);
        let cost = dot(residuals, residuals);
        let independent = cost / n.saturating_sub(live).max(1) as f64;
        let alone = Self { independent, slow: Vec::new(), evidence: 0.0, best: (0.0, 1.0) };
        let mut distances: Vec<f64> = gaps.iter().copied().filter(|gap| gap.is_finite() && *gap > 0.0).collect();
        if n < live + 4 || distances.is_empty() || cost <= 0.0 {
            return alone;
        }
        let runs = gaps.iter().filter(|gap| gap.is_infinite()).count().max(1);
        let extent = distances.iter().sum::<f64>() / runs as f64;
        distances.sort_by(f64::total_cmp);
        let spacing = distances[distances.len() / 2];
        columns.extend_from_slice(residuals);

        let mut tried = vec![(0.0, spacing, Likelihood::of(&columns, gaps, 0.0, spacing))];
        let mut length = spacing;
        while length <= extent.max(spacing) {
            let mut size = SMALLEST_SIZE;
            while size < LARGEST_SIZE {
                tried.push((size, length, Likelihood::of(&columns, gaps, size, length)));
                size *= SIZE_FACTOR;
            }
            length *= LENGTH_FACTOR;
        }
        let highest = tried.iter().map(|(.., found)| found.logarithm).fold(f64::NEG_INFINITY, f64::max);
        // No slow part is as probable beforehand as all slow parts together.
        let prior = |size: f64| if size > 0.0 { 1.0 / (tried.len() - 1) as f64 } else { 1.0 };
        let weights: Vec<f64> =
            tried.iter().map(|(size, _, found)| prior(*size) * (found.logarithm - highest).exp()).collect();
        let total: f64 = weights.iter().sum();
        let mut averaged = Self { independent: 0.0, evidence: 2.0 * (highest - tried[0].2.logarithm), ..alone };
        for ((size, length, found), weight) in tried.iter().zip(&weights) {
            let share = weight / total;
            averaged.independent += share * found.variance;
            if found.logarithm >= highest {
                averaged.best = (*size, *length);
            }
            let variance = share * size * found.variance;
            match averaged.slow.last_mut() {
                Some(slow) if slow.length.total_cmp(length).is_eq() => slow.variance += variance,
                _ => averaged.slow.push(Slow { length: *length, variance }),
            }
        }
        averaged
    }

    /// Variance of the slow part.
    pub(crate) fn slow_variance(&self) -> f64 {
        self.slow.iter().map(|slow| slow.variance).sum()
    }

    /// aᵀ·V·b of two columns, V the covariance of the slow part.
    pub(crate) fn slow_between(&self, a: &[f64], b: &[f64], gaps: &[f64]) -> f64 {
        self.slow.iter().map(|slow| slow.variance * correlated_product(a, b, gaps, slow.length)).sum()
    }

    /// By how many of its standard errors a further column differs from zero, if the slow part is estimated beside it: what
    /// the column explains no longer counts as slow.
    pub(crate) fn significance(residuals: &[f64], jacobian: &[f64], further: &[f64], gaps: &[f64]) -> f64 {
        let both = [jacobian, further].concat();
        let found = Self::of(residuals, &both, gaps);
        let (size, length) = if found.evidence > EVIDENT { found.best } else { (0.0, 1.0) };
        let left = |jacobian: &[f64]| {
            let (mut columns, live) = independent_columns(jacobian, residuals.len());
            columns.extend_from_slice(residuals);
            let freedom = residuals.len().saturating_sub(live).max(1) as f64;
            (Likelihood::of(&columns, gaps, size, length).variance, freedom)
        };
        let ((without, freedom), (with, freedom_with)) = (left(jacobian), left(&both));
        ((without * freedom - with * freedom_with).max(0.0) / with).sqrt()
    }
}

/// aᵀ·C·b, C the correlation exp(−distance/length).
fn correlated_product(a: &[f64], b: &[f64], gaps: &[f64], length: f64) -> f64 {
    let (mut past_a, mut past_b, mut sum) = (0.0, 0.0, 0.0);
    for ((a, b), gap) in a.iter().zip(b).zip(gaps) {
        let kept = (-gap / length).exp();
        past_a *= kept;
        past_b *= kept;
        sum += a * b + a * past_b + b * past_a;
        past_a += a;
        past_b += b;
    }
    sum
}

/// Orthonormal columns of the same range, without those that depend on others; and how many there are.
fn independent_columns(columns: &[f64], n: usize) -> (Vec<f64>, usize) {
    let mut kept = Vec::with_capacity(columns.len() + n);
    let mut count = 0;
    for column in columns.chunks_exact(n) {
        let norm = dot(column, column).sqrt();
        kept.extend(column.iter().map(|value| value / norm));
        if norm > 0.0 && orthonormalise(&mut kept, n, count) > DEPENDENT {
            count += 1;
        }
        kept.truncate(n * count);
    }
    (kept, count)
}

/// Makes column `k` orthogonal to those before and of norm 1; returns the norm that was left.
fn orthonormalise(columns: &mut [f64], n: usize, k: usize) -> f64 {
    let (before, rest) = columns.split_at_mut(n * k);
    let own = &mut rest[..n];
    let mut norm = 0.0;
    // Twice is enough (W. Kahan): the first pass leaves rounding of the size of what it removes.
    for _ in 0..2 {
        for other in before.chunks_exact(n) {
            let share = dot(other, own);
            own.iter_mut().zip(other).for_each(|(own, other)| *own -= share * other);
        }
        norm = dot(own, own).sqrt();
    }
    if norm > 0.0 {
        own.iter_mut().for_each(|value| *value /= norm);
    }
    norm
}

struct Likelihood {
    logarithm: f64,
    variance: f64,
}

impl Likelihood {
    /// Of `columns` (the derivatives, then the residuals), with a slow part of `size` times the variance of the independent
    /// one, which is estimated.
    fn of(columns: &[f64], gaps: &[f64], size: f64, length: f64) -> Self {
        let n = gaps.len();
        let count = columns.len() / n;
        let mut white = vec![0.0; columns.len()];
        let mut means = vec![0.0; count];
        let mut variance = size;
        let mut determinant = 0.0;
        for (row, gap) in gaps.iter().enumerate() {
            let kept = (-gap / length).exp();
            variance = kept * kept * variance + size * (1.0 - kept * kept);
            let total = variance + 1.0;
            determinant += total.ln();
            let (gain, scale) = (variance / total, 1.0 / total.sqrt());
            for (k, mean) in means.iter_mut().enumerate() {
                *mean *= kept;
                let off = columns[n * k + row] - *mean;
                white[n * k + row] = scale * off;
                *mean += gain * off;
            }
            variance /= total;
        }
        let (mut norms, mut left) = (0.0, 0.0);
        for k in 0..count {
            let norm = orthonormalise(&mut white, n, k);
            if k + 1 < count {
                norms += 2.0 * norm.max(f64::MIN_POSITIVE).ln();
            } else {
                left = norm * norm;
            }
        }
        let freedom = (n + 1 - count) as f64;
        let variance = left / freedom;
        Self { logarithm: -0.5 * (freedom * variance.max(f64::MIN_POSITIVE).ln() + determinant + norms), variance }
    }
}

#[cfg(test)]
mod tests {
    use test_support::Noise;

    use super::*;

    /// The variance of a fitted mean, by the estimated noise against the one that is true, over many series.
    fn ratio(slow: f64, correlation: f64) -> f64 {
        let (mut claimed, mut true_one) = (0.0, 0.0);
        let mut noise = Noise::new(11);
        let n = 80;
        let gaps: Vec<f64> = (0..n).map(|k| if k % 40 == 0 { f64::INFINITY } else { 1.0 }).collect();
        let ones = vec![1.0; n];
        for _ in 0..300 {
            let mut state = 0.0;
            let series: Vec<f64> = gaps
                .iter()
                .map(|gap| {
                    let kept = if gap.is_finite() { correlation } else { 0.0 };
                    state = kept * state + (1.0 - kept * kept).sqrt() * noise.normal();
                    slow * state + noise.normal()
                })
                .collect();
            let mean = series.iter().sum::<f64>() / n as f64;
            let residuals: Vec<f64> = series.iter().map(|value| value - mean).collect();
            let found = Correlated::of(&residuals, &ones, &gaps);
            claimed += (found.independent * n as f64 + found.slow_between(&ones, &ones, &gaps)) / (n * n) as f64;
            true_one += mean * mean;
        }
        claimed / true_one
    }

    #[test]
    fn the_variance_of_a_mean_is_that_of_the_noise_independent_or_slow() {
        for (slow, correlation) in [(0.0, 0.0), (1.0, 0.5), (2.0, 0.9)] {
            let ratio = ratio(slow, correlation);
            println!("{slow} {correlation}: {ratio}");
            assert!((0.8..=1.8).contains(&ratio), "{slow} {correlation}: {ratio}");
        }
    }

    #[test]
    fn a_column_that_is_there_is_significant_and_slow_noise_is_not() {
        let mut noise = Noise::new(5);
        let n = 60;
        let gaps: Vec<f64> = (0..n).map(|k| if k == 0 { f64::INFINITY } else { 1.0 }).collect();
        let ones = vec![1.0; n];
        let ramp: Vec<f64> = (0..n).map(|k| k as f64 / n as f64).collect();
        let mut false_alarms = 0;
        for _ in 0..50 {
            let mut state = 0.0;
            let slow: Vec<f64> = (0..n)
                .map(|_| {
                    state = 0.9 * state + 0.44 * noise.normal();
                    state
                })
                .collect();
            false_alarms += usize::from(Correlated::significance(&slow, &ones, &ramp, &gaps) > 4.0);
            let there: Vec<f64> = ramp.iter().map(|ramp| 5.0 * ramp + noise.normal()).collect();
            assert!(Correlated::significance(&there, &ones, &ramp, &gaps) > 4.0);
        }
        assert!(false_alarms <= 3, "{false_alarms} of 50");
    }
}
