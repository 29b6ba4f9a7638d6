//! Ionic conductivity of a film from its resistance: σ = t/(R·A).

use crate::quality::{Coded, ReasonCode};

/// A value with its standard uncertainty (k = 1) in the same unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// The value, positive.
    pub value: f64,
    /// Standard uncertainty, zero or positive.
    pub std_err: f64,
}

/// Conductivity through the thickness of a film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conductivity {
    /// σ (S/cm).
    pub sigma_s_per_cm: f64,
    /// Standard uncertainty of σ (S/cm, k = 1).
    pub sigma_err_s_per_cm: f64,
}

/// Why no conductivity was calculated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConductivityError {
    /// A value is zero, negative, infinite or not a number.
    #[error("`{name}`: expected a positive value in {unit}, found `{value}`")]
    NotPositive {
        /// Name of the argument.
        name: &'static str,
        /// Its unit.
        unit: &'static str,
        /// Its value.
        value: f64,
    },
    /// An uncertainty is negative, infinite or not a number.
    #[error("uncertainty of `{name}`: expected zero or a positive value in {unit}, found `{value}`")]
    UncertaintyNegative {
        /// Name of the argument.
        name: &'static str,
        /// Its unit.
        unit: &'static str,
        /// Its value.
        value: f64,
    },
}

impl Coded for ConductivityError {
    fn code(&self) -> ReasonCode {
        match self {
            Self::NotPositive { .. } | Self::UncertaintyNegative { .. } => ReasonCode::ValueOutOfRange,
        }
    }
}

/// Conductivity (S/cm) of a film of `thickness_nm` under a dot of `area_cm2`, from the resistance
/// `r_ohm` between the dot and the other electrode.
///
/// Relative uncertainties add in quadrature (the three are independent, first order).
///
/// # Errors
///
/// [`ConductivityError::NotPositive`] for a value, [`ConductivityError::UncertaintyNegative`] for
/// an invalid uncertainty.
///
/// # Source
///
/// Geometry of a plate; JCGM 100:2008 (GUM), 5.1.6.
///
/// # Example
///
/// ```
/// # use aldb_fit::conductivity::{conductivity, ConductivityError, Measured};
/// let exact = |value| Measured { value, std_err: 0.0 };
/// let r = Measured { value: 6e5, std_err: 6e3 };
/// let sigma = conductivity(exact(80.0), r, exact(7.854e-5))?;
/// assert!((sigma.sigma_s_per_cm - 1.6977e-7).abs() < 1e-11);
/// assert!((sigma.sigma_err_s_per_cm / sigma.sigma_s_per_cm - 0.01).abs() < 1e-12);
/// # Ok::<(), ConductivityError>(())
/// ```
pub fn conductivity(
    thickness_nm: Measured,
    r_ohm: Measured,
    area_cm2: Measured,
) -> Result<Conductivity, ConductivityError> {
    let mut relative_variance = 0.0;
    let named = [("thickness_nm", "nm", thickness_nm), ("r_ohm", "Ω", r_ohm), ("area_cm2", "cm²", area_cm2)];
    for (name, unit, Measured { value, std_err }) in named {
        if !(value.is_finite() && value > 0.0) {
            return Err(ConductivityError::NotPositive { name, unit, value });
        }
        if !(std_err.is_finite() && std_err >= 0.0) {
            return Err(ConductivityError::UncertaintyNegative { name, unit, value: std_err });
        }
        relative_variance += (std_err / value).powi(2);
    }
    let sigma_s_per_cm = thickness_nm.value * CM_PER_NM / (r_ohm.value * area_cm2.value);
    Ok(Conductivity { sigma_s_per_cm, sigma_err_s_per_cm: sigma_s_per_cm * relative_variance.sqrt() })
}

const CM_PER_NM: f64 = 1e-7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conductivity_of_the_published_film_is_reproduced() {
        let sigma = conductivity(
            Measured { value: 80.0, std_err: 8.0 },
            Measured { value: 870_591.141_7, std_err: 0.0 },
            Measured { value: 7.853_981_634e-5, std_err: 0.0 },
        )
        .unwrap();
        assert!((sigma.sigma_s_per_cm / 1.17e-7 - 1.0).abs() < 1e-6);
        assert!((sigma.sigma_err_s_per_cm / 1.17e-8 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn relative_uncertainties_add_in_quadrature() {
        let sigma = conductivity(
            Measured { value: 100.0, std_err: 3.0 },
            Measured { value: 1e6, std_err: 4e4 },
            Measured { value: 1e-3, std_err: 12e-5 },
        )
        .unwrap();
        assert!((sigma.sigma_err_s_per_cm / sigma.sigma_s_per_cm - 0.13).abs() < 1e-12);
    }

    #[test]
    fn an_impossible_value_is_named_with_its_unit() {
        let one = Measured { value: 1.0, std_err: 0.0 };
        let err = conductivity(one, Measured { value: 0.0, std_err: 0.0 }, one).unwrap_err();
        assert_eq!(err.to_string(), "`r_ohm`: expected a positive value in Ω, found `0`");
        let err = conductivity(Measured { value: 1.0, std_err: -1.0 }, one, one).unwrap_err();
        assert_eq!(
            err.to_string(),
            "uncertainty of `thickness_nm`: expected zero or a positive value in nm, found `-1`"
        );
    }
}
