//! Photoelectron regions: Shirley background, GL components, charge reference, quantification.
//!
//! Components are products of a Gaussian and a Lorentzian, as CasaXPS defines GL(30); all components of a region share one
//! width. The background is Shirley's, iterated, and is subtracted before the fit; how well its ends are known is part of
//! the areas' errors.
//!
//! Source: D. A. Shirley, Phys. Rev. B 5, 4709 (1972); A. Proctor, P. M. A. Sherwood, Anal. Chem. 54, 13 (1982) for the
//! iteration; N. Fairley, CasaXPS Manual 2.3.15, for GL(m); J. H. Scofield, J. Electron Spectrosc. Relat. Phenom. 8, 129
//! (1976) for cross sections.

mod components;
mod quantify;
mod shirley;

pub use components::{Component, Position, RegionFit, RegionOptions, Weighting, fit_region};
pub use quantify::{AtomicContent, LineArea, quantify, relative_sensitivity};
pub use shirley::{Background, shirley};

/// Binding energy of adventitious carbon's C 1s (eV), by which the energy scale is referenced by default.
pub const ADVENTITIOUS_CARBON_EV: f64 = 284.6;

/// Why a region was not evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoelectronError {
    /// The slices differ in length.
    #[error("expected as many intensities as energies, found {intensities} and {energies}")]
    Lengths {
        /// Energies.
        energies: usize,
        /// Intensities.
        intensities: usize,
    },
    /// A value is not finite.
    #[error("point {index}: expected finite numbers, found energy `{energy_ev}` eV and intensity `{intensity}`")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The energy (eV).
        energy_ev: f64,
        /// The intensity.
        intensity: f64,
    },
    /// Too few points.
    #[error("{points} points in the region, {needed} needed")]
    TooFewPoints {
        /// How many there are.
        points: usize,
        /// How many are needed.
        needed: usize,
    },
    /// No components were asked for, or too many.
    #[error("expected 1 to 6 components, found {components}")]
    Components {
        /// How many.
        components: usize,
    },
    /// Nothing stands out of the background.
    #[error("no line: the area over the background is {signal_to_noise:.1} times its noise, 5 needed")]
    NoLine {
        /// Area over its noise.
        signal_to_noise: f64,
    },
}

/// Points by rising energy.
fn sorted(energy_ev: &[f64], intensity: &[f64], needed: usize) -> Result<(Vec<f64>, Vec<f64>), PhotoelectronError> {
    if energy_ev.len() != intensity.len() {
        return Err(PhotoelectronError::Lengths { energies: energy_ev.len(), intensities: intensity.len() });
    }
    for (index, (energy, intensity)) in energy_ev.iter().zip(intensity).enumerate() {
        if !energy.is_finite() || !intensity.is_finite() {
            return Err(PhotoelectronError::NotFinite { index, energy_ev: *energy, intensity: *intensity });
        }
    }
    if energy_ev.len() < needed {
        return Err(PhotoelectronError::TooFewPoints { points: energy_ev.len(), needed });
    }
    let mut points: Vec<(f64, f64)> = energy_ev.iter().copied().zip(intensity.iter().copied()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(points.into_iter().unzip())
}
