//! Thickness of a film while it is deposited, dose by dose.
//!
//! A cycle's growth is parted among its doses: the thickness relaxes exponentially to its new value after each.
//! Before growth sets in, cycles add little: the rate rises as a logistic function of the number of cycles, so that the
//! straight part, extended downwards, meets the starting thickness at the nucleation delay.

/// Seconds in which a dose has done 63 % of its change.
const RELAXATION_S: f64 = 4.0;
/// Cycles over which the growth rate rises from 27 % to 73 %, halved.
const ONSET_CYCLES: f64 = 6.0;

/// A dose of one precursor and the pumping after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dose {
    pub(crate) precursor: String,
    pub(crate) dose_s: f64,
    pub(crate) pump_s: f64,
    /// Change of the thickness once growth is steady (nm).
    pub(crate) step_nm: f64,
}

/// A deposition run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deposition {
    /// The doses of each cycle of a supercycle; one element where all cycles are alike.
    pub(crate) supercycle: Vec<Vec<Dose>>,
    /// Cycles in all (subcycles, where cycles differ).
    pub(crate) cycles: u32,
    /// Cycles of delay before growth.
    pub(crate) delay_cycles: f64,
    /// Time of the first dose (s).
    pub(crate) first_dose_s: f64,
    /// Thickness before the first dose (nm).
    pub(crate) start_nm: f64,
}

/// What the reactor does from a time on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) time_s: f64,
    /// Number of the cycle, from 1.
    pub(crate) cycle: u32,
    /// The precursor of a dose, `None` while it pumps.
    pub(crate) precursor: Option<String>,
    pub(crate) duration_s: f64,
}

impl Deposition {
    /// Every dose and every pumping, in the order of time.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut time_s = self.first_dose_s;
        for (cycle, doses) in self.doses() {
            for dose in doses {
                for (precursor, duration_s) in [(Some(dose.precursor.clone()), dose.dose_s), (None, dose.pump_s)] {
                    events.push(Event { time_s, cycle: cycle + 1, precursor, duration_s });
                    time_s += duration_s;
                }
            }
        }
        events
    }

    /// Cycle at which the straight part, extended downwards, meets the starting thickness: the delay, and what of the onset would
    /// lie before the first cycle.
    pub(crate) fn straight_from_cycle(&self) -> f64 {
        self.delay_cycles + ONSET_CYCLES * (-self.delay_cycles / ONSET_CYCLES).exp().ln_1p()
    }

    /// Mean duration of a cycle (s).
    pub(crate) fn cycle_s(&self) -> f64 {
        let all: f64 = self.supercycle.iter().flatten().map(|dose| dose.dose_s + dose.pump_s).sum();
        all / self.supercycle.len() as f64
    }

    /// Thickness (nm) at times (s, rising).
    pub(crate) fn thickness_nm(&self, times_s: &[f64]) -> Vec<f64> {
        let mut steps = Vec::new();
        let mut time_s = self.first_dose_s;
        for (cycle, doses) in self.doses() {
            let rate = 1.0 / (1.0 + ((self.delay_cycles - f64::from(cycle) - 0.5) / ONSET_CYCLES).exp());
            for dose in doses {
                steps.push((time_s, dose.step_nm * rate));
                time_s += dose.dose_s + dose.pump_s;
            }
        }
        let (mut settled_nm, mut next) = (self.start_nm, 0);
        times_s
            .iter()
            .map(|&time_s| {
                while steps.get(next + 1).is_some_and(|(at_s, _)| *at_s <= time_s) {
                    settled_nm += steps[next].1;
                    next += 1;
                }
                let latest = steps.get(next).filter(|(at_s, _)| *at_s <= time_s);
                settled_nm + latest.map_or(0.0, |(at_s, step)| step * (1.0 - ((at_s - time_s) / RELAXATION_S).exp()))
            })
            .collect()
    }

    /// The cycles with their number from 0.
    fn doses(&self) -> impl Iterator<Item = (u32, &Vec<Dose>)> {
        (0..self.cycles).zip(self.supercycle.iter().cycle())
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    fn deposition() -> Deposition {
        let dose =
            |precursor: &str, dose_s, step_nm| Dose { precursor: precursor.to_owned(), dose_s, pump_s: 60.0, step_nm };
        Deposition {
            supercycle: vec![vec![dose("LiHMDS", 20.0, 0.09), dose("H2O", 5.0, -0.07), dose("TMB", 20.0, 0.02)]],
            cycles: 300,
            delay_cycles: 100.0,
            first_dose_s: 60.0,
            start_nm: 1.5,
        }
    }

    #[test]
    fn the_steady_part_meets_the_starting_thickness_at_the_delay() {
        let run = deposition();
        let after = |cycle: f64| run.first_dose_s + cycle * run.cycle_s() - 1.0;
        let thickness = run.thickness_nm(&[0.0, after(200.0), after(300.0)]);
        assert_eq!(thickness[0], 1.5);
        let slope = (thickness[2] - thickness[1]) / 100.0;
        assert!((slope - 0.04).abs() < 1e-6, "{slope}");
        let delay = 300.0 - (thickness[2] - 1.5) / slope;
        assert!((delay - 100.0).abs() < 0.01, "{delay}");
    }

    #[test]
    fn a_dose_of_water_takes_some_of_the_thickness_away() {
        let run = deposition();
        let cycle = run.first_dose_s + 250.0 * run.cycle_s();
        let thickness = run.thickness_nm(&[cycle - 1.0, cycle + 79.0, cycle + 144.0, cycle + 224.0]);
        let steps: Vec<f64> = thickness.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for (step, expected) in steps.iter().zip([0.09, -0.07, 0.02]) {
            assert!((step - expected).abs() < 1e-6, "{step}");
        }
    }

    #[test]
    fn events_follow_each_other_without_a_gap() {
        let events = deposition().events();
        assert_eq!(events.len(), 300 * 6);
        assert_eq!(
            (events[0].cycle, events[0].precursor.as_deref(), events[1].precursor.as_deref()),
            (1, Some("LiHMDS"), None)
        );
        assert!(events.windows(2).all(|pair| (pair[0].time_s + pair[0].duration_s - pair[1].time_s).abs() < 1e-6));
    }

    #[test]
    fn a_supercycle_takes_its_cycles_in_turn() {
        let mut run = deposition();
        let phosphate =
            |precursor: &str| Dose { precursor: precursor.to_owned(), dose_s: 20.0, pump_s: 60.0, step_nm: 0.035 };
        run.supercycle.push(vec![phosphate("LiHMDS"), phosphate("TMP")]);
        assert!((run.cycle_s() - 192.5).abs() < 1e-12);
        let of_cycle = |cycle| -> Vec<_> {
            run.events().into_iter().filter(|event| event.cycle == cycle).filter_map(|event| event.precursor).collect()
        };
        assert_eq!(
            (of_cycle(1).len(), of_cycle(2), of_cycle(3).len()),
            (3, vec!["LiHMDS".to_owned(), "TMP".to_owned()], 3)
        );
    }
}
