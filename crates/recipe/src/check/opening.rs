//! How long a valve is open before what came through it has been pumped away.
//!
//! The longest dose of a rule `dose_time` limits the time for which the valve is open since the last sufficient pumping
//! or purging, in however many doses: adjacent, staggered, repeated, or in rounds of a loop. It is computed in closed
//! form for any number of rounds.

use super::reactants::Reactants;
use super::violation::{Violation, exceeds, steps};
use crate::program::Program;
use crate::reactor::Reactor;
use crate::recipe::Recipe;
use crate::rule::Limit;

/// Openings of one valve without a sufficient purge between them: their sum, and the last slot.
#[derive(Debug, Clone, Copy)]
struct Row {
    open_ms: u64,
    slot: usize,
}

/// The openings of one valve in a part of the run.
#[derive(Debug, Clone, Copy)]
struct Openings {
    /// Purging before the first opening, or all of it if there is none.
    before_ms: u64,
    rows: Option<Rows>,
}

#[derive(Debug, Clone, Copy)]
struct Rows {
    first: Row,
    last: Row,
    /// Whether the first row is also the last.
    single: bool,
    longest: Row,
    /// Purging after the last opening.
    after_ms: u64,
}

fn then(a: Openings, b: Openings, enough_ms: u64) -> Openings {
    let Some(before) = a.rows else {
        return Openings { before_ms: a.before_ms.saturating_add(b.before_ms), ..b };
    };
    let gap_ms = before.after_ms.saturating_add(b.before_ms);
    let Some(after) = b.rows else {
        return Openings { rows: Some(Rows { after_ms: gap_ms, ..before }), ..a };
    };
    let longer = |a: Row, b: Row| if b.open_ms > a.open_ms { b } else { a };
    let mut rows = Rows {
        first: before.first,
        last: after.last,
        single: false,
        longest: longer(before.longest, after.longest),
        after_ms: after.after_ms,
    };
    if gap_ms < enough_ms {
        let joined = Row { open_ms: before.last.open_ms.saturating_add(after.first.open_ms), slot: after.first.slot };
        if before.single {
            rows.first = joined;
        }
        if after.single {
            rows.last = joined;
        }
        rows.single = before.single && after.single;
        rows.longest = longer(rows.longest, joined);
    }
    Openings { rows: Some(rows), ..a }
}

/// The longest time for which a valve is open without a sufficient purge.
fn longest(reactants: &Reactants<'_>, program: &Program, line: usize, enough_ms: u64) -> Option<Row> {
    let all = program.combined(
        |index, slot| {
            let duration_ms = u64::from(slot.duration_ms);
            if slot.outputs.valves >> line & 1 == 1 {
                let row = Row { open_ms: duration_ms, slot: index };
                let rows = Rows { first: row, last: row, single: true, longest: row, after_ms: 0 };
                Openings { before_ms: 0, rows: Some(rows) }
            } else {
                let purges = reactants.purges(&slot.outputs);
                Openings { before_ms: if purges { duration_ms } else { 0 }, rows: None }
            }
        },
        |a, b| then(a, b, enough_ms),
    );
    all.and_then(|all| all.rows).map(|rows| rows.longest)
}

/// Compares the time for which every valve is open with the longest dose.
pub(super) fn caps(
    recipe: &Recipe,
    reactor: &Reactor,
    program: &Program,
    places: &[String],
    found: &mut Vec<Violation>,
) {
    let reactants = Reactants::new(recipe, reactor);
    for line in 0..reactor.lines.len() {
        let Some(precursor) = recipe.precursors.iter().find(|own| reactor.lines[line].precursors.contains(&own.name))
        else {
            continue;
        };
        let enough_ms = reactants.enough_ms(line);
        let Some(longest) = longest(&reactants, program, line, enough_ms) else { continue };
        for rule in &reactor.rules {
            let Limit::DoseTime { precursors, max, .. } = &rule.limit else { continue };
            // A single dose that is too long is reported where it is.
            let single = steps(recipe).iter().any(|(_, step)| {
                step.precursor.as_deref() == Some(&precursor.name) && step.duration.is_some_and(|length| length > *max)
            });
            if single || !reactants.concerned(line, precursors) || longest.open_ms <= u64::from(max.0) {
                continue;
            }
            let problem = format!(
                "the valve of {} is open for {} s, with less than {} s of pumping or purging in between; expected {} s \
                 at most",
                precursor.name,
                longest.open_ms as f64 / 1e3,
                enough_ms as f64 / 1e3,
                max.seconds()
            );
            found.push(exceeds(rule, &places[longest.slot], problem));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reactor() -> Reactor {
        let (_, text) = Reactor::shipped().into_iter().find(|(name, _)| *name == "high_vacuum").unwrap();
        Reactor::from_toml(text).unwrap()
    }

    /// The same, step by step.
    fn unrolled(program: &Program, enough_ms: u64) -> u64 {
        let (mut open_ms, mut purged_ms, mut longest_ms) = (0, 0, 0);
        for visit in program.visits() {
            let slot = &program.slots[usize::from(visit.slot)];
            if slot.outputs.valves & 1 == 1 {
                open_ms = if purged_ms >= enough_ms { 0 } else { open_ms } + u64::from(slot.duration_ms);
                purged_ms = 0;
                longest_ms = longest_ms.max(open_ms);
            } else if slot.outputs.valves == 0 && slot.outputs.pump_open {
                purged_ms += u64::from(slot.duration_ms);
            }
        }
        longest_ms
    }

    proptest! {
        /// Doses of two precursors, pumping and waiting in nested repeats: the closed form is what a run adds up to.
        #[test]
        fn the_closed_form_is_what_a_run_adds_up_to(
            steps in prop::collection::vec((0..4_usize, 1..9_u32), 1..6),
            repeats in prop::array::uniform3(1..5_u32),
            enough_s in 1..40_u64,
        ) {
            let kinds = [
                "step = \"dose\", precursor = \"LiHMDS\"", "step = \"dose\", precursor = \"H2O\"", "step = \"pump\"",
                "step = \"wait\", pump_valve = \"closed\"",
            ];
            let step = |(kind, seconds): &(usize, u32)| format!("{{ {}, duration_s = {seconds} }}", kinds[*kind]);
            let written: Vec<String> = steps.iter().map(step).collect();
            let [a, b, times] = repeats;
            let text = format!(
                "name = \"x\"\nprocess = \"x\"\ndeposition_temperature_c = 300\nwall_temperature_c = 120\n\
                 base_pressure_pa = 5e-4\nsettle_s = 600\ncycles = {times}\n\
                 sequence = [{{ repeat = {a}, sequence = [{{ cycle = \"A\", repeat = {b} }}, {{ cycle = \"B\" }}] }}]\n\
                 [[precursor]]\nname = \"LiHMDS\"\n[[precursor]]\nname = \"H2O\"\n\
                 [[cycle]]\nname = \"A\"\nstep = [{}]\n[[cycle]]\nname = \"B\"\nstep = [{}]\n",
                written.join(", "),
                written.iter().rev().cloned().collect::<Vec<_>>().join(", "),
            );
            let (recipe, reactor) = (Recipe::from_toml(&text).unwrap(), reactor());
            let program = Program::compile(&recipe, &reactor).unwrap();
            let reactants = Reactants::new(&recipe, &reactor);
            let found = longest(&reactants, &program, 0, 1000 * enough_s).map_or(0, |row| row.open_ms);
            prop_assert_eq!(found, unrolled(&program, 1000 * enough_s));
            let mut run = (0, 0);
            program.visits().for_each(|visit| run = (run.0 + 1, u64::from(visit.cycle)));
            prop_assert_eq!((program.step_count(), program.cycle_count()), run);
        }
    }
}
