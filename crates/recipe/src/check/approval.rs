//! Whether the people whom a reactor requires have approved a recipe as it is.

use super::violation::{Violation, hard};
use crate::reactor::Reactor;
use crate::recipe::Recipe;

/// Counts the valid signatures of different people. Returns remarks on those that are void.
pub(super) fn signatures(recipe: &Recipe, reactor: &Reactor, found: &mut Vec<Violation>) -> Vec<String> {
    let (mut people, mut notes): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for approval in &recipe.approvals {
        let name = approval.name.trim();
        if approval.digest != recipe.approval_digest() {
            notes.push(format!("the approval by {name} is void: the recipe was changed since {}", approval.time));
        } else if name.is_empty() || approval.time.trim().is_empty() {
            notes.push("an [[approval]] without name or time is void".to_owned());
        } else {
            people.push(name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase());
        }
    }
    people.sort_unstable();
    people.dedup();
    let needed = reactor.approval.map_or(0, |approval| usize::from(approval.people));
    if people.len() < needed {
        let problem = format!(
            "approved as it is by {} of {needed} different people; `aldb recipe approve` signs it",
            people.len()
        );
        found.push(hard("approval", "recipe", problem));
    }
    notes
}
