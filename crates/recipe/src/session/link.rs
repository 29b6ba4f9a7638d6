//! What a session needs of the world: a controller's registers, a clock, and what a controller says that it is.

/// Registers of a controller. Addresses and limits are those of `docs/REACTOR.md`; at most 120 at once.
pub trait Controller {
    /// Reads registers.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there was no answer, or the controller refuses.
    fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, Lost>;

    /// Writes registers.
    ///
    /// # Errors
    ///
    /// [`Lost`] if there was no answer, or the controller refuses. Without an answer it is not known whether it was
    /// written.
    fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), Lost>;

    /// For how long answers are waited for from now on (ms).
    fn answer_within_ms(&mut self, _ms: u64) {}
}

/// Reads registers: all of them, or none.
pub(super) fn read_all(controller: &mut impl Controller, start: u16, count: u16) -> Result<Vec<u16>, Lost> {
    let found = controller.read(start, count)?;
    if found.len() == usize::from(count) {
        Ok(found)
    } else {
        Err(Lost::new(format!("expected {count} registers, found {}", found.len())))
    }
}

/// Time from an arbitrary origin.
pub trait Clock {
    /// Time (ms).
    fn now_ms(&self) -> u64;
    /// Waits.
    fn wait_ms(&mut self, ms: u64);
}

/// A transfer of registers that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Lost {
    why: String,
    refused: bool,
}

impl Lost {
    /// No answer came.
    #[must_use]
    pub fn new(why: String) -> Self {
        Self { why, refused: false }
    }

    /// The controller refused.
    #[must_use]
    pub fn refused(why: String) -> Self {
        Self { why, refused: true }
    }

    /// Whether the controller answered with a refusal.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.refused
    }
}

/// The identity that a controller reports.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Identity {
    /// Lines, mass flow controllers and heaters.
    pub parts: [u16; 3],
    /// Entries of its tables of steps and loops.
    pub slots: [u16; 2],
    /// Time without a heartbeat after which it aborts a run (ms).
    pub watchdog_ms: u32,
    /// Entries of its ring of records.
    pub records: u16,
    /// SHA-256 of the description of its reactor, in hexadecimal.
    pub reactor_digest: String,
    /// Whether it is a simulation.
    pub simulated: bool,
}
