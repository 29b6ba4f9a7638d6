//! Why a curve was not evaluated, and the check of its columns.

use crate::quality::{Coded, ReasonCode, counted};

/// Why a curve was not evaluated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ElectrochemistryError {
    /// The slices differ in length.
    #[error("expected columns of equal length, found {lengths:?}")]
    Lengths {
        /// Their lengths.
        lengths: Vec<usize>,
    },
    /// A value is not finite.
    #[error("point {index}: expected a finite number, found `{value}`")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// Too few points.
    #[error("{}, {needed} needed", counted(*points, "point", "points"))]
    TooFewPoints {
        /// Number given.
        points: usize,
        /// Number needed.
        needed: usize,
    },
    /// No forward and backward scan.
    #[error("no cycle: expected the potential to go up and down, found {}", counted(*sweeps, "sweep", "sweeps"))]
    NoCycle {
        /// Sweeps found.
        sweeps: usize,
    },
    /// No peak exceeds the noise.
    #[error("no peaks: signal to noise of the largest {signal_to_noise:.1}, {needed:.0} needed")]
    NoPeaks {
        /// The largest signal-to-noise ratio.
        signal_to_noise: f64,
        /// The ratio needed.
        needed: f64,
    },
    /// No cycle has both an anodic and a cathodic peak.
    #[error("no pair of peaks: {anodic} anodic and {cathodic} cathodic, never both in one cycle")]
    Unpaired {
        /// Anodic peaks of all cycles.
        anodic: usize,
        /// Cathodic peaks of all cycles.
        cathodic: usize,
    },
    /// No discharge was found.
    #[error("no half cycle of discharge at constant current")]
    NoSteps,
}

impl Coded for ElectrochemistryError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::Lengths { .. } => ReasonCode::LengthsDiffer,
            Self::NotFinite { .. } => ReasonCode::NotANumber,
            Self::TooFewPoints { .. } => ReasonCode::TooFewPoints,
            Self::NoCycle { .. } => ReasonCode::NoCycle,
            Self::NoPeaks { .. } => ReasonCode::SignalTooWeak,
            Self::Unpaired { .. } => ReasonCode::PeaksUnpaired,
            Self::NoSteps => ReasonCode::NoDischarge,
        }
    }
}

/// Checks that columns have equal lengths and contain finite numbers.
pub(super) fn check(columns: &[&[f64]], needed: usize) -> Result<usize, ElectrochemistryError> {
    let points = columns[0].len();
    if columns.iter().any(|column| column.len() != points) {
        return Err(ElectrochemistryError::Lengths { lengths: columns.iter().map(|column| column.len()).collect() });
    }
    for column in columns {
        if let Some((index, value)) = column.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(ElectrochemistryError::NotFinite { index, value: *value });
        }
    }
    if points < needed {
        return Err(ElectrochemistryError::TooFewPoints { points, needed });
    }
    Ok(points)
}
