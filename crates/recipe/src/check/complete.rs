//! The information that every reactor requires of a recipe.

use super::violation::{Violation, hard, steps};
use crate::recipe::{Recipe, StepKind};

const RULE: &str = "complete";

/// Lists every missing entry.
pub(super) fn entries(recipe: &Recipe, found: &mut Vec<Violation>) {
    let mut missing = |place: &str, entry: &str| {
        found.push(hard(RULE, place, format!("expected `{entry}`, found none")));
    };
    if recipe.base_pressure_pa.is_none() {
        missing("recipe", "base_pressure_pa");
    }
    if recipe.settle.is_none() {
        missing("recipe", "settle_s");
    }
    if recipe.wall_temperature_c.is_none() {
        missing("recipe", "wall_temperature_c");
    }
    if recipe.times().is_none() {
        let entry = match recipe.target_thickness_nm {
            Some(_) => "cycles` or the growth of every cycle, which target_thickness_nm needs: `growth_per_cycle_nm",
            None => "cycles` or `target_thickness_nm",
        };
        missing("recipe", entry);
    }
    if steps(recipe).is_empty() {
        missing("recipe", "[[cycle]]` with steps, `[[cycle.step]]");
    }
    for (place, step) in steps(recipe) {
        match step.duration {
            None => missing(&place, "duration_s"),
            Some(duration) if duration.0 == 0 => missing(&place, "duration_s` above 0 in `duration_s = 0"),
            Some(_) => {}
        }
        if matches!(step.step, StepKind::Purge | StepKind::Plasma) {
            if step.gas.is_none() {
                missing(&place, "gas");
            }
            if step.flow_sccm.is_none() {
                missing(&place, "flow_sccm");
            }
        }
        if step.step == StepKind::Plasma && step.power_w.is_none() {
            missing(&place, "power_w");
        }
    }
    for precursor in &recipe.precursors {
        let place = format!("precursor `{}`", precursor.name);
        if precursor.carrier_gas.is_some() && precursor.carrier_flow_sccm.is_none() {
            missing(&place, "carrier_flow_sccm");
        }
        if precursor.dose_pressure_pa.is_none() {
            missing(&place, "dose_pressure_pa");
        }
    }
}
