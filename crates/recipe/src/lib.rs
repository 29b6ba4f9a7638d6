//! Deposition recipes: reads them, and gives each an id that comes from its content.
//!
//! A recipe is TOML. Whatever changes the film is content; `name` and `note` are for people and do not
//! change the id. This crate never does I/O: it turns text into a [`Recipe`].

use serde_json::{Map, Value};

/// A recipe as people wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Name that people use.
    pub name: String,
    /// The material or chemistry, such as `LBO`.
    pub process: String,
    /// Temperature of the substrate during deposition.
    pub deposition_temperature_c: f64,
    /// Free text.
    pub note: Option<String>,
    canonical: String,
}

/// Why a recipe could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// It is not TOML.
    #[error("{0}")]
    Toml(String),
    /// An entry that every recipe needs is missing or of another type.
    #[error("expected `{entry}` as {expected}, found {found}")]
    Entry {
        /// The entry.
        entry: &'static str,
        /// The type.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A number is not finite: it has no canonical form.
    #[error("`{entry}` is {value}, expected a finite number")]
    NotFinite {
        /// The entry.
        entry: String,
        /// The number.
        value: String,
    },
}

/// Entries that are for people only, anywhere in a recipe. So is the recipe's own `name`; further inside, a
/// name says which precursor or step is meant, and is content.
const NOTES: [&str; 2] = ["note", "notes"];

impl Recipe {
    /// Reads a recipe from TOML.
    ///
    /// # Errors
    ///
    /// [`RecipeError`] with the line, or the entry that is missing.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| RecipeError::Toml(error.to_string()))?;
        let words = |entry: &'static str| match table.get(entry) {
            Some(toml::Value::String(text)) => Ok(text.clone()),
            other => Err(RecipeError::Entry { entry, expected: "text", found: describe(other) }),
        };
        let deposition_temperature_c = match table.get("deposition_temperature_c") {
            Some(toml::Value::Integer(value)) => *value as f64,
            Some(toml::Value::Float(value)) => *value,
            other => {
                return Err(RecipeError::Entry {
                    entry: "deposition_temperature_c",
                    expected: "a number in °C",
                    found: describe(other),
                });
            }
        };
        let mut content = Map::new();
        for (entry, value) in sorted(&table) {
            if entry != "name" && !NOTES.contains(&entry.as_str()) {
                content.insert(entry.clone(), canonical_value(entry, value)?);
            }
        }
        Ok(Self {
            name: words("name")?,
            process: words("process")?,
            deposition_temperature_c,
            note: table.get("note").or(table.get("notes")).and_then(toml::Value::as_str).map(str::to_owned),
            canonical: Value::Object(content).to_string(),
        })
    }

    /// The content as JSON: keys sorted, numbers in their shortest form, no white space.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The id: 128 bits of the BLAKE3 hash of [`Recipe::canonical`], in hexadecimal.
    #[must_use]
    pub fn recipe_id(&self) -> String {
        blake3::hash(self.canonical.as_bytes()).to_hex()[..32].to_owned()
    }
}

fn describe(value: Option<&toml::Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("{} `{value}`", value.type_str()))
}

/// The entries by name. A JSON object keeps its keys sorted or in order of insertion, whichever another crate of
/// the program asked `serde_json` for; inserted in this order, both are the same.
fn sorted(table: &toml::Table) -> Vec<(&String, &toml::Value)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| *name);
    entries
}

/// The same value in JSON. A whole number is one however it is written: `125` and `125.0` are the same temperature.
fn canonical_value(entry: &str, value: &toml::Value) -> Result<Value, RecipeError> {
    Ok(match value {
        toml::Value::String(text) => Value::from(text.trim()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::from(*number as i64),
        toml::Value::Float(number) => serde_json::Number::from_f64(*number)
            .map(Value::Number)
            .ok_or_else(|| RecipeError::NotFinite { entry: entry.to_owned(), value: number.to_string() })?,
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Datetime(time) => Value::from(time.to_string()),
        toml::Value::Array(items) => {
            Value::Array(items.iter().map(|item| canonical_value(entry, item)).collect::<Result<_, _>>()?)
        }
        toml::Value::Table(table) => {
            let mut object = Map::new();
            for (key, value) in sorted(table) {
                if !NOTES.contains(&key.as_str()) {
                    object.insert(key.clone(), canonical_value(key, value)?);
                }
            }
            Value::Object(object)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LBO: &str = "name = \"LBO at 125\"\nprocess = \"LBO\"\ndeposition_temperature_c = 125\nnote = \"first\"\n\
                       [[precursor]]\nname = \"LiHMDS\"\ndose_s = 3.5\n";

    #[test]
    fn names_and_notes_do_not_change_the_id() {
        let one = Recipe::from_toml(LBO).unwrap();
        let two = Recipe::from_toml(&LBO.replace("LBO at 125", "low").replace("first", "second")).unwrap();
        assert_ne!(one.name, two.name);
        assert_eq!(one.recipe_id(), two.recipe_id());
    }

    #[test]
    fn the_spelling_of_a_number_and_the_order_of_entries_do_not_change_the_id() {
        let one = Recipe::from_toml(LBO).unwrap();
        let other = "deposition_temperature_c = 125.0\nprocess = \"LBO\"\nname = \"x\"\n[[precursor]]\ndose_s = 3.50\nname = \"LiHMDS\"\n";
        assert_eq!(one.recipe_id(), Recipe::from_toml(other).unwrap().recipe_id());
    }

    #[test]
    fn whatever_changes_the_film_changes_the_id() {
        let one = Recipe::from_toml(LBO).unwrap();
        for (from, to) in [("125\n", "250\n"), ("LiHMDS", "LiOtBu"), ("3.5", "3.6")] {
            assert_ne!(one.recipe_id(), Recipe::from_toml(&LBO.replace(from, to)).unwrap().recipe_id(), "{from}");
        }
    }

    #[test]
    fn the_canonical_form_is_stable() {
        let recipe = Recipe::from_toml(LBO).unwrap();
        assert_eq!(
            recipe.canonical(),
            r#"{"deposition_temperature_c":125,"precursor":[{"dose_s":3.5,"name":"LiHMDS"}],"process":"LBO"}"#
        );
    }

    #[test]
    fn a_missing_entry_is_named() {
        let error = Recipe::from_toml("name = \"x\"\nprocess = \"LBO\"\n").unwrap_err();
        assert_eq!(error.to_string(), "expected `deposition_temperature_c` as a number in °C, found nothing");
    }
}
