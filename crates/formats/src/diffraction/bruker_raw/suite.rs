//! DIFFRAC.SUITE's version 4 (`RAW4.00`).
//!
//! Date at 12 (month first), time at 24, from 61 on segments of u32 kind and u32 length: kind 10 is a key (24 bytes at
//! +12) and its text (from +36), kind 30 the source (f64 Kα mean, Kα₁, Kα₂, Kβ and ratio from +72, anode at +116). Kind
//! 0 or 160 is a range: scan type in words at +32, f64 start at +72 and step at +80, u32 points at +88, f32 time at
//! +92, kV at +100, mA at +104, f64 used wavelength at +112, u32 record length at +136, u32 length of the segments that
//! follow the 160 bytes at +140; among these, kind 50 is a drive (name at +12, f64 position at +56). The first f32 of a
//! record is the intensity; what may follow it is not known and skipped.

use super::super::scan::{Lines, Scan, axis};
use super::ranges::{MOST_RANGES, Ranges, are_angles, points};
use crate::little_endian::{decimal_at, f32_records, number_at, text_at, usize_at};
use crate::local_time::{DateOrder, parse_local_time};
use crate::text::excerpt;
use crate::{Place, ReadError};

const FILE_HEADER: usize = 61;
const RANGE_HEADER: usize = 160;

pub(super) fn ranges(file: &[u8]) -> Result<Ranges, ReadError> {
    let mut common = Scan::default();
    common.text("format_version", "RAW4.00");
    if let Some(started) = parse_local_time(&text_at(file, 12, 12), &text_at(file, 24, 10), DateOrder::MonthFirst) {
        common.text("started_at", &started.iso);
    }
    let mut ranges = Ranges::default();
    let mut at = FILE_HEADER;
    while let Some(kind) = number_at::<u32>(file, at) {
        if kind == 0 || kind == 160 {
            at = range(file, at, &common, &mut ranges)?;
            if ranges.scans.len() + ranges.left_out.len() >= MOST_RANGES {
                break;
            }
            continue;
        }
        let length = usize_at(file, at.saturating_add(4)).unwrap_or_default();
        if length < 8 {
            return Err(ReadError::malformed(
                Place::byte(at),
                "a segment of 8 bytes or more",
                format!("{length} bytes"),
            ));
        }
        let Some(segment) = file.get(at..at.saturating_add(length)) else {
            ranges.warnings.push(format!("byte {at}: the file ends in a segment of {length} bytes"));
            break;
        };
        match kind {
            10 => keyed(&mut common, segment),
            30 => source(&mut common, segment),
            _ => {}
        }
        at = at.saturating_add(length);
    }
    if ranges.scans.is_empty() && ranges.left_out.is_empty() {
        return Err(ReadError::malformed(Place::byte(file.len()), "a range", "the end of the file"));
    }
    Ok(ranges)
}

fn keyed(scan: &mut Scan, segment: &[u8]) {
    let text = text_at(segment, 36, segment.len().min(4096));
    match text_at(segment, 12, 24).as_str() {
        "SAMPLEID" => scan.text("sample", &text),
        "COMMENT" => scan.text("comment", &text),
        "CREATOR" => scan.text("software", &text),
        "CREATOR_VERSION" => scan.text("software_version", &text),
        _ => {}
    }
}

fn source(scan: &mut Scan, segment: &[u8]) {
    scan.positive("wavelength_k_alpha_mean_angstrom", number_at::<f64>(segment, 72));
    scan.wavelengths(&Lines {
        used: None,
        alpha_1: number_at::<f64>(segment, 80),
        alpha_2: number_at::<f64>(segment, 88),
        beta: number_at::<f64>(segment, 96),
        ratio: number_at::<f64>(segment, 104),
    });
    scan.text("anode", &text_at(segment, 116, 4));
}

/// Reads the range at `at`, and gives the place after it.
fn range(file: &[u8], at: usize, common: &Scan, ranges: &mut Ranges) -> Result<usize, ReadError> {
    let number = ranges.scans.len() + ranges.left_out.len() + 1;
    let header = file.get(at..).unwrap_or_default();
    if header.len() < RANGE_HEADER {
        if number == 1 {
            return Err(ReadError::malformed(
                Place::byte(file.len()),
                "a range header of 160 bytes",
                "the end of the file",
            ));
        }
        ranges.warnings.push(format!("byte {at}: the file ends in the header of range {number}"));
        return Ok(usize::MAX);
    }
    let announced = usize_at(header, 88).unwrap_or_default();
    let record = usize_at(header, 136).unwrap_or_default();
    if !(4..=1024).contains(&record) {
        return Err(ReadError::malformed(
            Place::byte(at + 136),
            "records of 4 to 1024 bytes",
            format!("{record} bytes"),
        ));
    }
    let extra = usize_at(header, 140).unwrap_or_default();
    let data = at.saturating_add(RANGE_HEADER).saturating_add(extra);
    let next = data.saturating_add(announced.saturating_mul(record));
    let (start, step) =
        (number_at::<f64>(header, 72).unwrap_or(f64::NAN), number_at::<f64>(header, 80).unwrap_or(f64::NAN));
    let kind = text_at(header, 32, 24);
    let drives = drives(file.get(at + RANGE_HEADER..data.min(file.len())).unwrap_or_default());
    let axis_name = axis(&kind);
    let known = ["theta_two_theta", "two_theta", "omega", "chi", "phi"].contains(&axis_name.as_str());
    if !known {
        // The drive that starts where the range does, if there is one only, is the scanned one.
        ranges.left_out.push(format!("range {number}, a scan of type `{}`", excerpt(&kind, 24)));
        return Ok(next);
    }
    if !are_angles(start, step) {
        return Err(ReadError::malformed(
            Place::byte(at),
            "a start and a step in degrees",
            format!("{start} and {step}"),
        ));
    }
    let mut scan = common.clone();
    let drive = match axis_name.as_str() {
        "theta_two_theta" | "two_theta" => "2Theta",
        "omega" => "Theta",
        "chi" => "Chi",
        _ => "Phi",
    };
    let position = |name: &str| drives.iter().find(|(drive, _)| drive == name).map(|(_, position)| *position);
    // A detector of some length starts beside the drive's position by up to half its opening.
    match position(drive) {
        Some(found) if (found - start).abs() > 10.0 => {
            scan.axis(None);
            scan.warnings.push(format!(
                "the range is called `{kind}` and starts at {start}°, but drive `{drive}` is at {found}°: the scanned \
                 axis is not stated"
            ));
        }
        _ => scan.axis(Some(&kind)),
    }
    scan.text("scan_type", &kind);
    if axis_name == "two_theta" {
        scan.number("incidence_angle_deg", position("Theta"));
    }
    for (name, drive) in
        [("theta_start_deg", "Theta"), ("chi_start_deg", "Chi"), ("phi_start_deg", "Phi"), ("z_mm", "Z-Drive")]
    {
        scan.number(name, position(drive));
    }
    scan.number("step_deg", step);
    scan.positive("counting_time_s", decimal_at(header, 92));
    scan.positive("generator_voltage_kv", decimal_at(header, 100));
    scan.positive("generator_current_ma", decimal_at(header, 104));
    scan.positive("wavelength_angstrom", number_at::<f64>(header, 112));
    // The converter writes the same ranges as `_2THETACOUNTS` into text.
    scan.text("intensity_unit", "counts");
    if record > 4 {
        let words = format!("{} bytes after each intensity have an unknown meaning and were skipped", record - 4);
        scan.warnings.push(words);
    }
    let intensities = f32_records(file, data, record, announced);
    points(&mut scan, start, step, intensities, announced);
    ranges.scans.push(scan);
    Ok(next)
}

/// Names and positions of the drives among a range's segments.
fn drives(segments: &[u8]) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let (Some(kind), Some(length)) = (number_at::<u32>(segments, at), usize_at(segments, at + 4)) {
        if length < 8 || found.len() > 100 {
            break;
        }
        if let (50, Some(position)) = (kind, number_at::<f64>(segments, at + 56)) {
            found.push((text_at(segments, at + 12, 24), position));
        }
        at = at.saturating_add(length);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn drive(name: &str, position: f64) -> Vec<u8> {
        let mut segment = vec![0; 64];
        put(&mut segment, 0, &[50, 0, 0, 0, 64]);
        put(&mut segment, 12, name.as_bytes());
        put(&mut segment, 56, &position.to_le_bytes());
        segment
    }

    fn range(kind: &str, record: u32, drives: &[Vec<u8>]) -> Vec<u8> {
        let drives = drives.concat();
        let mut range = vec![0; RANGE_HEADER];
        put(&mut range, 32, kind.as_bytes());
        put(&mut range, 72, &30_f64.to_le_bytes());
        put(&mut range, 80, &0.5_f64.to_le_bytes());
        put(&mut range, 88, &[2]);
        put(&mut range, 136, &record.to_le_bytes());
        put(&mut range, 140, &(drives.len() as u32).to_le_bytes());
        range.extend(drives);
        for intensity in [7.0_f32, 8.0] {
            range.extend(intensity.to_le_bytes());
            range.resize(range.len() + record as usize - 4, 1);
        }
        range
    }

    fn file(ranges: &[Vec<u8>]) -> Vec<u8> {
        let mut file = vec![0; FILE_HEADER];
        put(&mut file, 0, b"RAW4.00\0");
        put(&mut file, 12, b"07/11/2018\0\x0015:55:31");
        file.extend(ranges.concat());
        file
    }

    #[test]
    fn records_may_be_longer_than_an_intensity() {
        let file = file(&[range("Locked Coupled", 8, &[]), range("Detector Scan", 4, &[drive("Theta", 0.5)])]);
        let ranges = ranges(&file).unwrap();
        let scans: Vec<_> = ranges.scans.into_iter().map(|scan| scan.measurement(0)).collect();
        assert_eq!(scans.len(), 2);
        assert!(scans.iter().all(|scan| scan.numbers("intensity") == Some(&[7.0, 8.0])));
        assert_eq!(scans[0].warnings.len(), 1);
        assert_eq!(scans[1].metadata["scan_axis"], Value::Text("two_theta".to_owned()));
        assert_eq!(scans[1].metadata["incidence_angle_deg"], Value::Number(0.5));
    }

    #[test]
    fn a_drive_at_another_position_leaves_the_axis_unstated() {
        let file = file(&[range("Rocking Curve", 4, &[drive("Theta", 80.0)])]);
        let scan = ranges(&file).unwrap().scans.remove(0);
        assert_eq!(scan.metadata["scan_axis"], Value::Text("not stated".to_owned()));
    }

    #[test]
    fn scans_not_over_an_angle_are_left_out_by_name() {
        let file = file(&[range("Z Scan", 4, &[]), range("Phi", 4, &[])]);
        let ranges = ranges(&file).unwrap();
        assert_eq!(ranges.left_out, ["range 1, a scan of type `Z Scan`"]);
        assert_eq!(ranges.scans.len(), 1);
    }
}
