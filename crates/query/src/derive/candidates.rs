//! The keys that changed rows lead to: only these are compared.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use aldb_lake::{LakeError, Snapshot};
use arrow::array::RecordBatch;
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use futures::lock::Mutex;

use super::job::Job;
use super::shape::Shape;
use super::stored::conform;
use super::substitution::ChangedRows;
use crate::codes::JobCause;
use crate::keyed::{Keys, difference};
use crate::{QueryError, Session};

/// The keys that are compared with the stored rows.
pub(super) enum Candidates {
    All,
    Some(RecordBatch),
}

/// Data shared by jobs that run at the same time.
pub(super) struct State {
    pub(super) session: Session,
    pub(super) snapshot: Snapshot,
    /// Changes of a table since a version of it: many jobs need the same ones.
    differences: Mutex<HashMap<(String, Option<u64>), Difference>>,
}

/// How a table differs from an earlier version of it.
#[derive(Debug, Clone)]
enum Difference {
    /// The same rows, in the same files or in others.
    None,
    Rows(ChangedRows),
    /// The earlier version is no longer available.
    Unknown,
}

impl State {
    pub(super) fn new(session: Session, snapshot: Snapshot) -> Self {
        Self { session, snapshot, differences: Mutex::default() }
    }

    async fn difference(&self, table: &str, since: Option<u64>) -> Result<Difference, DataFusionError> {
        // The lock is held while the files are read, so that they are read once.
        let mut known = self.differences.lock().await;
        let place = (table.to_owned(), since);
        if let Some(difference) = known.get(&place) {
            return Ok(difference.clone());
        }
        let difference = self.find_difference(table, since).await?;
        known.insert(place, difference.clone());
        Ok(difference)
    }

    async fn find_difference(&self, table: &str, since: Option<u64>) -> Result<Difference, DataFusionError> {
        let failed = |error: LakeError| DataFusionError::External(Box::new(error));
        let changes = match self.snapshot.changes(table, since).await {
            Ok(changes) if changes.is_empty() => return Ok(Difference::None),
            Ok(changes) => changes,
            Err(_) => return Ok(Difference::Unknown),
        };
        let schema = self.session.context().table_provider(table).await?.schema();
        let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let added = conform(&schema, changes.added().map_err(failed)?)?;
        // A repair may have given up data of an earlier state.
        let Ok(removed) = changes.removed() else { return Ok(Difference::Unknown) };
        let removed = conform(&schema, removed)?;
        let (added, removed) = difference(&columns, &added, &removed)?;
        Ok(match (added.is_empty(), removed.is_empty()) {
            (true, true) => Difference::None,
            _ => Difference::Rows(ChangedRows { schema, added, removed }),
        })
    }
}

/// The keys of the rows that were added or removed since these versions of the job's inputs, with the cause in words.
pub(super) async fn changed(
    state: &State,
    job: &Job,
    since: &BTreeMap<String, Option<u64>>,
    shape: &Shape,
) -> Result<(Candidates, JobCause, String), QueryError> {
    let mut tables = BTreeMap::new();
    for table in &job.inputs {
        match state.difference(table, since.get(table).copied().flatten()).await.map_err(job.failed())? {
            Difference::None => {}
            Difference::Rows(rows) => drop(tables.insert(table.clone(), rows)),
            Difference::Unknown => return Ok((Candidates::All, JobCause::HistoryUnavailable, table.clone())),
        }
    }
    if tables.is_empty() {
        let none = RecordBatch::new_empty(Arc::new(Schema::empty()));
        return Ok((Candidates::Some(none), JobCause::InputsRewritten, String::new()));
    }
    let names = tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let Some(plans) = shape.changed_keys(&tables).map_err(job.failed())? else {
        return Ok((Candidates::All, JobCause::KeysUnknown, names));
    };
    let mut batches = Vec::new();
    for plan in plans {
        batches.extend(state.session.collect(plan).await.map_err(job.failed())?);
    }
    let keys = distinct(&job.key, &batches).map_err(job.failed())?;
    Ok((Candidates::Some(keys), JobCause::InputsChanged, names))
}

fn distinct(key: &[String], batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let Some(first) = batches.first() else { return Ok(RecordBatch::new_empty(Arc::new(Schema::empty()))) };
    let all = concat_batches(&first.schema(), batches)?;
    let mut seen = HashSet::new();
    let first_of_key = Keys::new(key).rows(&all)?.into_iter().map(|row| Some(seen.insert(row))).collect();
    filter_record_batch(&all, &first_of_key)
}
