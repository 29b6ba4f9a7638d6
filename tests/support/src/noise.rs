//! Random numbers for tests: the same seed gives the same numbers in every run and on every computer.
//!
//! SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) makes the bits; the transform of Box and Muller makes normal deviates of them.

/// A seeded stream of random numbers.
#[derive(Clone, Debug)]
pub struct Noise(u64);

impl Noise {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 to `end` - 1; 0 where `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end.max(1) as u64) as usize
    }

    /// Uniform from 0 to below 1.
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform from `low` to below `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.uniform() * (high - low)
    }

    /// From `low` to below `high`, both positive, with a uniform logarithm.
    pub fn log_between(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// A normal deviate of mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A number of events where `mean` are expected: exact up to a mean of 2,000 (products of uniform deviates, in parts of at
    /// most 16 so that no product underflows); above, the rounded normal deviate with the skewness of Poisson's law.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 2000.0 {
            let z = self.normal();
            return (mean + mean.sqrt() * z + (z * z - 1.0) / 6.0).round().max(0.0);
        }
        let (mut left, mut events) = (mean, 0.0);
        while left > 0.0 {
            let part = left.min(16.0);
            left -= part;
            let limit = (-part).exp();
            let mut product = self.uniform();
            while product > limit {
                events += 1.0;
                product *= self.uniform();
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bits_are_those_of_the_published_generator() {
        let mut noise = Noise::new(1_234_567);
        let bits = [noise.bits(), noise.bits(), noise.bits()];
        assert_eq!(bits, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    /// Mean, variance and third central moment of 20,000 deviates.
    fn moments(mut deviate: impl FnMut() -> f64) -> [f64; 3] {
        let deviates: Vec<f64> = (0..20_000).map(|_| deviate()).collect();
        let mean = deviates.iter().sum::<f64>() / 20_000.0;
        let central = |power: i32| deviates.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / 20_000.0;
        [mean, central(2), central(3)]
    }

    #[test]
    fn deviates_have_the_moments_of_their_laws() {
        let mut noise = Noise::new(1);
        // Five standard errors of each moment over 20,000 draws.
        let [mean, variance, third] = moments(|| noise.normal());
        assert!(mean.abs() < 0.035 && (variance - 1.0).abs() < 0.05 && third.abs() < 0.14, "{mean} {variance} {third}");
        for expected in [0.3, 4.0, 31.0, 1999.0, 2001.0, 40_000.0] {
            let [mean, variance, _] = moments(|| noise.poisson(expected));
            assert!((mean - expected).abs() < 5.0 * (expected / 20_000.0).sqrt(), "{expected}: {mean}");
            let error = ((2.0 + 1.0 / expected) / 20_000.0).sqrt();
            assert!((variance / expected - 1.0).abs() < 5.0 * error, "{expected}: {variance}");
        }
    }

    #[test]
    fn deviates_stay_in_their_range() {
        let mut noise = Noise::new(2);
        assert_eq!((noise.below(0), noise.poisson(0.0)), (0, 0.0));
        for _ in 0..1000 {
            assert!(noise.below(7) < 7);
            assert!((0.0..1.0).contains(&noise.uniform()));
            assert!((-3.0..5.0).contains(&noise.between(-3.0, 5.0)));
            assert!((0.999e-9..1e-3).contains(&noise.log_between(1e-9, 1e-3)));
        }
    }
}
