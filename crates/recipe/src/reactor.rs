//! A reactor as data: lines, mass flow controllers, heaters, gauges, controller, safe state, rules.
//!
//! `schemas/reactors/<name>.toml` are the included descriptions; a laboratory adds its own file. Everything that a
//! description does not allow is refused: a precursor without a line, two precursors that are not stated to be
//! compatible.

use serde::Deserialize;

use crate::missing::{self, Keys, keys};
use crate::quantity::{Milliseconds, whole};

/// A reactor and its rules.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reactor {
    /// Its name, used by recipes and logs.
    pub name: String,
    /// Its description.
    pub title: String,
    /// Source of the numbers.
    pub source: String,
    /// Lines of precursors, each with a valve to the chamber. The order numbers the valves from 0.
    #[serde(rename = "line")]
    pub lines: Vec<Line>,
    /// Mass flow controllers in the order of their numbers, from 0.
    #[serde(default, rename = "mfc")]
    pub mfcs: Vec<Mfc>,
    /// Heaters in the order of their numbers, from 0.
    #[serde(rename = "heater")]
    pub heaters: Vec<Heater>,
    /// Gauges.
    #[serde(default, rename = "gauge")]
    pub gauges: Vec<Gauge>,
    /// The plasma source, if there is one.
    pub plasma: Option<PlasmaSource>,
    /// Capacity and speed of the controller.
    pub controller: ControllerLimits,
    /// Largest deviations of a run before it is aborted.
    pub tolerance: Tolerance,
    /// The state in which an interrupted run ends.
    pub safe_state: SafeState,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<crate::rule::Rule>,
}

/// A line from a source to the chamber.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Name of the valve between line and chamber.
    pub valve: String,
    /// Precursors that may be mounted on it.
    pub precursors: Vec<String>,
    /// Heater of the source.
    pub source_heater: Option<String>,
    /// Heater of the line.
    pub line_heater: Option<String>,
    /// Its carrier gas, if it has one; its mass flow controller has the same gas.
    pub carrier_mfc: Option<String>,
}

/// A mass flow controller.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mfc {
    /// Its name.
    pub name: String,
    /// The gas.
    pub gas: String,
    /// Largest flow.
    pub max_flow_sccm: f64,
}

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

/// A heater with its own thermometer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heater {
    /// Its name.
    pub name: String,
    /// What it heats.
    pub heats: HeaterKind,
    /// Hard limit of the set-point.
    pub max_c: f64,
    /// Set-point in the safe state, and of a heater that a recipe does not use.
    pub standby_c: f64,
}

/// A pressure gauge.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gauge {
    /// Its name.
    pub name: String,
    /// Lowest pressure of its range.
    pub min_pa: f64,
    /// Highest pressure of its range.
    pub max_pa: f64,
}

/// A plasma source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlasmaSource {
    /// Largest power.
    pub max_power_w: f64,
    /// Gases in which a plasma may be lit.
    pub gases: Vec<String>,
}

/// Capacity and speed of a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControllerLimits {
    /// Entries of its table of steps.
    pub step_slots: u16,
    /// Entries of its table of loops.
    pub loop_slots: u16,
    /// Its time resolution.
    #[serde(rename = "tick_s")]
    pub tick: Milliseconds,
    /// Time without a heartbeat after which it enters the safe state by itself.
    #[serde(rename = "watchdog_s")]
    pub watchdog: Milliseconds,
}

/// Largest deviations of a run.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Of each temperature from its set-point.
    pub temperature_c: f64,
    /// Of the duration of a step from the planned one.
    #[serde(rename = "duration_s")]
    pub duration: Milliseconds,
    /// Factor by which the pressure of a dose may differ from the planned one, up or down; beyond it the dose is
    /// flagged only.
    pub dose_pressure_factor: f64,
    /// Longest time for heating and evacuating before the first cycle.
    #[serde(rename = "ready_s")]
    pub ready: Milliseconds,
}

/// The state in which an interrupted run ends. Valves of precursors are closed and plasma is off in every safe state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafeState {
    /// Valve to the pump.
    pub pump_valve: crate::PumpValve,
    /// Waiting time before a new run.
    #[serde(rename = "dwell_s")]
    pub dwell: Milliseconds,
}

/// Why a reactor's description could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReactorError {
    /// It is not TOML, or an entry is missing, unknown or of the wrong type.
    #[error("{0}")]
    Toml(String),
    /// An entry contradicts another.
    #[error("{place}: {problem}")]
    Meaning {
        /// The entry.
        place: String,
        /// Expected and found.
        problem: String,
    },
}

/// The keys that a description requires; docs/REACTORS.md explains them.
const KEYS: Keys = Keys {
    inner: &[
        &keys("line", &["valve", "precursors"]),
        &keys("mfc", &["name", "gas", "max_flow_sccm"]),
        &keys("heater", &["name", "heats", "max_c", "standby_c"]),
        &keys("gauge", &["name", "min_pa", "max_pa"]),
        &keys("plasma", &["max_power_w", "gases"]),
        &keys("controller", &["step_slots", "loop_slots", "tick_s", "watchdog_s"]),
        &keys("tolerance", &["temperature_c", "duration_s", "dose_pressure_factor", "ready_s"]),
        &keys("safe_state", &["pump_valve", "dwell_s"]),
        &Keys { inner: &[&crate::rule::LIMIT_KEYS], ..keys("rule", &["name", "severity", "why", "limit"]) },
    ],
    ..keys("", &["name", "title", "source", "line", "heater", "controller", "tolerance", "safe_state"])
};

/// Largest number of lines; like the two below, limited by the registers of a step.
pub const MOST_LINES: usize = 16;
/// Largest number of mass flow controllers.
pub const MOST_MFCS: usize = 4;
/// Largest number of heaters.
pub const MOST_HEATERS: usize = 16;

static SHIPPED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../schemas/reactors");

impl Reactor {
    /// Reads a reactor's description from TOML.
    ///
    /// # Errors
    ///
    /// [`ReactorError`] with the line, or with the entry that contradicts another.
    pub fn from_toml(text: &str) -> Result<Self, ReactorError> {
        let reactor: Self = missing::read(text, &KEYS).map_err(ReactorError::Toml)?;
        reactor.meaningful()?;
        Ok(reactor)
    }

    /// The included descriptions, by name: their TOML.
    #[must_use]
    pub fn shipped() -> Vec<(&'static str, &'static str)> {
        let mut files: Vec<_> = SHIPPED
            .files()
            .filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)))
            .collect();
        files.sort_unstable();
        files
    }

    /// The line on which this precursor is, and its number.
    #[must_use]
    pub fn line_of(&self, precursor: &str) -> Option<(usize, &Line)> {
        self.lines.iter().enumerate().find(|(_, line)| line.precursors.iter().any(|name| name == precursor))
    }

    /// Number of the heater with this name.
    #[must_use]
    pub fn heater(&self, name: &str) -> Option<usize> {
        self.heaters.iter().position(|heater| heater.name == name)
    }

    /// Number of the mass flow controller with this name.
    #[must_use]
    pub fn mfc(&self, name: &str) -> Option<usize> {
        self.mfcs.iter().position(|mfc| mfc.name == name)
    }

    /// Number of the mass flow controller of this gas.
    #[must_use]
    pub fn mfc_of_gas(&self, gas: &str) -> Option<usize> {
        self.mfcs.iter().position(|mfc| mfc.gas == gas)
    }

    fn meaningful(&self) -> Result<(), ReactorError> {
        let wrong = |place: &str, problem: String| Err(ReactorError::Meaning { place: place.to_owned(), problem });
        for (what, count, most) in [
            ("line", self.lines.len(), MOST_LINES),
            ("mfc", self.mfcs.len(), MOST_MFCS),
            ("heater", self.heaters.len(), MOST_HEATERS),
        ] {
            if count > most {
                return wrong(what, format!("expected {most} at most, found {count}"));
            }
        }
        for line in &self.lines {
            for heater in line.source_heater.iter().chain(&line.line_heater) {
                if self.heater(heater).is_none() {
                    return wrong(&format!("line `{}`", line.valve), format!("no [[heater]] is called `{heater}`"));
                }
            }
            if let Some(mfc) = line.carrier_mfc.as_ref().filter(|mfc| self.mfc(mfc).is_none()) {
                return wrong(&format!("line `{}`", line.valve), format!("no [[mfc]] is called `{mfc}`"));
            }
        }
        for heater in &self.heaters {
            let place = format!("heater `{}`", heater.name);
            for (entry, value) in [("max_c", heater.max_c), ("standby_c", heater.standby_c)] {
                if whole(value, 1e3).is_none() {
                    return wrong(&place, format!("`{entry}` is {value}, expected three decimals at most"));
                }
            }
            if heater.standby_c > heater.max_c {
                return wrong(&place, format!("standby_c {} is above max_c {}", heater.standby_c, heater.max_c));
            }
        }
        self.rules_meaningful()?;
        if self.safe_state.pump_valve == crate::PumpValve::Closed {
            return wrong(
                "safe_state",
                "expected `pump_valve = \"open\"`: the safe state evacuates the chamber".to_owned(),
            );
        }
        Ok(())
    }

    /// Names in rules exist and are unique, and the safe state lasts as long as the longest purge that they require: a new
    /// run may begin with any precursor.
    fn rules_meaningful(&self) -> Result<(), ReactorError> {
        for (index, rule) in self.rules.iter().enumerate() {
            let wrong =
                |problem: String| Err(ReactorError::Meaning { place: format!("rule `{}`", rule.name), problem });
            if self.rules[..index].iter().any(|other| other.name == rule.name) {
                return wrong("the name is used twice; expected one of each".to_owned());
            }
            for name in rule.limit.precursors() {
                if self.line_of(name).is_none() {
                    return wrong(format!("no line is for `{name}`"));
                }
            }
            if let Some(number) = rule.limit.numbers().into_iter().find(|number| !number.is_finite()) {
                return wrong(format!("expected finite numbers, found {number}"));
            }
            if let Some(min) = rule.limit.min_between().filter(|min| *min > self.safe_state.dwell) {
                return wrong(format!(
                    "requires {} s, but safe_state.dwell_s is {}: a new run may begin with any precursor",
                    min.seconds(),
                    self.safe_state.dwell.seconds()
                ));
            }
        }
        Ok(())
    }
}
