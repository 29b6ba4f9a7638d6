//! What people edit without Rust: schemas, descriptions of instruments, queries.

use std::collections::BTreeMap;

use crate::manifest::{Entry, entries, top};
use crate::repository::{ProjectFile, files, report};

/// Files directly in a folder, with one extension.
fn directly_in(folder: &str, extension: &str) -> Vec<ProjectFile> {
    let inside = |file: &ProjectFile| {
        file.path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| !rest.contains('/'))
    };
    files().into_iter().filter(|file| inside(file) && file.extension() == extension).collect()
}

fn read(file: &ProjectFile) -> Vec<Entry> {
    entries(&file.text().unwrap_or_default())
}

#[test]
fn every_schema_describes_its_table() {
    let mut problems = Vec::new();
    let schemas = directly_in("schemas", "toml");
    assert!(!schemas.is_empty(), "expected files in schemas/");
    for file in schemas {
        let entries = read(&file);
        for key in ["name", "title", "kind", "key"] {
            if top(&entries, key).is_none() {
                problems.push(format!("{}:1: expected `{key} = …` above the first column, found none", file.path));
            }
        }
        if top(&entries, "name").is_some_and(|name| name != file.stem()) {
            problems.push(format!("{}:1: expected `name = \"{}\"`, as the file's name", file.path, file.stem()));
        }
    }
    report(&problems, "begin the file as schemas/impedance_spectra.toml does");
}

#[test]
fn every_instrument_is_named_as_its_folder() {
    let mut problems = Vec::new();
    let mut found = 0;
    for file in files().iter().filter(|file| file.path.ends_with("/instrument.toml")) {
        let Some(folder) = file.folder_in("ingest") else { continue };
        found += 1;
        match top(&read(file), "name") {
            Some(name) if name == folder => {}
            name => problems.push(format!(
                "{}:1: expected `name = \"{folder}\"`, found `{}`",
                file.path,
                name.unwrap_or("nothing")
            )),
        }
    }
    assert!(found > 0, "expected ingest/<format>/instrument.toml");
    report(&problems, "name folder and format alike");
}

/// The `-- name: value` lines at the top of a query.
fn header(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().map_while(|line| line.trim().strip_prefix("--"));
    lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim())).collect()
}

#[test]
fn every_derived_property_names_its_key_and_version() {
    let mut problems = Vec::new();
    let queries = directly_in("queries/derived", "sql");
    assert!(!queries.is_empty(), "expected files in queries/derived/");
    for file in queries {
        let text = file.text().unwrap_or_default();
        let header = header(&text);
        if header.get("key").is_none_or(|key| key.is_empty()) {
            problems.push(format!("{}:1: expected a line `-- key: COLUMN[, COLUMN]` at the top", file.path));
        }
        if header.get("version").is_none_or(|version| version.parse::<u32>().is_err()) {
            problems.push(format!("{}:2: expected a line `-- version: NUMBER` at the top", file.path));
        }
        let schema = format!("schemas/{}.toml", file.stem());
        match directly_in("schemas", "toml").iter().find(|other| other.path == schema) {
            None => problems.push(format!("{}:1: expected its table in {schema}, found no such file", file.path)),
            Some(schema) => {
                let columns = |list: &str| -> Vec<String> {
                    let words = list.split(|c: char| !c.is_alphanumeric() && c != '_');
                    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
                };
                let of_table = columns(top(&read(schema), "key").unwrap_or_default());
                let of_query = columns(header.get("key").copied().unwrap_or_default());
                // A key may have several rows, which the rest of the table's key tells apart.
                if !of_table.starts_with(&of_query) {
                    problems.push(format!(
                        "{}:1: key {}, expected {} as in {}",
                        file.path,
                        of_query.join(", "),
                        of_table.join(", "),
                        schema.path
                    ));
                }
            }
        }
    }
    report(&problems, "begin the file as queries/derived/conductivity.sql does");
}

#[test]
fn every_view_describes_its_rows() {
    let problems: Vec<String> = directly_in("queries/views", "sql")
        .iter()
        .filter(|file| !file.text().unwrap_or_default().starts_with("-- "))
        .map(|file| format!("{}:1: expected a line `-- …` that says what a row is", file.path))
        .collect();
    report(&problems, "`SHOW TABLES` prints that line as the view's meaning");
}

#[test]
fn the_header_of_a_query_ends_with_its_first_statement() {
    let header = header("-- key: a, b\n-- version: 2\n-- What it is.\nSELECT 1\n-- key: c\n");
    assert_eq!(header, BTreeMap::from([("key", "a, b"), ("version", "2")]));
}
