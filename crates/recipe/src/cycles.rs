//! Number and duration of cycles: their number in the sequence, the supercycle, durations, numbers of steps.
//!
//! Estimates, compiled programs, tables and exports all use these functions.

use crate::recipe::{Block, Cycle, Recipe, Step, StepKind};

impl Step {
    /// Duration (ms) from the beginning of the step, or of the parallel step that contains it, to its end. A parallel
    /// step ends with the last of its own steps, each of which begins after its `start_s`. `None` if a duration is not
    /// known.
    #[must_use]
    pub fn length_ms(&self) -> Option<u64> {
        let own = match self.step {
            StepKind::Parallel => self.steps.iter().try_fold(0, |end, step| Some(step.length_ms()?.max(end)))?,
            _ => u64::from(self.duration?.0),
        };
        Some(self.start.map_or(0, |start| u64::from(start.0)).saturating_add(own))
    }
}

impl Cycle {
    /// Duration (ms) of one cycle; `None` if that of a step is not known.
    #[must_use]
    pub fn length_ms(&self) -> Option<u64> {
        self.steps.iter().try_fold(0, |sum: u64, step| Some(sum.saturating_add(step.length_ms()?)))
    }

    /// Every step with its number: `1`, `2`, and `2.1`, `2.2` for those of a parallel step, which follow it.
    #[must_use]
    pub fn numbered_steps(&self) -> Vec<(String, &Step)> {
        fn add<'a>(prefix: &str, steps: &'a [Step], all: &mut Vec<(String, &'a Step)>) {
            for (index, step) in steps.iter().enumerate() {
                let number = format!("{prefix}{}", index + 1);
                all.push((number.clone(), step));
                add(&format!("{number}."), &step.steps, all);
            }
        }
        let mut all = Vec::new();
        add("", &self.steps, &mut all);
        all
    }
}

impl Recipe {
    /// Every cycle type with its number of cycles in one run of the sequence, in the order of the recipe; 0 if the
    /// sequence does not contain it.
    #[must_use]
    pub fn cycle_counts(&self) -> Vec<(&Cycle, u64)> {
        fn count(blocks: &[Block], cycle: &str) -> u64 {
            blocks.iter().fold(0, |sum: u64, block| {
                let once = match &block.cycle {
                    Some(name) => u64::from(name == cycle),
                    None => count(&block.sequence, cycle),
                };
                sum.saturating_add(once.saturating_mul(u64::from(block.repeat)))
            })
        }
        let blocks = self.blocks();
        self.cycle_types.iter().map(|cycle| (cycle, count(&blocks, &cycle.name))).collect()
    }

    /// The smallest whole unit of the mixture that the sequence repeats.
    #[must_use]
    pub fn supercycle(&self) -> Supercycle<'_> {
        let mut cycles = self.cycle_counts();
        cycles.retain(|(_, count)| *count > 0);
        let divisor = cycles.iter().fold(0, |divisor, (_, count)| greatest_common_divisor(divisor, *count)).max(1);
        for (_, count) in &mut cycles {
            *count /= divisor;
        }
        Supercycle { cycles }
    }
}

/// The cycles of a mixture in their smallest whole numbers: k of the first and l of the second; 1 if there is one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Supercycle<'a> {
    /// Every cycle type that is run, with its number of cycles, 1 or more; empty if the recipe has no cycle.
    pub cycles: Vec<(&'a Cycle, u64)>,
}

impl Supercycle<'_> {
    /// Cycles of all types.
    #[must_use]
    pub fn cycle_count(&self) -> u64 {
        self.cycles.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count))
    }

    /// Duration (ms); `None` if that of a step is not known.
    #[must_use]
    pub fn length_ms(&self) -> Option<u64> {
        let lengths = self.cycles.iter().map(|(cycle, count)| Some(cycle.length_ms()?.saturating_mul(*count)));
        lengths.sum::<Option<u64>>()
    }

    /// Mean duration of a cycle (s); `None` if there is no cycle, or the duration of a step is not known.
    #[must_use]
    pub fn mean_cycle_s(&self) -> Option<f64> {
        let count = Some(self.cycle_count()).filter(|count| *count > 0)?;
        Some(self.length_ms()? as f64 / 1e3 / count as f64)
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use crate::Recipe;

    fn recipe(sequence: &str) -> Recipe {
        Recipe::from_toml(&format!(
            "name = \"x\"\nprocess = \"x\"\ndeposition_temperature_c = 300\ncycles = 10\nsequence = [{sequence}]\n\
             [[cycle]]\nname = \"A\"\nstep = [{{ step = \"pump\", duration_s = 3 }}]\n\
             [[cycle]]\nname = \"B\"\nstep = [\n{{ step = \"parallel\", steps = [\n\
             {{ step = \"purge\", duration_s = 5, gas = \"Ar\", flow_sccm = 1 }},\n\
             {{ step = \"parallel\", start_s = 2.5, steps = [{{ step = \"wait\", start_s = 1, duration_s = 4 }}] }},\n] }},\n\
             {{ step = \"pump\", duration_s = 0.5 }},\n]\n",
        ))
        .unwrap()
    }

    #[test]
    fn a_cycle_is_counted_through_every_repeat() {
        let recipe =
            recipe("{ cycle = \"A\" }, { repeat = 3, sequence = [{ cycle = \"B\", repeat = 2 }, { cycle = \"A\" }] }");
        let counts: Vec<_> = recipe.cycle_counts().into_iter().map(|(cycle, count)| (&*cycle.name, count)).collect();
        assert_eq!(counts, [("A", 4), ("B", 6)]);
        let supercycle = recipe.supercycle();
        let counts: Vec<_> = supercycle.cycles.iter().map(|(cycle, count)| (&*cycle.name, *count)).collect();
        assert_eq!(counts, [("A", 2), ("B", 3)]);
        assert_eq!(supercycle.cycle_count(), 5);
        assert_eq!(supercycle.mean_cycle_s(), Some((2.0 * 3.0 + 3.0 * 8.0) / 5.0));
    }

    #[test]
    fn a_parallel_step_ends_with_the_last_of_its_own() {
        let recipe = recipe("{ cycle = \"B\" }");
        assert_eq!(recipe.cycle_types[1].length_ms(), Some(7_500 + 500));
        assert_eq!(recipe.supercycle().cycles.len(), 1);
    }

    #[test]
    fn steps_of_a_parallel_one_are_numbered_below_it() {
        let recipe = recipe("{ cycle = \"A\" }, { cycle = \"B\" }");
        let numbers: Vec<_> = recipe.cycle_types[1].numbered_steps().into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, ["1", "1.1", "1.2", "1.2.1", "2"]);
    }
}
