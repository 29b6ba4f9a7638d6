//! Reads real files of ion beam analysis of every format and compares them with what an independent program reads.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, ReadError, Reading, Registry, Value, Values};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference that sums may have: both read the same digits, and only the order of adding differs.
const TOLERANCE: f64 = 1e-12;

/// All files of the set with their goldens, whose format is `format`.
fn files(format: &str) -> Vec<(PathBuf, Json)> {
    let Some(folder) = real_files("erd") else { return Vec::new() };
    let mut found = Vec::new();
    collect(&folder.join("golden"), &mut found);
    let goldens = found.into_iter().map(|path| serde_json::from_slice::<Json>(&std::fs::read(path).unwrap()).unwrap());
    let of_format = goldens.filter(|golden| golden["format"] == format);
    let paths = of_format.map(|golden| (folder.join(golden["file"].as_str().unwrap()), golden));
    paths.filter(|(path, _)| path.is_file()).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

fn read(path: &Path, format: &str) -> Reading {
    let (found, reading) = Registry::new().read(&std::fs::read(path).unwrap(), None).unwrap();
    assert_eq!(found, format, "{}", path.display());
    assert_eq!(*reading.rejected, [], "{}", path.display());
    reading
}

fn assert_close(found: f64, expected: f64, what: &str) {
    let scale = found.abs().max(expected.abs()).max(1.0);
    assert!((found - expected).abs() <= TOLERANCE * scale, "{what}: {found}, expected {expected}");
}

fn sum(values: &[f64]) -> f64 {
    values.iter().sum()
}

/// Compares ends of the columns `names` with the golden's first and last row.
fn assert_ends(measurement: &Measurement, names: &[&str], scales: &[f64], golden: &Json) {
    for (place, (name, scale)) in names.iter().zip(scales).enumerate() {
        let values = measurement.numbers(name).unwrap();
        let number = |json: &Json| json.as_f64().unwrap_or_else(|| json.as_str().unwrap().parse().unwrap()) * scale;
        assert_close(values[0], number(&golden["first_row"][place]), name);
        assert_close(values[values.len() - 1], number(&golden["last_row"][place]), name);
    }
}

#[test]
fn depth_profiles_of_potku_agree() {
    for (path, golden) in files("potku-depth") {
        let reading = read(&path, "potku_depth");
        let profile = &reading.measurements[0];
        assert_eq!(profile.n_points() as u64, golden["rows"].as_u64().unwrap());
        const NAMES: [&str; 7] = [
            "areal_depth_1e15_per_cm2",
            "mass_depth_ug_per_cm2",
            "depth_nm",
            "fraction",
            "weighted_yield",
            "fraction_err",
            "counts",
        ];
        let columns = golden["columns"].as_array().unwrap().len();
        assert_eq!(profile.columns.len(), columns);
        assert_ends(profile, &NAMES[..columns], &[1.0; 7], &golden);
        assert_close(sum(profile.numbers("fraction").unwrap()), golden["sum_concentration"].as_f64().unwrap(), "sum");
        assert_eq!(profile.metadata["bin_width_1e15_per_cm2"], Value::Number(golden["step_1e15"].as_f64().unwrap()));
        let is_total = golden["element"] == "total";
        let element = if is_total { "total" } else { aldb_formats::NOT_STATED };
        assert_eq!(profile.metadata["element"], Value::Text(element.to_owned()));
        if !is_total {
            assert_eq!(sum(profile.numbers("counts").unwrap()), golden["sum_counts"].as_f64().unwrap());
        }
    }
}

#[test]
fn the_bulk_composition_of_potkus_film_agrees() {
    let Some(folder) = real_files("erd") else { return };
    let golden: Json =
        serde_json::from_slice(&std::fs::read(folder.join("golden/composition/potku_depthfiles.json")).unwrap())
            .unwrap();
    let column = |element: &str, name: &str| {
        let reading = read(&folder.join(format!("potku/depthfiles/depth.{element}")), "potku_depth");
        reading.measurements[0].numbers(name).unwrap().to_vec()
    };
    let depth = column("total", "areal_depth_1e15_per_cm2");
    let total = column("total", "fraction");
    for (element, expected) in golden["bulk"]["elements"].as_object().unwrap() {
        let fraction = column(element, "fraction");
        let in_window = (0..depth.len()).filter(|row| (130.0..=490.0).contains(&depth[*row]));
        let percent: Vec<_> = in_window.map(|row| 100.0 * fraction[row] / total[row]).collect();
        let mean = sum(&percent) / percent.len() as f64;
        // The golden has five decimals.
        assert!((mean - expected["mean_at_percent"].as_f64().unwrap()).abs() < 1e-5, "{element}: {mean}");
    }
}

#[test]
fn events_of_potku_agree() {
    const NAMES: [&str; 3] = ["time_of_flight_channel", "energy_channel", "event_number"];
    for (format, name) in [("potku-cut", "potku_cut"), ("potku-asc", "potku_list")] {
        for (path, golden) in files(format) {
            let reading = read(&path, name);
            let events = &reading.measurements[0];
            assert_eq!(events.n_points() as u64, golden["events"].as_u64().unwrap());
            assert!(!events.metadata.contains_key("incomplete"));
            let sums = golden["sums"].as_array().unwrap();
            assert_ends(events, &NAMES[..sums.len()], &[1.0; 3], &golden);
            for (name, expected) in NAMES.iter().zip(sums) {
                assert_eq!(sum(events.numbers(name).unwrap()), expected.as_f64().unwrap(), "{}", path.display());
            }
        }
    }
    for (path, golden) in files("potku-tof_list") {
        let reading = read(&path, "potku_tof_list");
        let events = &reading.measurements[0];
        assert_eq!(events.n_points() as u64, golden["rows"].as_u64().unwrap());
        let names = ["detector_theta_deg", "detector_phi_deg", "energy_kev", "atomic_number", "mass_u"];
        assert_ends(events, &names, &[1.0, 1.0, 1000.0, 1.0, 1.0], &golden);
        assert_close(
            sum(events.numbers("energy_kev").unwrap()),
            1000.0 * golden["sum_energy"].as_f64().unwrap(),
            "sum",
        );
        assert_eq!(events.metadata["element"], Value::Text("Li".to_owned()));
        assert_eq!(events.metadata["reaction"], Value::Text("ERD".to_owned()));
    }
}

#[test]
fn spectra_agree() {
    for (path, golden) in files("potku-hist") {
        let spectrum = &read(&path, "potku_energy_spectrum").measurements[0];
        assert_eq!(spectrum.n_points() as u64, golden["rows"].as_u64().unwrap());
        assert_ends(spectrum, &["energy_kev", "counts"], &[1000.0, 1.0], &golden);
        assert_eq!(sum(spectrum.numbers("counts").unwrap()), golden["column_sums"][1].as_f64().unwrap());
    }
    for (path, golden) in files("mca-2col").into_iter().chain(files("mca-odf")) {
        let spectrum = &read(&path, "mca_text").measurements[0];
        assert_eq!(spectrum.n_points() as u64, golden["rows"].as_u64().unwrap());
        let (channels, counts) = (spectrum.numbers("channel").unwrap(), spectrum.numbers("counts").unwrap());
        assert_eq!(channels[channels.len() - 1], golden["channel_max"].as_f64().unwrap());
        assert_eq!(sum(counts), golden["sum_all"].as_f64().unwrap());
        assert_eq!([counts[0], counts[1]], [&golden["channel_0"], &golden["channel_1"]].map(|v| v.as_f64().unwrap()));
        assert!(spectrum.warnings.iter().any(|warning| warning.contains("probably times")), "{}", path.display());
    }
}

/// The thicknesses of a profile's layers.
fn thicknesses(profile: &Measurement) -> Vec<f64> {
    let (layers, thickness) =
        (profile.numbers("layer").unwrap(), profile.numbers("layer_thickness_1e15_per_cm2").unwrap());
    let mut found: Vec<f64> = Vec::new();
    for (layer, thickness) in layers.iter().zip(thickness) {
        if *layer as usize > found.len() {
            found.push(*thickness);
        }
    }
    found
}

/// An element's content in each layer.
fn contents(profile: &Measurement, element: &str) -> Vec<f64> {
    let elements = profile.columns.iter().find(|column| column.name == "element").unwrap();
    let Values::Text(elements) = &elements.values else { panic!("numbers") };
    let rows = elements.iter().zip(profile.numbers("content_percent").unwrap());
    // Each layer has two boundaries.
    rows.filter(|(symbol, _)| *symbol == element).map(|(_, content)| *content).step_by(2).collect()
}

#[test]
fn ion_beam_data_files_agree() {
    for (path, golden) in files("idf-xml").into_iter().chain(files("simnra-xnra")) {
        let reading = read(&path, "iba_idf");
        let expected: Vec<f64> =
            golden["layers"].as_array().unwrap().iter().map(|layer| layer["thickness"].as_f64().unwrap()).collect();
        assert_eq!(thicknesses(&reading.measurements[0]), expected);
        let spectra = golden["spectra"].as_array().unwrap();
        let measured: Vec<_> = spectra.iter().filter(|spectrum| spectrum["experimental"]["sum"] != 0.0).collect();
        assert_eq!(reading.measurements.len(), 1 + measured.len());
        for (found, expected) in reading.measurements[1..].iter().zip(measured) {
            let counts = found.numbers("counts").unwrap();
            assert_eq!(counts.len() as u64, expected["experimental"]["channels"].as_u64().unwrap());
            assert_eq!(sum(counts), expected["experimental"]["sum"].as_f64().unwrap());
            let energy: f64 = expected["energy_keV"].as_str().unwrap().parse().unwrap();
            assert_eq!(found.metadata["beam_energy_kev"], Value::Number(energy));
        }
        let simulated: usize = spectra.iter().map(|spectrum| spectrum["simulated"].as_array().unwrap().len()).sum();
        let is_reported =
            reading.warnings.iter().any(|warning| warning.contains(&format!("({simulated}) are not read")));
        assert_eq!(is_reported, simulated > 0, "{:?}", reading.warnings);
    }
}

#[test]
fn percent_and_fractions_under_one_name_are_distinguished() {
    let Some(folder) = real_files("erd") else { return };
    let profile = read(&folder.join("simnra/rbs_rough.xnra"), "iba_idf").measurements.remove(0);
    assert_eq!(contents(&profile, "O"), [60.0, 0.0]);
    assert_eq!(contents(&profile, "C"), [0.0, 100.0]);
    let profile = read(&folder.join("idf/idf_example1.xml"), "iba_idf").measurements.remove(0);
    assert_eq!(contents(&profile, "Co"), [50.0, 0.0, 0.0]);
    assert_eq!(contents(&profile, "Si")[2], 100.0);
    assert!((contents(&profile, "O")[1] - 200.0 / 3.0).abs() < 1e-12);
}

#[test]
fn profile_and_report_of_ndf_agree_with_each_other_and_the_golden() {
    let Some(folder) = real_files("erd") else { return };
    for (path, golden) in files("ndf-prf") {
        let reading = read(&path, "ndf_profile");
        let profile = &reading.measurements[0];
        let rows = golden["layer_rows"].as_array().unwrap();
        let expected: Vec<f64> = rows.iter().map(|row| row[0].as_f64().unwrap()).collect();
        assert_eq!(thicknesses(profile), expected);
        let report = read(&folder.join("ndf/idf01.res"), "ndf_result");
        let report = &report.measurements[0];
        // The report has three decimals for thicknesses and four for percent, the profile six digits.
        for (one, other) in thicknesses(profile).iter().zip(thicknesses(report)) {
            assert!((one - other).abs() < 6e-4 + 1e-6 * one);
        }
        for (one, other) in contents(profile, "O").iter().zip(contents(report, "O")) {
            assert!((one - other).abs() < 1.5e-4, "{one} {other}");
        }
        // Cobalt's part was fitted: missing in the profile, stated in the report.
        assert!(contents(profile, "Co")[0].is_nan());
        assert_eq!(contents(report, "Co")[0], 25.6514);
        assert_eq!(contents(report, "Pt").len(), rows.len());
    }
}

#[test]
fn samples_of_jabs_agree() {
    for (path, golden) in files("jabs-layers") {
        let profile = read(&path, "jabs_sample").measurements.remove(0);
        assert_eq!(thicknesses(&profile).len() as u64, golden["rows"].as_u64().unwrap());
        assert_eq!(thicknesses(&profile), [30.0, 6800.0, 10000.0]);
        assert_eq!(contents(&profile, "Au"), [100.0, 0.0, 0.0]);
    }
    for (path, golden) in files("jabs-profile") {
        let profile = read(&path, "jabs_sample").measurements.remove(0);
        // Four elements at each depth.
        assert_eq!(profile.n_points() as u64, 4 * golden["rows"].as_u64().unwrap());
        let depth = profile.numbers("areal_depth_1e15_per_cm2").unwrap();
        assert_eq!((depth[0], depth[depth.len() - 1]), (0.0, 20000.0));
        assert_eq!(profile.numbers("content_percent").unwrap()[..2], [25.0, 25.0]);
    }
}

#[test]
fn files_without_measured_data_are_refused_by_name() {
    for (format, title) in
        [("potku-sel", "a Potku selection"), ("potku-ini", "Potku's settings"), ("potku-simu", "MCERD")]
    {
        for (path, _) in files(format) {
            let error = Registry::new().read(&std::fs::read(&path).unwrap(), None).unwrap_err();
            assert!(matches!(error, ReadError::NotSupported { .. }), "{}: {error}", path.display());
            assert!(error.to_string().contains(title), "{error}");
        }
    }
}
