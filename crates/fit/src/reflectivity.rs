//! Thickness of a film from the fringes of its X-ray reflectivity (Kiessig).
//!
//! Above the critical angle the waves reflected by the surface and by the bottom of the film interfere: ln R is a smooth decay
//! and an oscillation cos(2π·d·x + φ) with x = 2·√(sin²θ − sin²θc)/λ. Thickness and critical angle of the film are those with
//! which a decay (a polynomial of sixth degree) and an oscillation of slowly varying amplitude leave least; no model of the layers is needed.
//! What several pairs leave says how well the thickness is determined. An oxide between film and substrate belongs to the film in part:
//! for curves calculated with 1 to 2.5 nm of oxide the fringes deviate by 0.6 nm on average.
//!
//! Source: H. Kiessig, Ann. Phys. 402, 769 (1931); L. G. Parratt, Phys. Rev. 95, 359 (1954) for the curves of the tests.

use crate::noise::{deviation, median};
use crate::quality::{Coded, Quality, ReasonCode, Verdict};

/// The fringes of a film. Errors are standard uncertainties (k = 1).
#[derive(Clone, Debug, PartialEq)]
pub struct Fringes {
    /// Thickness of the film (nm).
    pub thickness_nm: f64,
    /// Its error (nm): what the fringes determine, and [`LAYERS_NM`].
    pub thickness_err_nm: f64,
    /// Angle 2θ at which the intensity has fallen to half of that of total reflection (°).
    pub edge_two_theta_deg: f64,
    /// Number of fringes seen.
    pub n_fringes: f64,
    /// Part of the variance about the decay that the oscillation does not explain.
    pub unexplained: f64,
    /// Number of points used: from the edge to the end of the signal.
    pub n_used: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Why there is no thickness.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReflectivityError {
    /// Angle and intensity have different lengths.
    #[error("{angles} angles and {intensities} intensities")]
    Lengths {
        /// Number of angles.
        angles: usize,
        /// Number of intensities.
        intensities: usize,
    },
    /// The wavelength is not positive.
    #[error("expected a positive wavelength, found `{found}` Å")]
    Wavelength {
        /// The wavelength (Å).
        found: f64,
    },
    /// The curve shows no edge of total reflection.
    #[error("no edge of total reflection: the curve begins at {from:.2}° with the intensity already falling")]
    NoEdge {
        /// First angle 2θ (°).
        from: f64,
    },
    /// Too little of the curve is above the noise.
    #[error("{found} points between the edge of total reflection and the end of the signal, {needed} needed")]
    TooFewPoints {
        /// Number found.
        found: usize,
        /// Number needed.
        needed: usize,
    },
    /// No oscillation.
    #[error("no fringes: the best oscillation leaves {:.0} % of the variance about the decay", 100.0 * unexplained)]
    NoFringes {
        /// Part of the variance that is left.
        unexplained: f64,
    },
}

impl Coded for ReflectivityError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::Lengths { .. } => ReasonCode::LengthsDiffer,
            Self::Wavelength { .. } => ReasonCode::ValueOutOfRange,
            Self::NoEdge { .. } => ReasonCode::RangeTooNarrow,
            Self::TooFewPoints { .. } => ReasonCode::TooFewPoints,
            Self::NoFringes { .. } => ReasonCode::SignalTooWeak,
        }
    }
}

/// Standard uncertainty (nm) of where the film ends: a layer of oxide below it reflects, too.
pub const LAYERS_NM: f64 = 1.2;
/// Fewest points.
const NEEDED: usize = 40;
/// Fewest fringes that determine a thickness.
const FEWEST_FRINGES: f64 = 5.0;
/// Most of the variance about the decay that an oscillation may leave.
const MOST_UNEXPLAINED: f64 = 0.5;
/// Relative uncertainty of the intensity by which the decay and the amplitude deviate from their polynomials.
const MODEL_REL: f64 = 0.02;
/// Noise of ln I is determined over windows of so many points; what is more than this are narrow fringes.
const NOISE_MOST: f64 = 0.25;
const WINDOW: usize = 25;
/// Degree of the polynomial of the decay, and number of terms of the amplitude.
const DEGREE: usize = 6;
const AMPLITUDES: usize = 3;
/// Critical angles that are tried, relative to the edge: that of a film is at most that of its substrate, and a thin film does not
/// show its own.
const CRITICAL: [f64; 8] = [0.70, 0.75, 0.80, 0.85, 0.90, 0.95, 1.0, 1.05];
/// Thicknesses that are tried (nm).
const THICKNESS_NM: (f64, f64) = (4.0, 250.0);
/// Independent values in a fringe.
const PER_FRINGE: f64 = 4.0;

/// The thickness of a film from a curve of specular reflectivity. Intensities may have any unit.
///
/// # Errors
///
/// [`ReflectivityError`] if the curve shows no edge of total reflection or no fringes.
pub fn find_fringes(
    two_theta_deg: &[f64],
    intensity: &[f64],
    wavelength_angstrom: f64,
) -> Result<Fringes, ReflectivityError> {
    if two_theta_deg.len() != intensity.len() {
        return Err(ReflectivityError::Lengths { angles: two_theta_deg.len(), intensities: intensity.len() });
    }
    if !(wavelength_angstrom > 0.0 && wavelength_angstrom.is_finite()) {
        return Err(ReflectivityError::Wavelength { found: wavelength_angstrom });
    }
    let mut curve: Vec<(f64, f64)> = two_theta_deg
        .iter()
        .zip(intensity)
        .map(|(angle, intensity)| (*angle, *intensity))
        .filter(|(angle, intensity)| *angle > 0.0 && *angle < 90.0 && intensity.is_finite())
        .collect();
    curve.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    curve.dedup_by(|a, b| a.0.total_cmp(&b.0).is_eq());
    let Signal { edge, points: used } = signal(&curve)?;
    let sin = |degrees: f64| (0.5 * degrees).to_radians().sin();
    let wavelength_nm = 0.1 * wavelength_angstrom;
    let logarithms: Vec<f64> = used.iter().map(|(_, intensity, _)| intensity.ln()).collect();
    let weights: Vec<f64> = used.iter().map(|(.., noise)| 1.0 / noise.hypot(MODEL_REL)).collect();
    let mut tried: Vec<Tried> = Vec::new();
    for critical in CRITICAL {
        let at: Vec<f64> = used
            .iter()
            .map(|(angle, ..)| {
                2.0 * (sin(*angle).powi(2) - (critical * sin(edge)).powi(2)).max(0.0).sqrt() / wavelength_nm
            })
            .collect();
        try_thicknesses(&at, &logarithms, &weights, &mut tried);
    }
    let best = tried.iter().min_by(|a, b| a.left.total_cmp(&b.left));
    let Some(best) = best.filter(|best| best.left < MOST_UNEXPLAINED * best.whole) else {
        let unexplained = best.map_or(1.0, |best| best.left / best.whole);
        return Err(ReflectivityError::NoFringes { unexplained });
    };
    // Pairs that leave nearly as little are nearly as likely.
    let independent = (PER_FRINGE * best.fringes).max(1.0);
    let likelihood = |tried: &Tried| (-0.5 * independent * (tried.left / best.left - 1.0)).exp();
    let whole: f64 = tried.iter().map(likelihood).sum();
    let mean = tried.iter().map(|tried| likelihood(tried) * tried.nm).sum::<f64>() / whole;
    let variance = tried.iter().map(|tried| likelihood(tried) * (tried.nm - mean).powi(2)).sum::<f64>() / whole;
    let mut verdict = Verdict::default();
    if best.fringes < FEWEST_FRINGES {
        let words = format!("{:.1} fringes, {FEWEST_FRINGES} expected at least", best.fringes);
        verdict.add(Quality::Suspect, ReasonCode::RangeTooNarrow, words);
    }
    let thickness_err_nm = variance.sqrt().hypot(LAYERS_NM);
    if thickness_err_nm > 0.2 * mean {
        let words = format!("the fringes determine the thickness to {thickness_err_nm:.1} of {mean:.1} nm");
        verdict.add(Quality::Suspect, ReasonCode::LargeUncertainty, words);
    }
    Ok(Fringes {
        thickness_nm: mean,
        thickness_err_nm,
        edge_two_theta_deg: edge,
        n_fringes: best.fringes,
        unexplained: best.left / best.whole,
        n_used: used.len(),
        verdict,
    })
}

/// The part of a curve that shows fringes.
struct Signal {
    /// The angle 2θ of the edge (°).
    edge: f64,
    /// Angle 2θ (°), intensity and noise of ln I of the points from there to the end of the signal.
    points: Vec<(f64, f64, f64)>,
}

fn signal(curve: &[(f64, f64)]) -> Result<Signal, ReflectivityError> {
    let few = |found: usize| ReflectivityError::TooFewPoints { found, needed: NEEDED };
    let largest = (0..curve.len()).max_by(|a, b| curve[*a].1.total_cmp(&curve[*b].1)).ok_or(few(0))?;
    let half = 0.5 * curve[largest].1;
    let edge = (largest..curve.len()).find(|place| curve[*place].1 < half).ok_or(few(0))?;
    // Below the edge the intensity is that of total reflection, at least for a few points; without them the edge is not seen.
    if edge < 4 || curve[edge].0 < 1.2 * curve[0].0 {
        return Err(ReflectivityError::NoEdge { from: curve[0].0 });
    }
    let mut lowest: Vec<f64> = curve.iter().map(|(_, intensity)| *intensity).collect();
    lowest.sort_by(f64::total_cmp);
    lowest.truncate((curve.len() / 20).max(5));
    let background = median(&lowest).unwrap_or(0.0).max(0.0);
    let mut above: Vec<(f64, f64)> =
        curve[edge..].iter().copied().filter(|(angle, _)| *angle > 1.1 * curve[edge].0).collect();
    let ends = above.windows(9).position(|nine| nine.iter().all(|(_, intensity)| *intensity <= 5.0 * background));
    above.truncate(ends.unwrap_or(above.len()));
    above.retain(|(_, intensity)| *intensity > 5.0 * background && *intensity > 0.0);
    let logarithms: Vec<f64> = above.iter().map(|(_, intensity)| intensity.ln()).collect();
    let noise = |place: usize| {
        let from = place.saturating_sub(WINDOW / 2).min(logarithms.len().saturating_sub(WINDOW));
        deviation(&logarithms[from..(from + WINDOW).min(logarithms.len())]).min(NOISE_MOST)
    };
    if above.len() < NEEDED {
        return Err(few(above.len()));
    }
    let points = above.iter().enumerate().map(|(place, (angle, intensity))| (*angle, *intensity, noise(place)));
    Ok(Signal { edge: curve[edge].0, points: points.collect() })
}

/// What a thickness leaves.
struct Tried {
    nm: f64,
    fringes: f64,
    /// Weighted sum of squares about decay and oscillation.
    left: f64,
    /// Weighted sum of squares about the decay.
    whole: f64,
}

fn try_thicknesses(at: &[f64], logarithms: &[f64], weights: &[f64], tried: &mut Vec<Tried>) {
    let (first, last) = (at[0], at[at.len() - 1]);
    let span = last - first;
    let intervals: Vec<f64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let interval = median(&intervals).unwrap_or(0.0);
    if !(span > 0.0 && interval > 0.0) {
        return;
    }
    let scaled: Vec<f64> = at.iter().map(|x| 2.0 * (x - first) / span - 1.0).collect();
    let weighted = |values: &mut dyn Iterator<Item = f64>| -> Vec<f64> {
        values.zip(weights).map(|(value, weight)| value * weight).collect()
    };
    let mut decay: Vec<Vec<f64>> = Vec::new();
    for degree in 0..=DEGREE {
        let column = weighted(&mut scaled.iter().map(|u| (degree as f64 * u.clamp(-1.0, 1.0).acos()).cos()));
        decay.extend(orthogonal(column, &[&decay]));
    }
    let rest = without(weighted(&mut logarithms.iter().copied()), &decay);
    let whole = dot(&rest, &rest);
    // A step of an eighth of the resolution; at least one fringe and a half, and two and a half points in one.
    let step = 0.125 / span;
    let (from, to) = (THICKNESS_NM.0.max(1.5 / span), THICKNESS_NM.1.min(0.4 / interval));
    let steps = ((to - from) / step).max(0.0) as usize;
    for number in 0..steps {
        let nm = from + number as f64 * step;
        let mut oscillation: Vec<Vec<f64>> = Vec::with_capacity(2 * AMPLITUDES);
        for power in 0..AMPLITUDES {
            for quarter in [0.0, 0.25] {
                let value = |(x, u): (&f64, &f64)| {
                    u.powi(power as i32) * (std::f64::consts::TAU * (nm * (x - first) + quarter)).cos()
                };
                let column = weighted(&mut at.iter().zip(&scaled).map(value));
                oscillation.extend(orthogonal(column, &[&decay, &oscillation]));
            }
        }
        let left = without(rest.clone(), &oscillation);
        tried.push(Tried { nm, fringes: nm * span, left: dot(&left, &left), whole });
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A vector less its parts along vectors of length 1.
fn without(mut vector: Vec<f64>, along: &[Vec<f64>]) -> Vec<f64> {
    for unit in along {
        let part = dot(&vector, unit);
        vector.iter_mut().zip(unit).for_each(|(value, unit)| *value -= part * unit);
    }
    vector
}

/// The part of a vector that is orthogonal to others, scaled to length 1; `None` if nothing is left.
fn orthogonal(vector: Vec<f64>, to: &[&Vec<Vec<f64>>]) -> Option<Vec<f64>> {
    let before = dot(&vector, &vector);
    let mut rest = to.iter().fold(vector, |rest, others| without(rest, others));
    let length = dot(&rest, &rest).sqrt();
    (length * length > 1e-12 * before).then(|| {
        rest.iter_mut().for_each(|value| *value /= length);
        rest
    })
}
