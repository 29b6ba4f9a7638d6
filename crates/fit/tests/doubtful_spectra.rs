//! Spectra with a fault: the film's resistance is right within its uncertainty, or suspect; without the fault it is good.
#![allow(clippy::unwrap_used, reason = "functions that tests share")]

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CircuitFit, CnlsOptions, fit_circuit};
use aldb_fit::kramers_kronig::{Consistency, LinKk, LinKkOptions, lin_kk};
use aldb_fit::quality::{Quality, ReasonCode};
use aldb_fit::spectrum::Spectrum;
use test_support::{Noise, film_parameters};

const FILM: &str = "R0-p(R1,CPE1)-CPE2";
const DRAWS: usize = 40;

/// The verdicts on 61 points from 1 MHz to 1 Hz of a circuit, whose parameters and gain depend on the point.
fn judged(
    noise: &mut Noise,
    circuit: &str,
    level: f64,
    at: impl Fn(usize) -> Vec<f64>,
    gain: impl Fn(usize) -> f64,
) -> (CircuitFit, LinKk) {
    let circuit = Circuit::parse(circuit).unwrap();
    let frequency_hz: Vec<f64> = (0..61).map(|k| 10f64.powf(6.0 - 0.1 * f64::from(k))).collect();
    let (mut z_re_ohm, mut z_im_ohm) = (Vec::new(), Vec::new());
    for (k, &f) in frequency_hz.iter().enumerate() {
        let z = circuit.impedance(&at(k), f) * gain(k);
        z_re_ohm.push(z.re + level * z.norm() * noise.normal());
        z_im_ohm.push(z.im + level * z.norm() * noise.normal());
    }
    let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
    let fit = fit_circuit(&Circuit::parse(FILM).unwrap(), spectrum, &CnlsOptions::default()).unwrap();
    (fit, lin_kk(spectrum, &LinKkOptions::default()).unwrap())
}

/// How many of the draws are good, and how many of these are off by more than three standard errors.
#[derive(Default, Debug)]
struct Count {
    good: usize,
    good_and_wrong: usize,
    drift: usize,
}

impl Count {
    fn add(&mut self, (fit, test): &(CircuitFit, LinKk), truth: f64) {
        let good = fit.verdict.quality == Quality::Good && test.consistency != Consistency::Inconsistent;
        let r1 = &fit.parameters[1];
        self.good += usize::from(good);
        self.good_and_wrong += usize::from(good && (r1.value - truth).abs() > 3.0 * r1.std_err.unwrap());
        self.drift += usize::from(fit.verdict.has(ReasonCode::SampleChanged));
    }
}

#[test]
fn healthy_spectra_are_good_and_their_errors_those_of_independent_noise() {
    let mut noise = Noise::new(21);
    for level in [0.001, 0.003, 0.01] {
        let mut count = Count::default();
        for _ in 0..DRAWS {
            let film = film_parameters(&mut noise);
            let found = judged(&mut noise, FILM, level, |_| film.to_vec(), |_| 1.0);
            let r1 = &found.0.parameters[1];
            assert!(r1.std_err.unwrap() < 2.0 * r1.independent_err.unwrap(), "{r1:?}");
            count.add(&found, film[1]);
        }
        assert!(count.good + 2 >= DRAWS && count.good_and_wrong <= 1, "{level}: {count:?}");
    }
}

#[test]
fn a_film_that_changes_during_the_sweep_is_suspect() {
    let mut noise = Noise::new(22);
    for (change, level) in [(-0.2, 0.003), (0.2, 0.003), (-0.1, 0.001), (-0.3, 0.005)] {
        let mut count = Count::default();
        for _ in 0..DRAWS {
            let film = film_parameters(&mut noise);
            let at = |k: usize| {
                let mut parameters = film.to_vec();
                parameters[1] *= 1.0 + change * k as f64 / 60.0;
                parameters
            };
            count.add(&judged(&mut noise, FILM, level, at, |_| 1.0), film[1]);
        }
        assert!(count.good_and_wrong <= 1 && count.drift + 2 >= DRAWS, "{change} {level}: {count:?}");
    }
}

#[test]
fn steps_between_ranges_are_covered_or_suspect() {
    let mut noise = Noise::new(23);
    for size in [0.003, 0.01, 0.03] {
        let mut count = Count::default();
        for _ in 0..DRAWS {
            let film = film_parameters(&mut noise);
            let gains: Vec<f64> = (0..5).map(|_| 1.0 + size * noise.normal()).collect();
            count.add(&judged(&mut noise, FILM, 0.003, |_| film.to_vec(), |k| gains[k / 13]), film[1]);
        }
        assert!(count.good_and_wrong <= 3, "{size}: {count:?}");
    }
}

#[test]
fn two_arcs_fitted_by_one_are_covered_or_suspect() {
    let mut noise = Noise::new(24);
    for ratio in [3.0, 20.0, 100.0] {
        let mut count = Count::default();
        for _ in 0..DRAWS {
            let [r0, r1, q1, n1, q2, n2] = film_parameters(&mut noise);
            let both = vec![r0, 0.6 * r1, q1, n1, 0.4 * r1, q1 * ratio, n1, q2, n2];
            count.add(&judged(&mut noise, "R0-p(R1,CPE1)-p(R2,CPE3)-CPE2", 0.003, |_| both.clone(), |_| 1.0), r1);
        }
        assert!(count.good_and_wrong <= 2, "{ratio}: {count:?}");
    }
}
