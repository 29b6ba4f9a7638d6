//! Supervision of a run: heartbeat, state, records, and the causes that end it.

use super::part::{Counters, Ending, Kind, Part, Seen};
use super::safe::{COOLING_MS, ENDING_MS, Missing, Safety};
use super::watch::{Pace, Watch};
use super::{
    Alarm, Attended, Clock, Command, Controller, FIRST_ANSWER_MS, Heartbeat, Identity, Lost, SessionError, State,
    Status, compare_chunk, fast_enough, identify_as, send, verify,
};
use crate::as_run::Row;
use crate::program::Slot;
use crate::reactor::HeaterKind;
use crate::register_map::{MOST_AT_ONCE, RECORDS, checksum, encode};
use crate::release::Released;
use crate::rule::Severity;

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
    /// Every step was recorded as planned, and the safe state was seen.
    Complete {
        /// Deviations that the reactor's description lets be recorded only.
        deviations: usize,
    },
    /// It was aborted, or cannot be called complete.
    Aborted {
        /// Why.
        reason: String,
        /// What was missing for the safe state; empty if it was seen.
        missing: String,
    },
    /// Contact was lost. The watchdog of the controller ends the run in the safe state.
    ContactLost {
        /// The last error.
        reason: String,
        /// Time without a heartbeat after which the watchdog acts (ms).
        watchdog_ms: u32,
    },
    /// The controller did not start it.
    NotStarted {
        /// Why.
        reason: String,
    },
}

impl End {
    /// Name in the table of runs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "complete",
            Self::Aborted { .. } => "aborted",
            Self::ContactLost { .. } => "contact lost",
            Self::NotStarted { .. } => "not started",
        }
    }

    /// Whether the safe state was seen.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        match self {
            Self::Complete { .. } => true,
            Self::Aborted { missing, .. } => missing.is_empty(),
            Self::ContactLost { .. } | Self::NotStarted { .. } => false,
        }
    }
}

/// The safe state in words.
const SEEN: &str = "safe state seen: all precursor valves closed, valve to the pump open, plasma off, no flow, heaters at \
                    standby or falling";

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete { deviations: 0 } => write!(f, "run complete, every step recorded as planned; {SEEN}"),
            Self::Complete { deviations } => {
                write!(f, "run complete, {deviations} deviations recorded, see its log; {SEEN}")
            }
            Self::Aborted { reason, missing } if missing.is_empty() => write!(f, "{reason}; {SEEN}"),
            Self::Aborted { reason, missing } => {
                write!(f, "{reason}; THE SAFE STATE WAS NOT SEEN: {missing}; check the reactor now")
            }
            Self::ContactLost { reason, watchdog_ms } => write!(
                f,
                "{reason}; THE SAFE STATE WAS NOT SEEN: the controller's watchdog should enter it {} s after the last \
                 heartbeat; check the reactor now",
                f64::from(*watchdog_ms) / 1e3
            ),
            Self::NotStarted { reason } => write!(f, "the run was not started: {reason}"),
        }
    }
}

/// Interval at which state and heartbeat are polled (ms); shorter with a short watchdog.
const POLL_MS: u64 = 200;
/// Interval at which a reading is logged (ms of the process).
const READING_MS: u32 = 10_000;

/// Time within which a pause has to be seen once it was acknowledged (ms).
const PAUSING_MS: u64 = 1000;

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
    token: u32,
    beat: Option<Heartbeat>,
    rows: Vec<Row>,
    watch: Watch<'a>,
    safety: Safety,
    deviations: usize,
    last_poll_ms: Option<u64>,
    last_reading_ms: Option<u32>,
    state: Option<State>,
    status: Option<Status>,
    alive: (u16, u64),
    lost_since: Option<u64>,
    chunk: usize,
    ending: Option<(String, u64)>,
    final_since: Option<u64>,
    requested: Option<Interrupt>,
    /// When a pause was acknowledged that is not seen yet (ms).
    paused_ms: Option<u64>,
}

impl<'a> Run<'a> {
    /// Verifies the loaded recipe, becomes the operator, and starts the recipe.
    ///
    /// # Errors
    ///
    /// [`SessionError`]: no recipe is running, as far as the controller answered.
    pub fn start(
        controller: &mut impl Controller,
        clock: &mut impl Clock,
        released: &'a Released,
        token: u32,
    ) -> Result<Self, SessionError> {
        let mut run = Self::claim(controller, clock, released, token)?;
        run.begin(controller, clock)?;
        Ok(run)
    }

    /// Verifies the loaded recipe and becomes the operator.
    ///
    /// # Errors
    ///
    /// [`SessionError`]: nothing was started.
    pub fn claim(
        controller: &mut impl Controller,
        clock: &mut impl Clock,
        released: &'a Released,
        token: u32,
    ) -> Result<Self, SessionError> {
        controller.answer_within_ms(FIRST_ANSWER_MS);
        verify(controller, released)?;
        let mut run = Self::new(controller, clock.now_ms(), released, Role::Operator)?;
        // A poll takes several answers, and the heartbeat must not be late in between.
        fast_enough(controller, clock, &run.identity, 5)?;
        let status = Status::read(controller)?;
        if status.interlocks != 0 || status.alarm_bits[1] != 0 {
            let interlocks = released.reactor().interlock_names(status.interlocks);
            let words = [Alarm::text(status.alarm_bits[1]), interlocks].join(" ");
            return Err(SessionError::Alarmed(words.trim().to_owned()));
        }
        run.token = token;
        let mut beat = Heartbeat::new(token, run.identity.watchdog_ms);
        send(&mut Attended { controller, clock, beat: Some(&mut beat) }, token, Command::Claim)?;
        run.beat = Some(beat);
        run.log_command(Command::Claim);
        Ok(run)
    }

    /// Starts the recipe. If that fails, the rows of the log state it and end.
    ///
    /// # Errors
    ///
    /// [`SessionError`]: no recipe is running, as far as the controller answered.
    pub fn begin(&mut self, controller: &mut impl Controller, clock: &mut impl Clock) -> Result<(), SessionError> {
        let mut link = Attended { controller, clock, beat: self.beat.as_mut() };
        let Err(error) =
            link.attend().map_err(SessionError::from).and_then(|()| send(&mut link, self.token, Command::Start))
        else {
            self.log_command(Command::Start);
            return Ok(());
        };
        self.log("command", String::new(), format!("start: {error}"));
        let end = if matches!(error, SessionError::Refused { .. }) {
            End::NotStarted { reason: error.to_string() }
        } else {
            // It may be running unsupervised, which must not be.
            let reason = match send(&mut Attended { controller, clock, beat: None }, self.token, Command::Abort) {
                Ok(()) => format!("the start got no answer: {error}; the abort was acknowledged"),
                Err(_) => format!("the start got no answer: {error}"),
            };
            End::ContactLost { reason, watchdog_ms: self.identity.watchdog_ms }
        };
        self.log("end", String::new(), end.to_string());
        Err(error)
    }

    /// Watches a run that another client operates.
    ///
    /// # Errors
    ///
    /// [`SessionError`] if it is a different controller, or contains a different recipe.
    pub fn watch(controller: &mut impl Controller, now_ms: u64, released: &'a Released) -> Result<Self, SessionError> {
        controller.answer_within_ms(FIRST_ANSWER_MS);
        verify(controller, released)?;
        Self::new(controller, now_ms, released, Role::Watcher)
    }

    fn new(
        controller: &mut impl Controller,
        now_ms: u64,
        released: &'a Released,
        role: Role,
    ) -> Result<Self, SessionError> {
        let identity = identify_as(controller, released.reactor())?;
        let status = Status::read(controller)?;
        // Records of the previous run do not belong to this one; those of a run that is watched are still in the ring.
        let records = match role {
            Role::Operator => 0,
            Role::Watcher => status.records.saturating_sub(u32::from(identity.records)),
        };
        let mut watch = Watch::new(released, records);
        if role == Role::Operator {
            watch.begins_at(&status.temperatures_c);
        }
        Ok(Self {
            released,
            image: encode(released.program(), released.reactor())?,
            identity,
            role,
            token: 0,
            beat: None,
            rows: Vec::new(),
            watch,
            safety: Safety::of(released),
            deviations: 0,
            last_poll_ms: None,
            last_reading_ms: None,
            state: None,
            alive: (status.heartbeat, now_ms),
            lost_since: None,
            chunk: 0,
            ending: None,
            final_since: None,
            requested: None,
            paused_ms: None,
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

    /// Rise of the pressure (Pa/s) in the leak test; null if there was none.
    #[must_use]
    pub fn leak_rate_pa_per_s(&self) -> Option<f64> {
        self.watch.leak_rate_pa_per_s()
    }

    /// Number of deviations so far.
    #[must_use]
    pub fn deviations(&self) -> usize {
        self.deviations
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
    pub fn poll(&mut self, controller: &mut impl Controller, clock: &mut impl Clock) -> Next {
        let now_ms = clock.now_ms();
        let watchdog_ms = u64::from(self.identity.watchdog_ms);
        let mut beat = self.beat.take();
        let due = self.due(&mut Attended { controller, clock, beat: beat.as_mut() }, now_ms);
        self.beat = beat;
        match due {
            Ok(Some(end)) => return self.over(end),
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
                    return self.over(end);
                }
            }
        }
        let wait_ms = if self.last_poll_ms.is_none() { 1 } else { POLL_MS.min(watchdog_ms / 8).max(1) };
        Next::At(now_ms + wait_ms)
    }

    fn over(&mut self, end: End) -> Next {
        for (line, sum) in self.released.reactor().lines.iter().zip(self.watch.sums().to_vec()) {
            if sum.doses[0] == 0 && sum.open_s[1] == 0.0 {
                continue;
            }
            let precursor = precursor_on(self.released, line).unwrap_or_default();
            self.rows.push(Row {
                time_s: self.status.as_ref().map_or(0.0, |status| f64::from(status.since_start_ms) / 1e3),
                event: "sum",
                state: self.status.as_ref().map_or("", |status| status.state.name()),
                precursor,
                planned_duration_s: Some(sum.open_s[0]),
                duration_s: Some(sum.open_s[1]),
                message: format!(
                    "valve {}: {} doses of {}, open {} s of {} s, exposure {:.4} Pa s of {:.4} Pa s",
                    line.valve,
                    sum.doses[1],
                    sum.doses[0],
                    sum.open_s[1],
                    sum.open_s[0],
                    sum.exposure_pa_s[1],
                    sum.exposure_pa_s[0]
                ),
                valves: line.valve.clone(),
                ..Row::default()
            });
        }
        self.log("end", String::new(), end.to_string());
        Next::Over(end)
    }

    fn out_of_contact(&self, reason: String) -> End {
        let reason = match &self.ending {
            Some((before, _)) => format!("{before}; then {reason}"),
            None => reason,
        };
        End::ContactLost { reason, watchdog_ms: self.identity.watchdog_ms }
    }

    fn due<C: Controller, K: Clock>(
        &mut self,
        link: &mut Attended<'_, C, K>,
        now_ms: u64,
    ) -> Result<Option<End>, Lost> {
        let watchdog_ms = u64::from(self.identity.watchdog_ms);
        link.attend()?;
        let poll_ms = POLL_MS.min(watchdog_ms / 4);
        if self.requested.is_none() && self.last_poll_ms.is_some_and(|last| now_ms.saturating_sub(last) < poll_ms) {
            return Ok(None);
        }
        self.last_poll_ms = Some(now_ms);
        // What happens while these are read is in the status, which is read last.
        let (part, counters) = (Part::present(link)?, Counters::read(link)?);
        let status = Status::read(link)?;
        let seen_ms = link.clock.now_ms();
        self.status = Some(status.clone());
        if status.heartbeat != self.alive.0 {
            self.alive = (status.heartbeat, now_ms);
        } else if now_ms.saturating_sub(self.alive.1) > watchdog_ms {
            // It answers, but its program does not run. Abort in case it resumes; the run is lost in either case.
            send(link, self.token, Command::Abort).ok();
            return Ok(Some(self.out_of_contact("the controller's heartbeat has stopped".to_owned())));
        }
        self.records(link, &status, now_ms)?;
        let pace = if self.identity.simulated { Pace::Simulated } else { Pace::Real };
        self.watch.reading(&status, &part, &counters, seen_ms, pace);
        self.deviate("reading", now_ms);
        match self.paused_ms {
            Some(since) if status.state == State::Running && now_ms.saturating_sub(since) > PAUSING_MS => {
                self.paused_ms = None;
                self.stop("the controller acknowledged a pause and goes on".to_owned(), now_ms);
            }
            Some(_) if status.state != State::Running => self.paused_ms = None,
            _ => {}
        }
        if let Some(end) = self.states(link, &status, now_ms)? {
            return Ok(Some(end));
        }
        let requested = self.requested.take();
        self.carry_out(link, requested, now_ms)?;
        if self.ending.is_none() && self.final_since.is_none() {
            self.image_unchanged(link, &status, now_ms)?;
        }
        self.reading_due(&status);
        let has_to_abort = match status.state {
            State::Aborting | State::Aborted => false,
            // A controller that says so and goes on.
            State::Complete => !self.safety.missing(&status).at_once.is_empty(),
            _ => true,
        };
        if self.role == Role::Operator && self.ending.is_some() && has_to_abort {
            self.do_command(link, Command::Abort)?;
        }
        Ok(None)
    }

    /// Logs the deviations that were found, and ends the run for a hard one.
    fn deviate(&mut self, event: &'static str, now_ms: u64) {
        for deviation in self.watch.take() {
            self.deviations += 1;
            if deviation.severity == Severity::Hard {
                self.stop(deviation.words, now_ms);
            } else {
                self.log(event, deviation.words, String::new());
            }
        }
    }

    /// Records the state; returns the end if the state is a final one and safe, or has not become so in time.
    fn states<C: Controller, K: Clock>(
        &mut self,
        link: &mut Attended<'_, C, K>,
        status: &Status,
        now_ms: u64,
    ) -> Result<Option<End>, Lost> {
        if self.state != Some(status.state) {
            self.state = Some(status.state);
            self.log("state", Alarm::text(status.alarm_bits[0]), String::new());
        }
        match status.state {
            State::Complete => {
                if self.final_since.is_none() {
                    // Those that were read before may not be the last.
                    let counters = Counters::read(link)?;
                    if let Err(why) = self.watch.finish(status, &counters) {
                        let words = format!("the controller reports that the run is complete, but {why}");
                        self.stop(words, now_ms);
                    }
                }
                self.final_since.get_or_insert(now_ms);
            }
            State::Aborted | State::Aborting => {
                let words = Alarm::text(status.alarm_bits[0]);
                let cause = if words.is_empty() { "the controller reports no alarm".to_owned() } else { words };
                self.ending.get_or_insert_with(|| (format!("aborted: {cause}"), now_ms));
                if status.state == State::Aborted {
                    self.final_since.get_or_insert(now_ms);
                }
            }
            State::Idle | State::Loading | State::Ready | State::Unknown => {
                self.stop(format!("the controller is {} during a run: it was restarted", status.state.name()), now_ms);
                if self.role == Role::Watcher || status.state != State::Ready {
                    let missing = self.safety.missing(status);
                    return Ok(Some(self.ended(&missing)));
                }
            }
            State::Preparing | State::Running | State::Held | State::Cooling => {}
        }
        let since = self.ending.as_ref().map(|(_, since)| *since).into_iter().chain(self.final_since).max();
        let Some(since) = since else { return Ok(None) };
        let missing = self.safety.missing(status);
        let took_ms = now_ms.saturating_sub(since);
        let is_late = if missing.at_once.is_empty() { took_ms > COOLING_MS } else { took_ms > ENDING_MS };
        Ok((missing.is_nothing() || is_late).then(|| self.ended(&missing)))
    }

    fn ended(&self, missing: &Missing) -> End {
        match &self.ending {
            None if missing.is_nothing() => End::Complete { deviations: self.deviations },
            None => End::Aborted { reason: "all steps were executed".to_owned(), missing: missing.to_string() },
            Some((reason, _)) => End::Aborted { reason: reason.clone(), missing: missing.to_string() },
        }
    }

    fn stop(&mut self, reason: String, now_ms: u64) {
        let message = if self.ending.is_none() { "abort" } else { "" };
        self.log("reading", reason.clone(), message.to_owned());
        self.ending.get_or_insert((reason, now_ms));
    }

    fn carry_out<C: Controller, K: Clock>(
        &mut self,
        link: &mut Attended<'_, C, K>,
        requested: Option<Interrupt>,
        now_ms: u64,
    ) -> Result<(), Lost> {
        match requested {
            None => Ok(()),
            Some(Interrupt::Abort) => {
                if self.ending.is_none() {
                    self.log("reading", String::new(), "aborted by the operator".to_owned());
                    self.ending = Some(("aborted by the operator".to_owned(), now_ms));
                }
                self.do_command(link, Command::Abort).map(drop)
            }
            Some(Interrupt::Pause) => {
                let is_done = self.do_command(link, Command::Pause)?;
                self.paused_ms = is_done.then_some(now_ms);
                Ok(())
            }
            Some(Interrupt::Resume) => self.do_command(link, Command::Resume).map(drop),
        }
    }

    fn do_command<C: Controller, K: Clock>(
        &mut self,
        link: &mut Attended<'_, C, K>,
        what: Command,
    ) -> Result<bool, Lost> {
        match send(link, self.token, what) {
            Ok(()) => {
                self.log_command(what);
                Ok(true)
            }
            Err(SessionError::Lost(lost)) => Err(lost),
            // The run may have ended in the meantime; the next state shows it.
            Err(error) => {
                self.log("command", String::new(), format!("{}: {error}", what.name()));
                Ok(false)
            }
        }
    }

    /// Compares the recipe in the controller with the one that was loaded, a part of it at a time.
    fn image_unchanged<C: Controller, K: Clock>(
        &mut self,
        link: &mut Attended<'_, C, K>,
        status: &Status,
        now_ms: u64,
    ) -> Result<(), Lost> {
        if status.recipe_id != self.released.program().recipe_id || status.checksum != checksum(&self.image) {
            self.stop("the recipe in the controller differs from the one that was loaded".to_owned(), now_ms);
            return Ok(());
        }
        let chunks = self.image.len().div_ceil(MOST_AT_ONCE);
        self.chunk = (self.chunk + 1) % chunks;
        match compare_chunk(link, &self.image, self.chunk) {
            Ok(()) => {}
            Err(SessionError::Lost(lost)) => return Err(lost),
            Err(error) => self.stop(error.to_string(), now_ms),
        }
        Ok(())
    }

    fn reading_due(&mut self, status: &Status) {
        if self.last_reading_ms.is_none_or(|last| status.since_start_ms.saturating_sub(last) >= READING_MS) {
            self.last_reading_ms = Some(status.since_start_ms);
            self.log("reading", String::new(), String::new());
        }
    }

    /// Reads the new records and compares them.
    fn records<C: Controller, K: Clock>(
        &mut self,
        link: &mut Attended<'_, C, K>,
        status: &Status,
        now_ms: u64,
    ) -> Result<(), Lost> {
        let ring = u32::from(self.identity.records);
        if status.records < self.watch.records() {
            let words = format!("the number of records fell from {} to {}", self.watch.records(), status.records);
            self.stop(words, now_ms);
            return Ok(());
        }
        if status.records - self.watch.records() > ring {
            self.lose(status.records - ring);
        }
        if (status.records - self.watch.records()) * 4 >= ring {
            // Short steps: the next poll follows at once, before the ring is full.
            self.last_poll_ms = None;
        }
        while self.watch.records() < status.records {
            let number = self.watch.records() + 1;
            let place = ((number - 1) % ring) as u16;
            match Part::read(link, RECORDS.0 + place * RECORDS.1)? {
                part if part.number == number => {
                    self.watch.record(&part);
                    let deviations = self.watch.take();
                    let words: Vec<_> = deviations.iter().map(|deviation| deviation.words.clone()).collect();
                    self.record(&part, status, &words.join("; "));
                    self.deviations += deviations.len();
                    if let Some(hard) = deviations.into_iter().find(|deviation| deviation.severity == Severity::Hard) {
                        self.ending.get_or_insert((hard.words, now_ms));
                    }
                }
                part if part.number > number => self.lose(number),
                _ => {
                    self.lose(number);
                    self.stop(format!("record {number} is not in the ring, though it was announced"), now_ms);
                }
            }
        }
        Ok(())
    }

    fn lose(&mut self, to: u32) {
        let words = format!("records {} to {to} were overwritten before they were read", self.watch.records() + 1);
        self.log("lost", words, String::new());
        self.watch.lost(to);
    }

    /// The row of a part that ended.
    fn record(&mut self, part: &Part, status: &Status, deviation: &str) {
        let program = self.released.program();
        let slot = program.slots.get(usize::from(part.step)).filter(|_| part.kind == Kind::Step);
        let planned_pa =
            slot.filter(|slot| slot.dose_pressure_upa > 0).map(|slot| f64::from(slot.dose_pressure_upa) / 1e6);
        let how = match (part.kind, part.ending) {
            (Kind::Step, Ending::Held) => "held",
            (_, Ending::Aborted) => "aborted",
            _ => "",
        };
        let deviations: Vec<&str> = [how, deviation].into_iter().filter(|words| !words.is_empty()).collect();
        let planned_c = self.released.recipe().deposition_temperature_c;
        let substrate = self.substrate().map(|heater| part.seen.temperatures_c[heater]);
        let temperature =
            substrate.map(|[low, high]| if (high - planned_c).abs() >= (low - planned_c).abs() { high } else { low });
        let mut row = Row {
            time_s: f64::from(part.begin_ms.saturating_add(part.duration_ms)) / 1e3,
            event: match part.kind {
                Kind::Preparation => "preparation",
                Kind::LeakTest => "leak test",
                Kind::Evacuation => "evacuation",
                Kind::CoolDown => "cool-down",
                Kind::Hold => "hold",
                _ => slot.map_or("unknown", |slot| slot.kind.name()),
            },
            state: status.state.name(),
            cycle: Some(part.cycle),
            step: slot.map(|_| u32::from(part.step) + 1),
            precursor: slot.map_or_else(String::new, |slot| precursors(self.released, slot)),
            planned_duration_s: self.planned_ms(part.kind, slot).map(|ms| f64::from(ms) / 1e3),
            duration_s: Some(f64::from(part.duration_ms) / 1e3),
            planned_pressure_pa: planned_pa,
            pressure_pa: Some(part.seen.pressure_pa[0]),
            planned_temperature_c: Some(planned_c),
            deposition_temperature_c: temperature,
            deviation: deviations.join("; "),
            message: if part.kind == Kind::LeakTest { self.rise_words() } else { String::new() },
            ..Row::default()
        };
        self.measured(&mut row, &part.seen);
        self.rows.push(row);
    }

    /// The result of the leak test, in words.
    fn rise_words(&self) -> String {
        let volume = self.released.reactor().chamber.map(|chamber| chamber.volume_l);
        let Some(rate) = self.watch.leak_rate_pa_per_s() else { return String::new() };
        let leak = volume.map_or_else(String::new, |volume| format!(", {:.2e} Pa l/s", rate * volume));
        format!("the pressure rose by {rate:.2e} Pa/s{leak}")
    }

    /// The columns of what was seen.
    fn measured(&self, row: &mut Row, seen: &Seen) {
        let reactor = self.released.reactor();
        row.valves = reactor.valve_names(seen.valves_confirmed);
        row.pump_valve = match seen.pump_confirmed {
            1 => "closed",
            2 => "open",
            3 => "open and closed",
            _ => "",
        };
        let flows = reactor.mfcs.iter().zip(seen.flows_sccm);
        row.flows = flows.map(|(mfc, [mean, _])| format!("{} {mean}", mfc.name)).collect::<Vec<_>>().join("; ");
        row.plasma_w = Some(seen.plasma_w[0]);
        row.pressure_max_pa = Some(seen.pressure_pa[2]);
        let heaters = reactor.heaters.iter().zip(seen.temperatures_c).map(|(heater, [low, high])| {
            #[expect(clippy::float_cmp, reason = "one reading gives the same number twice")]
            if low == high { format!("{} {low}", heater.name) } else { format!("{} {low} to {high}", heater.name) }
        });
        row.heaters = heaters.collect::<Vec<_>>().join("; ");
        let alarms = [Alarm::text(seen.alarms), reactor.interlock_names(seen.interlocks)];
        row.alarms = alarms.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(", ");
    }

    /// Planned duration of a step or of the leak test.
    fn planned_ms(&self, kind: Kind, slot: Option<&Slot>) -> Option<u32> {
        let leak = self.released.program().conditions.leak.filter(|_| kind == Kind::LeakTest);
        slot.map(|slot| slot.duration_ms).or(leak.map(|leak| leak.duration_ms))
    }

    fn substrate(&self) -> Option<usize> {
        self.released.reactor().heaters.iter().position(|heater| heater.heats == HeaterKind::Substrate)
    }

    fn log_command(&mut self, command: Command) {
        self.log("command", String::new(), format!("{}: done", command.name()));
    }

    fn log(&mut self, event: &'static str, deviation: String, message: String) {
        let status = self.status.as_ref();
        let substrate = self.substrate();
        let mut row = Row {
            time_s: status.map_or(0.0, |status| f64::from(status.since_start_ms) / 1e3),
            event,
            state: status.map_or("", |status| status.state.name()),
            cycle: status.map(|status| status.cycle),
            step: status.map(|status| status.step),
            pressure_pa: status.map(|status| status.pressure_pa),
            planned_temperature_c: Some(self.released.recipe().deposition_temperature_c),
            deposition_temperature_c: status.and_then(|status| status.temperatures_c.get(substrate?).copied()),
            deviation,
            message,
            ..Row::default()
        };
        if let Some(status) = status {
            self.measured(&mut row, &status.seen());
        }
        self.rows.push(row);
    }
}

/// The precursors whose valves a step opens, by the names of the recipe.
fn precursors(released: &Released, slot: &Slot) -> String {
    let lines = released.reactor().lines.iter().enumerate();
    let open = lines.filter(|(line, _)| slot.outputs.valves >> line & 1 == 1);
    open.filter_map(|(_, line)| precursor_on(released, line)).collect::<Vec<_>>().join("+")
}

/// The precursor of the recipe that is on a line.
fn precursor_on(released: &Released, line: &crate::reactor::Line) -> Option<String> {
    line.precursors.iter().find(|name| released.recipe().precursor(name).is_some()).cloned()
}
