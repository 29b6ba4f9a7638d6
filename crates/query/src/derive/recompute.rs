//! Derives every row of a snapshot again and compares the result with the rows of the snapshot.

use std::collections::BTreeSet;

use aldb_lake::{Lake, Snapshot};
use arrow::array::RecordBatch;
use serde::Serialize;

use super::isolation::compute;
use super::job::{Job, jobs};
use super::shape::Shape;
use super::stale::joined;
use super::stored::{complete, differences, format_key};
use crate::codes::Failure;
use crate::{QueryError, Session};

/// Difference between a table derived again and the table in the snapshot.
#[derive(Debug, Clone, Serialize)]
pub struct Recomputed {
    /// The job, which is also its table.
    pub job: String,
    /// Number of rows that its query gives.
    pub n_rows: usize,
    /// Keys whose stored rows differ, or that are on one side only.
    pub different: Vec<String>,
    /// Why it could not be recomputed; null if it was.
    #[serde(flatten)]
    pub failure: Failure,
}

/// Derives every row of a snapshot again and compares. Nothing is written.
///
/// # Errors
///
/// [`QueryError`] if the lake cannot be read, or a job's file or name is wrong.
pub async fn recompute(
    lake: &Lake,
    snapshot: &Snapshot,
    mut progress: impl FnMut(&str),
) -> Result<Vec<Recomputed>, QueryError> {
    let session = Session::without_excluded(lake, snapshot.clone())?;
    let mut all = Vec::new();
    for job in jobs(lake.root(), &session.context().state())? {
        progress(&job.name);
        let mut result =
            Recomputed { job: job.name.clone(), n_rows: 0, different: Vec::new(), failure: Failure::default() };
        match compare(&session, snapshot, &job).await {
            Ok((n_rows, different)) => (result.n_rows, result.different) = (n_rows, different),
            Err(error) => result.failure = error.into(),
        }
        all.push(result);
    }
    Ok(all)
}

/// The number of rows that a job's query gives, and the keys whose stored rows differ.
async fn compare(session: &Session, snapshot: &Snapshot, job: &Job) -> Result<(usize, Vec<String>), QueryError> {
    let shape = Shape::new(session.plan(&job.text).await.map_err(job.failed())?, &job.key).map_err(job.failed())?;
    let plan = shape.fingerprints(None).map_err(job.failed())?;
    let fingerprints = session.collect(plan).await.map_err(job.failed())?;
    let rows = match joined(&fingerprints).map_err(job.failed())? {
        Some(keys) => {
            let keys = keys.project(&(0..job.key.len()).collect::<Vec<_>>()).map_err(job.failed())?;
            compute(session, job, &shape, None, &keys).await?.rows
        }
        None => Vec::new(),
    };
    let rows = complete(job, rows, &fingerprints)?;
    let n_rows = rows.iter().map(RecordBatch::num_rows).sum();
    let Some((derived_only, stored_only)) = differences(snapshot, job, &rows).await? else {
        let found = "the stored table does not have the columns of the result".to_owned();
        return Err(QueryError::Result { job: job.name.clone(), found });
    };
    let mut different = BTreeSet::new();
    for batch in derived_only.iter().chain(&stored_only) {
        for row in 0..batch.num_rows() {
            different.insert(format_key(batch, &job.key, row).map_err(job.failed())?);
        }
    }
    Ok((n_rows, different.into_iter().collect()))
}
