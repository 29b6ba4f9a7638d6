//! Turns the rows of an EC-Lab file other than impedance into one measurement: potential, current and charge against
//! time, with cycle and step as columns.
//!
//! Two quantities that EC-Lab's export computes, and a `.mpr` does not hold, are computed likewise, because pairs of
//! `.mpr` and `.mpt` show how: `control/V/mA` is the commanded current in mode 1, the potential in mode 2, and unused
//! in mode 3 (rest); `<I>` is the charge `dq` of a row over the time since the row before.
//!
//! Not supported: `cycle number` where the file has only `half cycle`; the definition of a cycle is chosen at export.

use std::collections::BTreeMap;
use std::ops::Range;

use super::naming::{naming_in_record, reference_in_header};
use super::table::{Rows, Table, columns, unique_names};
use crate::{Column, Measurement, Place, ReadError, Reading, Technique, Value, Values};

/// The metadata `method` of rows of frequency 0 in a file of impedance.
const DIRECT_CURRENT: &str = "direct_current";

/// Reads a table without frequencies as one measurement.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] without two of time, potential and current.
pub(super) fn record<R: Rows>(table: Table<R>, header: Place, mut reading: Reading) -> Result<Reading, ReadError> {
    reading.rejected.append(0, table.bad);
    let namings = unique_names(&table.headers, |at| table.rows.is_text(at), |_| true, naming_in_record);
    let names: Vec<&str> = namings.iter().map(|naming| naming.name.as_str()).collect();
    if !has_needed(&names) {
        return Err(ReadError::ColumnMissing {
            place: header,
            expected: Technique::Electrochemistry.needs_in_words().to_owned(),
            found: table.headers.join(", "),
        });
    }
    let columns = columns(table.rows.into_values(), &table.headers, &namings);
    let mut metadata = table.metadata;
    metadata.extend(table.record_metadata);
    if let Some(technique) = table.technique {
        metadata.insert("method".to_owned(), Value::Text(technique.method.to_owned()));
    }
    if let Some(words) = table.incomplete {
        metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    add(columns, metadata, &mut reading);
    Ok(reading)
}

/// Adds the rows of frequency 0 of a file of impedance as a measurement after its spectra.
pub(super) fn direct_current<R: Rows>(table: Table<R>, runs: &[Range<usize>], reading: &mut Reading) {
    if runs.is_empty() {
        return;
    }
    let values = table.rows.take(runs);
    // Two columns may claim a name, one of which is filled in rows of impedance only.
    let is_filled = |at: usize| match values.get(at) {
        Some(Values::Number(values)) => values.iter().any(|value| *value != 0.0 && !value.is_nan()),
        Some(Values::Text(_)) => true,
        None => false,
    };
    let filled: Vec<bool> = (0..values.len()).map(is_filled).collect();
    let namings = unique_names(&table.headers, |at| table.rows.is_text(at), |at| filled[at], naming_in_record);
    let columns = columns(values, &table.headers, &namings);
    let mut filled = filled.into_iter();
    let columns: Vec<Column> =
        columns.into_iter().filter(|column| filled.next().unwrap_or(false) || is_of_table(&column.name)).collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if !has_needed(&names) {
        return;
    }
    let mut metadata = table.metadata;
    metadata.extend(table.record_metadata);
    let method = match table.technique {
        Some(technique) if technique.impedance == super::techniques::Impedance::Sometimes => technique.method,
        _ => DIRECT_CURRENT,
    };
    metadata.insert("method".to_owned(), Value::Text(method.to_owned()));
    add(columns, metadata, reading);
}

fn has_needed(names: &[&str]) -> bool {
    Technique::Electrochemistry.needs().iter().all(|group| group.iter().any(|name| names.contains(name)))
}

/// Whether a column is one of the table's in which a zero is still a value.
fn is_of_table(name: &str) -> bool {
    ["time_s", "potential_v", "current_a", "charge_mah", "cycle", "step"].contains(&name)
}

fn add(mut columns: Vec<Column>, mut metadata: BTreeMap<String, Value>, reading: &mut Reading) {
    controls(&mut columns);
    if let Some(current) = current_of_charge(&columns) {
        columns.push(current);
        let from = Value::Text("charge and time of each row".to_owned());
        metadata.insert("current_computed_from".to_owned(), from);
    }
    if let Some(reference) = potential_reference(&columns, &metadata) {
        metadata.insert("potential_reference".to_owned(), Value::Text(reference));
    }
    reading.measurements.push(Measurement {
        block: reading.measurements.len() as u32,
        technique: Technique::Electrochemistry,
        columns,
        metadata,
        warnings: Vec::new(),
    });
}

/// The reference of the potential: as its header states, or the reference electrode of the settings.
fn potential_reference(columns: &[Column], metadata: &BTreeMap<String, Value>) -> Option<String> {
    let header = &columns.iter().find(|column| column.name == "potential_v")?.header;
    if let Some(reference) = reference_in_header(header) {
        return Some(reference.to_owned());
    }
    if header.contains("Ecell") {
        return Some("counter electrode".to_owned());
    }
    match metadata.get("reference_electrode") {
        Some(Value::Text(name)) => Some(name.clone()),
        _ => None,
    }
}

fn numbers(columns: &[Column], is: impl Fn(&Column) -> bool) -> Option<&[f64]> {
    columns.iter().find(|column| is(column)).and_then(|column| match &column.values {
        Values::Number(values) => Some(values.as_slice()),
        Values::Text(_) => None,
    })
}

/// Splits `control/V/mA` into potential and current, by the mode of each row.
///
/// An export has the parts, too, with 0 where the other one is controlled: these zeros are not setpoints.
fn controls(columns: &mut Vec<Column>) {
    const EITHER: &str = "control/V/mA";
    let control = numbers(columns, |column| column.header == EITHER);
    let mode = numbers(columns, |column| column.header == "mode");
    let (Some(control), Some(mode)) = (control, mode) else { return };
    let parts = [("control_potential_v", "V", 2.0, 1.0), ("control_current_a", "A", 1.0, 1000.0)];
    let parts = parts.map(|(name, unit, wanted, divisor)| {
        let values = control.iter().zip(mode);
        #[expect(clippy::float_cmp, reason = "the mode is a code, stored exactly")]
        let values = values.map(|(value, mode)| if *mode == wanted { value / divisor } else { f64::NAN });
        column(name, unit, EITHER, values.collect())
    });
    for part in parts {
        match columns.iter_mut().find(|column| column.name == part.name) {
            Some(column) => column.values = part.values,
            None => columns.push(part),
        }
    }
}

/// The current (A) that follows from the charge of each row, where the file has no current.
fn current_of_charge(columns: &[Column]) -> Option<Column> {
    const MILLIAMPERE_SECONDS: f64 = 3600.0;
    if columns.iter().any(|column| column.name == "current_a") {
        return None;
    }
    let charge = numbers(columns, |column| column.header == "dq/mA.h")?;
    let time = numbers(columns, |column| column.name == "time_s")?;
    // The row before the first is unknown; EC-Lab exports a current of 0 for the first.
    let mut before = f64::NAN;
    let currents = time.iter().zip(charge).map(|(time, charge)| {
        let elapsed = time - std::mem::replace(&mut before, *time);
        if elapsed > 0.0 { charge * MILLIAMPERE_SECONDS / elapsed / 1000.0 } else { f64::NAN }
    });
    Some(column("current_a", "A", "dq/mA.h, time/s", currents.collect()))
}

fn column(name: &str, unit: &str, header: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        header: header.to_owned(),
        values: Values::Number(values),
    }
}
