//! Faults of reactor descriptions: each is found in its line, all at once, and a description that differs only a little has
//! none.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use aldb_recipe::{FileFault, Program, Reactor, ReactorError, Recipe, check, register_map};

/// Reactor (`v` for high_vacuum, `p` for cross_flow_plasma), text, its replacement, and what is said; nothing if the
/// description is right.
type Case = (char, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    // Numbers that a controller cannot count, or that are no limit.
    (
        'v',
        "temperature_c = 5.0",
        "temperature_c = 5.0001",
        "`temperature_c` is 5.0001, expected 0.1 to 20, with three decimals at most",
    ),
    (
        'v',
        "temperature_c = 5.0",
        "temperature_c = nan",
        "`temperature_c` is nan, expected 0.1 to 20, with three decimals at most",
    ),
    ('v', "temperature_c = 5.0", "temperature_c = inf", "`temperature_c` is inf"),
    ('v', "temperature_c = 5.0", "temperature_c = -5", "`temperature_c` is -5"),
    ('v', "temperature_c = 5.0", "temperature_c = 0", "`temperature_c` is 0"),
    ('v', "temperature_c = 5.0", "temperature_c = 500", "`temperature_c` is 500"),
    ('v', "temperature_c = 5.0", "temperature_c = 4.999", ""),
    (
        'v',
        "dose_pressure_factor = 2.0",
        "dose_pressure_factor = nan",
        "`dose_pressure_factor` is nan, expected 1 to 100",
    ),
    ('v', "dose_pressure_factor = 2.0", "dose_pressure_factor = inf", "`dose_pressure_factor` is inf"),
    ('v', "dose_pressure_factor = 2.0", "dose_pressure_factor = 0.5", "`dose_pressure_factor` is 0.5"),
    ('v', "dose_pressure_factor = 2.0", "dose_pressure_factor = 3", ""),
    ('v', "duration_s = 0.1", "duration_s = 3600", "`duration_s` is 3600, expected 0.001 to 10 s"),
    ('v', "duration_s = 0.1", "duration_s = nan", "`duration_s` is nan"),
    ('v', "ready_s = 14400.0", "ready_s = 0", "`ready_s` is 0, expected 1 to 604800 s"),
    ('v', "ready_s = 14400.0", "ready_s = 1e9", "`ready_s` is 1e9"),
    ('v', "max_flow_sccm = 100.0", "max_flow_sccm = inf", "`max_flow_sccm` is inf, expected 0.001 to 100000"),
    ('v', "max_flow_sccm = 100.0", "max_flow_sccm = nan", "`max_flow_sccm` is nan"),
    ('v', "max_flow_sccm = 100.0", "max_flow_sccm = -100", "`max_flow_sccm` is -100"),
    ('v', "max_flow_sccm = 100.0", "max_flow_sccm = 1e12", "`max_flow_sccm` is 1e12"),
    ('v', "max_flow_sccm = 100.0", "max_flow_sccm = 50", ""),
    ('v', "max_c = 300.0", "max_c = inf", "`max_c` is inf, expected 0 to 2000"),
    ('v', "max_c = 300.0", "max_c = nan", "`max_c` is nan"),
    ('v', "max_c = 300.0", "max_c = 300.0005", "`max_c` is 300.0005"),
    ('v', "max_c = 300.0", "max_c = 3000000", "`max_c` is 3000000"),
    (
        'v',
        "max_c = 300.0\nstandby_c = 25.0",
        "max_c = 20\nstandby_c = 25.0",
        "`standby_c` is 25.0, expected -200 to 20",
    ),
    ('v', "max_c = 300.0\nstandby_c = 25.0", "max_c = 300.0\nstandby_c = nan", "`standby_c` is nan"),
    ('v', "max_c = 300.0", "max_c = 350", ""),
    ('v', "tick_s = 0.001", "tick_s = 0.2", "`duration_s` is 0.1, expected `tick_s` of the controller, 0.2, or more"),
    (
        'v',
        "standby_c = 25.0",
        "standby_c = 25.0\nmax_ramp_c_per_min = 0",
        "`max_ramp_c_per_min` is 0, expected 0.1 to 600",
    ),
    ('v', "standby_c = 25.0", "standby_c = 25.0\nmax_ramp_c_per_min = nan", "`max_ramp_c_per_min` is nan"),
    ('v', "standby_c = 25.0", "standby_c = 25.0\nmax_ramp_c_per_min = 1.2345", "`max_ramp_c_per_min` is 1.2345"),
    ('v', "standby_c = 25.0", "standby_c = 25.0\nmax_ramp_c_per_min = 10", ""),
    // Leak test and cool-down.
    (
        'v',
        "kind = \"run_time\", max_s = 1209600",
        "kind = \"leak_test\", min_s = 0.5, max_rise_pa_per_s = 1",
        "`min_s` is 0.5, expected 1 to 86400 s",
    ),
    (
        'v',
        "kind = \"run_time\", max_s = 1209600",
        "kind = \"leak_test\", min_s = 60, max_rise_pa_per_s = inf",
        "`max_rise_pa_per_s` is inf",
    ),
    ('v', "kind = \"run_time\", max_s = 1209600", "kind = \"leak_test\", min_s = 60, max_rise_pa_per_s = 0.01", ""),
    (
        'v',
        "kind = \"run_time\", max_s = 1209600",
        "kind = \"cool_down\", vent_below_c = 29",
        "allows 24 °C, but heater `block` is at 25 at standby",
    ),
    ('v', "kind = \"run_time\", max_s = 1209600", "kind = \"cool_down\", vent_below_c = 30", ""),
    // Gauges.
    ('v', "min_pa = 1e-6", "min_pa = nan", "`min_pa` is nan"),
    ('v', "max_pa = 1000.0", "max_pa = inf", "`max_pa` is inf"),
    (
        'v',
        "min_pa = 1e-6\nmax_pa = 1000.0",
        "min_pa = 1000\nmax_pa = 1e-6",
        "`min_pa` is 1000, expected less than `max_pa`, 0.000001",
    ),
    ('v', "max_pa = 1000.0", "max_pa = 0.1", "allows 10 Pa, but no gauge reads above 0.1 Pa"),
    ('v', "min_pa = 1e-6", "min_pa = 0.01", "`max_pa` is 0.0005, but no gauge reads below 0.01 Pa"),
    ('v', "[[gauge]]\nname = \"chamber\"\nmin_pa = 1e-6\nmax_pa = 1000.0\n", "", "expected a [[gauge]], found none"),
    ('v', "max_pa = 1000.0", "max_pa = 100.0", ""),
    ('v', "max_pa = 1000.0", "max_pa = 1e-7", "`max_pa` is 1e-7, expected 0.000001 to 200000"),
    // The controller.
    ('v', "watchdog_s = 2.0", "watchdog_s = 0", "`watchdog_s` is 0, expected 0.2 to 10 s"),
    ('v', "watchdog_s = 2.0", "watchdog_s = 0.1", "`watchdog_s` is 0.1"),
    ('v', "watchdog_s = 2.0", "watchdog_s = 3600", "`watchdog_s` is 3600"),
    ('v', "watchdog_s = 2.0", "watchdog_s = -1", "`watchdog_s` is -1"),
    ('v', "watchdog_s = 2.0", "watchdog_s = nan", "`watchdog_s` is nan"),
    ('v', "watchdog_s = 2.0", "watchdog_s = 10", ""),
    ('v', "tick_s = 0.001", "tick_s = 0", "`tick_s` is 0, expected 0.001 to 1 s"),
    ('v', "tick_s = 0.001", "tick_s = 0.0005", "`tick_s` is 0.0005"),
    ('v', "tick_s = 0.001", "tick_s = 60", "`tick_s` is 60"),
    ('v', "tick_s = 0.001", "tick_s = 0.3", "`watchdog_s` is 2, expected a multiple of `tick_s`, 0.3"),
    ('v', "tick_s = 0.001", "tick_s = 0.01", ""),
    ('v', "step_slots = 64", "step_slots = 60000", "`step_slots` is 60000, expected a whole number from 1 to 3000"),
    ('v', "step_slots = 64", "step_slots = 70000", "`step_slots` is 70000, expected a whole number from 1 to 3000"),
    ('v', "step_slots = 64", "step_slots = 0", "`step_slots` is 0"),
    ('v', "step_slots = 64", "step_slots = 64.5", "`step_slots` is 64.5"),
    ('v', "loop_slots = 16", "loop_slots = 65535", "`loop_slots` is 65535, expected a whole number from 1 to 300"),
    ('v', "loop_slots = 16", "loop_slots = -1", "`loop_slots` is -1"),
    ('v', "step_slots = 64", "step_slots = 3000", ""),
    // The safe state.
    ('v', "pump_valve = \"open\"", "pump_valve = \"closed\"", "expected `pump_valve = \"open\"`"),
    ('v', "dwell_s = 120.0", "dwell_s = 40.0", "requires 60 s, but safe_state.dwell_s is 40"),
    ('v', "dwell_s = 120.0", "dwell_s = 20000", "`dwell_s` is 20000, expected less than tolerance.ready_s, 14400"),
    ('v', "dwell_s = 120.0", "dwell_s = 60", ""),
    // Names.
    ('v', "valve = \"V2\"", "valve = \"V1\"", "`V1` is also the valve of [[line]] 1"),
    ('v', "valve = \"V2\"", "valve = \"v1\"", "`v1` is also the valve of [[line]] 1"),
    ('v', "valve = \"V2\"", "valve = \"\"", "`valve` is \"\", expected a name"),
    ('v', "valve = \"V2\"", "valve = \"water\"", ""),
    ('v', "name = \"walls\"", "name = \"block\"", "`block` is also the name of [[heater]] 1"),
    ('p', "name = \"oxygen\"", "name = \"argon\"", "`argon` is also the name of [[mfc]] 1"),
    (
        'v',
        "name = \"usual dose pressure\"",
        "name = \"dose pressure\"",
        "`dose pressure` is also the name of [[rule]] 13",
    ),
    ('v', "precursors = [\"TMP\"]", "precursors = [\"TMP\", \"TMB\"]", "`TMB` is also on line `V3`"),
    ('v', "precursors = [\"TMP\"]", "precursors = [\"TMP\", \"TEP\"]", ""),
    ('v', "precursors = [\"TMP\"]", "precursors = [\"TMP\"]\nunheated = [\"TEP\"]", "`unheated` names `TEP`"),
    ('v', "precursors = [\"TMP\"]", "precursors = [\"TMP\"]\nunheated = [\"TMP\"]", ""),
    // Parts.
    ('v', "source_heater = \"source-1\"", "source_heater = \"source-7\"", "no [[heater]] is called `source-7`"),
    (
        'v',
        "source_heater = \"source-1\"",
        "source_heater = \"block\"",
        "`source_heater` is `block`, which heats the substrate",
    ),
    (
        'v',
        "source_heater = \"source-1\"",
        "source_heater = \"line-1\"",
        "`source_heater` is `line-1`, which heats the line",
    ),
    ('v', "line_heater = \"line-2\"", "line_heater = \"walls\"", "`line_heater` is `walls`, which heats the wall"),
    ('v', "line_heater = \"line-2\"\n", "", "it heats a line, but is the `line_heater` of no [[line]]"),
    ('v', "heats = \"substrate\"", "heats = \"wall\"", "expected a heater with `heats = \"substrate\"`, found none"),
    ('v', "carrier_mfc = \"MFC1\"", "carrier_mfc = \"MFC2\"", "no [[mfc]] is called `MFC2`"),
    (
        'v',
        "gas = \"Ar\"",
        "gas = \"O2\"",
        "the carrier gas O2 is not inert, and no rule `compatible` is for LiHMDS and O2",
    ),
    ('v', "gas = \"Ar\"", "gas = \"O2\"\ninert = true", "`inert` is true, but O2 reacts"),
    ('v', "gas = \"Ar\"", "gas = \"N2\"", ""),
    (
        'p',
        "gases = [\"O2\", \"Ar\"]",
        "gases = [\"O2\", \"Ar\", \"H2\"]",
        "`gases` names H2, but no [[mfc]] has this gas",
    ),
    ('p', "max_power_w = 300.0", "max_power_w = inf", "`max_power_w` is inf"),
    ('p', "max_power_w = 300.0", "max_power_w = -1", "`max_power_w` is -1"),
    ('p', "volume_l = 2.0", "volume_l = nan", "`volume_l` is nan"),
    ('p', "pumping_speed_l_per_s = 10.0", "pumping_speed_l_per_s = 0", "`pumping_speed_l_per_s` is 0"),
    ('p', "volume_l = 2.0", "volume_l = 20", ""),
    // Rules.
    ('v', "second = [\"H2O\"]", "second = [\"H20\"]", "no line is for `H20`"),
    ('v', "second = [\"H2O\"]", "second = [\"LiHMDS\"]", "`LiHMDS` is in both groups"),
    ('p', "first = [\"H2O\"], second = [\"TMP\"]", "first = [\"H2O\", \"TMP\"], second = [\"H2O\", \"TMP\"]", ""),
    ('v', "second = [\"H2O\"]", "second = []", "a list of precursors is empty"),
    ('v', "second = [\"H2O\"]", "second = [\"Ar\"]", "`Ar` is an inert gas"),
    ('p', "second = [\"O2\"]", "second = [\"H2 plasma\"]", "no line is for `H2 plasma`"),
    (
        'p',
        "first = [\"H2O\"], second = [\"TMP\"]",
        "first = [\"H2O\"], second = [\"TMP\", \"TMA\"]",
        "it contradicts rule `TMA and water apart` (rule 1): TMA and H2O are apart, and compatible",
    ),
    ('v', "min_s = 0.05, max_s = 120", "min_s = 130, max_s = 120", "`min_s` is 130, expected at most `max_s`, 120"),
    ('v', "min_s = 0.05, max_s = 120", "min_s = 0.05, max_s = 0", "`max_s` is 0"),
    ('v', "min_s = 0.05, max_s = 120", "min_s = 0.05, max_s = nan", "`max_s` is nan"),
    (
        'p',
        "kind = \"dose_time\", min_s = 0.01, max_s = 2 }",
        "kind = \"dose_time\", min_s = 0.01, max_s = 2 }\n[[rule]]\nname = \"long water\"\nseverity = \"hard\"\nwhy = \"slow\"\n\
         limit = { kind = \"dose_time\", precursors = [\"H2O\"], min_s = 3, max_s = 5 }",
        "it contradicts rule `dose length` (rule 13): a dose of 3 s or more and of 2 s at most",
    ),
    (
        'v',
        "kind = \"settle\", min_s = 300",
        "kind = \"settle\", min_s = 20000",
        "requires 20000 s, but tolerance.ready_s is 14400",
    ),
    ('v', "source_max_c = 60.0", "source_max_c = 20", "allows 20 °C, but heater `line-3` is at 25 at standby"),
    ('v', "source_max_c = 60.0", "source_max_c = nan", "`source_max_c` is nan"),
    ('v', "min_rise_c = 5.0", "min_rise_c = -50", "`min_rise_c` is -50"),
    ('v', "kind = \"base_pressure\", max_pa = 5e-4", "kind = \"base_pressure\", max_pa = inf", "`max_pa` is inf"),
    ('v', "kind = \"run_time\", max_s = 1209600", "kind = \"run_time\", max_s = 0", "`max_s` is 0"),
    ('v', "why = \"it boils", "why = \"\" # it boils", "`why` is empty"),
    ('v', "min_s = 60", "min_s = 61", ""),
];

fn shipped(name: char) -> String {
    let name = if name == 'v' { "high_vacuum" } else { "cross_flow_plasma" };
    let (_, text) = Reactor::shipped().into_iter().find(|(shipped, _)| *shipped == name).unwrap();
    text.to_owned()
}

fn faults(text: &str) -> Vec<FileFault> {
    match Reactor::from_toml(text) {
        Ok(_) => Vec::new(),
        Err(ReactorError::Faults(faults)) => faults,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn every_fault_of_a_description_is_found_and_nothing_else() {
    let mut wrong = Vec::new();
    for (name, from, to, expected) in CASES {
        let text = shipped(*name);
        assert!(text.contains(from), "no `{from}`");
        let found = faults(&text.replacen(from, to, 1));
        let says = found.iter().any(|fault| fault.problem.contains(expected) && fault.line.is_some());
        if expected.is_empty() != found.is_empty() || !(expected.is_empty() || says) {
            wrong.push(format!("`{from}` → `{to}`: expected `{expected}`, found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_faults_are_listed_at_once_each_with_its_line() {
    let mut text = shipped('v');
    for (from, to) in [
        ("valve = \"V2\"", "valve = \"V1\""),
        ("max_c = 150.0", "max_c = nan"),
        ("watchdog_s = 2.0", "watchdog_s = -3"),
        ("temperature_c = 5.0", "temperature_c = 5.0001"),
        ("second = [\"H2O\"]", "second = [\"H20\"]"),
    ] {
        text = text.replacen(from, to, 1);
    }
    let line = |of: &str| 1 + text[..text.find(of).unwrap()].matches('\n').count();
    let expected = format!(
        "line {}, [[line]] 2: `V1` is also the valve of [[line]] 1; expected different ones\n\
         line {}, heater `walls`: `max_c` is nan, expected 0 to 2000, with three decimals at most\n\
         line {}, [controller]: `watchdog_s` is -3, expected 0.2 to 10 s, with three decimals at most\n\
         line {}, [tolerance]: `temperature_c` is 5.0001, expected 0.1 to 20, with three decimals at most\n\
         line {}, rule `LiHMDS and water apart`: no line is for `H20`",
        line("valve = \"V1\"\nprecursors = [\"H2O\"]"),
        line("max_c = nan"),
        line("watchdog_s = -3"),
        line("5.0001"),
        line("H20"),
    );
    assert_eq!(Reactor::from_toml(&text).unwrap_err().to_string(), expected);
}

#[test]
fn a_recipe_is_not_released_for_a_description_with_a_fault_that_was_not_read_from_a_file() {
    let (_, recipe) = Recipe::examples().into_iter().find(|(name, _)| *name == "lbo_250").unwrap();
    let recipe = Recipe::from_toml(recipe).unwrap();
    let mut reactor = Reactor::from_toml(&shipped('v')).unwrap();
    assert!(check(&recipe, &reactor).released().is_some());
    reactor.tolerance.temperature_c = f64::NAN;
    assert!(check(&recipe, &reactor).released().is_none());
    reactor.tolerance.temperature_c = 5.0;
    let line = reactor.lines[0].clone();
    reactor.lines.splice(0..0, vec![line; 20]);
    let report = check(&recipe, &reactor);
    assert!(report.released().is_none());
    assert!(report.violations.iter().all(|violation| violation.rule == "reactor"), "{:?}", report.violations);
}

#[test]
fn no_value_that_registers_cannot_hold_reaches_one() {
    let (_, recipe) = Recipe::examples().into_iter().find(|(name, _)| *name == "lbo_250").unwrap();
    let reactor = Reactor::from_toml(&shipped('v')).unwrap();
    let program = Program::compile(&Recipe::from_toml(recipe).unwrap(), &reactor).unwrap();
    register_map::encode(&program, &reactor).unwrap();
    let refused = |register: u16, change: &dyn Fn(&mut Program, &mut Reactor)| {
        let (mut program, mut reactor) = (program.clone(), reactor.clone());
        change(&mut program, &mut reactor);
        assert_eq!(register_map::encode(&program, &reactor).unwrap_err().register, usize::from(register));
    };
    refused(4097, &|_, reactor| reactor.controller.step_slots = 1);
    refused(4097, &|program, reactor| {
        reactor.controller.step_slots = u16::MAX;
        program.slots.resize(4000, program.slots[0]);
    });
    refused(4098, &|program, _| program.loops.resize(17, program.loops[0]));
    refused(4099, &|program, _| program.setpoints_mc.resize(9, 0));
    refused(4100, &|program, _| program.recipe_id.clear());
    for wrong in [f64::NAN, f64::INFINITY, 1e10, 0.0001] {
        refused(4114, &|_, reactor| reactor.tolerance.temperature_c = wrong);
        refused(4178, &|_, reactor| reactor.heaters[1].standby_c = wrong);
        refused(4210, &|_, reactor| reactor.heaters[1].max_c = wrong);
    }
    refused(4114, &|_, reactor| reactor.tolerance.temperature_c = -5.0);
    refused(4208, &|program, _| program.setpoints_mc[0] = i32::MAX);
    for wrong in [f64::NAN, f64::INFINITY, 1e-9, 1e20] {
        refused(4116, &|_, reactor| reactor.watch.pressure_trip_pa = Some(wrong));
    }
}
