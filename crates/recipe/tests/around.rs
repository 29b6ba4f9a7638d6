//! Leak test, ramps and cool-down of a recipe, checked against a reactor: what no reactor can carry out is refused, and so is
//! what its rules do not allow; beside each a recipe that passes.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use aldb_recipe::{Cooling, Leak, Reactor, Recipe, check};

const LEAK_TEST: &str = "[leak_test]\nduration_s = 60\nmax_rise_pa_per_s = 1e-5\n";
const COOL_DOWN: &str = "[cool_down]\nvent_below_c = 60\nmax_s = 7200\n";
const RULES: &str = "[[rule]]\nname = \"tight\"\nseverity = \"hard\"\nwhy = \"air reacts with LiHMDS\"\n\
                     limit = { kind = \"leak_test\", min_s = 60, max_rise_pa_per_s = 1e-4 }\n\
                     [[rule]]\nname = \"cold\"\nseverity = \"hard\"\nwhy = \"a hot film oxidises\"\n\
                     limit = { kind = \"cool_down\", vent_below_c = 80 }\n";

fn reactor(changes: &[(&str, &str)], rules: &str) -> Reactor {
    let (_, text) = Reactor::shipped().into_iter().find(|(name, _)| *name == "high_vacuum").unwrap();
    let text = changes.iter().fold(text.to_owned(), |text, (from, to)| text.replacen(from, to, 1));
    Reactor::from_toml(&format!("{text}\n{rules}")).unwrap()
}

fn lbo(tables: &str) -> Recipe {
    let (_, text) = Recipe::examples().into_iter().find(|(name, _)| *name == "lbo_250").unwrap();
    Recipe::from_toml(&format!("{text}\n{tables}")).unwrap()
}

/// The violated rules, with what is wrong.
fn violated(tables: &str, reactor: &Reactor) -> Vec<String> {
    let report = check(&lbo(tables), reactor);
    assert_eq!(report.released().is_some(), report.violations.is_empty());
    report.violations.into_iter().map(|violation| format!("{}: {}", violation.rule, violation.problem)).collect()
}

#[test]
fn conditions_that_a_reactor_cannot_carry_out_are_refused() {
    let plain = reactor(&[], "");
    for (tables, expected) in [
        (LEAK_TEST, ""),
        (
            "[leak_test]\nduration_s = 0.5\nmax_rise_pa_per_s = 1e-3\n",
            "leak test: duration_s is 0.5, expected 1 to 86400 s",
        ),
        (
            "[leak_test]\nduration_s = 60\nmax_rise_pa_per_s = 0\n",
            "leak test: max_rise_pa_per_s is 0, expected 1e-9 to 1000 Pa/s",
        ),
        ("[leak_test]\nduration_s = 60\nmax_rise_pa_per_s = -1\n", "leak test: max_rise_pa_per_s is -1"),
        (
            "[leak_test]\nduration_s = 60\nmax_rise_pa_per_s = 20\n",
            "gauge: no gauge reads from base_pressure_pa, 0.0005 Pa, to the 1200.0005 Pa",
        ),
        ("[leak_test]\nduration_s = 20000\nmax_rise_pa_per_s = 1e-5\n", "ready time: the preparation needs 20600 s"),
        (
            "[leak_test]\nduration_s = 1\nmax_rise_pa_per_s = 1e-8\n",
            "representable: recipe: `max_rise_pa_per_s` is 0.00000001, expected 1 µPa or more in the test",
        ),
        (COOL_DOWN, ""),
        (
            "[cool_down]\nvent_below_c = 29\nmax_s = 7200\n",
            "cool-down: vent_below_c is 29, but heater `block` stays at its standby, 25 ± 5: expected 30 or more",
        ),
        ("[cool_down]\nvent_below_c = 60\nmax_s = 0\n", "cool-down: max_s is 0, expected 0.001 to 604800 s"),
        ("[ramp]\nsubstrate_c_per_min = 5\nsource_c_per_min = 1.5\n", ""),
        ("[ramp]\nsubstrate_c_per_min = 0\n", "ramp: substrate_c_per_min is 0, expected 0.1 to 600 °C/min"),
        ("[ramp]\nwall_c_per_min = 1000\n", "ramp: wall_c_per_min is 1000, expected 0.1 to 600 °C/min"),
        ("[ramp]\nline_c_per_min = 1.2345\n", "representable: recipe: `ramp` is 1.2345"),
        // 225 °C at 0.5 °C/min take 7.5 hours, and ready_s is 4 hours.
        (
            "[ramp]\nsubstrate_c_per_min = 0.5\n",
            "ready time: the preparation needs 27600 s: 27000 s for the ramp of heater `block`, 600 s to settle",
        ),
        (
            "[ramp]\nsubstrate_c_per_min = 1\n[cool_down]\nvent_below_c = 60\nmax_s = 7200\n",
            "cool-down: heater `block` needs 11400 s at 1 °C/min, max_s is 7200",
        ),
    ] {
        let found = violated(tables, &plain);
        if expected.is_empty() {
            assert!(found.is_empty(), "{tables}: {found:?}");
        } else {
            assert!(found.iter().any(|problem| problem.starts_with(expected)), "{tables}: {found:?}");
        }
    }
}

#[test]
fn rules_of_the_reactor_require_a_leak_test_and_a_cool_down() {
    let strict = reactor(&[], RULES);
    assert_eq!(violated(&format!("{LEAK_TEST}{COOL_DOWN}"), &strict), Vec::<String>::new());
    assert_eq!(
        violated("", &strict),
        ["tight: expected a [leak_test], found none", "cold: expected a [cool_down], found none"]
    );
    let loose =
        "[leak_test]\nduration_s = 30\nmax_rise_pa_per_s = 1e-4\n[cool_down]\nvent_below_c = 90\nmax_s = 7200\n";
    assert_eq!(
        violated(loose, &strict),
        ["tight: the leak test lasts 30 s, expected 60 s or more", "cold: vent_below_c is 90, expected 80 at most"]
    );
    let loose = format!("[leak_test]\nduration_s = 60\nmax_rise_pa_per_s = 1e-3\n{COOL_DOWN}");
    assert_eq!(violated(&loose, &strict), ["tight: the leak test allows 0.001 Pa/s, expected 0.0001 Pa/s at most"]);
}

#[test]
fn the_lower_ramp_of_recipe_and_reactor_holds() {
    let ramps = |of_reactor: &str, tables: &str| {
        let reactor = reactor(&[("standby_c = 25.0\n", &format!("standby_c = 25.0\n{of_reactor}"))], "");
        check(&lbo(tables), &reactor).released().unwrap().program().conditions.clone()
    };
    assert!(ramps("", "").is_none());
    assert_eq!(ramps("max_ramp_c_per_min = 8\n", "").ramps_mc_per_min[..2], [8000, 0]);
    let table = "[ramp]\nsubstrate_c_per_min = 20\nwall_c_per_min = 2.5\n";
    assert_eq!(ramps("max_ramp_c_per_min = 8\n", table).ramps_mc_per_min[..2], [8000, 2500]);
    assert_eq!(ramps("max_ramp_c_per_min = 30\n", table).ramps_mc_per_min[..2], [20_000, 2500]);
    let both = ramps("", &format!("{LEAK_TEST}{COOL_DOWN}"));
    assert_eq!(both.leak, Some(Leak { duration_ms: 60_000, rise_upa: 600 }));
    let Some(Cooling { vent_mc, longest_ms: 7_200_000 }) = both.cooling else { panic!("{both:?}") };
    assert_eq!(vent_mc[..3], [Some(60_000), Some(60_000), None], "substrate and walls, no source");
}

#[test]
fn conditions_are_content_of_a_recipe() {
    let ids: Vec<String> =
        ["", LEAK_TEST, COOL_DOWN, "[ramp]\nwall_c_per_min = 2\n"].map(|tables| lbo(tables).recipe_id()).to_vec();
    assert!(ids.iter().enumerate().all(|(place, id)| !ids[..place].contains(id)), "{ids:?}");
    assert_eq!(lbo("[ramp]\n").recipe_id(), ids[0], "a ramp without a limit is none");
}
