//! Finds recipes and reactors by name: a file, one of the lake, or a shipped one.

use std::path::{Path, PathBuf};

use aldb_recipe::{Reactor, Recipe, Released, Report, Severity, check};
use clap::Args;

use crate::lake_option::LakeOption;
use crate::outcome::Error;
use crate::terminal::{self, count};

/// A recipe and its text.
pub(crate) struct NamedRecipe {
    pub(crate) recipe: Recipe,
    pub(crate) text: String,
    /// Where it was found, for messages.
    pub(crate) place: String,
}

/// The recipe of this name: the path of a file; otherwise a file, a name or an id in the lake's `recipes/`; otherwise an example.
pub(crate) fn recipe(named: &str, lake: &LakeOption) -> Result<NamedRecipe, Error> {
    let read = |text: String, place: String| match Recipe::from_toml(&text) {
        Ok(recipe) => Ok(NamedRecipe { recipe, text, place }),
        Err(error) => Err(Error::from(format!("{place}: {error}"))),
    };
    if Path::new(named).is_file() {
        return read(text(Path::new(named))?, named.to_owned());
    }
    let stem = named.strip_suffix(".toml").unwrap_or(named);
    for path in in_lake(lake, "recipes") {
        let content = text(&path)?;
        let called = path.file_stem().is_some_and(|name| name == stem);
        let is_it = || Recipe::from_toml(&content).is_ok_and(|it| it.name == named || it.recipe_id() == named);
        if called || is_it() {
            return read(content, path.display().to_string());
        }
    }
    let examples = Recipe::examples();
    match examples.iter().find(|(name, _)| *name == stem) {
        Some((name, text)) => read((*text).to_owned(), format!("example {name}")),
        None => Err(unknown("recipe", named, "recipes", examples.iter().map(|(name, _)| *name))),
    }
}

/// The reactor of this name: the path of a file; otherwise a file in the lake's `reactors/`; otherwise a shipped one.
pub(crate) fn reactor(named: &str, lake: &LakeOption) -> Result<Reactor, Error> {
    let (text, place) = reactor_text(named, lake)?;
    Reactor::from_toml(&text).map_err(|error| format!("{place}: {error}").into())
}

/// The description of the reactor of this name as written, and where it was found.
pub(crate) fn reactor_text(named: &str, lake: &LakeOption) -> Result<(String, String), Error> {
    if Path::new(named).is_file() {
        return Ok((text(Path::new(named))?, named.to_owned()));
    }
    let stem = named.strip_suffix(".toml").unwrap_or(named);
    for path in in_lake(lake, "reactors") {
        if path.file_stem().is_some_and(|name| name == stem) {
            return Ok((text(&path)?, path.display().to_string()));
        }
    }
    let shipped = Reactor::shipped();
    match shipped.iter().find(|(name, _)| *name == stem) {
        Some((name, text)) => Ok(((*text).to_owned(), (*name).to_owned())),
        None => Err(unknown("reactor", named, "reactors", shipped.iter().map(|(name, _)| *name))),
    }
}

/// A recipe that can be named.
pub(crate) struct Found {
    /// Its name on the command line.
    pub(crate) called: String,
    /// `lake` or `example`.
    pub(crate) place: &'static str,
    pub(crate) recipe: Result<Recipe, String>,
}

/// All recipes that can be named: the lake's, then the examples.
pub(crate) fn all(lake: &LakeOption) -> Vec<Found> {
    let read = |text: &str| Recipe::from_toml(text).map_err(|error| error.to_string());
    let mut found = Vec::new();
    for path in in_lake(lake, "recipes") {
        let recipe = text(&path).map_err(|error| error.to_string()).and_then(|text| read(&text));
        let called = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        found.push(Found { called, place: "lake", recipe });
    }
    let example =
        |(name, text): &(&str, &str)| Found { called: (*name).to_owned(), place: "example", recipe: read(text) };
    found.extend(Recipe::examples().iter().map(example));
    found
}

fn unknown<'a>(what: &str, named: &str, folder: &str, shipped: impl Iterator<Item = &'a str>) -> Error {
    let names: Vec<_> = shipped.collect();
    format!("no {what} `{named}`: expected a file, a name in the lake's {folder}/, or one of {}", names.join(", "))
        .into()
}

fn text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()).into())
}

/// The TOML files of a folder of the lake, where there is one.
fn in_lake(lake: &LakeOption, folder: &str) -> Vec<PathBuf> {
    let Ok(lake) = lake.open() else { return Vec::new() };
    let entries = std::fs::read_dir(lake.root().join(folder)).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths
}

/// A recipe and the reactor that is to run it.
#[derive(Debug, Clone, Args)]
pub(crate) struct OnReactor {
    /// The recipe
    recipe: String,
    /// The reactor
    #[arg(long, env = "ALDB_REACTOR", default_value = "high_vacuum")]
    pub(crate) reactor: String,
}

impl OnReactor {
    pub(crate) fn find(&self, lake: &LakeOption) -> Result<(NamedRecipe, Reactor), Error> {
        Ok((recipe(&self.recipe, lake)?, reactor(&self.reactor, lake)?))
    }

    /// The recipe, released if it complies with the rules of the reactor; otherwise all violations are printed.
    pub(crate) fn released(&self, lake: &LakeOption) -> Result<(NamedRecipe, Option<Released>), Error> {
        let (named, reactor) = self.find(lake)?;
        let report = check(&named.recipe, &reactor);
        let released = report.released().cloned();
        if released.is_none() {
            for violation in &report.violations {
                terminal::message(&format_args!("{violation}"));
            }
            terminal::error(&format!("{}: {}", named.place, verdict(&report, &reactor)));
        }
        Ok((named, released))
    }
}

/// Whether a recipe may run on a reactor, in words.
pub(crate) fn verdict(report: &Report, reactor: &Reactor) -> String {
    let exceeded = |severity| report.violations.iter().filter(|violation| violation.severity == severity).count();
    let (n_hard, n_soft) = (exceeded(Severity::Hard), exceeded(Severity::Soft));
    let (hard, soft) = (count(n_hard, "hard limit"), count(n_soft, "soft limit"));
    match (n_hard, n_soft, report.released()) {
        (0, 0, _) => format!("may run on {}", reactor.name),
        (0, _, Some(_)) => format!("may run on {}: {soft} exceeded for a stated reason", reactor.name),
        (0, _, None) => {
            format!(
                "must not run on {}: {soft} exceeded; state a reason in [[accept]] with `rule` and `reason`",
                reactor.name
            )
        }
        _ => format!("must not run on {}: {hard} and {soft} exceeded", reactor.name),
    }
}
