//! The steps of a recipe as rows: what is planned, in the order of its cycles.

use aldb_recipe::{Block, PumpValve, Recipe, Step};

use crate::rows::{Cell, Rows};

/// Adds a row for every step of every cycle; a parallel step is followed by its own, as `2.1`, `2.2`, ….
pub(crate) fn push(rows: &mut Rows, recipe: &Recipe, recipe_id: &str, file_id: &str, batch: i64) {
    for cycle in &recipe.cycle_types {
        let repeats = recipe.times().map(|times| i64::from(times).saturating_mul(count(&recipe.blocks(), &cycle.name)));
        let mut steps = Vec::new();
        numbered("", &cycle.steps, &mut steps);
        for (number, step) in steps {
            let pressure = step.precursor.as_deref().and_then(|name| recipe.precursor(name)?.dose_pressure_pa);
            rows.push([
                ("recipe_id", recipe_id.into()),
                ("cycle", cycle.name.as_str().into()),
                ("repeats", repeats.into()),
                ("step", number.into()),
                ("event", step.step.name().into()),
                ("precursor", step.precursor.clone().into()),
                ("duration_s", step.duration.map(aldb_recipe::Milliseconds::seconds).into()),
                ("dose_pressure_pa", pressure.into()),
                ("gas", step.gas.clone().into()),
                ("flow_sccm", step.flow_sccm.into()),
                ("power_w", step.power_w.into()),
                ("pump_valve", step.pump_valve.map_or(Cell::Null, |valve| word(valve).into())),
                ("start_s", step.start.map(aldb_recipe::Milliseconds::seconds).into()),
                ("file_id", file_id.into()),
                ("batch", batch.into()),
            ]);
        }
    }
}

fn word(valve: PumpValve) -> &'static str {
    match valve {
        PumpValve::Open => "open",
        PumpValve::Closed => "closed",
    }
}

fn numbered<'a>(of: &str, steps: &'a [Step], rows: &mut Vec<(String, &'a Step)>) {
    for (index, step) in steps.iter().enumerate() {
        let number = format!("{of}{}", index + 1);
        rows.push((number.clone(), step));
        numbered(&format!("{number}."), &step.steps, rows);
    }
}

/// How often a cycle stands in a sequence.
pub(crate) fn count(blocks: &[Block], cycle: &str) -> i64 {
    let once = |block: &Block| match &block.cycle {
        Some(name) => i64::from(name == cycle),
        None => count(&block.sequence, cycle),
    };
    blocks.iter().fold(0, |sum: i64, block| sum.saturating_add(once(block).saturating_mul(i64::from(block.repeat))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cycle_is_counted_through_every_repeat() {
        let recipe = Recipe::from_toml(
            "name = \"x\"\nprocess = \"x\"\ndeposition_temperature_c = 300\ncycles = 10\n\
             sequence = [{ cycle = \"A\" }, { repeat = 3, sequence = [{ cycle = \"B\", repeat = 2 }, { cycle = \"A\" }] }]\n\
             [[cycle]]\nname = \"A\"\nstep = [{ step = \"pump\" }]\n[[cycle]]\nname = \"B\"\nstep = [{ step = \"pump\" }]\n",
        )
        .unwrap();
        assert_eq!((count(&recipe.blocks(), "A"), count(&recipe.blocks(), "B")), (4, 6));
    }
}
