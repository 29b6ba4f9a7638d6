//! Problems in a lake that need attention.

use std::collections::BTreeMap;

use aldb_lake::{Lake, Snapshot};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Int32Type;
use serde::Serialize;

use crate::IngestError;
use crate::report::{FailedFile, FileError, FileNote, counted};
use crate::stored::{self, GONE};

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

/// Excluded points of a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// The measurement.
    pub measurement_id: String,
    /// Its file.
    pub path: String,
    /// The points, in words.
    pub points: String,
    /// Why.
    pub reason: String,
    /// Who excluded them.
    pub excluded_by: String,
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
    /// Files that are no longer at the path where they were last; their measurements stay.
    pub gone: Vec<String>,
    /// Measurements of which somebody excluded points.
    pub excluded: Vec<Excluded>,
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
    let mut excluded = excluded(snapshot).await?;
    let columns = ["file_id", "link_note", "warnings", "link_warnings", "measurement_id"];
    for batch in snapshot.read("measurements", &columns, None).await? {
        n_measurements += batch.num_rows();
        let [ids, notes, warnings, doubts, measurements] =
            std::array::from_fn(|column| batch.column(column).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let id = ids.value(row);
            for excluded in excluded.iter_mut().filter(|excluded| excluded.measurement_id == measurements.value(row)) {
                id.clone_into(&mut excluded.path);
            }
            if [notes, warnings, doubts].iter().all(|words| words.is_null(row)) {
                continue;
            }
            let path = files.with_bytes(id).map_or(id, |file| &file.path);
            if notes.is_valid(row) {
                *unlinked.entry((path.to_owned(), notes.value(row).to_owned())).or_default() += 1;
            }
            let said = [warnings, doubts].into_iter().filter(|words| words.is_valid(row));
            for line in said.flat_map(|words| words.value(row).lines()) {
                *statements.entry((path.to_owned(), line.to_owned())).or_default() += 1;
            }
        }
    }
    for excluded in &mut excluded {
        if let Some(file) = files.with_bytes(&excluded.path) {
            file.path.clone_into(&mut excluded.path);
        }
    }
    let mut gone: Vec<String> = files.iter().filter(|file| file.status == GONE).map(|file| file.path.clone()).collect();
    gone.sort();
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
        n_files: files.iter().filter(|file| file.holds()).count(),
        n_measurements,
        failed,
        gone,
        excluded,
        unlinked: unlinked
            .into_iter()
            .map(|((path, note), n_measurements)| Unlinked { path, n_measurements, note })
            .collect(),
        warnings,
    })
}

/// The excluded points, as yet without their files.
async fn excluded(snapshot: &Snapshot) -> Result<Vec<Excluded>, IngestError> {
    let mut all = Vec::new();
    let columns = ["measurement_id", "reason", "excluded_by", "first_point", "last_point"];
    for batch in snapshot.read("exclusions", &columns, None).await? {
        let [ids, reasons, people] = std::array::from_fn(|column| batch.column(column).as_string::<i32>());
        let [first, last] = std::array::from_fn(|column| batch.column(3 + column).as_primitive::<Int32Type>());
        for row in 0..batch.num_rows() {
            all.push(Excluded {
                measurement_id: ids.value(row).to_owned(),
                path: String::new(),
                points: match last.is_valid(row).then(|| last.value(row)) {
                    None => "all points".to_owned(),
                    Some(last) if last == first.value(row) => format!("point {last}"),
                    Some(last) => format!("points {} to {last}", first.value(row)),
                },
                reason: reasons.value(row).to_owned(),
                excluded_by: people.value(row).to_owned(),
            });
        }
    }
    all.sort_by(|a, b| (&a.measurement_id, &a.points).cmp(&(&b.measurement_id, &b.points)));
    Ok(all)
}
