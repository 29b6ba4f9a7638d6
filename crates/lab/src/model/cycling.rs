//! Charging and discharging LiMn2O4 at constant currents: what is left of the capacity at each rate.
//!
//! The capacity at a rate is Q0/(1 + (rate/rate½)^1.5), a form with the two limits that matter: all of it when slow, none
//! when fast. The potential is that at equilibrium plus or minus a resistance times the current density; when the charge for
//! its rate has passed, the potential runs to the end of the window, and the half cycle ends. Chosen for its shape, not from a source.

use super::cv::equilibrium_v;

/// A film of LiMn2O4 under a coating.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RateCapability {
    /// Capacity of a slow cycle (µAh/cm²).
    pub(crate) capacity_uah_per_cm2: f64,
    /// Rate (C) at which half of it is left.
    pub(crate) half_rate_c: f64,
    /// Resistance (Ohm·cm²).
    pub(crate) resistance_ohm_cm2: f64,
    /// Ends of the window (V), where half cycles end.
    pub(crate) window_v: (f64, f64),
}

/// A point of a half cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    /// Seconds since the half cycle began.
    pub(crate) time_s: f64,
    pub(crate) potential_v: f64,
    /// Charge that passed in the half cycle (µAh/cm²), positive while charging.
    pub(crate) charge_uah_per_cm2: f64,
}

/// Which half of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Charge,
    Discharge,
}

/// Part of the charge left out at both ends, where the equilibrium potential runs away.
const END: f64 = 0.002;

impl RateCapability {
    /// Capacity (µAh/cm²) at a rate (C).
    pub(crate) fn capacity_at(&self, rate_c: f64) -> f64 {
        self.capacity_uah_per_cm2 / (1.0 + (rate_c / self.half_rate_c).powf(1.5))
    }

    /// A half cycle at a rate (C; 1C is `current_1c_ua_per_cm2`) in this many points, 2 at least.
    pub(crate) fn half_cycle(&self, rate_c: f64, current_1c_ua_per_cm2: f64, half: Half, points: u32) -> Vec<Point> {
        let current = rate_c * current_1c_ua_per_cm2;
        let capacity = self.capacity_at(rate_c);
        let (sign, end_v) = if half == Half::Charge { (1.0, self.window_v.1) } else { (-1.0, self.window_v.0) };
        let last = points.saturating_sub(1).max(1);
        (0..=last)
            .map(|point| {
                let part = f64::from(point) / f64::from(last);
                let charge = part * capacity;
                // Of what can take part at this rate, not of the whole: the rest does not see the current.
                let charged = if half == Half::Charge { part } else { 1.0 - part };
                let rest_v = equilibrium_v(END + (1.0 - 2.0 * END) * charged);
                let potential_v = rest_v + sign * current * 1e-6 * self.resistance_ohm_cm2;
                Point {
                    time_s: charge / current * 3600.0,
                    potential_v: if point == last {
                        end_v
                    } else {
                        potential_v.clamp(self.window_v.0, self.window_v.1)
                    },
                    charge_uah_per_cm2: sign * charge,
                }
            })
            .collect()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    const FILM: RateCapability = RateCapability {
        capacity_uah_per_cm2: 6.0,
        half_rate_c: 50.0,
        resistance_ohm_cm2: 100.0,
        window_v: (3.5, 4.5),
    };

    #[test]
    fn half_of_the_capacity_is_left_at_the_half_rate() {
        assert_eq!(FILM.capacity_at(50.0), 3.0);
        assert!(FILM.capacity_at(0.01) > 5.999);
    }

    #[test]
    fn charge_is_current_times_time() {
        for point in FILM.half_cycle(5.0, 6.0, Half::Discharge, 20) {
            assert!((point.charge_uah_per_cm2 + 30.0 * point.time_s / 3600.0).abs() < 1e-9);
        }
    }

    #[test]
    fn charging_lies_above_discharging_by_twice_the_resistance_s_voltage() {
        let charge = FILM.half_cycle(100.0, 6.0, Half::Charge, 21);
        let discharge = FILM.half_cycle(100.0, 6.0, Half::Discharge, 21);
        let difference = charge[10].potential_v - discharge[10].potential_v;
        assert!((difference - 0.12).abs() < 1e-9, "{difference}");
        assert_eq!((charge[20].potential_v, discharge[20].potential_v), (4.5, 3.5));
        assert!(charge[..20].iter().chain(&discharge[..20]).all(|point| (3.6..=4.45).contains(&point.potential_v)));
    }
}
