//! The request and the result of an ingest.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aldb_formats::{FileErrorCode, ReadError};
use serde::{Deserialize, Serialize};

/// The files to ingest.
#[derive(Debug, Clone, Default)]
pub struct IngestOptions {
    /// Files and folders; all sources of the configuration where empty.
    pub paths: Vec<PathBuf>,
    /// Names of the sources to which it is limited; all where empty.
    pub sources: Vec<String>,
    /// Whether the same folders will be looked at again: then a file that ends early waits, and one for which `settle_s` is not
    /// stated must be the same for a few seconds.
    pub is_patient: bool,
    /// Set to end between two batches.
    pub stop: Arc<AtomicBool>,
}

/// Why a file is not read yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitCause {
    /// It was seen for the first time, or changed, within `settle_s`.
    Changing,
    /// It has no byte.
    Empty,
    /// The file that marks it as complete is not there.
    NoMarker,
    /// It ends before what it announces.
    EndsEarly,
}

impl WaitCause {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Changing => "it must be unchanged for `settle_s`",
            Self::Empty => "it is empty",
            Self::NoMarker => "the file that marks it as complete is not there",
            Self::EndsEarly => "it ends before what it announces: it may still be written or copied",
        }
    }
}

/// A file that is not read yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingFile {
    /// The file.
    pub path: String,
    /// Its source.
    pub source: Option<String>,
    /// Why.
    pub cause: WaitCause,
    /// Since when, in microseconds since 1970, UTC.
    pub since_micros: i64,
    /// Its size.
    pub size_bytes: u64,
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

/// What an ingest found in the folder of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceRound {
    /// Its name.
    pub source: String,
    /// Files found.
    pub n_files: usize,
    /// Files read for the first time, or again because they changed.
    pub n_read: usize,
    /// Files that could not be read this time.
    pub n_failed: usize,
    /// Files that wait.
    pub n_waiting: usize,
    /// Since when the file that waits longest does, in microseconds since 1970, UTC.
    pub oldest_waiting_micros: Option<i64>,
    /// Why the folder could not be listed as a whole.
    pub error: Option<String>,
}

/// The result of an ingest.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IngestReport {
    /// Whether it was asked to end before all was read.
    pub is_stopped: bool,
    /// Files found, without those written by people.
    pub n_files: usize,
    /// Files that have not changed.
    pub n_unchanged: usize,
    /// Files read.
    pub n_read: usize,
    /// Files whose bytes the lake already has from another path.
    pub n_known_elsewhere: usize,
    /// Files that changed while they were read; the next ingest reads them.
    pub n_busy: usize,
    /// Files that are not read yet, because they may still be written.
    pub waiting: Vec<WaitingFile>,
    /// Files that are no files of an instrument.
    pub not_recognised: Vec<String>,
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
    /// The sources that were looked at, and what was found in each.
    pub sources: Vec<SourceRound>,
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
