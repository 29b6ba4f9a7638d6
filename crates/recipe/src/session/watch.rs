//! Compares what a controller reports with the plan: every record, every reading, every state.
//!
//! Pure: records and readings in, deviations out. A run is complete only if every part of it was recorded as planned; a
//! part that nobody saw is a deviation like any other.
//!
//! Not compared: the pressure while the chamber is evacuated before the first step, which may begin at atmosphere.

use super::limits::{NO_FLOW_SCCM, NO_PLASMA_W, Quantity};
use super::part::{Counters, Ending, Kind, Part, Seen};
use super::status::{Alarm, State, Status};
use crate::program::{Outputs, Program, Slot, Visit, Visits};
use crate::release::Released;
use crate::rule::Severity;

/// A deviation from the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Deviation {
    /// `Hard`: it ends the run. `Soft`: it is recorded.
    pub severity: Severity,
    /// Place, planned and found.
    pub words: String,
}

/// What a precursor's line was to do, and did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LineSum {
    /// Doses.
    pub doses: [u64; 2],
    /// Time for which its valve is open (s).
    pub open_s: [f64; 2],
    /// Planned pressure times open time, and mean recorded pressure times recorded time (Pa s); 0 where no pressure is planned.
    pub exposure_pa_s: [f64; 2],
}

/// Time by which counters and plan may differ for each dose beside the tolerance of durations (ms): valves open and close
/// with different delays.
const VALVE_DELAYS_MS: u64 = 100;
/// Time by which the longest time of a state may be exceeded before it counts (ms).
const GRACE_MS: u64 = 2000;
/// A heartbeat's worth of difference between the clock of this computer and that of a reactor's controller.
const CLOCK_FACTOR: f64 = 1.02;

/// How fast the clock of a controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As fast as that of this computer.
    Real,
    /// Perhaps faster: a simulation.
    Simulated,
}

/// The outputs outside of steps.
const SAFE: Outputs = Outputs { valves: 0, pump_open: true, flows_msccm: [0; 4], plasma_mw: 0 };

/// A reading, or a whole part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    /// All of a part so far.
    Part,
    /// One instant.
    Instant,
}

/// Where something was seen, and what was planned there.
struct Place {
    kind: Kind,
    words: String,
    planned: Outputs,
    elapsed_ms: u64,
    span: Span,
}

/// The plan of a run, and how far it was seen to be carried out.
#[derive(Debug)]
pub struct Watch<'a> {
    released: &'a Released,
    visits: Visits<'a>,
    next: Option<Visit>,
    records: u32,
    steps: u64,
    is_prepared: bool,
    is_held: bool,
    step_ms: u64,
    before: Outputs,
    end_ms: Option<u32>,
    unseen: Option<String>,
    sums: Vec<LineSum>,
    /// Planned open time of each line in the steps that are recorded (ms).
    open_ms: Vec<u64>,
    /// How often each line was to be opened in all that is recorded.
    openings: Vec<u32>,
    /// Code of what was found in the present part: it is not reported at every reading.
    reported: Vec<(u32, &'static str)>,
    /// The record that is awaited: its number, since when (ms of this computer), and how long its part had lasted then (ms).
    awaited: Option<(u32, u64, u64)>,
    found: Vec<Deviation>,
}

impl<'a> Watch<'a> {
    /// The watch over a run that begins, or of which `records` were written before.
    #[must_use]
    pub fn new(released: &'a Released, records: u32) -> Self {
        let program = released.program();
        let mut visits = program.visits();
        let next = visits.next();
        Self {
            released,
            visits,
            next,
            records,
            steps: 0,
            is_prepared: false,
            is_held: false,
            step_ms: 0,
            before: SAFE,
            end_ms: None,
            unseen: (records > 0).then(|| format!("records 1 to {records} were written before the watch began")),
            sums: planned_sums(released),
            open_ms: vec![0; released.reactor().lines.len()],
            openings: vec![0; released.reactor().lines.len()],
            reported: Vec::new(),
            awaited: None,
            found: Vec::new(),
        }
    }

    /// Number of the last record that was compared.
    #[must_use]
    pub fn records(&self) -> u32 {
        self.records
    }

    /// The deviations since they were last taken.
    pub fn take(&mut self) -> Vec<Deviation> {
        std::mem::take(&mut self.found)
    }

    /// Records up to this number can no longer be read.
    pub fn lost(&mut self, to: u32) {
        let words = format!("records {} to {to} were overwritten before they were read", self.records + 1);
        self.records = self.records.max(to);
        self.unseen.get_or_insert(words);
        (self.end_ms, self.is_held, self.step_ms, self.is_prepared) = (None, false, 0, true);
        self.before = Outputs { pump_open: false, ..SAFE };
    }

    /// The slot of a part.
    fn slot(&self, part: &Part) -> Option<&'a Slot> {
        self.released.program().slots.get(usize::from(part.step))
    }

    /// Compares the next record with the plan.
    pub fn record(&mut self, part: &Part) {
        let tolerance = self.released.reactor().tolerance.duration.0;
        if self.unseen.is_some() && self.end_ms.is_none() {
            // The first one after a gap shows where the run is.
            self.seek(part);
        }
        let end_ms = self.end_ms.unwrap_or(if self.unseen.is_some() { part.begin_ms } else { 0 });
        if part.begin_ms.abs_diff(end_ms) > tolerance {
            self.hard(
                "gap",
                format!(
                    "record {} begins at {} s, the one before ends at {} s",
                    part.number,
                    s(part.begin_ms),
                    s(end_ms)
                ),
            );
        }
        self.end_ms = Some(part.begin_ms.saturating_add(part.duration_ms));
        let place = self.place(part.kind, part.step, part.cycle, u64::from(part.duration_ms), Span::Part);
        match part.kind {
            Kind::Preparation => self.preparation(part, &place),
            Kind::Step => self.step(part, &place),
            Kind::Hold => self.hold(part, &place),
            Kind::None | Kind::Safe | Kind::Unknown => {
                self.hard("kind", format!("record {} is of no part of a run", part.number));
            }
        }
        self.compare(&place, &part.seen, part.ending);
        for (line, openings) in self.openings.iter_mut().enumerate() {
            *openings += u32::from(place.planned.valves & !self.before.valves) >> line & 1;
        }
        self.before = place.planned;
        self.records = part.number;
        self.reported.retain(|(number, _)| *number > part.number);
    }

    fn preparation(&mut self, part: &Part, place: &Place) {
        let program = self.released.program();
        if self.is_prepared || self.records > 0 {
            self.hard("preparation", "a second preparation during the run".to_owned());
        }
        self.is_prepared = true;
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
        let base_pa = f64::from(program.base_pressure_upa) / 1e6;
        let lowest = part.seen.pressure_pa[1];
        if lowest > base_pa * (1.0 + 1e-9) {
            self.hard(
                "base",
                format!("the first step began at {lowest:.2e} Pa, planned base pressure {base_pa:.2e} Pa"),
            );
        }
    }

    fn step(&mut self, part: &Part, place: &Place) {
        let tolerance = u64::from(self.released.reactor().tolerance.duration.0);
        if !self.is_prepared {
            self.is_prepared = true;
            self.hard("unprepared", "a step was executed without a recorded preparation".to_owned());
        }
        if std::mem::take(&mut self.is_held) {
            self.hard("hold", format!("{} went on without a recorded hold", place.words));
        }
        let expected = self.next.map(|visit| (visit.slot, visit.cycle));
        if expected != Some((part.step, part.cycle)) {
            let planned = match expected {
                Some((slot, cycle)) => self.step_words(slot, cycle),
                None => "the end".to_owned(),
            };
            self.hard("sequence", format!("{} was executed, planned was {planned}", place.words));
            self.seek(part);
        }
        let Some(slot) = self.slot(part) else { return };
        let so_far = self.step_ms + u64::from(part.duration_ms);
        if part.ending != Ending::Aborted && so_far > u64::from(slot.duration_ms) + tolerance {
            let of = self.released.reactor().severity(Quantity::Duration);
            let words = format!("{} lasted {} s, planned {} s", place.words, so_far as f64 / 1e3, s(slot.duration_ms));
            self.note("duration", of, words);
        }
        let mean_pa = part.seen.pressure_pa[0];
        for (_, sum) in self.sums.iter_mut().enumerate().filter(|(line, _)| slot.outputs.valves >> line & 1 == 1) {
            if slot.dose_pressure_upa > 0 {
                sum.exposure_pa_s[1] += mean_pa * f64::from(part.duration_ms) / 1e3;
            }
            sum.doses[1] += u64::from(part.ending == Ending::Complete);
        }
        match part.ending {
            Ending::Held => {
                self.step_ms = so_far;
                self.is_held = true;
            }
            Ending::Complete => {
                if so_far + tolerance < u64::from(slot.duration_ms) {
                    let of = self.released.reactor().severity(Quantity::Duration);
                    let words =
                        format!("{} lasted {} s, planned {} s", place.words, so_far as f64 / 1e3, s(slot.duration_ms));
                    self.note("duration", of, words);
                }
                self.step_ms = 0;
                self.steps += 1;
                for (_, open_ms) in
                    self.open_ms.iter_mut().enumerate().filter(|(line, _)| slot.outputs.valves >> line & 1 == 1)
                {
                    *open_ms += u64::from(slot.duration_ms);
                }
                self.next = self.visits.next();
            }
            Ending::Aborted => {}
            Ending::Unknown => self.hard("kind", format!("record {} ended in an unknown way", part.number)),
        }
        let planned_pa = f64::from(slot.dose_pressure_upa) / 1e6;
        let factor = self.released.reactor().tolerance.dose_pressure_factor;
        if part.ending == Ending::Complete
            && planned_pa > 0.0
            && !(planned_pa / factor..=planned_pa * factor).contains(&mean_pa)
        {
            let of = self.released.reactor().severity(Quantity::DosePressure);
            self.note(
                "dose",
                of,
                format!("{}: the mean pressure was {mean_pa:.3e} Pa, planned {planned_pa:.3e} Pa", place.words),
            );
        }
    }

    fn hold(&mut self, part: &Part, place: &Place) {
        if !std::mem::take(&mut self.is_held) {
            self.hard("hold", format!("{}, though no step was held", place.words));
        }
        if u64::from(part.duration_ms) > u64::from(self.released.reactor().watch.held.0) + GRACE_MS {
            let longest = self.released.reactor().watch.held;
            self.hard(
                "long",
                format!("{} lasted {} s, {} s at most", place.words, s(part.duration_ms), longest.seconds()),
            );
        }
    }

    /// Looks for the part in the plan, where the run is not where it should be.
    fn seek(&mut self, part: &Part) {
        let mut visits = self.released.program().visits();
        let found = visits.by_ref().find(|visit| (visit.slot, visit.cycle) == (part.step, part.cycle));
        if found.is_some() && matches!(part.kind, Kind::Step | Kind::Hold) {
            (self.visits, self.next, self.step_ms) = (visits, found, 0);
            self.is_prepared = true;
            self.is_held = part.kind == Kind::Hold;
        }
        self.unseen.get_or_insert_with(|| "steps were not executed in their order".to_owned());
    }

    /// Compares a reading with the plan, after all records that it announces.
    ///
    /// `part` is the present part, and `counters`, both read before `status`; `now_ms` is the clock of this
    /// computer.
    pub fn reading(&mut self, status: &Status, part: &Part, counters: &Counters, now_ms: u64, pace: Pace) {
        if status.records != self.records {
            return;
        }
        let expected = self.next.map_or((0, 0), |visit| (visit.slot, visit.cycle));
        let (kind, step, cycle) = match status.state {
            State::Preparing => (Kind::Preparation, 0, 0),
            State::Running => (Kind::Step, status.step.saturating_sub(1) as u16, status.cycle),
            State::Held => (Kind::Hold, status.step.saturating_sub(1) as u16, status.cycle),
            State::Aborting | State::Aborted | State::Complete => (Kind::Safe, 0, 0),
            State::Idle | State::Loading | State::Ready | State::Unknown => return,
        };
        if self.unseen.is_some() && self.end_ms.is_none() {
            // Nothing is known about the part: the next record shows where the run is.
            return;
        }
        if kind != Kind::Safe && self.next.is_none() {
            self.hard(
                "sequence",
                format!("{} after the last step of the plan", self.place(kind, step, cycle, 0, Span::Instant).words),
            );
            return;
        }
        let begin_ms = self.end_ms.unwrap_or(0);
        let elapsed_ms = u64::from(status.since_start_ms.saturating_sub(begin_ms));
        let place = self.place(kind, step, cycle, elapsed_ms, Span::Instant);
        let is_due = match kind {
            Kind::Preparation => self.records == 0,
            Kind::Step => self.is_prepared && !self.is_held && (step, cycle) == expected,
            Kind::Hold => self.is_held && (step, cycle) == expected,
            _ => true,
        };
        if !is_due {
            let planned = match (self.is_prepared, self.is_held) {
                (false, _) => "no preparation is recorded".to_owned(),
                (_, true) => format!("the records end with a held {}", self.step_words(expected.0, expected.1)),
                _ => format!("by the records it is at {}", self.step_words(expected.0, expected.1)),
            };
            self.hard("place", format!("the controller reports {}, but {planned}", place.words));
        }
        self.longest(status, &place, now_ms, pace);
        if kind != Kind::Safe {
            self.compare(&place, &status.seen(), Ending::Complete);
            self.counted(&place, counters);
        }
        if part.number > status.records + 1 {
            let words =
                format!("part {} of the run goes on, but only {} records were written", part.number, status.records);
            self.hard("records", words);
        }
        if part.number == status.records + 1 {
            if part.kind != kind {
                self.hard("kind", format!("the controller is {}, but its present part is not", status.state.name()));
            }
            let place = self.place(kind, step, cycle, u64::from(part.duration_ms), Span::Part);
            self.compare(&place, &part.seen, Ending::Complete);
        }
    }

    /// The longest time of the present state.
    fn longest(&mut self, status: &Status, place: &Place, now_ms: u64, pace: Pace) {
        let reactor = self.released.reactor();
        let longest_ms = match place.kind {
            Kind::Preparation => u64::from(reactor.tolerance.ready.0) + GRACE_MS,
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
        // A clock that runs ahead shortens every purge.
        let counted_ms = place.elapsed_ms.saturating_sub(at_first_ms);
        if pace == Pace::Real && counted_ms as f64 > wall_ms as f64 * CLOCK_FACTOR + GRACE_MS as f64 {
            let (counted, wall) = (counted_ms as f64 / 1e3, wall_ms as f64 / 1e3);
            self.hard("clock", format!("{}: the controller counted {counted} s in {wall} s", place.words));
        }
    }

    /// Open times so far are at most those of the plan so far.
    fn counted(&mut self, place: &Place, counters: &Counters) {
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
    fn open_so_far_ms(&self, line: usize) -> u64 {
        let present = self.next.and_then(|visit| self.released.program().slots.get(usize::from(visit.slot)));
        let is_open = present.is_some_and(|slot| slot.outputs.valves >> line & 1 == 1);
        // The held part of the present step counts too.
        self.open_ms.get(line).copied().unwrap_or(0) + if is_open { self.step_ms } else { 0 }
    }

    /// What is missing for a run to be complete, and what deviates in its sum.
    ///
    /// # Errors
    ///
    /// Why the run cannot be called complete.
    pub fn finish(&mut self, status: &Status, counters: &Counters) -> Result<(), String> {
        if let Some(words) = &self.unseen {
            return Err(words.clone());
        }
        let planned = self.released.program().step_count();
        if self.next.is_some() || self.is_held || self.steps != planned {
            return Err(format!("{} of {planned} steps are recorded", self.steps));
        }
        if status.alarm_bits != [0, 0] || status.interlocks != 0 {
            let alarms = Alarm::text(status.alarm_bits[0] | status.alarm_bits[1]);
            let interlocks = self.released.reactor().interlock_names(status.interlocks);
            return Err(format!("the controller reports {}", [alarms, interlocks].join(" ").trim()));
        }
        let tolerance_ms = u64::from(self.released.reactor().tolerance.duration.0) + VALVE_DELAYS_MS;
        for (line, sum) in self.sums.iter_mut().enumerate() {
            sum.open_s[1] = f64::from(counters.open_ms[line]) / 1e3;
            let off_ms = (sum.open_s[1] - sum.open_s[0]).abs() * 1e3;
            if off_ms > (tolerance_ms * (sum.doses[0] + 1)) as f64 {
                let valve = self.released.reactor().valve_names(1 << line);
                return Err(format!(
                    "valve `{valve}` was open for {} s in total, planned {} s",
                    sum.open_s[1], sum.open_s[0]
                ));
            }
        }
        let mut openings = self.openings.iter().zip(counters.openings).enumerate();
        if let Some((line, (planned, openings))) = openings.find(|(_, (planned, openings))| openings > *planned) {
            let valve = self.released.reactor().valve_names(1 << line);
            return Err(format!("valve `{valve}` opened {openings} times, planned {planned} times"));
        }
        let beyond = counters.open_ms.iter().skip(self.sums.len()).position(|open_ms| *open_ms > 0);
        match beyond {
            Some(line) => {
                Err(format!("a valve of line {} was open, which the reactor does not have", line + self.sums.len()))
            }
            None => Ok(()),
        }
    }

    /// For each line of the reactor what was planned and what was recorded.
    #[must_use]
    pub fn sums(&self) -> &[LineSum] {
        &self.sums
    }

    /// Steps that were recorded, and those of the plan.
    #[must_use]
    pub fn steps(&self) -> [u64; 2] {
        [self.steps, self.released.program().step_count()]
    }

    fn step_words(&self, step: u16, cycle: u32) -> String {
        let kind =
            self.released.program().slots.get(usize::from(step)).map_or("not in the recipe", |slot| slot.kind.name());
        format!("step {} of cycle {cycle} ({kind})", u32::from(step) + 1)
    }

    fn place(&self, kind: Kind, step: u16, cycle: u32, elapsed_ms: u64, span: Span) -> Place {
        let words = match kind {
            Kind::Preparation => "preparation".to_owned(),
            Kind::Step => self.step_words(step, cycle),
            Kind::Hold => format!("hold in {}", self.step_words(step, cycle)),
            Kind::Safe => "after the end".to_owned(),
            Kind::None | Kind::Unknown => "an unknown part".to_owned(),
        };
        let slot = self.released.program().slots.get(usize::from(step)).filter(|_| kind == Kind::Step);
        Place { kind, words, planned: slot.map_or(SAFE, |slot| slot.outputs), elapsed_ms, span }
    }

    /// Compares what was seen with what was planned.
    fn compare(&mut self, place: &Place, seen: &Seen, ending: Ending) {
        if place.span == Span::Part && place.elapsed_ms == 0 {
            // Nothing was measured yet.
            return;
        }
        if place.kind == Kind::Safe {
            return self.heaters(place, seen);
        }
        if place.elapsed_ms > 0 {
            self.valves(place, seen, ending);
            self.gases(place, seen, ending);
        }
        self.heaters(place, seen);
        self.pressure(place, seen);
        if ending != Ending::Aborted && seen.alarms != 0 {
            self.hard(
                "alarm",
                format!("{}: the controller reports the alarm `{}`", place.words, Alarm::text(seen.alarms)),
            );
        }
        if seen.interlocks != 0 {
            let names = self.released.reactor().interlock_names(seen.interlocks);
            self.hard("interlock", format!("{}: open interlock: {names}", place.words));
        }
    }

    fn valves(&mut self, place: &Place, seen: &Seen, ending: Ending) {
        let reactor = self.released.reactor();
        let valve_ms = u64::from(reactor.watch.valve.0);
        let planned = place.planned.valves;
        let mut found = Vec::new();
        let names = |bits: u16| reactor.valve_names(bits);
        let extra = seen.valves_commanded & !planned;
        if extra != 0 {
            found.push(("told", format!("valve `{}` was commanded open, planned closed", names(extra))));
        }
        let missing = planned & !seen.valves_commanded;
        if missing != 0 {
            found.push(("told", format!("valve `{}` was not commanded open, planned open", names(missing))));
        }
        let has_moved = place.elapsed_ms > valve_ms;
        let moving = if place.span == Span::Instant && has_moved { 0 } else { self.before.valves };
        let extra = seen.valves_confirmed & !(planned | moving);
        if extra != 0 {
            found.push(("seen", format!("valve `{}` was open, planned closed", names(extra))));
        }
        let missing = planned & !seen.valves_confirmed;
        if missing != 0 && has_moved && ending != Ending::Aborted {
            found.push(("seen", format!("valve `{}` was not confirmed open, planned open", names(missing))));
        }
        let bit = |is_open: bool| if is_open { 2 } else { 1 };
        let (planned, word) = (bit(place.planned.pump_open), if place.planned.pump_open { "open" } else { "closed" });
        if seen.pump_commanded != planned {
            found.push((
                "pump told",
                format!("the valve to the pump was not commanded {word} all the time, planned {word}"),
            ));
        }
        // Before a run the reactor may be vented, with the valve closed.
        let before = if place.kind == Kind::Preparation { 3 } else { bit(self.before.pump_open) };
        let moving = if place.span == Span::Instant && has_moved { 0 } else { before };
        if seen.pump_confirmed & !(planned | moving) != 0 || (has_moved && seen.pump_confirmed & planned == 0) {
            found.push(("pump seen", format!("the valve to the pump was not {word}, planned {word}")));
        }
        for (code, words) in found {
            self.hard(code, format!("{}: {words}", place.words));
        }
    }

    fn gases(&mut self, place: &Place, seen: &Seen, ending: Ending) {
        let reactor = self.released.reactor();
        let watch = &reactor.watch;
        let sccm = |outputs: &Outputs, mfc: usize| f64::from(outputs.flows_msccm[mfc]) / 1e3;
        let mut found = Vec::new();
        for (mfc, [mean, highest]) in seen.flows_sccm.into_iter().enumerate() {
            let part = reactor.mfcs.get(mfc);
            let analog = Analog {
                mean,
                highest,
                planned: sccm(&place.planned, mfc),
                before: sccm(&self.before, mfc),
                percent: watch.flow_percent,
                none: part.map_or(NO_FLOW_SCCM, |part| NO_FLOW_SCCM.max(0.02 * part.max_flow_sccm)),
            };
            if let Some((value, planned)) = analog.deviates(place, watch.settle.0, ending) {
                let name = part.map_or_else(|| format!("#{mfc}"), |part| part.name.clone());
                let words = format!("flow of `{name}` was {value:.1} sccm, planned {planned} sccm");
                found.push(("flow", Quantity::Flow, words));
            }
        }
        let most_w = reactor.plasma.as_ref().map_or(0.0, |plasma| plasma.max_power_w);
        let analog = Analog {
            mean: seen.plasma_w[0],
            highest: seen.plasma_w[1],
            planned: f64::from(place.planned.plasma_mw) / 1e3,
            before: f64::from(self.before.plasma_mw) / 1e3,
            percent: watch.plasma_percent,
            none: NO_PLASMA_W.max(0.02 * most_w),
        };
        if let Some((value, planned)) = analog.deviates(place, watch.settle.0, ending) {
            let words = format!("power of the plasma was {value:.1} W, planned {planned} W");
            found.push(("plasma", Quantity::Plasma, words));
        }
        for (code, quantity, words) in found {
            self.note(code, self.released.reactor().severity(quantity), format!("{}: {words}", place.words));
        }
    }

    fn heaters(&mut self, place: &Place, seen: &Seen) {
        let (reactor, program) = (self.released.reactor(), self.released.program());
        let tolerance = reactor.tolerance.temperature_c;
        let mut found = Vec::new();
        for ((heater, set), [lowest, highest]) in
            reactor.heaters.iter().zip(&program.setpoints_mc).zip(seen.temperatures_c)
        {
            // Without a trip temperature every temperature is too high.
            let trip = reactor.trip_mc(heater, *set).map_or(f64::NEG_INFINITY, |trip| f64::from(trip) / 1e3);
            let set = f64::from(*set) / 1e3;
            if highest > trip {
                let words = format!("heater `{}` reached {highest:.1} °C, {trip} °C at most", heater.name);
                found.push(("trip", Severity::Hard, words));
            } else if matches!(place.kind, Kind::Step | Kind::Hold) {
                let off = [lowest, highest].into_iter().find(|is| (is - set).abs() > tolerance + 1e-9);
                if let Some(is) = off {
                    let words = format!("heater `{}` was {is:.1} °C, set-point {set} ± {tolerance} °C", heater.name);
                    found.push(("temperature", reactor.severity(Quantity::Temperature), words));
                }
            }
        }
        for (code, severity, words) in found {
            self.note(code, severity, format!("{}: {words}", place.words));
        }
    }

    fn pressure(&mut self, place: &Place, seen: &Seen) {
        let reactor = self.released.reactor();
        if !matches!(place.kind, Kind::Step | Kind::Hold) {
            return;
        }
        let trip_pa = reactor.pressure_trip_upa().map(|upa| upa as f64 / 1e6);
        let dose_pa = Some(place.planned.valves).filter(|valves| *valves != 0);
        let dose_pa = dose_pa.and_then(|valves| reactor.dose_limit_pa(valves));
        let highest = seen.pressure_pa[2];
        if let Some(most) = trip_pa.into_iter().chain(dose_pa).reduce(f64::min).filter(|most| highest > *most) {
            self.hard("pressure", format!("{}: the pressure reached {highest:.3e} Pa, {most} Pa at most", place.words));
        }
    }

    fn hard(&mut self, code: &'static str, words: String) {
        self.note(code, Severity::Hard, words);
    }

    fn note(&mut self, code: &'static str, severity: Severity, words: String) {
        let key = (self.records + 1, code);
        if !self.reported.contains(&key) {
            self.reported.push(key);
            self.found.push(Deviation { severity, words });
        }
    }
}

/// A quantity that needs time to follow its command.
struct Analog {
    mean: f64,
    highest: f64,
    planned: f64,
    before: f64,
    percent: f64,
    none: f64,
}

impl Analog {
    /// The value that deviates, and the planned one.
    fn deviates(&self, place: &Place, settle_ms: u32, ending: Ending) -> Option<(f64, f64)> {
        let tolerance = |of: f64| (of * self.percent / 100.0).max(self.none);
        let change = (self.planned - self.before).abs();
        let (elapsed, settle) = (place.elapsed_ms as f64, f64::from(settle_ms));
        let slack = match place.span {
            Span::Instant if elapsed < settle => change,
            Span::Instant => 0.0,
            // At worst the former value lasts for all of the settling time.
            Span::Part => change * (settle / elapsed.max(1.0)).min(1.0),
        };
        let top = self.planned.max(self.before);
        if self.highest > top + tolerance(top) {
            return Some((self.highest, self.planned));
        }
        let is_off = (self.mean - self.planned).abs() > tolerance(self.planned) + slack;
        (is_off && ending != Ending::Aborted).then_some((self.mean, self.planned))
    }
}

/// Milliseconds in seconds.
fn s(ms: u32) -> f64 {
    f64::from(ms) / 1e3
}

/// How often a slot is run.
fn times(program: &Program, index: usize) -> u64 {
    let around =
        program.loops.iter().filter(|over| usize::from(over.first) <= index && index <= usize::from(over.last));
    around.fold(1, |product: u64, over| product.saturating_mul(u64::from(over.count)))
}

fn planned_sums(released: &Released) -> Vec<LineSum> {
    let program = released.program();
    let mut sums = vec![LineSum::default(); released.reactor().lines.len()];
    for (index, slot) in program.slots.iter().enumerate() {
        let times = times(program, index);
        for (_, sum) in sums.iter_mut().enumerate().filter(|(line, _)| slot.outputs.valves >> line & 1 == 1) {
            let open_s = times as f64 * s(slot.duration_ms);
            sum.doses[0] += times;
            sum.open_s[0] += open_s;
            sum.exposure_pa_s[0] += open_s * f64::from(slot.dose_pressure_upa) / 1e6;
        }
    }
    sums
}
