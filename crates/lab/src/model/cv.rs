//! Sweeps of the potential: lithium going into and out of LiMn2O4, and a window that ends in oxidation.
//!
//! Two pairs of peaks near 4.0 and 4.13 V against Li⁺/Li, where LiMn2O4 has its two steps. The charge follows a logistic
//! function of the potential at each, so that the current of a sweep is a bell; sweeping up and down, the bells are separated by
//! a separation. A thin film exchanges its whole charge, so their height is proportional to the sweep rate.

/// Centres of the two pairs (V against Li⁺/Li).
pub(crate) const PAIRS_V: [f64; 2] = [4.00, 4.13];
/// Width of the logistic function (V): a little above kT/e, 0.0257 V at 25 °C, as in films with many grains.
pub(crate) const WIDTH_V: f64 = 0.03;
const SECONDS_PER_HOUR: f64 = 3600.0;

/// A film of LiMn2O4 under a coating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Intercalation {
    /// Charge of both steps together (µAh/cm²).
    pub(crate) capacity_uah_per_cm2: f64,
    /// Distance of the peaks of a pair (V).
    pub(crate) separation_v: f64,
    /// Capacitance of the interface (µF/cm²).
    pub(crate) capacitance_uf_per_cm2: f64,
}

/// Direction of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sweep {
    Up,
    Down,
}

impl Intercalation {
    /// Current density (µA/cm²) at a potential (V) of a sweep with this rate (V/s).
    pub(crate) fn current_ua_per_cm2(&self, potential_v: f64, rate_v_per_s: f64, sweep: Sweep) -> f64 {
        let sign = if sweep == Sweep::Up { 1.0 } else { -1.0 };
        let charge_uc = self.capacity_uah_per_cm2 * SECONDS_PER_HOUR / PAIRS_V.len() as f64;
        let bells: f64 = PAIRS_V
            .iter()
            .map(|pair| {
                let part = 0.5 / (0.5 * (potential_v - pair - sign * self.separation_v / 2.0) / WIDTH_V).cosh();
                charge_uc * part * part / WIDTH_V
            })
            .sum();
        sign * rate_v_per_s * (bells + self.capacitance_uf_per_cm2)
    }
}

/// Potential (V) at which this part of the charge (between 0 and 1) has left at equilibrium, by bisection.
pub(crate) fn equilibrium_v(part: f64) -> f64 {
    let (mut below, mut above) = (3.0, 5.0);
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        let left: f64 = PAIRS_V.iter().map(|pair| 1.0 / (1.0 + ((pair - middle) / WIDTH_V).exp())).sum();
        if left / (PAIRS_V.len() as f64) < part { below = middle } else { above = middle }
    }
    f64::midpoint(below, above)
}

/// Oxidation at the end of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    /// Where it begins (V against Li⁺/Li); `None` where it doesn't.
    pub(crate) onset_v: Option<f64>,
    /// How steeply it rises beyond: µA/cm² per V².
    pub(crate) rise: f64,
    /// Current density before it (µA/cm²).
    pub(crate) baseline_ua_per_cm2: f64,
}

impl Window {
    /// Current density (µA/cm²) at a potential (V).
    pub(crate) fn current_ua_per_cm2(&self, potential_v: f64) -> f64 {
        let beyond_v = self.onset_v.map_or(0.0, |onset| (potential_v - onset).max(0.0));
        self.baseline_ua_per_cm2 + self.rise * beyond_v * beyond_v
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    const FILM: Intercalation =
        Intercalation { capacity_uah_per_cm2: 6.0, separation_v: 0.04, capacitance_uf_per_cm2: 0.0 };

    #[test]
    fn a_sweep_carries_the_whole_charge() {
        for (sweep, sign) in [(Sweep::Up, 1.0), (Sweep::Down, -1.0)] {
            let charge: f64 =
                (0..20_000).map(|step| FILM.current_ua_per_cm2(3.0 + 1e-4 * f64::from(step), 1e-3, sweep) * 0.1).sum();
            assert!((sign * charge / 3600.0 / 6.0 - 1.0).abs() < 1e-6, "{charge} µC/cm²");
        }
    }

    #[test]
    fn peaks_of_a_pair_differ_by_the_separation() {
        let top = |sweep| {
            let at = |step: i32| 3.95 + 1e-4 * f64::from(step);
            let height = |step: &i32| FILM.current_ua_per_cm2(at(*step), 1e-3, sweep).abs();
            at((0..1000).max_by(|a, b| height(a).total_cmp(&height(b))).unwrap())
        };
        // The foot of the other pair's bell pulls both peaks upwards, alike to 3 mV.
        assert!((top(Sweep::Up) - top(Sweep::Down) - 0.04).abs() < 3e-3, "{} {}", top(Sweep::Up), top(Sweep::Down));
    }

    #[test]
    fn half_of_the_charge_has_left_between_the_pairs() {
        assert!((equilibrium_v(0.5) - 4.065).abs() < 1e-9);
        assert!(equilibrium_v(0.01) < 3.95 && equilibrium_v(0.99) > 4.2);
    }

    #[test]
    fn current_rises_beyond_the_onset_only() {
        let window = Window { onset_v: Some(4.1), rise: 200.0, baseline_ua_per_cm2: 0.1 };
        assert_eq!(window.current_ua_per_cm2(4.0), 0.1);
        assert!((window.current_ua_per_cm2(4.2) - 2.1).abs() < 1e-9);
        assert_eq!(Window { onset_v: None, ..window }.current_ua_per_cm2(6.0), 0.1);
    }
}
