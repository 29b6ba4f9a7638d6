//! A session with a controller: what is read and written, in which order, and how answers are interpreted.
//!
//! No sockets and no clock: a [`Controller`] transfers registers, a [`Clock`] gives the time. A run is a state machine
//! ([`Run`]) that is polled; every failure ends in the safe state of the controller, or in the statement that the
//! watchdog of the controller has to enter it.

mod limits;
mod link;
mod part;
mod run;
mod safe;
mod status;
mod watch;

use crate::reactor::Reactor;
use crate::register_map::{
    COMMAND, HEARTBEAT, IDENTITY, IMAGE, ImageError, MAGIC, MOST_AT_ONCE, MOST_RECORDS, VERSION, digest_words, encode,
    id_text, value, words,
};
use crate::release::Released;

use link::read_all;

pub use limits::{Quantity, Watching};
pub use link::{Clock, Controller, Identity, Lost};
pub use run::{End, Interrupt, Next, Run};
pub use safe::{COOLING_MS, Missing, Safety};
pub use status::{Alarm, State, Status};

/// Why a session failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// No contact.
    #[error("no contact with the controller: {0}")]
    Lost(#[from] Lost),
    /// The controller has a different register map.
    #[error("expected a controller with register map {VERSION}, found {found}")]
    Map {
        /// The map found.
        found: String,
    },
    /// It is the controller of a different reactor, or has less capacity.
    #[error("the controller is not that of reactor `{reactor}`: {problem}; check --reactor and the address")]
    Reactor {
        /// The requested reactor.
        reactor: String,
        /// The difference.
        problem: String,
    },
    /// A command was not executed.
    #[error("the controller refused the command `{command}`: {why}")]
    Refused {
        /// The command.
        command: &'static str,
        /// The reason.
        why: String,
    },
    /// The loaded image differs from the recipe.
    #[error(
        "register {register} contains {found}, expected {expected}: the controller does not contain the recipe; load it again"
    )]
    Differs {
        /// Address.
        register: usize,
        /// As downloaded.
        expected: u16,
        /// As read back.
        found: u16,
    },
    /// It contains a different recipe, or none.
    #[error("the controller contains recipe {found}, expected {expected}: load it first")]
    Recipe {
        /// The requested recipe.
        expected: String,
        /// The recipe that it contains.
        found: String,
    },
    /// Its answers are too slow for its watchdog.
    #[error(
        "the controller answers after {took_ms} ms, expected {most_ms} ms at most: its watchdog acts after {watchdog_ms} ms \
         without a heartbeat; use a faster connection"
    )]
    Slow {
        /// Time of an answer (ms).
        took_ms: u64,
        /// Longest usable one (ms).
        most_ms: u64,
        /// Its watchdog (ms).
        watchdog_ms: u32,
    },
    /// An interlock is open, or an alarm lasts.
    #[error("the controller reports {0}: no run can be started")]
    Alarmed(String),
    /// A value of the recipe or the reactor that registers cannot hold.
    #[error("the recipe cannot be loaded: {0}")]
    Image(#[from] ImageError),
}

/// Commands to a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Become the operator.
    Claim,
    /// Stop being the operator.
    Release,
    /// Accept a new image.
    RequestChange,
    /// Check the image and become ready.
    Activate,
    /// Run.
    Start,
    /// Hold.
    Pause,
    /// Continue.
    Resume,
    /// Enter the safe state.
    Abort,
}

impl Command {
    /// In words, for messages and the log.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Release => "release",
            Self::RequestChange => "request change",
            Self::Activate => "activate",
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
        }
    }

    fn code(self) -> u16 {
        match self {
            Self::Claim => 1,
            Self::Release => 2,
            Self::RequestChange => 3,
            Self::Activate => 4,
            Self::Start => 5,
            Self::Pause => 6,
            Self::Resume => 7,
            Self::Abort => 8,
        }
    }
}

/// Reads the identity of a controller.
///
/// # Errors
///
/// [`SessionError::Lost`]; [`SessionError::Map`] if it has a different register map.
pub fn identify(controller: &mut impl Controller) -> Result<Identity, SessionError> {
    let found = read_all(controller, IDENTITY.0, IDENTITY.1)?;
    if value(&found, 0) != MAGIC {
        return Err(SessionError::Map { found: format!("{:#010x} in registers 0 and 1", value(&found, 0)) });
    }
    if found[2] != VERSION {
        return Err(SessionError::Map { found: format!("map {}", found[2]) });
    }
    Ok(Identity {
        parts: [found[3], found[4], found[5]],
        slots: [found[6], found[7]],
        watchdog_ms: value(&found, 9).max(1),
        records: found[11].clamp(1, MOST_RECORDS),
        reactor_digest: id_text(&found[16..32]),
        simulated: found[14] == 1,
    })
}

/// Whether a controller is that of a reactor.
///
/// # Errors
///
/// [`SessionError::Reactor`] with the difference, and the errors of [`identify`].
pub fn identify_as(controller: &mut impl Controller, reactor: &Reactor) -> Result<Identity, SessionError> {
    let identity = identify(controller)?;
    let wrong = |problem: String| Err(SessionError::Reactor { reactor: reactor.name.clone(), problem });
    let digest = id_text(&digest_words(&reactor.digest));
    if identity.reactor_digest != digest {
        return wrong(format!(
            "it holds the description with digest {}…, this one has {}…",
            &identity.reactor_digest[..12],
            &digest[..12]
        ));
    }
    let parts = [reactor.lines.len(), reactor.mfcs.len(), reactor.heaters.len()];
    if parts != identity.parts.map(usize::from) {
        return wrong(format!(
            "it has {} lines, {} mass flow controllers and {} heaters, the description has {}, {} and {}",
            identity.parts[0], identity.parts[1], identity.parts[2], parts[0], parts[1], parts[2]
        ));
    }
    let slots = [reactor.controller.step_slots, reactor.controller.loop_slots];
    if slots[0] > identity.slots[0] || slots[1] != identity.slots[1] {
        return wrong(format!(
            "it has room for {} steps and {} loops, the description states {} and {}",
            identity.slots[0], identity.slots[1], slots[0], slots[1]
        ));
    }
    if identity.watchdog_ms > reactor.controller.watchdog.0 {
        return wrong(format!(
            "its watchdog time is {} ms, the description states {} ms",
            identity.watchdog_ms, reactor.controller.watchdog.0
        ));
    }
    Ok(identity)
}

/// Attempts to send a command that is not answered.
const ATTEMPTS: u32 = 5;
/// Time within which a controller is expected to answer while its speed is not known (ms).
const FIRST_ANSWER_MS: u64 = 3000;

/// A controller with the operator's heartbeat: it is sent before any transfer once it is due.
pub(crate) struct Attended<'s, C, K> {
    pub(crate) controller: &'s mut C,
    pub(crate) clock: &'s mut K,
    pub(crate) beat: Option<&'s mut Heartbeat>,
}

impl<C: Controller, K: Clock> Attended<'_, C, K> {
    /// Sends the heartbeat if it is due.
    pub(crate) fn attend(&mut self) -> Result<(), Lost> {
        let now_ms = self.clock.now_ms();
        match &mut self.beat {
            Some(beat) if beat.is_due(now_ms) => beat.send(self.controller, now_ms),
            _ => Ok(()),
        }
    }
}

impl<C: Controller, K: Clock> Controller for Attended<'_, C, K> {
    fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, Lost> {
        self.attend()?;
        self.controller.read(start, count)
    }

    fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), Lost> {
        self.attend()?;
        self.controller.write(start, registers)
    }
}

/// Sends a command and waits for its result.
///
/// A frame without an answer is sent again with the same number: a controller executes each number of a client once, so
/// nothing is ever done twice.
///
/// # Errors
///
/// [`SessionError::Refused`] with the controller's reason; [`SessionError::Lost`] if there is no answer.
pub fn command(
    controller: &mut impl Controller,
    clock: &mut impl Clock,
    token: u32,
    command: Command,
) -> Result<(), SessionError> {
    send(&mut Attended { controller, clock, beat: None }, token, command)
}

pub(crate) fn send<C: Controller, K: Clock>(
    link: &mut Attended<'_, C, K>,
    token: u32,
    command: Command,
) -> Result<(), SessionError> {
    let mut lost = Lost::new("no answer".to_owned());
    let mut number = None;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            link.clock.wait_ms(50);
        }
        match attempt_command(link, token, command, &mut number) {
            Ok(Some(result)) => {
                return result.map_err(|why| SessionError::Refused { command: command.name(), why });
            }
            Ok(None) => lost = Lost::new("the controller did not acknowledge the command".to_owned()),
            Err(error) if error.is_refusal() => return Err(error.into()),
            Err(error) => lost = error,
        }
    }
    Err(lost.into())
}

type Answer = Option<Result<(), String>>;

fn attempt_command<C: Controller, K: Clock>(
    link: &mut Attended<'_, C, K>,
    token: u32,
    command: Command,
    number: &mut Option<u16>,
) -> Result<Answer, Lost> {
    let sent = match *number {
        Some(number) => number,
        None => {
            let before = Status::read(link)?.answer(token).map_or(0, |(number, _)| number);
            let next = if before == u16::MAX { 1 } else { before + 1 };
            *number = Some(next);
            next
        }
    };
    let [high, low] = words(token);
    link.write(COMMAND.0, &[high, low, sent, command.code(), 0])?;
    for _ in 0..10 {
        if let Some((_, result)) = Status::read(link)?.answer(token).filter(|(number, _)| *number == sent) {
            return Ok(Some(result));
        }
        link.clock.wait_ms(10);
    }
    Ok(None)
}

/// Measures how long an answer takes (ms): of two readings the slower one.
fn answer_ms(controller: &mut impl Controller, clock: &impl Clock) -> Result<u64, Lost> {
    let mut slowest = 0;
    for _ in 0..2 {
        let began_ms = clock.now_ms();
        Status::read(controller)?;
        slowest = slowest.max(clock.now_ms().saturating_sub(began_ms));
    }
    Ok(slowest)
}

/// Refuses a controller whose answers are slower than this part of its watchdog time.
fn fast_enough(
    controller: &mut impl Controller,
    clock: &impl Clock,
    identity: &Identity,
    part: u64,
) -> Result<(), SessionError> {
    let took_ms = answer_ms(controller, clock)?;
    let most_ms = u64::from(identity.watchdog_ms) / part;
    if took_ms > most_ms {
        return Err(SessionError::Slow { took_ms, most_ms, watchdog_ms: identity.watchdog_ms });
    }
    controller.answer_within_ms((u64::from(identity.watchdog_ms) / 5).max(2 * took_ms).clamp(200, FIRST_ANSWER_MS));
    Ok(())
}

/// Downloads a recipe, reads all of it back, compares, and activates it. The token makes its bearer the operator,
/// and it is released at the end: starting requires a new claim.
///
/// # Errors
///
/// [`SessionError`]: no recipe is left that could be started.
pub fn load(
    controller: &mut impl Controller,
    clock: &mut impl Clock,
    released: &Released,
    token: u32,
) -> Result<Identity, SessionError> {
    controller.answer_within_ms(FIRST_ANSWER_MS);
    let identity = identify_as(controller, released.reactor())?;
    let image = encode(released.program(), released.reactor())?;
    fast_enough(controller, clock, &identity, 3)?;
    let mut beat = Heartbeat::new(token, identity.watchdog_ms);
    let mut link = Attended { controller, clock, beat: Some(&mut beat) };
    send(&mut link, token, Command::Claim)?;
    let done = download(&mut link, released, &image, token);
    let is_released = send(&mut link, token, Command::Release);
    done.and(is_released)?;
    Ok(identity)
}

fn download<C: Controller, K: Clock>(
    link: &mut Attended<'_, C, K>,
    released: &Released,
    image: &[u16],
    token: u32,
) -> Result<(), SessionError> {
    send(link, token, Command::RequestChange)?;
    for (index, chunk) in image.chunks(MOST_AT_ONCE).enumerate() {
        link.write(IMAGE + (index * MOST_AT_ONCE) as u16, chunk)?;
    }
    compare(link, image)?;
    send(link, token, Command::Activate)?;
    verify(link, released)
}

/// Compares the recipe in a controller with a recipe; writes nothing.
///
/// # Errors
///
/// [`SessionError::Recipe`] if it contains a different one; [`SessionError::Differs`] with the first register that
/// differs.
pub fn verify(controller: &mut impl Controller, released: &Released) -> Result<(), SessionError> {
    identify_as(controller, released.reactor())?;
    let image = encode(released.program(), released.reactor())?;
    let status = Status::read(controller)?;
    let expected = &released.program().recipe_id;
    if status.recipe_id != *expected {
        let found = if status.recipe_id == id_text(&[0; 8]) { "none".to_owned() } else { status.recipe_id };
        return Err(SessionError::Recipe { expected: expected.clone(), found });
    }
    compare(controller, &image)
}

fn compare(controller: &mut impl Controller, image: &[u16]) -> Result<(), SessionError> {
    for index in 0..image.len().div_ceil(MOST_AT_ONCE) {
        compare_chunk(controller, image, index)?;
    }
    Ok(())
}

fn compare_chunk(controller: &mut impl Controller, image: &[u16], index: usize) -> Result<(), SessionError> {
    let from = index * MOST_AT_ONCE;
    let expected = &image[from..image.len().min(from + MOST_AT_ONCE)];
    let start = usize::from(IMAGE) + from;
    let held = read_all(controller, start as u16, expected.len() as u16)?;
    match expected.iter().zip(&held).position(|(expected, held)| expected != held) {
        None => Ok(()),
        Some(at) => Err(SessionError::Differs { register: start + at, expected: expected[at], found: held[at] }),
    }
}

/// The heartbeat of the operator.
#[derive(Debug, Clone)]
pub(crate) struct Heartbeat {
    token: u32,
    counter: u16,
    period_ms: u64,
    last_ms: Option<u64>,
}

impl Heartbeat {
    fn new(token: u32, watchdog_ms: u32) -> Self {
        Self { token, counter: 0, period_ms: u64::from(watchdog_ms) / 4, last_ms: None }
    }

    fn is_due(&self, now_ms: u64) -> bool {
        self.last_ms.is_none_or(|last| now_ms.saturating_sub(last) >= self.period_ms)
    }

    fn send(&mut self, controller: &mut impl Controller, now_ms: u64) -> Result<(), Lost> {
        self.counter = self.counter.wrapping_add(1);
        let [high, low] = words(self.token);
        controller.write(HEARTBEAT.0, &[high, low, self.counter])?;
        self.last_ms = Some(now_ms);
        Ok(())
    }
}
