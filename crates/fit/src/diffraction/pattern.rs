//! Peaks of a pattern, the search options, and Bragg's law.

use crate::quality::{Quality, Verdict};

/// The second line of the Kα doublet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alpha2 {
    /// Its wavelength (Å).
    pub wavelength_angstrom: f64,
    /// Its intensity over that of Kα₁, 0.5 for an unfiltered tube.
    pub ratio: f64,
}

/// Options of the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeakOptions {
    /// Wavelength of Kα₁, or of the only line (Å).
    pub wavelength_angstrom: f64,
    /// Kα₂; `None` for a monochromatic beam.
    pub alpha2: Option<Alpha2>,
    /// Least prominence over the noise of the smoothed pattern.
    pub min_signal_to_noise: f64,
    /// Least prominence relative to the background: below it a fluctuation of the background is equally likely.
    pub min_share_of_background: f64,
    /// Standard deviation of the Gaussian that smooths the pattern for the search (deg); the fits
    /// use the pattern as measured.
    pub smoothing_sigma_deg: f64,
    /// Width of the running median that is the background (deg).
    pub background_width_deg: f64,
    /// A maximum whose Scherrer length (0.9·λ/(FWHM·cos θ), Å) is shorter is an amorphous halo.
    pub min_coherence_length_angstrom: f64,
}

impl Default for PeakOptions {
    /// Cu Kα₁ alone, signal to noise 6 and 1 % of the background, 0.06° smoothing, 4° background.
    /// The least length is 25 Å: about five unit cells; halos of glasses correspond to 10 Å to 20 Å.
    fn default() -> Self {
        Self {
            wavelength_angstrom: 1.540_598,
            alpha2: None,
            min_signal_to_noise: 6.0,
            min_share_of_background: 0.01,
            smoothing_sigma_deg: 0.06,
            background_width_deg: 4.0,
            min_coherence_length_angstrom: 25.0,
        }
    }
}

/// The kind of a maximum.
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
    /// Peak or halo.
    pub kind: PeakKind,
    /// Position of Kα₁ (deg).
    pub two_theta_deg: f64,
    /// Its standard uncertainty (deg), of the fit alone: without that of the instrument's alignment.
    pub two_theta_err_deg: f64,
    /// Spacing by Bragg's law (Å).
    pub d_angstrom: f64,
    /// Its standard uncertainty (Å): of the fit, of the wavelength, and of the alignment after [`Peak::aligned_to`].
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
    /// The part of `area_err` that all peaks of the pattern share (intensity·deg), where it is not known whether Kα₂ is there.
    pub common_area_err: f64,
    /// Background under the maximum (intensity).
    pub background: f64,
    /// Area divided by the noise under the fitted profile, with known position and shape: the significance of
    /// the peak. Below 4.7 it is not a peak ([`Quality::Failed`]): among a thousand positions, with any
    /// width, noise reaches that in one of some hundred patterns.
    pub significance: f64,
    /// Lorentzian fraction of the profile, 0 to 1.
    pub lorentzian: f64,
    /// Prominence of the smoothed maximum over the counting noise there.
    pub signal_to_noise: f64,
    /// χ² of the fit divided by its degrees of freedom. If it is well above 1, the profile is not the measured one, and
    /// the uncertainties are multiplied by its root.
    pub reduced_chi2: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

impl Peak {
    /// The same peak, its spacing uncertain also by the alignment: `err_deg` is the standard uncertainty of the zero of 2θ and of the height of
    /// the sample (deg).
    #[must_use]
    pub fn aligned_to(mut self, err_deg: f64) -> Self {
        // |∂d/∂2θ| = d/(2 tan θ).
        let by_alignment = self.d_angstrom * 0.5 * err_deg.to_radians() / (0.5 * self.two_theta_deg).to_radians().tan();
        self.d_err_angstrom = self.d_err_angstrom.hypot(by_alignment);
        self
    }

    /// The mean of two descriptions of one peak, `share` that of the other; the uncertainties hold their difference.
    pub(super) fn mixed(mut self, other: &Self, share: f64) -> Self {
        let spread = (share * (1.0 - share)).sqrt();
        let mix = |a: &mut f64, err: &mut f64, b: f64| -> f64 {
            let between = spread * (*a - b).abs();
            *a += share * (b - *a);
            *err = err.hypot(between);
            between
        };
        mix(&mut self.two_theta_deg, &mut self.two_theta_err_deg, other.two_theta_deg);
        mix(&mut self.d_angstrom, &mut self.d_err_angstrom, other.d_angstrom);
        mix(&mut self.fwhm_deg, &mut self.fwhm_err_deg, other.fwhm_deg);
        self.common_area_err = mix(&mut self.area, &mut self.area_err, other.area);
        self.height += share * (other.height - self.height);
        self
    }

    /// Standard uncertainty of the sum of areas.
    pub(super) fn area_err_of_sum<'a>(peaks: impl Iterator<Item = &'a Self>) -> f64 {
        let (own, common) = peaks.fold((0.0, 0.0), |(own, common), peak| {
            (own + (peak.area_err.powi(2) - peak.common_area_err.powi(2)).max(0.0), common + peak.common_area_err)
        });
        own.sqrt().hypot(common)
    }
}

/// The peaks and the noise of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Peaks and halos, by angle.
    pub peaks: Vec<Peak>,
    /// The running median (intensity), in the order of the input.
    pub background: Vec<f64>,
    /// The largest signal-to-noise ratio of a maximum that is not a halo, also if below the limit.
    pub max_signal_to_noise: f64,
    /// The largest below the limit.
    pub max_rejected_signal_to_noise: f64,
    /// The limit used.
    pub min_signal_to_noise: f64,
    /// Number of points used.
    pub n_points: usize,
    /// First and last angle (deg).
    pub range_deg: (f64, f64),
    /// Wavelength used for Bragg's law (Å).
    pub wavelength_angstrom: f64,
    /// Noise between neighbouring points relative to that of counting; `None` below 5 counts per point
    /// (1 if they are not whole numbers).
    /// Above 1.3 the noise is increased by this factor.
    pub noise_ratio: Option<f64>,
    /// Standard uncertainty of the area of a peak 0.3° wide at the median background
    /// (intensity·deg): the detection uncertainty of an absent peak.
    pub blank_area_err: f64,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

impl Pattern {
    /// The reliable peaks, by angle.
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

/// Angle 2θ (deg) at which planes `d_angstrom` apart reflect; `None` if λ > 2d.
#[must_use]
pub fn bragg_angle_deg(d_angstrom: f64, wavelength_angstrom: f64) -> Option<f64> {
    let sine = wavelength_angstrom / (2.0 * d_angstrom);
    (sine > 0.0 && sine <= 1.0).then(|| 2.0 * sine.asin().to_degrees())
}
