//! Peaks of a powder or thin-film diffraction pattern, and the crystallinity of the film.
//!
//! A peak is a maximum that exceeds counting noise, however strong the strongest peak of the pattern is: a peak of
//! thirty counts of the film is found next to one of a hundred thousand counts of the substrate. Maxima of the smoothed
//! pattern are kept by prominence over Poisson noise; each, or each overlapping group, is then fitted with pseudo-Voigt
//! profiles (Kα₂ as a second line at the Bragg position of its wavelength) over a straight background by Poisson
//! likelihood. A maximum as broad as an amorphous halo is distinguished from a peak by the coherence length that its
//! width would imply.
//!
//! Source: W. H. Bragg, W. L. Bragg, Proc. R. Soc. A 88 (1913) 428; P. Scherrer, Nachr. Ges. Wiss.
//! Göttingen (1918) 98; G. K. Wertheim et al., Rev. Sci. Instrum. 45 (1974) 1369 (pseudo-Voigt);
//! N. Gehrels, Astrophys. J. 303 (1986) 336 (noise of few counts).

mod background;
mod crystallinity;
mod maxima;
mod pattern;
mod phases;
mod profile;
mod radiation;

pub use crystallinity::{Crystallinity, CrystallinityOptions, SILICON_001, Structure, judge_crystallinity};
pub use pattern::{Alpha2, Pattern, Peak, PeakKind, PeakOptions, bragg_angle_deg, bragg_spacing_angstrom};
pub use phases::{PhaseScore, Reflection, match_phases};
pub use radiation::{Radiation, Second, Stated};

use crate::noise::median;
use crate::quality::{Coded, Quality, ReasonCode, Verdict, counted};
use background::{Counts, are_whole, noise_ratio, running_median, smooth};

/// Why a pattern was not evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DiffractionError {
    /// The numbers of angles and intensities differ.
    #[error("expected columns of equal length, found {angles} angles and {intensities} intensities")]
    LengthsDiffer {
        /// Angles.
        angles: usize,
        /// Intensities.
        intensities: usize,
    },
    /// Too few points.
    #[error("{}, {NEEDED} needed", counted(*points, "point", "points"))]
    TooFewPoints {
        /// Number given.
        points: usize,
    },
    /// An angle is not between 0 and 180°.
    #[error("point {index}: expected an angle 2θ from 0° to 180°, found `{two_theta_deg}`")]
    AngleOutOfRange {
        /// Position in the input, from 0.
        index: usize,
        /// The angle (deg).
        two_theta_deg: f64,
    },
    /// An intensity is negative, infinite or not a number.
    #[error("point {index}: expected zero or a positive intensity, found `{intensity}`")]
    IntensityNotPositive {
        /// Position in the input, from 0.
        index: usize,
        /// The intensity.
        intensity: f64,
    },
    /// All points have one angle.
    #[error("all points are at {two_theta_deg}°")]
    NoRange {
        /// The angle (deg).
        two_theta_deg: f64,
    },
    /// An option is invalid.
    #[error("expected a positive `{name}`, found `{value}`")]
    OptionNotPositive {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
}

impl Coded for DiffractionError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::LengthsDiffer { .. } => ReasonCode::LengthsDiffer,
            Self::TooFewPoints { .. } => ReasonCode::TooFewPoints,
            Self::AngleOutOfRange { .. } | Self::IntensityNotPositive { .. } => ReasonCode::ValueOutOfRange,
            Self::NoRange { .. } => ReasonCode::RangeTooNarrow,
            Self::OptionNotPositive { .. } => ReasonCode::OptionOutOfRange,
        }
    }
}

/// Least number of points for a background.
const NEEDED: usize = 20;
/// Noise above that of counting which is taken into account, and reported.
const EXCESS_NOISE: f64 = 1.3;
/// Noise below that of counting, at which the intensities cannot be counts.
const MISSING_NOISE: f64 = 0.7;
/// The assumed width of a peak for detection limits (deg): a film of 30 nm grains.
const BLANK_FWHM_DEG: f64 = 0.3;

/// Finds and fits the peaks of a pattern.
///
/// `counts_per_intensity` converts intensities to counts: 1 for counts, seconds per point for counts per
/// second. The search: background b, the median over 4°; g, the pattern smoothed by a Gaussian of 0.06°;
/// a maximum of g is kept when its prominence is 6 times the noise of g at its foot (Poisson, with Gehrels'
/// 1 + √(N + 3/4) for N counts under the smoothing) and 1 % of b. A maximum at the position and below the height of
/// a stronger peak's Kα₂ is taken as Kα₂. Maxima are fitted by maximum likelihood for Poisson counts; the Lorentzian
/// fraction has a prior of 0.5 ± 0.29, the spread of a uniform one, which determines it for weak peaks.
///
/// # Errors
///
/// [`DiffractionError`] below 20 points or for an invalid value.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::diffraction::{find_peaks, DiffractionError, PeakOptions};
/// let two_theta: Vec<f64> = (0..500).map(|k| 25.0 + 0.02 * f64::from(k)).collect();
/// let counts: Vec<f64> = two_theta.iter().map(|x| (100.0 + 900.0 * (-40.0 * (x - 28.443).powi(2)).exp()).round()).collect();
/// let pattern = find_peaks(&two_theta, &counts, 1.0, &PeakOptions::default())?;
/// assert_eq!(pattern.peaks.len(), 1);
/// assert!((pattern.peaks[0].d_angstrom - 3.1356).abs() < 1e-3);
/// # Ok::<(), DiffractionError>(())
/// ```
pub fn find_peaks(
    two_theta_deg: &[f64],
    intensity: &[f64],
    counts_per_intensity: f64,
    options: &PeakOptions,
) -> Result<Pattern, DiffractionError> {
    check(two_theta_deg, intensity, counts_per_intensity, options)?;
    let per = vec![counts_per_intensity; two_theta_deg.len()];
    let scan = Scan::of(two_theta_deg, intensity, &per)?;
    Ok(scan.pattern(options, options))
}

/// Finds and fits the peaks of a pattern whose radiation is known only as far as its file states it.
///
/// `counts_per_intensity` is that of each point: the noise follows where the counting time or the attenuation differs between points. Whether
/// Kα₂ is there is judged by the strongest peaks whose doublet is wide enough: how much better they are described with it. Where the
/// file leaves it open, both descriptions are weighted by that; peaks that do not decide get the mean of both with an uncertainty that
/// holds the difference. Where the peaks contradict the file, they are believed, and the pattern is suspect.
///
/// # Errors
///
/// [`DiffractionError`] below 20 points or for an invalid value.
pub fn find_reflections(
    two_theta_deg: &[f64],
    intensity: &[f64],
    counts_per_intensity: &[f64],
    radiation: &Radiation,
    options: &PeakOptions,
) -> Result<Pattern, DiffractionError> {
    let options = PeakOptions { wavelength_angstrom: radiation.wavelength_angstrom, alpha2: None, ..*options };
    let usual = median(counts_per_intensity).unwrap_or(1.0);
    check(two_theta_deg, intensity, usual, &options)?;
    if let Some(value) = counts_per_intensity.iter().copied().find(|value| !(value.is_finite() && *value > 0.0)) {
        return Err(DiffractionError::OptionNotPositive { name: "counts_per_intensity", value });
    }
    let scan = Scan::of(two_theta_deg, intensity, counts_per_intensity)?;
    let line = radiation.second.tested();
    let double = PeakOptions { alpha2: line, ..options };
    let evidence = if line.is_some() { scan.evidence_of_second(&double) } else { 0.0 };
    let (share, contradiction) = match radiation.second {
        Second::Absent => (0.0, None),
        Second::Possible(_) => (1.0 / (1.0 + (-0.5 * evidence).exp()), None),
        Second::Stated(_) if evidence < -DECISIVE => (0.0, Some("states Kα2, the peaks have none")),
        Second::Stated(_) => (1.0, None),
        Second::Denied(_) if evidence > DECISIVE => (1.0, Some("states no Kα2, the peaks have it")),
        Second::Denied(_) => (0.0, None),
    };
    let mut pattern = if share < CERTAIN {
        scan.pattern(&options, &options)
    } else if share > 1.0 - CERTAIN {
        scan.pattern(&double, &double)
    } else {
        // The same maxima, with and without.
        let (mut with, without) = (scan.pattern(&double, &double), scan.pattern(&double, &options));
        if with.peaks.len() == without.peaks.len() {
            let both = with.peaks.into_iter().zip(&without.peaks);
            with.peaks = both.map(|(peak, other)| peak.mixed(other, 1.0 - share)).collect();
            with.verdict.note(format!("Kα2 is neither stated nor decided by the peaks: {:.0} % likely", 100.0 * share));
        }
        with
    };
    let mut doubts: Vec<(ReasonCode, String)> = Vec::new();
    if pattern.lines().next().is_some() {
        doubts.extend(radiation.doubt.clone());
        doubts.extend(contradiction.map(|words| {
            let words = format!("the file {words}: χ² differs by {:.0}", evidence.abs());
            (ReasonCode::WavelengthContradicted, words)
        }));
    }
    for peak in &mut pattern.peaks {
        let relative = radiation.wavelength_err_angstrom / radiation.wavelength_angstrom;
        peak.d_err_angstrom = peak.d_err_angstrom.hypot(peak.d_angstrom * relative);
        for (code, words) in &doubts {
            peak.verdict.add(Quality::Suspect, *code, words.clone());
        }
    }
    for (code, words) in doubts {
        pattern.verdict.add(Quality::Suspect, code, words);
    }
    pattern.verdict.note(format!("wavelength {} Å: {}", radiation.wavelength_angstrom, radiation.source));
    Ok(pattern)
}

/// Difference of χ² at which peaks are believed against what a file states.
const DECISIVE: f64 = 25.0;
/// Probability below which a description of the peaks is not considered.
const CERTAIN: f64 = 0.01;

/// A pattern by angle, in counts, with its background.
struct Scan {
    counts: Counts,
    /// Position of each point in the input.
    order: Vec<usize>,
    /// Counts per intensity.
    per: f64,
}

impl Scan {
    fn of(two_theta_deg: &[f64], intensity: &[f64], per: &[f64]) -> Result<Self, DiffractionError> {
        let mut order: Vec<usize> = (0..two_theta_deg.len()).collect();
        order.sort_by(|&a, &b| {
            two_theta_deg[a].total_cmp(&two_theta_deg[b]).then(intensity[a].total_cmp(&intensity[b]))
        });
        let usual = median(per).unwrap_or(1.0);
        let counts = Counts {
            x: order.iter().map(|&k| two_theta_deg[k]).collect(),
            // Zeros of either sign sort separately but are equal.
            y: order.iter().map(|&k| (intensity[k] * usual).abs()).collect(),
            v: order.iter().map(|&k| usual / per.get(k).copied().unwrap_or(usual)).collect(),
        };
        let (first, last) = (counts.x[0], counts.x[counts.x.len() - 1]);
        if first >= last {
            return Err(DiffractionError::NoRange { two_theta_deg: first });
        }
        Ok(Self { counts, order, per: usual })
    }

    fn evidence_of_second(&self, options: &PeakOptions) -> f64 {
        let (_, smoothed, _, found) = self.search(options);
        profile::evidence_of_second(&self.counts, &smoothed.value, &found.candidates, options)
    }

    /// Background, smoothed pattern, noise over that of counting, maxima.
    fn search(&self, options: &PeakOptions) -> (Vec<f64>, background::Smoothed, Option<f64>, maxima::Found) {
        let median = running_median(&self.counts, 0.5 * options.background_width_deg);
        let smoothed = smooth(&self.counts, options.smoothing_sigma_deg);
        let ratio = noise_ratio(&self.counts);
        let excess = ratio.filter(|&ratio| ratio > EXCESS_NOISE).unwrap_or(1.0);
        let found = maxima::find(&self.counts, &median, &smoothed, excess, options);
        (median, smoothed, ratio, found)
    }

    /// Maxima are searched and fitted with options that may differ in Kα₂.
    fn pattern(&self, search: &PeakOptions, options: &PeakOptions) -> Pattern {
        let Self { counts, order, per } = self;
        let (median, smoothed, ratio, found) = self.search(search);
        let excess = ratio.filter(|&ratio| ratio > EXCESS_NOISE).unwrap_or(1.0);
        let peaks = profile::fit_all(counts, &smoothed.value, &found.candidates, *per, options);
        let mut background = vec![0.0; order.len()];
        for (&k, &value) in order.iter().zip(&median) {
            background[k] = value / per;
        }
        let mut levels = median;
        levels.sort_by(f64::total_cmp);
        let level = levels[levels.len() / 2];
        let (first, last) = (counts.x[0], counts.x[counts.x.len() - 1]);
        let step_deg = (last - first) / (counts.x.len() - 1) as f64;
        let mut pattern = Pattern {
            peaks,
            background,
            max_signal_to_noise: 0.0,
            max_rejected_signal_to_noise: found.max_rejected_signal_to_noise,
            min_signal_to_noise: options.min_signal_to_noise,
            n_points: counts.x.len(),
            range_deg: (first, last),
            wavelength_angstrom: options.wavelength_angstrom,
            noise_ratio: ratio,
            blank_area_err: blank_area_err(level, step_deg) * excess / per,
            verdict: Verdict::default(),
        };
        let of_lines = pattern.peaks.iter().filter(|peak| peak.kind == PeakKind::Line).map(|peak| peak.signal_to_noise);
        pattern.max_signal_to_noise = of_lines.fold(found.max_rejected_signal_to_noise, f64::max);
        pattern.verdict = judge(&pattern, step_deg, are_whole(counts));
        pattern
    }
}

fn check(two_theta: &[f64], intensity: &[f64], per: f64, options: &PeakOptions) -> Result<(), DiffractionError> {
    let (angles, intensities) = (two_theta.len(), intensity.len());
    if angles != intensities {
        return Err(DiffractionError::LengthsDiffer { angles, intensities });
    }
    let alpha2 = options.alpha2.unwrap_or(Alpha2 { wavelength_angstrom: 1.0, ratio: 1.0 });
    let positive = [
        ("counts_per_intensity", per),
        ("wavelength_angstrom", options.wavelength_angstrom),
        ("min_signal_to_noise", options.min_signal_to_noise),
        ("min_share_of_background", options.min_share_of_background),
        ("smoothing_sigma_deg", options.smoothing_sigma_deg),
        ("background_width_deg", options.background_width_deg),
        ("min_coherence_length_angstrom", options.min_coherence_length_angstrom),
        ("alpha2.wavelength_angstrom", alpha2.wavelength_angstrom),
        ("alpha2.ratio", alpha2.ratio),
    ];
    for (name, value) in positive {
        if !(value.is_finite() && value > 0.0) {
            return Err(DiffractionError::OptionNotPositive { name, value });
        }
    }
    for (index, (&two_theta_deg, &intensity)) in two_theta.iter().zip(intensity).enumerate() {
        if !(0.0..180.0).contains(&two_theta_deg) {
            return Err(DiffractionError::AngleOutOfRange { index, two_theta_deg });
        }
        if !((intensity * per).is_finite() && intensity >= 0.0) {
            return Err(DiffractionError::IntensityNotPositive { index, intensity });
        }
    }
    if angles < NEEDED {
        return Err(DiffractionError::TooFewPoints { points: angles });
    }
    Ok(())
}

/// Least error of the area (counts·deg) of a Gaussian peak at a known position over `level` counts:
/// var = level·step/∫G², G of unit area.
fn blank_area_err(level: f64, step_deg: f64) -> f64 {
    let sigma = BLANK_FWHM_DEG / (8.0 * std::f64::consts::LN_2).sqrt();
    // Below one count under the peak, only its own noise remains.
    let counts = level.max(step_deg / BLANK_FWHM_DEG);
    (counts * step_deg * 2.0 * std::f64::consts::PI.sqrt() * sigma).sqrt()
}

fn judge(pattern: &Pattern, step_deg: f64, whole: bool) -> Verdict {
    let halos = pattern.peaks.iter().filter(|peak| peak.kind == PeakKind::Halo).count();
    let mut verdict = Verdict::good(format!(
        "{} and {}, largest signal to noise {:.1}, limit {}",
        counted(pattern.lines().count(), "peak", "peaks"),
        counted(halos, "halo", "halos"),
        pattern.max_signal_to_noise,
        pattern.min_signal_to_noise
    ));
    let mut doubt = |code, words| verdict.add(Quality::Suspect, code, words);
    match pattern.noise_ratio {
        Some(ratio) if ratio > EXCESS_NOISE => {
            let words = format!("noise {ratio:.2} times that of counting, taken into account");
            doubt(ReasonCode::NoiseNotPoisson, words);
        }
        Some(ratio) if ratio < MISSING_NOISE => {
            let words = format!("noise {ratio:.2} times that of counting: smoothed, or not in the counts stated");
            doubt(ReasonCode::NoiseNotPoisson, words);
        }
        None if !whole => {
            let words = "intensities are not counts: they are small and not whole numbers".to_owned();
            doubt(ReasonCode::NoiseNotPoisson, words);
        }
        _ => {}
    }
    if step_deg > 0.1 {
        let words = format!("steps of {step_deg:.2}°, at most 0.1° resolve a peak");
        doubt(ReasonCode::SamplingTooCoarse, words);
    }
    if pattern.background.iter().all(|&value| value == 0.0) && pattern.peaks.is_empty() {
        doubt(ReasonCode::SignalTooWeak, "less than one count at most points".to_owned());
    }
    verdict
}
