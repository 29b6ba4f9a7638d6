//! What a heater heats.

use serde::Deserialize;

/// What a heater heats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaterKind {
    /// The substrate.
    Substrate,
    /// The chamber's walls.
    Wall,
    /// A line.
    Line,
    /// A source.
    Source,
}

impl HeaterKind {
    /// Whether it heats something that is in contact with air once the chamber is vented.
    #[must_use]
    pub fn is_chamber(self) -> bool {
        matches!(self, Self::Substrate | Self::Wall)
    }

    /// The word used in descriptions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Substrate => "substrate",
            Self::Wall => "wall",
            Self::Line => "line",
            Self::Source => "source",
        }
    }
}
