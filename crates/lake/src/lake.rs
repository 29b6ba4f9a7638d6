//! Finds, makes and opens lakes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use crate::LakeError;
use crate::archive::Archive;
use crate::durable::{read_whole_text, write_file};
use crate::error::io;
use crate::files::{DataFile, Tables};
use crate::index::Index;
use crate::journal::{Entry, Journal, commit_file};
use crate::layout;
use crate::lock::OnWait;
use crate::snapshot::{SNAPSHOTS, Snapshot};
use crate::state::TableState;
use crate::torn::{self, Torn};

/// The file by which a folder is known as a lake.
const CONFIGURATION: &str = "aldb.toml";

/// How often the newest entry of the journal is looked for while a writer adds entries.
const TRIES: usize = 20;

/// Which state of the lake is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AsOf {
    /// The newest.
    Newest,
    /// The snapshot with this number.
    Snapshot(i64),
    /// The newest one at this time, in microseconds since 1970, UTC.
    Time {
        /// The time.
        micros: i64,
        /// The time as it was asked for.
        asked: String,
    },
}

/// The folder that holds everything.
#[derive(Debug, Clone)]
pub struct Lake {
    root: PathBuf,
    tables: Arc<Tables>,
    torn: Option<Arc<Torn>>,
    /// Set where its writers wait for the lock.
    pub(crate) on_wait: Option<OnWait>,
}

impl Lake {
    /// Makes a lake in this folder, which may exist, with this configuration.
    ///
    /// # Errors
    ///
    /// [`LakeError::Exists`] where it is one already; [`LakeError::Io`] where the file system refuses.
    pub fn init(root: &Path, configuration: &str) -> Result<Self, LakeError> {
        let path = root.join(CONFIGURATION);
        if path.exists() {
            return Err(LakeError::Exists { path: root.to_owned() });
        }
        for folder in ["tables", "raw", "state", "samples", "recipes", "literature", "queries/derived", "queries/views"]
        {
            let folder = root.join(folder);
            std::fs::create_dir_all(&folder).map_err(io("make", &folder))?;
        }
        let journal = Journal::new(root);
        if journal.list()?.is_empty() {
            journal.write(&Entry::first())?;
        }
        layout::state(root)?;
        write_file(&path, configuration.as_bytes())?;
        Self::open(root)
    }

    /// Opens the lake in this folder.
    ///
    /// # Errors
    ///
    /// [`LakeError::NoLake`] where it is none, [`LakeError::Layout`] where it was made by a newer aldb.
    pub fn open(root: &Path) -> Result<Self, LakeError> {
        if !root.join(CONFIGURATION).is_file() {
            return Err(LakeError::NoLake { from: root.to_owned() });
        }
        let root = root.canonicalize().map_err(io("open", root))?;
        layout::check(&root)?;
        let torn = torn::look(&root, &Journal::new(&root))?.map(Arc::new);
        Ok(Self { tables: Arc::new(Tables::new(&root)?), root, torn, on_wait: None })
    }

    /// Opens the lake that this folder lies in.
    ///
    /// # Errors
    ///
    /// [`LakeError::NoLake`] where neither it nor a parent is one.
    pub fn find(from: &Path) -> Result<Self, LakeError> {
        let start = from.canonicalize().map_err(io("open", from))?;
        match start.ancestors().find(|folder| folder.join(CONFIGURATION).is_file()) {
            Some(root) => Self::open(root),
            None => Err(LakeError::NoLake { from: start }),
        }
    }

    /// Its folder, absolute.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The text of `aldb.toml`.
    ///
    /// # Errors
    ///
    /// [`LakeError::Io`] where it cannot be read.
    pub fn configuration(&self) -> Result<String, LakeError> {
        let path = self.root.join(CONFIGURATION);
        read_whole_text(&path).map_err(io("read", &path))
    }

    /// The raw archive.
    #[must_use]
    pub fn archive(&self) -> Archive {
        Archive::new(self.root.join("raw"))
    }

    /// The journal.
    pub(crate) fn journal(&self) -> Journal {
        Journal::new(&self.root)
    }

    /// What to know about the folder before its data are used: it is a copy that lacks the newest batches.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.torn.as_ref().map(|torn| torn.note.as_str())
    }

    /// Set where this is a copy that lacks files of its newest batches, as long as none was written in it.
    pub(crate) fn torn(&self) -> Result<Option<&Torn>, LakeError> {
        let Some(torn) = &self.torn else { return Ok(None) };
        let newest = self.journal().list()?.pop_last().map(|(_, path)| path);
        Ok(Some(torn.as_ref()).filter(|torn| newest.as_ref() == Some(&torn.newest)))
    }

    /// The newest state. Everything that it names is on the disk.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where the journal cannot be read, or a table that it names is missing or older.
    pub async fn snapshot(&self) -> Result<Snapshot, LakeError> {
        let newest = self.newest().await?;
        newest.look()?;
        Ok(newest)
    }

    /// The newest state, whether its tables are on the disk or not. A lake without a batch yet has the empty snapshot 0.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where it is not known.
    pub async fn newest(&self) -> Result<Snapshot, LakeError> {
        if let Some(torn) = self.torn()? {
            return Ok(Snapshot::of_entry(&self.tables, &torn.whole));
        }
        let journal = self.journal();
        // A writer may add an entry while this looks for the newest one.
        for _ in 0..TRIES {
            let Some((number, path)) = journal.list()?.pop_last() else { return self.newest_row().await };
            let newest = Snapshot::of_entry(&self.tables, &journal.read(&path)?);
            let next = newest.own().map_or(0, |own| own.version + 1);
            if !commit_file(&self.root, SNAPSHOTS, next).exists() || journal.is_announced() {
                return Ok(newest);
            }
            if journal.list()?.pop_last().is_some_and(|(now, _)| now == number) {
                let found = format!("the newest entry is {number}, but the table `snapshots` is ahead of it");
                return Err(LakeError::Journal { found });
            }
        }
        Err(LakeError::Journal { found: "it changes again and again while it is read".to_owned() })
    }

    /// The newest row of the table of snapshots: the state of a lake that has no journal yet.
    pub(crate) async fn newest_row(&self) -> Result<Snapshot, LakeError> {
        if layout::check(&self.root)? >= layout::JOURNAL {
            return Err(LakeError::Journal { found: "no entry".to_owned() });
        }
        let rows = match self.tables.open(SNAPSHOTS, None).await? {
            Some(table) => self.rows(table.newest("snapshot")?)?,
            None => Vec::new(),
        };
        Ok(rows.into_iter().next_back().unwrap_or_else(|| Snapshot::empty(&self.tables)))
    }

    /// The state that was asked for.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownSnapshot`] where there is no such state.
    pub async fn snapshot_as_of(&self, as_of: &AsOf) -> Result<Snapshot, LakeError> {
        let newest = self.snapshot().await?;
        let is_newest = match as_of {
            AsOf::Newest => true,
            AsOf::Snapshot(number) => *number == newest.number(),
            AsOf::Time { .. } => false,
        };
        if is_newest {
            return Ok(newest);
        }
        let mut rows = match newest.open(SNAPSHOTS).await? {
            Some(table) => self.rows(table.files()?)?,
            None => Vec::new(),
        };
        let position = match as_of {
            AsOf::Newest => None,
            AsOf::Snapshot(number) => rows.iter().position(|row| row.number() == *number),
            AsOf::Time { micros, .. } => rows.iter().rposition(|row| row.time_micros() <= *micros),
        };
        match (position, as_of) {
            (Some(position), AsOf::Time { micros, .. }) => {
                let times: Vec<i64> = rows[..position].iter().map(Snapshot::time_micros).collect();
                let note = ahead(&times, *micros).map(|place| {
                    format!(
                        "snapshot {} has the time {}, later than that of snapshots after it: a clock was wrong, so name a \
                         snapshot by its number instead",
                        rows[place].number(),
                        rows[place].time()
                    )
                });
                Ok(rows.swap_remove(position).earlier(newest.own().cloned(), note))
            }
            (Some(position), _) => Ok(rows.swap_remove(position).earlier(newest.own().cloned(), None)),
            (None, AsOf::Newest) => Ok(newest),
            (None, AsOf::Snapshot(number)) => Err(unknown(number.to_string(), &rows)),
            (None, AsOf::Time { asked, .. }) => Err(unknown(asked.clone(), &rows)),
        }
    }

    /// The rows of files of the table of snapshots, in the order of their numbers.
    pub(crate) fn rows(&self, files: Vec<DataFile>) -> Result<Vec<Snapshot>, LakeError> {
        let mut rows = Vec::new();
        for file in files {
            for batch in file.read(None)? {
                rows_of(&self.tables, &batch.map_err(crate::error::arrow("read", SNAPSHOTS))?, &mut rows)?;
            }
        }
        rows.sort_by_key(Snapshot::number);
        Ok(rows)
    }

    pub(crate) fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }

    /// The index. Only a writer opens it: it belongs to one process at a time.
    pub(crate) fn index(&self) -> Result<Index, LakeError> {
        Index::open(&self.root.join("state"))
    }
}

/// Of the times before the one that was found, the last that is later than what was asked for.
fn ahead(times: &[i64], asked: i64) -> Option<usize> {
    times.iter().rposition(|time| *time > asked)
}

fn unknown(asked: String, rows: &[Snapshot]) -> LakeError {
    let range = match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => {
            format!("snapshots {} ({}) to {} ({})", first.number(), first.time(), last.number(), last.time())
        }
        _ => "no snapshot yet".to_owned(),
    };
    LakeError::UnknownSnapshot { asked, range }
}

fn rows_of(all: &Arc<Tables>, batch: &RecordBatch, rows: &mut Vec<Snapshot>) -> Result<(), LakeError> {
    let damaged = |column: &str| LakeError::Snapshots { found: format!("no column `{column}` of the expected type") };
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| damaged(name));
    let numbers = column("snapshot")?.as_primitive_opt::<Int64Type>().ok_or_else(|| damaged("snapshot"))?;
    let times = column("time")?.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| damaged("time"))?;
    let causes = column("cause")?.as_string_opt::<i32>().ok_or_else(|| damaged("cause"))?;
    let versions = column("table_versions")?.as_string_opt::<i32>().ok_or_else(|| damaged("table_versions"))?;
    // Unknown in rows of earlier versions of aldb.
    let states = batch.column_by_name("table_states").and_then(|column| column.as_string_opt::<i32>());
    for row in 0..batch.num_rows() {
        let failed =
            |text: &str, error: serde_json::Error| LakeError::Snapshots { found: format!("`{text}`: {error}") };
        let states = match states.filter(|states| states.is_valid(row)).map(|states| states.value(row)) {
            Some(text) => serde_json::from_str(text).map_err(|error| failed(text, error))?,
            None => {
                let text = versions.value(row);
                let versions: BTreeMap<String, u64> =
                    serde_json::from_str(text).map_err(|error| failed(text, error))?;
                versions.into_iter().map(|(name, version)| (name, TableState::new(version, None))).collect()
            }
        };
        rows.push(Snapshot::new(all, numbers.value(row), times.value(row), causes.value(row), states));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_is_noticed() {
        assert_eq!(ahead(&[10, 2030, 11, 12], 12), Some(1));
        assert_eq!(ahead(&[10, 11, 12], 12), None);
    }
}
