//! Points that somebody excluded: finds the measurements that the lines of samples/ name, and stores them in `exclusions`.
//!
//! Nothing is deleted: derived queries leave these points out, and a line that is removed brings them back.

use std::collections::{BTreeMap, HashMap, HashSet};

use aldb_lake::Writer;
use arrow::array::AsArray as _;
use arrow::datatypes::Int32Type;

use crate::IngestError;
use crate::content::Exclusion;
use crate::report::FileNote;
use crate::rows::{Cell, Rows};
use crate::sheets::{Exclusions, Sheet};
use crate::stored::{self, Files};

const TABLE: &str = "exclusions";

/// Stores the excluded points. Returns the number of changed rows. While a sheet has mistakes, what was excluded before stays.
pub(crate) async fn write(
    writer: &mut Writer,
    sheets: &[Sheet],
    exclusions: &Exclusions,
    notes: &mut Vec<FileNote>,
) -> Result<usize, IngestError> {
    let snapshot = writer.pending();
    let Exclusions { listed: exclusions, has_trouble } = exclusions;
    if exclusions.is_empty() && (*has_trouble || snapshot.version(TABLE).is_none()) {
        return Ok(0);
    }
    let mut measurements = Measurements::default();
    if !exclusions.is_empty() {
        measurements.files = stored::files(&snapshot).await?;
        for batch in snapshot.read("measurements", &["measurement_id", "file_id", "block"], None).await? {
            let (ids, files) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            let blocks = batch.column(2).as_primitive::<Int32Type>();
            for row in 0..batch.num_rows() {
                measurements.ids.insert(ids.value(row).to_owned());
                let of_file = measurements.of_file.entry(files.value(row).to_owned()).or_default();
                of_file.insert(blocks.value(row), ids.value(row).to_owned());
            }
        }
    }
    let (mut rows, mut seen) = (Rows::of(TABLE), HashSet::new());
    for (place, exclusion) in exclusions {
        let sheet = &sheets[*place];
        let mut note = |what: String| {
            notes.push(FileNote { path: sheet.path.clone(), note: format!("{}: {what}", exclusion.shown()) });
        };
        let found = match measurements.named(exclusion) {
            Ok(found) => found,
            Err(what) => {
                note(what);
                continue;
            }
        };
        let ranges: Vec<(u32, Option<u32>)> = match exclusion.points.is_empty() {
            true => vec![(0, None)],
            false => exclusion.points.iter().map(|(first, last)| (*first, Some(*last))).collect(),
        };
        for id in &found {
            for (first, last) in &ranges {
                if !seen.insert((id.clone(), *first)) {
                    note(format!("points from {first} are excluded twice: the first line is used"));
                    continue;
                }
                rows.push([
                    ("measurement_id", id.as_str().into()),
                    ("first_point", Cell::Whole(i64::from(*first))),
                    ("last_point", last.map(i64::from).into()),
                    ("reason", exclusion.reason.as_str().into()),
                    ("excluded_by", exclusion.excluded_by.as_str().into()),
                    ("file_id", sheet.file_id.as_str().into()),
                    ("batch", writer.batch().into()),
                ]);
            }
        }
    }
    let kept = match has_trouble {
        true => {
            let described: HashSet<&String> = seen.iter().map(|(id, _)| id).collect();
            let mut kept = HashSet::new();
            for batch in snapshot.read(TABLE, &["measurement_id"], None).await? {
                kept.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
            }
            kept.retain(|id| !described.contains(id));
            Some(kept)
        }
        false => None,
    };
    stored::overwrite(writer, TABLE, &rows, kept.as_ref()).await
}

/// The measurements of the lake, by their files.
#[derive(Default)]
struct Measurements {
    files: Files,
    ids: HashSet<String>,
    /// Measurements by their position, for each file.
    of_file: HashMap<String, BTreeMap<i32, String>>,
}

impl Measurements {
    /// The measurements that a line names; otherwise why there are none.
    fn named(&self, exclusion: &Exclusion) -> Result<Vec<String>, String> {
        if let Some(id) = &exclusion.measurement_id {
            return match self.ids.contains(id) {
                true => Ok(vec![id.clone()]),
                false => Err("the lake has no such measurement".to_owned()),
            };
        }
        let name = exclusion.file.as_deref().unwrap_or_default();
        let end = format!("/{name}");
        let is_named = |path: &str, id: &str| path == name || id == name || path.ends_with(&end);
        let holding = self.files.iter().filter(|file| file.holds() && is_named(&file.path, &file.file_id));
        let ids: HashSet<&str> = holding.map(|file| file.file_id.as_str()).collect();
        let mut ids = ids.into_iter();
        let of_file = match (ids.next(), ids.count()) {
            (Some(id), 0) => self.of_file.get(id),
            (None, _) => return Err("the lake has no such file yet".to_owned()),
            (_, more) => return Err(format!("the paths of {} files end so: write more of the path", more + 1)),
        };
        let mut found = of_file.cloned().unwrap_or_default();
        if let Some(block) = exclusion.block {
            found.retain(|place, _| u64::try_from(*place) == Ok(block));
        }
        match found.is_empty() {
            true => Err("the file has no such measurement".to_owned()),
            false => Ok(found.into_values().collect()),
        }
    }
}
