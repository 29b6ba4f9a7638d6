//! DIFFRAC-AT, versions 1 (`RAW `) and 2 (`RAW2`).
//!
//! Version 1 has no file header: each range is `RAW ` (which early programs left out from the second range on), u32
//! points, f32 time per step, f32 step, u32 mode, 4 bytes, f32 starts of 2θ, θ, χ, φ (-1e6: unknown), 32 bytes sample,
//! f32 Kα₁ and Kα₂, 72 bytes, u32 whether a range follows; then f32 intensities.
//!
//! Version 2: u16 ranges at 4, date and time in 20 characters at 168, anode in 2 at 188, f32 Kα₁, Kα₂ and their ratio at
//! 190; from 256 on ranges of u16 header length, u16 points, f32 time per step at +8, step at +12, starts of 2θ, θ, χ
//! and φ from +16, u16 temperature in K at +46 (65535: none); f32 intensities after the header.
//!
//! Neither states which drive moved. Where θ starts at half of 2θ the scan is taken as coupled, which is what these
//! instruments did; else the axis is not stated. Nor do they state whether they store counts.

use aldb_elements::constants::ZERO_CELSIUS_K;

use super::super::scan::{Lines, Scan};
use super::ranges::{MOST_RANGES, Ranges, are_angles, points};
use crate::little_endian::{decimal_at, f32_records, number_at, text_at, usize_at};
use crate::local_time::{DateOrder, parse_local_time};
use crate::{Place, ReadError};

const UNKNOWN: f64 = -1e6;

pub(super) fn ranges_of_version_1(file: &[u8]) -> Result<Ranges, ReadError> {
    const HEADER: usize = 156;
    let mut ranges = Ranges::default();
    let mut at = 4;
    loop {
        let header = file.get(at..).filter(|rest| rest.len() >= HEADER - 4);
        let Some(header) = header else {
            if ranges.scans.is_empty() {
                return Err(ReadError::malformed(
                    Place::byte(at),
                    "the header of a range, 152 bytes",
                    format!("{} bytes", file.len() - 4),
                ));
            }
            ranges.warnings.push(format!("byte {at}: the file ends before a further range that it announces"));
            break;
        };
        let announced = usize_at(header, 0).unwrap_or_default();
        let mut scan = Scan::default();
        scan.text("format_version", "RAW version 1");
        scan.positive("counting_time_s", decimal_at(header, 4));
        let (step, start) = (decimal_at(header, 8).unwrap_or(f64::NAN), decimal_at(header, 20).unwrap_or(f64::NAN));
        starts(&mut scan, header, 20, start, step, at)?;
        scan.text("sample", &text_at(header, 36, 32));
        scan.wavelengths(&Lines {
            alpha_1: decimal_at(header, 68),
            alpha_2: decimal_at(header, 72),
            ..Lines::default()
        });
        let follows = number_at::<u32>(header, 148).unwrap_or_default() != 0;
        let data = at + HEADER - 4;
        let intensities = f32_records(file, data, 4, announced);
        let whole = intensities.len() == announced;
        points(&mut scan, start, step, intensities, announced);
        ranges.scans.push(scan);
        if !follows || !whole || ranges.scans.len() >= MOST_RANGES {
            break;
        }
        at = data.saturating_add(announced.saturating_mul(4));
        if file.get(at..).is_some_and(|rest| rest.starts_with(b"RAW ")) {
            at += 4;
        }
    }
    Ok(ranges)
}

pub(super) fn ranges_of_version_2(file: &[u8]) -> Result<Ranges, ReadError> {
    const HEADER: usize = 256;
    if file.len() < HEADER {
        return Err(ReadError::malformed(Place::byte(file.len()), "a header of 256 bytes", "the end of the file"));
    }
    let count = number_at::<u16>(file, 4).unwrap_or_default();
    let mut common = Scan::default();
    common.text("format_version", "RAW version 2");
    // `19-12-1997` and `21:57` without a blank between them.
    let date = text_at(file, 168, 10);
    let time = text_at(file, 178, 10);
    if let Some(started) = parse_local_time(&date, &time, DateOrder::DayFirst) {
        common.text("started_at", &started.iso);
    }
    common.text("anode", &text_at(file, 188, 2));
    let lines = Lines {
        alpha_1: decimal_at(file, 190),
        alpha_2: decimal_at(file, 194),
        ratio: decimal_at(file, 198).filter(|ratio| *ratio > 0.0),
        ..Lines::default()
    };
    common.wavelengths(&lines);
    let mut ranges = Ranges::default();
    let mut at = HEADER;
    for number in 1..=count {
        let (Some(length), Some(announced)) = (number_at::<u16>(file, at), number_at::<u16>(file, at + 2)) else {
            ranges.warnings.push(format!("byte {at}: the file ends before range {number} of {count}"));
            break;
        };
        if length < 48 {
            return Err(ReadError::malformed(
                Place::byte(at),
                "a range header of 48 bytes or more",
                format!("{length} bytes"),
            ));
        }
        let header = file.get(at..).unwrap_or_default();
        let mut scan = common.clone();
        scan.positive("counting_time_s", decimal_at(header, 8));
        let (step, start) = (decimal_at(header, 12).unwrap_or(f64::NAN), decimal_at(header, 16).unwrap_or(f64::NAN));
        if header.len() < 48 {
            ranges.warnings.push(format!("byte {at}: the file ends in the header of range {number} of {count}"));
            break;
        }
        starts(&mut scan, header, 16, start, step, at)?;
        let kelvin = number_at::<u16>(header, 46).filter(|kelvin| (1..u16::MAX).contains(kelvin));
        scan.number("temperature_c", kelvin.map(|kelvin| f64::from(kelvin) - ZERO_CELSIUS_K));
        let (length, announced) = (usize::from(length), usize::from(announced));
        let intensities = f32_records(file, at + length, 4, announced);
        points(&mut scan, start, step, intensities, announced);
        ranges.scans.push(scan);
        at += length + 4 * announced;
    }
    if count == 0 {
        return Err(ReadError::malformed(Place::byte(4), "at least one range", "none"));
    }
    if ranges.scans.is_empty() {
        return Err(ReadError::malformed(Place::byte(file.len()), "a range", "the end of the file"));
    }
    Ok(ranges)
}

/// Checks start and step, and infers the scanned axis from the consecutive starts of 2θ and θ.
fn starts(
    scan: &mut Scan,
    header: &[u8],
    two_theta_at: usize,
    start: f64,
    step: f64,
    at: usize,
) -> Result<(), ReadError> {
    if !are_angles(start, step) {
        return Err(ReadError::malformed(
            Place::byte(at),
            "a start and a step in degrees",
            format!("{start} and {step}"),
        ));
    }
    let theta = decimal_at(header, two_theta_at + 4).filter(|theta| *theta != UNKNOWN);
    let is_coupled = theta.is_some_and(|theta| (2.0 * theta - start).abs() <= 1e-4 * start.abs().max(1.0));
    scan.axis(if is_coupled { Some("coupled") } else { None });
    scan.number("step_deg", step);
    scan.number("theta_start_deg", theta);
    for (name, place) in [("chi_start_deg", 8), ("phi_start_deg", 12)] {
        scan.number(name, decimal_at(header, two_theta_at + place).filter(|angle| *angle != UNKNOWN));
    }
    scan.not_stated("intensity_unit");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version_1(follows: u32, marker: &[u8]) -> Vec<u8> {
        let mut range = marker.to_vec();
        range.extend(3_u32.to_le_bytes());
        range.extend([1.5_f32, 0.5].map(f32::to_le_bytes).concat());
        range.extend([0; 8]);
        range.extend([10_f32, 5.0, -1e6, -1e6].map(f32::to_le_bytes).concat());
        range.extend(*b"film                            ");
        range.extend([1.5406_f32, 1.5444].map(f32::to_le_bytes).concat());
        range.extend([0; 72]);
        range.extend(follows.to_le_bytes());
        range.extend([7_f32, 8.0, 9.0].map(f32::to_le_bytes).concat());
        range
    }

    #[test]
    fn ranges_of_version_1_follow_with_and_without_their_marker() {
        for marker in [&b"RAW "[..], b""] {
            let file = [version_1(1, b"RAW "), version_1(0, marker)].concat();
            let ranges = ranges_of_version_1(&file).unwrap();
            assert_eq!(ranges.scans.len(), 2);
            let scan = ranges.scans[1].clone().measurement(1);
            assert_eq!(scan.numbers("scan_angle_deg"), Some(&[10.0, 10.5, 11.0][..]));
            assert_eq!(scan.numbers("intensity"), Some(&[7.0, 8.0, 9.0][..]));
            assert_eq!(scan.metadata["scan_axis"], crate::Value::Text("theta_two_theta".to_owned()));
            assert_eq!(scan.metadata["wavelength_k_alpha_1_angstrom"], crate::Value::Number(1.5406));
        }
    }

    #[test]
    fn a_range_that_the_file_cuts_keeps_its_points() {
        let file = [version_1(1, b"RAW "), version_1(0, b"RAW ")].concat();
        let ranges = ranges_of_version_1(&file[..file.len() - 5]).unwrap();
        assert_eq!(ranges.scans[1].clone().measurement(1).n_points(), 1);
        let ranges = ranges_of_version_1(&file[..200]).unwrap();
        assert_eq!(ranges.warnings, ["byte 172: the file ends before a further range that it announces"]);
    }
}
