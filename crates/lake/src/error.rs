//! Why something could not be done with a lake.

use std::path::PathBuf;

use aldb_schema::BatchError;

use crate::store;

/// Why something could not be done with a lake.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakeError {
    /// No folder above this one is a lake.
    #[error("no lake at `{}` or above it: expected a folder with `aldb.toml`; make one with `aldb init`", from.display())]
    NoLake {
        /// Where the search began.
        from: PathBuf,
    },
    /// There is already a lake.
    #[error("`{}` is already a lake", path.display())]
    Exists {
        /// Its folder.
        path: PathBuf,
    },
    /// The file system returned an error.
    #[error("cannot {step} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        step: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process writes.
    #[error("{holder} is writing to this lake: wait until it has finished, or end it")]
    Locked {
        /// The process, as written in the lock file.
        holder: String,
    },
    /// A Delta table cannot be read or written.
    #[error("cannot {step} table `{table}`: {source}")]
    Delta {
        /// What was tried.
        step: &'static str,
        /// The table.
        table: String,
        /// Why not.
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// A table's Parquet file could not be read.
    #[error("cannot read `{}`: {source}: run `aldb verify --repair`", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: parquet::errors::ParquetError,
    },
    /// Rows could not be converted or combined.
    #[error("cannot {step} rows of `{table}`: {source}")]
    Arrow {
        /// What was tried.
        step: &'static str,
        /// The table.
        table: String,
        /// Why not.
        source: arrow::error::ArrowError,
    },
    /// Rows could not be queried.
    #[error("{}", query(table, source.as_ref()))]
    Query {
        /// The table.
        table: String,
        /// Why not.
        source: Box<deltalake_core::datafusion::error::DataFusionError>,
    },
    /// Rows do not fit their table.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// The table has neither a schema in `schemas/` nor one of its own.
    #[error("no table `{table}`: expected one of {known}")]
    UnknownTable {
        /// The name.
        table: String,
        /// The tables that exist.
        known: String,
    },
    /// A stored column cannot become the one of today.
    #[error(
        "table `{table}`, column `{column}`: expected {expected}, found {found} in this lake: it was written by another \
         version of aldb; use that version, or make a new lake with `aldb init` and ingest the same folders into it"
    )]
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type in this program.
        expected: String,
        /// Its type in the lake.
        found: String,
    },
    /// The rows of an earlier version of a derived table have columns that cannot become those of today.
    #[error("`{table}` was derived with different columns: run `aldb derive`")]
    Derived {
        /// The table.
        table: String,
    },
    /// The lake has a layout that this program does not know.
    #[error("`{}`: expected a layout from 1 to {newest}, found {found}: use a newer aldb for this lake", path.display())]
    Layout {
        /// The file that states the layout.
        path: PathBuf,
        /// The newest layout that this program knows.
        newest: u32,
        /// What was found.
        found: String,
    },
    /// The file that states the layout is damaged.
    #[error("`{}` is damaged: {found}: delete it, the next batch writes it again", path.display())]
    LayoutDamaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// There is no such snapshot.
    #[error("no snapshot {asked}: the lake has {range}")]
    UnknownSnapshot {
        /// What was asked for.
        asked: String,
        /// What there is.
        range: String,
    },
    /// The table of snapshots has other columns or values.
    #[error("the table `snapshots` is damaged: {found}")]
    Snapshots {
        /// What was found.
        found: String,
    },
    /// A table is not what the snapshot records.
    #[error("table `{table}`: expected {expected}, found {found}: {remedy}")]
    Table {
        /// The table.
        table: String,
        /// What the snapshot records.
        expected: String,
        /// What is on the disk.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A data file cannot be read, or does not have the hash that its name states.
    #[error("`{}` is damaged: {found}: run `aldb verify --repair`", path.display())]
    Damaged {
        /// The file, below the lake.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// The journal is damaged.
    #[error("`raw/journal`: {found}: run `aldb verify --repair`, or put the folder back from a newer copy of the lake")]
    Journal {
        /// What was found.
        found: String,
    },
    /// A lake of an earlier version of aldb cannot be repaired.
    #[error(
        "this lake has no journal to repair it from: an earlier version of aldb wrote its last batch; put what is damaged back from a \
         copy of the lake"
    )]
    NoJournal,
    /// A file of the raw archive is not what its name says.
    #[error("`{}` is damaged: expected bytes with hash {expected}, found {found}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// The hash in its name.
        expected: String,
        /// The hash of its content.
        found: String,
    },
    /// The index could not be used although it had been rebuilt.
    #[error("cannot {step} the index in `state/`: {source}")]
    Index {
        /// What was tried.
        step: &'static str,
        /// Why not.
        source: sled::Error,
    },
}

/// What is wrong with the lake, in the words of [`LakeError`], if that is the cause of an error of a query.
#[must_use]
pub fn cause(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut chain = std::iter::successors(Some(error), |error| error.source());
    let known = chain.find_map(|error| error.downcast_ref::<LakeError>()).map(ToString::to_string);
    // Of an error at the footer of a data file, DataFusion keeps only the text.
    known.or_else(|| Some(error.to_string().split_once(&store::words_before_error())?.1.lines().next()?.to_owned()))
}

fn query(table: &str, source: &deltalake_core::datafusion::error::DataFusionError) -> String {
    cause(source).unwrap_or_else(|| format!("cannot read table `{table}`: {source}"))
}

/// Adds the step and the path to an error.
pub(crate) fn io(step: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> LakeError {
    let path = path.into();
    move |source| LakeError::Io { step, path, source }
}

/// Adds the step and the table to an error.
pub(crate) fn delta(step: &'static str, table: &str) -> impl FnOnce(deltalake_core::DeltaTableError) -> LakeError {
    let table = table.to_owned();
    move |source| LakeError::Delta { step, table, source: Box::new(source) }
}

/// Adds the step and the table to an error about rows.
pub(crate) fn arrow(step: &'static str, table: &str) -> impl FnOnce(arrow::error::ArrowError) -> LakeError {
    let table = table.to_owned();
    move |source| LakeError::Arrow { step, table, source }
}
