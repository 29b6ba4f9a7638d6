//! Reads Arbin's results files (`.res`), which are Access databases.
//!
//! Format: a Jet 4 database ([`super::jet`]). `Channel_Normal_Table` has the points, `Global_Table` a row for each test.
//! Units are those of Arbin's manual: s, A, V, A.h, W.h, Ohm; `DateTime` is in days since 1899-12-30. Rows are in the
//! order of the database's pages; they are sorted by `Data_Point`. Each `Test_ID` is a measurement.
//!
//! Source: Arbin, MITS Pro manual, section on the results file; a file of MITS Pro, versus what `access-parser` reads.
//!
//! Not supported: `Auxiliary_Table` (temperatures and other inputs), which a warning mentions; other Access databases,
//! which are refused.

use std::collections::BTreeMap;

use super::arbin_csv::set_start_time;
use super::heading::{Field, Vendor, fields};
use super::jet::{Definition, Jet, Row, Table};
use super::record::{Sign, finish, note, quantity};
use super::rows::convert;
use crate::local_time::ole_to_iso;
use crate::manifest::embedded;
use crate::text::counted;
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// Arbin's results files.
#[derive(Debug)]
pub(crate) struct ArbinRes;

/// Most tests in a file: Arbin writes one, or a few that ran one after the other.
const MOST_TESTS: usize = 1000;

impl Adapter for ArbinRes {
    fn manifest(&self) -> &Manifest {
        embedded("arbin_res")
    }

    /// The tables' names are far from the start, so that any Access database is claimed; others are refused by
    /// [`Adapter::read`].
    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_jet = probe.head().get(4..).is_some_and(|rest| rest.starts_with(b"Standard Jet DB"));
        if is_jet { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let jet = Jet::open(file)?;
        let Some(points) = jet.table("Channel_Normal_Table")? else {
            return Err(ReadError::NotSupported {
                place: Place::Offset(0),
                recognised: "an Access database without Arbin's `Channel_Normal_Table`".to_owned(),
                advice: "export the table with the data as CSV".to_owned(),
            });
        };
        let (rows, lost) = jet.rows(&points)?;
        // A value takes a byte at least; damaged rows may overlap.
        if rows.len().saturating_mul(points.columns.len()) > file.len() {
            return Err(ReadError::malformed(
                Place::Offset(0),
                format!("no more values than {} bytes can hold", file.len()),
                format!("{} rows of {} columns", rows.len(), points.columns.len()),
            ));
        }
        let mut reading = Reading::default();
        // What else the file holds is of use, but not needed.
        let settings = jet.table("Global_Table").ok().flatten();
        let settings_rows =
            settings.as_ref().and_then(|table| jet.rows(table).ok()).map_or_else(Vec::new, |(rows, _)| rows);
        let auxiliary = jet.table("Auxiliary_Table").ok().flatten().map_or(0, |table| table.announced);
        if auxiliary > 0 {
            reading
                .warnings
                .push(format!("not read: {} of auxiliary inputs (`Auxiliary_Table`)", counted(auxiliary, "row")));
        }
        let tests = tests(&points, &rows)?;
        let incomplete = incomplete(&jet, &points, rows.len(), lost);
        for (test, rows) in tests {
            let mut metadata = BTreeMap::new();
            if let Some(table) = &settings {
                let own = settings_rows.iter().find(|row| {
                    test.is_none() || table.column("Test_ID").and_then(|column| row.number(column)) == test
                });
                if let Some(row) = own {
                    settings_of(table, row, &mut metadata);
                }
            }
            if let Some(words) = &incomplete {
                note(&mut metadata, "incomplete", words);
            }
            let block = reading.measurements.len() as u32;
            reading.measurements.push(measurement(block, &points, &rows, metadata)?);
        }
        Ok(reading)
    }
}

/// The number of a test, where there is one, and its rows.
type Test<'r, 'd> = (Option<f64>, Vec<&'r Row<'d>>);

/// The rows of each test, by its number; one test without rows where the table is empty.
fn tests<'r, 'd>(points: &Table, rows: &'r [Row<'d>]) -> Result<Vec<Test<'r, 'd>>, ReadError> {
    let Some(id) = points.column("Test_ID") else { return Ok(vec![(None, rows.iter().collect())]) };
    let mut tests: Vec<Test<'_, '_>> = Vec::new();
    let mut last = 0;
    for row in rows {
        let number = row.number(id);
        if tests.get(last).is_none_or(|(test, _)| *test != number) {
            last = match tests.iter().position(|(test, _)| *test == number) {
                Some(place) => place,
                None if tests.len() == MOST_TESTS => {
                    let (expected, found) = (format!("at most {MOST_TESTS} tests"), "more".to_owned());
                    return Err(ReadError::malformed(Place::Offset(0), expected, found));
                }
                None => {
                    tests.push((number, Vec::new()));
                    tests.len() - 1
                }
            };
        }
        if let Some((_, own)) = tests.get_mut(last) {
            own.push(row);
        }
    }
    if tests.is_empty() {
        tests.push((None, Vec::new()));
    }
    if let Some(point) = points.column("Data_Point") {
        for (_, rows) in &mut tests {
            if !rows.is_sorted_by_key(|row| row.number(point).unwrap_or(0.0)) {
                rows.sort_by(|one, two| one.number(point).unwrap_or(0.0).total_cmp(&two.number(point).unwrap_or(0.0)));
            }
        }
    }
    Ok(tests)
}

/// Describes what is missing.
fn incomplete(jet: &Jet<'_>, points: &Table, found: usize, lost: usize) -> Option<String> {
    let announced = points.announced as usize;
    let mut words = Vec::new();
    if found != announced {
        words.push(format!("{} in the file, its table announces {announced}", counted(found, "point")));
    }
    if lost > 0 {
        words.push(format!("the file lacks {} of the table", counted(lost, "page")));
    }
    if jet.is_cut() {
        words.push("the file ends within a page".to_owned());
    }
    (!words.is_empty()).then(|| words.join("; "))
}

fn measurement(
    block: u32,
    points: &Table,
    rows: &[&Row<'_>],
    metadata: BTreeMap<String, Value>,
) -> Result<Measurement, ReadError> {
    let definitions: Vec<&Definition> = points.columns.iter().filter(|column| column.is_number()).collect();
    let headings = fields(Vendor::Arbin, definitions.iter().map(|column| column.name.as_str()));
    let columns = definitions.into_iter().zip(headings).map(|(definition, field)| column(definition, field, rows));
    let mut measurement = Measurement {
        block,
        technique: Technique::Electrochemistry,
        columns: columns.collect(),
        metadata,
        warnings: Vec::new(),
    };
    if measurement.numbers("time_s").is_none() || measurement.numbers("potential_v").is_none() {
        let found: Vec<&str> = points.columns.iter().map(|column| column.name.as_str()).collect();
        return Err(ReadError::ColumnMissing {
            place: Place::Offset(0),
            expected: "`Test_Time` and `Voltage` in `Channel_Normal_Table`".to_owned(),
            found: crate::text::excerpt(&found.join(", "), 400),
        });
    }
    finish(&mut measurement, Sign::Documented);
    if !measurement.metadata.contains_key("started_at") {
        set_start_time(&mut measurement);
    }
    note(&mut measurement.metadata, "instrument", "Arbin");
    Ok(measurement)
}

fn column(definition: &Definition, field: Field, rows: &[&Row<'_>]) -> Column {
    let mut values: Vec<f64> = rows.iter().map(|row| row.number(definition).unwrap_or(f64::NAN)).collect();
    convert(&mut values, field.factor);
    Column { name: field.name, unit: field.unit, header: field.header, values: Values::Number(values) }
}

/// The settings of a test in `Global_Table`. Its author's name is left out.
fn settings_of(table: &Table, row: &Row<'_>, metadata: &mut BTreeMap<String, Value>) {
    for (column, name) in
        [("Test_Name", "title"), ("Comments", "comment"), ("Schedule_File_Name", "procedure"), ("Item_ID", "item")]
    {
        if let Some(text) = table.column(column).and_then(|column| row.text(column)) {
            note(metadata, name, &text);
        }
    }
    for (column, name) in
        [("Channel_Index", "channel_index"), ("Channel_Number", "channel_number"), ("Test_ID", "test")]
    {
        if let Some(number) = table.column(column).and_then(|column| row.number(column)) {
            quantity(metadata, name, number);
        }
    }
    let start = table.column("Start_DateTime").and_then(|column| row.number(column)).and_then(ole_to_iso);
    if let Some(start) = start {
        note(metadata, "started_at", &start);
    }
}
