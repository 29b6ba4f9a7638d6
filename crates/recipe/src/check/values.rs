//! Rules about single values: temperatures, pressures, durations, flows.

use super::violation::{Violation, exceeds, hard, steps};
use crate::program::Program;
use crate::quantity::Milliseconds;
use crate::reactor::{HeaterKind, Reactor};
use crate::recipe::{Precursor, Recipe, StepKind};
use crate::rule::{Limit, Rule};

/// The rules of the description about values.
pub(super) fn rules(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    for rule in &reactor.rules {
        match &rule.limit {
            Limit::Ceiling { precursors, source_max_c, chamber_max_c } => {
                for precursor in concerned(recipe, precursors) {
                    ceiling(rule, recipe, precursor, *source_max_c, *chamber_max_c, found);
                }
            }
            Limit::TemperatureOrder { min_rise_c } => {
                for precursor in &recipe.precursors {
                    temperature_order(rule, recipe, precursor, *min_rise_c, found);
                }
            }
            Limit::BasePressure { max_pa } => {
                let pressure = recipe.base_pressure_pa.filter(|pressure| !(*pressure > 0.0 && pressure <= max_pa));
                if let Some(pressure) = pressure {
                    let problem = format!("base_pressure_pa is {pressure}, expected above 0 and at most {max_pa}");
                    found.push(exceeds(rule, "recipe", problem));
                }
            }
            Limit::DosePressure { precursors, max_pa } => {
                for precursor in concerned(recipe, precursors) {
                    let outside = |pressure: &f64| !(*pressure > 0.0 && pressure <= max_pa);
                    if let Some(pressure) = precursor.dose_pressure_pa.filter(outside) {
                        let problem = format!("dose_pressure_pa is {pressure}, expected above 0 and at most {max_pa}");
                        found.push(exceeds(rule, &named(precursor), problem));
                    }
                }
            }
            Limit::DoseTime { precursors, min, max } => dose_time(rule, recipe, precursors, [*min, *max], found),
            Limit::Settle { min } => {
                if let Some(settle) = recipe.settle.filter(|settle| settle < min) {
                    let (settle, min) = (settle.seconds(), min.seconds());
                    found.push(exceeds(rule, "recipe", format!("settle_s is {settle}, expected {min} or more")));
                }
            }
            Limit::RunTime { .. }
            | Limit::Apart { .. }
            | Limit::Compatible { .. }
            | Limit::PumpAfter { .. }
            | Limit::PurgeAfterDose { .. } => {}
        }
    }
}

/// Rules about the whole run.
pub(super) fn run(reactor: &Reactor, program: &Program, found: &mut Vec<Violation>) {
    for rule in &reactor.rules {
        if let Limit::RunTime { max } = &rule.limit
            && program.duration_ms() > u64::from(max.0)
        {
            let hours = |ms: f64| ms / 3.6e6;
            let problem = format!(
                "the run lasts {:.1} h, expected {:.1} h at most",
                hours(program.duration_ms() as f64),
                hours(f64::from(max.0))
            );
            found.push(exceeds(rule, "recipe", problem));
        }
    }
}

/// Capabilities of the reactor's parts: lines, heaters, flows, plasma.
pub(super) fn hardware(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    for precursor in &recipe.precursors {
        let place = named(precursor);
        let Some((_, line)) = reactor.line_of(&precursor.name) else {
            let known: Vec<_> = reactor.lines.iter().flat_map(|line| &line.precursors).map(String::as_str).collect();
            let problem = format!("no line of the reactor carries it; there are lines for {}", known.join(", "));
            found.push(hard("line", &place, problem));
            continue;
        };
        for (heater, entry, value) in [
            (&line.source_heater, "source_temperature_c", precursor.source_temperature_c),
            (&line.line_heater, "line_temperature_c", precursor.line_temperature_c),
        ] {
            match (heater.as_ref().and_then(|heater| reactor.heater(heater)), value) {
                (None, Some(value)) => {
                    let problem =
                        format!("{entry} is {value}, but the line of valve `{}` has no such heater", line.valve);
                    found.push(hard("heater ceiling", &place, problem));
                }
                (Some(heater), Some(value)) => heated(reactor, heater, &place, entry, value, found),
                (_, None) => {}
            }
        }
        if let Some(gas) = &precursor.carrier_gas {
            let mfc = line.carrier_mfc.as_deref().and_then(|mfc| reactor.mfc(mfc)).map(|mfc| &reactor.mfcs[mfc]);
            match mfc.filter(|mfc| mfc.gas == *gas) {
                None => {
                    let problem = format!("valve `{}` has no carrier {gas}", line.valve);
                    found.push(hard("flow", &place, problem));
                }
                Some(mfc) => flow(mfc, &place, "carrier_flow_sccm", precursor.carrier_flow_sccm, found),
            }
        }
    }
    // A new run pumps for its settle time: the dwell time of the safe state relies on this.
    if let Some(settle) = recipe.settle.filter(|settle| *settle < reactor.safe_state.dwell) {
        let (settle, dwell) = (settle.seconds(), reactor.safe_state.dwell.seconds());
        found.push(hard("safe state", "recipe", format!("settle_s is {settle}, expected {dwell} or more")));
    }
    for (index, heater) in reactor.heaters.iter().enumerate() {
        match (heater.heats, recipe.wall_temperature_c) {
            (HeaterKind::Substrate, _) => {
                let (entry, value) = ("deposition_temperature_c", recipe.deposition_temperature_c);
                heated(reactor, index, "recipe", entry, value, found);
            }
            (HeaterKind::Wall, Some(value)) => heated(reactor, index, "recipe", "wall_temperature_c", value, found),
            _ => {}
        }
    }
    for (place, step) in steps(recipe) {
        if let Some(gas) = &step.gas {
            match reactor.mfc_of_gas(gas) {
                None => {
                    let known: Vec<_> = reactor.mfcs.iter().map(|mfc| mfc.gas.as_str()).collect();
                    let problem = format!("no mass flow controller for {gas}; there are: {}", known.join(", "));
                    found.push(hard("flow", &place, problem));
                }
                Some(mfc) => flow(&reactor.mfcs[mfc], &place, "flow_sccm", step.flow_sccm, found),
            }
        }
        if step.step == StepKind::Plasma {
            match &reactor.plasma {
                None => found.push(hard("plasma", &place, "the reactor has no plasma source".to_owned())),
                Some(plasma) => {
                    if let Some(power) = step.power_w.filter(|power| !(*power > 0.0 && *power <= plasma.max_power_w)) {
                        let most = plasma.max_power_w;
                        let problem = format!("power_w is {power}, expected above 0 and at most {most}");
                        found.push(hard("plasma", &place, problem));
                    }
                    if let Some(gas) = step.gas.as_ref().filter(|gas| !plasma.gases.contains(gas)) {
                        let problem =
                            format!("a plasma of {gas} is not allowed; expected {}", plasma.gases.join(" or "));
                        found.push(hard("plasma", &place, problem));
                    }
                }
            }
        }
    }
}

fn heated(reactor: &Reactor, heater: usize, place: &str, entry: &str, value: f64, found: &mut Vec<Violation>) {
    let heater = &reactor.heaters[heater];
    if value > heater.max_c {
        let problem =
            format!("{entry} is {value}, expected at most {1}, the limit of heater `{0}`", heater.name, heater.max_c);
        found.push(hard("heater ceiling", place, problem));
    }
}

fn flow(mfc: &crate::reactor::Mfc, place: &str, entry: &str, value: Option<f64>, found: &mut Vec<Violation>) {
    if let Some(value) = value.filter(|value| !(*value > 0.0 && *value <= mfc.max_flow_sccm)) {
        let (name, most) = (&mfc.name, mfc.max_flow_sccm);
        let problem = format!("{entry} is {value}, expected above 0 and at most {most}, the limit of `{name}`");
        found.push(hard("flow", place, problem));
    }
}

fn named(precursor: &Precursor) -> String {
    format!("precursor `{}`", precursor.name)
}

/// The precursors of a recipe that a rule names; all if it names none.
fn concerned<'a>(recipe: &'a Recipe, names: &'a [String]) -> impl Iterator<Item = &'a Precursor> {
    recipe.precursors.iter().filter(move |precursor| names.is_empty() || names.contains(&precursor.name))
}

fn ceiling(
    rule: &Rule,
    recipe: &Recipe,
    precursor: &Precursor,
    source_max_c: f64,
    chamber_max_c: Option<f64>,
    found: &mut Vec<Violation>,
) {
    let mut values = vec![
        ("source_temperature_c", precursor.source_temperature_c, source_max_c),
        ("line_temperature_c", precursor.line_temperature_c, source_max_c),
    ];
    if let Some(max) = chamber_max_c {
        values.push(("wall_temperature_c", recipe.wall_temperature_c, max));
        values.push(("deposition_temperature_c", Some(recipe.deposition_temperature_c), max));
    }
    for (entry, value, max) in values {
        if let Some(value) = value.filter(|value| *value > max) {
            found.push(exceeds(rule, &named(precursor), format!("{entry} is {value}, expected {max} at most")));
        }
    }
}

/// Source, line and walls, each warmer than the one before. A source that is not heated requires a reason.
fn temperature_order(rule: &Rule, recipe: &Recipe, precursor: &Precursor, min_rise_c: f64, found: &mut Vec<Violation>) {
    let place = named(precursor);
    let reason = precursor.unheated.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    match (precursor.source_temperature_c, reason) {
        (None, false) => {
            let problem = "expected `source_temperature_c`, or the reason in `unheated`, found neither";
            found.push(exceeds(rule, &place, problem.to_owned()));
        }
        (Some(_), true) => {
            let problem = "expected `source_temperature_c` or `unheated`, found both";
            found.push(exceeds(rule, &place, problem.to_owned()));
        }
        (Some(_), false) if precursor.line_temperature_c.is_none() => {
            let problem = "the source is heated: expected `line_temperature_c`, found none";
            found.push(exceeds(rule, &place, problem.to_owned()));
        }
        _ => {}
    }
    let chain = [
        ("source_temperature_c", precursor.source_temperature_c),
        ("line_temperature_c", precursor.line_temperature_c),
        ("wall_temperature_c", recipe.wall_temperature_c),
    ];
    let stated: Vec<(&str, f64)> =
        chain.into_iter().filter_map(|(entry, value)| value.map(|value| (entry, value))).collect();
    for pair in stated.windows(2) {
        let [(cooler, low), (warmer, high)] = *pair else { continue };
        // A difference of two decimal numbers is rounded in binary.
        if high - low < min_rise_c - 1e-9 {
            let problem = format!("{cooler} is {low}, {warmer} is {high}: expected a rise of {min_rise_c} °C or more");
            found.push(exceeds(rule, &place, problem));
        }
    }
}

fn dose_time(
    rule: &Rule,
    recipe: &Recipe,
    precursors: &[String],
    [min, max]: [Milliseconds; 2],
    found: &mut Vec<Violation>,
) {
    for (place, step) in steps(recipe) {
        let (Some(name), Some(duration)) = (&step.precursor, step.duration) else { continue };
        let concerned = precursors.is_empty() || precursors.contains(name);
        if concerned && (duration < min || duration > max) {
            let problem = format!(
                "the dose of {name} lasts {} s, expected {} to {} s",
                duration.seconds(),
                min.seconds(),
                max.seconds()
            );
            found.push(exceeds(rule, &place, problem));
        }
    }
}
