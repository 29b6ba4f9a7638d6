//! Differences between two recipes.

use serde_json::Value;

use crate::canonical;
use crate::recipe::Recipe;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The entry, with its place.
    pub place: String,
    /// In the first recipe; null if it is not there.
    pub a: Option<String>,
    /// In the second.
    pub b: Option<String>,
}

/// The differences in content, in the order of the canonical form. Empty if the ids are the same.
#[must_use]
pub fn diff(a: &Recipe, b: &Recipe) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(&canonical::content(a)), Some(&canonical::content(b)), &mut found);
    found
}

fn compare(place: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Difference>) {
    if a == b {
        return;
    }
    let below = |entry: &str| if place.is_empty() { entry.to_owned() } else { format!("{place}, {entry}") };
    match (a, b) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut entries: Vec<&String> = a.keys().chain(b.keys()).collect();
            entries.sort_unstable();
            entries.dedup();
            for entry in entries {
                compare(&below(entry), a.get(entry), b.get(entry), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
            // Precursors are identified by their names, everything else by its place.
            let mut names: Vec<String> = a.iter().chain(b).filter_map(name).collect();
            names.sort_unstable();
            names.dedup();
            if names.is_empty() {
                for index in 0..a.len().max(b.len()) {
                    compare(&format!("{place} {}", index + 1), a.get(index), b.get(index), found);
                }
            }
            for called in names {
                let of = |values: &[Value]| values.iter().position(|value| name(value).as_ref() == Some(&called));
                let (of_a, of_b) = (of(a).and_then(|place| a.get(place)), of(b).and_then(|place| b.get(place)));
                compare(&format!("{place} `{called}`"), of_a, of_b, found);
            }
        }
        _ => {
            let words = |value: &Value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            found.push(Difference { place: place.to_owned(), a: a.map(words), b: b.map(words) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(name: &str) -> Recipe {
        let (_, text) = Recipe::examples().into_iter().find(|(example, _)| *example == name).unwrap();
        Recipe::from_toml(text).unwrap()
    }

    #[test]
    fn a_recipe_does_not_differ_from_itself_under_another_name() {
        let recipe = example("lbo_250");
        let renamed = Recipe { name: "another".to_owned(), note: None, ..recipe.clone() };
        assert_eq!(diff(&recipe, &renamed), []);
    }

    #[test]
    fn every_difference_is_named_with_both_values() {
        let (a, b) = (example("lbo_250_saturation_20_5_20"), example("lbo_250_saturation_20_5_40"));
        let place = "sequence 1, sequence 1, step 5, duration_s".to_owned();
        assert_eq!(diff(&a, &b), [Difference { place, a: Some("20".to_owned()), b: Some("40".to_owned()) }]);
    }

    #[test]
    fn a_precursor_that_is_only_in_one_is_named() {
        let differences = diff(&example("lbo_300"), &example("lpo_300"));
        let water = differences.iter().find(|difference| difference.place == "precursor `H2O`").unwrap();
        assert!(water.a.is_some() && water.b.is_none(), "{water:?}");
    }
}
