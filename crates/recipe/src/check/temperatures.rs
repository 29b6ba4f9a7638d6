//! Temperatures of everything that contains vapour: sources, lines, chamber.
//!
//! A heater may heat several lines. What is in each of them is compared with the set-point of the heater, whoever
//! requires it, and whether or not a recipe doses it.

use super::reason::says_something;
use super::violation::{Violation, exceeds, hard, named};
use crate::reactor::{HeaterKind, Line, Reactor};
use crate::recipe::{Precursor, Recipe};
use crate::rule::{Limit, Rule};

/// Temperature of the room at least (°C): that of a source that is not heated.
const ROOM_C: f64 = 20.0;
/// A difference of two decimal numbers is rounded in binary.
const ROUNDING_C: f64 = 1e-9;

/// Set-point of a heater of sources or lines (°C): the highest that a precursor of the recipe requires, with its name;
/// else standby.
fn set_point<'r>(recipe: &'r Recipe, reactor: &Reactor, heater: &str) -> Option<(f64, Option<&'r str>)> {
    let heater = &reactor.heaters[reactor.heater(heater)?];
    let required = recipe.precursors.iter().filter_map(|own| {
        let (_, line) = reactor.line_of(&own.name)?;
        let (on, value) = match heater.heats {
            HeaterKind::Source => (&line.source_heater, own.source_temperature_c),
            _ => (&line.line_heater, own.line_temperature_c),
        };
        (on.as_ref() == Some(&heater.name)).then_some((value?, Some(own.name.as_str())))
    });
    let highest = required.max_by(|a, b| a.0.total_cmp(&b.0));
    Some(highest.unwrap_or((heater.standby_c, None)))
}

/// The rules of the description about temperatures.
pub(super) fn rules(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    for rule in &reactor.rules {
        match &rule.limit {
            Limit::Ceiling { precursors, source_max_c, chamber_max_c } => {
                sources(rule, recipe, reactor, precursors, *source_max_c, found);
                if let Some(max_c) = chamber_max_c {
                    for own in recipe.precursors.iter().filter(|own| precursors.contains(&own.name)) {
                        chamber(rule, recipe, reactor, own, *max_c, found);
                    }
                }
            }
            Limit::TemperatureOrder { min_rise_c } => {
                for own in &recipe.precursors {
                    if let Some((_, line)) = reactor.line_of(&own.name) {
                        order(rule, recipe, reactor, (own, line), *min_rise_c, found);
                    }
                }
            }
            _ => {}
        }
    }
    let walls = reactor.heaters.iter().any(|heater| heater.heats == HeaterKind::Wall);
    if let Some(value) = recipe.wall_temperature_c.filter(|value| !walls && (value - 25.0).abs() > 10.0) {
        let problem = format!("wall_temperature_c is {value}, but no heater of the reactor heats the walls");
        found.push(hard("heater ceiling", "recipe", problem));
    }
}

/// Sources and lines with the vapour of a precursor: of those that the recipe lists, and of those that may be mounted on
/// a line that it does not use.
fn sources(
    rule: &Rule,
    recipe: &Recipe,
    reactor: &Reactor,
    precursors: &[String],
    max_c: f64,
    found: &mut Vec<Violation>,
) {
    let tolerance_c = reactor.tolerance.temperature_c;
    for line in &reactor.lines {
        let listed: Vec<&String> = line.precursors.iter().filter(|name| recipe.precursor(name).is_some()).collect();
        let mounted = if listed.is_empty() { line.precursors.iter().collect() } else { listed };
        for name in mounted.into_iter().filter(|name| precursors.contains(name)) {
            for (heater, entry) in
                [(&line.source_heater, "source_temperature_c"), (&line.line_heater, "line_temperature_c")]
            {
                let Some(heater) = heater else { continue };
                let Some((value, by)) = set_point(recipe, reactor, heater) else { continue };
                if value + tolerance_c <= max_c + ROUNDING_C {
                    continue;
                }
                let what = match by {
                    Some(by) if by == name => format!("{entry} is {value}"),
                    Some(by) => format!("{entry} of {by} is {value}, of the same heater `{heater}`"),
                    None => format!("heater `{heater}` is at standby, {value}"),
                };
                let problem = format!("{what}; with the tolerance of {tolerance_c}, expected {max_c} at most");
                found.push(exceeds(rule, &format!("precursor `{name}`"), problem));
            }
        }
    }
}

fn chamber(rule: &Rule, recipe: &Recipe, reactor: &Reactor, own: &Precursor, max_c: f64, found: &mut Vec<Violation>) {
    let tolerance_c = reactor.tolerance.temperature_c;
    for (entry, value) in [
        ("wall_temperature_c", recipe.wall_temperature_c),
        ("deposition_temperature_c", Some(recipe.deposition_temperature_c)),
    ] {
        if let Some(value) = value.filter(|value| value + tolerance_c > max_c + ROUNDING_C) {
            let problem = format!("{entry} is {value}; with the tolerance of {tolerance_c}, expected {max_c} at most");
            found.push(exceeds(rule, &named(own), problem));
        }
    }
}

/// Source, line and walls, each warmer than the one before. A source that is not heated requires a reason, and is at the
/// temperature of the room, of which its line must not be cooler.
fn order(
    rule: &Rule,
    recipe: &Recipe,
    reactor: &Reactor,
    (own, line): (&Precursor, &Line),
    min_rise_c: f64,
    found: &mut Vec<Violation>,
) {
    let place = named(own);
    let mut wrong = |problem: String| found.push(exceeds(rule, &place, problem));
    let stated = own.unheated.as_deref().filter(|reason| !reason.trim().is_empty());
    let line_is = line.line_heater.as_deref().and_then(|heater| set_point(recipe, reactor, heater));
    // The line is at its set-point, whoever requires it; without a heater it is as warm as the room.
    let line_c = own.line_temperature_c.or(line_is.map(|(value, _)| value)).unwrap_or(ROOM_C);
    let rise = |wrong: &mut dyn FnMut(String), (cooler, low): (&str, f64), (warmer, high): (&str, f64)| {
        if high - low < min_rise_c - ROUNDING_C {
            wrong(format!("{cooler} is {low}, {warmer} is {high}: expected a rise of {min_rise_c} °C or more"));
        }
    };
    match (own.source_temperature_c, stated) {
        (None, None) => {
            wrong("expected `source_temperature_c`, or the reason in `unheated`, found neither".to_owned());
            return;
        }
        (Some(_), Some(_)) => wrong("expected `source_temperature_c` or `unheated`, found both".to_owned()),
        (Some(_), None) if own.line_temperature_c.is_none() => {
            wrong("the source is heated: expected `line_temperature_c`, found none".to_owned());
            return;
        }
        (Some(source_c), None) => {
            // A heater does not cool: the source is as warm as the room at least.
            let source = ("source_temperature_c", source_c.max(ROOM_C));
            rise(&mut wrong, source, ("line_temperature_c", line_c));
            rise(&mut wrong, source, ("deposition_temperature_c", recipe.deposition_temperature_c));
        }
        (None, Some(reason)) => {
            if !says_something(reason) {
                wrong(format!("`unheated` is \"{reason}\", expected why the source is not heated"));
            }
            if line.source_heater.is_some() && !line.unheated.contains(&own.name) {
                let problem = format!(
                    "`unheated`, but line `{}` has a heater for its source; expected `source_temperature_c`, or \
                     `unheated = [\"{}\"]` in the reactor's [[line]]",
                    line.valve, own.name
                );
                wrong(problem);
            }
            let source = line.source_heater.as_deref().and_then(|heater| set_point(recipe, reactor, heater));
            if let Some((value, Some(by))) = source {
                wrong(format!("`unheated`, but {by} requires {value} of the same heater"));
            }
            if line_c < ROOM_C {
                wrong(format!(
                    "the line is at {line_c}, cooler than the room, where the source is: expected {ROOM_C} or more"
                ));
            }
        }
    }
    if let Some(walls_c) = recipe.wall_temperature_c {
        rise(&mut wrong, ("line_temperature_c", line_c), ("wall_temperature_c", walls_c));
    }
}
