//! `aldb ingest [PATH…]`: brings files into the lake, and derived tables up to date.

use std::io::Write as _;
use std::path::PathBuf;

use aldb_ingest::{IngestOptions, IngestReport};
use aldb_query::derive::{DeriveOptions, DeriveReport};
use aldb_query::table::printable;
use clap::Args;

use super::{ReportFormat, derive};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Read new and changed files into the lake, and bring derived tables up to date.
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// Files and folders [default: every source of aldb.toml]
    paths: Vec<PathBuf>,
    /// Leave derived tables as they are
    #[arg(long)]
    no_derive: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Ingest {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let report = with_progress(&lake, &IngestOptions { paths: self.paths, ..IngestOptions::default() }).await?;
        if self.format == ReportFormat::Table {
            print_summary(&report);
        }
        let derived = match self.no_derive {
            true => Ok(None),
            false => derive::with_progress(&lake, &DeriveOptions::default()).await.map(Some),
        };
        let n_failed = report.failed.len();
        // What was ingested is said also where a file in queries/ is wrong.
        if self.format == ReportFormat::Json {
            let mut whole = serde_json::to_value(&report)?;
            whole["derived"] = serde_json::to_value(derived.as_ref().ok().and_then(Option::as_ref))?;
            writeln!(terminal::output(), "{whole}")?;
        }
        let derived = derived?;
        let has_failed = derived.iter().flat_map(|derived| &derived.jobs).any(|job| job.failure.is_some());
        if self.format == ReportFormat::Table {
            print_derived(derived)?;
        }
        Ok(if n_failed == 0 && !has_failed { Outcome::Done } else { Outcome::Failed })
    }
}

/// Prints the jobs that had something to do.
fn print_derived(derived: Option<DeriveReport>) -> Result<(), Error> {
    let Some(mut derived) = derived else {
        terminal::message(&"derived tables were left as they are: `aldb derive` brings them up to date");
        return Ok(());
    };
    let n_jobs = derived.jobs.len();
    derived.jobs.retain(|job| !job.stale.is_empty() || job.failure.is_some());
    derived.index_rebuilt = false;
    if derived.jobs.is_empty() {
        terminal::message(&format_args!("{} up to date", terminal::count(n_jobs, "derived table")));
    }
    derive::print(&derived, false, false)
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
        (report.n_busy + report.waiting.len(), "still being written"),
        (report.not_recognised.len(), "not recognised"),
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
    if report.n_gone > 0 {
        let (n, verb) = (terminal::count(report.n_gone, "file"), if report.n_gone == 1 { "is" } else { "are" });
        terminal::message(&format_args!(
            "{n} {verb} no longer there: the measurements stay, with their keys (see `aldb status`)"
        ));
    }
    if let Some(first) = report.waiting.first() {
        let others = report.waiting.len() - 1;
        let others = if others == 0 { String::new() } else { format!(", and {others} more") };
        terminal::message(&format_args!(
            "not read yet: {} ({}){others}; run `aldb ingest` again, or leave it to `aldb watch`",
            printable(&first.path),
            first.cause.words()
        ));
    }
    if let Some(first) = report.not_recognised.first() {
        let n = terminal::count(report.not_recognised.len(), "file");
        let verb = if report.not_recognised.len() == 1 { "is" } else { "are" };
        terminal::message(&format_args!(
            "{n} {verb} not recognised as a file of an instrument, such as {}: `ignore` of a source leaves files out (see `aldb status`)",
            printable(first)
        ));
    }
    for other in &report.not_included {
        let n = terminal::count(other.n_files, "file");
        let (verb, are) = if other.n_files == 1 { ("matches", "is") } else { ("match", "are") };
        let (source, example) = (&other.source, &other.example);
        terminal::message(&format_args!(
            "{n} {verb} no pattern of source `{source}` and so {are} not read, such as {example}"
        ));
    }
    if report.n_described > 0 {
        let rows = terminal::count(report.n_described, "row");
        terminal::message(&format_args!("samples, runs, recipes and literature: {rows} changed"));
    }
    if report.n_relinked > 0 {
        let verb = if report.n_relinked == 1 { "was" } else { "were" };
        terminal::message(&format_args!("{} {verb} re-linked", terminal::count(report.n_relinked, "measurement")));
    }
    let nothing = report.n_read
        + report.n_described
        + report.n_relinked
        + report.n_known_elsewhere
        + report.failed.len()
        + report.not_recognised.len()
        + report.waiting.len()
        + report.n_gone
        == 0;
    if nothing {
        terminal::message(&format_args!("nothing new; the lake is at snapshot {}", report.snapshot));
    } else {
        terminal::message(&format_args!("the lake is at snapshot {}", report.snapshot));
    }
}
