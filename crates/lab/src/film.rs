//! What an impedance analyser sees of a film between two electrodes.
//!
//! The conductivity follows ln σ = ln σ(25 °C) − Eₐ/k·(1/T − 1/298.15 K), without a 1/T in the prefactor: the form
//! in which Verhelle et al., Chem. Mater. 37, 687 (2025), equation 2, give their activation energies. The circuit is
//! theirs too: R0(R1Q1)Q2, with R1 = t/(σ·A) from their equation 1.

use aldb_elements::constants::{BOLTZMANN_EV_PER_K, VACUUM_PERMITTIVITY_F_PER_CM, ZERO_CELSIUS_K};
use aldb_fit::circuit::Circuit;

/// Circuit of a film between blocking electrodes, in the notation of [`Circuit::parse`].
pub(crate) const CIRCUIT: &str = "R0-p(R1,CPE1)-CPE2";

/// Which instrument measures a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// Gamry: one `.DTA` a spectrum; the dots are numbered.
    Gamry,
    /// BioLogic with EC-Lab: one `.mpt` for all repeats of a dot at a temperature; the dots have letters, and the
    /// files of the last one were exported with a decimal comma.
    BioLogic,
}

/// A film whose properties are known because they were invented, or taken from a paper.
#[derive(Clone, Debug, PartialEq)]
pub struct FilmTruth {
    /// Name of the sample. It names files too, so it should hold letters, digits and `-` only.
    pub sample_id: String,
    /// Temperature of the substrate during deposition (°C).
    pub deposition_temperature_c: f64,
    /// Film thickness (nm), positive.
    pub thickness_nm: f64,
    /// Standard uncertainty of the thickness (nm) that the sample's description states.
    pub thickness_err_nm: f64,
    /// Ionic conductivity at 25 °C (S/cm), positive.
    pub sigma_25c_s_per_cm: f64,
    /// Activation energy of the conductivity (eV).
    pub ea_ev: f64,
    /// What its dots are measured with.
    pub instrument: Instrument,
}

impl FilmTruth {
    /// Ionic conductivity (S/cm) at a temperature (°C, above −273.15).
    #[must_use]
    pub fn sigma_s_per_cm(&self, temperature_c: f64) -> f64 {
        let inverse_kelvin = 1.0 / (temperature_c + ZERO_CELSIUS_K) - 1.0 / (25.0 + ZERO_CELSIUS_K);
        self.sigma_25c_s_per_cm * (-self.ea_ev / BOLTZMANN_EV_PER_K * inverse_kelvin).exp()
    }
}

/// What the measurement adds to the film: leads, dielectric, blocking electrodes.
///
/// Not printed by the paper: plausible values for an oxide of 80 nm between platinum electrodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Resistance of leads and electrodes (Ohm).
    pub r0_ohm: f64,
    /// Relative permittivity of the film (1): with thickness and area it gives the geometric capacitance C.
    pub relative_permittivity: f64,
    /// Exponent of the film's constant phase element (1). Its Q is Cⁿ·R1ⁿ⁻¹, so that the arc's top stays at
    /// 1/(2π·R1·C) whatever the exponent is.
    pub film_exponent: f64,
    /// Q of the blocking electrodes per area (S·sⁿ/cm²).
    pub blocking_q_per_cm2: f64,
    /// Exponent of the blocking electrodes' constant phase element (1).
    pub blocking_exponent: f64,
}

impl Default for Cell {
    fn default() -> Self {
        Self {
            r0_ohm: 30.0,
            relative_permittivity: 10.0,
            film_exponent: 0.95,
            blocking_q_per_cm2: 1e-5,
            blocking_exponent: 0.9,
        }
    }
}

impl Cell {
    /// Parameters of [`CIRCUIT`] for a film of conductivity `sigma_s_per_cm`, in the circuit's order.
    pub(crate) fn parameters(&self, sigma_s_per_cm: f64, thickness_nm: f64, area_cm2: f64) -> [f64; 6] {
        let thickness_cm = thickness_nm * 1e-7;
        let resistance_ohm = thickness_cm / (sigma_s_per_cm * area_cm2);
        let capacitance_f = VACUUM_PERMITTIVITY_F_PER_CM * self.relative_permittivity * area_cm2 / thickness_cm;
        let film_q = capacitance_f.powf(self.film_exponent) * resistance_ohm.powf(self.film_exponent - 1.0);
        [
            self.r0_ohm,
            resistance_ohm,
            film_q,
            self.film_exponent,
            self.blocking_q_per_cm2 * area_cm2,
            self.blocking_exponent,
        ]
    }
}

/// Real and imaginary part (Ohm) of [`CIRCUIT`] at every frequency (Hz).
pub(crate) fn impedance(parameters: &[f64; 6], frequencies_hz: &[f64]) -> Vec<(f64, f64)> {
    let Ok(circuit) = Circuit::parse(CIRCUIT) else { unreachable!("the circuit is a constant of this crate") };
    frequencies_hz
        .iter()
        .map(|&frequency_hz| {
            let ohm = circuit.impedance(parameters, frequency_hz);
            (ohm.re, ohm.im)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(sigma_25c_s_per_cm: f64, ea_ev: f64) -> FilmTruth {
        FilmTruth {
            sample_id: "synthetic".to_owned(),
            deposition_temperature_c: 125.0,
            thickness_nm: 80.0,
            thickness_err_nm: 1.0,
            sigma_25c_s_per_cm,
            ea_ev,
            instrument: Instrument::Gamry,
        }
    }

    /// Values computed by hand from the printed σ(25 °C) and Eₐ, to the three digits of the printed numbers.
    #[test]
    fn the_conductivity_follows_the_papers_equation() {
        for (film, expected) in [
            (film(3.92e-8, 0.43), [(30.0, 5.17e-8), (40.0, 8.74e-8), (50.0, 1.43e-7), (60.0, 2.27e-7)]),
            (film(1.17e-7, 0.58), [(30.0, 1.70e-7), (40.0, 3.45e-7), (50.0, 6.71e-7), (60.0, 1.25e-6)]),
        ] {
            for (temperature_c, sigma) in expected {
                let found = film.sigma_s_per_cm(temperature_c);
                assert!((found / sigma - 1.0).abs() < 4e-3, "{temperature_c} °C: {found:e}, expected {sigma:e}");
            }
        }
    }

    /// At the arc's top the film is R1/2·(1 − j·tan(n·π/4)), a closed form that needs no circuit.
    #[test]
    fn the_top_of_the_arc_lies_at_the_geometric_time_constant() {
        let cell = Cell { r0_ohm: 0.0, blocking_q_per_cm2: 1e12, ..Cell::default() };
        let parameters = cell.parameters(1e-7, 80.0, 1e-3);
        let resistance_ohm = 80e-7 / (1e-7 * 1e-3);
        assert!((parameters[1] / resistance_ohm - 1.0).abs() < 1e-12);
        let frequency_hz = 1e-7 / (std::f64::consts::TAU * 10.0 * VACUUM_PERMITTIVITY_F_PER_CM);
        let (re, im) = impedance(&parameters, &[frequency_hz])[0];
        let tangent = (0.95 * std::f64::consts::FRAC_PI_4).tan();
        assert!((re / (resistance_ohm / 2.0) - 1.0).abs() < 1e-9, "{re}");
        assert!((im / (-resistance_ohm / 2.0 * tangent) - 1.0).abs() < 1e-9, "{im}");
    }
}
