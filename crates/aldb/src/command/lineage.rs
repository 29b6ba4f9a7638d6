//! `aldb lineage TABLE KEY…`: the origin of a row, down to the source files.

use std::io::Write as _;

use aldb_query::derive::{Lineage, lineage};
use aldb_query::table::printable;
use clap::{Args, ValueEnum};

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
        let tree = lineage(&lake, lake.snapshot().await?, &self.table, &self.key).await?;
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
    lines.push(Line { follows: follows.to_vec(), text: format!("{}: {}", node.table, key.join(", ")) });
    let mut below: Vec<String> = Vec::new();
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
