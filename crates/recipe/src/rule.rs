//! The rules of a reactor, as data.

use serde::Deserialize;

use crate::keys::{Holds, Key, Keys, Occurs, key, optional, table};
use crate::quantity::{Milliseconds, or_longest};

/// How strictly a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Never exceeded: such a recipe is neither exported nor run.
    Hard,
    /// Exceeded only for a reason that the recipe states.
    Soft,
}

/// A rule with its name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name in messages and in the reasons of recipes.
    pub name: String,
    /// Severity.
    pub severity: Severity,
    /// The reason for the rule.
    pub why: String,
    /// The limit.
    pub limit: Limit,
}

impl Rule {
    /// Whether it is a rule `apart` for two precursors, gases or plasmas.
    pub(crate) fn keeps_apart(&self, a: &str, b: &str) -> bool {
        matches!(&self.limit, Limit::Apart { first, second, .. } if between(first, second, a, b))
    }

    /// Whether it is a rule `compatible` for two precursors, gases or plasmas.
    pub(crate) fn allows_together(&self, a: &str, b: &str) -> bool {
        matches!(&self.limit, Limit::Compatible { first, second } if between(first, second, a, b))
    }
}

fn between(first: &[String], second: &[String], a: &str, b: &str) -> bool {
    let has = |group: &[String], name: &str| group.iter().any(|member| member == name);
    (has(first, a) && has(second, b)) || (has(first, b) && has(second, a))
}

/// A limit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Limit {
    /// Two groups, of precursors, reactive gases or plasmas, are never open together, nor within this duration of purging or pumping after each other.
    Apart {
        /// Precursors of the one group.
        first: Vec<String>,
        /// Precursors of the other.
        second: Vec<String>,
        /// Shortest purge or pump between them, in both orders.
        #[serde(rename = "min_s", deserialize_with = "or_longest")]
        min: Milliseconds,
    },
    /// Two groups may be open together.
    Compatible {
        /// Precursors of the one group.
        first: Vec<String>,
        /// Precursors of the other.
        second: Vec<String>,
    },
    /// Pumping after a dose of these.
    PumpAfter {
        /// The precursors.
        precursors: Vec<String>,
        /// Shortest pumping.
        #[serde(rename = "min_s", deserialize_with = "or_longest")]
        min: Milliseconds,
    },
    /// Highest temperature of source, line, walls and substrate for a precursor (decomposition).
    Ceiling {
        /// The precursors.
        precursors: Vec<String>,
        /// Of source and line.
        source_max_c: f64,
        /// Of walls and substrate, if they have a limit.
        chamber_max_c: Option<f64>,
    },
    /// Source cooler than line, and line cooler than walls, by this rise.
    TemperatureOrder {
        /// Smallest rise from each to the next.
        min_rise_c: f64,
    },
    /// Base pressure before the first cycle.
    BasePressure {
        /// Highest.
        max_pa: f64,
    },
    /// Pressure of a dose.
    DosePressure {
        /// The precursors; all if empty.
        #[serde(default)]
        precursors: Vec<String>,
        /// Highest.
        max_pa: f64,
    },
    /// Duration of a dose.
    DoseTime {
        /// The precursors; all if empty.
        #[serde(default)]
        precursors: Vec<String>,
        /// Shortest.
        #[serde(rename = "min_s", deserialize_with = "or_longest")]
        min: Milliseconds,
        /// Longest.
        #[serde(rename = "max_s", deserialize_with = "or_longest")]
        max: Milliseconds,
    },
    /// Time for which temperatures must be settled before the first dose.
    Settle {
        /// Shortest.
        #[serde(rename = "min_s", deserialize_with = "or_longest")]
        min: Milliseconds,
    },
    /// Duration of a whole run.
    RunTime {
        /// Longest.
        #[serde(rename = "max_s", deserialize_with = "or_longest")]
        max: Milliseconds,
    },
    /// A leak test before the first cycle.
    LeakTest {
        /// Shortest.
        #[serde(rename = "min_s", deserialize_with = "or_longest")]
        min: Milliseconds,
        /// Largest rise of the pressure (Pa/s) that a recipe may allow.
        max_rise_pa_per_s: f64,
    },
    /// A cool-down after the last cycle.
    CoolDown {
        /// Highest temperature (°C) at which the chamber may be vented.
        vent_below_c: f64,
    },
    /// Pumping or purging after every dose, whatever step follows.
    PurgeAfterDose {
        /// Shortest.
        #[serde(rename = "min_s", deserialize_with = "or_longest")]
        min: Milliseconds,
    },
}

const MIN_S: Key = key("min_s", Holds::Number(0.001));
const MAX_PA: Key = key("max_pa", Holds::Number(1.0));
const PRECURSORS: Key = optional("precursors", Holds::Texts);

/// The keys of a limit of each kind.
pub(crate) const LIMIT_KEYS: Keys = Keys {
    tag: "kind",
    by_tag: &[
        ("apart", &[key("first", Holds::Texts), key("second", Holds::Texts), MIN_S]),
        ("compatible", &[key("first", Holds::Texts), key("second", Holds::Texts)]),
        ("pump_after", &[key("precursors", Holds::Texts), MIN_S]),
        (
            "ceiling",
            &[
                key("precursors", Holds::Texts),
                key("source_max_c", Holds::Number(2000.0)),
                optional("chamber_max_c", Holds::Number(2000.0)),
            ],
        ),
        ("temperature_order", &[key("min_rise_c", Holds::Number(0.0))]),
        ("base_pressure", &[MAX_PA]),
        ("dose_pressure", &[MAX_PA, PRECURSORS]),
        ("dose_time", &[MIN_S, key("max_s", Holds::Number(4e6)), PRECURSORS]),
        ("settle", &[MIN_S]),
        ("run_time", &[key("max_s", Holds::Number(4e6))]),
        ("purge_after_dose", &[MIN_S]),
        ("leak_test", &[MIN_S, key("max_rise_pa_per_s", Holds::Number(1000.0))]),
        ("cool_down", &[key("vent_below_c", Holds::Number(2000.0))]),
    ],
    ..table("limit", Occurs::Once, &[key("kind", Holds::Word(KINDS))])
};

/// The kinds of limits. A limit of an unknown kind is taken for the first one.
const KINDS: &[&str] = &[
    "purge_after_dose",
    "apart",
    "compatible",
    "pump_after",
    "ceiling",
    "temperature_order",
    "base_pressure",
    "dose_pressure",
    "dose_time",
    "settle",
    "run_time",
    "leak_test",
    "cool_down",
];

impl Limit {
    /// The precursors that it names.
    pub(crate) fn precursors(&self) -> impl Iterator<Item = &String> {
        let (one, other): (&[String], &[String]) = match self {
            Self::Apart { first, second, .. } | Self::Compatible { first, second } => (first, second),
            Self::PumpAfter { precursors, .. }
            | Self::Ceiling { precursors, .. }
            | Self::DosePressure { precursors, .. }
            | Self::DoseTime { precursors, .. } => (precursors, &[]),
            Self::TemperatureOrder { .. }
            | Self::BasePressure { .. }
            | Self::Settle { .. }
            | Self::RunTime { .. }
            | Self::LeakTest { .. }
            | Self::CoolDown { .. }
            | Self::PurgeAfterDose { .. } => (&[], &[]),
        };
        one.iter().chain(other)
    }

    /// The lists of precursors that must not be empty.
    pub(crate) fn groups(&self) -> Vec<&[String]> {
        match self {
            Self::Apart { first, second, .. } | Self::Compatible { first, second } => vec![first, second],
            Self::PumpAfter { precursors, .. } | Self::Ceiling { precursors, .. } => vec![precursors],
            _ => Vec::new(),
        }
    }
}
