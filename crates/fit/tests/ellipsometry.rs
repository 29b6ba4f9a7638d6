//! Films of known thickness and index, and the results of pyElli with lmfit and of WVASE.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "functions that tests share")]

use aldb_fit::ellipsometry::{
    CauchyFit, CauchyOptions, EllipsometryError, Film, Free, OpticalConstants, Reading, Substrate, fit_cauchy,
    psi_delta, silica, silicon,
};
use aldb_fit::quality::{Quality, ReasonCode};
use proptest::prelude::*;
use serde_json::Value;
use test_support::{Noise, real_files};

const SILICON: Substrate = Substrate::Silicon;

fn film(thickness_nm: f64, a: f64, b_um2: f64) -> Film<'static> {
    Film { thickness_nm, a, b_um2, c_um4: 0.0, oxide_nm: 1.5, substrate: &SILICON }
}

/// 150 wavelengths from 250 to 1000 nm.
fn spectrum(film: &Film<'_>, angle: f64, noise_deg: f64, noise: &mut Noise) -> Vec<Reading> {
    (0..150)
        .map(|k| {
            let wavelength_nm = 250.0 + 750.0 * f64::from(k) / 149.0;
            let (psi, delta) = psi_delta(film, wavelength_nm, angle).unwrap();
            let psi_deg = psi + noise_deg * noise.normal();
            let delta_deg = (delta + noise_deg * noise.normal()).rem_euclid(360.0);
            Reading { wavelength_nm, angle_of_incidence_deg: angle, psi_deg, delta_deg }
        })
        .collect()
}

fn fit(readings: &[Reading]) -> CauchyFit {
    fit_cauchy(readings, &CauchyOptions::default()).unwrap()
}

/// The model is exact: what is left is noise.
fn exact_model() -> CauchyOptions {
    CauchyOptions { oxide_err_nm: 0.0, angle_err_deg: 0.0, substrate_index_rel_err: 0.0, ..CauchyOptions::default() }
}

// ---- Known truth.

#[test]
fn exact_readings_are_fitted_to_rounding() {
    for (thickness_nm, a, b_um2) in
        [(12.0, 1.46, 0.0036), (33.0, 1.75, 0.01), (120.0, 2.3, 0.02), (480.0, 1.6, 0.004), (1500.0, 1.48, 0.006)]
    {
        let fit = fit(&spectrum(&film(thickness_nm, a, b_um2), 70.0, 0.0, &mut Noise::new(0)));
        assert!((fit.thickness_nm - thickness_nm).abs() < 1e-7, "{thickness_nm}: {fit:?}");
        assert!((fit.a - a).abs() < 1e-7 && (fit.b_um2 - b_um2).abs() < 1e-8, "{thickness_nm}: {fit:?}");
        assert!(fit.mse < 1e-6 && fit.verdict.quality == Quality::Good, "{thickness_nm}: {fit:?}");
    }
}

/// Share of 2,000 runs whose interval of 1.96 standard errors holds the truth, for thickness, A and B.
fn coverage(thickness_nm: f64, a: f64, b_um2: f64) -> [f64; 3] {
    let film = film(thickness_nm, a, b_um2);
    let exact = spectrum(&film, 70.0, 0.0, &mut Noise::new(0));
    let mut held = [0; 3];
    let options = CauchyOptions { thickness_max_nm: 300.0, ..exact_model() };
    let mut readings = exact.clone();
    for seed in 0..2000 {
        let mut noise = Noise::new(seed);
        for (reading, exact) in readings.iter_mut().zip(&exact) {
            reading.psi_deg = exact.psi_deg + 0.1 * noise.normal();
            reading.delta_deg = (exact.delta_deg + 0.1 * noise.normal()).rem_euclid(360.0);
        }
        let fit = fit_cauchy(&readings, &options).unwrap();
        held[0] += usize::from((fit.thickness_nm - thickness_nm).abs() <= 1.96 * fit.thickness_err_nm);
        held[1] += usize::from((fit.a - a).abs() <= 1.96 * fit.a_err.unwrap());
        held[2] += usize::from((fit.b_um2 - b_um2).abs() <= 1.96 * fit.b_err_um2.unwrap());
    }
    held.map(|count| count as f64 / 2000.0)
}

#[test]
fn intervals_contain_the_true_values_in_95_of_100_spectra() {
    for thickness_nm in [15.0, 40.0, 80.0, 200.0] {
        let shares = coverage(thickness_nm, 1.62, 0.007);
        println!("{thickness_nm} nm: {shares:?}");
        for share in shares {
            assert!((0.93..=0.97).contains(&share), "{thickness_nm} nm: {shares:?}");
        }
    }
}

#[test]
fn films_of_any_thickness_and_index_are_found_without_start_values() {
    let mut noise = Noise::new(2026);
    let mut missed = 0;
    for _ in 0..400 {
        let thickness_nm = 12.0 * (1900.0f64 / 12.0).powf(noise.uniform());
        let (a, b_um2) = (noise.between(1.38, 2.4), noise.between(0.0, 0.02));
        let readings = spectrum(&film(thickness_nm, a, b_um2), 70.0, 0.1, &mut noise);
        let fit = fit_cauchy(&readings, &exact_model()).unwrap();
        if (fit.thickness_nm - thickness_nm).abs() > 6.0 * fit.thickness_err_nm {
            missed += 1;
            println!("{thickness_nm} {a} {b_um2}: {fit:?}");
            assert_ne!(fit.verdict.quality, Quality::Good, "{thickness_nm} {a} {b_um2}: {fit:?}");
        }
    }
    assert!(missed <= 2, "{missed} of 400 missed");
}

// ---- Independent programs.

fn real(path: &str) -> Option<String> {
    let path = real_files(&format!("ellipsometry/{path}"))?;
    Some(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
}

fn numbers(line: &str) -> Vec<f64> {
    line.split([',', '\t', ' ']).filter_map(|cell| cell.trim().parse().ok()).collect()
}

/// Spectra by thickness of a file of computed ones.
fn model(name: &str) -> Option<Vec<(f64, Vec<Reading>)>> {
    let text = real(&format!("model/{name}"))?;
    let mut spectra: Vec<(f64, Vec<Reading>)> = Vec::new();
    for line in text.lines().skip(1) {
        let [thickness_nm, wavelength_nm, psi_deg, delta_deg] = numbers(line)[..] else { panic!("{line}") };
        if spectra.last().is_none_or(|spectrum| spectrum.0 != thickness_nm) {
            spectra.push((thickness_nm, Vec::new()));
        }
        let reading = Reading { wavelength_nm, angle_of_incidence_deg: 70.0, psi_deg, delta_deg };
        spectra.last_mut().unwrap().1.push(reading);
    }
    Some(spectra)
}

#[test]
fn optical_constants_are_those_of_the_grid() {
    let Some(text) = real("model/optical_constants_grid.csv") else { return };
    for line in text.lines().skip(1) {
        let [wavelength_nm, n, k, oxide] = numbers(line)[..] else { panic!("{line}") };
        let found = silicon(wavelength_nm);
        assert!((found.re - n).abs() < 1e-12 && (found.im + k).abs() < 1e-12, "{line}: {found}");
        assert!((silica(wavelength_nm).re - oxide).abs() < 1e-12, "{line}");
    }
}

#[test]
fn psi_and_delta_are_those_of_pyelli() {
    let Some(spectra) = model("cauchy_70deg_clean.csv") else { return };
    let mut largest = 0.0f64;
    for (thickness_nm, readings) in spectra {
        for reading in readings {
            let (psi, delta) = psi_delta(&film(thickness_nm, 1.52, 0.005), reading.wavelength_nm, 70.0).unwrap();
            largest = largest.max((psi - reading.psi_deg).abs()).max((delta - reading.delta_deg).abs());
        }
    }
    println!("largest difference {largest:e} deg");
    // Written to 1e-9.
    assert!(largest < 1e-9, "{largest}");
}

fn value(value: &Value, path: &str) -> f64 {
    value.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}"))
}

#[test]
fn fits_of_computed_spectra_are_those_of_lmfit() {
    let (Some(clean), Some(noisy)) = (model("cauchy_70deg_clean.csv"), model("cauchy_70deg_noise.csv")) else { return };
    let golden: Value = serde_json::from_str(&real("golden/model/cauchy_70deg.json").unwrap()).unwrap();
    let options = CauchyOptions { a: 1.52, ..CauchyOptions::default() };
    for spectrum in golden["spectra"].as_array().unwrap() {
        let thickness_nm = value(spectrum, "/true_thickness_nm");
        let spectra = if value(spectrum, "/noise_sigma_deg") > 0.0 { &noisy } else { &clean };
        let readings = &spectra.iter().find(|spectrum| spectrum.0 == thickness_nm).unwrap().1;
        let alone = CauchyOptions { free: Free::Thickness, ..options.clone() };
        let fit = fit_cauchy(readings, &alone).unwrap();
        // lmfit's figures have six digits after the point.
        assert!((fit.thickness_nm - value(spectrum, "/fit_thickness_only/thickness_nm")).abs() < 2e-6, "{fit:?}");
        assert!((fit.mse - value(spectrum, "/fit_thickness_only/mse_ncs")).abs() < 1e-4, "{fit:?}");
        if let Some(three) = spectrum.get("fit_thickness_A_B") {
            let fit = fit_cauchy(readings, &options).unwrap();
            println!("{thickness_nm}: {} {:?} {:?}", fit.thickness_nm, fit.thickness_err_nm, fit.verdict);
            assert!((fit.thickness_nm - value(three, "/thickness_nm")).abs() < 1e-5, "{fit:?}");
            assert!((fit.a - value(three, "/A")).abs() < 2e-6, "{fit:?}");
            assert!((fit.b_um2 - value(three, "/B_um2")).abs() < 2e-6, "{fit:?}");
            assert!((fit.mse - value(three, "/mse_ncs")).abs() < 1e-4, "{fit:?}");
        }
    }
}

/// Ellipsometric rows of a Woollam text file: those without a type or with `E`.
fn woollam(name: &str) -> Option<Vec<Reading>> {
    let text = real(&format!("woollam/{name}"))?;
    let to_nm = if text.lines().take(4).any(|line| line.trim() == "Angstroms") { 0.1 } else { 1.0 };
    let mut readings = Vec::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.strip_prefix("E\t").unwrap_or(line).trim().split('\t').collect();
        let row: Option<Vec<f64>> = cells.iter().take(4).map(|cell| cell.parse().ok()).collect();
        if let Some([wavelength, angle_of_incidence_deg, psi_deg, delta_deg]) = row.as_deref() {
            let (angle_of_incidence_deg, psi_deg, delta_deg) = (*angle_of_incidence_deg, *psi_deg, *delta_deg);
            readings.push(Reading { wavelength_nm: wavelength * to_nm, angle_of_incidence_deg, psi_deg, delta_deg });
        }
    }
    Some(readings)
}

fn real_fit(number: usize) -> Option<Value> {
    let golden: Value = serde_json::from_str(&real("golden/model/real_fits.json")?).unwrap();
    Some(golden["fits"][number].clone())
}

fn range(golden: &Value) -> Option<(f64, f64)> {
    Some((value(golden, "/wavelength_nm/0"), value(golden, "/wavelength_nm/1")))
}

/// Golden values have six digits; the minimum is the same, so they agree far within a standard error.
fn same(found: f64, golden: &Value, name: &str) {
    let (expected, err) = (value(golden, &format!("/values/{name}")), value(golden, &format!("/stderr/{name}")));
    println!("{name}: {found} {expected} +- {err}");
    assert!((found - expected).abs() < 0.05 * err + 5e-6 * expected, "{name}: {found} {expected} {err}");
}

#[test]
fn thermal_oxide_measured_by_sentech_is_that_of_lmfit() {
    let Some(text) = real("sentech/Si_SiO2_theta_50_60_70.txt") else { return };
    for (number, angles) in [(1, vec![2]), (2, vec![0, 1, 2])] {
        let golden = real_fit(number).unwrap();
        let mut readings = Vec::new();
        for row in text.lines().skip(1).map(numbers).filter(|row| row.len() == 7) {
            for &k in &angles {
                let angle_of_incidence_deg = [50.2, 60.2, 70.2][k];
                let (psi_deg, delta_deg) = (row[1 + 2 * k], row[2 + 2 * k]);
                readings.push(Reading { wavelength_nm: row[0], angle_of_incidence_deg, psi_deg, delta_deg });
            }
        }
        let options = CauchyOptions { oxide_nm: 0.0, wavelength_range_nm: range(&golden), ..CauchyOptions::default() };
        let fit = fit_cauchy(&readings, &options).unwrap();
        println!("{fit:?}");
        assert_eq!(fit.n_points, value(&golden, "/points") as usize);
        same(fit.thickness_nm, &golden, "d");
        same(fit.a, &golden, "A");
        same(fit.b_um2, &golden, "B");
        assert!((fit.mse / value(&golden, "/mse_ncs") - 1.0).abs() < 1e-4, "{fit:?}");
        assert!((fit.rms_delta_deg / value(&golden, "/rms_delta_deg") - 1.0).abs() < 1e-3, "{fit:?}");
        assert!((fit.rms_psi_deg / value(&golden, "/rms_psi_deg") - 1.0).abs() < 1e-3, "{fit:?}");
        // Residuals of a model's misfit go together: errors are larger than those of independent noise.
        assert!(fit.thickness_residual_err_nm > value(&golden, "/stderr/d"), "{fit:?}");
    }
}

#[test]
fn four_nm_of_alumina_do_not_give_both_thickness_and_index() {
    let (Some(golden), Some(readings)) = (real_fit(3), woollam("12mtorr_2%_1000w_al2o3_w3.dat")) else { return };
    let options = CauchyOptions { a: 1.65, wavelength_range_nm: range(&golden), ..CauchyOptions::default() };
    let fit = fit_cauchy(&readings, &options).unwrap();
    println!("{fit:?}");
    assert_eq!((fit.free, fit.verdict.quality), (Free::Thickness, Quality::Suspect), "{fit:?}");
    assert!(fit.verdict.has(ReasonCode::ParameterUndetermined), "{}", fit.verdict);
    // The same film with the index of a table of alumina, 1.74 to 1.78 there.
    assert!((fit.thickness_nm - value(&golden, "/values/d")).abs() < 0.4, "{fit:?}");
}

#[test]
fn a_growing_film_is_fitted_as_by_lmfit() {
    let Some(text) = real("woollam/Woolam_kineticTest.dat") else { return };
    let golden: Value = serde_json::from_str(&real("golden/model/real_fits.json").unwrap()).unwrap();
    let mut slices: Vec<(f64, Vec<Reading>)> = Vec::new();
    for row in text.lines().map(numbers).filter(|row| row.len() == 7) {
        if slices.last().is_none_or(|slice| slice.0 != row[6]) {
            slices.push((row[6], Vec::new()));
        }
        let reading =
            Reading { wavelength_nm: row[0], angle_of_incidence_deg: row[1], psi_deg: row[2], delta_deg: row[3] };
        slices.last_mut().unwrap().1.push(reading);
    }
    for (slice, golden) in slices.iter().zip(golden["dynamic"]["slices"].as_array().unwrap()) {
        assert!((slice.0 - value(golden, "/time_min")).abs() < 1e-9);
        let fit = fit(&slice.1);
        println!("{fit:?}");
        // Four digits were written.
        assert!((fit.thickness_nm - value(golden, "/d")).abs() < 2e-4, "{fit:?} {golden}");
        assert!((fit.a - value(golden, "/A")).abs() < 1e-4, "{fit:?} {golden}");
        assert!((fit.b_um2 - value(golden, "/B")).abs() < 1e-4, "{fit:?} {golden}");
        assert!((fit.mse - value(golden, "/mse_ncs")).abs() < 1e-3, "{fit:?} {golden}");
    }
}

fn wvase(name: &str) -> Option<Vec<Reading>> {
    let text = real(&format!("wvase_modelled/{name}"))?;
    let rows = text.lines().map(numbers).filter(|row| row.len() == 4);
    let reading = |row: Vec<f64>| Reading {
        wavelength_nm: row[0],
        angle_of_incidence_deg: row[1],
        psi_deg: row[2],
        delta_deg: row[3],
    };
    Some(rows.map(reading).collect())
}

fn table(name: &str) -> Option<Substrate> {
    let text = real(&format!("model/{name}"))?;
    let rows = text.lines().map(numbers).filter(|row| row.len() == 3);
    Some(Substrate::Table(
        rows.map(|row| OpticalConstants { wavelength_nm: 1e3 * row[0], n: row[1], k: row[2] }).collect(),
    ))
}

#[test]
fn a_film_computed_by_wvase_is_the_one_it_was_computed_from() {
    let (Some(readings), Some(substrate)) = (wvase("TestData_cauchy.txt"), table("refellips_silicon.csv")) else {
        return;
    };
    // WVASE wrote delta folded into 0 to 180; unfolded here with the film it was computed from.
    let film = Film { thickness_nm: 100.0, a: 1.47, b_um2: 0.00495, c_um4: 0.0, oxide_nm: 0.0, substrate: &substrate };
    let mut unfolded = readings.clone();
    for reading in &mut unfolded {
        let (psi, delta) = psi_delta(&film, reading.wavelength_nm, reading.angle_of_incidence_deg).unwrap();
        let folded = if delta > 180.0 { 360.0 - delta } else { delta };
        // Five digits were written; WVASE interpolates its table otherwise.
        assert!(
            (psi - reading.psi_deg).abs() < 0.02 && (folded - reading.delta_deg).abs() < 0.1,
            "{reading:?} {psi} {delta}"
        );
        if delta > 180.0 {
            reading.delta_deg = 360.0 - reading.delta_deg;
        }
    }
    let options = CauchyOptions { oxide_nm: 0.0, substrate: substrate.clone(), ..CauchyOptions::default() };
    let fit = fit_cauchy(&unfolded, &options).unwrap();
    println!("{fit:?}");
    let golden = real_fit(5).unwrap();
    same(fit.thickness_nm, &golden, "d");
    same(fit.a, &golden, "A");
    same(fit.b_um2, &golden, "B");
    assert_eq!(fit.verdict.quality, Quality::Good, "{fit:?}");
    let fit = fit_cauchy(&readings, &options).unwrap();
    assert_eq!(fit.verdict.quality, Quality::Failed, "{fit:?}");
    assert!(fit.verdict.has(ReasonCode::DeltaFolded), "{}", fit.verdict);
}

// ---- What the model assumes.

#[test]
fn errors_of_oxide_and_angle_are_covered_by_their_parts_of_the_uncertainty() {
    for (thickness_nm, a, b_um2) in [(25.0, 1.6, 0.006), (60.0, 1.6, 0.006), (60.0, 1.9, 0.01), (140.0, 1.5, 0.004)] {
        let truth = film(thickness_nm, a, b_um2);
        let right = fit(&spectrum(&truth, 70.0, 0.05, &mut Noise::new(1)));
        assert_eq!(right.verdict.quality, Quality::Good, "{}", right.verdict);
        let parts = [
            right.thickness_residual_err_nm,
            right.thickness_oxide_err_nm,
            right.thickness_angle_err_nm,
            right.thickness_substrate_err_nm,
        ];
        println!("{thickness_nm} {a}: {parts:?}");
        let total: f64 = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
        assert!(
            (total / right.thickness_err_nm - 1.0).abs() < 1e-9 && parts.iter().all(|part| *part > 0.0),
            "{parts:?}"
        );
        // 0.5 nm of oxide are 1.25 of its uncertainties, 0.1° are two.
        for oxide_nm in [1.0, 2.0] {
            let other = fit(&spectrum(&Film { oxide_nm, ..truth }, 70.0, 0.05, &mut Noise::new(2)));
            let off = (other.thickness_nm - thickness_nm).abs();
            assert!(off < 1.25 * 1.3 * other.thickness_oxide_err_nm + 0.1, "{oxide_nm}: {off} {other:?}");
            assert!(off < 2.0 * other.thickness_err_nm, "{oxide_nm}: {off} {other:?}");
            assert!((other.a - a).abs() < 2.5 * other.a_err.unwrap(), "{oxide_nm}: {other:?}");
        }
        for tilt in [-0.1, 0.1] {
            let mut readings = spectrum(&truth, 70.0 + tilt, 0.05, &mut Noise::new(3));
            readings.iter_mut().for_each(|reading| reading.angle_of_incidence_deg = 70.0);
            let other = fit(&readings);
            let off = (other.thickness_nm - thickness_nm).abs();
            assert!(off < 2.0 * 1.3 * other.thickness_angle_err_nm + 0.1, "{tilt}: {off} {other:?}");
            assert!(off < 2.5 * other.thickness_err_nm, "{tilt}: {off} {other:?}");
        }
    }
}

// ---- Verdicts and input.

#[test]
fn the_order_of_readings_changes_no_bit() {
    let mut readings = spectrum(&film(55.0, 1.6, 0.006), 65.0, 0.1, &mut Noise::new(7));
    readings.extend(spectrum(&film(55.0, 1.6, 0.006), 75.0, 0.1, &mut Noise::new(8)));
    let shuffled: Vec<Reading> = (0..300).map(|k| readings[k * 77 % 300]).collect();
    assert_eq!(fit(&readings), fit(&shuffled));
}

#[test]
fn adding_360_degrees_to_delta_changes_nothing() {
    let readings = spectrum(&film(90.0, 1.6, 0.006), 70.0, 0.1, &mut Noise::new(9));
    let turned = |reading: &Reading| Reading {
        delta_deg: if reading.delta_deg > 180.0 { reading.delta_deg - 360.0 } else { reading.delta_deg },
        ..*reading
    };
    let turned = fit(&readings.iter().map(turned).collect::<Vec<_>>());
    let fit = fit(&readings);
    assert!((fit.thickness_nm - turned.thickness_nm).abs() < 1e-9, "{fit:?} {turned:?}");
}

#[test]
fn two_thicknesses_of_one_wavelength_are_both_named() {
    // One wavelength cannot tell thicknesses a whole period apart.
    let film = film(40.0, 1.6, 0.0);
    let mut noise = Noise::new(11);
    let readings: Vec<Reading> = (0..12)
        .map(|_| {
            let (psi, delta) = psi_delta(&film, 632.8, 70.0).unwrap();
            Reading {
                wavelength_nm: 632.8,
                angle_of_incidence_deg: 70.0,
                psi_deg: psi + 0.02 * noise.normal(),
                delta_deg: delta + 0.02 * noise.normal(),
            }
        })
        .collect();
    let options = CauchyOptions { free: Free::Thickness, a: 1.6, b_um2: 0.0, ..CauchyOptions::default() };
    let fit = fit_cauchy(&readings, &options).unwrap();
    assert_eq!(fit.verdict.quality, Quality::Suspect, "{fit:?}");
    // 632.8/(2*sqrt(1.6^2 - sin^2 70)) = 244.35 nm.
    let period = 632.8 / (2.0 * (1.6f64.powi(2) - 70f64.to_radians().sin().powi(2)).sqrt());
    let apart = (fit.other_thickness_nm.unwrap() - fit.thickness_nm).abs() / period;
    assert!((apart - apart.round()).abs() < 1e-3 && apart > 0.5, "{apart} {fit:?}");
    assert!(fit.verdict.has(ReasonCode::AmbiguousSolution), "{}", fit.verdict);
    // With A and B free one wavelength gives less still; the fit says what it held.
    let fit = fit_cauchy(&readings, &CauchyOptions { b_um2: 0.0, ..CauchyOptions::default() }).unwrap();
    assert_eq!((fit.free, fit.verdict.quality), (Free::Thickness, Quality::Suspect), "{fit:?}");
}

#[test]
fn a_bare_wafer_has_a_film_of_zero_thickness() {
    let readings = spectrum(&film(0.0, 1.5, 0.005), 70.0, 0.1, &mut Noise::new(5));
    let fit = fit(&readings);
    assert_eq!((fit.free, fit.verdict.quality), (Free::Thickness, Quality::Suspect), "{fit:?}");
    assert!(fit.thickness_nm < 4.0 * fit.thickness_err_nm && fit.thickness_residual_err_nm < 0.02, "{fit:?}");
    // A wafer is a film of oxide: its thickness is known as the oxide below it is.
    assert!((fit.thickness_oxide_err_nm - 0.4).abs() < 0.05, "{fit:?}");
}

#[test]
fn bad_input_is_named() {
    let good = spectrum(&film(50.0, 1.5, 0.005), 70.0, 0.0, &mut Noise::new(0));
    let default = CauchyOptions::default();
    let message = |change: &dyn Fn(&mut Vec<Reading>), options: &CauchyOptions| {
        let mut readings = good.clone();
        change(&mut readings);
        fit_cauchy(&readings, options).unwrap_err().to_string()
    };
    let row = |wavelength_nm, n| OpticalConstants { wavelength_nm, n, k: 0.0 };
    let on = |rows: Vec<OpticalConstants>| CauchyOptions { substrate: Substrate::Table(rows), ..default.clone() };
    let cases = [
        (
            message(&|r| r[7].delta_deg = f64::NAN, &default),
            "reading 7: expected `delta_deg` from -360° to 360°, found `NaN`",
        ),
        (
            message(&|r| r[3].wavelength_nm = f64::INFINITY, &default),
            "reading 3: expected `wavelength_nm` from 100 nm to 100000 nm, found `inf`",
        ),
        (message(&Vec::clear, &default), "0 readings in the range of wavelengths, 0 outside it; 5 needed"),
        (
            message(&|_| (), &CauchyOptions { wavelength_range_nm: Some((990.0, 2000.0)), ..default.clone() }),
            "2 readings in the range of wavelengths, 148 outside it; 5 needed",
        ),
        (
            message(&|r| r.iter_mut().for_each(|r| r.wavelength_nm = 1600.0), &default),
            "none of 150 readings has a wavelength from 250 nm to 1450 nm",
        ),
        (
            message(&|_| (), &CauchyOptions { wavelength_range_nm: Some((f64::NAN, 2.0)), ..default.clone() }),
            "`wavelength_range_nm`: expected two rising wavelengths in nm, found `NaN` and `2`",
        ),
        (message(&|_| (), &CauchyOptions { a: 0.5, ..default.clone() }), "`a`: expected 1 to 4, found `0.5`"),
        (message(&|_| (), &on(vec![row(400.0, 2.0)])), "table of the substrate: 1 row, 2 needed"),
        (
            message(&|_| (), &on(vec![row(400.0, 2.0), row(400.0, 2.0)])),
            "table of the substrate: expected each wavelength once, found `400` nm again",
        ),
        (
            message(&|_| (), &on(vec![row(400.0, 2.0), row(500.0, f64::NAN)])),
            "table of the substrate, row 1: expected a wavelength in nm, n above 0 and k of at least 0, found `500`, `NaN` and `0`",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    let nowhere = psi_delta(&film(1.0, 1.5, 0.0), 100.0, 70.0).unwrap_err();
    assert_eq!(nowhere, EllipsometryError::OutsideTable { readings: 1, min_nm: 250.0, max_nm: 1450.0 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_readings_make_the_fit_panic(
        rows in proptest::collection::vec((200.0f64..1500.0, 0.0f64..=89.9, -90.0f64..=90.0, -360.0f64..=360.0), 0..30),
        free in prop::sample::select(vec![
            Free::Thickness, Free::ThicknessAndIndex, Free::ThicknessAB, Free::ThicknessABC,
        ]),
    ) {
        let reading = |(wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg)| Reading {
            wavelength_nm, angle_of_incidence_deg, psi_deg, delta_deg,
        };
        let readings: Vec<Reading> = rows.into_iter().map(reading).collect();
        let options = CauchyOptions { free, thickness_max_nm: 500.0, ..CauchyOptions::default() };
        if let Ok(fit) = fit_cauchy(&readings, &options) {
            prop_assert!(fit.mse.is_finite() && (0.0..=500.0).contains(&fit.thickness_nm), "{:?}", fit);
            prop_assert_eq!(fit.verdict.words().is_none(), fit.verdict.quality == Quality::Good);
        }
    }
}
