//! `aldb ingest [PATH…]`: brings files into the lake.

use std::io::Write as _;
use std::path::PathBuf;

use aldb_ingest::{IngestOptions, IngestReport};
use aldb_query::table::printable;
use clap::Args;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Read new and changed files into the lake.
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files and folders [default: every source of aldb.toml]
    paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Ingest {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let report = with_progress(&lake, &IngestOptions { paths: self.paths }).await?;
        match self.format {
            ReportFormat::Json => writeln!(terminal::output(), "{}", serde_json::to_string(&report)?)?,
            ReportFormat::Table => print_summary(&report),
        }
        Ok(if report.failed.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}

/// Ingests with a progress bar.
pub(crate) async fn with_progress(lake: &aldb_lake::Lake, options: &IngestOptions) -> Result<IngestReport, Error> {
    let bar = terminal::bar("reading files");
    let report = aldb_ingest::ingest(lake, options, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    Ok(report?)
}

/// Prints the summary of an ingest.
pub(crate) fn print_summary(report: &IngestReport) {
    if report.index_rebuilt {
        terminal::message(&"the index in state/ was missing or damaged and was rebuilt");
    }
    for note in &report.notes {
        terminal::message(&format_args!("note: {}: {}", printable(&note.path), note.note));
    }
    for problem in &report.failed {
        terminal::error(&format!("{}: {}", printable(&problem.path), problem.error.message));
    }
    let parts = [
        (report.n_read, "read"),
        (report.n_unchanged, "unchanged"),
        (report.n_known_elsewhere, "known from another path"),
        (report.n_busy, "still being written"),
        (report.failed.len(), "failed"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let files = if parts.is_empty() { "none found".to_owned() } else { parts.join(", ") };
    terminal::message(&format_args!("files: {files}"));
    if report.n_read > 0 {
        terminal::message(&format_args!(
            "added {} measurements with {} rows{}{}",
            report.n_measurements,
            report.n_rows,
            if report.n_rejected > 0 {
                format!(", left out {} rows (see `aldb status`)", report.n_rejected)
            } else {
                String::new()
            },
            if report.n_superseded > 0 { format!(", superseded {} files", report.n_superseded) } else { String::new() },
        ));
    }
    if report.n_described > 0 {
        terminal::message(&format_args!("samples, runs, recipes and literature: {} rows changed", report.n_described));
    }
    if report.n_relinked > 0 {
        let verb = if report.n_relinked == 1 { "was" } else { "were" };
        terminal::message(&format_args!("{} {verb} re-linked", terminal::count(report.n_relinked, "measurement")));
    }
    let nothing =
        report.n_read + report.n_described + report.n_relinked + report.n_known_elsewhere + report.failed.len() == 0;
    if nothing {
        terminal::message(&format_args!("nothing new; the lake is at snapshot {}", report.snapshot));
    } else {
        terminal::message(&format_args!("the lake is at snapshot {}", report.snapshot));
    }
}
