//! How a command ended.

/// How a command that ran to its end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything requested is done.
    Done,
    /// Something requested failed and was reported.
    Failed,
}

/// An error whose message is all that a user needs.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;
