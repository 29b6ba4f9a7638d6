//! Growth per cycle: invented curves with known truth, and regressions of an independent program.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "functions that tests share")]

use aldb_fit::growth::{
    Counted, GrowthError, GrowthFit, GrowthOptions, LoggedDose, align_clock, align_scan, cycle_ends, detect_start,
    find_period, fit_growth, regular_cycles, step_changes,
};
use aldb_fit::quality::{Coded, Quality, ReasonCode};
use proptest::prelude::*;
use serde_json::Value;
use test_support::{Noise, real_files};

/// Thickness grown for a slope of 1 when the rate rises as given, up to its integral over u.
#[derive(Clone, Copy)]
enum Start {
    Hard,
    /// Rate 3u² − 2u³.
    Sigmoid,
    /// Rate u.
    Ramp,
}

fn grown(start: Start, from: f64, length: f64, cycle: f64) -> f64 {
    let u = ((cycle - from) / length).clamp(0.0, 1.0);
    let beyond = (cycle - from - length).max(0.0);
    match start {
        Start::Hard => (cycle - from - length).max(0.0),
        Start::Sigmoid => length * (u.powi(3) - 0.5 * u.powi(4)) + beyond,
        Start::Ramp => length * 0.5 * u * u + beyond,
    }
}

/// Cycles from 0 to `last`, and `thickness` of each with white noise.
fn scan(last: u32, noise_nm: f64, noise: &mut Noise, thickness: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
    let cycle: Vec<f64> = (0..=last).map(f64::from).collect();
    let nm = cycle.iter().map(|&c| thickness(c) + noise_nm * noise.normal()).collect();
    (cycle, nm)
}

fn fit((cycle, nm): &(Vec<f64>, Vec<f64>)) -> Result<GrowthFit, GrowthError> {
    fit_growth(cycle, nm, &GrowthOptions::default())
}

fn word(result: &Result<GrowthFit, GrowthError>) -> &'static str {
    result.as_ref().map_or_else(|error| error.code().as_str(), |_| "gpc")
}

/// Runs `count` random curves of a kind and returns how many were taken for another.
fn misjudged(kind: &str, count: u64, mut curve: impl FnMut(&mut Noise) -> (Vec<f64>, Vec<f64>)) -> u64 {
    let mut wrong = 0;
    for seed in 0..count {
        let mut noise = Noise::new(seed * 7919 + 17);
        let points = curve(&mut noise);
        let result = fit(&points);
        if word(&result) != kind {
            wrong += 1;
            println!("{kind} {seed}: {result:?}");
        }
    }
    println!("{kind}: {wrong} of {count} misjudged");
    wrong
}

#[test]
fn curves_that_grow_from_the_start_have_a_growth_per_cycle() {
    let wrong = misjudged("gpc", 500, |noise| {
        let (slope, base, sigma) = (noise.between(0.01, 0.1), noise.between(0.0, 3.0), noise.between(0.005, 0.05));
        let last = noise.between(40.0, 400.0) as u32;
        scan(last, sigma, noise, |c| base + slope * c)
    });
    assert!(wrong < 5);
}

fn delayed(start: Start) -> impl FnMut(&mut Noise) -> (Vec<f64>, Vec<f64>) {
    move |noise| {
        let (slope, base, sigma) = (noise.between(0.02, 0.1), noise.between(0.0, 3.0), noise.between(0.005, 0.05));
        let delay = noise.between(20.0, 160.0);
        let last = (delay + noise.between(80.0, 250.0)) as u32;
        scan(last, sigma, noise, |c| base + slope * grown(start, 0.0, delay, c))
    }
}

#[test]
fn delayed_curves_have_a_growth_per_cycle() {
    for start in [Start::Hard, Start::Sigmoid, Start::Ramp] {
        assert!(misjudged("gpc", 500, delayed(start)) < 5);
    }
}

#[test]
fn scans_without_growth_have_no_growth_per_cycle() {
    let wrong = misjudged("no_growth", 500, |noise| {
        let (base, sigma) = (noise.between(0.0, 3.0), noise.between(0.005, 0.05));
        let last = noise.between(40.0, 400.0) as u32;
        scan(last, sigma, noise, |_| base)
    });
    assert!(wrong < 5);
}

#[test]
fn scans_with_few_linear_points_are_refused_as_too_few_points() {
    for start in [Start::Hard, Start::Sigmoid] {
        let wrong = misjudged("too_few_points", 500, |noise| {
            let (slope, sigma) = (noise.between(0.03, 0.08), noise.between(0.01, 0.03));
            let delay = noise.between(40.0, 150.0).round();
            let last = delay as u32 + noise.between(9.0, 18.0) as u32;
            scan(last, sigma, noise, |c| slope * grown(start, 0.0, delay, c))
        });
        assert!(wrong < 5);
    }
}

#[test]
fn drifting_scans_are_not_linear() {
    let wrong = misjudged("not_linear", 500, |noise| {
        let (slope, sigma) = (noise.between(0.02, 0.08), noise.between(0.005, 0.03));
        let (amplitude, period) = (noise.between(5.0, 15.0) * sigma, noise.between(50.0, 250.0));
        let phase = if noise.uniform() < 0.5 { 0.0 } else { noise.between(0.0, std::f64::consts::TAU) };
        let last = noise.between(180.0, 350.0) as u32;
        scan(last, sigma, noise, |c| slope * c + amplitude * (std::f64::consts::TAU * c / period + phase).sin())
    });
    assert!(wrong < 5);
}

#[test]
fn scans_that_bend_are_not_linear() {
    let wrong = misjudged("not_linear", 500, |noise| {
        let (slope, sigma) = (noise.between(0.02, 0.08), noise.between(0.005, 0.03));
        let last = noise.between(100.0, 350.0) as u32;
        // Growth changes by a third to two thirds over the scan, either way.
        let change = noise.between(0.33, 0.66) * if noise.uniform() < 0.5 { -1.0 } else { 1.0 };
        scan(last, sigma, noise, |c| slope * c * (1.0 + 0.5 * change * c / f64::from(last)))
    });
    assert!(wrong < 5);
}

#[test]
fn scans_with_two_slopes_report_both() {
    for delay in [0.0, 60.0] {
        let wrong = misjudged("two_slopes", 500, |noise| {
            let (slope, sigma) = (noise.between(0.02, 0.06), noise.between(0.005, 0.03));
            let ratio = if noise.uniform() < 0.7 { noise.between(1.4, 3.0) } else { noise.between(0.3, 0.7) };
            let at = delay + noise.between(50.0, 180.0);
            let last = (at + noise.between(50.0, 180.0)) as u32;
            scan(last, sigma, noise, |c| slope * ((c - delay).max(0.0) + (ratio - 1.0) * (c - at).max(0.0)))
        });
        assert!(wrong < 5);
    }
}

fn real(path: &str) -> Option<String> {
    Some(std::fs::read_to_string(real_files(path)?).unwrap())
}

#[test]
fn an_independent_regression_over_the_true_range_agrees() {
    let Some(golden) = real("ellipsometry/golden/gpc/gpc.json") else { return };
    let golden: Value = serde_json::from_str(&golden).unwrap();
    for curve in golden["curves"].as_array().unwrap() {
        let file = curve["file"].as_str().unwrap();
        let Some(text) = real(&format!("ellipsometry/{file}")) else { return };
        let rows = text.lines().skip(1).map(|line| line.split_once(',').unwrap());
        let points: (Vec<f64>, Vec<f64>) =
            rows.map(|(c, nm)| (c.parse::<f64>().unwrap(), nm.parse::<f64>().unwrap())).unzip();
        let result = fit(&points);
        println!("{file}: {result:?}");
        assert_eq!(word(&result), curve["expect"].as_str().unwrap(), "{file}");
        if let Ok(fit) = result {
            let truth = &curve["regression_over_true_linear_range"];
            let number = |name: &str| truth[name].as_f64().unwrap();
            // Both lines see nearly the same points: they differ by less than either differs from the truth.
            let off = fit.gpc_angstrom - number("slope_A_per_cycle");
            assert!(off.abs() < fit.gpc_err_angstrom, "{file}: {off}");
            let off = fit.gpc_angstrom - curve["slope_A_per_cycle"].as_f64().unwrap();
            assert!(off.abs() < 3.0 * fit.gpc_err_angstrom, "{file}: {off}");
            let off = fit.nucleation_delay_cycles - curve["onset_extrapolated_cycle"].as_f64().unwrap();
            assert!(off.abs() < 3.0 * fit.nucleation_delay_err_cycles, "{file}: {off}");
            assert!((fit.residual_std_nm / number("residual_std_nm") - 1.0).abs() < 0.1, "{file}");
            assert_eq!(fit.verdict.quality, Quality::Good, "{file}: {}", fit.verdict);
        }
    }
}

/// Runs whose 95 % interval holds the truth.
struct Coverage {
    runs: u32,
    slope: u32,
    delay: u32,
}

fn coverage(rho: f64, truth: (f64, f64), start: Start, length: f64) -> Coverage {
    let (slope, delay) = truth;
    let mut found = Coverage { runs: 0, slope: 0, delay: 0 };
    for seed in 0..2000 {
        let mut noise = Noise::new(seed * 104_729 + 5);
        let mut correlated = noise.normal();
        let cycle: Vec<f64> = (0..=240).map(f64::from).collect();
        let nm: Vec<f64> = cycle
            .iter()
            .map(|&c| {
                correlated = rho * correlated + (1.0 - rho * rho).sqrt() * noise.normal();
                1.5 + slope * grown(start, 0.0, length, c) + 0.02 * correlated
            })
            .collect();
        if let Ok(fit) = fit_growth(&cycle, &nm, &GrowthOptions::default()) {
            found.runs += 1;
            let off = (fit.gpc_angstrom - 10.0 * slope).abs();
            found.slope += u32::from(off < 1.96 * fit.gpc_err_angstrom);
            let off = (fit.nucleation_delay_cycles - delay).abs();
            found.delay += u32::from(off < 1.96 * fit.nucleation_delay_err_cycles);
        }
    }
    println!("rho {rho}, delay {delay}: {} of {}, delay {}", found.slope, found.runs, found.delay);
    found
}

fn holds(hits: u32, runs: u32) -> bool {
    (0.93..=0.97).contains(&(f64::from(hits) / f64::from(runs)))
}

#[test]
fn the_95_percent_interval_contains_the_true_growth_in_95_percent_of_runs() {
    for (rho, delay, start, length) in [
        (0.0, 0.0, Start::Hard, 0.0),
        (0.0, 100.0, Start::Hard, 100.0),
        (0.0, 50.0, Start::Sigmoid, 100.0),
        (0.4, 0.0, Start::Hard, 0.0),
    ] {
        let found = coverage(rho, (0.04, delay), start, length);
        assert!(found.runs >= 1990, "{} fits", found.runs);
        assert!(holds(found.slope, found.runs), "slope {}", found.slope);
        assert!(holds(found.delay, found.runs), "delay {}", found.delay);
    }
}

proptest! {
    #[test]
    fn no_input_makes_it_panic(
        points in proptest::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..60),
        few in proptest::collection::vec((0u8..30, -3i8..3), 0..60),
    ) {
        for points in [points, few.iter().map(|&(c, y)| (f64::from(c) / 3.0, f64::from(y))).collect()] {
            let scan: (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
            if let Ok(fit) = fit(&scan) {
                prop_assert!(fit.gpc_err_angstrom.is_finite() && fit.nucleation_delay_err_cycles.is_finite());
            }
        }
    }
}

/// A scan of 1 Hz over 60 cycles of three steps, and its log.
struct Scan {
    time_s: Vec<f64>,
    nm: Vec<f64>,
    events: Vec<(f64, usize)>,
}

impl Scan {
    fn real() -> Option<(Self, Value)> {
        let golden: Value = serde_json::from_str(&real("ellipsometry/golden/subcycle/libo_60cycles.json")?).unwrap();
        let scan = real("ellipsometry/subcycle/libo_60cycles_ellipsometer.csv")?;
        let log = real("ellipsometry/subcycle/libo_60cycles_pulses.csv")?;
        let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let (time_s, nm) = scan
            .lines()
            .skip(1)
            .map(cells)
            .map(|row| (60.0 * row[0].parse::<f64>().unwrap(), row[2].parse::<f64>().unwrap()))
            .unzip();
        let steps = ["LiHMDS", "H2O", "TMB"];
        let events = log
            .lines()
            .skip(1)
            .map(cells)
            .filter(|row| row[2] == "pulse")
            .map(|row| (row[1].parse().unwrap(), steps.iter().position(|&step| step == row[3]).unwrap()))
            .collect();
        Some((Self { time_s, nm, events }, golden))
    }

    /// Three steps of 0.09, −0.07 and 0.02 nm a cycle of 34 s, `spacing_s` between readings.
    fn invent(start_s: f64, spacing_s: f64, cycles: usize, noise_nm: f64, seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        let mut events = Vec::new();
        for cycle in 0..cycles {
            for (step, share) in [0.0, 12.0, 23.0].into_iter().enumerate() {
                events.push((start_s + 34.0 * cycle as f64 + share, step));
            }
        }
        let end = start_s + 34.0 * cycles as f64 + 40.0;
        let time_s: Vec<f64> = (0..).map(|k| f64::from(k) * spacing_s).take_while(|&t| t < end).collect();
        let nm = time_s
            .iter()
            .map(|&t| {
                let change = |&(start, step): &(f64, usize)| match step {
                    0 => 0.09,
                    1 => -0.07,
                    _ => 0.02,
                } * -(-(t - start).max(0.0) / 1.2).exp_m1();
                1.8 + events.iter().map(change).sum::<f64>() + noise_nm * noise.normal()
            })
            .collect();
        Self { time_s, nm, events }
    }
}

#[test]
fn an_independent_reading_of_steps_and_clock_agrees() {
    let Some((scan, golden)) = Scan::real() else { return };
    let clock = align_clock(&scan.time_s, &scan.nm, &scan.events).unwrap();
    println!("{clock:?}");
    assert!((clock.offset_s - 42.3).abs() < 0.3, "{clock:?}");
    assert!((clock.rate - 1.0003).abs() < 3e-4, "{clock:?}");
    assert!((clock.offset_s - 42.3).abs() < 4.0 * clock.offset_err_s, "{clock:?}");
    // The whole cycle is certain: the scan shows the level before the first dose.
    let doses = scan.events.iter().enumerate();
    let doses: Vec<LoggedDose> =
        doses.map(|(place, &(time_s, step))| LoggedDose { time_s, cycle: place / 3, step }).collect();
    let aligned = align_scan(&scan.time_s, &scan.nm, &doses).unwrap();
    println!("{aligned:?}");
    assert!((aligned.offset_s - 42.3).abs() < 0.3 && !aligned.is_ambiguous(), "{aligned:?}");
    let on_scan: Vec<(f64, usize)> =
        scan.events.iter().map(|&(t, step)| ((t + clock.offset_s) * clock.rate, step)).collect();
    let changes = step_changes(&scan.time_s, &scan.nm, &on_scan).unwrap();
    for (change, name) in changes.iter().zip(["LiHMDS", "H2O", "TMB"]) {
        println!("{name}: {change:?}");
        let golden = &golden["measured_step_nm"][name];
        let (mean, err) = (golden["mean"].as_f64().unwrap(), golden["stderr"].as_f64().unwrap());
        assert!((change.change_nm - mean).abs() < err, "{name}: {change:?}");
        assert!((change.change_err_nm / err - 1.0).abs() < 0.3, "{name}: {change:?}");
        assert_eq!(change.n_cycles, 60);
    }
    let starts: Vec<f64> = on_scan.iter().filter(|event| event.1 == 0).map(|event| event.0).collect();
    let (cycle, nm): (Vec<f64>, Vec<f64>) = cycle_ends(&scan.time_s, &scan.nm, &starts).unwrap().into_iter().unzip();
    assert_eq!(cycle.len(), 61);
    let growth = fit_growth(&cycle, &nm, &GrowthOptions::default()).unwrap();
    println!("{growth:?}");
    let golden_slope = golden["net_per_cycle_regression"]["slope_A_per_cycle"].as_f64().unwrap();
    assert!((growth.gpc_angstrom - golden_slope).abs() < growth.gpc_err_angstrom);
    let detected = detect_start(&scan.time_s, &scan.nm, 34.0).unwrap();
    println!("{detected:?}");
    // First dose at 60 s of the log.
    let truth = (60.0 + 42.3) * 1.0003;
    assert!((detected.start_s - truth).abs() < 1.0, "{detected:?}");
    assert!((detected.cycle_s - 34.18).abs() < 0.1, "{detected:?}");
}

#[test]
fn start_and_clock_are_found_in_scans_of_any_spacing() {
    for (spacing, noise) in [(1.0, 0.01), (0.5, 0.02), (2.3, 0.005)] {
        let (mut starts, mut clocks, mut sigmas) = (0, 0, 0.0);
        for seed in 0..30 {
            let start = 170.0 + 1.37 * seed as f64;
            let scan = Scan::invent(start, spacing, 40, noise, seed + 1);
            let log: Vec<(f64, usize)> = scan.events.iter().map(|&(t, step)| (t / 1.0004 - 31.7, step)).collect();
            match detect_start(&scan.time_s, &scan.nm, 34.1) {
                Ok(found) if (found.start_s - start).abs() < 1.0_f64.max(0.5 * spacing) => {
                    starts += 1;
                    sigmas += ((found.start_s - start) / found.start_err_s).powi(2) / 30.0;
                }
                found => println!("{spacing} {seed}: {start} {found:?}"),
            }
            match align_clock(&scan.time_s, &scan.nm, &log) {
                Ok(found) if (found.offset_s - 31.7).abs() < 1.0 => clocks += 1,
                found => println!("{spacing} {seed}: {found:?}"),
            }
        }
        println!("spacing {spacing} s: {starts} starts, {clocks} clocks of 30; pull {:.2}", sigmas.sqrt());
        // Neighbouring steps are distinguished only by the two ends of the scan, which noise may hide.
        assert!(starts >= 27 && clocks >= 24, "{starts} {clocks}");
        assert!(sigmas.sqrt() < 2.0, "{sigmas}");
    }
}

#[test]
fn the_order_of_points_changes_nothing() {
    let (cycle, nm) = delayed(Start::Sigmoid)(&mut Noise::new(3));
    let count = cycle.len();
    let step = (7..).find(|step| count % step != 0 && [2, 3, 5, 7].iter().all(|p| step % p != 0 || count % p != 0));
    let order: Vec<usize> = (0..count).map(|k| k * step.unwrap() % count).collect();
    let shuffled = (order.iter().map(|&k| cycle[k]).collect(), order.iter().map(|&k| nm[k]).collect());
    let mut sorted = order.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted.len(), count);
    assert_eq!(fit(&(cycle, nm)).unwrap(), fit(&shuffled).unwrap());
}

#[test]
fn readings_several_per_cycle_give_the_same_growth() {
    // Five readings a cycle of three steps: the steps are no noise and no drift.
    let scan = Scan::invent(0.0, 6.8, 100, 0.005, 9);
    // The scan continues after the last cycle, growth does not.
    let readings = scan.time_s.iter().map(|t| t / 34.0).zip(scan.nm).take_while(|reading| reading.0 < 100.0);
    let found = fit(&readings.unzip()).unwrap();
    assert!((found.gpc_angstrom - 0.4).abs() < 4.0 * found.gpc_err_angstrom, "{found:?}");
    assert!(found.n_points >= 95 && found.gpc_err_angstrom < 0.002, "{found:?}");
}

/// A supercycle of one cycle of 0.35 Å and five of 0.7 Å: the growth is their mean, and the pattern no noise.
#[test]
fn the_pattern_of_a_supercycle_is_taken_out() {
    let mut noise = Noise::new(3);
    let mut thickness = 1.5;
    let points: Vec<(f64, f64)> = (0..180)
        .map(|cycle| {
            if cycle > 0 {
                thickness += if (cycle - 1) % 6 == 0 { 0.035 } else { 0.07 };
            }
            (f64::from(cycle), thickness + 0.002 * noise.normal())
        })
        .collect();
    let (cycle, flat): (Vec<f64>, Vec<f64>) = aldb_fit::growth::without_pattern(&points, 6).into_iter().unzip();
    let fit = fit_growth(&cycle, &flat, &GrowthOptions::default()).unwrap();
    let mean = 10.0 * (0.035 + 5.0 * 0.07) / 6.0;
    assert!((fit.gpc_angstrom - mean).abs() < 4.0 * fit.gpc_err_angstrom, "{fit:?}");
    assert!(fit.residual_std_nm < 0.004, "{fit:?}");
}

/// Three steps a cycle of `cycle_s` (s), for `cycles` cycles from `start_s` on, recorded for `after_s` beyond.
struct Timed {
    cycle_s: f64,
    cycles: usize,
    start_s: f64,
    after_s: f64,
    spacing_s: f64,
    noise_nm: f64,
    /// Growth per cycle (Å).
    gpc_angstrom: f64,
}

impl Timed {
    const CLEAR: Self = Self {
        cycle_s: 60.0,
        cycles: 200,
        start_s: 600.0,
        after_s: 0.0,
        spacing_s: 3.0,
        noise_nm: 0.02,
        gpc_angstrom: 0.4,
    };

    fn scan(&self, noise: &mut Noise) -> (Vec<f64>, Vec<f64>) {
        let end = self.start_s + self.cycle_s * self.cycles as f64 + self.after_s;
        let time_s: Vec<f64> = (0..).map(|k| f64::from(k) * self.spacing_s).take_while(|&t| t <= end).collect();
        let nm = time_s.iter().map(|&t| {
            let cycles = ((t - self.start_s) / self.cycle_s).clamp(0.0, self.cycles as f64);
            let within = cycles.fract();
            let steps = [(0.0, 2.25), (0.4, -1.75), (0.7, 0.5)];
            let shape: f64 = steps
                .iter()
                .map(|(at, part)| if within > *at { part * -(-(within - at) * 50.0).exp_m1() } else { 0.0 })
                .sum();
            1.5 + 0.1 * self.gpc_angstrom * (cycles.floor() + shape) + self.noise_nm * noise.normal()
        });
        let nm = nm.collect();
        (time_s, nm)
    }

    /// The fit by cycles that are counted by time.
    fn fit(&self, stated_s: f64, noise: &mut Noise) -> (Result<GrowthFit, GrowthError>, bool, f64) {
        let (time_s, nm) = self.scan(noise);
        let found = regular_cycles(&time_s, &nm, stated_s, 1).unwrap();
        let (cycle, nm): (Vec<f64>, Vec<f64>) = found.points.iter().copied().unzip();
        let options = GrowthOptions { counted: Counted::Time, ..GrowthOptions::default() };
        (fit_growth(&cycle, &nm, &options), found.shown, found.period.cycle_s)
    }
}

#[test]
fn the_period_of_the_scan_replaces_a_stated_one_that_differs() {
    for (stated_s, cycle_s, spacing_s) in [
        (63.0, 60.0, 3.0),
        (60.0, 60.0, 3.0),
        (45.0, 60.0, 2.0),
        (90.0, 60.0, 1.0),
        (60.0, 66.5, 10.0),
        (60.0, 60.0, 12.0),
    ] {
        for seed in 0..5 {
            let timed = Timed { cycle_s, spacing_s, ..Timed::CLEAR };
            let (fit, shown, found_s) = timed.fit(stated_s, &mut Noise::new(seed));
            assert!(shown && (found_s / cycle_s - 1.0).abs() < 1e-3, "{stated_s} {cycle_s}: {shown} {found_s}");
            let fit = fit.unwrap();
            assert!((fit.gpc_angstrom - 0.4).abs() < 4.0 * fit.gpc_err_angstrom, "{stated_s} {cycle_s}: {fit:?}");
            assert!((fit.gpc_angstrom / 0.4 - 1.0).abs() < 0.01, "{stated_s} {cycle_s}: {fit:?}");
            assert_eq!(fit.verdict.quality, Quality::Good, "{}", fit.verdict);
        }
    }
}

#[test]
fn a_scan_that_hides_its_cycles_has_no_period() {
    for seed in 0..10 {
        // Ten times the noise of the steps, correlated noise, too few readings.
        let mut noise = Noise::new(seed);
        let (time_s, mut nm) = Timed { noise_nm: 0.6, ..Timed::CLEAR }.scan(&mut noise);
        assert_eq!(find_period(&time_s, &nm, 60.0, 1).unwrap(), None, "{seed}");
        let mut slow = 0.0;
        for (nm, time) in nm.iter_mut().zip(&time_s) {
            slow = 0.9 * slow + 0.05 * noise.normal();
            *nm = 1.5 + 0.04 * time / 60.0 + slow;
        }
        assert_eq!(find_period(&time_s, &nm, 60.0, 1).unwrap(), None, "{seed}");
        let (time_s, nm) = Timed { spacing_s: 20.0, ..Timed::CLEAR }.scan(&mut noise);
        assert_eq!(find_period(&time_s, &nm, 60.0, 1).unwrap(), None, "{seed}");
    }
}

#[test]
fn recording_that_goes_on_after_the_last_cycle_changes_nothing() {
    for after_s in [0.0, 600.0, 3000.0, 12_000.0, 30_000.0] {
        for (seed, spacing_s) in [(1, 3.0), (2, 10.0), (3, 30.0), (4, 60.0)] {
            let timed = Timed { after_s, spacing_s, ..Timed::CLEAR };
            let (fit, ..) = timed.fit(60.0, &mut Noise::new(seed));
            let fit = fit.unwrap();
            println!("{after_s} {spacing_s}: {fit:?}");
            assert!((fit.gpc_angstrom / 0.4 - 1.0).abs() < 0.01, "{after_s} {spacing_s}: {fit:?}");
            assert!((fit.film_nm - 8.0).abs() < 4.0 * fit.film_err_nm + 0.05, "{after_s} {spacing_s}: {fit:?}");
            assert_eq!(fit.verdict.quality, Quality::Good, "{after_s} {spacing_s}: {}", fit.verdict);
            assert_eq!(fit.end_cycle.is_some(), after_s > 0.0, "{after_s} {spacing_s}: {fit:?}");
        }
    }
}

#[test]
fn growth_that_ends_while_doses_go_on_is_in_doubt() {
    let wrong = misjudged("gpc", 300, |noise| {
        let (slope, sigma) = (noise.between(0.02, 0.1), noise.between(0.005, 0.05));
        let (delay, last) = (noise.between(0.0, 100.0), noise.between(200.0, 400.0) as u32);
        let end = f64::from(last) - noise.between(20.0, 80.0);
        let curve = scan(last, sigma, noise, |c| slope * grown(Start::Sigmoid, 0.0, delay, c.min(end)));
        let Ok(fit) = fit(&curve) else {
            println!("{slope} {sigma} {delay} {end} {last}");
            return curve;
        };
        let sure = 5.0 * fit.gpc_err_angstrom;
        assert!((fit.gpc_angstrom - 10.0 * slope).abs() < sure, "{slope} {fit:?}");
        assert!(fit.end_cycle.is_some_and(|found| (found - end).abs() < 6.0 * sigma / slope + 2.0), "{end} {fit:?}");
        assert!(fit.verdict.has(ReasonCode::GrowthEnds), "{fit:?}");
        curve
    });
    assert!(wrong < 3);
}

#[test]
fn films_that_are_etched_have_a_negative_growth_per_cycle() {
    for start in [Start::Hard, Start::Sigmoid] {
        let mut within = 0;
        let wrong = misjudged("gpc", 300, |noise| {
            let (slope, base, sigma) =
                (noise.between(0.02, 0.1), noise.between(20.0, 40.0), noise.between(0.005, 0.05));
            let delay = noise.between(0.0, 60.0);
            let last = (delay + noise.between(80.0, 250.0)) as u32;
            let curve = scan(last, sigma, noise, |c| base - slope * grown(start, 0.0, delay, c));
            let fit = fit(&curve).unwrap();
            within += u32::from((fit.gpc_angstrom + 10.0 * slope).abs() < 2.0 * fit.gpc_err_angstrom);
            assert!(fit.gpc_angstrom < 0.0 && fit.film_nm < 0.0 && fit.gpc_err_angstrom > 0.0, "{fit:?}");
            curve
        });
        assert!(wrong < 3 && within > 270, "{wrong} {within}");
    }
    // Against time, by the length of the cycle.
    let (fit, shown, _) = Timed { gpc_angstrom: -0.8, ..Timed::CLEAR }.fit(60.0, &mut Noise::new(5));
    let fit = fit.unwrap();
    assert!(shown && (fit.gpc_angstrom / -0.8 - 1.0).abs() < 0.01, "{fit:?}");
}
