//! Ψ and Δ of transparent films on a silicon wafer with its native oxide.
//!
//! Waves in a stratified medium by the recursion of reflection coefficients from the substrate upwards: Azzam and
//! Bashara, Ellipsometry and Polarized Light (1977), chapter 4. The film's index is Cauchy's. Convention of Woollam's
//! programs: ρ = r_p/r_s = tan Ψ·exp(iΔ) with n − ik and Δ near 180° on bare silicon.

use super::complex::Complex;
use super::silicon::{silica, silicon};

/// Refractive index n = A + B/λ² + C/λ⁴, λ in µm, of a film that does not absorb.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cauchy {
    pub(crate) a: f64,
    pub(crate) b_um2: f64,
    pub(crate) c_um4: f64,
}

impl Cauchy {
    /// The index at a wavelength (nm).
    pub(crate) fn index(self, wavelength_nm: f64) -> f64 {
        let inverse_squared = 1e6 / (wavelength_nm * wavelength_nm);
        self.a + self.b_um2 * inverse_squared + self.c_um4 * inverse_squared * inverse_squared
    }
}

/// A film on its oxide on silicon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stack {
    pub(crate) film: Cauchy,
    /// Thickness of the film (nm), 0 where there is none.
    pub(crate) thickness_nm: f64,
    /// Thickness of the native oxide (nm).
    pub(crate) oxide_nm: f64,
}

impl Stack {
    /// Ψ (0 to 90°) and Δ (0 to 360°) at a wavelength (nm) and an angle of incidence (°).
    pub(crate) fn psi_delta_deg(&self, wavelength_nm: f64, angle_deg: f64) -> (f64, f64) {
        let film = Complex::from(self.film.index(wavelength_nm));
        let layers = [(film, self.thickness_nm), (silica(wavelength_nm), self.oxide_nm)];
        let ratio = reflection_ratio(&layers, silicon(wavelength_nm), wavelength_nm, angle_deg);
        // The recursion has n + ik; Δ has the other sign there.
        let delta = (-ratio.argument()).to_degrees().rem_euclid(360.0);
        (ratio.modulus().atan().to_degrees(), delta)
    }
}

/// r_p/r_s of layers (index n + ik, thickness in nm; from the top) on a substrate.
///
/// The p coefficient is that of the electric field along the beams' own axes, so that r_p = −r_s at normal incidence.
fn reflection_ratio(layers: &[(Complex, f64)], substrate: Complex, wavelength_nm: f64, angle_deg: f64) -> Complex {
    let along = Complex::from(angle_deg.to_radians().sin());
    // Index times cosine in each medium, by Snell's law.
    let normal = |index: Complex| (index * index - along * along).sqrt();
    let media: Vec<Complex> =
        [Complex::from(1.0)].into_iter().chain(layers.iter().map(|layer| layer.0)).chain([substrate]).collect();
    let coefficients = |upper: Complex, lower: Complex| {
        let (q_upper, q_lower) = (normal(upper), normal(lower));
        let s = (q_upper - q_lower) / (q_upper + q_lower);
        let (p_upper, p_lower) = (lower * lower * q_upper, upper * upper * q_lower);
        ((p_upper - p_lower) / (p_upper + p_lower), s)
    };
    let last = media.len() - 2;
    let (mut p, mut s) = coefficients(media[last], media[last + 1]);
    for upper in (0..last).rev() {
        let (index, thickness_nm) = layers[upper];
        let phase = normal(index) * Complex::new(0.0, 4.0 * std::f64::consts::PI * thickness_nm / wavelength_nm);
        let delay = phase.exp();
        let (p_here, s_here) = coefficients(media[upper], media[upper + 1]);
        let joined =
            |here: Complex, below: Complex| (here + below * delay) / (Complex::from(1.0) + here * below * delay);
        (p, s) = (joined(p_here, p), joined(s_here, s));
    }
    p / s
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILM: Cauchy = Cauchy { a: 1.52, b_um2: 0.005, c_um4: 0.0 };

    fn assert_near((psi, delta): (f64, f64), (expected_psi, expected_delta): (f64, f64), tolerance: f64) {
        assert!((psi - expected_psi).abs() < tolerance, "Ψ is {psi}, expected {expected_psi}");
        assert!((delta - expected_delta).abs() < tolerance, "Δ is {delta}, expected {expected_delta}");
    }

    /// n = 3.882, k = 0.019 (Aspnes and Studna 1983) gives Ψ 10.5° and Δ 179.2° at 70°: what manuals state for a clean
    /// wafer at 632.8 nm. The table here has 3.875 and 0.016.
    #[test]
    fn bare_silicon_agrees_with_the_manuals() {
        let bare = Stack { film: FILM, thickness_nm: 0.0, oxide_nm: 0.0 };
        assert_near(bare.psi_delta_deg(632.8, 70.0), (10.5, 179.3), 0.1);
    }

    /// Fresnel's formulas for one surface, written out.
    #[test]
    fn one_surface_gives_fresnel_s_formulas() {
        let ratio = reflection_ratio(&[], Complex::from(1.5), 500.0, 60.0);
        let (cos_in, cos_out) = (0.5, (1.0 - 0.75 / 2.25_f64).sqrt());
        let p = (1.5 * cos_in - cos_out) / (1.5 * cos_in + cos_out);
        let s = (cos_in - 1.5 * cos_out) / (cos_in + 1.5 * cos_out);
        assert!((ratio - Complex::from(p / s)).modulus() < 1e-14, "{ratio:?}");
    }

    /// Numbers of another program (a transfer-matrix code in Python) for the same model and the same tables.
    #[test]
    fn a_film_of_two_layers_is_that_of_a_transfer_matrix_program() {
        let stack = |thickness_nm| Stack { film: FILM, thickness_nm, oxide_nm: 1.5 };
        assert_near(stack(0.0).psi_delta_deg(250.0, 70.0), (35.028916916, 112.920927922), 1e-8);
        assert_near(stack(20.0).psi_delta_deg(260.06711409395973, 70.0), (41.790917928, 78.623076841), 1e-8);
        assert_near(stack(20.0).psi_delta_deg(511.744966442953, 70.0), (17.873531910, 120.858389666), 1e-8);
        assert_near(stack(20.0).psi_delta_deg(763.4228187919463, 70.0), (12.183833083, 129.767416176), 1e-8);
        assert_near(stack(80.0).psi_delta_deg(260.06711409395973, 70.0), (34.133175819, 205.131371859), 1e-8);
        assert_near(stack(80.0).psi_delta_deg(511.744966442953, 70.0), (47.464456762, 76.831807932), 1e-8);
        assert_near(stack(80.0).psi_delta_deg(763.4228187919463, 70.0), (28.840394105, 79.761130186), 1e-8);
    }

    #[test]
    fn adding_half_a_wavelength_changes_nothing() {
        let index = FILM.index(500.0);
        let period_nm = 500.0 / (2.0 * (index * index - 70_f64.to_radians().sin().powi(2)).sqrt());
        let one = Stack { film: FILM, thickness_nm: 30.0, oxide_nm: 1.5 };
        let other = Stack { thickness_nm: 30.0 + period_nm, ..one };
        assert_near(other.psi_delta_deg(500.0, 70.0), one.psi_delta_deg(500.0, 70.0), 1e-9);
    }
}
