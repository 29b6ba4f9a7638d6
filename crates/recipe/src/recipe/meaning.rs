//! Whether the entries of a recipe are consistent: names are unique and defined where they are used, numbers are finite.
//!
//! All faults are found at once.

use super::{Block, DEEPEST, Recipe, Step, StepKind};
use crate::canonical;
use crate::keys::FileFault;
use crate::source::Source;

/// A way to an entry: keys, and which of the tables of that name.
type Way<'a> = Vec<(&'a str, usize)>;

struct Meaning<'a> {
    recipe: &'a Recipe,
    source: Option<Source<'a>>,
    found: Vec<FileFault>,
}

/// Every fault of a recipe, with its line if the text is known.
pub(super) fn faults<'a>(recipe: &'a Recipe, source: Option<Source<'a>>) -> Vec<FileFault> {
    let mut meaning = Meaning { recipe, source, found: Vec::new() };
    meaning.numbers();
    meaning.names();
    for (cycle, of) in recipe.cycle_types.iter().enumerate() {
        for (index, step) in of.steps.iter().enumerate() {
            let way = vec![("cycle", cycle), ("step", index)];
            meaning.step(&way, &format!("cycle `{}`, step {}", of.name, index + 1), step, 0);
        }
    }
    if recipe.sequence.is_empty() && recipe.cycle_types.len() > 1 {
        let names: Vec<_> = recipe.cycle_types.iter().map(|cycle| format!("`{}`", cycle.name)).collect();
        let problem = format!("expected the order of the cycles {}, found none", names.join(", "));
        meaning.add(&[("cycle", 0)], "sequence", problem);
    }
    meaning.blocks(&Vec::new(), "sequence", &recipe.sequence, 0);
    if recipe.cycles == Some(0) {
        meaning.add(&[("cycles", 0)], "cycles", "expected 1 or more, found 0".to_owned());
    }
    meaning.found
}

impl Meaning<'_> {
    fn add(&mut self, way: &[(&str, usize)], place: &str, problem: String) {
        let line = self.source.as_ref().map(|source| source.entry(way).0);
        self.found.push(FileFault { line, place: place.to_owned(), problem });
    }

    /// Numbers of a file are finite already.
    fn numbers(&mut self) {
        for (place, value) in canonical::numbers(self.recipe) {
            if !value.is_finite() {
                self.add(&[], &place, format!("expected a finite number, found {value}"));
            }
        }
    }

    fn names(&mut self) {
        let recipe = self.recipe;
        for (what, names) in [
            ("precursor", recipe.precursors.iter().map(|precursor| &precursor.name).collect::<Vec<_>>()),
            ("cycle", recipe.cycle_types.iter().map(|cycle| &cycle.name).collect()),
        ] {
            for (index, name) in names.iter().enumerate() {
                let way = [(what, index), ("name", 0)];
                if name.trim().is_empty() {
                    self.add(&way, &format!("{what} {}", index + 1), "expected a name, found none".to_owned());
                } else if names[..index].contains(name) {
                    let problem = "the name is used twice; expected one of each".to_owned();
                    self.add(&way, &format!("{what} `{name}`"), problem);
                }
            }
        }
    }

    fn step(&mut self, way: &Way<'_>, place: &str, step: &Step, depth: usize) {
        let kind = step.step.name();
        if depth > DEEPEST {
            return self.add(way, place, format!("expected steps nested {DEEPEST} deep at most"));
        }
        let recipe = self.recipe;
        let mut wrong = Vec::new();
        match (step.step, &step.precursor) {
            (StepKind::Dose, None) => wrong.push("a dose: expected `precursor`, found none".to_owned()),
            (StepKind::Dose, Some(name)) if recipe.precursor(name).is_none() => {
                let known: Vec<_> = recipe.precursors.iter().map(|known| format!("`{}`", known.name)).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                wrong.push(format!("no [[precursor]] is called `{name}`; there are: {known}"));
            }
            (StepKind::Dose, Some(_)) | (_, None) => {}
            (_, Some(_)) => wrong.push(format!("only a dose has a `precursor`, this is a {kind}")),
        }
        let gas = matches!(step.step, StepKind::Purge | StepKind::Plasma);
        if !gas && (step.gas.is_some() || step.flow_sccm.is_some()) {
            wrong.push(format!("only a purge or a plasma has `gas` and `flow_sccm`, this is a {kind}"));
        }
        if step.power_w.is_some() && step.step != StepKind::Plasma {
            wrong.push(format!("only a plasma has `power_w`, this is a {kind}"));
        }
        if step.step == StepKind::Parallel {
            if step.duration.is_some() {
                wrong.push("a parallel step lasts as long as its own steps; leave out `duration_s`".to_owned());
            }
            if step.steps.is_empty() {
                wrong.push("a parallel step: expected `steps`, found none".to_owned());
            }
        } else if !step.steps.is_empty() {
            wrong.push(format!("only a parallel step has `steps`, this is a {kind}"));
        }
        if depth == 0 && step.start.is_some() {
            wrong.push("only a step of a parallel one has `start_s`".to_owned());
        }
        for problem in wrong {
            self.add(way, place, problem);
        }
        for (index, inner) in step.steps.iter().enumerate() {
            let way: Way<'_> = way.iter().copied().chain([("steps", index)]).collect();
            self.step(&way, &format!("{place}.{}", index + 1), inner, depth + 1);
        }
    }

    fn blocks(&mut self, way: &Way<'_>, place: &str, blocks: &[Block], depth: usize) {
        for (index, block) in blocks.iter().enumerate() {
            let place = format!("{place}, part {}", index + 1);
            let way: Way<'_> = way.iter().copied().chain([("sequence", index)]).collect();
            if depth > DEEPEST {
                return self.add(&way, &place, format!("expected sequences nested {DEEPEST} deep at most"));
            }
            if block.repeat == 0 {
                self.add(&way, &place, "expected `repeat` of 1 or more, found 0".to_owned());
            }
            match (&block.cycle, block.sequence.is_empty()) {
                (Some(name), true) if self.recipe.cycle_type(name).is_none() => {
                    self.add(&way, &place, format!("no [[cycle]] is called `{name}`"));
                }
                (Some(_), true) => {}
                (None, false) => self.blocks(&way, &place, &block.sequence, depth + 1),
                (Some(_), false) => self.add(&way, &place, "expected `cycle` or `sequence`, found both".to_owned()),
                (None, true) => self.add(&way, &place, "expected `cycle` or `sequence`, found neither".to_owned()),
            }
        }
    }
}
