//! Splits the table of an EC-Lab file into measurements.
//!
//! A table with a frequency column is cut into spectra ([`super::spectra`]); its rows of frequency 0, and every row
//! of a table without one, are a record of potential and current against time ([`super::record`]).

use super::record::record;
use super::spectra::spectra;
use super::table::{Rows, Table};
use super::techniques::Impedance;
use crate::{Place, ReadError, Reading};

/// Turns a table into measurements.
///
/// `header` is where its columns are named, `place` gives the position of a row in the file.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] for a technique that records impedance without frequency, real and imaginary part,
/// and for any other without two of time, potential and current.
pub(crate) fn measurements<R: Rows>(
    table: Table<R>,
    header: Place,
    place: &dyn Fn(usize) -> Place,
    reading: Reading,
) -> Result<Reading, ReadError> {
    let has_frequency = table.headers.iter().any(|name| name == "freq/Hz");
    let is_impedance = table.technique.is_some_and(|technique| technique.impedance == Impedance::Always);
    if has_frequency || is_impedance { spectra(table, header, place, reading) } else { record(table, header, reading) }
}
