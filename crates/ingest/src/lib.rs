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
mod dates;
mod discover;
mod entry;
mod error;
mod events;
mod exclusions;
mod file_link;
mod ingest;
mod installed;
mod link;
mod links;
mod names;
mod path_rule;
mod paths;
mod reading;
mod recipe_cycles;
mod recipe_steps;
mod relink;
mod report;
mod reread;
mod rounds;
mod rows;
mod rule_of_names;
mod run_files;
mod schedule;
mod sheets;
mod single;
mod sources_check;
mod spectra;
mod stated;
mod status;
mod stored;
mod suggest;
mod template;
mod waiting;

pub use config::{Configuration, ConfigurationError, Defaults, RUN_LOGS, Source, TEMPLATE, Watch};
pub use error::IngestError;
pub use ingest::ingest;
pub use installed::registry;
pub use links::{
    EditedLinks, LINKS, LinkError, LinkKeys, LinkedFile, LinksReport, described_samples, edit_links, links,
};
pub use path_rule::PathRule;
pub use report::{
    FailedFile, FileError, FileNote, IngestOptions, IngestReport, NotIncluded, SourceRound, WaitCause, WaitingFile,
};
pub use reread::{Repaired, Reread, repair, reread};
pub use rounds::{SourceState, source_states};
pub use run_files::{RunEnd, RunFilesError, RunLog, keep_recipe, run_log_path};
pub use schedule::Schedule;
pub use single::{Circumstances, FileRows, rows_of_file};
pub use sources_check::{
    CheckedFile, CheckedSource, Collision, SourcesCheck, TriedGroup, TriedPath, UnknownSample, check_sources,
    paths_below, try_rule,
};
pub use status::{Excluded, Failure, LakeStatus, Unlinked, status};
pub use suggest::{SuggestError, suggest};
