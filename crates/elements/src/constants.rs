//! Physical constants: CODATA 2022 (NIST SP 961, May 2024).
//!
//! Since the SI of 2019 all but the vacuum permittivity are exact; products and quotients of exact values are computed
//! here, so that none of them is rounded to the digits of a table.

/// Elementary charge (C).
pub const ELEMENTARY_CHARGE_C: f64 = 1.602_176_634e-19;

/// Avogadro constant (1/mol).
pub const AVOGADRO_PER_MOL: f64 = 6.022_140_76e23;

/// Faraday constant (C/mol).
pub const FARADAY_C_PER_MOL: f64 = AVOGADRO_PER_MOL * ELEMENTARY_CHARGE_C;

/// Boltzmann constant (eV/K).
pub const BOLTZMANN_EV_PER_K: f64 = 1.380_649e-23 / ELEMENTARY_CHARGE_C;

/// Planck constant times the speed of light (eV·nm): photon energy times wavelength.
pub const HC_EV_NM: f64 = 6.626_070_15e-34 * 299_792_458.0 / ELEMENTARY_CHARGE_C * 1e9;

/// Vacuum permittivity (F/cm), with a relative standard uncertainty of 1.6e-10.
pub const VACUUM_PERMITTIVITY_F_PER_CM: f64 = 8.854_187_818_8e-14;

/// 0 °C on the Kelvin scale (K), by definition.
pub const ZERO_CELSIUS_K: f64 = 273.15;

#[cfg(test)]
mod tests {
    use super::*;

    /// Quotients and products as CODATA prints them, to the digits printed.
    #[test]
    fn derived_constants_equal_the_printed_ones() {
        let printed = [
            (FARADAY_C_PER_MOL, 96_485.332_12, 5e-6),
            (BOLTZMANN_EV_PER_K, 8.617_333_262e-5, 5e-15),
            (HC_EV_NM, 1_239.841_984, 5e-7),
        ];
        for (value, expected, half_digit) in printed {
            assert!((value - expected).abs() < half_digit, "{value} against {expected}");
        }
    }
}
