//! From a scan against time to thickness against cycle, and what each step of a cycle does.

use super::{GrowthError, line, sorted};

/// Share of a cycle at whose end the film is taken to be at rest.
const AT_REST: f64 = 0.15;

/// Thickness at the end of each cycle (cycles done, nm), from a scan against time.
///
/// `cycle_start_s` are the starts of the cycles on the scan's clock (s). The value of a cycle is the mean of the readings
/// in its last 15 %, or its last reading; 0 is what was read before the first. A cycle without a reading has no value.
///
/// # Errors
///
/// [`GrowthError::NotFinite`] and [`GrowthError::Lengths`] for what is no scan.
pub fn cycle_ends(time_s: &[f64], thickness_nm: &[f64], cycle_start_s: &[f64]) -> Result<Vec<(f64, f64)>, GrowthError> {
    let (time, thickness) = sorted(time_s, thickness_nm)?;
    let mut starts: Vec<f64> = cycle_start_s.iter().copied().filter(|start| start.is_finite()).collect();
    starts.sort_by(f64::total_cmp);
    starts.dedup();
    let Some(typical) = median_gap(&starts) else { return Ok(Vec::new()) };
    let mut ends = Vec::with_capacity(starts.len() + 1);
    let mut place = 0;
    for (done, limit) in starts.iter().copied().chain([starts[starts.len() - 1] + typical]).enumerate() {
        let begin = if done == 0 { f64::NEG_INFINITY } else { starts[done - 1] };
        let length = if done == 0 { typical } else { limit - begin };
        let from = place;
        while place < time.len() && time[place] <= limit {
            place += 1;
        }
        let readings = &time[from..place];
        if readings.is_empty() {
            continue;
        }
        let rest = readings.partition_point(|time| *time < limit - AT_REST * length).min(readings.len() - 1);
        let values = &thickness[from + rest..place];
        ends.push((done as f64, values.iter().sum::<f64>() / values.len() as f64));
    }
    Ok(ends)
}

fn median_gap(starts: &[f64]) -> Option<f64> {
    let mut gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied()
}

/// Where the first cycle begins in a scan that nothing else tells it of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detected {
    /// Start of the first cycle on the scan's clock (s).
    pub start_s: f64,
    /// Its standard uncertainty (s), from the interval of the readings.
    pub start_err_s: f64,
}

/// Finds the start of the first cycle: the first reading from which the thickness, over one cycle, leaves its first level by
/// more than noise can.
///
/// # Errors
///
/// [`GrowthError::TooFewPoints`] below ten readings; [`GrowthError::NoGrowth`] where the thickness never leaves its level.
pub fn detect_start(time_s: &[f64], thickness_nm: &[f64], cycle_s: f64) -> Result<Detected, GrowthError> {
    let (time, thickness) = sorted(time_s, thickness_nm)?;
    if time.len() < 10 {
        return Err(GrowthError::TooFewPoints { points: time.len(), needed: 10 });
    }
    // Five standard deviations, above the level of the readings so far.
    let noise = line::noise(&time, &thickness);
    let (mut sum, mut count) = (0.0, 0.0);
    for place in 0..time.len() {
        let level: f64 = if count > 0.0 { sum / count } else { thickness[0] };
        let within = time[place..].iter().take_while(|later| **later <= time[place] + cycle_s.max(0.0)).count();
        let leaves = (place..place + within).filter(|&i| (thickness[i] - level).abs() > 5.0 * noise).count();
        if leaves * 3 >= within.max(1) && (thickness[place] - level).abs() > 5.0 * noise {
            let before = if place > 0 { time[place - 1] } else { time[0] };
            // Somewhere between two readings: a uniform distribution.
            let start_err_s = ((time[place] - before) / 12.0_f64.sqrt()).max(0.0);
            return Ok(Detected { start_s: before.midpoint(time[place]), start_err_s });
        }
        sum += thickness[place];
        count += 1.0;
    }
    Err(GrowthError::NoGrowth { gpc_angstrom: 0.0, gpc_err_angstrom: 0.0 })
}

/// What a step of the cycle does to the thickness.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepChange {
    /// Which step of the cycle.
    pub step: usize,
    /// Mean change of thickness from before it to before the next (nm).
    pub change_nm: f64,
    /// Its standard error over the cycles (nm).
    pub change_err_nm: f64,
    /// Cycles that it was seen in.
    pub n_cycles: usize,
}

/// Mean change of thickness that each step of the cycle makes.
///
/// `events` are the starts of the steps on the scan's clock (s), each with which step of the cycle it is. A level is the mean
/// of the readings in the last quarter of the time before an event, or the last reading in that time; an event without
/// a reading before or after it is left out. Steps that were seen fewer than three times are left out.
///
/// # Errors
///
/// [`GrowthError::NotFinite`] and [`GrowthError::Lengths`] for what is no scan.
pub fn step_changes(
    time_s: &[f64],
    thickness_nm: &[f64],
    events: &[(f64, usize)],
) -> Result<Vec<StepChange>, GrowthError> {
    let (time, thickness) = sorted(time_s, thickness_nm)?;
    let mut events: Vec<(f64, usize)> = events.iter().copied().filter(|(start, _)| start.is_finite()).collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let starts: Vec<f64> = events.iter().map(|(start, _)| *start).collect();
    let Some(typical) = median_gap(&starts) else { return Ok(Vec::new()) };
    let level = |from: f64, to: f64| {
        let (a, b) = (time.partition_point(|t| *t <= from), time.partition_point(|t| *t <= to));
        let rest = time.partition_point(|t| *t < to - 0.25 * (to - from)).min(b.saturating_sub(1)).max(a);
        (b > a).then(|| thickness[rest..b].iter().sum::<f64>() / (b - rest) as f64)
    };
    let steps = events.iter().map(|(_, step)| step + 1).max().unwrap_or(0);
    let mut changes: Vec<Vec<f64>> = vec![Vec::new(); steps];
    for (place, (start, step)) in events.iter().enumerate() {
        let before = if place == 0 { start - typical } else { starts[place - 1] };
        let after = starts.get(place + 1).copied().unwrap_or(start + typical);
        if let (Some(low), Some(high)) = (level(before, *start), level(*start, after)) {
            changes[*step].push(high - low);
        }
    }
    let judged = changes.into_iter().enumerate().filter(|(_, changes)| changes.len() >= 3).map(|(step, changes)| {
        let n = changes.len() as f64;
        let mean = changes.iter().sum::<f64>() / n;
        let variance = changes.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (n - 1.0);
        StepChange { step, change_nm: mean, change_err_nm: (variance / n).sqrt(), n_cycles: changes.len() }
    });
    Ok(judged.collect())
}

/// Takes from thicknesses at the ends of cycles what repeats with every supercycle of `period` cycles.
///
/// The cycles of a mixture grow differently; against the cycle that is a pattern around a line, which is not noise. It is
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
        // A window of an even period counts both its ends half.
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
