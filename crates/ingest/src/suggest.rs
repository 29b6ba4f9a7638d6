//! Looks at a folder of files that nobody prepared and proposes `[[source]]` entries for it, as TOML that a person edits.
//!
//! What cannot be told from names and contents is said in comments and never guessed: above all which part of a name is the
//! sample.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aldb_formats::{Detection, LARGEST_FILE, Registry, Value};
use rayon::prelude::*;
use walkdir::WalkDir;

use crate::discover::{belongs_to_lake, is_hidden, name_of, relative};
use crate::names::Technique;
use crate::path_rule::PathRule;
use crate::rule_of_names::{Named, Proposal, propose};

/// Files whose content is read, and their bytes; of more files some are read, and the others count as those of their extension.
const READ_FILES: usize = 2000;
const READ_BYTES: u64 = 1 << 30;
/// Names that are compared with each other; of more files those of some.
const COMPARED_NAMES: usize = 4000;
/// Extensions up to which they are listed.
const EXTENSIONS: usize = 12;
/// Patterns of files to be ignored up to which they are listed.
const IGNORED: usize = 40;
/// Examples of what a rule gives.
const EXAMPLES: usize = 3;
/// Levels of folders down to which folders may be those of instruments.
const DEPTH: usize = 3;

/// Why nothing can be proposed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuggestError {
    /// The folder cannot be read.
    #[error("`{}`: expected a folder that can be read, found none: {why}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: String,
    },
    /// No file in it can be read.
    #[error("`{}`: found no file of an instrument among {n_files} files: `aldb formats try FILE` says why a file is not read", folder.display())]
    NoFiles {
        /// The folder.
        folder: PathBuf,
        /// Files in it.
        n_files: usize,
    },
}

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// A format reads it.
    Read { format: String, is_thermal: bool, sample: Option<String>, operator: Option<String> },
    /// It has a format, and is damaged, empty or cut off.
    Damaged { why: String },
    /// A format that is known and not read.
    Refused { title: String },
    /// No instrument file.
    Other,
}

#[derive(Debug, Clone)]
struct File {
    below: String,
    found: Found,
}

impl File {
    fn name(&self) -> &str {
        self.below.rsplit('/').next().unwrap_or_default()
    }

    /// What follows the last dot of its name.
    fn extension(&self) -> Option<&str> {
        self.name().rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension)
    }

    fn is_read(&self) -> bool {
        matches!(self.found, Found::Read { .. })
    }

    /// Whether a source should include it: a damaged file may be repaired or written to its end.
    fn belongs(&self) -> bool {
        matches!(self.found, Found::Read { .. } | Found::Damaged { .. })
    }

    fn named(&self) -> Named {
        let (is_thermal, sample, operator) = match &self.found {
            Found::Read { is_thermal, sample, operator, .. } => (*is_thermal, sample.clone(), operator.clone()),
            _ => (false, None, None),
        };
        let technique = if is_thermal { Technique::Thermal } else { Technique::Other };
        Named { below: self.below.clone(), technique, sample, operator }
    }
}

/// Proposes entries for the files in a folder, as TOML. `known` are the samples that are described already; folders are written
/// relative to the lake, if there is one.
///
/// # Errors
///
/// [`SuggestError`] if there is no such folder, or no file of an instrument in it.
pub fn suggest(
    folder: &Path,
    registry: &Registry,
    known: &HashSet<String>,
    lake: Option<&Path>,
) -> Result<String, SuggestError> {
    let failed = |why: std::io::Error| SuggestError::Folder { folder: folder.to_owned(), why: why.to_string() };
    let absolute = folder.canonicalize().map_err(failed)?;
    std::fs::read_dir(&absolute).map_err(failed)?;
    let (files, n_unread) = examined(&absolute, registry);
    if !files.iter().any(File::is_read) {
        return Err(SuggestError::NoFiles { folder: folder.to_owned(), n_files: files.len() });
    }
    let mut text = String::new();
    let n_read = files.iter().filter(|file| file.is_read()).count();
    comment(
        &mut text,
        &format!(
            "Proposed from the {} in {}, of which {n_read} can be read.",
            counted(files.len()),
            absolute.display()
        ),
    );
    comment(
        &mut text,
        "Read every comment, correct what is wrong, and paste the entries into aldb.toml; `aldb sources check` then shows",
    );
    comment(&mut text, "what each file gives. `aldb sources try RULE PATH` tries another rule.");
    if n_unread > 0 {
        comment(
            &mut text,
            &format!("Of many files not all were read: {n_unread} are taken for what others of their extension are."),
        );
    }
    let mut names = BTreeSet::new();
    let files: Vec<&File> = files.iter().collect();
    divide(&mut text, &mut names, &absolute, &files, known, lake, 0);
    Ok(text)
}

fn counted(n: usize) -> String {
    crate::report::counted(n, "file")
}

/// Adds a line of comment. Nothing in a name can end it.
fn comment(text: &mut String, words: &str) {
    let shown: String = words
        .chars()
        .flat_map(|letter| if letter.is_control() { letter.escape_default().collect() } else { vec![letter] })
        .collect();
    writeln!(text, "# {shown}").ok();
}

/// The files below a folder, and how many of them were not opened.
fn examined(folder: &Path, registry: &Registry) -> (Vec<File>, usize) {
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    // What a lake keeps is not what an instrument wrote.
    let is_lake = |folder: &Path| folder.join("layout.json").is_file() && folder.join("aldb.toml").is_file();
    let is_inside = is_lake(folder);
    let entries = entries.filter_entry(|entry| {
        let of_lake = is_inside && entry.path().strip_prefix(folder).is_ok_and(belongs_to_lake);
        entry.depth() == 0 || (!is_hidden(entry.file_name()) && !of_lake && !is_lake(entry.path()))
    });
    let mut paths: Vec<(PathBuf, String, u64)> = Vec::new();
    for entry in entries.flatten().filter(|entry| entry.file_type().is_file()) {
        let size = entry.metadata().map_or(0, |status| status.len());
        let path = entry.into_path();
        let Ok(below) = path.strip_prefix(folder) else { continue };
        let below = below.components().map(|part| name_of(part.as_os_str())).collect::<Vec<_>>().join("/");
        paths.push((path, below, size));
    }
    let every = paths.len().div_ceil(READ_FILES).max(1);
    let mut bytes = 0;
    let is_chosen: Vec<bool> = paths
        .iter()
        .enumerate()
        .map(|(place, (_, _, size))| {
            let fits = place % every == 0 && bytes + size <= READ_BYTES;
            bytes += if fits { *size } else { 0 };
            fits
        })
        .collect();
    let files: Vec<Option<File>> = paths
        .par_iter()
        .zip(&is_chosen)
        .map(|((path, below, size), chosen)| {
            let found = chosen.then(|| look(path, *size, registry))?;
            Some(File { below: below.clone(), found })
        })
        .collect();
    // The others count as the most frequent of their extension.
    let mut by_extension: BTreeMap<Option<String>, Vec<&Found>> = BTreeMap::new();
    for file in files.iter().flatten() {
        by_extension.entry(file.extension().map(str::to_owned)).or_default().push(&file.found);
    }
    let mut n_unread = 0;
    let all = paths.iter().zip(&files).map(|((_, below, _), file)| {
        if let Some(file) = file {
            return file.clone();
        }
        n_unread += 1;
        let mut other = File { below: below.clone(), found: Found::Other };
        let like = by_extension.get(&other.extension().map(str::to_owned)).cloned().unwrap_or_default();
        let read: Vec<&&Found> = like.iter().filter(|found| matches!(found, Found::Read { .. })).collect();
        if read.len() * 2 > like.len()
            && let Some(Found::Read { format, is_thermal, .. }) = read.first()
        {
            other.found = Found::Read { format: format.clone(), is_thermal: *is_thermal, sample: None, operator: None };
        }
        other
    });
    (all.collect(), n_unread)
}

/// What a file is.
fn look(path: &Path, size: u64, registry: &Registry) -> Found {
    if size > LARGEST_FILE as u64 {
        return Found::Damaged { why: format!("larger than {LARGEST_FILE} bytes") };
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return Found::Damaged { why: error.to_string() },
    };
    match registry.read(&bytes, None) {
        Ok((format, reading)) => {
            let text = |names: &[&str]| {
                reading.measurements.iter().find_map(|measurement| {
                    names.iter().find_map(|name| match measurement.metadata.get(*name) {
                        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
                        _ => None,
                    })
                })
            };
            let is_thermal =
                reading.measurements.iter().any(|measurement| measurement.technique.name().contains("impedance"));
            Found::Read {
                format,
                is_thermal,
                sample: text(&["sample_id", "sample", "sampleid"]),
                operator: text(&["operator"]),
            }
        }
        Err(error) => match registry.detect(&bytes) {
            Detection::Format(..) | Detection::Ambiguous(..) => Found::Damaged { why: error.to_string() },
            Detection::Recognised(known) => Found::Refused { title: known.title.to_owned() },
            Detection::Unknown => Found::Other,
        },
    }
}

/// Writes the sources of a folder: one for each of its folders if these are those of instruments, otherwise one.
fn divide(
    text: &mut String,
    names: &mut BTreeSet<String>,
    folder: &Path,
    files: &[&File],
    known: &HashSet<String>,
    lake: Option<&Path>,
    depth: usize,
) {
    let mut by_folder: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    let mut here: Vec<&File> = Vec::new();
    for file in files {
        match file.below.split_once('/') {
            Some((top, _)) => by_folder.entry(top).or_default().push(file),
            None => here.push(file),
        }
    }
    if depth < DEPTH && (are_instruments(&formats_by_folder(files)) || leads_to_instruments(files)) {
        for (top, files) in by_folder {
            let inside: Vec<File> = files
                .into_iter()
                .filter_map(|file| {
                    Some(File { below: file.below.split_once('/')?.1.to_owned(), found: file.found.clone() })
                })
                .collect();
            if inside.iter().any(File::is_read) {
                divide(text, names, &folder.join(top), &inside.iter().collect::<Vec<_>>(), known, lake, depth + 1);
            }
        }
        if here.iter().any(|file| file.is_read()) {
            text.push('\n');
            comment(
                text,
                "The files beside these folders; a file belongs to the first source that takes it, so this entry comes last.",
            );
            source(text, names, folder, &here, known, lake);
        }
        return;
    }
    // Files of one extension may be named in their own way.
    let extensions: BTreeSet<Option<&str>> =
        files.iter().filter(|file| file.is_read()).map(|file| file.extension()).collect();
    let n_matched = |files: &[&File]| proposal_of(files, known).n_matched;
    if (2..=4).contains(&extensions.len()) {
        let of_extension = |extension: Option<&str>| -> Vec<&File> {
            files.iter().copied().filter(|file| file.extension() == extension).collect()
        };
        let parts: Vec<Vec<&File>> = extensions.iter().map(|extension| of_extension(*extension)).collect();
        let (apart, together): (usize, usize) = (parts.iter().map(|part| n_matched(part)).sum(), n_matched(files));
        if apart > together + (files.len() / 10).max(1) {
            for part in parts {
                source(text, names, folder, &part, known, lake);
            }
            return;
        }
    }
    source(text, names, folder, files, known, lake);
}

/// The formats of the files in each folder that has some.
fn formats_by_folder<'f>(files: &[&'f File]) -> BTreeMap<&'f str, BTreeSet<&'f str>> {
    let mut formats: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        if let (Some((top, _)), Found::Read { format, .. }) = (file.below.split_once('/'), &file.found) {
            formats.entry(top).or_default().insert(format);
        }
    }
    formats
}

/// Whether all files are in one folder, and its folders are those of instruments.
fn leads_to_instruments(files: &[&File]) -> bool {
    let mut read = files.iter().filter(|file| file.is_read());
    let tops: BTreeSet<Option<&str>> =
        read.clone().map(|file| file.below.split_once('/').map(|(top, _)| top)).collect();
    let inside: Vec<File> = read
        .by_ref()
        .filter_map(|file| Some(File { below: file.below.split_once('/')?.1.to_owned(), found: file.found.clone() }))
        .collect();
    let is_word = |top: &str| !top.chars().any(|letter| letter.is_ascii_digit());
    tops.len() == 1
        && tops.first().is_some_and(|top| top.is_some_and(is_word))
        && are_instruments(&formats_by_folder(&inside.iter().collect::<Vec<_>>()))
}

/// Whether folders are those of instruments, and not of samples or days: their names have no digit, and they hold other formats.
fn are_instruments(readable: &BTreeMap<&str, BTreeSet<&str>>) -> bool {
    let is_word =
        |name: &&&str| !name.chars().any(|letter| letter.is_ascii_digit()) && !crate::dates::looks_like_date(name);
    if readable.len() < 2 || readable.keys().filter(is_word).count() * 2 < readable.len() {
        return false;
    }
    let formats: Vec<&BTreeSet<&str>> = readable.values().collect();
    let (mut shared, mut pairs) = (0.0, 0.0);
    for (place, a) in formats.iter().enumerate() {
        for b in &formats[place + 1..] {
            shared += a.intersection(b).count() as f64 / a.union(b).count().max(1) as f64;
            pairs += 1.0;
        }
    }
    shared / pairs < 0.5
}

/// What the names of files suggest; of many files those of some, evenly chosen, and how many files the rule matches.
fn proposal_of(files: &[&File], known: &HashSet<String>) -> Proposal {
    let belonging: Vec<&&File> = files.iter().filter(|file| file.belongs()).collect();
    let every = belonging.len().div_ceil(COMPARED_NAMES).max(1);
    let named: Vec<Named> = belonging.iter().step_by(every).map(|file| file.named()).collect();
    let mut proposal = propose(&named, known);
    if every > 1 {
        let matches = |rule: &PathRule| belonging.par_iter().filter(|file| rule.matches(&file.below)).count();
        proposal.n_matched = proposal.rule.as_ref().map_or(0, matches);
        for (n, ..) in &mut proposal.others {
            *n *= every;
        }
    }
    proposal
}

/// Writes one entry.
fn source(
    text: &mut String,
    names: &mut BTreeSet<String>,
    folder: &Path,
    files: &[&File],
    known: &HashSet<String>,
    lake: Option<&Path>,
) {
    let belonging: Vec<&File> = files.iter().copied().filter(|file| file.belongs()).collect();
    if belonging.is_empty() {
        return;
    }
    let mut formats: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &belonging {
        if let Found::Read { format, .. } = &file.found {
            *formats.entry(format).or_default() += 1;
        }
    }
    let mut formats: Vec<(usize, &str)> = formats.into_iter().map(|(name, n)| (n, name)).collect();
    formats.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    let more = formats.len().saturating_sub(EXTENSIONS);
    let shown: Vec<String> = formats.iter().take(EXTENSIONS).map(|(n, name)| format!("{name} ({n})")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    text.push('\n');
    comment(text, &format!("{}, read as {}{more}", counted(belonging.len()), shown.join(", ")));
    let damaged: Vec<&&File> = belonging.iter().filter(|file| !file.is_read()).collect();
    for file in damaged.iter().take(EXAMPLES) {
        if let Found::Damaged { why } = &file.found {
            comment(text, &format!("cannot be read: {}: {why}", file.below));
        }
    }
    if damaged.len() > EXAMPLES {
        comment(text, &format!("and {} more cannot be read", damaged.len() - EXAMPLES));
    }
    writeln!(text, "[[source]]").ok();
    writeln!(text, "name = {}", quoted(&name_for(folder, &belonging, names))).ok();
    let place = match lake.map(|lake| relative(lake, folder)) {
        Some(below) if !below.is_empty() => below,
        Some(_) => ".".to_owned(),
        None => folder.display().to_string(),
    };
    writeln!(text, "folder = {}", quoted(&place)).ok();
    writeln!(text, "include = [{}]", list(&include(&belonging))).ok();
    ignore(text, files, &belonging);
    rule(text, &proposal_of(files, known), &belonging);
}

/// A name for the source that none before has.
fn name_for(folder: &Path, files: &[&File], names: &mut BTreeSet<String>) -> String {
    let base = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let base: String = base.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
    let base = if base.is_empty() { "source".to_owned() } else { base };
    let extension = files.first().and_then(|file| file.extension()).unwrap_or("files").to_lowercase();
    let numbered = (2..).map(|n| format!("{base}_{n}"));
    let mut choices = [base.clone(), format!("{base}_{extension}")].into_iter().chain(numbered);
    let name = choices.find(|name| !names.contains(name)).unwrap_or(base);
    names.insert(name.clone());
    name
}

/// Text in TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(patterns: &[String]) -> String {
    patterns.iter().map(|pattern| quoted(pattern)).collect::<Vec<_>>().join(", ")
}

/// A pattern for a name as it is, whatever characters it has.
fn literal(name: &str) -> String {
    let mut pattern = String::new();
    for letter in name.chars() {
        match letter {
            '*' | '?' | '[' | ']' | '{' | '}' | '!' => write!(pattern, "[{letter}]").ok(),
            '\\' => write!(pattern, "\\\\").ok(),
            letter => write!(pattern, "{letter}").ok(),
        };
    }
    pattern
}

/// The patterns of the files of a source: their extensions.
fn include(files: &[&File]) -> Vec<String> {
    let extensions: BTreeSet<Option<&str>> = files.iter().map(|file| file.extension()).collect();
    if extensions.len() > EXTENSIONS || extensions.contains(&None) {
        return vec!["**/*".to_owned()];
    }
    extensions.into_iter().flatten().map(|extension| format!("**/*.{}", literal(extension))).collect()
}

/// Writes the patterns of what is no instrument file and would be included.
fn ignore(text: &mut String, files: &[&File], belonging: &[&File]) {
    let included = include(belonging);
    let is_included = |file: &File| {
        included.iter().any(|pattern| pattern == "**/*")
            || file.extension().is_some_and(|extension| included.contains(&format!("**/*.{}", literal(extension))))
    };
    let others: Vec<&File> = files.iter().copied().filter(|file| !file.belongs() && is_included(file)).collect();
    let refused: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| match &file.found {
            Found::Refused { title } => Some(title.as_str()),
            _ => None,
        })
        .collect();
    for title in refused.iter().take(EXAMPLES) {
        comment(text, &format!("known and not read: {title}"));
    }
    let has_extension = |extension: &str| belonging.iter().any(|file| file.extension() == Some(extension));
    let has_name = |name: &str| belonging.iter().any(|file| file.name() == name);
    let patterns: BTreeSet<String> = others
        .iter()
        .map(|file| match file.extension() {
            Some(extension) if !has_extension(extension) => format!("**/*.{}", literal(extension)),
            _ if !has_name(file.name()) => format!("**/{}", literal(file.name())),
            _ => literal(&file.below),
        })
        .collect();
    if patterns.len() > IGNORED {
        comment(text, &format!("{} are no files of a known format, such as {}", others.len(), others[0].below));
    } else if !patterns.is_empty() {
        let (n, verb) = (counted(others.len()), if others.len() == 1 { "is no file" } else { "are no files" });
        comment(text, &format!("{n} {verb} of a known format (`aldb formats try FILE` says why)"));
        writeln!(text, "ignore = [{}]", list(&patterns.into_iter().collect::<Vec<_>>())).ok();
    }
    let not_included = files.iter().filter(|file| !file.belongs() && !is_included(file)).count();
    if not_included > 0 {
        let verb =
            if not_included == 1 { "matches no pattern and is not read" } else { "match no pattern and are not read" };
        comment(text, &format!("{} of other kinds {verb}", counted(not_included)));
    }
}

/// Writes the rule with what it gives for some of the files.
fn rule(text: &mut String, proposal: &Proposal, files: &[&File]) {
    let n_files = files.len();
    let Some(rule) = &proposal.rule else {
        for remark in &proposal.remarks {
            comment(text, &format!("path: {remark}"));
        }
        match &proposal.possible {
            Some(possible) => comment(text, &format!("path = '{possible}'")),
            None => comment(text, "a rule is written like this: path = '{sample}_{*}_dot{dot}_{temperature_c}C'"),
        }
        comment(
            text,
            "Without a rule, the sample that a file states counts if samples/ describes it; `aldb link FILE --sample S` links",
        );
        comment(text, "a single file.");
        return;
    };
    comment(text, &format!("this rule matches {} of {n_files} files:", proposal.n_matched));
    writeln!(text, "path = {}", rule_in_toml(rule)).ok();
    let matching: Vec<&&File> = files.iter().filter(|file| rule.matches(&file.below)).collect();
    let last = matching.len().saturating_sub(1);
    let chosen: BTreeSet<usize> = [0, last / 2, last].into();
    for file in chosen.into_iter().filter_map(|place| matching.get(place)).take(EXAMPLES) {
        comment(text, &format!("  {}: {}", file.below, groups(rule, &file.below)));
    }
    for remark in &proposal.remarks {
        comment(text, remark);
    }
    let n_other: usize = n_files - proposal.n_matched.min(n_files);
    if n_other > 0 {
        let verb = if n_other == 1 { "has a name of another form" } else { "have names of other forms" };
        comment(text, &format!("{} {verb}, and no keys by this rule:", counted(n_other)));
    }
    for (n, example, rule) in &proposal.others {
        let would = rule.as_ref().map_or_else(String::new, |rule| format!(", for which `{rule}` would be a rule"));
        let about = if n_files > COMPARED_NAMES { "about " } else { "" };
        comment(text, &format!("  {about}{n} such as {example}{would}"));
    }
}

fn rule_in_toml(rule: &PathRule) -> String {
    match rule.written() {
        written if !written.contains(['\'', '\n', '\r']) && !written.chars().any(char::is_control) => {
            format!("'{written}'")
        }
        written => quoted(written),
    }
}

/// What a rule gives for a path, for people.
fn groups(rule: &PathRule, below: &str) -> String {
    let captures = rule.captures(below);
    let group = |name: &str| {
        let found = captures.as_ref()?.name(name)?.as_str();
        Some(format!("{name} {found}"))
    };
    let groups: Vec<String> = rule.groups().filter_map(group).collect();
    if groups.is_empty() { "no groups".to_owned() } else { groups.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Configuration;

    const IMPEDANCE: &str = "frequency_hz,z_real_ohm,z_imag_ohm\n1e5,100,-10\n1e4,110,-20\n1e3,120,-40\n1e2,150,-80\n";
    const PATTERN: &str = "_pd_meas_2theta";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn suggested(files: &[(&str, &str)]) -> (String, Configuration) {
        let folder = folder(files);
        let text = suggest(folder.path(), &Registry::new(), &HashSet::new(), None).unwrap();
        let configuration = Configuration::from_toml(&text, Path::new("/lake")).unwrap();
        (text, configuration)
    }

    #[test]
    fn a_proposal_is_a_valid_configuration_that_takes_every_file_and_no_other() {
        assert!(!IMPEDANCE.contains(PATTERN));
        let files = [
            ("2026-03-02/LBO-17/eis_dot1_30C.csv", IMPEDANCE),
            ("2026-03-02/LBO-17/eis_dot2_30C.csv", IMPEDANCE),
            ("2026-03-03/LBO-18/eis_dot1_40C.csv", IMPEDANCE),
            ("README.md", "notes\n"),
            ("2026-03-02/MANIFEST.csv", "file,who\na,b\n"),
        ];
        let (text, configuration) = suggested(&files);
        assert_eq!(configuration.sources.len(), 1, "{text}");
        let source = &configuration.sources[0];
        assert_eq!(source.path.as_ref().map(PathRule::written), Some("{date}/{sample}/{*}_dot{dot}_{temperature_c}C"));
        for (name, _) in files {
            let is_ours = name.contains("dot");
            assert_eq!(source.takes(&source.folder.join(name)), is_ours, "{name}\n{text}");
        }
        let example = "#   2026-03-02/LBO-17/eis_dot1_30C.csv: date 2026-03-02, sample LBO-17, dot 1, temperature_c 30";
        assert!(text.contains("# this rule matches 3 of 3 files:") && text.contains(example), "{text}");
    }

    #[test]
    fn names_cannot_break_the_text_and_an_empty_folder_is_an_error() {
        let (text, _) =
            suggested(&[("a\npath = 'x'_[1]'.csv", IMPEDANCE), ("b\"{q}.csv", IMPEDANCE), ("c]\n.csv", "no\n")]);
        assert!(text.lines().all(|line| !line.starts_with("path")), "{text}");
        let empty = folder(&[("notes.txt", "hello\n")]);
        let error = suggest(empty.path(), &Registry::new(), &HashSet::new(), None).unwrap_err().to_string();
        assert!(error.contains("found no file of an instrument among 1 files"), "{error}");
        let missing =
            suggest(&empty.path().join("x"), &Registry::new(), &HashSet::new(), None).unwrap_err().to_string();
        assert!(missing.contains("expected a folder that can be read"), "{missing}");
    }
}
