//! Situations of the kernels of `growth`, `saturation` and `thickness`.

use aldb_fit::growth::{Counted, GrowthOptions, fit_growth, regular_cycles};
use aldb_fit::thickness::{Evidence, Scan, combine_thickness};
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

/// Thickness against cycle.
struct Curve {
    /// Growth per cycle (nm); negative where the film is etched.
    slope_nm: f64,
    /// Inhibited cycles.
    delay: f64,
    last: usize,
    /// Cycle at which growth ends.
    end: f64,
    noise_nm: f64,
    correlation: f64,
    outliers: f64,
    /// Change of the growth over the scan, relative.
    curvature: f64,
    /// A wave about the line (nm), and its period (cycles).
    wave: (f64, f64),
}

impl Curve {
    fn healthy(noise: &mut Noise) -> Self {
        Self {
            slope_nm: noise.between(0.03, 0.1),
            delay: noise.between(0.0, 100.0),
            last: 300,
            end: f64::INFINITY,
            noise_nm: noise.between(0.005, 0.05),
            correlation: 0.0,
            outliers: 0.0,
            curvature: 0.0,
            wave: (0.0, 1.0),
        }
    }

    fn fit(&self, noise: &mut Noise) -> Trial {
        let truth = 10.0 * self.slope_nm;
        let mut slow = noise.normal();
        let cycle: Vec<f64> = (0..=self.last).map(|cycle| cycle as f64).collect();
        let nm: Vec<f64> = cycle
            .iter()
            .map(|&cycle| {
                slow = self.correlation * slow + (1.0 - self.correlation * self.correlation).sqrt() * noise.normal();
                let far = if noise.uniform() < self.outliers { 10.0 } else { 1.0 };
                let grown = (cycle.min(self.end) - self.delay).max(0.0);
                let bent = 1.0 + 0.5 * self.curvature * (grown / self.last as f64 - 1.0);
                let wave = self.wave.0 * (std::f64::consts::TAU * cycle / self.wave.1).sin();
                30.0 + self.slope_nm * grown * bent + wave + far * self.noise_nm * slow
            })
            .collect();
        fit_growth(&cycle, &nm, &GrowthOptions::default()).map_or(Trial::none(truth), |fit| Trial {
            truth,
            found: Some((fit.gpc_angstrom, fit.gpc_err_angstrom)),
            quality: fit.verdict.quality,
        })
    }
}

/// Thickness against time, without cycle numbers.
struct Timed {
    cycle_s: f64,
    stated_s: f64,
    cycles: f64,
    spacing_s: f64,
    before_s: f64,
    after_s: f64,
    noise_nm: f64,
    slope_nm: f64,
}

impl Timed {
    fn healthy(noise: &mut Noise) -> Self {
        let stated_s = noise.between(20.0, 200.0);
        Self {
            cycle_s: stated_s * (1.0 + 0.003 * noise.normal()),
            stated_s,
            cycles: noise.between(100.0, 400.0).round(),
            spacing_s: stated_s / noise.between(6.0, 20.0),
            before_s: stated_s * noise.between(3.0, 20.0),
            after_s: 0.0,
            noise_nm: noise.between(0.005, 0.03),
            slope_nm: noise.between(0.03, 0.1),
        }
    }

    fn fit(&self, noise: &mut Noise) -> Trial {
        let truth = 10.0 * self.slope_nm;
        let end = self.before_s + self.cycle_s * self.cycles + self.after_s;
        let time_s: Vec<f64> = (0..).map(|k| f64::from(k) * self.spacing_s).take_while(|&t| t <= end).collect();
        let nm: Vec<f64> = time_s
            .iter()
            .map(|&t| {
                let cycles = ((t - self.before_s) / self.cycle_s).clamp(0.0, self.cycles);
                let within = cycles.fract();
                let step = |at: f64, part: f64| part * -(-(within - at).max(0.0) * 40.0).exp_m1();
                let shape = step(0.0, 2.25) + step(0.4, -1.75) + step(0.7, 0.5);
                1.5 + self.slope_nm * (cycles.floor() + shape) + self.noise_nm * noise.normal()
            })
            .collect();
        let Ok(counted) = regular_cycles(&time_s, &nm, self.stated_s, 1) else { return Trial::none(truth) };
        let (cycle, nm): (Vec<f64>, Vec<f64>) = counted.points.iter().copied().unzip();
        let options = GrowthOptions { counted: Counted::Time, ..GrowthOptions::default() };
        fit_growth(&cycle, &nm, &options).map_or(Trial::none(truth), |fit| {
            let by_period = fit.gpc_angstrom * counted.period.cycle_err_s / counted.period.cycle_s;
            Trial {
                truth,
                found: Some((fit.gpc_angstrom, fit.gpc_err_angstrom.hypot(by_period))),
                quality: fit.verdict.quality,
            }
        })
    }
}

/// What is known of a film of a deposition of 2,000 cycles, or fewer.
fn film(noise: &mut Noise, stated_rel: f64, cycles_seen: &[f64]) -> Trial {
    let (gpc, cycles) = (noise.between(0.3, 1.2), 2000.0);
    let truth = 0.1 * gpc * cycles;
    let err = 0.01 * truth;
    let scans = cycles_seen.iter().map(|&seen| Scan {
        film_nm: 0.1 * gpc * seen + 0.02 * noise.normal(),
        film_err_nm: Some(0.02),
        gpc_angstrom: gpc,
        from_cycle: Some(0.0),
        cycles: Some(seen),
        ..Scan::default()
    });
    let scans = scans.collect();
    let stated = Some((stated_rel * truth + err * noise.normal(), Some(err)));
    let evidence = Evidence { stated, scans, cycles: Some(cycles), ..Evidence::default() };
    combine_thickness(&evidence).map_or(Trial::none(truth), |film| Trial {
        truth,
        found: Some((film.nm, film.err_nm)),
        quality: film.verdict.quality,
    })
}

fn curve(state: State, data: &'static str, draw: fn(&mut Noise) -> Trial) -> Situation {
    Situation { kernel: "fit_growth", quantity: "gpc_angstrom", data, state, draw }
}

fn timed(state: State, data: &'static str, draw: fn(&mut Noise) -> Trial) -> Situation {
    Situation { kernel: "fit_growth_in_situ", quantity: "gpc_angstrom", data, state, draw }
}

fn known(state: State, data: &'static str, draw: fn(&mut Noise) -> Trial) -> Situation {
    Situation { kernel: "combine_thickness", quantity: "thickness_nm", data, state, draw }
}

pub(crate) fn situations() -> Vec<Situation> {
    use State::{Faulty, Healthy};
    vec![
        curve(Healthy, "growth after a delay", |noise| Curve::healthy(noise).fit(noise)),
        curve(Healthy, "etching", |noise| {
            let slope_nm = -noise.between(0.03, 0.1);
            Curve { slope_nm, ..Curve::healthy(noise) }.fit(noise)
        }),
        curve(Faulty, "neighbouring cycles share noise", |noise| {
            Curve { correlation: 0.6, ..Curve::healthy(noise) }.fit(noise)
        }),
        curve(Faulty, "3 % outliers", |noise| Curve { outliers: 0.03, ..Curve::healthy(noise) }.fit(noise)),
        curve(Faulty, "growth ends before the cycles do", |noise| {
            let end = noise.between(150.0, 280.0);
            Curve { end, ..Curve::healthy(noise) }.fit(noise)
        }),
        curve(Faulty, "growth slows down by 10 % to 50 %", |noise| {
            let curvature = -noise.between(0.1, 0.5);
            Curve { curvature, ..Curve::healthy(noise) }.fit(noise)
        }),
        curve(Faulty, "drift of 3 to 15 times the noise", |noise| {
            let healthy = Curve::healthy(noise);
            let wave = (noise.between(3.0, 15.0) * healthy.noise_nm, noise.between(80.0, 400.0));
            Curve { wave, ..healthy }.fit(noise)
        }),
        timed(Healthy, "time only, recipe as run", |noise| Timed::healthy(noise).fit(noise)),
        timed(Healthy, "recording goes on after the last cycle", |noise| {
            let timed = Timed::healthy(noise);
            Timed { after_s: timed.stated_s * noise.between(5.0, 200.0), ..timed }.fit(noise)
        }),
        timed(Faulty, "cycle of the recipe 3 % to 30 % off", |noise| {
            let timed = Timed::healthy(noise);
            let factor = 1.0 + noise.between(0.03, 0.3);
            let stated_s = if noise.uniform() < 0.5 { timed.stated_s * factor } else { timed.stated_s / factor };
            Timed { stated_s, ..timed }.fit(noise)
        }),
        timed(Faulty, "cycle 2 % off, not resolved", |noise| {
            let timed = Timed::healthy(noise);
            Timed { spacing_s: 0.7 * timed.stated_s, stated_s: 1.02 * timed.stated_s, ..timed }.fit(noise)
        }),
        known(Healthy, "stated and watched", |noise| film(noise, 1.0, &[2000.0])),
        known(Healthy, "two scans that follow each other", |noise| film(noise, 1.0, &[900.0, 1100.0])),
        known(Faulty, "scan of 300 of 2000 cycles", |noise| film(noise, 1.0, &[300.0])),
        known(Faulty, "stated 10 % off", |noise| film(noise, 1.1, &[2000.0])),
    ]
}
