//! Situations of `fit_circuit`: the film's resistance R1 from spectra of R0-p(R1,CPE1)-CPE2, with the verdict of the
//! Kramers–Kronig test, as `impedance_fits` combines them.

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CnlsOptions, fit_circuit};
use aldb_fit::kramers_kronig::{Consistency, LinKkOptions, lin_kk};
use aldb_fit::quality::Quality;
use aldb_fit::spectrum::Spectrum;
use test_support::{Noise, film_parameters};

use crate::trial::{Situation, State, Trial};

const POINTS: usize = 61;

fn frequency_hz(point: usize) -> f64 {
    10f64.powf(6.0 - 6.0 * point as f64 / (POINTS - 1) as f64)
}

/// The fit of a spectrum whose points are those of `circuit` with the parameters that `at` gives for each point, times the
/// gain of the point, with independent noise and noise whose correlation from point to point is `correlation`.
fn fitted(
    noise: &mut Noise,
    circuit: &str,
    truth: f64,
    at: impl Fn(usize) -> Vec<f64>,
    gain: impl Fn(usize) -> f64,
    (independent, slow, correlation): (f64, f64, f64),
) -> Trial {
    let (Ok(circuit), Ok(model)) = (Circuit::parse(circuit), Circuit::parse("R0-p(R1,CPE1)-CPE2")) else {
        return Trial::none(truth);
    };
    let frequency_hz: Vec<f64> = (0..POINTS).map(frequency_hz).collect();
    let mut states = [noise.normal(), noise.normal()];
    let (mut z_re_ohm, mut z_im_ohm) = (Vec::new(), Vec::new());
    for (point, &frequency) in frequency_hz.iter().enumerate() {
        let z = circuit.impedance(&at(point), frequency) * gain(point);
        let modulus = z.norm();
        let mut off = states.map(|state| slow * modulus * state);
        off.iter_mut().for_each(|off| *off += independent * modulus * noise.normal());
        z_re_ohm.push(z.re + off[0]);
        z_im_ohm.push(z.im + off[1]);
        for state in &mut states {
            *state = correlation * *state + (1.0 - correlation * correlation).sqrt() * noise.normal();
        }
    }
    let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
    let Ok(fit) = fit_circuit(&model, spectrum, &CnlsOptions::default()) else { return Trial::none(truth) };
    let inconsistent =
        lin_kk(spectrum, &LinKkOptions::default()).is_ok_and(|test| test.consistency == Consistency::Inconsistent);
    let quality = if inconsistent { fit.verdict.quality.max(Quality::Suspect) } else { fit.verdict.quality };
    let r1 = &fit.parameters[1];
    Trial { truth, found: r1.std_err.filter(|_| r1.determined).map(|err| (r1.value, err)), quality }
}

/// A film as it is, with noise.
fn plain(noise: &mut Noise, sizes: (f64, f64, f64)) -> Trial {
    let film = film_parameters(noise);
    fitted(noise, "R0-p(R1,CPE1)-CPE2", film[1], |_| film.to_vec(), |_| 1.0, sizes)
}

/// A film whose R1 changes by a fraction during the sweep; true is its value at the beginning.
fn drifting(noise: &mut Noise, change: f64, independent: f64) -> Trial {
    let film = film_parameters(noise);
    let at = |point: usize| {
        let mut parameters = film.to_vec();
        parameters[1] *= 1.0 + change * point as f64 / (POINTS - 1) as f64;
        parameters
    };
    fitted(noise, "R0-p(R1,CPE1)-CPE2", film[1], at, |_| 1.0, (independent, 0.0, 0.0))
}

/// Gains that differ between the ranges of an instrument.
fn stepped(noise: &mut Noise, size: f64) -> Trial {
    let film = film_parameters(noise);
    let gains: Vec<f64> = (0..5).map(|_| 1.0 + size * noise.normal()).collect();
    fitted(noise, "R0-p(R1,CPE1)-CPE2", film[1], |_| film.to_vec(), |point| gains[point / 13], (0.003, 0.0, 0.0))
}

/// Two arcs, 70 % and 30 % of the resistance, with time constants that differ by `ratio` and a little more.
fn two_arcs(noise: &mut Noise, ratio: f64) -> Trial {
    let film = film_parameters(noise);
    let [r0, r1, q1, n1, q2, n2] = film;
    let both = vec![r0, 0.7 * r1, q1, n1, 0.3 * r1, q1 * ratio, n1, q2, n2];
    fitted(noise, "R0-p(R1,CPE1)-p(R2,CPE3)-CPE2", r1, |_| both.clone(), |_| 1.0, (0.003, 0.0, 0.0))
}

/// Points that are off by 10 %.
fn outliers(noise: &mut Noise) -> Trial {
    let film = film_parameters(noise);
    let gains: Vec<f64> = (0..POINTS).map(|_| if noise.uniform() < 0.03 { 1.1 } else { 1.0 }).collect();
    fitted(noise, "R0-p(R1,CPE1)-CPE2", film[1], |_| film.to_vec(), |point| gains[point], (0.003, 0.0, 0.0))
}

pub(crate) fn situations() -> Vec<Situation> {
    let of = |data, state, draw| Situation { kernel: "fit_circuit", quantity: "R1", data, state, draw };
    vec![
        of("noise of 0.1 %", State::Healthy, |noise| plain(noise, (0.001, 0.0, 0.0))),
        of("noise of 0.3 %", State::Healthy, |noise| plain(noise, (0.003, 0.0, 0.0))),
        of("noise of 1 %", State::Healthy, |noise| plain(noise, (0.01, 0.0, 0.0))),
        of("noise of 0.1 %, half of it correlated along frequency", State::Faulty, |noise| {
            plain(noise, (0.0007, 0.0007, 0.9))
        }),
        of("noise of 0.3 %, correlation 0.9", State::Faulty, |noise| plain(noise, (0.0, 0.003, 0.9))),
        of("noise of 1 %, correlation 0.6", State::Faulty, |noise| plain(noise, (0.0, 0.01, 0.6))),
        of("R1 falls by 20 % during the sweep", State::Faulty, |noise| drifting(noise, -0.2, 0.003)),
        of("R1 rises by 10 % during the sweep", State::Faulty, |noise| drifting(noise, 0.1, 0.003)),
        of("gains of ranges differ by 0.5 %", State::Faulty, |noise| stepped(noise, 0.005)),
        of("gains of ranges differ by 2 %", State::Faulty, |noise| stepped(noise, 0.02)),
        of("two arcs, time constants 1:4", State::Faulty, |noise| two_arcs(noise, 10.0)),
        of("two arcs, time constants 1:13", State::Faulty, |noise| two_arcs(noise, 30.0)),
        of("3 % of the points are off by 10 %", State::Faulty, outliers),
    ]
}
