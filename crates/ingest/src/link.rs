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
use crate::sheets::KnownSample;

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
    /// Why a key is missing.
    pub(crate) note: Option<String>,
    /// What is doubtful about the keys, one per line.
    pub(crate) warnings: Option<String>,
}

/// Keys that a path or the defaults of a source state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Stated {
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature_c: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    electrode_area_cm2: Option<f64>,
}

/// What the path of a file says about its measurements. It is stored with the path in `source_files`, so that a file that is
/// gone, or whose source is gone, keeps its keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PathKeys {
    /// Name of the source.
    source: String,
    /// The path rule of the source, where it does not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched: Option<String>,
    path: Stated,
    defaults: Stated,
    /// What the rule captured and cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl PathKeys {
    /// The keys of the file at this absolute path by the rules of its source.
    pub(crate) fn of(source: &Source, path: &Path) -> Self {
        let below = source.below(path).unwrap_or_default();
        let captured = source.path.as_ref().and_then(|rule| rule.captures(&below));
        let unmatched = source.path.as_ref().filter(|_| captured.is_none()).map(ToString::to_string);
        let mut warnings = Vec::new();
        let group = |name: &str| captured.as_ref().and_then(|captures| text(captures, name));
        let mut number = |name: &str| {
            let found = group(name)?;
            let number = decimal(&found);
            if number.is_none() {
                warnings.push(format!(
                    "path rule of source `{}`, `{name}`: expected a number, found `{found}`",
                    source.name
                ));
            }
            number
        };
        let path = Stated {
            sample: group("sample"),
            dot: group("dot"),
            repeat: group("repeat"),
            temperature_c: number("temperature_c")
                .or_else(|| number("temperature_k").map(|kelvin| kelvin - aldb_elements::constants::ZERO_CELSIUS_K)),
            electrode_area_cm2: number("electrode_area_cm2")
                .or_else(|| number("electrode_area_mm2").map(|area| area * 1e-2))
                .or_else(|| number("electrode_diameter_um").map(circle_cm2)),
        };
        for (name, is_number) in SUPPLIABLE {
            if *is_number && !crate::config::GROUPS.contains(name) {
                number(name);
            }
        }
        let defaults = Stated {
            sample: source.defaults.sample.clone(),
            dot: source.defaults.dot.clone(),
            repeat: None,
            temperature_c: source.defaults.temperature_c,
            electrode_area_cm2: source.defaults.electrode_area_cm2,
        };
        Self { source: source.name.clone(), unmatched, path, defaults, warnings }
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
            electrode_area_cm2: None,
        };
        let defaults = Stated { electrode_area_cm2: link.electrode_area_cm2, ..Stated::default() };
        Some(Self { path, defaults, ..Self::default() })
    }

    /// The same keys, whatever the source.
    fn agrees_with(&self, other: &Self) -> bool {
        (&self.path, &self.defaults) == (&other.path, &other.defaults)
    }

    /// For people.
    fn shown(&self) -> String {
        let of = |part: fn(&Stated) -> &Option<String>| part(&self.path).as_ref().or(part(&self.defaults).as_ref());
        let temperature = self.path.temperature_c.or(self.defaults.temperature_c);
        let parts = [
            of(|keys| &keys.sample).map(|sample| format!("sample {sample}")),
            of(|keys| &keys.dot).map(|dot| format!("electrode {dot}")),
            of(|keys| &keys.repeat).map(|repeat| format!("repeat {repeat}")),
            temperature.map(|temperature| format!("{temperature} °C")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "no keys".to_owned() } else { parts.join(", ") }
    }
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

/// The rules and the samples from which links are derived.
pub(crate) struct Linker<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) samples: &'a HashMap<String, KnownSample>,
}

impl Linker<'_> {
    /// The keys of the file at this absolute path; `None` if it belongs to no source.
    pub(crate) fn keys(&self, path: &Path) -> Option<PathKeys> {
        self.configuration.source_of(path).map(|source| PathKeys::of(source, path))
    }

    /// The link of a measurement in a file whose path has these keys. The information closest to the measurement takes
    /// precedence: the path, then the sample's description, the file itself, and last the source's defaults. A temperature in
    /// the file was measured, one in the path only intended: the file's takes precedence, and both are kept.
    pub(crate) fn link(&self, keys: Option<&PathKeys>, metadata: &Map<String, Value>) -> Link {
        let none = PathKeys::default();
        let PathKeys { path, defaults, .. } = keys.unwrap_or(&none);
        let mut warnings = keys.map(|keys| keys.warnings.clone()).unwrap_or_default();
        let stated = |name: &str| metadata.get(name).and_then(Value::as_f64);
        let stated_text =
            |name: &str| metadata.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        // The log of a controller names its run and the recipe that the controller reported: no information is closer.
        let (stated_run, stated_recipe) = (stated_text("run_id"), stated_text("recipe_id"));

        let only = stated_run.and_then(|run| self.only_sample_of(run));
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
        Link {
            note: match (stated_run, stated_recipe) {
                (Some(_), Some(_)) => None,
                _ => note(keys, in_file, sample_label.as_deref(), known),
            },
            sample_id: known.and(sample_label.clone()),
            run_id: stated_run.map(str::to_owned).or_else(|| known.and_then(|sample| sample.run_id.clone())),
            recipe_id: stated_recipe.map(str::to_owned).or_else(|| known.and_then(|sample| sample.recipe_id.clone())),
            repeat: path.repeat.clone(),
            sample_label,
            electrode_area_err_cm2: of_description.and_then(|_| described(|sample| &sample.area_err_cm2)),
            electrode_area_cm2,
            temperature_c: stated("temperature_c").or(nominal_temperature_c),
            nominal_temperature_c,
            dot,
            warnings: crate::spectra::lines(&warnings),
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
) -> Option<String> {
    let Some(keys) = keys else { return Some(NO_SOURCE.to_owned()) };
    match known {
        Some(sample) if sample.recipe_id.is_none() => {
            Some("the sample's recipe is not described in recipes/".to_owned())
        }
        Some(_) => None,
        None => {
            let named = keys.path.sample.as_deref().or(keys.defaults.sample.as_deref());
            if let Some(label) = named.or(label.filter(|label| in_file != Some(label))) {
                return Some(format!("sample `{label}` is not described in samples/"));
            }
            let mut note = match &keys.unmatched {
                Some(rule) => {
                    format!("the path rule `{rule}` of source `{}` does not match the file's path", keys.source)
                }
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
        let linker = Linker { configuration: &configuration, samples: &samples };
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
