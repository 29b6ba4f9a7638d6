//! `aldb verify`: compares the lake with its hashes, schemas and counts.

use std::io::Write as _;

use aldb_ingest::Repaired;
use aldb_query::derive::{DeriveOptions, derive, recompute};
use clap::Args;
use serde_json::json;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Verify every file that the lake keeps by its hash, tables by their schemas, and derived rows by deriving them again.
/// Without `--repair` it changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Also derive every row again and compare
    #[arg(long)]
    recompute: bool,
    /// Also read every file of the raw archive again and compare its rows
    #[arg(long)]
    reread: bool,
    /// First repair what is damaged, from the journal, the raw archive and the folders of the instruments
    #[arg(long)]
    repair: bool,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

/// Differing keys that are listed for each table.
const MAX_LISTED: usize = 5;

impl Verify {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let spinner = terminal::spinner();
        let mut repaired = Repaired::default();
        if self.repair {
            spinner.set_message("repairing");
            repaired = aldb_ingest::repair(&lake).await?;
            if repaired.must_derive {
                let progress = |jobs: &str| spinner.set_message(format!("deriving {jobs}"));
                let derived = derive(&lake, &DeriveOptions::default(), progress).await?;
                let failed = derived.jobs.into_iter().filter(|job| job.failure.is_some());
                repaired.impossible.extend(failed.map(|job| {
                    format!("{}: cannot be derived again: {}", job.job, job.failure.message.unwrap_or_default())
                }));
            }
        }
        spinner.set_message("verifying files and tables");
        let mut found = aldb_query::verify::verify(&lake).await?;
        let (mut n_rows, mut reread) = (0, None);
        if self.reread && found.is_readable {
            let progress = |n, all| spinner.set_message(format!("reading the archive again: {n} of {all}"));
            let outcome = aldb_ingest::reread(&lake, &lake.snapshot().await?, progress).await?;
            found.problems.extend(outcome.problems.iter().cloned());
            found.notes.extend(outcome.notes.iter().cloned());
            reread = Some(outcome);
        }
        if self.recompute && found.is_readable {
            let snapshot = lake.snapshot().await?;
            for job in recompute(&lake, &snapshot, |job| spinner.set_message(format!("deriving {job} again"))).await? {
                n_rows += job.n_rows;
                if let Some(error) = job.failure.message {
                    found.problems.push(format!("{}: cannot be derived again: {error}", job.job));
                } else if !job.different.is_empty() {
                    let listed = job.different.iter().take(MAX_LISTED).cloned().collect::<Vec<_>>().join("; ");
                    let more = job.different.len().saturating_sub(MAX_LISTED);
                    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
                    found.problems.push(format!(
                        "{}: deriving again gives different rows for {}: {listed}{more}",
                        job.job,
                        count(job.different.len(), "key")
                    ));
                }
            }
        }
        spinner.finish_and_clear();
        let mut out = terminal::output();
        if self.format == ReportFormat::Json {
            let recomputed = self.recompute.then_some(n_rows);
            let object = json!({
                "n_files": found.n_files, "n_tables": found.n_tables, "n_rows": found.n_rows,
                "n_rows_recomputed": recomputed, "n_rows_reread": reread.as_ref().map(|reread| reread.n_rows),
                "problems": found.problems, "notes": found.notes,
                "repaired": repaired.done, "not_repaired": repaired.impossible,
            });
            writeln!(out, "{object}")?;
        } else {
            for done in &repaired.done {
                writeln!(out, "repaired {done}")?;
            }
            for problem in repaired.impossible.iter().chain(&found.problems) {
                terminal::error(problem);
            }
            for note in &found.notes {
                terminal::message(&format_args!("note: {note}"));
            }
            let mut derived = String::new();
            if let Some(reread) = &reread {
                derived +=
                    &format!(", {} of {} read again", count(reread.n_rows, "row"), count(reread.n_files, "file"));
            }
            if self.recompute && found.is_readable {
                derived += &format!(", {} derived again", count(n_rows, "row"));
            }
            writeln!(
                out,
                "verified {}, {} with {}{derived}: {}",
                count(found.n_files, "file"),
                count(found.n_tables, "table"),
                count(found.n_rows, "row"),
                match found.problems.len() {
                    0 => "no discrepancy".to_owned(),
                    1 => "1 discrepancy".to_owned(),
                    n => format!("{n} discrepancies"),
                }
            )?;
        }
        out.flush()?;
        if !self.repair && !found.problems.is_empty() && self.format != ReportFormat::Json {
            terminal::message(&"note: `aldb verify --repair` repairs what can be repaired");
        }
        Ok(if found.problems.is_empty() && repaired.impossible.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}
