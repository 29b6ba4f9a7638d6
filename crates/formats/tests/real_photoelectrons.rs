//! Reads real photoelectron spectra of every format and compares them with what independent programs read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap; the differences found are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::Path;

use aldb_formats::{Measurement, ReadError, Reading, Registry, Value};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference that values may have: the results are stored with nine digits, and sums are added in a different
/// order.
const TOLERANCE: f64 = 2e-8;
/// Difference of energies, in eV: programs add up steps or divide ranges, and print nine digits.
const TOLERANCE_EV: f64 = 1e-5;

fn json(path: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The blocks that the trusted reader of a file found; the audit's own reading where there is one.
fn expected(folder: &Path, file: &str) -> Vec<Json> {
    let audit = folder.join("golden/AUDIT.json");
    if audit.exists() {
        let own = &json(&audit)["files"][file]["own_reading"];
        if let Some(blocks) = own.as_array() {
            return blocks.clone();
        }
    }
    let golden = json(&folder.join(format!("golden/{file}.json")));
    let reader = golden["trusted_reader"].as_str().unwrap();
    golden["readers"][reader]["blocks"].as_array().unwrap().clone()
}

fn read(folder: &Path, file: &str) -> Result<(String, Reading), ReadError> {
    Registry::new().read(&std::fs::read(folder.join(file)).unwrap(), None)
}

fn text<'m>(measurement: &'m Measurement, name: &str) -> &'m str {
    match measurement.metadata.get(name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn number(measurement: &Measurement, name: &str) -> f64 {
    match measurement.metadata.get(name) {
        Some(Value::Number(number)) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

fn is_close(ours: f64, theirs: f64, scale: f64) -> bool {
    (ours - theirs).abs() <= TOLERANCE * scale.abs().max(1.0)
}

/// Compares points, ends, largest value and sum of two columns with those of a golden block. `factor` turns our
/// intensity into theirs.
fn compare(file: &str, measurement: &Measurement, [x, y]: [&str; 2], block: &Json, factor: f64) {
    let at = format!("{file}, measurement {} ({})", measurement.block, text(measurement, "region"));
    let column = |name: &str| measurement.numbers(name).unwrap_or_else(|| panic!("{at}: no column {name}"));
    let (x, y) = (column(x), column(y));
    let y: Vec<f64> = y.iter().map(|value| value * factor).collect();
    assert_eq!(x.len() as u64, block["n_points"].as_u64().unwrap(), "{at}");
    let theirs = |key: &str| block[key].as_f64().unwrap_or_else(|| panic!("{at}: no {key}"));
    for (ours, key) in [(x[0], "x_start"), (x[x.len() - 1], "x_stop")] {
        assert!((ours - theirs(key)).abs() < TOLERANCE_EV, "{at}: {key} {} is {ours}", theirs(key));
    }
    let largest = y.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = y.iter().sum();
    let magnitude: f64 = y.iter().map(|value| value.abs()).sum();
    for (ours, key, scale) in [
        (y[0], "y_first", y[0]),
        (y[y.len() - 1], "y_last", largest),
        (largest, "y_max", largest),
        (sum, "y_sum", magnitude),
    ] {
        assert!(is_close(ours, theirs(key), scale), "{at}: {key} {} is {ours}", theirs(key));
    }
    let place = y.iter().position(|value| *value == largest).unwrap();
    if let Some(there) = block["x_at_y_max"].as_f64() {
        assert!((x[place] - there).abs() < TOLERANCE_EV, "{at}: the largest value is at {}", x[place]);
    }
}

/// The expected reading of a file.
struct File {
    folder: &'static str,
    name: &'static str,
    format: &'static str,
    columns: [&'static str; 2],
    energy_scale: &'static str,
    intensity_unit: &'static str,
}

const fn file(
    folder: &'static str,
    name: &'static str,
    format: &'static str,
    energy_scale: &'static str,
    intensity_unit: &'static str,
) -> File {
    File { folder, name, format, columns: ["energy_ev", "intensity"], energy_scale, intensity_unit }
}

const FILES: &[File] = &[
    file("xps", "0-150W.vms", "vamas", "kinetic", "counts"),
    file("xps", "FeO_analyzed.vms", "vamas", "kinetic", "counts"),
    file("xps", "mjr9_116a.vms", "vamas", "kinetic", "counts"),
    file("xps", "regular.vms", "vamas", "kinetic", "counts"),
    file("xps_b", "omicron_2.vms", "vamas", "binding", "counts"),
    file("xps_b", "omicron_casaxps.vms", "vamas", "kinetic", "counts"),
    file("xps", "vms_txt_export.txt", "casaxps_txt", "binding", "counts/s"),
    file("xps", "MgFe2O4_small.xy", "specs_xy", "binding", "counts/s"),
    file("xps_b", "specs_iss_sample.xy", "specs_xy", "kinetic", "counts/s"),
    file("xps_b", "specs_iss_sample.xml", "specs_xml", "kinetic", "counts"),
    file("xps", "SnO2_10nm.spe", "phi", "binding", "counts/s"),
    file("xps", "Hard_carbon_Thermo.xlsx", "avantage_xlsx", "binding", "counts/s"),
    file("xps", "scienta_Ag_0001.txt", "scienta_txt", "binding", "not stated"),
    file("xps_b", "scienta_Ag_0002.txt", "scienta_txt", "binding", "not stated"),
    file("xps", "scienta_Ag_0001Ag__001.ibw", "scienta_ibw", "binding", "not stated"),
    file("xps_b", "scienta_Ag_0002Ag__002.ibw", "scienta_ibw", "binding", "not stated"),
    file("xps", "LG4X_C1s_sample.csv", "lg4x_csv", "binding", "not stated"),
    file("xps_b", "LG4X_O1s_600eV.csv", "lg4x_csv", "binding", "not stated"),
    file("xps_b", "LG4X_survey_kinetic.csv", "lg4x_csv", "kinetic", "not stated"),
];

#[test]
fn every_file_reads_as_independent_programs_do() {
    let Some(real) = real_files("") else { return };
    for File { folder, name, format, columns, energy_scale, intensity_unit } in FILES {
        let folder = real.join(folder);
        let (found, reading) = read(&folder, name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&found, format, "{name}");
        assert_eq!(*reading.rejected, [], "{name}");
        // Tables of peaks are not spectra.
        let blocks: Vec<Json> = expected(&folder, name).into_iter().filter(is_spectrum).collect();
        assert_eq!(reading.measurements.len(), blocks.len(), "{name}");
        for (measurement, block) in reading.measurements.iter().zip(&blocks) {
            compare(name, measurement, *columns, block, 1.0);
            assert_eq!(text(measurement, "energy_scale"), *energy_scale, "{name}");
            assert_eq!(text(measurement, "intensity_unit"), *intensity_unit, "{name}");
            assert!(!measurement.metadata.contains_key("incomplete"), "{name}");
        }
        println!("{name}: {format}, {} spectra", blocks.len());
    }
}

/// Whether a golden block has a spectrum: sheets of a workbook may be tables of peaks.
fn is_spectrum(block: &Json) -> bool {
    block["top_rows"].as_array().is_none_or(|rows| rows.iter().any(|row| row[0] == "Axis"))
}

#[test]
fn vamas_settings_are_those_that_the_audit_found() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("xps");
    for name in ["0-150W.vms", "FeO_analyzed.vms", "mjr9_116a.vms", "regular.vms"] {
        let (_, reading) = read(&folder, name).unwrap();
        for (measurement, block) in reading.measurements.iter().zip(expected(&folder, name)) {
            assert_eq!(text(measurement, "region"), block["name"], "{name}");
            let dwell = block["dwell_s"].as_f64().unwrap();
            assert_eq!(number(measurement, "dwell_time_s"), dwell, "{name}");
            assert_eq!(number(measurement, "counting_time_s"), dwell * block["n_scans"].as_f64().unwrap(), "{name}");
            assert_eq!(
                number(measurement, "excitation_energy_ev"),
                block["source_energy_eV"].as_f64().unwrap(),
                "{name}"
            );
            if block["pass_energy_eV"].as_f64().unwrap() < 1e36 {
                assert_eq!(number(measurement, "pass_energy_ev"), block["pass_energy_eV"].as_f64().unwrap(), "{name}");
            }
            let transmission = block["other_columns"].as_object().unwrap().values().next().unwrap();
            let ours = measurement.numbers("transmission").unwrap();
            assert!(is_close(ours[0], transmission[0].as_f64().unwrap(), 100.0), "{name}");
            assert!(is_close(ours[ours.len() - 1], transmission[1].as_f64().unwrap(), 100.0), "{name}");
        }
    }
    let (_, reading) = read(&folder, "0-150W.vms").unwrap();
    assert_eq!(text(&reading.measurements[0], "started_at"), "2020-08-27T14:05:46");
    assert_eq!(text(&reading.measurements[0], "sample"), "Ni-W");
}

#[test]
fn the_work_function_is_not_part_of_binding_energies() {
    let Some(real) = real_files("") else { return };
    let (_, reading) = read(&real.join("xps"), "0-150W.vms").unwrap();
    let spectrum = &reading.measurements[0];
    assert_eq!(number(spectrum, "work_function_ev"), -4.5);
    assert!((spectrum.numbers("binding_energy_ev").unwrap()[0] - 1200.0).abs() < 1e-9);
}

#[test]
fn a_depth_profile_has_a_spectrum_for_every_region_and_level() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("xps");
    let (format, reading) = read(&folder, "SnO2_10nm_1.pro").unwrap();
    assert_eq!((format.as_str(), reading.measurements.len()), ("phi", 84));
    let golden = json(&folder.join("golden/SnO2_10nm_1.pro.json"));
    let mut measurements = reading.measurements.iter();
    for region in golden["readers"]["pynxtools"]["blocks"].as_array().unwrap() {
        for (level, sweep) in region["sweeps"].as_array().unwrap().iter().enumerate() {
            let measurement = measurements.next().unwrap();
            let mut block = sweep.clone();
            for key in ["n_points", "x_start", "x_stop"] {
                block[key] = region[key].clone();
            }
            compare("SnO2_10nm_1.pro", measurement, ["energy_ev", "intensity"], &block, 1.0);
            assert_eq!(text(measurement, "region"), region["name"]);
            assert_eq!(number(measurement, "etch_level"), level as f64);
            assert_eq!(number(measurement, "etch_time_s"), 30.0 * level as f64);
        }
    }
}

#[test]
fn detectors_of_specs_are_aligned_as_the_audit_found() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("xps");
    let (_, reading) = read(&folder, "In-situ_PBTTT_XPS_SPECS.xml").unwrap();
    let blocks = expected(&folder, "In-situ_PBTTT_XPS_SPECS.xml");
    assert_eq!(reading.measurements.len(), blocks.len());
    for (measurement, block) in reading.measurements.iter().zip(&blocks) {
        // The audit gives the mean over scans, we give all counts.
        let scans = block["n_scans_stored"].as_f64().unwrap();
        compare("In-situ_PBTTT_XPS_SPECS.xml", measurement, ["energy_ev", "intensity"], block, 1.0 / scans);
        assert_eq!(number(measurement, "n_scans"), scans);
        let binding = measurement.numbers("binding_energy_ev").unwrap();
        assert!((binding[0] - block["be_first"].as_f64().unwrap()).abs() < 1e-9);
    }
}

#[test]
fn an_export_of_specs_has_the_rates_of_its_xml() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("xps_b");
    let (_, xml) = read(&folder, "specs_iss_sample.xml").unwrap();
    let (_, xy) = read(&folder, "specs_iss_sample.xy").unwrap();
    let rates = |reading: &Reading| reading.measurements[0].numbers("count_rate_per_s").unwrap().to_vec();
    let (stored, exported) = (rates(&xml), rates(&xy));
    assert_eq!(stored.len(), exported.len());
    // The export is interpolated, which leaves 2e-14 where there was 0.
    assert!(stored.iter().zip(&exported).all(|(one, other)| (one - other).abs() < 1e-9));
}

#[test]
fn a_scan_over_photon_energies_is_named_as_such() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("xps");
    let (format, reading) = read(&folder, "specsxy_example.xy").unwrap();
    let blocks = expected(&folder, "specsxy_example.xy");
    assert_eq!((format.as_str(), reading.measurements.len()), ("specs_xy", blocks.len()));
    for (measurement, block) in reading.measurements.iter().zip(&blocks) {
        compare("specsxy_example.xy", measurement, ["energy_ev", "intensity"], block, 1.0);
        assert_eq!(text(measurement, "region"), block["name"]);
    }
    let last = &reading.measurements[3];
    assert_eq!((text(last, "region"), text(last, "energy_scale")), ("O1s_XAS_45°", "photon"));
    assert_eq!(last.numbers("binding_energy_ev"), None);
}

#[test]
fn synthetic_spectra_are_read_as_they_were_made() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("xps/synthetic_o1s");
    let truth = std::fs::read_to_string(folder.join("truth.csv")).unwrap();
    for line in truth.lines().skip(1) {
        let cells: Vec<&str> = line.trim_end().split(',').collect();
        let (format, reading) = read(&folder, cells[0]).unwrap_or_else(|error| panic!("{}: {error}", cells[0]));
        assert_eq!((format.as_str(), reading.measurements.len()), ("photoelectron_csv", 1), "{}", cells[0]);
        let spectrum = &reading.measurements[0];
        let points: usize = cells[16].parse().unwrap();
        assert_eq!((spectrum.n_points(), spectrum.numbers("counts").unwrap().len()), (points, points));
        assert_eq!(spectrum.numbers("binding_energy_ev").unwrap()[0], 525.0);
        let noise_free = spectrum.numbers("counts_noise_free").unwrap();
        assert_eq!(noise_free[0], cells[10].parse::<f64>().unwrap());
    }
}

#[test]
fn files_without_a_spectrum_are_refused_with_the_reason() {
    let Some(real) = real_files("") else { return };
    let message = |folder: &str, name: &str| read(&real.join(folder), name).unwrap_err().to_string();
    let malformed = message("xps_b", "omicron_malformed.vms");
    assert!(malformed.contains("the comment of block 1") && malformed.ends_with("found `XPS`"), "{malformed}");
    assert!(message("xps_b", "princeton_1d-1.spe").contains("WinSpec"));
    assert!(message("xps", "FeO_analyzed_results.csv").contains("a CasaXPS quantification report"));
}
