//! The line shape GL(m): the product of a Gaussian and a Lorentzian.
//!
//! GL(m; E) = exp(−4 ln2 (1−m) u²) / (1 + 4m u²), u = (x − E)/F. F is the nominal width: at m = 0.30 the
//! width at half height is 0.96136 F.
//!
//! Source: N. Fairley, CasaXPS Manual 2.3.15 (2009), line shape GL(p), p = 100 m.

use std::f64::consts::{LN_2, PI};

/// Height of GL(`mix`) at `energy_ev` for a line of height 1 at `position_ev` (eV) with nominal width
/// `fwhm_ev` (eV). `mix` runs from 0, a Gaussian, to 1, a Lorentzian.
///
/// # Source
///
/// See the documentation of this module.
#[must_use]
pub fn gl(energy_ev: f64, position_ev: f64, fwhm_ev: f64, mix: f64) -> f64 {
    let u = (energy_ev - position_ev) / fwhm_ev;
    Shape::new(mix).at(u * u).0
}

/// Area of GL(`mix`) of height 1 and nominal width 1: the area of a line is this × height × width.
///
/// 1.0419867797 at `mix` 0.30, π/2 at 1.
///
/// # Source
///
/// ∫ exp(−au²)/(1 + cu²) du = π/√c · exp(z²) erfc(z), z² = a/c (DLMF 7.7.1); the sum by series
/// (DLMF 7.6.1) where z < 1, the trapezoidal rule elsewhere, whose error is below 1e-20 here.
#[must_use]
pub fn gl_area(mix: f64) -> f64 {
    let shape = Shape::new(mix);
    let (a, c) = (shape.gaussian, shape.lorentzian);
    if a < c {
        let square = a / c;
        let mut term = square.sqrt();
        let mut sum = 0.0;
        for n in 0..60u32 {
            sum += term / f64::from(2 * n + 1);
            term *= -square / f64::from(n + 1);
        }
        return PI / c.sqrt() * square.exp() * (1.0 - 2.0 / PI.sqrt() * sum);
    }
    let step = 1.0 / 16.0;
    let tail: f64 = (1..=96).map(|k| shape.at((step * f64::from(k)).powi(2)).0).sum();
    step * (1.0 + 2.0 * tail)
}

/// GL for one mix.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// 4 ln2 (1−m).
    gaussian: f64,
    /// 4m.
    lorentzian: f64,
}

impl Shape {
    pub(super) fn new(mix: f64) -> Self {
        Self { gaussian: 4.0 * LN_2 * (1.0 - mix), lorentzian: 4.0 * mix }
    }

    /// The height at u², and −∂ ln GL/∂(u²).
    #[inline]
    pub(super) fn at(self, square: f64) -> (f64, f64) {
        let exponent = self.gaussian * square;
        let lorentzian = 1.0 / (1.0 + self.lorentzian * square);
        // Contributions below 1e-19 of the height do not change a sum of squares.
        let gaussian = if exponent > 45.0 { 0.0 } else { (-exponent).exp() };
        (gaussian * lorentzian, self.gaussian + self.lorentzian * lorentzian)
    }
}
