//! Reads the settings above the columns of a `.mpt`.
//!
//! Lines are `Key : value`, or a key of 20 characters and one value of 20 for each sequence (`Va (mV)`).
//! The settings' decimal mark may differ from that of the rows, and no number has thousands separators, so
//! both marks are taken.

use std::collections::BTreeMap;

use super::settings::{is_stated, program};
use super::techniques::EcLabTechnique;
use crate::Value;
use crate::local_time::{DateOrder, parse_local_time};
use crate::number::{DecimalMark, parse_number, times_ten_to};
use crate::text::Line;

/// Width of a column of the technique's parameters.
const PARAMETER_WIDTH: usize = 20;

/// The settings.
#[derive(Debug, Default)]
pub(crate) struct Header {
    /// By the names that [`crate::Measurement::metadata`] uses.
    pub metadata: BTreeMap<String, Value>,
    /// Further settings of a record of potential and current.
    pub record_metadata: BTreeMap<String, Value>,
    /// Rows at which loops start.
    pub loops: Vec<usize>,
}

/// Reads the settings; `title` is the technique's as written in the file.
pub(crate) fn header(lines: &[Line<'_>], title: Option<&str>, technique: Option<EcLabTechnique>) -> Header {
    let mut metadata = BTreeMap::new();
    let mut loops = Vec::new();
    let mut text = |name: &str, value: &str| {
        let value = value.trim();
        if !value.is_empty() && value != "(unspecified)" {
            metadata.insert(name.to_owned(), Value::Text(value.to_owned()));
        }
    };
    let mut comments: Vec<&str> = Vec::new();
    let (mut file, mut directory) = ("", "");
    let mut numbers: Vec<(&str, f64)> = Vec::new();
    let mut amplitude = Amplitude::default();
    if let Some(technique) = technique {
        text("technique_code", technique.code);
    }
    for line in lines {
        let line = line.text;
        if let Some(version) = line.trim().strip_suffix("(software)").and_then(|line| line.rsplit_once(" v")) {
            text("software", &format!("{} {}", program(version.1.trim()), version.1.trim()));
            continue;
        }
        if let Some(version) = line.strip_prefix("Internet server v") {
            text("firmware", version.trim_end().trim_end_matches("(firmware)"));
            continue;
        }
        if let Some(start) = line.strip_prefix("Loop ").and_then(loop_start) {
            loops.push(start);
            continue;
        }
        match line.split_once(':').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("Run on channel", value)) => {
                let (channel, serial) = with_serial(value);
                text("channel", channel);
                text("channel_serial", serial);
            }
            Some(("Device", value)) => {
                let (device, serial) = with_serial(value);
                text("instrument", &if device.is_empty() { String::new() } else { format!("BioLogic {device}") });
                text("serial", serial);
            }
            Some(("User", value)) => text("operator", value),
            Some(("Acquisition started on", value)) => start_time("started_at", value, &mut text),
            Some(("Technique started on", value)) => start_time("technique_started_at", value, &mut text),
            Some(("File", value)) => file = value,
            Some(("Directory", value)) => directory = value,
            Some(("Electrode material", value)) => text("electrode_material", value),
            Some(("Initial state", value)) => text("initial_state", value),
            Some(("Electrolyte", value)) => text("electrolyte", value),
            Some(("Comments", value)) => comments.push(value),
            Some(("Reference electrode", value)) => {
                let (name, potential) = reference(value);
                text("reference_electrode", name);
                numbers.extend(potential.map(|volts| ("reference_electrode_v", volts)));
            }
            Some(("Electrode surface area", value)) => {
                numbers.extend(
                    with_unit(value, &[("cm²", 0), ("mm²", -2), ("m²", 4), ("dm²", 2), ("µm²", -8)])
                        .map(|area| ("electrode_area_cm2", area)),
                );
            }
            Some(("Characteristic mass", value)) => {
                numbers.extend(
                    with_unit(value, &[("g", 0), ("mg", -3), ("µg", -6), ("kg", 3)])
                        .map(|mass| ("characteristic_mass_g", mass)),
                );
            }
            _ => amplitude.line(line, &mut numbers),
        }
    }
    text("original_file", &format!("{directory}{file}"));
    text("comment", &comments.join("\n"));
    numbers.extend(amplitude.current_amplitude());
    if numbers.iter().any(|(name, _)| name.starts_with("ac_amplitude")) {
        text("ac_amplitude_kind", "peak");
    }
    metadata.extend(numbers.into_iter().map(|(name, value)| (name.to_owned(), Value::Number(value))));
    let mut record_metadata = parameters(lines);
    if let Some(title) = title {
        record_metadata.insert("technique_name".to_owned(), Value::Text(title.to_owned()));
    }
    Header { metadata, record_metadata, loops }
}

/// The technique's parameters, where one value applies to the whole measurement.
///
/// A potential counts where it is stated against the reference (`vs.` `Ref` on the line after it); one against the
/// open circuit or the last value is kept as text, because its number alone would mislead.
fn parameters(lines: &[Line<'_>]) -> BTreeMap<String, Value> {
    const POTENTIALS: [(&str, &str); 4] = [
        ("Ei (V)", "initial_potential"),
        ("E1 (V)", "vertex_1_potential"),
        ("E2 (V)", "vertex_2_potential"),
        ("Ef (V)", "final_potential"),
    ];
    let mut parameters = BTreeMap::new();
    let mut put = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
    let single = |at: usize, key: &str| lines.get(at).and_then(|line| parameter(line.text)).filter(|one| one.0 == key);
    for (at, line) in lines.iter().enumerate() {
        if let Some(("Mass of active material", mass)) =
            line.text.split_once(':').map(|(key, value)| (key.trim(), value))
            && let Some(milligrams) = with_unit(mass.trim(), &[("mg", 0), ("g", 3), ("µg", -3), ("kg", 6)])
        {
            put("active_mass_mg", Value::Number(milligrams));
        }
        if let Some(("Battery capacity", capacity)) = line.text.split_once(':').map(|(key, value)| (key.trim(), value))
            && let Some(capacity) = with_unit(capacity.trim(), &[("mA.h", 0), ("A.h", 3), ("µA.h", -3)])
        {
            put("battery_capacity_mah", Value::Number(capacity));
        }
        let Some((key, value)) = parameter(line.text) else { continue };
        if key == "dE/dt"
            && let Some(rate) = number(value).filter(|rate| *rate > 0.0)
            && let Some((_, unit)) = single(at + 1, "dE/dt unit")
            && let Some(exponent) = [("V/s", 0), ("mV/s", -3), ("µV/s", -6)].iter().find(|known| known.0 == unit)
        {
            put("scan_rate_v_per_s", Value::Number(times_ten_to(rate, exponent.1)));
        }
        if let Some((_, name)) = POTENTIALS.iter().find(|known| known.0 == key)
            && let Some(potential) = number(value)
            && let Some((_, against)) = single(at + 1, "vs.")
        {
            if against == "Ref" {
                put(&format!("{name}_v"), Value::Number(potential));
            } else {
                put(name, Value::Text(format!("{potential} V vs. {against}")));
            }
        }
    }
    parameters
}

/// Key and value of a parameter with a single value.
fn parameter(line: &str) -> Option<(&str, &str)> {
    let (at, _) = line.char_indices().nth(PARAMETER_WIDTH)?;
    let (key, values) = line.split_at_checked(at)?;
    let is_single = values.chars().count() <= PARAMETER_WIDTH;
    is_single.then(|| (key.trim(), values.trim()))
}

/// `0 from point number 0 to 20`: the row after "number".
fn loop_start(line: &str) -> Option<usize> {
    let (_, points) = line.split_once("from point number ")?;
    points.split_ascii_whitespace().next()?.parse().ok()
}

/// `SP-240 (SN 0200)`: device and serial number.
fn with_serial(value: &str) -> (&str, &str) {
    match value.split_once("(SN ") {
        Some((name, serial)) => (name.trim(), serial.trim_end_matches(')').trim()),
        None => (value, ""),
    }
}

/// `SCE Saturated Calomel Electrode (0.241 V)`: name and potential.
fn reference(value: &str) -> (&str, Option<f64>) {
    let split = value.rsplit_once('(').and_then(|(name, rest)| {
        let potential = number(rest.strip_suffix(')')?.trim_end().strip_suffix('V')?)?;
        Some((name.trim(), Some(potential)))
    });
    split.unwrap_or((value, None))
}

/// A stated number in the unit of `units` with exponent 0; `None` for a placeholder or a different unit.
fn with_unit(value: &str, units: &[(&str, i32)]) -> Option<f64> {
    let (figure, unit) = value.split_once(' ')?;
    let exponent = units.iter().find(|(name, _)| *name == unit.trim())?.1;
    let value = number(figure).filter(|value| is_stated(*value))?;
    Some(times_ten_to(value, exponent))
}

/// A number with either decimal mark.
fn number(text: &str) -> Option<f64> {
    let either = parse_number(text, DecimalMark::Point).or_else(|| parse_number(text, DecimalMark::Comma));
    either.filter(|value| value.is_finite())
}

/// Puts a start time into the metadata, with the file's text where it is ambiguous or unreadable.
fn start_time(name: &str, value: &str, text: &mut impl FnMut(&str, &str)) {
    let (date, time) = value.split_once(' ').unwrap_or((value, ""));
    match parse_local_time(date, time.trim(), DateOrder::MonthFirst) {
        Some(started) => {
            text(name, &started.iso);
            if started.is_ambiguous {
                text(&format!("{name}_as_written"), value);
                text(&format!("{name}_note"), "month and day may be swapped; month first is assumed, as EC-Lab writes");
            }
        }
        None => text(&format!("{name}_as_written"), value),
    }
}

/// Amplitudes: `Va (mV)` has its unit; GEIS has `Ia` and `unit  Ia`, which may be a potential.
#[derive(Default)]
struct Amplitude {
    value: Option<f64>,
    unit: String,
}

impl Amplitude {
    fn line(&mut self, line: &str, numbers: &mut Vec<(&'static str, f64)>) {
        let Some((at, _)) = line.char_indices().nth(PARAMETER_WIDTH) else { return };
        let (key, values) = (line[..at].trim(), line[at..].trim());
        match key {
            // Several sequences have several values; only one that applies to all is a setting of the file.
            "Va (mV)" => {
                let each: Vec<Option<f64>> = values.split_ascii_whitespace().map(number).collect();
                if let Some(Some(first)) = each.first().filter(|first| each.iter().all(|value| value == *first))
                    && *first > 0.0
                {
                    numbers.push(("ac_amplitude_v", times_ten_to(*first, -3)));
                }
            }
            "Ia" => self.value = number(values).filter(|value| *value > 0.0),
            "unit  Ia" | "unit Ia" => self.unit = values.to_owned(),
            _ => {}
        }
    }

    fn current_amplitude(&self) -> Option<(&'static str, f64)> {
        let (name, exponent) = match self.unit.as_str() {
            "A" => ("ac_amplitude_a", 0),
            "mA" => ("ac_amplitude_a", -3),
            "µA" => ("ac_amplitude_a", -6),
            "nA" => ("ac_amplitude_a", -9),
            "mV" => ("ac_amplitude_v", -3),
            "V" => ("ac_amplitude_v", 0),
            _ => return None,
        };
        self.value.map(|value| (name, times_ten_to(value, exponent)))
    }
}
