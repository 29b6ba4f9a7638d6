//! Why no growth per cycle is given.

use crate::quality::{Coded, ReasonCode, counted};

/// Deviation of a curve from linear growth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Departure {
    /// It is curved over the whole regime.
    Curvature,
    /// It drifts slowly about the line.
    Drift,
    /// Growth ends within the scan.
    GrowthEnds,
}

impl Departure {
    fn words(self) -> &'static str {
        match self {
            Self::Curvature => "the thickness is curved",
            Self::Drift => "the thickness drifts slowly about the line",
            Self::GrowthEnds => "growth ends within the scan",
        }
    }
}

/// Why no growth per cycle, or no cycle for a time, is given.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GrowthError {
    /// Two columns of different lengths.
    #[error("expected columns of equal length, found {x} cycles or times and {thickness} thicknesses")]
    LengthsDiffer {
        /// Cycles or times.
        x: usize,
        /// Thicknesses.
        thickness: usize,
    },
    /// A value is infinite, not a number, or too large to be squared safely.
    #[error("point {index}: expected a number within ±1e12, found `{value}`")]
    NotFinite {
        /// Position in the input, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// Too few points at all.
    #[error("{}, {needed} needed", counted(*points, "point", "points"))]
    TooFewPoints {
        /// Number of points at different cycles.
        points: usize,
        /// Number needed.
        needed: usize,
    },
    /// Too few points after the onset.
    #[error(
        "{} in the linear regime from cycle {from_cycle:.1} on, {needed} needed", counted(*points, "point", "points")
    )]
    TooFewLinearPoints {
        /// Number of points.
        points: usize,
        /// Number needed.
        needed: usize,
        /// Beginning of the linear regime (cycles).
        from_cycle: f64,
    },
    /// The slope is not significantly above zero.
    #[error("no growth: {gpc_angstrom:.4} ± {gpc_err_angstrom:.4} Å/cycle is not significantly above zero")]
    NoGrowth {
        /// The slope (Å/cycle).
        gpc_angstrom: f64,
        /// Its standard error (Å/cycle).
        gpc_err_angstrom: f64,
    },
    /// The regime is not a line.
    #[error(
        "not linear: {}; residuals {residual_std_nm:.4} nm, scatter from point to point {noise_nm:.4} nm, \
         autocorrelation {autocorrelation:.2}", departure.words()
    )]
    NotLinear {
        /// The deviation from a line.
        departure: Departure,
        /// Standard deviation about the line (nm).
        residual_std_nm: f64,
        /// Scatter from one point to the next (nm).
        noise_nm: f64,
        /// Correlation of each residual with the next.
        autocorrelation: f64,
    },
    /// Readings too far apart to time the steps of a cycle.
    #[error("readings every {spacing_s:.1} s, one at least every {needed_s:.1} s needed")]
    TooSparse {
        /// Median time between readings (s).
        spacing_s: f64,
        /// The longest permissible interval (s).
        needed_s: f64,
    },
    /// Growth at two rates.
    #[error(
        "two slopes: {first_gpc_angstrom:.4} ± {first_gpc_err_angstrom:.4} Å/cycle up to cycle {break_cycle:.1}, \
         {second_gpc_angstrom:.4} ± {second_gpc_err_angstrom:.4} Å/cycle afterwards"
    )]
    TwoSlopes {
        /// Cycle at which the two lines meet.
        break_cycle: f64,
        /// Slope before (Å/cycle).
        first_gpc_angstrom: f64,
        /// Its standard error (Å/cycle).
        first_gpc_err_angstrom: f64,
        /// Slope after (Å/cycle).
        second_gpc_angstrom: f64,
        /// Its standard error (Å/cycle).
        second_gpc_err_angstrom: f64,
    },
}

impl GrowthError {
    /// The error of the curve turned upside down, for a `sign` of −1.
    pub(super) fn times(mut self, sign: f64) -> Self {
        match &mut self {
            Self::NoGrowth { gpc_angstrom, .. } => *gpc_angstrom *= sign,
            Self::TwoSlopes { first_gpc_angstrom, second_gpc_angstrom, .. } => {
                *first_gpc_angstrom *= sign;
                *second_gpc_angstrom *= sign;
            }
            _ => {}
        }
        self
    }
}

impl Coded for GrowthError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::LengthsDiffer { .. } => ReasonCode::LengthsDiffer,
            Self::NotFinite { .. } => ReasonCode::NotANumber,
            Self::TooFewPoints { .. } | Self::TooFewLinearPoints { .. } => ReasonCode::TooFewPoints,
            Self::TooSparse { .. } => ReasonCode::SamplingTooCoarse,
            Self::NoGrowth { .. } => ReasonCode::NoGrowth,
            Self::NotLinear { .. } => ReasonCode::NotLinear,
            Self::TwoSlopes { .. } => ReasonCode::TwoSlopes,
        }
    }
}
