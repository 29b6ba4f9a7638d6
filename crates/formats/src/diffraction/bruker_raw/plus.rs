//! DIFFRACplus (`RAW1.01`, often called version 3).
//!
//! File header, 712 bytes: u32 status at 8 (1 done, 2 active, 3 aborted, 4 interrupted), u32 ranges at 12, date
//! (month first) at 16, time at 26, site at 108, sample at 326, comment at 386, anode at 608, f64 wavelengths from 616
//! (Kα mean, Kα₁, Kα₂, Kβ) and the ratio Kα₂ : Kα₁. Range header: u32 length, u32 points, f64 starts from +8 (θ, 2θ, χ,
//! φ, x, y, z), f64 step at +176, f32 time per step at +192, u32 scan type at +196, u32 voltage and current at +224, f64
//! used wavelength at +240, u32 mask of quantities that vary by point at +248, u32 record length at +252 (4, and 8 for
//! each of these), u32 length of the supplementary headers at +256. Records follow the header and these; the first f32
//! is the intensity, and where bit 0 of the mask is set an f64 2θ follows it.

use super::super::scan::{Lines, Scan};
use super::ranges::{MOST_RANGES, Ranges, are_angles, measured, points};
use crate::little_endian::{decimal_at, f32_records, number_at, text_at, usize_at};
use crate::local_time::{DateOrder, parse_local_time};
use crate::{Place, ReadError};

const FILE_HEADER: usize = 712;
/// The part of a range header that is read.
const RANGE_HEADER: usize = 260;

pub(super) fn ranges(file: &[u8]) -> Result<Ranges, ReadError> {
    if file.len() < FILE_HEADER + RANGE_HEADER {
        let found = format!("{} bytes", file.len());
        return Err(ReadError::malformed(
            Place::byte(file.len()),
            "headers of the file and of a range, 972 bytes",
            &found,
        ));
    }
    let count = usize_at(file, 12).unwrap_or_default();
    let status = number_at::<u32>(file, 8).unwrap_or_default();
    let common = common(file, status);
    let mut ranges = Ranges::default();
    let mut at = FILE_HEADER;
    for number in 1..=count.min(MOST_RANGES) {
        let header = file.get(at..).unwrap_or_default();
        if header.len() < RANGE_HEADER {
            ranges.warnings.push(format!("byte {at}: the file ends before range {number} of {count}"));
            break;
        }
        let length = usize_at(header, 0).unwrap_or_default();
        if length < RANGE_HEADER {
            return Err(ReadError::malformed(
                Place::byte(at),
                "a range header of 260 bytes or more",
                format!("{length} bytes"),
            ));
        }
        let announced = usize_at(header, 4).unwrap_or_default();
        let varying = number_at::<u32>(header, 248).unwrap_or_default();
        // Older programs leave the record length 0 where nothing varies.
        let record = usize_at(header, 252).filter(|record| *record >= 4).unwrap_or(4);
        let data = at.saturating_add(length).saturating_add(usize_at(header, 256).unwrap_or_default());
        let next = data.saturating_add(announced.saturating_mul(record));
        if record != 4 + 8 * varying.count_ones() as usize {
            let found = format!("records of {record} bytes");
            let expected = format!("records of {} bytes", 4 + 8 * varying.count_ones());
            return Err(ReadError::malformed(Place::byte(at + 252), &expected, &found));
        }
        let mut scan = common.clone();
        match drive(header, at)? {
            Ok(start) => {
                let step = number_at::<f64>(header, 176).unwrap_or(f64::NAN);
                if !are_angles(start, step) {
                    return Err(ReadError::malformed(
                        Place::byte(at),
                        "a start and a step in degrees",
                        format!("{start} and {step}"),
                    ));
                }
                settings(&mut scan, header);
                let intensities = f32_records(file, data, record, announced);
                let is_two_theta = matches!(number_at::<u32>(header, 196), Some(0..=2));
                if varying & 1 == 1 && is_two_theta {
                    let rest = file.get(data..).unwrap_or_default();
                    let angles =
                        rest.chunks_exact(record).take(announced).filter_map(|record| number_at::<f64>(record, 4));
                    measured(&mut scan, angles.collect(), "2theta", intensities, announced);
                } else {
                    points(&mut scan, start, step, intensities, announced);
                }
                ranges.scans.push(scan);
            }
            Err(words) => ranges.left_out.push(format!("range {number}, {words}")),
        }
        at = next;
    }
    if ranges.scans.is_empty() && ranges.left_out.is_empty() {
        return Err(ReadError::malformed(Place::byte(12), "at least one range", "none"));
    }
    if let Some(last) = ranges.scans.last_mut().filter(|_| matches!(status, 2..=4)) {
        let word = match status {
            2 => "active",
            3 => "aborted",
            _ => "interrupted",
        };
        last.incomplete(&format!("the measurement was {word}, as the file states"));
    }
    Ok(ranges)
}

fn common(file: &[u8], status: u32) -> Scan {
    let mut scan = Scan::default();
    scan.text("format_version", "RAW1.01");
    if let Some(started) = parse_local_time(&text_at(file, 16, 10), &text_at(file, 26, 10), DateOrder::MonthFirst) {
        scan.text("started_at", &started.iso);
    }
    scan.text("sample", &text_at(file, 326, 60));
    scan.text("comment", &text_at(file, 386, 160));
    scan.text("anode", &text_at(file, 608, 4));
    scan.positive("wavelength_k_alpha_mean_angstrom", number_at::<f64>(file, 616));
    scan.wavelengths(&Lines {
        used: None,
        alpha_1: number_at::<f64>(file, 624),
        alpha_2: number_at::<f64>(file, 632),
        beta: number_at::<f64>(file, 640),
        ratio: number_at::<f64>(file, 648),
    });
    if status == 0 || status > 4 {
        scan.warnings.push(format!("the file's status is {status}, expected 1 to 4"));
    }
    scan
}

/// The start of the scanned drive, or the reason why the range is not a scan over an angle.
fn drive(header: &[u8], at: usize) -> Result<Result<f64, String>, ReadError> {
    let start = |offset| number_at::<f64>(header, offset).unwrap_or(f64::NAN);
    let code = number_at::<u32>(header, 196).unwrap_or_default();
    Ok(match code {
        0..=2 => Ok(start(16)),
        3 => Ok(start(8)),
        4 => Ok(start(24)),
        5 => Ok(start(32)),
        6 => Err("a scan over x".to_owned()),
        7 => Err("a scan over y".to_owned()),
        8 => Err("a scan over z".to_owned()),
        9..=11 => Err(format!("a scan over auxiliary axis {}", code - 8)),
        12 => Err("a psi scan".to_owned()),
        13 => Err("a scan over hkl".to_owned()),
        14 => Err("a scan through reciprocal space".to_owned()),
        // Also seen as 129 and 130: a position-sensitive detector, over 2θ.
        129 | 130 => Ok(start(16)),
        _ => {
            return Err(ReadError::malformed(
                Place::byte(at + 196),
                "a scan type of 0 to 14, 129 or 130",
                code.to_string(),
            ));
        }
    })
}

fn settings(scan: &mut Scan, header: &[u8]) {
    let (axis, kind) = match number_at::<u32>(header, 196) {
        Some(0) => (Some("coupled"), "locked coupled"),
        Some(1) => (Some("coupled"), "unlocked coupled"),
        Some(2) => (Some("2theta"), "detector scan"),
        Some(3) => (Some("omega"), "rocking curve"),
        Some(4) => (Some("chi"), "chi scan"),
        Some(5) => (Some("phi"), "phi scan"),
        Some(129) => (Some("2theta"), "PSD fixed scan"),
        Some(130) => (Some("2theta"), "PSD fast scan"),
        _ => (None, ""),
    };
    scan.axis(axis);
    scan.text("scan_type", kind);
    if kind == "detector scan" {
        scan.number("incidence_angle_deg", number_at::<f64>(header, 8));
    }
    for (name, offset) in [("theta_start_deg", 8), ("chi_start_deg", 24), ("phi_start_deg", 32)] {
        scan.number(name, number_at::<f64>(header, offset));
    }
    scan.number("step_deg", number_at::<f64>(header, 176));
    scan.positive("counting_time_s", decimal_at(header, 192));
    scan.positive("generator_voltage_kv", number_at::<u32>(header, 224).map(f64::from));
    scan.positive("generator_current_ma", number_at::<u32>(header, 228).map(f64::from));
    scan.positive("wavelength_angstrom", number_at::<f64>(header, 240));
    // DIFFRACplus stores counted events; its converter writes them as `_2THETACOUNTS`.
    scan.text("intensity_unit", "counts");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
        file[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn file(scan_type: u32, varying: u32) -> Vec<u8> {
        let mut file = vec![0; FILE_HEADER + 304 + 8];
        put(&mut file, 0, b"RAW1.01\0");
        put(&mut file, 8, &[1, 0, 0, 0, 1]);
        put(&mut file, 16, b"03/14/10\0\x0020:59:14");
        put(&mut file, FILE_HEADER, &304_u32.to_le_bytes());
        put(&mut file, FILE_HEADER + 4, &2_u32.to_le_bytes());
        for (place, start) in [20.0_f64, 40.0, 1.0, 90.0].into_iter().enumerate() {
            put(&mut file, FILE_HEADER + 8 + 8 * place, &start.to_le_bytes());
        }
        put(&mut file, FILE_HEADER + 176, &0.25_f64.to_le_bytes());
        put(&mut file, FILE_HEADER + 196, &scan_type.to_le_bytes());
        put(&mut file, FILE_HEADER + 248, &varying.to_le_bytes());
        put(&mut file, FILE_HEADER + 252, &(4 + 8 * varying.count_ones()).to_le_bytes());
        put(&mut file, FILE_HEADER + 256, &8_u32.to_le_bytes());
        for (intensity, angle) in [(7.0_f32, 40.1_f64), (8.0, 40.4)] {
            file.extend(intensity.to_le_bytes());
            if varying & 1 == 1 {
                file.extend(angle.to_le_bytes());
            }
        }
        file
    }

    #[test]
    fn the_scan_type_selects_the_start_angle() {
        for (scan_type, first, axis) in [
            (0, 40.0, "theta_two_theta"),
            (2, 40.0, "two_theta"),
            (3, 20.0, "omega"),
            (4, 1.0, "chi"),
            (5, 90.0, "phi"),
        ] {
            let scan = ranges(&file(scan_type, 0)).unwrap().scans.remove(0).measurement(0);
            assert_eq!(scan.numbers("scan_angle_deg"), Some(&[first, first + 0.25][..]));
            assert_eq!(scan.metadata["scan_axis"], Value::Text(axis.to_owned()));
            assert_eq!(scan.metadata["started_at"], Value::Text("2010-03-14T20:59:14".to_owned()));
        }
        assert_eq!(ranges(&file(6, 0)).unwrap().left_out, ["range 1, a scan over x"]);
        assert!(ranges(&file(77, 0)).is_err());
    }

    #[test]
    fn angles_that_vary_are_read_from_the_records() {
        let scan = ranges(&file(0, 1)).unwrap().scans.remove(0).measurement(0);
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[40.1, 40.4][..]));
        assert_eq!(scan.numbers("intensity"), Some(&[7.0, 8.0][..]));
        let mut contradiction = file(0, 1);
        put(&mut contradiction, FILE_HEADER + 252, &[4]);
        assert!(ranges(&contradiction).is_err());
    }

    #[test]
    fn a_huge_announced_count_takes_no_memory() {
        let mut file = file(0, 0);
        put(&mut file, FILE_HEADER + 4, &u32::MAX.to_le_bytes());
        put(&mut file, 12, &u32::MAX.to_le_bytes());
        let ranges = ranges(&file).unwrap();
        assert_eq!(ranges.scans[0].clone().measurement(0).n_points(), 2);
    }
}
