//! Kinds of dangers, each beside a harmless recipe that differs only a little: the one is refused, the other is not.
//!
//! A cycle is written in short: `LiHMDS 20` is a dose, `pump 60`, `wait 5`, `purge Ar 50 8` (gas, flow, duration) and
//! `plasma O2 50 200 5` (gas, flow, power, duration); `shut` closes the valve to the pump, `@1` delays a step, and
//! `[… | …]` is a parallel step.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use aldb_recipe::{Reactor, Recipe, check};
use proptest::prelude::*;

const VACUUM: &str = r#"
name = "borate"
process = "LBO"
deposition_temperature_c = 300
wall_temperature_c = 120
base_pressure_pa = 5e-4
settle_s = 600
cycles = 10
[[precursor]]
name = "LiHMDS"
source_temperature_c = 90
line_temperature_c = 115
carrier_gas = "Ar"
carrier_flow_sccm = 20
dose_pressure_pa = 1.2
[[precursor]]
name = "H2O"
unheated = "volatile enough at room temperature"
dose_pressure_pa = 0.5
[[precursor]]
name = "TMB"
unheated = "volatile enough at room temperature"
dose_pressure_pa = 0.6
[[precursor]]
name = "TMP"
source_temperature_c = 48
line_temperature_c = 80
dose_pressure_pa = 0.8
"#;

const PLASMA: &str = r#"
name = "alumina"
process = "AlPO"
deposition_temperature_c = 150
wall_temperature_c = 142
base_pressure_pa = 1
settle_s = 120
cycles = 10
[[precursor]]
name = "TMA"
unheated = "volatile"
carrier_gas = "Ar"
carrier_flow_sccm = 40
dose_pressure_pa = 20
[[precursor]]
name = "H2O"
unheated = "volatile"
carrier_gas = "Ar"
carrier_flow_sccm = 40
dose_pressure_pa = 21
[[precursor]]
name = "TMP"
source_temperature_c = 70
line_temperature_c = 100
carrier_gas = "Ar"
carrier_flow_sccm = 40
dose_pressure_pa = 22
"#;

const LBO: &str = "LiHMDS 20, pump 60, H2O 5, pump 60, TMB 20, pump 60";
const ALUMINA: &str = "TMA 0.05, purge Ar 100 8, H2O 0.1, purge Ar 100 8";
const TOGETHER: &str = "TMA 0.05, purge Ar 100 8, [H2O 0.1 | TMP 0.2 @0.05], purge Ar 100 8";

/// A step in TOML.
fn step(short: &str) -> String {
    let short = short.trim();
    if let Some(inner) = short.strip_prefix('[') {
        let steps: Vec<String> = inner.trim_end_matches(']').split('|').map(step).collect();
        return format!("{{ step = \"parallel\", steps = [{}] }}", steps.join(", "));
    }
    let (mut words, mut text) = (Vec::new(), String::new());
    for word in short.split(' ') {
        match (word, word.strip_prefix('@')) {
            ("shut", _) => text += ", pump_valve = \"closed\"",
            (_, Some(start)) => write!(text, ", start_s = {start}").unwrap(),
            _ => words.push(word),
        }
    }
    let own = match words.as_slice() {
        [kind @ ("pump" | "wait"), duration] => format!("step = \"{kind}\", duration_s = {duration}"),
        ["purge", gas, flow, duration] => {
            format!("step = \"purge\", gas = \"{gas}\", flow_sccm = {flow}, duration_s = {duration}")
        }
        ["plasma", gas, flow, power, duration] => {
            format!(
                "step = \"plasma\", gas = \"{gas}\", flow_sccm = {flow}, power_w = {power}, duration_s = {duration}"
            )
        }
        [precursor, duration] => format!("step = \"dose\", precursor = \"{precursor}\", duration_s = {duration}"),
        other => panic!("{other:?}"),
    };
    format!("{{ {own}{text} }}")
}

fn recipe(head: &str, steps: &str) -> String {
    // A comma separates steps; a parallel step contains none.
    let steps: Vec<String> = steps.split(", ").map(step).collect();
    format!("{head}[[cycle]]\nname = \"A\"\nstep = [{}]\n", steps.join(", "))
}

/// A text for another, once; in the recipe if it occurs there, else in the reactor.
type Edits = &'static [(&'static str, &'static str)];

/// What it is, its steps, edits, and the rules that must be exceeded: none if it is harmless.
type Case = (&'static str, &'static str, Edits, &'static [&'static str]);

const ON_VACUUM: &[Case] = &[
    // The time for which a valve is open.
    ("a plain recipe", LBO, &[], &[]),
    ("one dose too long", "LiHMDS 121, pump 60", &[], &["dose length"]),
    ("one dose as long as allowed", "LiHMDS 120, pump 60", &[], &[]),
    ("adjacent doses too long", "LiHMDS 120, LiHMDS 120, pump 60", &[], &["dose length"]),
    ("adjacent doses", "LiHMDS 60, LiHMDS 60, pump 60", &[], &[]),
    ("staggered doses too long", "[LiHMDS 120 | LiHMDS 120 @119], pump 60", &[], &["dose length"]),
    ("staggered doses", "[LiHMDS 60 | LiHMDS 60 @59], pump 60", &[], &[]),
    (
        "repeated with too little pumping",
        "LiHMDS 100, pump 1, LiHMDS 100, pump 60",
        &[],
        &["dose length", "pumping after every dose"],
    ),
    ("repeated with enough pumping", "LiHMDS 100, pump 30, LiHMDS 100, pump 60", &[], &[]),
    ("too long only over rounds", "LiHMDS 20, pump 5", &[], &["dose length", "pumping after every dose"]),
    ("rounds with pumping", "LiHMDS 20, pump 30", &[], &[]),
    (
        "too long with waits between",
        "LiHMDS 50, wait 60 shut, LiHMDS 50, wait 60 shut, LiHMDS 50, pump 60",
        &[],
        &["dose length", "pumping after every dose"],
    ),
    ("a soft limit in two doses", "H2O 15, H2O 15, pump 60", &[], &["water dose length"]),
    (
        "doses that add up with others between",
        "LiHMDS 70, pump 60, H2O 15, pump 20, TMB 70, pump 20, H2O 15, pump 60",
        &[],
        &["pumping after every dose", "pumping after water", "water dose length"],
    ),
    ("five doses without a break", "TMP 30, TMP 30, TMP 30, TMP 30, TMP 30, pump 60", &[], &["dose length"]),
    // Pumping after a dose, whatever follows.
    (
        "water again after too little pumping",
        "H2O 5, pump 1, H2O 5, pump 60",
        &[],
        &["pumping after every dose", "pumping after water"],
    ),
    ("water in two steps", "H2O 5, H2O 5, pump 60", &[], &[]),
    (
        "water again without pumping",
        "H2O 5, wait 90 shut, H2O 5, pump 60",
        &[],
        &["pumping after every dose", "pumping after water"],
    ),
    ("an exposure to water", "H2O 5 shut, wait 30 shut, pump 60", &[], &[]),
    ("pumping in parts", "LiHMDS 20, pump 10, pump 10, pump 10, H2O 5, pump 60", &[], &[]),
    (
        "parts that do not suffice",
        "LiHMDS 20, pump 10, wait 10 shut, pump 10, H2O 5, pump 60",
        &[],
        &["LiHMDS and water apart", "pumping after every dose"],
    ),
    ("purging with argon", "LiHMDS 20, purge Ar 50 30, H2O 5, pump 60", &[], &[]),
    // Flows.
    ("a flow without its gas", LBO, &[("carrier_gas = \"Ar\"\n", ""), ("= 20\ndose", "= 5000\ndose")], &["flow"]),
    ("a possible flow without its gas", LBO, &[("carrier_gas = \"Ar\"\n", "")], &[]),
    ("a carrier gas on a line without one", LBO, &[("unheated", "carrier_flow_sccm = 10\nunheated")], &["flow"]),
    ("no flow", LBO, &[("carrier_flow_sccm = 20", "carrier_flow_sccm = 0")], &["flow"]),
    // The valve to the pump, and pressure.
    (
        "a purge for hours with the valve to the pump closed",
        "LiHMDS 20, pump 60, purge Ar 100 36000 shut, pump 60",
        &[],
        &["dose pressure", "pump valve"],
    ),
    ("a short one", "LiHMDS 20, pump 60, purge Ar 1 0.1 shut, pump 60", &[], &["pump valve"]),
    ("the same with the valve open", "LiHMDS 20, pump 60, purge Ar 100 3600, pump 60", &[], &[]),
    (
        "a flow in parallel to a wait with the valve closed",
        "LiHMDS 20, pump 60, [wait 5 shut | purge Ar 50 5], pump 60",
        &[],
        &["dose pressure", "pump valve"],
    ),
    ("a carrier gas that is not pumped away", "LiHMDS 60 shut, pump 60", &[], &["dose pressure"]),
    ("a short dose that is not pumped away", "LiHMDS 2 shut, wait 10 shut, pump 60", &[], &[]),
    (
        "the same on a reactor of unknown volume",
        "LiHMDS 2 shut, wait 10 shut, pump 60",
        &[("[chamber]\nvolume_l = 30.0\npumping_speed_l_per_s = 60.0\n", "")],
        &["pump valve"],
    ),
    ("a reactor of unknown volume", LBO, &[("[chamber]\nvolume_l = 30.0\npumping_speed_l_per_s = 60.0\n", "")], &[]),
    (
        "a pump that is too small",
        LBO,
        &[("pumping_speed_l_per_s = 60.0", "pumping_speed_l_per_s = 1.0")],
        &["dose pressure"],
    ),
    (
        "doses that add up with the valve closed over rounds",
        "TMB 1 shut, wait 1 shut",
        &[("cycles = 10", "cycles = 20")],
        &["dose pressure", "pumping after every dose"],
    ),
    // Temperatures.
    ("no reason", LBO, &[("volatile enough at room temperature", ".")], &["temperature order"]),
    ("a placeholder", LBO, &[("volatile enough at room temperature", "none")], &["temperature order"]),
    (
        "a solid that is not heated",
        LBO,
        &[("source_temperature_c = 90\n", "unheated = \"volatile enough at room temperature\"\n")],
        &["temperature order"],
    ),
    (
        "the same where the reactor allows it",
        LBO,
        &[
            ("source_temperature_c = 90\n", "unheated = \"volatile enough at room temperature\"\n"),
            ("precursors = [\"LiHMDS\"]", "precursors = [\"LiHMDS\"]\nunheated = [\"LiHMDS\"]"),
        ],
        &[],
    ),
    ("a line cooler than the room", LBO, &[("unheated", "line_temperature_c = 15\nunheated")], &["temperature order"]),
    ("a line as warm as the room", LBO, &[("unheated", "line_temperature_c = 20\nunheated")], &[]),
    ("a warm line", LBO, &[("unheated", "line_temperature_c = 55\nunheated")], &[]),
    (
        "a line at the boiling point within tolerance",
        LBO,
        &[("unheated", "line_temperature_c = 56\nunheated")],
        &["water boiling"],
    ),
    (
        "walls colder than the lines",
        LBO,
        &[("wall_temperature_c = 120", "wall_temperature_c = 119")],
        &["temperature order"],
    ),
    // Time and numbers.
    ("settled later than ready", LBO, &[("settle_s = 600", "settle_s = 14400")], &["ready time"]),
    ("settled in time", LBO, &[("settle_s = 600", "settle_s = 7200")], &[]),
    ("a thousand million cycles", LBO, &[("cycles = 10\n", "cycles = 1000000000\n")], &["controller", "run length"]),
    (
        "a duration between two ticks",
        "LiHMDS 20.05, pump 60",
        &[("tick_s = 0.001", "tick_s = 0.1")],
        &["representable"],
    ),
    ("a duration of whole ticks", "LiHMDS 20.1, pump 60", &[("tick_s = 0.001", "tick_s = 0.1")], &[]),
    (
        "a base pressure that no gauge reads",
        LBO,
        &[("base_pressure_pa = 5e-4", "base_pressure_pa = 5e-5"), ("min_pa = 1e-6", "min_pa = 1e-4")],
        &["gauge"],
    ),
    (
        "no base pressure at all",
        LBO,
        &[("base_pressure_pa = 5e-4", "base_pressure_pa = 0")],
        &["base pressure", "gauge"],
    ),
    (
        "a substrate cooler than a source",
        LBO,
        &[("_temperature_c = 300", "_temperature_c = 94")],
        &["temperature order"],
    ),
    ("a cool substrate", LBO, &[("_temperature_c = 300", "_temperature_c = 95")], &[]),
    (
        "a source that is to be cooled",
        LBO,
        &[("source_temperature_c = 48\nline_temperature_c = 80", "source_temperature_c = 0\nline_temperature_c = 10")],
        &["temperature order"],
    ),
    ("a low base pressure", LBO, &[("base_pressure_pa = 5e-4", "base_pressure_pa = 5e-6")], &[]),
    ("a dose that no gauge reads", LBO, &[("min_pa = 1e-6", "min_pa = 1e-4"), ("= 0.5\n", "= 5e-5\n")], &["gauge"]),
    // Lines.
    (
        "two precursors on one line",
        "TMB 20, pump 60, H2O 5, pump 60",
        &[
            ("precursors = [\"LiHMDS\"]", "precursors = [\"LiHMDS\", \"TMB\"]"),
            ("[\"TMB\"]\nline", "[\"spare\"]\nline"),
        ],
        &["TMB boiling", "line", "temperature order"],
    ),
    (
        "one of them",
        "LiHMDS 20, pump 60, H2O 5, pump 60",
        &[
            ("precursors = [\"LiHMDS\"]", "precursors = [\"LiHMDS\", \"spare\"]"),
            (
                "name = \"TMB\"\nunheated = \"volatile enough at room temperature\"\ndose_pressure_pa = 0.6\n[[precursor]]\n",
                "",
            ),
        ],
        &[],
    ),
];

const ON_PLASMA: &[Case] = &[
    ("a plain recipe", ALUMINA, &[], &[]),
    ("compatible precursors at once", TOGETHER, &[], &[]),
    // Gases.
    (
        "a purge with oxygen after TMA",
        "TMA 0.05, purge O2 100 8, H2O 0.1, purge Ar 100 8",
        &[],
        &["TMA and oxygen apart", "TMA and water apart", "purge after every dose"],
    ),
    (
        "oxygen after a purge",
        "TMA 0.05, purge Ar 100 8, purge O2 50 5, purge Ar 100 8, H2O 0.1, purge Ar 100 8",
        &[],
        &[],
    ),
    (
        "oxygen before TMA",
        "H2O 0.1, purge Ar 100 8, purge O2 50 5, TMA 0.05, purge Ar 100 8",
        &[],
        &["TMA and oxygen apart", "purge after every dose"],
    ),
    (
        "oxygen with TMA",
        "[TMA 0.05 | purge O2 50 5], purge Ar 100 8",
        &[],
        &["TMA and oxygen apart", "purge after every dose"],
    ),
    ("oxygen with water", "TMA 0.05, purge Ar 100 8, [H2O 0.1 | purge O2 50 5], purge Ar 100 8", &[], &[]),
    (
        "oxygen is no purge",
        "H2O 0.1, purge O2 100 8, purge Ar 100 1, TMA 0.05, purge Ar 100 8",
        &[],
        &["TMA and oxygen apart", "TMA and water apart", "purge after every dose"],
    ),
    (
        "an oxygen plasma with TMA",
        "[TMA 0.05 | plasma O2 50 200 5], purge Ar 100 8",
        &[],
        &["TMA and oxygen apart", "plasma without vapour", "purge after every dose"],
    ),
    (
        "an argon plasma with TMA",
        "[TMA 0.05 | plasma Ar 40 200 5], purge Ar 100 8",
        &[],
        &["plasma without vapour", "purge after every dose"],
    ),
    (
        "a plasma as the only purge",
        "TMA 0.05, plasma O2 50 200 8, H2O 0.1, purge Ar 100 8",
        &[],
        &["TMA and oxygen apart", "TMA and water apart", "plasma without vapour", "purge after every dose"],
    ),
    ("a plasma between purges", "TMA 0.05, purge Ar 100 8, plasma O2 50 200 8, purge Ar 100 5", &[], &[]),
    (
        "a gas without a rule",
        "TMA 0.05, purge O2 100 8, purge Ar 100 8",
        &[(TMA_RULE, "")],
        &["purge after every dose", "unknown pair"],
    ),
    ("the same after a purge", "TMA 0.05, purge Ar 100 8, purge O2 100 8, purge Ar 100 8", &[(TMA_RULE, "")], &[]),
    // The valve to the pump.
    (
        "a plasma with the valve to the pump closed",
        "TMA 0.05, purge Ar 100 8, plasma O2 50 200 5 shut, purge Ar 100 8",
        &[],
        &["pump valve"],
    ),
    (
        "a plasma with a wait with the valve closed",
        "TMA 0.05, purge Ar 100 8, [plasma O2 50 200 5 | wait 5 shut], purge Ar 100 8",
        &[],
        &["pump valve"],
    ),
    ("a soak in TMA", "TMA 0.05 shut, wait 5 shut, purge Ar 100 8, H2O 0.1, purge Ar 100 8", &[], &[]),
    // Doses at once.
    (
        "pressures that add up",
        TOGETHER,
        &[("dose_pressure_pa = 21", "dose_pressure_pa = 300"), ("dose_pressure_pa = 22", "dose_pressure_pa = 300")],
        &["dose pressure"],
    ),
    ("one high pressure", TOGETHER, &[("dose_pressure_pa = 21", "dose_pressure_pa = 300")], &[]),
    (
        "flows that add up",
        TOGETHER,
        &[
            ("carrier_flow_sccm = 40\ndose_pressure_pa = 21", "carrier_flow_sccm = 150\ndose_pressure_pa = 21"),
            ("carrier_flow_sccm = 40\ndose_pressure_pa = 22", "carrier_flow_sccm = 150\ndose_pressure_pa = 22"),
        ],
        &["flow"],
    ),
    // Shared heaters, and tolerance.
    (
        "a manifold too hot for another line",
        ALUMINA,
        &[("line_temperature_c = 100", "line_temperature_c = 137")],
        &["TMA decomposition"],
    ),
    ("a hot manifold", ALUMINA, &[("line_temperature_c = 100", "line_temperature_c = 136")], &[]),
    (
        "a manifold too hot for a line that the recipe does not use",
        "H2O 0.1, purge Ar 100 8, TMP 0.2, purge Ar 100 8",
        &[(TMA_LINES, ""), ("line_temperature_c = 100", "line_temperature_c = 137")],
        &["TMA decomposition"],
    ),
    (
        "a line that the recipe does not use",
        "H2O 0.1, purge Ar 100 8, TMP 0.2, purge Ar 100 8",
        &[(TMA_LINES, "")],
        &[],
    ),
    (
        "a substrate too hot within tolerance",
        ALUMINA,
        &[("_temperature_c = 150", "_temperature_c = 347")],
        &["TMA decomposition"],
    ),
    ("a hot substrate", ALUMINA, &[("_temperature_c = 150", "_temperature_c = 346")], &[]),
    (
        "a jacket that heats an unheated source",
        ALUMINA,
        &[("precursors = [\"H2O\"]", "precursors = [\"H2O\"]\nunheated = [\"H2O\"]\nsource_heater = \"jacket\"")],
        &["temperature order"],
    ),
    ("a thousand million cycles", ALUMINA, &[("cycles = 10\n", "cycles = 1000000000\n")], &["controller"]),
    ("a million cycles of a day and more", "H2O 0.1, purge Ar 100 4", &[("cycles = 10\n", "cycles = 1000000\n")], &[]),
];

const TMA_RULE: &str = "[[rule]]\nname = \"TMA and oxygen apart\"\nseverity = \"hard\"\nwhy = \"TMA ignites in oxygen\"\n\
                        limit = { kind = \"apart\", first = [\"TMA\"], second = [\"O2\"], min_s = 2 }\n";
const TMA_LINES: &str = "[[precursor]]\nname = \"TMA\"\nunheated = \"volatile\"\ncarrier_gas = \"Ar\"\n\
                         carrier_flow_sccm = 40\ndose_pressure_pa = 20\n";

fn shipped(name: &str) -> String {
    let (_, text) = Reactor::shipped().into_iter().find(|(shipped, _)| *shipped == name).unwrap();
    text.to_owned()
}

fn judged(head: &str, reactor: &str, (what, steps, edits, expected): &Case) -> Option<String> {
    let (mut recipe, mut reactor) = (recipe(head, steps), reactor.to_owned());
    for (from, to) in *edits {
        let text = if recipe.contains(from) { &mut recipe } else { &mut reactor };
        assert!(text.contains(from), "{what}: no `{from}`");
        *text = text.replacen(from, to, 1);
    }
    let recipe = Recipe::from_toml(&recipe).unwrap_or_else(|error| panic!("{what}: {error}\n{recipe}"));
    let reactor = Reactor::from_toml(&reactor).unwrap_or_else(|error| panic!("{what}: {error}"));
    let report = check(&recipe, &reactor);
    let mut found: Vec<&str> = report.violations.iter().map(|violation| violation.rule.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    let same = found == *expected && report.released().is_some() == expected.is_empty();
    (!same).then(|| format!("{what}: expected {expected:?}, found {:#?}", report.violations))
}

#[test]
fn every_kind_of_danger_is_refused_and_its_harmless_neighbour_is_not() {
    let (vacuum, plasma) = (shipped("high_vacuum"), shipped("cross_flow_plasma"));
    let mut wrong: Vec<String> = ON_VACUUM.iter().filter_map(|case| judged(VACUUM, &vacuum, case)).collect();
    wrong.extend(ON_PLASMA.iter().filter_map(|case| judged(PLASMA, &plasma, case)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_description_without_the_keys_of_gases_and_chamber_is_as_strict() {
    let mut old = shipped("cross_flow_plasma");
    let start = old.find("[[rule]]\nname = \"TMA and oxygen apart\"").unwrap();
    let end = old.find("[[rule]]\nname = \"purge after every dose\"").unwrap();
    old.replace_range(start..end, "");
    for key in ["inert = true\n", "inert = false\n", "[chamber]\nvolume_l = 2.0\npumping_speed_l_per_s = 10.0\n"] {
        old = old.replacen(key, "", 1);
    }
    let wrong: Vec<String> = [
        ("a plain recipe", TOGETHER, &[][..], &[][..]),
        (
            "oxygen with TMA",
            "[TMA 0.05 | purge O2 50 5], purge Ar 100 8",
            &[],
            &["purge after every dose", "unknown pair"],
        ),
        ("a plasma between purges", "TMA 0.05, purge Ar 100 8, plasma O2 50 200 8, purge Ar 100 5", &[], &[]),
        (
            "a plasma as the only purge",
            "TMA 0.05, plasma O2 50 200 8, H2O 0.1, purge Ar 100 8",
            &[],
            &["TMA and water apart", "purge after every dose", "unknown pair"],
        ),
    ]
    .iter()
    .filter_map(|case| judged(PLASMA, &old, case))
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_meaningless_reason_does_not_accept_a_soft_limit() {
    let reactor = Reactor::from_toml(&shipped("high_vacuum")).unwrap();
    for (reason, accepted) in [("saturation on powder", true), (".", false), ("none", false), ("xxxxxx", false)] {
        let entry = format!("[[accept]]\nrule = \"water dose length\"\nreason = \"{reason}\"\n");
        let text = recipe(VACUUM, "H2O 15, H2O 15, pump 60") + &entry;
        assert_eq!(check(&Recipe::from_toml(&text).unwrap(), &reactor).released().is_some(), accepted, "{reason}");
    }
}

#[test]
fn a_recipe_needs_the_approval_of_different_people_and_any_change_voids_it() {
    let needs = |people: u16| {
        let text =
            shipped("high_vacuum").replacen("[safe_state]", &format!("[approval]\npeople = {people}\n[safe_state]"), 1);
        Reactor::from_toml(&text).unwrap()
    };
    let unsigned = recipe(VACUUM, LBO);
    let digest = Recipe::from_toml(&unsigned).unwrap().approval_digest().to_owned();
    let signed = |text: &str, names: &[&str]| {
        let entry = |name: &&str| {
            format!("[[approval]]\nname = \"{name}\"\ntime = \"2026-11-30T12:00:00\"\ndigest = \"{digest}\"\n")
        };
        Recipe::from_toml(&format!("{text}{}", names.iter().map(entry).collect::<String>())).unwrap()
    };
    let passes = |recipe: &Recipe, people| check(recipe, &needs(people)).released().is_some();
    let (one, two) = (signed(&unsigned, &["Ada"]), signed(&unsigned, &["Ada", "Lise"]));
    assert!(passes(&one, 1) && passes(&two, 2) && passes(&two, 1));
    assert!(!passes(&signed(&unsigned, &[]), 1) && !passes(&one, 2));
    // The same person twice is one person.
    assert!(!passes(&signed(&unsigned, &["Ada", " ada"]), 2));
    // Layout is no change; anything else is, a name or a note too.
    assert!(passes(&signed(&unsigned.replace("cycles = 10", "# ten\ncycles   =  10"), &["Ada"]), 1));
    for (from, to) in
        [("cycles = 10", "cycles = 11"), ("\"borate\"", "\"Borate\""), ("cycles = 10", "cycles = 10\nnote = \"x\"")]
    {
        let changed = signed(&unsigned.replacen(from, to, 1), &["Ada"]);
        assert!(!passes(&changed, 1), "{to}");
        let notes = check(&changed, &needs(1)).notes;
        assert_eq!(notes, ["the approval by Ada is void: the recipe was changed since 2026-11-30T12:00:00"]);
    }
    assert_eq!(one.recipe_id(), signed(&unsigned, &[]).recipe_id(), "an approval is not content");
}

#[test]
fn a_table_of_the_largest_size_is_checked_in_seconds() {
    let text = shipped("high_vacuum").replacen("step_slots = 64", "step_slots = 3000", 1);
    let reactor = Reactor::from_toml(&text).unwrap();
    let steps = vec![LBO; 399].join(", ");
    let began = std::time::Instant::now();
    let report = check(&Recipe::from_toml(&recipe(VACUUM, &steps)).unwrap(), &reactor);
    assert_eq!(report.violations, []);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

/// A sequence in any nesting, with any numbers of repeats.
fn sequence() -> impl Strategy<Value = String> {
    let leaf = any::<u32>().prop_map(|n| format!("{{ cycle = \"A\", repeat = {} }}", n.max(1)));
    leaf.prop_recursive(6, 24, 4, |inner| {
        (prop::collection::vec(inner, 1..4), any::<u32>())
            .prop_map(|(parts, n)| format!("{{ repeat = {}, sequence = [{}] }}", n.max(1), parts.join(", ")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Nothing is unrolled: any number of cycles is checked at once, and one that no controller can count is refused.
    #[test]
    fn any_number_of_cycles_is_checked_in_bounded_time(parts in sequence(), cycles in 1..=u32::MAX, doses in 1..20_u32) {
        let reactor = Reactor::from_toml(&shipped("high_vacuum")).unwrap();
        let steps = vec!["TMB 0.05, wait 0.001"; doses as usize].join(", ");
        let text = recipe(VACUUM, &steps)
            .replace("cycles = 10\n", &format!("cycles = {cycles}\nsequence = [{parts}]\n"));
        let began = std::time::Instant::now();
        let recipe = Recipe::from_toml(&text).unwrap();
        let report = check(&recipe, &reactor);
        let estimate = aldb_recipe::estimate(&recipe);
        prop_assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
        prop_assert!(report.released().is_none());
        prop_assert!(estimate.duration_s.is_some_and(|seconds| seconds > 0.0));
    }
}
