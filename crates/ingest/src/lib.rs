//! Brings files into a lake: finds them, reads them, ties them to samples, runs and recipes, and commits them.
//!
//! [`ingest`] is the whole way. What the folders of instruments are called and how sample, temperature and electrode
//! stand in a path is written in the lake's `aldb.toml` ([`Configuration`]). What people write by hand, in `samples/`,
//! `recipes/` and `literature/`, comes in like everything else ([`sheets`]).
//!
//! Never: queries and derived values.

mod config;
mod cores;
mod discover;
mod ingest;
mod installed;
mod link;
mod recipe_cycles;
mod recipe_steps;
mod relink;
mod rows;
mod sheets;
mod spectra;
mod status;
mod stored;

pub use config::{Configuration, ConfigurationError, Defaults, RUN_LOGS, Source, TEMPLATE};
pub use ingest::{FileProblem, IngestError, IngestOptions, IngestReport, ingest};
pub use installed::registry;
pub use status::{LakeStatus, Unlinked, status};
