//! The contents of `ingest/<format>/instrument.toml`: a format's name and table, how to recognise it and, for
//! delimited text, everything needed to read it.
//!
//! `docs/MANIFESTS.md` describes the keys for users; an unknown key is an error that names its line. The manifests
//! in `ingest/` are embedded when the crate is built; an installation supplies the text of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use include_dir::{Dir, include_dir};
use regex::{Captures, Regex};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::{Match, Technique, Value};

static INGEST: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../ingest");

/// Most columns that a text may have.
pub(crate) const LAST_POSITION: usize = 4096;

/// A format's description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format's name, as its folder's: lower case, digits and `_`.
    pub name: String,
    /// Its description, for people.
    pub title: String,
    /// The technique of its measurements: a name, or a list where a file may hold any of several. Text that no code reads has
    /// one.
    #[serde(rename = "technique", deserialize_with = "techniques")]
    pub techniques: Vec<Technique>,
    /// The fact tables that hold them, in the same order.
    #[serde(rename = "table", deserialize_with = "words")]
    pub tables: Vec<String>,
    /// Usual file extensions without a point; for people and for choosing files, never for detection.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Software and versions whose files were seen.
    #[serde(default)]
    pub software: Vec<String>,
    /// Where the format is documented.
    pub source: String,
    /// Raised when the same bytes give a different reading than before; stored with the data.
    #[serde(default = "first_version")]
    pub version: u32,
    /// How the format is recognised; the most certain rule that fits applies.
    #[serde(default)]
    pub detect: Vec<DetectRule>,
    /// How the text is laid out; absent where code reads the format.
    pub text: Option<TextLayout>,
    /// Columns that the general rules for headers don't get right, or that have no header.
    #[serde(default, rename = "column")]
    pub columns: Vec<ColumnRule>,
    /// Settings to find in the text before the first row.
    #[serde(default)]
    pub metadata: Vec<MetadataRule>,
    /// Settings of every file of the format, whatever it states: `energy_scale = "binding"`.
    #[serde(default)]
    pub stated: BTreeMap<String, Value>,
    /// How rows are split into measurements.
    #[serde(default)]
    pub blocks: Blocks,
    /// Rows that belong to the format but not to the measurement; counted in a warning.
    #[serde(default)]
    pub skip_rows: Vec<SkipRows>,
}

/// One way to recognise a format; all that is stated must fit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectRule {
    /// How certain that is.
    #[serde(rename = "match", deserialize_with = "level")]
    pub level: Match,
    /// Must be found in the first 4 KiB of text.
    pub pattern: Option<Pattern>,
    /// Must not be found in it.
    pub without: Option<Pattern>,
    /// A header with the technique's columns must exist.
    #[serde(default)]
    pub columns: bool,
    /// The rows must look like a frequency sweep: positive, monotone, in logarithmic steps over two decades, with
    /// an imaginary part that isn't positive throughout.
    #[serde(default)]
    pub sweep: bool,
}

/// How delimited text is laid out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextLayout {
    /// The separator between the cells of a row.
    #[serde(default)]
    pub separator: Separator,
    /// The same for the header, where it differs.
    pub header_separator: Option<Separator>,
    /// Decimal point or comma.
    #[serde(default)]
    pub decimal: Decimal,
    /// How the header is found.
    #[serde(default)]
    pub header: HeaderKind,
    /// The header's line, from 1.
    pub header_line: Option<u64>,
    /// Found in the header's line and none before.
    pub header_pattern: Option<Pattern>,
    /// Left out of the header before it is split: words that belong to no column.
    pub header_strip: Option<Pattern>,
    /// Whether the line below the header states the columns' units.
    #[serde(default)]
    pub units_below: bool,
    /// Whether the columns by position are a guess, so that every reading warns of it.
    #[serde(default)]
    pub columns_assumed: bool,
    /// Rows begin below the first line in which this is found, not before.
    pub rows_after: Option<Pattern>,
    /// Rows end above the first line in which this is found.
    pub rows_end: Option<Pattern>,
    /// Lines among the rows that are to be left out.
    pub comment: Option<Pattern>,
}

/// The separator between cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Separator {
    /// The first of tab, semicolon, comma and blanks that splits header and first row alike.
    #[default]
    Auto,
    /// A tab.
    Tab,
    /// A comma.
    Comma,
    /// A semicolon.
    Semicolon,
    /// One or more blanks or tabs.
    Blanks,
    /// A vertical bar.
    Bar,
}

/// The decimal mark of a format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decimal {
    /// Decided for each file, by its cells.
    #[default]
    Auto,
    /// Always a point.
    Point,
    /// Always a comma.
    Comma,
}

/// How the header of the columns is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderKind {
    /// The first line that names the columns that the technique needs, or `header_line`, or `header_pattern`.
    #[default]
    Columns,
    /// There is none: columns go by position, and the first line with that many numbers is the first row.
    None,
}

/// The definition of a column, by header or by position.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// Found in the header.
    pub header: Option<Pattern>,
    /// The column's place, from 1, in a file without header.
    pub position: Option<usize>,
    /// Its name in readings.
    pub name: String,
    /// The unit that the file uses, as any vendor writes it; converted where the name ends in a different one.
    pub unit: Option<String>,
    /// Multiplies the file's values before that; −1 where the file stores the opposite sign.
    #[serde(default = "one")]
    pub factor: f64,
    /// Whether the file does not state the unit, so that every reading warns that it is assumed.
    #[serde(default)]
    pub unit_assumed: bool,
}

/// How a setting is found.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataRule {
    /// Each named group is a setting. Groups `year`, `month`, `day`, `hour`, `minute`, `second` and `half` (AM or PM)
    /// together are `started_at`; `announced_points` is compared with the number of rows.
    pub pattern: Pattern,
    /// Whether the values are words or numbers.
    #[serde(default, rename = "type")]
    pub kind: MetadataKind,
    /// The instrument's placeholder where nothing was entered.
    #[serde(default)]
    pub unstated: Vec<String>,
    /// Multiplies a number.
    #[serde(default = "one")]
    pub factor: f64,
    /// The file's words and their replacements; where this is stated, other words are left out.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

/// The type of a setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetadataKind {
    /// Words.
    #[default]
    Text,
    /// A number with the file's decimal mark; absent where it is not a number.
    Number,
}

/// How rows are split into measurements. A row that repeats the header always starts one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blocks {
    /// A change in these columns starts a measurement (names in readings).
    #[serde(default)]
    pub columns: Vec<String>,
    /// A frequency that jumps back towards the start of its sweep starts a measurement.
    #[serde(default = "yes")]
    pub sweep: bool,
    /// A line in which this is found starts a measurement; it is not a row.
    pub marker: Option<Pattern>,
}

impl Default for Blocks {
    fn default() -> Self {
        Self { columns: Vec::new(), sweep: true, marker: None }
    }
}

/// Rows to leave out, and why.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipRows {
    /// The column (name in readings).
    pub column: String,
    /// Its value in such rows.
    pub equals: f64,
    /// A description of these rows, for people.
    pub reason: String,
}

/// A regular expression of a manifest (the syntax of the `regex` crate), compiled on first use: of all the manifests
/// a file needs few.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn compiled(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }

    /// Why it is not a regular expression, if so.
    fn problem(&self) -> Option<String> {
        if self.compiled().is_some() {
            return None;
        }
        let error = Regex::new(&self.text).err()?.to_string();
        let cause = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Some(format!("`{}` is not a regular expression: {cause}", self.text))
    }

    /// Whether it is found in `text`.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(text))
    }

    /// `text` without every part in which it is found.
    #[must_use]
    pub fn strip<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.compiled().map_or(Cow::Borrowed(text), |regex| regex.replace_all(text, ""))
    }

    /// The groups of its first place in `text`.
    #[must_use]
    pub fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.compiled()?.captures(text)
    }

    /// The names of its groups.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.compiled().into_iter().flat_map(|regex| regex.capture_names().flatten())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self { text, regex: OnceLock::new() })
    }
}

/// Why a manifest can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A key or value isn't what it should be.
    #[error("manifest `{name}`, line {line}: {cause}")]
    Syntax {
        /// The manifest.
        name: String,
        /// Line in its text, from 1.
        line: usize,
        /// What is wrong.
        cause: String,
    },
    /// Its parts contradict each other.
    #[error("manifest `{name}`: {cause}")]
    Contradiction {
        /// The manifest.
        name: String,
        /// What is wrong.
        cause: String,
    },
    /// Code reads a format of that name.
    #[error("manifest `{name}`: a format of that name is read by code; choose another name")]
    NameTaken {
        /// The manifest.
        name: String,
    },
}

impl Manifest {
    /// Reads the manifest called `name` from its text.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] where the text isn't a manifest of that name, or contradicts itself.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, ManifestError> {
        let manifest = Self::parsed(name, text)?;
        for pattern in manifest.patterns() {
            if let Some(cause) = pattern.problem() {
                let start = text.find(&pattern.text).unwrap_or(0);
                return Err(ManifestError::Syntax {
                    name: name.to_owned(),
                    line: line_of(text, Some(start..start)),
                    cause,
                });
            }
        }
        Self::consistent(manifest, name)
    }

    /// The same without compiling its patterns: a test compiles those of all manifests that come with this crate.
    fn from_embedded(name: &str, text: &str) -> Result<Self, ManifestError> {
        let manifest = Self::parsed(name, text)?;
        Self::consistent(manifest, name)
    }

    fn consistent(manifest: Self, name: &str) -> Result<Self, ManifestError> {
        match manifest.contradiction(name) {
            Some(cause) => Err(ManifestError::Contradiction { name: name.to_owned(), cause }),
            None => Ok(manifest),
        }
    }

    fn parsed(name: &str, text: &str) -> Result<Self, ManifestError> {
        toml::from_str(text).map_err(|error| {
            let is_missing = error.message().starts_with("missing field");
            let (line, cause) = is_missing
                .then(|| missing_keys(text))
                .flatten()
                .unwrap_or_else(|| (line_of(text, error.span()), error.message().trim().replace('\n', ", ")));
            ManifestError::Syntax { name: name.to_owned(), line, cause }
        })
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        let layout = self.text.iter().flat_map(|text| {
            [&text.header_pattern, &text.header_strip, &text.rows_after, &text.rows_end, &text.comment]
        });
        let detect = self.detect.iter().flat_map(|rule| [&rule.pattern, &rule.without]);
        let columns = self.columns.iter().map(|rule| &rule.header);
        let optional = layout.chain(detect).chain(columns).chain([&self.blocks.marker]).flatten();
        optional.chain(self.metadata.iter().map(|rule| &rule.pattern))
    }

    /// The technique of a format that holds one; of several, the first.
    #[must_use]
    pub fn technique(&self) -> Technique {
        self.techniques[0]
    }

    fn contradiction(&self, name: &str) -> Option<String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.name != name {
            return Some(format!("expected `name = \"{name}\"`, the name of its folder, found `{}`", self.name));
        }
        if self.name.is_empty() || !self.name.chars().all(is_plain) {
            return Some(format!("expected a name of lower-case letters, digits and `_`, found `{}`", self.name));
        }
        if self.techniques.is_empty() || (self.text.is_some() && self.techniques.len() > 1) {
            return Some("expected one technique, because one layout of columns has one".to_owned());
        }
        let tables: Vec<&str> = self.techniques.iter().map(|technique| technique.table()).collect();
        if self.tables != tables {
            let names: Vec<&str> = self.techniques.iter().map(|technique| technique.name()).collect();
            return Some(format!(
                "expected `table = \"{}\"` for `{}`, found `{}`",
                tables.join("\", \""),
                names.join("`, `"),
                self.tables.join("`, `")
            ));
        }
        for rule in &self.detect {
            if rule.pattern.is_none() && !rule.columns && !rule.sweep {
                return Some("expected `pattern`, `columns` or `sweep` in each `[[detect]]`, found none".to_owned());
            }
        }
        let headerless = self.text.as_ref().is_some_and(|text| text.header == HeaderKind::None);
        for rule in &self.columns {
            match (&rule.header, rule.position) {
                (Some(_), None) | (None, Some(1..=LAST_POSITION)) => {}
                _ => {
                    return Some(format!("expected either `header` or `position` (from 1) for column `{}`", rule.name));
                }
            }
            if headerless && rule.position.is_none() {
                return Some(format!("expected `position` for column `{}`, because `header = \"none\"`", rule.name));
            }
        }
        if headerless && self.columns.is_empty() {
            return Some("expected a `[[column]]` for each position, because `header = \"none\"`".to_owned());
        }
        None
    }
}

/// The embedded manifest of a format that code reads.
///
/// # Panics
///
/// When `ingest/<name>/instrument.toml` isn't in the source tree or isn't valid; a test reads them all.
#[must_use]
pub fn embedded(name: &str) -> &'static Manifest {
    match EMBEDDED.get(name) {
        Some(Ok(manifest)) => manifest,
        Some(Err(error)) => panic!("{error}"),
        None => panic!("ingest/{name}/instrument.toml is missing"),
    }
}

/// All embedded manifests, by name, valid or not.
pub(crate) fn all_embedded() -> &'static BTreeMap<String, Result<Manifest, ManifestError>> {
    &EMBEDDED
}

static EMBEDDED: LazyLock<BTreeMap<String, Result<Manifest, ManifestError>>> = LazyLock::new(|| {
    let texts = INGEST.dirs().filter_map(|folder| {
        let name = folder.path().to_str()?;
        let file = folder.files().find(|file| file.path().ends_with("instrument.toml"))?;
        Some((name.to_owned(), Manifest::from_embedded(name, file.contents_utf8()?)))
    });
    texts.collect()
});

/// The keys that a manifest, and each table of its lists, must have.
const REQUIRED: [(&str, &[&str]); 5] = [
    ("", &["name", "title", "technique", "table", "source"]),
    ("detect", &["match"]),
    ("column", &["name"]),
    ("metadata", &["pattern"]),
    ("skip_rows", &["column", "equals", "reason"]),
];

/// A list of the required keys that a text lacks, and the line of the first; `None` where it has all.
fn missing_keys(text: &str) -> Option<(usize, String)> {
    let manifest: toml::Table = toml::from_str(text).ok()?;
    let mut missing: Vec<(usize, String)> = Vec::new();
    let mut look = |table: &toml::Table, keys: &[&str], line: usize, place: &str| {
        let absent: Vec<String> =
            keys.iter().filter(|key| !table.contains_key(**key)).map(|key| format!("`{key}`")).collect();
        if !absent.is_empty() {
            missing.push((line, format!("{}{place}", absent.join(", "))));
        }
    };
    for (list, keys) in REQUIRED {
        if list.is_empty() {
            look(&manifest, keys, 1, "");
            continue;
        }
        let heading = format!("[[{list}]]");
        let mut lines = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(&heading));
        for entry in manifest.get(list).and_then(toml::Value::as_array).into_iter().flatten() {
            let line = lines.next().map_or(1, |(place, _)| place + 1);
            if let Some(entry) = entry.as_table() {
                look(entry, keys, line, &format!(" in `{heading}` of line {line}"));
            }
        }
    }
    let first = missing.first()?.0;
    let all: Vec<String> = missing.into_iter().map(|(_, words)| words).collect();
    Some((first, format!("missing {}", all.join("; "))))
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let end = span.map_or(0, |span| span.start.min(text.len()));
    text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A word, or a list of words.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a string or a list of strings")]
    enum Words {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Words::deserialize(deserializer)? {
        Words::One(word) => vec![word],
        Words::Several(words) => words,
    })
}

fn techniques<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Technique>, D::Error> {
    let technique = |name: String| {
        let unknown = || D::Error::custom(format!("`{name}` is not a technique that aldb reads"));
        Technique::from_name(&name).ok_or_else(unknown)
    };
    words(deserializer)?.into_iter().map(technique).collect()
}

fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Match, D::Error> {
    let name = String::deserialize(deserializer)?;
    match name.as_str() {
        "weak" => Ok(Match::Weak),
        "likely" => Ok(Match::Likely),
        "certain" => Ok(Match::Certain),
        _ => Err(D::Error::custom(format!("expected `weak`, `likely` or `certain`, found `{name}`"))),
    }
}

fn first_version() -> u32 {
    1
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = \"x\"\ntitle = \"X\"\ntechnique = \"impedance_spectroscopy\"\ntable = \"impedance_spectra\"\nsource = \"none\"\n";

    fn refusal(rest: &str) -> String {
        Manifest::from_toml("x", &format!("{HEAD}{rest}")).unwrap_err().to_string()
    }

    #[test]
    fn every_embedded_manifest_is_valid() {
        for (name, manifest) in all_embedded() {
            assert!(manifest.is_ok(), "{name}: {}", manifest.as_ref().unwrap_err());
            let problems: Vec<_> = manifest.iter().flat_map(Manifest::patterns).filter_map(Pattern::problem).collect();
            assert!(problems.is_empty(), "{name}: {problems:?}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        assert_eq!(
            refusal("\n[text]\nseperator = \"tab\"\n"),
            "manifest `x`, line 8: unknown field `seperator`, expected one of `separator`, `header_separator`, `decimal`, \
             `header`, `header_line`, `header_pattern`, `header_strip`, `units_below`, `columns_assumed`, \
             `rows_after`, `rows_end`, `comment`"
        );
    }

    #[test]
    fn all_missing_keys_are_named_at_once_with_their_lines() {
        let text =
            "name = \"x\"\ntable = \"impedance_spectra\"\n\n[[detect]]\ncolumns = true\n\n[[skip_rows]]\nequals = 0\n";
        assert_eq!(
            Manifest::from_toml("x", text).unwrap_err().to_string(),
            "manifest `x`, line 1: missing `title`, `technique`, `source`; `match` in `[[detect]]` of line 4; \
             `column`, `reason` in `[[skip_rows]]` of line 7"
        );
        assert_eq!(
            refusal("[[column]]\nposition = 1\n"),
            "manifest `x`, line 6: missing `name` in `[[column]]` of line 6"
        );
    }

    #[test]
    fn a_bad_regular_expression_is_named_with_its_line() {
        assert_eq!(
            refusal("[[detect]]\nmatch = \"likely\"\npattern = '(a'\n"),
            "manifest `x`, line 8: `(a` is not a regular expression: unclosed group"
        );
    }

    #[test]
    fn a_level_that_does_not_exist_names_those_that_do() {
        assert_eq!(
            refusal("[[detect]]\nmatch = \"sure\"\ncolumns = true\n"),
            "manifest `x`, line 7: expected `weak`, `likely` or `certain`, found `sure`"
        );
    }

    #[test]
    fn parts_that_contradict_each_other_are_refused() {
        assert_eq!(
            refusal("[text]\nheader = \"none\"\n"),
            "manifest `x`: expected a `[[column]]` for each position, because `header = \"none\"`"
        );
        assert_eq!(
            Manifest::from_toml("y", HEAD).unwrap_err().to_string(),
            "manifest `y`: expected `name = \"y\"`, the name of its folder, found `x`"
        );
    }
}
