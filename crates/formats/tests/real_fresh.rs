//! Reads the third set of real files (`fresh`), and compares with what an independent program or a text export reads in them.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::{Path, PathBuf};

use aldb_formats::{Measurement, Reading, Registry, Technique, Value, Values};
use serde_json::Value as Json;
use test_support::real_files;

/// The folder, where it is among the real files.
fn fresh() -> Option<PathBuf> {
    real_files("").map(|real| real.join("fresh")).filter(|fresh| fresh.is_dir())
}

fn read(path: &Path) -> (String, Reading) {
    Registry::new()
        .read(&std::fs::read(path).unwrap(), None)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn refusal(path: &Path) -> String {
    Registry::new().read(&std::fs::read(path).unwrap(), None).unwrap_err().to_string()
}

fn number(measurement: &Measurement, name: &str) -> Option<f64> {
    match measurement.metadata.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn ends(measurement: &Measurement, name: &str) -> (usize, f64, f64) {
    let values = measurement.numbers(name).unwrap_or_else(|| panic!("no column {name}"));
    (values.len(), values[0], values[values.len() - 1])
}

#[test]
fn newares_archives_of_all_versions_are_read_as_fastnda_does() {
    let Some(fresh) = fresh() else { return };
    for (file, version, rows) in
        [("neware_21_10_7_85", 14.0, 141), ("neware_bts16", 16.0, 84), ("neware_ndc17", 17.0, 80)]
    {
        let (format, reading) = read(&fresh.join(format!("cyclers/{file}.ndax")));
        let [measurement] = reading.measurements.as_slice() else { panic!("{file}") };
        assert_eq!(
            (format.as_str(), measurement.n_points(), reading.rejected.len()),
            ("neware_ndax", rows, 0),
            "{file}"
        );
        assert_eq!(number(measurement, "ndc_version"), Some(version));
        let golden = std::fs::read(fresh.join(format!("golden/{file}.ndax.json"))).unwrap();
        let golden: Json = serde_json::from_slice(&golden).unwrap();
        for (name, column, factor) in [
            ("record", "index", 1.0),
            ("potential_v", "voltage_V", 1.0),
            ("current_a", "current_mA", 1e-3),
            ("step_time_s", "step_time_s", 1.0),
            ("time_s", "total_time_s", 1.0),
            ("cycle", "cycle_count", 1.0),
            ("step", "step_index", 1.0),
        ] {
            let ours = measurement.numbers(name).unwrap();
            let theirs = |what: &str| golden["columns"][column][what].as_f64().unwrap() * factor;
            // fastnda computes in single precision.
            let scale = ours.iter().fold(1e-9_f64, |most, value| most.max(value.abs()));
            let close = |ours: f64, theirs: f64, scale: f64| {
                assert!((ours - theirs).abs() <= 1e-6 * scale, "{file} {name}: {ours} against {theirs}");
            };
            close(ours[0], theirs("first"), scale);
            close(ours[rows - 1], theirs("last"), scale);
            close(ours.iter().copied().fold(f64::INFINITY, f64::min), theirs("min"), scale);
            close(ours.iter().copied().fold(f64::NEG_INFINITY, f64::max), theirs("max"), scale);
            close(ours.iter().sum(), theirs("sum"), scale * rows as f64);
        }
        let Some(Values::Text(words)) =
            measurement.columns.iter().find(|column| column.name == "step_type").map(|column| &column.values)
        else {
            panic!("{file}")
        };
        assert_eq!(golden["columns"]["step_type"]["first"].as_str(), words.first().map(String::as_str));
        assert_eq!(golden["columns"]["step_type"]["last"].as_str(), words.last().map(String::as_str));
    }
}

#[test]
fn pstraces_impedance_has_the_sign_that_phase_and_capacitance_tell() {
    let Some(fresh) = fresh() else { return };
    let (format, reading) = read(&fresh.join("eis/palmsens_utf16_eis.csv"));
    let [spectrum] = reading.measurements.as_slice() else { panic!("{reading:?}") };
    assert_eq!((format.as_str(), reading.rejected.len()), ("pstrace_csv", 0));
    assert_eq!(ends(spectrum, "z_im_ohm"), (51, -14.670, -551.067));
    assert_eq!(ends(spectrum, "z_phase_deg"), (51, -15.943, -31.483));
    assert_eq!(ends(spectrum, "frequency_hz"), (51, 10_000.0, 0.1));
    let (format, reading) = read(&fresh.join("echem/palmsens_utf16_or_cv.csv"));
    assert_eq!((format.as_str(), reading.measurements.len()), ("pstrace_csv", 3));
    let (rows, first, _) = ends(&reading.measurements[1], "potential_v");
    assert_eq!((rows, first), (reading.measurements[0].n_points(), -0.389_962));
    assert!((ends(&reading.measurements[0], "current_a").1 + 0.104_249e-6).abs() < 1e-18);
}

#[test]
fn impedance_analysers_are_read_and_frequency_response_is_refused() {
    let Some(fresh) = fresh() else { return };
    let (format, reading) = read(&fresh.join("eis/keysight_E4990A_RX.csv"));
    let [spectrum] = reading.measurements.as_slice() else { panic!("{reading:?}") };
    assert_eq!((format.as_str(), reading.rejected.len()), ("keysight_impedance", 0));
    assert_eq!(ends(spectrum, "frequency_hz"), (201, 20.0, 1000.0));
    assert_eq!(ends(spectrum, "z_im_ohm"), (201, 1.24746338976, 59.2577483657));
    assert!(refusal(&fresh.join("eis/mokugo_fra.csv")).contains("a Moku frequency response analyser"));
}

#[test]
fn the_logs_of_an_ald_run_are_read() {
    let Some(fresh) = fresh() else { return };
    let (format, reading) = read(&fresh.join("reactor/boise_ald_DataLog.txt"));
    let [log] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert_eq!((format.as_str(), reading.rejected.len(), log.technique), ("ald_data_log", 0, Technique::ReactorLog));
    let (_, first, last) = ends(log, "time_s");
    assert_eq!((first, last), (0.569, 4725.069));
    assert!((ends(log, "pressure_pa").1 - 1.787 * 133.322_368_421).abs() < 1e-6);
    let (format, reading) = read(&fresh.join("reactor/boise_ald_Doses.txt"));
    let [run] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    // 154 steps, of which four only purge.
    assert_eq!((format.as_str(), reading.rejected.len(), run.n_points()), ("ald_doses", 0, 154 + 150));
    assert_eq!(ends(run, "time_s"), (304, 0.149, 4125.25));
    assert_eq!(run.numbers("duration_s").unwrap()[1], 1.008);
    assert!(refusal(&fresh.join("reactor/boise_ald_ExecutionTable.txt")).contains("that an ALD run was to execute"));
}

#[test]
fn tables_of_complete_ease_are_read() {
    let Some(fresh) = fresh() else { return };
    let (_, reading) = read(&fresh.join("ellipsometry/ce_opt_const_pmma_nk.txt"));
    let [material] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert_eq!((ends(material, "wavelength_nm").1, ends(material, "refractive_index").1), (241.143_356, 1.577_806));
    assert_eq!(material.metadata["material"], Value::Text("Cauchy".to_owned()));
    let (_, reading) = read(&fresh.join("ellipsometry/ce_nk_biaxial.txt"));
    let [ordinary, other] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert_eq!(ends(ordinary, "refractive_index").1, 1.633_179);
    assert_eq!(ends(other, "refractive_index").1, 2.641_093);
    let (_, reading) = read(&fresh.join("ellipsometry/ce_map_plot_d_10x10.txt"));
    let [map] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert_eq!(ends(map, "thickness_nm"), (100, 588.747_803, 252.944_748));
    assert_eq!(ends(map, "x_mm").1, -45.0);
    for file in ["Al2O3_Si_160629.SE", "PMMA_cauchy.mod", "beaglehole_exy.txt", "accurion_hBN_images.ds.dat"] {
        assert!(refusal(&fresh.join("ellipsometry").join(file)).contains("which aldb does not read"), "{file}");
    }
}

#[test]
fn phis_spectra_and_their_text_agree() {
    let Some(fresh) = fresh() else { return };
    let (_, binary) = read(&fresh.join("xps/bn_survey.spe"));
    let (format, text) = read(&fresh.join("xps/bn_survey.txt"));
    assert_eq!((format.as_str(), text.rejected.len()), ("auger_scan_text", 0));
    let (binary, text) = (&binary.measurements[0], &text.measurements[0]);
    assert_eq!(binary.numbers("energy_ev"), text.numbers("energy_ev"));
    let dwell = number(binary, "dwell_time_s").unwrap();
    assert_eq!(number(text, "counting_time_s"), Some(dwell));
    let counts = binary.numbers("intensity").unwrap().iter().map(|rate| rate * dwell);
    assert_eq!(text.numbers("intensity"), Some(counts.collect::<Vec<_>>().as_slice()));
    assert_eq!(binary.metadata["energy_scale"], text.metadata["energy_scale"]);
    let (format, survey) = read(&fresh.join("xps/phi_quantera_survey_multipak.txt"));
    assert_eq!((format.as_str(), survey.measurements.len(), survey.rejected.len()), ("multipak_text", 1, 0));
    assert_eq!(ends(&survey.measurements[0], "intensity"), (2801, 333_762.75, 67.5955));
    let (_, profile) = read(&fresh.join("xps/phi_quantera_depth_multipak.txt"));
    assert_eq!((profile.measurements.len(), profile.rejected.len()), (50, 0));
    assert_eq!(ends(&profile.measurements[1], "intensity").1, 4162.5);
    assert_eq!(number(&profile.measurements[24], "etch_time_s"), Some(18.0 * 60.0));
    let (format, spectrum) = read(&fresh.join("xps/Co2p_CoO_casa.txt"));
    assert_eq!(format, "casaxps_columns");
    assert_eq!(ends(&spectrum.measurements[0], "energy_ev"), (701, 840.0, 770.0));
    assert_eq!(spectrum.measurements[0].metadata["energy_scale"], Value::Text("not stated".to_owned()));
    assert!(refusal(&fresh.join("xps/specs_arpes_MoTe2.itx")).contains("Igor text file"));
    assert!(refusal(&fresh.join("iba/cameca_sims.dp_ascii")).contains("secondary ions"));
}

#[test]
fn patterns_of_further_diffractometers_are_read() {
    let Some(fresh) = fresh() else { return };
    let (format, reading) = read(&fresh.join("xrd/rigaku_2Theta.asc"));
    assert_eq!((format.as_str(), reading.measurements.len()), ("rigaku_asc", 1));
    let (rows, first, last) = ends(&reading.measurements[0], "scan_angle_deg");
    assert!((rows, first) == (7601, 4.0) && (last - 80.0).abs() < 1e-9);
    assert_eq!(ends(&reading.measurements[0], "intensity"), (7601, 767.0, 570.0));
    let (format, reading) = read(&fresh.join("xrd/gsas_garnet.raw"));
    assert_eq!((format.as_str(), reading.measurements.len()), ("gsas", 1));
    assert_eq!(ends(&reading.measurements[0], "intensity"), (2679, 162.0, 135.0));
    assert_eq!(ends(&reading.measurements[0], "scan_angle_deg").1, 24.0);
    assert!((ends(&reading.measurements[0], "scan_angle_deg").2 - 157.9).abs() < 1e-9);
    let (format, reading) = read(&fresh.join("xrd/seifert.nja"));
    assert_eq!((format.as_str(), reading.measurements.len(), reading.rejected.len()), ("seifert_nja", 21, 0));
    assert_eq!(
        ends(&reading.measurements[20], "intensity"),
        (101, ends(&reading.measurements[20], "intensity").1, 55.2)
    );
    let (format, reading) = read(&fresh.join("xrd/xrr_data_xrayutilities.txt"));
    assert_eq!((format.as_str(), reading.rejected.len()), ("xrr_text", 0));
    assert_eq!(ends(&reading.measurements[0], "intensity").1, 2.012_573e9);
}

#[test]
fn gamrys_columns_are_read_with_assumed_units() {
    let Some(fresh) = fresh() else { return };
    let (format, reading) = read(&fresh.join("echem/gamry_cycpol_columns.csv"));
    let [curve] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert_eq!((format.as_str(), reading.rejected.len()), ("gamry_columns", 0));
    assert_eq!(ends(curve, "potential_v").1, -0.783_841);
    assert_eq!(ends(curve, "current_a").1, -6.36944e-6);
    assert!(reading.warnings.iter().any(|warning| warning.contains("is assumed")), "{:?}", reading.warnings);
}

#[test]
fn degrees_that_are_named_radians_are_taken_as_degrees_with_a_warning() {
    let Some(fresh) = fresh() else { return };
    let (_, reading) = read(&fresh.join("ellipsometry/lsat_deg_labelled_rad.txt"));
    let [spectrum] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    assert_eq!(spectrum.numbers("psi_deg").unwrap()[0], 24.666_343_75);
    assert_eq!(spectrum.numbers("delta_deg").unwrap()[0], 179.198_312_5);
    assert!(spectrum.warnings.iter().any(|warning| warning.contains("can only be degrees")), "{:?}", spectrum.warnings);
}
