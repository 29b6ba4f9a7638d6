//! Reads EC-Lab's binary files (`.mpr`, BioLogic), as far as they hold impedance.
//!
//! Format: modules for settings, data, log and loops, all little-endian; the layout of their heads changed
//! at EC-Lab 11.50 ([`crate::eclab::modules`], [`crate::eclab::layout`]). The format is not published: what
//! is known comes from files and from other readers, and is listed with its sources in those modules and in
//! `ingest/eclab_mpr/instrument.toml`.
//!
//! Values are the file's own, single precision widened, with three exceptions: −Im(Z) is turned to Im(Z),
//! mA become A, and settings that EC-Lab fills in by itself (area 0.001 cm²) are absent.
//!
//! Not supported: techniques without a frequency column. They end in [`ReadError::NotSupported`], which
//! names the technique and its points.

use crate::eclab::ids::Width;
use crate::eclab::layout::{Field, Layout, layout};
use crate::eclab::modules::{Module, SIGNATURE, malformed, modules, u32_at};
use crate::eclab::settings::{About, about};
use crate::eclab::spectra::{Table, spectra};
use crate::eclab::techniques::{ADVICE, Impedance};
use crate::manifest::embedded;
use crate::registry::Adapter;
use crate::{Manifest, Match, Place, ReadError, Reading, Value, Values};

/// Rows decoded at a time: their bytes stay in the processor's cache while column after column is taken.
const ROWS_AT_A_TIME: usize = 512;

/// Reads EC-Lab's binary files.
#[derive(Debug)]
pub(crate) struct EclabMpr;

impl Adapter for EclabMpr {
    fn manifest(&self) -> &Manifest {
        embedded("eclab_mpr")
    }

    fn sniff(&self, head: &[u8]) -> Match {
        if head.starts_with(SIGNATURE) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.mpr`.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the file is not a `.mpr`, has no data module, or its records do not follow
/// from its columns; [`ReadError::NotSupported`] for a technique without impedance;
/// [`ReadError::ColumnMissing`] for an impedance technique without a frequency column.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let modules = modules(file)?;
    let About { technique, number, mut metadata, warnings } = about(&modules);
    let Some(data) = modules.get(b"VMP data") else {
        let there: Vec<_> = modules.list.iter().map(|module| String::from_utf8_lossy(module.name)).collect();
        return Err(malformed(file.len() as u64, "a module `VMP data`", format!("only `{}`", there.join("`, `"))));
    };
    let shape = layout(data)?;
    let has_frequency = shape.fields.iter().any(|field| field.header == "freq/Hz");
    if !has_frequency && technique.is_none_or(|technique| technique.impedance == Impedance::Sometimes) {
        let name = match (technique, number) {
            (Some(technique), _) => format!("technique {} ({})", technique.code, technique.title),
            (None, Some(number)) => format!("technique number 0x{number:02x} without a frequency column"),
            (None, None) => "without settings and without a frequency column".to_owned(),
        };
        return Err(ReadError::NotSupported {
            place: Place::Offset(data.start as u64),
            recognised: format!("EC-Lab .mpr, {name}, {} points", shape.promised),
            advice: ADVICE.to_owned(),
        });
    }

    let available = data.content.len().saturating_sub(shape.records_from) / shape.record.max(1);
    let rows = shape.promised.min(available);
    let mut reading = Reading { warnings, ..Reading::default() };
    reading.warnings.extend(shape.notes.iter().cloned());
    if shape.promised == 0 {
        reading.warnings.push("the file holds no points".to_owned());
    }
    let incomplete = (rows < shape.promised)
        .then(|| format!("the file ends at byte {}, after {rows} of {} points", file.len(), shape.promised));
    if let Some(cut) = modules.cut.as_ref().filter(|_| incomplete.is_none()) {
        metadata.insert("incomplete".to_owned(), Value::Text(format!("all points are there, but {cut}")));
    }
    let loops = modules.get(b"VMP loop").map_or_else(Vec::new, |module| loop_starts(module, rows));
    let table = Table { columns: columns(data, &shape, rows), rows, loops, metadata, incomplete, ..Table::default() };
    let record_place = |row: usize| Place::Offset((data.start + shape.records_from + row * shape.record) as u64);
    spectra(table, Place::Offset(data.start as u64), &record_place, reading)
}

/// The rows at which loops start.
fn loop_starts(module: &Module<'_>, rows: usize) -> Vec<usize> {
    let count = u32_at(module.content, 0).unwrap_or(0) as usize;
    let starts = module.content.get(4..).unwrap_or_default();
    let starts = starts.chunks_exact(4).take(count);
    let mut starts: Vec<usize> = starts
        .map(|start| start.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        .filter(|start| *start < rows)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Decodes every column of the first `rows` records.
fn columns(data: &Module<'_>, shape: &Layout, rows: usize) -> Vec<(String, Values)> {
    let records = data.content.get(shape.records_from..).unwrap_or_default();
    let records = &records[..rows * shape.record];
    let mut columns: Vec<Vec<f64>> = shape.fields.iter().map(|_| Vec::with_capacity(rows)).collect();
    for records in records.chunks(ROWS_AT_A_TIME * shape.record.max(1)) {
        for (field, values) in shape.fields.iter().zip(&mut columns) {
            decode(field, shape.record, records, values);
        }
    }
    for (field, values) in shape.fields.iter().zip(&mut columns) {
        if field.header.starts_with("unknown_id_") && field.width == Width::F32 {
            as_whole_numbers(values);
        }
    }
    shape
        .fields
        .iter()
        .map(|field| field.header.clone().into_owned())
        .zip(columns.into_iter().map(Values::Number))
        .collect()
}

/// Appends one column of some records.
fn decode(field: &Field, record: usize, records: &[u8], values: &mut Vec<f64>) {
    let from = field.offset;
    let cells = records.chunks_exact(record);
    match (field.width, field.mask) {
        (_, Some(mask)) => {
            values.extend(cells.map(|cell| f64::from((cell[from] & mask) >> mask.trailing_zeros())));
        }
        (Width::U8, None) => values.extend(cells.map(|cell| f64::from(cell[from]))),
        (Width::U16, None) => {
            values.extend(cells.map(|cell| f64::from(u16::from_le_bytes(bytes(cell, from)))));
        }
        (Width::U32, None) => {
            values.extend(cells.map(|cell| f64::from(u32::from_le_bytes(bytes(cell, from)))));
        }
        (Width::F32, None) => {
            values.extend(cells.map(|cell| f64::from(f32::from_le_bytes(bytes(cell, from)))));
        }
        (Width::F64, None) => values.extend(cells.map(|cell| f64::from_le_bytes(bytes(cell, from)))),
    }
}

/// Some bytes of a record; the layout keeps every field inside.
fn bytes<const N: usize>(cell: &[u8], from: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&cell[from..from + N]);
    bytes
}

/// Four unknown bytes that are never a usual single-precision number are counts.
///
/// Whole numbers below 2^23, read as single precision, are subnormal: below 1.2e-38.
fn as_whole_numbers(values: &mut [f64]) {
    let smallest = f64::from(f32::MIN_POSITIVE);
    if values.iter().any(|value| *value != 0.0) && values.iter().all(|value| (0.0..smallest).contains(value)) {
        values.iter_mut().for_each(|value| *value = f64::from((*value as f32).to_bits()));
    }
}
