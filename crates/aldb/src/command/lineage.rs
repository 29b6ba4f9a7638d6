//! `aldb lineage TABLE KEY…`: the origin of a row, down to the source files.

use std::io::Write as _;

use aldb_query::derive::{Lineage, Values, lineage, out_of_date_among};
use aldb_query::table::printable;
use clap::{Args, ValueEnum};

use super::warn_of_stale;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Show the origin of a row: jobs and their versions, measurements, files and their hashes.
#[derive(Debug, Args)]
pub(crate) struct LineageCommand {
    /// Table of the row
    table: String,
    /// Key of the row: a value for each column of the table's key
    #[arg(required = true)]
    key: Vec<String>,
    /// Format of the tree
    #[arg(long, value_enum, default_value_t)]
    format: TreeFormat,
}

/// Format of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum TreeFormat {
    /// Text, for people
    #[default]
    Tree,
    /// JSON, for programs; stable
    Json,
    /// SVG drawing
    Svg,
}

impl LineageCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let snapshot = lake.snapshot().await?;
        let tree = lineage(&lake, snapshot.clone(), &self.table, &self.key).await?;
        warn_of_stale(&out_of_date_among(&lake, &snapshot, &tree.tables())?);
        let mut out = terminal::output();
        match self.format {
            TreeFormat::Json => writeln!(out, "{}", serde_json::to_string_pretty(&tree)?)?,
            TreeFormat::Tree => {
                for line in lines(&tree) {
                    writeln!(out, "{}{}", line.branch(), printable(&line.text))?;
                }
            }
            TreeFormat::Svg => out.write_all(drawing(&lines(&tree)).as_bytes())?,
        }
        out.flush()?;
        Ok(Outcome::Done)
    }
}

/// One line of a tree.
struct Line {
    /// For each level above: whether another line follows on it. The last is the line's own.
    follows: Vec<bool>,
    text: String,
}

impl Line {
    fn branch(&self) -> String {
        let Some((own, above)) = self.follows.split_last() else { return String::new() };
        let trunk: String = above.iter().map(|follows| if *follows { "│  " } else { "   " }).collect();
        trunk + if *own { "├─ " } else { "└─ " }
    }
}

fn lines(tree: &Lineage) -> Vec<Line> {
    let mut lines = Vec::new();
    add(tree, &[], &mut lines);
    lines
}

fn add(node: &Lineage, follows: &[bool], lines: &mut Vec<Line>) {
    let key: Vec<String> = node.key.iter().map(|(column, value)| format!("{column} = {value}")).collect();
    let failed = if node.has_failed() { " (failed: gave no value)" } else { "" };
    lines.push(Line { follows: follows.to_vec(), text: format!("{}: {}{failed}", node.table, key.join(", ")) });
    // A key of many rows, such as the peaks of a pattern, is not listed whole.
    const MAX_ROWS: usize = 5;
    let mut below: Vec<String> = node.values.iter().take(MAX_ROWS).map(shown).filter(|text| !text.is_empty()).collect();
    if node.values.len() > MAX_ROWS {
        below.push(format!("and {}", terminal::count(node.values.len() - MAX_ROWS, "more row")));
    }
    if let Some(job) = &node.job {
        let functions = if job.functions.is_empty() { String::new() } else { format!(", functions {}", job.functions) };
        below.push(format!("derived by queries/derived/{}.sql, version {}{functions}", job.name, job.job_version));
        below.push(format!("input rows have the hash {}", job.input_hash));
    }
    if let Some(file) = &node.file {
        let adapter = file.adapter.as_ref().map(|adapter| format!(", read as {adapter}")).unwrap_or_default();
        below.extend(file.paths.iter().map(|path| format!("{path}{adapter}")));
        let size = file.size_bytes.map(|size| format!("{size} bytes, ")).unwrap_or_default();
        below.push(format!("{size}BLAKE3 {}, archived as {}", file.file_id, file.archive));
    }
    below.extend(node.notes.iter().cloned());
    let n = below.len() + node.inputs.len();
    let level = |place: usize| [follows, &[place + 1 < n]].concat();
    for (place, text) in below.into_iter().enumerate() {
        lines.push(Line { follows: level(place), text });
    }
    for (place, input) in node.inputs.iter().enumerate() {
        add(input, &level(n - node.inputs.len() + place), lines);
    }
}

/// The values of a row in one line: those with an uncertainty, then the quality; of a measured row all.
fn shown(row: &Values) -> String {
    let number = |name: &str| row.get(name).and_then(serde_json::Value::as_f64);
    let mut parts = Vec::new();
    for err_name in row.keys().filter(|name| name.contains("_err_")) {
        let name = err_name.replacen("_err_", "_", 1);
        if let (Some(value), Some(err)) = (number(&name), number(err_name)) {
            parts.push(format!("{name} = {} ± {}", rounded(value), rounded(err)));
        }
    }
    match row.get("quality").and_then(serde_json::Value::as_str) {
        Some(quality) => {
            let reason = row.get("reason").and_then(serde_json::Value::as_str).map(|reason| format!(": {reason}"));
            parts.push(format!("{quality}{}", reason.unwrap_or_default()));
        }
        None => {
            let others = row.iter().filter(|(name, _)| !name.contains("_err_"));
            let others = others.filter(|(name, _)| !parts.iter().any(|part| part.starts_with(&format!("{name} = "))));
            let words: Vec<String> = others
                .map(|(name, value)| match (value.as_f64(), value.as_str()) {
                    (Some(number), _) => format!("{name} = {}", rounded(number)),
                    (None, Some(text)) => format!("{name} = {}", text.replace('\n', "; ")),
                    (None, None) => format!("{name} = {value}"),
                })
                .collect();
            parts.extend(words);
        }
    }
    parts.join(", ")
}

/// Five significant digits.
fn rounded(value: f64) -> String {
    let text = format!("{value:.4e}");
    match text.parse::<f64>() {
        Ok(number) if number == 0.0 || (1e-3..1e6).contains(&number.abs()) => number.to_string(),
        Ok(number) => format!("{number:e}"),
        Err(_) => text,
    }
}

/// Height of a line, width of a level, width of a character (px).
const LINE: usize = 20;
const LEVEL: usize = 22;
const CHARACTER: f64 = 7.3;

fn drawing(lines: &[Line]) -> String {
    let longest =
        lines.iter().map(|line| (line.follows.len() * LEVEL) as f64 + line.text.chars().count() as f64 * CHARACTER);
    let width = 24.0 + longest.fold(0.0, f64::max);
    let height = 16 + lines.len() * LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height}\" \
         font-family=\"DejaVu Sans Mono, monospace\" font-size=\"12\" fill=\"#1a1a1a\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let middle = |row: usize| 8 + row * LINE + LINE / 2;
    for (row, line) in lines.iter().enumerate() {
        let depth = line.follows.len();
        if depth > 0 {
            // A connecting line from the parent.
            let parent = lines[..row].iter().rposition(|above| above.follows.len() < depth).unwrap_or(0);
            let x = 12 + (depth - 1) * LEVEL + 4;
            svg += &format!(
                "<path d=\"M{x} {}V{}H{}\" fill=\"none\" stroke=\"#8a8a8a\"/>\n",
                middle(parent) + 8,
                middle(row),
                x + 12
            );
        }
        svg +=
            &format!("<text x=\"{}\" y=\"{}\">{}</text>\n", 12 + depth * LEVEL, middle(row) + 4, escaped(&line.text));
    }
    svg + "</svg>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
