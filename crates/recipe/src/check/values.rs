//! Rules about single values: temperatures, pressures, durations, flows.

use super::violation::{Violation, exceeds, hard, named, steps};
use crate::program::Program;
use crate::quantity::Milliseconds;
use crate::reactor::{HeaterKind, Reactor};
use crate::recipe::{Precursor, Recipe, StepKind};
use crate::rule::{Limit, Rule};

/// The rules of the description about values.
pub(super) fn rules(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    for rule in &reactor.rules {
        match &rule.limit {
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
            Limit::Ceiling { .. }
            | Limit::TemperatureOrder { .. }
            | Limit::RunTime { .. }
            | Limit::LeakTest { .. }
            | Limit::CoolDown { .. }
            | Limit::Apart { .. }
            | Limit::Compatible { .. }
            | Limit::PumpAfter { .. }
            | Limit::PurgeAfterDose { .. } => {}
        }
    }
}

/// Rules about the whole run, and what its controller can count.
pub(super) fn run(reactor: &Reactor, program: &Program, places: &[String], found: &mut Vec<Violation>) {
    let tick = reactor.controller.tick;
    for (slot, place) in program.slots.iter().zip(places) {
        if tick.0 == 0 || !slot.duration_ms.is_multiple_of(tick.0) {
            let (duration, tick) = (Milliseconds(slot.duration_ms).seconds(), tick.seconds());
            let problem = format!(
                "it lasts, or begins or ends in parallel to another, at a time of {duration} s; expected a multiple of the controller's {tick} s"
            );
            found.push(hard("representable", place, problem));
        }
    }
    let longest_ms = u64::from(u32::MAX);
    if program.duration_ms() > longest_ms {
        let problem = format!(
            "the run has {} cycles and lasts {:.1} days; a controller counts milliseconds up to {:.1} days",
            program.cycle_count(),
            program.duration_ms() as f64 / 8.64e7,
            longest_ms as f64 / 8.64e7
        );
        found.push(hard("controller", "recipe", problem));
    }
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
        if precursor.carrier_gas.is_some() || precursor.carrier_flow_sccm.is_some() {
            let mfc = line.carrier_mfc.as_deref().and_then(|mfc| reactor.mfc(mfc)).map(|mfc| &reactor.mfcs[mfc]);
            match mfc.filter(|mfc| precursor.carrier_gas.as_ref().is_none_or(|gas| *gas == mfc.gas)) {
                None => {
                    let gas = precursor.carrier_gas.as_deref().unwrap_or("gas");
                    let problem = format!("valve `{}` has no carrier {gas}", line.valve);
                    found.push(hard("flow", &place, problem));
                }
                Some(mfc) => flow(mfc, &place, "carrier_flow_sccm", precursor.carrier_flow_sccm, found),
            }
        }
        if let Some(pressure) = precursor.dose_pressure_pa.filter(|pressure| *pressure >= 0.0)
            && !reactor.gauges.iter().any(|gauge| (gauge.min_pa..=gauge.max_pa).contains(&pressure))
        {
            let problem = format!("dose_pressure_pa is {pressure}, which no gauge of the reactor reads");
            found.push(hard("gauge", &place, problem));
        }
    }
    // A new run pumps for its settle time: the dwell time of the safe state relies on this.
    if let Some(settle) = recipe.settle.filter(|settle| *settle < reactor.safe_state.dwell) {
        let (settle, dwell) = (settle.seconds(), reactor.safe_state.dwell.seconds());
        found.push(hard("safe state", "recipe", format!("settle_s is {settle}, expected {dwell} or more")));
    }
    let ready = reactor.tolerance.ready;
    if let Some(settle) = recipe.settle.filter(|settle| *settle >= ready) {
        let (settle, ready) = (settle.seconds(), ready.seconds());
        let problem = format!("settle_s is {settle}, expected less than ready_s of the reactor, {ready}");
        found.push(hard("ready time", "recipe", problem));
    }
    let lowest_pa = reactor.gauges.iter().map(|gauge| gauge.min_pa).fold(f64::INFINITY, f64::min);
    if let Some(pressure) = recipe.base_pressure_pa.filter(|pressure| *pressure < lowest_pa) {
        let problem = format!("base_pressure_pa is {pressure}, but no gauge of the reactor reads below {lowest_pa} Pa");
        found.push(hard("gauge", "recipe", problem));
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

/// The precursors of a recipe that a rule names; all if it names none.
fn concerned<'a>(recipe: &'a Recipe, names: &'a [String]) -> impl Iterator<Item = &'a Precursor> {
    recipe.precursors.iter().filter(move |precursor| names.is_empty() || names.contains(&precursor.name))
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
