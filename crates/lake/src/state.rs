//! What a snapshot records of a table: its version, and a digest of what belongs to it.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::hash;

/// The tables of a snapshot, in the order of their names.
pub(crate) type States = BTreeMap<String, TableState>;

/// A table in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableState {
    pub(crate) version: u64,
    /// Unknown in snapshots of earlier versions of aldb.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<Content>,
}

/// What a version of a table consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) rows: u64,
    pub(crate) files: u64,
    /// Hash of the columns and of the name, size and statistics of each file. The name states the hash of the file's bytes.
    pub(crate) digest: String,
}

impl TableState {
    pub(crate) fn new(version: u64, content: Option<Content>) -> Self {
        Self { version, content }
    }
}

impl std::fmt::Display for TableState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let s = |n: u64| if n == 1 { "" } else { "s" };
        match &self.content {
            Some(Content { rows, files, .. }) => {
                write!(f, "version {} with {rows} row{} in {files} file{}", self.version, s(*rows), s(*files))
            }
            None => write!(f, "version {}", self.version),
        }
    }
}

/// A file of a table, as the table's log describes it.
pub(crate) struct LoggedFile {
    pub(crate) name: String,
    pub(crate) size: i64,
    pub(crate) rows: Option<u64>,
    pub(crate) stats: Option<String>,
}

impl Content {
    /// The content of a table with these columns and files.
    pub(crate) fn of(columns: &Schema, files: &mut [LoggedFile]) -> Self {
        let mut text = String::new();
        for field in columns.fields() {
            describe(field, &mut text);
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        for LoggedFile { name, size, rows, stats } in files.iter() {
            text.push_str(&format!("{name} {size} {rows:?}\n"));
            match stats.as_deref().map(serde_json::from_str::<Value>) {
                Some(Ok(stats)) => canonical(&stats, &mut text),
                Some(Err(_)) => text.push('?'),
                None => text.push('-'),
            }
        }
        let rows = files.iter().filter_map(|file| file.rows).sum();
        Self { rows, files: files.len() as u64, digest: hash(text.as_bytes()) }
    }
}

/// Name, type, unit and meaning of a column and of the fields in it.
fn describe(field: &Field, text: &mut String) {
    let metadata: BTreeMap<&String, &String> = field.metadata().iter().collect();
    text.push_str(&format!("{} {} {metadata:?}\n", field.name(), field.is_nullable()));
    match field.data_type() {
        DataType::List(inner) => describe(inner, text),
        DataType::Struct(fields) => {
            for inner in fields {
                describe(inner, text);
            }
            text.push_str("end\n");
        }
        other => text.push_str(&format!("{other:?}\n")),
    }
}

/// A JSON value with the names of every object in order.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(items) => {
            let items: BTreeMap<&String, &Value> = items.iter().collect();
            for (name, inner) in items {
                text.push_str(&format!("{{{name}:"));
                canonical(inner, text);
            }
            text.push('}');
        }
        Value::Array(items) => items.iter().for_each(|inner| canonical(inner, text)),
        other => text.push_str(&format!("{other}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, stats: &str) -> LoggedFile {
        LoggedFile { name: name.to_owned(), size: 10, rows: Some(3), stats: Some(stats.to_owned()) }
    }

    #[test]
    fn the_digest_depends_on_what_is_logged_and_not_on_its_order() {
        let columns = Schema::new(vec![Field::new("x", DataType::Float64, true)]);
        let content = |files: &mut [LoggedFile]| Content::of(&columns, files);
        let (one, other) = (r#"{"numRecords":3,"maxValues":{"x":1.5}}"#, r#"{"maxValues":{"x":1.5},"numRecords":3}"#);
        let expected = content(&mut [file("a", one), file("b", one)]);
        assert_eq!((expected.rows, expected.files), (6, 2));
        assert_eq!(content(&mut [file("b", other), file("a", one)]), expected);
        for changed in ["a", "c"] {
            let stats = if changed == "a" { r#"{"numRecords":3,"maxValues":{"x":1.25}}"# } else { one };
            assert_ne!(content(&mut [file(changed, stats), file("b", one)]).digest, expected.digest);
        }
        assert_ne!(content(&mut [file("a", one)]).digest, expected.digest);
    }
}
