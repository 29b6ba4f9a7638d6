//! What an ingest is asked for, and what it did.

use std::path::PathBuf;

use serde::Serialize;

/// What to ingest.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// Files and folders; all sources of the configuration where empty.
    pub paths: Vec<PathBuf>,
}

/// A file, and what is wrong with it or worth knowing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileProblem {
    /// The file.
    pub path: String,
    /// The error, or the note.
    pub error: String,
}

/// What an ingest did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IngestReport {
    /// Files found, without those that people wrote.
    pub n_files: usize,
    /// Files that have not changed.
    pub n_unchanged: usize,
    /// Files read.
    pub n_read: usize,
    /// Files whose bytes the lake has already, under another path.
    pub n_known_elsewhere: usize,
    /// Files that are still being written; the next ingest reads them.
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
    /// Stored measurements whose sample, run, recipe, electrode or temperature changed.
    pub n_relinked: usize,
    /// Files that could not be read now.
    pub failed: Vec<FileProblem>,
    /// What is worth knowing of the files that people wrote.
    pub notes: Vec<FileProblem>,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
    /// Whether the index had to be made anew.
    pub index_rebuilt: bool,
}

/// A number and its noun: `1 file`, `2 files`.
#[must_use]
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
