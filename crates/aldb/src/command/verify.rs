//! `aldb verify`: whether the lake holds what it says it holds.

use std::io::Write as _;

use aldb_query::derive::recompute;
use clap::Args;
use serde_json::json;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Compare archive, tables and derived values with what they must be. Changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Derive every row again, too, and compare
    #[arg(long)]
    recompute: bool,
    /// How the finds are printed
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

/// Keys named of a table that differs.
const NAMED: usize = 5;

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
                if let Some(error) = job.error {
                    found.problems.push(format!("{}: cannot be derived again: {error}", job.job));
                } else if !job.different.is_empty() {
                    let named = job.different.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
                    let more = job.different.len().saturating_sub(NAMED);
                    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
                    found.problems.push(format!(
                        "{}: {} keys are not what deriving them again gives: {named}{more}",
                        job.job,
                        job.different.len()
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
                terminal::complain(problem);
            }
            let derived =
                if self.recompute { format!(", {n_rows} derived rows computed again") } else { String::new() };
            writeln!(
                out,
                "{} files against their hashes, {} tables with {} rows against their schemas{derived}: {}",
                found.n_files,
                found.n_tables,
                found.n_rows,
                match found.problems.len() {
                    0 => "all as it must be".to_owned(),
                    1 => "1 problem".to_owned(),
                    n => format!("{n} problems"),
                }
            )?;
        }
        out.flush()?;
        Ok(if found.problems.is_empty() { Outcome::Done } else { Outcome::Failed })
    }
}
