//! `aldb status`: files that could not be read and measurements that are not linked to a sample or recipe.

use std::io::Write as _;

use aldb_ingest::{Excluded, SourceState};
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
        let service = aldb_serve::service(&lake);
        let status = aldb_ingest::status(&lake, &snapshot, service.is_some()).await?;
        let stale = out_of_date(&lake, &snapshot)?;
        warn_of_stale(&stale);
        let mut out = terminal::data();
        if self.format == ReportFormat::Json {
            let mut whole = serde_json::to_value(&status)?;
            whole["service"] = serde_json::to_value(&service)?;
            if let Some(service) = &service {
                whole["service"]["is_running"] = service.is_running().into();
            }
            whole["stale"] = serde_json::to_value(&stale)?;
            writeln!(out, "{whole}")?;
            return Ok(Outcome::Done);
        }
        writeln!(out, "lake      {}", printable(&status.lake))?;
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
        if let Some(service) = &service {
            let state = match (service.has_ended, service.is_running()) {
                (true, _) => format!("ended at {}", time(service.last_seen_micros)),
                (false, true) => format!("runs since {} (process {})", time(service.started_micros), service.process),
                (false, false) => format!("is silent since {}: start it again", time(service.last_seen_micros)),
            };
            writeln!(out, "service   {state}")?;
        }
        write_sources(&mut out, &status.sources)?;
        if !status.failed.is_empty() {
            writeln!(out, "\nfiles that could not be read:")?;
            for problem in &status.failed {
                let message = lines_printable(&problem.file.error.message).replace('\n', "\n    ");
                let since = time(problem.since_micros);
                writeln!(out, "  {}\n    {message}", printable(&problem.file.path))?;
                writeln!(out, "    since {since}; {}", problem.help)?;
            }
        }
        if !status.not_recognised.is_empty() {
            writeln!(
                out,
                "\nfiles that are not recognised as those of an instrument (`ignore` of a source leaves them out):"
            )?;
            list(&mut out, &status.not_recognised)?;
        }
        if !status.gone.is_empty() {
            writeln!(
                out,
                "\nfiles that are no longer where they were; their measurements keep the keys that the path gave last:"
            )?;
            list(&mut out, &status.gone)?;
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

/// The first of some paths; a cleaned instrument PC may have held thousands.
fn list(out: &mut impl std::io::Write, paths: &[String]) -> Result<(), Error> {
    const MAX_LISTED: usize = 20;
    for path in paths.iter().take(MAX_LISTED) {
        writeln!(out, "  {}", printable(path))?;
    }
    if paths.len() > MAX_LISTED {
        writeln!(out, "  and {} more", paths.len() - MAX_LISTED)?;
    }
    Ok(())
}

/// A time, to the second, UTC.
fn time(micros: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The sources: their last rounds, and what waits in them.
fn write_sources(out: &mut impl std::io::Write, sources: &[SourceState]) -> Result<(), Error> {
    if sources.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nsources:")?;
    let width = sources.iter().map(|state| state.round.source.chars().count()).max().unwrap_or(0);
    for state in sources {
        let round = &state.round;
        let last = match state.last_round_micros {
            None => "not looked at yet".to_owned(),
            Some(last) => {
                let counts = [
                    (round.n_read, "read"),
                    (round.n_failed, "failed"),
                    (round.n_waiting, "waiting"),
                    (state.n_unlinked, "without a sample"),
                ];
                let counts = counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(", {n} {what}"));
                format!("{} at {}{}", count(round.n_files, "file"), time(last), counts.collect::<String>())
            }
        };
        let next = state.next_round_micros.map(|next| format!("; next {}", time(next))).unwrap_or_default();
        writeln!(out, "  {:width$}  {last}{next}", printable(&round.source))?;
        if state.is_overdue {
            let seen = state.last_seen_micros.map_or_else(|| "never".to_owned(), |seen| format!("at {}", time(seen)));
            writeln!(out, "  {:width$}  {}: last seen {seen}", "", terminal::alarm("two rounds were missed"))?;
        }
        if let Some(error) = &round.error {
            writeln!(out, "  {:width$}  {}", "", terminal::alarm(&lines_printable(error)))?;
        }
        for file in state.waiting.iter().take(3) {
            let (path, words) = (printable(&file.path), file.cause.words());
            writeln!(out, "  {:width$}  waits since {}: {path}: {words}", "", time(file.since_micros))?;
        }
    }
    Ok(())
}
