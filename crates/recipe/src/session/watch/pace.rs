//! Times and counters: whether they advance, and not further than planned.

use super::{GRACE_MS, Pace, Place, VALVE_DELAYS_MS, Watch, s};
use crate::session::part::{Counters, Kind, Part};
use crate::session::status::Status;

/// A heartbeat's worth of difference between the clock of this computer and that of a reactor's controller.
const CLOCK_FACTOR: f64 = 1.02;
/// How far the clock of a simulation may fall behind: a busy computer delays it.
const SLOW_FACTOR: f64 = 2.0;

impl Watch<'_> {
    /// The longest time of the present state.
    pub(super) fn longest(&mut self, status: &Status, place: &Place, now_ms: u64, pace: Pace) {
        let reactor = self.released.reactor();
        let begin_ms = u64::from(self.end_ms.unwrap_or(0));
        let longest_ms = match place.kind {
            Kind::Preparation => u64::from(reactor.tolerance.ready.0) + GRACE_MS,
            Kind::LeakTest => {
                let leak_ms = self.released.program().conditions.leak.map_or(0, |leak| u64::from(leak.duration_ms));
                leak_ms + u64::from(reactor.tolerance.duration.0)
            }
            // All of the preparation together.
            Kind::Evacuation => (u64::from(reactor.tolerance.ready.0) + GRACE_MS).saturating_sub(begin_ms),
            Kind::CoolDown => {
                let cooling = self.released.program().conditions.cooling.as_ref();
                cooling.map_or(0, |cooling| u64::from(cooling.longest_ms)) + GRACE_MS
            }
            Kind::Hold => u64::from(reactor.watch.held.0) + GRACE_MS,
            Kind::Step => {
                let slot = self.next.and_then(|visit| self.released.program().slots.get(usize::from(visit.slot)));
                let duration_ms = slot.map_or(0, |slot| u64::from(slot.duration_ms));
                (duration_ms + u64::from(reactor.tolerance.duration.0)).saturating_sub(self.step_ms)
            }
            _ => return,
        };
        let in_step_ms = u64::from(status.in_step_ms).saturating_sub(self.step_ms);
        let took_ms = if place.kind == Kind::Step { place.elapsed_ms.max(in_step_ms) } else { place.elapsed_ms };
        let number = self.records + 1;
        let (_, since_ms, at_first_ms) = match self.awaited.filter(|(awaited, ..)| *awaited == number) {
            Some(awaited) => awaited,
            None => (number, now_ms, place.elapsed_ms),
        };
        self.awaited = Some((number, since_ms, at_first_ms));
        let wall_ms = now_ms.saturating_sub(since_ms);
        if took_ms > longest_ms || wall_ms as f64 > longest_ms as f64 * CLOCK_FACTOR + GRACE_MS as f64 {
            let took = took_ms.max(wall_ms) as f64 / 1e3;
            let words = format!("{} has lasted {took} s, {} s at most", place.words, longest_ms as f64 / 1e3);
            self.hard("long", words);
        }
        // A clock that stands still makes everything last.
        if u64::from(status.since_start_ms) + u64::from(reactor.tolerance.duration.0) < begin_ms {
            let (now, before) = (s(status.since_start_ms), begin_ms as f64 / 1e3);
            let words = format!(
                "{}: the clock of the controller shows {now} s, its last record ended at {before} s",
                place.words
            );
            self.hard("clock", words);
        }
        let counted_ms = place.elapsed_ms.saturating_sub(at_first_ms);
        let factor = if pace == Pace::Real { CLOCK_FACTOR } else { SLOW_FACTOR };
        if wall_ms as f64 > counted_ms as f64 * factor + GRACE_MS as f64 {
            let (counted, wall) = (counted_ms as f64 / 1e3, wall_ms as f64 / 1e3);
            self.hard("clock", format!("{}: the controller counted {counted} s in {wall} s", place.words));
        }
        // One that runs ahead shortens every purge.
        if pace == Pace::Real && counted_ms as f64 > wall_ms as f64 * CLOCK_FACTOR + GRACE_MS as f64 {
            let (counted, wall) = (counted_ms as f64 / 1e3, wall_ms as f64 / 1e3);
            self.hard("clock", format!("{}: the controller counted {counted} s in {wall} s", place.words));
        }
    }

    /// Open times so far are at most those of the plan so far.
    pub(super) fn counted(&mut self, place: &Place, counters: &Counters) {
        let tolerance_ms = u64::from(self.released.reactor().tolerance.duration.0) + VALVE_DELAYS_MS;
        if self.unseen.is_some() {
            return;
        }
        for (line, open_ms) in counters.open_ms.iter().enumerate() {
            let doses = self.sums.get(line).map_or(0, |sum| sum.doses[1]);
            let planned_ms = self.open_so_far_ms(line) + tolerance_ms * (doses + 2);
            let present_ms = if place.planned.valves >> line & 1 == 1 { place.elapsed_ms } else { 0 };
            if u64::from(*open_ms) > planned_ms + present_ms {
                let valve = self.released.reactor().valve_names(1 << line);
                let words = format!(
                    "{}: valve `{valve}` has been open for {} s since the start, planned {} s",
                    place.words,
                    s(*open_ms),
                    (self.open_so_far_ms(line) + present_ms) as f64 / 1e3
                );
                self.hard("open", words);
            }
            let planned = self.openings.get(line).copied().unwrap_or(0)
                + (u32::from(place.planned.valves & !self.before.valves) >> line & 1);
            self.opened(&place.words, line, counters, planned);
        }
    }

    fn opened(&mut self, place: &str, line: usize, counters: &Counters, planned: u32) {
        let openings = counters.openings[line];
        if openings > planned {
            let valve = self.released.reactor().valve_names(1 << line);
            self.hard("openings", format!("{place}: valve `{valve}` opened {openings} times, planned {planned} times"));
        }
    }

    /// Planned open time of a line in all that is recorded (ms).
    pub(super) fn open_so_far_ms(&self, line: usize) -> u64 {
        let present = self.next.and_then(|visit| self.released.program().slots.get(usize::from(visit.slot)));
        let is_open = present.is_some_and(|slot| slot.outputs.valves >> line & 1 == 1);
        // The held part of the present step counts too.
        self.open_ms.get(line).copied().unwrap_or(0) + if is_open { self.step_ms } else { 0 }
    }

    /// What the last reading showed has to be in this one: counters and the present part do not stand still.
    pub(super) fn stands_still(&mut self, place: &Place, part: &Part, counters: &Counters) {
        let before = self.present.replace((self.records + 1, place.elapsed_ms));
        if let Some((number, elapsed_ms)) = before
            && (part.number < number || part.number == number && u64::from(part.duration_ms) + GRACE_MS < elapsed_ms)
        {
            let words = format!(
                "{}: the present part stands still: it is part {} after {} s, it had been part {number} after {} s",
                place.words,
                part.number,
                s(part.duration_ms),
                elapsed_ms as f64 / 1e3
            );
            self.hard("present", words);
        }
        if self.unseen.is_some() {
            return;
        }
        let tolerance_ms = u64::from(self.released.reactor().tolerance.duration.0) + VALVE_DELAYS_MS;
        for line in 0..self.open_before_ms.len() {
            let open_ms = u64::from(counters.open_ms.get(line).copied().unwrap_or(0));
            let doses = self.sums.get(line).map_or(0, |sum| sum.doses[1]);
            if open_ms + tolerance_ms * (doses + 2) < self.open_before_ms[line] {
                let valve = self.released.reactor().valve_names(1 << line);
                let words = format!(
                    "{}: by its counter valve `{valve}` was open for {} s since the start, by the records for {} s",
                    place.words,
                    open_ms as f64 / 1e3,
                    self.open_before_ms[line] as f64 / 1e3
                );
                self.hard("counter", words);
            }
            self.open_before_ms[line] = self.open_ms.get(line).copied().unwrap_or(0);
        }
    }
}
