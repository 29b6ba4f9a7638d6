//! Every file, of whatever kind: its size, and names that mean nothing to whoever has only this repository.

use crate::repository::{files, report};

/// Largest file, in bytes: every clone carries it for ever.
const LARGEST_BYTES: u64 = 1 << 20;

/// Places and tools of single machines, in parts, so that they do not stand here.
const ELSEWHERE: [&str; 6] = [
    concat!("farm-", "bench"),
    concat!("farm-", "studio"),
    concat!("helper", "_common"),
    concat!("/wo", "rk/"),
    concat!(".lib", "rary"),
    concat!("shared/", "design"),
];

#[test]
fn no_file_is_larger_than_a_megabyte() {
    let problems: Vec<String> = files()
        .iter()
        .filter(|file| file.size_bytes > LARGEST_BYTES)
        .map(|file| format!("{}: {} bytes, expected at most {LARGEST_BYTES}", file.path, file.size_bytes))
        .collect();
    report(&problems, "write a smaller sample, or generate it in the test");
}

#[test]
fn nothing_names_a_place_outside_the_repository() {
    let mut problems = Vec::new();
    for file in files() {
        let Some(text) = file.text() else { continue };
        for (number, line) in text.lines().enumerate() {
            if let Some(name) = ELSEWHERE.iter().find(|name| line.contains(**name)) {
                problems.push(format!("{}:{}: `{name}`", file.path, number + 1));
            }
        }
    }
    report(&problems, "say it without the name: nobody else has that place or tool");
}
