//! The kinds of cycles of a recipe as rows: what mixtures and series of doses are told apart by.

use std::collections::BTreeSet;

use aldb_recipe::{Cycle, Recipe, Step, StepKind};

use crate::recipe_steps::count;
use crate::rows::Rows;

/// Adds a row for every kind of cycle that the recipe runs.
pub(crate) fn push(rows: &mut Rows, recipe: &Recipe, recipe_id: &str, file_id: &str, batch: i64) {
    let blocks = recipe.blocks();
    let counts = recipe.cycle_types.iter().map(|cycle| (cycle, count(&blocks, &cycle.name)));
    let run: Vec<(&Cycle, i64)> = counts.filter(|(_, count)| *count > 0).collect();
    let all = run.iter().fold(0_i64, |sum, (_, count)| sum.saturating_add(*count));
    let unit = run.iter().fold(0, |divisor, (_, count)| greatest_common_divisor(divisor, *count)).max(1);
    for (cycle, count) in &run {
        let density = cycle.expected.as_ref().and_then(|expected| expected.density_g_per_cm3);
        let lengths: Option<Vec<f64>> = cycle.steps.iter().map(length_s).collect();
        rows.push([
            ("recipe_id", recipe_id.into()),
            ("cycle", cycle.name.as_str().into()),
            ("repeats", recipe.times().map(|times| i64::from(times).saturating_mul(*count)).into()),
            ("repeats_per_supercycle", (count / unit).into()),
            ("cycles_per_supercycle", (all / unit).into()),
            ("cycle_ratio", (*count as f64 / all as f64).into()),
            ("n_kinds", i64::try_from(run.len()).unwrap_or(i64::MAX).into()),
            ("doses", cycle.doses().into()),
            ("elements", elements(recipe, &cycle.steps).into_iter().collect::<Vec<_>>().join(" ").into()),
            ("duration_s", lengths.map(|lengths| lengths.iter().sum::<f64>()).into()),
            ("density_g_per_cm3", density.into()),
            ("file_id", file_id.into()),
            ("batch", batch.into()),
        ]);
    }
}

/// Cycles after which a recipe repeats, and the mean length of a cycle (s); null where it has no cycles or says no length.
pub(crate) fn period(recipe: &Recipe) -> (Option<i64>, Option<f64>) {
    let blocks = recipe.blocks();
    let counts = recipe.cycle_types.iter().map(|cycle| (cycle, count(&blocks, &cycle.name)));
    let run: Vec<(&Cycle, i64)> = counts.filter(|(_, count)| *count > 0).collect();
    let all = run.iter().fold(0_i64, |sum, (_, count)| sum.saturating_add(*count));
    let unit = run.iter().fold(0, |divisor, (_, count)| greatest_common_divisor(divisor, *count));
    let length = run.iter().try_fold(0.0, |sum, (cycle, count)| {
        let own: f64 = cycle.steps.iter().map(length_s).sum::<Option<f64>>()?;
        Some(sum + own * *count as f64)
    });
    match all {
        0 => (None, None),
        _ => (Some(all / unit.max(1)), length.map(|length| length / all as f64)),
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// A parallel step lasts as long as the longest of its own.
fn length_s(step: &Step) -> Option<f64> {
    match step.duration {
        Some(duration) => Some(duration.seconds()),
        None if step.steps.is_empty() => None,
        None => step.steps.iter().map(length_s).try_fold(0.0, |longest: f64, length| Some(longest.max(length?))),
    }
}

fn doses_something(step: &Step) -> bool {
    matches!(step.step, StepKind::Dose | StepKind::Plasma)
}

/// The elements that a cycle brings into the film, or could.
fn elements(recipe: &Recipe, steps: &[Step]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for step in steps {
        if doses_something(step) {
            let formula = step
                .precursor
                .as_deref()
                .and_then(|name| recipe.precursor(name))
                .map(|precursor| precursor.formula.clone().unwrap_or_else(|| precursor.name.clone()));
            all.extend(formula.iter().chain(step.gas.iter()).flat_map(|formula| symbols(formula)));
        }
        all.extend(elements(recipe, &step.steps));
    }
    all
}

/// The symbols of a formula, each a capital with the small letter that follows it.
fn symbols(formula: &str) -> BTreeSet<String> {
    let letters: Vec<char> = formula.chars().collect();
    letters
        .iter()
        .enumerate()
        .filter(|(_, letter)| letter.is_ascii_uppercase())
        .map(|(place, letter)| {
            let small = letters.get(place + 1).filter(|next| next.is_ascii_lowercase());
            letter.to_string() + &small.map(char::to_string).unwrap_or_default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_read_from_a_formula() {
        assert_eq!(symbols("LiN(Si(CH3)3)2").into_iter().collect::<Vec<_>>(), ["C", "H", "Li", "N", "Si"]);
    }

    #[test]
    fn a_supercycle_is_reduced_to_its_smallest_unit() {
        assert_eq!(greatest_common_divisor(greatest_common_divisor(0, 93), 930), 93);
    }
}
