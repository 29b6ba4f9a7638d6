//! Links a measurement to its sample, run and recipe, by the path that its file has now, by its source and by the file itself.

use std::collections::HashMap;
use std::path::Path;

use aldb_formats::SUPPLIABLE;
use regex::Captures;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::config::{Configuration, Source};
use crate::content::circle_cm2;
use crate::entry::decimal;
use crate::path_rule::{PathRule, is_setting, is_tag};
use crate::schedule::instant;
use crate::sheets::KnownSample;
use crate::stated::{ByHand, Exceptions, Stated};

/// Where the time of a measurement is from.
const INSTRUMENT_CLOCK: &str = "instrument_clock";
const FILE_TIME: &str = "file_time";

/// Why a file that never belonged to a source has no keys.
const NO_SOURCE: &str = "the file belongs to no [[source]] of aldb.toml";

/// Information that identifies a measurement, in addition to its bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Link {
    pub(crate) sample_label: Option<String>,
    pub(crate) sample_id: Option<String>,
    pub(crate) run_id: Option<String>,
    pub(crate) recipe_id: Option<String>,
    pub(crate) dot: Option<String>,
    pub(crate) electrode_area_cm2: Option<f64>,
    pub(crate) electrode_area_err_cm2: Option<f64>,
    pub(crate) temperature_c: Option<f64>,
    /// The temperature that the path or the defaults state, whatever the file states.
    pub(crate) nominal_temperature_c: Option<f64>,
    pub(crate) repeat: Option<String>,
    /// The path that decides.
    pub(crate) path: Option<String>,
    /// When it was measured, in microseconds since 1970, UTC.
    pub(crate) measured_at: Option<i64>,
    /// Where that time is from.
    pub(crate) measured_at_source: Option<String>,
    /// Everything else that the path states, such as `date` and `operator`, as a JSON object.
    pub(crate) tags: Option<String>,
    /// Why a key is missing.
    pub(crate) note: Option<String>,
    /// What is doubtful about the keys, one per line.
    pub(crate) warnings: Option<String>,
}

/// What the path of a file says about its measurements. It is stored with the path in `source_files`, so that a file that is
/// gone, or whose source is gone, keeps its keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PathKeys {
    /// Name of the source.
    source: String,
    /// The time zone of the instrument's clock, where the source states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// The path rule of the source, where it does not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unmatched: Option<String>,
    pub(crate) path: Stated,
    defaults: Stated,
    /// What a person gave to the file: it takes the place of what the path gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) by_hand: Option<ByHand>,
    /// What the rule captured and cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

impl PathKeys {
    /// The keys of the file at this absolute path by the rules of its source.
    pub(crate) fn of(source: &Source, path: &Path) -> Self {
        let below = source.below(path).unwrap_or_default();
        let (unmatched, path, warnings) = match &source.path {
            None => (None, Stated::default(), Vec::new()),
            Some(rule) => match stated(rule, &below, &source.name) {
                Some((path, warnings)) => (None, path, warnings),
                None => (Some(rule.written().to_owned()), Stated::default(), Vec::new()),
            },
        };
        let defaults = Stated {
            sample: source.defaults.sample.clone(),
            dot: source.defaults.dot.clone(),
            temperature_c: source.defaults.temperature_c,
            electrode_area_cm2: source.defaults.electrode_area_cm2,
            ..Stated::default()
        };
        Self {
            source: source.name.clone(),
            time_zone: source.time_zone.clone(),
            unmatched,
            path,
            defaults,
            by_hand: None,
            warnings,
        }
    }

    /// What a person and the path state.
    pub(crate) fn stated(&self) -> Stated {
        match &self.by_hand {
            Some(by_hand) => by_hand.keys.or(&self.path),
            None => self.path.clone(),
        }
    }

    /// The same with what the defaults of the source add.
    pub(crate) fn with_defaults(&self) -> Stated {
        self.stated().or(&self.defaults)
    }

    /// As stored in `source_files`.
    pub(crate) fn as_json(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    pub(crate) fn from_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The keys of a stored link, of a file whose path was stored without them by an earlier version.
    pub(crate) fn of_link(link: &Link) -> Option<Self> {
        link.sample_label.as_ref().filter(|_| link.note.as_deref() != Some(NO_SOURCE))?;
        let path = Stated {
            sample: link.sample_label.clone(),
            dot: link.dot.clone(),
            repeat: link.repeat.clone(),
            temperature_c: link.nominal_temperature_c,
            ..Stated::default()
        };
        let defaults = Stated { electrode_area_cm2: link.electrode_area_cm2, ..Stated::default() };
        Some(Self { path, defaults, ..Self::default() })
    }

    /// The same keys, whatever the source.
    fn agrees_with(&self, other: &Self) -> bool {
        (self.stated(), &self.defaults) == (other.stated(), &other.defaults)
    }

    /// For people.
    fn shown(&self) -> String {
        self.with_defaults().shown()
    }
}

impl Link {
    /// Adds where the file is, and when it was measured: by the clock of the instrument, otherwise when the file was last changed.
    pub(crate) fn with_place(
        mut self,
        path: &str,
        modified_at: Option<i64>,
        keys: Option<&PathKeys>,
        metadata: &Map<String, Value>,
    ) -> Self {
        let zone = keys.and_then(|keys| keys.time_zone.as_deref());
        let started = metadata.get("started_at").and_then(Value::as_str).and_then(|local| instant(local, zone));
        let (measured_at, source) = match started {
            Some(started) => (Some(started), Some(INSTRUMENT_CLOCK)),
            None => (modified_at, modified_at.map(|_| FILE_TIME)),
        };
        self.path = Some(path.to_owned());
        (self.measured_at, self.measured_at_source) = (measured_at, source.map(str::to_owned));
        self
    }
}

/// What a rule captures in a path, and what of it cannot be used; `None` if it does not match.
pub(crate) fn stated(rule: &PathRule, below: &str, source: &str) -> Option<(Stated, Vec<String>)> {
    let captured = rule.captures(below)?;
    let mut warnings = Vec::new();
    let group = |name: &str| text(&captured, name);
    let mut number = |name: &str| {
        let found = group(name)?;
        let number = decimal(&found);
        if number.is_none() {
            warnings.push(format!("path rule of source `{source}`, `{name}`: expected a number, found `{found}`"));
        }
        number
    };
    let stated = Stated {
        sample: group("sample"),
        run: group("run"),
        dot: group("dot"),
        repeat: group("repeat"),
        temperature_c: number("temperature_c")
            .or_else(|| number("temperature_k").map(|kelvin| kelvin - aldb_elements::constants::ZERO_CELSIUS_K)),
        electrode_area_cm2: number("electrode_area_cm2")
            .or_else(|| number("electrode_area_mm2").map(|area| area * 1e-2))
            .or_else(|| number("electrode_diameter_um").map(circle_cm2)),
        tags: rule
            .groups()
            .filter(|name| is_tag(name))
            .filter_map(|name| Some((name.to_owned(), group(name)?)))
            .collect(),
    };
    for (name, is_number) in SUPPLIABLE {
        if *is_number && is_setting(name) {
            number(name);
        }
    }
    Some((stated, warnings))
}

/// If several paths of one file give different keys: all of them, for people. The first decides.
pub(crate) fn contradiction(paths: &[(&str, PathKeys)]) -> Option<String> {
    let (first, others) = paths.split_first()?;
    if others.iter().all(|(_, keys)| keys.agrees_with(&first.1)) {
        return None;
    }
    let shown: Vec<String> = paths.iter().map(|(path, keys)| format!("`{path}` ({})", keys.shown())).collect();
    Some(format!(
        "the file is at {} paths that give different keys, of which the first is used: {}",
        paths.len(),
        shown.join("; ")
    ))
}

/// The rules, the samples and the runs from which links are derived.
pub(crate) struct Linker<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) samples: &'a HashMap<String, KnownSample>,
    /// The recipes of the runs that samples/ describes.
    pub(crate) runs: &'a HashMap<String, Option<String>>,
    /// What people gave to single files.
    pub(crate) exceptions: &'a Exceptions,
}

impl Linker<'_> {
    /// The keys of the file at this absolute path; `None` if it belongs to no source and nobody gave it any.
    pub(crate) fn keys(&self, path: &Path) -> Option<PathKeys> {
        let by_hand = self.exceptions.of_path(path).cloned();
        let of_source = self.configuration.source_of(path).map(|source| PathKeys::of(source, path));
        match (of_source, by_hand) {
            (None, None) => None,
            (keys, by_hand) => Some(PathKeys { by_hand, ..keys.unwrap_or_default() }),
        }
    }

    /// The same for a file of which keys are stored: where it belongs to no source any more, what its path said last stays.
    pub(crate) fn keys_again(&self, path: &Path, stored: Option<String>) -> Option<String> {
        if self.configuration.source_of(path).is_some() {
            return self.keys(path).and_then(|keys| keys.as_json());
        }
        let by_hand = self.exceptions.of_path(path);
        let earlier = stored.as_deref().and_then(PathKeys::from_json);
        if by_hand == earlier.as_ref().and_then(|keys| keys.by_hand.as_ref()) {
            return stored;
        }
        // Without an entry the path says nothing, which is not the same as that nothing was stored of it.
        PathKeys { by_hand: by_hand.cloned(), ..earlier.unwrap_or_default() }.as_json()
    }

    /// The link of a measurement in a file whose path has these keys. The information closest to the measurement takes
    /// precedence: the path, then the sample's description, the file itself, and last the source's defaults. A temperature in
    /// the file was measured, one in the path only intended: the file's takes precedence, and both are kept.
    pub(crate) fn link(&self, keys: Option<&PathKeys>, metadata: &Map<String, Value>) -> Link {
        let none = PathKeys::default();
        let defaults = &keys.unwrap_or(&none).defaults;
        let path = &keys.unwrap_or(&none).stated();
        let mut warnings = keys.map(|keys| keys.warnings.clone()).unwrap_or_default();
        let stated = |name: &str| metadata.get(name).and_then(Value::as_f64);
        let stated_text =
            |name: &str| metadata.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        // The log of a controller names its run and the recipe that the controller reported: no information is closer.
        let (stated_run, stated_recipe) = (stated_text("run_id"), stated_text("recipe_id"));

        let run_in_path = path.run.as_deref().filter(|run| self.runs.contains_key(*run));
        let only = stated_run.or(run_in_path).and_then(|run| self.only_sample_of(run));
        // What a file calls its sample is often free text: it counts where samples/ describes a sample of this name.
        let in_file = ["sample_id", "sample", "sampleid"].into_iter().find_map(stated_text);
        let described_in_file = in_file.filter(|label| self.samples.contains_key(*label));
        let sample_label = path
            .sample
            .as_deref()
            .or(described_in_file)
            .or(defaults.sample.as_deref())
            .or(only.map(String::as_str))
            .or(in_file)
            .map(str::to_owned);
        let known = sample_label.as_ref().and_then(|label| self.samples.get(label));
        match (&path.sample, described_in_file) {
            (Some(sample), Some(in_file)) if sample != in_file => {
                warnings
                    .push(format!("the path gives sample `{sample}`, the file states `{in_file}`: the path is used"));
            }
            (None, Some(_)) => {
                if let Some(rule) = keys.and_then(|keys| keys.unmatched.as_ref()) {
                    warnings.push(format!("the path rule `{rule}` does not match the file's path: the sample is that which the file states"));
                }
            }
            _ => {}
        }
        let dot_in_file = ["dot", "electrode"].into_iter().find_map(|name| match metadata.get(name)? {
            Value::Number(number) => Some(number.to_string().trim_end_matches(".0").to_owned()),
            Value::String(words) => Some(words.trim().to_owned()).filter(|words| !words.is_empty()),
            _ => None,
        });
        let dot = path.dot.clone().or(dot_in_file).or_else(|| defaults.dot.clone());
        if let (Some(dot), Some(label), Some(sample)) = (&path.dot, &sample_label, known) {
            warnings.extend(doubtful_dot(dot, label, sample));
        }
        let nominal_temperature_c = path.temperature_c.or(defaults.temperature_c);
        let described = |sizes: fn(&KnownSample) -> &HashMap<String, f64>| {
            known.zip(dot.as_ref()).and_then(|(sample, dot)| sizes(sample).get(dot).copied())
        };
        let of_description = described(|sample| &sample.area_cm2).filter(|_| path.electrode_area_cm2.is_none());
        let electrode_area_cm2 = path
            .electrode_area_cm2
            .or(of_description)
            .or_else(|| stated("electrode_area_cm2"))
            .or(defaults.electrode_area_cm2)
            .filter(|area| area.is_finite() && *area > 0.0);
        let of_sample = known.and_then(|sample| sample.run_id.as_deref());
        if let Some(run) = path.run.as_deref() {
            match (of_sample, run_in_path) {
                (_, None) => warnings.push(format!("the path gives run `{run}`, which is not described in samples/")),
                (Some(other), Some(_)) if other != run => warnings.push(format!(
                    "the path gives run `{run}`, but the sample was made in run `{other}`: that of the sample is used"
                )),
                _ => {}
            }
        }
        let recipe_of_run =
            of_sample.is_none().then_some(run_in_path).flatten().and_then(|run| self.runs.get(run)?.clone());
        let recipe_id = stated_recipe
            .map(str::to_owned)
            .or_else(|| known.and_then(|sample| sample.recipe_id.clone()))
            .or(recipe_of_run);
        Link {
            note: match (stated_run, stated_recipe, run_in_path) {
                (Some(_), Some(_), _) => None,
                // What belongs to a run as a whole has no sample.
                (_, _, Some(run)) if sample_label.is_none() => {
                    recipe_id.is_none().then(|| format!("the recipe of run `{run}` is not described in recipes/"))
                }
                _ => note(keys, in_file, sample_label.as_deref(), known, recipe_id.as_deref()),
            },
            sample_id: known.and(sample_label.clone()),
            run_id: stated_run.or(of_sample).or(run_in_path).map(str::to_owned),
            recipe_id,
            tags: (!path.tags.is_empty()).then(|| serde_json::to_string(&path.tags).unwrap_or_default()),
            repeat: path.repeat.clone(),
            sample_label,
            electrode_area_err_cm2: of_description.and_then(|_| described(|sample| &sample.area_err_cm2)),
            electrode_area_cm2,
            temperature_c: stated("temperature_c").or(nominal_temperature_c),
            nominal_temperature_c,
            dot,
            warnings: crate::spectra::lines(&warnings),
            ..Link::default()
        }
    }

    /// The sample that was made in this run, if it is one.
    fn only_sample_of(&self, run: &str) -> Option<&String> {
        let mut of_run = self.samples.iter().filter(|(_, sample)| sample.run_id.as_deref() == Some(run));
        let (first, more) = (of_run.next(), of_run.next());
        first.filter(|_| more.is_none()).map(|(label, _)| label)
    }
}

fn text(captures: &Captures<'_>, group: &str) -> Option<String> {
    captures.name(group).map(|found| found.as_str().to_owned()).filter(|found| !found.is_empty())
}

/// Doubt about the electrode in a path: the sample has others, or the name looks as if the rule captured too much.
fn doubtful_dot(dot: &str, label: &str, sample: &KnownSample) -> Option<String> {
    if sample.area_cm2.is_empty() {
        let is_odd = |letter: char| !letter.is_alphanumeric() && letter != '-';
        return dot.contains(is_odd).then(|| {
            format!("the path gives electrode `{dot}`: does the group `dot` of the path rule capture too much? (sample `{label}` has no electrodes in samples/)")
        });
    }
    let mut known: Vec<&str> = sample.area_cm2.keys().map(String::as_str).collect();
    known.sort_unstable();
    let expected = known.join(", ");
    (!known.contains(&dot)).then(|| {
        format!("the path gives electrode `{dot}`, but sample `{label}` has the electrodes {expected} in samples/")
    })
}

fn note(
    keys: Option<&PathKeys>,
    in_file: Option<&str>,
    label: Option<&str>,
    known: Option<&KnownSample>,
    recipe_id: Option<&str>,
) -> Option<String> {
    let Some(keys) = keys else { return Some(NO_SOURCE.to_owned()) };
    match known {
        Some(_) if recipe_id.is_none() => Some("the sample's recipe is not described in recipes/".to_owned()),
        Some(_) => None,
        None => {
            let named = keys.with_defaults().sample;
            if let Some(label) = named.as_deref().or(label.filter(|label| in_file != Some(label))) {
                let date = match crate::dates::looks_like_date(label) {
                    true => "; it looks like a date: does the path rule take a wrong part?",
                    false => "",
                };
                return Some(format!("sample `{label}` is not described in samples/{date}"));
            }
            let mut note = match &keys.unmatched {
                Some(rule) => {
                    format!("the path rule `{rule}` of source `{}` does not match the file's path", keys.source)
                }
                None if keys.source.is_empty() => NO_SOURCE.to_owned(),
                None => format!("neither the path rule nor the defaults of source `{}` name a sample", keys.source),
            };
            if let Some(in_file) = in_file {
                note += &format!("; the file states sample `{in_file}`, which is not described in samples/");
            }
            Some(note)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(path: &str) -> Configuration {
        let text = format!(
            "[[source]]\nname = \"gamry\"\nfolder = \"in\"\npath = '{path}'\ndefaults = {{ electrode_area_cm2 = 1e-3 }}\n"
        );
        Configuration::from_toml(&text, Path::new("/lake")).unwrap()
    }

    fn link(path: &str, rule: &str, metadata: &str) -> Link {
        let sample = KnownSample {
            run_id: None,
            recipe_id: Some("r".to_owned()),
            area_cm2: HashMap::from([("2".to_owned(), 5e-4)]),
            area_err_cm2: HashMap::from([("2".to_owned(), 1e-5)]),
        };
        let samples = HashMap::from([("A".to_owned(), sample)]);
        let metadata = serde_json::from_str(metadata).unwrap();
        let configuration = configuration(rule);
        let runs = HashMap::from([("R1".to_owned(), Some("r1".to_owned())), ("R2".to_owned(), None)]);
        let exceptions = Exceptions::default();
        let linker = Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions: &exceptions };
        linker.link(linker.keys(Path::new(path)).as_ref(), &metadata)
    }

    const RULE: &str = r"(?<sample>\w+)/dot(?<dot>\d)_(?<temperature_c>-?\d+(?:[.,]\d+)?)C";

    #[test]
    fn the_path_names_sample_electrode_and_temperature() {
        let link = link("/lake/in/A/dot2_-12,5C.DTA", RULE, "{}");
        assert_eq!(
            (link.sample_id.as_deref(), link.dot.as_deref(), link.recipe_id.as_deref()),
            (Some("A"), Some("2"), Some("r"))
        );
        assert_eq!((link.temperature_c, link.electrode_area_cm2), (Some(-12.5), Some(5e-4)));
        assert_eq!(link.electrode_area_err_cm2, Some(1e-5));
        assert_eq!(link.note, None);
    }

    #[test]
    fn values_in_the_file_take_precedence_over_the_defaults() {
        let stated = link("/lake/in/A/dot3_30C.DTA", RULE, "{\"electrode_area_cm2\": 0.25}");
        assert_eq!(stated.electrode_area_cm2, Some(0.25));
        assert_eq!(link("/lake/in/A/dot3_30C.DTA", RULE, "{}").electrode_area_cm2, Some(1e-3));
    }

    #[test]
    fn the_temperature_in_the_file_takes_precedence_over_that_in_the_path_and_both_are_kept() {
        let stated = link("/lake/in/A/dot3_30C.DTA", RULE, "{\"temperature_c\": 41.5}");
        assert_eq!((stated.temperature_c, stated.nominal_temperature_c), (Some(41.5), Some(30.0)));
        let silent = link("/lake/in/A/dot3_30C.DTA", RULE, "{}");
        assert_eq!((silent.temperature_c, silent.nominal_temperature_c), (Some(30.0), Some(30.0)));
        assert_eq!(silent.electrode_area_err_cm2, None);
    }

    #[test]
    fn the_reason_for_a_missing_key_is_given() {
        let note = |path: &str, rule: &str| link(path, rule, "{}").note.unwrap();
        assert_eq!(note("/elsewhere/x.DTA", RULE), "the file belongs to no [[source]] of aldb.toml");
        assert_eq!(note("/lake/in/B/dot2_30C.DTA", RULE), "sample `B` is not described in samples/");
        assert_eq!(
            note("/lake/in/x.DTA", "(?<sample>Z)"),
            "the path rule `(?<sample>Z)` of source `gamry` does not match the file's path"
        );
        assert_eq!(
            note("/lake/in/x.DTA", "x(?<repeat>1)?"),
            "neither the path rule nor the defaults of source `gamry` name a sample"
        );
    }

    #[test]
    fn sample_and_electrode_that_the_file_states_count_after_the_path_and_before_the_defaults() {
        let silent = "x";
        let stated = link("/lake/in/x.DTA", silent, "{\"sample\": \"A\", \"electrode\": \"2\"}");
        assert_eq!((stated.sample_id.as_deref(), stated.dot.as_deref()), (Some("A"), Some("2")));
        assert_eq!((stated.electrode_area_cm2, stated.note), (Some(5e-4), None));
        let path = link("/lake/in/B/dot3_30C.DTA", RULE, "{\"sample\": \"A\", \"dot\": 2.0}");
        assert_eq!((path.sample_label.as_deref(), path.dot.as_deref()), (Some("B"), Some("3")));
        let warning = "the path gives sample `B`, the file states `A`: the path is used";
        assert_eq!(path.warnings.as_deref(), Some(warning));
        // Free text in a file is not taken for the name of a sample.
        let free = link("/lake/in/x.DTA", silent, "{\"sample\": \"test 3\"}");
        assert_eq!(free.sample_id, None);
        assert!(free.note.unwrap().ends_with("the file states sample `test 3`, which is not described in samples/"));
    }

    #[test]
    fn a_rule_that_captures_too_much_or_no_number_is_said() {
        let right = link("/lake/in/A/dot2_30C.DTA", RULE, "{}");
        assert_eq!(right.warnings, None);
        let greedy = link("/lake/in/A/eis_dot2_40C.DTA", r"(?<sample>\w+)/eis_dot(?<dot>\w+)C", "{}");
        let warning = "the path gives electrode `2_40`, but sample `A` has the electrodes 2 in samples/";
        assert_eq!((greedy.dot.as_deref(), greedy.warnings.as_deref()), (Some("2_40"), Some(warning)));
        let no_number = link("/lake/in/A/dot2_4OC.DTA", r"(?<sample>\w+)/dot(?<dot>\d)_(?<temperature_c>\w+)C", "{}");
        let warning = "path rule of source `gamry`, `temperature_c`: expected a number, found `4O`";
        assert_eq!((no_number.temperature_c, no_number.warnings.as_deref()), (None, Some(warning)));
    }

    #[test]
    fn a_run_links_where_the_sample_does_not_and_everything_else_is_a_tag() {
        let rule = "{date}/{operator}/{run}_{cell}";
        let of_run = link("/lake/in/2026-03-02/AV/R1_c7.DTA", rule, "{}");
        assert_eq!((of_run.run_id.as_deref(), of_run.recipe_id.as_deref()), (Some("R1"), Some("r1")));
        assert_eq!((of_run.note, of_run.warnings), (None, None));
        let tags = r#"{"cell":"c7","date":"2026-03-02","operator":"AV"}"#;
        assert_eq!(of_run.tags.as_deref(), Some(tags));
        let without_recipe = link("/lake/in/2026-03-02/AV/R2_c7.DTA", rule, "{}");
        assert_eq!(without_recipe.note.as_deref(), Some("the recipe of run `R2` is not described in recipes/"));
        let unknown = link("/lake/in/2026-03-02/AV/R9_c7.DTA", rule, "{}");
        assert_eq!(unknown.run_id, None);
        let warning = "the path gives run `R9`, which is not described in samples/";
        assert_eq!(unknown.warnings.as_deref(), Some(warning));
        // A sample with a recipe keeps it; the run is added.
        let both = link("/lake/in/A_R1.DTA", "{sample}_{run}", "{}");
        assert_eq!((both.run_id.as_deref(), both.recipe_id.as_deref(), both.note), (Some("R1"), Some("r"), None));
        assert_eq!(link("/lake/in/A_R1.DTA", "{sample}_{*}", "{}").tags, None);
    }

    #[test]
    fn what_a_person_gives_takes_the_place_of_the_path_and_leaves_it_again() {
        let configuration = configuration(RULE);
        let (samples, runs) = (HashMap::new(), HashMap::new());
        let keys = Stated { sample: Some("B".to_owned()), temperature_c: Some(-5.0), ..Stated::default() };
        let by_hand = ByHand { sheet: "samples/links.csv".to_owned(), keys };
        let (inside, outside) = (Path::new("/lake/in/A/dot2_30C.DTA"), Path::new("/elsewhere/x.DTA"));
        let by_path = [inside, outside].map(|path| (path.to_owned(), by_hand.clone()));
        let (given, none) = (Exceptions::new(by_path.into()), Exceptions::default());
        let linker = |exceptions| Linker { configuration: &configuration, samples: &samples, runs: &runs, exceptions };
        let link = |exceptions, keys: Option<String>| {
            let keys = keys.as_deref().and_then(PathKeys::from_json);
            let link = linker(exceptions).link(keys.as_ref(), &Map::new());
            (link.sample_label, link.dot, link.temperature_c)
        };
        let label = |name: &str| Some(name.to_owned());
        let linked = linker(&given).keys_again(inside, None);
        assert_eq!(link(&given, linked.clone()), (label("B"), label("2"), Some(-5.0)));
        assert_eq!(link(&none, linker(&none).keys_again(inside, linked)), (label("A"), label("2"), Some(30.0)));
        // A file of no source has what is given to it, and then nothing; one of which nothing is stored stays so.
        let linked = linker(&given).keys_again(outside, None);
        assert_eq!(link(&given, linked.clone()), (label("B"), None, Some(-5.0)));
        assert_eq!(link(&none, linker(&none).keys_again(outside, linked)), (None, None, None));
        assert_eq!(linker(&none).keys_again(outside, None), None);
        // What the path of a removed source gave stays as it was stored.
        let stored = linker(&none).keys(inside).and_then(|keys| keys.as_json());
        assert_eq!(linker(&none).keys_again(outside, stored.clone()), stored);
    }

    #[test]
    fn paths_that_give_different_keys_are_all_named() {
        let configuration = configuration(RULE);
        let keys = |path: &str| PathKeys::of(&configuration.sources[0], Path::new(path));
        let same = [("a", keys("/lake/in/A/dot2_30C.DTA")), ("b", keys("/lake/in/A/dot2_30C_copy.DTA"))];
        assert_eq!(contradiction(&same), None);
        let other = [("a", keys("/lake/in/A/dot2_30C.DTA")), ("b", keys("/lake/in/B/dot2_30C.DTA"))];
        let expected = "the file is at 2 paths that give different keys, of which the first is used: \
                        `a` (sample A, electrode 2, 30 °C); `b` (sample B, electrode 2, 30 °C)";
        assert_eq!(contradiction(&other).as_deref(), Some(expected));
        let stored = other[1].1.as_json().unwrap();
        assert_eq!(PathKeys::from_json(&stored).as_ref(), Some(&other[1].1));
    }
}
