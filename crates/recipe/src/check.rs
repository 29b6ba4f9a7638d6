//! Compares a recipe with every rule of a reactor.
//!
//! All violations are found at once. In addition to the rules of the reactor's description, these rules apply to every
//! reactor: the recipe is complete, every precursor has a line, every gas a mass flow controller, every heater its
//! highest temperature, and two precursors without a rule may not meet ("deny by default").

mod approval;
mod around;
mod complete;
mod opening;
mod order;
mod pressure;
mod reactants;
mod reason;
mod temperatures;
mod values;
mod violation;

use crate::program::{CompileError, Program};
use crate::reactor::Reactor;
use crate::recipe::Recipe;
use crate::release::Released;
use crate::rule::Severity;
use reason::says_something;
use violation::hard;

pub use violation::Violation;

/// Result of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The violations, hard ones first.
    pub violations: Vec<Violation>,
    /// Remarks: reasons for limits that are not exceeded.
    pub notes: Vec<String>,
    released: Option<Box<Released>>,
}

impl Report {
    /// The recipe, compiled for the reactor; none while a hard limit is exceeded, or a soft one without a reason.
    #[must_use]
    pub fn released(&self) -> Option<&Released> {
        self.released.as_deref()
    }
}

/// Compares a recipe with every rule of a reactor, and finds all violations at once.
#[must_use]
pub fn check(recipe: &Recipe, reactor: &Reactor) -> Report {
    let mut found = Vec::new();
    // A description that was read has no faults; one that a program made may have.
    let faults = reactor.faults();
    if !faults.is_empty() {
        let violations = faults.into_iter().map(|fault| hard("reactor", &fault.place, fault.problem)).collect();
        return Report { violations, notes: Vec::new(), released: None };
    }
    complete::entries(recipe, &mut found);
    values::rules(recipe, reactor, &mut found);
    temperatures::rules(recipe, reactor, &mut found);
    values::hardware(recipe, reactor, &mut found);
    around::conditions(recipe, reactor, &mut found);
    order::pairs(recipe, reactor, &mut found);
    let compiled = Program::compile_placed(recipe, reactor);
    match &compiled {
        Ok((program, places)) => {
            order::reachable(recipe, reactor, program, places, &mut found);
            opening::caps(recipe, reactor, program, places, &mut found);
            pressure::estimated(recipe, reactor, program, places, &mut found);
            values::run(reactor, program, places, &mut found);
            around::times(recipe, reactor, program, &mut found);
        }
        // Missing entries, lines and gases are reported above, place by place.
        Err(CompileError::Missing { .. } | CompileError::NoSuch { .. }) if !found.is_empty() => {}
        Err(error @ CompileError::TooLong { .. }) => found.push(hard("controller", "recipe", error.to_string())),
        Err(error) => found.push(hard("representable", "recipe", error.to_string())),
    }
    let mut notes = approval::signatures(recipe, reactor, &mut found);
    notes.extend(accept(recipe, reactor, &mut found));
    found.sort_by_key(|violation| violation.severity);
    found.dedup();
    let passes = found.iter().all(|violation| violation.accepted.is_some());
    let released = match compiled {
        Ok((program, _)) if passes => Some(Box::new(Released::new(recipe.clone(), reactor.clone(), program))),
        _ => None,
    };
    Report { violations: found, notes, released }
}

/// Assigns the reasons stated in the recipe to soft violations. Returns remarks on unused reasons.
fn accept(recipe: &Recipe, reactor: &Reactor, found: &mut [Violation]) -> Vec<String> {
    let mut notes = Vec::new();
    for acceptance in &recipe.accepted {
        let rule = &acceptance.rule;
        if !says_something(&acceptance.reason) {
            notes.push(format!("[[accept]] of `{rule}` states no reason: it has no effect"));
            continue;
        }
        let mut exceeded = found.iter_mut().filter(|violation| violation.rule == *rule).peekable();
        if exceeded.peek().is_none() {
            let known = reactor.rules.iter().any(|known| known.name == *rule);
            let why = if known { "the recipe does not exceed it" } else { "the reactor has no such rule" };
            notes.push(format!("[[accept]] of `{rule}` has no effect: {why}"));
        }
        for violation in exceeded {
            match violation.severity {
                Severity::Soft => violation.accepted = Some(acceptance.reason.trim().to_owned()),
                Severity::Hard => notes.push(format!("[[accept]] of `{rule}` has no effect: it is a hard limit")),
            }
        }
    }
    notes.dedup();
    notes
}
