//! Leak test, ramps and cool-down: what a recipe requires around its cycles, against the reactor.

use super::violation::{Violation, exceeds, hard};
use crate::conditions::ramp;
use crate::program::Program;
use crate::reactor::Reactor;
use crate::reactor::faults::{LEAK_TEST_MS, RAMP_C_PER_MIN, RISE_PA_PER_S};
use crate::recipe::{CoolDown, LeakTest, Recipe};
use crate::rule::Limit;

/// Longest cool-down: a week.
const LONGEST_COOLING_MS: u32 = 604_800_000;

/// The rules of the description, and those that apply to every reactor.
pub(super) fn conditions(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    for rule in &reactor.rules {
        let problem = match (&rule.limit, recipe.leak_test, recipe.cool_down) {
            (Limit::LeakTest { .. }, None, _) => Some("expected a [leak_test], found none".to_owned()),
            (Limit::LeakTest { min, .. }, Some(test), _) if test.duration < *min => {
                let (is, min) = (test.duration.seconds(), min.seconds());
                Some(format!("the leak test lasts {is} s, expected {min} s or more"))
            }
            (Limit::LeakTest { max_rise_pa_per_s, .. }, Some(test), _)
                if test.max_rise_pa_per_s > *max_rise_pa_per_s =>
            {
                let is = test.max_rise_pa_per_s;
                Some(format!("the leak test allows {is} Pa/s, expected {max_rise_pa_per_s} Pa/s at most"))
            }
            (Limit::CoolDown { .. }, _, None) => Some("expected a [cool_down], found none".to_owned()),
            (Limit::CoolDown { vent_below_c }, _, Some(cooling)) if cooling.vent_below_c > *vent_below_c => {
                let is = cooling.vent_below_c;
                Some(format!("vent_below_c is {is}, expected {vent_below_c} at most"))
            }
            _ => None,
        };
        found.extend(problem.map(|problem| exceeds(rule, "recipe", problem)));
    }
    if let Some(test) = recipe.leak_test {
        leak_test(&test, recipe, reactor, found);
    }
    for (_, key, value) in recipe.ramp.unwrap_or_default().entries() {
        if let Some(value) = value.filter(|value| !RAMP_C_PER_MIN.contains(value)) {
            let (low, high) = (RAMP_C_PER_MIN.start(), RAMP_C_PER_MIN.end());
            found.push(hard("ramp", "[ramp]", format!("{key} is {value}, expected {low} to {high} °C/min")));
        }
    }
    if let Some(cooling) = recipe.cool_down {
        cool_down(&cooling, reactor, found);
    }
}

fn leak_test(test: &LeakTest, recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    let mut wrong = |rule: &str, problem: String| found.push(hard(rule, "[leak_test]", problem));
    let duration_s = test.duration.seconds();
    if !LEAK_TEST_MS.contains(&test.duration.0) {
        let [low, high] = [LEAK_TEST_MS.start(), LEAK_TEST_MS.end()].map(|ms| f64::from(*ms) / 1e3);
        wrong("leak test", format!("duration_s is {duration_s}, expected {low} to {high} s"));
    }
    if !test.duration.0.is_multiple_of(reactor.controller.tick.0.max(1)) {
        let tick = reactor.controller.tick.seconds();
        wrong("representable", format!("duration_s is {duration_s}, expected a multiple of the controller's {tick} s"));
    }
    if !RISE_PA_PER_S.contains(&test.max_rise_pa_per_s) {
        let (is, low, high) = (test.max_rise_pa_per_s, RISE_PA_PER_S.start(), RISE_PA_PER_S.end());
        wrong("leak test", format!("max_rise_pa_per_s is {is}, expected {low:e} to {high} Pa/s"));
        return;
    }
    let base_pa = recipe.base_pressure_pa.unwrap_or(0.0);
    let highest_pa = base_pa + test.max_rise_pa_per_s * duration_s;
    let trip_pa = reactor.pressure_trip_upa().map_or(0.0, |upa| upa as f64 / 1e6);
    let reads = |gauge: &crate::reactor::Gauge| gauge.min_pa <= base_pa && highest_pa <= gauge.max_pa;
    if recipe.base_pressure_pa.is_some() && !reactor.gauges.iter().any(reads) {
        let problem =
            format!("no gauge reads from base_pressure_pa, {base_pa} Pa, to the {highest_pa} Pa that it allows");
        wrong("gauge", problem);
    } else if highest_pa > trip_pa {
        wrong("pressure", format!("it allows {highest_pa} Pa, above the trip pressure of {trip_pa} Pa"));
    }
}

fn cool_down(cooling: &CoolDown, reactor: &Reactor, found: &mut Vec<Violation>) {
    let mut wrong = |problem: String| found.push(hard("cool-down", "[cool_down]", problem));
    if !(1..=LONGEST_COOLING_MS).contains(&cooling.longest.0) {
        let longest = cooling.longest.seconds();
        wrong(format!("max_s is {longest}, expected 0.001 to {} s", LONGEST_COOLING_MS / 1000));
    }
    let tolerance_c = reactor.tolerance.temperature_c;
    for heater in reactor.heaters.iter().filter(|heater| heater.heats.is_chamber()) {
        let reached_c = heater.standby_c + tolerance_c;
        if cooling.vent_below_c < reached_c {
            wrong(format!(
                "vent_below_c is {}, but heater `{}` stays at its standby, {} ± {tolerance_c}: expected {reached_c} or more",
                cooling.vent_below_c, heater.name, heater.standby_c
            ));
        }
    }
}

/// What ramps leave of the time for the preparation and for the cool-down.
pub(super) fn times(recipe: &Recipe, reactor: &Reactor, program: &Program, found: &mut Vec<Violation>) {
    let test_ms = program.conditions.leak.map_or(0, |leak| u64::from(leak.duration_ms));
    let ready_ms = u64::from(reactor.tolerance.ready.0);
    let mut longest_ramp: Option<(f64, &str)> = None;
    for (heater, set_mc) in reactor.heaters.iter().zip(&program.setpoints_mc) {
        let Some(ramp) = ramp(recipe, heater) else { continue };
        let set_c = f64::from(*set_mc) / 1e3;
        let seconds = (set_c - heater.standby_c).abs() / ramp * 60.0;
        if longest_ramp.is_none_or(|(longest, _)| seconds > longest) {
            longest_ramp = Some((seconds, &heater.name));
        }
        let Some(cooling) = recipe.cool_down.filter(|_| heater.heats.is_chamber()) else { continue };
        let needed_s = (set_c - cooling.vent_below_c).max(0.0) / ramp * 60.0;
        if needed_s > cooling.longest.seconds() {
            let (name, longest) = (&heater.name, cooling.longest.seconds());
            let problem = format!("heater `{name}` needs {needed_s:.0} s at {ramp} °C/min, max_s is {longest}");
            found.push(hard("cool-down", "[cool_down]", problem));
        }
    }
    let (ramp_s, by) = longest_ramp.unwrap_or((0.0, ""));
    let needed_s = ramp_s + f64::from(program.settle_ms) / 1e3 + test_ms as f64 / 1e3;
    if (test_ms > 0 || ramp_s > 0.0) && needed_s >= ready_ms as f64 / 1e3 {
        let ramp = if by.is_empty() { String::new() } else { format!("{ramp_s:.0} s for the ramp of heater `{by}`, ") };
        let problem = format!(
            "the preparation needs {needed_s:.0} s: {ramp}{} s to settle and {} s for the leak test; expected less than \
             ready_s of the reactor, {}",
            f64::from(program.settle_ms) / 1e3,
            test_ms as f64 / 1e3,
            ready_ms as f64 / 1e3
        );
        found.push(hard("ready time", "recipe", problem));
    }
}
