//! `aldb derive [JOB…]`: brings derived tables up to date.

use std::io::Write as _;

use aldb_query::derive::{DeriveOptions, DeriveReport, derive};
use aldb_query::table::printable;
use clap::Args;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Bring derived tables up to date: only stale keys are computed.
#[derive(Debug, Args)]
pub(crate) struct Derive {
    /// Jobs, named as their tables [default: all]
    jobs: Vec<String>,
    /// List the derived keys with the cause of each
    #[arg(long)]
    explain: bool,
    /// Derive every key, stale or not
    #[arg(long)]
    full: bool,
    /// List what is stale and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the summary
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Derive {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let options = DeriveOptions { jobs: self.jobs, full: self.full, dry_run: self.dry_run };
        let report = with_progress(&lake, &options).await?;
        match self.format {
            ReportFormat::Json => writeln!(terminal::output(), "{}", serde_json::to_string(&report)?)?,
            ReportFormat::Table => print(&report, self.explain, self.dry_run)?,
        }
        let failed = report.jobs.iter().any(|job| job.failure.is_some());
        Ok(if failed { Outcome::Failed } else { Outcome::Done })
    }
}

/// Derives and shows which jobs are running.
pub(crate) async fn with_progress(lake: &aldb_lake::Lake, options: &DeriveOptions) -> Result<DeriveReport, Error> {
    let spinner = terminal::spinner();
    let report = derive(lake, options, |job| spinner.set_message(format!("deriving {job}"))).await;
    spinner.finish_and_clear();
    Ok(report?)
}

/// Prints what a run did on standard error; with `explain`, the causes on standard output.
pub(crate) fn print(report: &DeriveReport, explain: bool, dry_run: bool) -> Result<(), Error> {
    if report.index_rebuilt {
        terminal::message(&"the index in state/ was missing or damaged: all keys were compared");
    }
    let mut out = terminal::output();
    for job in &report.jobs {
        let seconds = job.elapsed.as_secs_f64();
        if let Some(error) = &job.failure.message {
            terminal::error(error);
        } else if job.stale.is_empty() && job.waits_for.is_empty() {
            terminal::message(&format_args!("{}: up to date", job.job));
        } else if dry_run {
            let n_keys = count(job.n_checked, "key");
            let more = match job.waits_for.is_empty() {
                true => String::new(),
                false => format!(", and those that follow from {}", job.waits_for.join(", ")),
            };
            terminal::message(&format_args!("{}: {} of {n_keys} stale{more}", job.job, job.stale.len()));
        } else {
            terminal::message(&format_args!(
                "{}: derived {} in {seconds:.2} s ({} written, {} removed)",
                job.job,
                count(job.stale.len(), "key"),
                count(job.n_written, "row"),
                job.n_removed
            ));
        }
        for failed in &job.failed_keys {
            terminal::error(&format!("{}: {failed}", job.job));
        }
        if explain {
            writeln!(out, "{}: {}", job.job, job.cause)?;
            for stale in &job.stale {
                writeln!(out, "  {}: {}", printable(&stale.key), stale.why)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
