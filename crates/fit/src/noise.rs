//! Noise along a curve whose shape is unknown.

/// Standard deviation of independent noise along a curve, from second differences; half of them may be arbitrary
/// (0.6745 is the median of the absolute value of a normal deviate).
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let mut deviations: Vec<f64> =
        values.windows(3).map(|three| (three[0] - 2.0 * three[1] + three[2]).abs() / 6.0_f64.sqrt()).collect();
    deviations.sort_by(f64::total_cmp);
    deviations.get(deviations.len() / 2).copied().unwrap_or(0.0) / 0.6745
}
