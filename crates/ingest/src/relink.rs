//! Links stored measurements again when a rule, a sample or the path of their file has changed, without reading the files again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use aldb_lake::{KeySet, Writer};
use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use serde_json::{Map, Value};

use crate::IngestError;
use crate::link::{Link, Linker, PathKeys, contradiction};
use crate::spectra::lines;
use crate::stored::{Files, column, with_columns};

const COLUMNS: [&str; 20] = [
    "measurement_id",
    "file_id",
    "fact_table",
    "metadata",
    "sample_label",
    "sample_id",
    "run_id",
    "recipe_id",
    "dot",
    "repeat",
    "link_note",
    "electrode_area_cm2",
    "temperature_c",
    "electrode_area_err_cm2",
    "nominal_temperature_c",
    "link_warnings",
    "tags",
    "path",
    "measured_at_source",
    "measured_at",
];

/// The keys of a file, and what its paths contradict each other in.
pub(crate) struct KeysOfFile {
    path: String,
    modified_at: Option<i64>,
    keys: Option<PathKeys>,
    contradiction: Option<String>,
}

impl KeysOfFile {
    pub(crate) fn of(files: &Files, file_id: &str) -> Self {
        let paths = files.deciding(file_id);
        let known = paths.iter().filter_map(|file| Some((file.path.as_str(), file.path_keys()?)));
        let mut known: Vec<(&str, PathKeys)> = known.collect();
        let contradiction = contradiction(&known);
        let keys = (!known.is_empty()).then(|| known.swap_remove(0).1);
        let first = paths.first();
        let path = first.map_or_else(String::new, |file| file.path.clone());
        Self { path, modified_at: first.and_then(|file| file.modified_at), keys, contradiction }
    }

    /// The link of a measurement in the file. `earlier` are the keys of one whose paths were stored without them.
    pub(crate) fn link(
        &self,
        linker: &Linker<'_>,
        metadata: &Map<String, Value>,
        earlier: impl FnOnce() -> Option<PathKeys>,
    ) -> Link {
        let earlier = if self.keys.is_none() { earlier() } else { None };
        let keys = self.keys.as_ref().or(earlier.as_ref());
        let mut link = linker.link(keys, metadata).with_place(&self.path, self.modified_at, keys, metadata);
        let warnings = self.contradiction.iter().cloned().chain(link.warnings);
        link.warnings = lines(&warnings.collect::<Vec<_>>());
        link
    }
}

/// Links stored measurements, all or those of some files, by the current paths and samples. Returns the number of changed
/// links.
pub(crate) async fn relink(
    writer: &mut Writer,
    linker: &Linker<'_>,
    files: &Files,
    among: Option<&HashSet<String>>,
) -> Result<usize, IngestError> {
    if among.is_some_and(HashSet::is_empty) {
        return Ok(0);
    }
    let pending = writer.pending();
    let ids: Option<ArrayRef> = among.map(|ids| Arc::new(ids.iter().map(Some).collect::<StringArray>()) as ArrayRef);
    let mut of_file: HashMap<String, KeysOfFile> = HashMap::new();
    let mut changed: HashMap<String, Link> = HashMap::new();
    let mut by_table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for batch in pending.read("measurements", &COLUMNS, ids.as_ref().map(|ids| ("file_id", ids))).await? {
        for row in 0..batch.num_rows() {
            let word = |place: usize| {
                let array: &StringArray = batch.column(place).as_string();
                array.is_valid(row).then(|| array.value(row).to_owned())
            };
            let number = |place: usize| {
                let array = batch.column(place).as_primitive::<Float64Type>();
                array.is_valid(row).then(|| array.value(row))
            };
            let (Some(id), Some(file_id), Some(table)) = (word(0), word(1), word(2)) else { continue };
            if files.deciding(&file_id).is_empty() {
                continue;
            }
            let metadata = word(3).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            let stored = Link {
                sample_label: word(4),
                sample_id: word(5),
                run_id: word(6),
                recipe_id: word(7),
                dot: word(8),
                repeat: word(9),
                note: word(10),
                electrode_area_cm2: number(11),
                temperature_c: number(12),
                electrode_area_err_cm2: number(13),
                nominal_temperature_c: number(14),
                warnings: word(15),
                tags: word(16),
                path: word(17),
                measured_at_source: word(18),
                measured_at: {
                    let times = batch.column(19).as_primitive::<TimestampMicrosecondType>();
                    times.is_valid(row).then(|| times.value(row))
                },
            };
            let of_file = of_file.entry(file_id).or_insert_with_key(|id| KeysOfFile::of(files, id));
            let link = of_file.link(linker, &metadata, || PathKeys::of_link(&stored));
            if link != stored {
                by_table.entry(table).or_default().push(id.clone());
                changed.insert(id, link);
            }
        }
    }
    let batch = writer.batch();
    let ids: Vec<&String> = changed.keys().collect();
    let mut make = |rows: &RecordBatch| linked(rows, &changed, batch);
    update(writer, "measurements", &ids, &mut make).await?;
    for (table, ids) in &by_table {
        update(writer, table, &ids.iter().collect::<Vec<_>>(), &mut make).await?;
    }
    Ok(changed.len())
}

async fn update(
    writer: &mut Writer,
    table: &str,
    ids: &[&String],
    make: &mut (dyn FnMut(&RecordBatch) -> Result<RecordBatch, aldb_lake::LakeError> + Send),
) -> Result<(), IngestError> {
    if ids.is_empty() || writer.pending().version(table).is_none() {
        return Ok(());
    }
    let mut keys = KeySet::new(table, &["measurement_id".to_owned()]);
    keys.insert(&column("measurement_id", ids)?)?;
    writer.update(table, &mut keys, make).await?;
    Ok(())
}

/// The rows with the columns of their links; a table has only some of these.
fn linked(rows: &RecordBatch, links: &HashMap<String, Link>, batch: i64) -> Result<RecordBatch, aldb_lake::LakeError> {
    let ids = rows.column_by_name("measurement_id").and_then(|array| array.as_string_opt::<i32>());
    let link_of_row: Vec<Option<&Link>> = match ids {
        Some(ids) => ids.iter().map(|id| links.get(id?)).collect(),
        None => vec![None; rows.num_rows()],
    };
    let words = |part: fn(&Link) -> &Option<String>| {
        Arc::new(link_of_row.iter().map(|link| link.and_then(|link| part(link).as_deref())).collect::<StringArray>())
            as ArrayRef
    };
    let numbers = |part: fn(&Link) -> Option<f64>| {
        Arc::new(link_of_row.iter().map(|link| link.and_then(part)).collect::<Float64Array>()) as ArrayRef
    };
    let keys = with_columns(
        rows,
        [
            ("sample_id", words(|link| &link.sample_id)),
            ("run_id", words(|link| &link.run_id)),
            ("recipe_id", words(|link| &link.recipe_id)),
            ("batch", Arc::new(Int64Array::from(vec![batch; rows.num_rows()]))),
        ],
    )?;
    // In a table of measured values a column with such a name is a measured value.
    if rows.column_by_name("sample_label").is_none() {
        return Ok(keys);
    }
    let times = link_of_row.iter().map(|link| link.and_then(|link| link.measured_at));
    let measured_at = times.collect::<TimestampMicrosecondArray>().with_timezone("UTC");
    with_columns(
        &keys,
        [
            ("sample_label", words(|link| &link.sample_label)),
            ("dot", words(|link| &link.dot)),
            ("repeat", words(|link| &link.repeat)),
            ("path", words(|link| &link.path)),
            ("measured_at_source", words(|link| &link.measured_at_source)),
            ("measured_at", Arc::new(measured_at)),
            ("tags", words(|link| &link.tags)),
            ("link_note", words(|link| &link.note)),
            ("link_warnings", words(|link| &link.warnings)),
            ("electrode_area_cm2", numbers(|link| link.electrode_area_cm2)),
            ("temperature_c", numbers(|link| link.temperature_c)),
            ("electrode_area_err_cm2", numbers(|link| link.electrode_area_err_cm2)),
            ("nominal_temperature_c", numbers(|link| link.nominal_temperature_c)),
        ],
    )
}
