//! The cycle types of a recipe as rows: the properties by which mixtures and series of doses are distinguished.

use std::collections::BTreeSet;

use aldb_elements::{Element, Formula};
use aldb_recipe::{Recipe, Step, StepKind};

use crate::rows::Rows;

/// Adds a row for every cycle type that the recipe runs.
pub(crate) fn push(rows: &mut Rows, recipe: &Recipe, recipe_id: &str, file_id: &str, batch: i64) {
    let supercycle = recipe.supercycle();
    let all = supercycle.cycle_count();
    let in_a_run: Vec<u64> =
        recipe.cycle_counts().into_iter().map(|(_, count)| count).filter(|count| *count > 0).collect();
    for ((cycle, count), in_a_run) in supercycle.cycles.iter().zip(in_a_run) {
        let density = cycle.expected.as_ref().and_then(|expected| expected.density_g_per_cm3);
        let density_err = cycle.expected.as_ref().and_then(|expected| expected.density_err_g_per_cm3);
        rows.push([
            ("recipe_id", recipe_id.into()),
            ("cycle", cycle.name.as_str().into()),
            ("repeats", recipe.times().map(|times| whole(u64::from(times).saturating_mul(in_a_run))).into()),
            ("repeats_per_supercycle", whole(*count).into()),
            ("cycles_per_supercycle", whole(all).into()),
            ("cycle_ratio", (*count as f64 / all as f64).into()),
            ("n_kinds", whole(supercycle.cycles.len() as u64).into()),
            ("doses", cycle.doses().into()),
            ("elements", symbols(elements(recipe, &cycle.steps)).into()),
            ("duration_s", cycle.length_ms().map(|length| length as f64 / 1e3).into()),
            ("density_g_per_cm3", density.into()),
            ("density_err_g_per_cm3", density_err.into()),
            ("file_id", file_id.into()),
            ("batch", batch.into()),
        ]);
    }
}

/// A count as stored in tables.
pub(crate) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn symbols(elements: BTreeSet<Element>) -> String {
    let symbols: BTreeSet<&str> = elements.into_iter().map(Element::symbol).collect();
    symbols.into_iter().collect::<Vec<_>>().join(" ")
}

/// The elements that a cycle brings, or could bring, into the film.
fn elements(recipe: &Recipe, steps: &[Step]) -> BTreeSet<Element> {
    let mut all = BTreeSet::new();
    for step in steps {
        if matches!(step.step, StepKind::Dose | StepKind::Plasma) {
            if let Some(precursor) = step.precursor.as_deref().and_then(|name| recipe.precursor(name)) {
                match &precursor.formula {
                    Some(formula) => all.extend(of_formula(formula).unwrap_or_else(|| of_abbreviated(formula))),
                    // `H2O` is a formula, `LiHMDS` is not: it contains no sulfur.
                    None => all.extend(of_formula(&precursor.name).unwrap_or_default()),
                }
            }
            all.extend(step.gas.as_deref().and_then(of_formula).unwrap_or_default());
        }
        all.extend(elements(recipe, &step.steps));
    }
    all
}

fn of_formula(text: &str) -> Option<BTreeSet<Element>> {
    Some(Formula::parse(text)?.fractions.into_iter().map(|(nuclide, _)| nuclide.element).collect())
}

/// The elements of a formula with groups such as `Me` and `Et`: every capital letter with the following lower-case
/// letter if that is the symbol of an element.
fn of_abbreviated(formula: &str) -> BTreeSet<Element> {
    let capitals = formula.char_indices().filter(|(_, letter)| letter.is_ascii_uppercase());
    let symbol = |(start, _): (usize, char)| {
        let length = 1 + usize::from(formula[start + 1..].starts_with(|next: char| next.is_ascii_lowercase()));
        Element::from_symbol(&formula[start..start + length])
    };
    capitals.filter_map(symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_from_formulas_with_abbreviated_groups_too() {
        let read = |formula: &str| symbols(of_formula(formula).unwrap_or_else(|| of_abbreviated(formula)));
        assert_eq!(read("LiN(Si(CH3)3)2"), "C H Li N Si");
        assert_eq!(read("Zr(NEtMe)4"), "N Zr");
    }

    /// The duration of a cycle in its row is that of the estimate and of the program that a controller runs, `start_s`
    /// included.
    #[test]
    fn a_row_has_the_length_of_a_cycle_with_parallel_steps() {
        let recipe = Recipe::from_toml(
            "name = \"x\"\nprocess = \"x\"\ndeposition_temperature_c = 300\ncycles = 10\n[[cycle]]\nname = \"A\"\n\
             step = [{ step = \"parallel\", steps = [{ step = \"pump\", duration_s = 5 }, \
             { step = \"wait\", start_s = 2.5, duration_s = 4 }] }, { step = \"pump\", duration_s = 1 }]\n",
        )
        .unwrap();
        let mut rows = Rows::of("recipe_cycles");
        push(&mut rows, &recipe, "id", "file", 1);
        let batch = rows.batch().unwrap();
        let lengths = batch.column_by_name("duration_s").unwrap();
        let lengths = lengths.as_any().downcast_ref::<arrow::array::Float64Array>().unwrap();
        assert_eq!(lengths.values().to_vec(), [7.5]);
        assert_eq!(recipe.supercycle().mean_cycle_s(), Some(7.5));
        assert_eq!(aldb_recipe::estimate(&recipe).duration_s, Some(75.0));
    }
}
