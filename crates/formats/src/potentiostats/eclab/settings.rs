//! Reads the settings of a `.mpr`: technique, electrode, comment, start, device.
//!
//! Source: offsets from yadg's description of the modules, checked on pairs of `.mpr` and `.mpt`. Not in
//! that description and found from such pairs: the unit of the electrode's area (settings, byte 0x250: 2 is
//! cm²) and of the characteristic mass (0x251: 1 is g, 2 is mg), the potential of the reference electrode
//! (0x248), and the kind of device (log, byte 0x3ce: the codes of BioLogic's EC-Lib, `KBIO_DEV_…`).

use std::collections::BTreeMap;

use super::modules::Modules;
use super::techniques::{EcLabTechnique, by_number};
use crate::Value;
use crate::little_endian::{decimal_at, number_at};
use crate::local_time::{DateOrder, ole_to_iso, parse_local_time};
use crate::number::times_ten_to;

/// Offsets of the start time in the log module: files of EC-Lab 11 use the first, older ones one of the others.
const START: [usize; 4] = [585, 465, 469, 473];

/// BioLogic's codes of devices; that of the BCS-805 from a pair of `.mpr` and `.mpt`.
const DEVICES: &[(u8, &str)] = &[
    (0, "VMP"),
    (1, "VMP2"),
    (2, "MPG"),
    (3, "BiStat"),
    (4, "MCS-200"),
    (5, "VMP3"),
    (6, "VSP"),
    (7, "HCP-803"),
    (8, "EPP-400"),
    (9, "EPP-4000"),
    (10, "BiStat 2"),
    (11, "FCT-150S"),
    (12, "VMP-300"),
    (13, "SP-50"),
    (14, "SP-150"),
    (15, "FCT-50S"),
    (16, "SP-300"),
    (17, "CLB-500"),
    (18, "HCP-1005"),
    (19, "CLB-2000"),
    (20, "VSP-300"),
    (21, "SP-200"),
    (22, "MPG-2"),
    (23, "SP-100"),
    (26, "BCS-805"),
    (27, "SP-240"),
    (28, "MPG-205"),
    (29, "MPG-210"),
    (30, "MPG-220"),
    (31, "MPG-240"),
    (32, "BP-300"),
    (33, "VMP-3e"),
    (34, "VSP-3e"),
    (35, "SP-50e"),
    (36, "SP-150e"),
];

/// The contents of the settings and the log.
#[derive(Debug, Default)]
pub(crate) struct About {
    /// The technique, if there is a settings module and its number is known.
    pub technique: Option<EcLabTechnique>,
    /// The rest, by the names that [`crate::Measurement::metadata`] uses.
    pub metadata: BTreeMap<String, Value>,
    /// Further settings of a record of potential and current.
    pub record_metadata: BTreeMap<String, Value>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Reads the settings and the log.
pub(crate) fn about(modules: &Modules<'_>) -> About {
    let mut about = About::default();
    if let Some(module) = modules.get(b"VMP Set") {
        settings(module.content, module.new_header, &mut about);
    }
    match modules.get(b"VMP LOG") {
        Some(module) => log(module.content, &mut about),
        None => {
            about.warnings.push("the file has no log: start time, channel and device are not stated".to_owned());
            // Only the day is known without the log; heads of modules have the month first.
            let date = modules.get(b"VMP Set").map(|module| String::from_utf8_lossy(module.date).into_owned());
            if let Some(started) = date.and_then(|date| parse_local_time(&date, "", DateOrder::MonthFirst)) {
                about.metadata.insert("date".to_owned(), Value::Text(started.iso));
            }
        }
    }
    about
}

fn settings(bytes: &[u8], new_header: bool, about: &mut About) {
    let number = bytes.first().copied();
    about.technique = number.and_then(by_number);
    let code = match (about.technique, number) {
        (Some(technique), _) => Some(technique.code.to_owned()),
        (None, Some(number)) => Some(format!("unknown_0x{number:02x}")),
        (None, None) => None,
    };
    let mut text = |name: &str, found: Option<String>| {
        if let Some(found) = found {
            about.metadata.insert(name.to_owned(), Value::Text(found));
        }
    };
    text("technique_code", code);
    text("comment", pascal(bytes, 0x07));
    text("electrode_material", pascal(bytes, 0x11e));
    text("electrolyte", pascal(bytes, 0x1c0));
    let reference = pascal(bytes, 0x215).filter(|name| name != "(unspecified)");
    let has_reference = reference.is_some();
    text("reference_electrode", reference);
    let mut number = |name: &str, found: Option<f64>| {
        if let Some(found) = found {
            about.metadata.insert(name.to_owned(), Value::Number(found));
        }
    };
    if has_reference {
        number("reference_electrode_v", decimal_at(bytes, 0x248).filter(|v| v.is_finite() && *v != 0.0));
    }
    let area = decimal_at(bytes, 0x211).filter(|area| is_stated(*area));
    let area_unit = bytes.get(0x250).copied();
    if area_unit == Some(2) {
        number("electrode_area_cm2", area);
    }
    let mass = decimal_at(bytes, 0x24c).filter(|mass| is_stated(*mass));
    match bytes.get(0x251) {
        Some(1) => number("characteristic_mass_g", mass),
        Some(2) => number("characteristic_mass_g", mass.map(|milligrams| times_ten_to(milligrams, -3))),
        _ => {}
    }
    if let Some(technique) = about.technique {
        about.record_metadata.insert("technique_name".to_owned(), Value::Text(technique.title.to_owned()));
    }
    if let Some((name, value)) = about.technique.and_then(|technique| amplitude(bytes, new_header, technique.code)) {
        about.metadata.insert(name.to_owned(), Value::Number(value));
        about.metadata.insert("ac_amplitude_kind".to_owned(), Value::Text("peak".to_owned()));
    }
    if let (Some(area), Some(unit)) = (area, area_unit.filter(|unit| *unit != 2)) {
        about.warnings.push(format!("the electrode area of {area} has the unknown unit code {unit} and is not used"));
    }
}

fn log(bytes: &[u8], about: &mut About) {
    let mut text = |name: &str, found: Option<String>| {
        if let Some(found) = found {
            about.metadata.insert(name.to_owned(), Value::Text(found));
        }
    };
    text("started_at", START.iter().filter_map(|at| number_at::<f64>(bytes, *at)).find_map(ole_to_iso));
    text("channel", bytes.get(9).map(|channel| (u16::from(*channel) + 1).to_string()));
    text(
        "channel_serial",
        number_at::<u16>(bytes, 0xab).filter(|serial| *serial != 0).map(|serial| serial.to_string()),
    );
    text("original_file", pascal(bytes, 0x251));
    text("software", pascal(bytes, 0x3b7).map(|version| format!("{} {version}", program(&version))));
    text("firmware", pascal(bytes, 0x3be));
    text("serial", pascal(bytes, 0x3cf));
    let device = bytes.get(0x3ce).and_then(|code| DEVICES.iter().find(|device| device.0 == *code));
    text("instrument", device.map(|device| format!("BioLogic {}", device.1)));
}

/// EC-Lab has been at version 9 and later since `.mpr` exist; BT-Lab counts from 1.
pub(crate) fn program(version: &str) -> &'static str {
    if version.starts_with("1.") { "BT-Lab" } else { "EC-Lab" }
}

/// Whether this area or mass was entered: 0 and 0.001 are EC-Lab's defaults.
pub(crate) fn is_stated(value: f64) -> bool {
    value.is_finite() && value > 0.0 && (value - 0.001).abs() > 1e-9
}

/// The amplitude of the perturbation, from the parameters of PEIS, GEIS and ZIR with one sequence.
///
/// The offset of the parameters differs by version; the number of parameters identifies it.
fn amplitude(bytes: &[u8], new_header: bool, code: &str) -> Option<(&'static str, f64)> {
    let (parameters, at) = match (code, new_header) {
        ("PEIS", false) => (52, 36),
        ("PEIS", true) => (52, 39),
        ("GEIS", false) => (55, 37),
        ("GEIS", true) => (55, 40),
        ("ZIR", _) => (14, 10),
        _ => return None,
    };
    let start = [0x572, 0x1845, 0x1846, 0x1847]
        .into_iter()
        .find(|start| number_at::<u32>(bytes, *start) == Some(parameters << 16 | 1))?
        + 4;
    let amplitude = decimal_at(bytes, start + at).filter(|value| value.is_finite() && *value > 0.0)?;
    if code != "GEIS" {
        return Some(("ac_amplitude_v", times_ten_to(amplitude, -3)));
    }
    // Only mA and µA were seen; other codes are not guessed.
    match bytes.get(start + at + 4) {
        Some(1) => Some(("ac_amplitude_a", times_ten_to(amplitude, -3))),
        Some(2) => Some(("ac_amplitude_a", times_ten_to(amplitude, -6))),
        _ => None,
    }
}

/// Text with its length before it, in Windows' western encoding; absent when empty.
fn pascal(bytes: &[u8], at: usize) -> Option<String> {
    let length = usize::from(*bytes.get(at)?);
    let text = bytes.get(at + 1..at + 1 + length)?;
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(text);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    // The export trims every line.
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    (!text.is_empty()).then(|| lines.join("\n"))
}
