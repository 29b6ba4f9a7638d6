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

/// The probability that a deviation of this many standard errors, or a larger one of either sign, occurs by chance, if the standard
/// error was estimated with `freedom` degrees of freedom (0 to 1).
pub(crate) fn chance(deviation: f64, freedom: f64) -> f64 {
    let freedom = freedom.clamp(1.0, 1e4);
    // The same density, from the angle of the deviation on.
    let sum = |from: f64| {
        const PIECES: usize = 200;
        let width = (std::f64::consts::FRAC_PI_2 - from) / PIECES as f64;
        let density = |piece: usize| (from + (piece as f64 + 0.5) * width).cos().powf(freedom - 1.0);
        width * (0..PIECES).map(density).sum::<f64>()
    };
    (sum((deviation.abs() / freedom.sqrt()).atan()) / sum(0.0)).min(1.0)
}

/// The deviation, in standard deviations of a normal distribution, that is reached or exceeded by chance with this probability (above 0,
/// to 1), either sign counted.
///
/// # Source
///
/// P. J. Acklam, An algorithm for computing the inverse normal cumulative distribution function (2003); relative error below 1.2e-9.
pub(crate) fn normal_deviation(chance: f64) -> f64 {
    const A: [f64; 6] = [
        -39.696_830_286_653_76,
        220.946_098_424_520_5,
        -275.928_510_446_968_7,
        138.357_751_867_269,
        -30.664_798_066_147_16,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -54.476_098_798_224_06,
        161.585_836_858_040_9,
        -155.698_979_859_886_6,
        66.801_311_887_719_72,
        -13.280_681_552_885_72,
        1.0,
    ];
    const C: [f64; 6] = [
        -0.007_784_894_002_430_293,
        -0.322_396_458_041_136_5,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] =
        [0.007_784_695_709_041_462, 0.322_467_129_070_039_8, 2.445_134_137_142_996, 3.754_408_661_907_416, 1.0];
    let of = |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = 0.5 * chance.clamp(1e-300, 1.0);
    if tail < 0.024_25 {
        let q = (-2.0 * tail.ln()).sqrt();
        return -of(&C, q) / of(&D, q);
    }
    let q = 0.5 - tail;
    q * of(&A, q * q) / of(&B, q * q)
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
        for freedom in [2.5, 4.0, 30.0] {
            assert!((chance(factor(0.95, freedom), freedom) / 0.05 - 1.0).abs() < 1e-3, "{freedom}");
        }
        for (chance, expected) in
            [(1.0, 0.0), (0.317_310_507_863, 1.0), (0.05, 1.959_964), (0.002_699_796, 3.0), (1.973e-9, 6.0)]
        {
            assert!((normal_deviation(chance) - expected).abs() < 1e-4, "{chance}: {}", normal_deviation(chance));
        }
        assert!((factor(ONE_SIGMA, 1.0) - 1.837).abs() < 1e-3);
        assert!((factor(ONE_SIGMA, f64::INFINITY) - 1.0).abs() < 1e-3);
        assert!((factor(0.95, f64::INFINITY) - 1.96).abs() < 1e-3);
    }
}
