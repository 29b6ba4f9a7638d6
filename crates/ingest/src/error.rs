//! Why nothing, or not everything, was ingested.

use std::path::PathBuf;

use aldb_formats::ManifestError;
use aldb_lake::LakeError;
use arrow::error::ArrowError;

use crate::config::ConfigurationError;

/// Why nothing, or not everything, was ingested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// `aldb.toml` is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// A manifest of the lake's `ingest/` is wrong.
    #[error("the lake's ingest/: {0}")]
    Manifest(#[from] ManifestError),
    /// A manifest of the lake's `ingest/` cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    ManifestFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Rows could not be put together.
    #[error("cannot assemble rows: {0}")]
    Rows(#[from] ArrowError),
    /// A row names a column that its table does not have: a mistake in this program.
    #[error("`{table}` has no column `{column}`: a mistake in aldb, please report it")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}
