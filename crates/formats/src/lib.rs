//! Reads instrument files: bytes in, measurements, rejected rows or an error out.
//!
//! An adapter sees bytes and nothing else: no path, no clock, no table. The same bytes give the same
//! [`Reading`] everywhere, so that every table can be rebuilt from its raw files. Formats that are
//! delimited text need no code: a manifest in `ingest/<format>/instrument.toml` describes them.

mod adapter;
mod archive;
mod clock;
pub mod column;
mod complete;
mod contradictions;
mod cyclers;
mod delimited;
mod diffraction;
mod ellipsometry;
mod exchange;
mod impossible_values;
mod ion_beams;
mod little_endian;
mod local_time;
pub mod manifest;
pub mod number;
mod photoelectrons;
mod potentiostats;
mod probe;
mod reactors;
mod reading;
mod recognised;
mod refusals;
mod registry;
mod rejections;
mod repetition;
mod second_table;
mod summary;
mod tabbed;
mod technique;
pub mod text;
pub mod unit;
mod unknown_units;
mod unstored;
mod unwritten;
mod workbook;
mod xml;

pub use adapter::{Adapter, LARGEST_FILE};
pub use complete::{NOT_STATED, SUPPLIABLE, supply};
pub use delimited::Delimited;
pub use manifest::{Manifest, ManifestError};
pub use probe::{HEAD_BYTES, Match, Probe};
pub use reading::{Column, FileErrorCode, Measurement, Place, ReadError, Reading, RejectedRow, Value, Values};
pub use recognised::{Recognised, refused};
pub use registry::{Claim, Detection, Registry};
pub use rejections::Rejections;
pub use summary::{ColumnSummary, ValuesSummary};
pub use technique::Technique;
pub use unstored::not_stored;
