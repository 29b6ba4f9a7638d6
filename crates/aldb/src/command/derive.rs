//! `aldb derive [JOB…]`: brings derived tables up to date.

use std::io::Write as _;

use aldb_query::derive::{DeriveOptions, DeriveReport, derive};
use clap::Args;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Bring derived tables up to date: only what is stale is computed.
#[derive(Debug, Args)]
pub(crate) struct Derive {
    /// Jobs, named as their tables [default: all]
    jobs: Vec<String>,
    /// Say which keys were derived, and why
    #[arg(long)]
    explain: bool,
    /// Derive every key, fresh or not
    #[arg(long)]
    full: bool,
    /// Find out what is stale and change nothing
    #[arg(long)]
    dry_run: bool,
    /// How the summary is printed
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
            ReportFormat::Table => say(&report, self.explain, self.dry_run)?,
        }
        let failed = report.jobs.iter().any(|job| job.error.is_some());
        Ok(if failed { Outcome::Failed } else { Outcome::Done })
    }
}

/// Derives with a sign of life.
pub(crate) async fn with_progress(lake: &aldb_lake::Lake, options: &DeriveOptions) -> Result<DeriveReport, Error> {
    let spinner = terminal::spinner();
    let report = derive(lake, options, |job| spinner.set_message(format!("deriving {job}"))).await;
    spinner.finish_and_clear();
    Ok(report?)
}

/// Says what a run did; why, on standard output, where it was asked for.
pub(crate) fn say(report: &DeriveReport, explain: bool, dry_run: bool) -> Result<(), Error> {
    if report.index_rebuilt {
        terminal::say(&"the index in state/ was missing or damaged: every key was compared");
    }
    let mut out = terminal::output();
    for job in &report.jobs {
        let seconds = job.elapsed.as_secs_f64();
        if let Some(error) = &job.error {
            terminal::complain(error);
        } else if job.stale.is_empty() {
            terminal::say(&format_args!("{}: fresh", job.job));
        } else if dry_run {
            terminal::say(&format_args!("{}: {} of {} keys are stale", job.job, job.stale.len(), job.n_checked));
        } else {
            terminal::say(&format_args!(
                "{}: derived {} keys in {seconds:.2} s ({} rows written, {} taken out)",
                job.job,
                job.stale.len(),
                job.n_written,
                job.n_removed
            ));
        }
        for failed in &job.failed_keys {
            terminal::complain(&format!("{}: {failed}", job.job));
        }
        if explain {
            writeln!(out, "{}: {}", job.job, job.cause)?;
            for stale in &job.stale {
                writeln!(out, "  {}: {}", stale.key, stale.why)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
