//! Cycles on the scan's clock: ends of cycles, steps within them, the start, the two clocks' difference.
//!
//! A step of the cycle changes the film within seconds; then the thickness is constant until the next. Levels are
//! therefore read just before a step; the time of a step is read from its edge, modelled as
//! A·(1 − exp(−(t − t₀)/τ)) with A common to all edges of one step and a level of each edge's own.

use super::edges::{Edge, Edges};
use super::end::find_end;
use super::error::GrowthError;
use super::linearity::{ANGSTROM_PER_NM, SIGNIFICANT};
use super::models::{Hinge, Line};
use super::series::{point_to_point, sorted_readings};
use crate::noise::median;

/// Last fraction of a cycle, whose readings give its end.
const SETTLED_CYCLE: f64 = 0.15;
/// Fraction of the usual time between steps, before a step, whose readings give the level there.
const SETTLED_STEP: f64 = 0.35;
/// If no reading is that late: the last one not older than this fraction.
const AFTER_STEP: f64 = 0.8;

/// Thickness (nm) at the end of each cycle, with the cycle's number (0 = before the first dose).
///
/// `time_s` and `cycle_start_s` (start of each cycle) are on the scan's clock. The end is the mean of the
/// readings in the last 15 % of the cycle, or the last reading of its second half where there are none; a
/// cycle without either is left out. The last cycle is as long as the median one, and is left out if the
/// scan stops before its last 15 %.
///
/// # Errors
///
/// [`GrowthError`] for columns of different lengths, a value that is not finite, no start, or no reading
/// in any cycle.
pub fn cycle_ends(time_s: &[f64], thickness_nm: &[f64], cycle_start_s: &[f64]) -> Result<Vec<(f64, f64)>, GrowthError> {
    let readings = sorted_readings(time_s, thickness_nm)?;
    let mut starts: Vec<f64> =
        sorted_readings(cycle_start_s, cycle_start_s)?.into_iter().map(|(start, _)| start).collect();
    starts.dedup();
    let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else {
        return Err(GrowthError::TooFewPoints { points: 0, needed: 1 });
    };
    let duration = median_step(starts.iter().copied());
    let mut bounds = vec![first - duration.unwrap_or(f64::INFINITY)];
    bounds.extend(&starts);
    let scan_end = readings.last().map_or(f64::NEG_INFINITY, |reading| reading.0);
    if let Some(duration) = duration
        && scan_end >= last + (1.0 - SETTLED_CYCLE) * duration
    {
        bounds.push(last + duration);
    }
    let mut ends = Vec::with_capacity(bounds.len());
    for (cycle, pair) in bounds.windows(2).enumerate() {
        let length = pair[1] - pair[0];
        let settled = if length.is_finite() { pair[1] - SETTLED_CYCLE * length } else { f64::INFINITY };
        let second_half = if length.is_finite() { pair[1] - 0.5 * length } else { f64::NEG_INFINITY };
        if let Some(level) = level(&readings, settled, second_half, pair[1]) {
            ends.push((cycle as f64, level.nm));
        }
    }
    if ends.is_empty() {
        return Err(GrowthError::TooFewPoints { points: 0, needed: 1 });
    }
    Ok(ends)
}

/// A thickness just before some moment.
struct Level {
    nm: f64,
}

/// Mean of the readings after `from` up to `to`; if there are none, the last one after `earliest`.
fn level(readings: &[(f64, f64)], from: f64, earliest: f64, to: f64) -> Option<Level> {
    let end = readings.partition_point(|reading| reading.0 <= to);
    let begin = readings.partition_point(|reading| reading.0 < from).min(end);
    let chosen = if begin < end { &readings[begin..end] } else { &readings[end.checked_sub(1)?..end] };
    if chosen[0].0 < earliest {
        return None;
    }
    Some(Level { nm: chosen.iter().map(|reading| reading.1).sum::<f64>() / chosen.len() as f64 })
}

/// The thickness (nm) just before a step, for steps `usual` seconds apart; `None` where no reading is near.
pub(super) fn level_before(readings: &[(f64, f64)], moment: f64, usual: f64) -> Option<f64> {
    level(readings, moment - SETTLED_STEP * usual, moment - AFTER_STEP * usual, moment).map(|level| level.nm)
}

/// The median distance of neighbours; `None` below two.
pub(super) fn median_step(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let steps: Vec<f64> = values.clone().zip(values.skip(1)).map(|(before, after)| after - before).collect();
    median(&steps)
}

/// Mean change of thickness caused by one step of the cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepChange {
    /// Number of the step in the cycle.
    pub step: usize,
    /// Mean change (nm).
    pub change_nm: f64,
    /// Its standard error (nm, k = 1), from the scatter between cycles.
    pub change_err_nm: f64,
    /// Number of cycles in which it was observed.
    pub n_cycles: usize,
}

/// Mean change of thickness caused by each step of the cycle, by step.
///
/// `events` contains the start (s, on the scan's clock) of every step and its number in the cycle.
/// The change is the level just before the next step minus that just before this one; a level is the mean
/// of readings in the last 35 % of the usual time between steps, or the last reading if a sparse scan
/// has none there. A step whose levels are not in the scan is left out of the mean.
///
/// # Errors
///
/// [`GrowthError`] for columns of different lengths, a value that is not finite, fewer than two events, or
/// a step seen in fewer than two cycles.
pub fn step_changes(
    time_s: &[f64],
    thickness_nm: &[f64],
    events: &[(f64, usize)],
) -> Result<Vec<StepChange>, GrowthError> {
    let readings = sorted_readings(time_s, thickness_nm)?;
    let events = sorted_events(events)?;
    let Some(usual) = median_step(events.iter().map(|event| event.0)) else {
        return Err(GrowthError::TooFewPoints { points: events.len(), needed: 2 });
    };
    let before = |moment: f64| level_before(&readings, moment, usual);
    let scan_end = readings.last().map_or(f64::NEG_INFINITY, |reading| reading.0);
    let mut changes: Vec<(usize, f64)> = Vec::with_capacity(events.len());
    for (k, &(start, step)) in events.iter().enumerate() {
        let next = events.get(k + 1).map_or(start + usual, |event| event.0);
        if next - start <= 0.0 || (k + 1 == events.len() && scan_end < start + (1.0 - SETTLED_STEP) * usual) {
            continue;
        }
        if let (Some(ahead), Some(after)) = (before(start), before(next)) {
            changes.push((step, after - ahead));
        }
    }
    let mut steps: Vec<usize> = events.iter().map(|event| event.1).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
        .into_iter()
        .map(|step| {
            let of_step: Vec<f64> = changes.iter().filter(|change| change.0 == step).map(|change| change.1).collect();
            let n_cycles = of_step.len();
            if n_cycles < 2 {
                return Err(GrowthError::TooFewPoints { points: n_cycles, needed: 2 });
            }
            let count = n_cycles as f64;
            let change_nm = of_step.iter().sum::<f64>() / count;
            let squares: f64 = of_step.iter().map(|change| (change - change_nm).powi(2)).sum();
            let change_err_nm = (squares / (count - 1.0) / count).sqrt();
            Ok(StepChange { step, change_nm, change_err_nm, n_cycles })
        })
        .collect()
}

fn sorted_events(events: &[(f64, usize)]) -> Result<Vec<(f64, usize)>, GrowthError> {
    let times: Vec<f64> = events.iter().map(|event| event.0).collect();
    sorted_readings(&times, &times)?;
    let mut sorted = events.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    Ok(sorted)
}

/// Start of the first cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detected {
    /// Start of the first cycle (s, the scan's clock).
    pub start_s: f64,
    /// Its standard error (s, k = 1).
    pub start_err_s: f64,
    /// Duration of a cycle in the scan (s); that of the recipe if the scan does not resolve the steps.
    pub cycle_s: f64,
    /// Whether the start was read from the first step's edges; otherwise from the onset of growth.
    pub from_steps: bool,
}

/// Number of readings per step needed to time its edge.
const PER_STEP: f64 = 3.0;
/// Number of readings per cycle needed to time its edges; the recipe's steps are not known.
const PER_CYCLE: f64 = 12.0;

pub(super) fn spacing(time: &[f64]) -> f64 {
    median_step(time.iter().copied()).unwrap_or(0.0)
}

/// Cycles after the start from which it is determined.
const CYCLES: usize = 12;
/// Squares, in those of the noise, by which two lines must be better than one.
const BREAK: f64 = 15.0;
/// Readings of one cycle scatter this many times more than neighbours do if its steps are resolved.
const RIPPLE: f64 = 1.7;

/// Start of the first cycle (s), determined from a scan and the recipe's cycle duration (s) alone.
///
/// The first cycle that scatters more than its neighbouring readings do is where steps begin; the first edge
/// there, repeated with the period in the twelve cycles that follow, is timed by least squares, together
/// with the period (within 2 % of the recipe's). Without resolved steps, or below twelve readings a
/// cycle, the start is the onset of growth, and is known no better than one cycle.
///
/// # Errors
///
/// [`GrowthError`] for columns of different lengths, a value that is not finite, a duration that is not
/// positive, a scan of less than six cycles, or one without growth.
pub fn detect_start(time_s: &[f64], thickness_nm: &[f64], cycle_s: f64) -> Result<Detected, GrowthError> {
    let readings = sorted_readings(time_s, thickness_nm)?;
    if !(cycle_s.is_finite() && cycle_s > 0.0) {
        return Err(GrowthError::NotFinite { index: 0, value: cycle_s });
    }
    let (time, nm): (Vec<f64>, Vec<f64>) = readings.iter().copied().unzip();
    let length = if time.is_empty() { 0.0 } else { time[time.len() - 1] - time[0] };
    let cycles = (length / cycle_s).min(1e9) as usize;
    if cycles < 6 || time.len() < 20 {
        return Err(GrowthError::TooFewPoints { points: cycles.min(time.len()), needed: 6 });
    }
    match first_edge(&readings, &time, &nm, cycle_s) {
        Some(found) if found.start_err_s < 0.25 * cycle_s => Ok(found),
        _ => Ok(growth_sets_in(&time, &nm, cycle_s)?.unwrap_or(Detected {
            start_s: time[0],
            // Unresolved steps: the growth of a cycle may occur at any moment of it.
            start_err_s: cycle_s / 3.0f64.sqrt(),
            cycle_s,
            from_steps: false,
        })),
    }
}

/// Scatter of the readings from `from` on for one cycle about their line.
fn scatter(time: &[f64], nm: &[f64], from: f64, cycle_s: f64) -> Option<f64> {
    let begin = time.partition_point(|&t| t < from);
    let end = time.partition_point(|&t| t < from + cycle_s);
    (end - begin >= 4).then(|| {
        let line = Line::through(&time[begin..end], &nm[begin..end]);
        (line.sse / (end - begin - 2) as f64).sqrt()
    })
}

fn first_edge(readings: &[(f64, f64)], time: &[f64], nm: &[f64], cycle_s: f64) -> Option<Detected> {
    if spacing(time) > cycle_s / PER_CYCLE {
        return None;
    }
    // Against the scatter of the scan's first cycle, before growth begins.
    let windows = ((time[time.len() - 1] - time[0]) / (0.5 * cycle_s)) as usize;
    let at = |k: usize| time[0] + 0.5 * cycle_s * k as f64;
    let shows: Vec<f64> = (0..windows.min(100_000)).map(|k| scatter(time, nm, at(k), cycle_s).unwrap_or(0.0)).collect();
    let quiet = shows.first().copied()?.max(1e-12);
    let ripple =
        (1..shows.len().saturating_sub(4)).find(|&k| shows[k..k + 4].iter().all(|&s| s > RIPPLE * quiet)).map(at);
    // Noise may hide the steps of a single cycle, inhibited growth its beginning: the earlier of the two is used.
    let grows = growth_sets_in(time, nm, cycle_s).ok().flatten().map(|found| found.start_s);
    let coarse = match (ripple, grows) {
        (Some(ripple), Some(grows)) => ripple.min(grows),
        (ripple, grows) => ripple.or(grows)?,
    };
    let (from, to) = (coarse - 0.4 * cycle_s, coarse + 1.5 * cycle_s);

    // The first moment whose change, the mean over following cycles, is at least half the largest.
    let width = 0.15 * cycle_s;
    let step = 0.02 * cycle_s;
    let moments: Vec<f64> = (0..).map(|k| from + step * f64::from(k)).take_while(|&t| t < to).collect();
    let contrast = |t: f64| {
        let mean = |from: f64, to: f64| {
            let begin = time.partition_point(|&t| t < from);
            let end = time.partition_point(|&t| t < to);
            (end > begin).then(|| nm[begin..end].iter().sum::<f64>() / (end - begin) as f64)
        };
        Some(mean(t, t + width)? - mean(t - width, t)?)
    };
    let folded = |t: f64| {
        let all: Vec<f64> = (0..CYCLES).filter_map(|k| contrast(t + cycle_s * k as f64)).collect();
        if all.is_empty() { 0.0 } else { all.iter().sum::<f64>() / all.len() as f64 }
    };
    let largest = moments.iter().map(|&t| folded(t).abs()).fold(0.0, f64::max);
    // At the very first edge itself: the thickness was constant before it.
    let first = moments.iter().position(|&t| {
        folded(t).abs() > 0.5 * largest && contrast(t).is_some_and(|c| c * folded(t) > 0.0 && c.abs() > 0.35 * largest)
    })?;
    let peak = (first..moments.len().min(first + 8))
        .max_by(|&a, &b| folded(moments[a]).abs().total_cmp(&folded(moments[b]).abs()))?;

    let edges: Vec<Edge> = (0..CYCLES).map(|k| Edge { moment_s: cycle_s * k as f64, step: 0 }).collect();
    let mut fit = Edges::new(readings, &edges, width);
    let start = [moments[peak], 1.0, 0.03 * cycle_s];
    let found = fit.best(start, [0.05 * cycle_s, 0.01, 0.02 * cycle_s], 0.02)?;
    Some(Detected {
        start_s: found.shift_s,
        start_err_s: found.shift_err_s,
        cycle_s: cycle_s * found.scale,
        from_steps: true,
    })
}

/// The break between level and growth, for a scan that does not resolve the steps; `None` if it grows from the first reading on.
fn growth_sets_in(time: &[f64], nm: &[f64], cycle_s: f64) -> Result<Option<Detected>, GrowthError> {
    let largest = nm.iter().fold(0.0f64, |largest, nm| largest.max(nm.abs()));
    let count = find_end(time, nm, (1e-9 * largest).powi(2).max(1e-60)).map_or(time.len(), |end| end.before);
    let (time, nm) = (&time[..count], &nm[..count]);
    let line = Line::through(time, nm);
    let none = GrowthError::NoGrowth { gpc_angstrom: 0.0, gpc_err_angstrom: 0.0 };
    let hinge = Hinge::through(time, nm, &line).ok_or(none)?;
    let noise = (hinge.sse / (time.len() - 4).max(1) as f64).sqrt().max(point_to_point(time, nm)).max(1e-12);
    let grows = |line: &Line| {
        let slope_err = noise / line.spread.sqrt();
        if line.slope > SIGNIFICANT * slope_err {
            return Ok(());
        }
        Err(GrowthError::NoGrowth {
            gpc_angstrom: ANGSTROM_PER_NM * line.slope * cycle_s,
            gpc_err_angstrom: ANGSTROM_PER_NM * slope_err * cycle_s,
        })
    };
    if hinge.bend <= 0.0 || (line.sse - hinge.sse) < BREAK * noise * noise {
        grows(&line)?;
        return Ok(None);
    }
    let before = Line::through(&time[..hinge.index], &nm[..hinge.index]);
    let after = Line::through(&time[hinge.index..], &nm[hinge.index..]);
    grows(&after)?;
    // Intersection of the line after with the level before: the errors of level and line there, divided by the slope.
    let count = hinge.index as f64;
    let start_s = after.centre_x + (before.centre_y - after.centre_y) / after.slope;
    let line_variance =
        noise * noise * (1.0 / (time.len() - hinge.index) as f64 + (start_s - after.centre_x).powi(2) / after.spread);
    let start_err_s = ((noise * noise / count + line_variance) / after.slope.powi(2) + cycle_s * cycle_s / 3.0).sqrt();
    Ok(Some(Detected { start_s, start_err_s, cycle_s, from_steps: false }))
}

/// Offset and rate between the clocks of scan and log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockFit {
    /// reactor time = scan time / `rate` − `offset_s` (s).
    pub offset_s: f64,
    /// Its standard error (s, k = 1).
    pub offset_err_s: f64,
    /// Seconds of the scan's clock in one second of the log's.
    pub rate: f64,
    /// Its standard error.
    pub rate_err: f64,
    /// Events whose edges are in the scan.
    pub n_events: usize,
    /// Score of the second best alignment a cycle or more away, as a fraction of the best one's: near 1, the alignment
    /// is ambiguous.
    pub runner_up: f64,
}

/// Rates searched, about 1.
pub(super) const RATE: f64 = 0.002;

/// Offset and rate between the clocks of scan and log, from the jumps of the scan at the doses:
/// reactor_s = time_s / `rate` − `offset_s`.
///
/// `events` contains the start (s, on the log's clock) of every step and its number in the cycle. All
/// offsets that keep the log within the scan, give or take a tenth of it, and rates within 0.2 % of 1 are
/// tried; edges are then timed by least squares. The steps are alike in each cycle: which cycle is
/// the first follows only from the readings before the first and after the last.
///
/// # Errors
///
/// [`GrowthError`] for columns of different lengths, a value that is not finite, fewer than six events,
/// fewer than three readings a step, or a scan without jumps at any alignment.
pub fn align_clock(time_s: &[f64], thickness_nm: &[f64], events: &[(f64, usize)]) -> Result<ClockFit, GrowthError> {
    let readings = sorted_readings(time_s, thickness_nm)?;
    let events = sorted_events(events)?;
    if events.len() < 6 || readings.len() < 20 {
        return Err(GrowthError::TooFewPoints { points: events.len().min(readings.len()), needed: 6 });
    }
    let no_jumps = GrowthError::NoGrowth { gpc_angstrom: 0.0, gpc_err_angstrom: 0.0 };
    let usual = median_step(events.iter().map(|event| event.0)).unwrap_or(0.0);
    let (scan_start, scan_end) = (readings[0].0, readings[readings.len() - 1].0);
    if usual <= 0.0 || scan_end <= scan_start {
        return Err(no_jumps);
    }
    let edges: Vec<Edge> = events.iter().map(|&(moment_s, step)| Edge { moment_s, step }).collect();
    let time: Vec<f64> = readings.iter().map(|reading| reading.0).collect();
    let (spacing_s, needed_s) = (spacing(&time), usual / PER_STEP);
    if spacing_s > needed_s {
        return Err(GrowthError::TooSparse { spacing_s, needed_s });
    }
    let mut fit = Edges::new(&readings, &edges, 0.4 * usual);
    let coarse = fit.coarse(RATE).ok_or(no_jumps.clone())?;
    // One step further on the edges fit nearly as well, with the steps' heights exchanged: each is timed,
    // and the one that explains most is kept.
    let sizes = [0.2 * usual, 2e-4, 0.05 * usual];
    let mut best: Option<([f64; 3], f64)> = None;
    let count = fit.steps().min(events.len() - 1);
    let onward = (0..=count).map(|k| events[k].0 - events[0].0);
    let back = (1..=count).map(|k| events[0].0 - events[k].0);
    for moved in onward.chain(back) {
        // Offsets enter as scan time = rate·log time + shift.
        let start = [coarse.shift_s + moved, coarse.scale, 0.1 * usual];
        if let Some(found) = fit.search(start, sizes, 2.0 * RATE, 0.1)
            && best.is_none_or(|best| found.1 > best.1)
        {
            best = Some(found);
        }
    }
    let (mut start, mut most) = best.ok_or(no_jumps.clone())?;
    // Whole cycles away, with the timing within the cycle as found.
    let count = fit.steps();
    let cycle = if count < events.len() { start[1] * (events[count].0 - events[0].0) } else { 0.0 };
    let found_at = start;
    for cycles in [-2.0, -1.0, 1.0, 2.0] {
        let moved = [found_at[0] + cycles * cycle, found_at[1], found_at[2]];
        if let Some(explained) = fit.explained(moved).filter(|&explained| explained > most) {
            (start, most) = (moved, explained);
        }
    }
    let found = fit.best(start, sizes, 2.0 * RATE).ok_or(no_jumps)?;
    let offset_s = found.shift_s / found.scale;
    // shift = rate·offset: offset's variance with the covariance of the two.
    let variance = found.shift_err_s.powi(2) - 2.0 * offset_s * found.covariance + (offset_s * found.scale_err).powi(2);
    Ok(ClockFit {
        offset_s,
        offset_err_s: variance.max(0.0).sqrt() / found.scale,
        rate: found.scale,
        rate_err: found.scale_err,
        n_events: found.edges,
        runner_up: coarse.runner_up,
    })
}
