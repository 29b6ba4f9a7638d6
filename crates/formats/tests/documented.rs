//! Checks that the table of formats in `docs/FORMATS.md` and the targets in `fuzz/Cargo.toml` are those of the registry.
//!
//! `UPDATE_EXPECT=1 cargo test -p aldb-formats --test documented` rewrites both.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;

use aldb_formats::{Adapter, Registry};

/// Compares the text between two marks of a file with `generated`, or rewrites it.
fn compare(file: &str, begin: &str, end: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let from = text.find(begin).unwrap_or_else(|| panic!("{file}: no `{begin}`")) + begin.len();
    let to = if end.is_empty() { text.len() } else { from + text[from..].find(end).unwrap() };
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, format!("{}{generated}{}", &text[..from], &text[to..])).unwrap();
    } else {
        assert_eq!(&text[from..to], generated, "{file}: run the test again with UPDATE_EXPECT=1");
    }
}

fn sorted(registry: &Registry) -> Vec<&dyn Adapter> {
    let mut adapters: Vec<&dyn Adapter> = registry.adapters().collect();
    adapters.sort_by_key(|adapter| (adapter.manifest().technique(), adapter.manifest().name.clone()));
    adapters
}

#[test]
fn the_documented_formats_are_those_that_are_read() {
    let registry = Registry::new();
    let mut table = String::from(
        "\n| format | what it is | techniques | extensions | software and versions seen | read by | source of the facts |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for adapter in sorted(&registry) {
        let manifest = adapter.manifest();
        let techniques: Vec<&str> = manifest.techniques.iter().map(|technique| technique.name()).collect();
        let cells = [
            format!("`{}`", manifest.name),
            manifest.title.clone(),
            techniques.join(", "),
            manifest.extensions.join(", "),
            manifest.software.join("; "),
            if manifest.text.is_some() { "manifest".to_owned() } else { "code".to_owned() },
            manifest.source.clone(),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        writeln!(table, "| {} |", cells.join(" | ")).unwrap();
    }
    compare("../../docs/FORMATS.md", "<!-- formats -->\n", "\n<!-- end -->", &table);
}

#[test]
fn the_documented_refusals_are_those_that_are_made() {
    let mut table = String::from("\n| what it is | what to do instead |\n| --- | --- |\n");
    for (title, advice) in aldb_formats::refused() {
        let cells = [title, advice].map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        writeln!(table, "| {} |", cells.join(" | ")).unwrap();
    }
    compare("../../docs/FORMATS.md", "<!-- refused -->\n", "\n<!-- end -->", &table);
}

#[test]
fn every_reader_has_a_target_for_fuzzing() {
    let registry = Registry::new();
    let mut targets = String::new();
    for adapter in sorted(&registry) {
        let name = &adapter.manifest().name;
        write!(
            targets,
            "\n[[bin]]\nname = \"{name}\"\npath = \"fuzz_targets/reader.rs\"\ntest = false\ndoc = false\nbench = false\n"
        )
        .unwrap();
    }
    compare("fuzz/Cargo.toml", "# The targets, one for each reader.\n", "", &targets);
}

#[test]
fn five_formats_and_more_are_read_by_a_manifest_alone() {
    let registry = Registry::new();
    let described = registry.adapters().filter(|adapter| adapter.manifest().text.is_some()).count();
    assert!(described >= 5, "{described}");
}
