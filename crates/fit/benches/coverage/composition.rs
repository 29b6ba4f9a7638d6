//! Situations of the kernels of `composition`.

use aldb_fit::composition::{CompositionOptions, ProfilePoint, fit_composition};
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

pub(crate) fn situations() -> Vec<Situation> {
    let of = |data, state, draw| Situation { kernel: "fit_composition", quantity: "Li", data, state, draw };
    vec![
        of("60 nm of 100 nm", State::Healthy, |noise| trial(Film { thickness: 60.0, ..Film::new(noise) }, noise)),
        of("film through the whole scan", State::Healthy, |noise| {
            trial(Film { thickness: 1e3, ..Film::new(noise) }, noise)
        }),
        of("20 nm of 100 nm, 400 depths", State::Healthy, |noise| {
            trial(Film { thickness: 20.0, step: 0.25, ..Film::new(noise) }, noise)
        }),
        of("20 nm of 100 nm, 100 depths", State::Faulty, |noise| {
            trial(Film { thickness: 20.0, ..Film::new(noise) }, noise)
        }),
        of("correlated depths, 0.4", State::Faulty, |noise| {
            trial(Film { thickness: 60.0, correlation: 0.4, ..Film::new(noise) }, noise)
        }),
        of("film of 3 nm, resolution 2.5 nm", State::Faulty, |noise| {
            trial(Film { thickness: 3.0, blur: 2.5, ..Film::new(noise) }, noise)
        }),
        of("film of 8 nm, resolution 2.5 nm", State::Faulty, |noise| {
            trial(Film { thickness: 8.0, blur: 2.5, ..Film::new(noise) }, noise)
        }),
        of("2 % of outliers", State::Faulty, |noise| {
            trial(Film { thickness: 60.0, outliers: 0.02, ..Film::new(noise) }, noise)
        }),
        of("content falls with depth", State::Faulty, |noise| {
            trial(Film { thickness: 60.0, gradient: 0.3, ..Film::new(noise) }, noise)
        }),
        of("contents add up to 66 %", State::Faulty, |noise| {
            trial(Film { thickness: 60.0, sum: 0.66, ..Film::new(noise) }, noise)
        }),
    ]
}

/// A film on silicon with a contaminated surface.
struct Film {
    lithium: f64,
    thickness: f64,
    blur: f64,
    step: f64,
    correlation: f64,
    outliers: f64,
    gradient: f64,
    sum: f64,
}

impl Film {
    fn new(noise: &mut Noise) -> Self {
        let lithium = noise.between(10.0, 35.0);
        Self {
            lithium,
            thickness: 60.0,
            blur: 1.5,
            step: 1.0,
            correlation: 0.0,
            outliers: 0.0,
            gradient: 0.0,
            sum: 1.0,
        }
    }
}

fn trial(film: Film, noise: &mut Noise) -> Trial {
    let truth = [("Li", film.lithium), ("B", 20.0), ("O", 78.0 - film.lithium), ("C", 2.0), ("Si", 0.0)];
    let (mut points, mut last) = (Vec::new(), [0.0; 5]);
    for place in 0..(100.0 / film.step) as u32 {
        let depth = film.step * f64::from(place);
        let within = 1.0 / (1.0 + ((depth - film.thickness) / film.blur).exp());
        let surface = (-depth / 1.5).exp();
        for (place, (element, content)) in truth.into_iter().enumerate() {
            last[place] = film.correlation * last[place] + (1.0 - film.correlation.powi(2)).sqrt() * noise.normal();
            let extra = if element == "C" { 25.0 * surface } else { 0.0 };
            let slope = if element == "Li" { 1.0 - film.gradient * (depth / film.thickness - 0.5) } else { 1.0 };
            let substrate = if element == "Si" { 100.0 * (1.0 - within) } else { 0.0 };
            let exact = film.sum * (content * slope * within * (1.0 - 0.25 * surface) + extra + substrate);
            let outlier = if noise.uniform() < film.outliers { 15.0 } else { 1.0 };
            let content_percent = exact + (0.1 + 0.03 * exact) * outlier * last[place];
            points.push(ProfilePoint { depth, element, content_percent, counts: None });
        }
    }
    let Ok(found) = fit_composition(&points, &CompositionOptions::default()) else { return Trial::none(film.lithium) };
    let value = found.elements.iter().find(|content| content.element == "Li");
    Trial {
        truth: film.lithium,
        found: value.map(|content| (content.content_percent, content.content_err_percent)),
        quality: found.verdict.quality,
    }
}
