//! `aldb status`: files that could not be read and measurements that are not linked to a sample or recipe.

use std::io::Write as _;

use aldb_ingest::Excluded;
use aldb_query::derive::out_of_date;
use aldb_query::table::printable;
use clap::Args;

use super::{ReportFormat, warn_of_stale};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count, lines_printable};

/// List files that could not be read and measurements that are not linked to a sample or recipe.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Format of the report
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Status {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let snapshot = lake.snapshot().await?;
        let status = aldb_ingest::status(&lake, &snapshot).await?;
        let stale = out_of_date(&lake, &snapshot)?;
        warn_of_stale(&stale);
        let mut out = terminal::output();
        if self.format == ReportFormat::Json {
            let mut whole = serde_json::to_value(&status)?;
            whole["stale"] = serde_json::to_value(&stale)?;
            writeln!(out, "{whole}")?;
            return Ok(Outcome::Done);
        }
        writeln!(out, "lake      {}", status.lake)?;
        if status.snapshot == 0 {
            writeln!(out, "snapshot  none yet: `aldb ingest` makes the first")?;
        } else {
            writeln!(out, "snapshot  {} of {}", status.snapshot, status.time)?;
        }
        let gone = match status.gone.len() {
            0 => String::new(),
            n => format!(", {n} no longer there"),
        };
        writeln!(out, "files     {} read, {} failed{gone}", status.n_files, status.failed.len())?;
        let unlinked: usize = status.unlinked.iter().map(|unlinked| unlinked.n_measurements).sum();
        writeln!(out, "measured  {}, {unlinked} not linked", count(status.n_measurements, "measurement"))?;
        if !status.failed.is_empty() {
            writeln!(out, "\nfiles that could not be read:")?;
            for problem in &status.failed {
                let message = lines_printable(&problem.error.message).replace('\n', "\n    ");
                writeln!(out, "  {}\n    {message}", printable(&problem.path))?;
            }
        }
        if !status.gone.is_empty() {
            writeln!(
                out,
                "\nfiles that are no longer where they were; their measurements keep the keys that the path gave last:"
            )?;
            // A cleaned instrument PC may have held thousands.
            const MAX_LISTED: usize = 20;
            for path in status.gone.iter().take(MAX_LISTED) {
                writeln!(out, "  {}", printable(path))?;
            }
            if status.gone.len() > MAX_LISTED {
                writeln!(out, "  and {} more", status.gone.len() - MAX_LISTED)?;
            }
        }
        if !status.excluded.is_empty() {
            writeln!(out, "\nmeasurements with excluded points, from which nothing is derived:")?;
            for excluded in &status.excluded {
                let Excluded { path, points, reason, excluded_by, .. } = excluded;
                let (path, reason) = (printable(path), printable(reason));
                writeln!(out, "  {path}\n    {points}: {reason} ({excluded_by})")?;
            }
        }
        if !status.unlinked.is_empty() {
            writeln!(out, "\nmeasurements that are not linked to a sample or recipe:")?;
            for unlinked in &status.unlinked {
                let (path, note) = (printable(&unlinked.path), printable(&unlinked.note));
                writeln!(out, "  {path} ({})\n    {note}", unlinked.n_measurements)?;
            }
        }
        if !status.warnings.is_empty() {
            writeln!(out, "\nwarnings about files that were read:")?;
            for warning in &status.warnings {
                let note = lines_printable(&warning.note).replace('\n', "\n    ");
                writeln!(out, "  {}\n    {note}", printable(&warning.path))?;
            }
        }
        Ok(Outcome::Done)
    }
}
