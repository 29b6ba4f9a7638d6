//! Ranges of a Bruker RAW file: what all versions of the format share.

use super::super::scan::{Scan, stepped};
use crate::text::counted;

/// Most ranges that a file may have: a pole figure has some hundred.
pub(super) const MOST_RANGES: usize = 100_000;

/// The readings of a file's ranges.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    pub(super) scans: Vec<Scan>,
    /// Descriptions of ranges that are not scans over an angle.
    pub(super) left_out: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// Adds angles and intensities; `announced` is the number of points that the header states.
pub(super) fn points(scan: &mut Scan, start: f64, step: f64, intensities: Vec<f64>, announced: usize) {
    let angles = stepped(start, step, intensities.len());
    measured(scan, angles, "position", intensities, announced);
}

/// The same where each angle is stored.
pub(super) fn measured(scan: &mut Scan, angles: Vec<f64>, header: &str, mut intensities: Vec<f64>, announced: usize) {
    let found = intensities.len();
    if found < announced {
        scan.incomplete(&format!("{}, the file announces {announced}", counted(found, "point")));
    }
    // What DIFFRAC writes where it did not count.
    let mut unmeasured = 0;
    #[expect(clippy::float_cmp, reason = "-9999 is a mark, stored exactly")]
    for value in intensities.iter_mut().filter(|value| **value == -9999.0) {
        *value = f64::NAN;
        unmeasured += 1;
    }
    if unmeasured > 0 {
        scan.warnings.push(format!(
            "no intensity for {} marked as not measured (-9999 in the file)",
            counted(unmeasured, "point")
        ));
    }
    scan.column("scan_angle_deg", Some("deg"), header, angles);
    scan.column("intensity", Some("1"), "intensity", intensities);
}

/// Whether start and step can be angles.
pub(super) fn are_angles(start: f64, step: f64) -> bool {
    start.is_finite() && start.abs() <= 1000.0 && step.is_finite() && step.abs() <= 360.0
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

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
