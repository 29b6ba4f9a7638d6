//! `fit_growth`, `fit_growth_in_situ` and `judge_saturation`.

use aldb_fit::growth::{
    GrowthError, GrowthFit, GrowthOptions, cycle_ends, detect_start, fit_growth, step_changes, without_pattern,
};
use aldb_fit::quality::Quality;
use aldb_fit::saturation::{DosePoint, SaturationOptions, judge_saturation};

use super::document::{Documentation, FieldKind, ResultField, Value, field, number, plain, text, verdict};
use super::gather::{Group, Kernel};

fn growth_fields() -> Vec<ResultField> {
    let own = [
        field("gpc_angstrom", "Ao", "Growth per cycle, of all kinds of cycles together."),
        field("gpc_err_angstrom", "Ao", "Its standard uncertainty, residuals that are alike counted as such."),
        field("intercept_nm", "nm", "Thickness at which the line meets cycle 0."),
        field("intercept_err_nm", "nm", "Its standard uncertainty."),
        field("substrate_nm", "nm", "Thickness before growth, as the measurement's model sees it."),
        field("nucleation_delay_cycles", "1", "Cycle at which the line meets the thickness before growth."),
        field("nucleation_delay_err_cycles", "1", "Its standard uncertainty."),
        field("first_cycle", "1", "First cycle of the linear regime."),
        field("last_cycle", "1", "Last cycle of the linear regime."),
        plain("n_points", FieldKind::Count, "Points in the linear regime."),
        field("r2", "1", "Coefficient of determination."),
        field("residual_std_nm", "nm", "Standard deviation of the residuals."),
        field("autocorrelation", "1", "Correlation of neighbouring residuals."),
    ];
    own.into_iter().chain(verdict()).collect()
}

fn growth_values(fit: &Result<GrowthFit, GrowthError>, points: usize) -> Vec<Value> {
    let of = |value: fn(&GrowthFit) -> f64| Value::Number(fit.as_ref().ok().map(value));
    let (quality, reason) = match fit {
        Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
        Err(error) => (Quality::Failed, Some(error.to_string())),
    };
    vec![
        of(|fit| fit.gpc_angstrom),
        of(|fit| fit.gpc_err_angstrom),
        of(|fit| fit.intercept_nm),
        of(|fit| fit.intercept_err_nm),
        of(|fit| fit.substrate_nm),
        of(|fit| fit.nucleation_delay_cycles),
        of(|fit| fit.nucleation_delay_err_cycles),
        of(|fit| fit.first_cycle),
        of(|fit| fit.last_cycle),
        Value::Count(fit.as_ref().map_or(points, |fit| fit.n_points)),
        of(|fit| fit.r2),
        of(|fit| fit.residual_std_nm),
        of(|fit| fit.autocorrelation),
        Value::text(quality.as_str()),
        Value::Text(reason),
    ]
}

pub(super) fn by_cycle() -> Kernel {
    Kernel {
        documentation: Documentation {
            name: "fit_growth",
            kind: "aggregate",
            version: 1,
            meaning: "Growth per cycle and nucleation delay from thickness against cycle.",
            arguments: vec![
                number("cycle", "1", "Cycles done."),
                number("thickness_nm", "nm", "Thickness, substrate included."),
                number("min_points", "1", "Points that the linear regime needs, 20 where left out.").or_left_out(),
            ],
            result: growth_fields(),
            example: "SELECT fit_growth(cycle, thickness_nm) AS fit FROM (SELECT CAST(value AS DOUBLE) AS cycle, \
                      1.5 + 0.04 * value AS thickness_nm FROM generate_series(0, 100)) AS invented",
        },
        evaluate: |group| {
            let [cycle, thickness] = group.numbers([0, 1]);
            let fit = fit_growth(&cycle, &thickness, &options(group.number(2)));
            growth_values(&fit, cycle.len())
        },
    }
}

fn options(min_points: Option<f64>) -> GrowthOptions {
    let default = GrowthOptions::default();
    match min_points {
        Some(points) if points >= 1.0 => GrowthOptions { min_points: points as usize, ..default },
        _ => default,
    }
}

pub(super) fn in_situ() -> Kernel {
    let step = vec![
        plain("step", FieldKind::Count, "Dose of the cycle, from 1."),
        plain("precursor", FieldKind::Text, "What it doses."),
        field("change_nm", "nm", "Mean change of the thickness until the next dose, in the linear regime."),
        field("change_err_nm", "nm", "Its standard error over the cycles."),
        plain("n_cycles", FieldKind::Count, "Cycles in which it was seen."),
    ];
    let further = [
        plain("cycle_source", FieldKind::Text, "Where cycles come from: `file`, `run log` or `recipe`."),
        plain("steps", FieldKind::Rows(step), "What each dose does; null where the scan does not resolve them."),
    ];
    Kernel {
        documentation: Documentation {
            name: "fit_growth_in_situ",
            kind: "aggregate",
            version: 1,
            meaning: "Growth per cycle from a scan during deposition, its cycles from the file, from the doses of the \
                      run's log, or from the length of the recipe's cycle. Rows are readings (a thickness) or doses (a \
                      precursor).",
            arguments: vec![
                number("time_s", "s", "Time of the reading or of the dose."),
                number("thickness_nm", "nm", "Thickness; null of a dose."),
                number(
                    "cycle",
                    "1",
                    "Cycles done at the reading, where the file says; the cycle that a dose belongs to.",
                ),
                text("precursor", "What is dosed; null of a reading."),
                number("cycles_per_supercycle", "1", "Cycles after which the recipe repeats.").or_left_out(),
                number("cycle_s", "s", "Mean length of the recipe's cycle.").or_left_out(),
            ],
            result: further.into_iter().chain(growth_fields()).collect(),
            example: "SELECT run_id, fit_growth_in_situ(time_s, thickness_nm, cycle, precursor) AS fit FROM \
                      (SELECT run_id, time_s, thickness_nm, cycle, CAST(NULL AS VARCHAR) AS precursor \
                      FROM ellipsometry_series UNION ALL SELECT run_id, time_s, NULL, cycle, precursor FROM run_log \
                      WHERE precursor IS NOT NULL) AS both GROUP BY run_id LIMIT 3",
        },
        evaluate: evaluate_in_situ,
    }
}

/// Readings of which this share has a cycle are taken by it.
const MOSTLY: f64 = 0.9;

fn evaluate_in_situ(group: &Group) -> Vec<Value> {
    let (times, thicknesses, cycles) =
        (group.optional_numbers(0), group.optional_numbers(1), group.optional_numbers(2));
    let (mut readings, mut with_cycle, mut doses) = (Vec::new(), Vec::new(), Vec::new());
    for (row, precursor) in group.words(3).iter().enumerate() {
        match (precursor, times[row], thicknesses[row]) {
            (Some(precursor), Some(time), _) => doses.push((time, cycles[row], precursor.as_str())),
            (None, time, Some(thickness)) => {
                readings.extend(time.map(|time| (time, thickness)));
                with_cycle.extend(cycles[row].map(|cycle| (cycle, thickness)));
            }
            _ => {}
        }
    }
    let n = thicknesses.iter().flatten().count();
    readings.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    doses.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(b.2)));
    let period = group.number(4).filter(|period| *period >= 1.0).map_or(1, |period| period as usize);
    let (time, thickness): (Vec<f64>, Vec<f64>) = readings.into_iter().unzip();
    let (source, points) = if !with_cycle.is_empty() && with_cycle.len() as f64 >= MOSTLY * n as f64 {
        (Some("file"), Ok(with_cycle))
    } else if !doses.is_empty() && !time.is_empty() {
        (Some("run log"), cycle_ends(&time, &thickness, &cycle_starts(&doses)))
    } else if let Some(cycle_s) = group.number(5).filter(|cycle_s| *cycle_s > 0.0 && !time.is_empty()) {
        let starts = detect_start(&time, &thickness, cycle_s).map(|detected| {
            let last = time.last().copied().unwrap_or(0.0);
            let n = ((last - detected.start_s) / cycle_s).clamp(0.0, 1e6) as usize;
            (0..n).map(|cycle| detected.start_s + cycle_s * cycle as f64).collect::<Vec<f64>>()
        });
        (Some("recipe"), starts.and_then(|starts| cycle_ends(&time, &thickness, &starts)))
    } else {
        (None, Ok(Vec::new()))
    };
    let mut found = 0;
    let fit = points.and_then(|mut points| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (cycle, flat): (Vec<f64>, Vec<f64>) = without_pattern(&points, period).into_iter().unzip();
        found = cycle.len();
        fit_growth(&cycle, &flat, &GrowthOptions::default())
    });
    let steps =
        fit.as_ref().ok().filter(|_| period == 1).and_then(|fit| steps(&time, &thickness, &doses, fit.first_cycle));
    let mut values = vec![Value::Text(source.map(str::to_owned)), Value::Rows(steps)];
    let mut growth = growth_values(&fit, found);
    if source == Some("recipe") {
        // The start that a scan shows is that of growth, not of the first dose: inhibited cycles leave no trace.
        for (field, value) in growth_fields().iter().zip(&mut growth) {
            if field.name.starts_with("nucleation_delay") {
                *value = Value::Number(None);
            }
        }
    }
    if let (None, Some(reason)) = (source, growth.last_mut()) {
        *reason = Value::text("the scan has no cycles: neither it, a log of its run nor its recipe tells them");
    }
    values.extend(growth);
    values
}

/// When each cycle begins: by its number in the log; without numbers, where the first precursor comes again.
fn cycle_starts(doses: &[(f64, Option<f64>, &str)]) -> Vec<f64> {
    let mut starts: Vec<f64> = Vec::new();
    let mut last = None;
    for (time, cycle, precursor) in doses {
        let begins = match cycle {
            Some(cycle) => last != Some(*cycle),
            None => *precursor == doses[0].2,
        };
        if begins {
            starts.push(*time);
        }
        last = *cycle;
    }
    starts
}

fn steps(time: &[f64], thickness: &[f64], doses: &[(f64, Option<f64>, &str)], first: f64) -> Option<Vec<Vec<Value>>> {
    let starts = cycle_starts(doses);
    let (mut place, mut cycle) = (0, 0);
    let mut names: Vec<&str> = Vec::new();
    let mut events = Vec::new();
    for (at, _, precursor) in doses {
        if starts.get(cycle).is_some_and(|start| at >= start) {
            cycle += 1;
            place = 0;
        }
        if names.len() <= place {
            names.push(precursor);
        }
        if cycle as f64 > first {
            events.push((*at, place));
        }
        place += 1;
    }
    let changes = step_changes(time, thickness, &events).ok()?;
    // Every dose of the cycle, or the scan does not resolve them.
    if changes.len() != names.len() || changes.len() < 2 {
        return None;
    }
    let rows = changes.iter().map(|change| {
        vec![
            Value::Count(change.step + 1),
            Value::text(names[change.step]),
            change.change_nm.into(),
            change.change_err_nm.into(),
            Value::Count(change.n_cycles),
        ]
    });
    Some(rows.collect())
}

pub(super) fn saturation() -> Kernel {
    let own = [
        plain("verdict", FieldKind::Text, "`saturated`, `unsaturated` or `decreasing`."),
        field("dose_saturated_s", "s", "Shortest dose from which on growth no longer changes; null unless saturated."),
        field("gpc_saturated_angstrom", "Ao", "Mean growth of those doses; null unless saturated."),
        field("gpc_saturated_err_angstrom", "Ao", "Its standard uncertainty."),
        field("slope_angstrom_per_s", "Ao/s", "Slope of growth against dose: over the saturated doses, else over all."),
        field("slope_err_angstrom_per_s", "Ao/s", "Its standard uncertainty."),
        field("last_change_angstrom", "Ao", "Growth at the longest dose less that at the one before."),
        field("last_change_err_angstrom", "Ao", "Its standard uncertainty."),
        plain("n_points", FieldKind::Count, "Different doses."),
    ];
    Kernel {
        documentation: Documentation {
            name: "judge_saturation",
            kind: "aggregate",
            version: 1,
            meaning: "Whether growth per cycle saturates with the length of a dose.",
            arguments: vec![
                number("dose_s", "s", "Length of the dose."),
                number("gpc_angstrom", "Ao", "Growth per cycle."),
                number("gpc_err_angstrom", "Ao", "Its standard uncertainty."),
                number("reproducibility_rel", "1", "Relative standard deviation from run to run, 0.01 where left out.")
                    .or_left_out(),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT judge_saturation(dose_s, gpc_angstrom, 0.003) AS fit FROM (VALUES (1.0, 0.33), (2.0, 0.395), \
                      (5.0, 0.40), (10.0, 0.40)) AS invented(dose_s, gpc_angstrom)",
        },
        evaluate: |group| {
            let [dose, gpc, error] = group.numbers([0, 1, 2]);
            let points: Vec<DosePoint> = dose
                .iter()
                .zip(&gpc)
                .zip(&error)
                .map(|((dose, gpc), error)| DosePoint { dose_s: *dose, gpc_angstrom: *gpc, gpc_err_angstrom: *error })
                .collect();
            let default = SaturationOptions::default();
            let reproducibility_rel = group.number(3).unwrap_or(default.reproducibility_rel);
            let fit = judge_saturation(&points, &SaturationOptions { reproducibility_rel });
            let (quality, reason) = match &fit {
                Ok(fit) => (fit.quality, (fit.quality != Quality::Good).then(|| fit.reason.clone())),
                Err(error) => (Quality::Failed, Some(error.to_string())),
            };
            let fit = fit.ok();
            vec![
                Value::Text(fit.as_ref().map(|fit| fit.saturation.as_str().to_owned())),
                fit.as_ref().and_then(|fit| fit.dose_saturated_s).into(),
                fit.as_ref().and_then(|fit| fit.gpc_saturated_angstrom).into(),
                fit.as_ref().and_then(|fit| fit.gpc_saturated_err_angstrom).into(),
                fit.as_ref().map(|fit| fit.slope_angstrom_per_s).into(),
                fit.as_ref().map(|fit| fit.slope_err_angstrom_per_s).into(),
                fit.as_ref().map(|fit| fit.last_change_angstrom).into(),
                fit.as_ref().map(|fit| fit.last_change_err_angstrom).into(),
                Value::Count(fit.as_ref().map_or(points.len(), |fit| fit.n_points)),
                Value::text(quality.as_str()),
                Value::Text(reason),
            ]
        },
    }
}
