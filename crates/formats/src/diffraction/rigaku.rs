//! Reads Rigaku's `.ras` (text) and `.rasx` (zip).
//!
//! Format of `.ras`: between `*RAS_HEADER_START` and `*RAS_HEADER_END` lines `*KEY "value"`, between `*RAS_INT_START` and
//! `*RAS_INT_END` rows of angle, intensity and attenuator factor; several such pairs are several scans. Words are in Shift JIS.
//! Format of `.rasx`: folders `Data0`, `Data1`, … with `ProfileN.txt` (the same three columns) and `MesurementConditionsN.xml`
//! (spelt so).
//! Source: files of SmartLab Studio II and SmartLab Guidance; Rigaku publishes no description.
//!
//! The intensity is as stored: the files do not state whether it includes the attenuator's factor. A factor other than 1 gives a warning.

use std::collections::BTreeMap;

use encoding_rs::SHIFT_JIS;

use super::scan::{Lines, Scan, axis_column};
use crate::archive::Archive;
use crate::local_time::calendar_day;
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::text::{Line, decode, excerpt, lines};
use crate::xml::{self, Node};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections};

/// Axes that a header lists.
const MOST_AXES: usize = 100;

/// Reads `.ras`.
#[derive(Debug)]
pub(crate) struct Ras;

impl Adapter for Ras {
    fn manifest(&self) -> &Manifest {
        embedded("rigaku_ras")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.head().starts_with(b"*RAS_DATA_START") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_ras(file)
    }
}

/// Reads `.rasx`.
#[derive(Debug)]
pub(crate) struct Rasx;

impl Adapter for Rasx {
    fn manifest(&self) -> &Manifest {
        embedded("rigaku_rasx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.member_names().iter().any(|name| place_of(name).is_some()) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_rasx(file)
    }
}

/// The three columns of a profile.
#[derive(Debug, Default)]
struct Profile {
    angle: Vec<f64>,
    intensity: Vec<f64>,
    attenuator: Vec<f64>,
    rejected: Rejections,
}

impl Profile {
    fn row(&mut self, line: Line<'_>) {
        let mut cells = line.text.split_ascii_whitespace();
        let mut next = || cells.next().map(|cell| fast_float2::parse::<f64, _>(cell).map_err(|_| cell));
        let place = Place::Line(line.number);
        let wrong = |column: &str, found: &str| ReadError::NotANumber {
            place,
            column: column.to_owned(),
            unit: String::new(),
            found: excerpt(found, 40),
        };
        let error = match (next(), next(), next()) {
            (Some(Ok(angle)), Some(Ok(intensity)), attenuator) if angle.is_finite() && intensity.is_finite() => {
                match attenuator {
                    Some(Err(found)) => wrong("attenuator", found),
                    attenuator => {
                        self.angle.push(angle);
                        self.intensity.push(intensity);
                        self.attenuator.push(attenuator.and_then(Result::ok).unwrap_or(f64::NAN));
                        return;
                    }
                }
            }
            (Some(Err(found)), ..) => wrong("angle", found),
            (_, Some(Err(found)), _) => wrong("intensity", found),
            (Some(Ok(_)), Some(Ok(_)), _) => wrong("angle and intensity", line.text),
            (Some(_), None, _) => ReadError::FieldCount { place, expected: 3, found: 1 },
            (None, ..) => return,
        };
        self.rejected.push(0, error);
    }

    fn is_empty(&self) -> bool {
        self.angle.is_empty() && self.rejected.is_empty()
    }

    /// Moves the columns into a scan along `axis`.
    fn into_scan(self, scan: &mut Scan, axis: Option<&str>) -> Rejections {
        #[expect(clippy::float_cmp, reason = "a factor of exactly 1 is written where nothing is attenuated")]
        let is_attenuated = self.attenuator.iter().any(|factor| factor.is_finite() && *factor != 1.0);
        if let Some(column) = axis.and_then(axis_column) {
            scan.column(column, Some("deg"), axis.unwrap_or_default(), self.angle.clone());
        }
        scan.column("scan_angle_deg", Some("deg"), axis.unwrap_or("column 1"), self.angle);
        scan.column("intensity", None, "column 2", self.intensity);
        if self.attenuator.iter().any(|factor| factor.is_finite()) {
            scan.column("attenuation_factor", Some("1"), "column 3", self.attenuator);
        }
        if is_attenuated {
            scan.warnings.push(
                "the attenuator's factor is not 1 throughout: the file does not state whether the intensity, which is as \
                 stored, has been multiplied by it"
                    .to_owned(),
            );
        }
        scan.axis(axis);
        self.rejected
    }
}

fn number(text: &str) -> Option<f64> {
    parse_number(text.trim(), DecimalMark::Point).filter(|number| number.is_finite())
}

fn unit(written: Option<&str>) -> &'static str {
    match written.map(str::trim) {
        Some("counts") => "counts",
        Some("cps" | "CPS") => "counts/s",
        _ => crate::NOT_STATED,
    }
}

fn add(reading: &mut Reading, scan: Scan, rejected: Rejections) {
    let block = reading.measurements.len();
    reading.measurements.push(scan.measurement(block));
    reading.rejected.append(block, rejected);
}

/// Reads a `.ras`.
fn read_ras(file: &[u8]) -> Result<Reading, ReadError> {
    let is_utf8 = file.starts_with(b"\xEF\xBB\xBF") || std::str::from_utf8(file).is_ok();
    let text = if is_utf8 { decode(file).text } else { SHIFT_JIS.decode_without_bom_handling(file).0 };
    let mut reading = Reading::default();
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    let mut profile: Option<Profile> = None;
    let mut last = 1;
    for line in lines(&text) {
        last = line.number;
        let words = line.text.trim();
        match words {
            "*RAS_HEADER_START" => keys.clear(),
            "*RAS_INT_START" => profile = Some(Profile::default()),
            "*RAS_INT_END" => {
                if let Some(profile) = profile.take() {
                    finish_ras(&mut reading, &keys, profile, None);
                }
            }
            _ => match &mut profile {
                Some(profile) if !words.starts_with('*') => profile.row(line),
                _ => {
                    if let Some((key, value)) = words.strip_prefix('*').and_then(|words| words.split_once(' ')) {
                        keys.insert(key, value.trim().trim_matches('"'));
                    }
                }
            },
        }
    }
    if let Some(profile) = profile.filter(|profile| !profile.is_empty()) {
        finish_ras(&mut reading, &keys, profile, Some(last));
    }
    if reading.measurements.is_empty() {
        let found = "none".to_owned();
        return Err(ReadError::malformed(Place::Line(last), "`*RAS_INT_START` and rows", found));
    }
    Ok(reading)
}

fn finish_ras(reading: &mut Reading, keys: &BTreeMap<&str, &str>, profile: Profile, cut: Option<u64>) {
    let key = |name: &str| keys.get(name).copied().filter(|value| !value.trim().is_empty());
    let mut scan = Scan::default();
    let seen = profile.angle.len() + profile.rejected.total() as usize;
    let rejected = profile.into_scan(&mut scan, key("MEAS_SCAN_AXIS_X"));
    state_keys(&mut scan, key);
    for number_of_axis in 0..MOST_AXES {
        let value = |what: &str| key(&format!("MEAS_COND_AXIS_{what}-{number_of_axis}"));
        let Some(name) = value("NAME_INTERNAL") else { continue };
        if value("UNIT").is_none_or(|unit| unit == "deg") {
            scan.fixed_axis(name, value("POSITION").and_then(number));
        }
    }
    if let Some(line) = cut {
        scan.incomplete(&format!("the file ends at line {line} within the rows"));
    }
    let announced = key("MEAS_DATA_COUNT").and_then(number);
    if let Some(announced) = announced.filter(|announced| *announced > seen as f64) {
        scan.incomplete(&format!("the file announces {announced} points and has {seen}"));
    }
    add(reading, scan, rejected);
}

/// Adds the settings of a header's keys; `.rasx` repeats them.
fn state_keys<'k>(scan: &mut Scan, key: impl Fn(&str) -> Option<&'k str>) {
    let value = |name: &str| key(name).and_then(number);
    scan.text("intensity_unit", unit(key("MEAS_SCAN_UNIT_Y")));
    scan.text("sample", key("FILE_SAMPLE").unwrap_or_default());
    scan.text("comment", key("FILE_COMMENT").unwrap_or_default());
    scan.text("scan_type", key("MEAS_SCAN_MODE").unwrap_or_default());
    scan.text("anode", key("HW_XG_TARGET_NAME").unwrap_or_default());
    scan.text("instrument", key("FILE_SYSTEM_NAME").unwrap_or_default());
    scan.positive("step_deg", value("MEAS_SCAN_STEP"));
    scan.positive("generator_voltage_kv", value("MEAS_COND_XG_VOLTAGE"));
    scan.positive("generator_current_ma", value("MEAS_COND_XG_CURRENT"));
    let (alpha_1, alpha_2) = (value("HW_XG_WAVE_LENGTH_ALPHA1"), value("HW_XG_WAVE_LENGTH_ALPHA2"));
    scan.wavelengths(&Lines { alpha_1, alpha_2, beta: value("HW_XG_WAVE_LENGTH_BETA"), ..Lines::default() });
    scan.text("radiation", key("MEAS_COND_XG_WAVE_TYPE").unwrap_or_default());
    if matches!(key("MEAS_SCAN_SPEED_UNIT"), Some("sec" | "s")) {
        scan.positive("counting_time_s", value("MEAS_SCAN_SPEED"));
    }
    if let Some(started) = key("MEAS_SCAN_START_TIME") {
        match month_first(started) {
            Some(started) => scan.text("started_at", &started),
            None => scan.text("started_at_as_written", started),
        }
    }
}

/// `07/27/17 15:12:11` as ISO 8601: Rigaku's programs write the month first, whatever the computer's language.
fn month_first(text: &str) -> Option<String> {
    let (written, time) = text.trim().split_once(' ')?;
    let mut parts = written.split('/').map(|part| part.trim().parse::<u32>());
    let (month, day, year) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let year = if year < 100 { year.checked_add(2000)? } else { year };
    let date = calendar_day(year, month, day).filter(|_| (1990..=2199).contains(&year))?;
    let is_time = time.len() == 8 && time.chars().all(|c| c.is_ascii_digit() || c == ':');
    is_time.then(|| format!("{date}T{time}"))
}

/// Reads a `.rasx`.
fn read_rasx(file: &[u8]) -> Result<Reading, ReadError> {
    let mut archive = Archive::open(file)?;
    let mut profiles: Vec<(u32, String)> =
        archive.names().into_iter().filter_map(|name| Some((place_of(&name)?, name))).collect();
    profiles.sort_unstable();
    let mut reading = Reading::default();
    for (place, name) in &profiles {
        let bytes = archive.read(name)?;
        let mut profile = Profile::default();
        let text = decode(&bytes);
        for line in lines(&text.text) {
            profile.row(line);
        }
        let conditions = name.replace("Profile", "MesurementConditions").replace(".txt", ".xml");
        let names = [conditions.clone(), conditions.replace("Mesurement", "Measurement")];
        let present = archive.names();
        let conditions = names.iter().find(|name| present.contains(name)).map(|name| archive.read(name)).transpose()?;
        let conditions = conditions.map(|bytes| xml::parse(&bytes)).transpose()?.map(|(root, _)| root);
        let mut scan = Scan::default();
        let axis = conditions.as_ref().and_then(|root| root.text_at("ScanInformation/AxisName"));
        let seen = profile.angle.len() + profile.rejected.total() as usize;
        let rejected = profile.into_scan(&mut scan, axis);
        match &conditions {
            Some(root) => state_conditions(&mut scan, root, seen),
            None => {
                scan.not_stated("intensity_unit");
                scan.warnings.push(format!("the archive has no measurement conditions for data {place}"));
            }
        }
        add(&mut reading, scan, rejected);
    }
    for name in archive.names().into_iter().filter(|name| name.contains("/Image")) {
        reading.leave_out(format!("`{}`, an image of the area detector, is left out", excerpt(&name, 60)));
    }
    if reading.measurements.is_empty() {
        let expected = "members `DataN/ProfileN.txt`".to_owned();
        return Err(ReadError::malformed(Place::Offset(0), expected, "none"));
    }
    Ok(reading)
}

/// The number in `Data12/Profile12.txt`, or `Profile0.txt` of any folder `DataN`.
fn place_of(name: &str) -> Option<u32> {
    let (folder, member) = name.split_once('/')?;
    let is_profile = member.starts_with("Profile") && member.ends_with(".txt");
    folder.strip_prefix("Data")?.parse().ok().filter(|_| is_profile)
}

fn state_conditions(scan: &mut Scan, root: &Node, seen: usize) {
    let value = |path: &str| root.text_at(path).and_then(number);
    scan.text("intensity_unit", unit(root.text_at("ScanInformation/IntensityUnit")));
    scan.text("sample", root.text_at("GeneralInformation/SampleName").unwrap_or_default());
    scan.text("comment", root.text_at("GeneralInformation/Comment").unwrap_or_default());
    scan.text("instrument", root.text_at("GeneralInformation/SystemName").unwrap_or_default());
    scan.text("title", root.text_at("GeneralInformation/PartName").unwrap_or_default());
    scan.text("optics", root.text_at("HWConfigurations/Optics/Attribute").unwrap_or_default());
    scan.text("scan_type", root.text_at("ScanInformation/Mode").unwrap_or_default());
    scan.positive("step_deg", value("ScanInformation/Step"));
    if matches!(root.text_at("ScanInformation/SpeedUnit"), Some("sec" | "s")) {
        scan.positive("counting_time_s", value("ScanInformation/Speed"));
    }
    if let Some(generator) = root.at("HWConfigurations/XrayGenerator") {
        let value = |path: &str| generator.text_at(path).and_then(number);
        scan.text("anode", generator.text_at("TargetName").unwrap_or_default());
        scan.text("radiation", generator.text_at("WaveType").unwrap_or_default());
        scan.positive("generator_voltage_kv", value("Voltage"));
        scan.positive("generator_current_ma", value("Current"));
        let (alpha_1, alpha_2) = (value("WavelengthKalpha1"), value("WavelengthKalpha2"));
        scan.wavelengths(&Lines { alpha_1, alpha_2, beta: value("WavelengthKbeta"), ..Lines::default() });
    }
    let started = root.text_at("ScanInformation/StartTime").unwrap_or_default();
    scan.text("started_at", started.get(..19).unwrap_or_default());
    scan.text("started_at_as_written", started);
    if let Some(axes) = root.child("Axes") {
        for axis in axes.children("Axis").filter(|axis| axis.attribute("State") == Some("Fixed")) {
            let position = axis.attribute("Position").and_then(number);
            scan.fixed_axis(axis.attribute("Name").unwrap_or_default(), position);
        }
    }
    if let Some(announced) = value("ScanInformation/DataCount").filter(|announced| *announced > seen as f64) {
        scan.incomplete(&format!("the file announces {announced} points and has {seen}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAS: &str = "*RAS_DATA_START\r\n*RAS_HEADER_START\r\n*FILE_SAMPLE \"synthetic\"\r\n*MEAS_SCAN_AXIS_X \"TwoThetaTheta\"\r\n\
        *MEAS_SCAN_UNIT_Y \"cps\"\r\n*MEAS_SCAN_START_TIME \"07/27/17 15:12:11\"\r\n*RAS_HEADER_END\r\n*RAS_INT_START\r\n\
        10.0 5.0 1.0\r\n10.1 7.0 10.0\r\n*RAS_INT_END\r\n*RAS_DATA_END\r\n";

    #[test]
    fn a_scan_keeps_its_unit_and_an_unclear_attenuator_gives_a_warning() {
        let reading = read_ras(RAS.as_bytes()).unwrap();
        let scan = &reading.measurements[0];
        assert_eq!(scan.numbers("intensity").unwrap(), [5.0, 7.0]);
        assert_eq!(scan.metadata["intensity_unit"], crate::Value::Text("counts/s".to_owned()));
        assert_eq!(scan.metadata["started_at"], crate::Value::Text("2017-07-27T15:12:11".to_owned()));
        assert_eq!(scan.warnings.len(), 1);
    }

    #[test]
    fn rows_that_end_with_the_file_are_incomplete() {
        let cut = RAS.split("*RAS_INT_END").next().unwrap();
        let reading = read_ras(cut.as_bytes()).unwrap();
        assert!(reading.measurements[0].metadata.contains_key("incomplete"));
    }
}
