//! Which derived tables are up to date: what every job read when it was run last, compared with what the lake holds now.
//!
//! The record is `state/derived.json`. It can be deleted: then nothing is known to be up to date until the next derivation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use aldb_lake::{Lake, Snapshot, write_file};
use serde::{Deserialize, Serialize};

use super::job::{Job, jobs};
use crate::queries::{QueryFolder, query_files};
use crate::{QueryError, Session};

/// The versions that a job read and wrote when its table was last up to date. If the record is lost, everything is
/// compared again; it only saves comparisons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastRun {
    pub(super) job_version: String,
    pub(super) inputs: BTreeMap<String, Option<u64>>,
    pub(super) output: Option<u64>,
}

impl LastRun {
    pub(super) fn at(job: &Job, snapshot: &Snapshot) -> Self {
        Self {
            job_version: job.version.clone(),
            inputs: job.inputs.iter().map(|table| (table.clone(), snapshot.version(table))).collect(),
            output: snapshot.version(&job.name),
        }
    }
}

/// A derived table that may not show what the lake holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutOfDate {
    /// The table.
    pub table: String,
    /// Why, in words.
    pub why: String,
}

impl std::fmt::Display for OutOfDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` may be out of date: {}; `aldb derive` brings it up to date", self.table, self.why)
    }
}

fn path(lake: &Lake) -> PathBuf {
    lake.root().join("state/derived.json")
}

/// What every job saw when it was run last, as `state/derived.json` has it.
pub(super) fn recorded(lake: &Lake) -> BTreeMap<String, LastRun> {
    let text = std::fs::read(path(lake)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Records what jobs saw; what is known of the others of these stays.
pub(super) fn record(lake: &Lake, all: &[Job], runs: Vec<(&str, LastRun)>) -> Result<(), QueryError> {
    let before = recorded(lake);
    let mut now: BTreeMap<String, LastRun> = before
        .iter()
        .filter(|(name, _)| all.iter().any(|job| job.name == **name))
        .map(|(n, r)| (n.clone(), r.clone()))
        .collect();
    now.extend(runs.into_iter().map(|(name, run)| (name.to_owned(), run)));
    if now != before {
        write_file(&path(lake), serde_json::to_string(&now).unwrap_or_default().as_bytes())?;
    }
    Ok(())
}

/// The derived tables that are not known to be up to date at the newest snapshot.
///
/// # Errors
///
/// [`QueryError`] if a file in `queries/` is wrong.
pub fn out_of_date(lake: &Lake, snapshot: &Snapshot) -> Result<Vec<OutOfDate>, QueryError> {
    // Before the first batch there is nothing to derive from.
    if snapshot.number() == 0 {
        return Ok(Vec::new());
    }
    let recorded = recorded(lake);
    let mut found: Vec<OutOfDate> = Vec::new();
    for job in jobs(lake.root(), &Session::open(lake, snapshot.clone())?.context().state())? {
        let now = LastRun::at(&job, snapshot);
        let why = match recorded.get(&job.name) {
            Some(last) if *last == now => {
                let stale = job.inputs.iter().filter(|input| found.iter().any(|other| other.table == **input));
                let stale: Vec<&str> = stale.map(String::as_str).collect();
                match stale.is_empty() {
                    true => continue,
                    false => format!("it is derived from {}", stale.join(", ")),
                }
            }
            Some(last) if last.job_version != now.job_version => "its query or a function has changed".to_owned(),
            Some(last) if last.inputs != now.inputs => {
                let changed = now.inputs.iter().filter(|(table, version)| last.inputs.get(*table) != Some(*version));
                let changed: Vec<&str> = changed.map(|(table, _)| table.as_str()).collect();
                format!("{} changed after it was derived", changed.join(", "))
            }
            Some(_) => "something else than `aldb derive` changed it".to_owned(),
            None if now.output.is_none() => "it was not derived yet".to_owned(),
            None => "it is not known from what it was derived".to_owned(),
        };
        found.push(OutOfDate { table: job.name, why });
    }
    Ok(found)
}

/// The same for the derived tables among some; without any, the queries are not even read.
///
/// # Errors
///
/// As [`out_of_date`].
pub fn out_of_date_among(
    lake: &Lake,
    snapshot: &Snapshot,
    tables: &BTreeSet<String>,
) -> Result<Vec<OutOfDate>, QueryError> {
    let derived = query_files(Some(lake.root()), QueryFolder::Derived)?;
    if !tables.iter().any(|table| derived.contains_key(table)) {
        return Ok(Vec::new());
    }
    let mut found = out_of_date(lake, snapshot)?;
    found.retain(|table| tables.contains(&table.table));
    Ok(found)
}
