//! docs/REACTORS.md against the program: its example parses and has every key, and its tables say which are required.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use aldb_recipe::{Reactor, Recipe};
use toml::{Table, Value};

const PAGE: &str = include_str!("../../../docs/REACTORS.md");

fn example() -> &'static str {
    PAGE.split("```toml\n").nth(1).unwrap().split("```").next().unwrap()
}

fn quoted(cell: &str) -> BTreeSet<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Required and optional keys by table, with the kind for a limit, as the page lists them.
fn documented() -> BTreeMap<String, [BTreeSet<&'static str>; 2]> {
    let mut tables: BTreeMap<String, [BTreeSet<&str>; 2]> = BTreeMap::new();
    for section in PAGE.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap().trim_matches('`').trim_matches(['[', ']']);
        for row in section.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let key = *quoted(cells[1]).first().unwrap();
            if heading == "limit" {
                let mut required = quoted(cells[2]);
                required.insert("kind");
                tables.insert(format!("limit {key}"), [required, quoted(cells[3])]);
            } else {
                let place = usize::from(cells[3] != "required");
                tables.entry(heading.to_owned()).or_default()[place].insert(key);
            }
        }
    }
    tables
}

/// The way to a table: keys, and which of the tables of that name.
type Way<'d> = Vec<(&'d str, usize)>;

/// Every table of a description, with its name as [`documented`] has it, and the way to it.
fn tables(description: &Table) -> Vec<(String, Way<'_>, &Table)> {
    let mut found = vec![("Top level".to_owned(), Vec::new(), description)];
    for (key, value) in description {
        let key = key.as_str();
        let tables: Vec<&Table> = match value {
            Value::Table(table) => vec![table],
            Value::Array(tables) => tables.iter().filter_map(Value::as_table).collect(),
            _ => continue,
        };
        for (index, table) in tables.into_iter().enumerate() {
            found.push((key.to_owned(), vec![(key, index)], table));
            if let Some(limit) = table.get("limit").and_then(Value::as_table) {
                let kind = limit["kind"].as_str().unwrap();
                found.push((format!("limit {kind}"), vec![(key, index), ("limit", 0)], limit));
            }
        }
    }
    found
}

fn at<'t>(table: &'t mut Table, way: &[(&str, usize)]) -> &'t mut Table {
    way.iter().fold(table, |table, (key, index)| match table.get_mut(*key).unwrap() {
        Value::Array(tables) => tables[*index].as_table_mut().unwrap(),
        value => value.as_table_mut().unwrap(),
    })
}

#[test]
fn the_example_of_the_page_is_a_reactor_with_every_key_that_the_page_lists() {
    Reactor::from_toml(example()).unwrap();
    let description: Table = example().parse().unwrap();
    let documented = documented();
    let mut used: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, _, table) in tables(&description) {
        let is_value = |key: &&str| name != "Top level" || !documented.contains_key(*key);
        used.entry(name.clone()).or_default().extend(table.keys().map(String::as_str).filter(is_value));
    }
    let listed: BTreeMap<_, _> =
        documented.iter().map(|(name, [required, optional])| (name.clone(), required | optional)).collect();
    assert_eq!(used, listed);
}

#[test]
fn a_key_is_reported_as_missing_exactly_where_the_page_calls_it_required() {
    let documented = documented();
    let description: Table = example().parse().unwrap();
    for (name, way, table) in tables(&description) {
        for key in table.keys().filter(|key| *key != "kind" && (name != "Top level" || table[*key].is_str())) {
            let mut without = description.clone();
            at(&mut without, &way).remove(key);
            let read = Reactor::from_toml(&without.to_string());
            let error = read.err().map(|error| error.to_string()).unwrap_or_default();
            let is_reported = error.starts_with("line ") && error.contains(&format!("expected `{key}`, found none"));
            assert_eq!(is_reported, documented[&name][0].contains(key.as_str()), "{name}, {key}: {error}");
        }
    }
}

#[test]
fn all_missing_keys_of_a_reactor_are_listed_at_once_with_their_places() {
    let text = "name = \"x\"\ntitle = \"x\"\n[[line]]\nvalve = \"V1\"\n[[heater]]\nname = \"walls\"\nheats = \"wall\"\n\
                max_c = 100\nstandby_c = 25\n[[heater]]\nname = \"block\"\n[safe_state]\npump_valve = \"open\"\n[[rule]]\n\
                name = \"apart\"\nseverity = \"hard\"\nlimit = { kind = \"apart\", first = [\"a\"] }\n";
    assert_eq!(
        Reactor::from_toml(text).unwrap_err().to_string(),
        "line 1, top level: expected `source`, `controller`, `tolerance`, found none\n\
         line 3, [[line]] 1 (`V1`): expected `precursors`, found none\n\
         line 10, [[heater]] 2 (`block`): expected `heats`, `max_c`, `standby_c`, found none\n\
         line 12, [safe_state]: expected `dwell_s`, found none\n\
         line 14, [[rule]] 1 (`apart`): expected `why`, found none\n\
         line 17, [[rule]] 1 (`apart`), [limit]: expected `second`, `min_s`, found none"
    );
}

#[test]
fn all_missing_keys_of_a_recipe_are_listed_at_once_with_their_places() {
    let text = "process = \"x\"\n[[precursor]]\nformula = \"H2O\"\n[[cycle]]\nname = \"A\"\n\
                step = [{ duration_s = 1 },\n{ step = \"parallel\", steps = [{ duration_s = 1 }] }]\n";
    assert_eq!(
        Recipe::from_toml(text).unwrap_err().to_string(),
        "line 1, top level: expected `name`, `deposition_temperature_c`, found none\n\
         line 2, [[precursor]] 1: expected `name`, found none\n\
         line 6, [[cycle]] 1 (`A`), [[step]] 1: expected `step`, found none\n\
         line 7, [[cycle]] 1 (`A`), [[step]] 2 (`parallel`), [[steps]] 1: expected `step`, found none"
    );
}

#[test]
fn faults_of_every_kind_are_listed_at_once_in_a_recipe() {
    let text = "nane = \"x\"\nprocess = 7\ndeposition_temperature_c = \"hot\"\ncycles = -1\nsettle_s = 0.0001\n\
                [[precursor]]\nname = \"A\"\ndose_pressure_pa = nan\n[[precursor]]\nname = \"A\"\npurity = 3\n\
                [[cycle]]\nname = \"c\"\nstep = [\n{ step = \"dose\", precursor = \"B\", duration_s = 1 },\n\
                { step = \"pmup\", duration_s = 1 },\n{ step = \"pump\", gas = \"Ar\", duration_s = true },\n]\n\
                [leak_test]\nduration_s = 60\n[ramp]\nsubstrate = 3\n[[cool_down]]\nmax_s = 3\n";
    let found = Recipe::from_toml(text).unwrap_err().to_string();
    let starts = [
        "line 1, top level: unknown key `nane`; expected `name`, `process`, ",
        "line 1, top level: expected `name`, found none",
        "line 2, top level: `process` is 7, expected text in quotes",
        "line 3, top level: `deposition_temperature_c` is \"hot\", expected a finite number",
        "line 4, top level: `cycles` is -1, expected a whole number from 0",
        "line 5, top level: `settle_s` is 0.0001, expected seconds from 0 to 4294967 with three decimals at most",
        "line 8, [[precursor]] 1 (`A`): `dose_pressure_pa` is nan, expected a finite number",
        "line 10, precursor `A`: the name is used twice; expected one of each",
        "line 11, [[precursor]] 2 (`A`): unknown key `purity`; expected `name`, ",
        "line 15, cycle `c`, step 1: no [[precursor]] is called `B`; there are: `A`, `A`",
        "line 16, [[cycle]] 1 (`c`), [[step]] 2 (`pmup`): `step` is \"pmup\", expected \"wait\" or \"dose\"",
        "line 17, [[cycle]] 1 (`c`), [[step]] 3 (`pump`): `duration_s` is true, expected seconds",
        "line 19, [leak_test]: expected `max_rise_pa_per_s`, found none",
        "line 22, [ramp]: unknown key `substrate`; expected `substrate_c_per_min`, ",
        "line 23, top level: `cool_down` is of type array, expected a table [cool_down]",
    ];
    let lines: Vec<&str> = found.lines().collect();
    assert_eq!(lines.len(), starts.len(), "{found}");
    assert!(lines.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{found}");
}

#[test]
fn faults_of_every_kind_are_listed_at_once_in_a_reactor() {
    let mut text = example().to_owned();
    for (from, to) in [
        ("carrier_mfc = \"argon\"", "carier_mfc = \"argon\""),
        ("max_flow_sccm = 200", "max_flow_sccm = \"200\""),
        ("max_c = 180", "max_c = -5"),
        ("heats = \"line\"", "heats = \"lines\""),
        ("watchdog_s = 1\n", ""),
        ("people = 2", "people = 3"),
        ("recorded = [\"dose_pressure\"]", "recorded = [\"flows\"]"),
        ("kind = \"settle\", min_s = 60", "kind = \"settel\", min_s = 60"),
        ("kind = \"run_time\", max_s = 1209600", "kind = \"run_time\", max_s = 0"),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let line = |of: &str| 1 + text[..text.find(of).unwrap()].matches('\n').count();
    let found = Reactor::from_toml(&text).unwrap_err().to_string();
    let starts = [
        format!("line {}, [[line]] 1 (`V1`): unknown key `carier_mfc`; expected `valve`, ", line("carier")),
        format!("line {}, [[mfc]] 1 (`argon`): `max_flow_sccm` is \"200\", expected a number", line("\"200\"")),
        format!("line {}, heater `chamber`: `max_c` is -5, expected 0 to 2000", line("max_c = -5")),
        format!(
            "line {}, [[heater]] 3 (`manifold`): `heats` is \"lines\", expected \"substrate\" or ",
            line("\"lines\"")
        ),
        format!("line {}, [controller]: expected `watchdog_s`, found none", line("[controller]")),
        format!(
            "line {}, [watch]: `recorded` is [\"flows\"], expected a list of \"dose_pressure\", ",
            line("recorded")
        ),
        format!("line {}, [approval]: `people` is 3, expected 1 or 2", line("people = 3")),
        format!(
            "line {}, [[rule]] 11 (`temperatures settled`), [limit]: `kind` is \"settel\", expected ",
            line("settel")
        ),
        format!("line {}, rule `run length`: `max_s` is 0, expected", line("max_s = 0")),
    ];
    for start in &starts {
        assert!(found.lines().any(|line| line.starts_with(start.as_str())), "{start}\n{found}");
    }
}
