//! The verdict a kernel gives on its own result.

use std::fmt;

/// How far a result can be trusted. The reason stands beside it, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Converged, every parameter determined, the model describes the data.
    Good,
    /// Usable with the stated reservation.
    Suspect,
    /// The numbers do not describe the data; they are kept to show what was tried.
    Failed,
}

impl Quality {
    /// The word stored in tables: `good`, `suspect` or `failed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Suspect => "suspect",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
