//! Reads candidates on all cores: their bytes into the archive, their content through an adapter.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

use aldb_formats::{FileErrorCode, ReadError, Reading, Registry, Value, supply};
use aldb_lake::{Index, Lake, file_id, nanoseconds};
use rayon::prelude::*;

use crate::IngestError;
use crate::candidates::Candidate;
use crate::config::Configuration;
use crate::discover::Found;
use crate::report::FileError;
use crate::stored::{Files, StoredFile};
use crate::waiting::Patience;

/// The outcome of one candidate.
pub(crate) enum Outcome {
    /// The lake has these bytes under this path.
    Unchanged { file_id: String },
    /// It changed while it was read, or its turn did not come.
    Busy,
    /// It ends early, and may still become whole.
    EndsEarly,
    /// It is no file of an instrument.
    NotRecognised { file_id: String, error: FileError },
    /// The file system refused, or it is too large.
    Unreadable(FileError),
    /// An adapter read it.
    Read {
        file_id: String,
        adapter: String,
        version: u32,
        supplied: Option<String>,
        reading: Box<Reading>,
        /// Whether it may still grow.
        is_growing: bool,
    },
    /// The lake has its bytes from another path.
    KnownElsewhere { file_id: String, file: Box<StoredFile> },
    /// No adapter could read it.
    Failed { file_id: String, adapter: Option<String>, error: FileError },
}

impl Outcome {
    /// The id of its bytes, if they were examined.
    pub(crate) fn file_id(&self) -> Option<&str> {
        match self {
            Self::Busy | Self::EndsEarly | Self::Unreadable(_) => None,
            Self::Unchanged { file_id }
            | Self::NotRecognised { file_id, .. }
            | Self::Read { file_id, .. }
            | Self::KnownElsewhere { file_id, .. }
            | Self::Failed { file_id, .. } => Some(file_id),
        }
    }
}

/// Requirements for reading a file.
pub(crate) struct Reader<'a> {
    pub(crate) lake: &'a Lake,
    pub(crate) registry: &'a Registry,
    pub(crate) configuration: &'a Configuration,
    pub(crate) index: &'a Index,
    /// Whether and how long a file that ends early waits.
    pub(crate) patience: Option<Patience>,
    /// Files that were named: not to recognise them is an error.
    pub(crate) are_named: &'a [PathBuf],
    pub(crate) stop: &'a AtomicBool,
}

impl Reader<'_> {
    /// Reads files; `progress` is called with the number of files done. The outcomes are in the order of the
    /// candidates.
    ///
    /// # Errors
    ///
    /// [`IngestError`] if the archive cannot be written.
    pub(crate) fn read_all(
        &self,
        candidates: &[Candidate<'_>],
        files: &Files,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Outcome>, IngestError> {
        let done = Mutex::new((0, progress));
        candidates
            .par_iter()
            .map(|candidate| {
                if self.stop.load(Relaxed) {
                    return Ok(Outcome::Busy);
                }
                let outcome = self.read(*candidate, files)?;
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.0 += 1;
                let n_done = done.0;
                (done.1)(n_done);
                Ok(outcome)
            })
            .collect()
    }

    fn read(&self, candidate: Candidate<'_>, files: &Files) -> Result<Outcome, IngestError> {
        let Candidate { found: candidate, is_growing } = candidate;
        let path = &candidate.path;
        if candidate.size_bytes > aldb_formats::LARGEST_FILE as u64 {
            let (found, limit) = (candidate.size_bytes, aldb_formats::LARGEST_FILE);
            return Ok(Outcome::Unreadable(FileError::new(
                FileErrorCode::FileTooLarge,
                format!("expected at most {limit} bytes, found a file of {found}"),
            )));
        }
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Ok(Outcome::Unreadable(FileError::new(
                    FileErrorCode::FileUnreadable,
                    format!("cannot read the file: {error}"),
                )));
            }
        };
        if bytes.len() as u64 != candidate.size_bytes && !is_growing {
            return Ok(Outcome::Busy);
        }
        // Size and time may stay the same while a share is written to: the bytes are what counts.
        if !is_growing && !is_unchanged(path, candidate, &bytes) {
            return Ok(Outcome::Busy);
        }
        let file_id = file_id(&bytes);
        let source = self.configuration.source_of(path);
        let wanted = source.and_then(|source| source.adapter.as_deref());
        let settings = source.map(|source| source.settings(path)).unwrap_or_default();
        let supplied = as_json(&settings, wanted);
        if let Some(file) = files.with_bytes(&file_id) {
            let has_same_reader =
                file.adapter.as_deref().is_some_and(|name| self.version_of(name) == file.adapter_version);
            // Of several paths the first decides, as it does about the keys.
            let decides = !file.is_read() || file.source.is_none() || candidate.name <= file.path;
            let has_grown_up = file.is_growing && !is_growing;
            if has_same_reader && !has_grown_up && (!decides || file.supplied == supplied) {
                // Another time of change is known about the path from now on.
                let modified_at = candidate.modified.map(|time| nanoseconds(time) / 1000);
                return Ok(match files.at(&candidate.name, &file_id) {
                    Some(known) if known.is_read() && known.modified_at == modified_at => {
                        Outcome::Unchanged { file_id }
                    }
                    _ => Outcome::KnownElsewhere { file: Box::new(file.clone()), file_id },
                });
            }
        }
        let read = self.registry.read(&bytes, wanted);
        let ends_early = match &read {
            Ok((_, reading)) => !is_growing && reading.ends_early().is_some(),
            Err(error) => error.ends_early() || (is_growing && !matches!(error, ReadError::NoSuchFormat { .. })),
        };
        let is_patient = |patience: Patience| is_growing || patience.may_become_whole(self.index, source, candidate);
        if ends_early && self.patience.is_some_and(is_patient) {
            return Ok(Outcome::EndsEarly);
        }
        self.lake.archive().keep(&file_id, &bytes)?;
        Ok(match read {
            Ok((adapter, mut reading)) => {
                for measurement in &mut reading.measurements {
                    supply(measurement, &settings);
                }
                let version = self.version_of(&adapter).unwrap_or_default();
                Outcome::Read { file_id, adapter, version, supplied, reading: Box::new(reading), is_growing }
            }
            Err(error @ ReadError::Unknown { .. }) if !self.are_named.contains(path) => {
                Outcome::NotRecognised { file_id, error: error.into() }
            }
            Err(error) => Outcome::Failed { file_id, adapter: wanted.map(str::to_owned), error: error.into() },
        })
    }

    fn version_of(&self, adapter: &str) -> Option<u32> {
        self.registry.adapter(adapter).ok().map(aldb_formats::Adapter::version)
    }
}

/// Whether a file has the size and time at which it was found, and still these bytes.
fn is_unchanged(path: &Path, found: &Found, bytes: &[u8]) -> bool {
    let Ok(mut file) = File::open(path) else { return false };
    let has_same_status = |file: &File| {
        file.metadata().is_ok_and(|now| now.len() == found.size_bytes && now.modified().ok() == found.modified)
    };
    if !has_same_status(&file) {
        return false;
    }
    let mut piece = vec![0; bytes.len().clamp(1, 1 << 16)];
    let mut rest = bytes;
    loop {
        match file.read(&mut piece) {
            Ok(0) => return rest.is_empty() && has_same_status(&file),
            Ok(n) => match rest.strip_prefix(&piece[..n]) {
                Some(after) => rest = after,
                None => return false,
            },
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
}

/// Settings, and the format that the source states, as a JSON object; `None` if there are none.
fn as_json(settings: &BTreeMap<String, Value>, format: Option<&str>) -> Option<String> {
    let format = format.map(|format| ("adapter".to_owned(), Value::Text(format.to_owned())));
    let all: BTreeMap<String, Value> = settings.clone().into_iter().chain(format).collect();
    (!all.is_empty()).then(|| serde_json::to_string(&all).unwrap_or_default())
}
