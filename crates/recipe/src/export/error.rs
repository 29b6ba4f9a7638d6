//! Why a recipe cannot be exported, or an export cannot be read.

/// Why a recipe cannot be exported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The format cannot express the recipe.
    #[error("{target} cannot express this recipe: {problem}; choose another target")]
    NotExpressible {
        /// The target.
        target: &'static str,
        /// The part that cannot be expressed.
        problem: String,
    },
    /// The run has more steps than can be compared.
    #[error(
        "the run has {steps} steps, more than the 10000000 that are compared when an export is read back: nothing was exported"
    )]
    TooLong {
        /// Number of steps.
        steps: u64,
    },
    /// The export does not read back to the same trace. Nothing is exported.
    #[error(
        "{target} does not read back to the same recipe ({problem}): nothing was exported; this is an error in aldb, please report it"
    )]
    ReadsBack {
        /// The target.
        target: &'static str,
        /// The difference.
        problem: String,
    },
}

/// Why bytes are not an export of a target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ImportError {
    /// Line, register or entry.
    pub place: String,
    /// Expected and found.
    pub problem: String,
}

impl ImportError {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}
