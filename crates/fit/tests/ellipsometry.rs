//! Ψ and Δ: invented films with known truth, and fits of an independent program.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::path::PathBuf;

use aldb_fit::ellipsometry::{CauchyOptions, Free, PsiDelta, fit_cauchy, psi_delta};
use aldb_fit::quality::Quality;

/// SplitMix64 with a Gaussian on top: the same noise in every run.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn gaussian(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.uniform() * (high - low)
    }
}

fn film(noise: &mut Noise, sigma_deg: f64, thickness: f64, a: f64, b: f64) -> Vec<PsiDelta> {
    (0..150)
        .map(|step| {
            let wavelength_nm = 250.0 + 750.0 * f64::from(step) / 149.0;
            let n = a + b / (wavelength_nm * 1e-3).powi(2);
            let (psi, delta) = psi_delta(thickness, n, 1.5, wavelength_nm, 70.0);
            PsiDelta {
                wavelength_nm,
                angle_of_incidence_deg: 70.0,
                psi_deg: psi + sigma_deg * noise.gaussian(),
                delta_deg: delta + sigma_deg * noise.gaussian(),
            }
        })
        .collect()
}

#[test]
fn ninety_five_percent_intervals_hold_the_truth() {
    let (mut thicknesses, mut indices, mut dispersions) = (0, 0, 0);
    let runs = 2000;
    for seed in 0..runs {
        let mut noise = Noise(seed);
        let thickness = [15.0, 40.0, 80.0, 200.0][seed as usize % 4] * noise.between(0.9, 1.1);
        let (a, b) = (noise.between(1.45, 1.7), noise.between(0.003, 0.01));
        let fit = fit_cauchy(&film(&mut noise, 0.1, thickness, a, b), &CauchyOptions::default()).unwrap();
        assert_eq!(fit.quality, Quality::Good, "{seed} {thickness}: {}", fit.reason);
        thicknesses += usize::from((fit.thickness_nm - thickness).abs() < 1.96 * fit.thickness_err_nm);
        indices += usize::from((fit.a - a).abs() < 1.96 * fit.a_err);
        dispersions += usize::from((fit.b_um2 - b).abs() < 1.96 * fit.b_err_um2);
    }
    let share = |count: usize| count as f64 / runs as f64;
    eprintln!("thickness {:.3}, A {:.3}, B {:.3}", share(thicknesses), share(indices), share(dispersions));
    for (what, count) in [("thickness", thicknesses), ("A", indices), ("B", dispersions)] {
        assert!((0.93..=0.97).contains(&share(count)), "{what}: {}", share(count));
    }
}

#[test]
fn a_film_that_is_too_thin_for_its_index_says_so() {
    let fit = fit_cauchy(&film(&mut Noise(1), 0.1, 2.0, 1.52, 0.005), &CauchyOptions::default()).unwrap();
    assert_eq!((fit.quality, fit.free), (Quality::Suspect, Free::Thickness));
    assert!(fit.reason.contains("nm of film cannot give both thickness and index"), "{}", fit.reason);
    assert!((fit.thickness_nm - 2.0).abs() < 5.0 * fit.thickness_err_nm, "{fit:?}");
}

/// Every turn of Δ is the same Δ, and the order of readings plays no part.
#[test]
fn turns_and_order_change_nothing() {
    let readings = film(&mut Noise(2), 0.1, 60.0, 1.52, 0.005);
    let turned: Vec<PsiDelta> =
        readings.iter().rev().map(|reading| PsiDelta { delta_deg: reading.delta_deg - 360.0, ..*reading }).collect();
    let (a, b) = (fit_cauchy(&readings, &CauchyOptions::default()), fit_cauchy(&turned, &CauchyOptions::default()));
    assert!((a.unwrap().thickness_nm - b.unwrap().thickness_nm).abs() < 1e-6);
}

#[test]
fn no_input_is_a_panic() {
    let reading = PsiDelta { wavelength_nm: 500.0, angle_of_incidence_deg: 70.0, psi_deg: 20.0, delta_deg: 100.0 };
    for readings in [
        vec![],
        vec![reading; 3],
        vec![reading; 40],
        vec![PsiDelta { psi_deg: f64::NAN, ..reading }; 40],
        vec![PsiDelta { wavelength_nm: 1e9, ..reading }; 40],
        vec![PsiDelta { psi_deg: 1e300, delta_deg: -1e300, ..reading }; 40],
    ] {
        let _ = fit_cauchy(&readings, &CauchyOptions::default());
    }
}

fn real_files() -> Option<PathBuf> {
    let named = std::env::var_os("ALDB_REAL_FILES").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real"));
    if !folder.is_dir() {
        eprintln!("no real files: set ALDB_REAL_FILES to their folder to run this test");
        return None;
    }
    Some(folder)
}

/// Spectra of an independent program: its forward model to 1e-6 deg where nothing was added, its fits within a tenth of their
/// standard errors where noise was.
#[test]
fn films_of_another_program_come_out_the_same() {
    let Some(folder) = real_files() else { return };
    let golden = std::fs::read_to_string(folder.join("ellipsometry/golden/model/cauchy_70deg.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let mut fitted = 0;
    for (file, sigma) in [("cauchy_70deg_clean.csv", 0.0), ("cauchy_70deg_noise.csv", 0.1)] {
        let text = std::fs::read_to_string(folder.join("ellipsometry/model").join(file)).unwrap();
        let lines = text.lines().skip(1);
        let rows: Vec<Vec<f64>> =
            lines.map(|line| line.split(',').filter_map(|cell| cell.trim().parse().ok()).collect()).collect();
        for expected in golden["spectra"].as_array().unwrap() {
            if expected["noise_sigma_deg"].as_f64().unwrap() != sigma {
                continue;
            }
            let thickness = expected["true_thickness_nm"].as_f64().unwrap();
            let readings: Vec<PsiDelta> = rows
                .iter()
                .filter(|row| row[0] == thickness)
                .map(|row| PsiDelta {
                    wavelength_nm: row[1],
                    angle_of_incidence_deg: 70.0,
                    psi_deg: row[2],
                    delta_deg: row[3],
                })
                .collect();
            if sigma == 0.0 {
                for reading in &readings {
                    let n = 1.52 + 0.005 / (reading.wavelength_nm * 1e-3).powi(2);
                    let (psi, delta) = psi_delta(thickness, n, 1.5, reading.wavelength_nm, 70.0);
                    let turn = (delta - reading.delta_deg).rem_euclid(360.0);
                    assert!((psi - reading.psi_deg).abs() < 1e-6, "{thickness} nm, {}", reading.wavelength_nm);
                    assert!(turn.min(360.0 - turn) < 1e-6, "{thickness} nm, {}", reading.wavelength_nm);
                }
            }
            let theirs = &expected["fit_thickness_A_B"];
            if sigma > 0.0 && theirs.is_object() {
                let fit = fit_cauchy(&readings, &CauchyOptions::default()).unwrap();
                let of = |name: &str| theirs[name].as_f64().unwrap();
                let error = theirs["stderr"]["d"].as_f64().unwrap();
                assert!((fit.thickness_nm - of("thickness_nm")).abs() < 0.1 * error, "{fit:?} expected {theirs}");
                assert!((fit.mse - of("mse_ncs")).abs() < 1e-3, "{} expected {theirs}", fit.mse);
                fitted += 1;
            }
        }
    }
    eprintln!("{fitted} fits compared");
    assert!(fitted > 0, "no fit was compared");
}
