//! Reads candidates on all cores: their bytes into the archive, their content through an adapter.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aldb_formats::{FileErrorCode, Reading, Registry, Value, supply};
use aldb_lake::{Lake, file_id};
use rayon::prelude::*;

use crate::IngestError;
use crate::config::Configuration;
use crate::discover::Found;
use crate::report::FileError;
use crate::stored::{Files, StoredFile};

/// The outcome of one candidate.
pub(crate) enum Outcome {
    /// The lake has these bytes under this path.
    Unchanged { file_id: String },
    /// It changed while it was read.
    Busy,
    /// The file system refused, or it is too large.
    Unreadable(FileError),
    /// An adapter read it.
    Read { file_id: String, adapter: String, version: u32, supplied: Option<String>, reading: Box<Reading> },
    /// The lake has its bytes from another path.
    KnownElsewhere { file_id: String, file: StoredFile },
    /// No adapter could read it.
    Failed { file_id: String, adapter: Option<String>, error: FileError },
}

impl Outcome {
    /// The id of its bytes, if they were examined.
    pub(crate) fn file_id(&self) -> Option<&str> {
        match self {
            Self::Busy | Self::Unreadable(_) => None,
            Self::Unchanged { file_id }
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
        candidates: &[&Found],
        files: &Files,
        progress: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Outcome>, IngestError> {
        let done = Mutex::new((0, progress));
        candidates
            .par_iter()
            .map(|candidate| {
                let outcome = self.read(candidate, files)?;
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.0 += 1;
                let n_done = done.0;
                (done.1)(n_done);
                Ok(outcome)
            })
            .collect()
    }

    fn read(&self, candidate: &Found, files: &Files) -> Result<Outcome, IngestError> {
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
        let after = std::fs::metadata(path).ok();
        let is_same =
            after.is_some_and(|after| after.len() == bytes.len() as u64 && after.modified().ok() == candidate.modified);
        if !is_same {
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
            if has_same_reader && (!decides || file.supplied == supplied) {
                return Ok(match files.at(&candidate.name, &file_id) {
                    Some(known) if known.is_read() => Outcome::Unchanged { file_id },
                    _ => Outcome::KnownElsewhere { file: file.clone(), file_id },
                });
            }
        }
        self.lake.archive().keep(&file_id, &bytes)?;
        Ok(match self.registry.read(&bytes, wanted) {
            Ok((adapter, mut reading)) => {
                for measurement in &mut reading.measurements {
                    supply(measurement, &settings);
                }
                let version = self.version_of(&adapter).unwrap_or_default();
                Outcome::Read { file_id, adapter, version, supplied, reading: Box::new(reading) }
            }
            Err(error) => Outcome::Failed { file_id, adapter: wanted.map(str::to_owned), error: error.into() },
        })
    }

    fn version_of(&self, adapter: &str) -> Option<u32> {
        self.registry.adapter(adapter).ok().map(aldb_formats::Adapter::version)
    }
}

/// Settings, and the format that the source states, as a JSON object; `None` if there are none.
fn as_json(settings: &BTreeMap<String, Value>, format: Option<&str>) -> Option<String> {
    let format = format.map(|format| ("adapter".to_owned(), Value::Text(format.to_owned())));
    let all: BTreeMap<String, Value> = settings.clone().into_iter().chain(format).collect();
    (!all.is_empty()).then(|| serde_json::to_string(&all).unwrap_or_default())
}
