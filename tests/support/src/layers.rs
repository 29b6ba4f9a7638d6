//! Ψ and Δ of any stack of layers, by the matrices of Abelès: written without the kernels that are tested with it.
//!
//! Source: R. M. A. Azzam, N. M. Bashara, Ellipsometry and Polarized Light (North-Holland, 1977), ch. 4.

/// A complex number; an index of refraction is n − ik.
pub use num_complex::Complex64 as Complex;

const ONE: Complex = Complex::ONE;

/// Ψ (0 to 90°) and Δ (0 to 360°) at a wavelength (nm) and an angle of incidence (°), in air, of layers from above to below
/// (index n − ik, thickness in nm) on a substrate.
#[must_use]
pub fn psi_delta_of_layers(
    layers: &[(Complex, f64)],
    substrate: Complex,
    wavelength_nm: f64,
    angle_of_incidence_deg: f64,
) -> (f64, f64) {
    let sin = Complex::new(angle_of_incidence_deg.to_radians().sin(), 0.0);
    let cosine = |index: Complex| (ONE - sin * sin / (index * index)).sqrt();
    // Fresnel's coefficients from one medium to the next, p and s.
    let fresnel = |a: Complex, b: Complex| {
        let (cos_a, cos_b) = (cosine(a), cosine(b));
        let p = (b * cos_a - a * cos_b) / (b * cos_a + a * cos_b);
        let s = (a * cos_a - b * cos_b) / (a * cos_a + b * cos_b);
        [p, s]
    };
    let mut reflected = fresnel(layers.last().map_or(ONE, |layer| layer.0), substrate);
    for (place, &(index, thickness_nm)) in layers.iter().enumerate().rev() {
        let above = if place == 0 { ONE } else { layers[place - 1].0 };
        let phase =
            Complex::new(0.0, -4.0 * std::f64::consts::PI * thickness_nm / wavelength_nm) * index * cosine(index);
        let turn = phase.exp();
        let at = fresnel(above, index);
        for (reflected, at) in reflected.iter_mut().zip(at) {
            *reflected = (at + *reflected * turn) / (ONE + at * *reflected * turn);
        }
    }
    let ratio = reflected[0] / reflected[1];
    let delta = ratio.im.atan2(ratio.re).to_degrees();
    (ratio.re.hypot(ratio.im).atan().to_degrees(), delta.rem_euclid(360.0))
}

/// The index of a mixture of equal parts of a material and of air, by Bruggeman's effective medium: a rough surface.
#[must_use]
pub fn half_air(index: Complex) -> Complex {
    // With equal parts, 2ε² − ½(εₐ + ε_b)ε − εₐε_b = 0, εₐ = 1.
    let material = index * index;
    let half = (material + ONE) * Complex::new(0.25, 0.0);
    let root = (half * half + Complex::new(2.0, 0.0) * material).sqrt();
    ((half + root) * Complex::new(0.5, 0.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_of_the_substrate_is_none_and_half_air_lies_between() {
        let (silicon, film) = (Complex::new(3.88, -0.02), Complex::new(1.5, 0.0));
        let bare = psi_delta_of_layers(&[], silicon, 632.8, 70.0);
        let same = psi_delta_of_layers(&[(silicon, 50.0)], silicon, 632.8, 70.0);
        assert!((bare.0 - same.0).abs() < 1e-9 && (bare.1 - same.1).abs() < 1e-9, "{bare:?} {same:?}");
        let rough = half_air(film);
        // Bruggeman with two equal parts: (1.5² − ε)/(1.5² + 2ε) + (1 − ε)/(1 + 2ε) = 0.
        let e = rough.re * rough.re;
        assert!(((2.25 - e) / (2.25 + 2.0 * e) + (1.0 - e) / (1.0 + 2.0 * e)).abs() < 1e-12, "{rough:?}");
    }
}
