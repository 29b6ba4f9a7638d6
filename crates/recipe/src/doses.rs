//! The doses of a cycle in words: the quantities on which growth depends, by which cycles are distinguished.

use crate::recipe::{Cycle, Step, StepKind};

impl Cycle {
    /// Every dose with its duration, in the order of the recipe: `LiHMDS 20 s, H2O 5 s, TMB 20 s`. Cycles with the same
    /// doses have the same text, whatever their names and pumping times.
    #[must_use]
    pub fn doses(&self) -> String {
        let mut all = Vec::new();
        collect(&self.steps, &mut all);
        all.join(", ")
    }
}

fn collect(steps: &[Step], all: &mut Vec<String>) {
    for step in steps {
        if matches!(step.step, StepKind::Dose | StepKind::Plasma) {
            let name = step.precursor.as_deref().or(step.gas.as_deref());
            all.extend(name.map(|name| match step.duration {
                Some(duration) => format!("{name} {} s", duration.seconds()),
                None => name.to_owned(),
            }));
        }
        collect(&step.steps, all);
    }
}

#[cfg(test)]
mod tests {
    use crate::Recipe;

    #[test]
    fn doses_are_described_with_their_durations() {
        let (_, text) = Recipe::examples().into_iter().find(|(name, _)| *name == "lbo_250").unwrap();
        assert_eq!(Recipe::from_toml(text).unwrap().cycle_types[0].doses(), "LiHMDS 20 s, H2O 5 s, TMB 20 s");
    }
}
