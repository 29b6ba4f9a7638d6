//! The whole way of a file into the lake.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aldb_formats::{ManifestError, Reading, Registry, Value, supply};
use aldb_lake::{KeySet, Lake, LakeError, SeenFile, Snapshot, Writer, file_id, nanoseconds};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;

use crate::config::{Configuration, ConfigurationError};
use crate::cores::on_all_cores;
use crate::discover::{Found, discover};
use crate::installed::installed;
use crate::link::Linker;
use crate::relink::relink;
use crate::rows::{Cell, Rows};
use crate::sheets::{self, KnownSample};
use crate::spectra::{facts, lines, measurement_id, metadata};
use crate::stored::{self, StoredFile};

/// Files of one batch, and their bytes: enough that committing costs little, few enough to hold in memory.
const BATCH_FILES: usize = 512;
const BATCH_BYTES: u64 = 128 << 20;

/// Candidates, and their bytes, up to which the lake is asked for them alone.
const FEW_FILES: usize = 64;
const FEW_BYTES: u64 = 64 << 20;

/// Topic of the index for paths, and for what the lake as a whole was when it was last looked at.
const PATHS: &str = "paths";
const LAKE: &str = "lake";

/// What to ingest.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// Files and folders; all sources of the configuration where empty.
    pub paths: Vec<PathBuf>,
}

/// A file that could not be ingested, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FileProblem {
    /// The file.
    pub path: String,
    /// Why.
    pub error: String,
}

/// What an ingest did.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct IngestReport {
    /// Files looked at, without those that people wrote.
    pub n_files: usize,
    /// Files that are as they were.
    pub n_unchanged: usize,
    /// Files read.
    pub n_read: usize,
    /// Files whose bytes the lake has already, under another path.
    pub n_known_elsewhere: usize,
    /// Files that are still being written; they come in with the next ingest.
    pub n_busy: usize,
    /// Files that hold other bytes than before.
    pub n_superseded: usize,
    /// Measurements added.
    pub n_measurements: usize,
    /// Rows of measured values added.
    pub n_rows: usize,
    /// Rows left out because they cannot be trusted.
    pub n_rejected: usize,
    /// Samples, runs, recipes and literature values added, changed or removed.
    pub n_described: usize,
    /// Measurements that got other keys than before.
    pub n_relinked: usize,
    /// Files that could not be read now.
    pub failed: Vec<FileProblem>,
    /// What people should know of the files they wrote.
    pub notes: Vec<FileProblem>,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
    /// Whether the index had to be made anew.
    pub index_rebuilt: bool,
}

/// Why nothing, or not everything, was ingested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The lake refused.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// `aldb.toml` is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// A manifest of the lake's `ingest/` is wrong.
    #[error("the lake's ingest/: {0}")]
    Manifest(#[from] ManifestError),
    /// A manifest of the lake's `ingest/` cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    ManifestFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Rows could not be put together.
    #[error("cannot put rows together: {0}")]
    Rows(#[from] ArrowError),
}

/// Ingests what is new or changed. `progress` is told how many files of how many are done.
///
/// # Errors
///
/// [`IngestError`] where the lake or its configuration cannot be used. A file that cannot be read is in the report,
/// and the others go on.
pub async fn ingest(
    lake: &Lake,
    options: &IngestOptions,
    mut progress: impl FnMut(usize, usize) + Send,
) -> Result<IngestReport, IngestError> {
    let text = lake.configuration()?;
    let configuration = Configuration::from_toml(&text, lake.root())?;
    let (registry, installed_hash) = installed(lake.root())?;
    let registry_hash = file_id(format!("{installed_hash}\n{}", configuration.settings_rules()).as_bytes());
    let configuration = Arc::new(configuration);
    // The folders are walked while the lake opens.
    let walk = {
        let (configuration, root, paths) = (configuration.clone(), lake.root().to_owned(), options.paths.clone());
        std::thread::spawn(move || discover(&configuration, &root, &paths))
    };
    let mut writer = lake.write().await?;
    let mut report = IngestReport {
        index_rebuilt: writer.index().is_fresh() && writer.base().number() > 0,
        ..IngestReport::default()
    };
    let sheets = sheets::read_folders(lake.root());
    // What nobody rewrote stands in the lake already, and is read from there sooner: while the folders are walked.
    let samples = if stored::remembers(&writer, &sheets) {
        stored::samples(&writer.pending()).await?
    } else {
        let described = sheets::read(&sheets, writer.batch());
        report.n_described =
            stored::write_sheets(&mut writer, lake, &sheets, &described, &mut report.notes, &mut report.failed).await?;
        described.samples
    };
    let link_hash =
        file_id(sheets.iter().fold(text, |text, sheet| text + "\n" + &sheet.path + "\n" + &sheet.file_id).as_bytes());
    let (found, missing) = walk.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    report.n_files = found.len();
    report.failed.extend(missing.into_iter().map(|missing| FileProblem { path: missing.name, error: missing.why }));
    let same_links = writer.index().get::<String>(LAKE, "links").as_ref() == Some(&link_hash);
    // A reader that is new or better may read what failed before.
    let same_registry = writer.index().get::<String>(LAKE, "registry").as_ref() == Some(&registry_hash);
    let candidates = candidates(&writer, &configuration, &found, same_registry, &mut report);
    if !same_links {
        let linker = Linker { configuration: &configuration, samples: &samples };
        report.n_relinked = relink(&mut writer, lake.root(), &linker).await?;
    }
    if !candidates.is_empty() {
        let mut run = Run {
            lake,
            registry: &registry,
            configuration: &configuration,
            samples: &samples,
            files: known_files(&writer.pending(), &candidates).await?,
        };
        let mut done = report.n_files - candidates.len();
        for batch in batches(&candidates) {
            run.batch(&mut writer, batch, &mut report, &mut |n| progress(done + n, found.len())).await?;
            done += batch.len();
        }
    }
    commit(&mut writer, &report).await?;
    // Remembered only now that it is committed: the index may never know more than the lake.
    writer.index().put(LAKE, "sheets", &stored::sheets_seen(&sheets))?;
    writer.index().put(LAKE, "links", &link_hash)?;
    writer.index().put(LAKE, "registry", &registry_hash)?;
    writer.index().flush()?;
    report.snapshot = writer.base().number();
    Ok(report)
}

async fn commit(writer: &mut Writer, report: &IngestReport) -> Result<(), LakeError> {
    let cause = format!("ingested {} files, {} measurements", report.n_read, report.n_measurements);
    writer.commit(&cause).await.map(|_| ())
}

/// What the lake knows of the candidates and of their bytes. Where they are few, the rest of a large lake is not read.
async fn known_files(snapshot: &Snapshot, candidates: &[&Found]) -> Result<stored::Files, IngestError> {
    let bytes: u64 = candidates.iter().map(|candidate| candidate.size_bytes).sum();
    if candidates.len() > FEW_FILES || bytes > FEW_BYTES {
        return stored::files(snapshot).await;
    }
    // One that changes between here and its reading is taken as busy then.
    let ids = candidates.iter().filter_map(|candidate| Some(file_id(&std::fs::read(&candidate.path).ok()?)));
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    stored::files_like(snapshot, &names, &ids.collect::<Vec<_>>()).await
}

/// The files that the index does not know as unchanged, and that nobody is writing.
fn candidates<'a>(
    writer: &Writer,
    configuration: &Configuration,
    found: &'a [Found],
    same_registry: bool,
    report: &mut IngestReport,
) -> Vec<&'a Found> {
    let index = writer.index();
    let is_unchanged = |found: &Found| {
        let seen: Option<SeenFile> = index.get(PATHS, &found.name);
        seen.is_some_and(|seen| seen.still(found.size_bytes, found.modified.map_or(0, nanoseconds)))
    };
    let other: Vec<&Found> = if same_registry {
        let others = |part: &'a [Found]| part.iter().filter(|found| !is_unchanged(found)).collect::<Vec<_>>();
        on_all_cores(found, others)
    } else {
        found.iter().collect()
    };
    report.n_unchanged += found.len() - other.len();
    let mut candidates = Vec::new();
    for found in other {
        let settle = configuration.source_of(&found.path).map_or(0, |source| source.settle_s);
        let rested = found.modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
        if settle > 0 && rested.is_some_and(|rested| rested < Duration::from_secs(settle)) {
            report.n_busy += 1;
            continue;
        }
        candidates.push(found);
    }
    candidates
}

/// The candidates in batches of bounded size, in order.
fn batches<'c, 'a>(candidates: &'c [&'a Found]) -> impl Iterator<Item = &'c [&'a Found]> {
    let mut rest = candidates;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |candidate: &&&Found| {
            bytes += candidate.size_bytes;
            bytes <= BATCH_BYTES
        };
        let n = rest.iter().take(BATCH_FILES).take_while(fits).count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(n);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// What looking into a file gave.
enum Looked {
    /// The lake has it, as it is, under this path.
    Same {
        file_id: String,
    },
    /// It changed while it was read.
    Busy,
    /// The file system refused.
    Unreadable(String),
    Read {
        file_id: String,
        adapter: String,
        version: u32,
        supplied: Option<String>,
        reading: Box<Reading>,
    },
    /// Its bytes are in the lake, from another path.
    Elsewhere {
        file_id: String,
        file: StoredFile,
    },
    Failed {
        file_id: String,
        adapter: Option<String>,
        error: String,
    },
}

struct Run<'a> {
    lake: &'a Lake,
    registry: &'a Registry,
    configuration: &'a Configuration,
    samples: &'a HashMap<String, KnownSample>,
    files: stored::Files,
}

impl Run<'_> {
    async fn batch(
        &mut self,
        writer: &mut Writer,
        candidates: &[&Found],
        report: &mut IngestReport,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<(), IngestError> {
        let looked = self.look(candidates, progress)?;
        let seen_ns = nanoseconds(SystemTime::now());
        let mut add = Added::new(writer.batch());
        for (candidate, looked) in candidates.iter().zip(&looked) {
            self.take(candidate, looked, &mut add, report)?;
        }
        add.write(writer).await?;
        if writer.has_changes() {
            commit(writer, report).await?;
        }
        // Only what is committed counts as seen.
        for (candidate, looked) in candidates.iter().zip(looked) {
            if let Looked::Same { file_id }
            | Looked::Read { file_id, .. }
            | Looked::Elsewhere { file_id, .. }
            | Looked::Failed { file_id, .. } = looked
            {
                let modified_ns = candidate.modified.map_or(0, nanoseconds);
                let seen = SeenFile { size_bytes: candidate.size_bytes, modified_ns, seen_ns, file_id };
                writer.index().put(PATHS, &candidate.name, &seen)?;
            }
        }
        Ok(())
    }

    /// Looks into files, on all cores.
    fn look(
        &self,
        candidates: &[&Found],
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Looked>, IngestError> {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let next = std::sync::atomic::AtomicUsize::new(0);
        let (send, receive) = std::sync::mpsc::channel();
        let mut looked: Vec<Option<Looked>> = candidates.iter().map(|_| None).collect();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (send, next) = (send.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let place = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(candidate) = candidates.get(place) else { break };
                        if send.send((place, self.look_into(candidate))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(send);
            for (n, (place, one)) in receive.iter().enumerate() {
                looked[place] = Some(one?);
                progress(n + 1);
            }
            Ok::<_, IngestError>(())
        })?;
        // A worker that ended early would have left a hole: then the file is looked into next time.
        Ok(looked.into_iter().map(|one| one.unwrap_or(Looked::Busy)).collect())
    }

    fn look_into(&self, candidate: &Found) -> Result<Looked, IngestError> {
        let path = &candidate.path;
        if candidate.size_bytes > aldb_formats::LARGEST_FILE as u64 {
            let limit = aldb_formats::LARGEST_FILE;
            return Ok(Looked::Unreadable(format!(
                "the file has {} bytes, expected at most {limit}",
                candidate.size_bytes
            )));
        }
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Looked::Unreadable(format!("cannot read it: {error}"))),
        };
        let after = std::fs::metadata(path).ok();
        let as_before =
            after.is_some_and(|after| after.len() == bytes.len() as u64 && after.modified().ok() == candidate.modified);
        if !as_before {
            return Ok(Looked::Busy);
        }
        let file_id = file_id(&bytes);
        let source = self.configuration.source_of(path);
        let wanted = source.and_then(|source| source.adapter.as_deref());
        let settings = source.map(|source| source.settings(path)).unwrap_or_default();
        let supplied = as_json(&settings);
        let current = |file: &StoredFile| {
            file.is_read()
                && file.supplied == supplied
                && file.adapter.as_deref().is_some_and(|name| self.version_of(name) == file.adapter_version)
        };
        if let Some(file) = self.files.at(&candidate.name, &file_id)
            && current(file)
        {
            return Ok(Looked::Same { file_id });
        }
        if let Some(file) = self.files.with_bytes(&file_id)
            && current(file)
        {
            return Ok(Looked::Elsewhere { file: file.clone(), file_id });
        }
        self.lake.archive().keep(&file_id, &bytes)?;
        Ok(match self.registry.read(&bytes, wanted) {
            Ok((adapter, mut reading)) => {
                for measurement in &mut reading.measurements {
                    supply(measurement, &settings);
                }
                let version = self.version_of(&adapter).unwrap_or_default();
                Looked::Read { file_id, adapter, version, supplied, reading: Box::new(reading) }
            }
            Err(error) => Looked::Failed { file_id, adapter: wanted.map(str::to_owned), error: error.to_string() },
        })
    }

    fn version_of(&self, adapter: &str) -> Option<u32> {
        self.registry.adapter(adapter).ok().map(aldb_formats::Adapter::version)
    }

    /// Turns what was found in a file into rows.
    fn take(
        &mut self,
        candidate: &Found,
        looked: &Looked,
        add: &mut Added,
        report: &mut IngestReport,
    ) -> Result<(), IngestError> {
        let name = &candidate.name;
        match looked {
            Looked::Same { .. } => report.n_unchanged += 1,
            Looked::Busy => report.n_busy += 1,
            Looked::Unreadable(error) => report.failed.push(FileProblem { path: name.clone(), error: error.clone() }),
            Looked::Failed { file_id, adapter, error } => {
                report.failed.push(FileProblem { path: name.clone(), error: error.clone() });
                let file = StoredFile::failed(name, file_id, adapter.clone());
                let unchanged = self.files.at(name, file_id).is_some_and(|known| known.error.as_deref() == Some(error));
                if !unchanged {
                    add.file(self.source(candidate), candidate, &file, Some(error), None, 0, 0);
                    self.files.insert(StoredFile { error: Some(error.clone()), ..file });
                }
            }
            Looked::Elsewhere { file_id, file } => {
                report.n_known_elsewhere += 1;
                self.supersede(name, file_id, add, report);
                let stored = StoredFile { path: name.clone(), ..file.clone() };
                add.file(self.source(candidate), candidate, &stored, None, None, file.n_measurements, 0);
                self.files.insert(stored);
            }
            // The same bytes from two paths of one batch.
            Looked::Read { file_id, .. }
                if self.files.with_bytes(file_id).is_some_and(|file| add.holds(&file.file_id)) =>
            {
                let file = self.files.with_bytes(file_id).cloned();
                if let Some(file) = file {
                    self.take(candidate, &Looked::Elsewhere { file_id: file_id.clone(), file }, add, report)?;
                }
            }
            Looked::Read { file_id, adapter, version, supplied, reading } => {
                self.supersede(name, file_id, add, report);
                let file = StoredFile {
                    supplied: supplied.clone(),
                    ..StoredFile::read(name, file_id, adapter, *version, reading.measurements.len())
                };
                let linker = Linker { configuration: self.configuration, samples: self.samples };
                let mut left_out = reading.rejected.len();
                for measurement in &reading.measurements {
                    left_out += add.measurement(&candidate.path, &file, measurement, &linker, report)?;
                }
                report.n_read += 1;
                report.n_rejected += left_out;
                let mut statements = reading.warnings.clone();
                statements.extend(reading.rejected.iter().take(20).map(|row| row.error.to_string()));
                if reading.rejected.len() > 20 {
                    statements.push(format!("{} more rows were left out", reading.rejected.len() - 20));
                }
                // Bytes that were read before, by an older reader: what it made of them goes.
                if self.files.with_bytes(file_id).is_some() {
                    add.replaced.insert(file_id.clone());
                }
                add.file(
                    self.source(candidate),
                    candidate,
                    &file,
                    None,
                    lines(&statements),
                    reading.measurements.len(),
                    left_out,
                );
                self.files.insert(file);
            }
        }
        Ok(())
    }

    fn source(&self, candidate: &Found) -> Option<String> {
        self.configuration.source_of(&candidate.path).map(|source| source.name.clone())
    }

    /// The path holds other bytes now: what it held before no longer counts, unless another path still holds it.
    fn supersede(&mut self, path: &str, file_id: &str, add: &mut Added, report: &mut IngestReport) {
        let old = self.files.supersede(path, file_id);
        if old.iter().any(StoredFile::is_read) {
            report.n_superseded += 1;
        }
        for file in old {
            if file.is_read() && self.files.with_bytes(&file.file_id).is_none() {
                add.gone.insert(file.file_id.clone());
            }
            add.superseded.push((file.path, file.file_id));
        }
    }
}

/// Settings as a JSON object; `None` where there are none.
fn as_json(settings: &BTreeMap<String, Value>) -> Option<String> {
    (!settings.is_empty()).then(|| serde_json::to_string(settings).unwrap_or_default())
}

/// The rows of a batch.
struct Added {
    batch: i64,
    files: Rows,
    file_keys: Vec<(String, String)>,
    measurements: Rows,
    facts: BTreeMap<String, Vec<RecordBatch>>,
    superseded: Vec<(String, String)>,
    gone: HashSet<String>,
    replaced: HashSet<String>,
    read_now: HashSet<String>,
}

impl Added {
    fn new(batch: i64) -> Self {
        Self {
            batch,
            files: Rows::of("source_files"),
            file_keys: Vec::new(),
            measurements: Rows::of("measurements"),
            facts: BTreeMap::new(),
            superseded: Vec::new(),
            gone: HashSet::new(),
            replaced: HashSet::new(),
            read_now: HashSet::new(),
        }
    }

    fn holds(&self, file_id: &str) -> bool {
        self.read_now.contains(file_id)
    }

    #[expect(clippy::too_many_arguments, reason = "each is a column of the row")]
    fn file(
        &mut self,
        source: Option<String>,
        candidate: &Found,
        file: &StoredFile,
        error: Option<&str>,
        warnings: Option<String>,
        n_measurements: usize,
        n_rejected: usize,
    ) {
        let micros = |time: SystemTime| nanoseconds(time) / 1000;
        self.file_keys.push((file.path.clone(), file.file_id.clone()));
        self.files.push([
            ("path", file.path.as_str().into()),
            ("file_id", file.file_id.as_str().into()),
            ("source", source.into()),
            ("size_bytes", Cell::Whole(i64::try_from(candidate.size_bytes).unwrap_or(i64::MAX))),
            ("modified_at", candidate.modified.map_or(Cell::Null, |time| Cell::Time(micros(time)))),
            ("adapter", file.adapter.clone().into()),
            ("adapter_version", file.adapter_version.map(i64::from).into()),
            ("supplied", file.supplied.clone().into()),
            ("status", if error.is_some() { "failed".into() } else { "read".into() }),
            ("error", error.into()),
            ("n_measurements", Cell::Whole(n_measurements as i64)),
            ("n_rejected", Cell::Whole(n_rejected as i64)),
            ("warnings", warnings.into()),
            ("ingested_at", Cell::Time(micros(SystemTime::now()))),
            ("batch", self.batch.into()),
        ]);
    }

    /// Adds a measurement; returns how many of its rows were left out.
    fn measurement(
        &mut self,
        path: &Path,
        file: &StoredFile,
        measurement: &aldb_formats::Measurement,
        linker: &Linker<'_>,
        report: &mut IngestReport,
    ) -> Result<usize, IngestError> {
        self.read_now.insert(file.file_id.clone());
        let id = measurement_id(&file.file_id, measurement.block);
        let metadata = metadata(measurement);
        let link = linker.link(path, &metadata);
        let name = measurement.technique.table();
        let Some(table) = aldb_schema::table(name) else { return Ok(0) };
        let (rows, left_out) = facts(table, measurement, &id, &link, self.batch)?;
        report.n_measurements += 1;
        report.n_rows += rows.num_rows();
        self.measurements.push([
            ("measurement_id", id.into()),
            ("file_id", file.file_id.as_str().into()),
            ("block", i64::from(measurement.block).into()),
            ("technique", measurement.technique.name().into()),
            ("fact_table", name.into()),
            ("adapter", file.adapter.clone().unwrap_or_default().into()),
            ("adapter_version", file.adapter_version.map_or(0, i64::from).into()),
            ("n_points", Cell::Whole(rows.num_rows() as i64)),
            ("started_at", metadata.get("started_at").and_then(serde_json::Value::as_str).into()),
            ("sample_label", link.sample_label.into()),
            ("sample_id", link.sample_id.into()),
            ("run_id", link.run_id.into()),
            ("recipe_id", link.recipe_id.into()),
            ("dot", link.dot.into()),
            ("electrode_area_cm2", link.electrode_area_cm2.into()),
            ("temperature_c", link.temperature_c.into()),
            ("repeat", link.repeat.into()),
            ("link_note", link.note.into()),
            ("metadata", serde_json::Value::Object(metadata).to_string().into()),
            ("warnings", lines(&measurement.warnings).into()),
            ("batch", self.batch.into()),
        ]);
        if rows.num_rows() > 0 {
            self.facts.entry(name.to_owned()).or_default().push(rows);
        }
        Ok(left_out)
    }

    async fn write(self, writer: &mut Writer) -> Result<(), IngestError> {
        let gone: Vec<&String> = self.gone.union(&self.replaced).collect();
        stored::remove_measurements(writer, &gone).await?;
        stored::mark_superseded(writer, &self.superseded, self.batch).await?;
        for (table, batches) in &self.facts {
            let rows = concat_batches(batches[0].schema_ref(), batches)?;
            writer.append(table, &[rows]).await?;
        }
        if !self.measurements.is_empty() {
            writer.append("measurements", &[self.measurements.batch()?]).await?;
        }
        if !self.files.is_empty() {
            let mut keys = KeySet::new("source_files", &["path".to_owned(), "file_id".to_owned()]);
            keys.insert(&stored::pairs(&self.file_keys)?)?;
            writer.replace("source_files", &mut keys, &[self.files.batch()?]).await?;
        }
        Ok(())
    }
}
