//! The commands, one file each.

pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod derive;
pub(crate) mod figure;
pub(crate) mod fit;
pub(crate) mod formats;
pub(crate) mod functions;
pub(crate) mod growth;
pub(crate) mod ingest;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod lineage;
pub(crate) mod link;
pub(crate) mod maintain;
pub(crate) mod manual;
pub(crate) mod reactor;
pub(crate) mod recipe;
pub(crate) mod sources;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod verify;
pub(crate) mod watch;

use aldb_query::output;
use clap::ValueEnum;

/// Output format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text, for people
    #[default]
    Table,
    /// JSON, for programs; stable
    Json,
}

/// Output format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowFormat {
    /// Aligned columns for people, six significant digits
    Table,
    /// Comma-separated text with a header
    Csv,
    /// An array of objects
    Json,
    /// Apache Parquet
    Parquet,
}

impl From<RowFormat> for output::Format {
    fn from(format: RowFormat) -> Self {
        match format {
            RowFormat::Table => Self::Table,
            RowFormat::Csv => Self::Csv,
            RowFormat::Json => Self::Json,
            RowFormat::Parquet => Self::Parquet,
        }
    }
}

/// Says on standard error which derived tables may not show what the lake holds.
pub(crate) fn warn_of_stale(tables: &[aldb_query::derive::OutOfDate]) {
    const MAX_LISTED: usize = 3;
    for table in tables.iter().take(MAX_LISTED) {
        crate::terminal::message(&format_args!("note: {table}"));
    }
    if let Some(more) = tables.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
        crate::terminal::message(&format_args!(
            "note: {} may be out of date too",
            crate::terminal::count(more, "more derived table")
        ));
    }
}
