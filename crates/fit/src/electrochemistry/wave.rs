//! The current of a reversible couple that diffuses to the electrode, in a linear sweep.
//!
//! In units of n·F·A·c·√(D·n·F·v/(R·T)) it is the semiderivative of the logistic function of
//! ε = n·F·(E − E½)/(R·T): χ(ε) = π^(−½) ∫ g'(u) (ε − u)^(−½) du, g' = e^u/(1 + e^u)². Its maximum, 0.4463, is at ε = 1.109.
//!
//! Source: R. S. Nicholson, I. Shain, Anal. Chem. 36, 706 (1964); as a semiderivative: K. B. Oldham, J. Spanier,
//! J. Electroanal. Chem. 26, 331 (1970); A. J. Bard, L. R. Faulkner, Electrochemical Methods, 2nd ed., section 6.2.

use std::f64::consts::PI;
use std::sync::LazyLock;

/// ε of the maximum.
pub(super) const AT_MAXIMUM: f64 = 1.109_1;
/// χ there.
const MAXIMUM: f64 = 0.446_295;
/// Limits of the table, and its step.
const LOW: f64 = -14.0;
const HIGH: f64 = 30.0;
const STEP: f64 = 0.02;

static TABLE: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let points = ((HIGH - LOW) / STEP).round() as usize + 2;
    (0..points).map(|k| semiderivative(LOW + STEP * k as f64)).collect()
});

/// With u = ε − s² the integrand is smooth; the trapezoidal rule then converges exponentially.
fn semiderivative(epsilon: f64) -> f64 {
    const PARTS: u32 = 300;
    let last = (epsilon + 34.0).max(1.0).sqrt();
    let sum: f64 = (0..PARTS)
        .map(|part| {
            let s = last * f64::from(part) / f64::from(PARTS);
            let half = (0.5 * (epsilon - s * s)).cosh();
            let value = 0.25 / (half * half);
            if part == 0 { 0.5 * value } else { value }
        })
        .sum();
    2.0 / PI.sqrt() * sum * last / f64::from(PARTS)
}

/// The current at a distance from the maximum, in units of R·T/(n·F), as a fraction of the maximum.
pub(super) fn wave(distance: f64) -> f64 {
    let epsilon = distance + AT_MAXIMUM;
    let chi = if epsilon <= LOW {
        epsilon.exp()
    } else if epsilon >= HIGH {
        // Mean of (ε − u)^(−½) with the variance π²/3 of u.
        (1.0 + 0.375 * PI * PI / 3.0 / (epsilon * epsilon)) / (PI * epsilon).sqrt()
    } else {
        let place = (epsilon - LOW) / STEP;
        let below = place as usize;
        let share = place - below as f64;
        TABLE[below] + share * (TABLE[below + 1] - TABLE[below])
    };
    chi / MAXIMUM
}

/// The derivative of [`wave`].
pub(super) fn slope(distance: f64) -> f64 {
    const REACH: f64 = 0.04;
    (wave(distance + REACH) - wave(distance - REACH)) / (2.0 * REACH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wave_has_the_published_maximum_and_half_width() {
        let places = (-200..200).map(|k| 0.01 * f64::from(k));
        let top = places.max_by(|a, b| wave(*a).total_cmp(&wave(*b))).unwrap();
        assert!(top.abs() < 0.02, "{top}");
        assert!((semiderivative(AT_MAXIMUM) - MAXIMUM).abs() < 2e-6, "{}", semiderivative(AT_MAXIMUM));
        // |E(p) − E(p/2)| = 2.20 R·T/(n·F).
        let half = (0..500).map(|k| -0.01 * f64::from(k)).find(|distance| wave(*distance) < 0.5).unwrap();
        assert!((half + 2.20).abs() < 0.02, "{half}");
        assert!((wave(HIGH - AT_MAXIMUM - 1e-6) / wave(HIGH - AT_MAXIMUM + 1e-6) - 1.0).abs() < 1e-4);
        assert!((wave(LOW - AT_MAXIMUM - 1e-6) / wave(LOW - AT_MAXIMUM + 1e-6) - 1.0).abs() < 1e-3);
    }
}
