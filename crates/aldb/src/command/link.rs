//! `aldb link`: gives a single file its sample, electrode, temperature or repetition, in the lake's `samples/links.csv`.

use std::io::Write as _;

use aldb_ingest::{LINKS, LinkKeys, LinksReport};
use aldb_query::table::{printable, write_table};
use clap::Args;

use super::ReportFormat;
use crate::files::write_whole;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count, write_objects};

/// Give a single file its keys, where its path gives none or wrong ones, or list the files that have such keys.
///
/// The entry is a row of samples/links.csv, which may also be edited; the next `aldb ingest` uses it. A key that is not given
/// stays as the path gives it.
#[derive(Debug, Args)]
pub(crate) struct LinkCommand {
    /// File: its path, or its path in the lake as `aldb status` shows it, or the end of that
    #[arg(required_unless_present = "list")]
    file: Option<String>,
    /// Sample, as in samples/
    #[arg(long, value_name = "NAME", conflicts_with_all = ["remove", "list"])]
    sample: Option<String>,
    /// Run, as in samples/
    #[arg(long, value_name = "NAME", conflicts_with_all = ["remove", "list"])]
    run: Option<String>,
    /// Electrode
    #[arg(long, value_name = "NAME", conflicts_with_all = ["remove", "list"])]
    dot: Option<String>,
    /// Intended temperature of the measurement (°C)
    #[arg(long, value_name = "CELSIUS", allow_negative_numbers = true, conflicts_with_all = ["remove", "list"])]
    temperature_c: Option<f64>,
    /// Number of the repetition
    #[arg(long, value_name = "N", conflicts_with_all = ["remove", "list"])]
    repeat: Option<String>,
    /// Remove the entry of the file: its path decides again
    #[arg(long, conflicts_with = "list")]
    remove: bool,
    /// List all entries, with what is wrong about them
    #[arg(long, conflicts_with = "file")]
    list: bool,
    /// Format of the list
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl LinkCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let snapshot = lake.snapshot().await?;
        let Some(file) = &self.file else {
            return list(&aldb_ingest::links(&lake, &snapshot).await?, self.format);
        };
        let keys = LinkKeys {
            sample: self.sample,
            run: self.run,
            dot: self.dot,
            temperature_c: self.temperature_c,
            repeat: self.repeat,
        };
        let edited = aldb_ingest::edit_links(&lake, &snapshot, file, (!self.remove).then_some(&keys)).await?;
        let place = lake.root().join(LINKS);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder).map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
        }
        write_whole(&place, edited.text.as_bytes())?;
        let (done, name) = (if self.remove { "removed from" } else { "written to" }, printable(&edited.file));
        terminal::message(&format_args!("{name}: {done} {LINKS}; `aldb ingest` links its measurements"));
        // What is doubtful is said at once.
        let report = aldb_ingest::links(&lake, &snapshot).await?;
        let about = format!("link of `{}`", edited.file);
        for note in report.notes.iter().filter(|note| note.path == LINKS && note.note.contains(&about)) {
            terminal::message(&format_args!("note: {}: {}", note.path, note.note));
        }
        Ok(Outcome::Done)
    }
}

fn list(report: &LinksReport, format: ReportFormat) -> Result<Outcome, Error> {
    let mut out = terminal::output();
    if format == ReportFormat::Json {
        write_objects(&mut out, &[serde_json::to_value(report)?])?;
    } else {
        let rows: Vec<[String; 7]> = report
            .links
            .iter()
            .map(|link| {
                let LinkKeys { sample, run, dot, temperature_c, repeat } = &link.keys;
                let word = |word: &Option<String>| printable(word.as_deref().unwrap_or_default()).into_owned();
                let temperature = temperature_c.map(|celsius| celsius.to_string()).unwrap_or_default();
                let place = format!("{}, line {}", printable(&link.sheet), link.line);
                [
                    printable(&link.file).into_owned(),
                    word(sample),
                    word(run),
                    word(dot),
                    temperature,
                    word(repeat),
                    place,
                ]
            })
            .collect();
        if rows.is_empty() {
            writeln!(out, "no file is linked by hand")?;
        } else {
            write_table(&mut out, "", ["file", "sample", "run", "dot", "temperature_c", "repeat", "where"], &rows)?;
            writeln!(out, "{} linked by hand", count(rows.len(), "file"))?;
        }
        for note in &report.notes {
            writeln!(out, "note: {}: {}", printable(&note.path), printable(&note.note))?;
        }
        out.flush()?;
        for failed in &report.failed {
            terminal::error(&format!("{}: {}", printable(&failed.path), failed.error.message));
        }
    }
    out.flush()?;
    Ok(if report.failed.is_empty() { Outcome::Done } else { Outcome::Failed })
}
