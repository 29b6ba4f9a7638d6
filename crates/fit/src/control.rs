//! Control charts over the runs of a recipe: individuals and moving ranges, an exponentially weighted moving average (EWMA), and the
//! zone rules.
//!
//! A run is judged by the good runs before it in its phase, without those beyond 3 standard deviations: the chart starts itself, and its
//! limits are those of a prediction. A change that stays, and after which no phase begins, is reported, and the limits then follow it. The standard deviation of one run is the mean moving range divided by d₂ = 1.128; slow changes widen it little.
//! For few runs it is itself uncertain: the deviation of a run is compared with Student's distribution of as many degrees of
//! freedom as the mean moving range has, and restated as the deviation of a normal distribution that is as improbable. On these all rules work:
//!
//! - one run beyond 3 standard deviations, two of three beyond 2, four of five beyond 1, eight in a row, each on one side;
//! - a moving range beyond its limit, with the same probability as one run beyond 3;
//! - an EWMA with λ = 0.2 beyond L = 2.962 of its own standard deviations. A single run counts in it with at most 4 standard deviations.
//!
//! Source: ISO 7870-2:2013 (individuals and moving range, phases); Western Electric, Statistical Quality Control Handbook (1956) 25
//! (rules of zones); ISO 7870-6:2016 and J. M. Lucas, M. S. Saccucci, Technometrics 32 (1990) 1 (EWMA, λ and L for one false alarm in
//! 500 runs); C. P. Quesenberry, J. Qual. Technol. 23 (1991) 213 (charts that start themselves); J. D. Cryer, T. P. Ryan, J. Qual.
//! Technol. 22 (1990) 187 (variance of the mean moving range).

use crate::quality::{Quality, ReasonCode, Verdict, counted};
use crate::student::{chance, factor, normal_deviation};

/// Earlier good runs that a judgement needs.
pub const LEAST_RUNS: usize = 5;
/// Mean range of two values divided by their standard deviation, 2/√π.
const D2: f64 = std::f64::consts::FRAC_2_SQRT_PI;
/// The probability within three standard deviations of a normal distribution.
const THREE_SIGMA: f64 = 0.997_300_203_936_740;
/// Weight of the newest run in the moving average.
pub const EWMA_WEIGHT: f64 = 0.2;
/// Its limit, in its own standard deviations.
pub const EWMA_LIMIT: f64 = 2.962;
/// Largest deviation of a single run that enters the moving average: one outlier alone does not set off the runs after it.
const LARGEST_IN_EWMA: f64 = 4.0;

/// A value of a run. Several of one run are averaged.
#[derive(Clone, Debug, PartialEq)]
pub struct RunValue<'a> {
    /// Name of the run.
    pub run: &'a str,
    /// Its start (s, on any clock that all runs share); `None` where it is not known.
    pub at_s: Option<f64>,
    /// The value, in the unit of the chart.
    pub value: f64,
    /// Its standard uncertainty; it does not enter the limits.
    pub value_err: Option<f64>,
    /// Its quality. Only good values enter the limits.
    pub quality: Quality,
    /// The latest event before the run that begins a phase; `None` where there was none.
    pub began_with: Option<&'a str>,
}

/// A rule that a run breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The run is more than 3 standard deviations from the centre.
    Beyond3Sigma,
    /// It and one of the two before it are more than 2 standard deviations off, on the same side.
    TwoOfThreeBeyond2Sigma,
    /// It and three of the four before it are more than 1 standard deviation off, on the same side.
    FourOfFiveBeyond1Sigma,
    /// It and the seven before it are on the same side of the centre.
    EightOnOneSide,
    /// It differs from the run before it by more than the limit of the moving range.
    MovingRange,
    /// The exponentially weighted moving average is beyond its limit.
    Ewma,
}

impl Rule {
    /// The word stored in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Beyond3Sigma => "beyond_3_sigma",
            Self::TwoOfThreeBeyond2Sigma => "two_of_three_beyond_2_sigma",
            Self::FourOfFiveBeyond1Sigma => "four_of_five_beyond_1_sigma",
            Self::EightOnOneSide => "eight_on_one_side",
            Self::MovingRange => "moving_range",
            Self::Ewma => "ewma",
        }
    }
}

/// Centre and limits for the next run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Mean of the runs that they are from.
    pub centre: f64,
    /// Standard deviation of one run, from the mean moving range.
    pub sigma: f64,
    /// Lower limit of the value: it lies below with a probability of 0.135 %.
    pub lower: f64,
    /// Upper limit, likewise.
    pub upper: f64,
    /// Mean moving range.
    pub moving_range: f64,
    /// Upper limit of the moving range: it lies above with a probability of about 0.27 %.
    pub moving_range_upper: f64,
    freedom: f64,
    widening: f64,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It breaks no rule.
    InControl,
    /// It breaks a rule.
    OutOfControl,
    /// There are no limits for it yet, or its value is not good.
    NotJudged,
}

impl State {
    /// The words stored in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InControl => "in control",
            Self::OutOfControl => "out of control",
            Self::NotJudged => "not judged",
        }
    }
}

/// A run on the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartedRun {
    /// Its name.
    pub run: String,
    /// Its phase, from 1; `None` where its start is not known.
    pub phase: Option<usize>,
    /// Its value; the mean where there were several.
    pub value: f64,
    /// Standard uncertainty of that; `None` where one of them has none.
    pub value_err: Option<f64>,
    /// Number of values.
    pub n_values: usize,
    /// The limits by which it was judged; `None` before there are [`LEAST_RUNS`] others.
    pub limits: Option<Limits>,
    /// Its deviation from the centre (standard deviations of a normal distribution that is as improbable).
    pub deviation: Option<f64>,
    /// Difference from the last run before it that counts for limits.
    pub moving_range: Option<f64>,
    /// Exponentially weighted moving average of the deviations.
    pub ewma: Option<f64>,
    /// Its limit, either sign.
    pub ewma_limit: Option<f64>,
    /// The rules that it breaks.
    pub rules: Vec<Rule>,
    /// Whether it is in control, as far as it was judged.
    pub state: State,
    /// Whether it counts for the limits of later runs.
    pub counts: bool,
    /// Good where the run was judged; otherwise why it was not.
    pub verdict: Verdict,
}

/// A phase of the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its number, from 1.
    pub phase: usize,
    /// The event that it began with; `None` for the first.
    pub began_with: Option<String>,
    /// Its first run.
    pub first_run: String,
    /// Its last run.
    pub last_run: String,
    /// Number of its runs.
    pub n_runs: usize,
    /// Runs from which the limits are.
    pub n_used: usize,
    /// Runs out of control.
    pub n_out: usize,
    /// Whether it is the newest.
    pub newest: bool,
    /// Limits for the next run; `None` where there are too few runs.
    pub limits: Option<Limits>,
    /// Good where there are limits; otherwise why there are none.
    pub verdict: Verdict,
}

/// A control chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// Its phases, in the order of time.
    pub phases: Vec<Phase>,
    /// Its runs, in the order of time; those without a start come last.
    pub runs: Vec<ChartedRun>,
}

/// The control chart of the runs of one recipe on one reactor.
///
/// Values that are not finite, or whose quality is failed, are left out. A run has the mean of its good values; where none is good, that of
/// the suspect ones, which is shown and not judged.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::control::{chart_runs, Rule, RunValue, State};
/// # use aldb_fit::quality::Quality;
/// let values = [1.00, 1.02, 0.99, 1.01, 0.98, 1.00, 1.01, 1.20];
/// let names: Vec<String> = (0..values.len()).map(|run| format!("run {run}")).collect();
/// let runs: Vec<RunValue<'_>> = names.iter().zip(values).enumerate().map(|(place, (run, value))| RunValue {
///     run, at_s: Some(place as f64), value, value_err: None, quality: Quality::Good, began_with: None,
/// }).collect();
/// let chart = chart_runs(&runs);
/// assert_eq!(chart.runs[6].state, State::InControl);
/// assert!(chart.runs[7].rules.contains(&Rule::Beyond3Sigma));
/// ```
#[must_use]
pub fn chart_runs(values: &[RunValue<'_>]) -> Chart {
    let mut chart = Chart::default();
    let mut current: Option<(Option<&str>, Progress)> = None;
    for run in means(values) {
        if run.at_s.is_none() {
            let words = "the start of the run is not known: it has no place in the order of the runs";
            chart.runs.push(run.not_judged(None, Verdict::failed(ReasonCode::MissingInput, words)));
            continue;
        }
        if current.as_ref().is_none_or(|(began_with, _)| *began_with != run.began_with) {
            if let Some((_, progress)) = current.take() {
                progress.end(&mut chart, false);
            }
            let phase = chart.phases.len() + 1;
            chart.phases.push(Phase {
                phase,
                began_with: run.began_with.map(str::to_owned),
                first_run: run.run.to_owned(),
                last_run: run.run.to_owned(),
                n_runs: 0,
                n_used: 0,
                n_out: 0,
                newest: false,
                limits: None,
                verdict: Verdict::default(),
            });
            current = Some((run.began_with, Progress::default()));
        }
        if let (Some((_, progress)), Some(phase)) = (&mut current, chart.phases.last_mut()) {
            let charted = progress.judge(&run, phase.phase);
            phase.last_run = run.run.to_owned();
            phase.n_runs += 1;
            phase.n_out += usize::from(charted.state == State::OutOfControl);
            chart.runs.push(charted);
        }
    }
    if let Some((_, progress)) = current {
        progress.end(&mut chart, true);
    }
    // Those without a start come last.
    chart.runs.sort_by_key(|run| run.phase.is_none());
    chart
}

/// A run with the mean of its values.
struct MeanOfRun<'a> {
    run: &'a str,
    at_s: Option<f64>,
    value: f64,
    value_err: Option<f64>,
    n_values: usize,
    quality: Quality,
    began_with: Option<&'a str>,
}

impl MeanOfRun<'_> {
    fn not_judged(&self, phase: Option<usize>, verdict: Verdict) -> ChartedRun {
        ChartedRun {
            run: self.run.to_owned(),
            phase,
            value: self.value,
            value_err: self.value_err,
            n_values: self.n_values,
            limits: None,
            deviation: None,
            moving_range: None,
            ewma: None,
            ewma_limit: None,
            rules: Vec::new(),
            state: State::NotJudged,
            counts: false,
            verdict,
        }
    }
}

/// The runs in the order of time.
fn means<'a>(values: &[RunValue<'a>]) -> Vec<MeanOfRun<'a>> {
    let usable = |value: &&RunValue<'_>| value.value.is_finite() && value.quality != Quality::Failed;
    let mut sorted: Vec<&RunValue<'a>> = values.iter().filter(usable).collect();
    // The order of equal times, and of the terms of a sum, must not depend on that of the input.
    sorted.sort_by(|a, b| {
        let of = |value: &RunValue<'_>| value.at_s.filter(|at_s| at_s.is_finite()).unwrap_or(f64::INFINITY);
        of(a).total_cmp(&of(b)).then_with(|| a.run.cmp(b.run)).then_with(|| a.value.total_cmp(&b.value))
    });
    let of_run = |values: &[&RunValue<'a>]| {
        let quality = values.iter().map(|value| value.quality).min().unwrap_or_default();
        let best: Vec<_> = values.iter().filter(|value| value.quality == quality).collect();
        let count = best.len() as f64;
        let squares: Option<f64> = best.iter().map(|value| value.value_err.map(|err| err * err)).sum();
        MeanOfRun {
            run: values[0].run,
            at_s: values[0].at_s.filter(|at_s| at_s.is_finite()),
            value: best.iter().map(|value| value.value).sum::<f64>() / count,
            value_err: squares.map(|squares| squares.sqrt() / count),
            n_values: best.len(),
            quality,
            began_with: values.iter().filter_map(|value| value.began_with).max(),
        }
    };
    sorted.chunk_by(|a, b| a.run == b.run).map(of_run).collect()
}

/// What is known of a phase so far.
#[derive(Default)]
struct Progress {
    /// Values of the good runs that count for limits.
    used: Vec<f64>,
    /// Deviations of the runs that were judged.
    deviations: Vec<f64>,
    ewma: f64,
}

impl Progress {
    fn judge(&mut self, run: &MeanOfRun<'_>, phase: usize) -> ChartedRun {
        let limits = limits(&self.used);
        let deviation = limits.as_ref().ok().map(|limits| limits.deviation(run.value));
        let moving_range = self.used.last().map(|last| (run.value - last).abs());
        let mut charted = ChartedRun {
            limits: limits.as_ref().ok().copied(),
            deviation,
            moving_range,
            ..run.not_judged(Some(phase), Verdict::default())
        };
        if run.quality != Quality::Good {
            charted.verdict =
                Verdict::suspect(ReasonCode::InputSuspect, "the value is suspect: it is shown and not judged");
            return charted;
        }
        let (limits, deviation) = match (limits, deviation) {
            (Ok(limits), Some(deviation)) => (limits, deviation),
            (limits, _) => {
                charted.verdict = limits.err().unwrap_or_default();
                charted.counts = true;
                self.used.push(run.value);
                return charted;
            }
        };
        self.deviations.push(deviation);
        let limited = deviation.clamp(-LARGEST_IN_EWMA, LARGEST_IN_EWMA);
        self.ewma = EWMA_WEIGHT * limited + (1.0 - EWMA_WEIGHT) * self.ewma;
        let kept = (1.0 - EWMA_WEIGHT).powi(2 * i32::try_from(self.deviations.len()).unwrap_or(i32::MAX / 2));
        let ewma_limit = EWMA_LIMIT * (EWMA_WEIGHT / (2.0 - EWMA_WEIGHT) * (1.0 - kept)).sqrt();
        charted.ewma = Some(self.ewma);
        charted.ewma_limit = Some(ewma_limit);
        charted.rules = zone_rules(&self.deviations);
        if moving_range.is_some_and(|range| range > limits.moving_range_upper) {
            charted.rules.push(Rule::MovingRange);
        }
        if self.ewma.abs() > ewma_limit {
            charted.rules.push(Rule::Ewma);
        }
        // To leave out runs that break another rule would keep an uncertain centre where it is, and alarms with it.
        charted.counts = !charted.rules.contains(&Rule::Beyond3Sigma);
        charted.state = if charted.rules.is_empty() { State::InControl } else { State::OutOfControl };
        if charted.counts {
            self.used.push(run.value);
        }
        charted
    }

    fn end(self, chart: &mut Chart, newest: bool) {
        if let Some(phase) = chart.phases.last_mut() {
            phase.n_used = self.used.len();
            phase.newest = newest;
            match limits(&self.used) {
                Ok(limits) => phase.limits = Some(limits),
                Err(verdict) => phase.verdict = verdict,
            }
        }
    }
}

impl Limits {
    /// The deviation of a value from the centre, in standard deviations of a normal distribution that is as improbable.
    fn deviation(&self, value: f64) -> f64 {
        let of_student = (value - self.centre) / (self.sigma * self.widening);
        normal_deviation(chance(of_student, self.freedom)).copysign(of_student)
    }
}

/// Centre and limits from these values, in the order of time; otherwise why there are none.
fn limits(used: &[f64]) -> Result<Limits, Verdict> {
    let n = used.len();
    if n < LEAST_RUNS {
        let good = counted(n, "good run", "good runs");
        let words = format!("limits need {LEAST_RUNS} good runs of the phase: {good} before this one");
        return Err(Verdict::failed(ReasonCode::TooFewPoints, words));
    }
    let count = n as f64;
    let centre = used.iter().sum::<f64>() / count;
    let ranges = used.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    let moving_range = ranges.sum::<f64>() / (count - 1.0);
    let sigma = moving_range / D2;
    if sigma <= 1e-12 * centre.abs() || !sigma.is_finite() {
        let words = "the runs before are equal: their scatter is not known";
        return Err(Verdict::failed(ReasonCode::ParameterUndetermined, words));
    }
    // The relative variance of σ from overlapping ranges, and Student's distribution with the same.
    let variance = (0.8264 * count - 1.0820) / (count - 1.0).powi(2);
    let freedom = (0.5 / variance).max(1.0);
    // σ is without bias; Student's distribution divides by the root of a mean square, which is smaller on average by c₄.
    let c4 = 4.0 * freedom / (4.0 * freedom + 1.0);
    let widening = c4 * (1.0 + 1.0 / count).sqrt();
    let reach = factor(THREE_SIGMA, freedom);
    Ok(Limits {
        centre,
        sigma,
        lower: centre - reach * widening * sigma,
        upper: centre + reach * widening * sigma,
        moving_range,
        moving_range_upper: reach * c4 * std::f64::consts::SQRT_2 * sigma,
        freedom,
        widening,
    })
}

/// The rules of zones that the last of these deviations breaks.
fn zone_rules(deviations: &[f64]) -> Vec<Rule> {
    let Some(&last) = deviations.last() else { return Vec::new() };
    let side = last.signum();
    // How many of the last `of` are beyond `sigmas` on the side of the last one, if it is itself.
    let beyond = |of: usize, sigmas: f64| {
        let recent = &deviations[deviations.len().saturating_sub(of)..];
        let is_beyond = |deviation: &f64| side * deviation > sigmas;
        if is_beyond(&last) { recent.iter().filter(|deviation| is_beyond(deviation)).count() } else { 0 }
    };
    let rules = [
        (Rule::Beyond3Sigma, beyond(1, 3.0) == 1),
        (Rule::TwoOfThreeBeyond2Sigma, beyond(3, 2.0) >= 2),
        (Rule::FourOfFiveBeyond1Sigma, beyond(5, 1.0) >= 4),
        (Rule::EightOnOneSide, beyond(8, 0.0) == 8),
    ];
    rules.into_iter().filter(|(_, broken)| *broken).map(|(rule, _)| rule).collect()
}
