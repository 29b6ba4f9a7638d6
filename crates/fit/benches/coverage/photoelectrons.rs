//! Situations of the kernels of `photoelectrons`: regions are drawn, fitted and quantified together.

use aldb_elements::Element;
use aldb_fit::photoelectrons::{
    CoreLine, IntensityUnit, MeasuredRegion, RegionOptions, SENSITIVITY_ERR, fit_core_line, gl, gl_area, line_area,
    quantify, reference_shift, relative_sensitivity,
};
use aldb_fit::quality::Quality;
use test_support::Noise;

use crate::trial::{Situation, State, Trial};

pub(crate) fn situations() -> Vec<Situation> {
    let of = |quantity, data, state, draw| Situation { kernel: "quantify_regions", quantity, data, state, draw };
    let shift = |data, state, draw| Situation { kernel: "find_charge_shift", quantity: "shift", data, state, draw };
    vec![
        of("Li", "equal times", State::Healthy, |noise| content(Surface::new(noise), "Li", noise)),
        of("Li", "different times", State::Healthy, |noise| {
            content(Surface { scans: [60.0, 20.0, 20.0, 40.0, 40.0], ..Surface::new(noise) }, "Li", noise)
        }),
        of("B", "borophosphate: P 2s in B 1s", State::Healthy, |noise| {
            content(Surface { phosphorus: noise.between(2.0, 10.0), ..Surface::new(noise) }, "B", noise)
        }),
        of("C", "carbonate and C-O", State::Healthy, |noise| {
            content(Surface { oxidised: 0.6, ..Surface::new(noise) }, "C", noise)
        }),
        of("Li", "different times, not stated", State::Faulty, |noise| {
            let scans = [60.0, 20.0, 20.0, 40.0, 40.0];
            content(Surface { scans, times_known: false, ..Surface::new(noise) }, "Li", noise)
        }),
        of("B", "P 2s in B 1s, P in the recipe and not measured", State::Faulty, |noise| {
            content(Surface { phosphorus: 8.0, phosphorus_measured: false, ..Surface::new(noise) }, "B", noise)
        }),
        of("Li", "a second, broad component in O 1s", State::Faulty, |noise| {
            content(Surface { wing: 0.3, ..Surface::new(noise) }, "Li", noise)
        }),
        of("Li", "noise correlated over 3 points", State::Faulty, |noise| {
            content(Surface { smoothed: true, ..Surface::new(noise) }, "Li", noise)
        }),
        shift("hydrocarbon", State::Healthy, |noise| reference([20_000.0, 0.0, 0.0], 1.4, noise)),
        shift("hydrocarbon and C-O", State::Healthy, |noise| reference([15_000.0, 4_000.0, 0.0], 1.4, noise)),
        shift("strong carbonate", State::Healthy, |noise| reference([6_000.0, 1_000.0, 25_000.0], 1.4, noise)),
        shift("carbonate alone", State::Faulty, |noise| reference([0.0, 0.0, 25_000.0], 1.4, noise)),
        shift("hardly any carbon", State::Faulty, |noise| reference([300.0, 0.0, 0.0], 1.4, noise)),
    ]
}

/// A borate, phosphate or both under some carbon.
struct Surface {
    lithium: f64,
    phosphorus: f64,
    carbon: f64,
    /// Fraction of the carbon that is carbonate and C–O.
    oxidised: f64,
    /// Scans of Li 1s, O 1s, C 1s, B 1s, P 2p.
    scans: [f64; 5],
    times_known: bool,
    phosphorus_measured: bool,
    wing: f64,
    smoothed: bool,
}

impl Surface {
    fn new(noise: &mut Noise) -> Self {
        Self {
            lithium: noise.between(15.0, 35.0),
            phosphorus: 0.0,
            carbon: noise.between(5.0, 15.0),
            oxidised: 0.0,
            scans: [40.0; 5],
            times_known: true,
            phosphorus_measured: true,
            wing: 0.0,
            smoothed: false,
        }
    }
}

/// Counts of lines (binding energy, area in counts·eV, width) on a Shirley background.
fn counts(
    from_ev: f64,
    to_ev: f64,
    lines: &[(f64, f64, f64)],
    seconds: f64,
    noise: &mut Noise,
) -> (Vec<f64>, Vec<f64>) {
    let points = ((to_ev - from_ev) / 0.1).round() as u32;
    let energy: Vec<f64> = (0..=points).map(|k| from_ev + 0.1 * f64::from(k)).collect();
    let mut passed = 0.0;
    let draw = |&e: &f64| {
        let line: f64 =
            lines.iter().map(|(at, area, width)| area / width / gl_area(0.3) * gl(e, *at, *width, 0.3)).sum();
        passed += 0.1 * line;
        noise.poisson(300.0 * seconds + 0.01 * passed + line)
    };
    let counts = energy.iter().map(draw).collect();
    (energy, counts)
}

fn content(surface: Surface, symbol: &str, noise: &mut Noise) -> Trial {
    let rest = 100.0 - surface.lithium - surface.phosphorus - surface.carbon;
    let contents = [surface.lithium, 0.7 * rest, surface.carbon, 0.3 * rest, surface.phosphorus];
    let names = ["Li 1s", "O 1s", "C 1s", "B 1s", "P 2p"];
    let place = names.iter().position(|name| name.starts_with(symbol)).unwrap_or(0);
    // Nature's factors differ from the table.
    let factors: Vec<f64> = (0..6).map(|_| 1.0 + SENSITIVITY_ERR * noise.normal()).collect();
    let mut regions = Vec::new();
    for (k, name) in names.into_iter().enumerate() {
        if name == "P 2p" && (contents[k] == 0.0 || !surface.phosphorus_measured) {
            continue;
        }
        let seconds = 0.1 * surface.scans[k];
        let area = 75.0 * contents[k] * relative_sensitivity(name).unwrap_or(1.0) * factors[k] * seconds;
        let (from_ev, to_ev, lines) = match name {
            "Li 1s" => (50.0, 62.0, vec![(55.6, area, 1.6)]),
            "O 1s" => {
                let wing = surface.wing * area;
                (525.0, 540.0, vec![(530.8, 0.45 * area, 1.6), (532.1, 0.55 * area - wing, 1.6), (534.5, wing, 2.6)])
            }
            "C 1s" => {
                let oxidised = surface.oxidised * area;
                (
                    280.0,
                    296.0,
                    vec![(285.0, area - oxidised, 1.6), (286.6, 0.3 * oxidised, 1.6), (290.2, 0.7 * oxidised, 1.6)],
                )
            }
            "B 1s" => {
                let overlap = 75.0 * surface.phosphorus * 1.18 * factors[5] * seconds;
                (186.0, 198.0, vec![(191.9, area, 1.6), (191.4, overlap, 1.6)])
            }
            _ => (128.0, 140.0, vec![(133.8, area / 1.51, 1.6), (134.67, 0.51 * area / 1.51, 1.6)]),
        };
        let (energy, mut counts) = counts(from_ev, to_ev, &lines, seconds, noise);
        if surface.smoothed {
            let before = counts.clone();
            for k in 1..before.len() - 1 {
                counts[k] = (before[k - 1] + before[k] + before[k + 1]) / 3.0;
            }
        }
        let line = CoreLine::parse(name);
        let fit = fit_core_line(&energy, &counts, line.as_ref(), &RegionOptions::default()).ok();
        let found = line_area(&energy, &counts, fit.as_ref());
        regions.push(MeasuredRegion {
            name: name.to_owned(),
            line,
            area: found.as_ref().map(|line| (line.area, line.area_err)),
            doubt: found.and_then(|line| line.doubt),
            unit: IntensityUnit::Counts,
            counting_time_s: surface.times_known.then_some(seconds),
            ..MeasuredRegion::default()
        });
    }
    let element = Element::from_symbol(symbol);
    let recipe: &[&str] = if surface.phosphorus > 0.0 { &["Li", "B", "P", "O"] } else { &[] };
    let Ok(found) = quantify(&regions, recipe) else { return Trial::none(contents[place]) };
    let value = found.elements.iter().find(|content| Some(content.element) == element);
    Trial {
        truth: contents[place],
        found: value.map(|content| (content.content_percent, content.content_err_percent)),
        quality: found.verdict.quality,
    }
}

/// The shift from areas of hydrocarbon, C–O and carbonate.
fn reference([hydrocarbon, alcohol, carbonate]: [f64; 3], width: f64, noise: &mut Noise) -> Trial {
    let charging = noise.between(-0.5, 2.0);
    let lines = [(284.6, hydrocarbon), (286.1, alcohol), (290.0, carbonate)];
    let lines: Vec<(f64, f64, f64)> = lines.into_iter().map(|(at, area)| (at + charging, area, width)).collect();
    let (energy, counts) = counts(279.0, 297.0, &lines, 2.0, noise);
    match reference_shift(&energy, &counts, 284.6) {
        Ok(shift) => Trial {
            truth: -charging,
            found: Some((shift.shift_ev, shift.shift_err_ev)),
            quality: shift.verdict.quality,
        },
        Err(_) => Trial { quality: Quality::Failed, ..Trial::none(-charging) },
    }
}
