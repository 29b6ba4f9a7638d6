//! Complex numbers, as far as waves in thin films need them.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Complex {
    pub(crate) re: f64,
    pub(crate) im: f64,
}

impl Complex {
    pub(crate) const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    /// The modulus.
    pub(crate) fn modulus(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// The argument, from −π to π.
    pub(crate) fn argument(self) -> f64 {
        self.im.atan2(self.re)
    }

    /// e to this power.
    pub(crate) fn exp(self) -> Self {
        let modulus = self.re.exp();
        Self::new(modulus * self.im.cos(), modulus * self.im.sin())
    }

    /// The square root whose real part is not negative.
    pub(crate) fn sqrt(self) -> Self {
        let larger = f64::midpoint(self.modulus(), self.re.abs()).sqrt();
        if larger == 0.0 {
            return Self::new(0.0, 0.0);
        }
        // The smaller part from the larger one: their squares' difference would lose digits.
        let smaller = self.im / (2.0 * larger);
        if self.re >= 0.0 { Self::new(larger, smaller) } else { Self::new(smaller.abs(), larger.copysign(self.im)) }
    }
}

impl From<f64> for Complex {
    fn from(re: f64) -> Self {
        Self::new(re, 0.0)
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

impl Div for Complex {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let squared = other.re * other.re + other.im * other.im;
        let product = self * Self::new(other.re, -other.im);
        Self::new(product.re / squared, product.im / squared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotient_times_its_divisor_is_the_dividend() {
        let (a, b) = (Complex::new(1.5, -2.0), Complex::new(-0.3, 4.0));
        let back = a / b * b;
        assert!((back - a).modulus() < 1e-14, "{back:?}");
    }

    #[test]
    fn a_square_root_squared_is_the_number() {
        for number in [Complex::new(-3.0, -1e-9), Complex::new(2.0, 5.0), Complex::new(0.0, -4.0), Complex::from(9.0)] {
            let root = number.sqrt();
            assert!(root.re >= 0.0 && (root * root - number).modulus() < 1e-12, "{number:?}: {root:?}");
        }
    }
}
