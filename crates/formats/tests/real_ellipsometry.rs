//! Reads real files of ellipsometers and compares them with what an independent program read.
//!
//! Measured files are not part of the project: `test_support::real_files` finds them, and each test is skipped without them.

// Helpers of tests may unwrap; what was compared is printed.
#![allow(clippy::unwrap_used, clippy::print_stdout)]
#![expect(clippy::float_cmp, reason = "the values are copied or rounded once, as the reader does")]

use std::path::Path;

use aldb_formats::{Measurement, NOT_STATED, ReadError, Reading, Registry, Technique, Value, Values};
use serde_json::Value as Json;
use test_support::real_files;

/// Relative difference that sums may have: both programs read the same digits, and only the order of adding differs.
const TOLERANCE: f64 = 1e-9;

fn read(folder: &Path, name: &str) -> Result<(String, Reading), ReadError> {
    Registry::new().read(&std::fs::read(folder.join(name)).unwrap(), None)
}

/// The reading of a file without rejected rows.
fn whole(folder: &Path, name: &str) -> Reading {
    let (format, reading) = read(folder, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(*reading.rejected, [], "{name}");
    println!("{name}: {format}, {} measurements", reading.measurements.len());
    reading
}

fn golden(folder: &Path, name: &str) -> Json {
    serde_json::from_slice(&std::fs::read(folder.join("golden").join(format!("{name}.json"))).unwrap()).unwrap()
}

fn close(found: f64, expected: f64, what: &str) {
    let scale = found.abs().max(expected.abs()).max(1e-300);
    assert!((found - expected).abs() / scale < TOLERANCE, "{what}: found {found}, expected {expected}");
}

fn column<'m>(measurement: &'m Measurement, name: &str) -> &'m [f64] {
    measurement.numbers(name).unwrap_or_else(|| panic!("no column {name}"))
}

fn sum(measurement: &Measurement, name: &str) -> f64 {
    column(measurement, name).iter().filter(|value| !value.is_nan()).sum()
}

/// The numbers of a golden's row, whose cells are words or numbers.
fn cells(row: &Json) -> Vec<f64> {
    let cell = |cell: &Json| cell.as_f64().or_else(|| cell.as_str()?.trim().parse().ok()).unwrap_or(f64::NAN);
    row.as_array().unwrap().iter().map(cell).collect()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn different(values: &[f64]) -> Vec<f64> {
    let mut values: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

fn check_axes(measurement: &Measurement, group: &Json, name: &str) {
    let wavelengths = different(column(measurement, "wavelength_nm"));
    assert_eq!(wavelengths.len() as u64, group["wavelengths"].as_u64().unwrap(), "{name}");
    close(wavelengths[0], group["wavelength_nm_min"].as_f64().unwrap(), name);
    close(wavelengths[wavelengths.len() - 1], group["wavelength_nm_max"].as_f64().unwrap(), name);
    assert_eq!(different(column(measurement, "angle_of_incidence_deg")), numbers(&group["angles_deg"]), "{name}");
}

/// Ends of columns against the golden's first and last row, whose cells `places` correspond to the columns.
fn check_ends(measurement: &Measurement, group: &Json, places: &[(usize, &str)], name: &str) {
    for (row, place) in [("first_row", 0), ("last_row", measurement.n_points() - 1)] {
        let expected = cells(&group[row]);
        for (cell, column_name) in places {
            close(column(measurement, column_name)[place], expected[*cell], &format!("{name}, {row}, {column_name}"));
        }
    }
}

#[test]
fn woollam_spectra_have_the_rows_ends_and_sums_that_another_program_reads() {
    let Some(folder) = real_files("ellipsometry") else { return };
    for (name, group) in [
        ("woollam/12mtorr_2%_1000w_al2o3_w3.dat", "psi_delta"),
        ("woollam/wafer01_kingkong_al2o3_20081201.dat", "psi_delta"),
        ("woollam/wafer_5_simulated.dat", "psi_delta"),
        ("woollam/wvase_example.dat", "psi_delta"),
        ("woollam/Woolam_kineticTest.dat", "psi_delta"),
        ("woollam/complete_ease_example.dat", "E"),
        ("woollam/w1_11012006_anisotropic.dat", "AnE"),
    ] {
        let golden = golden(&folder, name);
        let group = &golden["groups"][group];
        let reading = whole(&folder, name);
        let [spectra] = reading.measurements.as_slice() else { panic!("{name}") };
        assert_eq!(spectra.technique, Technique::SpectroscopicEllipsometry);
        assert_eq!(spectra.n_points() as u64, group["rows"].as_u64().unwrap(), "{name}");
        check_axes(spectra, group, name);
        let places =
            [(1, "angle_of_incidence_deg"), (2, "psi_deg"), (3, "delta_deg"), (4, "psi_err_deg"), (5, "delta_err_deg")];
        check_ends(spectra, group, &places, name);
        close(sum(spectra, "psi_deg"), group["sum_column_3"].as_f64().unwrap(), name);
        close(sum(spectra, "delta_deg"), group["sum_column_4"].as_f64().unwrap(), name);
        let software = ["WVASE", "CompleteEASE"]
            .iter()
            .find_map(|key| Some(format!("{key} {}", golden["method_fields"][key].as_str()?)));
        assert_eq!(spectra.metadata["software"], Value::Text(software.unwrap()), "{name}");
        let sample = golden["sample"].as_str().filter(|sample| !sample.is_empty());
        assert_eq!(spectra.metadata.get("sample"), sample.map(|text| Value::Text(text.to_owned())).as_ref());
    }
}

#[test]
fn depolarization_of_woollam_files_is_joined_where_it_belongs() {
    let Some(folder) = real_files("ellipsometry") else { return };
    for (name, kind) in
        [("woollam/wafer01_kingkong_al2o3_20081201.dat", "dpolE"), ("woollam/complete_ease_example.dat", "dPolE")]
    {
        let golden = golden(&folder, name);
        let reading = whole(&folder, name);
        let group = &golden["groups"][kind];
        let spectra = &reading.measurements[0];
        assert!(column(spectra, "depolarization_percent").iter().all(|value| !value.is_nan()), "{name}");
        close(sum(spectra, "depolarization_percent"), group["sum_column_3"].as_f64().unwrap(), name);
        check_ends(spectra, group, &[(2, "depolarization_percent")], name);
    }
    // Measured at other angles than Psi and Delta.
    let other = whole(&folder, "woollam/wvase_example.dat");
    assert_eq!(other.measurements[0].numbers("depolarization_percent"), None);
    assert!(other.measurements[0].warnings.iter().any(|words| words.starts_with("284 rows `dpolE`")));
    let words = &whole(&folder, "woollam/complete_ease_example.dat").measurements[0].warnings;
    assert!(words.iter().any(|words| words == "rows of other quantities are left out: 3264 rows `uR`"), "{words:?}");
    let words = &whole(&folder, "woollam/w1_11012006_anisotropic.dat").measurements[0].warnings;
    assert!(words.iter().any(|words| words.ends_with("4056 rows `Aps`, 4056 rows `Asp`")), "{words:?}");
}

#[test]
fn the_slices_of_a_dynamic_scan_have_their_times() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let name = "woollam/Woolam_kineticTest.dat";
    let golden = golden(&folder, name);
    let reading = whole(&folder, name);
    let expected = numbers(&golden["time"]["values_s"]);
    let found = different(column(&reading.measurements[0], "time_s"));
    assert_eq!(found.len(), expected.len());
    found.iter().zip(&expected).for_each(|(found, expected)| close(*found, *expected, name));
    assert_eq!(reading.measurements[0].metadata["n_slices"], Value::Number(7.0));
}

#[test]
fn tan_psi_and_cos_delta_are_read_as_a_folded_delta() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let reading = whole(&folder, "woollam/wvase_trig.dat");
    let golden = golden(&folder, "woollam/wvase_trig.dat");
    let group = &golden["groups"]["psi_delta"];
    let spectra = &reading.measurements[0];
    close(sum(spectra, "tan_psi"), group["sum_column_3"].as_f64().unwrap(), "tan psi");
    close(sum(spectra, "cos_delta"), group["sum_column_4"].as_f64().unwrap(), "cos delta");
    close(column(spectra, "psi_deg")[0], 0.245_f64.atan().to_degrees(), "psi");
    close(column(spectra, "delta_deg")[1], (-0.034_f64).acos().to_degrees(), "delta");
}

#[test]
fn tables_of_psi_and_delta_have_the_rows_ends_and_sums_that_another_program_reads() {
    let Some(folder) = real_files("ellipsometry") else { return };
    for name in [
        "wvase_modelled/TestData_bareSI.txt",
        "wvase_modelled/TestData_cauchy.txt",
        "wvase_modelled/WVASE_example_2nmSiO2_20nmPNIPAM_MultiWavelength.txt",
        "wvase_modelled/WVASE_example_2nmSiO2_65nmAl2O3_MultiWavelength.txt",
        "accurion/Si3N4_on_4inBF33_W02_20240903-150451.ds.dat",
        "accurion/corefine_PNIPAM_ellipsometry.dat",
    ] {
        let golden = golden(&folder, name);
        let reading = whole(&folder, name);
        let [spectra] = reading.measurements.as_slice() else { panic!("{name}") };
        assert_eq!(spectra.n_points() as u64, golden["rows"].as_u64().unwrap(), "{name}");
        check_axes(spectra, &golden, name);
        close(sum(spectra, "psi_deg"), golden["sum_psi"].as_f64().unwrap(), name);
        close(sum(spectra, "delta_deg"), golden["sum_delta"].as_f64().unwrap(), name);
        let headers: Vec<&str> = golden["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let known = [
            (["wavelength_nm", "Lambda"], "wavelength_nm"),
            (["angle_of_incidence", "AOI"], "angle_of_incidence_deg"),
            (["psi", "Psi"], "psi_deg"),
            (["delta", "Delta"], "delta_deg"),
        ];
        let places =
            known.map(|(names, column)| (headers.iter().position(|header| names.contains(header)).unwrap(), column));
        check_ends(spectra, &golden, &places, name);
        let warned = spectra.warnings.iter().any(|words| words.contains("may have been folded"));
        let delta = different(column(spectra, "delta_deg"));
        assert_eq!(warned, delta[0] >= 0.0 && delta[delta.len() - 1] <= 180.0, "{name}");
    }
}

#[test]
fn the_zones_of_a_nulling_measurement_are_kept_apart_from_their_mean_and_range() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let name = "accurion/15-1-1.dat";
    let golden = golden(&folder, name);
    let (_, reading) = read(&folder, name).unwrap();
    assert_eq!(reading.rejected.len() as u64, golden["nan_rows"].as_u64().unwrap());
    let [zones, mean] = reading.measurements.as_slice() else { panic!("{name}") };
    // The other program adds the range of the zones (zone 5) to the sums as if it were Psi and Delta.
    let ranges =
        golden["rows"].as_u64().unwrap() as usize - zones.n_points() - mean.n_points() - reading.rejected.len();
    assert_eq!((zones.n_points(), mean.n_points(), ranges), (41, 8, 11));
    let total = |name: &str| sum(zones, name) + sum(mean, name);
    let (psi, delta) = (golden["sum_psi"].as_f64().unwrap(), golden["sum_delta"].as_f64().unwrap());
    let (psi_ranges, delta_ranges) = (psi - total("psi_deg"), delta - total("delta_deg"));
    assert!((0.0..3.0).contains(&psi_ranges) && (0.0..5.0).contains(&delta_ranges), "{psi_ranges} {delta_ranges}");
    // Zone 0 is the mean of zones 1 to 4, zone 5 the largest less the smallest; all are stored with three decimals.
    for place in 0..mean.n_points() {
        let of_zones = |name: &str| column(zones, name)[4 * place..4 * place + 4].to_vec();
        for (name, range) in [("psi_deg", "psi_range_of_zones_deg"), ("delta_deg", "delta_range_of_zones_deg")] {
            let values = of_zones(name);
            assert!((values.iter().sum::<f64>() / 4.0 - column(mean, name)[place]).abs() < 0.0011, "{name}");
            let sorted = different(&values);
            let spread = sorted[sorted.len() - 1] - sorted[0];
            assert!((spread - column(mean, range)[place]).abs() < 0.0011, "{range}");
        }
    }
}

#[test]
fn angles_side_by_side_in_a_spectraray_file_have_their_own_sums() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let name = "sentech/Si_SiO2_theta_50_60_70.txt";
    let golden = golden(&folder, name);
    let reading = whole(&folder, name);
    let spectra = &reading.measurements[0];
    assert_eq!(spectra.n_points() as u64, 3 * golden["rows"].as_u64().unwrap());
    let angles = column(spectra, "angle_of_incidence_deg");
    for (angle, sums) in [("50.2", 50.2), ("60.2", 60.2), ("70.2", 70.2)] {
        for (key, name) in [("sum_psi", "psi_deg"), ("sum_delta", "delta_deg")] {
            let of_angle = column(spectra, name).iter().zip(angles).filter(|(_, its)| **its == sums);
            close(of_angle.map(|(value, _)| value).sum(), golden[key][angle].as_f64().unwrap(), key);
        }
    }
}

#[test]
fn film_sense_angles_give_back_the_stored_n_c_and_s() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let name = "filmsense/Filmsense_kineticTest.txt";
    let golden = golden(&folder, name);
    let reading = whole(&folder, name);
    let [spectra, series] = reading.measurements.as_slice() else { panic!("{name}") };
    assert_eq!(different(column(spectra, "wavelength_nm")), numbers(&golden["wavelengths_nm"]));
    assert_eq!(column(series, "time_s"), numbers(&golden["times"]));
    assert_eq!(column(series, "thickness_nm"), numbers(&golden["thickness"]));
    assert_eq!(spectra.n_points(), 7 * 8);
    let first = cells(&golden["first_row"]);
    for source in 0..8 {
        let (psi, delta) = (column(spectra, "psi_deg")[source], column(spectra, "delta_deg")[source]);
        let (psi, delta) = (2.0 * psi.to_radians(), delta.to_radians());
        let stored = &first[1 + 5 * source..4 + 5 * source];
        // N, C and S are stored with five digits, so that they aren't exactly of one length.
        for (found, stored) in [psi.cos(), psi.sin() * delta.cos(), psi.sin() * delta.sin()].iter().zip(stored) {
            assert!((found - stored).abs() < 5e-5, "{found} {stored}");
        }
    }
}

#[test]
fn a_tabulated_map_has_the_sums_of_each_quantity() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let name = "woollam/eugbe_0009_RTP_hc_SiO2_map.txt";
    let golden = golden(&folder, name);
    let reading = whole(&folder, name);
    let [map] = reading.measurements.as_slice() else { panic!("{name}") };
    assert_eq!(map.n_points(), 33 * 698);
    check_axes(map, &golden, name);
    for (key, name) in [
        ("Psi", "psi_deg"),
        ("Psi_err", "psi_err_deg"),
        ("Delta", "delta_deg"),
        ("Delta_err", "delta_err_deg"),
        ("Depol", "depolarization_percent"),
        ("Intensity", "intensity"),
    ] {
        close(sum(map, name), golden["sums"][key].as_f64().unwrap(), key);
    }
    let mut places: Vec<f64> =
        golden["positions"].as_array().unwrap().iter().map(|at| at[0].as_f64().unwrap()).collect();
    places.sort_by(f64::total_cmp);
    let found = different(column(map, "x_mm"));
    assert_eq!(found.len(), places.len());
    found.iter().zip(&places).for_each(|(found, cm)| assert!((found - cm * 10.0).abs() < 1e-9));
}

#[test]
fn tables_of_fitted_parameters_have_their_points_and_means() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let mean = |measurement: &Measurement, name: &str| sum(measurement, name) / measurement.n_points() as f64;

    let name = "woollam/eugbe_0009_RTP_hc_SiO2_map_th.txt";
    let (expected, reading) = (golden(&folder, name), whole(&folder, name));
    let places = &reading.measurements[0];
    assert_eq!(places.technique, Technique::EllipsometrySeries);
    assert_eq!(column(places, "thickness_nm"), numbers(&expected["thickness_nm"]));
    assert_eq!(column(places, "mse"), numbers(&expected["mse"]));
    assert_eq!((column(places, "x_mm")[0], column(places, "x_mm")[10]), (-18.0, 18.0));
    assert_eq!(column(places, "roughness_nm")[0], 3.08);
    assert!(places.numbers("thickness_err_nm").is_some());

    let name = "woollam/PGMA_oven_20_2 [2025-05-01,095007].txt";
    let (expected, reading) = (golden(&folder, name), whole(&folder, name));
    let map = &reading.measurements[0];
    assert_eq!(map.n_points() as u64, expected["points"].as_u64().unwrap());
    // Another program's mean is stored with nine decimals.
    assert!((mean(map, "thickness_nm") - expected["thickness_mean_nm"].as_f64().unwrap()).abs() < 1e-8);
    assert!((column(map, "x_mm")[44] - 28.28).abs() < 1e-9 && (column(map, "y_mm")[44] + 28.28).abs() < 1e-9);
    assert_eq!(map.metadata["index_wavelength_nm"], Value::Number(632.8));
    assert_eq!(column(map, "refractive_index")[0], 1.50784);

    let name = "woollam/wafer1_11202006_map.txt";
    let (expected, reading) = (golden(&folder, name), whole(&folder, name));
    let map = &reading.measurements[0];
    assert_eq!(map.n_points() as u64, expected["points"].as_u64().unwrap());
    assert_eq!(map.numbers("thickness_nm"), None);
    assert_eq!(map.metadata["thickness_unit"], Value::Text(NOT_STATED.to_owned()));
    for (header, name) in [("MSE", "mse"), ("Thick.2", "thick_2"), ("Thick.1", "thick_1"), ("EMA2.1", "ema2_1")] {
        assert!((mean(map, name) - expected["column_means"][header].as_f64().unwrap()).abs() < 1e-7, "{header}");
    }
    assert_eq!((column(map, "x_mm")[0], column(map, "y_mm")[36]), (20.0, -60.0));
}

#[test]
fn optical_constants_have_the_sums_that_another_program_reads() {
    let Some(folder) = real_files("ellipsometry") else { return };
    for (name, axis, scale) in [
        ("woollam/al2o3.mat", "wavelength_nm", 1.0),
        ("woollam/CdZnS_699_nk.txt", "wavelength_nm", 1.0),
        ("model/refellips_silicon.csv", "wavelength_nm", 1000.0),
        ("model/refellips_silica.csv", "wavelength_nm", 1000.0),
        ("model/refellips_aluminium_oxide.csv", "wavelength_nm", 1000.0),
    ] {
        let golden = golden(&folder, name);
        let reading = whole(&folder, name);
        let [constants] = reading.measurements.as_slice() else { panic!("{name}") };
        assert_eq!(constants.technique, Technique::OpticalConstants);
        assert_eq!(constants.n_points() as u64, golden["rows"].as_u64().unwrap(), "{name}");
        let sums = numbers(&golden["column_sums"]);
        close(sum(constants, axis), sums[0] * scale, name);
        close(sum(constants, "refractive_index"), sums[1], name);
        close(sum(constants, "extinction_coefficient"), sums[2], name);
    }
    let name = "sentech/Si_Aspnes.mat";
    let (expected, reading) = (golden(&folder, name), whole(&folder, name));
    let constants = &reading.measurements[0];
    let sums = numbers(&expected["column_sums"]);
    close(sum(constants, "photon_energy_ev"), sums[0], name);
    close(sum(constants, "dielectric_re"), sums[1], name);
    close(sum(constants, "dielectric_im"), sums[2], name);
    let (n, k) = (column(constants, "refractive_index"), column(constants, "extinction_coefficient"));
    for (place, (e1, e2)) in
        column(constants, "dielectric_re").iter().zip(column(constants, "dielectric_im")).enumerate()
    {
        assert!(
            (n[place] * n[place] - k[place] * k[place] - e1).abs() < 1e-9
                && (2.0 * n[place] * k[place] - e2).abs() < 1e-9
        );
    }
    assert!((column(constants, "wavelength_nm")[0] - 826.561_322_888).abs() < 1e-6);

    let name = "woollam/eugbe_0009_RTP_hc_SiO2_map_nk_vs_energy.txt";
    let (expected, reading) = (golden(&folder, name), whole(&folder, name));
    let sums = numbers(&expected["column_sums"]);
    assert_eq!(reading.measurements.len(), 11);
    for (block, constants) in reading.measurements.iter().enumerate() {
        assert_eq!(constants.n_points() as u64, expected["rows"].as_u64().unwrap());
        close(sum(constants, "photon_energy_ev"), sums[0], name);
        close(sum(constants, "refractive_index"), sums[1 + 2 * block], name);
        close(sum(constants, "extinction_coefficient"), sums[2 + 2 * block], name);
    }
    assert_eq!(reading.measurements[0].metadata["x_mm"], Value::Number(-18.0));
    assert_eq!(whole(&folder, "model/optical_constants_grid.csv").measurements.len(), 2);
}

#[test]
fn computed_spectra_are_one_measurement_for_each_thickness() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let golden: Json =
        serde_json::from_slice(&std::fs::read(folder.join("golden/model/cauchy_70deg.json")).unwrap()).unwrap();
    let spectra = golden["spectra"].as_array().unwrap();
    let thicknesses =
        different(&spectra.iter().map(|one| one["true_thickness_nm"].as_f64().unwrap()).collect::<Vec<_>>());
    for name in ["model/cauchy_70deg_clean.csv", "model/cauchy_70deg_noise.csv"] {
        let reading = whole(&folder, name);
        let found: Vec<f64> = reading.measurements.iter().map(|one| column(one, "thickness_nm")[0]).collect();
        assert_eq!(found, thicknesses, "{name}");
        for one in &reading.measurements {
            assert_eq!((one.technique, one.n_points()), (Technique::SpectroscopicEllipsometry, 150));
            assert!(one.metadata.contains_key("delta_range"));
        }
    }
}

#[test]
fn lines_through_thickness_against_cycle_have_the_slopes_that_another_program_finds() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let golden: Json = serde_json::from_slice(&std::fs::read(folder.join("golden/gpc/gpc.json")).unwrap()).unwrap();
    for curve in golden["curves"].as_array().unwrap() {
        let name = curve["file"].as_str().unwrap();
        let reading = whole(&folder, name);
        let [series] = reading.measurements.as_slice() else { panic!("{name}") };
        assert_eq!(series.technique, Technique::EllipsometrySeries);
        let Some(slope) = curve["regression_over_all_points"]["slope_nm_per_cycle"].as_f64() else { continue };
        let (x, y) = (column(series, "cycle"), column(series, "thickness_nm"));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (mean_x, mean_y) = (mean(x), mean(y));
        let of = |with: &[f64], mean_with: f64| -> f64 {
            x.iter().zip(with).map(|(x, with)| (x - mean_x) * (with - mean_with)).sum()
        };
        // Stored with nine decimals.
        assert!((of(y, mean_y) / of(x, mean_x) - slope).abs() < 1e-9, "{name}");
    }
}

#[test]
fn a_scan_in_situ_and_the_log_of_its_pulses_are_read() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let reading = whole(&folder, "subcycle/libo_60cycles_ellipsometer.csv");
    let series = &reading.measurements[0];
    assert!((column(series, "time_s")[1] - 0.01712 * 60.0).abs() < 1e-12);
    assert_eq!(column(series, "thickness_nm")[0], 1.8093);
    assert_eq!(column(series, "mse")[0], 2.068);
    let reading = whole(&folder, "subcycle/libo_60cycles_pulses.csv");
    let log = &reading.measurements[0];
    assert_eq!(log.technique, Technique::ReactorLog);
    assert_eq!((column(log, "time_s")[2], column(log, "duration_s")[2]), (72.06, 1.0));
    assert_eq!(different(column(log, "cycle")).len(), 60);
    let words = |name: &str| match &log.columns.iter().find(|column| column.name == name).unwrap().values {
        Values::Text(words) => words.clone(),
        Values::Number(_) => panic!("{name}"),
    };
    assert_eq!((words("event")[2].as_str(), words("precursor")[2].as_str()), ("pulse", "H2O"));
}

#[test]
fn a_nexus_file_is_read_as_h5py_does() {
    let Some(folder) = real_files("ellipsometry") else { return };
    let reading = whole(&folder, "nexus/ellips.test.nxs");
    // Parts of the array that was read, as virtual datasets.
    let unread = "not read: `/entry/plot/other members` (a link or a kind of storage that is not followed)";
    assert_eq!(reading.not_read, [unread]);
    let [spectrum] = reading.measurements.as_slice() else { panic!("{}", reading.measurements.len()) };
    let sum = |name: &str| column(spectrum, name).iter().sum::<f64>();
    assert_eq!(spectrum.n_points(), 3 * 1088);
    assert_eq!(different(column(spectrum, "angle_of_incidence_deg")), [50.0, 60.0, 70.0]);
    assert_eq!((column(spectrum, "wavelength_nm")[0], column(spectrum, "wavelength_nm")[1087]), (193.0, 1700.0));
    assert_eq!((column(spectrum, "psi_deg")[0], column(spectrum, "delta_deg")[0]), (40.014_217, 142.127_655));
    assert_eq!((column(spectrum, "psi_deg")[3263], column(spectrum, "delta_deg")[3263]), (7.212_368, 176.874_298));
    assert!((sum("psi_deg") - 77_916.777_165).abs() < 1e-6 && (sum("delta_deg") - 560_281.119_132).abs() < 1e-5);
}

#[test]
fn files_without_psi_and_delta_are_refused_by_name() {
    let Some(folder) = real_files("ellipsometry") else { return };
    for (name, recognised) in [
        ("woollam/w4_12062006_p-pol_reflectance.dat", "a Woollam file without Psi and Delta (2028 rows `pR`)"),
        ("woollam/CdZnS_699.SE", "a CompleteEASE file (.SE)"),
        ("woollam/al2o3.mod", "a WVASE model (.mod)"),
        ("qcm/poll_12-02_12h51m32s.dat", "a log of a quartz microbalance with a lock-in amplifier"),
    ] {
        match read(&folder, name) {
            Err(ReadError::NotSupported { recognised: found, .. }) => assert_eq!(found, recognised, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}
