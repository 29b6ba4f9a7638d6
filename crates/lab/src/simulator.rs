//! A simulated reactor behind a controller of the register map in `docs/REACTOR.md`, to train on and to test with.
//!
//! Written from that description alone, apart from the side that drives it. Valves lag, pressures and temperatures relax
//! to their commands with one time constant each; none of its values is a measurement, and register 14 says so. No clock:
//! time is passed in.

mod around;
mod fault;
mod part;
mod process;
mod registers;

pub use fault::{Fault, FaultError, Misbehaviour};

use aldb_recipe::Reactor;

use part::{Kind, Part, Reading};
use process::{Actuators, Process};
use registers::{Image, Step};

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
    Cooling,
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
    digest: [u8; 32],
    parts: [u16; 3],
    step_slots: u16,
    loop_slots: u16,
    watchdog_ms: u32,
    time_scale: u32,
    faults: Vec<Fault>,
    state: State,
    alarms: u16,
    alarms_present: u16,
    interlocks: u16,
    operator: Option<u32>,
    last_beat: (u16, u64),
    wall_ms: u64,
    command: [u16; 5],
    clients: Vec<(u32, u16, u16)>,
    raw_image: Vec<u16>,
    image: Option<Image>,
    activated_checksum: u32,
    process: Process,
    /// Time since the start as the controller counts it, and as it is.
    since_start_ms: u64,
    true_ms: u64,
    settled_ms: u64,
    step: usize,
    in_step_ms: u64,
    hidden_ms: u64,
    is_repeated: bool,
    /// Registers that stand still: the first, and their content.
    frozen: Option<(usize, Vec<u16>)>,
    part: Part,
    cycle: u32,
    rounds: Vec<u32>,
    records: Vec<[u16; part::REGISTERS]>,
    record_count: u32,
    open_ms: [u64; 16],
    openings: [u32; 16],
    was_open: u16,
    wrong_valves_ms: u64,
    wrong_heater_ms: u64,
    dead: bool,
    log: Vec<Actuation>,
    positions: Vec<Actuation>,
    extremes: Extremes,
}

/// What happened in a run, whatever the controller reports.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Extremes {
    /// Highest temperature above the trip temperature of its heater (°C); 0 or less if none was above.
    pub above_trip_c: f64,
    /// Largest deviation of a temperature from its set-point while steps were executed or held (°C).
    pub off_setpoint_c: f64,
    /// Highest pressure while steps were executed or held (Pa).
    pub pressure_pa: f64,
    /// Time of preparation (ms).
    pub prepared_ms: u64,
    /// Highest temperature of what has to cool before venting, when the run was called complete (°C).
    pub chamber_c: f64,
    /// Whether an interlock or a lasting alarm was present.
    pub is_alarmed: bool,
}

/// Entries of the ring of records.
const RING: usize = 29;
/// Time for which the position of a valve may differ from its command before the run is aborted (ms of the process).
const STUCK_MS: u64 = 500;
/// A heater beyond its tolerance for so long ends the run (ms of the process).
const DRIFT_MS: u64 = 1000;
/// The process is brought on in steps of this length at most (ms).
const TICK_MS: u64 = 100;
/// Begin and end of what happens for a moment in a step (ms).
const MOMENT_MS: std::ops::Range<u64> = 1000..1300;
/// Atmosphere (µPa): it has no room in 32 bits.
const ATMOSPHERE_UPA: u64 = 101_325_000_000;

impl Simulator {
    /// The controller of a reactor, with faults to come.
    #[must_use]
    pub fn new(reactor: &Reactor, faults: Vec<Fault>) -> Self {
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let limits = reactor.controller;
        let image_length =
            registers::FIRST_LOOP + usize::from(limits.loop_slots) * 4 + usize::from(limits.step_slots) * 20;
        Self {
            digest: reactor.digest,
            parts: [count(reactor.lines.len()), count(reactor.mfcs.len()), count(reactor.heaters.len())],
            step_slots: limits.step_slots,
            loop_slots: limits.loop_slots,
            watchdog_ms: limits.watchdog.0,
            time_scale: 1,
            state: State::Idle,
            alarms: 0,
            alarms_present: 0,
            interlocks: 0,
            operator: None,
            last_beat: (0, 0),
            wall_ms: 0,
            command: [0; 5],
            clients: Vec::new(),
            raw_image: vec![0; image_length],
            image: None,
            activated_checksum: 0,
            process: Process::new(reactor.heaters.iter().map(|heater| (heater.heats, heater.standby_c)).collect()),
            since_start_ms: 0,
            true_ms: 0,
            settled_ms: 0,
            step: 0,
            in_step_ms: 0,
            hidden_ms: 0,
            is_repeated: false,
            frozen: None,
            part: Part::new(Kind::None, 0, 0, 0),
            cycle: 0,
            rounds: Vec::new(),
            records: vec![[0; part::REGISTERS]; RING],
            record_count: 0,
            open_ms: [0; 16],
            openings: [0; 16],
            was_open: 0,
            wrong_valves_ms: 0,
            wrong_heater_ms: 0,
            dead: false,
            log: Vec::new(),
            positions: Vec::new(),
            extremes: Extremes::default(),
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

    /// Every change of the positions of valves, of flows and of the plasma since the last start.
    #[must_use]
    pub fn positions(&self) -> &[Actuation] {
        &self.positions
    }

    /// What happened since the last start.
    #[must_use]
    pub fn extremes(&self) -> Extremes {
        self.extremes
    }

    /// Whether every precursor valve is closed, the plasma off, nothing flows, the valve to the pump open and every heater at
    /// its standby or on its way to it.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        let commanded = self.process.commanded;
        let is_cooling = self.image.as_ref().is_none_or(|image| self.process.setpoints_c == image.standby_c);
        self.process.confirmed_valves() == 0 && commanded == Actuators::SAFE && is_cooling
    }

    /// Whether a run is on.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Preparing | State::Running | State::Held | State::Cooling | State::Aborting)
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

    fn misbehaviour(&self) -> Option<Misbehaviour> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::Misbehaves(how) => Some(*how),
            _ => None,
        })
    }

    fn does(&self, how: Misbehaviour) -> bool {
        self.misbehaviour() == Some(how)
    }

    fn watch(&mut self) {
        if self.operator.is_none() || self.wall_ms - self.last_beat.1 <= u64::from(self.watchdog_ms) {
            return;
        }
        self.operator = None;
        if matches!(self.state, State::Preparing | State::Running | State::Held | State::Cooling) {
            self.abort(0);
        }
    }

    /// Brings the process on, to the end of a step at most. Returns by how much.
    fn tick(&mut self, most_ms: u64) -> u64 {
        let length_ms = self.step_length_ms().unwrap_or(0);
        let ms = match self.state {
            State::Running if length_ms > self.in_step_ms => most_ms.min(length_ms - self.in_step_ms),
            State::Preparing => self.leak_test_left_ms().map_or(most_ms, |left| most_ms.min(left)),
            _ => most_ms,
        }
        .max(1);
        self.ramp(ms);
        let dose_pa = self.entry().map_or(0.0, |step| step.dose_pa);
        let floor_pa = match &self.image {
            Some(_) if self.faults.iter().any(|fault| matches!(fault, Fault::NoVacuum)) => 1.0,
            Some(image) => image.base_pa * 0.5,
            None => 1e-4,
        };
        self.process.leak_pa_per_s = { self.faults.iter() }.fold(0.0, |sum, fault| match fault {
            Fault::Leaks { pa_per_s } => sum + pa_per_s,
            Fault::Misbehaves(Misbehaviour::IgnoresLeak(upa_per_s)) => sum + f64::from(*upa_per_s) / 1e6,
            _ => sum,
        });
        self.process.advance(ms, dose_pa, floor_pa);
        if self.is_running() {
            self.true_ms += ms;
            if self.hides() {
                self.hidden_ms += ms;
            } else {
                self.since_start_ms += ms;
            }
            self.apply_faults(ms);
        }
        self.measure(ms);
        match self.state {
            State::Preparing => self.prepare(ms),
            State::Cooling => self.cool(),
            State::Running => self.run(ms),
            State::Aborting if self.process.confirmed_valves() == 0 || self.does(Misbehaviour::IgnoresAbort) => {
                self.state = State::Aborted;
            }
            _ => {}
        }
        if matches!(self.state, State::Preparing | State::Running | State::Held | State::Cooling) {
            self.guard(ms);
        }
        self.freeze();
        ms
    }

    /// Whether its clock stands in a step that lasts longer than it reports.
    fn hides(&self) -> bool {
        match (self.misbehaviour(), self.entry()) {
            (Some(Misbehaviour::HiddenLongStep(ms)), Some(step)) => {
                let is_there = self.state == State::Running && self.step == 0 && 2 * self.in_step_ms >= step.length_ms;
                is_there && self.hidden_ms + step.length_ms < ms
            }
            _ => false,
        }
    }

    /// Reads the instruments.
    fn measure(&mut self, ms: u64) {
        let reading = self.reading();
        if !self.hides() {
            self.part.add(&reading, ms);
        }
        let is_on = self.is_running();
        for line in 0..16 {
            if is_on && reading.confirmed >> line & 1 == 1 {
                self.open_ms[line] += ms;
                self.openings[line] += u32::from(self.was_open >> line & 1 == 0);
            }
        }
        self.was_open = reading.confirmed;
        let position = Actuation {
            time_ms: self.true_ms,
            valves: reading.confirmed,
            pump_open: reading.pump_confirmed,
            flows_msccm: reading.flows_msccm,
            plasma_mw: reading.plasma_mw,
        };
        let before = self.positions.last().map(|last| Actuation { time_ms: position.time_ms, ..*last });
        if is_on && before != Some(position) {
            self.positions.push(position);
        }
        let Some(image) = self.image.as_ref().filter(|_| is_on) else { return };
        let executes = matches!(self.state, State::Running | State::Held);
        let extremes = &mut self.extremes;
        for (heater, is) in reading.heaters_mc.iter().enumerate() {
            let is = f64::from(*is) / 1e3;
            extremes.above_trip_c = extremes.above_trip_c.max(is - image.trips_c[heater]);
            if executes {
                extremes.off_setpoint_c = extremes.off_setpoint_c.max((is - image.setpoints_c[heater]).abs());
            }
        }
        if executes {
            extremes.pressure_pa = extremes.pressure_pa.max(reading.pressure_upa as f64 / 1e6);
        } else if self.state == State::Preparing {
            extremes.prepared_ms += ms;
        }
        extremes.is_alarmed |= reading.interlocks != 0 || self.alarms_present != 0;
    }

    fn is_in_moment(&self, step: usize) -> bool {
        self.state == State::Running && self.step == step && self.cycle == 1 && MOMENT_MS.contains(&self.in_step_ms)
    }

    fn reading(&self) -> Reading {
        let told = self.process.commanded;
        let mut confirmed = self.process.confirmed_valves();
        let mut heaters_mc = Reading::heaters(&self.process);
        let mut pressure_upa = (self.process.pressure_pa * 1e6).round().max(0.0) as u64;
        match self.misbehaviour() {
            Some(Misbehaviour::Blink(line)) if self.is_in_moment(1) => confirmed |= 1 << line,
            Some(Misbehaviour::Peak(heater)) if self.is_in_moment(0) => heaters_mc[heater] += 20_000,
            Some(Misbehaviour::Hot(heater))
                if self.state == State::Preparing && MOMENT_MS.contains(&self.since_start_ms) =>
            {
                heaters_mc[heater] = 6_482_000;
            }
            Some(Misbehaviour::StuckGauge) => {
                pressure_upa = self.image.as_ref().map_or(0, |image| (image.base_pa * 0.5e6) as u64);
            }
            Some(Misbehaviour::Atmosphere) if self.state == State::Running => pressure_upa = ATMOSPHERE_UPA,
            _ => {}
        }
        Reading {
            alarms: self.alarms | self.alarms_present,
            interlocks: self.interlocks,
            told,
            confirmed,
            pump_confirmed: told.pump_open,
            flows_msccm: told.flows_msccm,
            plasma_mw: told.plasma_mw,
            pressure_upa,
            heaters_mc,
        }
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
                    let at = registers::FIRST_LOOP + usize::from(self.loop_slots) * 4 + 5;
                    self.raw_image[at] ^= 4;
                }
                Fault::Dies { at_ms } if self.since_start_ms >= at_ms => self.dead = true,
                Fault::Stop { at_ms } if self.since_start_ms >= at_ms && self.interlocks == 0 => {
                    self.interlocks = 1;
                    self.alarms_present |= 1 << 7;
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, ms: u64) {
        if self.hides() {
            return;
        }
        self.in_step_ms += ms;
        if self.does(Misbehaviour::HoldsForever) && self.step == 1 && self.in_step_ms > MOMENT_MS.start {
            self.hold();
            return;
        }
        let Some(length_ms) = self.step_length_ms() else { return };
        if self.in_step_ms < length_ms {
            return;
        }
        self.record(0);
        if self.does(Misbehaviour::RepeatsSteps) {
            self.is_repeated = !self.is_repeated;
            if self.is_repeated {
                return self.enter();
            }
        }
        self.go_on();
    }

    /// Goes to the next step, or ends.
    fn go_on(&mut self) {
        loop {
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
            let is_over = match self.misbehaviour() {
                Some(Misbehaviour::EndsAfter(cycles)) => {
                    let begins = image.steps.get(next).is_some_and(|step| step.begins_cycle);
                    begins && self.cycle >= cycles
                }
                _ => false,
            };
            if next >= n_steps || is_over {
                return self.finish();
            }
            self.step = next;
            if !self.does(Misbehaviour::SkipsPumps) || image.steps[next].kind != 3 {
                return self.enter();
            }
        }
    }

    /// Place in the table of the step that is executed.
    fn place(&self) -> usize {
        match (self.step, self.misbehaviour()) {
            (0, Some(Misbehaviour::SwapsSteps)) => 1,
            (1, Some(Misbehaviour::SwapsSteps)) => 0,
            (step, _) => step,
        }
    }

    /// The step that is executed.
    fn entry(&self) -> Option<&Step> {
        self.image.as_ref()?.steps.get(self.place())
    }

    /// Begins the step.
    fn enter(&mut self) {
        let Some(step) = self.entry() else { return };
        let (begins, commanded) = (step.begins_cycle, step.commanded);
        self.in_step_ms = 0;
        self.cycle += u32::from(begins && !self.is_repeated);
        self.actuate_step(commanded);
        self.begin_part(Kind::Step);
        if let Some(image) = Image::read(&self.raw_image, self.step_slots, self.loop_slots)
            && image.checksum != self.activated_checksum
        {
            self.abort(4);
        }
    }

    fn actuate_step(&mut self, mut commanded: Actuators) {
        let is_dose = commanded.valves != 0;
        match self.misbehaviour() {
            Some(Misbehaviour::SecondValve(line)) if is_dose => commanded.valves |= 1 << line,
            Some(Misbehaviour::WrongValve(line)) if is_dose => commanded.valves = 1 << line,
            Some(Misbehaviour::PumpShut) => commanded.pump_open = false,
            Some(Misbehaviour::Plasma(power)) => commanded.plasma_mw = power,
            Some(Misbehaviour::Flow(flow)) => {
                commanded.flows_msccm[..usize::from(self.parts[1].min(4))].fill(flow);
            }
            _ => {}
        }
        self.actuate(commanded);
    }

    fn begin_part(&mut self, kind: Kind) {
        let (step, cycle) = match kind {
            Kind::Step | Kind::Hold => (self.place() as u16, self.cycle),
            _ => (0, 0),
        };
        self.part = Part::new(kind, step, cycle, self.since_start_ms);
    }

    fn step_length_ms(&self) -> Option<u64> {
        let step = self.entry()?;
        if let Some(Misbehaviour::LongStep(ms)) = self.misbehaviour()
            && self.step == 0
        {
            return Some(ms.max(1));
        }
        let factor = self.faults.iter().find_map(|fault| match fault {
            Fault::WrongClock { factor } => Some(*factor),
            _ => None,
        });
        Some((step.length_ms as f64 * factor.unwrap_or(1.0)).round().max(1.0) as u64)
    }

    fn actuate(&mut self, commanded: Actuators) {
        self.process.commanded = commanded;
        let entry = Actuation {
            time_ms: self.true_ms,
            valves: commanded.valves,
            pump_open: commanded.pump_open,
            flows_msccm: commanded.flows_msccm,
            plasma_mw: commanded.plasma_mw,
        };
        self.log.push(entry);
    }

    /// What the reactor itself must notice. A controller that misbehaves notices nothing.
    fn guard(&mut self, ms: u64) {
        if self.misbehaviour().is_some() {
            return;
        }
        if self.interlocks != 0 {
            return self.abort(7);
        }
        let wrong = self.process.confirmed_valves() != self.process.commanded.valves;
        self.wrong_valves_ms = if wrong { self.wrong_valves_ms + ms } else { 0 };
        if self.wrong_valves_ms >= STUCK_MS {
            return self.abort(3);
        }
        let Some(image) = &self.image else { return };
        if self.process.temperatures_c.iter().zip(&image.trips_c).any(|(is, trip)| is > trip) {
            return self.abort(1);
        }
        let trips = image.trip_upa > 0 && self.process.pressure_pa * 1e6 > image.trip_upa as f64;
        if trips && self.state != State::Preparing {
            return self.abort(2);
        }
        let drifts = self.state == State::Running && !self.process.in_tolerance(&image.setpoints_c, image.tolerance_c);
        self.wrong_heater_ms = if drifts { self.wrong_heater_ms + ms } else { 0 };
        if self.wrong_heater_ms >= DRIFT_MS {
            self.abort(1);
        }
    }

    fn hold(&mut self) {
        self.record(1);
        self.state = State::Held;
        self.actuate(Actuators::SAFE);
        self.begin_part(Kind::Hold);
    }

    fn resume(&mut self) {
        self.record(0);
        self.state = State::Running;
        let commanded = self.entry().map_or(Actuators::SAFE, |step| step.commanded);
        self.actuate_step(commanded);
        self.begin_part(Kind::Step);
    }

    fn abort(&mut self, alarm: u16) {
        self.alarms |= 1 << alarm;
        if matches!(self.state, State::Preparing | State::Running | State::Held | State::Cooling) {
            self.record(2);
        }
        self.safe(State::Aborting);
    }

    /// Closes everything but the valve to the pump, and lets the heaters cool.
    fn safe(&mut self, state: State) {
        self.state = state;
        let mut commanded = Actuators::SAFE;
        match self.misbehaviour() {
            Some(Misbehaviour::OpenAfter(line)) => commanded.valves = 1 << line,
            Some(Misbehaviour::ShutAfter) => commanded.pump_open = false,
            Some(Misbehaviour::FlowAfter(flow)) => commanded.flows_msccm[0] = flow,
            Some(Misbehaviour::PlasmaAfter(power)) => commanded.plasma_mw = power,
            _ => {}
        }
        self.actuate(commanded);
        self.begin_part(Kind::Safe);
        if let Some(image) = self.image.as_ref().filter(|_| state == State::Complete) {
            let heaters = self.process.temperatures_c.iter().zip(&image.vents_c).filter(|(_, vent)| vent.is_some());
            self.extremes.chamber_c = heaters.map(|(is, _)| *is).fold(f64::NEG_INFINITY, f64::max);
        }
        if let Some(image) = self.image.as_ref().filter(|_| !self.does(Misbehaviour::StaysHot)) {
            self.process.setpoints_c.clone_from(&image.standby_c);
        }
    }

    fn record(&mut self, how: u16) {
        match self.misbehaviour() {
            Some(Misbehaviour::NoRecords) => return,
            Some(Misbehaviour::FreezesRecords(number)) if self.record_count >= number => return,
            _ => {}
        }
        let place = self.record_count as usize % RING;
        self.record_count += 1;
        if self.record_count == 2 && self.does(Misbehaviour::LosesRecord) {
            return;
        }
        self.records[place] = self.part.registers(self.record_count, how);
    }
}
