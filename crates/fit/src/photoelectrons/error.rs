//! Why a region of a photoelectron spectrum was not fitted.

use crate::quality::{Coded, ReasonCode, counted};

/// Why a region was not fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoelectronError {
    /// The numbers of energies and intensities differ.
    #[error("expected as many intensities as energies, found {intensities} and {energies}")]
    LengthsDiffer {
        /// How many energies there are.
        energies: usize,
        /// How many intensities there are.
        intensities: usize,
    },
    /// An energy is not a number, or outside the range of spectra.
    #[error("point {index}: expected a binding energy from -1000 eV to 20000 eV, found `{energy_ev}`")]
    EnergyOutOfRange {
        /// Position in the input, from 0.
        index: usize,
        /// The energy (eV).
        energy_ev: f64,
    },
    /// An intensity is not a number, or outside the range of spectra.
    #[error("point {index}: expected an intensity from -1e15 to 1e15, found `{intensity}`")]
    IntensityOutOfRange {
        /// Position in the input, from 0.
        index: usize,
        /// The intensity (counts, or counts per second).
        intensity: f64,
    },
    /// An option cannot be used.
    #[error("expected {expected}, found `{found}`")]
    OptionOutOfRange {
        /// The option and its allowed values.
        expected: &'static str,
        /// Its value.
        found: f64,
    },
    /// Fewer points in the range than the background and the components need.
    #[error("{} in the range, {needed} needed", counted(*points, "point", "points"))]
    TooFewPoints {
        /// Number given.
        points: usize,
        /// Number needed.
        needed: usize,
    },
    /// There is no signal above the background.
    #[error("no peak: the area above the background between {low_value} and {high_value} is {area:.3}, not positive")]
    NoLine {
        /// Mean of the points at the low-energy end.
        low_value: f64,
        /// Mean of the points at the high-energy end.
        high_value: f64,
        /// Area above the background (intensity × eV).
        area: f64,
    },
    /// A core line too weak to determine an energy.
    #[error("no C 1s line: signal to noise {signal_to_noise:.1}, {needed} needed")]
    LineTooWeak {
        /// Area over its standard uncertainty.
        signal_to_noise: f64,
        /// The least accepted value.
        needed: f64,
    },
    /// No background passes through both ends.
    #[error(
        "no Shirley background between {low_value} and {high_value} after {}",
        counted(*iterations, "iteration", "iterations")
    )]
    BackgroundNotFound {
        /// Mean of the points at the low-energy end.
        low_value: f64,
        /// Mean of the points at the high-energy end.
        high_value: f64,
        /// Number of iterations.
        iterations: usize,
    },
    /// Components that the data do not distinguish.
    #[error(
        "{} cannot be distinguished with {}", counted(*components, "component", "components"),
        counted(*points, "point", "points")
    )]
    NotDetermined {
        /// How many components were requested.
        components: usize,
        /// How many points there are.
        points: usize,
    },
}

impl Coded for PhotoelectronError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::LengthsDiffer { .. } => ReasonCode::LengthsDiffer,
            Self::EnergyOutOfRange { .. } | Self::IntensityOutOfRange { .. } => ReasonCode::ValueOutOfRange,
            Self::OptionOutOfRange { .. } => ReasonCode::OptionOutOfRange,
            Self::TooFewPoints { .. } => ReasonCode::TooFewPoints,
            Self::NoLine { .. } | Self::LineTooWeak { .. } => ReasonCode::SignalTooWeak,
            Self::BackgroundNotFound { .. } => ReasonCode::BackgroundNotFound,
            Self::NotDetermined { .. } => ReasonCode::ComponentsIndistinguishable,
        }
    }
}
