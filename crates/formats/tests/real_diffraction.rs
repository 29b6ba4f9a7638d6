//! Reads real files of diffractometers and compares them with what independent programs read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap; the differences found are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, ReadError, Reading, Registry, Technique, Value};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference of intensities and their sums: the other programs' numbers are written with nine digits.
const TOLERANCE: f64 = 1e-8;

/// Texts without a header: nothing in them identifies the columns, so the format is named for them.
const NAMED: [(&str, &str); 2] = [("210520step1_30min.xy", "xrd_xy"), ("example_mythen.xye", "xrd_xye")];

fn json(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every diffraction file with its golden.
fn files() -> Vec<(PathBuf, Json)> {
    let mut found = Vec::new();
    for folder in ["xrd", "xrd_b"].into_iter().filter_map(real_files) {
        for entry in std::fs::read_dir(folder.join("golden")).into_iter().flatten() {
            let golden = json(&entry.unwrap().path());
            if let Some(name) = golden["file"].as_str().filter(|_| golden["trusted_reader"].is_string()) {
                found.push((folder.join(name), golden));
            }
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn read(path: &Path) -> Result<(String, Reading), ReadError> {
    let name = path.file_name().unwrap().to_string_lossy();
    let format = NAMED.iter().find(|(file, _)| *file == name).map(|(_, format)| *format);
    Registry::new().read(&std::fs::read(path).unwrap(), format)
}

/// The reading of the trusted program: one pattern for each block.
fn trusted(golden: &Json) -> Vec<Json> {
    let blocks = match golden["trusted_reader"].as_str().unwrap() {
        "twin" => &golden["twin"]["blocks"],
        // The correction names geddes as the reference.
        "AUDIT" => &golden["readers"]["geddes"]["blocks"],
        reader => &golden["readers"][reader]["blocks"],
    };
    blocks.as_array().unwrap().clone()
}

fn difference(measurement: &Measurement, expected: &Json, text: bool) -> Option<String> {
    let number = |key: &str| expected[key].as_f64().unwrap();
    let x = measurement.numbers("scan_angle_deg")?;
    let y = measurement.numbers("intensity")?;
    if y.len() as f64 != number("n_points") {
        return Some(format!("{} points, expected {}", y.len(), number("n_points")));
    }
    // Text of the other program is printed with few decimals: half a step then. Else nine digits, and it multiplies a
    // step in 32 bits by some thousand.
    let step = (number("x_stop") - number("x_start")).abs() / (number("n_points") - 1.0);
    let angle = if text { step / 2.0 } else { 5e-6 };
    let near = |one: f64, other: f64, tolerance: f64| (one - other).abs() <= tolerance;
    let relative = |one: f64, other: f64| near(one, other, TOLERANCE * other.abs());
    let peak = y.iter().copied().reduce(f64::max)?;
    let checks = [
        ("x_start", near(x[0], number("x_start"), angle)),
        ("x_stop", near(x[x.len() - 1], number("x_stop"), angle)),
        ("y_first", relative(y[0], number("y_first"))),
        ("y_last", relative(y[y.len() - 1], number("y_last"))),
        ("y_max", relative(peak, number("y_max"))),
        ("y_sum", expected["y_sum"].is_null() || relative(y.iter().sum(), number("y_sum"))),
    ];
    let wrong: Vec<&str> = checks.iter().filter(|(_, right)| !right).map(|(name, _)| *name).collect();
    (!wrong.is_empty())
        .then(|| format!("{} differ: x {}..{}, y {}..{}", wrong.join(", "), x[0], x[x.len() - 1], y[0], y[y.len() - 1]))
}

#[test]
fn every_pattern_reads_as_the_trusted_program_does() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (path, golden) in files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if golden["trusted_reader"].as_str().unwrap().starts_with("none") || name == "decimal_comma.txt" {
            continue;
        }
        let reading = match read(&path) {
            Ok((_, reading)) => reading,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let expected = trusted(&golden);
        assert_eq!(reading.measurements.len(), expected.len(), "{name}");
        assert!(reading.rejected.is_empty(), "{name}: {:?}", reading.rejected.first());
        let text = golden["trusted_reader"] == "twin" || name.to_lowercase().ends_with("uxd");
        for (measurement, expected) in reading.measurements.iter().zip(&expected) {
            assert_eq!(measurement.technique, Technique::XRayDiffraction, "{name}");
            if let Some(words) = difference(measurement, expected, text) {
                wrong.push(format!("{name}, block {}: {words}", measurement.block));
            }
            compared += 1;
        }
    }
    println!("{compared} patterns compared");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_or_uncertain_files_are_refused_by_name() {
    let (Some(first), Some(second)) = (real_files("xrd"), real_files("xrd_b")) else { return };
    let refusal = |path: PathBuf| read(&path).unwrap_err().to_string();
    assert!(refusal(first.join("xrdpattern_stoe.raw")).contains("a STOE RAW diffraction pattern"));
    assert!(read(&second.join("decimal_comma.txt")).is_err());
}

#[test]
fn axes_units_and_wavelengths_are_those_that_the_files_state() {
    let Some(first) = real_files("xrd") else { return };
    let expected: [(&str, &[(&str, Value)]); 4] = [
        ("BT86.raw", &[("wavelength_angstrom", Value::Number(1.5406)), ("counting_time_s", Value::Number(0.5))]),
        (
            "xrdpattern_bruker.raw",
            &[("generator_voltage_kv", Value::Number(40.0)), ("counting_time_s", Value::Number(288.0))],
        ),
        ("Temperature.uxd", &[("temperature_c", Value::Number(313.6949 - 273.15))]),
        ("210520step1_30min.csv", &[("started_at", Value::Text("2021-05-20T15:55:00".to_owned()))]),
    ];
    for (name, settings) in expected {
        let reading = read(&first.join(name)).unwrap().1;
        let metadata = &reading.measurements[0].metadata;
        for (key, value) in settings {
            assert_eq!(metadata.get(*key), Some(value), "{name}, {key}");
        }
        assert_eq!(metadata["scan_axis"], Value::Text("theta_two_theta".to_owned()), "{name}");
    }
}
