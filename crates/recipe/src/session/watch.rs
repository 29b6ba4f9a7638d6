//! Compares what a controller reports with the plan: every record, every reading, every state.
//!
//! Pure: records and readings in, deviations out. A run is complete only if every part of it was recorded as planned; a
//! part that nobody saw is a deviation like any other.
//!
//! Not compared: the pressure while the chamber is evacuated before the first step, which may begin at atmosphere.

mod around;
mod compare;
mod pace;
mod ramp;

use ramp::Ramps;

use super::limits::Quantity;
use super::part::{Counters, Ending, Kind, Part};
use super::status::{Alarm, State, Status};
use crate::program::{Outputs, Program, Slot, Visit, Visits};
use crate::release::Released;
use crate::rule::Severity;

/// A deviation from the plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deviation {
    /// `Hard`: it ends the run. `Soft`: it is recorded.
    pub severity: Severity,
    /// Place, planned and found.
    pub words: String,
}

/// What a precursor's line was to do, and did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct LineSum {
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

/// How fast the clock of a controller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As fast as that of this computer.
    Real,
    /// Perhaps faster: a simulation.
    Simulated,
}

/// The outputs outside of steps.
const SAFE: Outputs = Outputs { valves: 0, pump_open: true, flows_msccm: [0; 4], plasma_mw: 0 };

/// How far a run was recorded: what is expected next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Preparation,
    LeakTest,
    Evacuation,
    Steps,
    CoolDown,
    Over,
}

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
pub(super) struct Watch<'a> {
    released: &'a Released,
    visits: Visits<'a>,
    next: Option<Visit>,
    records: u32,
    steps: u64,
    stage: Stage,
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
    /// The present part at the last reading: its number, and how long it had lasted (ms).
    present: Option<(u32, u64)>,
    /// Planned open time of each line in what was recorded at the last reading (ms).
    open_before_ms: Vec<u64>,
    ramps: Ramps,
    /// Rise of the pressure in the leak test (Pa/s).
    leak_rate: Option<f64>,
    found: Vec<Deviation>,
}

impl<'a> Watch<'a> {
    /// The watch over a run that begins, or of which `records` were written before.
    #[must_use]
    pub(super) fn new(released: &'a Released, records: u32) -> Self {
        let program = released.program();
        let mut visits = program.visits();
        let next = visits.next();
        Self {
            released,
            visits,
            next,
            records,
            steps: 0,
            stage: Stage::Preparation,
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
            present: None,
            open_before_ms: vec![0; released.reactor().lines.len()],
            ramps: Ramps::of(released),
            leak_rate: None,
            found: Vec::new(),
        }
    }

    /// Number of the last record that was compared.
    #[must_use]
    pub(super) fn records(&self) -> u32 {
        self.records
    }

    /// The deviations since they were last taken.
    pub(super) fn take(&mut self) -> Vec<Deviation> {
        std::mem::take(&mut self.found)
    }

    /// Records up to this number can no longer be read.
    pub(super) fn lost(&mut self, to: u32) {
        let words = format!("records {} to {to} were overwritten before they were read", self.records + 1);
        self.records = self.records.max(to);
        self.unseen.get_or_insert(words);
        (self.end_ms, self.is_held, self.step_ms, self.stage) = (None, false, 0, Stage::Steps);
        self.before = Outputs { pump_open: false, ..SAFE };
    }

    /// The slot of a part.
    fn slot(&self, part: &Part) -> Option<&'a Slot> {
        self.released.program().slots.get(usize::from(part.step))
    }

    /// Compares the next record with the plan.
    pub(super) fn record(&mut self, part: &Part) {
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
            Kind::LeakTest => self.leak_test(part),
            Kind::Evacuation => self.evacuation(part),
            Kind::CoolDown => self.cool_down(part, &place),
            Kind::Step => self.step(part, &place),
            Kind::Hold => self.hold(part, &place),
            Kind::None | Kind::Safe | Kind::Unknown => {
                self.hard("kind", format!("record {} is of no part of a run", part.number));
            }
        }
        self.compare(&place, &part.seen, part.ending);
        self.ramp(&place, part);
        for (line, openings) in self.openings.iter_mut().enumerate() {
            *openings += u32::from(place.planned.valves & !self.before.valves) >> line & 1;
        }
        self.before = place.planned;
        self.records = part.number;
        self.reported.retain(|(number, _)| *number > part.number);
    }

    fn step(&mut self, part: &Part, place: &Place) {
        let tolerance = u64::from(self.released.reactor().tolerance.duration.0);
        if self.stage < Stage::Steps {
            let missing = self.stage.name();
            self.stage = Stage::Steps;
            self.hard("unprepared", format!("a step was executed without a recorded {missing}"));
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
                if self.next.is_none() {
                    self.stage = if self.released.program().conditions.cooling.is_some() {
                        Stage::CoolDown
                    } else {
                        Stage::Over
                    };
                }
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
            self.stage = Stage::Steps;
            self.is_held = part.kind == Kind::Hold;
        } else if part.kind == Kind::CoolDown {
            (self.next, self.stage) = (None, Stage::CoolDown);
        }
        self.unseen.get_or_insert_with(|| "steps were not executed in their order".to_owned());
    }

    /// Compares a reading with the plan, after all records that it announces.
    ///
    /// `part` is the present part, and `counters`, both read before `status`; `now_ms` is the clock of this
    /// computer.
    pub(super) fn reading(&mut self, status: &Status, part: &Part, counters: &Counters, now_ms: u64, pace: Pace) {
        if status.records != self.records {
            return;
        }
        let expected = self.next.map_or((0, 0), |visit| (visit.slot, visit.cycle));
        let (kind, step, cycle) = match status.state {
            State::Preparing => match self.stage {
                Stage::LeakTest => (Kind::LeakTest, 0, 0),
                Stage::Evacuation => (Kind::Evacuation, 0, 0),
                _ => (Kind::Preparation, 0, 0),
            },
            State::Cooling => (Kind::CoolDown, 0, 0),
            State::Running => (Kind::Step, status.step.saturating_sub(1) as u16, status.cycle),
            State::Held => (Kind::Hold, status.step.saturating_sub(1) as u16, status.cycle),
            State::Aborting | State::Aborted | State::Complete => (Kind::Safe, 0, 0),
            State::Idle | State::Loading | State::Ready | State::Unknown => return,
        };
        if self.unseen.is_some() && self.end_ms.is_none() {
            // Nothing is known about the part: the next record shows where the run is.
            return;
        }
        if !matches!(kind, Kind::Safe | Kind::CoolDown) && self.next.is_none() {
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
            Kind::Step => self.stage == Stage::Steps && !self.is_held && (step, cycle) == expected,
            Kind::Hold => self.is_held && (step, cycle) == expected,
            Kind::CoolDown => self.stage == Stage::CoolDown,
            _ => true,
        };
        if !is_due {
            let planned = match (self.stage, self.is_held) {
                (stage, _) if stage < Stage::Steps => format!("no {} is recorded", stage.name()),
                (Stage::CoolDown | Stage::Over, _) => "by the records all steps were executed".to_owned(),
                (_, true) => format!("the records end with a held {}", self.step_words(expected.0, expected.1)),
                _ => format!("by the records it is at {}", self.step_words(expected.0, expected.1)),
            };
            self.hard("place", format!("the controller reports {}, but {planned}", place.words));
        }
        self.longest(status, &place, now_ms, pace);
        if kind != Kind::Safe {
            self.compare(&place, &status.seen(), Ending::Complete);
            self.counted(&place, counters);
            self.stands_still(&place, part, counters);
            self.ramp_now(&place, status);
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
            if kind != Kind::Safe {
                self.ramp(&place, part);
            }
        }
    }

    ///
    /// # Errors
    ///
    /// Why the run cannot be called complete.
    pub(super) fn finish(&mut self, status: &Status, counters: &Counters) -> Result<(), String> {
        if let Some(words) = &self.unseen {
            return Err(words.clone());
        }
        let planned = self.released.program().step_count();
        if self.next.is_some() || self.is_held || self.steps != planned {
            return Err(format!("{} of {planned} steps are recorded", self.steps));
        }
        if self.stage != Stage::Over {
            return Err(format!("no {} is recorded", self.stage.name()));
        }
        self.cooled(status)?;
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
    pub(super) fn sums(&self) -> &[LineSum] {
        &self.sums
    }

    /// Rise of the pressure (Pa/s) in the leak test; null while it is not recorded.
    #[must_use]
    pub(super) fn leak_rate_pa_per_s(&self) -> Option<f64> {
        self.leak_rate
    }

    fn step_words(&self, step: u16, cycle: u32) -> String {
        let kind =
            self.released.program().slots.get(usize::from(step)).map_or("not in the recipe", |slot| slot.kind.name());
        format!("step {} of cycle {cycle} ({kind})", u32::from(step) + 1)
    }

    fn place(&self, kind: Kind, step: u16, cycle: u32, elapsed_ms: u64, span: Span) -> Place {
        let words = match kind {
            Kind::Preparation => "preparation".to_owned(),
            Kind::LeakTest => "leak test".to_owned(),
            Kind::Evacuation => "evacuation after the leak test".to_owned(),
            Kind::CoolDown => "cool-down".to_owned(),
            Kind::Step => self.step_words(step, cycle),
            Kind::Hold => format!("hold in {}", self.step_words(step, cycle)),
            Kind::Safe => "after the end".to_owned(),
            Kind::None | Kind::Unknown => "an unknown part".to_owned(),
        };
        let slot = self.released.program().slots.get(usize::from(step)).filter(|_| kind == Kind::Step);
        let around = if kind == Kind::LeakTest { Outputs { pump_open: false, ..SAFE } } else { SAFE };
        Place { kind, words, planned: slot.map_or(around, |slot| slot.outputs), elapsed_ms, span }
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

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Preparation => "preparation",
            Self::LeakTest => "leak test",
            Self::Evacuation => "evacuation after the leak test",
            Self::Steps => "end of the steps",
            Self::CoolDown | Self::Over => "cool-down",
        }
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
