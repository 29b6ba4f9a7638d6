//! `aldb check [CHECK…]`: finds rows that contradict themselves or each other.

use std::io::Write as _;

use aldb_query::checks::{CheckReport, Severity, run_checks};
use aldb_query::derive::out_of_date;
use aldb_query::table::printable;
use clap::Args;

use super::{ReportFormat, warn_of_stale};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Find rows that contradict themselves or each other. Fails where a check of severity error finds a row.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Checks, named as their files [default: all]
    checks: Vec<String>,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Check {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let snapshot = lake.snapshot().await?;
        let reports = run_checks(&lake, &snapshot, &self.checks).await?;
        warn_of_stale(&out_of_date(&lake, &snapshot)?);
        let mut out = terminal::output();
        if self.format == ReportFormat::Json {
            writeln!(out, "{}", serde_json::to_string(&reports)?)?;
        } else {
            for report in &reports {
                print(&mut out, report)?;
            }
        }
        out.flush()?;
        let failed = |report: &CheckReport| {
            report.failure.is_some() || (report.severity == Severity::Error && !report.rows.is_empty())
        };
        Ok(if reports.iter().any(failed) { Outcome::Failed } else { Outcome::Done })
    }
}

fn print(out: &mut impl std::io::Write, report: &CheckReport) -> Result<(), Error> {
    let severity = match report.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    if let Some(error) = &report.failure.message {
        terminal::error(&format!("check {}: {error}", report.check));
    }
    if report.rows.is_empty() {
        writeln!(out, "{}: no rows found", report.check)?;
        return Ok(());
    }
    let found = count(report.rows.len(), "row");
    writeln!(out, "{}: {severity}, {found} found. {}", report.check, report.meaning)?;
    for row in &report.rows {
        let key: Vec<String> = row.key.iter().map(|(column, value)| format!("{column} = {value}")).collect();
        writeln!(out, "  {}: {}: {}", report.table, printable(&key.join(", ")), row.reason)?;
        // `aldb lineage` lists them all.
        const MAX_LISTED: usize = 3;
        for file in row.files.iter().take(MAX_LISTED) {
            writeln!(out, "    from {}", printable(file.paths.first().unwrap_or(&file.file_id)))?;
        }
        if row.files.len() > MAX_LISTED {
            writeln!(out, "    and {}", count(row.files.len() - MAX_LISTED, "more file"))?;
        }
    }
    Ok(())
}
