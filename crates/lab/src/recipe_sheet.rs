//! The recipes of the synthetic laboratory: the paper's, with other cycles, and the doses that they lead to.
//!
//! What a run does is read from the recipe's own text, as a controller would: length and order of doses and pumping are
//! not known here.

use aldb_recipe::{Block, Recipe, Step, StepKind, quoted, with_entries};

use crate::model::growth::Dose;
use crate::notebook::NOTE;

/// The text of one of the paper's recipes as this laboratory runs it. The substrate is left to the sample: one recipe is
/// run on several.
pub(crate) fn text(example: &str, name: &str, temperature_c: f64, sequences: u32) -> String {
    let examples = Recipe::examples();
    let paper = examples.iter().find(|(found, _)| *found == example).map_or("", |(_, text)| text);
    let note = Recipe::from_toml(paper).ok().and_then(|recipe| recipe.note).unwrap_or_default();
    let entries = [
        ("name", Some(quoted(name))),
        ("deposition_temperature_c", Some(format!("{temperature_c:?}"))),
        ("cycles", Some(sequences.to_string())),
        ("target_thickness_nm", None),
        ("substrate", None),
        ("note", Some(quoted(&format!("{NOTE}. {note}")))),
    ];
    format!("# {NOTE}.\n{}", with_entries(paper, &entries))
}

/// The doses of each cycle of one run of the sequence, without the growth that they bring.
pub(crate) fn doses(text: &str) -> Vec<Vec<Dose>> {
    let Ok(recipe) = Recipe::from_toml(text) else { return Vec::new() };
    let mut cycles = Vec::new();
    unroll(&recipe, &recipe.blocks(), &mut cycles);
    cycles
}

fn unroll(recipe: &Recipe, blocks: &[Block], cycles: &mut Vec<Vec<Dose>>) {
    for block in blocks {
        for _ in 0..block.repeat {
            match block.cycle.as_deref().and_then(|name| recipe.cycle_type(name)) {
                Some(cycle) => cycles.push(of_steps(&cycle.steps)),
                None => unroll(recipe, &block.sequence, cycles),
            }
        }
    }
}

/// A dose with all the pumping up to the next.
fn of_steps(steps: &[Step]) -> Vec<Dose> {
    let mut doses: Vec<Dose> = Vec::new();
    for step in steps {
        let length_s = step.length_ms().map_or(0.0, |length| length as f64 / 1e3);
        match (step.step, &step.precursor, doses.last_mut()) {
            (StepKind::Dose, Some(precursor), _) => {
                doses.push(Dose { precursor: precursor.clone(), dose_s: length_s, pump_s: 0.0, step_nm: 0.0 });
            }
            (_, _, Some(dose)) => dose.pump_s += length_s,
            _ => {}
        }
    }
    doses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipe_of_the_laboratory_is_the_papers_with_other_cycles() {
        let text = text("lbpo_cr017", "a film", 300.0, 12);
        let recipe = Recipe::from_toml(&text).unwrap();
        assert_eq!((recipe.name.as_str(), recipe.times(), recipe.substrate.len()), ("a film", Some(12), 0));
        assert!(recipe.note.unwrap().starts_with("synthetic"));
    }

    #[test]
    fn doses_and_pumping_are_those_of_the_recipe() {
        let cycles = doses(&text("lbpo_cr017", "a film", 300.0, 12));
        let precursors = |cycle: &[Dose]| cycle.iter().map(|dose| dose.precursor.clone()).collect::<Vec<_>>();
        assert_eq!(cycles.len(), 6);
        assert_eq!(precursors(&cycles[0]), ["LiHMDS", "H2O", "TMB"]);
        assert_eq!(precursors(&cycles[5]), ["LiHMDS", "TMP"]);
        assert_eq!((cycles[0][1].dose_s, cycles[0][1].pump_s), (5.0, 60.0));
    }
}
