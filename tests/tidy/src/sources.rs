//! Rust files: header, length, names of modules, unfinished work, printing.

use crate::repository::{ProjectFile, files, report};

/// Most lines of a file.
const LINES: usize = 800;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "misc", "stuff"];

/// Marks of unfinished work, in parts, so that they do not stand here.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[", "ignore")];

/// What writes to standard output or standard error.
const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];

fn rust_files() -> Vec<ProjectFile> {
    files().into_iter().filter(|file| file.extension() == "rs").collect()
}

#[test]
fn every_rust_file_begins_with_what_it_does() {
    let problems: Vec<String> = rust_files()
        .iter()
        .filter(|file| !file.text().unwrap_or_default().starts_with("//! "))
        .map(|file| format!("{}:1: expected a header that begins with `//! `", file.path))
        .collect();
    report(&problems, "say in the first line what the file does, then format, source and what is not supported");
}

#[test]
fn no_rust_file_is_too_long_to_be_read() {
    let mut problems = Vec::new();
    for file in rust_files() {
        let lines = file.text().unwrap_or_default().lines().count();
        if lines > LINES {
            problems.push(format!("{}:{LINES}: {lines} lines, expected at most {LINES}", file.path));
        }
    }
    report(&problems, "one topic a file: give each part a module named after what it answers");
}

#[test]
fn every_module_is_named_after_what_it_answers() {
    let mut problems = Vec::new();
    for file in rust_files() {
        let mut parts = file.path.split('/');
        let in_path = parts.any(|part| EMPTY_NAMES.contains(&part.strip_suffix(".rs").unwrap_or(part)));
        if in_path {
            problems.push(format!("{}:1: the path says nothing about what is inside", file.path));
        }
        for (number, line) in file.text().unwrap_or_default().lines().enumerate() {
            let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
            if words.windows(2).any(|pair| pair[0] == "mod" && EMPTY_NAMES.contains(&pair[1])) {
                problems.push(format!("{}:{}: `{}`", file.path, number + 1, line.trim()));
            }
        }
    }
    report(&problems, "name the module after the question that it answers");
}

#[test]
fn nothing_is_left_unfinished() {
    let mut problems = Vec::new();
    for file in files().iter().filter(|file| ["rs", "sql", "toml", "py"].contains(&file.extension())) {
        for (number, line) in file.text().unwrap_or_default().lines().enumerate() {
            if let Some(mark) = UNFINISHED.iter().find(|mark| line.contains(**mark)) {
                problems.push(format!("{}:{}: `{mark}`", file.path, number + 1));
            }
        }
    }
    report(&problems, "finish it, or write down what is not supported in the file's header");
}

/// Line numbers where code outside of tests prints.
fn printing(text: &str) -> Vec<usize> {
    let code = text.lines().enumerate().take_while(|(_, line)| !line.trim_start().starts_with("#[cfg(test)]"));
    let prints = |line: &str| {
        PRINTING.iter().any(|name| {
            let before = line.split(name).next().unwrap_or(line);
            before.len() < line.len() && !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    };
    let lines = code.filter(|(_, line)| !line.trim_start().starts_with("//") && prints(line));
    lines.map(|(number, _)| number + 1).collect()
}

#[test]
fn only_the_command_line_prints() {
    let mut problems = Vec::new();
    for file in rust_files() {
        let Some(room) = file.folder_in("crates") else { continue };
        if room == "aldb" || !file.path.starts_with(&format!("crates/{room}/src/")) {
            continue;
        }
        let lines = printing(&file.text().unwrap_or_default());
        problems.extend(lines.iter().map(|line| format!("{}:{line}: prints", file.path)));
    }
    report(&problems, "return what there is to say; crates/aldb prints it");
}

#[test]
fn printing_is_found_in_code_and_not_in_comments_and_tests() {
    let text = "/// println!(\"doc\")\nfn a() {\n    println!(\"x\");\n    blueprint!(1);\n}\n\
                #[cfg(test)]\nmod tests {\n    fn b() { eprintln!(\"y\"); }\n}\n";
    assert_eq!(printing(text), [3]);
}
