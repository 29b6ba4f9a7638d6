//! Supervision of a run: heartbeat, state, records, and the causes that end it.

use super::{
    Command, Controller, Heartbeat, Identity, Lost, SessionError, State, Status, command, compare_chunk, identify_as,
    image_of, verify,
};
use crate::as_run::Row;
use crate::program::Slot;
use crate::register_map::{MOST_AT_ONCE, RECORDS, checksum, signed, value};
use crate::release::Released;

/// A request of the operator during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// Hold.
    Pause,
    /// Continue.
    Resume,
    /// End in the safe state.
    Abort,
}

/// The action after a poll of the controller.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Poll again at this time (ms), or earlier.
    At(u64),
    /// The run is over.
    Over(End),
}

/// Outcome of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All steps were executed; the controller is in the safe state.
    Complete,
    /// It was aborted.
    Aborted {
        /// Why.
        reason: String,
        /// Whether the controller confirmed that all precursor valves are closed and the valve to the pump is open.
        safe_state_confirmed: bool,
    },
    /// Contact was lost. The watchdog of the controller ends the run in the safe state.
    ContactLost {
        /// The last error.
        reason: String,
        /// Time without a heartbeat after which the watchdog acts (ms).
        watchdog_ms: u32,
    },
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => write!(f, "run complete; reactor in the safe state"),
            Self::Aborted { reason, safe_state_confirmed: true } => {
                write!(f, "{reason}; safe state confirmed: all precursor valves closed, valve to the pump open")
            }
            Self::Aborted { reason, safe_state_confirmed: false } => {
                write!(f, "{reason}; SAFE STATE NOT CONFIRMED: check the valves at the reactor now")
            }
            Self::ContactLost { reason, watchdog_ms } => write!(
                f,
                "{reason}; the controller's watchdog should enter the safe state {} s after the last heartbeat: check the reactor now",
                f64::from(*watchdog_ms) / 1e3
            ),
        }
    }
}

/// Interval at which state and heartbeat are polled (ms); shorter with a short watchdog.
const POLL_MS: u64 = 200;
/// Interval at which a reading is logged (ms of the process).
const READING_MS: u32 = 10_000;
/// Duration after which a deviation of a temperature or a valve ends the run (ms).
const LASTING_MS: u64 = 1000;
/// Longest wait for the aborted state after an abort was requested (ms).
const ENDING_MS: u64 = 10_000;

/// Whether the run is operated or only watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Operator,
    Watcher,
}

/// A run that is operated, or watched.
#[derive(Debug)]
pub struct Run<'a> {
    released: &'a Released,
    image: Vec<u16>,
    identity: Identity,
    role: Role,
    beat: Heartbeat,
    rows: Vec<Row>,
    last_poll_ms: Option<u64>,
    last_beat_ms: u64,
    last_reading_ms: Option<u32>,
    state: Option<State>,
    status: Option<Status>,
    alive: (u16, u64),
    lost_since: Option<u64>,
    deviates_since: Option<u64>,
    records: u32,
    held_ms: u32,
    chunk: usize,
    ending: Option<(String, u64)>,
    requested: Option<Interrupt>,
}

impl<'a> Run<'a> {
    /// Verifies the loaded recipe, becomes the operator, and starts the recipe.
    ///
    /// # Errors
    ///
    /// [`SessionError`]: no recipe is running.
    pub fn start(
        controller: &mut impl Controller,
        clock: &mut impl super::Clock,
        released: &'a Released,
        token: u32,
    ) -> Result<Self, SessionError> {
        verify(controller, released)?;
        let mut run = Self::new(controller, clock.now_ms(), released, token, Role::Operator)?;
        command(controller, clock, token, Command::Claim)?;
        run.beat.send(controller)?;
        run.log_command(Command::Claim);
        let started = command(controller, clock, token, Command::Start);
        run.last_beat_ms = clock.now_ms();
        if let Err(error) = started {
            // It may be running unsupervised, which must not be. The caller needs the reason why it did not start.
            command(controller, clock, token, Command::Abort).ok();
            return Err(error);
        }
        run.log_command(Command::Start);
        Ok(run)
    }

    /// Watches a run that another client operates.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if it is a different controller, or contains a different recipe.
    pub fn watch(controller: &mut impl Controller, now_ms: u64, released: &'a Released) -> Result<Self, SessionError> {
        verify(controller, released)?;
        Self::new(controller, now_ms, released, 0, Role::Watcher)
    }

    fn new(
        controller: &mut impl Controller,
        now_ms: u64,
        released: &'a Released,
        token: u32,
        role: Role,
    ) -> Result<Self, SessionError> {
        let identity = identify_as(controller, released.reactor())?;
        let status = Status::read(controller)?;
        Ok(Self {
            released,
            image: image_of(released)?,
            identity,
            role,
            beat: Heartbeat::new(token),
            rows: Vec::new(),
            last_poll_ms: None,
            last_beat_ms: now_ms,
            last_reading_ms: None,
            state: None,
            alive: (status.heartbeat, now_ms),
            lost_since: None,
            deviates_since: None,
            // Records of the previous run do not belong to this one.
            records: if role == Role::Operator { 0 } else { status.records },
            held_ms: 0,
            chunk: 0,
            ending: None,
            requested: None,
            status: None,
        })
    }

    /// The identity that the controller reported.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The state at the last poll.
    #[must_use]
    pub fn status(&self) -> Option<&Status> {
        self.status.as_ref()
    }

    /// The rows for the as-run log since they were last taken.
    pub fn take_rows(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// Registers a request of the operator; it is executed at the next poll. A watcher may request an abort or a pause.
    pub fn interrupt(&mut self, interrupt: Interrupt) {
        self.requested = Some(interrupt);
    }

    /// Polls the controller and performs the actions that are due.
    pub fn poll(&mut self, controller: &mut impl Controller, clock: &mut impl super::Clock) -> Next {
        let now_ms = clock.now_ms();
        let watchdog_ms = u64::from(self.identity.watchdog_ms);
        match self.due(controller, clock, now_ms) {
            Ok(Some(end)) => {
                self.log("end", String::new(), end.to_string());
                return Next::Over(end);
            }
            Ok(None) => {
                if self.lost_since.take().is_some() {
                    self.log("reading", String::new(), "contact restored".to_owned());
                }
            }
            Err(lost) => {
                let since = *self.lost_since.get_or_insert(now_ms);
                if since == now_ms {
                    self.log("lost", "no contact".to_owned(), lost.to_string());
                }
                if now_ms.saturating_sub(since) > 2 * watchdog_ms {
                    let end = self.out_of_contact(format!("contact lost: {lost}"));
                    self.log("end", String::new(), end.to_string());
                    return Next::Over(end);
                }
            }
        }
        Next::At(now_ms + POLL_MS.min(watchdog_ms / 8).max(1))
    }

    fn out_of_contact(&self, reason: String) -> End {
        let reason = match &self.ending {
            Some((before, _)) => format!("{before}; then {reason}"),
            None => reason,
        };
        End::ContactLost { reason, watchdog_ms: self.identity.watchdog_ms }
    }

    fn due(
        &mut self,
        controller: &mut impl Controller,
        clock: &mut impl super::Clock,
        now_ms: u64,
    ) -> Result<Option<End>, Lost> {
        let watchdog_ms = u64::from(self.identity.watchdog_ms);
        if self.role == Role::Operator && now_ms.saturating_sub(self.last_beat_ms) >= watchdog_ms / 4 {
            self.beat.send(controller)?;
            self.last_beat_ms = now_ms;
        }
        let poll_ms = POLL_MS.min(watchdog_ms / 4);
        if self.requested.is_none() && self.last_poll_ms.is_some_and(|last| now_ms.saturating_sub(last) < poll_ms) {
            return Ok(None);
        }
        self.last_poll_ms = Some(now_ms);
        let status = Status::read(controller)?;
        self.status = Some(status.clone());
        if status.heartbeat != self.alive.0 {
            self.alive = (status.heartbeat, now_ms);
        } else if now_ms.saturating_sub(self.alive.1) > watchdog_ms {
            // It answers, but its program does not run. Abort in case it resumes; the run is lost in either case.
            command(controller, clock, self.beat.token, Command::Abort).ok();
            return Ok(Some(self.out_of_contact("the controller's heartbeat has stopped".to_owned())));
        }
        if let Some(end) = self.states(&status, now_ms) {
            self.records(controller, &status)?;
            return Ok(Some(end));
        }
        self.records(controller, &status)?;
        let requested = self.requested.take();
        self.carry_out(controller, clock, requested, now_ms)?;
        if self.ending.is_none() {
            self.watch_over(controller, &status, now_ms)?;
        }
        if self.role == Role::Operator
            && self.ending.is_some()
            && !matches!(status.state, State::Aborting | State::Aborted)
        {
            self.do_command(controller, clock, Command::Abort)?;
        }
        Ok(None)
    }

    /// Records the state; returns the end if the state is a final one.
    fn states(&mut self, status: &Status, now_ms: u64) -> Option<End> {
        if self.state != Some(status.state) {
            self.state = Some(status.state);
            let words = status.alarms.iter().map(|alarm| alarm.words()).collect::<Vec<_>>().join(", ");
            self.log("state", words, String::new());
        }
        let safe_state_confirmed = status.is_safe();
        match status.state {
            State::Complete => {
                // Valves need a moment to follow their command.
                if safe_state_confirmed {
                    return Some(End::Complete);
                }
                self.ending.get_or_insert_with(|| ("all steps executed, but valves did not close".to_owned(), now_ms));
            }
            State::Aborted | State::Aborting => {
                let words = status.alarms.iter().map(|alarm| alarm.words()).collect::<Vec<_>>().join(", ");
                let cause = if words.is_empty() { "the controller reports no alarm".to_owned() } else { words };
                let (reason, _) = self.ending.get_or_insert_with(|| (format!("aborted: {cause}"), now_ms));
                if status.state == State::Aborted && safe_state_confirmed {
                    return Some(End::Aborted { reason: reason.clone(), safe_state_confirmed });
                }
            }
            State::Idle | State::Loading | State::Ready | State::Unknown => {
                self.stop(format!("the controller is {} during a run: it was restarted", status.state.name()), now_ms);
                if self.role == Role::Watcher || status.state != State::Ready {
                    let reason = self.ending.as_ref().map(|(reason, _)| reason.clone()).unwrap_or_default();
                    return Some(End::Aborted { reason, safe_state_confirmed });
                }
            }
            State::Preparing | State::Running | State::Held => {}
        }
        match &self.ending {
            Some((reason, since)) if now_ms.saturating_sub(*since) > ENDING_MS => {
                Some(End::Aborted { reason: reason.clone(), safe_state_confirmed })
            }
            _ => None,
        }
    }

    fn stop(&mut self, reason: String, now_ms: u64) {
        if self.ending.is_none() {
            self.log("reading", reason.clone(), "abort".to_owned());
            self.ending = Some((reason, now_ms));
        }
    }

    fn carry_out(
        &mut self,
        controller: &mut impl Controller,
        clock: &mut impl super::Clock,
        requested: Option<Interrupt>,
        now_ms: u64,
    ) -> Result<(), Lost> {
        match requested {
            None => Ok(()),
            Some(Interrupt::Abort) => {
                self.stop("aborted by the operator".to_owned(), now_ms);
                self.do_command(controller, clock, Command::Abort)
            }
            Some(Interrupt::Pause) => self.do_command(controller, clock, Command::Pause),
            Some(Interrupt::Resume) => self.do_command(controller, clock, Command::Resume),
        }
    }

    fn do_command(
        &mut self,
        controller: &mut impl Controller,
        clock: &mut impl super::Clock,
        what: Command,
    ) -> Result<(), Lost> {
        match command(controller, clock, self.beat.token, what) {
            Ok(()) => self.log_command(what),
            Err(SessionError::Lost(lost)) => return Err(lost),
            // The run may have ended in the meantime; the next state shows it.
            Err(error) => self.log("command", String::new(), format!("{}: {error}", what.name())),
        }
        Ok(())
    }

    /// Compares recipe, valves and temperatures with the plan.
    fn watch_over(&mut self, controller: &mut impl Controller, status: &Status, now_ms: u64) -> Result<(), Lost> {
        let program = self.released.program();
        if status.recipe_id != program.recipe_id || status.checksum != checksum(&self.image) {
            self.stop("the recipe in the controller differs from the one that was loaded".to_owned(), now_ms);
            return Ok(());
        }
        let chunks = self.image.len().div_ceil(MOST_AT_ONCE);
        self.chunk = (self.chunk + 1) % chunks;
        match compare_chunk(controller, &self.image, self.chunk) {
            Ok(()) => {}
            Err(SessionError::Lost(lost)) => return Err(lost),
            Err(error) => self.stop(error.to_string(), now_ms),
        }
        let deviation = self.deviation(status);
        match (deviation, self.deviates_since) {
            (None, _) => self.deviates_since = None,
            (Some(_), None) => self.deviates_since = Some(now_ms),
            (Some(words), Some(since)) if now_ms.saturating_sub(since) >= LASTING_MS => self.stop(words, now_ms),
            (Some(_), Some(_)) => {}
        }
        let due = self.last_reading_ms.is_none_or(|last| status.since_start_ms.saturating_sub(last) >= READING_MS);
        if due {
            self.last_reading_ms = Some(status.since_start_ms);
            self.log("reading", String::new(), String::new());
        }
        Ok(())
    }

    /// A temperature or a valve that deviates from its command.
    fn deviation(&self, status: &Status) -> Option<String> {
        let (reactor, program) = (self.released.reactor(), self.released.program());
        if status.valves_confirmed != status.valves_commanded {
            let wrong = status.valves_confirmed ^ status.valves_commanded;
            let line = reactor.lines.get(wrong.trailing_zeros() as usize);
            let name = line.map_or("unknown", |line| line.valve.as_str());
            return Some(format!("position of valve `{name}` differs from its command"));
        }
        if status.pump_open[0] != status.pump_open[1] {
            return Some("position of the valve to the pump differs from its command".to_owned());
        }
        if status.state != State::Running {
            return None;
        }
        let tolerance = reactor.tolerance.temperature_c;
        reactor.heaters.iter().zip(&program.setpoints_mc).zip(&status.temperatures_c).find_map(|((heater, set), is)| {
            let set = f64::from(*set) / 1e3;
            ((is - set).abs() > tolerance)
                .then(|| format!("heater `{}` is {is:.1} °C, set-point {set} ± {tolerance} °C", heater.name))
        })
    }

    /// Reads the new records.
    fn records(&mut self, controller: &mut impl Controller, status: &Status) -> Result<(), Lost> {
        let ring = u32::from(self.identity.records);
        if status.records > self.records && status.records - self.records > ring {
            let lost = status.records - self.records - ring;
            self.log("lost", format!("{lost} records were overwritten before they were read"), String::new());
            self.records = status.records - ring;
        }
        while self.records < status.records {
            let number = self.records + 1;
            let place = (number - 1) % ring;
            let at_once =
                (MOST_AT_ONCE as u32 / u32::from(RECORDS.1)).min(ring - place).min(status.records - self.records);
            let found = controller
                .read(RECORDS.0 + (place * u32::from(RECORDS.1)) as u16, (at_once * u32::from(RECORDS.1)) as u16)?;
            for record in found.chunks_exact(usize::from(RECORDS.1)) {
                self.records += 1;
                if value(record, 0) == self.records {
                    self.record(record, status);
                } else {
                    let words = format!("record {} was overwritten before it was read", self.records);
                    self.log("lost", words, String::new());
                }
            }
        }
        Ok(())
    }

    fn record(&mut self, record: &[u16], status: &Status) {
        let program = self.released.program();
        let Some(slot) = program.slots.get(usize::from(record[2])) else {
            self.log("lost", format!("record of step {}, which is not in the recipe", record[2]), String::new());
            return;
        };
        let (begin_ms, length_ms) = (value(record, 6), value(record, 8));
        let pressure_pa = f64::from(value(record, 10)) / 1e6;
        let planned_pa = (slot.dose_pressure_upa > 0).then(|| f64::from(slot.dose_pressure_upa) / 1e6);
        let mut deviations = Vec::new();
        let whole_ms = self.held_ms.saturating_add(length_ms);
        match record[3] {
            1 => {
                self.held_ms = whole_ms;
                deviations.push("held".to_owned());
            }
            2 => {
                self.held_ms = 0;
                deviations.push("aborted".to_owned());
            }
            _ => {
                self.held_ms = 0;
                let tolerance = self.released.reactor().tolerance.duration;
                if whole_ms.abs_diff(slot.duration_ms) > tolerance.0 {
                    let words = format!(
                        "the step lasted {} s, planned {} s",
                        f64::from(whole_ms) / 1e3,
                        f64::from(slot.duration_ms) / 1e3
                    );
                    deviations.push(words.clone());
                    let now_ms = self.last_poll_ms.unwrap_or_default();
                    if self.ending.is_none() && matches!(status.state, State::Running | State::Held) {
                        self.ending = Some((words, now_ms));
                    }
                }
            }
        }
        let factor = self.released.reactor().tolerance.dose_pressure_factor;
        if let Some(planned) =
            planned_pa.filter(|planned| pressure_pa > planned * factor || pressure_pa < planned / factor)
            && record[3] == 0
        {
            deviations.push(format!("the pressure of the dose was {pressure_pa} Pa, planned {planned} Pa"));
        }
        let temperature = f64::from(signed(record, 12)) / 1e3;
        self.rows.push(Row {
            time_s: f64::from(begin_ms.saturating_add(length_ms)) / 1e3,
            event: slot.kind.name(),
            state: status.state.name(),
            cycle: Some(value(record, 4)),
            step: Some(u32::from(record[2]) + 1),
            precursor: precursors(self.released, slot),
            planned_duration_s: Some(f64::from(slot.duration_ms) / 1e3),
            duration_s: Some(f64::from(length_ms) / 1e3),
            planned_pressure_pa: planned_pa,
            pressure_pa: Some(pressure_pa),
            planned_temperature_c: Some(self.released.recipe().deposition_temperature_c),
            deposition_temperature_c: Some(temperature),
            deviation: deviations.join("; "),
            message: String::new(),
        });
    }

    fn log_command(&mut self, command: Command) {
        self.log("command", String::new(), format!("{}: done", command.name()));
    }

    fn log(&mut self, event: &'static str, deviation: String, message: String) {
        let substrate = |status: &Status| {
            let heats = crate::reactor::HeaterKind::Substrate;
            let heater = self.released.reactor().heaters.iter().position(|heater| heater.heats == heats)?;
            status.temperatures_c.get(heater).copied()
        };
        let status = self.status.as_ref();
        let row = Row {
            time_s: status.map_or(0.0, |status| f64::from(status.since_start_ms) / 1e3),
            event,
            state: status.map_or("", |status| status.state.name()),
            cycle: status.map(|status| status.cycle),
            step: status.map(|status| status.step),
            pressure_pa: status.map(|status| status.pressure_pa),
            planned_temperature_c: Some(self.released.recipe().deposition_temperature_c),
            deposition_temperature_c: status.and_then(substrate),
            deviation,
            message,
            ..Row::default()
        };
        self.rows.push(row);
    }
}

/// The precursors whose valves a step opens, by the names of the recipe.
fn precursors(released: &Released, slot: &Slot) -> String {
    let lines = released.reactor().lines.iter().enumerate();
    let open = lines.filter(|(line, _)| slot.outputs.valves >> line & 1 == 1);
    let names =
        open.filter_map(|(_, line)| line.precursors.iter().find(|name| released.recipe().precursor(name).is_some()));
    names.cloned().collect::<Vec<_>>().join("+")
}
