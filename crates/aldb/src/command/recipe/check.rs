//! `aldb recipe check`: compares a recipe with every rule of a reactor.

use std::io::Write as _;

use serde_json::json;

use super::super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes::{OnReactor, verdict};
use crate::terminal;

pub(super) fn check(on: &OnReactor, lake: &LakeOption, format: ReportFormat) -> Result<Outcome, Error> {
    let (named, reactor) = on.find(lake)?;
    let report = aldb_recipe::check(&named.recipe, &reactor);
    let passes = report.released().is_some();
    let mut out = terminal::output();
    match format {
        ReportFormat::Json => {
            let object = json!({
                "recipe": named.recipe.name,
                "recipe_id": named.recipe.recipe_id(),
                "reactor": reactor.name,
                "passes": passes,
                "violations": report.violations,
            });
            writeln!(out, "{}", serde_json::to_string_pretty(&object)?)?;
        }
        ReportFormat::Table => {
            for violation in &report.violations {
                writeln!(out, "{violation}")?;
            }
            writeln!(out, "{} ({}) {}", named.recipe.name, named.place, verdict(&report, &reactor))?;
        }
    }
    out.flush()?;
    Ok(if passes { Outcome::Done } else { Outcome::Failed })
}
