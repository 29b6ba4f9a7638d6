//! What comes before the first step and after the last: preparation, leak test, evacuation, cool-down.

use super::{GRACE_MS, Place, Span, Stage, Watch, s};
use crate::session::part::{Ending, Kind, Part, Seen};
use crate::session::status::Status;

/// A thermometer's noise (°C) by which a heater may be above the temperature of venting when it is read again.
const NOISE_C: f64 = 1.0;

impl Watch<'_> {
    pub(super) fn preparation(&mut self, part: &Part, place: &Place) {
        let program = self.released.program();
        if self.stage > Stage::Preparation || self.records > 0 {
            self.hard("preparation", "a second preparation during the run".to_owned());
        }
        self.stage = if program.conditions.leak.is_some() { Stage::LeakTest } else { Stage::Steps };
        if part.ending != Ending::Complete {
            return;
        }
        if u64::from(part.duration_ms) + u64::from(self.released.reactor().tolerance.duration.0)
            < u64::from(program.settle_ms)
        {
            self.hard(
                "settle",
                format!(
                    "{} lasted {} s, planned {} s at least",
                    place.words,
                    s(part.duration_ms),
                    s(program.settle_ms)
                ),
            );
        }
        let next = if program.conditions.leak.is_some() { "the leak test" } else { "the first step" };
        self.base(&part.seen, next);
    }

    fn base(&mut self, seen: &Seen, next: &str) {
        let base_pa = f64::from(self.released.program().base_pressure_upa) / 1e6;
        let lowest = seen.pressure_pa[1];
        if lowest > base_pa * (1.0 + 1e-9) {
            self.hard("base", format!("{next} began at {lowest:.2e} Pa, planned base pressure {base_pa:.2e} Pa"));
        }
    }

    /// The record of a leak test. The rise itself is compared in [`Watch::rise`].
    pub(super) fn leak_test(&mut self, part: &Part) {
        let Some(leak) = self.released.program().conditions.leak.filter(|_| self.stage == Stage::LeakTest) else {
            self.hard("leak test", format!("record {} is of a leak test that was not planned then", part.number));
            return;
        };
        self.stage = Stage::Evacuation;
        let [_, lowest, highest] = part.seen.pressure_pa;
        self.leak_rate = (part.duration_ms > 0).then(|| (highest - lowest) / (f64::from(part.duration_ms) / 1e3));
        if part.ending != Ending::Complete {
            return;
        }
        let tolerance = self.released.reactor().tolerance.duration.0;
        if part.duration_ms.abs_diff(leak.duration_ms) > tolerance {
            let words = format!("leak test lasted {} s, planned {} s", s(part.duration_ms), s(leak.duration_ms));
            self.hard("duration", words);
        }
        // With the valve to the pump open, no rise says nothing about the gauge.
        if highest <= lowest && part.seen.pump_confirmed == 1 {
            let words = format!(
                "leak test: the pressure stayed at {lowest:.3e} Pa with everything shut: the gauge is stuck, or is not read"
            );
            self.hard("stuck", words);
        }
    }

    /// How far the pressure rose in the leak test so far.
    pub(super) fn rise(&mut self, place: &Place, seen: &Seen) {
        let program = self.released.program();
        let Some(leak) = program.conditions.leak.filter(|_| place.span == Span::Part) else { return };
        let [_, lowest, highest] = seen.pressure_pa;
        let allowed_pa = leak.rise_upa as f64 / 1e6;
        let rise_pa = highest - lowest;
        let elapsed_s = place.elapsed_ms as f64 / 1e3;
        if rise_pa > allowed_pa * (1.0 + 1e-9) {
            let rate = rise_pa / elapsed_s;
            let volume = self.released.reactor().chamber.map(|chamber| chamber.volume_l);
            let leak_rate = volume.map_or_else(String::new, |volume| format!(" ({:.2e} Pa l/s)", rate * volume));
            let words = format!(
                "leak test: the pressure rose by {rise_pa:.3e} Pa in {elapsed_s} s, {rate:.2e} Pa/s{leak_rate}; {:.2e} Pa/s at most",
                leak.max_rise_pa_per_s()
            );
            self.hard("leak", words);
        }
        let base_pa = f64::from(program.base_pressure_upa) / 1e6;
        if lowest > base_pa * (1.0 + 1e-9) + allowed_pa {
            self.hard(
                "leak base",
                format!("the leak test began at {lowest:.2e} Pa, planned base pressure {base_pa:.2e} Pa"),
            );
        }
    }

    pub(super) fn evacuation(&mut self, part: &Part) {
        if self.stage != Stage::Evacuation {
            self.hard("evacuation", format!("record {} is of an evacuation that was not planned then", part.number));
        }
        self.stage = Stage::Steps;
        if part.ending == Ending::Complete {
            self.base(&part.seen, "the first step");
        }
    }

    pub(super) fn cool_down(&mut self, part: &Part, place: &Place) {
        let cooling = self.released.program().conditions.cooling.as_ref().filter(|_| self.stage == Stage::CoolDown);
        let Some(cooling) = cooling else {
            self.hard("cool-down", format!("record {} is of a cool-down that was not planned then", part.number));
            return;
        };
        self.stage = Stage::Over;
        if u64::from(part.duration_ms) > u64::from(cooling.longest_ms) + GRACE_MS {
            let (took, longest) = (s(part.duration_ms), s(cooling.longest_ms));
            self.hard("long", format!("{} lasted {took} s, {longest} s at most", place.words));
        }
        if part.ending == Ending::Complete {
            let lowest: Vec<f64> = part.seen.temperatures_c.iter().map(|[lowest, _]| *lowest).collect();
            if let Err(words) = self.below_vent(&lowest) {
                self.hard("vent", format!("{} ended, but {words}", place.words));
            }
        }
    }

    /// Whether a run that is called complete has cooled as far as it has to.
    pub(super) fn cooled(&self, status: &Status) -> Result<(), String> {
        self.below_vent(&status.temperatures_c)
    }

    fn below_vent(&self, temperatures_c: &[f64]) -> Result<(), String> {
        let Some(cooling) = &self.released.program().conditions.cooling else { return Ok(()) };
        let heaters = self.released.reactor().heaters.iter().zip(&cooling.vent_mc).zip(temperatures_c);
        for ((heater, vent_mc), is) in heaters {
            let Some(vent) = vent_mc.map(|vent| f64::from(vent) / 1e3) else { continue };
            if *is > vent + NOISE_C {
                return Err(format!(
                    "heater `{}` is {is:.1} °C, the chamber is vented at {vent} °C or below",
                    heater.name
                ));
            }
        }
        Ok(())
    }

    /// Whether a part is one whose temperatures change no faster than their ramps.
    pub(super) fn is_ramped(kind: Kind) -> bool {
        !matches!(kind, Kind::None | Kind::Safe | Kind::Unknown)
    }
}
