//! One draw of a situation, and what many draws say.

use std::fmt;

use aldb_fit::quality::Quality;
use test_support::Noise;

/// What a kernel says of one draw, beside the truth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial {
    /// The value that was put in.
    pub(crate) truth: f64,
    /// The kernel's value with its standard uncertainty; `None` where it gives none.
    pub(crate) found: Option<(f64, f64)>,
    /// The kernel's verdict on this value.
    pub(crate) quality: Quality,
}

impl Trial {
    /// A draw from which the kernel gives no value.
    pub(crate) fn none(truth: f64) -> Self {
        Self { truth, found: None, quality: Quality::Failed }
    }

    fn deviation(&self) -> Option<f64> {
        self.found.map(|(value, err)| (value - self.truth).abs() / err)
    }

    fn is_good(&self) -> bool {
        self.found.is_some() && self.quality == Quality::Good
    }

    // An uncertainty that is null, zero or not a number covers nothing.
    fn is_wrong(&self) -> bool {
        self.deviation().is_some_and(|deviation| deviation.is_nan() || deviation > 3.0)
    }
}

/// Whether the kernel's assumptions hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// They hold: the value should be good.
    Healthy,
    /// They are violated: the value should be right within its uncertainty, suspect, or missing.
    Faulty,
}

/// Data of one kind, drawn many times.
pub(crate) struct Situation {
    /// SQL name of the kernel.
    pub(crate) kernel: &'static str,
    /// The result that is compared.
    pub(crate) quantity: &'static str,
    /// What the data are like.
    pub(crate) data: &'static str,
    /// Whether the kernel's assumptions hold.
    pub(crate) state: State,
    /// Makes one set of data and gives it to the kernel.
    pub(crate) draw: fn(&mut Noise) -> Trial,
}

/// Counts over the draws of one situation.
pub(crate) struct Summary {
    words: String,
    state: State,
    draws: usize,
    given: usize,
    bias_percent: f64,
    within_one: usize,
    within_two: usize,
    good: usize,
    good_and_wrong: usize,
}

impl Summary {
    /// The head of the table.
    pub(crate) const HEADER: &'static str = "| Function | Result | Data | Given | Bias | Within 1 σ | Within 2 σ | Good | Good and wrong by > 3 σ |\n\
                                      | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |";

    /// From `draws` draws; their seed depends on the situation alone.
    pub(crate) fn of(situation: &Situation, draws: usize) -> Self {
        let name = [situation.kernel, situation.quantity, situation.data].concat();
        let seed = name.bytes().fold(14_695_981_039_346_656_037, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
        });
        let mut noise = Noise::new(seed);
        let trials: Vec<Trial> = (0..draws).map(|_| (situation.draw)(&mut noise)).collect();
        let count = |test: &dyn Fn(&Trial) -> bool| trials.iter().filter(|trial| test(trial)).count();
        let mut relative: Vec<f64> = trials
            .iter()
            .filter_map(|trial| trial.found.map(|(value, _)| 100.0 * (value - trial.truth) / trial.truth.abs()))
            .collect();
        relative.sort_by(f64::total_cmp);
        let state = if situation.state == State::Healthy { "healthy" } else { "faulty" };
        Self {
            words: format!("| `{}` | {} | {state}: {} |", situation.kernel, situation.quantity, situation.data),
            state: situation.state,
            draws,
            given: relative.len(),
            bias_percent: relative.get(relative.len() / 2).copied().unwrap_or(f64::NAN),
            within_one: count(&|trial| trial.deviation().is_some_and(|deviation| deviation <= 1.0)),
            within_two: count(&|trial| trial.deviation().is_some_and(|deviation| deviation <= 2.0)),
            good: count(&Trial::is_good),
            good_and_wrong: count(&|trial| trial.is_good() && trial.is_wrong()),
        }
    }
}

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 { "–".to_owned() } else { format!("{:.0} %", 100.0 * part as f64 / whole as f64) }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bias = if self.given == 0 { "–".to_owned() } else { format!("{:+.2} %", self.bias_percent) };
        write!(
            f,
            "{} {} | {bias} | {} | {} | {} | {} |",
            self.words,
            percent(self.given, self.draws),
            percent(self.within_one, self.given),
            percent(self.within_two, self.given),
            percent(self.good, self.draws),
            percent(self.good_and_wrong, self.draws),
        )
    }
}

/// The two shares for which the project has goals.
pub(crate) fn totals(summaries: &[Summary]) -> String {
    let sum = |of: fn(&Summary) -> usize| summaries.iter().map(of).sum::<usize>();
    let healthy: Vec<&Summary> = summaries.iter().filter(|summary| summary.state == State::Healthy).collect();
    let healthy_draws: usize = healthy.iter().map(|summary| summary.draws).sum();
    let healthy_good: usize = healthy.iter().map(|summary| summary.good).sum();
    format!(
        "Healthy data called good: {} of {healthy_draws} draws. Values called good that are wrong by more than 3 σ: {} of {} good ones.",
        percent(healthy_good, healthy_draws),
        sum(|summary| summary.good_and_wrong),
        sum(|summary| summary.good),
    )
}
