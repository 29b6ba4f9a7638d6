//! Every view, derived query and check of `queries/` on a few stated rows, each compared with its expected table.
//!
//! A case is `tests/queries/<folder>/<name>.sql`. It states rows as `INSERT INTO table (column, …) VALUES …` or `… SELECT …`;
//! columns that are not stated are null, or 0, '' and false where null is not allowed. Tables that are not stated are empty, but a
//! derived table that is not stated is what its query gives for the stated rows. After the rows a case may have
//! queries of its own; without any, the shipped query itself is run. `.expected` has the rows, those of a query without
//! ORDER BY sorted; `UPDATE_EXPECT=1` writes it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aldb_query::{Session, output};
use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch, StringArray, new_null_array};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{Statement, TableObject};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

const FOLDERS: [&str; 3] = ["views", "derived", "checks"];

/// Characters of a line beyond which a row is printed as one line for each column.
const MAX_WIDTH: usize = 150;

fn folder(of: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(of).join(name)
}

/// The names of the SQL files of a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_query_has_a_case_and_every_case_a_query() {
    for name in FOLDERS {
        assert_eq!(names(&folder("queries", name)), names(&folder("tests/queries", name)), "{name}");
    }
}

/// The engine gives the last two columns; it takes a column that a query of a lake lacks as null, so that older queries stay usable.
#[tokio::test(flavor = "multi_thread")]
async fn every_derived_query_gives_the_columns_of_its_table() {
    let session = Session::in_memory(None, BTreeMap::new()).unwrap();
    for name in names(&folder("queries", "derived")) {
        let query = std::fs::read_to_string(folder("queries/derived", &format!("{name}.sql"))).unwrap();
        let result = collect(&session, &query, &name).await;
        let found: BTreeSet<&str> = result.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
        let table = aldb_schema::table(&name).unwrap();
        let own = ["job_version", "input_hash"];
        let expected = table.columns.iter().map(|column| column.name.as_str()).filter(|name| !own.contains(name));
        assert_eq!(found, expected.collect(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_gives_its_expected_rows() {
    let mut different = Vec::new();
    for name in FOLDERS {
        for case in names(&folder("tests/queries", name)) {
            let path = folder("tests/queries", name).join(format!("{case}.sql"));
            let shipped = std::fs::read_to_string(folder("queries", name).join(format!("{case}.sql"))).unwrap();
            let found = run(&std::fs::read_to_string(&path).unwrap(), &shipped, &format!("{name}/{case}")).await;
            let expected = path.with_extension("expected");
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                std::fs::write(&expected, found).unwrap();
            } else if std::fs::read_to_string(&expected).unwrap_or_default() != found {
                different.push(format!("{name}/{case} gives\n{found}"));
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The printed results of a case.
async fn run(case: &str, shipped: &str, name: &str) -> String {
    let mut rows: BTreeMap<String, Vec<RecordBatch>> = BTreeMap::new();
    let mut queries = Vec::new();
    let constants = Session::in_memory(None, BTreeMap::new()).unwrap();
    for statement in Parser::parse_sql(&GenericDialect {}, case).unwrap_or_else(|error| panic!("{name}: {error}")) {
        let Statement::Insert(insert) = &statement else {
            queries.push(statement);
            continue;
        };
        let TableObject::TableName(table) = &insert.table else { panic!("{name}: {statement}") };
        let columns: Vec<String> = insert.columns.iter().map(ToString::to_string).collect();
        let source = insert.source.as_ref().unwrap_or_else(|| panic!("{name}: no rows in {statement}")).to_string();
        let stated = collect(&constants, &source, name).await;
        rows.entry(table.to_string()).or_default().push(stored(&table.to_string(), &columns, &stated, name));
    }
    if queries.is_empty() {
        queries = Parser::parse_sql(&GenericDialect {}, shipped).unwrap();
    }
    let session = Session::in_memory(None, rows).unwrap();
    let mut printed = Vec::new();
    for query in queries {
        let ordered = matches!(&query, Statement::Query(query) if query.order_by.is_some());
        printed.push(print(&collect(&session, &query.to_string(), name).await, ordered));
    }
    printed.join("\n")
}

async fn collect(session: &Session, query: &str, name: &str) -> RecordBatch {
    let frame = session.query(query).await.unwrap_or_else(|error| panic!("{name}: {error}\n{query}"));
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await.unwrap_or_else(|error| panic!("{name}: {error}\n{query}"));
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    concat_batches(&schema, &batches).unwrap()
}

/// Stated rows in the columns of a table.
fn stored(table: &str, columns: &[String], stated: &RecordBatch, name: &str) -> RecordBatch {
    let schema = aldb_schema::table(table).unwrap_or_else(|| panic!("{name}: no table {table}")).arrow_schema();
    for column in columns {
        assert!(schema.field_with_name(column).is_ok(), "{name}: no column {column} in {table}");
    }
    assert_eq!(columns.len(), stated.num_columns(), "{name}: columns and values of {table}");
    let arrays = schema.fields().iter().map(|field| match columns.iter().position(|column| column == field.name()) {
        Some(place) => cast(stated.column(place), field.data_type()).unwrap(),
        None if field.is_nullable() => new_null_array(field.data_type(), stated.num_rows()),
        None => ScalarValue::new_default(field.data_type()).unwrap().to_array_of_size(stated.num_rows()).unwrap(),
    });
    let arrays = arrays.collect();
    RecordBatch::try_new(schema.clone(), arrays).unwrap_or_else(|error| panic!("{name}: {table}: {error}"))
}

fn print(batch: &RecordBatch, ordered: bool) -> String {
    let names: Vec<String> = batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
    let mut rows: Vec<Vec<String>> =
        (0..batch.num_rows()).map(|row| batch.columns().iter().map(|array| cell(array, row)).collect()).collect();
    if !ordered {
        rows.sort();
    }
    let fields: Vec<Field> = names.iter().map(|name| Field::new(name, DataType::Utf8, true)).collect();
    let columns = (0..names.len())
        .map(|column| Arc::new(rows.iter().map(|row| Some(row[column].as_str())).collect::<StringArray>()) as ArrayRef);
    let table = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect()).unwrap();
    let mut text = Vec::new();
    output::write_batches(&table.schema(), [table.clone()], output::Format::Table, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    if text.lines().all(|line| line.chars().count() <= MAX_WIDTH) {
        return text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    }
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for row in &rows {
        for (name, value) in names.iter().zip(row) {
            writeln!(text, "{}", format!("{name:width$}  {value}").trim_end()).unwrap();
        }
        text.push('\n');
    }
    writeln!(text, "({} {})", rows.len(), if rows.len() == 1 { "row" } else { "rows" }).unwrap();
    text
}

/// A value with six significant digits, also inside lists and structures.
fn cell(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    if let Some(numbers) = array.as_primitive_opt::<Float64Type>() {
        return output::significant(numbers.value(row));
    }
    if let Some(lists) = array.as_list_opt::<i32>() {
        let list = lists.value(row);
        let parts: Vec<String> = (0..list.len()).map(|place| cell(&list, place)).collect();
        return format!("[{}]", parts.join(", "));
    }
    if let Some(structure) = array.as_struct_opt() {
        let names = structure.fields().iter().map(|field| field.name());
        let parts = names.zip(structure.columns()).map(|(name, column)| format!("{name}: {}", cell(column, row)));
        return format!("{{{}}}", parts.collect::<Vec<_>>().join(", "));
    }
    ArrayFormatter::try_new(array.as_ref(), &FormatOptions::default()).unwrap().value(row).to_string()
}
