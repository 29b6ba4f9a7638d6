//! `chart_runs`: control charts over the runs of a recipe.

use aldb_fit::control::{Chart, ChartedRun, Limits, Phase, RunValue, chart_runs};
use aldb_fit::quality::Verdict;
use arrow::array::{Float64Array, StringArray};

use super::arguments::{Arguments, at, quality_at, text_at};
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

struct Runs {
    run_id: StringArray,
    started_s: Float64Array,
    value: Float64Array,
    value_err: Float64Array,
    quality: StringArray,
    began_with: StringArray,
}

impl Runs {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        Self {
            run_id: arguments.text("run_id", "The run; several values of one run are averaged."),
            started_s: arguments.number("started_s", "s", "Start of the run, on any clock that all runs share."),
            value: arguments.number("value", "1", "Value of the run, in one unit for the whole chart."),
            value_err: arguments.number("value_err", "1", "Its standard uncertainty; it does not enter the limits."),
            quality: arguments.optional_text("quality", "Its quality; without it, values are good."),
            began_with: arguments.optional_text(
                "began_with",
                "The latest event before the run that begins a new phase; null where there was none.",
            ),
        }
    }

    fn values(&self) -> Vec<RunValue<'_>> {
        let values = (0..self.value.len()).filter_map(|row| {
            Some(RunValue {
                run: text_at(&self.run_id, row)?,
                at_s: at(&self.started_s, row),
                value: at(&self.value, row)?,
                value_err: at(&self.value_err, row),
                quality: quality_at(&self.quality, row),
                began_with: text_at(&self.began_with, row),
            })
        });
        values.collect()
    }
}

/// A run, and whether its phase is the newest.
struct Charted {
    run: ChartedRun,
    newest: bool,
}

struct Charts {
    runs: Vec<Charted>,
    phases: Vec<Phase>,
}

impl From<Chart> for Charts {
    fn from(chart: Chart) -> Self {
        let newest = chart.phases.len();
        let runs = chart.runs.into_iter().map(|run| Charted { newest: run.phase == Some(newest), run });
        Self { runs: runs.collect(), phases: chart.phases }
    }
}

/// A part of the limits by which a run was judged.
fn of(charted: &Charted, part: fn(&Limits) -> f64) -> Option<f64> {
    charted.run.limits.as_ref().map(part)
}

/// A part of the limits for the next run.
fn limit(phase: &Phase, part: fn(&Limits) -> f64) -> Option<f64> {
    phase.limits.as_ref().map(part)
}

/// `chart_runs`.
pub(super) fn kernel() -> Kernel {
    Definition {
        name: "chart_runs",
        version: 1,
        meaning: "Control chart over the runs of a recipe: individuals and moving ranges, EWMA, the rules of Western Electric, by phases.",
        example: "SELECT recipe_id, quantity, chart_runs(run_id, started_s, value, value_err, quality, began_with) AS fit \
                  FROM run_values GROUP BY recipe_id, quantity LIMIT 3",
        arguments: Runs::of,
        evaluate: |runs| Ok(Charts::from(chart_runs(&runs.values()))),
        verdict: |_| Verdict::default(),
        always: fields! { charted: Outcome<Runs, Charts>;
            count n_runs "Number of runs." => charted.fit().map_or(0, |charts| charts.runs.len());
        },
        fields: fields! { fit: Charts;
            rows runs (fields! { charted: Charted;
                text run_id "The run." => charted.run.run.clone();
                number phase ["1"] "Phase of the chart, from 1; null where the start of the run is not known."
                    => charted.run.phase.map(|phase| phase as f64);
                flag newest_phase "Whether the phase is the newest." => charted.newest;
                number value ["1"] "Value of the run, in the unit of its quantity; the mean where there are several." => charted.run.value;
                number value_err ["1"] "Standard uncertainty of the value; null where one of several has none."
                    => charted.run.value_err;
                count n_values "Number of values of the run that were averaged." => charted.run.n_values;
                number centre ["1"] "Centre of the chart: mean of the good runs before this one in its phase, without those beyond 3 standard deviations; null where there are fewer than five."
                    => of(charted, |limits| limits.centre);
                number sigma ["1"] "Standard deviation of one run: the mean moving range of those runs divided by 1.128."
                    => of(charted, |limits| limits.sigma);
                number lower_limit ["1"] "Lower limit by which the run was judged, by Student's distribution: a run in control lies below with a probability of 0.135 %."
                    => of(charted, |limits| limits.lower);
                number upper_limit ["1"] "Upper limit, likewise." => of(charted, |limits| limits.upper);
                number deviation_sigmas ["1"] "Deviation from the centre, as standard deviations of a normal distribution that is as improbable."
                    => charted.run.deviation;
                number moving_range ["1"] "Difference from the last run before it from which limits are." => charted.run.moving_range;
                number moving_range_limit ["1"] "Upper limit of that difference: a run in control exceeds it with a probability of about 0.27 %."
                    => of(charted, |limits| limits.moving_range_upper);
                number ewma_sigmas ["1"] "Exponentially weighted moving average of the deviations since the beginning of the phase; the newest has a weight of 0.2."
                    => charted.run.ewma;
                number ewma_limit_sigmas ["1"] "Its limit, either sign: 2.962 of its standard deviations." => charted.run.ewma_limit;
                text state "`in control`, `out of control` or `not judged`." => charted.run.state.as_str();
                text rules "The rules that the run breaks, separated by spaces; null where it breaks none."
                    => Some(charted.run.rules.iter().map(|rule| rule.as_str()).collect::<Vec<_>>().join(" "))
                        .filter(|rules| !rules.is_empty());
                flag counted "Whether the limits of later runs are from this run, too." => charted.run.counts;
                text point_quality "`good` where the run was judged; `suspect` where its value is; `failed` where there are no limits."
                    => charted.run.verdict.quality.as_str();
                text point_reason "Why the run was not judged; null where it was." => charted.run.verdict.words();
                text point_reason_code "Codes of the reasons, separated by spaces." => charted.run.verdict.codes();
            }) "The runs in the order of time; those without a start come last." => Some(fit.runs.as_slice());
            rows phases (fields! { phase: Phase;
                number phase ["1"] "Phase of the chart, from 1." => phase.phase as f64;
                flag newest_phase "Whether it is the newest." => phase.newest;
                text began_with "Time and kind of the event with which it began; null for the phase before any event." => phase.began_with.clone();
                text first_run_id "Its first run." => phase.first_run.clone();
                text last_run_id "Its last run." => phase.last_run.clone();
                count n_runs "Number of its runs.";
                count n_used "Number of good runs not beyond 3 standard deviations, from which the limits are.";
                count n_out_of_control "Number of runs out of control." => phase.n_out;
                number centre ["1"] "Centre for the next run: mean of those runs, in the unit of the quantity; null where there are fewer than five."
                    => limit(phase, |limits| limits.centre);
                number sigma ["1"] "Standard deviation of one run: the mean moving range divided by 1.128."
                    => limit(phase, |limits| limits.sigma);
                number lower_limit ["1"] "Lower limit for the next run, by Student's distribution: it lies below with a probability of 0.135 % while in control."
                    => limit(phase, |limits| limits.lower);
                number upper_limit ["1"] "Upper limit, likewise." => limit(phase, |limits| limits.upper);
                number moving_range_mean ["1"] "Mean moving range." => limit(phase, |limits| limits.moving_range);
                number moving_range_limit ["1"] "Upper limit of the moving range, exceeded with a probability of about 0.27 % while in control."
                    => limit(phase, |limits| limits.moving_range_upper);
                text phase_quality "`good` where there are limits, otherwise `failed`." => phase.verdict.quality.as_str();
                text phase_reason "Why there are no limits; null where there are." => phase.verdict.words();
                text phase_reason_code "Codes of the reasons, separated by spaces." => phase.verdict.codes();
            }) "The phases in the order of time." => Some(fit.phases.as_slice());
        },
    }
    .kernel()
}
