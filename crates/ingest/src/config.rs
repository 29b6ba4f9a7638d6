//! `aldb.toml`: where instruments write, and how a path identifies a measurement.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aldb_formats::{SUPPLIABLE, Value};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::entry::{Entry, Mistakes, tables_of_toml};
use crate::path_rule::{GROUPS, PathRule, is_setting};
use crate::schedule::{Schedule, duration, time_zone};

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
# # What the path of a file below `folder` says: a template as here, `{*}` is anything within a name and `{**}` any folders; or a
# # regular expression with groups such as (?<sample>[^/]+). `aldb sources suggest FOLDER` proposes one, `aldb sources try RULE PATH`
# # tries it. Groups: sample, run, dot, repeat, date, operator, temperature_c, temperature_k, electrode_area_cm2,
# # electrode_area_mm2, electrode_diameter_um, and any name of your own.
# path = '{sample}/{*}_dot{dot}_{temperature_c}C'
# settle_s = 10                # seconds for which a file must be unchanged before it is read
# every = "5 min"              # how often `aldb watch` reads the folder; or cron = "0 */2 * * *"
# time_zone = "Europe/Brussels"  # of the instrument's clock; default: that of this computer
# ignore = ["**/settings/*"]   # files that are left out
# [source.defaults]            # if neither path nor file states it: sample, dot, temperature_c, electrode_area_cm2, and settings
#                              # such as energy_scale, excitation_energy_ev, scan_axis, wavelength_angstrom, intensity_unit
# electrode_area_cm2 = 7.85e-5
#
# Samples, runs and recipes are described in samples/ and recipes/, in TOML or CSV. As-run logs of reactors that aldb
# drives are in run_logs/, which needs no [[source]]. docs/SAMPLES.md explains every key, docs/OPERATING.md [watch].
"#;

/// Time after which a file that ends early counts as damaged, where a source states none.
const GIVE_UP_AFTER: Duration = Duration::from_hours(24);
/// Seconds between two readings of a file that grows, where a source states none.
const GROWING_EVERY_S: u64 = 60;

/// The configuration of the lake.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// Folders that instruments write into, in the order of the file: a file belongs to the first that includes it.
    pub sources: Vec<Source>,
    /// What the service does besides.
    pub watch: Watch,
    /// What is doubtful and no mistake, each with its line: groups of path rules that may be misspelt.
    pub notes: Vec<String>,
}

/// Table `[watch]`: what the service does besides ingesting and deriving.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// A command that is run when a round finds an error, with the report as JSON on its standard input.
    pub on_error: Option<String>,
    /// The same when a round changed the lake.
    pub on_change: Option<String>,
    /// When the lake is maintained; never where it is not stated.
    pub maintain: Option<Schedule>,
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
    pub path: Option<PathRule>,
    /// Values used if the path does not state them.
    pub defaults: Defaults,
    /// Time for which a file must be unchanged before it is read, where it is stated.
    pub settle: Option<Duration>,
    /// Time after which a file that ends early counts as damaged.
    pub give_up_after: Duration,
    /// When the folder is read.
    pub schedule: Schedule,
    /// Name of the time zone of the instrument's clock; that of the computer where it is not stated.
    pub time_zone: Option<String>,
    /// Whether files are read while they grow, and how often at most.
    pub growing: Option<Duration>,
    /// Names of the files that mark others as complete, with `*` for the name of the other.
    pub marker: Option<String>,
    include: GlobSet,
    ignore: GlobSet,
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
        let ([entries], [watch]) =
            tables_of_toml(text, ["source"], ["watch"], &mut mistakes).map_err(|found| ConfigurationError { found })?;
        let watch = watch.map(|entry| Watch::of(entry, &mut mistakes)).unwrap_or_default();
        let mut sources: Vec<Source> = Vec::with_capacity(entries.len());
        let mut notes = Vec::new();
        for entry in entries {
            let (line, path_line) = (entry.line("name"), entry.line("path"));
            let source = Source::of(entry, lake, &mut mistakes);
            if !source.name.is_empty() && sources.iter().any(|earlier| earlier.name == source.name) {
                mistakes.push(line, format!("source `{}` is defined twice: give each its own name", source.name));
            }
            for (group, known) in source.path.iter().flat_map(PathRule::doubtful_groups) {
                notes.push(format!(
                    "line {path_line}: source `{}`, `path`: the group `{group}` is stored as a tag of that name: is `{known}` meant?",
                    source.name
                ));
            }
            sources.push(source);
        }
        mistakes.into_result().map_err(|found| ConfigurationError { found })?;
        // The logs of the lake's own reactors need no entry.
        if lake.join(RUN_LOGS).is_dir() && sources.iter().all(|source| source.name != RUN_LOGS) {
            let include = patterns(&["*.csv".to_owned()]).map_err(|found| ConfigurationError { found })?;
            sources.push(Source { folder: folder(lake, RUN_LOGS), include, ..Source::named(RUN_LOGS) });
        }
        Ok(Self { sources, watch, notes })
    }

    /// Everything that decides how files are read: if it changes, files are examined again.
    pub(crate) fn reading_rules(&self) -> String {
        let rules = self.sources.iter().filter(|source| source.has_settings() || source.adapter.is_some());
        let shown = rules.map(|source| {
            let Source { name, folder, adapter, path, defaults, .. } = source;
            let path = path.as_ref().map(PathRule::written);
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

impl Source {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: PathBuf::new(),
            adapter: None,
            path: None,
            defaults: Defaults::default(),
            settle: None,
            give_up_after: GIVE_UP_AFTER,
            schedule: Schedule::default(),
            time_zone: None,
            growing: None,
            marker: None,
            include: GlobSet::empty(),
            ignore: GlobSet::empty(),
        }
    }

    fn of(mut entry: Entry, lake: &Path, mistakes: &mut Mistakes) -> Self {
        let [include_line, ignore_line, path_line] = ["include", "ignore", "path"].map(|key| entry.line(key));
        let name = entry.required("name");
        let folder = folder(lake, &entry.required("folder"));
        let mut include = entry.words("include");
        let ignore = entry.words("ignore");
        let adapter = entry.text("adapter").filter(|adapter| adapter != "auto");
        let path = entry.text("path").map(|rule| PathRule::new(&rule)).transpose();
        let settle = entry.count("settle_s").map(Duration::from_secs);
        let times = Times::of(&mut entry, &name, mistakes);
        let marker = marker(&mut entry, &name, mistakes);
        let defaults = entry.table("defaults").map(|entry| Defaults::of(entry, mistakes)).unwrap_or_default();
        entry.finish("source", mistakes);
        if include.is_empty() {
            include.push("**/*".to_owned());
        }
        let include = patterns(&include).unwrap_or_else(|found| {
            mistakes.push(include_line, format!("source `{name}`, `include`: {found}"));
            GlobSet::empty()
        });
        let ignore = patterns(&ignore).unwrap_or_else(|found| {
            mistakes.push(ignore_line, format!("source `{name}`, `ignore`: {found}"));
            GlobSet::empty()
        });
        let path = path.unwrap_or_else(|found| {
            mistakes.push(path_line, format!("source `{name}`, `path`: {found}"));
            None
        });
        let Times { schedule, time_zone, give_up_after, growing } = times;
        Self {
            folder,
            adapter,
            path,
            defaults,
            settle,
            give_up_after,
            schedule,
            time_zone,
            growing,
            marker,
            include,
            ignore,
            name,
        }
    }

    fn has_settings(&self) -> bool {
        !self.defaults.settings.is_empty() || self.path.as_ref().is_some_and(|rule| rule.groups().any(is_setting))
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
        path.strip_prefix(&self.folder)
            .is_ok_and(|below| self.include.is_match(below) && !self.ignores(below) && !self.is_marker(below))
    }

    /// Whether a file below the folder is left out by `ignore`.
    fn ignores(&self, below: &Path) -> bool {
        self.ignore.is_match(below)
    }

    /// Whether the file at this absolute path is left out on purpose.
    #[must_use]
    pub fn leaves_out(&self, path: &Path) -> bool {
        path.strip_prefix(&self.folder).is_ok_and(|below| self.ignores(below) || self.is_marker(below))
    }

    fn is_marker(&self, below: &Path) -> bool {
        let Some((start, end)) = self.marker.as_ref().and_then(|marker| marker.split_once('*')) else { return false };
        let name = below.file_name().map(crate::discover::name_of).unwrap_or_default();
        name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
    }

    /// Whether the file that marks this one as complete is there; `None` where no file does.
    #[must_use]
    pub fn is_marked_complete(&self, path: &Path) -> Option<bool> {
        let marker = self.marker.as_ref()?;
        let parts = [path.file_name(), path.file_stem()];
        Some(parts.into_iter().flatten().any(|part| {
            let name = marker.replacen('*', &crate::discover::name_of(part), 1);
            path.with_file_name(name).exists()
        }))
    }

    /// The path below the source's folder, with `/` between folders, to which the path rule is applied.
    #[must_use]
    pub fn below(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.folder).ok()?;
        Some(below.components().map(|part| crate::discover::name_of(part.as_os_str())).collect::<Vec<_>>().join("/"))
    }
}

/// The keys of a source that state times.
struct Times {
    schedule: Schedule,
    time_zone: Option<String>,
    give_up_after: Duration,
    growing: Option<Duration>,
}

impl Times {
    fn of(entry: &mut Entry, source: &str, mistakes: &mut Mistakes) -> Self {
        let lines = ["every", "cron", "time_zone", "give_up_after"].map(|key| entry.line(key));
        let [every, cron, zone, give_up_after] =
            ["every", "cron", "time_zone", "give_up_after"].map(|key| entry.text(key));
        let is_growing = entry.flag("growing").unwrap_or(false);
        let growing_every_s = entry.count("growing_every_s").unwrap_or(GROWING_EVERY_S);
        let mut wrong =
            |line: usize, key: &str, found: String| mistakes.push(line, format!("source `{source}`, `{key}`: {found}"));
        let tz =
            zone.as_deref().and_then(|zone| time_zone(zone).map_err(|found| wrong(lines[2], "time_zone", found)).ok());
        let schedule = match (every, cron) {
            (Some(_), Some(_)) => Err((lines[1], "cron", "expected `every` or `cron`, found both".to_owned())),
            (Some(every), None) => Schedule::every(&every).map_err(|found| (lines[0], "every", found)),
            (None, Some(cron)) => Schedule::cron(&cron, tz).map_err(|found| (lines[1], "cron", found)),
            (None, None) => Ok(Schedule::default()),
        };
        let schedule = schedule.unwrap_or_else(|(line, key, found)| {
            wrong(line, key, found);
            Schedule::default()
        });
        let give_up_after = give_up_after.map_or(Ok(GIVE_UP_AFTER), |text| duration(&text)).unwrap_or_else(|found| {
            wrong(lines[3], "give_up_after", found);
            GIVE_UP_AFTER
        });
        let growing = is_growing.then(|| Duration::from_secs(growing_every_s));
        Self { schedule, time_zone: zone, give_up_after, growing }
    }
}

/// The pattern of `complete = "marker:*.done"`.
fn marker(entry: &mut Entry, source: &str, mistakes: &mut Mistakes) -> Option<String> {
    let line = entry.line("complete");
    let text = entry.text("complete")?;
    let pattern = text.strip_prefix("marker:").filter(|pattern| {
        let stars = pattern.matches('*').count();
        stars == 1 && pattern.len() > 1 && !pattern.contains('/')
    });
    if pattern.is_none() {
        mistakes.push(
            line,
            format!("source `{source}`, `complete`: expected `marker:` and a file name with one `*` as in `marker:*.done`, found `{text}`"),
        );
    }
    pattern.map(str::to_owned)
}

impl Watch {
    fn of(mut entry: Entry, mistakes: &mut Mistakes) -> Self {
        let line = entry.line("maintain");
        let (on_error, on_change) = (entry.text("on_error"), entry.text("on_change"));
        let maintain = entry.text("maintain").map(|text| {
            Schedule::every(&text)
                .or_else(|every| Schedule::cron(&text, None).map_err(|cron| format!("{every}; or {cron}")))
        });
        let maintain = maintain.transpose().unwrap_or_else(|found| {
            mistakes.push(line, format!("`maintain`: {found}"));
            None
        });
        entry.finish("[watch]", mistakes);
        Self { on_error, on_change, maintain }
    }
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
    fn a_group_of_ones_own_is_allowed_and_a_misspelt_one_is_named_with_the_one_meant() {
        let notes = |group: &str| read(&GAMRY.replace("temperature_c", group)).unwrap().notes;
        assert_eq!(notes("temperature_c"), Vec::<String>::new());
        assert_eq!(notes("cell"), Vec::<String>::new());
        let said = |group: &str, known: &str| {
            format!(
                "line 5: source `gamry`, `path`: the group `{group}` is stored as a tag of that name: is `{known}` meant?"
            )
        };
        assert_eq!(notes("temp"), [said("temp", "temperature_c")]);
        assert_eq!(notes("Sample"), [said("Sample", "sample")]);
    }

    #[test]
    fn a_template_is_a_path_rule_too_and_a_wrong_one_is_named_with_its_line() {
        let with = |rule: &str| read(&GAMRY.replace("'(?<sample>\\w+)_(?<temperature_c>\\d+)C'", rule));
        let configuration = with("'{sample}_{temperature_c}C'").unwrap();
        assert!(configuration.sources[0].path.as_ref().unwrap().is_template());
        let error = with("'{sample}_{sample}'").unwrap_err().to_string();
        let expected =
            "aldb.toml: line 5: source `gamry`, `path`: group `{sample}` occurs twice: write `{*}` for one of them";
        assert_eq!(error, expected);
    }

    #[test]
    fn an_ignored_file_belongs_to_no_source() {
        let configuration = read(&GAMRY.replace("path =", "ignore = [\"**/test.DTA\"]\npath =")).unwrap();
        assert!(configuration.source_of(Path::new("/lake/in/2024/A_30C.DTA")).is_some());
        assert!(configuration.source_of(Path::new("/lake/in/2024/test.DTA")).is_none());
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
             line 3: unknown key `includes` of a source: expected `name`, `folder`, `include`, `ignore`, `adapter`, `path`, \
             `settle_s`, `every`, `cron`, `time_zone`, `give_up_after`, `growing`, `growing_every_s`, `complete`, `defaults`; line 4: `settle_s`: expected a whole number from 0, found `-1`; \
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
