//! The commands, one file each.

pub(crate) mod demo;
pub(crate) mod derive;
pub(crate) mod figure;
pub(crate) mod fit;
pub(crate) mod formats;
pub(crate) mod ingest;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod manual;
pub(crate) mod sql;
pub(crate) mod status;

use clap::ValueEnum;

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    #[default]
    Table,
    /// For programs; stable.
    Json,
}
