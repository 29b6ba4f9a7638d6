//! Faults of a simulated reactor.

use aldb_recipe::Reactor;

/// What goes wrong, and when (ms of the process since the start).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// A valve is stuck: it stays open, or closed, whatever its command.
    StuckValve {
        /// The line.
        line: usize,
        /// Whether it is stuck open.
        open: bool,
        /// When.
        at_ms: u64,
    },
    /// A heater drifts away by 0.5 °C a second.
    Drift {
        /// The heater.
        heater: usize,
        /// When.
        at_ms: u64,
    },
    /// The heartbeat of the controller stops, though it answers.
    HeartbeatStops {
        /// When.
        at_ms: u64,
    },
    /// A bit of the loaded recipe turns.
    Corrupt {
        /// When.
        at_ms: u64,
    },
    /// It answers no more.
    Dies {
        /// When.
        at_ms: u64,
    },
    /// The base pressure is never reached.
    NoVacuum,
    /// Its clock is wrong by this factor.
    WrongClock {
        /// Length of a step over the planned one.
        factor: f64,
    },
}

/// Why words are no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected stuck-open:VALVE@S, stuck-closed:VALVE@S, drift:HEATER@S, heartbeat@S, corrupt@S, dies@S, no-vacuum or \
     clock:FACTOR, with S in seconds since the start, found `{found}`{why}"
)]
pub struct FaultError {
    found: String,
    why: String,
}

impl Fault {
    /// Reads a fault from words such as `stuck-open:V1@120`.
    ///
    /// # Errors
    ///
    /// [`FaultError`] with the faults that there are, or the valves or heaters.
    pub fn parse(words: &str, reactor: &Reactor) -> Result<Self, FaultError> {
        let wrong = |why: String| FaultError { found: words.to_owned(), why };
        let (what, at) = match words.split_once('@') {
            Some((what, at)) => (what, Some(at)),
            None => (words, None),
        };
        let (kind, of) = what.split_once(':').unwrap_or((what, ""));
        let at_ms = || {
            let seconds = at.and_then(|at| at.parse::<f64>().ok()).filter(|seconds| (0.0..1e9).contains(seconds));
            seconds.map(|seconds| (seconds * 1e3) as u64).ok_or_else(|| wrong(String::new()))
        };
        let line = || {
            reactor.lines.iter().position(|line| line.valve == of).ok_or_else(|| {
                let names: Vec<_> = reactor.lines.iter().map(|line| line.valve.as_str()).collect();
                wrong(format!("; valves are {}", names.join(", ")))
            })
        };
        let heater = || {
            reactor.heater(of).ok_or_else(|| {
                let names: Vec<_> = reactor.heaters.iter().map(|heater| heater.name.as_str()).collect();
                wrong(format!("; heaters are {}", names.join(", ")))
            })
        };
        Ok(match kind {
            "stuck-open" => Self::StuckValve { line: line()?, open: true, at_ms: at_ms()? },
            "stuck-closed" => Self::StuckValve { line: line()?, open: false, at_ms: at_ms()? },
            "drift" => Self::Drift { heater: heater()?, at_ms: at_ms()? },
            "heartbeat" => Self::HeartbeatStops { at_ms: at_ms()? },
            "corrupt" => Self::Corrupt { at_ms: at_ms()? },
            "dies" => Self::Dies { at_ms: at_ms()? },
            "no-vacuum" => Self::NoVacuum,
            "clock" => {
                let factor = of.parse().ok().filter(|factor: &f64| (0.1..=10.0).contains(factor));
                Self::WrongClock { factor: factor.ok_or_else(|| wrong(String::new()))? }
            }
            _ => return Err(wrong(String::new())),
        })
    }
}
