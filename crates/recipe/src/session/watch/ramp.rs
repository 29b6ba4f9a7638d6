//! How fast temperatures change, against the ramps of recipe and reactor.
//!
//! Between any two readings a temperature may change by its ramp rate times the time between them, and by the tolerance
//! of temperatures in addition: a controller regulates. Readings are compared with each other, not with what a controller
//! calls its rate.

use super::{Place, Watch};
use crate::release::Released;
use crate::session::part::Part;
use crate::session::status::Status;

/// A rate may exceed its limit by this factor: a heater follows its set-point with oscillations.
const RATE_FACTOR: f64 = 1.1;

/// The ramps of all heaters.
#[derive(Debug)]
pub(super) struct Ramps {
    heaters: Vec<Heater>,
    /// The same before the present part began, and the number of that part: when in a part it had its extremes is not known.
    before: (u32, Vec<Heater>),
    tolerance_c: f64,
}

#[derive(Debug, Clone, Copy)]
struct Heater {
    /// Highest rate (°C/ms); none if there is no limit.
    rate: Option<f64>,
    /// Over all readings the minimum of temperature − rate · time, and the maximum of temperature + rate · time.
    lowest: f64,
    highest: f64,
}

impl Ramps {
    pub(super) fn of(released: &Released) -> Self {
        let heaters = released.program().conditions.ramps_mc_per_min.iter().map(|ramp| Heater {
            rate: (*ramp > 0).then(|| f64::from(*ramp) / 1e3 / 60e3 * RATE_FACTOR),
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
        });
        let heaters: Vec<Heater> = heaters.collect();
        Self { before: (1, heaters.clone()), heaters, tolerance_c: released.reactor().tolerance.temperature_c }
    }

    /// The heaters that changed too fast, with how far they are beyond what their ramp allows (°C).
    fn beyond(&self, before: &[Heater], extremes: impl Iterator<Item = [f64; 2]>, time_ms: f64) -> Vec<(usize, f64)> {
        let heaters = before.iter().zip(extremes).enumerate();
        let beyond = heaters.filter_map(|(index, (heater, [low, high]))| {
            let change = heater.rate? * time_ms;
            let up = high - change - heater.lowest;
            let down = heater.highest - (low + change);
            Some((index, up.max(down) - self.tolerance_c)).filter(|(_, beyond)| *beyond > 1e-9)
        });
        beyond.collect()
    }

    fn add(&mut self, temperatures_c: &[f64], time_ms: f64) {
        for (heater, is) in self.heaters.iter_mut().zip(temperatures_c) {
            let Some(rate) = heater.rate else { continue };
            heater.lowest = heater.lowest.min(is - rate * time_ms);
            heater.highest = heater.highest.max(is + rate * time_ms);
        }
    }
}

impl Watch<'_> {
    /// The temperatures (°C) with which a run begins.
    pub(in crate::session) fn begins_at(&mut self, temperatures_c: &[f64]) {
        self.ramps.add(temperatures_c, 0.0);
        self.ramps.before.1.clone_from(&self.ramps.heaters);
    }

    /// Compares the temperatures of a reading with all readings before.
    pub(super) fn ramp_now(&mut self, place: &Place, status: &Status) {
        let time_ms = f64::from(status.since_start_ms);
        let beyond = self.ramps.beyond(&self.ramps.heaters, status.temperatures_c.iter().map(|is| [*is; 2]), time_ms);
        self.too_fast(place, &beyond);
        if self.ramps.before.0 <= self.records {
            self.ramps.before = (self.records + 1, self.ramps.heaters.clone());
        }
        self.ramps.add(&status.temperatures_c, time_ms);
    }

    /// Compares the extremes of a part, which it had at its end at the latest, with the readings before it.
    pub(super) fn ramp(&mut self, place: &Place, part: &Part) {
        if !Self::is_ramped(place.kind) || part.duration_ms == 0 {
            return;
        }
        let end_ms = f64::from(part.begin_ms) + f64::from(part.duration_ms);
        let beyond = self.ramps.beyond(&self.ramps.before.1, part.seen.temperatures_c.into_iter(), end_ms);
        self.too_fast(place, &beyond);
    }

    fn too_fast(&mut self, place: &Place, beyond: &[(usize, f64)]) {
        for (heater, by_c) in beyond {
            let name = self.released.reactor().heaters.get(*heater).map_or("?", |heater| &heater.name);
            let limit = self.released.program().conditions.ramps_mc_per_min.get(*heater).copied().unwrap_or(0);
            let words = format!(
                "{}: heater `{name}` changed faster than its ramp of {} °C/min, by {by_c:.1} °C more than it allows",
                place.words,
                f64::from(limit) / 1e3
            );
            self.hard("ramp", words);
        }
    }
}
