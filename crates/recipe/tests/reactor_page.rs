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
            let is_reported =
                error.starts_with("required keys are missing:\nline ") && error.ends_with(&format!(": {key}"));
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
        "required keys are missing:\n\
         line 1, top level: source, controller, tolerance\n\
         line 3, [[line]] 1 (`V1`): precursors\n\
         line 10, [[heater]] 2 (`block`): heats, max_c, standby_c\n\
         line 12, [safe_state]: dwell_s\n\
         line 14, [[rule]] 1 (`apart`): why\n\
         line 17, [[rule]] 1 (`apart`), [limit]: second, min_s"
    );
}

#[test]
fn all_missing_keys_of_a_recipe_are_listed_at_once_with_their_places() {
    let text = "process = \"x\"\n[[precursor]]\nformula = \"H2O\"\n[[cycle]]\nname = \"A\"\n\
                step = [{ duration_s = 1 },\n{ step = \"parallel\", steps = [{ duration_s = 1 }] }]\n";
    assert_eq!(
        Recipe::from_toml(text).unwrap_err().to_string(),
        "required keys are missing:\n\
         line 1, top level: name, deposition_temperature_c\n\
         line 2, [[precursor]] 1: name\n\
         line 6, [[cycle]] 1 (`A`), [[step]] 1: step\n\
         line 7, [[cycle]] 1 (`A`), [[step]] 2 (`parallel`), [[steps]] 1: step"
    );
}

#[test]
fn an_unknown_key_is_reported_with_the_missing_ones() {
    let error = Recipe::from_toml("nane = \"x\"\nprocess = \"x\"\n").unwrap_err().to_string();
    assert!(error.contains("unknown field `nane`"), "{error}");
    assert!(
        error.ends_with("required keys are missing:\nline 1, top level: name, deposition_temperature_c"),
        "{error}"
    );
}
