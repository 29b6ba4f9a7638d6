//! Columns of record batches as text and numbers, with errors that name them.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use crate::FigureError;

/// A column that a figure reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// What it holds, for errors: `a number in Ohm`, `text`.
    pub(crate) holds: &'static str,
}

/// Text of every row of every batch.
///
/// # Errors
///
/// [`FigureError::MissingColumn`], [`FigureError::WrongType`].
pub(crate) fn text(batches: &[RecordBatch], column: Column) -> Result<Vec<Option<String>>, FigureError> {
    read(batches, column, |array| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().iter().map(owned).collect(),
            DataType::LargeUtf8 => array.as_string::<i64>().iter().map(owned).collect(),
            DataType::Utf8View => array.as_string_view().iter().map(owned).collect(),
            DataType::Null => vec![None; array.len()],
            _ => return None,
        })
    })
}

/// Numbers of every row of every batch; NaN and infinities become null.
///
/// # Errors
///
/// [`FigureError::MissingColumn`], [`FigureError::WrongType`].
pub(crate) fn numbers(batches: &[RecordBatch], column: Column) -> Result<Vec<Option<f64>>, FigureError> {
    let values = read(batches, column, |array| {
        macro_rules! as_f64 {
            ($type:ty) => {
                array.as_primitive::<$type>().iter().map(|value| value.map(|value| value as f64)).collect()
            };
        }
        Some(match array.data_type() {
            DataType::Float64 => as_f64!(Float64Type),
            DataType::Float32 => as_f64!(Float32Type),
            DataType::Int8 => as_f64!(Int8Type),
            DataType::Int16 => as_f64!(Int16Type),
            DataType::Int32 => as_f64!(Int32Type),
            DataType::Int64 => as_f64!(Int64Type),
            DataType::UInt8 => as_f64!(UInt8Type),
            DataType::UInt16 => as_f64!(UInt16Type),
            DataType::UInt32 => as_f64!(UInt32Type),
            DataType::UInt64 => as_f64!(UInt64Type),
            DataType::Null => vec![None; array.len()],
            _ => return None,
        })
    })?;
    Ok(values.into_iter().map(|value: Option<f64>| value.filter(|value| value.is_finite())).collect())
}

/// Truth values of every row of every batch; null is false.
///
/// # Errors
///
/// [`FigureError::MissingColumn`], [`FigureError::WrongType`].
pub(crate) fn flags(batches: &[RecordBatch], column: Column) -> Result<Vec<bool>, FigureError> {
    read(batches, column, |array| {
        let flags = array.as_boolean_opt()?;
        Some(flags.iter().map(|flag| flag.unwrap_or(false)).collect())
    })
}

/// The same for a column that may be missing: then every row has null.
pub(crate) fn optional<T: Clone + Default>(
    batches: &[RecordBatch],
    column: Column,
    read: impl Fn(&[RecordBatch], Column) -> Result<Vec<T>, FigureError>,
) -> Result<Vec<T>, FigureError> {
    let mut rows = Vec::new();
    for batch in batches {
        match batch.column_by_name(column.name) {
            Some(_) => rows.extend(read(std::slice::from_ref(batch), column)?),
            None => rows.extend(vec![T::default(); batch.num_rows()]),
        }
    }
    Ok(rows)
}

fn read<T>(
    batches: &[RecordBatch],
    column: Column,
    convert: impl Fn(&dyn Array) -> Option<Vec<T>>,
) -> Result<Vec<T>, FigureError> {
    let mut rows = Vec::new();
    for batch in batches {
        let array = batch.column_by_name(column.name).ok_or_else(|| FigureError::MissingColumn {
            column: column.name,
            expected: column.holds,
            found: listed(batch),
        })?;
        let values = convert(array.as_ref()).ok_or_else(|| FigureError::WrongType {
            column: column.name,
            expected: column.holds,
            found: array.data_type().to_string(),
        })?;
        rows.extend(values);
    }
    Ok(rows)
}

fn listed(batch: &RecordBatch) -> String {
    let schema = batch.schema();
    let names: Vec<String> = schema.fields().iter().map(|field| format!("`{}`", field.name())).collect();
    if names.is_empty() { "no columns".to_owned() } else { names.join(", ") }
}
