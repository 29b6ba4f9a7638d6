//! Capacity against rate, from half cycles of constant current.
//!
//! A discharge is the charge that flows while the potential of the electrode falls, at one current: a pause does not end it, a hold of
//! the potential after it is not part of it. What is known of its beginning and end is the interval to the neighbouring points.

use super::error::{ElectrochemistryError, check};
use crate::quality::{Quality, ReasonCode, Verdict, counted};
use crate::student;

/// Options of the evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateOptions {
    /// Current density of 1C (µA/cm²); with `None` rates are not given in C.
    pub one_c_ua_per_cm2: Option<f64>,
    /// Relative standard uncertainty of all current densities together: of the area of the electrode and of the calibration of
    /// the current.
    pub scale_err_rel: f64,
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
    /// Its standard uncertainty: of the scatter of all half cycles at their rates, by Student's distribution, and of the
    /// interval of the points at both ends, and of the scale.
    pub capacity_density_err_uah_per_cm2: f64,
    /// Capacity relative to that at the slowest rate.
    pub retention: f64,
    /// Its standard uncertainty; that of the scale does not count.
    pub retention_err: f64,
    /// Number of discharges used.
    pub n_cycles: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Half cycles whose currents differ by less than this (relative) have the same rate.
const ONE_RATE: f64 = 0.1;
/// Relative decrease of the current at which it is no longer constant: the potential is held.
const HELD: f64 = 0.05;
/// Intervals of the points after which points are missing.
const GAP: f64 = 20.0;
/// Relative charge that matters.
const MATTERS: f64 = 0.01;
/// Deviation of a discharge from the others of its rate, in their scatter and relative, beyond which it is left out.
const OUTLIER: f64 = 6.0;
const LEAST_OUTLIER: f64 = 0.03;
/// Part of the window above the end of the other discharges by which one that ends with the file is incomplete.
const SHORT_OF_END: f64 = 0.05;

#[derive(Clone, Copy)]
struct Point {
    time: f64,
    current: f64,
    potential: Option<f64>,
}

/// What comes before a discharge.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The beginning of the file.
    Nothing,
    Charge,
    /// A discharge at another current.
    Discharge,
}

#[derive(Clone, Copy)]
struct HalfCycle {
    current: f64,
    capacity: f64,
    /// Standard uncertainty by the intervals at its ends.
    reading: f64,
    /// Charge of a hold of the potential that follows, relative.
    held: f64,
    /// Charge that may have flowed where points are missing, relative.
    unseen: f64,
    before: Before,
    /// It ends with the file.
    is_last: bool,
    end_v: Option<f64>,
    /// Range of the potential.
    window_v: f64,
}

/// Capacity density of discharge at every rate, in the order of the rates as they were run.
///
/// A half cycle is a run of points with one sign of current, pauses included; its capacity is the integral of current density over
/// time. Consecutive discharges with the same mean current are one rate. `potential_v` shows which sign discharges, and
/// whether a discharge at the end of the file is complete.
///
/// # Errors
///
/// [`ElectrochemistryError::NoSteps`] if no discharge is found; others for values that are not numbers.
pub fn rate_capability(
    time_s: &[f64],
    current_density_ua_per_cm2: &[f64],
    potential_v: Option<&[f64]>,
    options: &RateOptions,
) -> Result<Vec<RateStep>, ElectrochemistryError> {
    let mut columns = vec![time_s, current_density_ua_per_cm2];
    columns.extend(potential_v);
    check(&columns, 4)?;
    let mut points: Vec<Point> = (0..time_s.len())
        .map(|k| Point {
            time: time_s[k],
            current: current_density_ua_per_cm2[k],
            potential: potential_v.map(|v| v[k]),
        })
        .collect();
    points.sort_by(|a, b| a.time.total_cmp(&b.time));
    let largest = points.iter().map(|point| point.current.abs()).fold(0.0, f64::max);
    let is_reversed = charge_lowers_potential(&points, largest);
    if is_reversed {
        points.iter_mut().for_each(|point| point.current = -point.current);
    }
    let discharges = discharges(&points, largest);
    if discharges.is_empty() {
        return Err(ElectrochemistryError::NoSteps);
    }
    let groups: Vec<Group> =
        discharges.chunk_by(|a, b| (a.current - b.current).abs() <= ONE_RATE * a.current).map(Group::of).collect();
    // The relative scatter is that of all rates together: two or three discharges alone say little about it.
    let freedom: usize = groups.iter().map(|group| group.used.len().saturating_sub(1)).sum();
    let squares: f64 = groups.iter().map(Group::relative_squares).sum();
    let scatter = if freedom > 0 { (squares / freedom as f64).sqrt() * widening(freedom) } else { 0.0 };
    let mut steps: Vec<RateStep> =
        groups.iter().enumerate().map(|(place, group)| group.summarised(place + 1, scatter, options)).collect();
    let least = steps.iter().map(|step| step.current_density_ua_per_cm2).fold(f64::INFINITY, f64::min);
    // Of several at the slowest rate the first is used: the later ones include losses in between.
    let slowest = steps.iter().find(|step| step.current_density_ua_per_cm2 <= least * (1.0 + ONE_RATE)).cloned();
    for step in &mut steps {
        if is_reversed {
            let words = "the potential rises while the current is negative: a positive current is taken as discharge";
            step.verdict.add(Quality::Suspect, ReasonCode::SignReversed, words);
        }
        let Some(slowest) = &slowest else { continue };
        let whole = slowest.capacity_density_uah_per_cm2;
        step.retention = step.capacity_density_uah_per_cm2 / whole;
        let relative = step.capacity_density_err_uah_per_cm2 / step.capacity_density_uah_per_cm2;
        step.retention_err = step.retention * relative.hypot(slowest.capacity_density_err_uah_per_cm2 / whole);
    }
    // The scale is the same at all rates: it does not count in a retention.
    for step in &mut steps {
        let of_scale = options.scale_err_rel * step.capacity_density_uah_per_cm2;
        step.capacity_density_err_uah_per_cm2 = step.capacity_density_err_uah_per_cm2.hypot(of_scale);
    }
    Ok(steps)
}

/// 0 at rest: below a thousandth of the largest current.
fn sign(current: f64, largest: f64) -> i8 {
    if current.abs() < 1e-3 * largest {
        0
    } else if current > 0.0 {
        1
    } else {
        -1
    }
}

/// Whether positive currents lower the potential: then they discharge.
fn charge_lowers_potential(points: &[Point], largest: f64) -> bool {
    let (mut agrees, mut moved) = (0.0, 0.0);
    for run in points.chunk_by(|a, b| sign(a.current, largest) == sign(b.current, largest)) {
        // The first points show the jump by the resistance, which has the sign of the current too.
        if let (Some(first), Some(last)) = (run[0].potential, run[run.len() - 1].potential) {
            let change = (last - first) * f64::from(sign(run[0].current, largest));
            agrees += change;
            moved += change.abs();
        }
    }
    moved > 0.0 && agrees < -0.5 * moved
}

fn discharges(points: &[Point], largest: f64) -> Vec<HalfCycle> {
    let (low, high) = points
        .iter()
        .filter_map(|point| point.potential)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let mut found: Vec<HalfCycle> = Vec::new();
    let mut before = Before::Nothing;
    let mut at = 0;
    for run in points.chunk_by(|a, b| sign(a.current, largest) == sign(b.current, largest)) {
        let from = at;
        at += run.len();
        match sign(run[0].current, largest) {
            1 => before = Before::Charge,
            -1 => {
                // One rate may follow another without rest or charge between them.
                let mut part_from = from;
                for part in run.chunk_by(|a, b| (a.current - b.current).abs() <= 3.0 * ONE_RATE * a.current.abs()) {
                    let range = part_from..part_from + part.len();
                    part_from = range.end;
                    let Some(mut half) = half_cycle(points, range.clone(), before) else { continue };
                    half.is_last = range.end == points.len();
                    half.window_v = (high - low).max(0.0);
                    match found.last_mut() {
                        // After a pause it goes on.
                        Some(last)
                            if before == Before::Discharge
                                && (last.current - half.current).abs() <= ONE_RATE * half.current =>
                        {
                            let (first, second) = (last.capacity, half.capacity);
                            let all = first + second;
                            *last = HalfCycle {
                                capacity: all,
                                current: (first * last.current + second * half.current) / all,
                                reading: last.reading.hypot(half.reading),
                                held: (last.held * first + half.held * second) / all,
                                unseen: (last.unseen * first + half.unseen * second) / all,
                                before: last.before,
                                ..half
                            };
                        }
                        _ => found.push(half),
                    }
                    before = Before::Discharge;
                }
            }
            _ => {}
        }
    }
    found
}

/// The part of a run of discharge that has a constant current.
fn half_cycle(points: &[Point], range: std::ops::Range<usize>, before: Before) -> Option<HalfCycle> {
    let part = &points[range.clone()];
    if part.len() < 2 {
        return None;
    }
    let mut initial: Vec<f64> = part[..(part.len() / 10).clamp(2, 25)].iter().map(|point| -point.current).collect();
    initial.sort_by(f64::total_cmp);
    let initial = initial[initial.len() / 2];
    let falls = |points: &[Point]| points.iter().all(|point| -point.current < (1.0 - HELD) * initial);
    let constant = (1..part.len()).find(|at| falls(&part[*at..(at + 3).min(part.len())])).unwrap_or(part.len());
    let mut intervals: Vec<f64> = part[..constant].windows(2).map(|pair| pair[1].time - pair[0].time).collect();
    intervals.sort_by(f64::total_cmp);
    let usual = intervals.get(intervals.len() / 2).copied().unwrap_or(0.0);
    let charge = |points: &[Point]| -> (f64, f64) {
        points.windows(2).fold((0.0, 0.0), |(sum, unseen), pair| {
            let step = pair[1].time - pair[0].time;
            let charge = -0.5 * (pair[0].current + pair[1].current) * step;
            if usual > 0.0 && step > GAP * usual { (sum, unseen + charge) } else { (sum + charge, unseen) }
        })
    };
    let (seen, unseen) = charge(&part[..constant]);
    let held = charge(&part[constant.saturating_sub(1)..]).0;
    // It begins and ends between its own outermost points and their neighbours.
    let outside = |own: f64, other: Option<&Point>| {
        let gap = other.map_or(usual, |other| (other.time - own).abs());
        if gap <= 2.0 * usual {
            (if other.is_some() { 0.5 * gap } else { 0.0 }, gap / 12.0_f64.sqrt())
        } else {
            (0.0, 0.0)
        }
    };
    let (first, last) = (part[0], part[constant - 1]);
    let (more_first, err_first) = outside(first.time, range.start.checked_sub(1).map(|k| &points[k]));
    let follows = if constant < part.len() { None } else { points.get(range.end) };
    let (more_last, err_last) = if constant < part.len() { (0.0, 0.0) } else { outside(last.time, follows) };
    let duration = last.time - first.time;
    let current = seen / intervals.iter().filter(|step| usual <= 0.0 || **step <= GAP * usual).sum::<f64>();
    let capacity = (seen + current * (more_first + more_last)) / 3600.0;
    let usable = duration > 0.0 && current.is_finite() && current > 0.0 && capacity > 0.0;
    usable.then_some(HalfCycle {
        current,
        capacity,
        reading: current * err_first.hypot(err_last) / 3600.0,
        held: held / 3600.0 / capacity,
        unseen: unseen / 3600.0 / capacity,
        before,
        is_last: false,
        end_v: part[constant - 1].potential,
        window_v: 0.0,
    })
}

/// Half of the 99 % interval of Student's distribution over that of a normal one. One degree of freedom is taken as 95 %: 99 % would
/// be 25.
fn widening(freedom: usize) -> f64 {
    let probability = if freedom > 1 { 0.99 } else { 0.95 };
    student::factor(probability, freedom as f64) / student::factor(probability, f64::INFINITY)
}

/// Discharges at one rate.
struct Group {
    used: Vec<HalfCycle>,
    verdict: Verdict,
}

impl Group {
    fn of(all: &[HalfCycle]) -> Self {
        let mut verdict = Verdict::default();
        let mut used = all.to_vec();
        let median = |halves: &[HalfCycle], value: &dyn Fn(&HalfCycle) -> f64| {
            let mut values: Vec<f64> = halves.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        if let Some(last) = used.last().copied().filter(|last| last.is_last) {
            let others = &used[..used.len() - 1];
            let is_short = match last.end_v.filter(|_| !others.is_empty()) {
                Some(end) => {
                    let usual = median(others, &|half| half.end_v.unwrap_or(end));
                    end - usual > SHORT_OF_END * last.window_v
                }
                None if others.is_empty() => true,
                None => last.capacity < (1.0 - LEAST_OUTLIER) * median(others, &|half| half.capacity),
            };
            if is_short && others.is_empty() {
                let words = "the file ends with the only discharge at this rate: it may be incomplete";
                verdict.add(Quality::Suspect, ReasonCode::Interrupted, words);
            } else if is_short {
                used.pop();
                verdict.note("the last discharge is incomplete, and left out");
            }
        }
        if used.len() > 2 {
            let capacity = median(&used, &|half| half.capacity);
            let scatter = 1.4826 * median(&used, &|half| (half.capacity - capacity).abs());
            let is_out = |half: &HalfCycle| {
                let away = (half.capacity - capacity).abs();
                away > OUTLIER * scatter.max(half.reading) && away > LEAST_OUTLIER * capacity
            };
            let out = used.iter().filter(|half| is_out(half)).count();
            if out > 0 {
                let largest =
                    used.iter().map(|half| half.capacity - capacity).max_by(|a, b| a.abs().total_cmp(&b.abs()));
                let words = format!(
                    "{out} of {} left out: {:+.1} % away from the others",
                    counted(used.len(), "discharge", "discharges"),
                    100.0 * largest.unwrap_or(0.0) / capacity
                );
                verdict.add(Quality::Suspect, ReasonCode::LargeScatter, words);
                used.retain(|half| !is_out(half));
            }
        }
        let most = |value: fn(&HalfCycle) -> f64| used.iter().map(value).fold(0.0, f64::max);
        let (held, unseen) = (most(|half| half.held), most(|half| half.unseen));
        if held > MATTERS {
            let words = format!(
                "the current falls after it was constant, which adds {:.1} % of charge: not counted",
                100.0 * held
            );
            verdict.add(Quality::Suspect, ReasonCode::Interrupted, words);
        }
        if unseen > MATTERS {
            let words =
                format!("points are missing, in which {:.1} % of charge may have flowed: not counted", 100.0 * unseen);
            verdict.add(Quality::Suspect, ReasonCode::Interrupted, words);
        }
        if used.iter().any(|half| half.before == Before::Discharge) {
            let words = "no charge between this discharge and the one before, at another current";
            verdict.add(Quality::Suspect, ReasonCode::Interrupted, words);
        }
        if used.len() < 2 {
            verdict.add(Quality::Suspect, ReasonCode::NoReplicates, "a single discharge: the scatter is unknown");
        } else {
            verdict.note(counted(used.len(), "discharge", "discharges"));
        }
        Self { used, verdict }
    }

    fn mean(&self, value: fn(&HalfCycle) -> f64) -> f64 {
        self.used.iter().map(value).sum::<f64>() / self.used.len() as f64
    }

    /// Sum of squared relative deviations of the capacities from their mean.
    fn relative_squares(&self) -> f64 {
        let mean = self.mean(|half| half.capacity);
        self.used.iter().map(|half| (half.capacity / mean - 1.0).powi(2)).sum()
    }

    fn summarised(&self, step: usize, scatter: f64, options: &RateOptions) -> RateStep {
        let n = self.used.len() as f64;
        let (current, capacity) = (self.mean(|half| half.current), self.mean(|half| half.capacity));
        let own = (self.relative_squares() / (n - 1.0).max(1.0)).sqrt();
        // The intervals at the ends are alike in all half cycles: their mean is no better known.
        let reading = self.mean(|half| half.reading);
        let by_scatter = capacity * scatter.max(own) / n.sqrt();
        RateStep {
            step,
            c_rate: options.one_c_ua_per_cm2.filter(|one| *one > 0.0).map(|one| current / one),
            current_density_ua_per_cm2: current,
            capacity_density_uah_per_cm2: capacity,
            capacity_density_err_uah_per_cm2: by_scatter.hypot(reading),
            retention: 1.0,
            retention_err: 0.0,
            n_cycles: self.used.len(),
            verdict: self.verdict.clone(),
        }
    }
}
