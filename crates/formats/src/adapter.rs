//! The contract of a reader: [`Adapter`].
//!
//! Every reader implements it and the registry lists them, so this module depends on neither.

use crate::{Manifest, Match, Probe, ReadError, Reading};

/// Largest file that is read, in bytes: more than any supported instrument writes, and within a laptop's memory.
pub const LARGEST_FILE: usize = 256 << 20;

/// Raised when a check that all readers share (units, ranges, clock, contradictions, second table) changes readings.
const CHECKS: u32 = 4;

/// Reads the files of one instrument or program.
///
/// An adapter sees bytes and nothing else: no clock, no file system, no network. The same bytes give the same
/// [`Reading`] everywhere, so any table can be rebuilt from its raw files.
pub trait Adapter: Send + Sync {
    /// The contents of `ingest/<name>/instrument.toml`: name, table, where the format is documented.
    fn manifest(&self) -> &Manifest;

    /// Whether a file looks like this format, by its first [`HEAD_BYTES`](crate::HEAD_BYTES) bytes or the names of an archive's members. Never
    /// fails.
    fn sniff(&self, probe: &Probe<'_>) -> Match;

    /// The highest certainty that [`Adapter::sniff`] can return: an adapter that cannot exceed the best claim so far is skipped.
    fn max_certainty(&self) -> Match {
        Match::Certain
    }

    /// Describes the evidence for the answer of [`Adapter::sniff`].
    fn evidence(&self, probe: &Probe<'_>) -> &'static str {
        match self.sniff(probe) {
            Match::No => "nothing",
            Match::Weak => "its contents fit",
            Match::Likely => "its header is typical",
            Match::Certain => "it has the format's signature",
        }
    }

    /// Reads a whole file. A row that cannot be trusted goes to `Reading::rejected` with a [`ReadError`]; it is
    /// never dropped or repaired.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the file is not what its header claims.
    fn read(&self, file: &[u8]) -> Result<Reading, ReadError>;

    /// Reads a file that was probed: members that the probe unpacked are not unpacked again.
    ///
    /// # Errors
    ///
    /// Those of [`Adapter::read`].
    fn read_probed(&self, probe: &Probe<'_>) -> Result<Reading, ReadError> {
        self.read(probe.file())
    }

    /// Raised when the same bytes give a different reading than before; stored with the data.
    fn version(&self) -> u32 {
        self.manifest().version + CHECKS
    }
}
