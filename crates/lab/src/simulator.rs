//! A simulated reactor behind a controller of the register map in `docs/REACTOR.md`, to train on and to test with.
//!
//! Written from that description alone, apart from the side that drives it. Valves lag, pressures and temperatures relax
//! to their commands with one time constant each; none of its values is a measurement, and register 14 says so. No clock:
//! time is passed in.

mod fault;
mod process;
mod registers;

pub use fault::{Fault, FaultError};

use aldb_recipe::Reactor;

use process::{Actuators, Process};
use registers::Image;

/// What a controller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Loading,
    Ready,
    Preparing,
    Running,
    Held,
    Aborting,
    Aborted,
    Complete,
}

/// The commands to the actuators from a time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actuation {
    /// Time since the start of the run (ms of the process).
    pub time_ms: u64,
    /// Open valves of precursors.
    pub valves: u16,
    /// Valve to the pump.
    pub pump_open: bool,
    /// Flows (msccm).
    pub flows_msccm: [u32; 4],
    /// Plasma (mW).
    pub plasma_mw: u32,
}

/// A request that the controller refuses: Modbus exception 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IllegalAddress;

/// A simulated controller and its reactor.
#[derive(Debug)]
pub struct Simulator {
    reactor_code: u32,
    parts: [u16; 3],
    step_slots: u16,
    loop_slots: u16,
    watchdog_ms: u32,
    time_scale: u32,
    faults: Vec<Fault>,
    state: State,
    alarms: u16,
    operator: Option<u32>,
    last_beat: (u16, u64),
    wall_ms: u64,
    command: [u16; 5],
    last_command: (u16, u16, u16),
    raw_image: Vec<u16>,
    image: Option<Image>,
    activated_checksum: u32,
    process: Process,
    since_start_ms: u64,
    prepared_ms: u64,
    settled_ms: u64,
    step: usize,
    in_step_ms: u64,
    part_begin_ms: u64,
    part_length_ms: u64,
    pressure_integral: f64,
    cycle: u32,
    rounds: Vec<u32>,
    records: Vec<[u16; 14]>,
    record_count: u32,
    wrong_valves_ms: u64,
    wrong_heater_ms: u64,
    dead: bool,
    log: Vec<Actuation>,
}

/// Entries of the ring of records.
const RING: usize = 32;
/// Time for which the position of a valve may differ from its command before the run is aborted (ms of the process).
const STUCK_MS: u64 = 500;
/// A heater beyond its tolerance for so long ends the run (ms of the process).
const DRIFT_MS: u64 = 1000;
/// The process is brought on in steps of this length at most (ms).
const TICK_MS: u64 = 100;

impl Simulator {
    /// The controller of a reactor, with faults to come.
    #[must_use]
    pub fn new(reactor: &Reactor, faults: Vec<Fault>) -> Self {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let limits = reactor.controller;
        let image_length = 96 + usize::from(limits.loop_slots) * 4 + usize::from(limits.step_slots) * 20;
        Self {
            reactor_code: crc32fast::hash(reactor.name.as_bytes()),
            parts: [count(reactor.lines.len()), count(reactor.mfcs.len()), count(reactor.heaters.len())],
            step_slots: limits.step_slots,
            loop_slots: limits.loop_slots,
            watchdog_ms: limits.watchdog.0,
            time_scale: 1,
            state: State::Idle,
            alarms: 0,
            operator: None,
            last_beat: (0, 0),
            wall_ms: 0,
            command: [0; 5],
            last_command: (0, 0, 0),
            raw_image: vec![0; image_length],
            image: None,
            activated_checksum: 0,
            process: Process::new(reactor.heaters.iter().map(|heater| (heater.heats, heater.standby_c)).collect()),
            since_start_ms: 0,
            prepared_ms: 0,
            settled_ms: 0,
            step: 0,
            in_step_ms: 0,
            part_begin_ms: 0,
            part_length_ms: 0,
            pressure_integral: 0.0,
            cycle: 0,
            rounds: Vec::new(),
            records: vec![[0; 14]; RING],
            record_count: 0,
            wrong_valves_ms: 0,
            wrong_heater_ms: 0,
            dead: false,
            log: Vec::new(),
            faults,
        }
    }

    /// Lets the process run so many times faster than the clock that [`Simulator::advance`] is given. Heartbeats and the
    /// watchdog keep to that clock.
    #[must_use]
    pub fn with_time_scale(mut self, time_scale: u32) -> Self {
        self.time_scale = time_scale.max(1);
        self
    }

    /// Whether it answers no more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead
    }

    /// Every change of the commands to the actuators since the last start.
    #[must_use]
    pub fn actuations(&self) -> &[Actuation] {
        &self.log
    }

    /// Whether every precursor valve is closed, the plasma off and the valve to the pump open.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        let commanded = self.process.commanded;
        self.process.confirmed_valves() == 0 && commanded.valves == 0 && commanded.plasma_mw == 0 && commanded.pump_open
    }

    /// Whether a run is on.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Preparing | State::Running | State::Held | State::Aborting)
    }

    /// Lets time pass.
    pub fn advance(&mut self, ms: u64) {
        for _ in 0..ms {
            if self.dead {
                return;
            }
            self.wall_ms += 1;
            self.watch();
            let mut left_ms = u64::from(self.time_scale);
            while left_ms > 0 {
                left_ms -= self.tick(left_ms.min(TICK_MS));
            }
        }
    }

    fn watch(&mut self) {
        if self.operator.is_none() || self.wall_ms - self.last_beat.1 <= u64::from(self.watchdog_ms) {
            return;
        }
        self.operator = None;
        if matches!(self.state, State::Preparing | State::Running | State::Held) {
            self.abort(0);
        }
    }

    /// Brings the process on, to the end of a step at most. Returns by how much.
    fn tick(&mut self, most_ms: u64) -> u64 {
        let length_ms = self.step_length_ms().unwrap_or(0);
        let ms = match self.state {
            State::Running => most_ms.min(length_ms.saturating_sub(self.in_step_ms)).max(1),
            _ => most_ms,
        };
        let dose_pa = self.image.as_ref().and_then(|image| image.steps.get(self.step)).map_or(0.0, |step| step.dose_pa);
        let floor_pa = match &self.image {
            Some(_) if self.faults.iter().any(|fault| matches!(fault, Fault::NoVacuum)) => 1.0,
            Some(image) => image.base_pa * 0.5,
            None => 1e-4,
        };
        self.process.advance(ms, dose_pa, floor_pa);
        if self.is_running() {
            self.since_start_ms += ms;
            self.apply_faults(ms);
        }
        match self.state {
            State::Preparing => self.prepare(ms),
            State::Running => self.run(ms),
            State::Aborting if self.process.confirmed_valves() == 0 => self.state = State::Aborted,
            _ => {}
        }
        if matches!(self.state, State::Preparing | State::Running | State::Held) {
            self.guard(ms);
        }
        ms
    }

    fn apply_faults(&mut self, ms: u64) {
        for fault in self.faults.clone() {
            match fault {
                Fault::StuckValve { line, open, at_ms } if self.since_start_ms >= at_ms => {
                    self.process.stuck = Some((line, open));
                }
                Fault::Drift { heater, at_ms } if self.since_start_ms >= at_ms => {
                    self.process.drift(heater, ms);
                }
                Fault::Corrupt { at_ms } if self.since_start_ms >= at_ms => {
                    // Once: in the length of the first step.
                    self.faults.retain(|other| *other != fault);
                    let at = 96 + usize::from(self.loop_slots) * 4 + 5;
                    self.raw_image[at] ^= 4;
                }
                Fault::Dies { at_ms } if self.since_start_ms >= at_ms => self.dead = true,
                _ => {}
            }
        }
    }

    fn prepare(&mut self, ms: u64) {
        let Some(image) = &self.image else { return };
        self.prepared_ms += ms;
        let in_tolerance = self.process.in_tolerance(&image.setpoints_c, image.tolerance_c);
        self.settled_ms = if in_tolerance { self.settled_ms + ms } else { 0 };
        if self.process.pressure_pa <= image.base_pa && self.settled_ms >= image.settle_ms {
            self.state = State::Running;
            self.step = 0;
            self.enter();
        } else if self.prepared_ms > image.ready_ms {
            self.abort(5);
        }
    }

    fn run(&mut self, ms: u64) {
        self.in_step_ms += ms;
        self.part_length_ms += ms;
        self.pressure_integral += self.process.pressure_pa * ms as f64;
        let Some(length_ms) = self.step_length_ms() else { return };
        if self.in_step_ms < length_ms {
            return;
        }
        self.record(0);
        let Some(image) = &self.image else { return };
        let (n_steps, loops) = (image.steps.len(), image.loops.clone());
        let mut next = self.step + 1;
        for (index, over) in loops.iter().enumerate().filter(|(_, over)| over.last == self.step) {
            self.rounds[index] += 1;
            if self.rounds[index] < over.count {
                next = over.first;
                break;
            }
            self.rounds[index] = 0;
        }
        self.step = next;
        if next < n_steps {
            self.enter();
        } else {
            self.step = n_steps - 1;
            self.safe(State::Complete);
        }
    }

    /// Begins the step.
    fn enter(&mut self) {
        let Some(step) = self.image.as_ref().and_then(|image| image.steps.get(self.step)) else { return };
        self.in_step_ms = 0;
        self.cycle += u32::from(step.begins_cycle);
        let commanded = step.commanded;
        self.actuate(commanded);
        self.begin_part();
        if let Some(image) = Image::read(&self.raw_image, self.step_slots, self.loop_slots)
            && image.checksum != self.activated_checksum
        {
            self.abort(4);
        }
    }

    fn begin_part(&mut self) {
        self.part_begin_ms = self.since_start_ms;
        self.part_length_ms = 0;
        self.pressure_integral = 0.0;
    }

    fn step_length_ms(&self) -> Option<u64> {
        let step = self.image.as_ref()?.steps.get(self.step)?;
        let factor = self.faults.iter().find_map(|fault| match fault {
            Fault::WrongClock { factor } => Some(*factor),
            _ => None,
        });
        Some((step.length_ms as f64 * factor.unwrap_or(1.0)).round().max(1.0) as u64)
    }

    fn actuate(&mut self, commanded: Actuators) {
        self.process.commanded = commanded;
        let entry = Actuation {
            time_ms: self.since_start_ms,
            valves: commanded.valves,
            pump_open: commanded.pump_open,
            flows_msccm: commanded.flows_msccm,
            plasma_mw: commanded.plasma_mw,
        };
        self.log.push(entry);
    }

    /// What the reactor itself must notice.
    fn guard(&mut self, ms: u64) {
        let wrong = self.process.confirmed_valves() != self.process.commanded.valves;
        self.wrong_valves_ms = if wrong { self.wrong_valves_ms + ms } else { 0 };
        if self.wrong_valves_ms >= STUCK_MS {
            return self.abort(3);
        }
        let Some(image) = &self.image else { return };
        let drifts = self.state == State::Running && !self.process.in_tolerance(&image.setpoints_c, image.tolerance_c);
        self.wrong_heater_ms = if drifts { self.wrong_heater_ms + ms } else { 0 };
        if self.wrong_heater_ms >= DRIFT_MS {
            self.abort(1);
        }
    }

    fn abort(&mut self, alarm: u16) {
        self.alarms |= 1 << alarm;
        match self.state {
            State::Running => self.record(2),
            // What was left of a held step has no length.
            State::Held => {}
            _ => {}
        }
        self.safe(State::Aborting);
    }

    /// Closes everything but the valve to the pump, and lets the heaters cool.
    fn safe(&mut self, state: State) {
        self.state = state;
        self.actuate(Actuators::SAFE);
        if let Some(image) = &self.image {
            self.process.setpoints_c.clone_from(&image.standby_c);
        }
    }

    fn record(&mut self, how: u16) {
        let place = self.record_count as usize % RING;
        self.record_count += 1;
        let mean_pa = if self.part_length_ms > 0 {
            self.pressure_integral / self.part_length_ms as f64
        } else {
            self.process.pressure_pa
        };
        let mut record = [0; 14];
        let mut put = |at: usize, value: u32| {
            record[at] = (value >> 16) as u16;
            record[at + 1] = value as u16;
        };
        put(0, self.record_count);
        put(4, self.cycle);
        put(6, self.part_begin_ms as u32);
        put(8, self.part_length_ms as u32);
        put(10, (mean_pa * 1e6).round() as u32);
        put(12, ((self.process.temperatures_c.first().copied().unwrap_or(0.0) * 1e3).round() as i32).cast_unsigned());
        record[2] = self.step as u16;
        record[3] = how;
        self.records[place] = record;
    }
}
