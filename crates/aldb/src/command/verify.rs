//! `aldb verify`: compares the lake with its hashes, schemas and counts.

use std::io::Write as _;

use aldb_query::derive::recompute;
use clap::Args;
use serde_json::json;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Verify archived files by their hashes, tables by their schemas, and derived rows by deriving them again. Changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Also derive every row again and compare
    #[arg(long)]
    recompute: bool,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

/// Differing keys that are listed for each table.
const MAX_LISTED: usize = 5;

impl Verify {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let snapshot = lake.snapshot().await?;
        let spinner = terminal::spinner();
        spinner.set_message("verifying files and tables");
        let mut found = aldb_query::verify::verify(&lake, &snapshot).await?;
        let mut n_rows = 0;
        if self.recompute {
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
                "n_rows_recomputed": recomputed, "problems": found.problems,
            });
            writeln!(out, "{object}")?;
        } else {
            for problem in &found.problems {
                terminal::error(problem);
            }
            let derived =
                if self.recompute { format!(", {} derived again", count(n_rows, "row")) } else { String::new() };
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
        Ok(if found.problems.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}
