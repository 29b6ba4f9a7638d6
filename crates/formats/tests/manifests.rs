//! Checks `docs/MANIFESTS.md`: its example is a manifest that reads its file as shown, every key is described there, and
//! its lists are those of the program.
//!
//! `UPDATE_EXPECT=1 cargo test -p aldb-formats --test manifests` rewrites the reading and the lists.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aldb_formats::column::known_columns;
use aldb_formats::{Manifest, Reading, Registry, SUPPLIABLE, Technique, Values};

/// A manifest without any optional key.
const SMALLEST: &str = "name = \"x\"\ntitle = \"X\"\ntechnique = \"impedance_spectroscopy\"\ntable = \"impedance_spectra\"\nsource = \"none\"\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/MANIFESTS.md")
}

fn page() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// The text between `begin` and the next `end`.
fn between<'p>(page: &'p str, begin: &str, end: &str) -> &'p str {
    let from = page.find(begin).unwrap_or_else(|| panic!("no `{begin}`")) + begin.len();
    &page[from..from + page[from..].find(end).unwrap_or_else(|| panic!("no `{end}` after `{begin}`"))]
}

/// Compares the text between two marks with `generated`, or rewrites it.
fn compare(begin: &str, end: &str, generated: &str) {
    let page = page();
    let shown = between(&page, begin, end);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path(), page.replacen(&format!("{begin}{shown}{end}"), &format!("{begin}{generated}{end}"), 1))
            .unwrap();
    } else {
        assert_eq!(shown, generated, "run the test again with UPDATE_EXPECT=1");
    }
}

/// The fenced block of an example.
fn example<'p>(page: &'p str, name: &str, language: &str) -> &'p str {
    between(page, &format!("<!-- example: {name} -->\n\n```{language}\n"), "```\n")
}

fn render(reading: &Reading) -> String {
    let mut text = String::new();
    for warning in &reading.warnings {
        writeln!(text, "warning: {warning}").unwrap();
    }
    for rejected in &reading.rejected {
        writeln!(text, "rejected from measurement {}: {}", rejected.block, rejected.error).unwrap();
    }
    for measurement in &reading.measurements {
        writeln!(text, "measurement {}", measurement.block).unwrap();
        for (name, value) in &measurement.metadata {
            writeln!(text, "  {name} = {}", serde_json::to_string(value).unwrap()).unwrap();
        }
        let names: Vec<&str> = measurement.columns.iter().map(|column| column.name.as_str()).collect();
        writeln!(text, "  {}", names.join("  ")).unwrap();
        for row in 0..measurement.n_points() {
            let cells = measurement.columns.iter().map(|column| match &column.values {
                Values::Number(values) => values[row].to_string(),
                Values::Text(values) => values[row].clone(),
            });
            writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ")).unwrap();
        }
    }
    text
}

#[test]
fn the_example_of_the_page_reads_its_file_as_the_page_shows() {
    let page = page();
    let (manifest, file) = (example(&page, "manifest", "toml"), example(&page, "file", "text"));
    let registry = Registry::with_manifests([("lcr_bench", manifest)]).unwrap();
    let (format, reading) = registry.read(file.as_bytes(), None).unwrap();
    assert_eq!(format, "lcr_bench");
    compare("<!-- example: reading -->\n\n```text\n", "```\n", &render(&reading));
}

#[test]
fn the_page_describes_exactly_the_keys_that_a_manifest_has() {
    let page = page();
    for (heading, section) in [
        ("### Top level", ""),
        ("### `[[detect]]`", "[[detect]]\n"),
        ("### `[text]`", "[text]\n"),
        ("### `[[column]]`", "[[column]]\n"),
        ("### `[blocks]`", "[blocks]\n"),
        ("### `[[skip_rows]]`", "[[skip_rows]]\n"),
        ("### `[[metadata]]`", "[[metadata]]\n"),
    ] {
        let error = Manifest::from_toml("x", &format!("{SMALLEST}{section}no_such_key = 1\n")).unwrap_err().to_string();
        let (_, known) = error.split_once("expected ").unwrap_or_else(|| panic!("{error}"));
        let mut known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
        let rows = between(&page, &format!("{heading}\n"), "\n#").lines();
        let mut described: Vec<&str> =
            rows.filter_map(|row| row.strip_prefix("| `")?.split_once('`').map(|(key, _)| key)).collect();
        known.sort_unstable();
        described.sort_unstable();
        assert_eq!(described, known, "{heading}");
    }
}

#[test]
fn the_page_lists_every_setting_that_a_source_may_supply() {
    let mut list = String::from("\n");
    for (name, is_number) in SUPPLIABLE {
        writeln!(list, "- `{name}` ({})", if *is_number { "number" } else { "text" }).unwrap();
    }
    compare("<!-- suppliable -->\n", "\n<!-- end -->", &list);
}

#[test]
fn the_page_lists_every_header_that_is_recognised() {
    let mut list = String::new();
    for technique in Technique::all() {
        writeln!(
            list,
            "\n### `{}`\n\nTable `{}`; needs columns {}.\n\n| Column | Without a unit | Headers |\n| --- | --- | --- |",
            technique.name(),
            technique.table(),
            technique.needs_in_words()
        )
        .unwrap();
        for column in known_columns(technique) {
            let headers: Vec<String> =
                column.headers.iter().map(|header| format!("`{}`", header.replace('|', "\\|"))).collect();
            writeln!(list, "| `{}` | {} | {} |", column.name, column.without_unit, headers.join(", ")).unwrap();
        }
    }
    compare("<!-- headers -->\n", "\n<!-- end -->", &list);
}
