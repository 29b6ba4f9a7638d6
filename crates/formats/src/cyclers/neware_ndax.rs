//! Reads Neware's `.ndax` files.
//!
//! Format: a zip archive with `data.ndc` (the records), `TestInfo.xml`, `Step.xml` and `VersionInfo.xml`. In an `.ndc` byte
//! 0 is the kind of content, byte 2 the version of the layout; what follows is described in [`super::ndc`]. The XML
//! declares GB2312.
//!
//! Times of the whole test are sums of the step times: pauses between steps are not included.
//!
//! Source: the bytes of a file of BTS 8.0.0, versus the readings of `NewareNDA` 2026.6 and `fastnda` 1.3.
//!
//! Not supported: other versions than those that [`super::ndc`] names, and auxiliary channels (`data_AUX_….ndc`), which
//! a warning mentions. `.nda` files are refused by name.

use std::collections::BTreeMap;

use encoding_rs::GBK;

use super::ndc::{Records, read};
use super::record::{Sign, finish, note, quantity, sum_step_times};
use crate::archive::Archive;
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::xml::{Node, parse};
use crate::{Adapter, Column, Manifest, Match, Measurement, Probe, ReadError, Reading, Technique, Value, Values};

/// Neware's `.ndax` files.
#[derive(Debug)]
pub(crate) struct NewareNdax;

impl Adapter for NewareNdax {
    fn manifest(&self) -> &Manifest {
        embedded("neware_ndax")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.has_member(".ndc") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let mut archive = Archive::open(file)?;
        let names = archive.names();
        let mut metadata = BTreeMap::new();
        let mut warnings = Vec::new();
        for (name, take) in [
            ("VersionInfo.xml", version_info as fn(&Node, &mut BTreeMap<String, Value>)),
            ("TestInfo.xml", test_info),
            ("Step.xml", step_file),
        ] {
            if !names.iter().any(|other| other == name) {
                continue;
            }
            let root = archive.read(name).and_then(|bytes| parse(GBK.decode(&bytes).0.as_bytes()));
            match root {
                Ok((root, _)) => take(&root, &mut metadata),
                Err(error) => warnings.push(format!("`{name}` could not be read: {error}")),
            }
        }
        let data = archive.read("data.ndc")?;
        let mut part = |name: &str| {
            if names.iter().any(|other| other == name) { archive.read(name).map(Some) } else { Ok(None) }
        };
        let (run_info, steps) = (part("data_runInfo.ndc")?, part("data_step.ndc")?);
        let records = read(&data, run_info.as_deref(), steps.as_deref(), file.len())?;
        let auxiliary: Vec<&str> = names.iter().map(String::as_str).filter(|name| is_auxiliary(name)).collect();
        if !auxiliary.is_empty() {
            warnings
                .push(format!("auxiliary channels are not read: {}", crate::text::excerpt(&auxiliary.join(", "), 200)));
        }
        warnings.extend(records.warnings.iter().cloned());
        note(&mut metadata, "instrument", "Neware");
        quantity(&mut metadata, "ndc_version", f64::from(records.version));
        Ok(Reading { measurements: vec![measurement(records, metadata, warnings)], ..Reading::default() })
    }
}

/// `data_AUX_1_2_3.ndc`, or the older `data_1.ndc`.
fn is_auxiliary(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".ndc") else { return false };
    stem.rsplit_once('_').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn measurement(records: Records, mut metadata: BTreeMap<String, Value>, warnings: Vec<String>) -> Measurement {
    let changes = |row: usize| {
        let differs = |values: &[f64]| row.checked_sub(1).is_some_and(|before| values.get(row) != values.get(before));
        differs(&records.step) || differs(&records.cycle)
    };
    let time = if records.has_all_times { sum_step_times(&records.step_time_s, changes) } else { Vec::new() };
    let number = |name: &str, unit: &str, header: &str, values: Vec<f64>| Column {
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        header: header.to_owned(),
        values: Values::Number(values),
    };
    let words = |name: &str, header: &str, values: Vec<String>| Column {
        name: name.to_owned(),
        unit: None,
        header: header.to_owned(),
        values: Values::Text(values),
    };
    let mut columns = Vec::new();
    if records.has_all_times {
        columns.push(number("time_s", "s", "Time", time));
        note(&mut metadata, "time_source", "sum of the step times");
    }
    columns.extend([
        number("potential_v", "V", "Voltage", records.potential_v),
        number("current_a", "A", "Current", records.current_a),
        number("charge_capacity_mah", "mA.h", "Charge capacity", records.charge_mah),
        number("discharge_capacity_mah", "mA.h", "Discharge capacity", records.discharge_mah),
        number("charge_energy_mwh", "mW.h", "Charge energy", records.charge_mwh),
        number("discharge_energy_mwh", "mW.h", "Discharge energy", records.discharge_mwh),
        number("cycle", "1", "Cycle", records.cycle),
        number("step", "1", "Step", records.step),
        words("step_type", "Step type", records.step_type),
        number("step_time_s", "s", "Time", records.step_time_s),
        number("record", "1", "Index", records.index),
        words("date_time", "Timestamp", records.date_time),
    ]);
    let mut measurement = Measurement { block: 0, technique: Technique::Electrochemistry, columns, metadata, warnings };
    finish(&mut measurement, Sign::Documented);
    measurement
}

fn version_info(root: &Node, metadata: &mut BTreeMap<String, Value>) {
    let Some(node) = root.at("config/ZwjVersion") else { return };
    for (attribute, name) in [
        ("CurrClientVer", "software"),
        ("SvrVer", "server_version"),
        ("ZwjVersion", "control_unit_version"),
        ("MainXwjVer", "tester_version"),
    ] {
        note(metadata, name, node.attribute(attribute).unwrap_or_default());
    }
}

fn test_info(root: &Node, metadata: &mut BTreeMap<String, Value>) {
    let Some(node) = root.at("config/TestInfo") else { return };
    for (attribute, name) in [
        ("StepName", "procedure"),
        ("ChlID", "channel"),
        ("UnitID", "unit"),
        ("DevID", "device"),
        ("TestID", "test"),
        ("Remark", "comment"),
    ] {
        note(metadata, name, node.attribute(attribute).unwrap_or_default());
    }
    for (attribute, name) in [("StartTime", "started_at"), ("EndTime", "ended_at")] {
        let written = node.attribute(attribute).unwrap_or_default();
        if let Some(clock) = super::clock::clock(written, crate::local_time::DateOrder::MonthFirst) {
            note(metadata, name, &clock.iso);
        }
    }
}

fn step_file(root: &Node, metadata: &mut BTreeMap<String, Value>) {
    // In micrograms; 0 where none was entered.
    let stated = root.at("config/Head_Info/SCQ").and_then(|node| node.attribute("Value"));
    let mass = stated.and_then(|value| parse_number(value, DecimalMark::Point)).filter(|mass| *mass > 0.0);
    if let Some(mass) = mass {
        quantity(metadata, "active_mass_mg", mass / 1000.0);
    }
}
