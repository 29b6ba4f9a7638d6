//! Capacity against rate, from half cycles of constant current.

use super::error::{ElectrochemistryError, check};
use crate::quality::{ReasonCode, Verdict, counted};

/// Options of the evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct RateOptions {
    /// Current density of 1C (µA/cm²); with `None` rates are not given in C.
    pub one_c_ua_per_cm2: Option<f64>,
}

/// The capacity at one rate.
#[derive(Clone, Debug, PartialEq)]
pub struct RateStep {
    /// Order in which the rates were run, from 1.
    pub step: usize,
    /// Rate (C), from the mean current density; `None` without that of 1C.
    pub c_rate: Option<f64>,
    /// Mean current density of discharge (µA/cm², positive).
    pub current_density_ua_per_cm2: f64,
    /// Mean capacity density of discharge (µAh/cm²).
    pub capacity_density_uah_per_cm2: f64,
    /// Its standard error over the half cycles, at least that of the time resolution.
    pub capacity_density_err_uah_per_cm2: f64,
    /// Capacity relative to that at the slowest rate.
    pub retention: f64,
    /// Its standard error.
    pub retention_err: f64,
    /// Number of discharges.
    pub n_cycles: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Half cycles whose currents differ by less than this (relative) have the same rate.
const ONE_RATE: f64 = 0.1;

struct HalfCycle {
    current: f64,
    capacity: f64,
    capacity_err: f64,
}

/// Capacity density of discharge at every rate, in the order of the rates as they were run.
///
/// A half cycle is a run of points with one sign of current; its capacity is the integral of current density over time.
/// Consecutive discharges with the same mean current are one rate.
///
/// # Errors
///
/// [`ElectrochemistryError::NoSteps`] if no discharge is found; others for values that are not numbers.
pub fn rate_capability(
    time_s: &[f64],
    current_density_ua_per_cm2: &[f64],
    options: &RateOptions,
) -> Result<Vec<RateStep>, ElectrochemistryError> {
    check(&[time_s, current_density_ua_per_cm2], 4)?;
    let mut points: Vec<(f64, f64)> = time_s.iter().copied().zip(current_density_ua_per_cm2.iter().copied()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let largest = points.iter().map(|point| point.1.abs()).fold(0.0, f64::max);
    // Currents below a thousandth of the largest are rest.
    let sign = |current: f64| {
        if current.abs() < 1e-3 * largest {
            0
        } else if current > 0.0 {
            1
        } else {
            -1
        }
    };
    let mut discharges = Vec::new();
    for run in points.chunk_by(|a, b| sign(a.1) == sign(b.1)) {
        if run.len() < 2 || sign(run[0].1) >= 0 {
            continue;
        }
        // One rate may follow another without rest or charge between them.
        for part in run.chunk_by(|a, b| (a.1 - b.1).abs() <= 3.0 * ONE_RATE * a.1.abs()) {
            if part.len() < 2 {
                continue;
            }
            let charge: f64 = part.windows(2).map(|pair| 0.5 * (pair[0].1 + pair[1].1) * (pair[1].0 - pair[0].0)).sum();
            let duration = part[part.len() - 1].0 - part[0].0;
            if duration <= 0.0 {
                continue;
            }
            let current = -charge / duration;
            // The beginning and end of a half cycle are known to within the interval of the points.
            let interval = duration / (part.len() - 1) as f64;
            let capacity_err = current * interval / 3600.0 / 6.0_f64.sqrt();
            discharges.push(HalfCycle { current, capacity: -charge / 3600.0, capacity_err });
        }
    }
    if discharges.is_empty() {
        return Err(ElectrochemistryError::NoSteps);
    }
    let mut steps: Vec<RateStep> = discharges
        .chunk_by(|a, b| (a.current - b.current).abs() <= ONE_RATE * a.current)
        .enumerate()
        .map(|(place, group)| summarised(place + 1, group, options))
        .collect();
    let least = steps.iter().map(|step| step.current_density_ua_per_cm2).fold(f64::INFINITY, f64::min);
    // Of several at the slowest rate the first is used: the later ones include losses in between.
    let slowest = steps.iter().find(|step| step.current_density_ua_per_cm2 <= least * (1.0 + ONE_RATE));
    if let Some((whole, whole_err)) =
        slowest.map(|step| (step.capacity_density_uah_per_cm2, step.capacity_density_err_uah_per_cm2))
    {
        for step in &mut steps {
            step.retention = step.capacity_density_uah_per_cm2 / whole;
            let relative = step.capacity_density_err_uah_per_cm2 / step.capacity_density_uah_per_cm2;
            step.retention_err = step.retention * relative.hypot(whole_err / whole);
        }
    }
    Ok(steps)
}

fn summarised(step: usize, group: &[HalfCycle], options: &RateOptions) -> RateStep {
    let n = group.len() as f64;
    let mean = |value: fn(&HalfCycle) -> f64| group.iter().map(value).sum::<f64>() / n;
    let (current, capacity) = (mean(|half| half.current), mean(|half| half.capacity));
    let variance = group.iter().map(|half| (half.capacity - capacity).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let reading = mean(|half| half.capacity_err) / n.sqrt();
    let verdict = if group.len() < 2 {
        Verdict::suspect(ReasonCode::NoReplicates, "a single discharge: the scatter is unknown")
    } else {
        Verdict::good(counted(group.len(), "discharge", "discharges"))
    };
    RateStep {
        step,
        c_rate: options.one_c_ua_per_cm2.filter(|one| *one > 0.0).map(|one| current / one),
        current_density_ua_per_cm2: current,
        capacity_density_uah_per_cm2: capacity,
        capacity_density_err_uah_per_cm2: (variance / n).sqrt().max(reading),
        retention: 1.0,
        retention_err: 0.0,
        n_cycles: group.len(),
        verdict,
    }
}
