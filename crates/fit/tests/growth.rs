//! Growth per cycle: invented curves with known truth, and curves that another program evaluated.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests")]

use std::path::PathBuf;

use aldb_fit::growth::{GrowthError, GrowthFit, GrowthOptions, cycle_ends, fit_growth, step_changes, without_pattern};

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

/// A curve with noise, white or with a correlation of neighbours.
fn curve(n: usize, noise: &mut Noise, sigma: f64, rho: f64, shape: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
    let cycle: Vec<f64> = (0..n).map(|cycle| cycle as f64).collect();
    let mut last = noise.gaussian();
    let thickness = cycle.iter().map(|x| {
        last = rho * last + (1.0 - rho * rho).sqrt() * noise.gaussian();
        shape(*x) + sigma * last
    });
    let thickness = thickness.collect();
    (cycle, thickness)
}

fn fit(curve: &(Vec<f64>, Vec<f64>)) -> Result<GrowthFit, GrowthError> {
    fit_growth(&curve.0, &curve.1, &GrowthOptions::default())
}

fn kind(result: &Result<GrowthFit, GrowthError>) -> &'static str {
    match result {
        Ok(_) => "gpc",
        Err(GrowthError::TooFewPoints { .. } | GrowthError::TooFewLinearPoints { .. }) => "too_few_points",
        Err(GrowthError::NoGrowth { .. }) => "no_growth",
        Err(GrowthError::NotLinear { .. }) => "not_linear",
        Err(GrowthError::TwoSlopes { .. }) => "two_slopes",
        Err(_) => "input",
    }
}

/// 2,000 runs: white noise on a line from the start, a hard onset, and noise whose neighbours are alike.
#[test]
fn ninety_five_percent_intervals_hold_the_truth() {
    for (name, rho, hard) in [("line", 0.0, false), ("onset", 0.0, true), ("alike", 0.5, true)] {
        let (mut slopes, mut delays, mut refused, runs) = (0, 0, 0, 2000);
        for seed in 0..runs {
            let mut noise = Noise(seed + 1);
            let (gpc_nm, start) = (noise.between(0.03, 0.08), noise.between(1.0, 2.0));
            let delay = if hard { noise.between(20.0, 100.0) } else { 0.0 };
            let data = curve(260, &mut noise, 0.02, rho, |x| start + gpc_nm * (x - delay).max(0.0));
            let Ok(fit) = fit(&data) else {
                refused += 1;
                continue;
            };
            slopes += usize::from((fit.gpc_angstrom - 10.0 * gpc_nm).abs() < 1.96 * fit.gpc_err_angstrom);
            let (found, error) = (fit.nucleation_delay_cycles.unwrap(), fit.nucleation_delay_err_cycles.unwrap());
            delays += usize::from((found - delay).abs() < 1.96 * error);
        }
        // A good curve may look bent by chance.
        assert!(refused < 10, "{name}: {refused} refused");
        let share = |count: usize| count as f64 / (runs - refused) as f64;
        eprintln!("{name}: growth {:.3}, delay {:.3}", share(slopes), share(delays));
        assert!((0.93..=0.97).contains(&share(slopes)), "{name}: growth {}", share(slopes));
        // The level before growth is known by its noise only where that is white.
        let least = if rho > 0.0 { 0.85 } else { 0.93 };
        assert!((least..=0.975).contains(&share(delays)), "{name}: delay {}", share(delays));
    }
}

/// Three hundred curves of each kind with truths of their own.
#[test]
fn every_kind_of_curve_is_told_apart() {
    let mut wrong = Vec::new();
    let mut judge = |expected: &str, seed: u64, data: &(Vec<f64>, Vec<f64>)| {
        let found = fit(data);
        if kind(&found) != expected {
            let found = match found {
                Ok(fit) => format!("{:.3} ± {:.3} Å from {}", fit.gpc_angstrom, fit.gpc_err_angstrom, fit.first_cycle),
                Err(error) => error.to_string(),
            };
            wrong.push(format!("{expected} {seed}: {found}"));
        }
    };
    for seed in 0..300 {
        let mut noise = Noise(1000 + seed);
        let sigma = noise.between(0.005, 0.04);
        let (gpc, start) = (noise.between(0.03, 0.1), noise.between(0.0, 3.0));
        let delay = noise.between(20.0, 120.0);
        let soft = |x: f64| {
            let part = (x / delay).min(1.0);
            gpc * (delay * (part.powi(3) - part.powi(4) / 2.0) + (x - delay).max(0.0))
        };
        let after = noise.between(60.0, 250.0);
        let n = (delay + after) as usize;
        judge("gpc", seed, &curve(n, &mut noise, sigma, 0.0, |x| start + gpc * (x - delay).max(0.0)));
        judge("gpc", seed, &curve(n, &mut noise, sigma, 0.0, |x| start + soft(x)));
        judge("gpc", seed, &curve(n, &mut noise, sigma, 0.0, |x| start + gpc * x));
        judge("no_growth", seed, &curve(n, &mut noise, sigma, 0.0, |_| start));
        let few = noise.between(3.0, 19.0) as usize;
        judge("too_few_points", seed, &curve(few, &mut noise, sigma, 0.0, |x| start + gpc * x));
        let break_at = noise.between(60.0, 150.0);
        let factor = if seed % 2 == 0 { noise.between(1.5, 3.0) } else { noise.between(0.35, 0.65) };
        let two = |x: f64| start + gpc * (x.min(break_at) + factor * (x - break_at).max(0.0));
        judge("two_slopes", seed, &curve(n.max(250), &mut noise, sigma, 0.0, two));
        let (amplitude, period) = (noise.between(0.2, 0.4), noise.between(100.0, 200.0));
        let drift = |x: f64| start + 0.04 * x + amplitude * (std::f64::consts::TAU * x / period).sin();
        judge("not_linear", seed, &curve(260, &mut noise, 0.02, 0.0, drift));
    }
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    eprintln!("{} of 2100 told wrongly\n{shown}", wrong.len());
    assert!(wrong.len() <= 21, "{} of 2100 told wrongly:\n{shown}", wrong.len());
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

fn columns(path: &std::path::Path) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| {
        let numbers: Vec<f64> = line.split(',').map_while(|cell| cell.trim().parse().ok()).collect();
        (numbers.len() >= 2).then_some(numbers)
    });
    let rows: Vec<Vec<f64>> = rows.collect();
    (0..rows[0].len()).map(|column| rows.iter().map(|row| row[column]).collect()).collect()
}

/// The growth must agree with the regression over the true linear range within three of its standard errors and ours
/// together: both see the same noise, but ours must find the range.
#[test]
fn curves_of_another_program_come_out_the_same() {
    let Some(folder) = real_files() else { return };
    let golden = std::fs::read_to_string(folder.join("ellipsometry/golden/gpc/gpc.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    for curve in golden["curves"].as_array().unwrap() {
        let file = curve["file"].as_str().unwrap();
        let data = columns(&folder.join("ellipsometry").join(file));
        let found = fit_growth(&data[0], &data[1], &GrowthOptions::default());
        assert_eq!(kind(&found), curve["expect"].as_str().unwrap(), "{file}: {found:?}");
        let Ok(fit) = found else { continue };
        let range = &curve["regression_over_true_linear_range"];
        let (slope, error) =
            (range["slope_A_per_cycle"].as_f64().unwrap(), 10.0 * range["slope_stderr_nm_per_cycle"].as_f64().unwrap());
        let distance = (fit.gpc_angstrom - slope).abs() / error.hypot(fit.gpc_err_angstrom);
        assert!(distance < 3.0, "{file}: {} expected {slope}", fit.gpc_angstrom);
        let onset = curve["onset_extrapolated_cycle"].as_f64().unwrap();
        let (delay, delay_err) = (fit.nucleation_delay_cycles.unwrap(), fit.nucleation_delay_err_cycles.unwrap());
        assert!(
            (delay - onset).abs() < 4.0 * delay_err.max(0.1),
            "{file}: delay {delay} ± {delay_err}, expected {onset}"
        );
    }
}

#[test]
fn the_steps_of_a_cycle_are_those_of_the_truth() {
    let mut noise = Noise(7);
    let steps = [0.09, -0.07, 0.02];
    let (mut time, mut thickness, mut events) = (Vec::new(), Vec::new(), Vec::new());
    for cycle in 0..60 {
        for (step, _) in steps.iter().enumerate() {
            events.push((20.0 + 36.0 * f64::from(cycle) + 12.0 * step as f64, step));
        }
    }
    for second in 0..2200 {
        let t = f64::from(second);
        let grown: f64 = events
            .iter()
            .filter(|(start, _)| *start <= t)
            .map(|(start, step)| steps[*step] * (1.0 - (-(t - start) / 1.2).exp()))
            .sum();
        time.push(t);
        thickness.push(1.8 + grown + 0.01 * noise.gaussian());
    }
    let changes = step_changes(&time, &thickness, &events).unwrap();
    for (change, truth) in changes.iter().zip(steps) {
        assert!((change.change_nm - truth).abs() < 4.0 * change.change_err_nm, "{change:?}, expected {truth}");
        assert!(change.change_err_nm < 0.002 && change.n_cycles >= 59, "{change:?}");
    }
    let starts: Vec<f64> = events.iter().filter(|(_, step)| *step == 0).map(|(start, _)| *start).collect();
    let (cycle, at_end): (Vec<f64>, Vec<f64>) = cycle_ends(&time, &thickness, &starts).unwrap().into_iter().unzip();
    assert_eq!((cycle[0], *cycle.last().unwrap()), (0.0, 60.0));
    let fit = fit_growth(&cycle, &at_end, &GrowthOptions::default()).unwrap();
    assert!((fit.gpc_angstrom - 0.4).abs() < 4.0 * fit.gpc_err_angstrom, "{fit:?}");
}

/// A supercycle of one cycle of 0.35 Å and five of 0.7 Å: the growth is their mean, and the pattern no noise.
#[test]
fn the_pattern_of_a_supercycle_is_taken_out() {
    let mut noise = Noise(3);
    let mut thickness = 1.5;
    let points: Vec<(f64, f64)> = (0..180)
        .map(|cycle| {
            if cycle > 0 {
                thickness += if (cycle - 1) % 6 == 0 { 0.035 } else { 0.07 };
            }
            (f64::from(cycle), thickness + 0.002 * noise.gaussian())
        })
        .collect();
    let (cycle, flat): (Vec<f64>, Vec<f64>) = without_pattern(&points, 6).into_iter().unzip();
    let fit = fit_growth(&cycle, &flat, &GrowthOptions::default()).unwrap();
    let mean = 10.0 * (0.035 + 5.0 * 0.07) / 6.0;
    assert!((fit.gpc_angstrom - mean).abs() < 4.0 * fit.gpc_err_angstrom, "{fit:?}");
    assert!(fit.residual_std_nm < 0.004, "{fit:?}");
}

#[test]
fn no_input_is_a_panic() {
    let hostile: [&[f64]; 6] = [&[], &[1.0], &[f64::NAN; 30], &[f64::INFINITY; 30], &[5.0; 40], &[1e308; 40]];
    for x in hostile {
        for y in hostile {
            let _ = fit_growth(x, y, &GrowthOptions::default());
            let _ = cycle_ends(x, y, x);
            let _ = aldb_fit::growth::detect_start(x, y, 10.0);
            let _ = step_changes(x, y, &[(1.0, 0), (2.0, 1)]);
        }
    }
}
