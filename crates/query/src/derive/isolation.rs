//! Runs a job's query for some keys, and finds the keys for which it fails: one bad key does not affect the others.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use super::job::Job;
use super::shape::Shape;
use super::stored::format_key;
use crate::codes::FailureCode;
use crate::{QueryError, Session};

/// Failing keys beyond which the query is at fault, not the keys.
const MAX_FAILING_KEYS: usize = 20;

/// Name of the column with the codes of a row's reasons.
const REASON_CODE: &str = "reason_code";

/// Rows of a job, and the keys whose row only states that the query failed.
pub(super) struct Computed {
    pub(super) rows: Vec<RecordBatch>,
    /// Each failing key with the message.
    pub(super) failed_keys: Vec<String>,
}

/// The job's rows for these keys, or for all keys of its input. `keys` are those to try one by one if the query fails
/// for all of them together.
pub(super) async fn compute(
    session: &Session,
    job: &Job,
    shape: &Shape,
    restricted: Option<&RecordBatch>,
    keys: &RecordBatch,
) -> Result<Computed, QueryError> {
    match session.collect(shape.rows(restricted).map_err(job.failed())?).await {
        Ok(rows) => Ok(Computed { rows, failed_keys: Vec::new() }),
        Err(error) => by_halves(session, job, shape, keys, error).await,
    }
}

/// Runs a query that failed for all keys together on halves of them, down to single keys. A key that fails alone gets a
/// row with the message as its reason.
async fn by_halves(
    session: &Session,
    job: &Job,
    shape: &Shape,
    keys: &RecordBatch,
    first: DataFusionError,
) -> Result<Computed, QueryError> {
    // Without columns for the reason the query as a whole has failed.
    if ["quality", "reason"].iter().any(|column| shape.schema().field_with_name(column).is_err()) {
        return Err(job.failed()(first));
    }
    let mut computed = Computed { rows: Vec::new(), failed_keys: Vec::new() };
    let mut waiting = vec![keys.clone()];
    let mut error = Some(first);
    while let Some(part) = waiting.pop() {
        let outcome = match error.take() {
            Some(error) => Err(error),
            None => session.collect(shape.rows(Some(&part)).map_err(job.failed())?).await,
        };
        match outcome {
            Ok(rows) => computed.rows.extend(rows),
            Err(error) if part.num_rows() <= 1 => {
                let reason = QueryError::Sql(error).to_string();
                computed.rows.push(failed_row(job, &shape.schema(), &part, &reason).map_err(job.failed())?);
                let key = format_key(&part, &job.key, 0).map_err(job.failed())?;
                computed.failed_keys.push(format!("{key}: {reason}"));
                if computed.failed_keys.len() > MAX_FAILING_KEYS {
                    let first = &computed.failed_keys[0];
                    let message = format!("the query fails for more than {MAX_FAILING_KEYS} keys: {first}");
                    return Err(job.failed()(DataFusionError::Execution(message)));
                }
            }
            Err(_) => {
                let half = part.num_rows() / 2;
                waiting.push(part.slice(half, part.num_rows() - half));
                waiting.push(part.slice(0, half));
            }
        }
    }
    computed.failed_keys.sort();
    Ok(computed)
}

/// The row of a key whose query failed: null but for the key and the reason.
fn failed_row(job: &Job, schema: &SchemaRef, key: &RecordBatch, reason: &str) -> Result<RecordBatch, ArrowError> {
    let mut fields: Vec<Field> =
        schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    // The query may leave the code to the engine.
    let in_table = aldb_schema::table(&job.name).and_then(|table| table.column(REASON_CODE));
    if let Some(column) = in_table.filter(|_| schema.field_with_name(REASON_CODE).is_err()) {
        fields.push(column.field());
    }
    let columns = fields.iter().map(|field| {
        let word = |text: &str| cast(&(Arc::new(StringArray::from(vec![text])) as ArrayRef), field.data_type());
        match (key.column_by_name(field.name()), field.name().as_str()) {
            (Some(value), _) => Ok(value.clone()),
            (None, "quality") => word("failed"),
            (None, "reason") => word(reason),
            (None, REASON_CODE) => word(FailureCode::QueryFailed.as_str()),
            (None, _) => Ok(arrow::array::new_null_array(field.data_type(), 1)),
        }
    });
    let columns = columns.collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
