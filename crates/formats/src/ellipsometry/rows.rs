//! Numbers with their place, and columns, for all readers of ellipsometers' rows.

use std::collections::BTreeMap;

use crate::number::{DecimalMark, parse_number};
use crate::text::{Line, excerpt};
use crate::{Column, Measurement, Place, ReadError, Technique, Value, Values};

/// The number in a cell; NaN in an empty one.
///
/// # Errors
///
/// [`ReadError::NotANumber`] with the line and the column.
pub(super) fn number(line: u64, column: &str, unit: &str, cell: &str) -> Result<f64, ReadError> {
    // Nearly all cells are plain numbers; the general reader looks for blanks and for words first.
    match fast_float2::parse::<f64, _>(cell) {
        Ok(value) => Ok(value),
        Err(_) => parse_number(cell, DecimalMark::Point).ok_or_else(|| not_a_number(line, column, unit, cell)),
    }
}

/// The finite number that a row can't do without.
///
/// # Errors
///
/// [`ReadError::NotANumber`] also where the cell is empty or infinite.
pub(super) fn finite(line: u64, column: &str, unit: &str, cell: &str) -> Result<f64, ReadError> {
    let value = number(line, column, unit, cell)?;
    if value.is_finite() { Ok(value) } else { Err(not_a_number(line, column, unit, cell)) }
}

pub(super) fn not_a_number(line: u64, column: &str, unit: &str, cell: &str) -> ReadError {
    ReadError::NotANumber {
        place: Place::Line(line),
        column: column.to_owned(),
        unit: unit.to_owned(),
        found: excerpt(cell, 40),
    }
}

pub(super) fn field_count(line: u64, expected: usize, found: usize) -> ReadError {
    ReadError::FieldCount { place: Place::Line(line), expected, found }
}

/// Whether a line has nothing but blanks.
pub(super) fn is_blank(line: &Line<'_>) -> bool {
    line.text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// A column of numbers with its unit.
pub(super) fn numbers(name: &str, unit: &str, header: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        header: header.to_owned(),
        values: Values::Number(values),
    }
}

/// The same where it has a number; `None` for an empty column.
pub(super) fn some_numbers(name: &str, unit: &str, header: &str, values: Vec<f64>) -> Option<Column> {
    values.iter().any(|value| !value.is_nan()).then(|| numbers(name, unit, header, values))
}

/// A measurement without warnings.
pub(super) fn measurement(
    block: usize,
    technique: Technique,
    columns: Vec<Column>,
    metadata: BTreeMap<String, Value>,
) -> Measurement {
    let block = u32::try_from(block).unwrap_or(u32::MAX);
    Measurement { block, technique, columns, metadata, warnings: Vec::new() }
}

/// The distinct numbers of a column as text, in ascending order: `55, 60, 65`. `None` where there are too many
/// to list.
pub(super) fn distinct(values: &[f64]) -> Option<String> {
    const MOST: usize = 32;
    let mut known: Vec<f64> = Vec::new();
    for value in values {
        if known.last() != Some(value) && !value.is_nan() && !known.contains(value) {
            if known.len() == MOST {
                return None;
            }
            known.push(*value);
        }
    }
    known.sort_by(f64::total_cmp);
    let words: Vec<String> = known.iter().map(f64::to_string).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Notes the angles of incidence in the metadata.
pub(super) fn note_angles(measurement: &mut Measurement) {
    let angles = measurement.numbers("angle_of_incidence_deg").and_then(distinct);
    if let Some(angles) = angles {
        measurement.metadata.insert("angles_deg".to_owned(), Value::Text(angles));
    }
}

/// A text as metadata.
pub(super) fn text_value(text: &str) -> Value {
    Value::Text(text.to_owned())
}
