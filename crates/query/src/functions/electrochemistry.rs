//! `find_peak_pairs`, `measure_rates` and `find_onset`.

use aldb_fit::electrochemistry::{
    CvOptions, Onset, OnsetOptions, PeakPair, RateOptions, RateStep, find_onset, find_peak_pairs, rate_capability,
};
use aldb_fit::quality::Verdict;

use super::arguments::CompleteRows;
use super::field::{Field, fields};
use super::kernel::{Definition, Kernel, Outcome};

/// The verdict on several results: that of the worst.
fn worst<'a>(verdicts: impl Iterator<Item = &'a Verdict>) -> Verdict {
    // Of equals, the first.
    let worst = verdicts.reduce(|worst, verdict| if verdict.quality > worst.quality { verdict } else { worst });
    worst.cloned().unwrap_or_default()
}

struct Voltammogram {
    time_s: Option<Vec<f64>>,
    potential_v: Vec<f64>,
    current_density_ua_per_cm2: Vec<f64>,
}

/// `find_peak_pairs`.
pub(super) fn peak_pairs() -> Kernel {
    Definition {
        name: "find_peak_pairs",
        version: 2,
        meaning: "Pairs of anodic and cathodic peaks of a cyclic voltammogram, cycle by cycle.",
        example: "SELECT e.measurement_id, find_peak_pairs(e.point, e.time_s, e.potential_v, \
                  1e6 * e.current_a / m.electrode_area_cm2) AS fit FROM electrochemistry AS e \
                  JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                  WHERE metadata_text(m.metadata, 'method') = 'cyclic_voltammetry' GROUP BY e.measurement_id LIMIT 3",
        arguments: |arguments| {
            let point = arguments.number("point", "1", "Order of measurement.");
            let time = arguments.number("time_s", "s", "Time; null where not known.");
            let potential = arguments.number("potential_v", "V", "Potential.");
            let current = arguments.number("current_density_ua_per_cm2", "uA/cm2", "Current density, anodic positive.");
            let complete = CompleteRows::of(&[&point, &potential, &current]).ordered_by(&point);
            Voltammogram {
                time_s: complete.optional_values(&time),
                potential_v: complete.values(&potential),
                current_density_ua_per_cm2: complete.values(&current),
            }
        },
        evaluate: |scan| {
            let (time, potential) = (scan.time_s.as_deref(), &scan.potential_v);
            Ok(find_peak_pairs(time, potential, &scan.current_density_ua_per_cm2, &CvOptions::default())?)
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
        number anodic_potential_err_v ["V"] "Standard uncertainty of the potential of the anodic peak.";
        number anodic_current_density_ua_per_cm2 ["uA/cm2"] "Height of the anodic peak above its baseline.";
        number anodic_current_density_err_ua_per_cm2 ["uA/cm2"] "Standard uncertainty of the height of the anodic peak.";
        number cathodic_potential_v ["V"] "Potential of the cathodic peak.";
        number cathodic_potential_err_v ["V"] "Standard uncertainty of the potential of the cathodic peak.";
        number cathodic_current_density_ua_per_cm2 ["uA/cm2"] "Height of the cathodic peak relative to its baseline, negative.";
        number cathodic_current_density_err_ua_per_cm2 ["uA/cm2"] "Standard uncertainty of the height of the cathodic peak.";
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
    one_c_ua_per_cm2: Option<f64>,
}

/// `measure_rates`.
pub(super) fn rates() -> Kernel {
    Definition {
        name: "measure_rates",
        version: 2,
        meaning: "Discharge capacity density at every rate of galvanostatic cycling.",
        example: "SELECT e.measurement_id, measure_rates(e.time_s, 1e6 * e.current_a / m.electrode_area_cm2, 6.0) AS fit \
                  FROM electrochemistry AS e JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                  WHERE metadata_text(m.metadata, 'method') = 'galvanostatic_cycling' GROUP BY e.measurement_id LIMIT 3",
        arguments: |arguments| {
            let time = arguments.number("time_s", "s", "Time.");
            let current =
                arguments.number("current_density_ua_per_cm2", "uA/cm2", "Current density; negative on discharge.");
            let complete = CompleteRows::of(&[&time, &current]);
            Cycling {
                time_s: complete.values(&time),
                current_density_ua_per_cm2: complete.values(&current),
                one_c_ua_per_cm2: arguments.constant(
                    "one_c_ua_per_cm2",
                    "uA/cm2",
                    "Current density of 1C; null where not known.",
                ),
            }
        },
        evaluate: |cycling| {
            let options = RateOptions { one_c_ua_per_cm2: cycling.one_c_ua_per_cm2 };
            Ok(rate_capability(&cycling.time_s, &cycling.current_density_ua_per_cm2, &options)?)
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
                number capacity_density_err_uah_per_cm2 ["uA.h/cm2"] "Standard uncertainty of the mean discharge capacity density.";
                number retention ["1"] "Capacity relative to that at the slowest rate.";
                number retention_err ["1"] "Standard uncertainty of the retention.";
                count n_cycles "Number of discharges.";
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
        version: 2,
        meaning: "Potential at which the current density of an anodic sweep leaves its baseline and does not return.",
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
            let complete = CompleteRows::of(&[&point, &potential, &current]).ordered_by(&point);
            let default = OnsetOptions::default();
            Sweep {
                potential_v: complete.values(&potential),
                current_density_ua_per_cm2: complete.values(&current),
                options: OnsetOptions { sigmas: sigmas.unwrap_or(default.sigmas), ..default },
            }
        },
        evaluate: |sweep| Ok(find_onset(&sweep.potential_v, &sweep.current_density_ua_per_cm2, &sweep.options)?),
        verdict: |onset| onset.verdict.clone(),
        always: fields! { found: Outcome<Sweep, Onset>;
            count n_points "Number of points of the anodic sweep."
                => found.fit().map_or(found.input.potential_v.len(), |onset| onset.n_points);
        },
        fields: fields! { onset: Onset;
            number onset_v ["V"] "Potential at which the current leaves its baseline; null where it does not.";
            number onset_err_v ["V"] "Standard uncertainty of the onset potential.";
            number limit_v ["V"] "Highest potential of the sweep.";
            number baseline_ua_per_cm2 ["uA/cm2"] "Baseline at the onset, or at the highest potential.";
            number baseline_std_ua_per_cm2 ["uA/cm2"] "Standard deviation about the baseline.";
            text answer "The onset in words; `none up to 6.0 V` is a result."
                => match onset.onset_v { Some(volts) => format!("{volts:.2} V"), None => format!("none up to {:.1} V", onset.limit_v), };
        },
    }
    .kernel()
}
