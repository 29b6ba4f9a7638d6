//! Peaks of a pattern, how they are searched, and Bragg's law.

use crate::quality::{Quality, Verdict};

/// The second line of the Kα doublet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alpha2 {
    /// Its wavelength (Å).
    pub wavelength_angstrom: f64,
    /// Its intensity over that of Kα₁, 0.5 for an unfiltered tube.
    pub ratio: f64,
}

/// How peaks are searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeakOptions {
    /// Wavelength of Kα₁, or of the only line (Å).
    pub wavelength_angstrom: f64,
    /// Kα₂; `None` for a monochromatic beam.
    pub alpha2: Option<Alpha2>,
    /// Least prominence over the noise of the smoothed pattern.
    pub min_signal_to_noise: f64,
    /// Least prominence over the background: below it a wave of the background is as likely.
    pub min_share_of_background: f64,
    /// Standard deviation of the Gaussian that smooths the pattern for the search (deg); the fits
    /// see the pattern as measured.
    pub smoothing_sigma_deg: f64,
    /// Width of the running median that is the background (deg).
    pub background_width_deg: f64,
    /// A maximum whose Scherrer length (0.9·λ/(FWHM·cos θ), Å) is shorter is an amorphous halo.
    pub min_coherent_length_angstrom: f64,
}

impl Default for PeakOptions {
    /// Cu Kα₁ alone, signal to noise 6 and 1 % of the background, 0.06° smoothing, 4° background.
    /// The least length is 25 Å: about five unit cells; halos of glasses mean 10 Å to 20 Å.
    fn default() -> Self {
        Self {
            wavelength_angstrom: 1.540_598,
            alpha2: None,
            min_signal_to_noise: 6.0,
            min_share_of_background: 0.01,
            smoothing_sigma_deg: 0.06,
            background_width_deg: 4.0,
            min_coherent_length_angstrom: 25.0,
        }
    }
}

/// What a maximum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeakKind {
    /// A peak of a crystal.
    Line,
    /// A maximum too broad for a crystal.
    Halo,
}

impl PeakKind {
    /// The word stored in tables: `line` or `halo`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Halo => "halo",
        }
    }
}

/// A peak, or a halo. Standard uncertainties are k = 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// Line or halo.
    pub kind: PeakKind,
    /// Position of Kα₁ (deg).
    pub two_theta_deg: f64,
    /// Its standard uncertainty (deg), of the fit alone: no alignment of the instrument in it.
    pub two_theta_err_deg: f64,
    /// Spacing by Bragg's law (Å).
    pub d_angstrom: f64,
    /// Its standard uncertainty (Å).
    pub d_err_angstrom: f64,
    /// Full width at half maximum of Kα₁, instrument included (deg).
    pub fwhm_deg: f64,
    /// Its standard uncertainty (deg).
    pub fwhm_err_deg: f64,
    /// Height of Kα₁ above the background (intensity).
    pub height: f64,
    /// Integrated area of Kα₁ (intensity·deg).
    pub area: f64,
    /// Its standard uncertainty (intensity·deg).
    pub area_err: f64,
    /// Background under the maximum (intensity).
    pub background: f64,
    /// Area over the noise under the fitted profile, place and shape taken as known: how sure it is that
    /// there is a peak at all. Below 4.7 it is none ([`Quality::Failed`]): among a thousand places, with any
    /// width, noise reaches that in one of some hundred patterns.
    pub significance: f64,
    /// Lorentzian share of the profile, 0 to 1.
    pub lorentzian: f64,
    /// Prominence of the smoothed maximum over the counting noise there.
    pub signal_to_noise: f64,
    /// χ² of the fit over its degrees of freedom. Well above 1 the profile is not the measured one, and
    /// the uncertainties are multiplied with its root.
    pub reduced_chi2: f64,
    /// How far the result can be trusted, and why not further.
    pub verdict: Verdict,
}

/// What a pattern shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Peaks and halos, by angle.
    pub peaks: Vec<Peak>,
    /// The running median (intensity), in the order of the input.
    pub background: Vec<f64>,
    /// The largest signal to noise of a maximum that is no halo, also when below the limit.
    pub max_signal_to_noise: f64,
    /// The largest below the limit.
    pub max_rejected_signal_to_noise: f64,
    /// The limit in use.
    pub min_signal_to_noise: f64,
    /// Points used.
    pub n_points: usize,
    /// First and last angle (deg).
    pub range_deg: (f64, f64),
    /// Wavelength used for Bragg's law (Å).
    pub wavelength_angstrom: f64,
    /// Noise between neighbouring points over that of counting; `None` below 5 counts a point
    /// (1 where they are no whole numbers).
    /// Above 1.3 the noise is taken as so much larger.
    pub noise_ratio: Option<f64>,
    /// Standard uncertainty of the area of a peak 0.3° wide at the median background
    /// (intensity·deg): how well a peak's absence is known.
    pub blank_area_err: f64,
    /// How far the result can be trusted, and why not further.
    pub verdict: Verdict,
}

impl Pattern {
    /// The peaks that can be trusted, by angle.
    pub fn lines(&self) -> impl Iterator<Item = &Peak> {
        self.peaks.iter().filter(|peak| peak.kind == PeakKind::Line && peak.verdict.quality != Quality::Failed)
    }
}

/// Spacing (Å) of planes that reflect at `two_theta_deg`: λ/(2 sin θ).
///
/// ```
/// # use aldb_fit::diffraction::bragg_spacing_angstrom;
/// assert!((bragg_spacing_angstrom(28.4423, 1.540598) - 3.1356).abs() < 1e-4); // Si 111
/// ```
#[must_use]
pub fn bragg_spacing_angstrom(two_theta_deg: f64, wavelength_angstrom: f64) -> f64 {
    wavelength_angstrom / (2.0 * (0.5 * two_theta_deg).to_radians().sin())
}

/// Angle 2θ (deg) at which planes `d_angstrom` apart reflect; `None` where λ > 2d.
#[must_use]
pub fn bragg_angle_deg(d_angstrom: f64, wavelength_angstrom: f64) -> Option<f64> {
    let sine = wavelength_angstrom / (2.0 * d_angstrom);
    (sine > 0.0 && sine <= 1.0).then(|| 2.0 * sine.asin().to_degrees())
}
