//! Reads real impedance files of every format and compares them with what independent programs read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap; the differences found are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, ReadError, Registry, Technique};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference that ends and sums may have: all read the same digits or the same bytes, and only the order of
/// adding (and of multiplying, where impedance is computed from modulus and phase) may differ.
const TOLERANCE: f64 = 1e-12;

/// Formats that are known and not read.
const REFUSED: [&str; 2] = ["mps", "md"];

/// One spectrum as another program reads it.
struct Expected {
    n_points: usize,
    /// Frequency, real and imaginary part of the two end rows; programs disagree about their order.
    ends: Option<[[f64; 3]; 2]>,
    sums: [f64; 3],
}

fn row(json: &Json) -> [f64; 3] {
    std::array::from_fn(|place| json[place].as_f64().unwrap())
}

/// The spectra of a golden of the first set.
fn of_first_set(golden: &Json) -> Option<Vec<Expected>> {
    let spectra = golden["eis"]["spectra"].as_array()?;
    // Zahner's are listed twice, with and without frequencies that were measured twice.
    let count = golden["eis"]["n_spectra"].as_u64().unwrap() as usize;
    let expected = spectra.iter().take(count).map(|spectrum| Expected {
        n_points: spectrum["n_points"].as_u64().unwrap() as usize,
        ends: Some([row(&spectrum["first"]), row(&spectrum["last"])]),
        sums: ["sum_f", "sum_re", "sum_im"].map(|key| spectrum[key].as_f64().unwrap()),
    });
    Some(expected.collect())
}

/// The spectra of a golden of the second set, where its oracle gives frequency and impedance.
///
/// pyimpspec keeps a row of frequency 0 (direct current) as a point of the spectrum, as zeros; it is not a point.
fn of_second_set(golden: &Json) -> Option<Vec<Expected>> {
    let oracle = golden["oracle"]["peer"].as_str()?;
    let peer = golden["peers"].as_array()?.iter().find(|peer| peer["peer"] == oracle)?;
    let mut expected = Vec::new();
    for table in peer["tables"].as_array()? {
        if table["columns"] != serde_json::json!(["freq_Hz", "Re_Z_ohm", "Im_Z_ohm"]) {
            return None;
        }
        let has_direct_current = table["last_row"] == serde_json::json!([0.0, 0.0, 0.0]);
        let sum = |column: &str| table["stats"][column]["sum"].as_f64().unwrap();
        expected.push(Expected {
            n_points: table["n_points"].as_u64().unwrap() as usize - usize::from(has_direct_current),
            ends: (!has_direct_current).then(|| [row(&table["first_row"]), row(&table["last_row"])]),
            sums: [sum("freq_Hz"), sum("Re_Z_ohm"), sum("Im_Z_ohm")],
        });
    }
    Some(expected)
}

fn relative(one: f64, other: f64) -> f64 {
    if one == other { 0.0 } else { (one - other).abs() / one.abs().max(other.abs()) }
}

/// Largest relative difference of ends and sums.
fn difference(measurement: &Measurement, expected: &Expected) -> f64 {
    let columns = ["frequency_hz", "z_re_ohm", "z_im_ohm"].map(|name| measurement.numbers(name).unwrap());
    let mut worst = 0.0_f64;
    for (column, sum) in columns.iter().zip(expected.sums) {
        // Against the sum of magnitudes: an imaginary part may add up to nearly nothing.
        let magnitude: f64 = column.iter().map(|value| value.abs()).sum();
        worst = worst.max((column.iter().sum::<f64>() - sum).abs() / magnitude);
    }
    if let Some([first, last]) = expected.ends {
        let end = |place: usize| columns.map(|column| column[place]);
        let pairs = |ours: [f64; 3], theirs: [f64; 3]| {
            ours.iter().zip(theirs).map(|(ours, theirs)| relative(*ours, theirs)).fold(0.0, f64::max)
        };
        let (top, bottom) = (end(0), end(columns[0].len() - 1));
        let as_is = pairs(top, first).max(pairs(bottom, last));
        let turned = pairs(top, last).max(pairs(bottom, first));
        worst = worst.max(as_is.min(turned));
    }
    worst
}

fn goldens(folder: &Path) -> Vec<(String, Json)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let json: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (path.file_name().unwrap().to_string_lossy().into_owned(), json)
    };
    paths.into_iter().map(read).filter(|(_, json)| json["file"].is_string()).collect()
}

#[test]
fn every_file_reads_as_independent_programs_do_or_is_refused_by_name() {
    let Some(real) = real_files("") else { return };
    let registry = Registry::new();
    let mut compared = 0;
    for (set, spectra) in
        [("eis", of_first_set as fn(&Json) -> Option<Vec<Expected>>), ("eis_b", of_second_set as fn(&Json) -> _)]
    {
        for (name, golden) in goldens(&real.join(set).join("golden")) {
            let path = real.join(set).join(golden["file"].as_str().unwrap());
            let result = registry.read(&std::fs::read(&path).unwrap(), None);
            let extension = path.extension().unwrap().to_string_lossy().into_owned();
            if REFUSED.contains(&extension.as_str()) {
                assert!(matches!(result, Err(ReadError::NotSupported { .. })), "{name}: {result:?}");
                continue;
            }
            let (format, mut reading) = result.unwrap_or_else(|error| panic!("{name}: {error}"));
            // Records of potential and current may accompany the spectra.
            reading.measurements.retain(|measurement| measurement.technique == Technique::ImpedanceSpectroscopy);
            assert_eq!(*reading.rejected, [], "{name}");
            let Some(expected) = spectra(&golden) else {
                println!("{set} {name}: {format}, no spectrum to compare with");
                continue;
            };
            if expected.len() == 1 && reading.measurements.len() > 1 {
                // impedance.py doesn't split spectra, and keeps direct-current rows: only frequencies are comparable.
                let frequencies =
                    reading.measurements.iter().flat_map(|spectrum| spectrum.numbers("frequency_hz").unwrap());
                assert!(relative(frequencies.sum(), expected[0].sums[0]) < TOLERANCE, "{name}");
                continue;
            }
            let ours: Vec<_> = reading.measurements.iter().map(Measurement::n_points).collect();
            let theirs: Vec<_> = expected.iter().map(|spectrum| spectrum.n_points).collect();
            assert_eq!(ours, theirs, "{name}");
            let differences = reading.measurements.iter().zip(&expected).map(|(ours, theirs)| difference(ours, theirs));
            let worst = differences.fold(0.0, f64::max);
            println!("{set} {name}: {format}, {} spectra, largest relative difference {worst:.1e}", expected.len());
            assert!(worst < TOLERANCE, "{name}: {worst}");
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn the_synthetic_campaign_is_split_into_its_spectra() {
    let Some(real) = real_files("") else { return };
    let bytes = std::fs::read(real.join("eis_b/synthetic_R0_R1Q1_Q2.csv")).unwrap();
    let (format, reading) = Registry::new().read(&bytes, None).unwrap();
    assert_eq!((format.as_str(), reading.measurements.len(), reading.rejected.len()), ("impedance_csv", 24, 0));
    assert!(reading.measurements.iter().all(|spectrum| spectrum.n_points() == 60));
    let first = &reading.measurements[0];
    assert_eq!(first.numbers("z_im_ohm").unwrap()[0], -13127.336996524149);
    assert_eq!(first.numbers("temperature_c").unwrap()[0], 30.0);
}

#[test]
fn settings_of_text_formats_are_found_and_placeholders_are_absent() {
    let Some(real) = real_files("") else { return };
    let metadata = |name: &str| {
        let bytes = std::fs::read(real.join("eis").join(name)).unwrap();
        let (_, reading) = Registry::new().read(&bytes, None).unwrap();
        serde_json::to_string(&reading.measurements[0].metadata).unwrap()
    };
    assert_eq!(
        metadata("chi660e_impedance.txt"),
        r#"{"ac_amplitude_v":0.025,"dc_potential_v":0.0,"instrument":"CHI660E","quiet_time_s":2.0,"started_at":"2020-02-20T15:55:08"}"#
    );
    assert_eq!(
        metadata("zplot_3_2c.z"),
        r#"{"date_as_written":"10-12-2018","experiment":"Sweep Frequency, Control Voltage","open_circuit_potential_v":0.0033,"software":"ZPlot: 3.2c","time_as_written":"11:04:34"}"#
    );
    assert_eq!(
        metadata("versastudio.par"),
        r#"{"ac_amplitude_v":0.02,"instrument":"VersaSTAT4","open_circuit_potential_v":0.006404,"serial":"16334007","software_version":"2.52.3.0","started_at":"2018-07-19T09:40:30"}"#
    );
}

#[test]
fn direct_current_rows_are_counted_and_not_rejected() {
    let Some(real) = real_files("") else { return };
    let bytes = std::fs::read(real.join("eis/parstat_versastudio.txt")).unwrap();
    let (_, reading) = Registry::new().read(&bytes, None).unwrap();
    assert_eq!(*reading.rejected, []);
    assert_eq!(
        reading.warnings,
        ["781 rows left out: frequency 0, measured with direct current before or between spectra"]
    );
}
