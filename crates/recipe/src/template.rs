//! Recipes to start from: examples, and the text of a recipe with changed entries.

use crate::recipe::Recipe;

static EXAMPLES: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../schemas/recipes");

impl Recipe {
    /// The recipes that ship with the program, by name: their TOML.
    #[must_use]
    pub fn examples() -> Vec<(&'static str, &'static str)> {
        let mut files: Vec<_> = EXAMPLES
            .files()
            .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
            .collect();
        files.sort_unstable();
        files
    }
}

/// A recipe's text with changed entries at its top: `value` is TOML, `None` removes the entry. Everything else,
/// comments included, is unchanged. A missing entry is added.
#[must_use]
pub fn with_entries(text: &str, entries: &[(&str, Option<String>)]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut written = vec![false; entries.len()];
    let mut result = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with('[') {
            kept.push(line);
            break;
        }
        let key = line.split_once('=').map(|(key, _)| key.trim());
        let replaced = entries.iter().position(|(entry, _)| key == Some(*entry));
        let mut depth = open(line);
        let mut whole = vec![line];
        while depth > 0 {
            let Some(next) = lines.next() else { break };
            depth += open(next);
            whole.push(next);
        }
        match replaced {
            None => whole.iter().for_each(|line| result += &format!("{line}\n")),
            Some(index) => {
                written[index] = true;
                if let (entry, Some(value)) = &entries[index] {
                    result += &format!("{entry} = {value}\n");
                }
            }
        }
    }
    let missing: String = entries
        .iter()
        .zip(&written)
        .filter_map(|((entry, value), written)| {
            value.as_ref().filter(|_| !written).map(|value| format!("{entry} = {value}\n"))
        })
        .collect();
    let top = result.trim_end();
    let mut result = format!("{top}\n{missing}\n");
    for line in kept.into_iter().chain(lines) {
        result += &format!("{line}\n");
    }
    result
}

/// Brackets that a line opens and does not close, apart from those in strings and comments.
fn open(line: &str) -> i32 {
    let (mut depth, mut quoted) = (0, None);
    for letter in line.chars() {
        match (quoted, letter) {
            (Some(mark), _) if mark == letter => quoted = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quoted = Some(letter),
            (None, '#') => break,
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    depth
}

/// A string of TOML.
#[must_use]
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_replaced_taken_out_and_added() {
        let text = "# head\nname = \"a\"\nsubstrate = [\n    { material = \"Si\" },\n]\n\n[[cycle]]\nname = \"b\"\n";
        let entries = [("name", Some("\"c\"".to_owned())), ("substrate", None), ("cycles", Some("3".to_owned()))];
        assert_eq!(with_entries(text, &entries), "# head\nname = \"c\"\ncycles = 3\n\n[[cycle]]\nname = \"b\"\n");
    }

    #[test]
    fn every_example_reads_and_has_a_content_of_its_own() {
        let mut ids = std::collections::BTreeSet::new();
        for (name, text) in Recipe::examples() {
            let recipe = Recipe::from_toml(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(ids.insert(recipe.recipe_id()), "{name}");
        }
        assert!(ids.len() > 10, "{}", ids.len());
    }
}
