//! Situations of the kernels of `diffraction`.

use std::f64::consts::{LN_2, PI};

use aldb_fit::diffraction::{
    PeakOptions, Radiation, Stated, bragg_angle_deg, bragg_spacing_angstrom, find_reflections,
};
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

const COPPER: (f64, f64) = (1.540_598, 1.544_426);
const COBALT: (f64, f64) = (1.788_996, 1.792_835);

/// A pattern with three peaks as it is measured, and how it is described to the kernel.
struct Setup<'a> {
    lines: (f64, f64),
    /// Intensity of Kα₂ over Kα₁.
    ratio: f64,
    stated: Stated<'a>,
    /// Displacement of all angles (deg).
    displacement: f64,
    /// Counts of the film's peaks and the background against the usual.
    brightness: f64,
    width: (f64, f64),
    /// Factor by which counts are multiplied after they were counted.
    gain: f64,
    /// Factor of an attenuator around the strongest peak, with which its counts are multiplied.
    attenuation: f64,
}

impl Setup<'_> {
    fn copper() -> Self {
        let (alpha_1, alpha_2) = COPPER;
        Self {
            lines: COPPER,
            ratio: 0.5,
            stated: Stated { alpha_1: Some(alpha_1), alpha_2: Some(alpha_2), ratio: Some(0.5), ..Stated::default() },
            displacement: 0.0,
            brightness: 1.0,
            width: (0.12, 0.35),
            gain: 1.0,
            attenuation: 1.0,
        }
    }

    /// The strongest peak: spacing, or area in intensity·deg.
    fn draw(&self, noise: &mut Noise, quantity: Quantity) -> Trial {
        let width = noise.between(self.width.0, self.width.1);
        let share = noise.between(0.2, 0.8);
        let places = [noise.between(24.0, 30.0), noise.between(36.0, 42.0), noise.between(48.0, 55.0)];
        let areas = [600.0, 250.0, 150.0].map(|area| self.brightness * width * area * noise.between(0.7, 1.4));
        let background = self.brightness * noise.between(30.0, 100.0);
        let (mut angles, mut intensities, mut per) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..2250 {
            let x = 20.0 + 0.02 * f64::from(k);
            let mut mean = background;
            for (place, area) in places.iter().zip(areas) {
                let one = |place: f64| {
                    let u = (x - place) / width;
                    let lorentz = 2.0 / (PI * width * (1.0 + 4.0 * u * u));
                    let gauss = 2.0 / width * (LN_2 / PI).sqrt() * (-4.0 * LN_2 * u * u).exp();
                    share * lorentz + (1.0 - share) * gauss
                };
                let d = bragg_spacing_angstrom(*place, self.lines.0);
                let second = bragg_angle_deg(d, self.lines.1).unwrap_or(0.0);
                mean += area * (one(*place) + self.ratio * one(second));
            }
            let factor = if (x - places[0]).abs() < 1.0 { self.attenuation } else { 1.0 };
            angles.push(x + self.displacement);
            intensities.push(self.gain * factor * noise.poisson(mean / factor));
            per.push(1.0 / factor);
        }
        let truth = match quantity {
            Quantity::Spacing => bragg_spacing_angstrom(places[0], self.lines.0),
            Quantity::Area => areas[0] * self.gain,
        };
        let radiation = Radiation::from_stated(&self.stated);
        let Ok(pattern) = find_reflections(&angles, &intensities, &per, &radiation, &PeakOptions::default()) else {
            return Trial::none(truth);
        };
        let near = |place: f64| (place - places[0] - self.displacement).abs() < 0.4;
        let peak = pattern.lines().filter(|peak| near(peak.two_theta_deg)).max_by(|a, b| a.area.total_cmp(&b.area));
        let Some(peak) = peak.cloned().map(|peak| peak.aligned_to(0.05)) else { return Trial::none(truth) };
        let found = match quantity {
            Quantity::Spacing => (peak.d_angstrom, peak.d_err_angstrom),
            Quantity::Area => (peak.area, peak.area_err),
        };
        Trial { truth, found: Some(found), quality: peak.verdict.quality.max(pattern.verdict.quality) }
    }
}

#[derive(Clone, Copy)]
enum Quantity {
    Spacing,
    Area,
}

pub(crate) fn situations() -> Vec<Situation> {
    let of = |quantity: Quantity, data, state, draw| {
        let quantity = match quantity {
            Quantity::Spacing => "lines.d_angstrom",
            Quantity::Area => "lines.area",
        };
        Situation { kernel: "find_reflections", quantity, data, state, draw }
    };
    use Quantity::{Area, Spacing};
    vec![
        of(Spacing, "copper, doublet stated; alignment 0.05°", State::Healthy, |noise| {
            let displacement = 0.05 * noise.normal();
            Setup { displacement, ..Setup::copper() }.draw(noise, Spacing)
        }),
        of(Area, "copper, doublet stated", State::Healthy, |noise| Setup::copper().draw(noise, Area)),
        of(Area, "copper, monochromator with a ratio of 0 stated", State::Healthy, |noise| {
            let setup = Setup::copper();
            let stated = Stated { ratio: Some(0.0), ..setup.stated.clone() };
            Setup { ratio: 0.0, stated, ..setup }.draw(noise, Area)
        }),
        of(Area, "doublet listed as `K-Alpha 1`, with Kα2", State::Healthy, |noise| {
            let setup = Setup::copper();
            let stated = Stated { used: Some(COPPER.0), radiation: Some("K-Alpha 1"), ..setup.stated.clone() };
            Setup { stated, ..setup }.draw(noise, Area)
        }),
        of(Area, "doublet listed as `K-Alpha 1`, without Kα2", State::Healthy, |noise| {
            let setup = Setup::copper();
            let stated = Stated { used: Some(COPPER.0), radiation: Some("K-Alpha 1"), ..setup.stated.clone() };
            Setup { ratio: 0.0, stated, ..setup }.draw(noise, Area)
        }),
        of(Spacing, "cobalt, one wavelength stated, with Kα2; alignment 0.05°", State::Healthy, |noise| {
            let stated = Stated { used: Some(1.78897), ..Stated::default() };
            let displacement = 0.05 * noise.normal();
            Setup { lines: COBALT, stated, displacement, ..Setup::copper() }.draw(noise, Spacing)
        }),
        of(Area, "cobalt, one wavelength stated, without Kα2", State::Healthy, |noise| {
            let stated = Stated { used: Some(1.78897), ..Stated::default() };
            Setup { lines: COBALT, ratio: 0.0, stated, ..Setup::copper() }.draw(noise, Area)
        }),
        of(Area, "attenuator around the strongest peak", State::Healthy, |noise| {
            Setup { attenuation: 20.0, brightness: 20.0, ..Setup::copper() }.draw(noise, Area)
        }),
        of(Spacing, "cobalt, no wavelength stated", State::Faulty, |noise| {
            Setup { lines: COBALT, stated: Stated::default(), ..Setup::copper() }.draw(noise, Spacing)
        }),
        of(Spacing, "cobalt anode, lines of copper stated", State::Faulty, |noise| {
            let setup = Setup::copper();
            let stated = Stated { anode: Some("Co"), ..setup.stated.clone() };
            Setup { lines: COBALT, stated, ..setup }.draw(noise, Spacing)
        }),
        of(Area, "Kα2 stated, but behind a monochromator", State::Faulty, |noise| {
            Setup { ratio: 0.0, brightness: 5.0, width: (0.08, 0.2), ..Setup::copper() }.draw(noise, Area)
        }),
        of(Spacing, "sample 0.2 mm too high: angles displaced by 0.1°", State::Faulty, |noise| {
            Setup { displacement: 0.1, ..Setup::copper() }.draw(noise, Spacing)
        }),
        of(Area, "counts divided by ten", State::Faulty, |noise| {
            Setup { gain: 0.1, ..Setup::copper() }.draw(noise, Area)
        }),
        of(Area, "counts multiplied by ten", State::Faulty, |noise| {
            Setup { gain: 10.0, ..Setup::copper() }.draw(noise, Area)
        }),
    ]
}
