//! Circuit elements: symbols, parameters, impedance at one frequency.
//!
//! Definitions follow impedance.py 1.7 (`impedance/models/circuits/elements.py`), so that parameters
//! can be compared with its results:
//!
//! | symbol | impedance (ω = 2πf)            | parameters       |
//! |--------|--------------------------------|------------------|
//! | `R`    | R                              | R (Ohm)          |
//! | `C`    | 1/(jωC)                        | C (F)            |
//! | `L`    | jωL                            | L (H)            |
//! | `CPE`  | 1/(Q (jω)ⁿ)                    | Q, n             |
//! | `W`    | A (1 − j)/√ω                   | A                |
//! | `Wo`   | Z₀ coth(√(jωτ))/√(jωτ)         | Z₀ (Ohm), τ (s)  |
//! | `Ws`   | Z₀ tanh(√(jωτ))/√(jωτ)         | Z₀ (Ohm), τ (s)  |
//! | `G`    | R/√(1 + jωτ)                   | R (Ohm), τ (s)   |

use num_complex::Complex64;

/// Whether a parameter is fitted as its logarithm or directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scale {
    /// Positive and spread over decades: fitted as ln(value).
    Logarithmic,
    /// Fitted directly: the exponent of a constant phase element.
    Linear,
}

/// One parameter of a circuit.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSpec {
    /// Name as in impedance.py: `R1`; `CPE1_0` (Q) and `CPE1_1` (n) for two parameters.
    pub name: String,
    /// Name of the element to which it belongs: `CPE1`.
    pub element: String,
    /// UCUM code. UCUM has integer exponents only, so the fractional power of the second is written in
    /// an annotation: `S.s{^n}` for Q and `Ohm.s{^-1/2}` for a Warburg coefficient.
    pub unit: &'static str,
    /// Smallest value a fit may give, in `unit`.
    pub lower: f64,
    /// Largest value a fit may give, in `unit`.
    pub upper: f64,
    /// How the parameter is fitted.
    pub scale: Scale,
}

/// A kind of element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementKind {
    /// `R`: resistor.
    Resistor,
    /// `C`: capacitor.
    Capacitor,
    /// `L`: inductor.
    Inductor,
    /// `CPE` (also written `Q`): constant phase element.
    ConstantPhase,
    /// `W`: semi-infinite diffusion.
    Warburg,
    /// `Wo`: diffusion against a blocking end (finite space).
    WarburgOpen,
    /// `Ws`: diffusion towards an ideal sink (finite length).
    WarburgShort,
    /// `G`: diffusion with reaction (Gerischer).
    Gerischer,
}

/// Common properties of the parameters of an element: suffix, unit, bounds, scale.
pub(crate) struct ParameterKind {
    pub(crate) unit: &'static str,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) scale: Scale,
}

const OHM: ParameterKind = logarithmic("Ohm", 1e-12, 1e18);
const SECOND: ParameterKind = logarithmic("s", 1e-12, 1e12);

const fn logarithmic(unit: &'static str, lower: f64, upper: f64) -> ParameterKind {
    ParameterKind { unit, lower, upper, scale: Scale::Logarithmic }
}

impl ElementKind {
    /// Every kind, longest symbols first.
    pub const ALL: [Self; 8] = [
        Self::ConstantPhase,
        Self::WarburgOpen,
        Self::WarburgShort,
        Self::Resistor,
        Self::Capacitor,
        Self::Inductor,
        Self::Warburg,
        Self::Gerischer,
    ];

    /// The symbol in circuit notation.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Resistor => "R",
            Self::Capacitor => "C",
            Self::Inductor => "L",
            Self::ConstantPhase => "CPE",
            Self::Warburg => "W",
            Self::WarburgOpen => "Wo",
            Self::WarburgShort => "Ws",
            Self::Gerischer => "G",
        }
    }

    /// Number of parameters of an element of this kind: 1 or 2.
    #[must_use]
    pub fn parameter_count(self) -> usize {
        self.parameter_kinds().len()
    }

    pub(crate) fn parameter_kinds(self) -> &'static [ParameterKind] {
        const RESISTOR: &[ParameterKind] = &[OHM];
        const CAPACITOR: &[ParameterKind] = &[logarithmic("F", 1e-24, 1e12)];
        const INDUCTOR: &[ParameterKind] = &[logarithmic("H", 1e-18, 1e12)];
        const CONSTANT_PHASE: &[ParameterKind] = &[
            logarithmic("S.s{^n}", 1e-24, 1e12),
            ParameterKind { unit: "1", lower: 0.0, upper: 1.0, scale: Scale::Linear },
        ];
        const WARBURG: &[ParameterKind] = &[logarithmic("Ohm.s{^-1/2}", 1e-12, 1e18)];
        const DIFFUSION: &[ParameterKind] = &[OHM, SECOND];
        match self {
            Self::Resistor => RESISTOR,
            Self::Capacitor => CAPACITOR,
            Self::Inductor => INDUCTOR,
            Self::ConstantPhase => CONSTANT_PHASE,
            Self::Warburg => WARBURG,
            Self::WarburgOpen | Self::WarburgShort | Self::Gerischer => DIFFUSION,
        }
    }

    /// d ln Z / d ln(first parameter): −1 where the first parameter is a capacitance, else 1.
    pub(crate) fn amplitude_sign(self) -> f64 {
        match self {
            Self::Capacitor | Self::ConstantPhase => -1.0,
            _ => 1.0,
        }
    }

    /// Impedance (Ohm) at the angular frequency `omega` (rad/s), which must be positive.
    ///
    /// `p` holds [`Self::parameter_count`] values in the units of the table above.
    pub(crate) fn impedance(self, p: &[f64], omega: f64) -> Complex64 {
        match self {
            Self::Resistor => Complex64::new(p[0], 0.0),
            Self::Capacitor => Complex64::new(0.0, -1.0 / (omega * p[0])),
            Self::Inductor => Complex64::new(0.0, omega * p[0]),
            Self::ConstantPhase => {
                let (sin, cos) = half_turn(p[1]);
                let modulus = 1.0 / (p[0] * (p[1] * omega.ln()).exp());
                Complex64::new(modulus * cos, -modulus * sin)
            }
            Self::Warburg => {
                let part = p[0] / omega.sqrt();
                Complex64::new(part, -part)
            }
            Self::WarburgOpen => open_diffusion(omega * p[1]).0 * p[0],
            Self::WarburgShort => short_diffusion(omega * p[1]).0 * p[0],
            Self::Gerischer => gerischer(omega * p[1]).0 * p[0],
        }
    }
}

/// (sin, cos) of nπ/2, exact at n = 0 and n = 1: a capacitor must have no resistance.
#[allow(clippy::float_cmp, reason = "1 is the bound of the exponent, and exact there")]
pub(crate) fn half_turn(n: f64) -> (f64, f64) {
    if n == 1.0 { (1.0, 0.0) } else { (n * std::f64::consts::FRAC_PI_2).sin_cos() }
}

/// tanh(√(jx)) for x > 0, without overflow: numerator and denominator carry exp(−2a), a = √(x/2).
fn tanh_root(x: f64) -> Complex64 {
    let double = (2.0 * x).sqrt();
    let e = (-double).exp();
    let (sin, cos) = double.sin_cos();
    let denominator = 1.0 + e * e + 2.0 * e * cos;
    Complex64::new(-(-2.0 * double).exp_m1() / denominator, 2.0 * e * sin / denominator)
}

/// Below this ωτ the power series is more exact than the closed form, which cancels.
const SERIES_LIMIT: f64 = 0.02;

/// g = coth(u)/u and d ln g / d ln x for u = √(jx), x = ωτ.
pub(crate) fn open_diffusion(x: f64) -> (Complex64, Complex64) {
    if x < SERIES_LIMIT {
        let x2 = x * x;
        let g = Complex64::new(
            1.0 / 3.0 - 2.0 * x2 / 945.0 + 2.0 * x2 * x2 / 93_555.0,
            -1.0 / x - x / 45.0 + x2 * x / 4_725.0,
        );
        let slope =
            Complex64::new(-4.0 * x2 / 945.0 + 8.0 * x2 * x2 / 93_555.0, 1.0 / x - x / 45.0 + 3.0 * x2 * x / 4_725.0);
        return (g, slope / g);
    }
    let coth = tanh_root(x).inv();
    let root = Complex64::new((0.5 * x).sqrt(), (0.5 * x).sqrt());
    let g = coth / root;
    let slope = -0.5 * (coth * coth - 1.0 + g);
    (g, slope / g)
}

/// h = tanh(u)/u and d ln h / d ln x for u = √(jx), x = ωτ.
pub(crate) fn short_diffusion(x: f64) -> (Complex64, Complex64) {
    if x < SERIES_LIMIT {
        let x2 = x * x;
        let h = Complex64::new(
            1.0 - 2.0 * x2 / 15.0 + 62.0 * x2 * x2 / 2_835.0,
            -x / 3.0 + 17.0 * x2 * x / 315.0 - 1_382.0 * x2 * x2 * x / 155_925.0,
        );
        let slope = Complex64::new(
            -4.0 * x2 / 15.0 + 248.0 * x2 * x2 / 2_835.0,
            -x / 3.0 + 51.0 * x2 * x / 315.0 - 6_910.0 * x2 * x2 * x / 155_925.0,
        );
        return (h, slope / h);
    }
    let tanh = tanh_root(x);
    let root = Complex64::new((0.5 * x).sqrt(), (0.5 * x).sqrt());
    let h = tanh / root;
    let slope = 0.5 * (1.0 - tanh * tanh - h);
    (h, slope / h)
}

/// 1/√(1 + jx) and its d ln / d ln x.
pub(crate) fn gerischer(x: f64) -> (Complex64, Complex64) {
    let s = Complex64::new(1.0, x);
    (s.sqrt().inv(), -0.5 * Complex64::new(0.0, x) / s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffusion_elements_are_continuous_where_the_series_ends() {
        for f in [open_diffusion, short_diffusion] {
            let (below, slope_below) = f(SERIES_LIMIT * (1.0 - 1e-12));
            let (above, slope_above) = f(SERIES_LIMIT * (1.0 + 1e-12));
            assert!((below - above).norm() / above.norm() < 1e-11);
            assert!((slope_below - slope_above).norm() < 1e-11);
        }
    }

    #[test]
    fn diffusion_elements_have_no_limit_in_their_argument() {
        for exponent in -30..=30 {
            let x = 10f64.powi(exponent);
            for f in [open_diffusion, short_diffusion, gerischer] {
                let (value, slope) = f(x);
                assert!(value.is_finite() && slope.is_finite(), "x = {x}");
            }
        }
        let half = Complex64::new(0.5f64.sqrt(), 0.5f64.sqrt());
        let semi_infinite = (half * 1e10).inv();
        assert!((open_diffusion(1e20).0 - semi_infinite).norm() < 1e-12 * semi_infinite.norm());
        assert!((short_diffusion(1e20).0 - semi_infinite).norm() < 1e-12 * semi_infinite.norm());
    }
}
