//! Reflection from a transparent film on an oxide on a substrate.
//!
//! A stack below acts on a wave above only through its admittance Y: for s-polarised light a medium of index N has η =
//! q, for p η = N²/q, with q = √(N² − sin²θ); a layer of thickness d turns the admittance below it into η·(1 − R)/(1 +
//! R), R = (η − Y)/(η + Y)·exp(−4πi·q·d/λ). Oxide and substrate are combined into two admittances per reading once;
//! only the film is computed again. Its reflectances are quotients of first-degree polynomials in E = exp(−4πi·q·d/λ),
//! so ρ = P/Q with both of the second degree, and N, C, S follow with a single division.
//!
//! Source: R. M. A. Azzam, N. M. Bashara, Ellipsometry and Polarized Light (North-Holland, 1977), ch. 4;
//! H. A. Macleod, Thin-Film Optical Filters, 4th ed. (CRC, 2010), ch. 2.

use std::f64::consts::PI;

use num_complex::Complex64;

use super::error::{EllipsometryError, THICKEST_NM, within};
use super::film::{Film, Reading, check};
use super::optical::{Constants, silica};

/// One reading, and the optical properties of the substrate at its wavelength and angle.
pub(super) struct Surface {
    /// 4π/λ (1/nm).
    pub(super) wavenumber: f64,
    /// 1/λ² (1/µm²).
    pub(super) dispersion: f64,
    pub(super) sin_squared: f64,
    /// Admittances of the air above.
    air_s: f64,
    air_p: f64,
    /// Admittances of oxide and substrate.
    below_s: Complex64,
    below_p: Complex64,
    /// Measured cos 2ψ, sin 2ψ cos Δ, sin 2ψ sin Δ.
    pub(super) measured: [f64; 3],
    /// cos ψ and sin ψ·exp(iΔ): the measured ρ as a quotient.
    cos_psi: f64,
    sin_psi: Complex64,
}

/// What the model takes as known, beside the readings.
#[derive(Clone, Copy)]
pub(super) struct Assumed {
    /// Thickness of the oxide (nm).
    pub(super) oxide_nm: f64,
    /// Added to the angle of incidence (°).
    pub(super) angle_deg: f64,
    /// Factor of the substrate's refractive index.
    pub(super) substrate_index: f64,
}

impl Assumed {
    /// The angles and the substrate's table as they are.
    pub(super) fn oxide(oxide_nm: f64) -> Self {
        Self { oxide_nm, angle_deg: 0.0, substrate_index: 1.0 }
    }
}

/// N, C, S and their derivatives.
#[derive(Clone, Copy)]
pub(super) struct Slope {
    pub(super) value: [f64; 3],
    /// By thickness (1/nm).
    pub(super) by_thickness: [f64; 3],
    /// By the film's index at this wavelength.
    pub(super) by_index: [f64; 3],
}

/// Numerator and denominator of one polarisation's reflectance, a + b·E each.
struct Fringe {
    numerator: (Complex64, Complex64),
    denominator: (Complex64, Complex64),
}

impl Fringe {
    fn new(air: f64, film: f64, below: Complex64) -> Self {
        let (sum, difference) = (film + below, film - below);
        Self {
            numerator: ((air - film) * sum, (air + film) * difference),
            denominator: ((air + film) * sum, (air - film) * difference),
        }
    }
}

impl Surface {
    pub(super) fn new(reading: &Reading, constants: &Constants, assumed: Assumed) -> Self {
        let (sin, cos) = (reading.angle_of_incidence_deg + assumed.angle_deg).to_radians().sin_cos();
        let (sin_psi, cos_psi) = reading.psi_deg.to_radians().sin_cos();
        let (sin_delta, cos_delta) = reading.delta_deg.to_radians().sin_cos();
        let sin_squared = sin * sin;
        let wavenumber = 4.0 * PI / reading.wavelength_nm;
        let mut substrate = constants.at(reading.wavelength_nm);
        substrate.re *= assumed.substrate_index;
        let substrate_squared = substrate * substrate;
        // The root with a positive real part decays downwards: N is n − ik.
        let q_substrate = root(substrate_squared - sin_squared);
        let oxide = silica(reading.wavelength_nm).re;
        let oxide_squared = oxide * oxide;
        let q_oxide = (oxide_squared - sin_squared).sqrt();
        let (sin_phase, cos_phase) = (wavenumber * q_oxide * assumed.oxide_nm).sin_cos();
        let phase = Complex64::new(cos_phase, -sin_phase);
        let below = |oxide: f64, substrate: Complex64| {
            let (sum, echo) = (oxide + substrate, (oxide - substrate) * phase);
            oxide * (sum - echo) / (sum + echo)
        };
        Self {
            wavenumber,
            dispersion: 1e6 / (reading.wavelength_nm * reading.wavelength_nm),
            sin_squared,
            air_s: cos,
            air_p: 1.0 / cos,
            below_s: below(q_oxide, q_substrate),
            below_p: below(oxide_squared / q_oxide, substrate_squared / q_substrate),
            measured: [
                (cos_psi - sin_psi) * (cos_psi + sin_psi),
                2.0 * sin_psi * cos_psi * cos_delta,
                2.0 * sin_psi * cos_psi * sin_delta,
            ],
            cos_psi,
            sin_psi: sin_psi * Complex64::new(cos_delta, sin_delta),
        }
    }

    /// The film's √(n² − sin²θ).
    pub(super) fn q(&self, index: f64) -> f64 {
        (index * index - self.sin_squared).sqrt()
    }

    /// P and Q of ρ = P/Q, for a film of the index `index`, 1 or more.
    fn quotient(&self, thickness_nm: f64, index: f64) -> (Complex64, Complex64) {
        let q = self.q(index);
        let s = Fringe::new(self.air_s, q, self.below_s);
        let p = Fringe::new(self.air_p, index * index / q, self.below_p);
        let (sin, cos) = (self.wavenumber * q * thickness_nm).sin_cos();
        let e = Complex64::new(cos, -sin);
        let at = |(a, b): (Complex64, Complex64)| a + b * e;
        // Admittances treat the fields of both polarisations alike; r_p of the ellipsometer has the opposite sign.
        (-at(p.numerator) * at(s.denominator), at(s.numerator) * at(p.denominator))
    }

    /// N, C and S of the model, for a film of the index `index`, 1 or more.
    pub(super) fn value(&self, thickness_nm: f64, index: f64) -> [f64; 3] {
        let (above, below) = self.quotient(thickness_nm, index);
        let inverse = 1.0 / (above.norm_sqr() + below.norm_sqr());
        let cross = above * below.conj();
        [(below.norm_sqr() - above.norm_sqr()) * inverse, 2.0 * cross.re * inverse, 2.0 * cross.im * inverse]
    }

    /// N, C and S of the model, with derivatives, for a film of the index `index`, 1 or more.
    pub(super) fn slope(&self, thickness_nm: f64, index: f64) -> Slope {
        let q = self.q(index);
        let (film_s, film_p) = (q, index * index / q);
        let by_index_s = index / q;
        let by_index_p = by_index_s * (2.0 - film_p / q);
        let (sin, cos) = (self.wavenumber * q * thickness_nm).sin_cos();
        let e = Complex64::new(cos, -sin);
        let s = Sides::new(self.air_s, film_s, self.below_s, e);
        let p = Sides::new(self.air_p, film_p, self.below_p, e);
        let above = -p.numerator * s.denominator;
        let below = s.numerator * p.denominator;
        // Q²·dρ of each change.
        let wronskian =
            |s_numerator: Complex64, s_denominator: Complex64, p_numerator: Complex64, p_denominator: Complex64| {
                let above_change: Complex64 = -(p_numerator * s.denominator + p.numerator * s_denominator);
                let below_change: Complex64 = s_numerator * p.denominator + s.numerator * p_denominator;
                above_change * below - above * below_change
            };
        let by_phase =
            wronskian(s.numerator_by_phase, s.denominator_by_phase, p.numerator_by_phase, p.denominator_by_phase);
        let by_admittance = wronskian(
            s.numerator_by_film * by_index_s,
            s.denominator_by_film * by_index_s,
            p.numerator_by_film * by_index_p,
            p.denominator_by_film * by_index_p,
        );
        // dE = −i·E·dφ.
        let turn = Complex64::new(e.im, -e.re) * self.wavenumber * by_phase;
        let size = above.norm_sqr() + below.norm_sqr();
        let inverse = 1.0 / size;
        let cross = above * below.conj();
        let (above_squared, below_squared) = (above * above, (below * below).conj());
        let both = (above * below).conj();
        let scale = 2.0 * inverse * inverse;
        let change = |w: Complex64| {
            let circle = w * below_squared - above_squared * w.conj();
            [-2.0 * scale * (both * w).re, scale * circle.re, scale * circle.im]
        };
        Slope {
            value: [
                (below.norm_sqr() - above.norm_sqr()) * inverse,
                2.0 * cross.re * inverse,
                2.0 * cross.im * inverse,
            ],
            by_thickness: change(turn * q),
            by_index: change(turn * (thickness_nm * by_index_s) + by_admittance),
        }
    }

    /// For a film of index `index`: two trigonometric polynomials of the second degree in the phase of E, whose
    /// quotient is a quarter of the squared distance between model and measured (N, C, S).
    ///
    /// With |E| = 1 a polynomial's squared modulus is c₀ + 2·Re(c₁E + c₂E²): five real numbers each, in the order 1,
    /// Re E, Im E, Re E², Im E².
    pub(super) fn distance(&self, index: f64) -> ([f64; 5], [f64; 5]) {
        let q = self.q(index);
        let s = Fringe::new(self.air_s, q, self.below_s);
        let p = Fringe::new(self.air_p, index * index / q, self.below_p);
        let product =
            |a: (Complex64, Complex64), b: (Complex64, Complex64)| [a.0 * b.0, a.0 * b.1 + a.1 * b.0, a.1 * b.1];
        let above = product(p.numerator, s.denominator).map(|value| -value);
        let below = product(s.numerator, p.denominator);
        let mut apart = [Complex64::default(); 3];
        for k in 0..3 {
            apart[k] = above[k] * self.cos_psi - below[k] * self.sin_psi;
        }
        let modulus = |c: [Complex64; 3]| {
            let constant = c[0].norm_sqr() + c[1].norm_sqr() + c[2].norm_sqr();
            let first = 2.0 * (c[1] * c[0].conj() + c[2] * c[1].conj());
            let second = 2.0 * c[2] * c[0].conj();
            [constant, first.re, -first.im, second.re, -second.im]
        };
        let (above, below) = (modulus(above), modulus(below));
        (modulus(apart), std::array::from_fn(|k| above[k] + below[k]))
    }
}

/// Numerator and denominator of one polarisation's reflectance with their derivatives.
struct Sides {
    numerator: Complex64,
    denominator: Complex64,
    /// By E.
    numerator_by_phase: Complex64,
    denominator_by_phase: Complex64,
    /// By the film's admittance.
    numerator_by_film: Complex64,
    denominator_by_film: Complex64,
}

impl Sides {
    fn new(air: f64, film: f64, below: Complex64, e: Complex64) -> Self {
        let Fringe { numerator, denominator } = Fringe::new(air, film, below);
        let (plus, minus) = (air + 2.0 * film, air - 2.0 * film);
        Self {
            numerator: numerator.0 + numerator.1 * e,
            denominator: denominator.0 + denominator.1 * e,
            numerator_by_phase: numerator.1,
            denominator_by_phase: denominator.1,
            numerator_by_film: (minus - below) + (plus - below) * e,
            denominator_by_film: (plus + below) + (minus + below) * e,
        }
    }
}

/// The square root with a positive real part.
fn root(z: Complex64) -> Complex64 {
    let modulus = z.norm_sqr().sqrt();
    // The larger part first: the other one without a difference of nearly equal numbers.
    let large = (0.5 * (modulus + z.re.abs())).sqrt();
    let small = 0.5 * z.im / large;
    if z.re >= 0.0 { Complex64::new(large, small) } else { Complex64::new(small.abs(), large.copysign(z.im)) }
}

/// ψ (0 to 90°) and Δ (0 to 360°) of a film, at a wavelength (nm) and an angle of incidence (°).
///
/// tan ψ·exp(iΔ) = r_p/r_s with indices n − ik; bare silicon has Δ near 180°.
///
/// # Errors
///
/// [`EllipsometryError::Reading`] (with index 0) for an invalid wavelength or angle,
/// [`EllipsometryError::Option`] for such a film, [`EllipsometryError::OutsideTable`] for a wavelength outside the
/// substrate's table, the errors of a substrate's table for an invalid one.
///
/// # Source
///
/// See the documentation of this module.
pub fn psi_delta(
    film: &Film<'_>,
    wavelength_nm: f64,
    angle_of_incidence_deg: f64,
) -> Result<(f64, f64), EllipsometryError> {
    let reading = Reading { wavelength_nm, angle_of_incidence_deg, psi_deg: 45.0, delta_deg: 0.0 };
    check(0, &reading)?;
    within("thickness_nm", film.thickness_nm, 0.0, THICKEST_NM)?;
    within("oxide_nm", film.oxide_nm, 0.0, THICKEST_NM)?;
    let constants = Constants::of(film.substrate)?;
    let (min_nm, max_nm) = constants.range_nm();
    if !(min_nm..=max_nm).contains(&wavelength_nm) {
        return Err(EllipsometryError::OutsideTable { readings: 1, min_nm, max_nm });
    }
    let surface = Surface::new(&reading, &constants, Assumed::oxide(film.oxide_nm));
    let x = surface.dispersion;
    let index = film.a + x * (film.b_um2 + x * film.c_um4);
    within("index", index, 1.0, 100.0)?;
    let (above, below) = surface.quotient(film.thickness_nm, index);
    let delta = (above * below.conj()).arg().to_degrees();
    Ok((above.norm().atan2(below.norm()).to_degrees(), if delta < 0.0 { delta + 360.0 } else { delta }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(wavelength_nm: f64) -> Surface {
        let reading = Reading { wavelength_nm, angle_of_incidence_deg: 70.0, psi_deg: 33.0, delta_deg: 121.0 };
        Surface::new(&reading, &Constants::Silicon, Assumed::oxide(1.5))
    }

    #[test]
    fn derivatives_agree_with_differences() {
        for wavelength_nm in [255.0, 365.0, 400.0, 633.0, 1000.0] {
            let surface = surface(wavelength_nm);
            for (d, n) in [(0.5, 1.46), (12.0, 1.7), (137.0, 2.2), (1500.0, 1.52)] {
                let at = surface.slope(d, n);
                let (h_d, h_n) = (1e-4, 1e-7);
                let (more_d, less_d) = (surface.slope(d + h_d, n), surface.slope(d - h_d, n));
                let (more_n, less_n) = (surface.slope(d, n + h_n), surface.slope(d, n - h_n));
                for k in 0..3 {
                    let by_d = (more_d.value[k] - less_d.value[k]) / (2.0 * h_d);
                    let by_n = (more_n.value[k] - less_n.value[k]) / (2.0 * h_n);
                    assert!((by_d - at.by_thickness[k]).abs() < 1e-8, "{d} {n} {k}: {by_d} {}", at.by_thickness[k]);
                    let scale = 1.0 + at.by_index[k].abs();
                    assert!((by_n - at.by_index[k]).abs() < 1e-5 * scale, "{d} {n} {k}: {by_n} {}", at.by_index[k]);
                }
            }
        }
    }

    #[test]
    fn the_polynomials_give_the_distance() {
        let surface = surface(420.0);
        for (d, n) in [(0.0, 1.5), (12.0, 1.7), (137.0, 2.2)] {
            let slope = surface.slope(d, n);
            let expected: f64 = (0..3).map(|k| (slope.value[k] - surface.measured[k]).powi(2)).sum();
            let e = Complex64::from_polar(1.0, -surface.wavenumber * surface.q(n) * d);
            let basis = [1.0, e.re, e.im, (e * e).re, (e * e).im];
            let (num, den) = surface.distance(n);
            let sum = |c: [f64; 5]| -> f64 { c.iter().zip(basis).map(|(c, b)| c * b).sum() };
            let found = 4.0 * sum(num) / sum(den);
            assert!((found - expected).abs() < 1e-12, "{d} {n}: {found} {expected}");
        }
    }
}
