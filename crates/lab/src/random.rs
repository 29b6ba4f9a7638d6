//! Random numbers that depend only on a seed and a name.
//!
//! SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) makes the bits, Box and Muller's transform the normal deviates. This
//! is the generator of the program itself; tests of other crates, which may not depend on this one, have theirs in
//! `tests/support`.

/// A stream of random numbers.
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream with this name: streams of other names, or of another seed, are unrelated to it. So a campaign
    /// with one film more leaves the spectra of all others as they were.
    pub(crate) fn named(seed: u64, name: &str) -> Self {
        // FNV-1a spreads the name over the 64 bits of the state.
        let hash = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let mut random = Self { state: seed ^ hash };
        random.state = random.bits();
        random
    }

    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in (0, 1]: zero is left out because its logarithm is taken.
    fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }

    /// Two independent normal deviates of mean 0 and standard deviation 1.
    pub(crate) fn normal_pair(&mut self) -> (f64, f64) {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        (radius * angle.cos(), radius * angle.sin())
    }

    /// A normal deviate of mean 0 and standard deviation 1.
    pub(crate) fn normal(&mut self) -> f64 {
        self.normal_pair().0
    }

    /// A number of events where `mean` are expected, `mean` not negative.
    ///
    /// Below 30 by Knuth's product of uniform deviates, above as a rounded normal deviate: the skewness that this
    /// leaves out is below 0.2 there.
    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        if mean >= 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let limit = (-mean).exp();
        let (mut events, mut product) = (0.0, self.uniform());
        while product > limit {
            events += 1.0;
            product *= self.uniform();
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_have_mean_zero_and_variance_one() {
        let mut random = Random::named(1, "moments");
        let deviates: Vec<f64> = (0..20_000).flat_map(|_| <[f64; 2]>::from(random.normal_pair())).collect();
        let mean = deviates.iter().sum::<f64>() / deviates.len() as f64;
        let variance = deviates.iter().map(|deviate| (deviate - mean).powi(2)).sum::<f64>() / deviates.len() as f64;
        assert!(mean.abs() < 0.015, "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn counts_have_the_mean_and_variance_of_poisson_s_law() {
        for mean in [0.3, 4.0, 29.0, 31.0, 4000.0] {
            let mut random = Random::named(1, "counts");
            let counts: Vec<f64> = (0..20_000).map(|_| random.poisson(mean)).collect();
            let found = counts.iter().sum::<f64>() / counts.len() as f64;
            let variance = counts.iter().map(|count| (count - found).powi(2)).sum::<f64>() / counts.len() as f64;
            // Five standard errors of a mean and of a variance over 20 000 draws.
            assert!((found - mean).abs() < 5.0 * (mean / 20_000.0).sqrt(), "{mean}: {found}");
            assert!((variance / mean - 1.0).abs() < 5.0 * ((2.0 + 1.0 / mean) / 20_000.0).sqrt(), "{mean}: {variance}");
        }
    }

    #[test]
    fn the_bits_are_those_of_the_published_generator() {
        let mut random = Random { state: 1_234_567 };
        let bits: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(bits, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn streams_of_two_names_differ() {
        assert_ne!(Random::named(1, "a").normal_pair(), Random::named(1, "b").normal_pair());
    }
}
