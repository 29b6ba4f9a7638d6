//! Thickness and refractive index of a transparent film from ellipsometry.
//!
//! The film lies on native oxide (fused silica) on silicon, or on a substrate with a table of its own, in air. Its
//! index follows Cauchy's formula, n(λ) = A + B/λ² + C/λ⁴ with λ in µm, and it does not absorb. Fitted are
//! N = cos 2ψ, C = sin 2ψ cos Δ and S = sin 2ψ sin Δ, which do not care in which turn Δ is written, with an error of
//! 0.001 each, as J. A. Woollam Co. does; the figure of merit is theirs, too.
//!
//! Source: `psi_delta` and `fit_cauchy` name theirs.
//!
//! Not supported: absorbing films, graded or rough ones, two films. They end in a large `mse`.

mod cauchy;
mod covariance;
mod optical;
mod scan;
mod transfer;

pub use cauchy::fit_cauchy;
pub use optical::{OpticalConstants, SILICON_RANGE_NM, Substrate, silica, silicon};
pub use transfer::psi_delta;

use crate::quality::{Coded, Quality, ReasonCode, Verdict, counted};

/// One ellipsometric reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Wavelength in vacuum (nm), 100 to 1e5.
    pub wavelength_nm: f64,
    /// Angle of incidence (°), 0 to 89.9.
    pub angle_of_incidence_deg: f64,
    /// ψ (°); −90 to 90, since noise carries a small one below zero.
    pub psi_deg: f64,
    /// Δ (°), −360 to 360, in whichever turn.
    pub delta_deg: f64,
}

/// What is fitted; the rest is held at the values of [`CauchyOptions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Free {
    /// Thickness.
    Thickness,
    /// Thickness and A.
    ThicknessAndIndex,
    /// Thickness, A and B.
    #[default]
    ThicknessAB,
    /// Thickness, A, B and C.
    ThicknessABC,
}

impl Free {
    /// The word stored in tables: `thickness`, `thickness_a`, `thickness_a_b` or `thickness_a_b_c`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thickness => "thickness",
            Self::ThicknessAndIndex => "thickness_a",
            Self::ThicknessAB => "thickness_a_b",
            Self::ThicknessABC => "thickness_a_b_c",
        }
    }

    /// Number of parameters.
    fn count(self) -> usize {
        match self {
            Self::Thickness => 1,
            Self::ThicknessAndIndex => 2,
            Self::ThicknessAB => 3,
            Self::ThicknessABC => 4,
        }
    }
}

/// Choices of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct CauchyOptions {
    /// What is fitted.
    pub free: Free,
    /// A, or where its search starts; 1 to 4.
    pub a: f64,
    /// B (µm²), or where its search starts; −0.1 to 0.5.
    pub b_um2: f64,
    /// C (µm⁴), or where its search starts; −0.02 to 0.05.
    pub c_um4: f64,
    /// Thickness of the native oxide (nm), 0 to 1e5; held.
    pub oxide_nm: f64,
    /// Up to which thickness a film is looked for (nm), 1 to 2e4.
    pub thickness_max_nm: f64,
    /// Readings outside these wavelengths (nm) are left out.
    pub wavelength_range_nm: Option<(f64, f64)>,
    /// What lies below the oxide.
    pub substrate: Substrate,
}

impl Default for CauchyOptions {
    fn default() -> Self {
        Self {
            free: Free::default(),
            a: 1.5,
            b_um2: 0.005,
            c_um4: 0.0,
            oxide_nm: 1.5,
            thickness_max_nm: 2000.0,
            wavelength_range_nm: None,
            substrate: Substrate::default(),
        }
    }
}

/// A film of known thickness and index, for [`psi_delta`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Film<'a> {
    /// Thickness (nm), zero for none.
    pub thickness_nm: f64,
    /// A.
    pub a: f64,
    /// B (µm²).
    pub b_um2: f64,
    /// C (µm⁴).
    pub c_um4: f64,
    /// Thickness of the oxide between film and substrate (nm).
    pub oxide_nm: f64,
    /// What lies below the oxide.
    pub substrate: &'a Substrate,
}

/// A film's thickness and index.
#[derive(Clone, Debug, PartialEq)]
pub struct CauchyFit {
    /// What was fitted: less than requested where the readings do not determine it, see `verdict`.
    pub free: Free,
    /// Thickness (nm).
    pub thickness_nm: f64,
    /// Its standard error (nm, k = 1).
    pub thickness_err_nm: f64,
    /// A.
    pub a: f64,
    /// Its standard error; `None` when held.
    pub a_err: Option<f64>,
    /// B (µm²).
    pub b_um2: f64,
    /// Its standard error (µm²); `None` when held.
    pub b_err_um2: Option<f64>,
    /// C (µm⁴).
    pub c_um4: f64,
    /// Its standard error (µm⁴); `None` when held.
    pub c_err_um4: Option<f64>,
    /// Refractive index at 633 nm.
    pub refractive_index_633nm: f64,
    /// Its standard error, from the full covariance; `None` when held.
    pub refractive_index_633nm_err: Option<f64>,
    /// Thickness of the oxide (nm), held.
    pub oxide_nm: f64,
    /// By how much the thickness would come out thicker (nm) were the oxide 0.1 nm thicker, which the standard error
    /// knows nothing of.
    pub thickness_change_per_tenth_nm_oxide_nm: f64,
    /// Woollam's MSE: 1000·√(Σ(ΔN² + ΔC² + ΔS²)/(3n − m)), n readings, m parameters.
    pub mse: f64,
    /// Σ(ΔN² + ΔC² + ΔS²)/0.001².
    pub chi2: f64,
    /// 3n − m.
    pub dof: usize,
    /// Root mean square of measured − fitted ψ (°).
    pub rms_psi_deg: f64,
    /// Root mean square of measured − fitted Δ (°), the short way round.
    pub rms_delta_deg: f64,
    /// Correlation of residuals at neighbouring wavelengths: 0 for noise, near 1 for a misfit.
    pub residual_correlation: f64,
    /// Readings used.
    pub n_points: usize,
    /// Readings left out: outside the range asked for or the substrate's table.
    pub n_left_out: usize,
    /// Shortest wavelength used (nm).
    pub wavelength_min_nm: f64,
    /// Longest wavelength used (nm).
    pub wavelength_max_nm: f64,
    /// Thickness (nm) of another minimum that describes the readings as well by an F test; `None` without.
    pub other_thickness_nm: Option<f64>,
    /// Steps of the search that led here.
    pub iterations: usize,
    /// How far the result can be trusted, and why not further.
    pub verdict: Verdict,
    /// The verdict's quality.
    pub quality: Quality,
    /// The verdict in words.
    pub reason: String,
}

/// Why no film was fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EllipsometryError {
    /// A value of a reading is out of range, infinite or not a number.
    #[error("reading {index}: expected `{column}` from {min}{unit} to {max}{unit}, found `{found}`")]
    Reading {
        /// Position in the input, from 0.
        index: usize,
        /// Which value.
        column: &'static str,
        /// Its unit, with the space before it where there is one.
        unit: &'static str,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
        /// The value.
        found: f64,
    },
    /// An option, or a film's property, is out of range.
    #[error("`{name}`: expected {min} to {max}, found `{found}`")]
    Option {
        /// Which one.
        name: &'static str,
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
        /// The value.
        found: f64,
    },
    /// The wavelength range is empty or not a number.
    #[error("`wavelength_range_nm`: expected two rising wavelengths in nm, found `{min_nm}` and `{max_nm}`")]
    WavelengthRange {
        /// Lower end (nm).
        min_nm: f64,
        /// Upper end (nm).
        max_nm: f64,
    },
    /// Not one reading lies within the range asked for and the substrate's table.
    #[error("none of {} has a wavelength from {min_nm} nm to {max_nm} nm", counted(*readings, "reading", "readings"))]
    OutsideTable {
        /// Readings given.
        readings: usize,
        /// Shortest wavelength that can be used (nm).
        min_nm: f64,
        /// Longest (nm).
        max_nm: f64,
    },
    /// Fewer readings than the parameters need.
    #[error("{} in the range of wavelengths, {left_out} outside it; {needed} needed", counted(*readings, "reading", "readings"))]
    TooFewReadings {
        /// How many can be used.
        readings: usize,
        /// How many were left out.
        left_out: usize,
        /// How many are needed.
        needed: usize,
    },
    /// A substrate's table has fewer than two rows.
    #[error("table of the substrate: {}, 2 needed", counted(*rows, "row", "rows"))]
    SubstrateTooShort {
        /// How many there are.
        rows: usize,
    },
    /// A row of a substrate's table cannot be one.
    #[error(
        "table of the substrate, row {index}: expected a wavelength in nm, n above 0 and k of at least 0, found \
         `{wavelength_nm}`, `{n}` and `{k}`"
    )]
    SubstrateRow {
        /// Position in the table, from 0.
        index: usize,
        /// Wavelength (nm).
        wavelength_nm: f64,
        /// Refractive index.
        n: f64,
        /// Extinction coefficient.
        k: f64,
    },
    /// A wavelength stands twice in a substrate's table.
    #[error("table of the substrate: expected each wavelength once, found `{wavelength_nm}` nm again")]
    SubstrateRepeats {
        /// The wavelength (nm).
        wavelength_nm: f64,
    },
}

impl Coded for EllipsometryError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::Reading { .. } => ReasonCode::ValueOutOfRange,
            Self::Option { .. } | Self::WavelengthRange { .. } => ReasonCode::OptionOutOfRange,
            Self::OutsideTable { .. } | Self::TooFewReadings { .. } => ReasonCode::TooFewPoints,
            Self::SubstrateTooShort { .. } | Self::SubstrateRow { .. } | Self::SubstrateRepeats { .. } => {
                ReasonCode::InvalidReferenceData
            }
        }
    }
}

/// Thicknesses above are not films (nm).
const THICKEST_NM: f64 = 1e5;

fn check(index: usize, reading: &Reading) -> Result<(), EllipsometryError> {
    let values = [
        ("wavelength_nm", " nm", 100.0, 1e5, reading.wavelength_nm),
        ("angle_of_incidence_deg", "°", 0.0, 89.9, reading.angle_of_incidence_deg),
        ("psi_deg", "°", -90.0, 90.0, reading.psi_deg),
        ("delta_deg", "°", -360.0, 360.0, reading.delta_deg),
    ];
    for (column, unit, min, max, found) in values {
        if !(min..=max).contains(&found) {
            return Err(EllipsometryError::Reading { index, column, unit, min, max, found });
        }
    }
    Ok(())
}

fn within(name: &'static str, found: f64, min: f64, max: f64) -> Result<(), EllipsometryError> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(EllipsometryError::Option { name, min, max, found }) }
}
