//! The iterative background of Shirley.

use super::{PhotoelectronError, sorted};

/// A background.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// Its values, in the order of the input.
    pub values: Vec<f64>,
    /// Its level at low binding energy.
    pub low_value: f64,
    /// Its level at high binding energy.
    pub high_value: f64,
    /// Iterations until it stood.
    pub iterations: usize,
    /// Its integral over energy.
    pub area: f64,
}

/// Relative change of the background at which the iteration ends.
const STILL: f64 = 1e-8;
const MOST_ITERATIONS: usize = 50;

/// The background that each electron of the peak raises behind it by the same share: at an energy it is the level at low
/// binding energy and the step to the level at high binding energy times the part of the peak's area below that energy.
///
/// Levels are the means of `endpoint_mean_of` points at the ends. Points may be in any order.
///
/// # Errors
///
/// [`PhotoelectronError`] for fewer points than both ends need, or values that are no numbers.
pub fn shirley(
    binding_energy_ev: &[f64],
    intensity: &[f64],
    endpoint_mean_of: usize,
) -> Result<Background, PhotoelectronError> {
    let ends = endpoint_mean_of.max(1);
    let (energy, counts) = sorted(binding_energy_ev, intensity, 2 * ends + 3)?;
    let (values, iterations, low_value, high_value) = of_sorted(&energy, &counts, ends);
    let area = energy.windows(2).zip(values.windows(2)).map(|(e, b)| 0.5 * (b[0] + b[1]) * (e[1] - e[0])).sum();
    // Back into the order of the input.
    let mut order: Vec<usize> = (0..binding_energy_ev.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (*a, *b);
        binding_energy_ev[a].total_cmp(&binding_energy_ev[b]).then(intensity[a].total_cmp(&intensity[b]))
    });
    let mut in_order = vec![0.0; values.len()];
    for (value, place) in values.into_iter().zip(order) {
        in_order[place] = value;
    }
    Ok(Background { values: in_order, low_value, high_value, iterations, area })
}

/// The background of points by rising energy, with iterations and both levels.
pub(super) fn of_sorted(energy: &[f64], counts: &[f64], ends: usize) -> (Vec<f64>, usize, f64, f64) {
    let n = energy.len();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (low, high) = (mean(&counts[..ends]), mean(&counts[n - ends..]));
    let mut values = between(energy, counts, None, low, high);
    let mut iterations = 1;
    while iterations < MOST_ITERATIONS {
        iterations += 1;
        let next = between(energy, counts, Some(&values), low, high);
        let change = next.iter().zip(&values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        values = next;
        if change <= STILL * (high - low).abs().max(f64::MIN_POSITIVE) {
            break;
        }
    }
    (values, iterations, low, high)
}

fn between(energy: &[f64], counts: &[f64], background: Option<&Vec<f64>>, low: f64, high: f64) -> Vec<f64> {
    let over = |place: usize| counts[place] - background.map_or(low, |values| values[place]);
    let mut sum = 0.0;
    let mut values = Vec::with_capacity(energy.len());
    values.push(0.0);
    for place in 1..energy.len() {
        sum += 0.5 * (over(place - 1) + over(place)) * (energy[place] - energy[place - 1]);
        values.push(sum);
    }
    for value in &mut values {
        *value = if sum.abs() > 0.0 { low + (high - low) * *value / sum } else { low };
    }
    values
}
