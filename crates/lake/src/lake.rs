//! Finds, makes and opens lakes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

use crate::LakeError;
use crate::archive::Archive;
use crate::durable::write_file;
use crate::error::io;
use crate::files::Tables;
use crate::index::Index;
use crate::layout;
use crate::snapshot::{SNAPSHOTS, Snapshot};

/// The file by which a folder is known as a lake.
const CONFIGURATION: &str = "aldb.toml";

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
        Ok(Self { tables: Arc::new(Tables::new(&root)), root })
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
        std::fs::read_to_string(&path).map_err(io("read", &path))
    }

    /// The raw archive.
    #[must_use]
    pub fn archive(&self) -> Archive {
        Archive::new(self.root.join("raw"))
    }

    /// The newest state.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where the table of snapshots cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot, LakeError> {
        self.snapshot_as_of(&AsOf::Newest).await
    }

    /// The state that was asked for. A lake without a batch yet has the empty snapshot 0.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownSnapshot`] where there is no such state.
    pub async fn snapshot_as_of(&self, as_of: &AsOf) -> Result<Snapshot, LakeError> {
        let Some(table) = self.tables.open(SNAPSHOTS, None).await? else {
            return match as_of {
                AsOf::Newest | AsOf::Snapshot(0) => Ok(Snapshot::empty(&self.tables)),
                AsOf::Snapshot(number) => Err(unknown(number.to_string(), &[])),
                AsOf::Time { asked, .. } => Err(unknown(asked.clone(), &[])),
            };
        };
        // The newest row is in the file whose statistics give the highest number: one file to read, however many batches
        // there are.
        let files = match as_of {
            AsOf::Newest => table.newest("snapshot")?,
            AsOf::Snapshot(_) | AsOf::Time { .. } => table.files()?,
        };
        let mut rows = Vec::new();
        for file in files {
            for batch in file.read(None)? {
                rows_of(&self.tables, &batch.map_err(crate::error::arrow("read", SNAPSHOTS))?, &mut rows)?;
            }
        }
        rows.sort_by_key(Snapshot::number);
        let position = match as_of {
            AsOf::Newest => rows.len().checked_sub(1),
            AsOf::Snapshot(number) => rows.iter().position(|row| row.number() == *number),
            AsOf::Time { micros, .. } => rows.iter().rposition(|row| row.time_micros() <= *micros),
        };
        match (position, as_of) {
            (Some(position), _) => Ok(rows.swap_remove(position)),
            (None, AsOf::Newest) => Ok(Snapshot::empty(&self.tables)),
            (None, AsOf::Snapshot(number)) => Err(unknown(number.to_string(), &rows)),
            (None, AsOf::Time { asked, .. }) => Err(unknown(asked.clone(), &rows)),
        }
    }

    pub(crate) fn tables(&self) -> &Arc<Tables> {
        &self.tables
    }

    /// The index. Only a writer opens it: it belongs to one process at a time.
    pub(crate) fn index(&self) -> Result<Index, LakeError> {
        Index::open(&self.root.join("state"))
    }
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
    for row in 0..batch.num_rows() {
        let versions = serde_json::from_str(versions.value(row)).map_err(|error| LakeError::Snapshots {
            found: format!("table_versions `{}`: {error}", versions.value(row)),
        })?;
        rows.push(Snapshot::new(all, numbers.value(row), times.value(row), causes.value(row), versions));
    }
    Ok(())
}
