//! A violation of a rule, and the places in a recipe where it can occur.

use std::fmt;

use crate::recipe::{Cycle, Precursor, Recipe, Step, StepKind};
use crate::rule::{Rule, Severity};

/// One rule that a recipe violates.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Name of the rule.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// Place: the step, the precursor, the entry.
    pub place: String,
    /// Value found and allowed range.
    pub problem: String,
    /// The reason for the rule.
    pub why: String,
    /// The reason that the recipe states; soft limits only.
    pub accepted: Option<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Hard => "hard",
            Severity::Soft => "soft",
        };
        write!(f, "{severity} limit `{}`, {}: {}", self.rule, self.place, self.problem)?;
        if !self.why.is_empty() {
            write!(f, " ({})", self.why)?;
        }
        match &self.accepted {
            Some(reason) => write!(f, "; accepted: {reason}"),
            None => Ok(()),
        }
    }
}

/// A violation of a rule that applies to every reactor.
pub(super) fn hard(rule: &str, place: &str, problem: String) -> Violation {
    Violation {
        rule: rule.to_owned(),
        severity: Severity::Hard,
        place: place.to_owned(),
        problem,
        why: String::new(),
        accepted: None,
    }
}

/// A violation of a rule of the description.
pub(super) fn exceeds(rule: &Rule, place: &str, problem: String) -> Violation {
    Violation { severity: rule.severity, why: rule.why.clone(), ..hard(&rule.name, place, problem) }
}

/// Every step of a recipe with its place; a parallel step is replaced by its own steps.
pub(super) fn steps(recipe: &Recipe) -> Vec<(String, &Step)> {
    fn open<'a>(place: &str, step: &'a Step, steps: &mut Vec<(String, &'a Step)>) {
        if step.step != StepKind::Parallel {
            steps.push((place.to_owned(), step));
        }
        for (index, inner) in step.steps.iter().enumerate() {
            open(&format!("{place}.{}", index + 1), inner, steps);
        }
    }
    let mut steps = Vec::new();
    for cycle in &recipe.cycle_types {
        for (index, step) in cycle.steps.iter().enumerate() {
            open(&place_of(cycle, index), step, &mut steps);
        }
    }
    steps
}

/// Name of a precursor in messages.
pub(super) fn named(precursor: &Precursor) -> String {
    format!("precursor `{}`", precursor.name)
}

/// Name of a step in messages.
fn place_of(cycle: &Cycle, index: usize) -> String {
    format!("cycle `{}`, step {}", cycle.name, index + 1)
}
