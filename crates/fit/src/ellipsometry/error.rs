//! Why no film was fitted, and the check of ranges.

use crate::quality::{Coded, ReasonCode, counted};

/// Why no film was fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EllipsometryError {
    /// A value of a reading is out of range, infinite or not a number.
    #[error("reading {index}: expected `{column}` from {min}{unit} to {max}{unit}, found `{found}`")]
    Reading {
        /// Position in the input, from 0.
        index: usize,
        /// Name of the value.
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
        /// Its name.
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
    /// No reading lies within the requested range and the table of the substrate.
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
        /// Number of usable readings.
        readings: usize,
        /// Number of readings left out.
        left_out: usize,
        /// Number needed.
        needed: usize,
    },
    /// A substrate's table has fewer than two rows.
    #[error("table of the substrate: {}, 2 needed", counted(*rows, "row", "rows"))]
    SubstrateTooShort {
        /// Number of rows.
        rows: usize,
    },
    /// A row of a substrate's table is invalid.
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
    /// A wavelength occurs twice in a substrate's table.
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

/// Thicknesses above this are not films (nm).
pub(super) const THICKEST_NM: f64 = 1e5;

pub(super) fn within(name: &'static str, found: f64, min: f64, max: f64) -> Result<(), EllipsometryError> {
    if (min..=max).contains(&found) { Ok(()) } else { Err(EllipsometryError::Option { name, min, max, found }) }
}
