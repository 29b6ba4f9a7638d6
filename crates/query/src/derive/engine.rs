//! Runs the jobs in their order, those that do not depend on each other at the same time, and writes one snapshot.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aldb_lake::{KeySet, Lake, Snapshot, Writer};
use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use serde::Serialize;

use super::candidates::{Candidates, State, changed};
use super::freshness::{LastRun, record, recorded};
use super::isolation::compute;
use super::job::{Job, jobs};
use super::shape::Shape;
use super::stale::{Extent, StaleKey, stale};
use super::stored::{complete, differences};
use crate::codes::{Failure, JobCause};
use crate::{QueryError, Session};

/// Topic of the index under which the last run of each job is recorded.
const TOPIC: &str = "jobs";

/// The jobs to derive, and how.
#[derive(Debug, Clone, Default)]
pub struct DeriveOptions {
    /// Only these jobs; all where empty.
    pub jobs: Vec<String>,
    /// Derive every key, stale or not.
    pub full: bool,
    /// Report what is stale and change nothing.
    pub dry_run: bool,
}

/// The result of one job.
#[derive(Debug, Clone, Serialize)]
pub struct JobReport {
    /// The job, which is also its table.
    pub job: String,
    /// Why its keys were compared, in words.
    pub cause: String,
    /// The code of the cause; `None` if the job failed before it was known.
    pub cause_code: Option<JobCause>,
    /// Keys whose inputs were compared.
    pub n_checked: usize,
    /// Keys derived again, with the cause.
    pub stale: Vec<StaleKey>,
    /// Keys for which the query failed, with the message. Their rows contain it; they are tried again when their inputs
    /// change.
    pub failed_keys: Vec<String>,
    /// In a dry run: inputs that are stale themselves. Which keys follow from them is known once they are derived.
    pub waits_for: Vec<String>,
    /// Rows written.
    pub n_written: usize,
    /// Rows removed.
    pub n_removed: usize,
    /// Why the job failed, if it did; its table stays as it was.
    #[serde(flatten)]
    pub failure: Failure,
    /// How long it took.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl JobReport {
    fn new(job: &Job) -> Self {
        Self {
            job: job.name.clone(),
            cause: String::new(),
            cause_code: None,
            n_checked: 0,
            stale: Vec::new(),
            failed_keys: Vec::new(),
            waits_for: Vec::new(),
            n_written: 0,
            n_removed: 0,
            failure: Failure::default(),
            elapsed: Duration::ZERO,
        }
    }

    /// Records why the keys are compared, with the tables concerned.
    fn caused_by(&mut self, code: JobCause, tables: &str) {
        self.cause = match tables {
            "" => code.meaning().to_owned(),
            tables => format!("{}: {tables}", code.meaning()),
        };
        self.cause_code = Some(code);
    }
}

/// The result of a run.
#[derive(Debug, Clone, Serialize)]
pub struct DeriveReport {
    /// Each job in the order of the run.
    pub jobs: Vec<JobReport>,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
    /// Whether the index had to be rebuilt.
    pub index_rebuilt: bool,
}

/// The lake as a run uses it. A dry run neither takes the lock nor opens the index, so it needs no permission to write.
enum Access {
    Write(Box<Writer>),
    /// A snapshot, and what every job saw last.
    Look(Snapshot, BTreeMap<String, LastRun>),
}

impl Access {
    async fn new(lake: &Lake, options: &DeriveOptions) -> Result<Self, QueryError> {
        Ok(match options.dry_run {
            true => Self::Look(lake.snapshot().await?, recorded(lake)),
            false => Self::Write(Box::new(lake.write().await?)),
        })
    }

    /// The state as it is now, with what this run wrote.
    fn pending(&self) -> Snapshot {
        match self {
            Self::Write(writer) => writer.pending(),
            Self::Look(snapshot, _) => snapshot.clone(),
        }
    }

    fn base(&self) -> &Snapshot {
        match self {
            Self::Write(writer) => writer.base(),
            Self::Look(snapshot, _) => snapshot,
        }
    }

    fn last_run(&self, job: &str) -> Option<LastRun> {
        match self {
            Self::Write(writer) => writer.index().get(TOPIC, job),
            Self::Look(_, last) => last.get(job).cloned(),
        }
    }
}

/// Brings the derived tables up to date.
///
/// # Errors
///
/// [`QueryError`] if the lake cannot be written, or a job's file or name is wrong. A job that fails while it runs
/// is in the report, and the other jobs are run.
pub async fn derive(
    lake: &Lake,
    options: &DeriveOptions,
    mut progress: impl FnMut(&str),
) -> Result<DeriveReport, QueryError> {
    let mut access = Access::new(lake, options).await?;
    let state = Session::without_excluded(lake, access.base().clone())?.context().state();
    let all = jobs(lake.root(), &state)?;
    if let Some(unknown) = options.jobs.iter().find(|name| !all.iter().any(|job| job.name == **name)) {
        let known = all.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(QueryError::UnknownJob { job: unknown.clone(), known });
    }
    let is_fresh = matches!(&access, Access::Write(writer) if writer.index().is_fresh());
    let index_rebuilt = is_fresh && access.base().number() > 0;
    let mut reports: Vec<JobReport> = Vec::new();
    let mut waiting: Vec<&Job> =
        all.iter().filter(|job| options.jobs.is_empty() || options.jobs.contains(&job.name)).collect();
    while !waiting.is_empty() {
        let names: HashSet<String> = waiting.iter().map(|job| job.name.clone()).collect();
        let (ready, later): (Vec<&Job>, Vec<&Job>) =
            waiting.into_iter().partition(|job| job.inputs.iter().all(|input| !names.contains(input)));
        waiting = later;
        progress(&ready.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", "));
        reports.extend(run_together(lake, &mut access, &ready, options).await?);
        if options.dry_run {
            wait_for_stale(&mut reports, &ready);
        }
    }
    reports.sort_by_key(|report| all.iter().position(|job| job.name == report.job));
    if let Access::Write(writer) = &mut access {
        let changed: Vec<&str> = reports
            .iter()
            .filter(|report| report.n_written + report.n_removed > 0)
            .map(|report| report.job.as_str())
            .collect();
        writer.commit(&format!("derived {}", changed.join(", "))).await?;
        // The versions after the commit: files were merged, which changes versions but no row.
        let now = writer.base().clone();
        let is_done = |job: &&Job| reports.iter().any(|report| report.job == job.name && !report.failure.is_some());
        let runs: Vec<(&str, LastRun)> =
            all.iter().filter(is_done).map(|job| (job.name.as_str(), LastRun::at(job, &now))).collect();
        for (job, run) in &runs {
            writer.index().put(TOPIC, job, run)?;
        }
        writer.index().flush()?;
        record(lake, &all, runs)?;
    }
    Ok(DeriveReport { jobs: reports, snapshot: access.base().number(), index_rebuilt })
}

/// In a dry run nothing is written: what would follow from the stale keys of its inputs is not among the stale keys of a job.
fn wait_for_stale(reports: &mut [JobReport], ready: &[&Job]) {
    let is_stale = |report: &&JobReport| !report.stale.is_empty() || !report.waits_for.is_empty();
    let stale: BTreeSet<String> = reports.iter().filter(is_stale).map(|report| report.job.clone()).collect();
    for job in ready {
        let Some(report) = reports.iter_mut().find(|report| report.job == job.name) else { continue };
        report.waits_for = job.inputs.intersection(&stale).cloned().collect();
        if !report.waits_for.is_empty() && report.stale.is_empty() {
            let names = report.waits_for.join(", ");
            report.caused_by(JobCause::InputsStale, &names);
        }
    }
}

/// Runs jobs that do not depend on each other at the same time over one snapshot, then writes their results one after
/// the other.
async fn run_together(
    lake: &Lake,
    access: &mut Access,
    ready: &[&Job],
    options: &DeriveOptions,
) -> Result<Vec<JobReport>, QueryError> {
    let snapshot = access.pending();
    let state = Arc::new(State::new(Session::without_excluded(lake, snapshot.clone())?, snapshot));
    let tasks = ready.iter().map(|job| {
        let last = access.last_run(&job.name);
        let (state, job, options) = (state.clone(), (*job).clone(), options.clone());
        SpawnedTask::spawn(async move {
            let (started, mut report) = (Instant::now(), JobReport::new(&job));
            let prepared = prepare(&state, &job, last, &options, &mut report).await;
            report.elapsed = started.elapsed();
            (report, prepared)
        })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut reports = Vec::with_capacity(ready.len());
    for (job, task) in ready.iter().zip(tasks) {
        let joined = task.join_unwind().await;
        let (mut report, prepared) =
            joined.map_err(|error| job.failed()(DataFusionError::External(Box::new(error))))?;
        let written = match prepared {
            Ok(Some(prepared)) => match access {
                Access::Write(writer) => write(writer, job, prepared, &mut report).await,
                Access::Look(..) => Ok(()),
            },
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        match written {
            Ok(()) => {}
            Err(QueryError::Lake(error)) => return Err(error.into()),
            Err(error) => report.failure = error.into(),
        }
        reports.push(report);
    }
    Ok(reports)
}

/// Rows to be written, and the stored keys whose rows are removed.
struct Prepared {
    rows: Vec<RecordBatch>,
    stored: Option<RecordBatch>,
}

/// Finds which keys of a job are stale and derives them. `None` if there is nothing to write.
async fn prepare(
    state: &State,
    job: &Job,
    last: Option<LastRun>,
    options: &DeriveOptions,
    report: &mut JobReport,
) -> Result<Option<Prepared>, QueryError> {
    let State { session, snapshot, .. } = state;
    let now = LastRun::at(job, snapshot);
    if last.as_ref() == Some(&now) && !options.full {
        report.caused_by(JobCause::Unchanged, "");
        return Ok(None);
    }
    let shape = Shape::new(session.plan(&job.text).await.map_err(job.failed())?, &job.key).map_err(job.failed())?;
    let (candidates, cause, tables) = match &last {
        _ if options.full => (Candidates::All, JobCause::FullRequested, String::new()),
        None => (Candidates::All, JobCause::NoRecord, String::new()),
        Some(last) if last.job_version != now.job_version => (Candidates::All, JobCause::QueryChanged, String::new()),
        Some(last) if last.output != now.output => (Candidates::All, JobCause::TableChanged, String::new()),
        Some(last) => changed(state, job, &last.inputs, &shape).await?,
    };
    report.caused_by(cause, &tables);
    let candidates = match &candidates {
        Candidates::All => None,
        Candidates::Some(keys) if keys.num_rows() == 0 => return Ok(None),
        Candidates::Some(keys) => Some(keys),
    };
    let plan = shape.fingerprints(candidates).map_err(job.failed())?;
    let fingerprints = session.collect(plan).await.map_err(job.failed())?;
    let extent = if options.full { Extent::Every } else { Extent::Changed };
    let stale = stale(snapshot, job, &fingerprints, candidates, extent).await?;
    report.n_checked = stale.n_checked;
    report.stale = stale.keys;
    if report.stale.is_empty() || options.dry_run {
        return Ok(None);
    }
    let mut rows = Vec::new();
    if let Some(keys) = &stale.derive {
        let restricted = (!options.full).then_some(keys);
        let computed = compute(session, job, &shape, restricted, keys).await?;
        (rows, report.failed_keys) = (computed.rows, computed.failed_keys);
    }
    let rows = complete(job, rows, &fingerprints)?;
    if options.full
        && let Some((added, removed)) = differences(snapshot, job, &rows).await?
        && added.is_empty()
        && removed.is_empty()
    {
        return Ok(None);
    }
    Ok(Some(Prepared { rows, stored: stale.stored }))
}

async fn write(writer: &mut Writer, job: &Job, prepared: Prepared, report: &mut JobReport) -> Result<(), QueryError> {
    let started = Instant::now();
    report.n_written = prepared.rows.iter().map(RecordBatch::num_rows).sum();
    let mut replaced = KeySet::new(&job.name, &job.key);
    if let Some(stored) = &prepared.stored {
        replaced.insert(stored)?;
    }
    report.n_removed = if replaced.is_empty() {
        writer.append(&job.name, &prepared.rows).await?;
        0
    } else {
        writer.replace(&job.name, &mut replaced, &prepared.rows).await?
    };
    report.elapsed += started.elapsed();
    Ok(())
}
