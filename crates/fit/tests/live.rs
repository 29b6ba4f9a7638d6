//! Predictions of a growth that goes on: intervals of 95 % hold the truth as often as they should. All scans are synthetic.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "functions that tests share")]

use aldb_fit::growth::{GrowthError, GrowthOptions, Interval, Plan, Prediction, predict_growth};
use test_support::Noise;

/// A deposition of 300 cycles of which `seen` were seen.
#[derive(Clone, Copy)]
struct Run {
    seen: usize,
    correlation: f64,
    /// Standard deviation of the relative change of growth after what was seen.
    change: f64,
}

const CYCLES: f64 = 300.0;
const TARGET_NM: f64 = 15.0;
const DELAY: f64 = 25.0;

impl Run {
    /// The prediction, the true thickness at the end (nm), and the true cycle of the target.
    fn predict(&self, seed: u64) -> (Result<Prediction, GrowthError>, f64, f64) {
        let mut noise = Noise::new(seed * 31 + self.seen as u64);
        let slope = noise.between(0.06, 0.07);
        let later = slope * (1.0 + self.change * noise.normal());
        let mut slow = noise.normal();
        let cycle: Vec<f64> = (0..=self.seen).map(|cycle| cycle as f64).collect();
        let nm: Vec<f64> = cycle
            .iter()
            .map(|cycle| {
                slow = self.correlation * slow + (1.0 - self.correlation * self.correlation).sqrt() * noise.normal();
                1.5 + slope * (cycle - DELAY).max(0.0) + 0.03 * slow
            })
            .collect();
        let seen_nm = slope * (self.seen as f64 - DELAY);
        let plan = Plan { cycles: Some(CYCLES), target_nm: Some(TARGET_NM), cycles_off: 0.0 };
        let end = seen_nm + later * (CYCLES - self.seen as f64);
        let target = self.seen as f64 + (TARGET_NM - seen_nm) / if TARGET_NM > seen_nm { later } else { slope };
        (predict_growth(&cycle, &nm, &GrowthOptions::default(), &plan), end, target)
    }
}

fn holds(interval: &Interval, truth: f64) -> bool {
    (interval.low..=interval.high).contains(&truth)
}

#[test]
fn intervals_hold_the_truth_in_95_percent_of_runs_with_noise_and_changes_of_growth() {
    for run in [
        Run { seen: 60, correlation: 0.0, change: 0.02 },
        Run { seen: 60, correlation: 0.4, change: 0.02 },
        Run { seen: 120, correlation: 0.0, change: 0.02 },
        Run { seen: 120, correlation: 0.4, change: 0.02 },
        Run { seen: 200, correlation: 0.0, change: 0.0 },
    ] {
        let (mut given, mut end_inside, mut target_inside, mut ignored, mut width) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for seed in 0..400 {
            let (found, end, target) = run.predict(seed);
            let Ok(found) = found else { continue };
            let (end_film, target_cycle) = (found.end_film_nm.unwrap(), found.target_cycle.unwrap());
            given += 1.0;
            end_inside += f64::from(u8::from(holds(&end_film, end)));
            target_inside += f64::from(u8::from(holds(&target_cycle, target)));
            // The control: as if the error of the slope were that of the end.
            let only_slope = 1.96 * 0.1 * found.growth.gpc_err_angstrom * CYCLES / 2.0;
            ignored += f64::from(u8::from((end_film.value - end).abs() < only_slope));
            width += 0.5 * (end_film.high - end_film.low) / end;
        }
        let (end, target, width) = (end_inside / given, target_inside / given, width / given);
        println!(
            "{} cycles, correlation {}: end {end:.3}, target {target:.3}, ± {:.1} %, given {given}",
            run.seen,
            run.correlation,
            100.0 * width
        );
        assert!(given > 390.0, "{given}");
        assert!(end > 0.92 && target > 0.92, "{} {}: {end} {target}", run.seen, run.correlation);
        assert!(width < 0.12, "{width}");
        if run.seen == 120 && run.correlation == 0.0 {
            assert!(ignored / given < 0.8, "{}", ignored / given);
        }
    }
}

#[test]
fn before_enough_cycles_are_there_it_says_what_is_missing() {
    let (found, ..) = Run { seen: 12, correlation: 0.0, change: 0.0 }.predict(1);
    assert_eq!(found.unwrap_err().to_string(), "13 points, 20 needed");
    let (found, ..) = Run { seen: 35, correlation: 0.0, change: 0.0 }.predict(1);
    let words = found.unwrap_err().to_string();
    assert!(words.contains("needed") || words.contains("no growth"), "{words}");
}

#[test]
fn an_ambiguous_cycle_widens_cycle_numbers_but_not_what_is_left_to_do() {
    let mut noise = Noise::new(3);
    let cycle: Vec<f64> = (0..=120).map(f64::from).collect();
    let nm: Vec<f64> = cycle.iter().map(|at| 1.5 + 0.065 * (at - DELAY).max(0.0) + 0.02 * noise.normal()).collect();
    let of = |cycles_off: f64| {
        let plan = Plan { cycles: Some(CYCLES), target_nm: Some(TARGET_NM), cycles_off };
        predict_growth(&cycle, &nm, &GrowthOptions::default(), &plan).unwrap()
    };
    let (certain, ambiguous) = (of(0.0), of(1.0));
    assert_eq!(certain.cycles_to_target, ambiguous.cycles_to_target);
    let width = |interval: Interval| interval.high - interval.low;
    let wider = width(ambiguous.target_cycle.unwrap()) - width(certain.target_cycle.unwrap());
    assert!((wider - 2.0).abs() < 1e-9, "{wider}");
    assert!((width(ambiguous.delay_cycles) - width(certain.delay_cycles) - 2.0).abs() < 1e-9);
    assert!(holds(&certain.film_nm, 0.065 * (120.0 - DELAY)) && holds(&certain.delay_cycles, DELAY), "{certain:?}");
}
