//! Brings files into a lake: finds them, reads them, links them to samples, runs and recipes, and commits them.
//!
//! [`ingest`] calls the steps in order: `discover` and `candidates` find the files that changed, `reading` reads them,
//! `link` and `batch` make their rows, and the lake's writer commits them. Where instruments write, and how sample,
//! temperature and electrode are named in a path, is defined in the lake's `aldb.toml` ([`Configuration`]). Files
//! written by people, in `samples/`, `recipes/` and `literature/`, are read by `sheets`.
//!
//! Never: queries and derived values.

mod batch;
mod candidates;
mod config;
mod content;
mod discover;
mod entry;
mod error;
mod exclusions;
mod ingest;
mod installed;
mod link;
mod paths;
mod reading;
mod recipe_cycles;
mod recipe_steps;
mod relink;
mod report;
mod reread;
mod rows;
mod run_files;
mod sheets;
mod single;
mod spectra;
mod status;
mod stored;

pub use config::{Configuration, ConfigurationError, Defaults, RUN_LOGS, Source, TEMPLATE};
pub use error::IngestError;
pub use ingest::ingest;
pub use installed::registry;
pub use report::{FailedFile, FileError, FileNote, IngestOptions, IngestReport, NotIncluded};
pub use reread::{Repaired, Reread, repair, reread};
pub use run_files::{RunEnd, RunFilesError, RunLog, keep_recipe, run_log_path};
pub use single::{Circumstances, FileRows, rows_of_file};
pub use status::{Excluded, LakeStatus, Unlinked, status};
