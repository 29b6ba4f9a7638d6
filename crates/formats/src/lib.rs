//! Reads instrument files: bytes in, measurements, rejected rows or an error out.
//!
//! An adapter sees bytes and nothing else: no path, no clock, no table. The same bytes give the same
//! [`Reading`] everywhere, so that every table can be rebuilt from its raw files. Formats that are
//! delimited text need no code: a manifest in `ingest/<format>/instrument.toml` describes them.

pub mod column;
mod delimited;
mod eclab;
mod eclab_mpr;
mod eclab_mpt;
mod gamry;
mod gamry_dta;
mod local_time;
pub mod manifest;
pub mod number;
mod reading;
mod recognised;
mod registry;
mod repetition;
mod summary;
pub mod text;
pub mod unit;

pub use delimited::Delimited;
pub use manifest::{Manifest, ManifestError};
pub use reading::{Column, Measurement, Place, ReadError, Reading, RejectedRow, Technique, Value, Values};
pub use recognised::Recognised;
pub use registry::{ADAPTERS, Adapter, Detection, HEAD_BYTES, LARGEST_FILE, Registry};
pub use summary::{ColumnSummary, ValuesSummary};

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
