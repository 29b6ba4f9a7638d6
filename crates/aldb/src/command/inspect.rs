//! `aldb inspect FILE…`: shows what aldb reads in files, without storing anything.

use std::io::Write;
use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, Place, ReadError, Reading, Registry, Value, ValuesSummary, not_stored};
use aldb_query::output::significant;
use aldb_query::table::{printable, write_table};
use clap::Args;
use serde_json::{Map, json};

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count, write_objects};

/// Show what aldb reads in files, without storing anything.
#[derive(Debug, Args)]
pub(crate) struct Inspect {
    /// Files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Format of the files [default: recognised by content]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Inspect {
    pub(crate) fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let registry = lake.registry()?;
        let mut outcome = Outcome::Done;
        let mut objects = Vec::new();
        let mut out = terminal::output();
        for path in &self.files {
            let read = read(&registry, path, self.adapter.as_deref());
            if read.is_err() {
                outcome = Outcome::Failed;
            }
            match self.format {
                ReportFormat::Json => objects.push(object(path, &read)),
                ReportFormat::Table => match &read {
                    Ok((adapter, reading)) => print(&mut out, path, adapter, reading)?,
                    Err(error) => {
                        out.flush()?;
                        terminal::error(&format!("{}: {error}", printable(&path.display().to_string())));
                    }
                },
            }
        }
        if self.format == ReportFormat::Json {
            write_objects(&mut out, &objects)?;
        }
        out.flush()?;
        Ok(outcome)
    }
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// The file system refused.
    #[error("cannot be opened: {0}")]
    Open(std::io::Error),
    /// No adapter reads it.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Reads a file. Returns the adapter's name and what it found.
pub(crate) fn read(registry: &Registry, path: &Path, adapter: Option<&str>) -> Result<(String, Reading), FileError> {
    Ok(registry.read(&bytes_of(path)?, adapter)?)
}

/// The bytes of a file that is not too large.
pub(crate) fn bytes_of(path: &Path) -> Result<Vec<u8>, FileError> {
    let size = std::fs::metadata(path).map_err(FileError::Open)?.len();
    let limit = aldb_formats::LARGEST_FILE as u64;
    if size > limit {
        return Err(ReadError::TooLarge { place: Place::Offset(limit), found: size, limit }.into());
    }
    std::fs::read(path).map_err(FileError::Open)
}

fn object(path: &Path, read: &Result<(String, Reading), FileError>) -> serde_json::Value {
    let file = path.display().to_string();
    match read {
        Err(error) => {
            let mut stated = Map::from_iter([("message".to_owned(), json!(error.to_string()))]);
            if let FileError::Read(error) = error {
                match error.place() {
                    Place::Line(line) => stated.insert("line".to_owned(), json!(line)),
                    Place::Offset(offset) => stated.insert("offset".to_owned(), json!(offset)),
                };
            }
            json!({ "file": file, "error": stated })
        }
        Ok((adapter, reading)) => json!({
            "file": file,
            "adapter": adapter,
            "measurements": reading.measurements.iter().map(measurement).collect::<Vec<_>>(),
            "rejected": reading.rejected.iter()
                .map(|row| json!({ "block": row.block, "message": row.error.to_string() })).collect::<Vec<_>>(),
            "warnings": reading.warnings,
            "not_read": reading.not_read,
        }),
    }
}

fn measurement(measurement: &Measurement) -> serde_json::Value {
    let columns: Map<String, serde_json::Value> = measurement
        .summary()
        .into_iter()
        .map(|column| {
            let (first, last, min, max) = match column.values {
                ValuesSummary::Numbers { first, last, min, max } => (json!(first), json!(last), json!(min), json!(max)),
                ValuesSummary::Words { first, last } => (json!(first), json!(last), json!(null), json!(null)),
            };
            (column.name, json!({ "unit": column.unit, "first": first, "last": last, "min": min, "max": max }))
        })
        .collect();
    json!({
        "technique": measurement.technique.name(),
        "block": measurement.block,
        "n_points": measurement.n_points(),
        "columns": columns,
        "metadata": measurement.metadata,
        "warnings": measurement.warnings,
        "not_stored": not_stored(measurement),
    })
}

fn print(out: &mut impl Write, path: &Path, adapter: &str, reading: &Reading) -> Result<(), Error> {
    let n_measurements = count(reading.measurements.len(), "measurement");
    let shown = path.display().to_string();
    writeln!(out, "{}\n  adapter {adapter}, {n_measurements}", printable(&shown))?;
    for warning in &reading.warnings {
        writeln!(out, "  warning: {warning}")?;
    }
    for measurement in &reading.measurements {
        writeln!(
            out,
            "  block {}: {}, {}",
            measurement.block,
            measurement.technique.name(),
            count(measurement.n_points(), "point")
        )?;
        let mut rows = Vec::new();
        for column in measurement.summary() {
            let number = |value: Option<f64>| value.map(significant).unwrap_or_default();
            let [first, last, min, max] = match column.values {
                ValuesSummary::Numbers { first, last, min, max } => [first, last, min, max].map(number),
                ValuesSummary::Words { first, last } => {
                    [first.unwrap_or_default(), last.unwrap_or_default(), String::new(), String::new()]
                }
            };
            let unit = column.unit.as_deref().map(aldb_schema::symbol).unwrap_or_default();
            rows.push([column.name, unit, first, last, min, max]);
        }
        write_table(out, "    ", ["column", "unit", "first", "last", "min", "max"], &rows)?;
        for (name, value) in &measurement.metadata {
            let value = match value {
                Value::Number(number) => significant(*number),
                Value::Flag(flag) => flag.to_string(),
                Value::Text(text) => printable(&text.replace(['\n', '\r'], " ⏎ ")).into_owned(),
            };
            writeln!(out, "    {name}: {value}")?;
        }
        for warning in &measurement.warnings {
            writeln!(out, "    warning: {warning}")?;
        }
    }
    for words in reading.not_read.iter().filter(|words| !reading.warnings.contains(words)) {
        writeln!(out, "  not read: {words}")?;
    }
    for row in &reading.rejected {
        writeln!(out, "  rejected, block {}: {}", row.block, row.error)?;
    }
    Ok(())
}
