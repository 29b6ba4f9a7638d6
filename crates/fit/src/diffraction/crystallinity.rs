//! Whether a film is crystalline, and its crystallinity relative to others.

use super::pattern::{Pattern, Peak, PeakKind, bragg_angle_deg};
use super::phases::{Reflection, match_lines};
use crate::quality::{Quality, ReasonCode, Verdict, counted};

/// The structure of a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Structure {
    /// No peak of the film exceeds the noise.
    Amorphous,
    /// At least one peak does.
    Crystalline,
}

impl Structure {
    /// The word stored in tables: `amorphous` or `crystalline`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amorphous => "amorphous",
            Self::Crystalline => "crystalline",
        }
    }
}

/// Reflections of a silicon wafer cut along (001): 004, and 002, which occurs by double diffraction.
/// a = 5.43102 Å (CODATA 2018, 22.5 °C).
pub const SILICON_001: [Reflection<'static>; 2] = [
    Reflection { phase: "Si", hkl: "0 0 4", d_angstrom: 1.357_755, relative_intensity: 100.0 },
    Reflection { phase: "Si", hkl: "0 0 2", d_angstrom: 2.715_51, relative_intensity: 1.0 },
];

/// Options of the verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct CrystallinityOptions {
    /// Largest distance between a peak and its reflection (deg).
    pub tolerance_deg: f64,
    /// Largest distance from a substrate peak (deg); these peaks are strong and have wide feet.
    pub substrate_tolerance_deg: f64,
    /// Other wavelengths of the tube (Å) at which a strong substrate is also visible. Copper: Kα₂, Kβ, and
    /// Lα₁ and Lα₂ of tungsten, deposited on the anode by the filament.
    pub other_wavelengths_angstrom: Vec<f64>,
    /// Least score for naming a phase.
    pub min_score: f64,
    /// Standard uncertainty of the alignment where the pattern does not show it (deg): 0.05° is a sample 0.1 mm too high on a circle of
    /// 240 mm.
    pub alignment_err_deg: f64,
}

impl Default for CrystallinityOptions {
    fn default() -> Self {
        Self {
            tolerance_deg: 0.2,
            substrate_tolerance_deg: 0.3,
            other_wavelengths_angstrom: vec![1.544_426, 1.392_25, 1.476_4, 1.487_4],
            min_score: 0.05,
            alignment_err_deg: 0.05,
        }
    }
}

/// Crystallinity of a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Crystallinity {
    /// Amorphous or crystalline.
    pub structure: Structure,
    /// The phase with the best score; `None` for an amorphous film and if no score reaches the limit.
    pub phase: Option<String>,
    /// Its score, 0 to 1.
    pub score: Option<f64>,
    /// Area of the peaks matched to that phase; without one, of all the film's peaks (intensity·deg).
    /// 0 for an amorphous film.
    pub area: f64,
    /// Its standard uncertainty (intensity·deg, k = 1); for an amorphous film that of a peak 0.3° wide.
    pub area_err: f64,
    /// For an amorphous film: a peak 0.3° wide of this area (intensity·deg) would have been found with
    /// 95 % probability.
    pub area_upper_limit: Option<f64>,
    /// `area` over thickness (intensity·deg/nm).
    pub area_per_nm: Option<f64>,
    /// Its standard uncertainty (intensity·deg/nm, k = 1), the thickness's included.
    pub area_err_per_nm: Option<f64>,
    /// Displacement of the peaks against the phase, measured minus expected (deg): of the zero of 2θ and of the height of the sample. `None`
    /// unless two peaks match.
    pub displacement_deg: Option<f64>,
    /// Its standard uncertainty (deg).
    pub displacement_err_deg: Option<f64>,
    /// Standard uncertainty of the alignment that spacings have (deg): the displacement with its uncertainty, or that of the options.
    pub alignment_err_deg: f64,
    /// The largest signal-to-noise ratio of the film's peaks; without any, of the pattern outside the
    /// substrate's.
    pub max_signal_to_noise: f64,
    /// Number of peaks of the film.
    pub n_peaks: usize,
    /// Number of these matched to the phase.
    pub n_matched: usize,
    /// Number of peaks assigned to the substrate.
    pub n_substrate: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// A scan shorter than this (deg) misses most reflections of most phases.
const LEAST_RANGE_DEG: f64 = 10.0;
/// A score below which the match is based on few peaks: texture, or a different phase.
const SUSPECT_SCORE: f64 = 0.3;
/// A substrate peak at another wavelength is no stronger than this fraction of the one at Kα₁.
const LARGEST_GHOST: f64 = 0.3;
/// 95th percentile of a normal deviate.
const ONE_SIDED_95: f64 = 1.645;

/// Judges the film of `pattern`.
///
/// Peaks at the positions of `substrate` reflections, within the tolerance or the substrate peak's own width, do not
/// belong to the film. If a substrate peak is in the pattern, or lies outside it, weaker peaks at the positions of the
/// other wavelengths do not either. The remaining peaks make the film crystalline: every one exceeds the noise by
/// `min_signal_to_noise`, and its fit has a significance of 4.7. `reflections` only name the phase. `thickness_nm` is
/// value and standard uncertainty.
#[must_use]
pub fn judge_crystallinity(
    pattern: &Pattern,
    reflections: &[Reflection<'_>],
    substrate: &[Reflection<'_>],
    thickness_nm: Option<(f64, f64)>,
    options: &CrystallinityOptions,
) -> Crystallinity {
    let known = Substrate::new(pattern, substrate, options);
    let (of_substrate, film): (Vec<&Peak>, Vec<&Peak>) = pattern.lines().partition(|peak| known.holds(peak));
    let thickness =
        thickness_nm.filter(|(value, error)| value.is_finite() && *value > 0.0 && error.is_finite() && *error >= 0.0);
    let mut result = Crystallinity {
        structure: Structure::Amorphous,
        phase: None,
        score: None,
        area: 0.0,
        area_err: pattern.blank_area_err,
        area_upper_limit: None,
        area_per_nm: None,
        area_err_per_nm: None,
        displacement_deg: None,
        displacement_err_deg: None,
        alignment_err_deg: options.alignment_err_deg,
        max_signal_to_noise: film.iter().map(|peak| peak.signal_to_noise).fold(0.0, f64::max),
        n_peaks: film.len(),
        n_matched: 0,
        n_substrate: of_substrate.len(),
        verdict: Verdict::default(),
    };
    let mut verdict = Verdict::default();
    if film.is_empty() {
        let noise = pattern.peaks.iter().filter(|peak| peak.kind == PeakKind::Line && !known.holds(peak));
        result.max_signal_to_noise =
            noise.map(|peak| peak.signal_to_noise).fold(pattern.max_rejected_signal_to_noise, f64::max);
        result.area_upper_limit = Some((pattern.min_signal_to_noise + ONE_SIDED_95) * pattern.blank_area_err);
        verdict.note(format!(
            "no peak of the film, largest signal to noise {:.1}, limit {}",
            result.max_signal_to_noise, pattern.min_signal_to_noise
        ));
        if result.max_signal_to_noise >= pattern.min_signal_to_noise {
            verdict.note("the area above the limit is not significant");
        }
    } else {
        result.structure = Structure::Crystalline;
        let wavelength = pattern.wavelength_angstrom;
        let scores = match_lines(&film, pattern.range_deg, reflections, wavelength, options.tolerance_deg);
        let best = scores.into_iter().next().filter(|best| best.score >= options.min_score && best.n_lines > 0);
        let peaks = counted(film.len(), "peak", "peaks");
        verdict.note(format!("{peaks}, largest signal to noise {:.1}", result.max_signal_to_noise));
        if let Some(best) = best {
            verdict.note(format!("{} matched to {}, score {:.2}", best.n_lines, best.phase, best.score));
            if best.score < SUSPECT_SCORE {
                let words = format!(
                    "few reflections of {} found (score {:.2}, {SUSPECT_SCORE} needed): texture, or another phase",
                    best.phase, best.score
                );
                verdict.add(Quality::Suspect, ReasonCode::FewReflectionsMatched, words);
            }
            if let Some(err) = best.shift_err_deg.filter(|_| best.score >= SUSPECT_SCORE) {
                (result.displacement_deg, result.displacement_err_deg) = (Some(best.shift_deg), Some(err));
                result.alignment_err_deg = best.shift_deg.hypot(err);
            }
            result.n_matched = best.n_lines;
            (result.area, result.area_err) = (best.area, best.area_err);
            result.score = Some(best.score);
            result.phase = Some(best.phase);
        } else {
            result.area = film.iter().map(|peak| peak.area).sum();
            result.area_err = Peak::area_err_of_sum(film.iter().copied());
            let words = "the peaks match no reference phase; the area is that of all peaks";
            verdict.add(Quality::Suspect, ReasonCode::PhaseNotIdentified, words);
        }
    }
    let (low, high) = pattern.range_deg;
    if high - low < LEAST_RANGE_DEG {
        let words = format!("the scan covers {:.1}°, {LEAST_RANGE_DEG}° needed", high - low);
        verdict.add(Quality::Suspect, ReasonCode::RangeTooNarrow, words);
    }
    let inside = |reflection: &Reflection<'_>| {
        bragg_angle_deg(reflection.d_angstrom, pattern.wavelength_angstrom).is_some_and(|x| x > low && x < high)
    };
    if !reflections.is_empty() && !reflections.iter().any(inside) {
        let words = format!("no reference reflection from {low:.1}° to {high:.1}°");
        verdict.add(Quality::Suspect, ReasonCode::NoReferenceReflection, words);
    }
    verdict.inherit(&pattern.verdict);
    if let Some((value, error)) = thickness {
        result.area_per_nm = Some(result.area / value);
        result.area_err_per_nm = Some((result.area_err / value).hypot(result.area * error / (value * value)));
    } else if thickness_nm.is_some() {
        let words = "the thickness is not a positive number with an uncertainty";
        verdict.add(Quality::Suspect, ReasonCode::ValueOutOfRange, words);
    }
    result.verdict = verdict;
    result
}

/// Where substrate peaks are expected.
struct Substrate {
    /// Position and range (deg), and the largest area of a peak there.
    places: Vec<(f64, f64, f64)>,
}

impl Substrate {
    fn new(pattern: &Pattern, substrate: &[Reflection<'_>], options: &CrystallinityOptions) -> Self {
        let tolerance = options.substrate_tolerance_deg;
        let mut places = Vec::new();
        for reflection in substrate {
            let Some(main) = bragg_angle_deg(reflection.d_angstrom, pattern.wavelength_angstrom) else { continue };
            let parent = pattern
                .lines()
                .filter(|peak| (peak.two_theta_deg - main).abs() < tolerance)
                .max_by(|a, b| a.area.total_cmp(&b.area));
            let inside = main > pattern.range_deg.0 && main < pattern.range_deg.1;
            // The splitting and the foot of a strong peak belong to it.
            places.push((main, tolerance.max(parent.map_or(0.0, |peak| 1.5 * peak.fwhm_deg)), f64::INFINITY));
            let ghost = match parent {
                Some(peak) => LARGEST_GHOST * peak.area,
                None if !inside => f64::INFINITY,
                None => continue,
            };
            for &wavelength in &options.other_wavelengths_angstrom {
                if let Some(place) = bragg_angle_deg(reflection.d_angstrom, wavelength) {
                    // Kα₂ has half the intensity of Kα₁, the others far less.
                    let near = (place - main).abs() < 1.0;
                    places.push((place, tolerance, if near { f64::INFINITY } else { ghost }));
                }
            }
        }
        Self { places }
    }

    fn holds(&self, peak: &Peak) -> bool {
        self.places.iter().any(|&(place, reach, area)| (peak.two_theta_deg - place).abs() < reach && peak.area < area)
    }
}
