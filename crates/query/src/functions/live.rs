//! `predict_growth`: where a growth that is still going on leads.

use aldb_fit::growth::{Interval, Plan, Prediction, predict_growth};
use aldb_fit::quality::{Quality, ReasonCode, Verdict};

use super::arguments::Arguments;
use super::field::{Field, fields};
use super::growth::Scan;
use super::kernel::{Definition, Kernel, Outcome};

struct Live {
    scan: Scan,
    plan: Plan,
    shown: Vec<Shown>,
}

/// A point that is shown.
struct Shown {
    cycle: f64,
    point_nm: f64,
}

/// Most points that are shown.
const MOST_SHOWN: usize = 12;

impl Live {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let scan = Scan::of(arguments);
        let cycles = arguments.option("planned_cycles", "1", "Cycles of the whole deposition.");
        let target_nm = arguments.option("target_nm", "nm", "Thickness of the film to be reached.");
        // Without a log nobody knows which cycle was the first: the end of the deposition cannot be counted from there.
        let cycles = cycles.filter(|cycles| *cycles > 0.0 && !scan.is_counted_by_time());
        let cycles_off = scan.cycles_off();
        let plan = Plan { cycles, target_nm: target_nm.filter(|target| *target > 0.0), cycles_off };
        // The last point, and others at equal distances before it.
        let every = scan.points().len().div_ceil(MOST_SHOWN).max(1);
        let chosen = scan.points().iter().rev().step_by(every);
        let mut shown: Vec<Shown> = chosen.map(|&(cycle, point_nm)| Shown { cycle, point_nm }).collect();
        shown.reverse();
        Self { scan, plan, shown }
    }
}

fn verdict(live: &Prediction) -> Verdict {
    live.growth.verdict.clone()
}

/// A value with its interval of 95 %.
fn interval(fit: &Prediction, of: fn(&Prediction) -> Option<Interval>, end: fn(&Interval) -> f64) -> Option<f64> {
    of(fit).as_ref().map(end)
}

fn predicted() -> Vec<Field<Prediction>> {
    const VALUE: fn(&Interval) -> f64 = |interval| interval.value;
    const LOW: fn(&Interval) -> f64 = |interval| interval.low;
    const HIGH: fn(&Interval) -> f64 = |interval| interval.high;
    const END: fn(&Prediction) -> Option<Interval> = |fit| fit.end_film_nm;
    const TARGET: fn(&Prediction) -> Option<Interval> = |fit| fit.target_cycle;
    const LEFT: fn(&Prediction) -> Option<Interval> = |fit| fit.cycles_to_target;
    fields! { fit: Prediction;
        number gpc_angstrom ["Ao"] "Growth per cycle so far." => fit.gpc_angstrom.value;
        number gpc_lo95_angstrom ["Ao"] "Lower end of its interval of 95 %." => fit.gpc_angstrom.low;
        number gpc_hi95_angstrom ["Ao"] "Upper end." => fit.gpc_angstrom.high;
        number film_nm ["nm"] "Thickness of the film at the last cycle, by the line of steady growth, without the thickness before growth." => fit.film_nm.value;
        number film_lo95_nm ["nm"] "Lower end of its interval of 95 %." => fit.film_nm.low;
        number film_hi95_nm ["nm"] "Upper end." => fit.film_nm.high;
        number end_film_nm ["nm"] "Thickness of the film at the end of the deposition; null where the number of cycles is not known, cycles are counted by time, or growth has ended."
            => interval(fit, END, VALUE);
        number end_film_lo95_nm ["nm"] "Lower end of its interval of 95 %: scatter, thickness before growth, and a change of growth by 2 % (k = 1)." => interval(fit, END, LOW);
        number end_film_hi95_nm ["nm"] "Upper end." => interval(fit, END, HIGH);
        number target_cycle ["1"] "Cycle at which the target is reached; null without a target, or where growth does not lead there." => interval(fit, TARGET, VALUE);
        number target_cycle_lo95 ["1"] "Lower end of its interval of 95 %." => interval(fit, TARGET, LOW);
        number target_cycle_hi95 ["1"] "Upper end." => interval(fit, TARGET, HIGH);
        number cycles_to_target ["1"] "Cycles from the last one until the target is reached, however cycles are numbered; negative where it is past." => interval(fit, LEFT, VALUE);
        number cycles_to_target_lo95 ["1"] "Lower end of its interval of 95 %." => interval(fit, LEFT, LOW);
        number cycles_to_target_hi95 ["1"] "Upper end." => interval(fit, LEFT, HIGH);
    }
}

/// `predict_growth`.
pub(super) fn kernel() -> Kernel {
    let mut of_line = fields! { live: Outcome<Live, Prediction>;
        number delay_cycles ["1"] "Nucleation delay; null where cycles are counted by time." => delay(live, |delay| delay.value);
        number delay_lo95_cycles ["1"] "Lower end of its interval of 95 %, and as many cycles as the clocks are ambiguous by." => delay(live, |delay| delay.low);
        number delay_hi95_cycles ["1"] "Upper end, likewise." => delay(live, |delay| delay.high);
    };
    let mut always = fields! { live: Outcome<Live, Prediction>;
        text cycle_source "Where the cycles come from: `file`, `run log` or `recipe`." => live.input.scan.cycle_source();
        count n_cycles "Number of cycles of which the scan shows the end." => live.input.scan.points().len();
        number cycles_done ["1"] "The last of them." => live.input.scan.points().last().map(|newest| newest.0);
        number thickness_nm ["nm"] "Thickness there as measured, with that before growth." => live.input.scan.points().last().map(|newest| newest.1);
        number log_cycles ["1"] "Number of cycles in the log of the run; null without one." => live.input.scan.log_cycles();
        number clock_offset_s ["s"] "By how much the clock of the scan is ahead of that of the log; null where the scan does not resolve the doses."
            => live.input.scan.alignment().map(|alignment| alignment.offset_s);
        number clock_confidence ["1"] "Probability of this alignment among those a step or whole cycles away." => live.input.scan.alignment().map(|alignment| alignment.confidence);
        number cycles_ambiguous ["1"] "By how many cycles the numbers may be off because the alignment is ambiguous; 0 where it is certain or the clocks are taken to agree."
            => live.input.scan.cycles_off();
        rows shown (fields! { point: Shown;
            number cycle ["1"] "Number of completed cycles.";
            number point_nm ["nm"] "Thickness there as measured.";
        }) "Up to twelve points of the curve, the last of them the newest." => Some(live.input.shown.as_slice());
    };
    always.append(&mut of_line);
    Definition {
        name: "predict_growth",
        version: 1,
        meaning: "Where a growth that is still going on leads: thickness at the end, cycle of the target, with intervals of 95 %. Rows as for fit_growth_in_situ.",
        example: "SELECT run_id, predict_growth(time_s, thickness_nm, cycle, precursor, 1, NULL, 400, 20) AS fit FROM \
                  (SELECT run_id, time_s, thickness_nm, cycle, CAST(NULL AS VARCHAR) AS precursor \
                  FROM ellipsometry_series UNION ALL SELECT run_id, time_s, NULL, cycle, precursor FROM run_log \
                  WHERE precursor IS NOT NULL) AS both GROUP BY run_id LIMIT 3",
        arguments: Live::of,
        evaluate: |live| {
            let (cycle, thickness, options) = live.scan.counted()?;
            let mut found = predict_growth(&cycle, &thickness, &options, &live.plan)?;
            if let Some(words) = live.scan.clock_doubt() {
                found.growth.verdict.add(Quality::Suspect, ReasonCode::ClockAmbiguous, words);
            }
            Ok(found)
        },
        verdict,
        always,
        fields: predicted(),
    }
    .kernel()
}

/// The delay; none where the first cycle is not known.
fn delay(live: &Outcome<Live, Prediction>, end: fn(&Interval) -> f64) -> Option<f64> {
    live.fit().filter(|_| !live.input.scan.is_counted_by_time()).map(|fit| end(&fit.delay_cycles))
}
