//! An impedance spectrum: the input of kernels, and the order in which they process it.

use num_complex::Complex64;

use crate::quality::{Coded, ReasonCode};

/// A measured spectrum, Z = re + j·im; im < 0 for a capacitive response.
///
/// The three slices have equal lengths; the order of points does not matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spectrum<'a> {
    /// Frequency (Hz), positive.
    pub frequency_hz: &'a [f64],
    /// Real part of the impedance (Ohm).
    pub z_re_ohm: &'a [f64],
    /// Imaginary part of the impedance (Ohm).
    pub z_im_ohm: &'a [f64],
}

/// Why a spectrum cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SpectrumError {
    /// The three columns have different lengths.
    #[error("expected columns of equal length, found {frequency} frequencies, {re} real and {im} imaginary parts")]
    LengthsDiffer {
        /// Number of frequencies.
        frequency: usize,
        /// Number of real parts.
        re: usize,
        /// Number of imaginary parts.
        im: usize,
    },
    /// Fewer points than the kernel needs.
    #[error("expected at least {needed} points, found {points}")]
    TooFewPoints {
        /// Number of points given.
        points: usize,
        /// Number of points needed.
        needed: usize,
    },
    /// A frequency is zero, negative, not a number, or beyond what any instrument measures.
    #[error("point {index}: expected a frequency from 1e-9 Hz to 1e15 Hz, found `{frequency_hz}`")]
    FrequencyOutOfRange {
        /// Position in the input, from 0.
        index: usize,
        /// The frequency (Hz).
        frequency_hz: f64,
    },
    /// A part of the impedance is infinite or not a number.
    #[error("point {index}: expected a finite impedance, found `{re_ohm}` Ω and `{im_ohm}` Ω")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// Real part (Ohm).
        re_ohm: f64,
        /// Imaginary part (Ohm).
        im_ohm: f64,
    },
    /// The impedance is zero, or too small or large to be one.
    #[error("point {index}: expected a modulus from 1e-12 Ω to 1e18 Ω, found `{modulus_ohm}`")]
    ModulusOutOfRange {
        /// Position in the input, from 0.
        index: usize,
        /// |Z| (Ohm).
        modulus_ohm: f64,
    },
}

impl Coded for SpectrumError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::LengthsDiffer { .. } => ReasonCode::LengthsDiffer,
            Self::TooFewPoints { .. } => ReasonCode::TooFewPoints,
            Self::NotFinite { .. } => ReasonCode::NotANumber,
            Self::FrequencyOutOfRange { .. } | Self::ModulusOutOfRange { .. } => ReasonCode::ValueOutOfRange,
        }
    }
}

/// A checked spectrum in the kernels' own order: descending frequency, then real, then imaginary part.
#[derive(Clone, Debug)]
pub(crate) struct Sorted {
    pub(crate) frequency_hz: Vec<f64>,
    pub(crate) z: Vec<Complex64>,
    /// Position of each sorted point in the input.
    pub(crate) origin: Vec<usize>,
}

impl Sorted {
    pub(crate) fn new(spectrum: Spectrum<'_>) -> Result<Self, SpectrumError> {
        let Spectrum { frequency_hz, z_re_ohm, z_im_ohm } = spectrum;
        let n = frequency_hz.len();
        if z_re_ohm.len() != n || z_im_ohm.len() != n {
            return Err(SpectrumError::LengthsDiffer { frequency: n, re: z_re_ohm.len(), im: z_im_ohm.len() });
        }
        for index in 0..n {
            let (f, re, im) = (frequency_hz[index], z_re_ohm[index], z_im_ohm[index]);
            if !(1e-9..=1e15).contains(&f) {
                return Err(SpectrumError::FrequencyOutOfRange { index, frequency_hz: f });
            }
            if !re.is_finite() || !im.is_finite() {
                return Err(SpectrumError::NotFinite { index, re_ohm: re, im_ohm: im });
            }
            let modulus_ohm = re.hypot(im);
            if !(1e-12..=1e18).contains(&modulus_ohm) {
                return Err(SpectrumError::ModulusOutOfRange { index, modulus_ohm });
            }
        }
        let mut origin: Vec<usize> = (0..n).collect();
        origin.sort_by(|&a, &b| {
            frequency_hz[b]
                .total_cmp(&frequency_hz[a])
                .then(z_re_ohm[a].total_cmp(&z_re_ohm[b]))
                .then(z_im_ohm[a].total_cmp(&z_im_ohm[b]))
        });
        Ok(Self {
            frequency_hz: origin.iter().map(|&k| frequency_hz[k]).collect(),
            z: origin.iter().map(|&k| Complex64::new(z_re_ohm[k], z_im_ohm[k])).collect(),
            origin,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.z.len()
    }

    /// Distances in ln f of each point from the one before, for the real parts and then for the imaginary parts; infinite
    /// at the beginning of both.
    pub(crate) fn gaps(&self) -> Vec<f64> {
        let steps = self.frequency_hz.windows(2).map(|pair| (pair[0] / pair[1]).ln());
        let part: Vec<f64> = std::iter::once(f64::INFINITY).chain(steps).collect();
        [part.as_slice(), &part].concat()
    }

    /// `sorted` restored to the order of the input.
    pub(crate) fn restore_order(&self, sorted: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; sorted.len()];
        for (&k, &value) in self.origin.iter().zip(sorted) {
            values[k] = value;
        }
        values
    }
}
