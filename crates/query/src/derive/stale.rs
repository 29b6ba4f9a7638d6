//! Which keys are stale: the fingerprints of their inputs, compared with those in the stored rows.

use std::collections::{HashMap, HashSet};

use aldb_lake::Snapshot;
use arrow::array::RecordBatch;
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::error::ArrowError;
use arrow::row::OwnedRow;
use serde::Serialize;

use super::job::Job;
use super::shape::{INPUT_HASH, KEYS_IN_QUERY};
use super::stored::{JOB_VERSION, format_key, text};
use crate::QueryError;
use crate::codes::StaleCause;
use crate::keyed::Keys;

/// A key that was derived again, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleKey {
    /// The values of the key columns: `measurement_id=ab12…`.
    pub key: String,
    /// The cause.
    pub code: StaleCause,
    /// The same in words.
    pub why: &'static str,
}

#[derive(Debug)]
pub(super) struct Stale {
    /// Keys whose inputs were compared.
    pub(super) n_checked: usize,
    pub(super) keys: Vec<StaleKey>,
    /// Keys whose rows must be derived.
    pub(super) derive: Option<RecordBatch>,
    /// Keys whose stored rows are to be removed.
    pub(super) stored: Option<RecordBatch>,
}

/// The keys that are compared, and those that are stale whatever the result of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Keys whose fingerprint or job version differs from the stored one.
    Changed,
    /// Every key.
    Every,
}

/// Compares the fingerprints of the inputs with those of the stored rows: of all keys, or of the candidates.
pub(super) async fn stale(
    snapshot: &Snapshot,
    job: &Job,
    fingerprints: &[RecordBatch],
    candidates: Option<&RecordBatch>,
    extent: Extent,
) -> Result<Stale, QueryError> {
    let mut keys = Keys::new(&job.key);
    let (stored, stored_keys) = stored(snapshot, job, &mut keys, candidates).await?;
    let key_columns: Vec<usize> = (0..job.key.len()).collect();
    let mut found = Vec::new();
    let mut note = |batch: &RecordBatch, row: usize, code: StaleCause| -> Result<(), ArrowError> {
        found.push(StaleKey { key: format_key(batch, &job.key, row)?, code, why: code.meaning() });
        Ok(())
    };
    let (mut derive, mut present) = (Vec::new(), HashSet::new());
    let mut replaced: HashSet<OwnedRow> = HashSet::new();
    for batch in fingerprints {
        let rows = keys.rows(batch).map_err(job.failed())?;
        let hashes = text(batch, INPUT_HASH);
        let mut pick = Vec::with_capacity(rows.len());
        for (place, row) in rows.into_iter().enumerate() {
            let cause = match stored.get(&row) {
                None => Some(StaleCause::New),
                Some((_, version)) if *version != job.version => Some(StaleCause::QueryChanged),
                Some((hash, _)) if hash != hashes.value(place) => Some(StaleCause::InputsChanged),
                Some(_) if extent == Extent::Every => Some(StaleCause::Requested),
                Some(_) => None,
            };
            if let Some(cause) = cause {
                note(batch, place, cause).map_err(job.failed())?;
                if stored.contains_key(&row) {
                    replaced.insert(row.clone());
                }
            }
            pick.push(Some(cause.is_some()));
            present.insert(row);
        }
        let keys_only = batch.project(&key_columns).map_err(job.failed())?;
        derive.push(filter_record_batch(&keys_only, &pick.into_iter().collect()).map_err(job.failed())?);
    }
    let n_checked = present.len() + stored.keys().filter(|key| !present.contains(*key)).count();
    let mut removed = Vec::new();
    for batch in &stored_keys {
        let rows = keys.rows(batch).map_err(job.failed())?;
        for (place, row) in rows.iter().enumerate() {
            if !present.contains(row) && replaced.insert(row.clone()) {
                note(batch, place, StaleCause::InputsRemoved).map_err(job.failed())?;
            }
        }
        let pick = rows.iter().map(|row| Some(replaced.contains(row))).collect();
        removed.push(filter_record_batch(batch, &pick).map_err(job.failed())?);
    }
    found.sort_by(|a, b| a.key.cmp(&b.key));
    let (derive, stored) = (joined(&derive).map_err(job.failed())?, joined(&removed).map_err(job.failed())?);
    Ok(Stale { n_checked, keys: found, derive, stored })
}

/// Fingerprint of the input and version of the job, by key.
type Versions = HashMap<OwnedRow, (String, String)>;

/// The stored rows of the candidates, or of all keys: versions by key, and the keys themselves.
async fn stored(
    snapshot: &Snapshot,
    job: &Job,
    keys: &mut Keys,
    candidates: Option<&RecordBatch>,
) -> Result<(Versions, Vec<RecordBatch>), QueryError> {
    let (mut stored, mut stored_keys) = (Versions::new(), Vec::new());
    if snapshot.version(&job.name).is_none() {
        return Ok((stored, stored_keys));
    }
    let wanted: Option<HashSet<OwnedRow>> = match candidates {
        Some(candidates) => Some(keys.rows(candidates).map_err(job.failed())?.into_iter().collect()),
        None => None,
    };
    let columns: Vec<&str> = job.key.iter().map(String::as_str).chain([INPUT_HASH, JOB_VERSION]).collect();
    let few = candidates.filter(|candidates| candidates.num_rows() <= KEYS_IN_QUERY);
    let among = few.map(|candidates| (job.key[0].as_str(), candidates.column(0)));
    for batch in snapshot.read(&job.name, &columns, among).await? {
        let rows = keys.rows(&batch).map_err(job.failed())?;
        let (hashes, versions) = (text(&batch, INPUT_HASH), text(&batch, JOB_VERSION));
        for (place, row) in rows.iter().enumerate() {
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(row)) {
                stored.insert(row.clone(), (hashes.value(place).to_owned(), versions.value(place).to_owned()));
            }
        }
        let inside = rows.iter().map(|row| Some(stored.contains_key(row))).collect();
        let projected = batch.project(&(0..job.key.len()).collect::<Vec<_>>()).map_err(job.failed())?;
        stored_keys.push(filter_record_batch(&projected, &inside).map_err(job.failed())?);
    }
    Ok((stored, stored_keys))
}

/// All rows in one batch; `None` if there is no row.
pub(super) fn joined(batches: &[RecordBatch]) -> Result<Option<RecordBatch>, ArrowError> {
    match batches.iter().find(|batch| batch.num_rows() > 0) {
        Some(first) => concat_batches(&first.schema(), batches.iter().filter(|batch| batch.num_rows() > 0)).map(Some),
        None => Ok(None),
    }
}
