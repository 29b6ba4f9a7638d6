//! Runs the jobs: finds what is stale, derives it, replaces it, in one snapshot.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aldb_lake::{KeySet, Lake, LakeError, Snapshot, Writer};
use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::row::OwnedRow;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use futures::lock::Mutex;
use serde::{Deserialize, Serialize};

use super::job::{Job, jobs};
use super::keyed::{Keys, difference};
use super::shape::{ChangedRows, INPUT_HASH, KEYS_IN_QUERY, Shape};
use crate::{QueryError, Session};

/// Name of the column with the fingerprint of the job.
const JOB_VERSION: &str = "job_version";

/// Topic of the index under which jobs remember what they saw.
const TOPIC: &str = "jobs";

/// What to derive and how.
#[derive(Debug, Clone, Default)]
pub struct DeriveOptions {
    /// Only these jobs; all where empty.
    pub jobs: Vec<String>,
    /// Derive every key, fresh or not.
    pub full: bool,
    /// Find out what is stale and change nothing.
    pub dry_run: bool,
}

/// A key that was derived anew, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaleKey {
    /// The values of the key columns: `measurement_id=ab12…`.
    pub key: String,
    /// Why, in words.
    pub why: &'static str,
}

/// What became of one job.
#[derive(Debug, Clone, Serialize)]
pub struct JobReport {
    /// The job, which is also its table.
    pub job: String,
    /// Why the job was looked at, in words.
    pub cause: String,
    /// Keys whose inputs were compared.
    pub n_checked: usize,
    /// Keys derived anew, with why.
    pub stale: Vec<StaleKey>,
    /// Keys for which the query failed, with why. Their rows say so; they are tried again when their inputs change.
    pub failed_keys: Vec<String>,
    /// Rows written.
    pub n_written: usize,
    /// Rows taken out.
    pub n_removed: usize,
    /// Why the job failed, where it did; its table stays as it was.
    pub error: Option<String>,
    /// How long it took.
    #[serde(skip)]
    pub elapsed: Duration,
}

/// What a run did.
#[derive(Debug, Clone, Serialize)]
pub struct DeriveReport {
    /// Each job in the order of the run.
    pub jobs: Vec<JobReport>,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
    /// Whether the index had to be made anew.
    pub index_rebuilt: bool,
}

/// What a job saw when it was last fresh. Lost, everything is compared again; never trusted further than that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    job_version: String,
    inputs: BTreeMap<String, Option<u64>>,
    output: Option<u64>,
}

/// Brings the derived tables up to date.
///
/// # Errors
///
/// [`QueryError`] where the lake cannot be written, or a job's file or name is wrong. A job that fails while it runs
/// is in the report, and the others go on.
pub async fn derive(
    lake: &Lake,
    options: &DeriveOptions,
    mut progress: impl FnMut(&str),
) -> Result<DeriveReport, QueryError> {
    let mut writer = lake.write().await?;
    let state = Session::open(lake, writer.base().clone())?.context().state();
    let all = jobs(lake.root(), &state)?;
    if let Some(unknown) = options.jobs.iter().find(|name| !all.iter().any(|job| job.name == **name)) {
        let known = all.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(QueryError::UnknownJob { job: unknown.clone(), known });
    }
    let index_rebuilt = writer.index().is_fresh() && writer.base().number() > 0;
    let mut reports: Vec<JobReport> = Vec::new();
    let mut waiting: Vec<&Job> =
        all.iter().filter(|job| options.jobs.is_empty() || options.jobs.contains(&job.name)).collect();
    // Jobs that do not need each other run at the same time, over one snapshot; what they found is then written, one after the
    // other.
    while !waiting.is_empty() {
        let names: HashSet<String> = waiting.iter().map(|job| job.name.clone()).collect();
        let (ready, later): (Vec<&Job>, Vec<&Job>) =
            waiting.into_iter().partition(|job| job.inputs.iter().all(|input| !names.contains(input)));
        waiting = later;
        progress(&ready.iter().map(|job| job.name.as_str()).collect::<Vec<_>>().join(", "));
        let snapshot = writer.pending();
        let state = State { session: Session::open(lake, snapshot.clone())?, snapshot, differences: Mutex::default() };
        let remembered: Vec<Option<Memory>> = ready.iter().map(|job| writer.index().get(TOPIC, &job.name)).collect();
        let state = Arc::new(state);
        let tasks = ready.iter().zip(remembered).map(|(job, before)| {
            let (state, job, options) = (state.clone(), (*job).clone(), options.clone());
            SpawnedTask::spawn(async move { prepare(&state, &job, before, &options).await })
        });
        let tasks: Vec<_> = tasks.collect();
        for (job, task) in ready.iter().zip(tasks) {
            let (mut report, prepared) = task.join_unwind().await.map_err(|source| QueryError::Job {
                job: job.name.clone(),
                source: DataFusionError::External(Box::new(source)),
            })?;
            let written = match prepared {
                Ok(Some(prepared)) => write(&mut writer, job, prepared, &mut report).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => {}
                Err(QueryError::Lake(error)) => return Err(error.into()),
                Err(error) => report.error = Some(error.to_string()),
            }
            reports.push(report);
        }
    }
    reports.sort_by_key(|report| all.iter().position(|job| job.name == report.job));
    if !options.dry_run {
        let changed: Vec<String> = reports
            .iter()
            .filter(|report| report.n_written + report.n_removed > 0)
            .map(|report| report.job.clone())
            .collect();
        writer.commit(&format!("derived {}", changed.join(", "))).await?;
        // Versions as they are now: putting files together moved them without changing a row.
        let now = writer.base().clone();
        for (job, report) in
            all.iter().filter_map(|job| Some((job, reports.iter().find(|report| report.job == job.name)?)))
        {
            if report.error.is_none() {
                writer.index().put(TOPIC, &job.name, &memory(job, &now))?;
            }
        }
        writer.index().flush()?;
    }
    Ok(DeriveReport { jobs: reports, snapshot: writer.base().number(), index_rebuilt })
}

fn memory(job: &Job, snapshot: &Snapshot) -> Memory {
    Memory {
        job_version: job.version.clone(),
        inputs: job.inputs.iter().map(|table| (table.clone(), snapshot.version(table))).collect(),
        output: snapshot.version(&job.name),
    }
}

/// Which keys are compared with what is stored.
enum Candidates {
    All,
    Some(RecordBatch),
}

/// What jobs that run at the same time read.
struct State {
    session: Session,
    snapshot: Snapshot,
    /// What changed in a table since a version of it. Many jobs ask the same.
    differences: Mutex<HashMap<(String, Option<u64>), Difference>>,
}

/// How a table differs from an earlier version of it.
#[derive(Debug, Clone)]
enum Difference {
    /// The same rows, in the same files or in others.
    None,
    Rows(ChangedRows),
    /// The version is gone: what changed since cannot be told.
    Unknown,
}

impl State {
    async fn difference(&self, table: &str, since: Option<u64>) -> Result<Difference, DataFusionError> {
        // Held while the files are read, so that they are read once.
        let mut known = self.differences.lock().await;
        let asked = (table.to_owned(), since);
        if let Some(difference) = known.get(&asked) {
            return Ok(difference.clone());
        }
        let difference = self.find_difference(table, since).await?;
        known.insert(asked, difference.clone());
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
        let came = conform(&schema, changes.added().map_err(failed)?)?;
        let went = conform(&schema, changes.removed().map_err(failed)?)?;
        let (came, went) = difference(&columns, &came, &went)?;
        Ok(match (came.is_empty(), went.is_empty()) {
            (true, true) => Difference::None,
            _ => Difference::Rows(ChangedRows { schema, came, went }),
        })
    }
}

/// Rows to be written, and the stored keys whose rows go.
struct Prepared {
    rows: Vec<RecordBatch>,
    stored: Option<RecordBatch>,
}

/// Finds what of a job is stale and derives it. Nothing to be written where nothing is.
async fn prepare(
    state: &State,
    job: &Job,
    before: Option<Memory>,
    options: &DeriveOptions,
) -> (JobReport, Result<Option<Prepared>, QueryError>) {
    let started = Instant::now();
    let mut report = JobReport {
        job: job.name.clone(),
        cause: String::new(),
        n_checked: 0,
        stale: Vec::new(),
        failed_keys: Vec::new(),
        n_written: 0,
        n_removed: 0,
        error: None,
        elapsed: Duration::ZERO,
    };
    let prepared = prepared(state, job, before, options, &mut report).await;
    report.elapsed = started.elapsed();
    (report, prepared)
}

async fn prepared(
    state: &State,
    job: &Job,
    before: Option<Memory>,
    options: &DeriveOptions,
    report: &mut JobReport,
) -> Result<Option<Prepared>, QueryError> {
    let State { session, snapshot, .. } = state;
    let failed = |source| QueryError::Job { job: job.name.clone(), source };
    let now = memory(job, snapshot);
    if before.as_ref() == Some(&now) && !options.full {
        report.cause = "nothing it reads has changed".to_owned();
        return Ok(None);
    }
    let plan = session.plan(&job.text).await.map_err(failed)?;
    let shape = Shape::of(plan, &job.key).map_err(failed)?;
    let (candidates, cause) = match &before {
        _ if options.full => (Candidates::All, "all keys were asked for".to_owned()),
        None => (Candidates::All, "it is not remembered what it saw".to_owned()),
        Some(before) if before.job_version != now.job_version => {
            (Candidates::All, "its query, or a function in it, is another".to_owned())
        }
        Some(before) if before.output != now.output => {
            (Candidates::All, "its table was changed by another hand".to_owned())
        }
        Some(before) => changed(state, job, before, &shape).await?,
    };
    report.cause = cause;
    let asked = match &candidates {
        Candidates::All => None,
        Candidates::Some(keys) if keys.num_rows() == 0 => return Ok(None),
        Candidates::Some(keys) => Some(keys),
    };
    let fingerprints = collect(session, shape.fingerprints(asked).map_err(failed)?).await.map_err(failed)?;
    let stale = stale(snapshot, job, &fingerprints, asked, options.full).await?;
    report.n_checked = stale.n_checked;
    report.stale = stale.why;
    if report.stale.is_empty() || options.dry_run {
        return Ok(None);
    }
    let rows = match &stale.derive {
        None => Vec::new(),
        Some(keys) => {
            let restricted = (!options.full).then_some(keys);
            match collect(session, shape.rows(restricted).map_err(failed)?).await {
                Ok(rows) => rows,
                Err(error) => {
                    let (rows, reasons) = key_by_key(session, job, &shape, keys, error).await?;
                    report.failed_keys = reasons;
                    rows
                }
            }
        }
    };
    let rows = complete(job, rows, &fingerprints)?;
    if options.full && same_rows(snapshot, job, &rows).await? {
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

async fn collect(session: &Session, plan: LogicalPlan) -> Result<Vec<RecordBatch>, DataFusionError> {
    session.context().execute_logical_plan(plan).await?.collect().await
}

/// Failing keys beyond which it is the query that is wrong, not the keys.
const TOO_MANY_FAILING: usize = 20;

/// Runs a query that failed for all keys together on halves of them, down to single ones. A key that fails alone gets a
/// row that says so.
async fn key_by_key(
    session: &Session,
    job: &Job,
    shape: &Shape,
    keys: &RecordBatch,
    first: DataFusionError,
) -> Result<(Vec<RecordBatch>, Vec<String>), QueryError> {
    let failed = |source| QueryError::Job { job: job.name.clone(), source };
    let arrow = |source: ArrowError| failed(source.into());
    // Without somewhere to say why, the query as a whole has failed.
    if ["quality", "reason"].iter().any(|column| shape.schema().field_with_name(column).is_err()) {
        return Err(failed(first));
    }
    let (mut rows, mut reasons) = (Vec::new(), Vec::new());
    let mut waiting = vec![keys.clone()];
    let mut error = Some(first);
    while let Some(part) = waiting.pop() {
        let outcome = match error.take() {
            Some(error) => Err(error),
            None => collect(session, shape.rows(Some(&part)).map_err(failed)?).await,
        };
        match outcome {
            Ok(found) => rows.extend(found),
            Err(error) if part.num_rows() == 1 => {
                let reason = QueryError::Sql(error).to_string();
                rows.push(failed_row(&shape.schema(), &part, &reason).map_err(arrow)?);
                reasons.push(format!("{}: {reason}", shown(&part, &job.key, 0).map_err(arrow)?));
                if reasons.len() > TOO_MANY_FAILING {
                    let message = format!("fails for more than {TOO_MANY_FAILING} keys: {}", reasons[0]);
                    return Err(failed(DataFusionError::Execution(message)));
                }
            }
            Err(_) => {
                let half = part.num_rows() / 2;
                waiting.push(part.slice(half, part.num_rows() - half));
                waiting.push(part.slice(0, half));
            }
        }
    }
    reasons.sort();
    Ok((rows, reasons))
}

/// A key's row that says why there is nothing else in it.
fn failed_row(schema: &SchemaRef, key: &RecordBatch, reason: &str) -> Result<RecordBatch, ArrowError> {
    let columns = schema.fields().iter().map(|field| {
        let words = |text: &str| cast(&(Arc::new(StringArray::from(vec![text])) as ArrayRef), field.data_type());
        match (key.column_by_name(field.name()), field.name().as_str()) {
            (Some(value), _) => Ok(value.clone()),
            (None, "quality") => words("failed"),
            (None, "reason") => words(reason),
            (None, _) => Ok(arrow::array::new_null_array(field.data_type(), 1)),
        }
    });
    let fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect::<Result<_, _>>()?)
}

/// What deriving everything anew from a snapshot gives, beside what it holds.
#[derive(Debug, Clone, Serialize)]
pub struct Recomputed {
    /// The job, which is also its table.
    pub job: String,
    /// Rows that its query gives.
    pub n_rows: usize,
    /// Keys whose stored rows are others, or that stand on one side only.
    pub different: Vec<String>,
    /// Why it could not be recomputed, where it could not.
    pub error: Option<String>,
}

/// Derives every row of a snapshot again and compares. Nothing is written.
///
/// # Errors
///
/// [`QueryError`] where the lake cannot be read, or a job's file or name is wrong.
pub async fn recompute(
    lake: &Lake,
    snapshot: &Snapshot,
    mut progress: impl FnMut(&str),
) -> Result<Vec<Recomputed>, QueryError> {
    let session = Session::open(lake, snapshot.clone())?;
    let mut all = Vec::new();
    for job in jobs(lake.root(), &session.context().state())? {
        progress(&job.name);
        let mut result = Recomputed { job: job.name.clone(), n_rows: 0, different: Vec::new(), error: None };
        match differences(&session, snapshot, &job).await {
            Ok((n_rows, different)) => (result.n_rows, result.different) = (n_rows, different),
            Err(error) => result.error = Some(error.to_string()),
        }
        all.push(result);
    }
    Ok(all)
}

async fn differences(session: &Session, snapshot: &Snapshot, job: &Job) -> Result<(usize, Vec<String>), QueryError> {
    let failed = |source| QueryError::Job { job: job.name.clone(), source };
    let arrow = |source: ArrowError| failed(source.into());
    let shape = Shape::of(session.plan(&job.text).await.map_err(failed)?, &job.key).map_err(failed)?;
    let fingerprints = collect(session, shape.fingerprints(None).map_err(failed)?).await.map_err(failed)?;
    let rows = match collect(session, shape.rows(None).map_err(failed)?).await {
        Ok(rows) => rows,
        Err(error) => match joined(&fingerprints).map_err(arrow)? {
            Some(keys) => {
                let keys = keys.project(&(0..job.key.len()).collect::<Vec<_>>()).map_err(arrow)?;
                key_by_key(session, job, &shape, &keys, error).await?.0
            }
            None => return Err(failed(error)),
        },
    };
    let rows = complete(job, rows, &fingerprints)?;
    let n_rows = rows.iter().map(RecordBatch::num_rows).sum();
    let stored = match snapshot.version(&job.name) {
        None => Vec::new(),
        Some(_) => {
            let schema = match rows.first() {
                Some(batch) => batch.schema(),
                None => snapshot.schema(&job.name).await?,
            };
            let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            conform(&schema, snapshot.read(&job.name, &names, None).await?).map_err(arrow)?
        }
    };
    let columns: Vec<String> = match rows.first().or(stored.first()) {
        Some(batch) => batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect(),
        None => return Ok((0, Vec::new())),
    };
    let (came, went) = difference(&columns, &rows, &stored).map_err(arrow)?;
    let mut different = std::collections::BTreeSet::new();
    for batch in came.iter().chain(&went) {
        for row in 0..batch.num_rows() {
            different.insert(shown(batch, &job.key, row).map_err(arrow)?);
        }
    }
    Ok((n_rows, different.into_iter().collect()))
}

/// The keys that rows which came or went belong to.
async fn changed(state: &State, job: &Job, before: &Memory, shape: &Shape) -> Result<(Candidates, String), QueryError> {
    let failed = |source| QueryError::Job { job: job.name.clone(), source };
    let arrow = |source: ArrowError| failed(source.into());
    let mut tables = BTreeMap::new();
    for table in &job.inputs {
        match state.difference(table, before.inputs.get(table).copied().flatten()).await.map_err(failed)? {
            Difference::None => {}
            Difference::Rows(rows) => drop(tables.insert(table.clone(), rows)),
            Difference::Unknown => {
                return Ok((Candidates::All, format!("what changed in {table} cannot be told any more")));
            }
        }
    }
    let names = tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    if tables.is_empty() {
        let key_schema = Arc::new(Schema::empty());
        return Ok((
            Candidates::Some(RecordBatch::new_empty(key_schema)),
            "its inputs were moved, not changed".to_owned(),
        ));
    }
    let Some(plans) = shape.changed_keys(&tables).map_err(failed)? else {
        return Ok((
            Candidates::All,
            format!("rows changed in {names}; its query does not tell which keys they belong to"),
        ));
    };
    let mut batches = Vec::new();
    for plan in plans {
        batches.extend(collect(&state.session, plan).await.map_err(failed)?);
    }
    let keys = distinct(&job.key, &batches).map_err(arrow)?;
    Ok((Candidates::Some(keys), format!("rows changed in {names}")))
}

/// Rows as the query sees them: the columns of the table's schema.
fn conform(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Vec<RecordBatch>, ArrowError> {
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

fn distinct(key: &[String], batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let Some(first) = batches.first() else { return Ok(RecordBatch::new_empty(Arc::new(Schema::empty()))) };
    let all = concat_batches(&first.schema(), batches)?;
    let mut seen = HashSet::new();
    let new = Keys::new(key).of(&all)?.into_iter().map(|row| Some(seen.insert(row))).collect();
    arrow::compute::filter_record_batch(&all, &new)
}

#[derive(Debug)]
struct Stale {
    n_checked: usize,
    why: Vec<StaleKey>,
    /// Keys whose rows must be derived.
    derive: Option<RecordBatch>,
    /// Keys whose stored rows must go.
    stored: Option<RecordBatch>,
}

/// Compares the fingerprints of the inputs with those of the stored rows.
async fn stale(
    snapshot: &Snapshot,
    job: &Job,
    fingerprints: &[RecordBatch],
    asked: Option<&RecordBatch>,
    all: bool,
) -> Result<Stale, QueryError> {
    let arrow = |source: ArrowError| QueryError::Job { job: job.name.clone(), source: source.into() };
    let mut keys = Keys::new(&job.key);
    let mut stored: HashMap<OwnedRow, (String, String)> = HashMap::new();
    let mut stored_keys = Vec::new();
    let wanted: Option<HashSet<OwnedRow>> = match asked {
        Some(asked) => Some(keys.of(asked).map_err(arrow)?.into_iter().collect()),
        None => None,
    };
    if snapshot.version(&job.name).is_some() {
        let columns: Vec<&str> = job.key.iter().map(String::as_str).chain([INPUT_HASH, JOB_VERSION]).collect();
        let few = asked.filter(|asked| asked.num_rows() <= KEYS_IN_QUERY);
        let among = few.map(|asked| (job.key[0].as_str(), asked.column(0)));
        for batch in snapshot.read(&job.name, &columns, among).await? {
            let rows = keys.of(&batch).map_err(arrow)?;
            let (hashes, versions) = (text(&batch, INPUT_HASH), text(&batch, JOB_VERSION));
            for (place, row) in rows.iter().enumerate() {
                if wanted.as_ref().is_none_or(|wanted| wanted.contains(row)) {
                    stored.insert(row.clone(), (hashes.value(place).to_owned(), versions.value(place).to_owned()));
                }
            }
            let inside = rows.iter().map(|row| Some(stored.contains_key(row))).collect();
            let projected = batch.project(&(0..job.key.len()).collect::<Vec<_>>()).map_err(arrow)?;
            stored_keys.push(arrow::compute::filter_record_batch(&projected, &inside).map_err(arrow)?);
        }
    }
    let (mut why, mut derive, mut present) = (Vec::new(), Vec::new(), HashSet::new());
    let mut gone_or_stale: HashSet<OwnedRow> = HashSet::new();
    for batch in fingerprints {
        let rows = keys.of(batch).map_err(arrow)?;
        let hashes = text(batch, INPUT_HASH);
        let mut pick = Vec::with_capacity(rows.len());
        for (place, row) in rows.into_iter().enumerate() {
            let reason = match stored.get(&row) {
                None => Some("new"),
                Some((_, version)) if *version != job.version => Some("its job is another"),
                Some((hash, _)) if hash != hashes.value(place) => Some("its inputs changed"),
                Some(_) if all => Some("asked for"),
                Some(_) => None,
            };
            if let Some(reason) = reason {
                why.push(StaleKey { key: shown(batch, &job.key, place).map_err(arrow)?, why: reason });
                if stored.contains_key(&row) {
                    gone_or_stale.insert(row.clone());
                }
            }
            pick.push(Some(reason.is_some()));
            present.insert(row);
        }
        let keys_only = batch.project(&(0..job.key.len()).collect::<Vec<_>>()).map_err(arrow)?;
        derive.push(arrow::compute::filter_record_batch(&keys_only, &pick.into_iter().collect()).map_err(arrow)?);
    }
    let n_checked = present.len().max(stored.len());
    let mut replaced = Vec::new();
    for batch in &stored_keys {
        let rows = keys.of(batch).map_err(arrow)?;
        for (place, row) in rows.iter().enumerate() {
            if !present.contains(row) && gone_or_stale.insert(row.clone()) {
                why.push(StaleKey { key: shown(batch, &job.key, place).map_err(arrow)?, why: "its inputs are gone" });
            }
        }
        let pick = rows.iter().map(|row| Some(gone_or_stale.contains(row))).collect();
        replaced.push(arrow::compute::filter_record_batch(batch, &pick).map_err(arrow)?);
    }
    why.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Stale { n_checked, why, derive: joined(&derive).map_err(arrow)?, stored: joined(&replaced).map_err(arrow)? })
}

/// All rows in one batch; `None` where there is no row.
fn joined(batches: &[RecordBatch]) -> Result<Option<RecordBatch>, ArrowError> {
    match batches.iter().find(|batch| batch.num_rows() > 0) {
        Some(first) => concat_batches(&first.schema(), batches.iter().filter(|batch| batch.num_rows() > 0)).map(Some),
        None => Ok(None),
    }
}

fn text(batch: &RecordBatch, column: &str) -> StringArray {
    batch
        .column_by_name(column)
        .and_then(|array| array.as_string_opt::<i32>().cloned())
        .unwrap_or_else(|| StringArray::from(vec![""; batch.num_rows()]))
}

fn shown(batch: &RecordBatch, key: &[String], row: usize) -> Result<String, ArrowError> {
    let mut parts = Vec::with_capacity(key.len());
    for column in key {
        let array = batch.column(batch.schema_ref().index_of(column)?);
        let options = FormatOptions::default();
        parts.push(format!("{column}={}", ArrayFormatter::try_new(array, &options)?.value(row)));
    }
    Ok(parts.join(" "))
}

/// The job's rows as its table stores them: with the fingerprints of job and input, in the columns of its schema.
fn complete(job: &Job, rows: Vec<RecordBatch>, fingerprints: &[RecordBatch]) -> Result<Vec<RecordBatch>, QueryError> {
    let arrow = |source: ArrowError| QueryError::Job { job: job.name.clone(), source: source.into() };
    let mut keys = Keys::new(&job.key);
    let mut hash_of: HashMap<OwnedRow, String> = HashMap::new();
    for batch in fingerprints {
        let hashes = text(batch, INPUT_HASH);
        for (place, row) in keys.of(batch).map_err(arrow)?.into_iter().enumerate() {
            hash_of.insert(row, hashes.value(place).to_owned());
        }
    }
    let mut completed = Vec::with_capacity(rows.len());
    for batch in rows.into_iter().filter(|batch| batch.num_rows() > 0) {
        let rows = keys.of(&batch).map_err(arrow)?;
        let hashes: StringArray = rows.iter().map(|row| hash_of.get(row).map(String::as_str)).collect();
        let versions = StringArray::from(vec![job.version.as_str(); batch.num_rows()]);
        let own: [(&str, ArrayRef); 2] = [(JOB_VERSION, Arc::new(versions)), (INPUT_HASH, Arc::new(hashes))];
        completed.push(stored_form(job, &batch, own)?);
    }
    Ok(completed)
}

fn stored_form(job: &Job, batch: &RecordBatch, own: [(&str, ArrayRef); 2]) -> Result<RecordBatch, QueryError> {
    let wrong = |found: String| QueryError::Result { job: job.name.clone(), found };
    let arrow = |source: ArrowError| QueryError::Job { job: job.name.clone(), source: source.into() };
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
        return Err(wrong(format!("column `{}` is not in schemas/{}.toml: {known}", extra.name(), job.name)));
    }
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let array = match own.iter().find(|(name, _)| name == field.name()) {
            Some((_, array)) => array.clone(),
            None => batch
                .column_by_name(field.name())
                .ok_or_else(|| wrong(format!("expected a column `{}`, found none", field.name())))?
                .clone(),
        };
        let array = cast(&array, field.data_type()).map_err(arrow)?;
        // Only a row that says why it failed has nothing here.
        arrays.push(if field.is_nullable() { array } else { without_nulls(array).map_err(arrow)? });
    }
    RecordBatch::try_new(schema, arrays).map_err(arrow)
}

/// Nothing, as a value: 0, no words, false.
fn without_nulls(array: ArrayRef) -> Result<ArrayRef, ArrowError> {
    if array.null_count() == 0 {
        return Ok(array);
    }
    let nothing = datafusion::common::ScalarValue::new_default(array.data_type()).and_then(|value| value.to_array());
    let nothing = nothing.map_err(|error| ArrowError::ComputeError(error.to_string()))?;
    let present = arrow::compute::is_not_null(&array)?;
    arrow::compute::kernels::zip::zip(&present, &array, &arrow::array::Scalar::new(nothing))
}

/// A type that Delta Lake can store: it has neither unsigned integers nor nanoseconds.
fn storable(field: &Field) -> Field {
    let data_type = match field.data_type() {
        DataType::UInt8 | DataType::UInt16 | DataType::Int8 | DataType::Int16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 => DataType::Float32,
        DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => DataType::Utf8,
        DataType::Timestamp(..) => DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some(Arc::from("UTC"))),
        other => other.clone(),
    };
    Field::new(field.name(), data_type, true).with_metadata(field.metadata().clone())
}

/// Whether the table holds exactly these rows.
async fn same_rows(snapshot: &Snapshot, job: &Job, rows: &[RecordBatch]) -> Result<bool, QueryError> {
    let arrow = |source: ArrowError| QueryError::Job { job: job.name.clone(), source: source.into() };
    if snapshot.version(&job.name).is_none() {
        return Ok(rows.is_empty());
    }
    let schema = match rows.first() {
        Some(batch) => batch.schema(),
        None => snapshot.schema(&job.name).await?,
    };
    let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let stored = match snapshot.read(&job.name, &names, None).await {
        Ok(stored) => stored,
        // Another set of columns: not the same rows.
        Err(LakeError::Query { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let stored = conform(&schema, stored).map_err(arrow)?;
    let (came, went) = difference(&columns, rows, &stored).map_err(arrow)?;
    Ok(came.is_empty() && went.is_empty())
}
