//! `aldb sources`: shows what the rules of aldb.toml give for files, proposes entries for a folder, tries a rule. Nothing is stored.

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use aldb_ingest::{CheckedFile, CheckedSource, PathRule, SourcesCheck, TriedPath, paths_below, try_rule};
use aldb_lake::LakeError;
use aldb_query::table::{printable, write_list, write_table};
use clap::{Args, Subcommand};

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count, write_objects};

/// Entries of a kind up to which they are listed for people.
const LISTED: usize = 10;

/// Check, propose and try the rules of `[[source]]`, without storing anything.
#[derive(Debug, Args)]
pub(crate) struct Sources {
    #[command(subcommand)]
    action: Action,
    /// Output format
    #[arg(long, value_enum, default_value_t, global = true)]
    format: ReportFormat,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what each file of the sources is given: keys, names without a match, files that cannot be told apart, unknown samples.
    Check {
        /// Source [default: all]
        source: Option<String>,
    },
    /// Look at a folder of files and propose entries for aldb.toml, to be edited.
    Suggest {
        /// Folder
        folder: PathBuf,
    },
    /// Try a path rule, a template or a regular expression, on paths below the folder of a source.
    Try {
        /// Rule, such as '{sample}/{*}_dot{dot}_{temperature_c}C'
        rule: String,
        /// Paths below the folder of a source; they need not exist. Of a folder, all files below it
        #[arg(required = true)]
        paths: Vec<String>,
    },
}

impl Sources {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let mut out = terminal::output();
        let outcome = match self.action {
            Action::Check { source } => check(&mut out, lake, source.as_deref(), self.format).await?,
            Action::Suggest { folder } => suggest(&mut out, lake, &folder).await?,
            Action::Try { rule, paths } => try_paths(&mut out, &rule, &paths, self.format)?,
        };
        out.flush()?;
        Ok(outcome)
    }
}

async fn check(
    out: &mut impl Write,
    lake: &LakeOption,
    source: Option<&str>,
    format: ReportFormat,
) -> Result<Outcome, Error> {
    let lake = lake.open()?;
    let snapshot = lake.snapshot().await?;
    let Some(checked) = aldb_ingest::check_sources(&lake, &snapshot, source).await? else {
        return Err(format!("aldb.toml has no source `{}`", source.unwrap_or_default()).into());
    };
    match format {
        ReportFormat::Json => write_objects(out, &[serde_json::to_value(&checked)?])?,
        ReportFormat::Table => print_check(out, &checked)?,
    }
    let has_failed = !checked.failed.is_empty() || checked.sources.iter().any(|source| source.error.is_some());
    Ok(if has_failed { Outcome::Failed } else { Outcome::Done })
}

fn print_check(out: &mut impl Write, checked: &SourcesCheck) -> Result<(), Error> {
    let rows: Vec<[String; 7]> = checked
        .sources
        .iter()
        .map(|source| {
            let numbers = [
                source.n_files,
                source.n_matched,
                source.n_unmatched,
                source.n_without_sample,
                source.unknown_samples.len(),
                source.collisions.len(),
            ];
            let [files, matched, unmatched, without, unknown, collisions] = numbers.map(|n| n.to_string());
            let name = printable(&source.source).into_owned();
            [name, files, matched, unmatched, without, unknown, collisions]
        })
        .collect();
    let header = ["source", "files", "matched", "not matched", "without sample", "unknown samples", "collisions"];
    write_table(out, "", header, &rows)?;
    for source in &checked.sources {
        print_source(out, source)?;
    }
    if !checked.notes.is_empty() {
        writeln!(out, "\ndoubtful:")?;
        for note in &checked.notes {
            writeln!(out, "  {}: {}", printable(&note.path), printable(&note.note))?;
        }
    }
    for failed in &checked.failed {
        out.flush()?;
        terminal::error(&format!("{}: {}", printable(&failed.path), failed.error.message));
    }
    Ok(())
}

/// Lists the first of some entries, and says how many there are more.
fn listed<T>(
    out: &mut impl Write,
    title: &str,
    entries: &[T],
    mut line: impl FnMut(&T) -> String,
) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {title}:")?;
    for entry in entries.iter().take(LISTED) {
        writeln!(out, "    {}", line(entry))?;
    }
    if entries.len() > LISTED {
        writeln!(out, "    and {} more (--format json has all)", entries.len() - LISTED)?;
    }
    Ok(())
}

fn print_source(out: &mut impl Write, source: &CheckedSource) -> Result<(), Error> {
    let kind = source.kind.map_or_else(|| "none".to_owned(), |kind| format!("{kind} "));
    let rule = source.path.as_ref().map_or_else(String::new, |rule| format!("`{}`", printable(rule)));
    writeln!(out, "\n{} in {}: path rule {kind}{rule}", printable(&source.source), printable(&source.folder))?;
    if let Some(error) = &source.error {
        out.flush()?;
        terminal::error(&format!("source `{}`: {error}", source.source));
    }
    let last = source.files.len().saturating_sub(1);
    let mut places = vec![0, last / 2, last];
    places.dedup();
    let rows: Vec<[String; 2]> = places
        .into_iter()
        .filter_map(|place| source.files.get(place))
        .map(|file| [printable(&file.below).into_owned(), keys(file)])
        .collect();
    write_list(out, "  ", &rows)?;
    let unmatched: Vec<&CheckedFile> = source.files.iter().filter(|file| file.matches == Some(false)).collect();
    listed(out, "not matched", &unmatched, |file| {
        let ends = ends(&file.below, file.matches_up_to.as_deref(), file.expected.as_deref());
        format!("{}: {ends}", printable(&file.below))
    })?;
    listed(out, "samples that samples/ does not describe", &source.unknown_samples, |unknown| {
        let date =
            if unknown.looks_like_date { ", which looks like a date: does the rule take a wrong part?" } else { "" };
        format!("{} ({}){date}", printable(&unknown.sample), count(unknown.n_files, "file"))
    })?;
    listed(out, "files that their keys do not tell apart", &source.collisions, |collision| {
        let (n, first) = (collision.paths.len(), &collision.paths[..collision.paths.len().min(2)]);
        let more = if n > first.len() { format!(" and {} more", n - first.len()) } else { String::new() };
        let first: Vec<_> = first.iter().map(|path| printable(path).into_owned()).collect();
        format!("{} of {}: {}{more}", collision.technique, printable(&collision.keys), first.join(", "))
    })?;
    let doubtful: Vec<&CheckedFile> = source.files.iter().filter(|file| !file.notes.is_empty()).collect();
    listed(out, "doubtful", &doubtful, |file| {
        format!("{}: {}", printable(&file.below), printable(&file.notes.join("; ")))
    })?;
    if source.n_not_included > 0 {
        let verb = if source.n_not_included == 1 { "matches" } else { "match" };
        writeln!(out, "  {} {verb} no pattern", count(source.n_not_included, "file"))?;
    }
    Ok(())
}

/// Where a path stops to match.
fn ends(path: &str, up_to: Option<&str>, expected: Option<&str>) -> String {
    let (up_to, expected) = (up_to.unwrap_or_default(), printable(expected.unwrap_or_default()));
    let found = path.get(up_to.len()..).unwrap_or_default();
    let found = if found.is_empty() { "the end".to_owned() } else { format!("`{}`", printable(found)) };
    match up_to {
        "" => format!("expected {expected}, found {found}"),
        up_to => format!("matches up to `{}`, then expected {expected}, found {found}", printable(up_to)),
    }
}

/// The keys of a file, for people.
fn keys(file: &CheckedFile) -> String {
    let word = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    let mut parts: Vec<String> = [
        word("sample", &file.sample),
        word("run", &file.run),
        word("electrode", &file.dot),
        word("repeat", &file.repeat),
        file.temperature_c.map(|temperature| format!("{temperature} °C")),
        file.electrode_area_cm2.map(|area| format!("{area} cm²")),
    ]
    .into_iter()
    .flatten()
    .collect();
    parts.extend(file.tags.iter().map(|(name, value)| format!("{name} {value}")));
    if file.is_linked {
        parts.push("linked by hand".to_owned());
    }
    if parts.is_empty() { "no keys".to_owned() } else { printable(&parts.join(", ")).into_owned() }
}

async fn suggest(out: &mut impl Write, lake: &LakeOption, folder: &Path) -> Result<Outcome, Error> {
    let registry = lake.registry()?;
    let opened = match lake.open() {
        Ok(opened) => Some(opened),
        Err(LakeError::NoLake { .. }) if lake.lake.is_none() => None,
        Err(error) => return Err(error.into()),
    };
    // Names that samples/ describes are certain.
    let known = match &opened {
        Some(lake) => aldb_ingest::described_samples(lake, &lake.snapshot().await?).await?,
        None => HashSet::new(),
    };
    let root = opened.as_ref().map(aldb_lake::Lake::root);
    write!(out, "{}", aldb_ingest::suggest(folder, &registry, &known, root)?)?;
    Ok(Outcome::Done)
}

fn try_paths(out: &mut impl Write, rule: &str, paths: &[String], format: ReportFormat) -> Result<Outcome, Error> {
    let rule = PathRule::new(rule)?;
    let mut tried: Vec<TriedPath> = Vec::new();
    for path in paths {
        if Path::new(path).is_dir() {
            let below = paths_below(Path::new(path)).map_err(|error| format!("cannot read `{path}`: {error}"))?;
            tried.extend(below.iter().map(|below| try_rule(&rule, below)));
        } else {
            tried.push(try_rule(&rule, path));
        }
    }
    for (group, known) in rule.doubtful_groups() {
        terminal::message(&format_args!(
            "note: the group `{group}` is stored as a tag of that name: is `{known}` meant?"
        ));
    }
    match format {
        ReportFormat::Json => {
            let objects = tried.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?;
            write_objects(out, &objects)?;
        }
        ReportFormat::Table => {
            for path in &tried {
                print_tried(out, path)?;
            }
            if tried.len() > 1 {
                let n_matched = tried.iter().filter(|path| path.matches).count();
                writeln!(out, "{n_matched} of {} match", count(tried.len(), "path"))?;
            }
        }
    }
    Ok(if tried.iter().all(|path| path.matches) { Outcome::Done } else { Outcome::Failed })
}

fn print_tried(out: &mut impl Write, tried: &TriedPath) -> Result<(), Error> {
    if !tried.matches {
        let ends = ends(&tried.path, tried.matches_up_to.as_deref(), tried.expected.as_deref());
        writeln!(out, "{}\n  does not match: {ends}", printable(&tried.path))?;
        return Ok(());
    }
    writeln!(out, "{}", printable(&tried.path))?;
    let rows: Vec<[String; 2]> =
        tried.groups.iter().map(|found| [found.group.clone(), printable(&found.value).into_owned()]).collect();
    match rows.is_empty() {
        true => writeln!(out, "  matches, without groups")?,
        false => write_list(out, "  ", &rows)?,
    }
    for note in &tried.notes {
        writeln!(out, "  note: {}", printable(note))?;
    }
    Ok(())
}
