//! Reads real files of EC-Lab and Gamry and compares them with what independent programs read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap; the differences found are printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::{Path, PathBuf};

use aldb_formats::{Column, Measurement, ReadError, Reading, Registry, Technique, Value, Values};
use serde_json::Value as Json;
use test_support::real_files;

fn read(path: &Path) -> Result<Reading, ReadError> {
    Registry::new().read(&std::fs::read(path).unwrap(), None).map(|(_, reading)| reading)
}

fn reading(path: &Path) -> Reading {
    read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The spectra of a file, without the records beside them.
fn spectra(reading: &Reading) -> Vec<&Measurement> {
    let is_spectrum = |measurement: &&Measurement| measurement.technique == Technique::ImpedanceSpectroscopy;
    reading.measurements.iter().filter(is_spectrum).collect()
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
    let Some(real) = real_files("") else { return };
    let mut compared = 0;
    let mut largest = [0.0_f64; 2];
    for path in files(&real.join("eis"), &["mpr", "mpt", "dta"]) {
        let Some(golden) = golden(&path) else { continue };
        let Some(expected) = golden["eis"]["spectra"].as_array() else { continue };
        let reading = reading(&path);
        let name = path.display();
        let spectra = spectra(&reading);
        assert_eq!(spectra.len(), expected.len(), "{name}");
        for (measurement, expected) in spectra.into_iter().zip(expected) {
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
    let Some(real) = real_files("") else { return };
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
                let spectra = spectra(&reading).into_iter();
                let own = spectra.flat_map(|measurement| numbers(measurement, column));
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
    let Some(real) = real_files("") else { return };
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
                // By position, because they name some columns differently.
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
    let Some(real) = real_files("") else { return };
    let mut pairs: Vec<(PathBuf, PathBuf)> = ["eis", "echem"]
        .into_iter()
        .flat_map(|folder| files(&real.join(folder), &["mpr"]))
        .map(|binary| (binary.clone(), binary.with_extension("mpt")))
        .filter(|(_, export)| export.exists())
        .collect();
    let film = real.join("eis_b/PEIS_LPSCl_IonBlocking_-25C.mpr");
    pairs.push((film.clone(), film.with_extension("txt")));
    assert_eq!(pairs.len(), 14);
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
                    // Values without a setpoint are NaN in both; the current of the first row cannot be computed.
                    if ours.is_nan() && (theirs.is_nan() || column.header == "dq/mA.h, time/s") {
                        continue;
                    }
                    let difference = (ours - theirs).abs() / largest;
                    assert!(difference <= 1e-7, "{name}: {}: {ours}, {theirs}", column.name);
                    worst = worst.max(difference);
                }
                common += 1;
            }
            let fewest = if text(export, "technique_code") == Some("OCV") { 4 } else { 7 };
            assert!(common >= fewest, "{name}: only {common} common columns");
            for (key, value) in &binary.metadata {
                // BT-Lab's export counts channels by box and place, `B1` is the ninth, and pads serial numbers.
                let is_counted =
                    key.starts_with("channel") && text(export, "software").is_some_and(|s| s.starts_with("BT-Lab"));
                // Some names were replaced by asterisks before the files were published.
                let is_hidden = text(export, key).is_some_and(|name| name.contains("***"));
                if let Some(exported) = export.metadata.get(key).filter(|_| !is_counted && !is_hidden) {
                    if let (Value::Number(ours), Value::Number(theirs), "reference_electrode_v") =
                        (value, exported, key.as_str())
                    {
                        // The export has three decimals.
                        assert!((ours - theirs).abs() <= 0.0005, "{name}: {key}: {ours}, {theirs}");
                        continue;
                    }
                    assert_eq!(value, exported, "{name}: {key}");
                }
            }
            // An export may have no settings at all.
            let keys = if export.metadata.contains_key("started_at") { 7 } else { 0 };
            for key in ["technique_code", "started_at", "channel", "serial", "instrument", "software", "original_file"]
                .into_iter()
                .take(keys)
            {
                assert!(export.metadata.contains_key(key) && binary.metadata.contains_key(key), "{name}: {key}");
            }
        }
    }
    println!("columns differ by {worst:e} of their largest value");
}

#[test]
fn entered_settings_are_read_and_placeholders_are_absent() {
    let Some(real) = real_files("") else { return };
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
            ["29 rows of frequency 0 (direct current) before or between the points left out"],
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
    // Month and day are ambiguous in the text, but not in the binary file.
    assert_eq!(text(&first("eis/eclab_peis.mpr"), "started_at_as_written"), None);
    assert_eq!(text(&first("eis/eclab_peis.mpt"), "started_at_as_written"), Some("03/02/2021 16:17:59.000"));
    let nomad = first("eis/gamry_eispot_utf8_crlf.DTA");
    assert_eq!(text(&nomad, "sampleid"), Some("CE-NOME_Project_test"));
    assert_eq!(text(&nomad, "started_at"), Some("2023-11-16T10:02:03"));
    assert_eq!(number(&nomad, "electrode_area_cm2"), None);
    assert_eq!(nomad.numbers("temperature_c"), None);
    assert_eq!(nomad.warnings, ["no temperature sensor was connected (`Temp` starts at 0 °C): the column is left out"]);
    let edited = first("eis/gamry_eispot_short.dta");
    assert_eq!(
        edited.warnings,
        [
            "4 rows have blanks instead of tabs between fields, as in an edited file: read, because the number of fields is right"
        ]
    );
    let comma = first("eis/29pt_gamry_comma.dta");
    assert_eq!(text(&comma, "decimal_mark"), Some("comma"));
}

#[test]
fn a_run_without_points_is_a_measurement_of_none() {
    let Some(real) = real_files("") else { return };
    for file in ["eis/eclab_vmp300_60C_C01.mpr", "eis/eclab_vmp300_60C_C02.mpr"] {
        let reading = reading(&real.join(file));
        assert_eq!(reading.warnings, ["the file has no points"]);
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
    let Some(real) = real_files("") else { return };
    for file in ["eis/eclab_geis_loops.mpr", "eis/eclab_geis_loops.mpt"] {
        let reading = reading(&real.join(file));
        let incomplete: Vec<_> = reading.measurements.iter().filter_map(|one| text(one, "incomplete")).collect();
        assert_eq!(incomplete, ["39 points, the spectra before it have 41"], "{file}");
    }
}

#[test]
fn columns_that_other_readers_call_unknown_have_their_names() {
    let Some(real) = real_files("") else { return };
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

/// A column's values in the unit of the file.
fn as_stored(column: &Column) -> Vec<f64> {
    let factor = match (column.header.rsplit('/').next(), column.unit.as_deref()) {
        (Some("mA"), Some("A")) => 1000.0,
        (Some("C"), Some("mA.h")) => 3.6,
        _ => 1.0,
    };
    let Values::Number(values) = &column.values else { panic!("{} holds words", column.name) };
    values.iter().map(|value| value * factor).collect()
}

/// The same where a different quantity is controlled: NaN here, 0 in the export.
fn zeros_for_nan(values: &mut [f64]) {
    values.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = 0.0);
}

/// Compares a column with another program's `first`, `last`, `min`, `max` and `sum`, as far as they exist.
fn compare(values: &[f64], expected: &Json, place: &str) {
    // Sums are added in a different order; a current or charge was converted and back.
    let present = || values.iter().filter(|value| !value.is_nan());
    let (scale, sum): (f64, f64) = (present().map(|value| value.abs()).sum(), present().sum());
    let theirs = expected["sum"].as_f64().unwrap();
    assert!((sum - theirs).abs() <= 1e-12 * scale, "{place}: sum {sum}, {theirs}");
    let ends = [
        ("first", values.first().copied()),
        ("last", values.last().copied()),
        ("min", values.iter().copied().reduce(f64::min)),
        ("max", values.iter().copied().reduce(f64::max)),
    ];
    for (what, ours) in ends {
        let Some(theirs) = expected[what].as_f64() else { continue };
        assert!(relative(ours.unwrap(), theirs) <= 1e-15, "{place}: {what} {ours:?}, {theirs}");
    }
}

/// A header as galvani has it, which renames some: without `<>`, `Ecell` as `Ewe`, `dq` as `dQ`.
fn as_galvani(header: &str) -> String {
    header
        .replace(['<', '>'], "")
        .replace("Ecell", "Ewe")
        .replace("Ecv", "Ece")
        .replace("dq/", "dQ/")
        .replace(" we ", " ")
}

/// A header as yadg has it, without its unit.
fn as_yadg(header: &str) -> String {
    match header {
        "ox/red" => "ox or red".to_owned(),
        "Q charge/discharge/mA.h" => "Q charge or discharge".to_owned(),
        _ => header.rsplit_once('/').map_or(header, |parts| parts.0).to_owned(),
    }
}

#[test]
fn every_column_of_a_record_of_ec_lab_is_what_galvani_and_yadg_read() {
    let Some(real) = real_files("") else { return };
    let (mut compared, mut read_files) = (0, 0);
    for path in files(&real.join("echem"), &["mpr", "mpt"]) {
        let golden = golden(&path).unwrap();
        let reading = reading(&path);
        let name = path.file_name().unwrap().to_str().unwrap();
        let [record] = reading.measurements.as_slice() else { panic!("{name}: not one measurement") };
        assert_eq!((reading.rejected.len(), record.technique), (0, Technique::Electrochemistry), "{name}");
        for peer in golden["readings"].as_array().unwrap() {
            let spelled: fn(&str) -> String = match peer["peer"].as_str().unwrap() {
                "galvani" => as_galvani,
                "yadg" => as_yadg,
                _ => continue,
            };
            assert_eq!(record.n_points() as u64, peer["n_points"].as_u64().unwrap(), "{name}");
            for expected in peer["columns"].as_array().unwrap() {
                let header = expected["name"].as_str().unwrap();
                // Flags that galvani reads as switches, and words that yadg makes of current ranges, have no sum.
                if header == "uts" || !expected["sum"].is_number() {
                    continue;
                }
                // yadg takes the value of `control/V/mA` during a rest as a current; EC-Lab's export does not.
                if peer["peer"] == "yadg" && header.starts_with("control_") {
                    continue;
                }
                let wanted = if peer["peer"] == "galvani" { as_galvani(header) } else { header.to_owned() };
                let Some(column) = record.columns.iter().find(|column| spelled(&column.header) == wanted) else {
                    // yadg writes `Pwe`, `Energy we` and `Ecell` for some numbers.
                    let is_renamed = ["Pwe", "Ecell"].contains(&header) || header.contains(" we ");
                    assert!(is_renamed && peer["peer"] == "yadg", "{name}: no column {header} of {}", peer["peer"]);
                    continue;
                };
                let mut values = as_stored(column);
                if peer["peer"] == "galvani" && header.starts_with("control/") {
                    zeros_for_nan(&mut values);
                }
                compare(&values, expected, &format!("{name}: {header} of {}", peer["peer"]));
                compared += 1;
            }
        }
        read_files += 1;
    }
    println!("{compared} columns of {read_files} files");
    assert!(compared >= 500 && read_files == 19, "only {compared} columns of {read_files} files were compared");
}

#[test]
fn every_column_of_a_curve_of_gamry_is_what_gamry_parser_reads() {
    let Some(real) = real_files("") else { return };
    let (mut compared, mut read_files) = (0, 0);
    for path in files(&real.join("echem"), &["dta"]) {
        let golden = golden(&path).unwrap();
        let reading = reading(&path);
        let name = path.file_name().unwrap().to_str().unwrap();
        let peer = &golden["readings"][0];
        let is_rest = |measurement: &&Measurement| text(measurement, "curve") == Some("OCVCURVE");
        let (rest, curves): (Vec<_>, Vec<_>) = reading.measurements.iter().partition(is_rest);
        assert_eq!(rest.first().map(|rest| rest.n_points() as u64), peer["ocv_table"]["n_rows"].as_u64(), "{name}");
        let tables = peer["tables"].as_array().unwrap();
        assert_eq!((curves.len(), reading.rejected.len()), (tables.len(), 0), "{name}");
        for (curve, table) in curves.into_iter().zip(tables) {
            assert_eq!(curve.n_points() as u64, table["n_rows"].as_u64().unwrap(), "{name}");
            assert_eq!(curve.technique, Technique::Electrochemistry);
            for expected in table["columns"].as_array().unwrap() {
                let header = expected["name"].as_str().unwrap();
                let place = format!("{name}: {header}");
                let Some(column) = curve.columns.iter().find(|column| column.header == header) else {
                    assert!(header == "Temp" && curve.warnings[0].starts_with("no temperature sensor"), "{place}");
                    continue;
                };
                match &column.values {
                    Values::Number(values) => compare(values, expected, &place),
                    Values::Text(words) => {
                        assert_eq!(words.first().map(String::as_str), expected["first"].as_str(), "{place}");
                        assert_eq!(words.last().map(String::as_str), expected["last"].as_str(), "{place}");
                    }
                }
                compared += 1;
            }
        }
        read_files += 1;
    }
    println!("{compared} columns of {read_files} files");
    assert!(compared >= 245 && read_files == 10, "only {compared} columns of {read_files} files were compared");
}

#[test]
fn records_of_the_second_set_are_what_other_programs_read() {
    let Some(real) = real_files("") else { return };
    let folder = real.join("echem_b");
    let mut compared = 0;
    for (file, peer) in
        [("Pt_poly_cv.mpt", "galvani"), ("Pt_poly_cv_CUT.mpt", "galvani"), ("nomad_CV.DTA", "gamry-parser")]
    {
        let path = folder.join(file);
        let (golden, reading) = (golden(&path).unwrap(), reading(&path));
        let peers = golden["peers"].as_array().unwrap();
        let tables = peers.iter().rev().find(|found| found["peer"] == peer && found["tables"].is_array()).unwrap();
        let tables = tables["tables"].as_array().unwrap();
        assert_eq!((reading.measurements.len(), reading.rejected.len()), (tables.len(), 0), "{file}");
        for (measurement, table) in reading.measurements.iter().zip(tables) {
            assert_eq!(measurement.n_points() as u64, table["n_points"].as_u64().unwrap(), "{file}");
            for (at, header) in table["columns"].as_array().unwrap().iter().enumerate() {
                let header = header.as_str().unwrap();
                let mut expected = table["stats"][header].clone();
                if !expected["sum"].is_number() {
                    continue;
                }
                expected["first"] = table["first_row"][at].clone();
                expected["last"] = table["last_row"][at].clone();
                let found = measurement.columns.iter().find(|column| as_galvani(&column.header) == as_galvani(header));
                let Some(column) = found else {
                    assert_eq!(header, "Temp", "{file}");
                    continue;
                };
                compare(&as_stored(column), &expected, &format!("{file}: {header}"));
                compared += 1;
            }
        }
    }
    println!("{compared} columns");
    assert!(compared >= 35, "only {compared} columns were compared");
}

#[test]
fn records_have_method_and_instrument() {
    let Some(real) = real_files("") else { return };
    let expected = [
        ("echem/eclab_bcd_bcs805.mpr", "battery_capacity_determination"),
        ("echem/eclab_bcd_bcs805.mpt", "battery_capacity_determination"),
        ("echem/eclab_ca_11_50.mpr", "chronoamperometry"),
        ("echem/eclab_cp.mpt", "chronopotentiometry"),
        ("echem/eclab_cv.mpr", "cyclic_voltammetry"),
        ("echem/eclab_gcpl_11_50.mpr", "galvanostatic_cycling"),
        ("echem/eclab_gcpl_pr182.mpr", "galvanostatic_cycling"),
        ("echem/eclab_lsv.mpt", "linear_sweep_voltammetry"),
        ("echem/eclab_mb.mpr", "modulo_bat"),
        ("echem/eclab_mb_navani.mpr", "modulo_bat"),
        ("echem/eclab_ocv.mpt", "open_circuit_potential"),
        ("echem_b/Pt_poly_cv.mpt", "cyclic_voltammetry"),
        ("echem/gamry_chronoa.DTA", "chronoamperometry"),
        ("echem/gamry_chronop.DTA", "chronopotentiometry"),
        ("echem/gamry_cv_multi_curve.DTA", "cyclic_voltammetry"),
        ("echem/gamry_lsv.DTA", "linear_sweep_voltammetry"),
        ("echem/gamry_ocp.DTA", "open_circuit_potential"),
        ("echem/gamry_squarewave_short.dta", "square_wave_voltammetry"),
    ];
    let first = |path: &str| reading(&real.join(path)).measurements.remove(0);
    for (file, method) in expected {
        assert_eq!(text(&first(file), "method"), Some(method), "{file}");
    }
    let pt = first("echem_b/Pt_poly_cv.mpt");
    assert_eq!(number(&pt, "scan_rate_v_per_s"), Some(0.1));
    assert_eq!((number(&pt, "vertex_1_potential_v"), number(&pt, "vertex_2_potential_v")), (Some(-0.03), Some(1.6)));
    assert_eq!(text(&pt, "initial_potential"), Some("0 V vs. Emeas"));
    assert_eq!(number(&first("echem/eclab_bcd_bcs805.mpt"), "active_mass_mg"), Some(7000.0));
    assert_eq!(text(&first("echem/eclab_bcd_bcs805.mpt"), "potential_reference"), Some("counter electrode"));
    assert_eq!(text(&first("echem/eclab_gcpl_pr182.mpt"), "method"), None);
    let comma = first("echem/gamry_cv_decimal_comma.DTA");
    assert_eq!(text(&comma, "decimal_mark"), Some("comma"));
    assert_eq!(number(&comma, "scan_rate_v_per_s"), Some(0.0999998));
    let short = first("echem/gamry_squarewave_short.dta");
    assert_eq!(
        text(&short, "incomplete"),
        Some("10 points, the file announces 251; the experiment was aborted, as the file states (`EXPERIMENTABORTED`)")
    );
    assert_eq!(number(&first("echem/gamry_cv_multi_curve.DTA"), "electrode_area_cm2"), Some(0.19635));
}

#[test]
fn rows_of_direct_current_between_spectra_are_a_record_of_their_own() {
    let Some(real) = real_files("") else { return };
    for file in ["eis/eclab_geis_loops.mpr", "eis/eclab_geis_loops.mpt"] {
        let reading = reading(&real.join(file));
        let (record, spectra) = reading.measurements.split_last().unwrap();
        assert_eq!((record.technique, text(record, "method")), (Technique::Electrochemistry, Some("direct_current")));
        assert!(spectra.iter().all(|spectrum| spectrum.technique == Technique::ImpedanceSpectroscopy), "{file}");
        assert_eq!((spectra.len(), record.n_points()), (61, 29), "{file}");
        assert!(numbers(record, "time_s").is_sorted(), "{file}");
    }
}

#[test]
fn settings_without_data_are_refused_by_name() {
    let Some(real) = real_files("") else { return };
    for file in ["eis/eclab_vmp300_60C.mps", "echem_b/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data.mps"] {
        let Err(ReadError::NotSupported { recognised, .. }) = read(&real.join(file)) else { panic!("{file} is read") };
        assert_eq!(recognised, "an EC-Lab settings file (.mps)", "{file}");
    }
}
