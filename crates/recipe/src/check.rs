//! Compares a recipe with every rule of a reactor.

use crate::program::Program;
use crate::reactor::Reactor;
use crate::recipe::Recipe;
use crate::release::Released;
use crate::rule::Severity;

/// One rule that a recipe violates.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Name of the rule.
    pub rule: String,
    /// How strictly it holds.
    pub severity: Severity,
    /// Where: the step, the precursor, the entry.
    pub place: String,
    /// What was found, what is allowed, and why.
    pub problem: String,
    /// The reason that the recipe states; soft limits only.
    pub accepted: Option<String>,
}

/// Everything that a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The violations, hard ones first.
    pub violations: Vec<Violation>,
    released: Option<Box<Released>>,
}

impl Report {
    /// The recipe, ready for the reactor; none while a hard limit is exceeded, or a soft one without a reason.
    #[must_use]
    pub fn released(&self) -> Option<&Released> {
        self.released.as_deref()
    }
}

/// Compares a recipe with every rule of a reactor, and finds all violations at once.
#[must_use]
pub fn check(recipe: &Recipe, reactor: &Reactor) -> Report {
    match Program::compile(recipe, reactor) {
        Ok(program) => {
            let released = Released::new(recipe.clone(), reactor.clone(), program);
            Report { violations: Vec::new(), released: Some(Box::new(released)) }
        }
        Err(error) => Report {
            violations: vec![Violation {
                rule: "complete".to_owned(),
                severity: Severity::Hard,
                place: "recipe".to_owned(),
                problem: error.to_string(),
                accepted: None,
            }],
            released: None,
        },
    }
}
