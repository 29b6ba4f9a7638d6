//! Readings, a film, the fitted parameters, and the result.

use super::error::EllipsometryError;
use super::optical::Substrate;
use crate::quality::Verdict;

/// One ellipsometric reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Wavelength in vacuum (nm), 100 to 1e5.
    pub wavelength_nm: f64,
    /// Angle of incidence (°), 0 to 89.9.
    pub angle_of_incidence_deg: f64,
    /// ψ (°); −90 to 90, because noise can make a small one negative.
    pub psi_deg: f64,
    /// Δ (°), −360 to 360, with any multiple of 360°.
    pub delta_deg: f64,
}

/// Fitted parameters; the others are held at the values of [`CauchyOptions`].
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
    pub(super) fn count(self) -> usize {
        match self {
            Self::Thickness => 1,
            Self::ThicknessAndIndex => 2,
            Self::ThicknessAB => 3,
            Self::ThicknessABC => 4,
        }
    }
}

/// Options of the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct CauchyOptions {
    /// Fitted parameters.
    pub free: Free,
    /// A, or its start value; 1 to 4.
    pub a: f64,
    /// B (µm²), or its start value; −0.1 to 0.5.
    pub b_um2: f64,
    /// C (µm⁴), or its start value; −0.02 to 0.05.
    pub c_um4: f64,
    /// Thickness of the native oxide (nm), 0 to 1e5; held.
    pub oxide_nm: f64,
    /// Its standard uncertainty (nm).
    pub oxide_err_nm: f64,
    /// Standard uncertainty of the angle of incidence (°), the same for all readings.
    pub angle_err_deg: f64,
    /// Relative standard uncertainty of the substrate's refractive index, the same at all wavelengths.
    pub substrate_index_rel_err: f64,
    /// Largest thickness of the search (nm), 1 to 2e4.
    pub thickness_max_nm: f64,
    /// Readings outside these wavelengths (nm) are left out.
    pub wavelength_range_nm: Option<(f64, f64)>,
    /// The substrate below the oxide.
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
            // Native oxide is 1 nm to 2 nm thick; goniometers and alignment leave a few hundredths of a degree; tables of
            // silicon differ by some thousandths.
            oxide_err_nm: 0.4,
            angle_err_deg: 0.05,
            substrate_index_rel_err: 0.002,
            thickness_max_nm: 2000.0,
            wavelength_range_nm: None,
            substrate: Substrate::default(),
        }
    }
}

/// A film of known thickness and index, for [`psi_delta`](crate::ellipsometry::psi_delta).
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
    /// The substrate below the oxide.
    pub substrate: &'a Substrate,
}

/// A film's thickness and index.
#[derive(Clone, Debug, PartialEq)]
pub struct CauchyFit {
    /// Fitted parameters: fewer than requested if the readings do not determine them, see `verdict`.
    pub free: Free,
    /// Thickness (nm).
    pub thickness_nm: f64,
    /// Its standard uncertainty (nm, k = 1): the four parts that follow, in quadrature.
    pub thickness_err_nm: f64,
    /// The part that follows from the residuals (nm).
    pub thickness_residual_err_nm: f64,
    /// The part that follows from the uncertainty of the oxide (nm).
    pub thickness_oxide_err_nm: f64,
    /// The part that follows from the uncertainty of the angle of incidence (nm).
    pub thickness_angle_err_nm: f64,
    /// The part that follows from the uncertainty of the substrate's index (nm).
    pub thickness_substrate_err_nm: f64,
    /// A.
    pub a: f64,
    /// Its standard uncertainty, from the same parts as that of the thickness; `None` when held.
    pub a_err: Option<f64>,
    /// B (µm²).
    pub b_um2: f64,
    /// Its standard uncertainty (µm²), likewise; `None` when held.
    pub b_err_um2: Option<f64>,
    /// C (µm⁴).
    pub c_um4: f64,
    /// Its standard uncertainty (µm⁴), likewise; `None` when held.
    pub c_err_um4: Option<f64>,
    /// Refractive index at 633 nm.
    pub refractive_index_633nm: f64,
    /// Its standard uncertainty, from the full covariance and the same parts; `None` when held.
    pub refractive_index_633nm_err: Option<f64>,
    /// Thickness of the oxide (nm), held.
    pub oxide_nm: f64,
    /// Change of the thickness (nm) if the oxide were 0.1 nm thicker.
    pub thickness_change_per_tenth_nm_oxide_nm: f64,
    /// Woollam's MSE: 1000·√(Σ(ΔN² + ΔC² + ΔS²)/(3n − m)), n readings, m parameters.
    pub mse: f64,
    /// Σ(ΔN² + ΔC² + ΔS²)/0.001².
    pub chi2: f64,
    /// 3n − m.
    pub dof: usize,
    /// Root mean square of measured − fitted ψ (°).
    pub rms_psi_deg: f64,
    /// Root mean square of measured − fitted Δ (°), modulo 360°.
    pub rms_delta_deg: f64,
    /// Correlation of residuals at neighbouring wavelengths: 0 for noise, near 1 for a misfit.
    pub residual_correlation: f64,
    /// Number of readings used.
    pub n_points: usize,
    /// Number of readings left out: outside the requested range or the table of the substrate.
    pub n_left_out: usize,
    /// Shortest wavelength used (nm).
    pub wavelength_min_nm: f64,
    /// Longest wavelength used (nm).
    pub wavelength_max_nm: f64,
    /// Thickness (nm) of another minimum that describes the readings as well by an F test; `None` if there is none.
    pub other_thickness_nm: Option<f64>,
    /// Iterations of the search.
    pub iterations: usize,
    /// Reliability of the result, and reasons for doubt.
    pub verdict: Verdict,
}

/// Checks the ranges of a reading's values.
pub(super) fn check(index: usize, reading: &Reading) -> Result<(), EllipsometryError> {
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
