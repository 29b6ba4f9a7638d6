//! Required keys that are missing from a TOML file: all of them at once, each with its place.
//!
//! A deserialiser stops at the first missing key. If it fails, the file is therefore compared with the keys that its
//! tables require, so that a description is complete after one correction.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys that a table requires.
pub(crate) struct Keys {
    /// Key of the table, or of the array of tables, in the table above; empty for the top level.
    pub(crate) table: &'static str,
    /// Keys that every such table requires.
    pub(crate) required: &'static [&'static str],
    /// The key whose value determines further keys: `kind` of a limit, `step` of a step.
    pub(crate) tag: &'static str,
    /// Keys that are also required if the tag has this value.
    pub(crate) by_tag: &'static [(&'static str, &'static [&'static str])],
    /// Tables inside this table.
    pub(crate) inner: &'static [&'static Keys],
}

/// Keys of a table that are always required, without inner tables.
pub(crate) const fn keys(table: &'static str, required: &'static [&'static str]) -> Keys {
    Keys { table, required, tag: "", by_tag: &[], inner: &[] }
}

/// Reads a file, or reports its errors: its syntax, an unknown key, a value of the wrong type, and every missing key.
pub(crate) fn read<T: DeserializeOwned>(text: &str, keys: &Keys) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let error = error.to_string().trim_end().to_owned();
        match missing_keys(text, keys) {
            None => error,
            Some(missing) if error.contains("missing field") => missing,
            Some(missing) => format!("{error}\n{missing}"),
        }
    })
}

/// The text of a file, by which entries are found again.
pub(crate) struct Source<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Source<'t> {
    /// Null if it is not TOML.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        DeTable::parse(text).ok().map(|table| Self { text, table })
    }

    /// Line of an entry, and its value as written. The way to it: keys, and which of the tables of that name. If it
    /// does not exist, the line of the last table on the way that does.
    pub(crate) fn entry(&self, way: &[(&str, usize)]) -> (usize, Option<&'t str>) {
        let (mut start, mut written) = (self.table.span().start, None);
        let mut table = Some(self.table.get_ref());
        for (key, index) in way {
            let value = table.and_then(|table| table.get(*key));
            let value = value.and_then(|value| match value.get_ref().as_array() {
                Some(tables) if tables.get(*index).is_some_and(|item| item.get_ref().is_table()) => tables.get(*index),
                _ => Some(value),
            });
            let Some(value) = value else {
                written = None;
                break;
            };
            start = value.span().start;
            written = self.text.get(value.span());
            table = value.get_ref().as_table();
        }
        (line_of(self.text, start), written)
    }
}

fn line_of(text: &str, start: usize) -> usize {
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}

fn missing_keys(text: &str, keys: &Keys) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    let mut lines = Vec::new();
    compare(text, (String::new(), table.span().start), table.get_ref(), keys, &mut lines);
    (!lines.is_empty()).then(|| format!("required keys are missing:\n{}", lines.join("\n")))
}

/// Adds a line for a table with missing keys, and for those inside it: `line 12, [[heater]] 2 (walls): max_c`.
fn compare(text: &str, (place, start): (String, usize), table: &DeTable<'_>, keys: &Keys, lines: &mut Vec<String>) {
    let tag = table.get(keys.tag).and_then(|tag| tag.get_ref().as_str());
    let of_tag = keys.by_tag.iter().find(|(value, _)| Some(*value) == tag).map_or(&[][..], |(_, required)| required);
    let required = keys.required.iter().chain(of_tag).copied();
    let absent: Vec<&str> = required.filter(|key| !table.contains_key(*key)).collect();
    if !absent.is_empty() {
        let line = line_of(text, start);
        let place = if place.is_empty() { "top level" } else { &place };
        lines.push(format!("line {line}, {place}: {}", absent.join(", ")));
    }
    for inner in keys.inner {
        let Some(value) = table.get(inner.table) else { continue };
        let within = |name: String| if place.is_empty() { name } else { format!("{place}, {name}") };
        let mut add = |place: String, value: &Spanned<DeValue<'_>>| {
            if let Some(table) = value.get_ref().as_table() {
                compare(text, (within(place), value.span().start), table, inner, lines);
            }
        };
        match value.get_ref().as_array() {
            None => add(format!("[{}]", inner.table), value),
            Some(tables) => {
                for (index, value) in tables.iter().enumerate() {
                    let called = ["name", "valve", "material", "step", "rule"].iter().find_map(|key| {
                        Some(format!(" (`{}`)", value.get_ref().as_table()?.get(*key)?.get_ref().as_str()?))
                    });
                    add(format!("[[{}]] {}{}", inner.table, index + 1, called.unwrap_or_default()), value);
                }
            }
        }
    }
}
