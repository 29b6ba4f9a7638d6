//! Student's distribution: how far an interval reaches if its standard error was itself estimated.
//!
//! Source: Student, Biometrika 6 (1908) 1.

/// What a standard error is multiplied by for an interval that holds `probability` (0 to below 1), if it was estimated with
/// `freedom` degrees of freedom; infinitely many, or below 1, are possible: the latter count as 1.
pub(crate) fn factor(probability: f64, freedom: f64) -> f64 {
    const PIECES: usize = 4000;
    let freedom = freedom.clamp(1.0, 1e4);
    // With t = √ν·tan θ the density is that of cos^(ν−1) θ, between right angles.
    let width = std::f64::consts::FRAC_PI_2 / PIECES as f64;
    let density: Vec<f64> = (0..PIECES).map(|piece| ((piece as f64 + 0.5) * width).cos().powf(freedom - 1.0)).collect();
    let wanted = probability * density.iter().sum::<f64>();
    let mut reached = 0.0;
    for (piece, density) in density.iter().enumerate() {
        if reached + density >= wanted {
            let angle = (piece as f64 + (wanted - reached) / density) * width;
            return freedom.sqrt() * angle.tan();
        }
        reached += density;
    }
    f64::INFINITY
}

/// The probability within one standard deviation of a normal distribution.
pub(crate) const ONE_SIGMA: f64 = 0.682_689_492;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_those_of_printed_tables() {
        let printed =
            [(0.95, 1.0, 12.706), (0.95, 2.0, 4.303), (0.95, 3.0, 3.182), (0.95, 11.0, 2.201), (0.999, 5.0, 6.869)];
        for (probability, freedom, expected) in printed {
            let found = factor(probability, freedom);
            assert!((found / expected - 1.0).abs() < 2e-4, "{probability} {freedom}: {found}, expected {expected}");
        }
        assert!((factor(ONE_SIGMA, 1.0) - 1.837).abs() < 1e-3);
        assert!((factor(ONE_SIGMA, f64::INFINITY) - 1.0).abs() < 1e-3);
        assert!((factor(0.95, f64::INFINITY) - 1.96).abs() < 1e-3);
    }
}
