//! Stored information about files and about descriptions written by people, and its changes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use aldb_formats::FileErrorCode;
use aldb_lake::{KeySet, Lake, LakeError, Snapshot, Writer, nanoseconds};
use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Float64Type, Int32Type, TimestampMicrosecondType};
use arrow::row::{OwnedRow, RowConverter, SortField};

use crate::IngestError;
use crate::link::PathKeys;
use crate::report::{FailedFile, FileError, FileNote};
use crate::rows::{Cell, Rows};
use crate::sheets::{Earlier, FOLDERS, KnownSample, Sheet, Sheets};
use crate::spectra::lines;

/// The columns of `source_files` that ingesting needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredFile {
    pub(crate) path: String,
    pub(crate) file_id: String,
    pub(crate) status: String,
    /// The source that it belongs to now.
    pub(crate) source: Option<String>,
    /// What its path says about its measurements, or said last, as JSON.
    pub(crate) keys: Option<String>,
    pub(crate) adapter: Option<String>,
    pub(crate) adapter_version: Option<u32>,
    /// Settings that its source supplied, as JSON.
    pub(crate) supplied: Option<String>,
    /// When it was last changed, in microseconds since 1970, UTC.
    pub(crate) modified_at: Option<i64>,
    /// When it was ingested, in microseconds since 1970, UTC.
    pub(crate) ingested_at: i64,
    /// Whether it was still growing when it was read.
    pub(crate) is_growing: bool,
    pub(crate) n_measurements: usize,
    pub(crate) n_rejected: usize,
    pub(crate) error: Option<FileError>,
    pub(crate) warnings: Option<String>,
}

impl StoredFile {
    pub(crate) fn read(path: &str, file_id: &str, adapter: &str, version: u32, n_measurements: usize) -> Self {
        Self {
            path: path.to_owned(),
            file_id: file_id.to_owned(),
            status: READ.to_owned(),
            source: None,
            keys: None,
            adapter: Some(adapter.to_owned()),
            adapter_version: Some(version),
            supplied: None,
            modified_at: None,
            ingested_at: 0,
            is_growing: false,
            n_measurements,
            n_rejected: 0,
            error: None,
            warnings: None,
        }
    }

    pub(crate) fn not_recognised(path: &str, file_id: &str, error: FileError) -> Self {
        Self { status: NOT_RECOGNISED.to_owned(), ..Self::failed(path, file_id, None, error) }
    }

    pub(crate) fn failed(path: &str, file_id: &str, adapter: Option<String>, error: FileError) -> Self {
        let (status, error) = (FAILED.to_owned(), Some(error));
        Self { status, error, adapter, adapter_version: None, ..Self::read(path, file_id, "", 0, 0) }
    }

    /// Whether it was read and is still at its path.
    pub(crate) fn is_read(&self) -> bool {
        self.status == READ
    }

    /// Whether its measurements are in the lake because of this path: it is there, or it was the last one.
    pub(crate) fn holds(&self) -> bool {
        self.is_read() || self.status == GONE
    }

    /// Whether the path was not given to other bytes, and not removed.
    pub(crate) fn counts(&self) -> bool {
        self.holds() || self.status == MOVED || self.is_without_rows()
    }

    /// Whether nothing could be read in it.
    pub(crate) fn is_without_rows(&self) -> bool {
        self.status == FAILED || self.status == NOT_RECOGNISED
    }

    pub(crate) fn path_keys(&self) -> Option<PathKeys> {
        PathKeys::from_json(self.keys.as_deref()?)
    }
}

/// Status of a file that was read and is at its path.
pub(crate) const READ: &str = "read";
/// Status of a file that is no longer at its path, but at another.
pub(crate) const MOVED: &str = "moved";
/// Status of a file that is no longer at its path, nor at another.
pub(crate) const GONE: &str = "gone";
/// Status of a file that could not be read.
pub(crate) const FAILED: &str = "failed";
/// Status of a file that is none of an instrument.
pub(crate) const NOT_RECOGNISED: &str = "not_recognised";
/// Status of a file written by people, or of one that could not be read, that is no longer there.
pub(crate) const REMOVED: &str = "removed";

/// The files that the lake knows.
#[derive(Debug, Default)]
pub(crate) struct Files {
    by_path: HashMap<String, Vec<StoredFile>>,
    /// For each id, the paths where it was read.
    paths_of: HashMap<String, BTreeSet<String>>,
}

impl Files {
    /// What is known of a path and the bytes that it holds or held.
    pub(crate) fn row(&self, path: &str, file_id: &str) -> Option<&StoredFile> {
        self.by_path.get(path)?.iter().find(|file| file.file_id == file_id)
    }

    /// The file at this path with these bytes.
    pub(crate) fn at(&self, path: &str, file_id: &str) -> Option<&StoredFile> {
        self.row(path, file_id).filter(|file| file.counts())
    }

    /// The file with these bytes at all its paths, also those where it is no longer, in the order of the paths.
    pub(crate) fn everywhere(&self, file_id: &str) -> impl Iterator<Item = &StoredFile> {
        let paths = self.paths_of.get(file_id).into_iter().flatten();
        paths.filter_map(move |path| self.row(path, file_id))
    }

    /// The paths that decide about the keys of the file with these bytes, most important first: those where it is and
    /// that belong to a source; if there is none, those where it was last or that belong to no source any more.
    pub(crate) fn deciding(&self, file_id: &str) -> Vec<&StoredFile> {
        let mut holding: Vec<&StoredFile> = self.everywhere(file_id).filter(|file| file.holds()).collect();
        let belongs = |file: &StoredFile| file.is_read() && file.source.is_some();
        if holding.iter().any(|file| belongs(file)) {
            holding.retain(|file| belongs(file));
        } else {
            holding.sort_by_key(|file| file.keys.is_none());
        }
        holding
    }

    /// A file with these bytes whose measurements are in the lake, at any path.
    pub(crate) fn with_bytes(&self, file_id: &str) -> Option<&StoredFile> {
        self.deciding(file_id).into_iter().next()
    }

    pub(crate) fn insert(&mut self, file: StoredFile) {
        if file.holds() || file.status == MOVED {
            self.paths_of.entry(file.file_id.clone()).or_default().insert(file.path.clone());
        }
        let at_path = self.by_path.entry(file.path.clone()).or_default();
        at_path.retain(|other| other.file_id != file.file_id);
        at_path.push(file);
    }

    /// Removes the other bytes that a path held, and returns them.
    pub(crate) fn supersede(&mut self, path: &str, file_id: &str) -> Vec<StoredFile> {
        self.supersede_if(path, |file| file.file_id != file_id && file.counts())
    }

    /// Removes some of the bytes that a path held, and returns them.
    pub(crate) fn supersede_if(&mut self, path: &str, is_old: impl Fn(&StoredFile) -> bool) -> Vec<StoredFile> {
        let Some(at_path) = self.by_path.get_mut(path) else { return Vec::new() };
        let old: Vec<StoredFile> = at_path.extract_if(.., |file| is_old(file)).collect();
        for file in &old {
            if let Some(paths) = self.paths_of.get_mut(&file.file_id) {
                paths.remove(path);
                if paths.is_empty() {
                    self.paths_of.remove(&file.file_id);
                }
            }
        }
        old
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &StoredFile> {
        self.by_path.values().flatten()
    }

    pub(crate) fn row_mut(&mut self, path: &str, file_id: &str) -> Option<&mut StoredFile> {
        self.by_path.get_mut(path)?.iter_mut().find(|file| file.file_id == file_id)
    }

    /// If the file with these bytes is at a path: its other paths where it was last are those from which it was moved.
    /// Returns them.
    pub(crate) fn moved(&mut self, file_id: &str) -> Vec<String> {
        if !self.everywhere(file_id).any(StoredFile::is_read) {
            return Vec::new();
        }
        let gone = self.everywhere(file_id).filter(|file| file.status == GONE);
        let gone: Vec<String> = gone.map(|file| file.path.clone()).collect();
        for path in &gone {
            if let Some(file) = self.row_mut(path, file_id) {
                MOVED.clone_into(&mut file.status);
            }
        }
        gone
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut StoredFile> {
        self.by_path.values_mut().flatten()
    }
}

fn words(batch: &RecordBatch, column: usize) -> &StringArray {
    batch.column(column).as_string()
}

fn word(array: &StringArray, row: usize) -> Option<String> {
    array.is_valid(row).then(|| array.value(row).to_owned())
}

/// The files of a snapshot.
pub(crate) async fn files(snapshot: &Snapshot) -> Result<Files, IngestError> {
    let mut files = Files::default();
    add_files(&mut files, snapshot, None).await?;
    Ok(files)
}

/// The files of a snapshot at some paths, and all files with the same bytes as those or with some other bytes.
pub(crate) async fn files_like(snapshot: &Snapshot, paths: &[&str], ids: &[String]) -> Result<Files, IngestError> {
    let mut files = Files::default();
    let paths: ArrayRef = Arc::new(StringArray::from(paths.to_vec()));
    add_files(&mut files, snapshot, Some(("path", &paths))).await?;
    let ids: HashSet<&str> =
        files.iter().map(|file| file.file_id.as_str()).chain(ids.iter().map(String::as_str)).collect();
    let ids: ArrayRef = Arc::new(ids.into_iter().map(Some).collect::<StringArray>());
    add_files(&mut files, snapshot, Some(("file_id", &ids))).await?;
    Ok(files)
}

async fn add_files(
    files: &mut Files,
    snapshot: &Snapshot,
    among: Option<(&str, &ArrayRef)>,
) -> Result<(), IngestError> {
    const COLUMNS: [&str; 16] = [
        "path",
        "file_id",
        "status",
        "adapter",
        "error",
        "error_code",
        "warnings",
        "supplied",
        "source",
        "keys",
        "adapter_version",
        "n_measurements",
        "n_rejected",
        "modified_at",
        "ingested_at",
        "incomplete",
    ];
    for batch in snapshot.read("source_files", &COLUMNS, among).await? {
        let [path, file_id, status, adapter, error, error_code, warnings, supplied, source, keys] =
            std::array::from_fn(|column| words(&batch, column));
        let [version, n_measurements, n_rejected] =
            std::array::from_fn(|column| batch.column(10 + column).as_primitive::<Int32Type>());
        let [modified_at, ingested_at] =
            std::array::from_fn(|column| batch.column(13 + column).as_primitive::<TimestampMicrosecondType>());
        let incomplete = batch.column(15).as_boolean();
        for row in 0..batch.num_rows() {
            files.insert(StoredFile {
                path: path.value(row).to_owned(),
                file_id: file_id.value(row).to_owned(),
                status: status.value(row).to_owned(),
                adapter: word(adapter, row),
                adapter_version: version.is_valid(row).then(|| u32::try_from(version.value(row)).unwrap_or(0)),
                supplied: word(supplied, row),
                source: word(source, row),
                keys: word(keys, row),
                modified_at: modified_at.is_valid(row).then(|| modified_at.value(row)),
                ingested_at: ingested_at.value(row),
                is_growing: incomplete.is_valid(row) && incomplete.value(row),
                n_rejected: usize::try_from(n_rejected.value(row)).unwrap_or(0),
                n_measurements: usize::try_from(n_measurements.value(row)).unwrap_or(0),
                error: word(error, row).map(|message| FileError {
                    message,
                    code: word(error_code, row).and_then(|code| FileErrorCode::from_code(&code)),
                }),
                warnings: word(warnings, row),
            });
        }
    }
    Ok(())
}

/// A batch of two text columns, `path` and `file_id`.
pub(crate) fn pairs(keys: &[(String, String)]) -> Result<RecordBatch, IngestError> {
    let column = |part: fn(&(String, String)) -> &String| {
        Arc::new(keys.iter().map(|key| Some(part(key))).collect::<StringArray>()) as ArrayRef
    };
    Ok(RecordBatch::try_from_iter([("path", column(|key| &key.0)), ("file_id", column(|key| &key.1))])?)
}

/// A batch of one text column.
pub(crate) fn column<S: AsRef<str>>(name: &str, values: &[S]) -> Result<RecordBatch, IngestError> {
    let array: StringArray = values.iter().map(|value| Some(value.as_ref())).collect();
    Ok(RecordBatch::try_from_iter([(name, Arc::new(array) as ArrayRef)])?)
}

/// The batch with some columns replaced.
pub(crate) fn with_columns<const N: usize>(
    batch: &RecordBatch,
    new: [(&str, ArrayRef); N],
) -> Result<RecordBatch, LakeError> {
    let mut columns = batch.columns().to_vec();
    for (name, array) in new {
        if let Ok(place) = batch.schema_ref().index_of(name) {
            columns[place] = array;
        }
    }
    RecordBatch::try_new(batch.schema(), columns).map_err(|source| LakeError::Arrow {
        step: "change",
        table: "a table".to_owned(),
        source,
    })
}

/// Changes the status of rows of `source_files`.
pub(crate) async fn mark(
    writer: &mut Writer,
    keys: &[(String, String)],
    batch: i64,
    status: &'static str,
) -> Result<(), IngestError> {
    change_files(writer, keys, &mut |rows| {
        let n = rows.num_rows();
        let new: [(&str, ArrayRef); 2] = [
            ("status", Arc::new(StringArray::from(vec![status; n]))),
            ("batch", Arc::new(Int64Array::from(vec![batch; n]))),
        ];
        with_columns(rows, new)
    })
    .await
}

/// Stores status, source and keys of paths as they are in these files.
pub(crate) async fn update_paths(writer: &mut Writer, files: &[StoredFile]) -> Result<(), IngestError> {
    let keys: Vec<(String, String)> = files.iter().map(|file| (file.path.clone(), file.file_id.clone())).collect();
    let batch = writer.batch();
    let now: HashMap<(&str, &str), &StoredFile> =
        files.iter().map(|file| ((file.path.as_str(), file.file_id.as_str()), file)).collect();
    change_files(writer, &keys, &mut |rows| {
        let key = |column: &str| rows.column_by_name(column).and_then(|array| array.as_string_opt::<i32>());
        let (Some(paths), Some(ids)) = (key("path"), key("file_id")) else { return Ok(rows.clone()) };
        let place = |row: usize| now.get(&(paths.value(row), ids.value(row)));
        let words = |part: fn(&StoredFile) -> Option<&String>| {
            let values = (0..rows.num_rows()).map(|row| part(place(row)?).map(String::as_str));
            Arc::new(values.collect::<StringArray>()) as ArrayRef
        };
        let new: [(&str, ArrayRef); 4] = [
            ("status", words(|file| Some(&file.status))),
            ("source", words(|file| file.source.as_ref())),
            ("keys", words(|file| file.keys.as_ref())),
            ("batch", Arc::new(Int64Array::from(vec![batch; rows.num_rows()]))),
        ];
        with_columns(rows, new)
    })
    .await
}

async fn change_files(
    writer: &mut Writer,
    keys: &[(String, String)],
    make: &mut aldb_lake::MakeRows<'_>,
) -> Result<(), IngestError> {
    if keys.is_empty() {
        return Ok(());
    }
    let mut set = KeySet::new("source_files", &["path".to_owned(), "file_id".to_owned()]);
    set.insert(&pairs(keys)?)?;
    writer.update("source_files", &mut set, make).await?;
    Ok(())
}

/// Removes the measurements of files, with their rows.
pub(crate) async fn remove_measurements(writer: &mut Writer, file_ids: &[&String]) -> Result<(), IngestError> {
    if file_ids.is_empty() {
        return Ok(());
    }
    let wanted: ArrayRef = Arc::new(file_ids.iter().map(|id| Some(id.as_str())).collect::<StringArray>());
    let mut by_table: HashMap<String, Vec<String>> = HashMap::new();
    let columns = ["measurement_id", "fact_table"];
    for batch in writer.pending().read("measurements", &columns, Some(("file_id", &wanted))).await? {
        for row in 0..batch.num_rows() {
            let table = words(&batch, 1).value(row).to_owned();
            by_table.entry(table).or_default().push(words(&batch, 0).value(row).to_owned());
        }
    }
    for (table, ids) in by_table {
        // The lake has no table for the rows of these measurements.
        if writer.pending().version(&table).is_none() {
            continue;
        }
        let mut keys = KeySet::new(&table, &["measurement_id".to_owned()]);
        keys.insert(&column("measurement_id", &ids)?)?;
        writer.replace(&table, &mut keys, &[]).await?;
    }
    let mut keys = KeySet::new("measurements", &["file_id".to_owned()]);
    keys.insert(&column("file_id", file_ids)?)?;
    writer.replace("measurements", &mut keys, &[]).await?;
    Ok(())
}

/// Whether the lake contains exactly the descriptions of these sheets.
pub(crate) fn remembers(writer: &Writer, sheets: &[Sheet]) -> bool {
    sheets.iter().all(|sheet| sheet.error.is_none())
        && writer.index().get::<Vec<(String, String)>>("lake", "sheets") == Some(sheets_seen(sheets))
}

/// The folders of sheets that the lake knew and that are not there now.
pub(crate) async fn missing_folders(snapshot: &Snapshot, lake: &Lake) -> Result<Vec<&'static str>, IngestError> {
    let absent: Vec<&str> =
        FOLDERS.into_iter().filter(|folder| std::fs::symlink_metadata(lake.root().join(folder)).is_err()).collect();
    if absent.is_empty() {
        return Ok(absent);
    }
    let files = files(snapshot).await?;
    let is_known = |folder: &&str| {
        let below = format!("{folder}/");
        files.iter().any(|file| file.counts() && file.path.starts_with(&below))
    };
    Ok(absent.into_iter().filter(is_known).collect())
}

/// What a snapshot holds of the sheets.
pub(crate) async fn earlier(snapshot: &Snapshot) -> Result<Earlier, IngestError> {
    let mut earlier = Earlier::default();
    for file in files(snapshot).await?.iter().filter(|file| crate::sheets::is_sheet_path(&file.path)) {
        earlier.ids.entry(file.path.clone()).or_default().insert(file.file_id.clone());
    }
    let texts = async |table: &str, columns: &[&str]| -> Result<Vec<Vec<Option<String>>>, IngestError> {
        let mut rows = Vec::new();
        for batch in snapshot.read(table, columns, None).await? {
            for row in 0..batch.num_rows() {
                rows.push((0..columns.len()).map(|column| word(words(&batch, column), row)).collect());
            }
        }
        Ok(rows)
    };
    for row in texts("recipes", &["recipe_id", "name", "file_id"]).await? {
        if let [Some(id), Some(name), Some(file)] = &row[..] {
            earlier.recipes.push((id.clone(), name.clone(), file.clone()));
        }
    }
    for row in texts("runs", &["run_id", "recipe_id", "file_id"]).await? {
        if let [Some(name), recipe, Some(file)] = &row[..] {
            earlier.runs.push((name.clone(), recipe.clone(), file.clone()));
        }
    }
    for row in texts("events", &["event_id", "written_at", "file_id"]).await? {
        if let [Some(id), Some(at), Some(file)] = &row[..] {
            earlier.events.push((id.clone(), at.clone(), file.clone()));
        }
    }
    for row in texts("literature_conductivity", &["report_id", "file_id"]).await? {
        if let [Some(name), Some(file)] = &row[..] {
            earlier.literature.push((name.clone(), file.clone()));
        }
    }
    let mut samples = samples(snapshot).await?;
    for row in texts("samples", &["sample_id", "file_id"]).await? {
        if let [Some(name), Some(file)] = &row[..]
            && let Some(sample) = samples.remove(name)
        {
            earlier.samples.push((name.clone(), sample, file.clone()));
        }
    }
    Ok(earlier)
}

/// The runs of a snapshot, and the recipe of each.
pub(crate) async fn runs(snapshot: &Snapshot) -> Result<HashMap<String, Option<String>>, IngestError> {
    let mut runs = HashMap::new();
    for batch in snapshot.read("runs", &["run_id", "recipe_id"], None).await? {
        for row in 0..batch.num_rows() {
            runs.insert(words(&batch, 0).value(row).to_owned(), word(words(&batch, 1), row));
        }
    }
    Ok(runs)
}

/// The samples of a snapshot.
pub(crate) async fn samples(snapshot: &Snapshot) -> Result<HashMap<String, KnownSample>, IngestError> {
    let mut samples = HashMap::new();
    let columns = ["sample_id", "run_id", "recipe_id", "electrodes", "electrode_errors"];
    for batch in snapshot.read("samples", &columns, None).await? {
        let [sample_id, run_id, recipe_id] = std::array::from_fn(|column| words(&batch, column));
        for row in 0..batch.num_rows() {
            let by_dot = |column: usize| {
                let mut numbers = HashMap::new();
                let electrodes = batch.column(column).as_list::<i32>();
                if electrodes.is_valid(row) {
                    let of_sample = electrodes.value(row);
                    let of_sample = of_sample.as_struct();
                    let (dots, values) = (of_sample.column(0).as_string::<i32>(), of_sample.column(1));
                    let values = values.as_primitive::<Float64Type>();
                    numbers.extend((0..dots.len()).map(|place| (dots.value(place).to_owned(), values.value(place))));
                }
                numbers
            };
            let known = KnownSample {
                run_id: word(run_id, row),
                recipe_id: word(recipe_id, row),
                area_cm2: by_dot(3),
                area_err_cm2: by_dot(4),
            };
            samples.insert(sample_id.value(row).to_owned(), known);
        }
    }
    Ok(samples)
}

/// Writes the descriptions that have changed. Returns the number of changed rows.
pub(crate) async fn write_sheets(
    writer: &mut Writer,
    lake: &Lake,
    sheets: &[Sheet],
    described: &Sheets,
    notes: &mut Vec<FileNote>,
    failed: &mut Vec<FailedFile>,
) -> Result<usize, IngestError> {
    let mut n_changed = 0;
    for (table, rows) in &described.tables {
        n_changed += overwrite(writer, table, rows, described.kept.get(table)).await?;
    }
    let files = files(&writer.pending()).await?;
    let mut rows = Rows::of("source_files");
    let mut keys = Vec::new();
    let mut superseded = Vec::new();
    for (sheet, outcome) in sheets.iter().zip(&described.outcome) {
        let folder = sheet.path.split('/').next().unwrap_or_default();
        let error = outcome.error.clone();
        let warnings = lines(&outcome.notes);
        let path = || sheet.path.clone();
        failed.extend(error.clone().map(|error| FailedFile { path: path(), error }));
        notes.extend(outcome.notes.iter().map(|note| FileNote { path: path(), note: note.clone() }));
        let others =
            files.iter().filter(|file| file.path == sheet.path && file.file_id != sheet.file_id && file.counts());
        superseded.extend(others.map(|file| (file.path.clone(), file.file_id.clone())));
        let known = files.at(&sheet.path, &sheet.file_id);
        if known.is_some_and(|known| known.error == error && known.warnings == warnings) {
            continue;
        }
        lake.archive().keep(&sheet.file_id, &sheet.bytes)?;
        keys.push((sheet.path.clone(), sheet.file_id.clone()));
        rows.push([
            ("path", sheet.path.as_str().into()),
            ("file_id", sheet.file_id.as_str().into()),
            ("size_bytes", Cell::Whole(i64::try_from(sheet.bytes.len()).unwrap_or(i64::MAX))),
            ("modified_at", sheet.modified_micros.map_or(Cell::Null, Cell::Time)),
            ("adapter", folder.into()),
            ("status", if error.is_some() { FAILED.into() } else { READ.into() }),
            ("error", error.as_ref().map(|error| error.message.clone()).into()),
            ("error_code", error.and_then(|error| error.code).map(FileErrorCode::as_str).into()),
            ("n_measurements", Cell::Whole(0)),
            ("n_rejected", Cell::Whole(0)),
            ("warnings", warnings.into()),
            ("ingested_at", Cell::Time(nanoseconds(SystemTime::now()) / 1000)),
            ("batch", writer.batch().into()),
        ]);
    }
    let batch = writer.batch();
    let on_disk: HashSet<&str> = sheets.iter().map(|sheet| sheet.path.as_str()).collect();
    let unreadable: Vec<String> =
        sheets.iter().filter(|sheet| sheet.error.is_some()).map(|sheet| format!("{}/", sheet.path)).collect();
    let is_unreadable = |path: &str| unreadable.iter().any(|folder| path.starts_with(folder));
    let is_sheet = |file: &&StoredFile| crate::sheets::is_sheet_path(&file.path);
    let removed: Vec<(String, String)> = files
        .iter()
        .filter(is_sheet)
        .filter(|file| file.counts() && !on_disk.contains(file.path.as_str()) && !is_unreadable(&file.path))
        .map(|file| (file.path.clone(), file.file_id.clone()))
        .collect();
    mark(writer, &removed, batch, REMOVED).await?;
    mark(writer, &superseded, batch, "superseded").await?;
    if !rows.is_empty() {
        let mut set = KeySet::new("source_files", &["path".to_owned(), "file_id".to_owned()]);
        set.insert(&pairs(&keys)?)?;
        writer.replace("source_files", &mut set, &[rows.batch()?]).await?;
    }
    Ok(n_changed)
}

/// The index entry for the sheets, once they are committed.
pub(crate) fn sheets_seen(sheets: &[Sheet]) -> Vec<(String, String)> {
    sheets.iter().map(|sheet| (sheet.path.clone(), sheet.file_id.clone())).collect()
}

/// Replaces the rows of a table by these; rows that differ only in their batch are unchanged, and those with one of some values
/// in the first key column stay.
pub(crate) async fn overwrite(
    writer: &mut Writer,
    table: &str,
    rows: &Rows,
    kept: Option<&HashSet<String>>,
) -> Result<usize, IngestError> {
    let new = rows.batch()?;
    let names: Vec<String> = new.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let stored = writer.pending().read(table, &columns, None).await?;
    let compared: Vec<usize> = (0..names.len()).filter(|place| names[*place] != "batch").collect();
    let fields = compared.iter().map(|place| SortField::new(new.column(*place).data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let whole = |batch: &RecordBatch| -> Result<Vec<OwnedRow>, IngestError> {
        let arrays: Vec<ArrayRef> = compared
            .iter()
            .map(|place| arrow::compute::cast(batch.column(*place), new.column(*place).data_type()))
            .collect::<Result<_, _>>()?;
        Ok(converter.convert_columns(&arrays)?.iter().map(|row| row.owned()).collect())
    };
    let new_rows = whole(&new)?;
    let wanted: HashSet<&OwnedRow> = new_rows.iter().collect();
    let mut present = HashSet::new();
    let key = aldb_schema::table(table).map(|table| table.key.clone()).unwrap_or_default();
    let mut keys = KeySet::new(table, &key);
    let mut n_gone = 0;
    for batch in &stored {
        let rows = whole(batch)?;
        let first = key.first().and_then(|name| batch.column_by_name(name)?.as_string_opt::<i32>());
        let stays = |row: usize| kept.zip(first).is_some_and(|(kept, first)| kept.contains(first.value(row)));
        let gone: BooleanArray =
            rows.iter().enumerate().map(|(row, stored)| Some(!wanted.contains(stored) && !stays(row))).collect();
        n_gone += gone.true_count();
        keys.insert(&filter_record_batch(batch, &gone)?)?;
        present.extend(rows);
    }
    let added: BooleanArray = new_rows.iter().map(|row| Some(!present.contains(row))).collect();
    let added = filter_record_batch(&new, &added)?;
    if n_gone == 0 && added.num_rows() == 0 {
        return Ok(0);
    }
    let n_changed = n_gone.max(added.num_rows());
    writer.replace(table, &mut keys, &[added]).await?;
    Ok(n_changed)
}
