//! Reads real files of potentiostats other than EC-Lab's and Gamry's and compares them with what independent programs read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.
//! Spectra are compared in `real_eis.rs` as well.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use aldb_formats::{Measurement, Reading, Registry, Technique, Value};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference that values may have: all read the same digits or bytes; conversions round once.
const VALUE: f64 = 1e-15;
/// Relative difference that sums may have, against the sum of magnitudes: the order of adding differs.
const SUM: f64 = 1e-12;

fn read(folder: &Path, file: &str) -> (String, Reading) {
    let bytes = std::fs::read(folder.join(file)).unwrap();
    Registry::new().read(&bytes, None).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn golden(folder: &Path, set: &str, file: &str) -> Json {
    let path = folder.join(set).join("golden").join(format!("{file}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn text<'a>(measurement: &'a Measurement, name: &str) -> Option<&'a str> {
    match measurement.metadata.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Compares a column with the golden's statistics of it, times `factor`.
fn assert_column(measurement: &Measurement, name: &str, golden: &Json, factor: f64, file: &str) {
    let values = measurement.numbers(name).unwrap_or_else(|| panic!("{file}: {name}"));
    let stated = |key: &str| golden.get(key).and_then(Json::as_f64).map(|value| value * factor);
    let n = golden.get("n").or_else(|| golden.get("n_numeric")).and_then(Json::as_u64).unwrap();
    assert_eq!(values.len() as u64, n, "{file}: {name}");
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (least_key, most_key) = if factor < 0.0 { ("max", "min") } else { ("min", "max") };
    let ends = [("first", values[0]), ("last", values[values.len() - 1]), (least_key, least), (most_key, most)];
    for (key, ours) in ends {
        if let Some(theirs) = stated(key) {
            assert!((ours - theirs).abs() <= VALUE * theirs.abs(), "{file}: {name}, {key}: {ours} and {theirs}");
        }
    }
    let magnitude: f64 = values.iter().map(|value| value.abs()).sum();
    let (ours, theirs) = (values.iter().sum::<f64>(), stated("sum").unwrap());
    assert!((ours - theirs).abs() <= SUM * magnitude, "{file}: {name}, sum: {ours} and {theirs}");
}

/// File, format, method, and for each column its name, its place in the golden's list and the factor to its unit.
type Expected = (&'static str, &'static str, &'static str, &'static [(&'static str, usize, f64)]);

#[test]
fn curves_read_as_independent_programs_read_them() {
    const CURVES: &[Expected] = &[
        ("palmsens_cv_1scan.pssession", "palmsens_session", "cyclic_voltammetry", PALMSENS),
        ("palmsens_lsv.pssession", "palmsens_session", "linear_sweep_voltammetry", PALMSENS),
        (
            "zahner_cv.isc",
            "zahner_isc",
            "cyclic_voltammetry",
            &[("time_s", 0, 1.0), ("potential_v", 1, 1.0), ("current_a", 2, 1.0)],
        ),
        // The surface area in the file is 4 cm².
        (
            "corrware_cv.cor",
            "corrware_cor",
            "cyclic_voltammetry",
            &[
                ("potential_v", 0, 1.0),
                ("current_density_a_per_cm2", 1, 1.0),
                ("current_a", 1, 4.0),
                ("time_s", 2, 1.0),
            ],
        ),
        (
            "chi760e_cv.txt",
            "chi_electrochemistry",
            "cyclic_voltammetry",
            &[("potential_v", 0, 1.0), ("current_a", 1, 1.0)],
        ),
        ("nova_cv_comma.txt", "autolab_nova_dc", "not stated", NOVA),
        ("nova_cv_semicolon_decimal_comma.txt", "autolab_nova_dc", "not stated", NOVA),
        ("nova_cv_tab_FeBr3(TMGasme) - 100mV.txt", "autolab_nova_dc", "not stated", NOVA),
    ];
    const PALMSENS: &[(&str, usize, f64)] =
        &[("time_s", 0, 1.0), ("potential_v", 1, 1.0), ("current_a", 2, 1e-6), ("charge_mah", 3, 1e-6 / 3.6)];
    const NOVA: &[(&str, usize, f64)] = &[
        ("control_potential_v", 0, 1.0),
        ("time_s", 1, 1.0),
        ("current_a", 2, 1.0),
        ("potential_v", 3, 1.0),
        ("cycle", 4, 1.0),
    ];
    let Some(real) = real_files("") else { return };
    for (file, format, method, columns) in CURVES {
        let (found, reading) = read(&real.join("echem"), file);
        assert_eq!((found.as_str(), reading.measurements.len(), reading.rejected.len()), (*format, 1, 0), "{file}");
        let curve = &reading.measurements[0];
        assert_eq!(curve.technique, Technique::Electrochemistry, "{file}");
        assert_eq!(text(curve, "method"), Some(*method), "{file}");
        assert_eq!(text(curve, "incomplete"), None, "{file}");
        let golden = golden(&real, "echem", file);
        let readings = &golden["readings"][0];
        let list = readings.get("columns").unwrap_or(&readings["measurements"][0]["values"]);
        for (name, place, factor) in *columns {
            assert_column(curve, name, &list[*place], *factor, file);
        }
        if let Some(rate) = readings["scan_rate_V_s"].as_f64() {
            assert_eq!(curve.metadata["scan_rate_v_per_s"], Value::Number(rate), "{file}");
        }
        if let Some(start) = readings["start"].as_str() {
            assert_eq!(text(curve, "started_at"), Some(start.replace(' ', "T").as_str()), "{file}");
        }
    }
}

#[test]
fn every_curve_of_a_workbook_of_pstrace_is_read() {
    let Some(real) = real_files("") else { return };
    let file = "palmsens_pstrace_cv.xlsx";
    let (format, reading) = read(&real.join("echem"), file);
    assert_eq!((format.as_str(), reading.rejected.len()), ("palmsens_xlsx", 0));
    let golden = golden(&real, "echem", file);
    let columns = golden["readings"][0]["sheets"][0]["numeric_columns"].as_array().unwrap();
    assert_eq!(reading.measurements.len() * 2, columns.len());
    for (curve, pair) in reading.measurements.iter().zip(columns.chunks(2)) {
        assert_column(curve, "potential_v", &pair[0], 1.0, file);
        assert_column(curve, "current_a", &pair[1], 1e-6, file);
    }
}

#[test]
fn a_spectrum_of_zahner_is_the_whole_sweep_with_potential_and_current() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("eis"), "zahner_geis.ism");
    assert_eq!((format.as_str(), reading.measurements.len(), reading.rejected.len()), ("zahner_ism", 1, 0));
    let spectrum = &reading.measurements[0];
    let golden = golden(&real, "eis", "zahner_geis.ism");
    let stated = &golden["eis"]["spectra"][0];
    assert_eq!(spectrum.n_points() as u64, stated["n_points"].as_u64().unwrap());
    for (name, key, place) in [("frequency_hz", "sum_f", 0), ("z_re_ohm", "sum_re", 1), ("z_im_ohm", "sum_im", 2)] {
        let values = spectrum.numbers(name).unwrap();
        let sum: f64 = values.iter().sum();
        let theirs = stated[key].as_f64().unwrap();
        assert!((sum - theirs).abs() <= SUM * theirs.abs(), "{name}: {sum} and {theirs}");
        // zahner-analysis turns sweeps round that go down.
        let (first, last) = (stated["last"][place].as_f64().unwrap(), stated["first"][place].as_f64().unwrap());
        assert!(
            (values[0] - first).abs() <= VALUE * first.abs()
                && (values[values.len() - 1] - last).abs() <= VALUE * last.abs()
        );
    }
    let meta = &golden["readings"][0]["meta"];
    assert_eq!(text(spectrum, "title"), meta["SystemString"].as_str());
    assert_eq!(spectrum.numbers("potential_v").unwrap().len(), spectrum.n_points());
    assert_eq!(spectrum.metadata["ac_amplitude_a"], Value::Number(0.005));
    // No sensor was connected: 0.1 ± 0.9 °C.
    assert!(!spectrum.metadata.contains_key("temperature_c"));
    assert!(!spectrum.metadata.contains_key("electrode_area_cm2"));
    let start = golden["readings"][0]["start"].as_str().unwrap();
    assert!(start.replace(' ', "T").starts_with(text(spectrum, "started_at").unwrap()));
}

#[test]
fn an_edited_session_that_contradicts_itself_gives_a_warning() {
    let Some(real) = real_files("") else { return };
    let (_, reading) = read(&real.join("eis"), "29pt_palmsens.pssession");
    let [spectrum] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert!(spectrum.warnings.iter().any(|warning| warning.starts_with("the file contradicts itself")));
}
