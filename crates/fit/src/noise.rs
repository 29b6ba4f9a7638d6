//! Noise along a curve whose shape is unknown, and noise whose neighbours are correlated.

/// The upper median; `None` without values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Standard deviation of independent noise along a curve, from second differences; half of them may be arbitrary
/// (0.6745 is the median of the absolute value of a normal deviate).
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let deviations: Vec<f64> =
        values.windows(3).map(|three| (three[0] - 2.0 * three[1] + three[2]).abs() / 6.0_f64.sqrt()).collect();
    median(&deviations).unwrap_or(0.0) / 0.6745
}

/// Least number of blocks from which the variance of their means is estimated.
const LEAST_BLOCKS: usize = 8;

/// The variance of slow sums of noise against that of independent points, at least 1, from the residuals of a fit with
/// `parameters`.
///
/// The larger of two estimates: (1 + ρ)/(1 − ρ) with ρ the correlation of neighbours, exact for noise that forgets
/// exponentially; and b times the variance of the means of blocks of b points over that of points, for the b that gives
/// most, less its own standard error: noise with a 1/f spectrum has more in long blocks than neighbours show.
/// Residuals correlate less than the noise does, because the fit follows it: by about `parameters`/n.
pub(crate) fn slow_inflation(residuals: &[f64], parameters: usize) -> f64 {
    let (n, p) = (residuals.len() as f64, parameters as f64);
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    if !(squares > 0.0 && squares.is_finite()) || n < 2.0 * p + 2.0 {
        return 1.0;
    }
    let products: f64 = residuals.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let correlation = ((n * products / squares + p) / (n - 2.0 * p)).clamp(0.0, 0.97);
    let mut most = (1.0 + correlation) / (1.0 - correlation);
    let variance = squares / (n - p);
    let mut length = 2;
    // A fit of many parameters follows the noise over long blocks.
    while residuals.len() / length >= LEAST_BLOCKS.max(3 * parameters) {
        let blocks = residuals.len() / length;
        let sums: f64 = residuals.chunks_exact(length).map(|block| block.iter().sum::<f64>().powi(2)).sum();
        let of_blocks = sums / length as f64 / (blocks as f64 - p).max(1.0);
        most = most.max(of_blocks / variance / (1.0 + (2.0 / blocks as f64).sqrt()));
        length *= 2;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::Noise;

    #[test]
    fn independent_noise_is_hardly_inflated_and_correlated_noise_by_its_slow_part() {
        let mut of_white: Vec<f64> = (0..200)
            .map(|seed| {
                let mut noise = Noise::new(seed);
                let values: Vec<f64> = (0..400).map(|_| noise.normal()).collect();
                slow_inflation(&values, 2)
            })
            .collect();
        of_white.sort_by(f64::total_cmp);
        assert!(of_white[100] < 1.2 && of_white[190] < 1.6, "{} {}", of_white[100], of_white[190]);
        let mut of_slow: Vec<f64> = (0..200)
            .map(|seed| {
                let mut noise = Noise::new(1000 + seed);
                let mut value = 0.0;
                let values = (0..400).map(|_| {
                    value = 0.8 * value + noise.normal();
                    value
                });
                slow_inflation(&values.collect::<Vec<f64>>(), 2)
            })
            .collect();
        of_slow.sort_by(f64::total_cmp);
        // (1 + 0.8)/(1 - 0.8).
        assert!((7.0..=13.0).contains(&of_slow[100]), "{}", of_slow[100]);
    }
}
