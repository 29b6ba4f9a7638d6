//! Situations of `fit_arrhenius`: conductivity at 25 °C and activation energy.

use aldb_fit::arrhenius::{ArrheniusFit, ArrheniusOptions, ArrheniusPoint, fit_arrhenius};
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

/// k in eV/K.
const BOLTZMANN: f64 = 8.617_333_262e-5;
const ROOM: f64 = 298.15;
const SIGMA: f64 = 1.17e-7;
const EA: f64 = 0.58;

/// Measurements of a film, and what may be wrong with them.
#[derive(Clone, Copy)]
struct Film {
    dots: u32,
    temperatures: u32,
    /// Standard deviation of ln σ between dots, and of each measurement beyond its own error of 0.5 %.
    between: f64,
    within: f64,
    /// What is added to ln σ, as a function of 1/kT − 1/kT(25 °C) in 1/eV.
    bend: fn(f64) -> f64,
    /// Measurements that are suspect, from the first, and what they are multiplied by.
    suspect: (usize, f64),
}

const HEALTHY: Film = Film { dots: 3, temperatures: 5, between: 0.03, within: 0.01, bend: |_| 0.0, suspect: (0, 1.0) };

impl Film {
    fn fitted(&self, noise: &mut Noise, change: impl Fn(usize, &mut ArrheniusPoint)) -> Option<ArrheniusFit> {
        let mut points = Vec::new();
        let heights: Vec<f64> = (0..self.dots).map(|_| self.between * noise.normal()).collect();
        for step in 0..self.temperatures {
            for dot in 0..self.dots {
                let temperature_c = 30.0 + 10.0 * f64::from(step);
                let x = 1.0 / BOLTZMANN * (1.0 / (temperature_c + 273.15) - 1.0 / ROOM);
                let off = heights[dot as usize] + self.within.hypot(0.005) * noise.normal() + (self.bend)(x);
                let place = points.len();
                let (count, factor) = self.suspect;
                let suspect = place < count;
                let sigma = SIGMA * (off - EA * x).exp() * if suspect { factor } else { 1.0 };
                let mut point = ArrheniusPoint {
                    temperature_c,
                    sigma_s_per_cm: sigma,
                    sigma_err_s_per_cm: 0.005 * sigma,
                    dot: Some(dot),
                    suspect,
                };
                change(place, &mut point);
                points.push(point);
            }
        }
        fit_arrhenius(&points, &ArrheniusOptions::default()).ok()
    }

    fn sigma(&self, noise: &mut Noise) -> Trial {
        room(self.fitted(noise, |_, _| ()))
    }

    fn energy(&self, noise: &mut Noise) -> Trial {
        match self.fitted(noise, |_, _| ()) {
            Some(fit) => Trial { truth: EA, found: Some((fit.ea_ev, fit.ea_err_ev)), quality: fit.verdict.quality },
            None => Trial::none(EA),
        }
    }
}

fn room(fit: Option<ArrheniusFit>) -> Trial {
    match fit {
        Some(fit) => Trial {
            truth: SIGMA,
            found: Some((fit.sigma_25c_s_per_cm, fit.sigma_25c_err_s_per_cm)),
            quality: fit.verdict.quality,
        },
        None => Trial::none(SIGMA),
    }
}

pub(crate) fn situations() -> Vec<Situation> {
    let of = |quantity, data, state, draw| Situation { kernel: "fit_arrhenius", quantity, data, state, draw };
    let sigma = |data, state, draw| of("σ(25 °C)", data, state, draw);
    vec![
        sigma("3 electrodes that differ by 3 %", State::Healthy, |noise| HEALTHY.sigma(noise)),
        of("Eₐ", "3 electrodes that differ by 3 %", State::Healthy, |noise| HEALTHY.energy(noise)),
        sigma("2 electrodes that differ by 3 %", State::Healthy, |noise| Film { dots: 2, ..HEALTHY }.sigma(noise)),
        sigma("8 electrodes that differ by 3 %", State::Healthy, |noise| Film { dots: 8, ..HEALTHY }.sigma(noise)),
        sigma("1 electrode, 8 temperatures", State::Healthy, |noise| {
            Film { dots: 1, temperatures: 8, between: 0.0, ..HEALTHY }.sigma(noise)
        }),
        of("Eₐ", "1 electrode, 4 temperatures, no scatter beyond the errors", State::Healthy, |noise| {
            Film { dots: 1, temperatures: 4, between: 0.0, within: 0.0, ..HEALTHY }.energy(noise)
        }),
        sigma("a law of Vogel, Fulcher and Tammann", State::Faulty, |noise| {
            Film { temperatures: 8, bend: |x| -0.03 * x * x, ..HEALTHY }.sigma(noise)
        }),
        sigma("a law of Vogel, Fulcher and Tammann, 1 electrode", State::Faulty, |noise| {
            Film { temperatures: 6, dots: 1, bend: |x| -0.03 * x * x, ..HEALTHY }.sigma(noise)
        }),
        sigma("a bend by 0.15 eV at 55 °C", State::Faulty, |noise| {
            Film { temperatures: 8, bend: |x| 0.15 * (x + 3.5).min(0.0), ..HEALTHY }.sigma(noise)
        }),
        sigma("a third of the conductivities suspect and wrong", State::Faulty, |noise| {
            Film { suspect: (5, 0.8), ..HEALTHY }.sigma(noise)
        }),
        sigma("all conductivities suspect and wrong", State::Faulty, |noise| {
            Film { suspect: (15, 0.83), ..HEALTHY }.sigma(noise)
        }),
        sigma("one uncertainty is missing, its conductivity is off by 5 %", State::Faulty, |noise| {
            room(HEALTHY.fitted(noise, |place, point| {
                if place == 0 {
                    (point.sigma_err_s_per_cm, point.sigma_s_per_cm) = (0.0, 1.05 * point.sigma_s_per_cm);
                }
            }))
        }),
        sigma("one conductivity is off by 30 %", State::Faulty, |noise| {
            room(HEALTHY.fitted(noise, |place, point| {
                if place == 13 {
                    point.sigma_s_per_cm *= 1.3;
                }
            }))
        }),
    ]
}
