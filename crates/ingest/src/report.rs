//! The request and the result of an ingest.

use std::path::PathBuf;

use aldb_formats::{FileErrorCode, ReadError};
use serde::Serialize;

/// The files to ingest.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// Files and folders; all sources of the configuration where empty.
    pub paths: Vec<PathBuf>,
}

/// A file that was not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedFile {
    /// The file, or the folder or source that was not found.
    pub path: String,
    /// The error.
    #[serde(flatten)]
    pub error: FileError,
}

/// Why a file was not read: in JSON the members `error` and `error_code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileError {
    /// Place, expected, found.
    #[serde(rename = "error")]
    pub message: String,
    /// Its code; none where an older version of the program stored the error.
    #[serde(rename = "error_code")]
    pub code: Option<FileErrorCode>,
}

impl FileError {
    pub(crate) fn new(code: FileErrorCode, message: impl Into<String>) -> Self {
        Self { message: message.into(), code: Some(code) }
    }
}

impl From<ReadError> for FileError {
    fn from(error: ReadError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// A file, and a remark about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileNote {
    /// The file.
    pub path: String,
    /// The remark.
    #[serde(rename = "error")]
    pub note: String,
}

/// Files in the folder of a source that match no pattern of any source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotIncluded {
    /// The source.
    pub source: String,
    /// How many there are.
    pub n_files: usize,
    /// The first of them.
    pub example: String,
}

/// The result of an ingest.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IngestReport {
    /// Files found, without those written by people.
    pub n_files: usize,
    /// Files that have not changed.
    pub n_unchanged: usize,
    /// Files read.
    pub n_read: usize,
    /// Files whose bytes the lake already has from another path.
    pub n_known_elsewhere: usize,
    /// Files that are still being written; the next ingest reads them.
    pub n_busy: usize,
    /// Files whose bytes have changed.
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
    /// Files that are no longer at their path, nor at another: their measurements stay, with the keys that the path gave.
    pub n_gone: usize,
    /// Files that match no pattern of the source in whose folder they are.
    pub not_included: Vec<NotIncluded>,
    /// Files that could not be read this time.
    pub failed: Vec<FailedFile>,
    /// Notes on the files written by people.
    pub notes: Vec<FileNote>,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
    /// Whether the index had to be rebuilt.
    pub index_rebuilt: bool,
}

/// A number and its noun: `1 file`, `2 files`.
#[must_use]
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
