//! Recipes that are right but for one planted fault: each is refused, with the right rule and place.

use aldb_recipe::{Reactor, Recipe, Severity, check};

/// Two kinds of cycles, written out so that every fault can be planted.
const MIXED: &str = include_str!("../../../schemas/recipes/lbpo_cr017.toml");
/// With purging, plasma and parallel steps.
const PLASMA: &str = r#"
name = "alumina and phosphate"
process = "AlPO"
deposition_temperature_c = 150
wall_temperature_c = 140
base_pressure_pa = 1
settle_s = 120
cycles = 100

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
dose_pressure_pa = 20

[[precursor]]
name = "TMP"
source_temperature_c = 70
line_temperature_c = 100
carrier_gas = "Ar"
carrier_flow_sccm = 40
dose_pressure_pa = 20

[[cycle]]
name = "A"
step = [
    { step = "dose", precursor = "TMA", duration_s = 0.05 },
    { step = "purge", gas = "Ar", flow_sccm = 100, duration_s = 8 },
    { step = "parallel", steps = [
        { step = "dose", precursor = "H2O", duration_s = 0.1 },
        { step = "dose", precursor = "TMP", duration_s = 0.2, start_s = 0.05 },
    ] },
    { step = "purge", gas = "Ar", flow_sccm = 100, duration_s = 8 },
    { step = "plasma", gas = "O2", flow_sccm = 50, power_w = 200, duration_s = 5 },
    { step = "purge", gas = "Ar", flow_sccm = 100, duration_s = 5 },
]
"#;

fn reactor(name: &str) -> Reactor {
    let (_, text) = Reactor::shipped().into_iter().find(|(shipped, _)| *shipped == name).expect("a reactor that ships");
    Reactor::from_toml(text).expect("a description that reads")
}

/// Takes the `nth` occurrence of a text, from 0, for another.
fn planted(text: &str, nth: usize, from: &str, to: &str) -> String {
    let (at, _) = text.match_indices(from).nth(nth).unwrap_or_else(|| panic!("no `{from}` number {nth}"));
    format!("{}{to}{}", &text[..at], &text[at + from.len()..])
}

/// Reactor, occurrence, text, fault; rule and place of everything that must be found.
type Fault = (usize, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const VACUUM_FAULTS: &[Fault] = &[
    (0, "base_pressure_pa = 5e-4", "base_pressure_pa = 1e-2", &[("base pressure", "recipe")]),
    (0, "base_pressure_pa = 5e-4\n", "", &[("complete", "recipe")]),
    (0, "settle_s = 600", "settle_s = 60", &[("safe state", "recipe"), ("temperatures settled", "recipe")]),
    (0, "settle_s = 600\n", "", &[("complete", "recipe")]),
    (0, "wall_temperature_c = 120\n", "", &[("complete", "recipe")]),
    (0, "target_thickness_nm = 60\n", "", &[("complete", "recipe")]),
    (0, "wall_temperature_c = 120", "wall_temperature_c = 160", &[("heater ceiling", "recipe")]),
    (0, "wall_temperature_c = 120", "wall_temperature_c = 110", &[("temperature order", "precursor `LiHMDS`")]),
    (0, "deposition_temperature_c = 300", "deposition_temperature_c = 320", &[("heater ceiling", "recipe")]),
    (
        0,
        "source_temperature_c = 90",
        "source_temperature_c = 112",
        &[("heater ceiling", "precursor `LiHMDS`"), ("temperature order", "precursor `LiHMDS`")],
    ),
    (0, "line_temperature_c = 115", "line_temperature_c = 92", &[("temperature order", "precursor `LiHMDS`")]),
    (0, "line_temperature_c = 115\n", "", &[("temperature order", "precursor `LiHMDS`")]),
    (
        0,
        "unheated = \"the vapour pressure at room temperature is enough\"\n",
        "",
        &[("temperature order", "precursor `H2O`")],
    ),
    (
        1,
        "unheated = \"the vapour pressure at room temperature is enough\"",
        "unheated = \"\"",
        &[("temperature order", "precursor `TMB`")],
    ),
    (
        1,
        "unheated = \"the vapour pressure at room temperature is enough\"",
        "source_temperature_c = 40",
        &[("heater ceiling", "precursor `TMB`"), ("temperature order", "precursor `TMB`")],
    ),
    (
        0,
        "dose_pressure_pa = 1.2",
        "dose_pressure_pa = 12",
        &[("dose pressure", "precursor `LiHMDS`"), ("usual dose pressure", "precursor `LiHMDS`")],
    ),
    (0, "dose_pressure_pa = 1.2", "dose_pressure_pa = 3", &[("usual dose pressure", "precursor `LiHMDS`")]),
    (0, "dose_pressure_pa = 1.2\n", "", &[("complete", "precursor `LiHMDS`")]),
    (
        0,
        "dose_pressure_pa = 1.2",
        "dose_pressure_pa = -1",
        &[
            ("representable", "recipe"),
            ("dose pressure", "precursor `LiHMDS`"),
            ("usual dose pressure", "precursor `LiHMDS`"),
        ],
    ),
    (0, "carrier_gas = \"Ar\"", "carrier_gas = \"N2\"", &[("flow", "precursor `LiHMDS`")]),
    (0, "carrier_flow_sccm = 20", "carrier_flow_sccm = 200", &[("flow", "precursor `LiHMDS`")]),
    (0, "carrier_flow_sccm = 20\n", "", &[("complete", "precursor `LiHMDS`")]),
    (0, "carrier_flow_sccm = 20", "carrier_flow_sccm = 20.0005", &[("representable", "recipe")]),
    (
        0,
        "precursor = \"LiHMDS\", duration_s = 20",
        "precursor = \"LiHMDS\", duration_s = 200",
        &[("dose length", "cycle `LBO`, step 1")],
    ),
    (
        0,
        "precursor = \"H2O\", duration_s = 5",
        "precursor = \"H2O\", duration_s = 0.01",
        &[("dose length", "cycle `LBO`, step 3"), ("water dose length", "cycle `LBO`, step 3")],
    ),
    (
        0,
        "precursor = \"H2O\", duration_s = 5",
        "precursor = \"H2O\", duration_s = 30",
        &[("water dose length", "cycle `LBO`, step 3")],
    ),
    (0, "precursor = \"TMB\", duration_s = 20", "precursor = \"TMB\"", &[("complete", "cycle `LBO`, step 5")]),
    (
        0,
        "duration_s = 60",
        "duration_s = 25",
        &[("LiHMDS and water apart", "cycle `LBO`, step 3"), ("pumping after every dose", "cycle `LBO`, step 3")],
    ),
    (1, "duration_s = 60", "duration_s = 50", &[("pumping after water", "cycle `LBO`, step 5")]),
    // Only where the second kind of cycle follows the first.
    (
        2,
        "duration_s = 60",
        "duration_s = 15",
        &[("LiHMDS and esters apart", "cycle `LPO`, step 1"), ("pumping after every dose", "cycle `LPO`, step 1")],
    ),
    // Only in the next round: from the last step of the sequence to the first, and within the inner loop.
    (
        4,
        "duration_s = 60",
        "duration_s = 25",
        &[("pumping after every dose", "cycle `LBO`, step 1"), ("pumping after every dose", "cycle `LPO`, step 1")],
    ),
    // Time without the pump is no pumping.
    (
        1,
        "step = \"pump\", duration_s = 60",
        "step = \"wait\", pump_valve = \"closed\", duration_s = 60",
        &[
            ("pumping after water", "cycle `LBO`, step 5"),
            ("water and esters apart", "cycle `LBO`, step 5"),
            ("pumping after every dose", "cycle `LBO`, step 5"),
        ],
    ),
    (
        0,
        "step = \"pump\", duration_s = 60",
        "step = \"pump\", pump_valve = \"closed\", duration_s = 60",
        &[("representable", "recipe")],
    ),
    // A second dose in addition to the first.
    (
        0,
        "{ step = \"dose\", precursor = \"LiHMDS\", duration_s = 20 }",
        "{ step = \"parallel\", steps = [{ step = \"dose\", precursor = \"LiHMDS\", duration_s = 20 }, { step = \"dose\", precursor = \"H2O\", duration_s = 5, start_s = 1 }] }",
        &[
            ("LiHMDS and water apart", "cycle `LBO`, step 1"),
            ("LiHMDS and water apart", "cycle `LBO`, step 1"),
            ("pumping after water", "cycle `LBO`, step 1"),
            ("pumping after every dose", "cycle `LBO`, step 1"),
        ],
    ),
    (
        0,
        "{ step = \"pump\", duration_s = 60 }",
        "{ step = \"purge\", gas = \"Ar\", flow_sccm = 500, duration_s = 60 }",
        &[("flow", "cycle `LBO`, step 2")],
    ),
    (
        0,
        "{ step = \"pump\", duration_s = 60 }",
        "{ step = \"purge\", gas = \"N2\", flow_sccm = 50, duration_s = 60 }",
        &[("flow", "cycle `LBO`, step 2")],
    ),
    (
        0,
        "{ step = \"pump\", duration_s = 60 }",
        "{ step = \"plasma\", gas = \"Ar\", flow_sccm = 50, power_w = 100, duration_s = 60 }",
        &[("plasma", "cycle `LBO`, step 2")],
    ),
    (0, "target_thickness_nm = 60", "cycles = 10000", &[("controller", "recipe"), ("run length", "recipe")]),
];

const PLASMA_FAULTS: &[Fault] = &[
    (
        0,
        "deposition_temperature_c = 150",
        "deposition_temperature_c = 360",
        &[("TMA decomposition", "precursor `TMA`")],
    ),
    (0, "power_w = 200", "power_w = 400", &[("plasma", "cycle `A`, step 5")]),
    (0, "gas = \"O2\"", "gas = \"H2\"", &[("flow", "cycle `A`, step 5"), ("plasma", "cycle `A`, step 5")]),
    (0, ", power_w = 200", "", &[("complete", "cycle `A`, step 5")]),
    (
        0,
        "precursor = \"TMP\", duration_s = 0.2, start_s = 0.05",
        "precursor = \"TMA\", duration_s = 0.2, start_s = 0.05",
        &[
            ("TMA and water apart", "cycle `A`, step 3"),
            ("TMA and water apart", "cycle `A`, step 3"),
            ("purge after every dose", "cycle `A`, step 3"),
        ],
    ),
    (
        0,
        "duration_s = 8",
        "duration_s = 3",
        &[("purge after every dose", "cycle `A`, step 3"), ("purge after every dose", "cycle `A`, step 3")],
    ),
    (0, "source_temperature_c = 70", "source_temperature_c = 97", &[("temperature order", "precursor `TMP`")]),
    (0, "duration_s = 0.05 }", "duration_s = 3 }", &[("dose length", "cycle `A`, step 1")]),
    (0, "name = \"TMP\"\n", "name = \"TEP\"\n", &[("line", "precursor `TEP`")]),
];

fn refused(reactor: &Reactor, text: &str, fault: &Fault) {
    let (nth, from, to, expected) = fault;
    let mut text = planted(text, *nth, from, to);
    // A precursor's name also occurs in its steps.
    if to.contains("TEP") {
        text = text.replace("precursor = \"TMP\"", "precursor = \"TEP\"");
    }
    let recipe = Recipe::from_toml(&text).unwrap_or_else(|error| panic!("`{to}`: {error}"));
    let report = check(&recipe, reactor);
    let mut found: Vec<(&str, &str)> =
        report.violations.iter().map(|violation| (violation.rule.as_str(), violation.place.as_str())).collect();
    let mut expected: Vec<(&str, &str)> = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "`{from}` → `{to}`\n{:#?}", report.violations);
    assert!(report.released().is_none(), "`{to}` was let pass");
    // What is found says what it found.
    assert!(report.violations.iter().all(|violation| !violation.problem.is_empty()));
}

#[test]
fn every_planted_fault_is_refused_with_its_rule_and_place() {
    let (vacuum, plasma) = (reactor("high_vacuum"), reactor("cross_flow_plasma"));
    assert_eq!(check(&Recipe::from_toml(MIXED).unwrap(), &vacuum).violations, []);
    assert_eq!(check(&Recipe::from_toml(PLASMA).unwrap(), &plasma).violations, []);
    for fault in VACUUM_FAULTS {
        refused(&vacuum, MIXED, fault);
    }
    for fault in PLASMA_FAULTS {
        refused(&plasma, PLASMA, fault);
    }
    assert!(VACUUM_FAULTS.len() + PLASMA_FAULTS.len() >= 30);
}

#[test]
fn a_soft_limit_passes_for_a_stated_reason_and_the_reason_is_kept() {
    let reactor = reactor("high_vacuum");
    let long = planted(MIXED, 0, "precursor = \"H2O\", duration_s = 5", "precursor = \"H2O\", duration_s = 30");
    let accepted = |reason: &str| {
        let entry = format!("\n[[accept]]\nrule = \"water dose length\"\nreason = \"{reason}\"\n");
        check(&Recipe::from_toml(&format!("{long}{entry}")).unwrap(), &reactor)
    };
    let report = accepted("saturation on powder");
    let released = report.released().unwrap();
    assert_eq!(report.violations[0].severity, Severity::Soft);
    assert_eq!(report.violations[0].accepted.as_deref(), Some("saturation on powder"));
    assert_eq!(released.recipe().accepted[0].reason, "saturation on powder");
    assert!(accepted(" ").released().is_none());
}

#[test]
fn no_reason_lifts_a_hard_limit() {
    let reactor = reactor("high_vacuum");
    let hot = planted(MIXED, 1, "duration_s = 60", "duration_s = 50");
    let entry = "\n[[accept]]\nrule = \"pumping after water\"\nreason = \"hurry\"\n";
    let report = check(&Recipe::from_toml(&format!("{hot}{entry}")).unwrap(), &reactor);
    assert!(report.released().is_none());
    assert_eq!(report.notes, ["[[accept]] of `pumping after water` has no effect: it is a hard limit"]);
}

#[test]
fn two_precursors_without_a_rule_may_not_be_used_together() {
    let (_, text) = Reactor::shipped().into_iter().find(|(name, _)| *name == "high_vacuum").unwrap();
    let rule = text.split("[[rule]]").find(|rule| rule.contains("name = \"TMB and TMP apart\"")).unwrap();
    let silent = text.replace(&format!("[[rule]]{rule}"), "");
    let report = check(&Recipe::from_toml(MIXED).unwrap(), &Reactor::from_toml(&silent).unwrap());
    assert!(report.released().is_none());
    let rules: Vec<&str> = report.violations.iter().map(|violation| violation.rule.as_str()).collect();
    assert_eq!(rules, ["unknown pair"]);
}
