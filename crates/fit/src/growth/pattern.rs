//! The pattern that the cycles of a mixture make around a line.

/// Removes from thicknesses at the ends of cycles the pattern that repeats with every supercycle of `period` cycles.
///
/// The cycles of a mixture grow differently; against the cycle number this is a pattern around a line, not noise. It is
/// found in the second half of the scan, as the mean deviation from the mean over one period around each cycle.
#[must_use]
pub fn without_pattern(points: &[(f64, f64)], period: usize) -> Vec<(f64, f64)> {
    let n = points.len();
    if period < 2 || n < 4 * period {
        return points.to_vec();
    }
    let phase = |cycle: f64| (cycle.round() as i64).rem_euclid(period as i64) as usize;
    let (mut sums, mut counts) = (vec![0.0; period], vec![0_usize; period]);
    let half = period / 2;
    for place in (n / 2).max(half)..n - half {
        // In a window of even period, both ends count half.
        let window = &points[place - half..=place + half];
        let mut sum: f64 = window.iter().map(|point| point.1).sum();
        if period.is_multiple_of(2) {
            sum -= 0.5 * (window[0].1 + window[window.len() - 1].1);
        }
        let of = phase(points[place].0);
        sums[of] += points[place].1 - sum / period as f64;
        counts[of] += 1;
    }
    if counts.contains(&0) {
        return points.to_vec();
    }
    let pattern: Vec<f64> = sums.iter().zip(&counts).map(|(sum, count)| sum / *count as f64).collect();
    let mean = pattern.iter().sum::<f64>() / period as f64;
    points.iter().map(|(cycle, thickness)| (*cycle, thickness - (pattern[phase(*cycle)] - mean))).collect()
}
