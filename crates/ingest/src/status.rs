//! Problems in a lake that need attention.

use std::collections::BTreeMap;

use aldb_lake::{Lake, Snapshot};
use arrow::array::{Array as _, AsArray as _};
use serde::Serialize;

use crate::IngestError;
use crate::report::{FailedFile, FileError, FileNote, counted};
use crate::stored;

/// Measurements of one file that lack a sample or a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unlinked {
    /// The file.
    pub path: String,
    /// Number of its measurements.
    pub n_measurements: usize,
    /// The reason.
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
    pub failed: Vec<FailedFile>,
    /// Measurements without a sample or a recipe.
    pub unlinked: Vec<Unlinked>,
    /// Notes on files that were read, and on their measurements.
    pub warnings: Vec<FileNote>,
}

/// The state of a lake at a snapshot.
///
/// # Errors
///
/// [`IngestError::Lake`] if a table cannot be read.
pub async fn status(lake: &Lake, snapshot: &Snapshot) -> Result<LakeStatus, IngestError> {
    let files = stored::files(snapshot).await?;
    let mut unlinked: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut statements: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut n_measurements = 0;
    for batch in snapshot.read("measurements", &["file_id", "link_note", "warnings"], None).await? {
        n_measurements += batch.num_rows();
        let [ids, notes, warnings] = std::array::from_fn(|column| batch.column(column).as_string::<i32>());
        for row in (0..batch.num_rows()).filter(|row| notes.is_valid(*row) || warnings.is_valid(*row)) {
            let id = ids.value(row);
            let path = files.with_bytes(id).map_or(id, |file| &file.path);
            if notes.is_valid(row) {
                *unlinked.entry((path.to_owned(), notes.value(row).to_owned())).or_default() += 1;
            }
            for line in warnings.is_valid(row).then(|| warnings.value(row)).into_iter().flat_map(str::lines) {
                *statements.entry((path.to_owned(), line.to_owned())).or_default() += 1;
            }
        }
    }
    let warning = |path: &str, note: &str| FileNote { path: path.to_owned(), note: note.to_owned() };
    let unknown = || FileError { message: "no reason was stored".to_owned(), code: None };
    let mut failed: Vec<FailedFile> = files
        .iter()
        .filter(|file| file.status == "failed")
        .map(|file| FailedFile { path: file.path.clone(), error: file.error.clone().unwrap_or_else(unknown) })
        .collect();
    let mut warnings: Vec<FileNote> = files
        .iter()
        .filter(|file| file.is_read())
        .filter_map(|file| Some(warning(&file.path, file.warnings.as_deref()?)))
        .collect();
    warnings.extend(statements.into_iter().map(|((path, line), n)| match n {
        1 => warning(&path, &line),
        n => warning(&path, &format!("{line} ({})", counted(n, "measurement"))),
    }));
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
