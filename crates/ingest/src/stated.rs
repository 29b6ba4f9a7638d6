//! Keys of measurements as a path, a source or a person states them, before they are related to samples and runs.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Keys that a path, the defaults of a source or a person states.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Stated {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repeat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) temperature_c: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) electrode_area_cm2: Option<f64>,
    /// Date, operator and groups of people's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tags: BTreeMap<String, String>,
}

impl Stated {
    /// These keys where they are stated, otherwise those.
    pub(crate) fn or(&self, other: &Self) -> Self {
        let mut tags = other.tags.clone();
        tags.extend(self.tags.clone());
        Self {
            sample: self.sample.clone().or_else(|| other.sample.clone()),
            run: self.run.clone().or_else(|| other.run.clone()),
            dot: self.dot.clone().or_else(|| other.dot.clone()),
            repeat: self.repeat.clone().or_else(|| other.repeat.clone()),
            temperature_c: self.temperature_c.or(other.temperature_c),
            electrode_area_cm2: self.electrode_area_cm2.or(other.electrode_area_cm2),
            tags,
        }
    }

    /// For people: `sample LBO-17, electrode 2, 30 °C`.
    pub(crate) fn shown(&self) -> String {
        let word = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
        let parts = [
            word("sample", &self.sample),
            word("run", &self.run),
            word("electrode", &self.dot),
            word("repeat", &self.repeat),
            self.temperature_c.map(|temperature| format!("{temperature} °C")),
        ];
        let tags = self.tags.iter().map(|(name, value)| format!("{name} {value}"));
        let parts: Vec<String> = parts.into_iter().flatten().chain(tags).collect();
        if parts.is_empty() { "no keys".to_owned() } else { parts.join(", ") }
    }
}

/// Keys that a person gave to a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ByHand {
    /// The sheet that states them.
    pub(crate) sheet: String,
    pub(crate) keys: Stated,
}

/// What people gave to files, by the absolute paths of these.
#[derive(Debug, Default)]
pub(crate) struct Exceptions {
    by_path: HashMap<PathBuf, ByHand>,
}

impl Exceptions {
    pub(crate) fn new(by_path: HashMap<PathBuf, ByHand>) -> Self {
        Self { by_path }
    }

    pub(crate) fn of_path(&self, path: &Path) -> Option<&ByHand> {
        self.by_path.get(path)
    }
}
