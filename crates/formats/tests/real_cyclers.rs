//! Reads real files of battery cyclers and compares them with what independent programs read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap.
#![allow(clippy::unwrap_used)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::Path;

use aldb_formats::{Measurement, Reading, Registry, Value};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference that sums may have: all read the same digits, and only the order of adding may differ.
const TOLERANCE: f64 = 1e-12;

/// What a peer that computes in single precision may differ by.
const SINGLE: f64 = 2e-7;

fn read(path: &Path) -> (String, Reading) {
    Registry::new()
        .read(&std::fs::read(path).unwrap(), None)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn only(reading: &Reading) -> &Measurement {
    let [measurement] = reading.measurements.as_slice() else { panic!("{} measurements", reading.measurements.len()) };
    measurement
}

fn text<'m>(measurement: &'m Measurement, name: &str) -> Option<&'m str> {
    match measurement.metadata.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Columns of a peer's reading, by name.
struct Peer(Json);

impl Peer {
    fn load(folder: &Path, file: &str, peer: &str) -> Self {
        let path = folder.join("golden").join(format!("{file}.json"));
        let json: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let readings = json["readings"].as_array().unwrap();
        Self(readings.iter().find(|reading| reading["peer"] == peer).unwrap()["columns"].clone())
    }

    fn column(&self, name: &str) -> &Json {
        self.0.as_array().unwrap().iter().find(|column| column["name"] == name).unwrap_or_else(|| panic!("{name}"))
    }
}

/// Compares number of values, both ends and the sum; `factor` turns the peer's unit into ours.
fn compare(measurement: &Measurement, name: &str, column: &Json, factor: f64, tolerance: f64) {
    let ours = measurement.numbers(name).unwrap_or_else(|| panic!("no column {name}"));
    assert_eq!(ours.len() as u64, column["n"].as_u64().unwrap(), "{name}");
    let missing = ours.iter().filter(|value| value.is_nan()).count() as u64;
    assert_eq!(missing, column["n_nan"].as_u64().unwrap_or(0), "{name}");
    let close = |ours: f64, theirs: &Json, scale: f64, what: &str| {
        let Some(theirs) = theirs.as_f64() else { return };
        let difference = (ours - theirs * factor).abs();
        assert!(difference <= tolerance * scale, "{name}: {what} {ours} against {} ({difference:e})", theirs * factor);
    };
    close(ours[0], &column["first"], ours[0].abs(), "first");
    close(ours[ours.len() - 1], &column["last"], ours[ours.len() - 1].abs(), "last");
    let finite = || ours.iter().filter(|value| value.is_finite());
    // Against the sum of magnitudes, because currents add up to nearly nothing.
    close(finite().sum(), &column["sum"], finite().map(|value| value.abs()).sum(), "sum");
}

#[test]
fn a_file_that_holds_a_wrong_conversion_beside_its_own_columns_is_read_by_its_own_columns() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem/arbin.bdf.csv"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.rejected.len()), ("battery_data_format", 0));
    let peer = Peer::load(&real.join("echem"), "arbin.bdf.csv", "pandas");
    for (name, column, factor) in [
        ("time_s", "Test_Time", 1.0),
        ("step_time_s", "Step_Time", 1.0),
        ("potential_v", "Voltage", 1.0),
        ("current_a", "Current", 1.0),
        ("current_a_2", "Current / A", 1.0),
        ("charge_capacity_mah", "Charge_Capacity", 1000.0),
        ("discharge_capacity_mah", "Discharge_Capacity", 1000.0),
        ("charge_energy_wh", "Charge_Energy", 1.0),
        ("dv_dt_v_s", "dV/dt", 1.0),
        ("cycle", "Cycle_Index", 1.0),
        ("step", "Step_Index", 1.0),
    ] {
        compare(measurement, name, peer.column(column), factor, TOLERANCE);
    }
    let contradictions = measurement.warnings.iter().filter(|warning| warning.contains(" disagree: "));
    assert_eq!(contradictions.count(), 3, "{:?}", measurement.warnings);
    assert!(measurement.warnings[0].starts_with("`Current` and `Current / A` disagree: the former is 1000 times"));
    assert_eq!(text(measurement, "started_at"), Some("2023-07-24T18:50:00"));
}

#[test]
fn maccors_minutes_are_found_by_its_clock_and_a_cut_row_is_rejected() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem/maccor_b.txt"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.rejected.len(), measurement.n_points()), ("maccor_text", 1, 213));
    assert_eq!(text(measurement, "incomplete"), Some("the file ends in the middle of line 229"));
    let peer = Peer::load(&real.join("echem"), "maccor_b.txt", "cellpy");
    for (name, column, factor) in [
        ("time_s", "test_time", 60.0),
        ("step_time_s", "step_time", 60.0),
        ("potential_v", "voltage", 1.0),
        ("current_a", "current", 1.0),
        ("charge_mah", "charge_capacity", 1000.0),
        ("cycle", "cycle_index", 1.0),
        ("cycle_p", "Cycle P", 1.0),
        ("step", "step_index", 1.0),
    ] {
        compare(measurement, name, peer.column(column), factor, TOLERANCE);
    }
    assert_eq!(
        text(measurement, "time_unit"),
        Some("min, inferred from the clock of the rows: the header states none")
    );
    assert_eq!(text(measurement, "started_at"), Some("2021-06-05T11:23:46"));
    assert!(text(measurement, "started_at_note").is_some());
}

#[test]
fn newares_flat_export_is_read_as_others_do() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem/neware_uio.csv"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.rejected.len()), ("neware_csv", 0));
    let (cellpy, pandas) = (
        Peer::load(&real.join("echem"), "neware_uio.csv", "cellpy"),
        Peer::load(&real.join("echem"), "neware_uio.csv", "pandas"),
    );
    compare(measurement, "time_s", cellpy.column("test_time"), 1.0, TOLERANCE);
    compare(measurement, "step_time_s", cellpy.column("step_time"), 1.0, TOLERANCE);
    for (name, column, factor) in [
        ("potential_v", "Voltage(V)", 1.0),
        ("current_a", "Current(A)", 1.0),
        ("charge_mah", "Capacity(Ah)", 1000.0),
        ("charge_capacity_mah", "Chg. Cap.(Ah)", 1000.0),
        ("discharge_capacity_mah", "DChg. Cap.(Ah)", 1000.0),
        ("energy_wh", "Energy(Wh)", 1.0),
        ("dqm_dv_mah_v_g", "dQm/dV(mAh/V.g)", 1.0),
        ("cycle", "Cycle Index", 1.0),
        ("step", "Step Index", 1.0),
    ] {
        compare(measurement, name, pandas.column(column), factor, TOLERANCE);
    }
    assert_eq!(text(measurement, "started_at"), Some("2022-05-18T16:27:52"));
    assert_eq!(text(measurement, "current_sign"), Some("as stored: positive for charge"));
}

#[test]
fn pecs_exports_are_read_as_others_do() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem/pec_25209.csv"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.rejected.len()), ("pec_csv", 0));
    let peer = Peer::load(&real.join("echem"), "pec_25209.csv", "pandas");
    for (name, column) in [
        ("step_time_s", "Step Time (Seconds)"),
        ("potential_v", "Voltage (V)"),
        ("current_a", "Current (A)"),
        ("charge_capacity_mah", "Charge Capacity (mAh)"),
        ("discharge_capacity_mah", "Discharge Capacity (mAh)"),
        ("cycle", "Cycle"),
        ("step", "Step"),
    ] {
        compare(measurement, name, peer.column(column), 1.0, TOLERANCE);
    }
    assert_eq!(measurement.numbers("time_s").unwrap()[280], 29_768.1);
    assert_eq!(text(measurement, "started_at"), Some("2026-01-09T15:08:38"));
    assert_eq!(text(measurement, "cell_id"), Some("101200324143958_13"));
    let (_, reading) = read(&real.join("echem_b/Test25195.csv"));
    assert_eq!(only(&reading).n_points(), 19);
    assert_eq!(text(only(&reading), "started_at"), Some("2026-01-06T17:51:06"));
}

#[test]
fn newares_archive_is_decoded_as_others_do() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem/neware.ndax"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.rejected.len()), ("neware_ndax", 0));
    let (nda, fast) = (
        Peer::load(&real.join("echem"), "neware.ndax", "NewareNDA"),
        Peer::load(&real.join("echem"), "neware.ndax", "fastnda"),
    );
    compare(measurement, "time_s", fast.column("total_time_s"), 1.0, TOLERANCE);
    for (name, column, factor) in [
        ("record", "Index", 1.0),
        ("cycle", "Cycle", 1.0),
        ("step", "Step_Index", 1.0),
        ("step_time_s", "Time", 1.0),
        ("potential_v", "Voltage", 1.0),
        ("current_a", "Current(mA)", 1e-3),
        ("charge_capacity_mah", "Charge_Capacity(mAh)", 1.0),
        ("discharge_capacity_mah", "Discharge_Capacity(mAh)", 1.0),
        ("charge_energy_mwh", "Charge_Energy(mWh)", 1.0),
        ("discharge_energy_mwh", "Discharge_Energy(mWh)", 1.0),
    ] {
        compare(measurement, name, nda.column(column), factor, SINGLE);
    }
    assert_eq!(measurement.warnings, [] as [String; 0]);
    assert_eq!(text(measurement, "started_at"), Some("2024-02-01T20:24:23"));
    assert_eq!(text(measurement, "channel"), Some("7"));
}

#[test]
fn arbins_database_is_decoded_as_others_do() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem_b/arbin_example.res"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.warnings.len(), measurement.n_points()), ("arbin_res", 0, 2150));
    let golden = std::fs::read(real.join("echem_b/golden/arbin_example.res.json")).unwrap();
    let golden: Json = serde_json::from_slice(&golden).unwrap();
    let table = golden["peers"][0]["tables"].as_array().unwrap();
    let table = table.iter().find(|table| table["name"] == "Channel_Normal_Table").unwrap();
    let names = table["columns"].as_array().unwrap();
    for (name, column, factor) in [
        ("record", "Data_Point", 1.0),
        ("time_s", "Test_Time", 1.0),
        ("step_time_s", "Step_Time", 1.0),
        ("datetime_d", "DateTime", 1.0),
        ("step", "Step_Index", 1.0),
        ("cycle", "Cycle_Index", 1.0),
        ("current_a", "Current", 1.0),
        ("potential_v", "Voltage", 1.0),
        ("charge_capacity_mah", "Charge_Capacity", 1000.0),
        ("discharge_capacity_mah", "Discharge_Capacity", 1000.0),
        ("charge_energy_wh", "Charge_Energy", 1.0),
        ("discharge_energy_wh", "Discharge_Energy", 1.0),
        ("dv_dt_v_s", "dV/dt", 1.0),
    ] {
        let at = names.iter().position(|other| other == column).unwrap();
        let peer = serde_json::json!({
            "n": 2150,
            "n_nan": 0,
            "first": table["first_row"][at],
            "last": table["last_row"][at],
            "sum": table["stats"][column]["sum"],
        });
        compare(measurement, name, &peer, factor, TOLERANCE);
    }
    assert_eq!(text(measurement, "started_at"), Some("2023-07-24T18:50:00"));
    assert_eq!(text(measurement, "title"), Some("ajm314_LCO_ajm5-SSB1-F_Wait48hr-Repeat-01-012"));
    assert_eq!(text(measurement, "incomplete"), None);
}

#[test]
fn arbins_workbook_is_read_as_others_do_and_its_start_is_that_of_its_clock() {
    let Some(real) = real_files("") else { return };
    let (format, reading) = read(&real.join("echem/arbin_channel11.xlsx"));
    let measurement = only(&reading);
    assert_eq!((format.as_str(), reading.rejected.len(), measurement.n_points()), ("arbin_xlsx", 0, 4526));
    let peer = Peer::load(&real.join("echem"), "arbin_channel11.xlsx", "navani");
    for (name, column, factor) in [
        ("time_s", "Test_Time(s)", 1.0),
        ("step_time_s", "Step_Time(s)", 1.0),
        ("step", "Step_Index", 1.0),
        ("cycle", "Cycle_Index", 1.0),
        ("potential_v", "Voltage(V)", 1.0),
        ("current_a", "Current(A)", 1.0),
        ("charge_capacity_mah", "Charge_Capacity(Ah)", 1000.0),
        ("discharge_capacity_mah", "Discharge_Capacity(Ah)", 1000.0),
        ("charge_energy_wh", "Charge_Energy(Wh)", 1.0),
        ("discharge_energy_wh", "Discharge_Energy(Wh)", 1.0),
        ("dv_dt_v_s", "dV/dt(V/s)", 1.0),
    ] {
        compare(measurement, name, peer.column(column), factor, TOLERANCE);
    }
    assert_eq!(text(measurement, "channel"), Some("11"));
    assert_eq!(text(measurement, "software"), Some("PV7.0 Build: 180508USB"));
    assert_eq!(text(measurement, "started_at"), Some("2020-10-19T11:31:46"));
    assert_eq!(measurement.warnings.len(), 1, "{:?}", measurement.warnings);
    assert!(measurement.warnings[0].starts_with("`Start DateTime` is 2020-10-19T11:33:31"));
}
