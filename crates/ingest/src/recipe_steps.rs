//! The steps of a recipe as rows: the plan, in the order of its cycles.

use aldb_recipe::{PumpValve, Recipe};

use crate::recipe_cycles::whole;
use crate::rows::{Cell, Rows};

/// Adds a row for every step of every cycle; a parallel step is followed by its own steps, as `2.1`, `2.2`, ….
pub(crate) fn push(rows: &mut Rows, recipe: &Recipe, recipe_id: &str, file_id: &str, batch: i64) {
    for (cycle, count) in recipe.cycle_counts() {
        let repeats = recipe.times().map(|times| whole(u64::from(times).saturating_mul(count)));
        for (number, step) in cycle.numbered_steps() {
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
