//! Situations of the kernels of `electrochemistry`.

use aldb_fit::electrochemistry::{CvOptions, OnsetOptions, RateOptions, find_onset, find_peak_pairs, rate_capability};
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

pub(crate) fn situations() -> Vec<Situation> {
    let mut all = onsets();
    all.extend(peaks());
    all.extend(rates());
    all
}

/// Noise of unit standard deviation in which each value keeps `memory` of the one before.
fn correlated(noise: &mut Noise, count: usize, memory: f64) -> Vec<f64> {
    let mut value = noise.normal();
    (0..count)
        .map(|_| {
            value = memory * value + (1.0 - memory * memory).sqrt() * noise.normal();
            value
        })
        .collect()
}

/// Noise of unit standard deviation with a 1/f spectrum: a sum of noises that forget at rates spread over decades.
fn flicker(noise: &mut Noise, count: usize) -> Vec<f64> {
    let parts: Vec<Vec<f64>> =
        [0.0, 0.6, 0.9, 0.975, 0.994, 0.9985].map(|memory| correlated(noise, count, memory)).into();
    (0..count).map(|k| parts.iter().map(|part| part[k]).sum::<f64>() / (parts.len() as f64).sqrt()).collect()
}

const SWEEP_POINTS: usize = 1000;
const LOWEST_V: f64 = 3.0;
const HIGHEST_V: f64 = 6.0;

/// A sweep from 3 to 6 V; noise in units of `sigma`, and the current without it.
fn sweep(sigma: f64, noise: &[f64], current: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
    let potential: Vec<f64> =
        (0..SWEEP_POINTS).map(|k| LOWEST_V + (HIGHEST_V - LOWEST_V) * k as f64 / (SWEEP_POINTS - 1) as f64).collect();
    let density = potential.iter().zip(noise).map(|(v, e)| current(*v) + sigma * e).collect();
    (potential, density)
}

/// The onset of a sweep whose true one is `truth`; "none" is the end of the sweep.
fn onset(truth: Option<f64>, (potential, density): (Vec<f64>, Vec<f64>)) -> Trial {
    let truth = truth.unwrap_or(HIGHEST_V);
    match find_onset(&potential, &density, &OnsetOptions::default()) {
        Ok(found) => Trial {
            truth,
            found: Some(found.onset_v.map_or((HIGHEST_V, 1e-3), |v| (v, found.onset_err_v.unwrap_or(0.0)))),
            quality: found.verdict.quality,
        },
        Err(_) => Trial::none(truth),
    }
}

fn white(noise: &mut Noise) -> Vec<f64> {
    (0..SWEEP_POINTS).map(|_| noise.normal()).collect()
}

/// A current that rises as a power of the distance from its onset, over a sloping capacitive current.
fn rising(noise: &mut Noise, power: i32, of_noise: fn(&mut Noise) -> Vec<f64>) -> Trial {
    let (sigma, truth, slope) = (noise.log_between(0.005, 0.05), noise.between(4.0, 5.5), noise.between(0.0, 0.1));
    let height = noise.log_between(20.0, 200.0);
    let noises = of_noise(noise);
    let curve = sweep(sigma, &noises, |v| 0.1 + slope * v + height * (v - truth).max(0.0).powi(power));
    onset(Some(truth), curve)
}

fn quiet(noise: &mut Noise, of_noise: fn(&mut Noise) -> Vec<f64>) -> Trial {
    let slope = noise.between(0.0, 0.1);
    let noises = of_noise(noise);
    onset(None, sweep(0.03, &noises, |v| 0.1 + slope * v))
}

fn onsets() -> Vec<Situation> {
    let of = |data, state, draw| Situation { kernel: "find_onset", quantity: "onset_v", data, state, draw };
    vec![
        of("linear rise, white noise", State::Healthy, |noise| rising(noise, 1, white)),
        of("quadratic rise, white noise", State::Healthy, |noise| rising(noise, 2, white)),
        of("exponential rise; its onset is where it reaches the limit of detection", State::Healthy, |noise| {
            let (sigma, scale) = (noise.between(0.01, 0.05), noise.between(0.03, 0.08));
            let visible = noise.between(4.0, 5.7);
            let noises = white(noise);
            onset(Some(visible), sweep(sigma, &noises, |v| 0.03 * v + 5.0 * sigma * ((v - visible) / scale).exp()))
        }),
        of("no onset, white noise", State::Healthy, |noise| quiet(noise, white)),
        of("no onset, decaying charge of the double layer", State::Healthy, |noise| {
            let noises = white(noise);
            onset(None, sweep(0.03, &noises, |v| 0.1 + 2.0 * (-(v - LOWEST_V) / 0.05).exp()))
        }),
        of("quadratic rise, correlated noise", State::Faulty, |noise| {
            rising(noise, 2, |noise| correlated(noise, SWEEP_POINTS, 0.9))
        }),
        of("no onset, correlated noise (0.8)", State::Faulty, |noise| {
            quiet(noise, |noise| correlated(noise, SWEEP_POINTS, 0.8))
        }),
        of("no onset, correlated noise (0.97)", State::Faulty, |noise| {
            quiet(noise, |noise| correlated(noise, SWEEP_POINTS, 0.97))
        }),
        of("no onset, 1/f noise", State::Faulty, |noise| quiet(noise, |noise| flicker(noise, SWEEP_POINTS))),
        of("no onset, mains hum", State::Faulty, |noise| {
            quiet(noise, |noise| {
                let (turns, phase) = (noise.between(0.01, 0.49), noise.between(0.0, std::f64::consts::TAU));
                (0..SWEEP_POINTS)
                    .map(|k| 3.0 * (std::f64::consts::TAU * turns * k as f64 + phase).sin() + noise.normal())
                    .collect()
            })
        }),
        of("no onset, outliers", State::Faulty, |noise| {
            quiet(noise, |noise| {
                white(noise).into_iter().map(|e| if noise.uniform() < 0.01 { e + 50.0 } else { e }).collect()
            })
        }),
        of("a peak that decays", State::Faulty, |noise| {
            let (centre, width, sigma) = (noise.between(4.2, 5.2), noise.between(0.03, 0.08), 0.02);
            let height = sigma * noise.log_between(30.0, 300.0);
            let noises = white(noise);
            // The flank of the peak reaches five standard deviations here.
            let truth = centre - width * (2.0 * (height / (5.0 * sigma)).ln()).sqrt();
            onset(Some(truth), sweep(sigma, &noises, |v| 0.1 + height * (-0.5 * ((v - centre) / width).powi(2)).exp()))
        }),
        of("a step that decays", State::Faulty, |noise| {
            let (truth, sigma) = (noise.between(4.2, 5.2), 0.02);
            let noises = white(noise);
            let decay = noise.between(0.1, 0.3);
            let step = |v: f64| if v < truth { 0.0 } else { 60.0 * sigma * (-(v - truth) / decay).exp() };
            onset(Some(truth), sweep(sigma, &noises, |v| 0.1 + step(v)))
        }),
        of("onset in the part that is taken as quiet", State::Faulty, |noise| {
            let truth = noise.between(3.1, 3.7);
            let noises = white(noise);
            onset(Some(truth), sweep(0.02, &noises, |v| 0.1 + 30.0 * (v - truth).max(0.0).powi(2)))
        }),
    ]
}

/// Current of a cycle at a potential; the direction is 1 or -1.
type Cycle<'a> = &'a dyn Fn(f64, f64) -> f64;

/// Two cycles between two potentials in steps of 1 mV.
fn cycles(low: f64, high: f64, current: Cycle<'_>, noise: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let steps = ((high - low) / 0.001).round() as usize;
    let (mut time, mut potential, mut density) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..2 {
        for direction in [1.0, -1.0] {
            for step in 0..steps {
                let v = if direction > 0.0 { low + 0.001 * step as f64 } else { high - 0.001 * step as f64 };
                let k = time.len();
                time.push(k as f64);
                potential.push(v);
                density.push(current(v, direction) + noise.get(k).copied().unwrap_or(0.0));
            }
        }
    }
    (time, potential, density)
}

/// The first pair against the height of its anodic peak, or of its cathodic one.
fn pair(truth: f64, anodic: bool, (time, potential, density): &(Vec<f64>, Vec<f64>, Vec<f64>)) -> Trial {
    let Ok(pairs) = find_peak_pairs(Some(time), potential, density, &CvOptions::default()) else {
        return Trial::none(truth);
    };
    let Some(first) = pairs.first() else { return Trial::none(truth) };
    let found = if anodic {
        (first.anodic_current_density_ua_per_cm2, first.anodic_current_density_err_ua_per_cm2)
    } else {
        (-first.cathodic_current_density_ua_per_cm2, first.cathodic_current_density_err_ua_per_cm2)
    };
    Trial { truth, found: Some(found), quality: first.verdict.quality }
}

/// Two pairs of bells so close that no baseline is seen between them.
fn bells(
    noise: &mut Noise,
    bell: fn(f64) -> f64,
    of_noise: fn(&mut Noise, usize) -> Vec<f64>,
    beside: fn(f64) -> f64,
) -> Trial {
    let (height, distance, width) = (noise.between(10.0, 40.0), noise.between(0.11, 0.16), noise.between(0.035, 0.045));
    let (capacitive, slope, sigma) = (noise.between(0.5, 3.0), noise.between(-0.5, 0.5), 0.01 * height);
    let separation = noise.between(0.02, 0.08);
    let noises: Vec<f64> = of_noise(noise, 4000).into_iter().map(|e| sigma * e).collect();
    let curve = cycles(
        3.5,
        4.5,
        &|v, direction| {
            let at = |pair: f64| bell((v - pair - 0.5 * direction * separation) / width);
            direction * (capacitive + height * (at(4.0) + 0.9 * at(4.0 + distance)))
                + slope * (v - 4.0)
                + height * beside(v)
        },
        &noises,
    );
    pair(height, true, &curve)
}

fn gaussian(u: f64) -> f64 {
    (-u * u).exp()
}

fn white_of(noise: &mut Noise, count: usize) -> Vec<f64> {
    (0..count).map(|_| noise.normal()).collect()
}

/// A reversible couple: the semiderivative of its logistic concentration over the whole history, by Oldham's G1-free method of
/// linear pieces, independent of the kernel.
fn couple(noise: &mut Noise, stretch: f64, anodic: bool) -> Trial {
    let (low, high, middle) = (-0.3, 0.5, noise.between(0.05, 0.12));
    let height = noise.between(20.0, 100.0);
    let unit = 0.025_693 * stretch;
    let steps = 800;
    let potential = |k: usize| {
        let k = k % (2 * steps);
        if k < steps { low + 0.001 * k as f64 } else { high - 0.001 * (k - steps) as f64 }
    };
    let part = |k: usize| 1.0 / (1.0 + (-(potential(k) - middle) / unit).exp());
    let count = 4 * steps;
    let changes: Vec<f64> = (1..count).map(|k| part(k) - part(k - 1)).collect();
    // A step of potential in units of the width; the semiderivative of a linear piece is a difference of square roots.
    let step = 0.001 / unit;
    let roots: Vec<f64> = (0..=count).map(|k| (k as f64).sqrt()).collect();
    let scale = height / 0.446_295 * 2.0 / std::f64::consts::PI.sqrt() / step.sqrt();
    let capacitive = noise.between(0.5, 3.0);
    let density: Vec<f64> = (0..count)
        .map(|k| {
            let sum: f64 = (0..k).map(|j| changes[j] * (roots[k - j] - roots[k - j - 1])).sum();
            let direction = if k % (2 * steps) < steps { 1.0 } else { -1.0 };
            scale * sum + direction * capacitive + 0.005 * height * noise.normal()
        })
        .collect();
    let curve = ((0..count).map(|k| k as f64).collect(), (0..count).map(potential).collect(), density);
    pair(height, anodic, &curve)
}

fn peaks() -> Vec<Situation> {
    let of = |quantity, data, state, draw| Situation { kernel: "find_peak_pairs", quantity, data, state, draw };
    let anodic = "anodic_current_density_ua_per_cm2";
    let cathodic = "cathodic_current_density_ua_per_cm2";
    vec![
        of(anodic, "two overlapping pairs of Gaussian peaks", State::Healthy, |noise| {
            bells(noise, gaussian, white_of, |_| 0.0)
        }),
        of(anodic, "two overlapping pairs of a logistic isotherm", State::Healthy, |noise| {
            bells(noise, |u| 1.0 / (1.2 * u).cosh().powi(2), white_of, |_| 0.0)
        }),
        of(anodic, "reversible couple that diffuses", State::Healthy, |noise| couple(noise, 1.0, true)),
        of(cathodic, "reversible couple that diffuses", State::Healthy, |noise| couple(noise, 1.0, false)),
        of(anodic, "overlapping pairs, correlated noise", State::Faulty, |noise| {
            bells(noise, gaussian, |noise, count| correlated(noise, count, 0.95), |_| 0.0)
        }),
        of(anodic, "overlapping pairs, outliers", State::Faulty, |noise| {
            bells(
                noise,
                gaussian,
                |noise, count| {
                    white_of(noise, count)
                        .into_iter()
                        .map(|e| if noise.uniform() < 0.01 { e + 30.0 } else { e })
                        .collect()
                },
                |_| 0.0,
            )
        }),
        of(anodic, "overlapping pairs, oxidation at the end of the window", State::Faulty, |noise| {
            bells(noise, gaussian, white_of, |v| ((v - 4.45) / 0.06).exp())
        }),
        of(anodic, "peaks that fall steeply and rise slowly", State::Faulty, |noise| {
            bells(noise, |u| if u < 0.0 { gaussian(0.6 * u) } else { gaussian(1.5 * u) }, white_of, |_| 0.0)
        }),
    ]
}

/// Cycling at two rates; capacity of the second by what happens in it.
fn rate(noise: &mut Noise, fault: fn(&mut Cycling, usize, f64)) -> Trial {
    let truth = noise.between(3.0, 6.0);
    let scatter = noise.log_between(0.002, 0.02);
    let mut cycling = Cycling::default();
    for (rate, capacity) in [(6.0, 1.1 * truth), (60.0, truth)] {
        for cycle in 0..4 {
            let capacity = capacity * (1.0 + scatter * noise.normal());
            cycling.half(rate, capacity, 1.0);
            if rate > 10.0 { fault(&mut cycling, cycle, capacity) } else { cycling.half(-rate, capacity, 1.0) }
        }
    }
    let options = RateOptions { one_c_ua_per_cm2: Some(6.0), ..RateOptions::default() };
    let Ok(steps) = rate_capability(&cycling.time, &cycling.current, Some(&cycling.potential), &options) else {
        return Trial::none(truth);
    };
    let Some(step) = steps.iter().find(|step| step.current_density_ua_per_cm2 > 40.0) else {
        return Trial::none(truth);
    };
    let found = (step.capacity_density_uah_per_cm2, step.capacity_density_err_uah_per_cm2);
    Trial { truth, found: Some(found), quality: step.verdict.quality }
}

#[derive(Default)]
struct Cycling {
    time: Vec<f64>,
    current: Vec<f64>,
    potential: Vec<f64>,
    now: f64,
}

impl Cycling {
    const FAST: f64 = 60.0;

    fn point(&mut self, after: f64, current: f64, potential: f64) {
        self.now += after;
        self.time.push(self.now);
        self.current.push(current);
        self.potential.push(potential);
    }

    /// Part of a half cycle at a constant current.
    fn half(&mut self, current: f64, capacity: f64, part: f64) {
        let seconds = part * 3600.0 * capacity / current.abs();
        for k in 0..=100 {
            let share = f64::from(k) / 100.0 * part;
            let potential = if current > 0.0 { 3.5 + share } else { 4.5 - share };
            self.point(if k == 0 { 0.01 } else { seconds / 100.0 }, current, potential);
        }
    }

    fn rest(&mut self, potential: f64) {
        (0..10).for_each(|_| self.point(30.0, 0.0, potential));
    }
}

fn rates() -> Vec<Situation> {
    let quantity = "capacity_density_uah_per_cm2";
    let of = |data, state, draw| Situation { kernel: "measure_rates", quantity, data, state, draw };
    vec![
        of("four cycles at each rate", State::Healthy, |noise| {
            rate(noise, |cycling, _, capacity| cycling.half(-Cycling::FAST, capacity, 1.0))
        }),
        of("first discharge 15 % larger", State::Faulty, |noise| {
            rate(noise, |cycling, cycle, capacity| {
                cycling.half(-Cycling::FAST, capacity, if cycle == 0 { 1.15 } else { 1.0 });
            })
        }),
        of("potential held after each discharge", State::Faulty, |noise| {
            rate(noise, |cycling, _, capacity| {
                cycling.half(-Cycling::FAST, capacity, 1.0);
                (1..60).for_each(|k| cycling.point(3.0, -Cycling::FAST * (-0.06 * f64::from(k)).exp(), 3.5));
            })
        }),
        of("pause within each discharge", State::Faulty, |noise| {
            rate(noise, |cycling, _, capacity| {
                cycling.half(-Cycling::FAST, capacity, 0.4);
                cycling.rest(4.15);
                cycling.half(-Cycling::FAST, capacity, 0.6);
            })
        }),
        of("points missing in one discharge", State::Faulty, |noise| {
            rate(noise, |cycling, cycle, capacity| {
                let from = cycling.time.len();
                cycling.half(-Cycling::FAST, capacity, 1.0);
                if cycle == 1 {
                    for column in [&mut cycling.time, &mut cycling.current, &mut cycling.potential] {
                        column.drain(from + 20..from + 50);
                    }
                }
            })
        }),
        of("last discharge incomplete", State::Faulty, |noise| {
            rate(noise, |cycling, cycle, capacity| {
                cycling.half(-Cycling::FAST, capacity, if cycle == 3 { 0.5 } else { 1.0 });
            })
        }),
    ]
}
