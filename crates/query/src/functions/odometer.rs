//! `count_doses`: the use of a precursor since its refills, and the trend of growth against it.

use aldb_fit::odometer::{Filling, RunUse, count_doses};
use aldb_fit::quality::Verdict;
use arrow::array::{Array as _, Float64Array, StringArray};

use super::arguments::{Arguments, at, quality_at, text_at};
use super::field::fields;
use super::kernel::{Definition, Kernel, Outcome};

struct Uses {
    run_id: StringArray,
    recipe_id: StringArray,
    started_s: Float64Array,
    refill: StringArray,
    n_doses: Float64Array,
    dose_time_s: Float64Array,
    exposure_pa_s: Float64Array,
    gpc_angstrom: Float64Array,
    quality: StringArray,
}

impl Uses {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        Self {
            run_id: arguments.text("run_id", "The run; several growths of one run are in rows of their own."),
            recipe_id: arguments.text("recipe_id", "Its recipe: growths of different recipes are not compared."),
            started_s: arguments.number("started_s", "s", "Start of the run, on any clock that all runs share."),
            refill: arguments.text("refill", "The latest refill before the run; null where there was none."),
            n_doses: arguments.number("n_doses", "1", "Number of doses in the run; null where there is no log."),
            dose_time_s: arguments.number("dose_time_s", "s", "Time for which the precursor was dosed."),
            exposure_pa_s: arguments.number("exposure_pa_s", "Pa.s", "Pressure times this time; null where not known."),
            gpc_angstrom: arguments.number(
                "gpc_angstrom",
                "Ao",
                "Growth per cycle of a film of the run; null where not known.",
            ),
            quality: arguments.optional_text("quality", "Quality of the growth; without it, growths are good."),
        }
    }

    fn uses(&self) -> Vec<RunUse<'_>> {
        let uses = (0..self.run_id.len()).filter_map(|row| {
            Some(RunUse {
                run: text_at(&self.run_id, row)?,
                recipe: text_at(&self.recipe_id, row).unwrap_or_default(),
                at_s: at(&self.started_s, row),
                refill: text_at(&self.refill, row),
                doses: at(&self.n_doses, row),
                dose_time_s: at(&self.dose_time_s, row),
                exposure_pa_s: at(&self.exposure_pa_s, row),
                growth: at(&self.gpc_angstrom, row),
                quality: quality_at(&self.quality, row),
            })
        });
        uses.collect()
    }
}

/// `count_doses`.
pub(super) fn kernel() -> Kernel {
    Definition {
        name: "count_doses",
        version: 1,
        meaning: "Doses of a precursor since each of its refills, and the trend of growth against them.",
        example: "SELECT reactor, precursor, count_doses(run_id, recipe_id, started_s, refill, n_doses, dose_time_s, exposure_pa_s, \
                  gpc_angstrom, gpc_quality) AS fit FROM precursor_uses GROUP BY reactor, precursor LIMIT 3",
        arguments: Uses::of,
        evaluate: |uses| Ok(count_doses(&uses.uses())),
        verdict: |_| Verdict::default(),
        always: fields! { counted: Outcome<Uses, Vec<Filling>>;
            count n_fillings "Number of fillings." => counted.fit().map_or(0, Vec::len);
        },
        fields: fields! { fit: Vec<Filling>;
            rows fillings (fields! { filling: Filling;
                number filling ["1"] "Number of the filling, from 1: the time between two refills." => filling.filling as f64;
                flag newest "Whether it is the newest.";
                text refilled_at "Time of the refill with which it began; null for the time before any." => filling.refill.clone();
                text first_run_id "First run with the precursor." => filling.first_run.clone();
                text last_run_id "Last run with the precursor." => filling.last_run.clone();
                count n_runs "Number of runs with the precursor.";
                count n_runs_without_log "Number of them without a log: their doses are not counted." => filling.n_unlogged;
                number n_doses ["1"] "Number of doses in the logs." => filling.doses;
                number dose_time_s ["s"] "Time for which the precursor was dosed.";
                number exposure_pa_s ["Pa.s"] "Pressure of the chamber times this time; null where a log has no pressure.";
                count n_growths "Number of runs in the trend.";
                number growth_trend_percent_per_1000_doses ["%"] "Change of the growth per cycle in 1000 doses, relative to its mean; common to all recipes; null where there are too few runs."
                    => filling.trend.map(|trend| trend.percent_per_1000_doses);
                number growth_trend_err_percent_per_1000_doses ["%"] "Standard uncertainty of the trend: scatter of the runs, by Student's distribution."
                    => filling.trend.map(|trend| trend.err_percent_per_1000_doses);
                text filling_quality "`good` or `suspect`." => filling.verdict.quality.as_str();
                text filling_reason "Why it is not good; null where it is." => filling.verdict.words();
                text filling_reason_code "Codes of the reasons, separated by spaces." => filling.verdict.codes();
            }) "The fillings in the order of time." => Some(fit.as_slice());
        },
    }
    .kernel()
}
