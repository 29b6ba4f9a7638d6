//! Photoelectron regions: invented spectra with known truth, and fits of independent programs.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::path::PathBuf;

use aldb_fit::photoelectrons::{Position, RegionOptions, Weighting, fit_region, shirley};

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

fn gl(x: f64, fwhm: f64) -> f64 {
    let u = (x / fwhm).powi(2);
    (-4.0 * std::f64::consts::LN_2 * 0.7 * u).exp() / (1.0 + 1.2 * u)
}

/// An O 1s region: two components on the background that they raise, with counting noise.
fn oxygen(noise: &mut Noise, ratio: f64, fwhm: f64, height: f64) -> (Vec<f64>, Vec<f64>) {
    let energy: Vec<f64> = (0..131).map(|step| 525.0 + 0.1 * f64::from(step)).collect();
    let peak: Vec<f64> = energy.iter().map(|e| height * (ratio * gl(e - 530.4, fwhm) + gl(e - 531.7, fwhm))).collect();
    let total: f64 = peak.iter().sum();
    let mut below = 0.0;
    let counts = peak.iter().map(|peak| {
        below += peak;
        let exact = peak + 0.25 * height + 0.05 * height * below / total;
        (exact + exact.sqrt() * noise.gaussian()).round().max(0.0)
    });
    let counts = counts.collect();
    (energy, counts)
}

fn both_oxygens() -> RegionOptions {
    let position =
        |name: &str, binding_energy_ev| Position { name: name.to_owned(), binding_energy_ev, tolerance_ev: 1.0 };
    RegionOptions {
        components: vec![position("non-bridging", 530.4), position("bridging", 531.7)],
        ..RegionOptions::default()
    }
}

#[test]
fn ninety_five_percent_intervals_hold_the_truth() {
    for height in [2000.0, 20000.0] {
        let (mut ratios, mut positions, mut areas) = (0, 0, 0);
        let runs = 2000;
        for seed in 0..runs {
            let mut noise = Noise(seed);
            let (ratio, fwhm) = (noise.between(0.6, 1.6), noise.between(1.2, 1.7));
            let (energy, counts) = oxygen(&mut noise, ratio, fwhm, height);
            let fit = fit_region(&energy, &counts, &both_oxygens()).unwrap();
            let (found, error) = fit.area_ratio(0, 1).unwrap();
            ratios += usize::from((found - ratio).abs() < 1.96 * error);
            let first = &fit.components[0];
            positions += usize::from((first.position_ev - 530.4).abs() < 1.96 * first.position_err_ev);
            let area = height * ratio * fwhm * 1.041_986_779_7;
            areas += usize::from((first.area - area).abs() < 1.96 * first.area_err);
        }
        let share = |count: usize| count as f64 / runs as f64;
        eprintln!(
            "height {height}: ratio {:.3}, position {:.3}, area {:.3}",
            share(ratios),
            share(positions),
            share(areas)
        );
        for (what, count) in [("ratio", ratios), ("position", positions), ("area", areas)] {
            assert!((0.93..=0.975).contains(&share(count)), "height {height}: {what} {}", share(count));
        }
    }
}

#[test]
fn components_are_found_without_being_named() {
    let (energy, counts) = oxygen(&mut Noise(1), 0.9, 1.4, 20000.0);
    let named = fit_region(&energy, &counts, &both_oxygens()).unwrap();
    let found = fit_region(&energy, &counts, &RegionOptions::default()).unwrap();
    for (a, b) in named.components.iter().zip(&found.components) {
        assert!((a.position_ev - b.position_ev).abs() < 1e-4 && (a.area / b.area - 1.0).abs() < 1e-3, "{a:?} {b:?}");
    }
}

#[test]
fn a_background_does_not_depend_on_the_order_of_its_points() {
    let (energy, counts) = oxygen(&mut Noise(1), 0.9, 1.4, 20000.0);
    let up = shirley(&energy, &counts, 5).unwrap();
    let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
    let down = shirley(&reversed(&energy), &reversed(&counts), 5).unwrap();
    assert_eq!(reversed(&down.values), up.values);
}

#[test]
fn no_input_is_a_panic() {
    let ramp: Vec<f64> = (0..60).map(f64::from).collect();
    let hostile: [&[f64]; 7] = [&[], &[1.0], &[f64::NAN; 60], &[f64::INFINITY; 60], &[5.0; 60], &[1e308; 60], &ramp];
    for a in hostile {
        for b in hostile {
            let _ = fit_region(a, b, &RegionOptions::default());
            let _ = fit_region(a, b, &both_oxygens());
            let _ = shirley(a, b, 5);
        }
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

/// lmfit's unweighted fits of the same model over the same background: the same minimum, so the same ratio to the digits
/// that two searches agree in.
#[test]
fn fits_of_another_program_come_out_the_same() {
    let Some(folder) = real_files() else { return };
    let golden = std::fs::read_to_string(folder.join("xps/golden/fits_synthetic_o1s.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let mut seen = 0;
    for expected in golden["fits"].as_array().unwrap() {
        let file = expected["file"].as_str().unwrap();
        let Ok(text) = std::fs::read_to_string(folder.join("xps/synthetic_o1s").join(file)) else { continue };
        let rows: Vec<(f64, f64)> = text
            .lines()
            .filter_map(|line| {
                let mut cells = line.split(',').map(|cell| cell.trim().parse::<f64>());
                Some((cells.next()?.ok()?, cells.next()?.ok()?))
            })
            .collect();
        let (energy, counts): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let range = &expected["range_eV"];
        let options = RegionOptions {
            range_ev: Some((range[0].as_f64().unwrap(), range[1].as_f64().unwrap())),
            weighting: Weighting::Unit,
            ..RegionOptions::default()
        };
        let fit = fit_region(&energy, &counts, &options).unwrap();
        let (ratio, _) = fit.area_ratio(0, 1).unwrap();
        let theirs = expected["area_ratio_low_be_to_high_be"].as_f64().unwrap();
        assert!((ratio / theirs - 1.0).abs() < 1e-3, "{file}: {ratio} expected {theirs}");
        for (ours, theirs) in fit.components.iter().zip(expected["components"].as_array().unwrap()) {
            let position = theirs["position_eV"].as_f64().unwrap();
            assert!((ours.position_ev - position).abs() < 1e-3, "{file}: {} expected {position}", ours.position_ev);
        }
        seen += 1;
    }
    eprintln!("{seen} fits compared");
    assert!(seen > 0, "no fit was compared");
}
