//! X-ray reflectivity of layers (Cu Kα1), written without the kernel that is tested with it.
//!
//! Source: L. G. Parratt, Phys. Rev. 95, 359 (1954); roughness by L. Névot, P. Croce, Rev. Phys. Appl. 15, 761 (1980).

use crate::{Complex, Noise};

/// The wavelength (Å).
pub const CU_K_ALPHA_1_ANGSTROM: f64 = 1.540_593;

/// A layer whose index of refraction is 1 − δ + iβ.
#[derive(Clone, Copy, Debug)]
pub struct XrayLayer {
    /// Thickness (nm); that of the substrate does not count.
    pub nm: f64,
    /// δ.
    pub delta: f64,
    /// β.
    pub beta: f64,
    /// Roughness of its upper side (nm).
    pub roughness_nm: f64,
}

/// Reflectivity at an angle 2θ (°) of layers from above to the substrate.
#[must_use]
pub fn xray_reflectivity(two_theta_deg: f64, layers: &[XrayLayer]) -> f64 {
    let k = std::f64::consts::TAU / (0.1 * CU_K_ALPHA_1_ANGSTROM);
    let sin = (0.5 * two_theta_deg).to_radians().sin();
    let inside = |layer: &XrayLayer| k * Complex::new(sin * sin - 2.0 * layer.delta, 2.0 * layer.beta).sqrt();
    let waves: Vec<Complex> = std::iter::once(Complex::new(k * sin, 0.0)).chain(layers.iter().map(inside)).collect();
    let mut below: Option<Complex> = None;
    for (place, layer) in layers.iter().enumerate().rev() {
        let (a, b) = (waves[place], waves[place + 1]);
        let fresnel = (a - b) / (a + b) * (-2.0 * layer.roughness_nm.powi(2) * a * b).exp();
        below = Some(below.map_or(fresnel, |below| {
            let wave = below * (Complex::new(0.0, 2.0 * layer.nm) * b).exp();
            (fresnel + wave) / (Complex::ONE + fresnel * wave)
        }));
    }
    below.map_or(0.0, |r| r.norm_sqr())
}

/// Counts from 0.1° to 6° of a film on `oxide_nm` of oxide on silicon; `counts` of them in total reflection.
pub fn film_reflectivity(film: XrayLayer, oxide_nm: f64, counts: f64, noise: &mut Noise) -> (Vec<f64>, Vec<f64>) {
    let oxide = XrayLayer { nm: oxide_nm, delta: 7.05e-6, beta: 9.0e-8, roughness_nm: 0.35 };
    let silicon = XrayLayer { nm: 0.0, delta: 7.6e-6, beta: 1.7e-7, roughness_nm: 0.2 };
    let counted = (10..600).map(|step| {
        let angle = 0.01 * f64::from(step);
        (angle, noise.poisson(counts * xray_reflectivity(angle, &[film, oxide, silicon]) + 2.0))
    });
    counted.unzip()
}
