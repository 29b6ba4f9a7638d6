//! `find_peak_pairs`, `measure_rates` and `find_onset`.

use aldb_fit::electrochemistry::{
    CvOptions, OnsetOptions, PeakPair, RateOptions, RateStep, find_onset, find_peak_pairs, rate_capability,
};
use aldb_fit::quality::Quality;

use super::document::{Documentation, FieldKind, Value, field, number, plain, verdict};
use super::gather::{Group, Kernel};

pub(super) fn peak_pairs() -> Kernel {
    let pair = vec![
        plain("cycle", FieldKind::Count, "Cycle of the measurement, from 1."),
        plain("pair", FieldKind::Count, "Pair of the cycle by rising potential, from 1."),
        field("scan_rate_v_per_s", "V/s", "Mean rate of both sweeps."),
        field("anodic_potential_v", "V", "Potential of the anodic peak."),
        field("anodic_potential_err_v", "V", "Its standard uncertainty."),
        field("anodic_current_density_ua_per_cm2", "uA/cm2", "Height of the anodic peak over its baseline."),
        field("anodic_current_density_err_ua_per_cm2", "uA/cm2", "Its standard uncertainty."),
        field("cathodic_potential_v", "V", "Potential of the cathodic peak."),
        field("cathodic_potential_err_v", "V", "Its standard uncertainty."),
        field(
            "cathodic_current_density_ua_per_cm2",
            "uA/cm2",
            "Height of the cathodic peak over its baseline, negative.",
        ),
        field("cathodic_current_density_err_ua_per_cm2", "uA/cm2", "Its standard uncertainty."),
        field("separation_v", "V", "Anodic less cathodic potential."),
        field("separation_err_v", "V", "Its standard uncertainty."),
        plain("pair_quality", FieldKind::Text, "`good`, `suspect` or `failed`."),
        plain("pair_reason", FieldKind::Text, "Why it is not good."),
    ];
    let own = [
        plain("pairs", FieldKind::Rows(pair), "The pairs; one without values where there is none."),
        plain("n_points", FieldKind::Count, "Points."),
    ];
    Kernel {
        documentation: Documentation {
            name: "find_peak_pairs",
            kind: "aggregate",
            version: 1,
            meaning: "Pairs of anodic and cathodic peaks of a cyclic voltammogram, cycle by cycle.",
            arguments: vec![
                number("point", "1", "Order of measurement."),
                number("time_s", "s", "Time; null where not known."),
                number("potential_v", "V", "Potential."),
                number("current_density_ua_per_cm2", "uA/cm2", "Current density, anodic positive."),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT e.measurement_id, find_peak_pairs(e.point, e.time_s, e.potential_v, \
                      1e6 * e.current_a / m.electrode_area_cm2) AS fit FROM electrochemistry AS e \
                      JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                      WHERE metadata_text(m.metadata, 'method') = 'cyclic_voltammetry' GROUP BY e.measurement_id LIMIT 3",
        },
        evaluate: |group| {
            let columns = in_order(group, 0, &[2, 3], Some(1));
            let time = (columns.optional.len() == columns.order).then_some(columns.optional.as_slice());
            let found = find_peak_pairs(time, &columns.needed[0], &columns.needed[1], &CvOptions::default());
            let n = columns.order;
            match found {
                Ok(pairs) => {
                    let worst = pairs.iter().map(|pair| pair.quality).max().unwrap_or(Quality::Good);
                    let reason =
                        pairs.iter().find(|pair| pair.quality != Quality::Good).map(|pair| pair.reason.clone());
                    let rows = pairs.iter().map(of_pair).collect();
                    vec![Value::Rows(Some(rows)), Value::Count(n), Value::text(worst.as_str()), Value::Text(reason)]
                }
                Err(error) => {
                    let mut row = vec![Value::Number(None); 13];
                    row.extend([Value::Text(None), Value::Text(None)]);
                    let reason = Value::text(error.to_string());
                    vec![Value::Rows(Some(vec![row])), Value::Count(n), Value::text("failed"), reason]
                }
            }
        },
    }
}

fn of_pair(pair: &PeakPair) -> Vec<Value> {
    vec![
        Value::Count(pair.cycle),
        Value::Count(pair.pair),
        pair.scan_rate_v_per_s.into(),
        pair.anodic_potential_v.into(),
        pair.anodic_potential_err_v.into(),
        pair.anodic_current_density_ua_per_cm2.into(),
        pair.anodic_current_density_err_ua_per_cm2.into(),
        pair.cathodic_potential_v.into(),
        pair.cathodic_potential_err_v.into(),
        pair.cathodic_current_density_ua_per_cm2.into(),
        pair.cathodic_current_density_err_ua_per_cm2.into(),
        pair.separation_v.into(),
        pair.separation_err_v.into(),
        Value::text(pair.quality.as_str()),
        Value::Text((pair.quality != Quality::Good).then(|| pair.reason.clone())),
    ]
}

pub(super) fn rates() -> Kernel {
    let step = vec![
        plain("step", FieldKind::Count, "Order in which the rates were run, from 1."),
        field("c_rate", "1", "Rate in C; null without the current density of 1C."),
        field("current_density_ua_per_cm2", "uA/cm2", "Mean current density of discharge."),
        field("capacity_density_uah_per_cm2", "uA.h/cm2", "Mean capacity density of discharge."),
        field("capacity_density_err_uah_per_cm2", "uA.h/cm2", "Its standard uncertainty."),
        field("retention", "1", "Capacity in parts of that at the slowest rate."),
        field("retention_err", "1", "Its standard uncertainty."),
        plain("n_cycles", FieldKind::Count, "Discharges."),
        plain("step_quality", FieldKind::Text, "`good`, `suspect` or `failed`."),
        plain("step_reason", FieldKind::Text, "Why it is not good."),
    ];
    let own = [
        plain("steps", FieldKind::Rows(step), "The rates; one without values where there is none."),
        plain("n_points", FieldKind::Count, "Points."),
    ];
    Kernel {
        documentation: Documentation {
            name: "measure_rates",
            kind: "aggregate",
            version: 1,
            meaning: "Capacity density of discharge at every rate of galvanostatic cycling.",
            arguments: vec![
                number("time_s", "s", "Time."),
                number("current_density_ua_per_cm2", "uA/cm2", "Current density; discharge is negative."),
                number("one_c_ua_per_cm2", "uA/cm2", "Current density of 1C; null where not known."),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT e.measurement_id, measure_rates(e.time_s, 1e6 * e.current_a / m.electrode_area_cm2, 6.0) AS fit \
                      FROM electrochemistry AS e JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                      WHERE metadata_text(m.metadata, 'method') = 'galvanostatic_cycling' GROUP BY e.measurement_id LIMIT 3",
        },
        evaluate: |group| {
            let [time, current] = group.numbers([0, 1]);
            let found = rate_capability(&time, &current, &RateOptions { one_c_ua_per_cm2: group.number(2) });
            let n = time.len();
            match found {
                Ok(steps) => {
                    let worst = steps.iter().map(|step| step.quality).max().unwrap_or(Quality::Good);
                    let reason =
                        steps.iter().find(|step| step.quality != Quality::Good).map(|step| step.reason.clone());
                    let rows = steps.iter().map(of_step).collect();
                    vec![Value::Rows(Some(rows)), Value::Count(n), Value::text(worst.as_str()), Value::Text(reason)]
                }
                Err(error) => {
                    let mut row = vec![Value::Number(None); 8];
                    row.extend([Value::Text(None), Value::Text(None)]);
                    let reason = Value::text(error.to_string());
                    vec![Value::Rows(Some(vec![row])), Value::Count(n), Value::text("failed"), reason]
                }
            }
        },
    }
}

fn of_step(step: &RateStep) -> Vec<Value> {
    vec![
        Value::Count(step.step),
        step.c_rate.into(),
        step.current_density_ua_per_cm2.into(),
        step.capacity_density_uah_per_cm2.into(),
        step.capacity_density_err_uah_per_cm2.into(),
        step.retention.into(),
        step.retention_err.into(),
        Value::Count(step.n_cycles),
        Value::text(step.quality.as_str()),
        Value::Text((step.quality != Quality::Good).then(|| step.reason.clone())),
    ]
}

pub(super) fn onset() -> Kernel {
    let own = [
        field("onset_v", "V", "Potential at which the current leaves its baseline; null where it stays."),
        field("onset_err_v", "V", "Its standard uncertainty."),
        field("limit_v", "V", "Highest potential of the scan."),
        field("baseline_ua_per_cm2", "uA/cm2", "The baseline there."),
        field("baseline_std_ua_per_cm2", "uA/cm2", "Standard deviation around the baseline."),
        plain("n_points", FieldKind::Count, "Points of the rising scan."),
        plain("answer", FieldKind::Text, "The onset in words: `none up to 6.0 V` is a result."),
    ];
    Kernel {
        documentation: Documentation {
            name: "find_onset",
            kind: "aggregate",
            version: 1,
            meaning: "Potential at which the current density of a rising scan leaves its baseline and stays beyond.",
            arguments: vec![
                number("point", "1", "Order of measurement."),
                number("potential_v", "V", "Potential."),
                number("current_density_ua_per_cm2", "uA/cm2", "Current density, anodic positive."),
                number("sigmas", "1", "Standard deviations of the baseline, 5 where left out.").or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT e.measurement_id, find_onset(e.point, e.potential_v, 1e6 * e.current_a / m.electrode_area_cm2) AS fit \
                      FROM electrochemistry AS e JOIN measurements AS m ON m.measurement_id = e.measurement_id \
                      WHERE metadata_text(m.metadata, 'method') = 'linear_sweep_voltammetry' GROUP BY e.measurement_id LIMIT 3",
        },
        evaluate: |group| {
            let columns = in_order(group, 0, &[1, 2], None);
            let default = OnsetOptions::default();
            let options = OnsetOptions { sigmas: group.number(3).unwrap_or(default.sigmas), ..default };
            let found = find_onset(&columns.needed[0], &columns.needed[1], &options);
            let (quality, reason, answer) = match &found {
                Ok(onset) => {
                    let answer = match onset.onset_v {
                        Some(volts) => format!("{volts:.2} V"),
                        None => onset.reason.clone(),
                    };
                    (onset.quality, (onset.quality != Quality::Good).then(|| onset.reason.clone()), Some(answer))
                }
                Err(error) => (Quality::Failed, Some(error.to_string()), None),
            };
            let n = found.as_ref().map_or(columns.order, |onset| onset.n_points);
            let onset = found.ok();
            vec![
                onset.as_ref().and_then(|onset| onset.onset_v).into(),
                onset.as_ref().and_then(|onset| onset.onset_err_v).into(),
                onset.as_ref().map(|onset| onset.limit_v).into(),
                onset.as_ref().map(|onset| onset.baseline_ua_per_cm2).into(),
                onset.as_ref().map(|onset| onset.baseline_std_ua_per_cm2).into(),
                Value::Count(n),
                Value::Text(answer),
                Value::text(quality.as_str()),
                Value::Text(reason),
            ]
        },
    }
}

/// Columns in the order of another, of the rows in which all that are needed have a value.
struct Ordered {
    order: usize,
    needed: Vec<Vec<f64>>,
    /// One that may be missing: shorter then.
    optional: Vec<f64>,
}

fn in_order(group: &Group, order: usize, needed: &[usize], optional: Option<usize>) -> Ordered {
    let points = group.optional_numbers(order);
    let mut rows: Vec<(f64, Vec<f64>, Option<f64>)> = (0..points.len())
        .filter_map(|row| {
            let values =
                needed.iter().map(|argument| group.optional_numbers(*argument)[row]).collect::<Option<Vec<f64>>>()?;
            Some((points[row]?, values, optional.and_then(|argument| group.optional_numbers(argument)[row])))
        })
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ordered {
        order: rows.len(),
        needed: (0..needed.len()).map(|column| rows.iter().map(|row| row.1[column]).collect()).collect(),
        optional: rows.iter().filter_map(|row| row.2).collect(),
    }
}
