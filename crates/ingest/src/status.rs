//! What waits for attention in a lake.

use aldb_lake::{Lake, Snapshot};
use arrow::array::{Array as _, AsArray as _, StringArray};
use serde::Serialize;

use crate::ingest::{FileProblem, IngestError};
use crate::stored;

/// Measurements of one file that lack a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unlinked {
    /// The file.
    pub path: String,
    /// How many of its measurements.
    pub n_measurements: usize,
    /// Why.
    pub note: String,
}

/// The state of a lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LakeStatus {
    /// The lake's folder.
    pub lake: String,
    /// Number of the newest snapshot.
    pub snapshot: i64,
    /// When it became visible.
    pub time: String,
    /// Files that were read.
    pub n_files: usize,
    /// Measurements.
    pub n_measurements: usize,
    /// Files that could not be read.
    pub failed: Vec<FileProblem>,
    /// Measurements without a sample or a recipe.
    pub unlinked: Vec<Unlinked>,
    /// What should be known of files that were read.
    pub warnings: Vec<FileProblem>,
}

/// The state of a lake at a snapshot.
///
/// # Errors
///
/// [`IngestError::Lake`] where a table cannot be read.
pub async fn status(lake: &Lake, snapshot: &Snapshot) -> Result<LakeStatus, IngestError> {
    let files = stored::files(snapshot).await?;
    let mut unlinked: std::collections::BTreeMap<(String, String), usize> = std::collections::BTreeMap::new();
    let mut n_measurements = 0;
    for batch in snapshot.read("measurements", &["file_id", "link_note"], None).await? {
        n_measurements += batch.num_rows();
        let (ids, notes): (&StringArray, &StringArray) = (batch.column(0).as_string(), batch.column(1).as_string());
        for row in (0..batch.num_rows()).filter(|row| notes.is_valid(*row)) {
            let path =
                files.with_bytes(ids.value(row)).map_or_else(|| ids.value(row).to_owned(), |file| file.path.clone());
            *unlinked.entry((path, notes.value(row).to_owned())).or_default() += 1;
        }
    }
    let problem = |path: &str, error: &str| FileProblem { path: path.to_owned(), error: error.to_owned() };
    let mut failed: Vec<FileProblem> = files
        .iter()
        .filter(|file| file.status == "failed")
        .map(|file| problem(&file.path, file.error.as_deref().unwrap_or("no reason was stored")))
        .collect();
    let mut warnings: Vec<FileProblem> = files
        .iter()
        .filter(|file| file.is_read())
        .filter_map(|file| Some(problem(&file.path, file.warnings.as_deref()?)))
        .collect();
    failed.sort_by(|a, b| a.path.cmp(&b.path));
    warnings.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(LakeStatus {
        lake: lake.root().display().to_string(),
        snapshot: snapshot.number(),
        time: snapshot.time(),
        n_files: files.iter().filter(|file| file.is_read()).count(),
        n_measurements,
        failed,
        unlinked: unlinked
            .into_iter()
            .map(|((path, note), n_measurements)| Unlinked { path, n_measurements, note })
            .collect(),
        warnings,
    })
}
