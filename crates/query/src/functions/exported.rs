//! Keeps `schemas/shared/functions.toml` consistent with the functions: derived tables take columns from it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use aldb_schema::{COMMENT, UNIT};

use crate::Session;
use crate::queries::{QueryFolder, query_files};

use super::{Documentation, FieldKind, ResultField, documentation};

/// The fields with which every kernel ends; the group `verdict` of the schemas has them.
const VERDICT: [&str; 3] = ["quality", "reason", "reason_code"];

fn text(functions: &[Documentation]) -> String {
    let mut text = "# The results of the SQL functions, as `UPDATE_EXPECT=1 cargo test --release --workspace --lib exported` writes them. Do not edit.\n".to_owned();
    for function in functions.iter().filter(|function| function.kind == "aggregate") {
        writeln!(text, "\n{} = [", function.name).unwrap();
        let own = function.result.iter().filter(|field| !VERDICT.contains(&field.name));
        own.for_each(|field| entry(&mut text, field, 4));
        text.push_str("]\n");
    }
    text
}

fn entry(text: &mut String, field: &ResultField, indent: usize) {
    let (kind, item): (&str, &[ResultField]) = match &field.kind {
        FieldKind::Number => ("float64", &[]),
        FieldKind::Count => ("int32", &[]),
        FieldKind::Text => ("string", &[]),
        FieldKind::Flag => ("bool", &[]),
        FieldKind::Rows(fields) => ("list", fields),
    };
    write!(text, "{:indent$}{{ name = {:?}, type = {kind:?}, ", "", field.name).unwrap();
    if let Some(unit) = field.unit {
        write!(text, "unit = {unit:?}, ").unwrap();
    }
    write!(text, "nullable = true, meaning = \"{}\"", field.meaning).unwrap();
    if !item.is_empty() {
        text.push_str(", item = [\n");
        item.iter().for_each(|field| entry(text, field, indent + 4));
        write!(text, "{:indent$}]", "").unwrap();
    }
    text.push_str(" },\n");
}

#[test]
fn the_schemas_have_the_results_of_the_functions() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas").join(aldb_schema::FUNCTIONS);
    let text = text(&documentation());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert_eq!(stored, text, "run UPDATE_EXPECT=1 cargo test --release --workspace --lib exported");
}

fn meanings(fields: &[ResultField], into: &mut BTreeSet<&'static str>) {
    for field in fields {
        into.insert(field.meaning);
        if let FieldKind::Rows(inner) = &field.kind {
            meanings(inner, into);
        }
    }
}

#[tokio::test]
async fn a_column_that_a_query_takes_from_a_function_has_its_unit_and_meaning_in_the_schema() {
    let mut of_functions = BTreeSet::new();
    documentation().iter().for_each(|function| meanings(&function.result, &mut of_functions));
    let session = Session::in_memory(None, std::collections::BTreeMap::new()).unwrap();
    let (mut n_compared, mut different) = (0, Vec::new());
    for (name, file) in query_files(None, QueryFolder::Derived).unwrap() {
        let table = aldb_schema::table(&name).unwrap();
        let frame = session.query(&file.text).await.unwrap();
        for field in frame.schema().fields().iter().filter(|field| !VERDICT.contains(&field.name().as_str())) {
            let Some(meaning) = field.metadata().get(COMMENT).filter(|meaning| of_functions.contains(meaning.as_str()))
            else {
                continue;
            };
            // The table contains properties in addition to the elements that the function knows.
            if (name.as_str(), field.name().as_str()) == ("rule_of_mixtures", "quantity") {
                continue;
            }
            n_compared += 1;
            let column = table.column(field.name()).unwrap();
            let unit = field.metadata().get(UNIT);
            if (&column.meaning, column.unit.as_ref()) != (meaning, unit) {
                different.push(format!("{name}.{}: {unit:?} {meaning}", field.name()));
            }
        }
    }
    assert!(different.is_empty(), "{different:#?}");
    assert!(n_compared > 100, "{n_compared} columns compared");
}
