//! Compares the XML and zip formats of diffractometers with an independent reading of real files.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use aldb_formats::{Measurement, Registry};
use serde_json::Value;
use test_support::real_files;

/// The golden figures have nine digits.
fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 2e-8 * expected.abs().max(1.0), "{what}: {found}, expected {expected}");
}

fn compare(measurement: &Measurement, golden: &Value, what: &str) {
    assert_eq!(measurement.n_points() as u64, golden["n_points"].as_u64().unwrap(), "{what}");
    let (x, y) = (measurement.numbers("scan_angle_deg").unwrap(), measurement.numbers("intensity").unwrap());
    let number = |name: &str| golden[name].as_f64().unwrap();
    close(x[0], number("x_start"), what);
    close(x[x.len() - 1], number("x_stop"), what);
    close(y[0], number("y_first"), what);
    close(y[y.len() - 1], number("y_last"), what);
    close(y.iter().copied().fold(f64::MIN, f64::max), number("y_max"), what);
    close(y.iter().sum(), number("y_sum"), what);
    assert!(measurement.numbers("two_theta_deg").is_some(), "{what}");
}

#[test]
fn patterns_agree_with_an_independent_reading() {
    let Some(folder) = real_files("xrd") else { return };
    let audit: Value = serde_json::from_slice(&std::fs::read(folder.join("golden/AUDIT.json")).unwrap()).unwrap();
    let registry = Registry::new();
    let mut compared = 0;
    for (name, golden) in audit["files"].as_object().unwrap() {
        let format = match Path::new(name).extension().and_then(|extension| extension.to_str()) {
            Some("xrdml") => "xrdml",
            Some("brml") => "bruker_brml",
            Some("rasx") => "rigaku_rasx",
            _ => continue,
        };
        let Some(blocks) = golden["own_reading"].as_array() else { continue };
        let (found, reading) = registry.read(&std::fs::read(folder.join(name)).unwrap(), None).unwrap();
        assert_eq!(
            (found.as_str(), reading.measurements.len(), reading.rejected.len()),
            (format, blocks.len(), 0),
            "{name}"
        );
        for (measurement, block) in reading.measurements.iter().zip(blocks) {
            compare(measurement, block, name);
        }
        compared += 1;
    }
    assert!(compared >= 9, "{compared} files compared");
}

#[test]
fn an_exported_pattern_agrees_with_the_file_that_it_was_exported_from() {
    let Some(folder) = real_files("xrd") else { return };
    let registry = Registry::new();
    let read =
        |name: &str| registry.read(&std::fs::read(folder.join(name)).unwrap(), None).unwrap().1.measurements.remove(0);
    let (stored, exported) = (read("210520step1_30min.xrdml"), read("210520step1_30min.csv"));
    assert_eq!(stored.numbers("intensity"), exported.numbers("intensity"));
    let (x, y) = (stored.numbers("two_theta_deg").unwrap(), exported.numbers("two_theta_deg").unwrap());
    // The export has nine decimals.
    assert!(x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-8));
    assert_eq!(stored.metadata["counting_time_s"], exported.metadata["counting_time_s"]);
}
