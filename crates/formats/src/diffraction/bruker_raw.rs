//! Reads the binary files of Siemens and Bruker diffractometers (`.raw`): DIFFRAC-AT versions 1 and 2, DIFFRACplus
//! (`RAW1.01`, often called version 3) and DIFFRAC.SUITE's converter (`RAW4.00`).
//!
//! The first bytes tell them apart; STOE and GSAS use the same extension for formats of their own. All are little-endian,
//! and each range is a measurement.
//!
//! Source: DIFFRAC-AT manual, appendix B, and DIFFRACplus XCH manual (2002), appendix A, as cited by xylib; files of all
//! versions but the first.
//!
//! Not supported: ranges scanned over something that is no angle. They are left out with a warning.

mod at;
mod plus;
mod suite;

use super::scan::Scan;
use crate::manifest::embedded;
use crate::text::excerpt;
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections};

/// Most ranges that a file may have: a pole figure has some hundred.
const MOST_RANGES: usize = 100_000;

/// Reads Bruker's `.raw`.
#[derive(Debug)]
pub(crate) struct BrukerRaw;

impl Adapter for BrukerRaw {
    fn manifest(&self) -> &Manifest {
        embedded("bruker_raw")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let file = probe.file();
        let binary = |file: &[u8]| file.get(..16.min(file.len())).is_some_and(|head| head.contains(&0));
        let is_new = file.starts_with(b"RAW1.01\0") || file.starts_with(b"RAW4.00\0");
        let is_old = (file.starts_with(b"RAW ") || file.starts_with(b"RAW2")) && binary(file);
        if is_new || is_old { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let ranges = match file {
            [b'R', b'A', b'W', b'1', ..] => plus::ranges(file)?,
            [b'R', b'A', b'W', b'4', ..] => suite::ranges(file)?,
            [b'R', b'A', b'W', b'2', ..] => at::ranges_of_version_2(file)?,
            [b'R', b'A', b'W', b' ', ..] => at::ranges_of_version_1(file)?,
            _ => {
                let start = file.get(..8.min(file.len())).unwrap_or_default();
                let found = format!("`{}`", excerpt(&String::from_utf8_lossy(start), 8));
                return Err(ReadError::malformed(Place::byte(0), "`RAW1.01`, `RAW4.00`, `RAW2` or `RAW `", &found));
            }
        };
        finish(ranges)
    }
}

/// What the ranges of a file came to.
#[derive(Debug, Default)]
struct Ranges {
    scans: Vec<Scan>,
    /// Ranges that are no scans over an angle, in words.
    left_out: Vec<String>,
    warnings: Vec<String>,
}

fn finish(ranges: Ranges) -> Result<Reading, ReadError> {
    if let (true, Some(first)) = (ranges.scans.is_empty(), ranges.left_out.first()) {
        return Err(ReadError::NotSupported {
            place: Place::Offset(0),
            recognised: format!("a Bruker RAW file of {} ranges without an angle ({first})", ranges.left_out.len()),
            advice: "export it as text".to_owned(),
        });
    }
    let mut warnings = ranges.warnings;
    // A file may have thousands of them; the first few say it all.
    warnings.extend(ranges.left_out.iter().take(5).map(|words| format!("left out: {words}")));
    if ranges.left_out.len() > 5 {
        warnings.push(format!("{} ranges were left out in all", ranges.left_out.len()));
    }
    let measurements = ranges.scans.into_iter().enumerate().map(|(block, scan)| scan.measurement(block)).collect();
    Ok(Reading { measurements, rejected: Rejections::default(), warnings })
}

/// Adds angles and intensities; `announced` is the number of points that the header states.
fn points(scan: &mut Scan, start: f64, step: f64, intensities: Vec<f64>, announced: usize) {
    let angles = super::scan::stepped(start, step, intensities.len());
    measured(scan, angles, "position", intensities, announced);
}

/// The same where each angle is stored.
fn measured(scan: &mut Scan, angles: Vec<f64>, header: &str, mut intensities: Vec<f64>, announced: usize) {
    let found = intensities.len();
    if found < announced {
        scan.incomplete(&format!("{found} points, the file announces {announced}"));
    }
    // What DIFFRAC writes where it did not count.
    let mut unmeasured = 0;
    for value in intensities.iter_mut().filter(|value| **value == -9999.0) {
        *value = f64::NAN;
        unmeasured += 1;
    }
    if unmeasured > 0 {
        scan.warnings
            .push(format!("{unmeasured} points were not measured (-9999 in the file): they have no intensity"));
    }
    scan.column("scan_angle_deg", Some("deg"), header, angles);
    scan.column("intensity", Some("1"), "intensity", intensities);
}

/// Whether start and step can be angles.
fn are_angles(start: f64, step: f64) -> bool {
    start.is_finite() && start.abs() <= 1000.0 && step.is_finite() && step.abs() <= 360.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_the_same_extension_are_not_taken() {
        let sniff = |file: &[u8]| BrukerRaw.sniff(&Probe::new(file));
        assert_eq!(sniff(b"RAW_1.06Powdat\0\0"), Match::No);
        assert_eq!(sniff(b"RAW data of something\r\n"), Match::No);
        assert_eq!(sniff(b"RAW2\x01\0\0\0"), Match::Certain);
        assert_eq!(sniff(b"RAW1.01\0"), Match::Certain);
    }

    #[test]
    fn a_point_that_was_not_measured_has_no_intensity() {
        let mut scan = Scan::default();
        points(&mut scan, 10.0, 0.5, vec![4.0, -9999.0], 3);
        let scan = scan.measurement(0);
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[10.0, 10.5][..]));
        assert!(scan.numbers("intensity").is_some_and(|values| values[0] == 4.0 && values[1].is_nan()));
        assert_eq!(scan.metadata["incomplete"], crate::Value::Text("2 points, the file announces 3".to_owned()));
    }
}
