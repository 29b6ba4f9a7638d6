//! `aldb recipe approve`: appends a signature to a recipe.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use aldb_recipe::quoted;

use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes;
use crate::terminal;

pub(super) fn approve(recipe: &str, name: &str, lake: &LakeOption) -> Result<Outcome, Error> {
    let named = recipes::recipe(recipe, lake)?;
    let path = Path::new(&named.place);
    if !path.is_file() {
        return Err(format!("{}: expected a file; `aldb recipe new --from {recipe}` makes one", named.place).into());
    }
    let name = name.trim();
    if name.is_empty() {
        return Err("`--name` is empty, expected who approves the recipe".into());
    }
    let time = jiff::ZonedDateTime::now().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let digest = named.recipe.approval_digest();
    let newline = if named.text.ends_with('\n') { "" } else { "\n" };
    let entry =
        format!("{newline}\n[[approval]]\nname = {}\ntime = {}\ndigest = \"{digest}\"\n", quoted(name), quoted(&time));
    // An inline list of approvals cannot be continued with a table.
    aldb_recipe::Recipe::from_toml(&format!("{}{entry}", named.text))
        .map_err(|error| format!("{}: write approvals as [[approval]]: {error}", named.place))?;
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(entry.as_bytes())?;
    file.sync_all()?;
    terminal::message(&format_args!(
        "{} ({}) is approved by {name}; any change voids this",
        named.recipe.name, named.place
    ));
    Ok(Outcome::Done)
}
