//! Background and noise of a pattern: running median, Gaussian smoothing, noise between neighbours.

/// A pattern in counts, by angle.
pub(super) struct Counts {
    /// Angles 2θ (deg), ascending.
    pub(super) x: Vec<f64>,
    /// Counts, zero or positive.
    pub(super) y: Vec<f64>,
    /// Variance of a point over its mean: 1 for counts, more where a point was counted for less time or behind an attenuator.
    pub(super) v: Vec<f64>,
}

/// A smoothed pattern.
pub(super) struct Smoothed {
    /// Counts per point.
    pub(super) value: Vec<f64>,
    /// 1/Σw²v of the weights: the effective number of points averaged in each value.
    pub(super) points: Vec<f64>,
}

/// Near the ends the window stays symmetric, but no narrower than this fraction of it: with a one-sided window, the
/// median of a slope is not its value at the end.
const END_SHARE: f64 = 0.25;

/// The median of all points within `half_width` (deg) of each.
pub(super) fn running_median(counts: &Counts, half_width: f64) -> Vec<f64> {
    let Counts { x, y, .. } = counts;
    let n = x.len();
    // The window's counts in order: with a few hundred points, insertion is a short move of memory.
    let mut window: Vec<f64> = Vec::with_capacity(n.min(4096));
    let (mut low, mut high) = (0, 0);
    let mut out = Vec::with_capacity(n);
    for &centre in x {
        let end = (centre - x[0]).min(x[n - 1] - centre);
        let half = half_width.min(end.max(END_SHARE * half_width));
        while high < n && x[high] <= centre + half {
            let place = window.partition_point(|&value| value < y[high]);
            window.insert(place, y[high]);
            high += 1;
        }
        // Near the far end the window shrinks on its right side, too.
        while high > low + 1 && x[high - 1] > centre + half {
            high -= 1;
            remove(&mut window, y[high]);
        }
        while low + 1 < high && x[low] < centre - half {
            remove(&mut window, y[low]);
            low += 1;
        }
        // Near the first end it grows on its left side.
        while low > 0 && x[low - 1] >= centre - half {
            low -= 1;
            let place = window.partition_point(|&value| value < y[low]);
            window.insert(place, y[low]);
        }
        let middle = window.len() / 2;
        let odd = window.len() % 2 == 1;
        out.push(if odd { window[middle] } else { 0.5 * (window[middle - 1] + window[middle]) });
    }
    out
}

fn remove(window: &mut Vec<f64>, value: f64) {
    let place = window.partition_point(|&other| other < value);
    window.remove(place);
}

/// Weights further than this many standard deviations away are neglected.
const REACH: f64 = 4.0;

/// The pattern as a mean with Gaussian weights of standard deviation `sigma` (deg), renormalised at
/// the ends and where steps differ.
pub(super) fn smooth(counts: &Counts, sigma: f64) -> Smoothed {
    let Counts { x, y, v } = counts;
    let n = x.len();
    let (mut value, mut points) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let weight = |distance: f64| (-0.5 * (distance / sigma).powi(2)).exp();
    let step = (x[n - 1] - x[0]) / (n - 1) as f64;
    // Angles are printed rounded: steps are equal if no point deviates by more than a hundredth of a step.
    let equal = x.iter().enumerate().all(|(k, &angle)| (angle - x[0] - k as f64 * step).abs() < 0.01 * step);
    let reach = if equal { ((REACH * sigma / step).floor() as usize).min(n) } else { 0 };
    let table: Vec<f64> = (0..=reach).map(|k| weight(k as f64 * step)).collect();
    let (mut low, mut high) = (0, 0);
    for k in 0..n {
        let (mut sum, mut total, mut squares) = (0.0, 0.0, 0.0);
        let mut add = |w: f64, i: usize| {
            sum += w * y[i];
            total += w;
            squares += w * w * v[i];
        };
        if equal {
            (k.saturating_sub(reach)..n.min(k + reach + 1)).for_each(|i| add(table[i.abs_diff(k)], i));
        } else {
            while x[low] < x[k] - REACH * sigma {
                low += 1;
            }
            while high < n && x[high] <= x[k] + REACH * sigma {
                high += 1;
            }
            (low..high).for_each(|i| add(weight(x[i] - x[k]), i));
        }
        value.push(sum / total);
        points.push(total * total / squares);
    }
    Smoothed { value, points }
}

/// Whether these are raw counts. Rates are printed rounded: close to a whole number is sufficient.
pub(super) fn are_whole(counts: &Counts) -> bool {
    counts.y.iter().all(|value| (value - value.round()).abs() < 0.05)
}

/// Counts per point below which differences have too few distinct whole numbers for a median.
const COUNTS_FOR_RATIO: f64 = 5.0;
/// The same if intensities are not whole numbers.
const MEANS_FOR_RATIO: f64 = 1.0;

/// Noise between neighbours over √counts: the median of |yₖ₋₁ − 2yₖ + yₖ₊₁| over that of its Poisson
/// deviation. Second differences are insensitive to background and broad peaks, the median to narrow ones.
pub(super) fn noise_ratio(counts: &Counts) -> Option<f64> {
    let least = if are_whole(counts) { COUNTS_FOR_RATIO } else { MEANS_FOR_RATIO };
    let mut ratios: Vec<f64> = counts
        .y
        .windows(3)
        .zip(counts.v.windows(3))
        .filter_map(|(y, v)| {
            let variance = v[0] * y[0] + 4.0 * v[1] * y[1] + v[2] * y[2];
            (variance >= 6.0 * least).then(|| (y[0] - 2.0 * y[1] + y[2]).abs() / variance.sqrt())
        })
        .collect();
    if 2 * ratios.len() < counts.y.len() {
        return None;
    }
    let middle = ratios.len() / 2;
    let (_, &mut median, _) = ratios.select_nth_unstable_by(middle, f64::total_cmp);
    // The median of the absolute value of a normal deviate.
    Some(median / 0.674_489_750_196_082)
}
