//! Rooms: which crate may use which, and what stays out of the light ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::dependencies;
use crate::repository::{files, report, root};

/// The document whose table says which room may use which.
const TABLE: &str = "docs/ARCHITECTURE.md";

/// A row of the table of rooms.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    name: String,
    /// Rooms that it may use, in code, tests and benches alike.
    may_use: BTreeSet<String>,
    /// Whether it builds without a runtime and without DataFusion.
    light: bool,
}

/// Reads the table: name, `light` or `heavy`, what it holds, what it may use (`-` nothing, `all` every other room).
fn rooms(text: &str) -> Vec<Room> {
    let rows = text.lines().skip_while(|line| !line.starts_with("| `crates/`")).skip(2);
    let cells = rows
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    let cells: Vec<Vec<String>> = cells.collect();
    let name = |row: &Vec<String>| row[0].trim_matches('`').to_owned();
    let all: BTreeSet<String> = cells.iter().map(name).collect();
    let room = |row: &Vec<String>| {
        assert_eq!(row.len(), 5, "{TABLE}: expected 5 cells, found {row:?}");
        let may_use = match row[3].as_str() {
            "-" => BTreeSet::new(),
            "all" => all.iter().filter(|other| **other != name(row)).cloned().collect(),
            list => list.split(", ").map(str::to_owned).collect(),
        };
        let light = match row[1].as_str() {
            "light" => true,
            "heavy" => false,
            found => panic!("{TABLE}: expected `light` or `heavy`, found `{found}`"),
        };
        Room { name: name(row), may_use, light }
    };
    cells.iter().map(room).collect()
}

fn documented() -> Vec<Room> {
    let rooms = rooms(&std::fs::read_to_string(root().join(TABLE)).unwrap());
    assert!(rooms.len() > 5, "expected the table of rooms in {TABLE}, found {} rows", rooms.len());
    rooms
}

/// Packages that take minutes to build, or bring a runtime.
const HEAVY: [&str; 4] = ["tokio", "datafusion", concat!("delta", "lake-core"), "sled"];

/// Rooms that may name Delta Lake.
const DELTA: [&str; 2] = ["lake", "query"];

fn cargo_toml(room: &str) -> String {
    let path = root().join("crates").join(room).join("Cargo.toml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

#[test]
fn every_crate_is_a_room_and_every_room_a_crate() {
    let crates: BTreeSet<String> =
        files().iter().filter_map(|file| file.folder_in("crates").map(str::to_owned)).collect();
    let rooms: BTreeSet<String> = documented().into_iter().map(|room| room.name).collect();
    let problems: Vec<String> = crates
        .symmetric_difference(&rooms)
        .map(|name| format!("crates/{name}: not both a folder and a room"))
        .collect();
    report(&problems, "add the crate to the table of rooms in docs/ARCHITECTURE.md");
}

#[test]
fn a_room_uses_only_the_rooms_that_the_table_gives_it() {
    let mut problems = Vec::new();
    for Room { name: room, may_use, .. } in documented() {
        for (line, name) in dependencies(&cargo_toml(&room)) {
            let other = name.strip_prefix("aldb-").or((name == "aldb").then_some("aldb"));
            if other.is_some_and(|other| !may_use.contains(other)) {
                let names: Vec<&str> = may_use.iter().map(String::as_str).collect();
                let may = if names.is_empty() { "no other room".to_owned() } else { names.join(", ") };
                problems.push(format!("crates/{room}/Cargo.toml:{line}: `{name}`, expected one of: {may}"));
            }
        }
    }
    report(&problems, "move the code to a room that may use both, or hand the value in as an argument");
}

#[test]
fn a_light_room_names_nothing_heavy() {
    let mut problems = Vec::new();
    for Room { name: room, .. } in documented().into_iter().filter(|room| room.light) {
        for (line, name) in dependencies(&cargo_toml(&room)) {
            if HEAVY.iter().any(|heavy| name == *heavy) {
                problems.push(format!("crates/{room}/Cargo.toml:{line}: `{name}` is not for light rooms"));
            }
        }
    }
    report(&problems, "do this in lake, ingest, query or aldb; light rooms build and test in a minute");
}

/// The packages of `Cargo.lock` with the names of those that they use.
fn locked(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut packages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in text.split("[[package]]").skip(1) {
        let name = package.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        let list = package.split_once("dependencies = [").map_or("", |(_, rest)| rest.split(']').next().unwrap_or(""));
        let used = list.split('"').skip(1).step_by(2).filter_map(|used| used.split(' ').next()).map(str::to_owned);
        packages.entry(name.unwrap_or_default().to_owned()).or_default().extend(used);
    }
    packages
}

#[test]
fn a_light_room_pulls_in_nothing_heavy_through_others() {
    let packages = locked(&std::fs::read_to_string(root().join("Cargo.lock")).unwrap());
    let mut problems = Vec::new();
    for Room { name: room, .. } in documented().into_iter().filter(|room| room.light) {
        let start = format!("aldb-{room}");
        assert!(packages.contains_key(&start), "expected `{start}` in Cargo.lock");
        let mut reached: BTreeMap<&str, &str> = BTreeMap::new();
        let mut waiting = vec![start.as_str()];
        while let Some(name) = waiting.pop() {
            for used in packages.get(name).into_iter().flatten() {
                if !reached.contains_key(used.as_str()) {
                    reached.insert(used, name);
                    waiting.push(used);
                }
            }
        }
        for (heavy, by) in HEAVY.iter().filter_map(|heavy| Some((heavy, reached.get(heavy)?))) {
            problems.push(format!("crates/{room}/Cargo.toml: `{heavy}` comes in through `{by}`"));
        }
    }
    report(&problems, "switch off the feature that brings it, or choose another package");
}

#[test]
fn delta_lake_is_named_only_where_tables_are_written_and_read() {
    let word = concat!("delta", "lake");
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| file.extension() == "rs") {
        let allowed = file.folder_in("crates").is_some_and(|room| DELTA.contains(&room));
        let text = file.text().unwrap_or_default();
        for (number, _) in text.lines().enumerate().filter(|(_, line)| !allowed && line.contains(word)) {
            problems.push(format!("{}:{}: names `{word}`", file.path, number + 1));
        }
    }
    report(&problems, "give crates/lake a function that does it, and call that");
}

#[test]
fn the_lock_file_is_read_as_names() {
    let text = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\n \"b\",\n \"c 1.0\",\n]\n\n\
                [[package]]\nname = \"b\"\nversion = \"1\"\n";
    let packages = locked(text);
    assert_eq!(packages["a"], BTreeSet::from(["b".to_owned(), "c".to_owned()]));
    assert!(packages["b"].is_empty());
}

#[test]
fn the_table_of_rooms_is_read_as_written() {
    let text = "# Rooms\n\n| `crates/` (package) | builds | holds | may use | never |\n| --- | --- | --- | --- | --- |\n\
                | `fit` | light | kernels | - | I/O |\n| `query` | heavy | SQL | fit | formats |\n\
                | `aldb` | heavy | commands | all | logic |\n\n| another | table |\n";
    let room = |name: &str, may_use: &[&str], light| Room {
        name: name.to_owned(),
        may_use: may_use.iter().map(|name| (*name).to_owned()).collect(),
        light,
    };
    let expected = [room("fit", &[], true), room("query", &["fit"], false), room("aldb", &["fit", "query"], false)];
    assert_eq!(rooms(text), expected);
}
