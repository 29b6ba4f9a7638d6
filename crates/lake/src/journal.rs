//! The journal in `raw/journal/`: one entry for each snapshot, from which a lake can be rebuilt with the raw archive alone.
//!
//! The newest entry is the state of the lake: a batch is visible once its entry has its name. An entry names every table
//! with its version and digest, contains the log files that the batch wrote, and the rows of `source_files`: where the
//! archived files came from. Its own name is the number of the snapshot and the hash of its bytes.
//!
//! While a writer adds to the table `snapshots`, the file `next` exists. A table of snapshots that is ahead of the journal
//! without it means that the newest entry was lost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::LakeError;
use crate::durable::{read_whole, read_whole_text, write_file};
use crate::error::io;
use crate::exit_point::{self, Step};
use crate::state::{States, TableState};
use crate::store::{hash, hash_of_file, version_of};

const ENDING: &str = ".json.zst";
const NEXT: &str = "next";
const LEVEL: i32 = 3;

/// A snapshot as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) snapshot: i64,
    pub(crate) time_micros: i64,
    pub(crate) cause: String,
    pub(crate) tables: States,
    /// The table `snapshots` itself, whose rows cannot state their own version.
    pub(crate) own: Option<TableState>,
    /// What the batch wrote into the logs of tables, by the path below `tables/`.
    pub(crate) log: BTreeMap<String, Logged>,
    /// Rows that the batch wrote to `source_files`.
    pub(crate) source_files: Vec<Value>,
    /// Data files of earlier states that a repair found damaged or missing, by the path below the lake.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) lost: BTreeSet<String>,
    /// Data files that no snapshot needs and that maintenance deleted, by the path below the lake.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) deleted: BTreeSet<String>,
}

impl Entry {
    /// That of a lake without data.
    pub(crate) fn first() -> Self {
        Self {
            snapshot: 0,
            time_micros: 0,
            cause: "made".to_owned(),
            tables: States::new(),
            own: None,
            log: BTreeMap::new(),
            source_files: Vec::new(),
            lost: BTreeSet::new(),
            deleted: BTreeSet::new(),
        }
    }
}

/// A file of a table's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Logged {
    /// A commit: its text.
    Text(String),
    /// A checkpoint, which repeats what the commits say: its hash.
    Hash(String),
}

/// The entries of a lake.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    folder: PathBuf,
}

impl Journal {
    pub(crate) fn new(root: &Path) -> Self {
        Self { folder: root.join("raw").join("journal") }
    }

    /// The paths of all entries, by the numbers of their snapshots.
    pub(crate) fn list(&self) -> Result<BTreeMap<i64, PathBuf>, LakeError> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(io("read", &self.folder)(error)),
        };
        let mut found = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(io("read", &self.folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let parts = name.strip_suffix(ENDING).and_then(|name| name.split_once('-'));
            if let Some(number) = parts.and_then(|(number, _)| number.parse().ok()) {
                found.insert(number, path);
            }
        }
        Ok(found)
    }

    /// An entry.
    pub(crate) fn read(&self, path: &Path) -> Result<Entry, LakeError> {
        let damaged = |found: &str| LakeError::Journal {
            found: format!("the entry `{}` {found}", path.file_name().unwrap_or_default().to_string_lossy()),
        };
        let bytes = read_whole(path).map_err(io("read", path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let stated = name.strip_suffix(ENDING).and_then(|name| name.split_once('-')).map(|(_, hash)| hash);
        if stated != Some(hash(&bytes).as_str()) {
            return Err(damaged("is damaged: its bytes do not have the hash in its name"));
        }
        let text = zstd::decode_all(bytes.as_slice()).map_err(|error| damaged(&error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| damaged(&error.to_string()))
    }

    /// Adds an entry.
    pub(crate) fn write(&self, entry: &Entry) -> Result<(), LakeError> {
        let text = serde_json::to_vec(entry).unwrap_or_default();
        let bytes = zstd::encode_all(text.as_slice(), LEVEL).map_err(io("compress", &self.folder))?;
        write_file(&self.folder.join(format!("{:08}-{}{ENDING}", entry.snapshot, hash(&bytes))), &bytes)
    }

    /// Announces an entry: from now on the table of snapshots may be ahead of the journal.
    pub(crate) fn announce(&self, snapshot: i64) -> Result<(), LakeError> {
        write_file(&self.folder.join(NEXT), format!("{snapshot}\n").as_bytes())
    }

    /// Ends the announcement, after the entry is written.
    pub(crate) fn written(&self) {
        exit_point::before(Step::Rename);
        // If it stays, only the loss of the newest entry would be less certain to be noticed.
        std::fs::remove_file(self.folder.join(NEXT)).ok();
    }

    /// Whether a writer is, or was when it ended, about to add an entry.
    pub(crate) fn is_announced(&self) -> bool {
        self.folder.join(NEXT).exists()
    }
}

/// The folder of a table's log.
pub(crate) fn log_folder(root: &Path, table: &str) -> PathBuf {
    root.join("tables").join(table).join("_delta_log")
}

/// The file of a commit in a table's log.
pub(crate) fn commit_file(root: &Path, table: &str, version: u64) -> PathBuf {
    log_folder(root, table).join(format!("{version:020}.json"))
}

/// The newest commit in a table's log; `None` where there is none.
pub(crate) fn newest_commit(root: &Path, table: &str) -> Option<u64> {
    let entries = std::fs::read_dir(log_folder(root, table)).ok()?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".json")).filter_map(|name| version_of(&name)).max()
}

/// What was written into a table's log after a version, up to another.
pub(crate) fn logged(
    root: &Path,
    table: &str,
    after: Option<u64>,
    until: u64,
) -> Result<BTreeMap<String, Logged>, LakeError> {
    let folder = log_folder(root, table);
    let mut found = BTreeMap::new();
    if let Some(after) = after {
        // Looked for by their names: the log may have a hundred thousand commits.
        for version in after + 1..=until {
            let path = commit_file(root, table, version);
            let text = read_whole_text(&path).map_err(io("read", &path))?;
            found.insert(format!("{table}/_delta_log/{version:020}.json"), Logged::Text(text));
            let checkpoint = folder.join(format!("{version:020}.checkpoint.parquet"));
            match hash_of_file(&checkpoint) {
                Ok(hash) => {
                    let below = format!("{table}/_delta_log/{version:020}.checkpoint.parquet");
                    found.insert(below, Logged::Hash(hash));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(io("read", &checkpoint)(error)),
            }
        }
        return Ok(found);
    }
    for entry in std::fs::read_dir(&folder).map_err(io("read", &folder))? {
        let path = entry.map_err(io("read", &folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(version) = version_of(&name) else { continue };
        if version > until {
            continue;
        }
        let logged = match name.ends_with(".json") {
            true => Logged::Text(read_whole_text(&path).map_err(io("read", &path))?),
            false => Logged::Hash(hash_of_file(&path).map_err(io("read", &path))?),
        };
        found.insert(format!("{table}/_delta_log/{name}"), logged);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_back_and_a_changed_byte_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        assert_eq!(journal.list().unwrap(), BTreeMap::new());
        let entry = Entry {
            snapshot: 7,
            tables: States::from([("samples".to_owned(), TableState::new(3, None))]),
            source_files: vec![serde_json::json!({"path": "a.DTA"})],
            ..Entry::first()
        };
        journal.write(&entry).unwrap();
        let path = journal.list().unwrap()[&7].clone();
        assert_eq!(journal.read(&path).unwrap(), entry);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[9] ^= 4;
        std::fs::write(&path, bytes).unwrap();
        let error = journal.read(&path).unwrap_err().to_string();
        assert!(error.contains("its bytes do not have the hash in its name"), "{error}");
    }
}
