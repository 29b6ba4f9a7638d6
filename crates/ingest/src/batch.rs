//! The rows that a batch of files adds, replaces and removes.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::SystemTime;

use aldb_formats::{FileErrorCode, Measurement, Reading};
use aldb_lake::{KeySet, Writer, nanoseconds};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::IngestError;
use crate::discover::{Found, absolute};
use crate::link::Linker;
use crate::paths::is_absent;
use crate::reading::Outcome;
use crate::relink::relink;
use crate::report::{FailedFile, FileError, IngestReport, SourceRound};
use crate::rows::{Cell, Rows};
use crate::spectra::{Origin, facts, lines, measurement_id, metadata, push_measurement};
use crate::stored::{self, Files, GONE, MOVED, READ, StoredFile};

/// Largest number of rejected rows of one file that are listed individually.
const NAMED_ROWS: usize = 20;

fn micros(time: SystemTime) -> i64 {
    nanoseconds(time) / 1000
}

/// Rows that a batch writes.
pub(crate) struct Batch<'a> {
    number: i64,
    lake: &'a Path,
    linker: &'a Linker<'a>,
    files: &'a mut Files,
    report: &'a mut IngestReport,
    file_rows: Rows,
    file_keys: Vec<(String, String)>,
    measurements: Rows,
    facts: BTreeMap<String, Vec<RecordBatch>>,
    superseded: Vec<(String, String)>,
    /// Files that a path of theirs no longer holds: their measurements are removed unless another path does.
    released: HashSet<String>,
    /// Files that were read again: their earlier measurements are removed.
    read_again: HashSet<String>,
    read_now: HashSet<String>,
    /// Other paths of files of this batch, from which they were moved.
    moved: Vec<(String, String)>,
    /// Files that are known at another path: their measurements must be linked again.
    touched: HashSet<String>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(
        number: i64,
        lake: &'a Path,
        linker: &'a Linker<'a>,
        files: &'a mut Files,
        report: &'a mut IngestReport,
    ) -> Self {
        Self {
            number,
            lake,
            linker,
            files,
            report,
            file_rows: Rows::of("source_files"),
            file_keys: Vec::new(),
            measurements: Rows::of("measurements"),
            facts: BTreeMap::new(),
            superseded: Vec::new(),
            released: HashSet::new(),
            read_again: HashSet::new(),
            read_now: HashSet::new(),
            moved: Vec::new(),
            touched: HashSet::new(),
        }
    }

    /// Adds the outcome of a candidate.
    pub(crate) fn add(&mut self, candidate: &Found, outcome: &Outcome) -> Result<(), IngestError> {
        let name = &candidate.name;
        let modified_at = candidate.modified.map(micros);
        match outcome {
            Outcome::Unchanged { .. } => self.report.n_unchanged += 1,
            Outcome::Busy => self.report.n_busy += 1,
            // Said by whoever knows since when.
            Outcome::EndsEarly => {}
            Outcome::NotRecognised { file_id, error } => {
                self.report.not_recognised.push(name.clone());
                if self.files.at(name, file_id).is_none_or(|known| known.error.as_ref() != Some(error)) {
                    self.supersede_without_rows(name, file_id);
                    self.push_file(candidate, StoredFile::not_recognised(name, file_id, error.clone()), 0);
                }
            }
            Outcome::Unreadable(error) => self.fail(candidate, error),
            Outcome::Failed { file_id, adapter, error } => {
                self.fail(candidate, error);
                let is_known = |known: &StoredFile| known.error.as_ref() == Some(error);
                if !self.files.at(name, file_id).is_some_and(is_known) {
                    self.supersede_without_rows(name, file_id);
                    self.push_file(candidate, StoredFile::failed(name, file_id, adapter.clone(), error.clone()), 0);
                }
            }
            Outcome::KnownElsewhere { file_id, file } => self.add_path(candidate, file_id, file),
            Outcome::Read { file_id, adapter, version, supplied, reading, is_growing } => {
                match self.files.with_bytes(file_id).cloned() {
                    // The same bytes from two paths of one batch.
                    Some(file) if self.read_now.contains(file_id) => self.add_path(candidate, file_id, &file),
                    before => {
                        self.supersede(name, file_id);
                        // An older reader, or other settings, produced different measurements from the same bytes.
                        if before.is_some() || self.released.contains(file_id) {
                            self.read_again.insert(file_id.clone());
                            self.touched.insert(file_id.clone());
                        }
                        let file = StoredFile {
                            supplied: supplied.clone(),
                            modified_at,
                            is_growing: *is_growing,
                            ..StoredFile::read(name, file_id, adapter, *version, reading.measurements.len())
                        };
                        self.add_reading(candidate, file, reading)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, candidate: &Found, error: &FileError) {
        self.report.failed.push(FailedFile { path: candidate.name.clone(), error: error.clone() });
        self.count(candidate, |round| round.n_failed += 1);
    }

    /// Counts the file in the account of its source.
    fn count(&mut self, candidate: &Found, add: fn(&mut SourceRound)) {
        let source = self.linker.configuration.source_of(&candidate.path).map(|source| &source.name);
        self.report.sources.iter_mut().filter(|round| Some(&round.source) == source).for_each(add);
    }

    /// Adds a path whose bytes are in the lake.
    fn add_path(&mut self, candidate: &Found, file_id: &str, file: &StoredFile) {
        if file.path == candidate.name {
            self.report.n_unchanged += 1;
        } else {
            self.report.n_known_elsewhere += 1;
        }
        self.supersede(&candidate.name, file_id);
        self.look_after(candidate, file_id);
        // Its warnings are stated once, at a path where it is.
        let is_elsewhere = self.files.everywhere(file_id).any(|other| other.is_read() && other.path != candidate.name);
        let file = StoredFile {
            path: candidate.name.clone(),
            status: READ.to_owned(),
            warnings: file.warnings.clone().filter(|_| !is_elsewhere),
            ..file.clone()
        };
        let n_rejected = file.n_rejected;
        self.push_file(candidate, file, n_rejected);
        self.moved.extend(self.files.moved(file_id).into_iter().map(|path| (path, file_id.to_owned())));
        self.touched.insert(file_id.to_owned());
    }

    /// Whether the file with these bytes is still at its other paths.
    fn look_after(&mut self, candidate: &Found, file_id: &str) {
        let others = self.files.everywhere(file_id).filter(|other| other.is_read() && other.path != candidate.name);
        let is_gone = |other: &&StoredFile| is_absent(self.linker.configuration, &absolute(self.lake, &other.path));
        let gone: Vec<String> = others.filter(is_gone).map(|other| other.path.clone()).collect();
        for path in gone {
            if let Some(other) = self.files.row_mut(&path, file_id) {
                GONE.clone_into(&mut other.status);
            }
        }
    }

    fn add_reading(&mut self, candidate: &Found, file: StoredFile, reading: &Reading) -> Result<(), IngestError> {
        let mut n_rejected = reading.rejected.len();
        for measurement in &reading.measurements {
            n_rejected += self.push_measurement(&candidate.path, &file, measurement, &reading.not_read)?;
        }
        self.read_now.insert(file.file_id.clone());
        self.report.n_read += 1;
        self.count(candidate, |round| round.n_read += 1);
        self.report.n_rejected += n_rejected;
        let mut statements = reading.warnings.clone();
        statements.extend(reading.rejected.iter().take(NAMED_ROWS).map(|row| row.error.to_string()));
        match reading.rejected.len().saturating_sub(NAMED_ROWS) {
            0 => {}
            1 => statements.push("1 more row was left out".to_owned()),
            n => statements.push(format!("{n} more rows were left out")),
        }
        self.push_file(candidate, StoredFile { warnings: lines(&statements), ..file }, n_rejected);
        Ok(())
    }

    /// The path holds different bytes now: its earlier ones no longer count, unless another path still holds them.
    fn supersede(&mut self, path: &str, file_id: &str) {
        let old = self.files.supersede(path, file_id);
        self.report.n_superseded += usize::from(old.iter().any(StoredFile::is_read));
        for file in old {
            if file.holds() {
                self.released.insert(file.file_id.clone());
                self.touched.insert(file.file_id.clone());
            }
            self.superseded.push((file.path, file.file_id));
        }
    }

    /// The path holds different bytes, which cannot be read either: what was said about the earlier ones no longer counts. What was
    /// read there before stays.
    fn supersede_without_rows(&mut self, path: &str, file_id: &str) {
        let old = self.files.supersede_if(path, |file| file.file_id != file_id && file.is_without_rows());
        self.superseded.extend(old.into_iter().map(|file| (file.path, file.file_id)));
    }

    fn push_file(&mut self, candidate: &Found, mut file: StoredFile, n_rejected: usize) {
        file.modified_at = candidate.modified.map(micros);
        file.ingested_at = micros(SystemTime::now());
        file.source = self.linker.configuration.source_of(&candidate.path).map(|source| source.name.clone());
        file.n_rejected = n_rejected;
        // Outside every source a path says nothing; what another path of the same file said last stays with that.
        file.keys = self.linker.keys(&candidate.path).and_then(|keys| keys.as_json());
        self.file_keys.push((file.path.clone(), file.file_id.clone()));
        self.file_rows.push([
            ("path", file.path.as_str().into()),
            ("file_id", file.file_id.as_str().into()),
            ("source", file.source.clone().into()),
            ("keys", file.keys.clone().into()),
            ("size_bytes", Cell::Whole(i64::try_from(candidate.size_bytes).unwrap_or(i64::MAX))),
            ("modified_at", file.modified_at.map_or(Cell::Null, Cell::Time)),
            ("adapter", file.adapter.clone().into()),
            ("adapter_version", file.adapter_version.map(i64::from).into()),
            ("supplied", file.supplied.clone().into()),
            ("status", file.status.as_str().into()),
            ("error", file.error.as_ref().map(|error| error.message.clone()).into()),
            ("error_code", file.error.as_ref().and_then(|error| error.code).map(FileErrorCode::as_str).into()),
            ("n_measurements", Cell::Whole(file.n_measurements as i64)),
            ("n_rejected", Cell::Whole(n_rejected as i64)),
            ("warnings", file.warnings.clone().into()),
            ("incomplete", file.is_growing.into()),
            ("ingested_at", Cell::Time(file.ingested_at)),
            ("batch", self.number.into()),
        ]);
        self.files.insert(file);
    }

    /// Adds a measurement; returns how many of its rows were left out.
    fn push_measurement(
        &mut self,
        path: &Path,
        file: &StoredFile,
        measurement: &Measurement,
        not_read: &[String],
    ) -> Result<usize, IngestError> {
        let id = measurement_id(&file.file_id, measurement.block);
        let (keys, metadata) = (self.linker.keys(path), metadata(measurement));
        let link = self.linker.link(keys.as_ref(), &metadata);
        let link = link.with_place(&file.path, file.modified_at, keys.as_ref(), &metadata);
        let table = measurement.technique.table();
        let facts = facts(measurement, &id, &link, self.number)?;
        let n_left_out = facts.n_left_out;
        self.report.n_measurements += 1;
        self.report.n_rows += facts.n_rows();
        let origin = Origin {
            file_id: &file.file_id,
            adapter: file.adapter.as_deref().unwrap_or_default(),
            adapter_version: file.adapter_version.unwrap_or(0),
            batch: self.number,
            not_read,
            is_growing: file.is_growing,
        };
        push_measurement(&mut self.measurements, &facts, measurement, &id, origin, link);
        let rows = facts.rows;
        if let Some(rows) = rows.filter(|rows| rows.num_rows() > 0) {
            self.facts.entry(table.to_owned()).or_default().push(rows);
        }
        Ok(n_left_out)
    }

    /// Writes everything; nothing is visible before the writer's commit. Returns how many measurements that were stored
    /// before were linked again.
    pub(crate) async fn write(self, writer: &mut Writer) -> Result<usize, IngestError> {
        let is_held = |id: &&String| self.files.with_bytes(id).is_some();
        let removed = self.released.iter().filter(|id| !is_held(id) && !self.read_again.contains(*id));
        stored::remove_measurements(writer, &removed.chain(&self.read_again).collect::<Vec<_>>()).await?;
        stored::mark(writer, &self.superseded, self.number, "superseded").await?;
        stored::mark(writer, &self.moved, self.number, MOVED).await?;
        for (table, batches) in &self.facts {
            let rows = concat_batches(batches[0].schema_ref(), batches)?;
            writer.append(table, &[rows]).await?;
        }
        if !self.measurements.is_empty() {
            writer.append("measurements", &[self.measurements.batch()?]).await?;
        }
        if !self.file_rows.is_empty() {
            let mut keys = KeySet::new("source_files", &["path".to_owned(), "file_id".to_owned()]);
            keys.insert(&stored::pairs(&self.file_keys)?)?;
            writer.replace("source_files", &mut keys, &[self.file_rows.batch()?]).await?;
        }
        relink(writer, self.linker, self.files, Some(&self.touched)).await
    }
}
