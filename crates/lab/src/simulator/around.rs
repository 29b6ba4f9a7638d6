//! What the simulated controller does before its first step and after its last: preparation, leak test, evacuation, cool-down.

use super::part::Kind;
use super::process::Actuators;
use super::{Misbehaviour, Simulator, State};

impl Simulator {
    /// Goes on in the preparation.
    pub(super) fn prepare(&mut self, ms: u64) {
        let Some(image) = &self.image else { return };
        let in_tolerance = self.process.in_tolerance(&image.setpoints_c, image.tolerance_c);
        let is_evacuated = self.process.pressure_pa <= image.base_pa;
        self.settled_ms = if in_tolerance { self.settled_ms + ms } else { 0 };
        let is_late = self.since_start_ms > image.ready_ms;
        let (settle_ms, leak_ms, rise_upa) = (image.settle_ms, image.leak_ms, image.rise_upa);
        match self.part.kind {
            Kind::LeakTest => {
                let rise = self.part.rise_upa();
                let fails = rise > rise_upa || (rise == 0 && self.part.length_ms >= leak_ms);
                if fails && self.misbehaviour().is_none() {
                    self.abort(8);
                } else if self.part.length_ms >= self.leak_test_ms(leak_ms) {
                    self.record(0);
                    self.actuate(Actuators::SAFE);
                    self.begin_part(Kind::Evacuation);
                }
            }
            Kind::Evacuation if is_evacuated && in_tolerance => self.first_step(),
            Kind::Preparation
                if (is_evacuated && self.settled_ms >= settle_ms) || self.does(Misbehaviour::Unprepared) =>
            {
                if leak_ms == 0 || self.does(Misbehaviour::SkipsLeakTest) {
                    return self.first_step();
                }
                self.record(0);
                self.actuate(Actuators { pump_open: self.does(Misbehaviour::PumpsInLeakTest), ..Actuators::SAFE });
                self.begin_part(Kind::LeakTest);
            }
            _ if is_late => self.abort(5),
            _ => {}
        }
    }

    /// Duration of the leak test, as it is carried out.
    fn leak_test_ms(&self, planned_ms: u64) -> u64 {
        if self.does(Misbehaviour::ShortLeakTest) { (planned_ms / 4).max(1) } else { planned_ms }
    }

    /// What is left of the leak test.
    pub(super) fn leak_test_left_ms(&self) -> Option<u64> {
        let image = self.image.as_ref().filter(|_| self.part.kind == Kind::LeakTest)?;
        Some(self.leak_test_ms(image.leak_ms).saturating_sub(self.part.length_ms))
    }

    fn first_step(&mut self) {
        self.record(0);
        self.state = State::Running;
        self.step = 0;
        self.enter();
    }

    /// After the last step.
    pub(super) fn finish(&mut self) {
        let cools = self.image.as_ref().is_some_and(|image| image.cooling_ms > 0);
        if !cools || self.does(Misbehaviour::SkipsCoolDown) {
            return self.safe(State::Complete);
        }
        self.state = State::Cooling;
        self.actuate(Actuators::SAFE);
        self.begin_part(Kind::CoolDown);
    }

    /// Goes on in the cool-down.
    pub(super) fn cool(&mut self) {
        let Some(image) = &self.image else { return };
        let heaters = self.process.temperatures_c.iter().zip(&image.vents_c);
        let is_cool = { heaters }.all(|(is, vent)| vent.is_none_or(|vent| *is <= vent));
        if is_cool || self.does(Misbehaviour::EndsCoolDown) {
            self.record(0);
            self.safe(State::Complete);
        } else if self.part.length_ms > image.cooling_ms && self.misbehaviour().is_none() {
            self.abort(9);
        }
    }

    /// Moves set-points towards those of the present state, no faster than their ramps.
    pub(super) fn ramp(&mut self, ms: u64) {
        let Some(image) = &self.image else { return };
        let targets = match self.state {
            State::Preparing | State::Running | State::Held => &image.setpoints_c,
            State::Cooling if self.does(Misbehaviour::NeverCools) => return,
            State::Cooling => &image.standby_c,
            _ => return,
        };
        let jumps = self.does(Misbehaviour::IgnoresRamps);
        for (heater, target) in targets.iter().enumerate() {
            let set = &mut self.process.setpoints_c[heater];
            let ramp = image.ramps_c_per_min[heater];
            let most = ramp * ms as f64 / 60e3;
            *set = if ramp > 0.0 && !jumps { *set + (target - *set).clamp(-most, most) } else { *target };
        }
    }
}
