//! `aldb.toml`: where instruments write, and how a path identifies a measurement.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aldb_formats::{SUPPLIABLE, Value};
use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::Regex;

use crate::entry::{Entry, Mistakes, entries_of_toml};

/// The file written by `aldb init`.
pub const TEMPLATE: &str = r#"# The lake's configuration. Folders are relative to this file.
#
# Each [[source]] is a folder that an instrument writes into:
#
# [[source]]
# name = "potentiostat"
# folder = "../instruments/gamry"
# include = ["**/*.DTA"]
# adapter = "auto"             # or the name of one format
# # Named groups of `path`, a regular expression over the path below `folder`, identify the measurement. Groups:
# # sample, dot, repeat, temperature_c, temperature_k, electrode_area_cm2, electrode_area_mm2, electrode_diameter_um.
# path = '(?<sample>[^/]+)/.*_dot(?<dot>\w+)_(?<temperature_c>-?\d+)C'
# settle_s = 0                 # seconds for which a file must be unchanged before it is read
# [source.defaults]            # if neither path nor file states it: sample, dot, temperature_c, electrode_area_cm2, and settings
#                              # such as energy_scale, excitation_energy_ev, scan_axis, wavelength_angstrom, intensity_unit
# electrode_area_cm2 = 7.85e-5
#
# Samples, runs and recipes are described in samples/ and recipes/, in TOML or CSV. As-run logs of reactors that aldb
# drives are in run_logs/, which needs no [[source]]. docs/SAMPLES.md explains every key.
"#;

/// The groups that a `path` rule may name.
pub(crate) const GROUPS: [&str; 8] = [
    "sample",
    "dot",
    "repeat",
    "temperature_c",
    "temperature_k",
    "electrode_area_cm2",
    "electrode_area_mm2",
    "electrode_diameter_um",
];

/// The configuration of the lake.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// Folders that instruments write into, in the order of the file: a file belongs to the first that includes it.
    pub sources: Vec<Source>,
}

/// A folder that an instrument writes into.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name, for people and for `source_files`.
    pub name: String,
    /// The folder, absolute.
    pub folder: PathBuf,
    /// The format, if it is not recognised by content.
    pub adapter: Option<String>,
    /// How a path identifies a measurement.
    pub path: Option<Regex>,
    /// Values used if the path does not state them.
    pub defaults: Defaults,
    /// Time for which a file must be unchanged before it is read, in seconds.
    pub settle_s: u64,
    include: GlobSet,
}

/// Values for a source's files if neither path, sample nor file states them.
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
    /// Settings that files of the source may not state, by the names of [`aldb_formats::SUPPLIABLE`].
    pub settings: BTreeMap<String, Value>,
}

/// Why `aldb.toml` cannot be used: it is not TOML, or every missing, unknown and wrong key with its line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("aldb.toml: {found}")]
pub struct ConfigurationError {
    /// The error.
    found: String,
}

/// Folder of a lake with the as-run logs of its reactors: a source of that name that needs no entry.
pub const RUN_LOGS: &str = "run_logs";

impl Configuration {
    /// Reads the text of the `aldb.toml` of the lake in this folder.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] with every mistake and its line.
    pub fn from_toml(text: &str, lake: &Path) -> Result<Self, ConfigurationError> {
        let mut mistakes = Mistakes::default();
        let [entries] =
            entries_of_toml(text, ["source"], &mut mistakes).map_err(|found| ConfigurationError { found })?;
        let mut sources: Vec<Source> = Vec::with_capacity(entries.len());
        for entry in entries {
            let line = entry.line("name");
            let source = Source::of(entry, lake, &mut mistakes);
            if !source.name.is_empty() && sources.iter().any(|earlier| earlier.name == source.name) {
                mistakes.push(line, format!("source `{}` is defined twice: give each its own name", source.name));
            }
            sources.push(source);
        }
        mistakes.into_result().map_err(|found| ConfigurationError { found })?;
        // The logs of the lake's own reactors need no entry.
        if lake.join(RUN_LOGS).is_dir() && sources.iter().all(|source| source.name != RUN_LOGS) {
            let include = patterns(&["*.csv".to_owned()]).map_err(|found| ConfigurationError { found })?;
            sources.push(Source { folder: folder(lake, RUN_LOGS), include, ..Source::named(RUN_LOGS) });
        }
        Ok(Self { sources })
    }

    /// Everything that decides how files are read: if it changes, files are examined again.
    pub(crate) fn reading_rules(&self) -> String {
        let rules = self.sources.iter().filter(|source| source.has_settings() || source.adapter.is_some());
        let shown = rules.map(|source| {
            let Source { name, folder, adapter, path, defaults, .. } = source;
            format!("{name} {} {adapter:?} {:?} {path:?}\n", folder.display(), defaults.settings)
        });
        shown.collect()
    }

    /// The first source that includes the file at this absolute path.
    #[must_use]
    pub fn source_of(&self, path: &Path) -> Option<&Source> {
        self.sources.iter().find(|source| source.takes(path))
    }
}

/// The folder of this name, seen from the lake. One that is not there has the path that it would have.
fn folder(lake: &Path, name: &str) -> PathBuf {
    lake.join(name).canonicalize().unwrap_or_else(|_| crate::discover::absolute(lake, name))
}

/// Patterns of files; an error names the invalid one.
fn patterns(written: &[String]) -> Result<GlobSet, String> {
    let mut patterns = GlobSetBuilder::new();
    for pattern in written {
        patterns.add(Glob::new(pattern).map_err(|error| format!("`{pattern}`: {}", error.kind()))?);
    }
    patterns.build().map_err(|error| error.to_string())
}

/// A path rule; otherwise its error in words.
fn path_rule(rule: &str) -> Result<Regex, String> {
    let rule = Regex::new(rule).map_err(|error| error.to_string())?;
    match rule.capture_names().flatten().find(|group| !is_group(group)) {
        None => Ok(rule),
        Some(group) => {
            let settings = SUPPLIABLE.iter().map(|(setting, _)| *setting).filter(|setting| !GROUPS.contains(setting));
            let known: Vec<&str> = GROUPS.iter().copied().chain(settings).collect();
            Err(format!("expected groups {}, found `{group}`", known.join(", ")))
        }
    }
}

impl Source {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: PathBuf::new(),
            adapter: None,
            path: None,
            defaults: Defaults::default(),
            settle_s: 0,
            include: GlobSet::empty(),
        }
    }

    fn of(mut entry: Entry, lake: &Path, mistakes: &mut Mistakes) -> Self {
        let (include_line, path_line) = (entry.line("include"), entry.line("path"));
        let name = entry.required("name");
        let folder = folder(lake, &entry.required("folder"));
        let mut include = entry.words("include");
        let adapter = entry.text("adapter").filter(|adapter| adapter != "auto");
        let path = entry.text("path").map(|rule| path_rule(&rule)).transpose();
        let settle_s = entry.count("settle_s").unwrap_or_default();
        let defaults = entry.table("defaults").map(|entry| Defaults::of(entry, mistakes)).unwrap_or_default();
        entry.finish("source", mistakes);
        if include.is_empty() {
            include.push("**/*".to_owned());
        }
        let include = patterns(&include).unwrap_or_else(|found| {
            mistakes.push(include_line, format!("source `{name}`, `include`: {found}"));
            GlobSet::empty()
        });
        let path = path.unwrap_or_else(|found| {
            mistakes.push(path_line, format!("source `{name}`, `path`: {found}"));
            None
        });
        Self { folder, adapter, path, defaults, settle_s, include, name }
    }

    fn has_settings(&self) -> bool {
        let is_setting = |group: &str| !GROUPS.contains(&group);
        !self.defaults.settings.is_empty()
            || self.path.as_ref().is_some_and(|rule| rule.capture_names().flatten().any(is_setting))
    }

    /// The settings of the file at this absolute path that the file itself may not state: groups of the path rule, and
    /// defaults.
    #[must_use]
    pub fn settings(&self, path: &Path) -> BTreeMap<String, Value> {
        let mut settings = self.defaults.settings.clone();
        let below = self.below(path);
        if let Some(captures) = self.path.as_ref().zip(below.as_deref()).and_then(|(rule, below)| rule.captures(below))
        {
            for (name, is_number) in SUPPLIABLE.iter().filter(|(name, _)| !GROUPS.contains(name)) {
                let found = captures.name(name).map(|group| group.as_str()).filter(|found| !found.is_empty());
                let value = found.and_then(|found| match is_number {
                    true => crate::entry::decimal(found).map(Value::Number),
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

    /// The path below the source's folder, with `/` between folders, to which the path rule is applied.
    #[must_use]
    pub fn below(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.folder).ok()?;
        Some(below.components().map(|part| crate::discover::name_of(part.as_os_str())).collect::<Vec<_>>().join("/"))
    }
}

fn is_group(name: &str) -> bool {
    GROUPS.contains(&name) || SUPPLIABLE.iter().any(|(setting, _)| *setting == name)
}

impl Defaults {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let mut defaults = Self {
            sample: entry.text("sample"),
            dot: entry.text("dot"),
            temperature_c: entry.number("temperature_c"),
            electrode_area_cm2: entry.number("electrode_area_cm2"),
            settings: BTreeMap::new(),
        };
        for (name, is_number) in SUPPLIABLE.iter().filter(|(name, _)| !GROUPS.contains(name)) {
            let value = match is_number {
                true => entry.number(name).map(Value::Number),
                false => entry.text(name).map(Value::Text),
            };
            defaults.settings.extend(value.map(|value| ((*name).to_owned(), value)));
        }
        entry.finish("default", mistakes);
        defaults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::documented;

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
    fn an_unknown_group_is_named_with_the_known_ones() {
        let error = read(&GAMRY.replace("temperature_c", "temp")).unwrap_err().to_string();
        assert!(
            error.starts_with("aldb.toml: line 5: source `gamry`, `path`: expected groups sample, dot, "),
            "{error}"
        );
        assert!(error.ends_with("found `temp`"), "{error}");
    }

    #[test]
    fn every_mistake_is_listed_with_its_line() {
        let text = "[[source]]\nfolder = \"in\"\nincludes = [\"*\"]\nsettle_s = -1\n\
                    [source.defaults]\nelectrode_area = 1\n\n[[source]]\nname = \"b\"\n";
        let defaults: Vec<String> = ["sample", "dot", "temperature_c", "electrode_area_cm2"]
            .into_iter()
            .chain(SUPPLIABLE.iter().map(|(name, _)| *name).filter(|name| !GROUPS.contains(name)))
            .map(|name| format!("`{name}`"))
            .collect();
        let expected = format!(
            "aldb.toml: line 1: source without `name`; \
             line 3: unknown key `includes` of a source: expected `name`, `folder`, `include`, `adapter`, `path`, \
             `settle_s`, `defaults`; line 4: `settle_s`: expected a whole number from 0, found `-1`; \
             line 6: unknown key `electrode_area` of a default: expected {}; line 8: source without `folder`",
            defaults.join(", ")
        );
        assert_eq!(read(text).unwrap_err().to_string(), expected);
        let error = read("[[source]]\nname = \"a\nfolder = 1\n").unwrap_err().to_string();
        assert!(error.starts_with("aldb.toml: TOML parse error at line 2"), "{error}");
    }

    #[test]
    fn every_key_group_and_setting_is_documented_and_no_other() {
        let sorted = |names: Vec<&str>| {
            let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            names.sort();
            names
        };
        let error = read("[[source]]\nunknown = 1\n").unwrap_err().to_string();
        let keys = error.split("`unknown`").nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        assert_eq!(documented("## Sources"), sorted(keys));
        assert_eq!(documented("**Path rules.**"), sorted(GROUPS.to_vec()));
        let settings = SUPPLIABLE.iter().map(|(name, _)| *name).filter(|name| !GROUPS.contains(name)).collect();
        assert_eq!(documented("**Defaults.**"), sorted(settings));
    }

    #[test]
    fn two_sources_of_one_name_are_refused() {
        let error = read(&format!("{GAMRY}{GAMRY}")).unwrap_err().to_string();
        assert_eq!(error, "aldb.toml: line 7: source `gamry` is defined twice: give each its own name");
    }
}
