//! `aldb check [CHECK…]`: finds rows that contradict themselves or each other.

use std::io::Write as _;

use aldb_query::checks::{CheckReport, Severity, run_checks};
use clap::Args;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Find rows that contradict themselves or each other. Fails where a check of severity error finds one.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Checks, named as their files [default: all]
    checks: Vec<String>,
    /// How the finds are printed
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Check {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let reports = run_checks(&lake, &lake.snapshot().await?, &self.checks).await?;
        let mut out = terminal::output();
        if self.format == ReportFormat::Json {
            writeln!(out, "{}", serde_json::to_string(&reports)?)?;
        } else {
            for report in &reports {
                say(&mut out, report)?;
            }
        }
        out.flush()?;
        let failed = |report: &CheckReport| {
            report.error.is_some() || (report.severity == Severity::Error && !report.rows.is_empty())
        };
        Ok(if reports.iter().any(failed) { Outcome::Failed } else { Outcome::Done })
    }
}

fn say(out: &mut impl std::io::Write, report: &CheckReport) -> Result<(), Error> {
    let severity = match report.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    if let Some(error) = &report.error {
        terminal::complain(&format!("check {}: {error}", report.check));
    }
    if report.rows.is_empty() {
        writeln!(out, "{}: nothing found", report.check)?;
        return Ok(());
    }
    writeln!(out, "{}: {severity}, {} found. {}", report.check, report.rows.len(), report.meaning)?;
    for row in &report.rows {
        let key: Vec<String> = row.key.iter().map(|(column, value)| format!("{column} = {value}")).collect();
        writeln!(out, "  {}: {}: {}", report.table, key.join(", "), row.reason)?;
        // A value of many files is followed with `aldb lineage`.
        const SHOWN: usize = 3;
        for file in row.files.iter().take(SHOWN) {
            writeln!(out, "    from {}", file.paths.first().unwrap_or(&file.file_id))?;
        }
        if row.files.len() > SHOWN {
            writeln!(out, "    and {} more files", row.files.len() - SHOWN)?;
        }
    }
    Ok(())
}
