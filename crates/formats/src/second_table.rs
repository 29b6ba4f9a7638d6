//! A second table below the first, with columns, units or signs of its own: its rows would be read by a header that is not theirs.

use crate::column::interpret_for;
use crate::{Measurement, ReadError, Reading, Technique};

/// The error where a rejected row is the header of a further table.
///
/// A repeated header, equal to the first, begins a measurement of its own, and is never rejected.
pub(crate) fn refuse_second_table(reading: &Reading) -> Result<(), ReadError> {
    for row in &reading.rejected {
        let technique = |measurement: &Measurement| measurement.technique;
        let of_block = reading.measurements.iter().find(|measurement| measurement.block == row.block);
        let Some(technique) = of_block.or(reading.measurements.first()).map(technique) else { continue };
        if let ReadError::NotANumber { place, found, .. } = &row.error
            && is_header(technique, found)
        {
            let found = format!("a second header with `{found}`: save each table as a file of its own");
            return Err(ReadError::malformed(*place, "one table with one header", found));
        }
    }
    Ok(())
}

/// Whether a cell is the header of a known column of the technique.
fn is_header(technique: Technique, cell: &str) -> bool {
    let heading = interpret_for(technique, cell);
    // A word such as `I` or `re` may be anything: a header has a unit, or several letters.
    let is_word = cell.chars().filter(|c| c.is_alphabetic()).count() > 2;
    is_word
        && heading.unit.is_some()
        && aldb_schema::table(technique.table())
            .is_some_and(|table| table.columns.iter().any(|column| column.name == heading.name))
}
