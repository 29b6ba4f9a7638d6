//! Reads the raw archive again: to compare its files with the rows of the lake, and to make rows that were damaged.
//!
//! What is needed for that is in `source_files` (path, id, adapter) and in the lake's own files. The bytes come from the
//! archive alone, so the folders of the instruments may be gone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aldb_formats::{Registry, supply};
use aldb_lake::{Lake, Repairs, Snapshot, Writer, file_id};
use aldb_schema::Kind;
use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::compute::concat_batches;
use arrow::row::{OwnedRow, RowConverter, SortField};

use crate::IngestError;
use crate::config::Configuration;
use crate::discover::absolute;
use crate::exclusions;
use crate::installed::installed;
use crate::link::Linker;
use crate::relink::KeysOfFile;
use crate::report::FileNote;
use crate::rows::Rows;
use crate::sheets::{self, Exclusions, KnownSample, Sheet, is_sheet_path};
use crate::spectra::{Origin, facts, measurement_id, metadata, push_measurement};
use crate::stated::Exceptions;
use crate::stored::{self, Files, StoredFile};

/// Measurements whose rows are compared or written at a time.
const FILES_AT_ONCE: usize = 256;

/// Columns that follow from paths and descriptions, not from the bytes of a file.
const KEYS: [&str; 17] = [
    "sample_label",
    "sample_id",
    "run_id",
    "recipe_id",
    "dot",
    "repeat",
    "tags",
    "link_note",
    "link_warnings",
    "electrode_area_cm2",
    "electrode_area_err_cm2",
    "temperature_c",
    "nominal_temperature_c",
    "measured_at",
    "measured_at_source",
    "path",
    "batch",
];

/// The outcome of reading the archive again.
#[derive(Debug, Clone, Default)]
pub struct Reread {
    /// Files read again.
    pub n_files: usize,
    /// Their rows.
    pub n_rows: usize,
    /// Differences between the archive and the lake, in words.
    pub problems: Vec<String>,
    /// What could not be compared, in words.
    pub notes: Vec<String>,
}

/// Reads the files of the archive.
struct Reader<'a> {
    lake: &'a Lake,
    registry: &'a Registry,
    linker: Linker<'a>,
    files: &'a Files,
}

impl Reader<'_> {
    /// The rows of a file by table; `Err` in words if it cannot be read again as it was.
    fn rows(&self, file: &StoredFile, batch: i64) -> Result<BTreeMap<String, Vec<RecordBatch>>, String> {
        let bytes = self.lake.archive().get(&file.file_id).map_err(|error| error.to_string())?;
        let path = absolute(self.lake.root(), &file.path);
        let source = self.linker.configuration.source_of(&path);
        let settings = source.map(|source| source.settings(&path)).unwrap_or_default();
        let wanted = file.adapter.as_deref();
        let (adapter, mut reading) = self.registry.read(&bytes, wanted).map_err(|error| error.to_string())?;
        let version = self.registry.adapter(&adapter).ok().map(aldb_formats::Adapter::version);
        let mut measurements = Rows::of("measurements");
        let mut tables: BTreeMap<String, Vec<RecordBatch>> = BTreeMap::new();
        let of_file = KeysOfFile::of(self.files, &file.file_id);
        for measurement in &mut reading.measurements {
            supply(measurement, &settings);
            let id = measurement_id(&file.file_id, measurement.block);
            let link = of_file.link(&self.linker, &metadata(measurement), || self.linker.keys(&path));
            let facts = facts(measurement, &id, &link, batch).map_err(|error| error.to_string())?;
            let origin = Origin {
                file_id: &file.file_id,
                adapter: &adapter,
                adapter_version: version.unwrap_or(0),
                batch,
                not_read: &reading.not_read,
                is_growing: file.is_growing,
            };
            push_measurement(&mut measurements, &facts, measurement, &id, origin, link);
            if let Some(rows) = facts.rows.filter(|rows| rows.num_rows() > 0) {
                tables.entry(measurement.technique.table().to_owned()).or_default().push(rows);
            }
        }
        if !measurements.is_empty() {
            tables.insert("measurements".to_owned(), vec![measurements.batch().map_err(|error| error.to_string())?]);
        }
        Ok(tables)
    }

    /// Whether the program reads the file as it did when the file was ingested.
    fn is_current(&self, file: &StoredFile) -> bool {
        let adapter = file.adapter.as_deref().and_then(|name| self.registry.adapter(name).ok());
        adapter.is_some_and(|adapter| Some(adapter.version()) == file.adapter_version)
    }
}

/// The instrument files with measurements, each id once.
fn measured(files: &Files) -> Vec<&StoredFile> {
    let ids: BTreeSet<&str> = files.iter().filter(|file| file.holds()).map(|file| file.file_id.as_str()).collect();
    let of_id = ids.into_iter().filter_map(|id| files.with_bytes(id));
    of_id.filter(|file| !is_sheet_path(&file.path)).collect()
}

/// Reads every file of the archive again and compares the rows with those of the lake. Nothing is written.
///
/// # Errors
///
/// [`IngestError`] if the lake or its configuration cannot be used.
pub async fn reread(
    lake: &Lake,
    snapshot: &Snapshot,
    mut progress: impl FnMut(usize, usize) + Send,
) -> Result<Reread, IngestError> {
    let configuration = Configuration::from_toml(&lake.configuration()?, lake.root())?;
    let (registry, _) = installed(lake.root())?;
    let samples = stored::samples(snapshot).await?;
    let runs = stored::runs(snapshot).await?;
    // What people gave to files is stored with their paths.
    let exceptions = Exceptions::default();
    let linker = Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions: &exceptions };
    let files = stored::files(snapshot).await?;
    let reader = Reader { lake, registry: &registry, linker, files: &files };
    let measured = measured(&files);
    let mut outcome = Reread::default();
    let (mut other_reader, mut other_keys) = (0, 0);
    for (place, chunk) in measured.chunks(FILES_AT_ONCE).enumerate() {
        progress(place * FILES_AT_ONCE, measured.len());
        let mut tables: BTreeMap<String, Vec<RecordBatch>> = BTreeMap::new();
        for file in chunk {
            if !reader.is_current(file) {
                other_reader += 1;
                continue;
            }
            outcome.n_files += 1;
            match reader.rows(file, 0) {
                Ok(rows) => rows.into_iter().for_each(|(table, rows)| tables.entry(table).or_default().extend(rows)),
                Err(error) => outcome.problems.push(format!("`{}`: cannot be read again: {error}", file.path)),
            }
        }
        for (table, rows) in tables {
            let again = concat_batches(rows[0].schema_ref(), &rows)?;
            outcome.n_rows += again.num_rows();
            let (different, keys_only) = compare(snapshot, &table, &again).await?;
            other_keys += keys_only;
            for id in different {
                outcome
                    .problems
                    .push(format!("{table}: the rows of measurement {id} are not those of its archived file"));
            }
        }
    }
    if other_reader > 0 {
        let n = other_reader;
        outcome.notes.push(format!("files of another version of their reader, not compared: {n}; run `aldb ingest`"));
    }
    if other_keys > 0 {
        outcome.notes.push(format!(
            "measurements with other keys than aldb.toml and samples/ give them now: {other_keys}; run `aldb ingest`"
        ));
    }
    Ok(outcome)
}

/// Compares rows with the stored rows of the same measurements: the ids of those that differ in measured values, and the number of
/// those that differ only in keys.
async fn compare(
    snapshot: &Snapshot,
    table: &str,
    again: &RecordBatch,
) -> Result<(BTreeSet<String>, usize), IngestError> {
    let names: Vec<String> = again.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let ids = again.column(again.schema_ref().index_of("measurement_id")?);
    let wanted: BTreeSet<&str> = ids.as_string::<i32>().iter().flatten().collect();
    let wanted: ArrayRef = Arc::new(wanted.into_iter().map(Some).collect::<StringArray>());
    let stored = match snapshot.version(table) {
        Some(_) => snapshot.read(table, &columns, Some(("measurement_id", &wanted))).await?,
        None => Vec::new(),
    };
    let by_id = |batches: &[RecordBatch], leave: &dyn Fn(&str) -> bool| -> Result<_, IngestError> {
        let places: Vec<usize> = (0..names.len()).filter(|place| !leave(&names[*place])).collect();
        let fields = places.iter().map(|place| SortField::new(again.column(*place).data_type().clone())).collect();
        let converter = RowConverter::new(fields)?;
        let mut rows: BTreeMap<String, Vec<OwnedRow>> = BTreeMap::new();
        for batch in batches {
            let ids = batch.column(batch.schema_ref().index_of("measurement_id")?).as_string::<i32>();
            let arrays: Vec<ArrayRef> = places
                .iter()
                .map(|place| arrow::compute::cast(batch.column(*place), again.column(*place).data_type()))
                .collect::<Result<_, _>>()?;
            for (row, values) in converter.convert_columns(&arrays)?.iter().enumerate() {
                rows.entry(ids.value(row).to_owned()).or_default().push(values.owned());
            }
        }
        rows.values_mut().for_each(|rows| rows.sort());
        Ok(rows)
    };
    let differing = |leave: &dyn Fn(&str) -> bool| -> Result<BTreeSet<String>, IngestError> {
        let (now, before) = (by_id(std::slice::from_ref(again), leave)?, by_id(&stored, leave)?);
        let all: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
        Ok(all.into_iter().filter(|id| now.get(*id) != before.get(*id)).cloned().collect())
    };
    // In a table of measured values a temperature is one.
    let is_key = |name: &str| KEYS.contains(&name) && (table == "measurements" || name != "temperature_c");
    let different = differing(&is_key)?;
    let n_keys = differing(&|name| name == "batch")?.difference(&different).count();
    Ok((different, n_keys))
}

/// The outcome of a repair.
#[derive(Debug, Default)]
pub struct Repaired {
    /// What was done, in words.
    pub done: Vec<String>,
    /// What could not be done, in words.
    pub impossible: Vec<String>,
    /// Whether a derived table is empty now, and must be derived again.
    pub must_derive: bool,
}

/// Repairs what is damaged: the journal and the logs of the tables from each other, the rows of tables from the raw
/// archive, files of the archive from the folders that they came from.
///
/// # Errors
///
/// [`IngestError`] if the lake cannot be written, or what is damaged leaves nothing to repair it from.
pub async fn repair(lake: &Lake) -> Result<Repaired, IngestError> {
    let (mut writer, repairs) = lake.repair().await?;
    let Repairs { done, impossible, tables, archived } = repairs;
    let mut repaired = Repaired { done, impossible, must_derive: false };
    let files = stored::files(&writer.pending()).await?;
    // Those that are damaged, and those that are not there at all.
    let is_missing = |file: &&StoredFile| file.holds() && !lake.archive().path(&file.file_id).exists();
    let missing = files.iter().filter(is_missing).map(|file| file.file_id.clone());
    for id in archived.into_iter().chain(missing).collect::<BTreeSet<String>>() {
        restore(lake, &files, &id, &mut repaired)?;
    }
    let of_kind = |name: &String| aldb_schema::table(name).map(|table| table.kind);
    let (derived, others): (BTreeSet<String>, BTreeSet<String>) =
        tables.into_iter().partition(|name| of_kind(name).is_none_or(|kind| kind == Kind::Derived));
    repaired.must_derive = !derived.is_empty();
    if !others.is_empty() {
        rebuild(lake, &mut writer, &files, &others, &mut repaired).await?;
    }
    let names: Vec<&str> = others.iter().chain(&derived).map(String::as_str).collect();
    if writer.has_changes() {
        writer
            .commit(&match names.is_empty() {
                true => "repaired".to_owned(),
                false => format!("repaired {}", names.join(", ")),
            })
            .await?;
    }
    Ok(repaired)
}

/// Takes a file of the archive again from a path that it came from, if the path still holds its bytes.
fn restore(lake: &Lake, files: &Files, id: &str, repaired: &mut Repaired) -> Result<(), IngestError> {
    let paths: Vec<&String> = files.iter().filter(|file| file.file_id == id).map(|file| &file.path).collect();
    for path in &paths {
        if let Ok(bytes) = std::fs::read(absolute(lake.root(), path))
            && file_id(&bytes) == id
        {
            lake.archive().replace(id, &bytes)?;
            repaired.done.push(format!("archive: took `{path}` again"));
            return Ok(());
        }
    }
    let place = lake.archive().path(id);
    let place = place.strip_prefix(lake.root()).unwrap_or(&place).display().to_string();
    let came = match paths.first() {
        Some(path) => format!("which was `{path}`: that path does not hold these bytes any more"),
        None => "which no path of `source_files` has".to_owned(),
    };
    repaired.impossible.push(format!("archive: `{place}` cannot be restored, {came}"));
    Ok(())
}

/// Makes the rows of tables again.
async fn rebuild(
    lake: &Lake,
    writer: &mut Writer,
    files: &Files,
    tables: &BTreeSet<String>,
    repaired: &mut Repaired,
) -> Result<(), IngestError> {
    let batch = writer.batch();
    let mut n_rows: BTreeMap<String, usize> = tables.iter().map(|table| (table.clone(), 0)).collect();
    let archived = archived_sheets(lake, files, repaired);
    let contents = sheets::contents(&archived);
    let exclusions = Exclusions::of(&archived, &contents);
    let earlier = stored::earlier(&writer.pending()).await?;
    let described = sheets::read(&archived, contents, &earlier, batch);
    for (table, rows) in &described.tables {
        if tables.contains(*table) && !rows.is_empty() {
            let rows = rows.batch()?;
            n_rows.insert((*table).to_owned(), rows.num_rows());
            writer.append(table, &[rows]).await?;
        }
    }
    let is_measured = |name: &String| {
        name == "measurements" || aldb_schema::table(name).is_some_and(|table| table.kind == Kind::Fact)
    };
    if tables.iter().any(is_measured) {
        let configuration = Configuration::from_toml(&lake.configuration()?, lake.root())?;
        let (registry, _) = installed(lake.root())?;
        let samples: HashMap<String, KnownSample> = stored::samples(&writer.pending()).await?;
        let (runs, exceptions) = (stored::runs(&writer.pending()).await?, Exceptions::default());
        let linker = Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions: &exceptions };
        let reader = Reader { lake, registry: &registry, linker, files };
        for chunk in measured(files).chunks(FILES_AT_ONCE) {
            let mut made: BTreeMap<String, Vec<RecordBatch>> = BTreeMap::new();
            for file in chunk {
                match reader.rows(file, batch) {
                    Ok(rows) => rows.into_iter().for_each(|(table, rows)| made.entry(table).or_default().extend(rows)),
                    Err(error) => repaired.impossible.push(format!("`{}`: {error}", file.path)),
                }
            }
            for (table, rows) in made.into_iter().filter(|(table, _)| tables.contains(table)) {
                let rows = concat_batches(rows[0].schema_ref(), &rows)?;
                *n_rows.entry(table.clone()).or_default() += rows.num_rows();
                writer.append(&table, &[rows]).await?;
            }
        }
    }
    if tables.contains("exclusions") {
        let mut notes = Vec::new();
        let n = exclusions::write(writer, &archived, &exclusions, &mut notes).await?;
        n_rows.insert("exclusions".to_owned(), n);
        repaired.impossible.extend(notes.into_iter().map(|FileNote { path, note }| format!("`{path}`: {note}")));
    }
    for (table, n) in n_rows {
        repaired.done.push(format!("table `{table}`: {n} rows from the raw archive"));
    }
    Ok(())
}

/// The sheets as they were last ingested, from the archive.
fn archived_sheets(lake: &Lake, files: &Files, repaired: &mut Repaired) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for file in files.iter().filter(|file| is_sheet_path(&file.path) && files.at(&file.path, &file.file_id).is_some()) {
        match lake.archive().get(&file.file_id) {
            Ok(bytes) => sheets.push(Sheet {
                path: file.path.clone(),
                file_id: file.file_id.clone(),
                bytes,
                modified_micros: None,
                error: None,
            }),
            Err(error) => repaired.impossible.push(format!("`{}`: {error}", file.path)),
        }
    }
    sheets.sort_by(|a, b| a.path.cmp(&b.path));
    sheets
}
