//! Reads NeXus files (`.nxs`, HDF5) of ellipsometry (`NXellipsometry`), photoelectrons (`NXmpes`, `NXxps`) and diffraction (`NXxrd`,
//! `NXmonopd` and others).
//!
//! Format: each group of the class `NXentry` is a measurement; its field `definition` states what was measured. Ellipsometry is read from
//! `measured_data` ([`ellipsometry`]), the others from the group `NXdata` that the entry names as its default ([`scans`]).
//!
//! Source: NeXus definitions, `NXellipsometry`, `NXmpes`, `NXxps`, `NXxrd_pan`, `NXmonopd` and `NXdata`; files of pynxtools and the configurations of its
//! readers for ellipsometry, photoelectrons and diffraction.
//!
//! Not read, and stated as such: signals of several dimensions other than those of ellipsometry, single scans beside their mean, arrays beside
//! the data, links to other files, virtual datasets. Any other HDF5 file is refused by the definition that it states.

mod ellipsometry;
mod scans;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use self::tree::{Branch, Field, open};
use crate::local_time::zoned;
use crate::manifest::embedded;
use crate::text::{counted, excerpt};
use crate::unit::{Quantity, Unit};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// The first bytes of an HDF5 file.
const MAGIC: &[u8] = b"\x89HDF\r\n\x1A\n";
/// Characters of a setting that are kept.
const LONGEST: usize = 1000;
/// Fields that are listed as not read, by name.
const LISTED: usize = 20;

/// Reads NeXus.
#[derive(Debug)]
pub(crate) struct Nexus;

impl Adapter for Nexus {
    fn manifest(&self) -> &Manifest {
        embedded("nexus")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.file().starts_with(MAGIC) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let root = open(file)?;
        read(&root, file.len().saturating_mul(tree::MOST_PER_BYTE))
    }
}

/// What an entry holds, by its definition.
fn technique(definition: &str) -> Option<Technique> {
    match definition {
        "NXellipsometry" => Some(Technique::SpectroscopicEllipsometry),
        "NXmpes" | "NXxps" => Some(Technique::PhotoelectronSpectroscopy),
        "NXxrd" | "NXxrd_pan" | "NXmonopd" | "NXxrd_powder" => Some(Technique::XRayDiffraction),
        _ => None,
    }
}

/// What the readers of an entry note.
#[derive(Default)]
struct Notes {
    /// Addresses of the fields that were taken.
    taken: BTreeSet<u64>,
    /// Values that were taken: a field of the same values is a copy.
    columns: Vec<Vec<f64>>,
    /// What was seen and not taken.
    not_read: Vec<String>,
}

impl Notes {
    /// The numbers of a field, which is taken thereby.
    fn take(&mut self, field: &Field) -> Result<Vec<f64>, ReadError> {
        let numbers = field.numbers().map_err(|found| {
            ReadError::malformed(Place::Offset(0), format!("numbers in `{}`", field.path), excerpt(&found, 200))
        })?;
        self.taken.insert(field.address());
        Ok(numbers)
    }
}

/// Reads the entries of a file, of at most `most` points in all: entries may share one field.
fn read(root: &Branch, most: usize) -> Result<Reading, ReadError> {
    let mut reading = Reading::default();
    let mut points = 0;
    let entries: Vec<&Branch> = root.groups.iter().filter(|group| group.is_class("NXentry")).collect();
    let mut others: Vec<String> = Vec::new();
    let mut refused = None;
    for entry in &entries {
        let definition = entry.text("definition").unwrap_or_default();
        // Without a definition, the axes tell whether it is a pattern.
        let stated = technique(&definition);
        let technique = stated.or_else(|| definition.is_empty().then_some(Technique::XRayDiffraction));
        let mut notes = Notes::default();
        let found = match technique {
            Some(Technique::SpectroscopicEllipsometry) => ellipsometry::read(entry, &mut notes),
            Some(technique) => scans::read(entry, technique, &mut notes),
            None => Ok(Vec::new()),
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                others.push(format!("the entry `{}`: {error}", entry.name()));
                if stated.is_some() {
                    refused = refused.or(Some(error));
                }
                continue;
            }
        };
        if found.is_empty() {
            let kind = if definition.is_empty() { "no definition".to_owned() } else { format!("`{definition}`") };
            others.push(format!("the entry `{}` ({kind})", excerpt(entry.name(), 60)));
            continue;
        }
        for mut measurement in found {
            measurement.block = u32::try_from(reading.measurements.len()).unwrap_or(u32::MAX);
            measurement.metadata.extend(settings(entry, &definition));
            points += measurement.n_points();
            if points > most {
                return Err(ReadError::malformed(Place::Offset(0), format!("at most {most} points"), "more"));
            }
            reading.measurements.push(measurement);
        }
        notes.not_read.into_iter().for_each(|words| reading.leave_out(words));
        state_unread(entry, &notes.taken, &notes.columns, &mut reading);
    }
    match refused {
        Some(error) if reading.measurements.is_empty() => return Err(error),
        _ if reading.measurements.is_empty() => return Err(refusal(&entries)),
        _ => {}
    }
    for other in others {
        reading.leave_out(format!("not read: {other}"));
    }
    Ok(reading)
}

/// Why a file is not read, by what it states to be.
fn refusal(entries: &[&Branch]) -> ReadError {
    let mut definitions: Vec<String> = entries
        .iter()
        .map(|entry| {
            entry
                .text("definition")
                .map_or("an entry without a definition".to_owned(), |words| format!("`{}`", excerpt(&words, 60)))
        })
        .collect();
    definitions.sort_unstable();
    definitions.dedup();
    let recognised = match definitions.as_slice() {
        [] => "an HDF5 file that is not NeXus: no group of it is an `NXentry`".to_owned(),
        some => format!("a NeXus file of {}", excerpt(&some.join(", "), 200)),
    };
    let advice = "of NeXus, `NXellipsometry`, `NXmpes`, `NXxps`, `NXxrd` and `NXmonopd` are read: export the data as text with a header that states units"
        .to_owned();
    ReadError::NotSupported { place: Place::Offset(0), recognised, advice }
}

/// States the arrays of an entry that were not taken, except copies of those that were.
fn state_unread(entry: &Branch, taken: &BTreeSet<u64>, columns: &[Vec<f64>], reading: &mut Reading) {
    let is_copy = |field: &Field| {
        let mut candidates = columns.iter().filter(|column| column.len() as u64 == field.count()).peekable();
        let own = candidates.peek().and_then(|_| field.numbers().ok()).unwrap_or_default();
        let is_equal =
            |column: &&Vec<f64>| column.iter().zip(&own).all(|(one, other)| one.to_bits() == other.to_bits());
        !own.is_empty() && candidates.any(|column| is_equal(&column))
    };
    let mut unread: Vec<String> = Vec::new();
    let mut seen = taken.clone();
    for group in entry.all() {
        for field in &group.fields {
            if field.is_numeric() && field.count() > 3 && seen.insert(field.address()) && !is_copy(field) {
                unread.push(format!("`{}` ({})", field.path, counted(field.count(), "value")));
            }
        }
        unread.extend(
            group
                .unopened
                .iter()
                .map(|name| format!("`{}/{name}` (a link or a kind of storage that is not followed)", group.path)),
        );
    }
    let more = unread.len().saturating_sub(LISTED);
    if !unread.is_empty() {
        unread.truncate(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        reading.leave_out(format!("not read: {}{more}", unread.join(", ")));
    }
}

/// The settings of an entry that are common to all definitions.
fn settings(entry: &Branch, definition: &str) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    let mut text = |name: &str, words: Option<String>| {
        if let Some(words) = words {
            metadata.insert(name.to_owned(), Value::Text(excerpt(&words, LONGEST)));
        }
    };
    text("definition", Some(definition.to_owned()).filter(|words| !words.is_empty()));
    text("entry", Some(entry.name().to_owned()));
    text("title", entry.text("title").or_else(|| entry.text("experiment_description")));
    text(
        "sample",
        ["sample/name", "sample/sample_name", "sample/sample_id"].into_iter().find_map(|path| entry.text(path)),
    );
    text("operator", ["user/name", "operator/name"].into_iter().find_map(|path| entry.text(path)));
    text(
        "instrument",
        ["instrument/name", "instrument/device_information/model", "instrument/model"]
            .into_iter()
            .find_map(|path| entry.text(path)),
    );
    text("software", ["acquisition_program/program", "program_name"].into_iter().find_map(|path| entry.text(path)));
    if let Some((started, offset)) = entry.text("start_time").and_then(|time| zoned(&time)) {
        text("started_at", Some(started));
        text("started_at_offset", offset);
    }
    metadata
}

/// The number of a field in the unit of this quantity; `None` where it has none or its unit is of another quantity.
fn quantity(field: Option<&Field>, quantity: Quantity) -> Option<f64> {
    let field = field?;
    let unit = unit(&field.units()).filter(|unit| unit.quantity == quantity)?;
    Some(field.number()? * unit.factor)
}

/// A unit as NeXus files write it.
fn unit(words: &str) -> Option<Unit> {
    match words.trim() {
        "counts_per_second" | "counts per second" => Unit::parse("counts/s"),
        words => Unit::parse(words),
    }
}

/// A measurement without warnings, of the entry's place in the file.
fn measurement(technique: Technique, columns: Vec<Column>, metadata: BTreeMap<String, Value>) -> Measurement {
    Measurement { block: 0, technique, columns, metadata, warnings: Vec::new() }
}

/// A column of numbers.
fn column(name: &str, unit: Option<&str>, header: &str, values: Vec<f64>) -> Column {
    Column {
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        header: header.to_owned(),
        values: Values::Number(values),
    }
}
