//! Clocks of scan and log: the whole cycle is right, or the alignment says that it is ambiguous. All scans are synthetic.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "functions that tests share")]

use aldb_fit::growth::{Alignment, LoggedDose, align_scan};
use test_support::Noise;

/// A run: three steps a cycle of 34 s.
#[derive(Clone, Copy)]
struct Run {
    cycles: usize,
    /// Cycles that are inhibited: growth rises to full over as many again.
    inhibited: f64,
    before_s: f64,
    after_s: f64,
    noise_nm: f64,
    drift_nm_per_h: f64,
    /// A pause of these seconds before the cycle in the middle.
    pause_s: f64,
    /// Every how many cycles one is of another kind; 0 for never.
    other_every: usize,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            cycles: 60,
            inhibited: 0.0,
            before_s: 130.0,
            after_s: 130.0,
            noise_nm: 0.008,
            drift_nm_per_h: 0.05,
            pause_s: 0.0,
            other_every: 0,
        }
    }
}

impl Run {
    /// The alignment, and how many cycles it is off.
    fn align(&self, seed: u64) -> Option<(Alignment, f64)> {
        let mut noise = Noise::new(seed + 1);
        let (offset, rate) = (noise.between(-60.0, 60.0), 1.0 + 3e-4 * noise.normal());
        let mut steps: Vec<(f64, f64)> = Vec::new();
        let mut doses = Vec::new();
        for cycle in 0..self.cycles {
            let pause = if cycle >= self.cycles / 2 { self.pause_s } else { 0.0 };
            let grown = ((cycle as f64 + 1.0 - self.inhibited) / (self.inhibited + 1.0)).clamp(0.0, 1.0);
            let is_other = self.other_every > 0 && cycle % self.other_every == 0;
            let changes = if is_other { [0.05, -0.01, -0.03] } else { [0.09, -0.07, 0.02] };
            for (step, (share, change)) in [0.0, 12.0, 23.0].into_iter().zip(changes).enumerate() {
                let at = 300.0 + 34.0 * cycle as f64 + share + pause;
                steps.push((at, change * grown));
                doses.push(LoggedDose { time_s: at, cycle, step: step + if is_other { 3 } else { 0 } });
            }
        }
        let (first, last) = (300.0 - self.before_s, steps.last().unwrap().0 + 11.0 + self.after_s);
        let log_time: Vec<f64> = (0..).map(|k| first + f64::from(k)).take_while(|t| *t < last).collect();
        let nm: Vec<f64> = log_time
            .iter()
            .map(|t| {
                let change = |(at, change): &(f64, f64)| change * -(-(t - at).max(0.0) / 1.2).exp_m1();
                let drift = self.drift_nm_per_h * t / 3600.0;
                1.8 + drift + steps.iter().map(change).sum::<f64>() + self.noise_nm * noise.normal()
            })
            .collect();
        let time: Vec<f64> = log_time.iter().map(|t| (t + offset) * rate).collect();
        let found = align_scan(&time, &nm, &doses).ok()?;
        // At the middle of the log, so that an error of the rate does not count twice.
        let middle = 300.0 + 17.0 * self.cycles as f64;
        Some((found, (found.on_scan(middle) / rate - middle - offset) / 34.0))
    }

    /// Of `count` scans: right and certain, certain and wrong, ambiguous.
    fn judged(&self, count: u64) -> (u64, u64, u64) {
        let (mut right, mut wrong, mut ambiguous) = (0, 0, 0);
        for seed in 0..count {
            let Some((found, off)) = self.align(seed) else {
                ambiguous += 1;
                continue;
            };
            match (found.is_ambiguous(), off.abs() < 0.1) {
                (true, _) => ambiguous += 1,
                (false, true) => right += 1,
                (false, false) => {
                    wrong += 1;
                    println!("seed {seed}: off by {off:.2} cycles: {found:?}");
                }
            }
        }
        (right, wrong, ambiguous)
    }
}

#[test]
fn a_scan_that_shows_the_first_or_the_last_cycle_is_aligned_for_certain() {
    for (name, run) in [
        ("both ends", Run::default()),
        ("inhibited, the end seen", Run { inhibited: 15.0, ..Run::default() }),
        ("the beginning seen, still growing", Run { after_s: -11.0, ..Run::default() }),
        ("noisy", Run { noise_nm: 0.02, ..Run::default() }),
        ("no readings before the first dose", Run { before_s: 0.0, ..Run::default() }),
    ] {
        let (right, wrong, ambiguous) = run.judged(12);
        println!("{name}: {right} right, {wrong} wrong, {ambiguous} ambiguous");
        assert!(wrong == 0 && right >= 10, "{name}: {right} right, {wrong} wrong, {ambiguous} ambiguous");
    }
}

#[test]
fn a_periodic_scan_without_a_distinctive_cycle_is_ambiguous_and_never_certain_and_wrong() {
    let growing = Run { inhibited: 15.0, after_s: -11.0, ..Run::default() };
    for (name, run, certain) in [
        ("inhibited and still growing", growing, false),
        (
            "recorded from the middle to before the end",
            Run { before_s: -500.0, after_s: -500.0, ..Run::default() },
            false,
        ),
        ("inhibited, still growing, a supercycle of 5", Run { other_every: 5, ..growing }, false),
        // A pause tells the cycles apart: the healthy control.
        ("inhibited, still growing, and a pause", Run { pause_s: 50.0, ..growing }, true),
    ] {
        let (right, wrong, ambiguous) = run.judged(12);
        println!("{name}: {right} right, {wrong} wrong, {ambiguous} ambiguous");
        assert_eq!(wrong, 0, "{name}");
        assert!(if certain { right >= 3 } else { ambiguous >= 11 }, "{name}: {right} right, {ambiguous} ambiguous");
    }
    for (run, period) in [(growing, 1.0), (Run { other_every: 5, ..growing }, 5.0)] {
        let rivals: Vec<f64> = (0..5).filter_map(|seed| Some(run.align(seed)?.0.rival_cycles)).collect();
        println!("a rival every {period} cycles: {rivals:.2?}");
        let farthest = run.align(0).unwrap().0.farthest_cycles;
        assert!(farthest >= 2.0 * period, "{farthest}");
        assert!(!rivals.is_empty() && rivals.iter().all(|rival| (rival.abs() - period).abs() < 0.05), "{rivals:?}");
    }
}

#[test]
fn a_scan_of_noise_or_with_too_few_readings_is_not_aligned() {
    let doses: Vec<LoggedDose> =
        (0..90).map(|dose| LoggedDose { time_s: 11.0 * dose as f64, cycle: dose / 3, step: dose % 3 }).collect();
    let mut noise = Noise::new(5);
    let time: Vec<f64> = (0..1100).map(f64::from).collect();
    let nm: Vec<f64> = time.iter().map(|_| 1.8 + 0.01 * noise.normal()).collect();
    assert!(align_scan(&time, &nm, &doses).is_err());
    let sparse: Vec<f64> = (0..150).map(|k| 7.0 * f64::from(k)).collect();
    let error = align_scan(&sparse, &vec![1.0; 150], &doses).unwrap_err().to_string();
    assert_eq!(error, "readings every 7.0 s, one at least every 3.7 s needed");
}

/// A deposition of 300 cycles, read every second: 10,000 readings and 900 doses, more than are timed.
#[test]
fn a_long_scan_is_aligned_too() {
    let (found, off) = Run { cycles: 300, ..Run::default() }.align(3).unwrap();
    assert!(!found.is_ambiguous() && off.abs() < 0.1, "{off}: {found:?}");
}
