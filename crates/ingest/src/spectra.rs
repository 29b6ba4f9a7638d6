//! From what an adapter read to rows of fact tables.

use std::sync::Arc;

use aldb_formats::{Measurement, NOT_STATED, Value, Values};
use aldb_schema::{ColumnType, Table};
use arrow::array::{
    Array as _, ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use serde_json::Map;

use crate::link::Link;

/// A measurement's id: 128 bits of the hash of its file's id and its place in the file.
pub(crate) fn measurement_id(file_id: &str, block: u32) -> String {
    aldb_lake::file_id(format!("{file_id}/{block}").as_bytes())[..32].to_owned()
}

/// The rows of a measurement, and how many were left out because a value that must be there is not.
pub(crate) fn facts(
    table: &Table,
    measurement: &Measurement,
    id: &str,
    link: &Link,
    batch: i64,
) -> Result<(RecordBatch, usize), ArrowError> {
    let n = measurement.n_points();
    let words = |value: Option<&str>| Arc::new(StringArray::from(vec![value; n])) as ArrayRef;
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(table.columns.len());
    let mut complete = vec![true; n];
    for column in &table.columns {
        columns.push(match column.name.as_str() {
            "measurement_id" => words(Some(id)),
            "sample_id" => words(link.sample_id.as_deref()),
            "run_id" => words(link.run_id.as_deref()),
            "recipe_id" => words(link.recipe_id.as_deref()),
            "point" => Arc::new((0..n).map(|point| i32::try_from(point).ok()).collect::<Int32Array>()),
            "batch" => Arc::new(Int64Array::from(vec![batch; n])),
            _ => {
                let values = values(measurement, column, n);
                if !column.nullable {
                    for (row, complete) in complete.iter_mut().enumerate() {
                        *complete &= values.is_valid(row);
                    }
                }
                values
            }
        });
    }
    let schema = table.arrow_schema();
    let left_out = complete.iter().filter(|complete| !**complete).count();
    if left_out == 0 {
        return Ok((RecordBatch::try_new(schema, columns)?, 0));
    }
    // Null must not stand where the schema forbids it, so the rows are picked before the schema is put on.
    let loose = RecordBatch::try_from_iter_with_nullable(
        table.columns.iter().zip(columns).map(|(column, array)| (column.name.as_str(), array, true)),
    )?;
    let picked = filter_record_batch(&loose, &complete.into())?;
    Ok((RecordBatch::try_new(schema, picked.columns().to_vec())?, left_out))
}

/// The measurement's values of a column: those of its rows, or the one of its settings, or none.
fn values(measurement: &Measurement, column: &aldb_schema::Column, n: usize) -> ArrayRef {
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
            // Names may be numbers: `7` is read as one, and is `7` again.
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
    // Counters are whole; anything else in their place is no counter.
    let whole = |row: usize| number(row).filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    match column.column_type {
        ColumnType::Float64 => Arc::new((0..n).map(number).collect::<Float64Array>()),
        ColumnType::Int64 => Arc::new((0..n).map(|row| whole(row).map(|n| n as i64)).collect::<Int64Array>()),
        ColumnType::Int32 => {
            let narrow = |row| whole(row).filter(|n| n.abs() <= f64::from(i32::MAX)).map(|n| n as i32);
            Arc::new((0..n).map(narrow).collect::<Int32Array>())
        }
        _ => new_null_array(column.field().data_type(), n),
    }
}

/// The metadata as a JSON object.
pub(crate) fn metadata(measurement: &Measurement) -> Map<String, serde_json::Value> {
    let json = |value: &Value| serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
    measurement.metadata.iter().map(|(name, value)| (name.clone(), json(value))).collect()
}

/// Statements one a line; `None` where there is none.
pub(crate) fn lines(statements: &[String]) -> Option<String> {
    (!statements.is_empty()).then(|| statements.join("\n"))
}
