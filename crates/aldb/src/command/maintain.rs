//! `aldb maintain`: merges small files, deletes what no state of the lake needs, checks the archive.

use std::io::Write as _;
use std::time::Duration;

use aldb_lake::{MaintainOptions, Maintained};
use clap::Args;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Merge small files, delete data files that neither the newest nor any earlier state of the lake needs and what killed processes
/// left, and check every file of the archive. No state of the lake is lost.
#[derive(Debug, Args)]
pub(crate) struct Maintain {
    /// Age in days from which on files that no state needs are deleted
    #[arg(long, value_name = "DAYS", default_value_t = 7.0, value_parser = days)]
    older_than: f64,
    /// Say what would be done and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

/// Reads an age in days.
fn days(text: &str) -> Result<f64, String> {
    let days = text.parse::<f64>().ok().filter(|days| Duration::try_from_secs_f64(days * 86400.0).is_ok());
    days.ok_or_else(|| format!("expected a number of days from 0, found `{text}`"))
}

impl Maintain {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let older_than = Duration::try_from_secs_f64(self.older_than * 86400.0)?;
        let options = MaintainOptions { older_than, dry_run: self.dry_run, check_archive: true };
        let spinner = terminal::spinner();
        spinner.set_message("maintaining the lake");
        let done = lake.maintain(&options).await;
        spinner.finish_and_clear();
        let done = done?;
        let mut out = terminal::output();
        match self.format {
            ReportFormat::Json => writeln!(out, "{}", serde_json::to_string(&done)?)?,
            ReportFormat::Table => print(&done, &mut out)?,
        }
        out.flush()?;
        Ok(if done.problems.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}

fn print(done: &Maintained, out: &mut impl std::io::Write) -> Result<(), Error> {
    let would = |done_word: &'static str, dry: &'static str| if done.dry_run { dry } else { done_word };
    for merged in &done.merged {
        let after = merged.n_files_after.map_or_else(String::new, |n| format!(", now {n}"));
        writeln!(
            out,
            "{} files of `{}`: {} before{after}",
            would("merged", "would merge"),
            merged.table,
            merged.n_files_before
        )?;
    }
    writeln!(
        out,
        "{} {} that no state of the lake needs ({:.1} MB); {} not old enough",
        would("deleted", "would delete"),
        count(done.n_deleted, "file"),
        done.n_deleted_bytes as f64 / 1e6,
        count(done.n_too_young, "file")
    )?;
    if let Some(n) = done.n_archived {
        writeln!(out, "archive: {} with the right bytes, {} damaged", count(n, "file"), done.problems.len())?;
    }
    for problem in &done.problems {
        terminal::error(problem);
    }
    if !done.problems.is_empty() {
        terminal::message(
            &"note: `aldb verify --repair` restores files of the archive from the folders that they came from",
        );
    }
    writeln!(out, "the lake is at snapshot {}", done.snapshot)?;
    Ok(())
}
