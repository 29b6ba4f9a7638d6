//! Which precursors may meet: at the same time and in succession, in every reachable state.
//!
//! The purge between two doses is the time in which all precursor valves are closed and the valve to the pump is open.
//! For every step and every line the shortest such time since the line was last open is found as a fixpoint over the
//! table of steps: its order, the next round of every loop, a pause and its resumption within any step, and a restart
//! after an abort. Nothing is unrolled, so a run of any length takes the same time.

use super::violation::{Violation, exceeds, hard, steps};
use crate::program::{Program, Slot};
use crate::reactor::Reactor;
use crate::recipe::Recipe;
use crate::rule::{Limit, Rule};

/// Every two precursors in the doses of a recipe must have a rule.
pub(super) fn pairs(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) {
    let mut dosed: Vec<&str> = steps(recipe).iter().filter_map(|(_, step)| step.precursor.as_deref()).collect();
    dosed.sort_unstable();
    dosed.dedup();
    dosed.retain(|name| reactor.line_of(name).is_some());
    for (index, a) in dosed.iter().enumerate() {
        for b in &dosed[index + 1..] {
            let has_rule = reactor.rules.iter().any(|rule| names_both(rule, a, b));
            if !has_rule {
                let problem = format!(
                    "the reactor has no rule `apart` or `compatible` for {a} and {b}; add one to its description"
                );
                found.push(hard("unknown pair", "recipe", problem));
            }
        }
        // Two precursors on one valve would flow together.
        for b in &dosed[index + 1..] {
            if reactor.line_of(a).map(|(line, _)| line) == reactor.line_of(b).map(|(line, _)| line) {
                let problem = format!("{a} and {b} are on the same line; one of them can be mounted");
                found.push(hard("line", "recipe", problem));
            }
        }
    }
}

fn names_both(rule: &Rule, a: &str, b: &str) -> bool {
    match &rule.limit {
        Limit::Apart { first, second, .. } | Limit::Compatible { first, second } => between(first, second, a, b),
        _ => false,
    }
}

fn between(first: &[String], second: &[String], a: &str, b: &str) -> bool {
    let has = |group: &[String], name: &str| group.iter().any(|member| member == name);
    (has(first, a) && has(second, b)) || (has(first, b) && has(second, a))
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

/// For each line, the shortest purge since it was last open, and how.
type Ages = Vec<(u64, Way)>;

/// The purge required between a dose on line `before` and one on line `after`.
struct Need<'a> {
    rule: &'a Rule,
    before: usize,
    after: usize,
    min_ms: u64,
}

/// Examines every state that a run can reach.
pub(super) fn reachable(reactor: &Reactor, program: &Program, places: &[String], found: &mut Vec<Violation>) {
    together(reactor, program, places, found);
    let needs = needs(reactor);
    let enough = needs.iter().map(|need| need.min_ms).max().unwrap_or(0);
    let entries = entries(reactor, program, enough);
    for (index, slot) in program.slots.iter().enumerate() {
        let Some(ages) = entries.get(index).and_then(Option::as_ref) else { continue };
        for need in &needs {
            let opens = slot.outputs.valves >> need.after & 1 == 1 && slot.outputs.valves >> need.before & 1 == 0;
            let (age_ms, way) = ages[need.before];
            if opens && age_ms < need.min_ms {
                let problem = format!(
                    "{} is open {} s of pumping or purging after {} {}, expected {} s or more",
                    name(reactor, need.after),
                    age_ms as f64 / 1e3,
                    name(reactor, need.before),
                    way.words(),
                    need.min_ms as f64 / 1e3
                );
                found.push(exceeds(need.rule, &places[index], problem));
            }
        }
    }
}

fn name(reactor: &Reactor, line: usize) -> String {
    reactor.lines[line].precursors.join("/")
}

fn open(slot: &Slot, reactor: &Reactor) -> Vec<usize> {
    (0..reactor.lines.len()).filter(|line| slot.outputs.valves >> line & 1 == 1).collect()
}

fn any_pair<'a>(
    reactor: &'a Reactor,
    a: usize,
    b: usize,
    is: impl Fn(&Limit, &str, &str) -> bool + 'a,
) -> Option<&'a Rule> {
    let (a, b) = (&reactor.lines[a].precursors, &reactor.lines[b].precursors);
    reactor.rules.iter().find(|rule| a.iter().any(|a| b.iter().any(|b| is(&rule.limit, a, b))))
}

fn compatible(reactor: &Reactor, a: usize, b: usize) -> bool {
    let is = |limit: &Limit, a: &str, b: &str| matches!(limit, Limit::Compatible { first, second } if between(first, second, a, b));
    any_pair(reactor, a, b, is).is_some()
}

/// Lines that are open at the same time.
fn together(reactor: &Reactor, program: &Program, places: &[String], found: &mut Vec<Violation>) {
    for (slot, place) in program.slots.iter().zip(places) {
        let open = open(slot, reactor);
        for (index, a) in open.iter().enumerate() {
            for b in &open[index + 1..] {
                let problem = format!("{} and {} are open together", name(reactor, *a), name(reactor, *b));
                let is = |limit: &Limit, a: &str, b: &str| matches!(limit, Limit::Apart { first, second, .. } if between(first, second, a, b));
                if let Some(rule) = any_pair(reactor, *a, *b, is) {
                    found.push(exceeds(rule, place, problem));
                } else if !compatible(reactor, *a, *b) {
                    found.push(hard("unknown pair", place, problem));
                }
            }
        }
    }
}

fn needs(reactor: &Reactor) -> Vec<Need<'_>> {
    let mut needs = Vec::new();
    for before in 0..reactor.lines.len() {
        for after in 0..reactor.lines.len() {
            if before == after {
                continue;
            }
            let (a, b) = (&reactor.lines[before].precursors, &reactor.lines[after].precursors);
            for rule in &reactor.rules {
                let min = match &rule.limit {
                    Limit::Apart { first, second, min } => {
                        a.iter().any(|a| b.iter().any(|b| between(first, second, a, b))).then_some(min)
                    }
                    Limit::PumpAfter { precursors, min } => a.iter().any(|a| precursors.contains(a)).then_some(min),
                    Limit::PurgeAfterDose { min } => (!compatible(reactor, before, after)).then_some(min),
                    _ => None,
                };
                needs.extend(min.map(|min| Need { rule, before, after, min_ms: u64::from(min.0) }));
            }
        }
    }
    needs
}

/// For every slot the ages with which it can be entered; none if it cannot be reached.
fn entries(reactor: &Reactor, program: &Program, enough: u64) -> Vec<Option<Ages>> {
    let n_lines = reactor.lines.len();
    let dwell = u64::from(reactor.safe_state.dwell.0).min(enough);
    let mut entries: Vec<Option<Ages>> = vec![None; program.slots.len()];
    let mut waiting = Vec::new();
    let reach = |to: usize, ages: &Ages, entries: &mut Vec<Option<Ages>>, waiting: &mut Vec<usize>| {
        let Some(entry) = entries.get_mut(to) else { return };
        let shorter = match entry {
            None => {
                *entry = Some(ages.clone());
                true
            }
            Some(known) => {
                let mut shorter = false;
                for (known, new) in known.iter_mut().zip(ages) {
                    if new.0 < known.0 {
                        *known = *new;
                        shorter = true;
                    }
                }
                shorter
            }
        };
        if shorter {
            waiting.push(to);
        }
    };
    // The previous run, whatever it was, ended in the safe state.
    reach(0, &vec![(dwell, Way::Abort); n_lines], &mut entries, &mut waiting);
    while let Some(index) = waiting.pop() {
        let Some(ages) = entries[index].clone() else { continue };
        let slot = &program.slots[index];
        let purges = slot.outputs.valves == 0 && slot.outputs.pump_open;
        let after = |way: Way| -> Ages {
            let age = |(line, (age, came)): (usize, &(u64, Way))| {
                if slot.outputs.valves >> line & 1 == 1 {
                    (0, way)
                } else if purges {
                    ((age + u64::from(slot.duration_ms)).min(enough), if way == Way::Order { *came } else { way })
                } else {
                    (*age, if way == Way::Order { *came } else { way })
                }
            };
            ages.iter().enumerate().map(age).collect()
        };
        // Held at once and resumed at once: open valves are open again, and no purge time was gained.
        let held: Ages = ages
            .iter()
            .enumerate()
            .map(|(line, age)| if slot.outputs.valves >> line & 1 == 1 { (age.0, age.1) } else { (age.0, Way::Pause) })
            .collect();
        reach(index, &held, &mut entries, &mut waiting);
        // An abort in the middle: open valves close, and the safe state evacuates the chamber.
        let aborted: Ages = ages
            .iter()
            .enumerate()
            .map(|(line, (age, _))| {
                let age = if slot.outputs.valves >> line & 1 == 1 { 0 } else { *age };
                ((age + dwell).min(enough), Way::Abort)
            })
            .collect();
        reach(0, &aborted, &mut entries, &mut waiting);
        for over in program.loops.iter().filter(|over| usize::from(over.last) == index) {
            reach(usize::from(over.first), &after(Way::Loop), &mut entries, &mut waiting);
        }
        reach(index + 1, &after(Way::Order), &mut entries, &mut waiting);
    }
    entries
}
