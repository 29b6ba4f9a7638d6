//! Composition from areas.
//!
//! N = A / (s · T · E_k^p): area over relative sensitivity, transmission and a power of the kinetic energy;
//! the fractions of the sum are atomic percent.
//!
//! Source: M. P. Seah, in Practical Surface Analysis, 2nd ed., vol. 1 (1990), ch. 5; ISO 18118.

use crate::quality::{Coded, ReasonCode, counted};

/// An area that represents an element.
#[derive(Clone, Debug, PartialEq)]
pub struct ElementArea<'a> {
    /// Its core line, such as `O 1s`; only a name in this kernel.
    pub line: &'a str,
    /// Area (intensity × eV), zero or positive, all of one intensity unit.
    pub area: f64,
    /// Its standard uncertainty (k = 1), zero or positive.
    pub area_err: f64,
    /// Relative sensitivity factor, from [`relative_sensitivity`] or determined by the laboratory.
    pub sensitivity: f64,
    /// The analyser's transmission at this line; 1 if the file has none.
    pub transmission: Option<f64>,
    /// Kinetic energy of the line (eV) and the power of it that the area is divided by: for the
    /// attenuation length about 0.75, minus the analyser's where no transmission is given.
    pub kinetic_energy_power: Option<(f64, f64)>,
}

/// Fraction of all detected atoms.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomicPercent {
    /// Its core line.
    pub name: String,
    /// Fraction (%).
    pub atomic_percent: f64,
    /// Its standard uncertainty (%, k = 1), from those of the areas alone.
    pub atomic_percent_err: f64,
}

/// Why no composition was calculated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QuantificationError {
    /// An area is negative, infinite or not a number.
    #[error("`{line}`: expected an area and an uncertainty of zero or more, found `{area}` and `{area_err}`")]
    AreaNegative {
        /// The core line.
        line: String,
        /// The area.
        area: f64,
        /// Its uncertainty.
        area_err: f64,
    },
    /// A factor that divides the area is not a positive number.
    #[error("`{line}`: expected positive sensitivity, transmission and kinetic energy, found a product of `{factor}`")]
    FactorNotPositive {
        /// The core line.
        line: String,
        /// The product of all factors.
        factor: f64,
    },
    /// No area is above zero.
    #[error("expected an area above zero, found none in {}", counted(*lines, "line", "lines"))]
    NothingMeasured {
        /// Number of core lines.
        lines: usize,
    },
}

impl Coded for QuantificationError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::AreaNegative { .. } | Self::FactorNotPositive { .. } => ReasonCode::ValueOutOfRange,
            Self::NothingMeasured { .. } => ReasonCode::SignalTooWeak,
        }
    }
}

/// Atomic percent of each line's element; areas' errors are independent of each other.
///
/// # Errors
///
/// [`QuantificationError`] for a negative area, a factor that is not positive, or no area at all.
///
/// # Source
///
/// See the documentation of this module.
///
/// # Example
///
/// ```
/// # use aldb_fit::photoelectrons::{quantify, relative_sensitivity, ElementArea, QuantificationError};
/// let area = |line, area| ElementArea {
///     line, area, area_err: 0.02 * area, sensitivity: relative_sensitivity(line).unwrap_or(1.0),
///     transmission: None, kinetic_energy_power: None,
/// };
/// let found = quantify(&[area("O 1s", 293.0), area("C 1s", 100.0)])?;
/// assert!((found[0].atomic_percent - 50.0).abs() < 1e-9);
/// # Ok::<(), QuantificationError>(())
/// ```
pub fn quantify(areas: &[ElementArea<'_>]) -> Result<Vec<AtomicPercent>, QuantificationError> {
    let mut atoms = Vec::with_capacity(areas.len());
    for part in areas {
        let ElementArea { area, area_err, .. } = *part;
        let line = part.line.to_owned();
        if !(area.is_finite() && area >= 0.0 && area_err.is_finite() && area_err >= 0.0) {
            return Err(QuantificationError::AreaNegative { line, area, area_err });
        }
        let factors = [
            part.sensitivity,
            part.transmission.unwrap_or(1.0),
            part.kinetic_energy_power.map_or(1.0, |(energy_ev, _)| energy_ev),
        ];
        let power = part.kinetic_energy_power.map_or(1.0, |(energy_ev, power)| energy_ev.powf(power));
        let factor = factors[0] * factors[1] * power;
        let positive = factors.iter().all(|&factor| factor > 0.0) && factor > 0.0 && factor.is_finite();
        if !positive {
            return Err(QuantificationError::FactorNotPositive { line, factor });
        }
        atoms.push((area / factor, area_err / factor));
    }
    let sum: f64 = atoms.iter().map(|(number, _)| number).sum();
    if !(sum > 0.0 && sum.is_finite()) {
        return Err(QuantificationError::NothingMeasured { lines: areas.len() });
    }
    let variance: f64 = atoms.iter().map(|(_, err)| (err / sum).powi(2)).sum();
    let percent = |(part, &(number, err)): (&ElementArea<'_>, &(f64, f64))| {
        let share = number / sum;
        // ∂x/∂N of the line itself is (1 − x)/ΣN, of every other −x/ΣN.
        let own = (err / sum).powi(2);
        let others = (variance - own).max(0.0);
        AtomicPercent {
            name: part.line.to_owned(),
            atomic_percent: 100.0 * share,
            atomic_percent_err: 100.0 * ((1.0 - share).powi(2) * own + share * share * others).sqrt(),
        }
    };
    Ok(areas.iter().zip(&atoms).map(percent).collect())
}

/// Where [`relative_sensitivity`] comes from.
pub const SENSITIVITY_SOURCE: &str =
    "Scofield cross sections at 1487 eV over that of C 1s, J. Electron Spectrosc. Relat. Phenom. 8, 129 (1976)";

/// Sensitivity of a line relative to C 1s under Al Kα, a name like `O 1s` or `O1s`; `None` when the table
/// has no such line.
///
/// A doublet named without its level is the sum of both lines. These are cross sections: transmission and
/// attenuation length are not in them.
///
/// # Source
///
/// J. H. Scofield, J. Electron Spectrosc. Relat. Phenom. 8 (1976) 129.
#[must_use]
pub fn relative_sensitivity(line: &str) -> Option<f64> {
    let name: String = line.chars().filter(|letter| !letter.is_whitespace()).collect();
    SCOFIELD.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
}

const SCOFIELD: [(&str, f64); 22] = [
    ("Li1s", 0.0568),
    ("B1s", 0.486),
    ("C1s", 1.00),
    ("N1s", 1.80),
    ("O1s", 2.93),
    ("F1s", 4.43),
    ("Na1s", 8.52),
    ("Si2s", 0.955),
    ("Si2p", 0.817),
    ("Si2p3/2", 0.541),
    ("Si2p1/2", 0.276),
    ("P2p", 1.192),
    ("P2p3/2", 0.789),
    ("P2p1/2", 0.403),
    ("S2p", 1.677),
    ("S2p3/2", 1.11),
    ("S2p1/2", 0.567),
    ("Cl2p", 2.285),
    ("Cl2p3/2", 1.51),
    ("Cl2p1/2", 0.775),
    ("Ti2p3/2", 5.22),
    ("Ti2p1/2", 2.69),
];
