//! The linear Kramers–Kronig test.

use crate::quality::Quality;
use crate::spectrum::{Spectrum, SpectrumError};

/// Which parts of the impedance the model is fitted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FitParts {
    /// Both parts.
    #[default]
    Complex,
    /// The real part; the imaginary part then follows.
    Real,
    /// The imaginary part; the real part then follows.
    Imaginary,
}

/// Whether the model has a capacitor in series, for blocking spectra.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SeriesCapacitor {
    /// With it.
    #[default]
    Included,
    /// Without it.
    Absent,
}

/// Choices of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct LinKkOptions {
    /// µ at or below which the number of RC elements stops growing, 0 to 1.
    pub c: f64,
    /// Most RC elements, at least 1.
    pub max_m: usize,
    /// Parts fitted.
    pub parts: FitParts,
    /// Whether a series capacitor is part of the model.
    pub capacitor: SeriesCapacitor,
}

impl Default for LinKkOptions {
    fn default() -> Self {
        Self { c: 0.85, max_m: 100, parts: FitParts::default(), capacitor: SeriesCapacitor::default() }
    }
}

/// Whether a spectrum obeys the Kramers–Kronig relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Residuals are small and without trend.
    Consistent,
    /// Residuals are large or have a trend.
    Inconsistent,
    /// The spectrum is too short, or the model cannot describe it.
    NotDecidable,
}

impl Verdict {
    /// The word stored in tables: `consistent`, `inconsistent` or `not_decidable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Inconsistent => "inconsistent",
            Self::NotDecidable => "not_decidable",
        }
    }

    /// The verdict as a quality: consistent is good, not decidable suspect, inconsistent failed.
    #[must_use]
    pub fn quality(self) -> Quality {
        match self {
            Self::Consistent => Quality::Good,
            Self::NotDecidable => Quality::Suspect,
            Self::Inconsistent => Quality::Failed,
        }
    }
}

/// Result of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct LinKk {
    /// RC elements used.
    pub m: usize,
    /// 1 − Σ|negative R|/Σ|positive R|.
    pub mu: f64,
    /// Re (Z_measured − Z_model)/|Z_measured|, in the order of the input.
    pub residual_re: Vec<f64>,
    /// Im (Z_measured − Z_model)/|Z_measured|, in the order of the input.
    pub residual_im: Vec<f64>,
    /// √(Σ(re² + im²)/2N) of the residuals.
    pub rms: f64,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in words.
    pub reason: String,
}

/// Why the test was not made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinKkError {
    /// The spectrum itself cannot be used.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// All points have one frequency.
    #[error("expected at least two different frequencies, found only {frequency_hz} Hz")]
    OneFrequency {
        /// The frequency (Hz).
        frequency_hz: f64,
    },
    /// An option is outside its range.
    #[error("option `{name}`: expected {expected}, found `{value}`")]
    OptionOutOfRange {
        /// Field of [`LinKkOptions`].
        name: &'static str,
        /// The range.
        expected: &'static str,
        /// Its value.
        value: f64,
    },
}

/// Tests `spectrum`.
///
/// # Errors
///
/// [`LinKkError`] when the spectrum or the options cannot be used.
pub fn lin_kk(spectrum: Spectrum<'_>, options: &LinKkOptions) -> Result<LinKk, LinKkError> {
    let _ = (spectrum, options);
    Err(LinKkError::OneFrequency { frequency_hz: 0.0 })
}
