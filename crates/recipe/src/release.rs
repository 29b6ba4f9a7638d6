//! A recipe that was checked against a reactor and may run on it.

use crate::program::Program;
use crate::reactor::Reactor;
use crate::recipe::Recipe;

/// A recipe that exceeds no limit of a reactor, compiled for it. Exports and sessions accept only this type, and only a
/// check creates it.
#[derive(Debug, Clone, PartialEq)]
pub struct Released {
    recipe: Recipe,
    reactor: Reactor,
    program: Program,
}

impl Released {
    pub(crate) fn new(recipe: Recipe, reactor: Reactor, program: Program) -> Self {
        Self { recipe, reactor, program }
    }

    /// The recipe.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The reactor.
    #[must_use]
    pub fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// The program for the controller.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }
}
