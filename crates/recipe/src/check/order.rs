//! Which reactants may meet: at the same time and in succession, in every reachable state.
//!
//! The purge between two doses is the time in which all precursor valves are closed, the valve to the pump is open, no
//! plasma burns and no gas flows but inert ones. Reactive gases and plasmas count as doses. For every step and every
//! reactant the shortest such time since it was last present is found as a fixpoint over the table of steps: its order,
//! the next round of every loop, a pause and its resumption within any step, and a restart after an abort. Nothing is
//! unrolled, so a run of any length takes the same time.

use std::collections::VecDeque;

use super::reactants::Reactants;
use super::violation::{Violation, exceeds, hard};
use crate::program::Program;
use crate::reactor::Reactor;
use crate::recipe::Recipe;
use crate::rule::{Limit, Rule};

/// Every two reactants of a recipe must have a rule, and one precursor at most is mounted on a line.
pub(super) fn pairs(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    let reactants = Reactants::new(recipe, reactor);
    let used = reactants.used(recipe);
    for (index, a) in used.iter().enumerate() {
        for b in &used[index + 1..] {
            let has_rule = reactants.compatible(*a, *b)
                || reactants.apart(*a, *b).next().is_some()
                || reactants.inherited_ms(*a, *b).is_some();
            if !has_rule {
                let problem = format!(
                    "the reactor has no rule `apart` or `compatible` for {} and {}; add one to its description",
                    reactants.name(*a),
                    reactants.name(*b)
                );
                found.push(hard("unknown pair", "recipe", problem));
            }
        }
    }
    for line in &reactor.lines {
        let on_it: Vec<&str> = recipe
            .precursors
            .iter()
            .map(|own| own.name.as_str())
            .filter(|name| line.precursors.iter().any(|on| on == name))
            .collect();
        if on_it.len() > 1 {
            let problem =
                format!("{} are on the same line `{}`; one of them can be mounted", on_it.join(" and "), line.valve);
            found.push(hard("line", "recipe", problem));
        }
    }
}

/// How a step was reached with the shortest purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Order,
    Loop,
    Pause,
    Abort,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::Order => "in the planned order",
            Self::Loop => "in the next round of the loop",
            Self::Pause => "after a pause",
            Self::Abort => "in a restart after an abort",
        }
    }
}

/// The shortest purge since a reactant was last present, and how.
#[derive(Debug, Clone, Copy)]
struct Age {
    ms: u64,
    way: Way,
    /// The same, of those ways only on which it was absent in between: none while it has been present all the time.
    again_ms: Option<u64>,
}

/// For each reactant.
type Ages = Vec<Age>;

/// The purge required between a dose of reactant `before` and one of reactant `after`.
struct Need<'a> {
    /// None: no rule is for the two, which are kept apart as the precursor is from others.
    rule: Option<&'a Rule>,
    before: usize,
    after: usize,
    min_ms: u64,
}

/// Examines every state that a run can reach.
pub(super) fn reachable(
    recipe: &Recipe,
    reactor: &Reactor,
    program: &Program,
    places: &[String],
    found: &mut Vec<Violation>,
) {
    let reactants = Reactants::new(recipe, reactor);
    together(&reactants, program, places, found);
    let needs = needs(&reactants, reactor);
    let enough = needs.iter().map(|need| need.min_ms).max().unwrap_or(0);
    let entries = entries(&reactants, reactor, program, enough);
    for (index, slot) in program.slots.iter().enumerate() {
        let Some(ages) = entries.get(index).and_then(Option::as_ref) else { continue };
        let present = reactants.present(&slot.outputs);
        for need in needs.iter().filter(|need| present >> need.after & 1 == 1) {
            let age = ages[need.before];
            let purged_ms = match (need.before == need.after, present >> need.before & 1 == 1) {
                (true, _) => age.again_ms,
                (false, true) => None,
                (false, false) => Some(age.ms),
            };
            let Some(purged_ms) = purged_ms.filter(|ms| *ms < need.min_ms) else { continue };
            let mut problem = format!(
                "{} is open {} s of pumping or purging after {} {}, expected {} s or more",
                reactants.name(need.after),
                purged_ms as f64 / 1e3,
                reactants.name(need.before),
                age.way.words(),
                need.min_ms as f64 / 1e3
            );
            found.push(match need.rule {
                Some(rule) => exceeds(rule, &places[index], problem),
                None => {
                    problem += ": no rule of the reactor is for the two, so the longest `apart` of the precursor holds";
                    hard("unknown pair", &places[index], problem)
                }
            });
        }
    }
}

/// Reactants that are present at the same time.
fn together(reactants: &Reactants<'_>, program: &Program, places: &[String], found: &mut Vec<Violation>) {
    for (slot, place) in program.slots.iter().zip(places) {
        let present = reactants.present(&slot.outputs);
        let present: Vec<usize> = reactants.all().filter(|number| present >> number & 1 == 1).collect();
        for (index, a) in present.iter().enumerate() {
            for b in &present[index + 1..] {
                let problem = format!("{} and {} are open together", reactants.name(*a), reactants.name(*b));
                if let Some(rule) = reactants.apart(*a, *b).next() {
                    found.push(exceeds(rule, place, problem));
                } else if !reactants.compatible(*a, *b) {
                    found.push(hard("unknown pair", place, problem));
                }
            }
        }
    }
}

fn needs<'a>(reactants: &Reactants<'a>, reactor: &'a Reactor) -> Vec<Need<'a>> {
    let mut needs = Vec::new();
    for before in reactants.all() {
        for after in reactants.all() {
            let mut need = |rule, min_ms: u64| needs.push(Need { rule, before, after, min_ms });
            let (same, line) = (before == after, Reactants::is_line(before));
            if same && !line {
                continue;
            }
            let compatible = !same && reactants.compatible(before, after);
            let mut apart = false;
            if !same {
                for rule in reactants.apart(before, after) {
                    if let Limit::Apart { min, .. } = &rule.limit {
                        need(Some(rule), u64::from(min.0));
                        apart = true;
                    }
                }
            }
            if let Some(ms) = reactants.inherited_ms(before, after).filter(|_| !same && !apart && !compatible) {
                need(None, ms);
            }
            for rule in &reactor.rules {
                match &rule.limit {
                    Limit::PumpAfter { precursors, min } if reactants.concerned(before, precursors) => {
                        need(Some(rule), u64::from(min.0));
                    }
                    Limit::PurgeAfterDose { min } if !compatible => need(Some(rule), u64::from(min.0)),
                    _ => {}
                }
            }
        }
    }
    needs
}

/// For every slot the ages with which it can be entered; none if it cannot be reached.
fn entries(reactants: &Reactants<'_>, reactor: &Reactor, program: &Program, enough: u64) -> Vec<Option<Ages>> {
    let numbers = reactants.all().max().map_or(0, |last| last + 1);
    let dwell = u64::from(reactor.safe_state.dwell.0).min(enough);
    let mut entries: Vec<Option<Ages>> = vec![None; program.slots.len()];
    let mut waiting = VecDeque::new();
    // The previous run, whatever it was, ended in the safe state.
    let rested = Age { ms: dwell, way: Way::Abort, again_ms: Some(dwell) };
    reach(0, &vec![rested; numbers], &mut entries, &mut waiting);
    while let Some(index) = waiting.pop_front() {
        let Some(ages) = entries[index].clone() else { continue };
        let slot = &program.slots[index];
        let present = reactants.present(&slot.outputs);
        let purged_ms = if reactants.purges(&slot.outputs) { u64::from(slot.duration_ms) } else { 0 };
        let each = |change: &dyn Fn(bool, Age) -> Age| -> Ages {
            ages.iter().enumerate().map(|(number, age)| change(present >> number & 1 == 1, *age)).collect()
        };
        let after = |way: Way| {
            each(&|is_present, age| {
                if is_present {
                    return Age { ms: 0, way, again_ms: None };
                }
                let ms = age.ms.saturating_add(purged_ms).min(enough);
                Age { ms, way: if way == Way::Order { age.way } else { way }, again_ms: Some(ms) }
            })
        };
        // Held at once and resumed at once: open valves are open again, and no purge time was gained.
        let held = each(&|is_present, age| if is_present { age } else { Age { way: Way::Pause, ..age } });
        reach(index, &held, &mut entries, &mut waiting);
        // An abort in the middle: open valves close, and the safe state evacuates the chamber.
        let aborted = each(&|is_present, age| {
            let ms = (if is_present { 0 } else { age.ms }).saturating_add(dwell).min(enough);
            Age { ms, way: Way::Abort, again_ms: Some(ms) }
        });
        reach(0, &aborted, &mut entries, &mut waiting);
        for over in program.loops.iter().filter(|over| usize::from(over.last) == index) {
            reach(usize::from(over.first), &after(Way::Loop), &mut entries, &mut waiting);
        }
        reach(index + 1, &after(Way::Order), &mut entries, &mut waiting);
    }
    entries
}

/// Adds a way to a slot. If it is shorter than all known ones for some reactant, the slot is examined again.
fn reach(to: usize, ages: &Ages, entries: &mut [Option<Ages>], waiting: &mut VecDeque<usize>) {
    let Some(entry) = entries.get_mut(to) else { return };
    let shorter = match entry {
        None => {
            *entry = Some(ages.clone());
            true
        }
        Some(known) => {
            let mut shorter = false;
            for (known, new) in known.iter_mut().zip(ages) {
                if new.ms < known.ms {
                    (known.ms, known.way) = (new.ms, new.way);
                    shorter = true;
                }
                if new.again_ms.is_some_and(|new| known.again_ms.is_none_or(|known| new < known)) {
                    known.again_ms = new.again_ms;
                    shorter = true;
                }
            }
            shorter
        }
    };
    if shorter && !waiting.contains(&to) {
        waiting.push_back(to);
    }
}
