//! The form in which a job's rows are stored: the columns of the table's schema, with the versions of job and input.

use std::collections::HashMap;
use std::sync::Arc;

use aldb_lake::{LakeError, Snapshot};
use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use arrow::row::OwnedRow;
use datafusion::common::ScalarValue;

use super::job::Job;
use super::shape::INPUT_HASH;
use crate::QueryError;
use crate::keyed::{Keys, difference, values};

/// Name of the column with the version of the job.
pub(super) const JOB_VERSION: &str = "job_version";

/// The job's rows as its table stores them.
pub(super) fn complete(
    job: &Job,
    rows: Vec<RecordBatch>,
    fingerprints: &[RecordBatch],
) -> Result<Vec<RecordBatch>, QueryError> {
    let mut keys = Keys::new(&job.key);
    let mut hash_of_key: HashMap<OwnedRow, String> = HashMap::new();
    for batch in fingerprints {
        let hashes = text(batch, INPUT_HASH);
        for (place, row) in keys.rows(batch).map_err(job.failed())?.into_iter().enumerate() {
            hash_of_key.insert(row, hashes.value(place).to_owned());
        }
    }
    let mut completed = Vec::with_capacity(rows.len());
    for batch in rows.into_iter().filter(|batch| batch.num_rows() > 0) {
        let rows = keys.rows(&batch).map_err(job.failed())?;
        let hashes: StringArray = rows.iter().map(|row| hash_of_key.get(row).map(String::as_str)).collect();
        let versions = StringArray::from(vec![job.version.as_str(); batch.num_rows()]);
        let own: [(&str, ArrayRef); 2] = [(JOB_VERSION, Arc::new(versions)), (INPUT_HASH, Arc::new(hashes))];
        completed.push(stored_form(job, &batch, own)?);
    }
    Ok(completed)
}

fn stored_form(job: &Job, batch: &RecordBatch, own: [(&str, ArrayRef); 2]) -> Result<RecordBatch, QueryError> {
    let mismatch = |found: String| QueryError::Result { job: job.name.clone(), found };
    let schema = match aldb_schema::table(&job.name) {
        Some(described) => described.arrow_schema(),
        None => {
            let fields = batch.schema_ref().fields().iter().map(|field| storable(field));
            let own = own.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, false));
            Arc::new(Schema::new(fields.chain(own).collect::<Vec<_>>()))
        }
    };
    if let Some(extra) = batch.schema_ref().fields().iter().find(|field| schema.field_with_name(field.name()).is_err())
    {
        let known = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
        return Err(mismatch(format!(
            "column `{}` of the result is not in schemas/{}.toml: expected {known}",
            extra.name(),
            job.name
        )));
    }
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let own = own.iter().find(|(name, _)| name == field.name()).map(|(_, array)| array);
        let array = match own.or_else(|| batch.column_by_name(field.name())) {
            Some(array) => array.clone(),
            // A query of the lake may be older than a column of the table.
            None if field.is_nullable() => new_null_array(field.data_type(), batch.num_rows()),
            None => {
                return Err(mismatch(format!("expected a column `{}` in the result, found none", field.name())));
            }
        };
        let array = cast(&array, field.data_type()).map_err(job.failed())?;
        // Nulls are only in the row of a key whose query failed.
        arrays.push(if field.is_nullable() { array } else { nulls_to_default(array).map_err(job.failed())? });
    }
    RecordBatch::try_new(schema, arrays).map_err(job.failed())
}

/// Nulls become 0, the empty string or false.
fn nulls_to_default(array: ArrayRef) -> Result<ArrayRef, ArrowError> {
    if array.null_count() == 0 {
        return Ok(array);
    }
    let default = ScalarValue::new_default(array.data_type()).and_then(|value| value.to_array());
    let default = default.map_err(|error| ArrowError::ComputeError(error.to_string()))?;
    let present = arrow::compute::is_not_null(&array)?;
    arrow::compute::kernels::zip::zip(&present, &array, &arrow::array::Scalar::new(default))
}

/// A type that Delta Lake can store: it has neither unsigned integers nor nanoseconds.
fn storable(field: &Field) -> Field {
    let data_type = match field.data_type() {
        DataType::UInt8 | DataType::UInt16 | DataType::Int8 | DataType::Int16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        other => other.clone(),
    };
    Field::new(field.name(), data_type, true).with_metadata(field.metadata().clone())
}

/// Differences between a job's rows and those that its table contains: the rows that only the job gives, and those only
/// stored. `None` if the table has different columns.
pub(super) async fn differences(
    snapshot: &Snapshot,
    job: &Job,
    rows: &[RecordBatch],
) -> Result<Option<(Vec<RecordBatch>, Vec<RecordBatch>)>, QueryError> {
    let stored = snapshot.version(&job.name).is_some();
    let schema = match rows.first() {
        Some(batch) => batch.schema(),
        None if stored => snapshot.schema(&job.name).await?,
        None => return Ok(Some((Vec::new(), Vec::new()))),
    };
    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let stored = match stored {
        false => Vec::new(),
        true => match snapshot.read(&job.name, &names, None).await {
            Ok(stored) => conform(&schema, stored).map_err(job.failed())?,
            Err(LakeError::Query { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        },
    };
    difference(&columns, rows, &stored).map(Some).map_err(job.failed())
}

/// Rows in the columns and types of a schema.
pub(super) fn conform(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
    batches
        .into_iter()
        .map(|batch| {
            let columns = schema.fields().iter().map(|field| {
                let array = batch.column(batch.schema_ref().index_of(field.name())?);
                cast(array, field.data_type())
            });
            RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?)
        })
        .collect()
}

/// A column of text; empty strings if there is no such column.
pub(super) fn text(batch: &RecordBatch, column: &str) -> StringArray {
    batch
        .column_by_name(column)
        .and_then(|array| array.as_string_opt::<i32>().cloned())
        .unwrap_or_else(|| StringArray::from(vec![""; batch.num_rows()]))
}

/// The key of a row for people: `sample_id=LBO-17 dot=1`.
pub(super) fn format_key(batch: &RecordBatch, key: &[String], row: usize) -> Result<String, ArrowError> {
    let values = values(key.iter().filter_map(|column| batch.column_by_name(column)), row)?;
    let parts = key.iter().zip(values).map(|(column, value)| format!("{column}={value}"));
    Ok(parts.collect::<Vec<_>>().join(" "))
}
