//! `aldb recipe export` and `new`: writes a recipe for a controller, or a new one to start from.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use aldb_recipe::export::{self, Target};
use aldb_recipe::{Recipe, quoted, with_entries};

use crate::files::write_whole;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes::{self, OnReactor};
use crate::terminal;

pub(super) fn export(on: &OnReactor, to: Target, path: Option<&Path>, lake: &LakeOption) -> Result<Outcome, Error> {
    let (_, released) = on.released(lake)?;
    let Some(released) = released else { return Ok(Outcome::Failed) };
    let bytes = export::export(&released, to)?;
    match path {
        None => {
            let mut out = terminal::output();
            out.write_all(&bytes)?;
            out.flush()?;
        }
        Some(path) => {
            write_whole(path, &bytes)?;
            terminal::message(&format_args!(
                "wrote {} to {}; it was read back and compared",
                to.name(),
                path.display()
            ));
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn new(name: &str, from: Option<&str>, path: Option<PathBuf>, lake: &LakeOption) -> Result<Outcome, Error> {
    let begin = recipes::recipe(from.unwrap_or("lbo_250"), lake)?;
    let note = format!("copied from {}", begin.place);
    let entries = [("name", Some(quoted(name))), ("note", Some(quoted(&note)))];
    let text = with_entries(&begin.text, &entries);
    let text: String = text.lines().skip_while(|line| line.starts_with('#') || line.is_empty()).fold(
        "# A recipe; docs/RECIPES.md describes the keys. `aldb recipe check` compares it with the rules of a reactor.\n\n"
            .to_owned(),
        |text, line| text + line + "\n",
    );
    Recipe::from_toml(&text)?;
    let path = path.unwrap_or_else(|| {
        let stem: String =
            name.chars().map(|letter| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' }).collect();
        let folder = lake.open().map(|lake| lake.root().join("recipes")).unwrap_or_default();
        folder.join(format!("{stem}.toml"))
    });
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))?;
    terminal::message(&format_args!("wrote {}: edit it, then run `aldb recipe check`", path.display()));
    Ok(Outcome::Done)
}
