//! `aldb formats`: the formats that aldb reads. `aldb formats try FILE…`: how the format of a file is recognised.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use aldb_formats::{Adapter, Detection, HEAD_BYTES, Probe, Registry};
use aldb_query::table::{write_list, write_table};
use clap::{Args, Subcommand};
use serde_json::json;

use super::ReportFormat;
use super::inspect::bytes_of;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// List the formats that aldb reads, or show how the format of a file is recognised.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Formats {
    #[command(subcommand)]
    action: Option<Action>,
    /// Output format
    #[arg(long, value_enum, default_value_t, global = true)]
    format: ReportFormat,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show how the format of files is recognised, and whether they can be read.
    Try {
        /// Files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

impl Formats {
    pub(crate) fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let registry = lake.registry()?;
        let mut out = terminal::output();
        let outcome = match self.action {
            None => list(&mut out, &registry, self.format)?,
            Some(Action::Try { files }) => try_files(&mut out, &registry, &files, self.format)?,
        };
        out.flush()?;
        Ok(outcome)
    }
}

fn list(out: &mut impl Write, registry: &Registry, format: ReportFormat) -> Result<Outcome, Error> {
    let mut adapters: Vec<&dyn Adapter> = registry.adapters().collect();
    adapters.sort_by_key(|adapter| (adapter.manifest().technique(), adapter.manifest().name.clone()));
    if format == ReportFormat::Json {
        let objects = adapters.iter().map(|adapter| {
            let manifest = adapter.manifest();
            json!({
                "name": manifest.name,
                "title": manifest.title,
                "techniques": manifest.techniques.iter().map(|technique| technique.name()).collect::<Vec<_>>(),
                "tables": manifest.tables,
                "extensions": manifest.extensions,
                "software": manifest.software,
                "source": manifest.source,
                "version": adapter.version(),
                "by_manifest": manifest.text.is_some(),
            })
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&objects.collect::<Vec<_>>())?)?;
        return Ok(Outcome::Done);
    }
    let mut rows = Vec::new();
    for adapter in &adapters {
        let manifest = adapter.manifest();
        let techniques: Vec<&str> = manifest.techniques.iter().map(|technique| technique.name()).collect();
        rows.push([
            manifest.name.clone(),
            techniques.join(", "),
            manifest.extensions.join(" "),
            if manifest.software.is_empty() { manifest.title.clone() } else { manifest.software.join("; ") },
        ]);
    }
    write_table(out, "", ["format", "technique", "extensions", "software and versions seen, or title"], &rows)?;
    writeln!(out, "\n{} formats; `aldb formats try FILE` shows how a file is recognised", adapters.len())?;
    Ok(Outcome::Done)
}

fn try_files(
    out: &mut impl Write,
    registry: &Registry,
    files: &[PathBuf],
    format: ReportFormat,
) -> Result<Outcome, Error> {
    let mut outcome = Outcome::Done;
    let mut objects = Vec::new();
    for path in files {
        match bytes_of(path) {
            Err(error) => {
                outcome = Outcome::Failed;
                objects.push(json!({ "file": path.display().to_string(), "error": error.to_string() }));
                if format == ReportFormat::Table {
                    out.flush()?;
                    terminal::error(&format!("{}: {error}", path.display()));
                }
            }
            Ok(bytes) => {
                let tried = Tried::new(registry, &bytes);
                if !tried.is_read {
                    outcome = Outcome::Failed;
                }
                match format {
                    ReportFormat::Json => objects.push(tried.object(path)),
                    ReportFormat::Table => tried.print(out, path)?,
                }
            }
        }
    }
    if format == ReportFormat::Json {
        // One file gives one object, several give an array.
        let text = match &objects[..] {
            [object] => serde_json::to_string_pretty(object)?,
            objects => serde_json::to_string_pretty(objects)?,
        };
        writeln!(out, "{text}")?;
    }
    Ok(outcome)
}

/// How the format of a file was recognised.
struct Tried {
    size_bytes: usize,
    /// Its first line, or the names in an archive.
    looks_like: String,
    /// Format, certainty and evidence of each claim.
    claims: Vec<(String, &'static str, String)>,
    decision: String,
    reading: String,
    is_read: bool,
}

impl Tried {
    fn new(registry: &Registry, bytes: &[u8]) -> Self {
        let probe = Probe::new(bytes);
        let (claims, recognised) = registry.claims(bytes);
        let mut claims: Vec<_> = claims
            .iter()
            .map(|claim| (claim.adapter.manifest().name.clone(), claim.certainty.name(), claim.evidence.to_owned()))
            .collect();
        if let Some(known) = recognised {
            claims.push(("(not read)".to_owned(), known.certainty.name(), known.title.to_owned()));
        }
        let decision = match registry.detect(bytes) {
            Detection::Format(adapter, sure) => {
                format!("`{}`, {}: {}", adapter.manifest().name, sure.name(), adapter.manifest().title)
            }
            Detection::Recognised(known) => format!("{}, which is not read; {}", known.title, known.advice),
            Detection::Ambiguous(first, second) => format!(
                "`{}` and `{}` claim it with equal certainty: choose one with `--adapter` or in aldb.toml",
                first.manifest().name,
                second.manifest().name
            ),
            Detection::Unknown => {
                "no known format: describe it in a manifest (docs/MANIFESTS.md) or export it as text".to_owned()
            }
        };
        let (reading, is_read) = match registry.read(bytes, None) {
            Ok((_, reading)) => {
                let points: usize = reading.measurements.iter().map(aldb_formats::Measurement::n_points).sum();
                let (n, rejected) = (reading.measurements.len(), reading.rejected.len());
                (format!("measurements: {n}, points: {points}, rejected rows: {rejected}"), true)
            }
            Err(error) => (error.to_string(), false),
        };
        let first_line = probe.text().trim_start().lines().next().unwrap_or_default();
        let looks_like = match probe.member_names() {
            [] => beginning(first_line),
            names => {
                // Each name occurs before its member and again in the directory.
                let names: BTreeSet<&String> = names.iter().collect();
                let shown: Vec<_> = names.iter().take(6).map(|name| beginning(name)).collect();
                format!("an archive of {}{}", shown.join(", "), if names.len() > 6 { ", …" } else { "" })
            }
        };
        Self { size_bytes: bytes.len(), looks_like, claims, decision, reading, is_read }
    }

    fn print(&self, out: &mut impl Write, path: &Path) -> Result<(), Error> {
        writeln!(out, "{}", path.display())?;
        writeln!(
            out,
            "  size      {} bytes; the first {HEAD_BYTES}, or the names in an archive, decide",
            self.size_bytes
        )?;
        writeln!(out, "  begins    {}", self.looks_like)?;
        let rows: Vec<[String; 3]> =
            self.claims.iter().map(|(name, sure, why)| [name.clone(), (*sure).to_owned(), why.clone()]).collect();
        if rows.is_empty() {
            writeln!(out, "  claims    none")?;
        } else {
            writeln!(out, "  claims")?;
            write_list(out, "    ", &rows)?;
        }
        writeln!(out, "  decision  {}", self.decision)?;
        writeln!(out, "  reading   {}", self.reading)?;
        Ok(())
    }

    fn object(&self, path: &Path) -> serde_json::Value {
        let claims =
            self.claims.iter().map(|(name, sure, why)| json!({ "format": name, "certainty": sure, "evidence": why }));
        json!({
            "file": path.display().to_string(),
            "size_bytes": self.size_bytes,
            "begins": self.looks_like,
            "claims": claims.collect::<Vec<_>>(),
            "decision": self.decision,
            "reading": self.reading,
            "is_read": self.is_read,
        })
    }
}

/// The first characters of a text, without control characters.
fn beginning(text: &str) -> String {
    let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("`{}`", shown.trim_end())
}
