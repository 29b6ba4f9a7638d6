//! `find_peak_pairs`, `measure_rates` and `find_onset`.

use aldb_fit::electrochemistry::{
    CvOptions, Onset, OnsetOptions, PeakPair, RateOptions, RateStep, find_onset, find_peak_pairs, rate_capability,
};
use aldb_fit::quality::Verdict;

use super::arguments::{Arguments, CompleteRows};
use super::field::{Field, fields};
use super::kernel::{Definition, Kernel, Outcome};

/// The verdict on several results: that of the worst.
fn worst<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Verdict {
    // Of equals, the first.
    let worst = verdicts.reduce(|worst, verdict| if verdict.quality > worst.quality { verdict } else { worst });
    worst.cloned().unwrap_or_default()
}

fn scale_err_rel(arguments: &mut Arguments<'_>) -> Option<f64> {
    arguments.option(
        "scale_err_rel",
        "1",
        "Relative standard uncertainty of all current densities together, as of the area of the electrode; default: none.",
    )
}

struct Voltammogram {
    time_s: Option<Vec<f64>>,
    potential_v: Vec<f64>,
    current_density_ua_per_cm2: Vec<f64>,
    scale_err_rel: Option<f64>,
}

/// `find_peak_pairs`.
pub(super) fn peak_pairs() -> Kernel {
    Definition {
        name: "find_peak_pairs",
        version: 4,
        meaning: "Pairs of anodic and cathodic peaks of a cyclic voltammogram, cycle by cycle: all peaks of a sweep are fitted together \
                  over a straight capacitive baseline, as bells of bound charge or as waves of a diffusing couple.",
        example: "SELECT e.measurement_id, find_peak_pairs(e.point, e.time_s, e.potential_v, \
                  1e6 * e.current_a / m.electrode_area_cm2) AS fit FROM electrochemistry AS e \
                  JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                  WHERE metadata_text(m.metadata, 'method') = 'cyclic_voltammetry' GROUP BY e.measurement_id LIMIT 3",
        arguments: |arguments| {
            let point = arguments.number("point", "1", "Order of measurement.");
            let time = arguments.number("time_s", "s", "Time; null where not known.");
            let potential = arguments.number("potential_v", "V", "Potential.");
            let current = arguments.number("current_density_ua_per_cm2", "uA/cm2", "Current density, anodic positive.");
            let scale_err_rel = scale_err_rel(arguments);
            let complete = CompleteRows::of(&[&point, &potential, &current]).ordered_by(&point);
            Voltammogram {
                scale_err_rel,
                time_s: complete.optional_values(&time),
                potential_v: complete.values(&potential),
                current_density_ua_per_cm2: complete.values(&current),
            }
        },
        evaluate: |scan| {
            let (time, potential) = (scan.time_s.as_deref(), &scan.potential_v);
            let options = CvOptions { scale_err_rel: scan.scale_err_rel.unwrap_or(0.0), ..CvOptions::default() };
            Ok(find_peak_pairs(time, potential, &scan.current_density_ua_per_cm2, &options)?)
        },
        verdict: |pairs| worst(pairs.iter().map(|pair| &pair.verdict)),
        always: fields! { found: Outcome<Voltammogram, Vec<PeakPair>>;
            count n_points "Number of points." => found.input.potential_v.len();
        },
        fields: fields! { pairs: Vec<PeakPair>;
            rows_or_one pairs (pair_fields()) "The pairs; a single one without values where there is none."
                => Some(pairs);
        },
    }
    .kernel()
}

fn pair_fields() -> Vec<Field<PeakPair>> {
    fields! { pair: PeakPair;
        count cycle "Cycle of the measurement, from 1; null where there is no pair.";
        count pair "Pair within the cycle by rising potential, from 1.";
        number scan_rate_v_per_s ["V/s"] "Mean scan rate of both sweeps; null where times are not known.";
        number anodic_potential_v ["V"] "Potential of the anodic peak.";
        number anodic_potential_err_v ["V"] "Standard uncertainty of the potential of the anodic peak: noise and its correlation, neighbouring peaks and baseline, interval of the points, and the shape where the data do not decide; without the reference electrode and the resistance of the cell.";
        number anodic_current_density_ua_per_cm2 ["uA/cm2"] "Height of the anodic peak above its baseline: the capacitive current and, of a couple that diffuses, the current of the sweep before that goes on decaying.";
        number anodic_current_density_err_ua_per_cm2 ["uA/cm2"] "Standard uncertainty of the height of the anodic peak: noise and its correlation, neighbouring peaks and baseline, what the model leaves of the peak, the shape where the data do not decide, and the scale.";
        number cathodic_potential_v ["V"] "Potential of the cathodic peak.";
        number cathodic_potential_err_v ["V"] "Standard uncertainty of the potential of the cathodic peak; it holds what that of the anodic peak holds.";
        number cathodic_current_density_ua_per_cm2 ["uA/cm2"] "Height of the cathodic peak relative to its baseline, as that of the anodic peak; negative.";
        number cathodic_current_density_err_ua_per_cm2 ["uA/cm2"] "Standard uncertainty of the height of the cathodic peak; it holds what that of the anodic peak holds.";
        text shape "`bell` for charge that is bound to the electrode, `wave` for a couple that diffuses to it: the more likely description." => pair.shape;
        number separation_v ["V"] "Anodic minus cathodic peak potential.";
        number separation_err_v ["V"] "Standard uncertainty of the peak separation.";
        text pair_quality "`good`, `suspect` or `failed`." => pair.verdict.quality.as_str();
        text pair_reason "Why the pair is not good; null where it is." => pair.verdict.words();
        text pair_reason_code "Codes of the reasons, separated by spaces." => pair.verdict.codes();
    }
}

struct Cycling {
    time_s: Vec<f64>,
    current_density_ua_per_cm2: Vec<f64>,
    potential_v: Option<Vec<f64>>,
    one_c_ua_per_cm2: Option<f64>,
    scale_err_rel: Option<f64>,
}

/// `measure_rates`.
pub(super) fn rates() -> Kernel {
    Definition {
        name: "measure_rates",
        version: 4,
        meaning: "Discharge capacity density at every rate of galvanostatic cycling.",
        example: "SELECT e.measurement_id, measure_rates(e.time_s, 1e6 * e.current_a / m.electrode_area_cm2, 6.0) AS fit \
                  FROM electrochemistry AS e JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                  WHERE metadata_text(m.metadata, 'method') = 'galvanostatic_cycling' GROUP BY e.measurement_id LIMIT 3",
        arguments: |arguments| {
            let time = arguments.number("time_s", "s", "Time.");
            let current =
                arguments.number("current_density_ua_per_cm2", "uA/cm2", "Current density; negative on discharge.");
            let one_c_ua_per_cm2 =
                arguments.constant("one_c_ua_per_cm2", "uA/cm2", "Current density of 1C; null where not known.");
            let potential = arguments.optional_number(
                "potential_v",
                "V",
                "Potential: shows which sign of the current discharges, and whether a discharge at the end is complete.",
            );
            let scale_err_rel = scale_err_rel(arguments);
            let complete = CompleteRows::of(&[&time, &current]);
            Cycling {
                time_s: complete.values(&time),
                current_density_ua_per_cm2: complete.values(&current),
                potential_v: complete.optional_values(&potential),
                one_c_ua_per_cm2,
                scale_err_rel,
            }
        },
        evaluate: |cycling| {
            let scale_err_rel = cycling.scale_err_rel.unwrap_or(0.0);
            let options = RateOptions { one_c_ua_per_cm2: cycling.one_c_ua_per_cm2, scale_err_rel };
            let potential = cycling.potential_v.as_deref();
            Ok(rate_capability(&cycling.time_s, &cycling.current_density_ua_per_cm2, potential, &options)?)
        },
        verdict: |steps| worst(steps.iter().map(|step| &step.verdict)),
        always: fields! { found: Outcome<Cycling, Vec<RateStep>>;
            count n_points "Number of points." => found.input.time_s.len();
        },
        fields: fields! { steps: Vec<RateStep>;
            rows_or_one steps (fields! { step: RateStep;
                count step "Order in which the rates were run, from 1; null where there is none.";
                number c_rate ["1"] "Rate in C; null where the current density of 1C is not known.";
                number current_density_ua_per_cm2 ["uA/cm2"] "Mean discharge current density.";
                number capacity_density_uah_per_cm2 ["uA.h/cm2"] "Mean discharge capacity density.";
                number capacity_density_err_uah_per_cm2 ["uA.h/cm2"] "Standard uncertainty of the mean discharge capacity density: scatter of the discharges by Student's distribution, the interval of the points at their ends, and the scale.";
                number retention ["1"] "Capacity relative to that at the slowest rate.";
                number retention_err ["1"] "Standard uncertainty of the retention: of both capacities; the area of the electrode does not count.";
                count n_cycles "Number of discharges used: without incomplete ones and outliers.";
                text step_quality "`good`, `suspect` or `failed`." => step.verdict.quality.as_str();
                text step_reason "Why the rate is not good; null where it is." => step.verdict.words();
                text step_reason_code "Codes of the reasons, separated by spaces." => step.verdict.codes();
            }) "The rates; a single one without values where there is none."
                => Some(steps);
        },
    }
    .kernel()
}

struct Sweep {
    potential_v: Vec<f64>,
    current_density_ua_per_cm2: Vec<f64>,
    options: OnsetOptions,
}

/// `find_onset`.
pub(super) fn onset() -> Kernel {
    Definition {
        name: "find_onset",
        version: 4,
        meaning: "Potential at which the current density of the first sweep leaves its baseline, where it returns, and where it leaves for good. \
                  In a falling sweep a reduction current is searched.",
        example: "SELECT e.measurement_id, find_onset(e.point, e.potential_v, 1e6 * e.current_a / m.electrode_area_cm2) AS fit \
                  FROM electrochemistry AS e JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                  WHERE metadata_text(m.metadata, 'method') = 'linear_sweep_voltammetry' GROUP BY e.measurement_id LIMIT 3",
        arguments: |arguments| {
            let point = arguments.number("point", "1", "Order of measurement.");
            let potential = arguments.number("potential_v", "V", "Potential.");
            let current =
                arguments.number("current_density_ua_per_cm2", "uA/cm2", "Current density, anodic positive.");
            let sigmas = arguments.option(
                "sigmas",
                "1",
                "Threshold in standard deviations of the baseline; default 5.",
            );
            let threshold = arguments.option(
                "threshold_ua_per_cm2",
                "uA/cm2",
                "Excess current density whose potential is reported beside the onset; default 1 µA/cm².",
            );
            let scale_err_rel = scale_err_rel(arguments);
            let complete = CompleteRows::of(&[&point, &potential, &current]).ordered_by(&point);
            let default = OnsetOptions::default();
            Sweep {
                potential_v: complete.values(&potential),
                current_density_ua_per_cm2: complete.values(&current),
                options: OnsetOptions {
                    sigmas: sigmas.unwrap_or(default.sigmas),
                    threshold_ua_per_cm2: threshold.unwrap_or(default.threshold_ua_per_cm2),
                    scale_err_rel: scale_err_rel.unwrap_or(default.scale_err_rel),
                    ..default
                },
            }
        },
        evaluate: |sweep| Ok(find_onset(&sweep.potential_v, &sweep.current_density_ua_per_cm2, &sweep.options)?),
        verdict: |onset| onset.verdict.clone(),
        always: fields! { found: Outcome<Sweep, Onset>;
            count n_points "Number of points of the sweep."
                => found.fit().map_or(found.input.potential_v.len(), |onset| onset.n_points);
        },
        fields: fields! { onset: Onset;
            number onset_v ["V"] "Potential at which the first significant excursion of the current from its baseline begins; null where there is none.";
            number onset_err_v ["V"] "Standard uncertainty of the onset potential: noise and its correlation, the baseline, the unknown shape of the rise, and the interval of the points; without the reference electrode and the resistance of the cell.";
            number return_v ["V"] "Potential at which the current is back on its baseline after the first excursion; null where it stays away, or never left.";
            number lasting_onset_v ["V"] "Potential from which on the current stays away from its baseline; null where it does not.";
            number lasting_onset_err_v ["V"] "Standard uncertainty of the potential from which on the current stays away; it holds what that of the onset holds.";
            number threshold_v ["V"] "First potential at which the current density exceeds its baseline by the threshold; null where it does not, or where the noise is larger.";
            number threshold_err_v ["V"] "Standard uncertainty of the potential at the threshold: noise, baseline, interval of the points, and the scale of the current density.";
            number threshold_ua_per_cm2 ["uA/cm2"] "The threshold.";
            number limit_v ["V"] "Last potential of the sweep.";
            number baseline_ua_per_cm2 ["uA/cm2"] "Baseline at the onset, or at the last potential.";
            number baseline_std_ua_per_cm2 ["uA/cm2"] "Standard deviation about the baseline.";
            number noise_correlation ["1"] "Standard uncertainty of means of the noise against that of independent points, from 1.";
            text answer "The onset in words; `none up to 6.0 V` is a result." => answer(onset);
        },
    }
    .kernel()
}

fn answer(onset: &Onset) -> String {
    let limit = onset.limit_v;
    let to = if onset.rising { "up to" } else { "down to" };
    match (onset.onset_v, onset.return_v, onset.lasting_onset_v) {
        (None, ..) => format!("none {to} {limit:.1} V"),
        (Some(first), None, _) => format!("{first:.2} V"),
        (Some(first), Some(_), Some(last)) => format!("{first:.2} V, for good {last:.2} V"),
        (Some(first), Some(back), None) => format!("{first:.2} V, back at {back:.2} V, then none {to} {limit:.1} V"),
    }
}
