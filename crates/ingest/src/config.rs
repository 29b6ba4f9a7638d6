//! `aldb.toml`: where instruments put their files, and what a path says about what was measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aldb_formats::{SUPPLIABLE, Value};
use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::Regex;
use serde::Deserialize;

/// What `aldb init` writes.
pub const TEMPLATE: &str = r#"# The lake's configuration. Folders are relative to this file.
#
# Each [[source]] is a folder that an instrument writes into:
#
# [[source]]
# name = "potentiostat"
# folder = "../instruments/gamry"
# include = ["**/*.DTA"]
# adapter = "auto"             # or the name of one format
# # Named groups of `path`, a regular expression over the path below `folder`, say what was measured. Known groups:
# # sample, dot, repeat, temperature_c, temperature_k, electrode_area_cm2, electrode_area_mm2, electrode_diameter_um.
# path = '(?<sample>[^/]+)/.*_dot(?<dot>\w+)_(?<temperature_c>-?\d+)C'
# settle_s = 0                 # seconds a file must lie untouched before it is read
# [source.defaults]            # what neither path nor file says: sample, dot, temperature_c, electrode_area_cm2, and settings
#                              # such as energy_scale, excitation_energy_ev, scan_axis, wavelength_angstrom, intensity_unit
# electrode_area_cm2 = 7.85e-5
#
# Samples, runs and recipes are described in samples/ and recipes/, in TOML or CSV. As-run logs of reactors that aldb
# drives lie in run_logs/, which needs no [[source]].
"#;

/// The groups that a `path` rule may name.
const GROUPS: [&str; 8] = [
    "sample",
    "dot",
    "repeat",
    "temperature_c",
    "temperature_k",
    "electrode_area_cm2",
    "electrode_area_mm2",
    "electrode_diameter_um",
];

/// The lake's configuration.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// Folders that instruments write into, in the order of the file: a file belongs to the first that takes it.
    pub sources: Vec<Source>,
}

/// A folder that an instrument writes into.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name, for people and for `source_files`.
    pub name: String,
    /// The folder, absolute.
    pub folder: PathBuf,
    /// The format, where it is not found by content.
    pub adapter: Option<String>,
    /// What a path says.
    pub path: Option<Regex>,
    /// What holds where the path says nothing.
    pub defaults: Defaults,
    /// How long a file must lie untouched before it is read, in seconds.
    pub settle_s: u64,
    include: GlobSet,
}

/// What holds for a source's files where nothing nearer says otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    /// The sample.
    pub sample: Option<String>,
    /// The electrode.
    pub dot: Option<String>,
    /// Temperature of the measurement (°C).
    pub temperature_c: Option<f64>,
    /// Area of the electrode (cm²).
    pub electrode_area_cm2: Option<f64>,
    /// What files of the source leave open, by the names of [`aldb_formats::SUPPLIABLE`].
    pub settings: BTreeMap<String, Value>,
}

/// Why `aldb.toml` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// It is not the TOML that is expected.
    #[error("aldb.toml: {0}")]
    Toml(String),
    /// Two sources share a name.
    #[error("aldb.toml: source `{name}` stands twice")]
    TwoSources {
        /// The name.
        name: String,
    },
    /// A pattern is wrong.
    #[error("aldb.toml: source `{name}`: include `{pattern}`: {found}")]
    Include {
        /// The source.
        name: String,
        /// The pattern.
        pattern: String,
        /// What is wrong.
        found: String,
    },
    /// A default is wrong.
    #[error("aldb.toml: source `{name}`: defaults: {found}")]
    Default {
        /// The source.
        name: String,
        /// What is wrong.
        found: String,
    },
    /// The path rule is wrong.
    #[error("aldb.toml: source `{name}`: path: {found}")]
    Path {
        /// The source.
        name: String,
        /// What is wrong.
        found: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    source: Vec<FileSource>,
}

/// Folder of a lake in which the as-run logs of its reactors lie: a source of that name, without being written down.
pub const RUN_LOGS: &str = "run_logs";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSource {
    name: String,
    folder: String,
    #[serde(default)]
    include: Vec<String>,
    adapter: Option<String>,
    path: Option<String>,
    #[serde(default)]
    settle_s: u64,
    #[serde(default)]
    defaults: BTreeMap<String, Value>,
}

impl FileSource {
    /// A folder of the lake itself.
    fn own(folder: &str) -> Self {
        Self {
            name: folder.to_owned(),
            folder: folder.to_owned(),
            include: vec!["*.csv".to_owned()],
            adapter: None,
            path: None,
            settle_s: 0,
            defaults: BTreeMap::new(),
        }
    }
}

impl Configuration {
    /// Reads the text of the `aldb.toml` of the lake in this folder.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] with the line, or the source and what is wrong with it.
    pub fn from_toml(text: &str, lake: &Path) -> Result<Self, ConfigurationError> {
        let file: File = toml::from_str(text).map_err(|error| ConfigurationError::Toml(error.to_string()))?;
        let mut sources: Vec<Source> = Vec::with_capacity(file.source.len());
        for written in file.source {
            if sources.iter().any(|source| source.name == written.name) {
                return Err(ConfigurationError::TwoSources { name: written.name });
            }
            sources.push(Source::new(written, lake)?);
        }
        // What the lake's own reactors wrote needs no entry.
        if lake.join(RUN_LOGS).is_dir() && sources.iter().all(|source| source.name != RUN_LOGS) {
            sources.push(Source::new(FileSource::own(RUN_LOGS), lake)?);
        }
        Ok(Self { sources })
    }

    /// What decides which settings files are supplied with: where it changes, files are looked at again.
    pub(crate) fn settings_rules(&self) -> String {
        let rules = self.sources.iter().filter(|source| source.has_settings());
        rules.map(|source| format!("{} {:?} {:?}\n", source.name, source.defaults.settings, source.path)).collect()
    }

    /// The first source that takes the file at this absolute path.
    #[must_use]
    pub fn source_of(&self, path: &Path) -> Option<&Source> {
        self.sources.iter().find(|source| source.takes(path))
    }
}

impl Source {
    fn new(written: FileSource, lake: &Path) -> Result<Self, ConfigurationError> {
        let name = written.name;
        let mut include = GlobSetBuilder::new();
        let patterns = if written.include.is_empty() { vec!["**/*".to_owned()] } else { written.include };
        for pattern in patterns {
            let glob = Glob::new(&pattern).map_err(|error| ConfigurationError::Include {
                name: name.clone(),
                pattern: pattern.clone(),
                found: error.kind().to_string(),
            })?;
            include.add(glob);
        }
        let include = include.build().map_err(|error| ConfigurationError::Include {
            name: name.clone(),
            pattern: String::new(),
            found: error.to_string(),
        })?;
        let wrong_path = |found: String| ConfigurationError::Path { name: name.clone(), found };
        let path =
            written.path.map(|rule| Regex::new(&rule).map_err(|error| wrong_path(error.to_string()))).transpose()?;
        if let Some(rule) = &path
            && let Some(group) = rule.capture_names().flatten().find(|group| !is_group(group))
        {
            let settings = SUPPLIABLE.iter().map(|(setting, _)| *setting).filter(|setting| !GROUPS.contains(setting));
            let known: Vec<&str> = GROUPS.iter().copied().chain(settings).collect();
            return Err(wrong_path(format!("expected groups {}, found `{group}`", known.join(", "))));
        }
        let defaults = Defaults::new(written.defaults)
            .map_err(|found| ConfigurationError::Default { name: name.clone(), found })?;
        let folder = lake.join(&written.folder);
        Ok(Self {
            folder: folder.canonicalize().unwrap_or(folder),
            adapter: written.adapter.filter(|adapter| adapter != "auto"),
            path,
            defaults,
            settle_s: written.settle_s,
            include,
            name,
        })
    }

    fn has_settings(&self) -> bool {
        let is_setting = |group: &str| !GROUPS.contains(&group);
        !self.defaults.settings.is_empty()
            || self.path.as_ref().is_some_and(|rule| rule.capture_names().flatten().any(is_setting))
    }

    /// What the source says of the file at this absolute path that the file itself may leave open: groups of the path
    /// rule, and defaults.
    #[must_use]
    pub fn settings(&self, path: &Path) -> BTreeMap<String, Value> {
        let mut settings = self.defaults.settings.clone();
        let below = self.below(path);
        if let Some(captures) = self.path.as_ref().zip(below.as_deref()).and_then(|(rule, below)| rule.captures(below))
        {
            for (name, is_number) in SUPPLIABLE.iter().filter(|(name, _)| !GROUPS.contains(name)) {
                let found = captures.name(name).map(|group| group.as_str()).filter(|found| !found.is_empty());
                let value = found.and_then(|found| match is_number {
                    true => found.replace(',', ".").parse().ok().map(Value::Number),
                    false => Some(Value::Text(found.to_owned())),
                });
                if let Some(value) = value {
                    settings.insert((*name).to_owned(), value);
                }
            }
        }
        settings
    }

    /// Whether the file at this absolute path belongs to the source.
    #[must_use]
    pub fn takes(&self, path: &Path) -> bool {
        path.strip_prefix(&self.folder).is_ok_and(|below| self.include.is_match(below))
    }

    /// The path below the source's folder, with `/` between folders: what the path rule sees.
    #[must_use]
    pub fn below(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.folder).ok()?;
        Some(below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
    }
}

fn is_group(name: &str) -> bool {
    GROUPS.contains(&name) || SUPPLIABLE.iter().any(|(setting, _)| *setting == name)
}

impl Defaults {
    /// The defaults that a source of `aldb.toml` states; in words what is wrong with them.
    fn new(stated: BTreeMap<String, Value>) -> Result<Self, String> {
        let mut defaults = Self::default();
        for (name, value) in stated {
            match (name.as_str(), value) {
                ("sample", Value::Text(text)) => defaults.sample = Some(text),
                ("dot", Value::Text(text)) => defaults.dot = Some(text),
                ("temperature_c", Value::Number(number)) => defaults.temperature_c = Some(number),
                ("electrode_area_cm2", Value::Number(number)) => defaults.electrode_area_cm2 = Some(number),
                (name, value) => {
                    let Some((_, is_number)) = SUPPLIABLE.iter().find(|(known, _)| *known == name) else {
                        let known = ["sample", "dot"].into_iter().chain(SUPPLIABLE.iter().map(|(known, _)| *known));
                        let known: Vec<&str> = known.collect();
                        return Err(format!("expected {}, found `{name}`", known.join(", ")));
                    };
                    if matches!(value, Value::Number(_)) != *is_number {
                        let expected = if *is_number { "a number" } else { "words" };
                        return Err(format!("expected {expected} for `{name}`"));
                    }
                    defaults.settings.insert(name.to_owned(), value);
                }
            }
        }
        Ok(defaults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Configuration, ConfigurationError> {
        Configuration::from_toml(text, Path::new("/lake"))
    }

    const GAMRY: &str = "[[source]]\nname = \"gamry\"\nfolder = \"in\"\ninclude = [\"**/*.DTA\"]\npath = '(?<sample>\\w+)_(?<temperature_c>\\d+)C'\n";

    #[test]
    fn the_template_is_valid_and_names_every_group() {
        assert!(read(TEMPLATE).unwrap().sources.is_empty());
        for group in GROUPS {
            assert!(TEMPLATE.contains(group), "{group}");
        }
    }

    #[test]
    fn the_template_s_example_is_a_source() {
        let lines = TEMPLATE.lines().skip_while(|line| *line != "# [[source]]").take_while(|line| *line != "#");
        let example: String = lines.map(|line| format!("{}\n", line.strip_prefix("# ").unwrap_or(line))).collect();
        assert_eq!(read(&example).unwrap().sources.len(), 1);
    }

    #[test]
    fn a_file_belongs_to_the_source_that_includes_it() {
        let configuration = read(GAMRY).unwrap();
        let source = configuration.source_of(Path::new("/lake/in/2024/A_30C.DTA")).unwrap();
        assert_eq!(source.below(Path::new("/lake/in/2024/A_30C.DTA")).unwrap(), "2024/A_30C.DTA");
        assert!(configuration.source_of(Path::new("/lake/in/2024/A_30C.txt")).is_none());
        assert!(configuration.source_of(Path::new("/lake/A_30C.DTA")).is_none());
    }

    #[test]
    fn an_unknown_group_is_named_with_those_that_are_known() {
        let error = read(&GAMRY.replace("temperature_c", "temp")).unwrap_err().to_string();
        assert!(error.starts_with("aldb.toml: source `gamry`: path: expected groups sample, dot, "), "{error}");
        assert!(error.ends_with("found `temp`"), "{error}");
    }

    #[test]
    fn a_misspelt_entry_is_refused_with_its_line() {
        let error = read(&GAMRY.replace("include", "includes")).unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("includes"), "{error}");
    }
}
