//! Links a measurement to its sample, run and recipe, by its path, its source and its file.

use std::collections::HashMap;
use std::path::Path;

use regex::Captures;
use serde_json::{Map, Value};

use crate::config::{Configuration, Source};
use crate::content::circle_cm2;
use crate::sheets::KnownSample;

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
}

/// The rules and the samples from which links are derived.
pub(crate) struct Linker<'a> {
    pub(crate) configuration: &'a Configuration,
    pub(crate) samples: &'a HashMap<String, KnownSample>,
}

impl Linker<'_> {
    /// The link of a measurement in the file at this absolute path. The information closest to the measurement takes
    /// precedence: the path, then the sample's description, the file itself, and last the source's defaults. A temperature in
    /// the file was measured, one in the path only intended: the file's takes precedence, and both are kept.
    pub(crate) fn link(&self, path: &Path, metadata: &Map<String, Value>) -> Link {
        let source = self.configuration.source_of(path);
        let below = source.and_then(|source| source.below(path));
        let captured = source
            .and_then(|source| source.path.as_ref())
            .zip(below.as_deref())
            .and_then(|(rule, below)| rule.captures(below));
        let group = |name: &str| captured.as_ref().and_then(|captures| text(captures, name));
        let number = |name: &str| group(name).and_then(|text| text.replace(',', ".").parse::<f64>().ok());
        let stated = |name: &str| metadata.get(name).and_then(Value::as_f64);
        let defaults = source.map(|source| source.defaults.clone()).unwrap_or_default();

        let stated_text = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
        // The log of a controller names its run and the recipe that the controller reported: no information is closer.
        let (stated_run, stated_recipe) = (stated_text("run_id"), stated_text("recipe_id"));

        let only = stated_run.as_deref().and_then(|run| self.only_sample_of(run));
        let sample_label = group("sample").or(defaults.sample).or_else(|| only.cloned());
        let known = sample_label.as_ref().and_then(|label| self.samples.get(label));
        let dot = group("dot").or(defaults.dot);
        let nominal_temperature_c = number("temperature_c")
            .or_else(|| number("temperature_k").map(|kelvin| kelvin - aldb_elements::constants::ZERO_CELSIUS_K))
            .or(defaults.temperature_c);
        let in_path = number("electrode_area_cm2")
            .or_else(|| number("electrode_area_mm2").map(|area| area * 1e-2))
            .or_else(|| number("electrode_diameter_um").map(circle_cm2));
        let described = |sizes: fn(&KnownSample) -> &HashMap<String, f64>| {
            known.zip(dot.as_ref()).and_then(|(sample, dot)| sizes(sample).get(dot).copied())
        };
        let of_description = described(|sample| &sample.area_cm2).filter(|_| in_path.is_none());
        let electrode_area_cm2 = in_path
            .or(of_description)
            .or_else(|| stated("electrode_area_cm2"))
            .or(defaults.electrode_area_cm2)
            .filter(|area| area.is_finite() && *area > 0.0);
        Link {
            note: match (&stated_run, &stated_recipe) {
                (Some(_), Some(_)) => None,
                _ => note(source, captured.is_some(), sample_label.as_deref(), known),
            },
            sample_id: known.and(sample_label.clone()),
            run_id: stated_run.or_else(|| known.and_then(|sample| sample.run_id.clone())),
            recipe_id: stated_recipe.or_else(|| known.and_then(|sample| sample.recipe_id.clone())),
            repeat: group("repeat"),
            sample_label,
            electrode_area_err_cm2: of_description.and_then(|_| described(|sample| &sample.area_err_cm2)),
            electrode_area_cm2,
            temperature_c: stated("temperature_c").or(nominal_temperature_c),
            nominal_temperature_c,
            dot,
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

fn note(source: Option<&Source>, matched: bool, label: Option<&str>, known: Option<&KnownSample>) -> Option<String> {
    match (source, label, known) {
        (None, ..) => Some("the file belongs to no [[source]] of aldb.toml".to_owned()),
        (Some(source), None, _) => Some(match (&source.path, matched) {
            (Some(rule), false) => {
                format!("the path rule `{rule}` of source `{}` does not match the file's path", source.name)
            }
            _ => format!("neither the path rule nor the defaults of source `{}` name a sample", source.name),
        }),
        (Some(_), Some(label), None) => Some(format!("sample `{label}` is not described in samples/")),
        (Some(_), Some(_), Some(sample)) if sample.recipe_id.is_none() => {
            Some("the sample's recipe is not described in recipes/".to_owned())
        }
        (Some(_), Some(_), Some(_)) => None,
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
        Linker { configuration: &configuration(rule), samples: &samples }.link(Path::new(path), &metadata)
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
}
