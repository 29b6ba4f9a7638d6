//! What the sources of a lake give for the files that are there: keys, names without a match, files that cannot be told apart,
//! samples that nobody described. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aldb_formats::Registry;
use aldb_lake::{Lake, Snapshot};
use arrow::array::AsArray as _;
use rayon::prelude::*;
use serde::Serialize;

use crate::IngestError;
use crate::config::{Configuration, Source};
use crate::dates::looks_like_date;
use crate::discover::{Asked, Discovered, Found, discover, is_hidden, relative};
use crate::installed::installed;
use crate::link::Linker;
use crate::links::{Stand, stand};
use crate::path_rule::PathRule;
use crate::report::{FailedFile, FileNote};
use crate::stated::Stated;
use crate::stored;

/// What a file is given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedFile {
    /// The file, as in `source_files`.
    pub path: String,
    /// Its path below the folder of the source, to which the rule is applied.
    pub below: String,
    /// Whether the rule matches; `None` where the source has none.
    pub matches: Option<bool>,
    /// Where it does not match: what of the path does, and what was expected after it.
    pub matches_up_to: Option<String>,
    /// What was expected there.
    pub expected: Option<String>,
    /// The sample, from the path, a link or the defaults.
    pub sample: Option<String>,
    /// Whether samples/ describes it.
    pub sample_is_described: bool,
    /// The run.
    pub run: Option<String>,
    /// The electrode.
    pub dot: Option<String>,
    /// Number of the repetition.
    pub repeat: Option<String>,
    /// Intended temperature of the measurement (°C).
    pub temperature_c: Option<f64>,
    /// Area of the electrode (cm²).
    pub electrode_area_cm2: Option<f64>,
    /// Date, operator and groups of one's own.
    pub tags: BTreeMap<String, String>,
    /// Whether a link of samples/ gives some of the keys.
    pub is_linked: bool,
    /// What is doubtful about the keys.
    pub notes: Vec<String>,
}

/// Files of one technique with the same sample, electrode, temperature and repetition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Collision {
    /// The technique.
    pub technique: String,
    /// The keys, for people.
    pub keys: String,
    /// The files.
    pub paths: Vec<String>,
}

/// A sample that samples/ does not describe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnknownSample {
    /// Its name.
    pub sample: String,
    /// How many files name it.
    pub n_files: usize,
    /// Whether it looks like a date: the rule takes a wrong part of the path then.
    pub looks_like_date: bool,
}

/// What a source gives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedSource {
    /// Its name.
    pub source: String,
    /// Its folder.
    pub folder: String,
    /// Its path rule.
    pub path: Option<String>,
    /// `template` or `regular expression`.
    pub kind: Option<&'static str>,
    /// Why the folder cannot be read.
    pub error: Option<String>,
    /// Files of the source.
    pub n_files: usize,
    /// Files that the rule matches.
    pub n_matched: usize,
    /// Files that it does not match.
    pub n_unmatched: usize,
    /// Files in the folder that match no pattern of any source.
    pub n_not_included: usize,
    /// Files without a sample from path, link or defaults. The file itself may name one.
    pub n_without_sample: usize,
    /// Samples that samples/ does not describe.
    pub unknown_samples: Vec<UnknownSample>,
    /// Files that their keys do not tell apart.
    pub collisions: Vec<Collision>,
    /// All files.
    pub files: Vec<CheckedFile>,
}

/// What all sources give.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourcesCheck {
    /// In the order of aldb.toml.
    pub sources: Vec<CheckedSource>,
    /// Doubtful groups of path rules, and links of files, samples and runs that are not known.
    pub notes: Vec<FileNote>,
    /// Sheets of samples/ with mistakes.
    pub failed: Vec<FailedFile>,
}

/// Applies the rules of all sources, or of one, to the files that are there. Nothing is written.
///
/// # Errors
///
/// [`IngestError`] if the lake or its configuration cannot be read. `Ok(None)` if no source has the name.
pub async fn check_sources(
    lake: &Lake,
    snapshot: &Snapshot,
    name: Option<&str>,
) -> Result<Option<SourcesCheck>, IngestError> {
    let configuration = Configuration::from_toml(&lake.configuration()?, lake.root())?;
    if name.is_some_and(|name| configuration.sources.iter().all(|source| source.name != name)) {
        return Ok(None);
    }
    let (registry, _) = installed(lake.root())?;
    let Stand { links, samples, runs, failed } = stand(lake, snapshot).await?;
    let files = stored::files(snapshot).await?;
    let exceptions = links.exceptions(lake.root(), &files);
    let linker = Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions: &exceptions };
    let techniques = techniques(snapshot, &files).await?;
    let Discovered { files: found, missing, not_included, not_followed } =
        discover(&configuration, lake.root(), Asked::All);
    let mut sources = Vec::new();
    for source in configuration.sources.iter().filter(|source| name.is_none_or(|name| source.name == name)) {
        let is_ours =
            |found: &&Found| configuration.source_of(&found.path).is_some_and(|other| other.name == source.name);
        let ours: Vec<&Found> = found.iter().filter(is_ours).collect();
        let mut checked = CheckedSource::of(source, &ours, &linker);
        let missing = missing.iter().find(|missing| missing.name == format!("source `{}`", source.name));
        checked.error = missing.map(|missing| missing.why.clone());
        checked.n_not_included =
            not_included.iter().filter(|other| other.source == source.name).map(|other| other.n_files).sum();
        checked.collide(&ours, &techniques, &registry);
        sources.push(checked);
    }
    let of_toml = |note: &String| FileNote { path: "aldb.toml".to_owned(), note: note.clone() };
    let mut notes: Vec<FileNote> = configuration.notes.iter().map(of_toml).collect();
    notes.extend(not_followed.into_iter().map(|link| FileNote { path: link.name, note: link.why }));
    notes.extend(links.doubts(lake.root(), snapshot, &samples, &runs).await?);
    Ok(Some(SourcesCheck { sources, notes, failed }))
}

/// The techniques of the files that the lake has read, by their paths.
async fn techniques(
    snapshot: &Snapshot,
    files: &stored::Files,
) -> Result<BTreeMap<String, BTreeSet<String>>, IngestError> {
    let mut of_id: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for batch in snapshot.read("measurements", &["file_id", "technique"], None).await? {
        let (ids, names) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            of_id.entry(ids.value(row).to_owned()).or_default().insert(names.value(row).to_owned());
        }
    }
    let read = files.iter().filter(|file| file.is_read());
    Ok(read.filter_map(|file| Some((file.path.clone(), of_id.get(&file.file_id)?.clone()))).collect())
}

impl CheckedSource {
    fn of(source: &Source, found: &[&Found], linker: &Linker<'_>) -> Self {
        let files: Vec<CheckedFile> = found.par_iter().filter_map(|found| checked(source, found, linker)).collect();
        let n_matched = files.iter().filter(|file| file.matches == Some(true)).count();
        let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
        for file in files.iter().filter(|file| !file.sample_is_described) {
            if let Some(sample) = &file.sample {
                *unknown.entry(sample).or_default() += 1;
            }
        }
        let unknown_samples = unknown.into_iter().map(|(sample, n_files)| UnknownSample {
            sample: sample.to_owned(),
            n_files,
            looks_like_date: looks_like_date(sample),
        });
        Self {
            source: source.name.clone(),
            folder: source.folder.display().to_string(),
            path: source.path.as_ref().map(|rule| rule.written().to_owned()),
            kind: source.path.as_ref().map(|rule| if rule.is_template() { "template" } else { "regular expression" }),
            error: None,
            n_files: files.len(),
            n_matched,
            n_unmatched: files.iter().filter(|file| file.matches == Some(false)).count(),
            n_not_included: 0,
            n_without_sample: files.iter().filter(|file| file.sample.is_none()).count(),
            unknown_samples: unknown_samples.collect(),
            collisions: Vec::new(),
            files,
        }
    }

    /// Finds the files that their keys do not tell apart. Where the lake has not read them, the content says the technique.
    fn collide(&mut self, found: &[&Found], techniques: &BTreeMap<String, BTreeSet<String>>, registry: &Registry) {
        let mut alike: BTreeMap<String, Vec<&CheckedFile>> = BTreeMap::new();
        for file in self.files.iter().filter(|file| file.sample.is_some()) {
            let keys = Stated {
                sample: file.sample.clone(),
                dot: file.dot.clone(),
                repeat: file.repeat.clone(),
                temperature_c: file.temperature_c,
                ..Stated::default()
            };
            alike.entry(keys.shown()).or_default().push(file);
        }
        let places: BTreeMap<&str, &Path> =
            found.iter().map(|found| (found.name.as_str(), found.path.as_path())).collect();
        for (keys, files) in alike.into_iter().filter(|(_, files)| files.len() > 1) {
            let of_files: Vec<(&str, BTreeSet<String>)> = files
                .par_iter()
                .map(|file| {
                    let known = techniques.get(&file.path).cloned();
                    let read = || places.get(file.path.as_str()).map(|path| techniques_of(path, registry));
                    (file.path.as_str(), known.or_else(read).unwrap_or_default())
                })
                .collect();
            let mut by_technique: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for (path, techniques) in &of_files {
                for technique in techniques {
                    by_technique.entry(technique).or_default().push((*path).to_owned());
                }
            }
            for (technique, paths) in by_technique.into_iter().filter(|(_, paths)| paths.len() > 1) {
                self.collisions.push(Collision { technique: technique.to_owned(), keys: keys.clone(), paths });
            }
        }
    }
}

/// The techniques in a file; none if it cannot be read.
fn techniques_of(path: &Path, registry: &Registry) -> BTreeSet<String> {
    let is_small = std::fs::metadata(path).is_ok_and(|status| status.len() <= aldb_formats::LARGEST_FILE as u64);
    let bytes = if is_small { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    let reading = registry.read(&bytes, None);
    let measurements = reading.map(|(_, reading)| reading.measurements).unwrap_or_default();
    measurements.iter().map(|measurement| measurement.technique.name().to_owned()).collect()
}

fn checked(source: &Source, found: &Found, linker: &Linker<'_>) -> Option<CheckedFile> {
    let keys = linker.keys(&found.path)?;
    let below = source.below(&found.path).unwrap_or_default();
    let stated = keys.with_defaults();
    let matches = source.path.as_ref().map(|_| keys.unmatched.is_none());
    let end = source.path.as_ref().filter(|_| matches == Some(false)).map(|rule| rule.end(&below));
    let mut notes = keys.warnings.clone();
    if let Some(sample) = stated.sample.as_ref().filter(|sample| looks_like_date(sample)) {
        notes.push(format!("the sample `{sample}` looks like a date"));
    }
    if let Some(run) = stated.run.as_ref().filter(|run| !linker.runs.contains_key(*run)) {
        notes.push(format!("run `{run}` is not described in samples/"));
    }
    let is_described = stated.sample.as_ref().is_some_and(|sample| linker.samples.contains_key(sample));
    let Stated { sample, run, dot, repeat, temperature_c, electrode_area_cm2, tags } = stated;
    Some(CheckedFile {
        path: found.name.clone(),
        matches,
        matches_up_to: end.as_ref().map(|(end, _)| below[..*end].to_owned()),
        expected: end.map(|(_, expected)| expected),
        below,
        sample_is_described: is_described,
        sample,
        run,
        dot,
        repeat,
        temperature_c,
        electrode_area_cm2,
        tags,
        is_linked: keys.by_hand.is_some(),
        notes,
    })
}

/// What a rule gives for a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedPath {
    /// The path below the folder of a source.
    pub path: String,
    /// Whether the rule matches.
    pub matches: bool,
    /// The groups in the order of the rule.
    pub groups: Vec<TriedGroup>,
    /// What is wrong with the groups.
    pub notes: Vec<String>,
    /// Where it does not match: what of the path does.
    pub matches_up_to: Option<String>,
    /// What was expected after it.
    pub expected: Option<String>,
}

/// A group of a rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriedGroup {
    /// Its name.
    pub group: String,
    /// What it captured.
    pub value: String,
}

/// Applies a rule to a path below the folder of a source.
#[must_use]
pub fn try_rule(rule: &PathRule, below: &str) -> TriedPath {
    let captures = rule.captures(below);
    let group = |name: &str| {
        let value = captures.as_ref()?.name(name)?.as_str().to_owned();
        Some(TriedGroup { group: name.to_owned(), value })
    };
    let groups: Vec<TriedGroup> = rule.groups().filter_map(group).collect();
    let end = captures.is_none().then(|| rule.end(below));
    let mut notes = Vec::new();
    if let Some((_, warnings)) = crate::link::stated(rule, below, "tried") {
        notes.extend(warnings.into_iter().map(|warning| warning.replace("path rule of source `tried`, ", "")));
    }
    let sample = groups.iter().find(|found| found.group == "sample");
    if let Some(sample) = sample.filter(|sample| looks_like_date(&sample.value)) {
        notes.push(format!("the sample `{}` looks like a date", sample.value));
    }
    TriedPath {
        path: below.to_owned(),
        matches: captures.is_some(),
        groups,
        notes,
        matches_up_to: end.as_ref().map(|(end, _)| below[..*end].to_owned()),
        expected: end.map(|(_, expected)| expected),
    }
}

/// The files below a folder, as a path rule sees them, in order.
///
/// # Errors
///
/// If the folder cannot be read.
pub fn paths_below(folder: &Path) -> std::io::Result<Vec<String>> {
    std::fs::read_dir(folder)?;
    let entries = walkdir::WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name()));
    let files = entries.flatten().filter(|entry| entry.file_type().is_file());
    Ok(files.map(|entry| relative(folder, entry.path())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tried_rule_shows_its_groups_or_where_it_ends() {
        let rule = PathRule::new("{sample}/{*}_dot{dot}_{temperature_c}C").unwrap();
        let right = try_rule(&rule, "LBO-17/eis_dot2_30C.DTA");
        let groups: Vec<String> = right.groups.iter().map(|found| format!("{}={}", found.group, found.value)).collect();
        assert_eq!((right.matches, groups.join(" ").as_str()), (true, "sample=LBO-17 dot=2 temperature_c=30"));
        assert_eq!((right.notes, right.expected), (Vec::new(), None));
        let wrong = try_rule(&rule, "LBO-17/eis_30C.DTA");
        assert_eq!(wrong.matches_up_to.as_deref(), Some("LBO-17/"));
        assert_eq!(wrong.expected.as_deref(), Some("`{*}_dot`"));
        let dated = try_rule(&rule, "2026-03-02/eis_dot2_30C.DTA");
        assert_eq!(dated.notes, ["the sample `2026-03-02` looks like a date"]);
        let number = PathRule::new(r"(?<sample>\w+)_(?<temperature_c>\w+)C").unwrap();
        assert_eq!(try_rule(&number, "A_4OC.DTA").notes, ["`temperature_c`: expected a number, found `4O`"]);
    }

    #[test]
    fn the_paths_below_a_folder_are_those_that_a_rule_sees() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        for name in ["a/b/x.DTA", "y.DTA", ".hidden"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(paths_below(folder.path()).unwrap(), ["a/b/x.DTA", "y.DTA"]);
        assert!(paths_below(&folder.path().join("none")).is_err());
    }
}
