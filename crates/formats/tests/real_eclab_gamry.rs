//! Reads real files of EC-Lab and Gamry and compares them with what independent programs read.
//!
//! The files are not ours and not part of the project: without them the tests say so and pass. They are
//! looked for in `ALDB_REAL_FILES`, else in `../../../shared/real`.

// Helpers of tests may unwrap; a skipped test and the differences found must be seen.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, ReadError, Reading, Registry, Value, Values};
use serde_json::Value as Json;

fn real_files() -> Option<PathBuf> {
    let folder = std::env::var_os("ALDB_REAL_FILES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real"), PathBuf::from);
    if folder.join("eis").is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no real files in {}", folder.display());
    None
}

fn read(path: &Path) -> Result<Reading, ReadError> {
    Registry::new().read(&std::fs::read(path).unwrap(), None).map(|(_, reading)| reading)
}

fn reading(path: &Path) -> Reading {
    read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Paths in `folder` with one of these extensions, in order.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
            extensions.iter().any(|wanted| *wanted == extension)
        })
        .collect();
    paths.sort();
    paths
}

fn golden(path: &Path) -> Option<Json> {
    let name = format!("{}.json", path.file_name()?.to_str()?);
    let text = std::fs::read_to_string(path.parent()?.join("golden").join(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

/// Difference relative to the larger of both.
fn relative(one: f64, other: f64) -> f64 {
    let scale = one.abs().max(other.abs());
    if scale == 0.0 { 0.0 } else { (one - other).abs() / scale }
}

fn numbers<'a>(measurement: &'a Measurement, name: &str) -> &'a [f64] {
    measurement.numbers(name).unwrap_or_else(|| panic!("no column `{name}`"))
}

fn text<'a>(measurement: &'a Measurement, name: &str) -> Option<&'a str> {
    match measurement.metadata.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn number(measurement: &Measurement, name: &str) -> Option<f64> {
    match measurement.metadata.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

#[test]
fn spectra_are_those_that_independent_readers_find() {
    let Some(real) = real_files() else { return };
    let mut compared = 0;
    let mut largest = [0.0_f64; 2];
    for path in files(&real.join("eis"), &["mpr", "mpt", "dta"]) {
        let Some(golden) = golden(&path) else { continue };
        let Some(expected) = golden["eis"]["spectra"].as_array() else { continue };
        let reading = reading(&path);
        let name = path.display();
        assert_eq!(reading.measurements.len(), expected.len(), "{name}");
        for (measurement, expected) in reading.measurements.iter().zip(expected) {
            let columns = ["frequency_hz", "z_re_ohm", "z_im_ohm"].map(|name| numbers(measurement, name));
            assert_eq!(columns[0].len() as u64, expected["n_points"].as_u64().unwrap(), "{name}");
            for (at, (column, sum)) in columns.iter().zip(["sum_f", "sum_re", "sum_im"]).enumerate() {
                let scale: f64 = column.iter().map(|value| value.abs()).sum();
                let difference = (column.iter().sum::<f64>() - expected[sum].as_f64().unwrap()).abs() / scale;
                assert!(difference <= 1e-12, "{name}: {sum} differs by {difference}");
                largest[0] = largest[0].max(difference);
                for (value, end) in [(column[0], "first"), (column[column.len() - 1], "last")] {
                    let difference = relative(value, expected[end][at].as_f64().unwrap());
                    assert!(difference <= 1e-15, "{name}: {end} row differs by {difference}");
                    largest[1] = largest[1].max(difference);
                }
            }
        }
        compared += 1;
    }
    println!("{compared} files; sums differ by {:e}, end rows by {:e}", largest[0], largest[1]);
    assert!(compared >= 15, "only {compared} files were compared");
}

#[test]
fn sums_are_those_of_every_reader_of_the_second_set() {
    let Some(real) = real_files() else { return };
    let folder = real.join("eis_b");
    let (mut compared, mut largest) = (0, 0.0_f64);
    for path in files(&folder.join("golden"), &["json"]) {
        let golden: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let is_ours = |format: &str| ["biologic-mpr", "biologic-mpt", "gamry-dta"].contains(&format);
        let Some(name) = golden["file"].as_str().filter(|_| golden["format"].as_str().is_some_and(is_ours)) else {
            continue;
        };
        let Ok(reading) = read(&folder.join(name)) else { panic!("{name} is not read") };
        for peer in golden["peers"].as_array().unwrap() {
            // One reader loses the columns of rows with blanks for tabs.
            if peer["peer"] == "gamry-parser" && name.ends_with("gamry_eispot_short.dta") {
                continue;
            }
            let tables = peer["tables"].as_array().map_or(&[][..], Vec::as_slice);
            for (column, theirs) in [
                ("frequency_hz", ["freq_Hz", "freq/Hz", "freq", "Freq"]),
                ("z_re_ohm", ["Re_Z_ohm", "Re(Z)/Ohm", "Re(Z)", "Zreal"]),
                ("z_im_ohm", ["Im_Z_ohm", "-Im(Z)/Ohm", "-Im(Z)", "Zimag"]),
            ] {
                let sums = tables.iter().filter_map(|table| {
                    let stated = theirs.iter().find(|name| table["stats"][**name].is_object())?;
                    let sum = table["stats"][*stated]["sum"].as_f64()?;
                    Some(if stated.starts_with('-') { -sum } else { sum })
                });
                let sums: Vec<f64> = sums.collect();
                if sums.is_empty() {
                    continue;
                }
                let own = reading.measurements.iter().flat_map(|measurement| numbers(measurement, column));
                let scale: f64 = own.clone().map(|value| value.abs()).sum();
                let difference = (own.sum::<f64>() - sums.iter().sum::<f64>()).abs() / scale.max(f64::MIN_POSITIVE);
                assert!(difference <= 1e-12, "{name}: {column} of {} differs by {difference}", peer["peer"]);
                largest = largest.max(difference);
                compared += 1;
            }
        }
    }
    println!("{compared} sums differ by at most {largest:e}");
    assert!(compared >= 60, "only {compared} sums were compared");
}

#[test]
fn every_column_of_a_binary_file_is_what_galvani_or_yadg_reads() {
    let Some(real) = real_files() else { return };
    let mut compared = 0;
    for path in files(&real.join("eis"), &["mpr"]) {
        let Some(golden) = golden(&path) else { continue };
        let reading = reading(&path);
        // Rows of frequency 0 are in their sums and in no spectrum.
        if reading.measurements.iter().any(|measurement| !measurement.warnings.is_empty()) {
            continue;
        }
        let peer = |name: &str| {
            let readings = golden["readings"].as_array()?;
            readings.iter().find(|reading| reading["peer"] == name)?["columns"].as_array()
        };
        // yadg puts a time of its own first.
        let Some(columns) = peer("galvani").map(Vec::as_slice).or_else(|| peer("yadg")?.get(1..)) else { continue };
        for (at, expected) in columns.iter().enumerate() {
            let Some(sum) = expected["sum"].as_f64() else { continue };
            let (mut own, mut scale) = (0.0, 0.0);
            for measurement in &reading.measurements {
                // By place, because they name some columns otherwise.
                let column = &measurement.columns[at];
                let factor = match column.name.as_str() {
                    "z_im_ohm" => -1.0,
                    "current_a" => 1000.0,
                    _ => 1.0,
                };
                let Values::Number(values) = &column.values else { panic!("{} holds words", column.name) };
                own += values.iter().sum::<f64>() * factor;
                scale += values.iter().map(|value| (value * factor).abs()).sum::<f64>();
            }
            assert!((own - sum).abs() <= 1e-12 * scale, "{}: {}: {own}, {sum}", path.display(), expected["name"]);
            compared += 1;
        }
    }
    assert!(compared >= 99, "only {compared} columns were compared");
}

/// Total harmonic distortion, noise to signal, and harmonics.
fn is_quality_indicator(header: &str) -> bool {
    ["THD ", "NSD ", "NSR ", "|Ewe h", "|I h"].iter().any(|start| header.starts_with(start))
}

#[test]
fn a_binary_file_and_its_text_export_agree_in_rows_and_settings() {
    let Some(real) = real_files() else { return };
    let mut pairs: Vec<(PathBuf, PathBuf)> = files(&real.join("eis"), &["mpr"])
        .into_iter()
        .map(|binary| (binary.clone(), binary.with_extension("mpt")))
        .filter(|(_, export)| export.exists())
        .collect();
    let film = real.join("eis_b/PEIS_LPSCl_IonBlocking_-25C.mpr");
    pairs.push((film.clone(), film.with_extension("txt")));
    assert_eq!(pairs.len(), 5);
    let mut worst = 0.0_f64;
    for (binary, export) in pairs {
        let name = binary.display().to_string();
        let (binary, export) = (reading(&binary), reading(&export));
        assert_eq!(binary.measurements.len(), export.measurements.len(), "{name}");
        for (binary, export) in binary.measurements.iter().zip(&export.measurements) {
            assert_eq!(binary.warnings, export.warnings, "{name}");
            let mut common = 0;
            for column in &binary.columns {
                let (Values::Number(ours), Some(theirs)) = (&column.values, export.numbers(&column.name)) else {
                    continue;
                };
                // The export has eight digits for single precision and sixteen for double.
                let largest = theirs.iter().fold(f64::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
                for (ours, theirs) in ours.iter().zip(theirs) {
                    // EC-Lab exports -1 or 0 for quality indicators at frequencies where it does not trust them.
                    if is_quality_indicator(&column.header) && (*theirs == -1.0 || *theirs == 0.0) {
                        continue;
                    }
                    let difference = (ours - theirs).abs() / largest;
                    assert!(difference <= 1e-7, "{name}: {}: {ours}, {theirs}", column.name);
                    worst = worst.max(difference);
                }
                common += 1;
            }
            assert!(common >= 10, "{name}: only {common} common columns");
            for (key, value) in &binary.metadata {
                if let Some(exported) = export.metadata.get(key) {
                    assert_eq!(value, exported, "{name}: {key}");
                }
            }
            for key in ["technique_code", "started_at", "channel", "serial", "instrument", "software", "original_file"]
            {
                assert!(export.metadata.contains_key(key) && binary.metadata.contains_key(key), "{name}: {key}");
            }
        }
    }
    println!("columns differ by {worst:e} of their largest value");
}

#[test]
fn settings_are_those_that_were_typed_and_placeholders_are_absent() {
    let Some(real) = real_files() else { return };
    let first = |path: &str| reading(&real.join(path)).measurements.remove(0);
    for file in ["eis/eclab_geis_loops.mpr", "eis/eclab_geis_loops.mpt"] {
        let galvano = first(file);
        assert_eq!(number(&galvano, "electrode_area_cm2"), Some(1.13), "{file}");
        assert_eq!(number(&galvano, "characteristic_mass_g"), Some(0.005544), "{file}");
        assert_eq!(number(&galvano, "ac_amplitude_a"), Some(5e-5), "{file}");
        assert_eq!(text(&galvano, "comment"), Some("25°C"), "{file}");
        assert_eq!(text(&galvano, "instrument"), Some("BioLogic VMP3"), "{file}");
        assert_eq!(
            galvano.warnings,
            ["29 rows of frequency 0 (direct current) before or between the points were left out"],
            "{file}"
        );
    }
    for file in ["eis/eclab_peis.mpr", "eis/eclab_peis.mpt"] {
        let potentio = first(file);
        assert_eq!(number(&potentio, "electrode_area_cm2"), None, "{file}");
        assert_eq!(text(&potentio, "reference_electrode"), Some("SCE Saturated Calomel Electrode"), "{file}");
        assert_eq!(number(&potentio, "reference_electrode_v"), Some(0.241), "{file}");
        assert_eq!(number(&potentio, "ac_amplitude_v"), Some(0.01), "{file}");
        assert_eq!(text(&potentio, "started_at"), Some("2021-03-02T16:17:59"), "{file}");
    }
    // The text alone cannot tell month from day; the binary file can.
    assert_eq!(text(&first("eis/eclab_peis.mpr"), "started_at_as_written"), None);
    assert_eq!(text(&first("eis/eclab_peis.mpt"), "started_at_as_written"), Some("03/02/2021 16:17:59.000"));
    let nomad = first("eis/gamry_eispot_utf8_crlf.DTA");
    assert_eq!(text(&nomad, "sampleid"), Some("CE-NOME_Project_test"));
    assert_eq!(text(&nomad, "started_at"), Some("2023-11-16T10:02:03"));
    assert_eq!(number(&nomad, "electrode_area_cm2"), None);
    assert_eq!(nomad.numbers("temperature_c"), None);
    assert_eq!(nomad.warnings, ["no temperature sensor was connected (`Temp` starts at 0 °C): the column is left out"]);
    let edited = first("eis/gamry_eispot_short.dta");
    assert_eq!(edited.warnings, ["4 rows mix blanks and tabs: somebody edited the file"]);
    let comma = first("eis/29pt_gamry_comma.dta");
    assert_eq!(text(&comma, "decimal_mark"), Some("comma"));
}

#[test]
fn a_run_without_points_is_a_measurement_of_none() {
    let Some(real) = real_files() else { return };
    for file in ["eis/eclab_vmp300_60C_C01.mpr", "eis/eclab_vmp300_60C_C02.mpr"] {
        let reading = reading(&real.join(file));
        assert_eq!(reading.warnings, ["the file holds no points"]);
        assert_eq!(reading.measurements.len(), 1);
        assert_eq!(reading.measurements[0].n_points(), 0);
        assert_eq!(reading.measurements[0].columns.len(), 16);
        assert_eq!(
            text(&reading.measurements[0], "comment"),
            Some("c1 AB-3b 1:15 I\nc2 AB-3b 1:15 II\nc3 AB-3b 1:15 III")
        );
    }
}

#[test]
fn the_last_spectrum_of_a_stopped_run_is_marked() {
    let Some(real) = real_files() else { return };
    for file in ["eis/eclab_geis_loops.mpr", "eis/eclab_geis_loops.mpt"] {
        let reading = reading(&real.join(file));
        let incomplete: Vec<_> = reading.measurements.iter().filter_map(|one| text(one, "incomplete")).collect();
        assert_eq!(incomplete, ["39 points, the spectra before it have 41"], "{file}");
    }
}

#[test]
fn columns_that_other_readers_call_unknown_have_their_names() {
    let Some(real) = real_files() else { return };
    let spectrum = reading(&real.join("eis/eclab_peis_nesd.mpr")).measurements.remove(0);
    let headers: Vec<_> = spectrum.columns[16..].iter().map(|column| column.header.as_str()).collect();
    let parts = ["<Ece>/V", "|Ece|/V", "Phase(Zce)/deg", "|Zce|/Ohm", "Re(Zce)/Ohm", "-Im(Zce)/Ohm"];
    let between = ["Phase(Zwe-ce)/deg", "|Zwe-ce|/Ohm", "Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm"];
    let others = ["Analog IN 1/V", "Analog IN 2/V", "P/W"];
    assert_eq!(headers, [&parts[..], &between, &others].concat());
    // The names are right: modulus, phase and parts of each impedance belong together.
    for impedance in ["zce", "zwe_ce"] {
        let named = |start: &str, unit: &str| numbers(&spectrum, &format!("{start}_{impedance}_{unit}"));
        let (modulus, phase) = (named("abs", "ohm"), named("phase", "deg"));
        let (re, minus_im) = (named("re", "ohm"), named("minus_im", "ohm"));
        for row in 0..modulus.len() {
            assert!(relative(modulus[row], re[row].hypot(minus_im[row])) < 1e-6, "{impedance}, row {row}");
            assert!((phase[row] - (-minus_im[row]).atan2(re[row]).to_degrees()).abs() < 1e-3, "{impedance}, row {row}");
        }
    }
}

#[test]
fn files_of_other_techniques_are_refused_by_their_name() {
    let Some(real) = real_files() else { return };
    let expected = [
        ("eclab_bcd_bcs805.mpr", "EC-Lab .mpr, technique BCD (Battery Capacity Determination), 2550 points"),
        ("eclab_bcd_bcs805.mpt", "EC-Lab .mpt, technique BCD (Battery Capacity Determination), 2550 points"),
        ("eclab_ca_11_50.mpr", "EC-Lab .mpr, technique CA (Chronoamperometry / Chronocoulometry), 80 points"),
        ("eclab_ca_11_50.mpt", "EC-Lab .mpt, technique CA (Chronoamperometry / Chronocoulometry), 80 points"),
        ("eclab_cp.mpr", "EC-Lab .mpr, technique CP (Chronopotentiometry), 121 points"),
        ("eclab_cp.mpt", "EC-Lab .mpt, technique CP (Chronopotentiometry), 121 points"),
        ("eclab_cv.mpr", "EC-Lab .mpr, technique CV (Cyclic Voltammetry), 5103 points"),
        ("eclab_cv.mpt", "EC-Lab .mpt, technique CV (Cyclic Voltammetry), 5103 points"),
        (
            "eclab_gcpl_11_50.mpr",
            "EC-Lab .mpr, technique GCPL (Galvanostatic Cycling with Potential Limitation), 132 points",
        ),
        (
            "eclab_gcpl_11_50.mpt",
            "EC-Lab .mpt, technique GCPL (Galvanostatic Cycling with Potential Limitation), 132 points",
        ),
        (
            "eclab_gcpl_pr182.mpr",
            "EC-Lab .mpr, technique GCPL (Galvanostatic Cycling with Potential Limitation), 2533 points",
        ),
        ("eclab_gcpl_pr182.mpt", "EC-Lab .mpt, technique not stated, without a frequency column, 2533 points"),
        ("eclab_lsv.mpr", "EC-Lab .mpr, technique LSV (Linear Sweep Voltammetry), 1186 points"),
        ("eclab_lsv.mpt", "EC-Lab .mpt, technique LSV (Linear Sweep Voltammetry), 1186 points"),
        ("eclab_mb.mpr", "EC-Lab .mpr, technique MB (Modulo Bat), 33 points"),
        ("eclab_mb.mpt", "EC-Lab .mpt, technique MB (Modulo Bat), 33 points"),
        ("eclab_mb_navani.mpr", "EC-Lab .mpr, technique MB (Modulo Bat), 1501 points"),
        ("eclab_ocv.mpr", "EC-Lab .mpr, technique OCV (Open Circuit Voltage), 602 points"),
        ("eclab_ocv.mpt", "EC-Lab .mpt, technique OCV (Open Circuit Voltage), 602 points"),
        ("gamry_chronoa.DTA", "Gamry .DTA, experiment CHRONOA (Chronoamperometry Scan), 1050 points in 1 table"),
        ("gamry_chronoa_short.dta", "Gamry .DTA, experiment CHRONOA (Experiment-Title), 10 points in 1 table"),
        ("gamry_chronop.DTA", "Gamry .DTA, experiment CHRONOP (Chronopotentiometry Scan), 11 points in 1 table"),
        ("gamry_cv_decimal_comma.DTA", "Gamry .DTA, experiment CV (Cyclic Voltammetry), 4201 points in 4 tables"),
        ("gamry_cv_multi_curve.DTA", "Gamry .DTA, experiment CV (Cyclic Voltammetry), 4802 points in 11 tables"),
        ("gamry_cv_short.dta", "Gamry .DTA, experiment CV (Cyclic Voltammetry), 50 points in 5 tables"),
        ("gamry_cv_with_ocvcurve.dta", "Gamry .DTA, experiment CV (Cyclic Voltammetry), 51 points in 2 tables"),
        ("gamry_lsv.DTA", "Gamry .DTA, experiment LSV (Linear Sweep Voltammetry), 251 points in 1 table"),
        ("gamry_ocp.DTA", "Gamry .DTA, experiment CORPOT (Open Circuit Potential), 255 points in 1 table"),
        (
            "gamry_squarewave_short.dta",
            "Gamry .DTA, experiment SQUARE_WAVE (test-square-wave-experiment), 10 points in 1 table",
        ),
        ("Pt_poly_cv.mpt", "EC-Lab .mpt, technique CVA (Cyclic Voltammetry Advanced), 4473 points"),
        ("Pt_poly_cv_CUT.mpt", "EC-Lab .mpt, technique CVA (Cyclic Voltammetry Advanced), 223 points"),
        ("nomad_CV.DTA", "Gamry .DTA, experiment CV (Cyclic Voltammetry), 1001 points in 2 tables"),
    ];
    let mut found = Vec::new();
    for folder in ["echem", "echem_b"] {
        for path in files(&real.join(folder), &["mpr", "mpt", "dta"]) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            match read(&path) {
                Err(ReadError::NotSupported { recognised, .. }) => found.push((name, recognised)),
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    let expected: Vec<_> = expected.map(|(file, words)| (file.to_owned(), words.to_owned())).into();
    assert_eq!(found, expected);
}
