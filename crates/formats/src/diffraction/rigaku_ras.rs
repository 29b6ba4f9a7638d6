//! Reads Rigaku's text files (`.ras`).
//!
//! `*RAS_DATA_START`, then for each profile a header of lines `*KEY "value"` between `*RAS_HEADER_START` and
//! `*RAS_HEADER_END`, and its points, angle, intensity and attenuator, between `*RAS_INT_START` and `*RAS_INT_END`. The
//! encoding is UTF-8 or that of Japanese Windows (cp932).
//!
//! Source: descriptions by RigakuFiles.jl and M-DaC (NIMS), and files shown there.
//!
//! Not supported: profiles over something that is no angle; they are left out with a warning.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::rigaku::{Profile, Stated, add};
use super::rows::{Rows, number};
use super::scan::{Lines, Scan};
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::registry::Adapter;
use crate::text::{Line, decode, excerpt, lines};
use crate::{Manifest, Match, Place, Probe, ReadError, Reading, RejectedRow};

/// Reads `.ras`.
#[derive(Debug)]
pub(crate) struct RigakuRas;

impl Adapter for RigakuRas {
    fn manifest(&self) -> &Manifest {
        embedded("rigaku_ras")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().trim_start().starts_with("*RAS_DATA_START") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let text = text(file);
        if !text.trim_start().starts_with("*RAS_DATA_START") {
            let found = format!("`{}`", excerpt(text.lines().next().unwrap_or_default(), 40));
            let expected = "`*RAS_DATA_START`".to_owned();
            return Err(ReadError::Malformed { place: Place::Line(1), expected, found });
        }
        let mut reading = Reading::default();
        let mut header: BTreeMap<&str, &str> = BTreeMap::new();
        let mut points: Option<Vec<Line<'_>>> = None;
        let mut left_out = Vec::new();
        for line in lines(&text) {
            let content = line.text.trim();
            match content.strip_prefix('*') {
                Some("RAS_HEADER_START") => header.clear(),
                Some("RAS_INT_START") => points = Some(Vec::new()),
                Some("RAS_INT_END") => {
                    if let Some(lines) = points.take() {
                        profile(&header, &lines, false, &mut reading, &mut left_out);
                    }
                }
                Some(setting) => {
                    if let Some((key, value)) = setting.split_once([' ', '\t']) {
                        header.insert(key, value.trim().trim_matches('"').trim());
                    }
                }
                None => {
                    if let Some(points) = points.as_mut().filter(|_| !content.is_empty()) {
                        points.push(line);
                    }
                }
            }
        }
        let is_cut = points.is_some();
        if is_cut || (reading.measurements.is_empty() && left_out.is_empty()) {
            profile(&header, &points.unwrap_or_default(), true, &mut reading, &mut left_out);
        }
        if let (true, Some(first)) = (reading.measurements.is_empty(), left_out.first()) {
            return Err(ReadError::NotSupported {
                place: Place::Line(1),
                recognised: format!("a Rigaku file (.ras) without a scan over an angle ({first})"),
                advice: "export a scan over an angle".to_owned(),
            });
        }
        reading.warnings.extend(left_out.iter().take(5).map(|words| format!("left out: {words}")));
        Ok(reading)
    }
}

fn text(file: &[u8]) -> Cow<'_, str> {
    if std::str::from_utf8(file).is_err() && !file.starts_with(b"\xFF\xFE") && !file.starts_with(b"\xFE\xFF") {
        return encoding_rs::SHIFT_JIS.decode_without_bom_handling(file).0;
    }
    decode(file).text
}

fn profile(
    header: &BTreeMap<&str, &str>,
    points: &[Line<'_>],
    is_cut: bool,
    reading: &mut Reading,
    left_out: &mut Vec<String>,
) {
    let text = |key: &str| header.get(key).copied().unwrap_or_default();
    let number_at = |key: &str| number(text(key)).filter(|_| !text(key).is_empty());
    let axis =
        if text("MEAS_SCAN_AXIS_X_INTERNAL").is_empty() { "MEAS_SCAN_AXIS_X" } else { "MEAS_SCAN_AXIS_X_INTERNAL" };
    let unit = text("MEAS_SCAN_UNIT_X");
    if !unit.is_empty() && !unit.eq_ignore_ascii_case("deg") {
        let number = reading.measurements.len() + left_out.len() + 1;
        left_out.push(format!("profile {number}, over axis `{}` in {}", excerpt(text(axis), 24), excerpt(unit, 12)));
        return;
    }
    let mut scan = Scan::default();
    scan.text("sample", text("FILE_SAMPLE"));
    scan.text("comment", text("FILE_COMMENT"));
    scan.text("memo", text("FILE_MEMO"));
    scan.text("instrument", text("MEAS_COND_SYSTEM_NAME"));
    scan.text("format_version", &format!("{} {}", text("FILE_TYPE"), text("FILE_VERSION")));
    scan.text("anode", text("HW_XG_TARGET_NAME"));
    scan.wavelengths(&Lines {
        used: None,
        alpha_1: number_at("HW_XG_WAVE_LENGTH_ALPHA1"),
        alpha_2: number_at("HW_XG_WAVE_LENGTH_ALPHA2"),
        beta: number_at("HW_XG_WAVE_LENGTH_BETA"),
        ratio: None,
    });
    scan.text("radiation", text("MEAS_COND_XG_WAVE_TYPE"));
    scan.positive("generator_voltage_kv", number_at("MEAS_COND_XG_VOLTAGE"));
    scan.positive("generator_current_ma", number_at("MEAS_COND_XG_CURRENT"));
    scan.text("scan_mode", text("MEAS_SCAN_MODE"));
    let omega = header.iter().find_map(|(key, name)| {
        let place = key.strip_prefix("MEAS_COND_AXIS_NAME_INTERNAL-").or(key.strip_prefix("MEAS_COND_AXIS_NAME-"))?;
        (*name == "Omega").then(|| number_at(&format!("MEAS_COND_AXIS_POSITION-{place}")))?
    });
    let block = reading.measurements.len();
    let mut rejected: Vec<RejectedRow> = Vec::new();
    let (profile, warnings) = rows(points, block, &mut rejected);
    reading.rejected.append(&mut rejected);
    scan.warnings.extend(warnings);
    if is_cut {
        scan.incomplete("the file ends before `*RAS_INT_END`");
    }
    let stated = Stated {
        axis: text(axis),
        unit: text("MEAS_SCAN_UNIT_Y"),
        points: number_at("MEAS_DATA_COUNT"),
        step: number_at("MEAS_SCAN_STEP"),
        speed: number_at("MEAS_SCAN_SPEED"),
        speed_unit: text("MEAS_SCAN_SPEED_UNIT"),
        start_time: text("MEAS_SCAN_START_TIME"),
        omega,
    };
    add(&mut scan, profile, &stated);
    reading.measurements.push(scan.measurement(block));
}

/// The columns of a profile's lines: two, or three with the attenuator, as the first line has.
pub(super) fn rows(points: &[Line<'_>], block: usize, rejected: &mut Vec<RejectedRow>) -> (Profile, Vec<String>) {
    let width = points.first().map_or(3, |line| line.text.split_ascii_whitespace().count());
    let headers = ["angle", "intensity", "attenuator"];
    let mut rows = Rows::new(if width == 2 { &headers[..2] } else { &headers }, DecimalMark::Point);
    for line in points {
        rows.row(*line, line.text.split_ascii_whitespace());
    }
    let warnings = rows.finish(block, rejected);
    let attenuator = (width != 2).then(|| rows.take(2));
    (Profile { angles: rows.take(0), intensities: rows.take(1), attenuator }, warnings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const HEAD: &str = "*RAS_DATA_START\n*RAS_HEADER_START\n*FILE_SAMPLE \"film\"\n*MEAS_SCAN_AXIS_X \"2-Theta\"\n\
        *MEAS_SCAN_AXIS_X_INTERNAL \"TwoTheta\"\n*MEAS_COND_AXIS_NAME_INTERNAL-3 \"Omega\"\n\
        *MEAS_COND_AXIS_POSITION-3 \"0.5\"\n*MEAS_SCAN_UNIT_X \"deg\"\n*MEAS_SCAN_UNIT_Y \"cps\"\n*RAS_HEADER_END\n\
        *RAS_INT_START\n1.0 5 1.0\n1.5 7.5 1.0\n";

    #[test]
    fn every_profile_has_its_own_header() {
        let second = HEAD.replace("*RAS_DATA_START\n", "").replace("TwoTheta", "Omega").replace("film", "試料");
        let file = format!("{HEAD}*RAS_INT_END\n{second}*RAS_INT_END\n*RAS_DATA_END\n");
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&file);
        let reading = RigakuRas.read(&bytes).unwrap();
        let [first, second] = &reading.measurements[..] else { panic!("{reading:?}") };
        assert_eq!(first.numbers("intensity"), Some(&[5.0, 7.5][..]));
        assert_eq!(first.metadata["incidence_angle_deg"], Value::Number(0.5));
        assert_eq!(first.metadata["intensity_unit"], Value::Text("counts/s".to_owned()));
        assert_eq!(second.metadata["scan_axis"], Value::Text("omega".to_owned()));
        assert_eq!(second.metadata["sample"], Value::Text("試料".to_owned()));
    }

    #[test]
    fn a_profile_without_its_end_says_so() {
        let reading = RigakuRas.read(HEAD.as_bytes()).unwrap();
        let expected = Value::Text("the file ends before `*RAS_INT_END`".to_owned());
        assert_eq!(reading.measurements[0].metadata["incomplete"], expected);
    }
}
