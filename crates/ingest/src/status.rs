//! Problems in a lake that need attention.

use std::collections::BTreeMap;

use aldb_formats::FileErrorCode;
use aldb_lake::{Lake, Snapshot};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Int32Type;
use serde::Serialize;

use crate::IngestError;
use crate::config::Configuration;
use crate::discover::absolute;
use crate::links::links;
use crate::report::{FailedFile, FileError, FileNote, counted};
use crate::rounds::{SourceState, source_states};
use crate::stored::{self, FAILED, GONE, NOT_RECOGNISED};

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

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, and its error.
    #[serde(flatten)]
    pub file: FailedFile,
    /// Since when, in microseconds since 1970, UTC.
    pub since_micros: i64,
    /// What would help.
    pub help: &'static str,
}

/// What would help with an error.
fn help(code: Option<FileErrorCode>) -> &'static str {
    match code {
        Some(FileErrorCode::FileUnreadable) => {
            "let the account that runs aldb read the file; it is tried again each time"
        }
        Some(FileErrorCode::FileTooLarge) => "export the measurement in parts",
        Some(FileErrorCode::UnknownFormat) => {
            "describe the format in ingest/ of the lake (docs/MANIFESTS.md), or leave the file out with `ignore` of its source"
        }
        Some(FileErrorCode::FormatNotSupported) => {
            "export the file as its error says, or leave it out with `ignore` of its source"
        }
        Some(FileErrorCode::AmbiguousFormat | FileErrorCode::NoSuchFormat) => {
            "name the format as `adapter` of its source (`aldb formats`)"
        }
        Some(FileErrorCode::InvalidDescription) => "correct the file as its error says; its last good rows stay",
        _ => {
            "look with `aldb inspect FILE`; a file that was cut off is read once it is copied again, as is any that changes"
        }
    }
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
    /// The sources and their last rounds.
    pub sources: Vec<SourceState>,
    /// Files that could not be read.
    pub failed: Vec<Failure>,
    /// Files that are none of an instrument.
    pub not_recognised: Vec<String>,
    /// Files that are no longer at the path where they were last; their measurements stay.
    pub gone: Vec<String>,
    /// Measurements of which somebody excluded points.
    pub excluded: Vec<Excluded>,
    /// Measurements without a sample or a recipe.
    pub unlinked: Vec<Unlinked>,
    /// Notes on files that were read, and on their measurements.
    pub warnings: Vec<FileNote>,
}

/// The state of a lake at a snapshot. `has_service` where a service ingests on a schedule.
///
/// # Errors
///
/// [`IngestError`] if a table or the configuration cannot be read.
pub async fn status(lake: &Lake, snapshot: &Snapshot, has_service: bool) -> Result<LakeStatus, IngestError> {
    let configuration = Configuration::from_toml(&lake.configuration()?, lake.root())?;
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
    let mut failed: Vec<Failure> = files
        .iter()
        .filter(|file| file.status == FAILED)
        .map(|file| {
            let error = file.error.clone().unwrap_or_else(unknown);
            let help = help(error.code);
            Failure { file: FailedFile { path: file.path.clone(), error }, since_micros: file.ingested_at, help }
        })
        .collect();
    let not_recognised = files.iter().filter(|file| file.status == NOT_RECOGNISED);
    let mut not_recognised: Vec<String> = not_recognised.map(|file| file.path.clone()).collect();
    not_recognised.sort();
    let mut warnings: Vec<FileNote> = files
        .iter()
        .filter(|file| file.is_read())
        .filter_map(|file| Some(warning(&file.path, file.warnings.as_deref()?)))
        .collect();
    warnings.extend(statements.into_iter().map(|((path, line), n)| match n {
        1 => warning(&path, &line),
        n => warning(&path, &format!("{line} ({})", counted(n, "measurement"))),
    }));
    let mut sources = source_states(lake, &configuration, has_service);
    for ((path, _), n) in &unlinked {
        let source = configuration.source_of(&absolute(lake.root(), path)).map(|source| &source.name);
        sources.iter_mut().filter(|state| Some(&state.round.source) == source).for_each(|state| state.n_unlinked += n);
    }
    // What is doubtful about rules and links is said until it is corrected, also where nothing was ingested since.
    warnings.extend(configuration.notes.iter().map(|note| warning("aldb.toml", note)));
    warnings.extend(links(lake, snapshot).await?.notes);
    failed.sort_by(|a, b| a.file.path.cmp(&b.file.path));
    warnings.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(LakeStatus {
        lake: lake.root().display().to_string(),
        snapshot: snapshot.number(),
        time: snapshot.time(),
        n_files: files.iter().filter(|file| file.holds()).count(),
        n_measurements,
        sources,
        failed,
        not_recognised,
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
