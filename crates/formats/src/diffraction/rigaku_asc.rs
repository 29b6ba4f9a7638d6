//! Reads Rigaku's older text files (`.asc`).
//!
//! Format: lines `*KEY = value`. The common settings come first (`*TYPE`, `*SAMPLE`, `*SCAN_AXIS`, `*YUNIT`, `*WAVE_LENGTH1`); then for
//! each scan, between `*BEGIN` and `*END`, its own (`*START`, `*STOP`, `*STEP`, `*COUNT`) and below `*COUNT` the intensities,
//! several a line, separated by commas. `*EOF` ends the file. Angles follow from start and step.
//!
//! Source: a file of SmartLab Guidance and its header; Rigaku publishes no description.
//!
//! An intensity that is not a number refuses the file, because all angles after it would be shifted.

use std::collections::BTreeMap;

use super::rows::{Rows, date, number};
use super::scan::{Lines, Scan, axis_column, stepped};
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::repetition;
use crate::text::{Line, counted, decode, lines};
use crate::{Adapter, Manifest, Match, NOT_STATED, Place, Probe, ReadError, Reading};

/// Reads `.asc`.
#[derive(Debug)]
pub(crate) struct RigakuAsc;

impl Adapter for RigakuAsc {
    fn manifest(&self) -> &Manifest {
        embedded("rigaku_asc")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text();
        let is_asc = text.trim_start().starts_with("*TYPE") && text.contains("*CLASS") && text.contains("ASCII CLASS");
        if is_asc { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Settings of the file, and of the scan that is open.
#[derive(Debug, Default)]
struct Settings<'t> {
    file: BTreeMap<&'t str, &'t str>,
    scan: BTreeMap<&'t str, &'t str>,
}

impl<'t> Settings<'t> {
    fn get(&self, key: &str) -> &'t str {
        self.scan.get(key).or_else(|| self.file.get(key)).copied().unwrap_or_default()
    }

    fn number(&self, key: &str) -> Option<f64> {
        number(self.get(key))
    }
}

/// The key and value of `*KEY = value`.
fn setting(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.strip_prefix('*')?.split_once('=').unwrap_or((text.get(1..)?, ""));
    Some((key.trim(), value.trim()))
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::NotANumber`] for an intensity; [`ReadError::Malformed`] where a scan has no start and step.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut reading = Reading::default();
    let mut settings = Settings::default();
    let mut open: Option<(Rows, u64)> = None;
    let mut is_scan = false;
    for line in lines(&decoded.text) {
        let text = line.text.trim();
        let Some((key, value)) = setting(text) else {
            if let Some((rows, _)) = open.as_mut().filter(|_| !text.is_empty()) {
                take(line, text, rows);
            } else if line.number == 1 && !text.is_empty() {
                return Err(ReadError::unexpected(1, "`*TYPE = …`", text));
            }
            continue;
        };
        match key {
            "BEGIN" | "END" | "EOF" => {
                if let Some((rows, from)) = open.take() {
                    scan(rows, from, &settings, key == "END", &mut reading)?;
                }
                is_scan = key == "BEGIN";
                settings.scan.clear();
            }
            _ if is_scan => {
                settings.scan.insert(key, value);
            }
            _ => {
                settings.file.entry(key).or_insert(value);
            }
        }
        if key == "COUNT" && is_scan {
            open = Some((Rows::new(&["intensity"], DecimalMark::Point), line.number));
        }
    }
    if let Some((rows, from)) = open {
        scan(rows, from, &settings, false, &mut reading)?;
    }
    if reading.measurements.is_empty() {
        reading.warnings.push("the file has no scan".to_owned());
    } else if let Some(groups) = number(settings.file.get("GROUP_COUNT").copied().unwrap_or_default())
        && (groups - reading.measurements.len() as f64).abs() > 0.5
    {
        let found = counted(reading.measurements.len(), "scan");
        reading.warnings.push(format!("`GROUP_COUNT` announces {groups} scans, the file has {found}"));
    }
    Ok(reading)
}

fn take(line: Line<'_>, text: &str, rows: &mut Rows) {
    for cell in text.split([',', '\t', ' ']).filter(|cell| !cell.is_empty()) {
        rows.row(line, std::iter::once(cell));
    }
}

/// Adds a scan.
fn scan(
    mut rows: Rows,
    from: u64,
    settings: &Settings<'_>,
    is_ended: bool,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    let block = reading.measurements.len();
    let mut scan = Scan::default();
    scan.warnings.extend(rows.finish(block, &mut reading.rejected));
    // A rejected intensity would shift the angles of all that follow.
    if let Some(row) = reading.rejected.first() {
        return Err(row.error.clone());
    }
    let (Some(start), Some(step)) = (settings.number("START"), settings.number("STEP")) else {
        let expected = "numbers in `*START` and `*STEP`";
        let found = format!("`{}` and `{}`", settings.get("START"), settings.get("STEP"));
        return Err(ReadError::malformed(Place::Line(from), expected, found));
    };
    let intensities = rows.take(0);
    let count = intensities.len();
    if !is_ended {
        scan.incomplete("the file ends before the `*END` of the scan");
    }
    if let Some(announced) = settings.number("COUNT").filter(|announced| (announced - count as f64).abs() > 0.5) {
        let words = format!("{} of the {announced} that `*COUNT` announces", counted(count, "point"));
        if announced > count as f64 { scan.incomplete(&words) } else { scan.warnings.push(words) }
    }
    if let Some(stop) = settings.number("STOP").filter(|_| is_ended && count > 0) {
        let last = start + step * (count - 1) as f64;
        if (last - stop).abs() > step.abs() / 2.0 {
            scan.warnings.push(format!("`*STOP` is {stop}°, but {count} points in steps of {step}° end at {last:.4}°"));
        }
    }
    let axis = Some(settings.get("SCAN_AXIS")).filter(|axis| !axis.is_empty());
    let angles = stepped(start, step, count);
    if let Some(column) = axis.and_then(axis_column) {
        scan.column(column, Some("deg"), axis.unwrap_or_default(), angles.clone());
    }
    scan.column("scan_angle_deg", Some("deg"), axis.unwrap_or("START"), angles);
    scan.column("intensity", Some("1"), "COUNT", intensities);
    scan.axis(axis);
    let unit = match settings.get("YUNIT").to_ascii_lowercase().as_str() {
        "counts" | "count" => "counts",
        "cps" | "counts/s" | "counts/sec" => "counts/s",
        _ => NOT_STATED,
    };
    scan.text("intensity_unit", unit);
    describe(&mut scan, settings, step);
    let headers = scan.columns.iter().map(|column| column.header.len());
    repetition::check(&scan.metadata, headers, block + 1, Place::Line(from))?;
    reading.measurements.push(scan.measurement(block));
    Ok(())
}

fn describe(scan: &mut Scan, settings: &Settings<'_>, step: f64) {
    for (key, name) in [
        ("SAMPLE", "sample"),
        ("COMMENT", "comment"),
        ("MEMO", "title"),
        ("MEAS_MODE", "scan_mode"),
        ("FILTER", "filter"),
        ("COUNTER", "detector"),
    ] {
        scan.text(name, settings.get(key).trim_end_matches(", 0"));
    }
    scan.text("instrument", settings.get("GONIO").split(',').next().unwrap_or_default());
    scan.wavelengths(&Lines {
        alpha_1: settings.number("WAVE_LENGTH1"),
        alpha_2: settings.number("WAVE_LENGTH2"),
        ..Lines::default()
    });
    scan.positive("generator_voltage_kv", settings.number("KV"));
    scan.positive("generator_current_ma", settings.number("MA"));
    scan.number("offset_deg", settings.number("OFFSET").filter(|offset| *offset != 0.0));
    scan.number("step_deg", step);
    if settings.get("SPEED_DIM").trim_end_matches('.').eq_ignore_ascii_case("sec./step") {
        scan.positive("counting_time_s", settings.number("SPEED"));
    } else if settings.get("SPEED_DIM").contains("deg") {
        scan.positive("scan_speed_deg_per_min", settings.number("SPEED"));
    }
    if let Some(started) = date(settings.get("DATE")) {
        scan.text("started_at", &started);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const HEAD: &str = "*TYPE\t\t=  Raw\n*CLASS\t\t=  ASCII CLASS\n*SAMPLE\t\t=  film\n*DATE\t\t=  12-Jul-17 17:31\n*GROUP_COUNT\t=  2\n\
        *SCAN_AXIS\t=  2theta/theta\n*WAVE_LENGTH1\t=  1.54059\n*SPEED_DIM\t=  sec./step\n*YUNIT\t\t=  counts\n\n";

    #[test]
    fn every_group_is_a_scan_whose_angles_follow_from_start_and_step() {
        let text = format!(
            "{HEAD}*BEGIN\n*START\t= 10\n*STOP\t= 10.4\n*STEP\t= 0.1\n*SPEED = 0.6\n*COUNT\t= 5\n1, 2, 3, 4\n5\n*END\n\n\
             *BEGIN\n*START\t= 20\n*STOP\t= 20.2\n*STEP\t= 0.1\n*COUNT\t= 3\n7, 8\n"
        );
        let reading = read(text.as_bytes()).unwrap();
        let [first, second] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(first.numbers("intensity"), Some(&[1.0, 2.0, 3.0, 4.0, 5.0][..]));
        assert_eq!(first.numbers("scan_angle_deg").unwrap()[..2], [10.0, 10.1]);
        assert_eq!(first.metadata["scan_axis"], Value::Text("theta_two_theta".to_owned()));
        assert_eq!(first.metadata["counting_time_s"], Value::Number(0.6));
        assert_eq!(first.metadata["started_at"], Value::Text("2017-07-12T17:31:00".to_owned()));
        assert_eq!(first.metadata.get("incomplete"), None);
        assert_eq!(
            second.metadata["incomplete"],
            Value::Text(
                "the file ends before the `*END` of the scan; 2 points of the 3 that `*COUNT` announces".to_owned()
            )
        );
    }

    #[test]
    fn a_wrong_intensity_refuses_the_file() {
        let error = read(format!("{HEAD}*BEGIN\n*START=1\n*STEP=1\n*COUNT=2\n1, x\n*END\n").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "line 15: expected a number for `intensity`, found `x`");
        assert!(read(format!("{HEAD}*BEGIN\n*STEP=1\n*COUNT=2\n1, 2\n*END\n").as_bytes()).is_err());
    }
}
