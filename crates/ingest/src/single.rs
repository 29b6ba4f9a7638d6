//! The rows that ingest makes from one file, for a file outside a lake.

use std::collections::{BTreeMap, HashMap};

use aldb_formats::Reading;
use arrow::array::RecordBatch;

use crate::Configuration;
use crate::error::IngestError;
use crate::link::{Link, Linker};
use crate::rows::{Cell, Rows};
use crate::spectra::{Origin, facts, measurement_id, metadata, push_measurement};
use crate::stated::Exceptions;

/// Information that a lake would add to the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// Area of the electrode (cm²), if the file does not state it or states a different one.
    pub electrode_area_cm2: Option<f64>,
    /// Thickness of the sample's film (nm).
    pub thickness_nm: Option<f64>,
    /// Duration of the recipe's cycle (s).
    pub cycle_s: Option<f64>,
}

/// The rows of one file.
#[derive(Debug)]
pub struct FileRows {
    /// By table.
    pub tables: BTreeMap<String, Vec<RecordBatch>>,
    /// Position of each measurement in the file, by its id.
    pub blocks: BTreeMap<String, u32>,
}

/// Name of the sample and of the recipe of a file outside a lake.
const STATED: &str = "stated";

/// The rows of a file as ingest makes them: measurements, the tables of their techniques, and a sample and a recipe if
/// something is known about them.
///
/// # Errors
///
/// If rows do not fit their table.
pub fn rows_of_file(
    file_id: &str,
    adapter: &str,
    reading: &Reading,
    circumstances: &Circumstances,
) -> Result<FileRows, IngestError> {
    let Circumstances { electrode_area_cm2, thickness_nm, cycle_s } = *circumstances;
    let (configuration, samples) = (Configuration::default(), HashMap::new());
    let (runs, exceptions) = (HashMap::new(), Exceptions::default());
    let linker = Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions: &exceptions };
    let mut tables: BTreeMap<String, Vec<RecordBatch>> = BTreeMap::new();
    let (mut measurements, mut blocks) = (Rows::of("measurements"), BTreeMap::new());
    for measurement in &reading.measurements {
        let id = measurement_id(file_id, measurement.block);
        let stated = linker.link(None, &metadata(measurement));
        let link = Link {
            sample_id: thickness_nm.map(|_| STATED.to_owned()).or(stated.sample_id),
            recipe_id: cycle_s.map(|_| STATED.to_owned()).or(stated.recipe_id),
            electrode_area_cm2: electrode_area_cm2.or(stated.electrode_area_cm2),
            ..stated
        };
        let facts = facts(measurement, &id, &link, 0)?;
        let origin = Origin { file_id, adapter, adapter_version: 0, batch: 0, not_read: &[], is_growing: false };
        push_measurement(&mut measurements, &facts, measurement, &id, origin, link);
        if let Some(rows) = facts.rows {
            tables.entry(measurement.technique.table().to_owned()).or_default().push(rows);
        }
        blocks.insert(id, measurement.block);
    }
    let mut add =
        |table: &str, rows: Rows| rows.batch().map(|batch| tables.entry(table.to_owned()).or_default().push(batch));
    add("measurements", measurements)?;
    if let Some(thickness_nm) = thickness_nm {
        let mut samples = Rows::of("samples");
        samples.push([
            ("sample_id", STATED.into()),
            ("thickness_nm", thickness_nm.into()),
            ("synthetic", false.into()),
            ("file_id", file_id.into()),
            ("batch", Cell::Whole(0)),
        ]);
        add("samples", samples)?;
    }
    if let Some(cycle_s) = cycle_s {
        let mut recipes = Rows::of("recipes");
        recipes.push([
            ("recipe_id", STATED.into()),
            ("name", STATED.into()),
            ("process", STATED.into()),
            ("deposition_temperature_c", 0.0.into()),
            ("cycle_s", cycle_s.into()),
            ("canonical", "{}".into()),
            ("file_id", file_id.into()),
            ("batch", Cell::Whole(0)),
        ]);
        add("recipes", recipes)?;
    }
    Ok(FileRows { tables, blocks })
}
