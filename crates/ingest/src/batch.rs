//! The rows that a batch of files adds, replaces and removes.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::SystemTime;

use aldb_formats::{FileErrorCode, Measurement, Reading};
use aldb_lake::{KeySet, Writer, nanoseconds};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::IngestError;
use crate::discover::Found;
use crate::link::Linker;
use crate::reading::Outcome;
use crate::report::{FailedFile, FileError, IngestReport};
use crate::rows::{Cell, Rows};
use crate::spectra::{Origin, facts, lines, measurement_id, metadata, push_measurement};
use crate::stored::{self, Files, StoredFile};

/// Largest number of rejected rows of one file that are listed individually.
const NAMED_ROWS: usize = 20;

/// Rows that a batch writes.
pub(crate) struct Batch<'a> {
    number: i64,
    linker: &'a Linker<'a>,
    files: &'a mut Files,
    report: &'a mut IngestReport,
    file_rows: Rows,
    file_keys: Vec<(String, String)>,
    measurements: Rows,
    facts: BTreeMap<String, Vec<RecordBatch>>,
    superseded: Vec<(String, String)>,
    /// Files whose measurements are removed: no path holds them any more, or a different reader has read them again.
    removed: HashSet<String>,
    read_now: HashSet<String>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(number: i64, linker: &'a Linker<'a>, files: &'a mut Files, report: &'a mut IngestReport) -> Self {
        Self {
            number,
            linker,
            files,
            report,
            file_rows: Rows::of("source_files"),
            file_keys: Vec::new(),
            measurements: Rows::of("measurements"),
            facts: BTreeMap::new(),
            superseded: Vec::new(),
            removed: HashSet::new(),
            read_now: HashSet::new(),
        }
    }

    /// Adds the outcome of a candidate.
    pub(crate) fn add(&mut self, candidate: &Found, outcome: &Outcome) -> Result<(), IngestError> {
        let name = &candidate.name;
        match outcome {
            Outcome::Unchanged { .. } => self.report.n_unchanged += 1,
            Outcome::Busy => self.report.n_busy += 1,
            Outcome::Unreadable(error) => self.fail(name, error),
            Outcome::Failed { file_id, adapter, error } => {
                self.fail(name, error);
                let is_known = |known: &StoredFile| known.error.as_ref() == Some(error);
                if !self.files.at(name, file_id).is_some_and(is_known) {
                    self.push_file(candidate, StoredFile::failed(name, file_id, adapter.clone(), error.clone()), 0);
                }
            }
            Outcome::KnownElsewhere { file_id, file } => self.add_path(candidate, file_id, file),
            Outcome::Read { file_id, adapter, version, supplied, reading } => {
                match self.files.with_bytes(file_id).cloned() {
                    // The same bytes from two paths of one batch.
                    Some(file) if self.read_now.contains(file_id) => self.add_path(candidate, file_id, &file),
                    before => {
                        self.supersede(name, file_id);
                        // An older reader produced different measurements from the same bytes.
                        if before.is_some() {
                            self.removed.insert(file_id.clone());
                        }
                        let file = StoredFile {
                            supplied: supplied.clone(),
                            ..StoredFile::read(name, file_id, adapter, *version, reading.measurements.len())
                        };
                        self.add_reading(candidate, file, reading)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, path: &str, error: &FileError) {
        self.report.failed.push(FailedFile { path: path.to_owned(), error: error.clone() });
    }

    /// Adds a path whose bytes are in the lake.
    fn add_path(&mut self, candidate: &Found, file_id: &str, file: &StoredFile) {
        self.report.n_known_elsewhere += 1;
        self.supersede(&candidate.name, file_id);
        let file = StoredFile { path: candidate.name.clone(), warnings: None, ..file.clone() };
        self.push_file(candidate, file, 0);
    }

    fn add_reading(&mut self, candidate: &Found, file: StoredFile, reading: &Reading) -> Result<(), IngestError> {
        let mut n_rejected = reading.rejected.len();
        for measurement in &reading.measurements {
            n_rejected += self.push_measurement(&candidate.path, &file, measurement, &reading.not_read)?;
        }
        self.read_now.insert(file.file_id.clone());
        self.report.n_read += 1;
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
            if file.is_read() && self.files.with_bytes(&file.file_id).is_none() {
                self.removed.insert(file.file_id.clone());
            }
            self.superseded.push((file.path, file.file_id));
        }
    }

    fn push_file(&mut self, candidate: &Found, file: StoredFile, n_rejected: usize) {
        let micros = |time: SystemTime| nanoseconds(time) / 1000;
        let source = self.linker.configuration.source_of(&candidate.path).map(|source| source.name.clone());
        self.file_keys.push((file.path.clone(), file.file_id.clone()));
        self.file_rows.push([
            ("path", file.path.as_str().into()),
            ("file_id", file.file_id.as_str().into()),
            ("source", source.into()),
            ("size_bytes", Cell::Whole(i64::try_from(candidate.size_bytes).unwrap_or(i64::MAX))),
            ("modified_at", candidate.modified.map_or(Cell::Null, |time| Cell::Time(micros(time)))),
            ("adapter", file.adapter.clone().into()),
            ("adapter_version", file.adapter_version.map(i64::from).into()),
            ("supplied", file.supplied.clone().into()),
            ("status", file.status.as_str().into()),
            ("error", file.error.as_ref().map(|error| error.message.clone()).into()),
            ("error_code", file.error.as_ref().and_then(|error| error.code).map(FileErrorCode::as_str).into()),
            ("n_measurements", Cell::Whole(file.n_measurements as i64)),
            ("n_rejected", Cell::Whole(n_rejected as i64)),
            ("warnings", file.warnings.clone().into()),
            ("ingested_at", Cell::Time(micros(SystemTime::now()))),
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
        let link = self.linker.link(path, &metadata(measurement));
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
        };
        push_measurement(&mut self.measurements, &facts, measurement, &id, origin, link);
        let rows = facts.rows;
        if let Some(rows) = rows.filter(|rows| rows.num_rows() > 0) {
            self.facts.entry(table.to_owned()).or_default().push(rows);
        }
        Ok(n_left_out)
    }

    /// Writes everything; nothing is visible before the writer's commit.
    pub(crate) async fn write(self, writer: &mut Writer) -> Result<(), IngestError> {
        stored::remove_measurements(writer, &self.removed.iter().collect::<Vec<_>>()).await?;
        stored::mark(writer, &self.superseded, self.number, "superseded").await?;
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
        Ok(())
    }
}
