//! Where a current that leaves its baseline begins to rise.
//!
//! The excess around the point at which it becomes significant is described by A·(v − v₀)ᵖ from v₀ on (p = 0, 0.5, 1, 1.5, 2, 3) and by
//! an exponential, which has no beginning: for that the beginning is the potential at which it reaches the limit of
//! detection. Every model and every place is weighted by its likelihood; the answer is the mean, and its uncertainty holds both
//! the noise and the choice of the model.

/// Noise by which the excess is weighted.
pub(super) struct Scatter {
    /// Standard deviation of a point (µA/cm²).
    pub(super) std: f64,
    /// Variance of slow sums against that of independent points.
    pub(super) inflation: f64,
    /// The limit of detection (µA/cm²).
    pub(super) limit: f64,
}

/// Exponents of v − v₀.
const POWERS: [f64; 6] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0];
/// Places and scales that are tried for each model.
const TRIALS: u32 = 240;
/// Relative deviation from these models that a real current may have.
const OF_MODEL: f64 = 0.03;
/// Multiples of the limit of detection up to which the rise is used.
const HIGHEST: f64 = 12.0;
/// Part of the distance between the beginning and the point at which the rise is visible that is uncertain: nobody knows its shape below
/// the noise.
const HIDDEN: f64 = 0.2;
/// Least number of points on the rise.
const LEAST_RISING: usize = 6;

/// Beginning and its standard uncertainty (V) of the rise whose first significant point is `first`; points are potential and
/// excess over the baseline, those before `begin` are not used.
pub(super) fn beginning(points: &[(f64, f64)], begin: usize, first: usize, noise: &Scatter) -> (f64, f64) {
    let n = points.len();
    let mut end = first;
    let mut highest = 0.0_f64;
    while end < n {
        let excess = points[end].1;
        highest = highest.max(excess);
        let falls = excess < 0.7 * highest - noise.limit;
        if end - first >= LEAST_RISING && (falls || points[end - 1].1 > HIGHEST * noise.limit) {
            break;
        }
        end += 1;
    }
    let from = first.saturating_sub((2 * (end - first)).max(12)).max(begin.min(first.saturating_sub(1)));
    let part = &points[from..end];
    let (low, high) = (part[0].0, points[first].0);
    let interval = (part[part.len() - 1].0 - low) / (part.len() - 1).max(1) as f64;
    if interval <= 0.0 {
        return (high, interval.abs());
    }
    let weights: Vec<f64> =
        part.iter().map(|(_, e)| 1.0 / (noise.std.powi(2) + (OF_MODEL * e.max(0.0)).powi(2))).collect();
    // χ² of a shape of free height, that height, which is not negative.
    let fit = |shape: &dyn Fn(f64) -> f64| {
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for ((v, e), w) in part.iter().zip(&weights) {
            let x = shape(*v);
            xx += w * x * x;
            xy += w * x * e;
            yy += w * e * e;
        }
        let height = if xx > 0.0 { (xy / xx).max(0.0) } else { 0.0 };
        (yy - height * (2.0 * xy - height * xx), height)
    };
    let share = |trial: u32| (f64::from(trial) + 0.5) / f64::from(TRIALS);
    let mut found: Vec<(f64, f64, f64)> = Vec::with_capacity((POWERS.len() + 1) * TRIALS as usize);
    for power in POWERS {
        found.extend((0..TRIALS).map(|trial| {
            let start = low + share(trial) * (high - low);
            let shape = |v: f64| if v < start { 0.0 } else { ((v - start) / interval).powf(power) };
            (start, fit(&shape).0, 0.0)
        }));
    }
    let (shortest, longest) = (0.3 * interval, part[part.len() - 1].0 - low);
    found.extend((0..TRIALS).filter_map(|trial| {
        let scale = shortest * (longest / shortest).powf(share(trial));
        let (chi2, height) = fit(&|v: f64| ((v - high) / scale).exp());
        // Where an exponential reaches a limit is as uncertain as the limit, which is known to one standard deviation.
        let visible = || (high + scale * (noise.limit / height).ln()).clamp(low, points[end - 1].0);
        (height > 0.0).then(|| (visible(), chi2, scale * noise.std / noise.limit))
    }));
    let least = found.iter().map(|(_, chi2, _)| *chi2).fold(f64::INFINITY, f64::min);
    // If no model describes the excess within its noise, all are less certain.
    let freedom = part.len().saturating_sub(2).max(1) as f64;
    let temperature = noise.inflation.max(least / freedom).max(1.0);
    let weight = |chi2: f64| (-0.5 * (chi2 - least) / temperature).exp();
    let total: f64 = found.iter().map(|(_, chi2, _)| weight(*chi2)).sum();
    let mean = found.iter().map(|(v, chi2, _)| weight(*chi2) * v).sum::<f64>() / total;
    let square = |(v, chi2, own): &(f64, f64, f64)| weight(*chi2) * ((v - mean).powi(2) + own * own);
    let variance = found.iter().map(square).sum::<f64>() / total;
    let hidden = HIDDEN * (high - mean).max(0.0);
    let grid = (high - low) / f64::from(TRIALS);
    (mean, (variance + hidden * hidden + (interval * interval + grid * grid) / 12.0).sqrt())
}
