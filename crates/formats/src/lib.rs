//! Reads instrument files: bytes in, measurements, rejected rows or an error out.
//!
//! An adapter sees bytes and nothing else: no path, no clock, no table. The same bytes give the same
//! [`Reading`] everywhere, so that every table can be rebuilt from its raw files. Formats that are
//! delimited text need no code: a manifest in `ingest/<format>/instrument.toml` describes them.

mod reading;

pub use reading::{Column, Measurement, Place, ReadError, Reading, RejectedRow, Technique, Value, Values};

/// How sure an adapter is that bytes are of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Not this format.
    No,
    /// The columns fit; any other adapter's claim goes before this one.
    Weak,
    /// A header or layout that this format alone is known to have.
    Likely,
    /// A signature that only this format has.
    Certain,
}
