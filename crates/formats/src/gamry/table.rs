//! Reads one table of a `.DTA`: a line of names, a line of units, rows that start with a tab.
//!
//! Rows that somebody edited may have blanks for tabs: they are split at any blank when that gives as many
//! fields as there are names.

use memchr::memchr_iter;

use super::naming::naming;
use crate::column::Heading;
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::repetition::{LISTED_REJECTIONS, check_columns};
use crate::text::{Line, excerpt, lines};
use crate::{Column, Place, ReadError, RejectedRow, Values};

/// Rows whose cells decide about the decimal mark, and which columns hold words.
const FIRST_ROWS: usize = 32;

/// Without a sensor, thermocouple inputs stand at their ends or read the open input: −327.67 °C (below
/// absolute zero), 1395 °C to 1467 °C (beyond a type K thermocouple), or 0.
const SENSOR_C: std::ops::Range<f64> = -273.15..1373.0;

/// A table of impedances.
#[derive(Debug, Default)]
pub(crate) struct ZTable {
    /// Columns by the tables' names.
    pub columns: Vec<Column>,
    /// Rows that could not be trusted.
    pub rejected: Vec<RejectedRow>,
    /// Further such rows.
    pub unlisted: usize,
    /// What a user should know.
    pub warnings: Vec<String>,
    /// Whether the file ends inside a row.
    pub is_cut: bool,
    /// The decimal mark of the rows.
    pub mark: Option<DecimalMark>,
}

/// Reads a table from its lines (names, units, rows); `before` lines of the file go before it.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] when it has no frequency, real or imaginary part.
pub(crate) fn z_table(block: u32, text: &str, before: u64) -> Result<ZTable, ReadError> {
    let mut rows = lines(text).map(|line| Line { number: line.number + before, ..line });
    let Some(names) = rows.next() else {
        return Ok(ZTable { columns: empty_columns(), is_cut: true, ..ZTable::default() });
    };
    let units = rows.next();
    let headers: Vec<&str> = names.text.trim().split('\t').map(str::trim).collect();
    let needed = ["Freq", "Zreal", "Zimag"].map(|name| headers.iter().position(|header| *header == name));
    let [Some(freq), Some(re), Some(im)] = needed else {
        if units.is_none() && !names.ended {
            return Ok(ZTable { columns: empty_columns(), is_cut: true, ..ZTable::default() });
        }
        return Err(ReadError::ColumnMissing {
            place: Place::Line(names.number),
            expected: "`Freq`, `Zreal` and `Zimag`".to_owned(),
            found: excerpt(&headers.join(", "), 400),
        });
    };
    check_columns(headers.len(), Place::Line(names.number))?;
    let units: Vec<&str> = units.map_or(Vec::new(), |line| {
        line.text.strip_prefix('\t').unwrap_or(line.text).split('\t').map(str::trim).collect()
    });
    let first: Vec<Line<'_>> = rows.clone().filter(|line| !line.text.trim().is_empty()).take(FIRST_ROWS).collect();
    let mark = detect_decimal_mark(first.iter().flat_map(|line| line.text.split(['\t', ' '])));
    let mut table = ZTable { mark: Some(mark), ..ZTable::default() };
    let mut columns = columns(&headers, &units, &first, mark);
    let needed = [(freq, "Hz"), (re, "Ohm"), (im, "Ohm")];
    let mut fields = Vec::with_capacity(headers.len());
    let mut blanks = 0_u64;
    for line in rows {
        if line.text.trim().is_empty() {
            continue;
        }
        split(line.text, headers.len(), &mut fields, &mut blanks);
        if let Err(error) = push(&line, &fields, &headers, &needed, &mut columns, mark) {
            table.is_cut |= !line.ended && matches!(error, ReadError::FieldCount { .. });
            if table.rejected.len() < LISTED_REJECTIONS {
                table.rejected.push(RejectedRow { block, error });
            } else {
                table.unlisted += 1;
            }
        } else if !line.ended {
            table.warnings.push(format!(
                "line {} has no line end: if the file was cut there, its last field `{}` may be too short",
                line.number,
                fields.last().copied().unwrap_or_default()
            ));
        }
    }
    if blanks > 0 {
        table.warnings.push(format!("{blanks} rows mix blanks and tabs: somebody edited the file"));
    }
    table.columns = columns;
    sensor(&mut table);
    Ok(table)
}

/// The columns that every spectrum has, without rows.
fn empty_columns() -> Vec<Column> {
    columns(&["Freq", "Zreal", "Zimag"], &["Hz", "ohm", "ohm"], &[], DecimalMark::Point)
}

fn columns(headers: &[&str], units: &[&str], first: &[Line<'_>], mark: DecimalMark) -> Vec<Column> {
    let mut is_number = vec![first.is_empty(); headers.len()];
    for line in first {
        let row = line.text.strip_prefix('\t').unwrap_or(line.text);
        for (is_number, cell) in is_number.iter_mut().zip(row.split('\t')) {
            *is_number |= parse_number(cell, mark).is_some();
        }
    }
    let mut columns: Vec<Column> = Vec::with_capacity(headers.len());
    for ((at, header), is_number) in headers.iter().enumerate().zip(is_number) {
        let Heading { mut name, unit, .. } = naming(header, units.get(at).copied().unwrap_or_default());
        let same = |name: &str| columns.iter().any(|column: &Column| column.name == *name);
        if same(&name) {
            name = (2..).map(|number| format!("{name}_{number}")).find(|name| !same(name)).unwrap_or_default();
        }
        let values = if is_number || unit.is_some() { Values::Number(Vec::new()) } else { Values::Text(Vec::new()) };
        columns.push(Column { name, unit, header: (*header).to_owned(), values });
    }
    columns
}

/// Splits a row at tabs; at any blank where that, and only that, gives the number of fields.
fn split<'a>(text: &'a str, expected: usize, fields: &mut Vec<&'a str>, blanks: &mut u64) {
    fields.clear();
    let row = text.strip_prefix('\t').unwrap_or(text);
    let row = if memchr_iter(b'\t', row.as_bytes()).count() == expected { row.trim_end_matches('\t') } else { row };
    fields.extend(row.split('\t'));
    if fields.len() != expected || fields.iter().any(|field| field.trim().contains(' ')) {
        let count = text.split_ascii_whitespace().count();
        if count == expected {
            fields.clear();
            fields.extend(text.split_ascii_whitespace());
            *blanks += 1;
        }
    }
}

/// Appends a row to the columns, or to none of them.
fn push(
    line: &Line<'_>,
    fields: &[&str],
    headers: &[&str],
    needed: &[(usize, &str)],
    columns: &mut [Column],
    mark: DecimalMark,
) -> Result<(), ReadError> {
    let place = Place::Line(line.number);
    if fields.len() != headers.len() {
        return Err(ReadError::FieldCount { place, expected: headers.len(), found: fields.len() });
    }
    for (done, (field, column)) in fields.iter().zip(columns.iter_mut()).enumerate() {
        let problem = match &mut column.values {
            Values::Text(words) => {
                words.push(field.trim().to_owned());
                None
            }
            Values::Number(values) => match parse_number(field, mark) {
                Some(value) => {
                    values.push(value);
                    doubt(place, done, value, needed, &column.header)
                }
                None => {
                    values.push(f64::NAN);
                    Some(ReadError::NotANumber {
                        place,
                        column: column.header.clone(),
                        unit: column.unit.clone().unwrap_or_else(|| "no unit".to_owned()),
                        found: excerpt(field, 40),
                    })
                }
            },
        };
        if let Some(error) = problem {
            columns[..=done].iter_mut().for_each(|column| match &mut column.values {
                Values::Text(words) => drop(words.pop()),
                Values::Number(values) => drop(values.pop()),
            });
            return Err(error);
        }
    }
    Ok(())
}

/// What makes a needed value impossible.
fn doubt(place: Place, at: usize, value: f64, needed: &[(usize, &str)], header: &str) -> Option<ReadError> {
    let which = needed.iter().position(|(column, _)| *column == at)?;
    let is_fine = if which == 0 { value > 0.0 && value.is_finite() } else { value.is_finite() };
    (!is_fine).then(|| ReadError::OutOfRange {
        place,
        column: header.to_owned(),
        unit: needed[which].1.to_owned(),
        value,
        expected: if which == 0 { "above 0" } else { "a finite number" }.to_owned(),
    })
}

/// Leaves out temperatures that no sensor measured.
fn sensor(table: &mut ZTable) {
    let Some(at) = table.columns.iter().position(|column| column.name == "temperature_c") else { return };
    let Values::Number(values) = &mut table.columns[at].values else { return };
    let first = values.first().copied();
    let is_real = |value: f64| SENSOR_C.contains(&value);
    if values.iter().all(|value| !is_real(*value)) || values.iter().all(|value| *value == 0.0) {
        if let Some(first) = first {
            table.warnings.push(format!(
                "no temperature sensor was connected (`Temp` starts at {first} °C): the column is left out"
            ));
        }
        table.columns.remove(at);
        return;
    }
    let mut doubtful = 0_usize;
    values.iter_mut().filter(|value| !is_real(**value) && !value.is_nan()).for_each(|value| {
        *value = f64::NAN;
        doubtful += 1;
    });
    if doubtful > 0 {
        table.warnings.push(format!("{doubtful} temperatures no sensor can read were left out"));
    }
}
