//! Makes rows of fact tables from the result of an adapter.

use std::sync::Arc;

use aldb_formats::{Measurement, NOT_STATED, Value, Values, not_stored};
use aldb_schema::ColumnType;
use arrow::array::{
    Array as _, ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use serde_json::Map;

use crate::link::Link;
use crate::report::counted;
use crate::rows::{Cell, Rows};

/// A measurement's id: 128 bits of the hash of its file's id and its position in the file.
pub(crate) fn measurement_id(file_id: &str, block: u32) -> String {
    aldb_lake::file_id(format!("{file_id}/{block}").as_bytes())[..32].to_owned()
}

/// The rows of a measurement for its table.
pub(crate) struct Facts {
    /// `None` if the lake has no table for them.
    pub(crate) rows: Option<RecordBatch>,
    /// Rows left out.
    pub(crate) n_left_out: usize,
    /// The rows left out and the reasons, for people.
    pub(crate) notes: Vec<String>,
}

impl Facts {
    pub(crate) fn n_rows(&self) -> usize {
        self.rows.as_ref().map_or(0, RecordBatch::num_rows)
    }
}

/// The file of a measurement, the adapter that read it, and the batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) file_id: &'a str,
    pub(crate) adapter: &'a str,
    pub(crate) adapter_version: u32,
    pub(crate) batch: i64,
    /// What the reader saw in the file and did not take.
    pub(crate) not_read: &'a [String],
    /// Whether the file was still growing.
    pub(crate) is_growing: bool,
}

/// Adds the row of a measurement to `measurements`.
pub(crate) fn push_measurement(
    measurements: &mut Rows,
    facts: &Facts,
    measurement: &Measurement,
    id: &str,
    origin: Origin<'_>,
    link: Link,
) {
    let Origin { file_id, adapter, adapter_version, batch, not_read, is_growing } = origin;
    let not_read: Vec<String> = not_read.iter().cloned().chain(not_stored(measurement)).collect();
    let metadata = metadata(measurement);
    let warnings: Vec<String> = measurement.warnings.iter().chain(&facts.notes).cloned().collect();
    measurements.push([
        ("measurement_id", id.into()),
        ("file_id", file_id.into()),
        ("block", i64::from(measurement.block).into()),
        ("technique", measurement.technique.name().into()),
        ("fact_table", measurement.technique.table().into()),
        ("adapter", adapter.into()),
        ("adapter_version", i64::from(adapter_version).into()),
        ("n_points", Cell::Whole(facts.n_rows() as i64)),
        ("started_at", metadata.get("started_at").and_then(serde_json::Value::as_str).into()),
        ("measured_at", link.measured_at.map_or(Cell::Null, Cell::Time)),
        ("measured_at_source", link.measured_at_source.into()),
        ("path", link.path.into()),
        ("incomplete", is_growing.into()),
        ("sample_label", link.sample_label.into()),
        ("sample_id", link.sample_id.into()),
        ("run_id", link.run_id.into()),
        ("recipe_id", link.recipe_id.into()),
        ("dot", link.dot.into()),
        ("electrode_area_cm2", link.electrode_area_cm2.into()),
        ("electrode_area_err_cm2", link.electrode_area_err_cm2.into()),
        ("temperature_c", link.temperature_c.into()),
        ("nominal_temperature_c", link.nominal_temperature_c.into()),
        ("repeat", link.repeat.into()),
        ("tags", link.tags.into()),
        ("link_note", link.note.into()),
        ("link_warnings", link.warnings.into()),
        ("metadata", serde_json::Value::Object(metadata).to_string().into()),
        ("warnings", lines(&warnings).into()),
        ("not_read", lines(&not_read).into()),
        ("batch", batch.into()),
    ]);
}

/// The rows of a measurement. A row without a required value of its table is left out; a value that is not of its
/// column's type is null. Both are in the notes.
pub(crate) fn facts(measurement: &Measurement, id: &str, link: &Link, batch: i64) -> Result<Facts, ArrowError> {
    let n = measurement.n_points();
    let Some(table) = aldb_schema::table(measurement.technique.table()) else {
        let note =
            format!("the lake has no table `{}`: the rows stay in the archived file", measurement.technique.table());
        return Ok(Facts { rows: None, n_left_out: n, notes: vec![note] });
    };
    let words = |value: Option<&str>| Arc::new(StringArray::from(vec![value; n])) as ArrayRef;
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(table.columns.len());
    let (mut complete, mut notes) = (vec![true; n], Vec::new());
    for column in &table.columns {
        columns.push(match column.name.as_str() {
            "measurement_id" => words(Some(id)),
            "sample_id" => words(link.sample_id.as_deref()),
            "run_id" => words(link.run_id.as_deref()),
            "recipe_id" => words(link.recipe_id.as_deref()),
            "point" => Arc::new((0..n).map(|point| i32::try_from(point).ok()).collect::<Int32Array>()),
            "batch" => Arc::new(Int64Array::from(vec![batch; n])),
            name => {
                let values = values(measurement, column, n, &mut notes);
                if !column.nullable && values.null_count() > 0 {
                    notes.push(left_out(values.null_count(), "row", &format!("no value of `{name}`")));
                    for (row, complete) in complete.iter_mut().enumerate() {
                        *complete &= values.is_valid(row);
                    }
                }
                values
            }
        });
    }
    let schema = table.arrow_schema();
    let n_left_out = complete.iter().filter(|complete| !**complete).count();
    if n_left_out == 0 {
        return Ok(Facts { rows: Some(RecordBatch::try_new(schema, columns)?), n_left_out, notes });
    }
    // Null is not allowed where the schema forbids it, so the rows are selected before the schema is applied.
    let loose = RecordBatch::try_from_iter_with_nullable(
        table.columns.iter().zip(columns).map(|(column, array)| (column.name.as_str(), array, true)),
    )?;
    let picked = filter_record_batch(&loose, &complete.into())?;
    Ok(Facts { rows: Some(RecordBatch::try_new(schema, picked.columns().to_vec())?), n_left_out, notes })
}

fn left_out(n: usize, what: &str, why: &str) -> String {
    let verb = if n == 1 { "is" } else { "are" };
    format!("{} {verb} left out: {why}", counted(n, what))
}

/// The measurement's values of a column: those of its rows, or the one of its settings, or none.
fn values(measurement: &Measurement, column: &aldb_schema::Column, n: usize, notes: &mut Vec<String>) -> ArrayRef {
    let name = column.name.as_str();
    let is_setting = measurement.technique.constants().contains(&name);
    let setting = is_setting.then(|| measurement.metadata.get(name)).flatten();
    let read = measurement.columns.iter().find(|read| read.name == name).map(|read| &read.values);
    if column.column_type == ColumnType::String {
        let constant = match setting {
            Some(Value::Text(text)) if text != NOT_STATED => Some(text.as_str()),
            _ => None,
        };
        return Arc::new(match read {
            Some(Values::Text(words)) => {
                words.iter().map(|word| Some(word.as_str()).filter(|w| !w.is_empty())).collect()
            }
            // Names may be numbers: `7` is read as a number and becomes `7` again.
            Some(Values::Number(numbers)) => {
                numbers.iter().map(|number| number.is_finite().then(|| number.to_string())).collect()
            }
            _ => StringArray::from(vec![constant; n]),
        });
    }
    let constant = match setting {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    let number = |row: usize| match read {
        Some(Values::Number(numbers)) => numbers.get(row).copied().filter(|number| number.is_finite()),
        _ => constant,
    };
    // A counter is a whole number.
    let whole = |row: usize| number(row).filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    let array: ArrayRef = match column.column_type {
        ColumnType::Float64 => Arc::new((0..n).map(number).collect::<Float64Array>()),
        ColumnType::Int64 => Arc::new((0..n).map(|row| whole(row).map(|n| n as i64)).collect::<Int64Array>()),
        ColumnType::Int32 => {
            let narrow = |row| whole(row).filter(|n| n.abs() <= f64::from(i32::MAX)).map(|n| n as i32);
            Arc::new((0..n).map(narrow).collect::<Int32Array>())
        }
        _ => new_null_array(column.field().data_type(), n),
    };
    match read {
        Some(Values::Text(words)) if constant.is_none() => {
            let n_words = words.iter().filter(|word| !word.is_empty()).count();
            if n_words > 0 {
                notes.push(left_out(n_words, "value", &format!("expected numbers in `{name}`, found text")));
            }
        }
        _ => {
            let n_odd = (0..n).filter(|row| number(*row).is_some() && array.is_null(*row)).count();
            if n_odd > 0 {
                let expected =
                    format!("expected {} in `{name}`", if n_odd == 1 { "a whole number" } else { "whole numbers" });
                notes.push(left_out(n_odd, "value", &expected));
            }
        }
    }
    array
}

/// The metadata as a JSON object.
pub(crate) fn metadata(measurement: &Measurement) -> Map<String, serde_json::Value> {
    let json = |value: &Value| serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
    measurement.metadata.iter().map(|(name, value)| (name.clone(), json(value))).collect()
}

/// One statement per line; `None` if there are none.
pub(crate) fn lines(statements: &[String]) -> Option<String> {
    (!statements.is_empty()).then(|| statements.join("\n"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aldb_formats::{Column, Technique};

    use super::*;

    fn made_of(technique: Technique, columns: Vec<(&str, Values)>) -> Facts {
        let column = |(name, values): (&str, Values)| Column {
            name: name.to_owned(),
            unit: None,
            header: name.to_owned(),
            values,
        };
        let columns = columns.into_iter().map(column).collect();
        let measurement = Measurement { block: 0, technique, columns, metadata: BTreeMap::new(), warnings: Vec::new() };
        facts(&measurement, "m", &Link::default(), 1).unwrap()
    }

    #[test]
    fn a_row_without_a_required_value_is_left_out_with_a_note() {
        let numbers = |third: f64| Values::Number(vec![1.0, 2.0, third]);
        let columns = vec![("frequency_hz", numbers(f64::NAN)), ("z_re_ohm", numbers(3.0)), ("z_im_ohm", numbers(3.0))];
        let facts = made_of(Technique::ImpedanceSpectroscopy, columns);
        assert_eq!((facts.rows.unwrap().num_rows(), facts.n_left_out), (2, 1));
        assert_eq!(facts.notes, ["1 row is left out: no value of `frequency_hz`"]);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_null_with_a_note() {
        let text = |words: [&str; 3]| Values::Text(words.map(str::to_owned).to_vec());
        let columns = vec![
            ("time_s", Values::Number(vec![0.0, 1.0, 2.0])),
            ("cycle", Values::Number(vec![1.0, 1.0, 1.5])),
            ("step", text(["rest", "", "charge"])),
        ];
        let facts = made_of(Technique::Electrochemistry, columns);
        assert_eq!((facts.rows.unwrap().num_rows(), facts.n_left_out), (3, 0));
        let expected = [
            "1 value is left out: expected a whole number in `cycle`",
            "2 values are left out: expected numbers in `step`, found text",
        ];
        assert_eq!(facts.notes, expected);
    }
}
