//! The potential at which a current leaves its baseline.
//!
//! The baseline is a line through the quiet part of the first whole sweep. An excursion is a run of points whose current density
//! exceeds the line by five standard deviations; the noise may be correlated, and the uncertainty of the extrapolated line
//! counts. The first excursion is the onset; whether the current returns, and where it leaves for good, is reported beside it, and so
//! is the potential at which the excess reaches a stated current density. The onset is where the rise begins, not where it becomes
//! visible: see the module `rise`.
//!
//! A sweep to lower potentials is evaluated for reduction in the same way.

use super::baseline::{Baseline, Quiet, quiet_part};
use super::error::{ElectrochemistryError, check};
use super::rise::{Scatter, beginning};
use super::sweep::{Sweep, sweeps};
use crate::quality::{Quality, ReasonCode, Verdict, counted};

/// Options of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct OnsetOptions {
    /// Number of standard deviations of the baseline beyond which the current has left it.
    pub sigmas: f64,
    /// Initial fraction of the scan that is taken as quiet.
    pub quiet_share: f64,
    /// Excess current density of [`Onset::threshold_v`] (µA/cm²).
    pub threshold_ua_per_cm2: f64,
    /// Relative standard uncertainty of all current densities together: of the area of the electrode and of the calibration of
    /// the current.
    pub scale_err_rel: f64,
}

impl Default for OnsetOptions {
    fn default() -> Self {
        Self { sigmas: 5.0, quiet_share: 0.25, threshold_ua_per_cm2: 1.0, scale_err_rel: 0.0 }
    }
}

/// The onset, or its absence.
#[derive(Clone, Debug, PartialEq)]
pub struct Onset {
    /// The potential at which the first significant excursion begins (V); `None` if the current stays on its baseline.
    pub onset_v: Option<f64>,
    /// Its standard uncertainty (V): of the noise and its correlation, of the baseline, of the shape of the rise, and of the
    /// interval of the points.
    pub onset_err_v: Option<f64>,
    /// Where the first excursion ends and the current is back on its baseline (V); `None` if it stays away.
    pub return_v: Option<f64>,
    /// The potential from which on the current stays away from its baseline (V); `None` if it returns.
    pub lasting_onset_v: Option<f64>,
    /// Its standard uncertainty (V).
    pub lasting_onset_err_v: Option<f64>,
    /// The first potential at which the excess exceeds the threshold (V); `None` if it does not, or if the noise is larger.
    pub threshold_v: Option<f64>,
    /// Its standard uncertainty (V).
    pub threshold_err_v: Option<f64>,
    /// The threshold (µA/cm²).
    pub threshold_ua_per_cm2: f64,
    /// Last potential of the sweep (V).
    pub limit_v: f64,
    /// Whether the potential rises.
    pub rising: bool,
    /// The baseline at the onset, or at the end (µA/cm²).
    pub baseline_ua_per_cm2: f64,
    /// Standard deviation around the baseline (µA/cm²).
    pub baseline_std_ua_per_cm2: f64,
    /// Standard uncertainty of means of the noise against that of independent points, at least 1.
    pub noise_correlation: f64,
    /// Points of the sweep.
    pub n_points: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Number of points that a sweep needs.
const NEEDED: usize = 20;
/// Least number of points of an excursion: fewer are outliers.
const LEAST_OUTSIDE: usize = 3;
/// Inflation of slow noise above which a faint excursion is in doubt.
const CORRELATED: f64 = 3.0;

/// Finds where the current of the first whole sweep leaves its baseline.
///
/// # Errors
///
/// [`ElectrochemistryError`] for too few points or values that are not numbers.
pub fn find_onset(
    potential_v: &[f64],
    current_density_ua_per_cm2: &[f64],
    options: &OnsetOptions,
) -> Result<Onset, ElectrochemistryError> {
    check(&[potential_v, current_density_ua_per_cm2], NEEDED)?;
    let sweeps = sweeps(None, potential_v, current_density_ua_per_cm2);
    let longest = sweeps.iter().map(Sweep::length).fold(0.0, f64::max);
    let Some(sweep) = sweeps.iter().find(|sweep| sweep.length() >= 0.9 * longest) else {
        return Err(ElectrochemistryError::TooFewPoints { points: 0, needed: NEEDED });
    };
    let scan = &sweep.points;
    let n = scan.len();
    if n < NEEDED {
        return Err(ElectrochemistryError::TooFewPoints { points: n, needed: NEEDED });
    }
    let Quiet { points: quiet, line, is_curved } = quiet_part(scan, options.quiet_share);
    let excess: Vec<(f64, f64)> = scan.iter().map(|(v, i)| (*v, i - line.at(*v))).collect();
    // Where the current is written with few digits, the noise is at least that of rounding.
    let resolution = scan.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).filter(|step| *step > 0.0);
    let resolution = Some(resolution.fold(f64::INFINITY, f64::min)).filter(|step| step.is_finite()).unwrap_or(0.0);
    let std = line.std.max(resolution / 12.0_f64.sqrt()).max(f64::MIN_POSITIVE);
    let limit_at = |v: f64| options.sigmas * std.hypot(line.error_at(v));
    let runs = |sign: f64| runs(&excess, quiet.start, |(v, e)| sign * e > limit_at(v));
    let search = Search { scan, excess: &excess, begin: quiet.start, line: &line, std, options };
    let excursions = runs(1.0);
    let sign = sweep.sign();
    let limit_v = sign * scan[n - 1].0;
    let (first, last) = (excursions.first(), excursions.last().filter(|run| run.end == n));
    let begins = first.map(|run| search.begins(run));
    let lasts = last.map(|run| search.begins(run));
    let returns = first.filter(|run| run.end < n).map(|run| scan[run.end].0);
    let threshold = search.crossing(options.threshold_ua_per_cm2);
    let mut verdict = Verdict::good(match first {
        None => format!("the current stays on its baseline {} {limit_v:.1} V", to_the(sweep.rising)),
        Some(run) => format!(
            "{} beyond the baseline by more than {} standard deviations",
            counted(run.end - run.start, "point", "points"),
            options.sigmas
        ),
    });
    if sweeps.len() > 1 {
        verdict.note(format!("the first whole sweep of {}", sweeps.len()));
    }
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    if is_curved {
        doubt(ReasonCode::NoBaseline, "the quiet part of the sweep is curved: it has no straight baseline".to_owned());
    }
    let early = n / 50 + (n as f64 * options.quiet_share) as usize;
    if first.is_some_and(|run| run.start < early && run.start > quiet.start + LEAST_OUTSIDE) {
        let words = format!(
            "the current leaves its baseline within the first {:.0} % of the sweep, where it should be quiet",
            100.0 * options.quiet_share
        );
        doubt(ReasonCode::NoBaseline, words);
    }
    if let (Some(run), Some((onset, _))) = (first, begins) {
        let highest = excess[run.clone()].iter().map(|point| point.1).fold(0.0, f64::max);
        if run.start <= quiet.start + LEAST_OUTSIDE {
            doubt(ReasonCode::NoBaseline, "the current is away from its baseline from the beginning".to_owned());
        }
        if line.inflation > CORRELATED && highest < 2.0 * limit_at(scan[run.start].0) {
            let words = format!(
                "the excursion reaches {:.1} standard deviations, and slow noise is {:.1} times as large as that of independent points",
                highest / std,
                line.inflation.sqrt()
            );
            doubt(ReasonCode::ResidualsCorrelated, words);
        }
        if let Some(back) = returns {
            let then = match lasts {
                Some((lasting, _)) => format!("it leaves for good at {:.2} V", sign * lasting),
                None => format!("it stays there {} {limit_v:.1} V", to_the(sweep.rising)),
            };
            let words = format!(
                "the current leaves its baseline at {:.2} V and is back at {:.2} V; {then}",
                sign * onset,
                sign * back
            );
            doubt(ReasonCode::OnsetNotLasting, words);
        }
    }
    let before = first.map_or(n, |run| run.start);
    if let Some(below) = runs(-1.0).into_iter().find(|run| run.start < before) {
        let words = format!(
            "the current is below its baseline by more than {} standard deviations at {:.2} V: the baseline is not a straight line",
            options.sigmas,
            sign * scan[below.start].0
        );
        doubt(ReasonCode::NoBaseline, words);
    }
    Ok(Onset {
        onset_v: begins.map(|(v, _)| sign * v),
        onset_err_v: begins.map(|(_, err)| err),
        return_v: returns.map(|v| sign * v),
        lasting_onset_v: lasts.map(|(v, _)| sign * v),
        lasting_onset_err_v: lasts.map(|(_, err)| err),
        threshold_v: threshold.map(|(v, _)| sign * v),
        threshold_err_v: threshold.map(|(_, err)| err),
        threshold_ua_per_cm2: options.threshold_ua_per_cm2,
        limit_v,
        rising: sweep.rising,
        baseline_ua_per_cm2: sign * line.at(begins.map_or(scan[n - 1].0, |(v, _)| v)),
        baseline_std_ua_per_cm2: std,
        noise_correlation: line.inflation.sqrt(),
        n_points: n,
        verdict,
    })
}

fn to_the(rising: bool) -> &'static str {
    if rising { "up to" } else { "down to" }
}

/// Runs of points outside, from `begin` on. Within a run a few may be inside, by noise; one that is almost at the end
/// lasts to the end.
fn runs(points: &[(f64, f64)], begin: usize, is_outside: impl Fn((f64, f64)) -> bool) -> Vec<std::ops::Range<usize>> {
    let n = points.len();
    let gap = (n / 100).max(1);
    let mut runs: Vec<(std::ops::Range<usize>, usize)> = Vec::new();
    for place in (begin..n).filter(|place| is_outside(points[*place])) {
        match runs.last_mut() {
            Some((run, count)) if place <= run.end + gap => {
                run.end = place + 1;
                *count += 1;
            }
            _ => runs.push((place..place + 1, 1)),
        }
    }
    if let Some((run, _)) = runs.last_mut()
        && n - run.end <= gap
    {
        run.end = n;
    }
    runs.into_iter().filter(|(_, count)| *count >= LEAST_OUTSIDE).map(|(run, _)| run).collect()
}

struct Search<'a> {
    scan: &'a [(f64, f64)],
    excess: &'a [(f64, f64)],
    begin: usize,
    line: &'a Baseline,
    std: f64,
    options: &'a OnsetOptions,
}

impl Search<'_> {
    /// Where an excursion begins, with its uncertainty, in the direction of the sweep.
    fn begins(&self, run: &std::ops::Range<usize>) -> (f64, f64) {
        let visible = self.scan[run.start].0;
        let of_line = self.line.error_at(visible);
        let limit = self.options.sigmas * self.std.hypot(of_line);
        let noise = Scatter { std: self.std, inflation: self.line.inflation, limit };
        let (v, err) = beginning(&self.excess[..run.end], self.begin, run.start, &noise);
        // An error of the baseline moves the beginning by that over the slope of the rise.
        let by_line = (visible - v).max(0.0) * of_line / limit;
        (v, err.hypot(by_line))
    }

    /// Where the excess first exceeds a current density, with its uncertainty.
    fn crossing(&self, threshold: f64) -> Option<(f64, f64)> {
        let n = self.excess.len();
        let is_above =
            |(v, e): (f64, f64)| e > threshold.max(self.options.sigmas * self.std.hypot(self.line.error_at(v)));
        let run = runs(self.excess, self.begin, is_above).into_iter().next()?;
        let (v, of_line) = (self.excess[run.start].0, self.line.error_at(self.excess[run.start].0));
        if threshold < self.options.sigmas * self.std.hypot(of_line) {
            return None;
        }
        if run.start == 0 {
            return Some((v, 0.0));
        }
        let (before, after) = (self.excess[run.start - 1], self.excess[run.start]);
        let interval = after.0 - before.0;
        // By lines through two, four and eight points; the most points that noise needs, and what fewer give is its uncertainty.
        let by = |reach: usize| {
            let around = &self.excess[run.start.saturating_sub(1 + reach)..(run.start + 1 + reach).min(n)];
            let local = Baseline::over(around);
            let slope = (local.at(after.0) - local.at(before.0)) / interval;
            let crossing = before.0 + (threshold - local.at(before.0)) / slope;
            let by_noise = (self.std / (around.len() as f64).sqrt()).hypot(of_line) / slope;
            (slope > 0.0).then(|| (crossing.clamp(around[0].0, around[around.len() - 1].0), by_noise, slope))
        };
        let lines = if interval > 0.0 { [by(3), by(1), by(0)] } else { [None; 3] };
        let found: Vec<(f64, f64, f64)> = lines.into_iter().flatten().collect();
        let best = found.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((crossing, by_noise, _)) = best else { return Some((v, interval.max(0.0))) };
        let spread = found.iter().map(|(other, ..)| (other - crossing).abs()).fold(0.0, f64::max);
        // The slope of the line through the most points.
        let by_scale = found.first().map_or(0.0, |(.., slope)| self.options.scale_err_rel * threshold / slope);
        Some((crossing, by_noise.hypot(spread).hypot(interval / 12.0_f64.sqrt()).hypot(by_scale)))
    }
}
