//! Packages: each one that a `Cargo.toml` asks for is used.

use std::collections::BTreeSet;

use crate::manifest::{Entry, entries};
use crate::repository::{ProjectFile, files, report};
use crate::tokens::{Token, code, tokens};

/// Packages in `[workspace.dependencies]` and the sections of members, by the purpose of the section.
fn asked_for(entries: &[Entry], purpose: &str) -> Vec<(usize, String)> {
    let of_purpose = |entry: &&Entry| {
        entry.section == purpose
            || entry.section.ends_with(&format!(".{purpose}")) && entry.section.starts_with("target")
    };
    let name = |entry: &Entry| (entry.line, entry.key.split('.').next().unwrap_or(&entry.key).to_owned());
    entries.iter().filter(of_purpose).map(name).collect()
}

/// The words of a crate's code below one of its folders.
fn words(files: &[ProjectFile], below: &str, with_tests: bool) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for file in files.iter().filter(|file| file.path.starts_with(below) && file.extension() == "rs") {
        let text = file.text().unwrap_or_default();
        let tokens = if with_tests { tokens(&text) } else { code(&text) };
        words.extend(tokens.into_iter().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        }));
    }
    words
}

#[test]
fn every_package_that_a_member_asks_for_is_used() {
    let files = files();
    let mut problems = Vec::new();
    let members = files.iter().filter(|file| file.path.ends_with("/Cargo.toml") && !file.path.contains("/fuzz/"));
    for member in members {
        let folder = member.path.trim_end_matches("Cargo.toml");
        let entries = entries(&member.text().unwrap_or_default());
        let of_program = words(&files, &format!("{folder}src/"), false);
        let mut with_tests = words(&files, folder, true);
        // Tests of the whole program stand at the top of the repository.
        for path in entries
            .iter()
            .filter(|entry| entry.section == "test")
            .filter_map(|entry| entry.value.strip_prefix("../../"))
        {
            with_tests.extend(words(&files, path.rsplit_once('/').map_or(path, |(folder, _)| folder), true));
        }
        let of_build = words(&files, &format!("{folder}build.rs"), false);
        let purposes =
            [("dependencies", &of_program), ("dev-dependencies", &with_tests), ("build-dependencies", &of_build)];
        for (purpose, words) in purposes {
            for (line, name) in asked_for(&entries, purpose) {
                if !words.contains(&name.replace('-', "_")) {
                    problems.push(format!("{}:{line}: `{name}` in [{purpose}] is not used", member.path));
                }
            }
        }
    }
    report(&problems, "leave the package out, or move it to [dev-dependencies] where tests alone use it");
}

#[test]
fn every_package_of_the_workspace_is_asked_for_by_a_member() {
    let files = files();
    let mut asked = BTreeSet::new();
    for member in files.iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let entries = entries(&member.text().unwrap_or_default());
        for purpose in ["dependencies", "dev-dependencies", "build-dependencies"] {
            asked.extend(asked_for(&entries, purpose).into_iter().map(|(_, name)| name));
        }
    }
    let root = files.iter().find(|file| file.path == "Cargo.toml").and_then(ProjectFile::text).unwrap_or_default();
    let offered = asked_for(&entries(&root), "workspace.dependencies");
    assert!(offered.len() > 10, "expected [workspace.dependencies] in Cargo.toml");
    let unused = offered.iter().filter(|(_, name)| !asked.contains(name));
    let problems: Vec<String> = unused.map(|(line, name)| format!("Cargo.toml:{line}: nobody uses `{name}`")).collect();
    report(&problems, "leave the package out");
}
