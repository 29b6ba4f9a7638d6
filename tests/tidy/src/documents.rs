//! Documents: what they name must exist.

use std::collections::BTreeSet;

use crate::repository::{ProjectFile, files, report, root};

/// Folders whose paths are checked where a document names them.
const FOLDERS: [&str; 7] = ["crates/", "tests/", "schemas/", "ingest/", "queries/", "docs/", ".ci/"];

fn documents(files: &[ProjectFile]) -> impl Iterator<Item = &ProjectFile> {
    files.iter().filter(|file| file.extension() == "md")
}

/// The texts between backticks in a line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Whether a word is a whole path, without a placeholder.
fn is_path(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    FOLDERS.iter().any(|folder| word.starts_with(folder)) && word.chars().all(plain)
}

#[test]
fn every_path_in_a_document_exists() {
    let (files, root) = (files(), root());
    let mut problems = Vec::new();
    for document in documents(&files) {
        for (number, line) in document.text().unwrap_or_default().lines().enumerate() {
            for path in quoted(line).filter(|word| is_path(word) && !root.join(word).exists()) {
                problems.push(format!("{}:{}: no `{path}`", document.path, number + 1));
            }
        }
    }
    report(&problems, "name the file by its path in the repository, or leave it out");
}

/// The targets of links that lead to files; pictures aside.
fn links(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("](") {
        let is_picture = line[..at].rfind('[').is_some_and(|open| line[..open].ends_with('!'));
        let target = line[at + 2..].split([')', '#']).next().unwrap_or_default();
        if !is_picture && !target.is_empty() && !target.contains("://") {
            found.push(target);
        }
    }
    found
}

#[test]
fn every_link_in_a_document_leads_somewhere() {
    let (files, root) = (files(), root());
    let mut problems = Vec::new();
    for document in documents(&files) {
        let path = root.join(&document.path);
        let folder = path.parent().unwrap();
        for (number, line) in document.text().unwrap_or_default().lines().enumerate() {
            for target in links(line).into_iter().filter(|target| !folder.join(target).exists()) {
                problems.push(format!("{}:{}: no `{target}` beside it", document.path, number + 1));
            }
        }
    }
    report(&problems, "links are relative to the document's folder");
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let plain = heading.to_lowercase();
    plain
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn every_link_to_a_heading_leads_to_one() {
    let (files, root) = (files(), root());
    let mut problems = Vec::new();
    for document in documents(&files) {
        let path = root.join(&document.path);
        for (number, line) in document.text().unwrap_or_default().lines().enumerate() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next()?.split_once('#'));
            for (file, wanted) in targets.filter(|(file, _)| !file.contains("://")) {
                let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
                let text = std::fs::read_to_string(target).unwrap_or_default();
                let headings = text.lines().filter(|line| line.starts_with('#'));
                if !headings.map(|heading| anchor(heading.trim_start_matches('#').trim())).any(|found| found == wanted)
                {
                    problems.push(format!("{}:{}: no heading `#{wanted}` in `{file}`", document.path, number + 1));
                }
            }
        }
    }
    report(&problems, "link to a heading by its words in lower case, with `-` for blanks");
}

#[test]
fn the_glossary_has_every_unit_of_the_schemas() {
    let files = files();
    let glossary = files.iter().find(|file| file.path == "docs/GLOSSARY.md").and_then(ProjectFile::text).unwrap();
    let (_, table) = glossary.split_once("Units at the end of a name").unwrap();
    let documented: BTreeSet<&str> = table.lines().flat_map(quoted).collect();
    let mut problems = Vec::new();
    for schema in files.iter().filter(|file| file.path.starts_with("schemas/") && file.extension() == "toml") {
        for (number, line) in schema.text().unwrap_or_default().lines().enumerate() {
            let units = line.split("unit = \"").skip(1).filter_map(|rest| rest.split('"').next());
            for unit in units.filter(|unit| !documented.contains(unit)) {
                problems.push(format!("{}:{}: `{unit}` is not in docs/GLOSSARY.md", schema.path, number + 1));
            }
        }
    }
    report(&problems, "add the unit to the table of units");
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let files = files();
    let is_name = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let is_sentence = |word: &str| is_name(word) && word.matches('_').count() >= 4;
    let mut tests = BTreeSet::new();
    for file in files.iter().filter(|file| file.extension() == "rs") {
        let text = file.text().unwrap_or_default();
        let functions = text.lines().filter_map(|line| line.split_once("fn ")?.1.split_once('('));
        tests.extend(functions.map(|(name, _)| name.to_owned()));
    }
    let document = "docs/ARCHITECTURE.md";
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let mut problems = Vec::new();
    let mut found = 0;
    for (number, line) in text.lines().enumerate() {
        for name in quoted(line).filter(|word| is_sentence(word)) {
            found += 1;
            if !tests.contains(name) {
                problems.push(format!("{document}:{}: no test `{name}`", number + 1));
            }
        }
    }
    assert!(found > 10, "expected the table of invariants in {document}");
    report(&problems, "name the test that guards the invariant now");
}

#[test]
fn a_link_to_a_file_is_found_and_a_picture_is_not() {
    let line = "[a](b.md#c) ![d](e.png) [f](https://g.org) [h](i/j.toml) [k](#l)";
    assert_eq!(links(line), ["b.md", "i/j.toml"]);
}
