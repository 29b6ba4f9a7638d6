//! Limits what a small file can make a reading repeat.
//!
//! The settings of a file go into every measurement of it. A file of many tiny spectra below a huge header
//! would take unlimited memory; no instrument writes such files.

use std::collections::BTreeMap;

use crate::{Place, ReadError, Value};

/// Bytes of settings that a reading may hold in all: thousands of spectra with usual settings.
const LARGEST_BYTES: usize = 256 << 20;

/// Columns of a table. EC-Lab writes at most 500.
pub(crate) const MOST_COLUMNS: usize = 1000;

/// Checks the settings and headers that `measurements` measurements would repeat.
///
/// # Errors
///
/// [`ReadError::Malformed`] when they would take more memory than any real file.
pub(crate) fn check(
    metadata: &BTreeMap<String, Value>,
    headers: impl Iterator<Item = usize>,
    measurements: usize,
    place: Place,
) -> Result<(), ReadError> {
    // What the maps, names and vectors of one entry take besides its text.
    const ENTRY: usize = 100;
    let settings = metadata.iter().map(|(name, value)| {
        ENTRY
            + name.len()
            + match value {
                Value::Text(text) => text.len(),
                Value::Number(_) | Value::Flag(_) => 0,
            }
    });
    let each: usize = settings.chain(headers.map(|bytes| ENTRY + 2 * bytes)).sum();
    let most = LARGEST_BYTES / each.max(1);
    if measurements > most.max(1) {
        let expected = format!("at most {most} spectra below settings of {each} bytes");
        return Err(ReadError::malformed(place, expected, measurements.to_string()));
    }
    Ok(())
}

/// Checks the number of columns.
///
/// # Errors
///
/// [`ReadError::Malformed`] above [`MOST_COLUMNS`].
pub(crate) fn check_columns(columns: usize, place: Place) -> Result<(), ReadError> {
    if columns > MOST_COLUMNS {
        let expected = format!("at most {MOST_COLUMNS} columns");
        return Err(ReadError::malformed(place, expected, columns.to_string()));
    }
    Ok(())
}
