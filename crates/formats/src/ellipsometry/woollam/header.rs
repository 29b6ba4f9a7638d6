//! The lines above the rows of a Woollam text file: sample, settings, unit.

use std::collections::BTreeMap;

use crate::column::column_name;
use crate::local_time::{DateOrder, parse_local_time};
use crate::number::{DecimalMark, parse_number};
use crate::text::{Line, lines};
use crate::{Match, Place, ReadError, Value};

use super::super::cells::split_row;

/// Lines that a header may have; real ones have five at most.
const MOST_LINES: u64 = 16;

/// The quantity and unit of the first column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Nanometre,
    Angstrom,
    Micrometre,
    ElectronVolt,
    /// Wavenumbers.
    PerCentimetre,
}

impl Axis {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "nm" => Self::Nanometre,
            "angstroms" | "angstrom" => Self::Angstrom,
            "um" | "µm" | "μm" | "microns" => Self::Micrometre,
            "ev" => Self::ElectronVolt,
            "1/cm" | "cm-1" => Self::PerCentimetre,
            _ => return None,
        })
    }

    /// Name and unit of the column that values of this axis are kept in.
    pub(super) fn column(self) -> (&'static str, &'static str) {
        if self == Self::ElectronVolt { ("photon_energy_ev", "eV") } else { ("wavelength_nm", "nm") }
    }

    /// The value in that unit.
    pub(super) fn convert(self, stated: f64) -> f64 {
        match self {
            Self::Nanometre | Self::ElectronVolt => stated,
            // 1930 Å are 1930 / 10 nm; 1930 × 0.1 would be 193.00000000000003.
            Self::Angstrom => stated / 10.0,
            Self::Micrometre => stated * 1e3,
            Self::PerCentimetre => 1e7 / stated,
        }
    }
}

/// The settings above the rows.
#[derive(Debug)]
pub(super) struct Header {
    pub metadata: BTreeMap<String, Value>,
    pub warnings: Vec<String>,
    pub axis: Axis,
    /// The first column's unit as written.
    pub unit: String,
    pub is_trig: bool,
    pub is_dynamic: bool,
    /// Whether rows without a type are reflectance or transmittance.
    pub is_reflectance: bool,
    /// Whether rows have an angle of incidence.
    pub has_angle: bool,
    pub rows_start: usize,
    pub rows_line: u64,
}

/// A line that states the first column's unit.
#[derive(Debug, Clone, Copy)]
struct UnitLine {
    axis: Axis,
    is_trig: bool,
    /// Whether it names columns of Psi and Delta, and whether an angle goes before them.
    names: Option<Names>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// `nm AOI Psi Delta`
    Angle,
    /// `nm`, a column without a name, `Psi Delta`
    Nameless,
    /// `nm Psi Delta`
    NoAngle,
}

fn unit_line(line: &str) -> Option<UnitLine> {
    if line.len() > 64 {
        return None;
    }
    let mut words = line.split_ascii_whitespace();
    let axis = Axis::from_word(words.next()?)?;
    let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let names = match rest.as_slice() {
        [] => return Some(UnitLine { axis, is_trig: false, names: None }),
        ["trig"] => return Some(UnitLine { axis, is_trig: true, names: None }),
        ["aoi" | "angle", "psi", "delta"] => Names::Angle,
        ["psi", "delta"] if line.trim_end().split('\t').map(str::is_empty).eq([false, true, false, false]) => {
            Names::Nameless
        }
        ["psi", "delta"] => Names::NoAngle,
        _ => return None,
    };
    Some(UnitLine { axis, is_trig: false, names: Some(names) })
}

/// Standard deviations come in pairs: with a fourth number below three names, one column is without a name, and which one is unknown.
fn no_fourth_column(row: &Line<'_>) -> Result<(), ReadError> {
    let mut fields = Vec::new();
    split_row(row.text, &mut fields);
    if fields.len() != 4 {
        return Ok(());
    }
    let expected = "a name for each of the 4 columns in the header, such as `nm AOI Psi Delta`";
    Err(ReadError::malformed(Place::Line(row.number), expected, "3 names"))
}

/// Whether a line holds the settings of a measurement.
pub(super) fn is_method(line: &str) -> bool {
    line.starts_with("VASEmethod[") || line.starts_with("RTmethod[")
}

/// How certainly the start of a file is of this format.
pub(super) fn looks_like(head: &str) -> Match {
    let mut first = lines(head).take(MOST_LINES as usize);
    if first.clone().any(|line| is_method(line.text)) {
        return Match::Certain;
    }
    let Some(unit) = first.by_ref().take(6).find_map(|line| unit_line(line.text)) else { return Match::No };
    let mut fields = Vec::new();
    let Some(row) = first.find(|line| !line.text.trim().is_empty()) else { return Match::No };
    split_row(row.text, &mut fields);
    let is_typed = fields.first().is_some_and(|field| field.starts_with(|c: char| c.is_ascii_alphabetic()));
    let values = fields.get(usize::from(is_typed)..).unwrap_or_default();
    let fewest = if unit.names == Some(Names::NoAngle) { 3 } else { 4 };
    let is_row = values.len() >= fewest && values.iter().all(|cell| parse_number(cell, DecimalMark::Point).is_some());
    match (is_row, unit.names.is_some() || unit.is_trig) {
        (false, _) => Match::No,
        (true, true) => Match::Likely,
        (true, false) => Match::Weak,
    }
}

/// Reads the lines above the rows.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the line of the unit is missing.
pub(super) fn header(text: &str) -> Result<Header, ReadError> {
    let mut metadata = BTreeMap::new();
    let mut warnings = Vec::new();
    let (mut has_method, mut is_dynamic, mut is_reflectance) = (false, false, false);
    let mut last: Option<Line<'_>> = None;
    for line in lines(text).take(MOST_LINES as usize) {
        last = Some(line);
        let words = line.text.trim();
        if let Some(unit) = unit_line(line.text) {
            if unit.names == Some(Names::Nameless) {
                warnings.push("the header does not name column 2: it is taken as the angle of incidence".to_owned());
            }
            let next = lines(text).nth(usize::try_from(line.number).unwrap_or(usize::MAX));
            if let (Some(Names::NoAngle), Some(next)) = (unit.names, next) {
                no_fourth_column(&next)?;
            }
            return Ok(Header {
                metadata,
                warnings,
                axis: unit.axis,
                unit: words.split_ascii_whitespace().next().unwrap_or_default().to_owned(),
                is_trig: unit.is_trig,
                is_dynamic,
                is_reflectance,
                has_angle: unit.names != Some(Names::NoAngle),
                rows_start: next.map_or(text.len(), |next| next.start),
                rows_line: line.number + 1,
            });
        }
        if is_method(words) {
            has_method = true;
            is_reflectance = words.starts_with("RTmethod");
            settings(words, &mut metadata, &mut warnings);
        } else if let Some(original) = words.strip_prefix("Original[") {
            note(&mut metadata, "original_file", original.trim_end_matches(']'));
        } else if words.eq_ignore_ascii_case("dynamic") {
            is_dynamic = true;
        } else if !has_method && !metadata.contains_key("sample") {
            note(&mut metadata, "sample", words);
        } else {
            note(&mut metadata, "comment", words);
        }
    }
    let (number, found) = last.map_or((1, ""), |line| (line.number, line.text));
    Err(ReadError::unexpected(number, "a line with the unit of the first column (`nm`, `Angstroms`, `eV`)", found))
}

fn note(metadata: &mut BTreeMap<String, Value>, name: &str, text: &str) {
    if !text.is_empty() {
        metadata.entry(name.to_owned()).or_insert_with(|| Value::Text(text.to_owned()));
    }
}

/// Reads `VASEmethod[EllipsometerType=4, Isotropic, …, WVASE=3.616, Wed Nov 01 15:23:22 2006]`.
fn settings(line: &str, metadata: &mut BTreeMap<String, Value>, warnings: &mut Vec<String>) {
    let inside = line.split_once('[').map_or("", |(_, rest)| rest);
    let inside = inside.strip_suffix(']').unwrap_or(inside);
    let mut flags: Vec<&str> = Vec::new();
    for entry in inside.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let Some((key, value)) = entry.split_once('=') else {
            if let Some(started_at) = started_at(entry) {
                note(metadata, "started_at", &started_at);
            } else {
                flags.push(entry);
            }
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        match key {
            "WVASE" | "CompleteEASE" => note(metadata, "software", &format!("{key} {value}")),
            "AcqTime" => number(metadata, "acquisition_time_s", value),
            "EllipsometerType" => number(metadata, "ellipsometer_type", value),
            "HardVer" => note(metadata, "hardware_version", value),
            "TransmissionMeas" if value == "1" => {
                metadata.insert("is_transmission".to_owned(), Value::Flag(true));
                warnings.push("the spectrum was measured in transmission (`TransmissionMeas=1`)".to_owned());
            }
            _ => {
                let name = column_name(key);
                if !name.is_empty() && !["sample", "comment", "started_at", "software"].contains(&name.as_str()) {
                    number(metadata, &name, value);
                }
            }
        }
    }
    if let Some(computed) = flags.iter().find(|flag| flag.starts_with("Simulation") || flag.contains("Generation for"))
    {
        warnings.push(format!("the spectrum was computed, not measured (`{computed}`)"));
        metadata.insert("is_simulated".to_owned(), Value::Flag(true));
    }
    if !flags.is_empty() {
        note(metadata, "method_flags", &flags.join(", "));
    }
}

/// A setting as a number where it is one, else as words.
fn number(metadata: &mut BTreeMap<String, Value>, name: &str, text: &str) {
    match parse_number(text, DecimalMark::Point) {
        Some(number) if number.is_finite() => {
            metadata.entry(name.to_owned()).or_insert(Value::Number(number));
        }
        _ => note(metadata, name, text),
    }
}

/// `Wed Nov 01 15:23:22 2006`, as C's `asctime` writes, in ISO 8601.
fn started_at(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [_, month, day, time, year] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|known| known == month)? + 1;
    parse_local_time(&format!("{year}-{month}-{day}"), time, DateOrder::MonthFirst).map(|time| time.iso)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_asctime_becomes_iso_8601() {
        assert_eq!(started_at("Wed Nov 01 15:23:22 2006").as_deref(), Some("2006-11-01T15:23:22"));
        assert_eq!(started_at("Wed Nov 31 15:23:22 2006"), None);
        assert_eq!(started_at("Simulation for a b c.mod"), None);
    }

    #[test]
    fn units_convert_without_rounding_errors() {
        assert_eq!(Axis::Angstrom.convert(1930.0), 193.0);
        assert_eq!(Axis::PerCentimetre.convert(10_000.0), 1000.0);
        assert!(unit_line("nm  TRIG").is_some_and(|unit| unit.is_trig));
        assert!(unit_line("nm test wafer").is_none());
    }
}
