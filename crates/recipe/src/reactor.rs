//! A reactor as data: lines, mass flow controllers, heaters, gauges, controller, safe state, rules.
//!
//! `schemas/reactors/<name>.toml` are the included descriptions; a laboratory adds its own file. Everything that a
//! description does not allow is refused: a precursor without a line, two precursors that are not stated to be
//! compatible.

pub(crate) mod faults;

use serde::Deserialize;

pub use crate::heater_kind::HeaterKind;
use crate::keys::{self, FileFault, Holds, Keys, Occurs, key, optional, table};
use crate::quantity::{Milliseconds, or_longest, or_zero};
use crate::source::Source;

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
    /// The chamber, if its volume is stated.
    pub chamber: Option<Chamber>,
    /// The plasma source, if there is one.
    pub plasma: Option<PlasmaSource>,
    /// Capacity and speed of the controller.
    pub controller: ControllerLimits,
    /// Largest deviations of a run before it is aborted.
    pub tolerance: Tolerance,
    /// The state in which an interrupted run ends.
    pub safe_state: SafeState,
    /// Whether its recipes must be approved.
    pub approval: Option<ApprovalRule>,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<crate::rule::Rule>,
    /// How a run is watched.
    #[serde(default)]
    pub watch: crate::session::Watching,
    /// Names of the interlocks of bits 1 to 15; bit 0 is the emergency stop.
    #[serde(default)]
    pub interlocks: Vec<String>,
    /// SHA-256 of the text of the description, by which a controller identifies it.
    #[serde(skip)]
    pub digest: [u8; 32],
}

/// A line from a source to the chamber.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Name of the valve between line and chamber.
    pub valve: String,
    /// Precursors that may be mounted on it.
    pub precursors: Vec<String>,
    /// Those of them whose source may stay at room temperature although the line has a heater for it.
    #[serde(default)]
    pub unheated: Vec<String>,
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
    /// Whether the gas reacts with nothing in the reactor; if not stated, only noble gases and nitrogen are inert.
    pub inert: Option<bool>,
}

impl Mfc {
    /// Whether its gas purges. Any other gas is treated as a precursor.
    #[must_use]
    pub fn is_inert(&self) -> bool {
        self.inert.unwrap_or_else(|| INERT.contains(&self.gas.as_str()))
    }
}

/// Gases that are inert unless a description states otherwise.
const INERT: &[&str] = &["Ar", "He", "Ne", "Kr", "Xe", "N2", "argon", "helium", "neon", "krypton", "xenon", "nitrogen"];

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
    /// Highest ramp rate (°C/min), up and down, while a run is on; null if there is no limit.
    pub max_ramp_c_per_min: Option<f64>,
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

/// The chamber and its pump, from which pressures are estimated.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chamber {
    /// Volume, rather too small than too large (l).
    pub volume_l: f64,
    /// Pumping speed at the chamber, rather too small than too large (l/s).
    pub pumping_speed_l_per_s: f64,
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
    #[serde(deserialize_with = "or_zero")]
    pub step_slots: u16,
    /// Entries of its table of loops.
    #[serde(deserialize_with = "or_zero")]
    pub loop_slots: u16,
    /// Its time resolution.
    #[serde(rename = "tick_s", deserialize_with = "or_longest")]
    pub tick: Milliseconds,
    /// Time without a heartbeat after which it enters the safe state by itself.
    #[serde(rename = "watchdog_s", deserialize_with = "or_longest")]
    pub watchdog: Milliseconds,
}

/// Largest deviations of a run.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Of each temperature from its set-point.
    pub temperature_c: f64,
    /// Of the duration of a step from the planned one.
    #[serde(rename = "duration_s", deserialize_with = "or_longest")]
    pub duration: Milliseconds,
    /// Factor by which the pressure of a dose may differ from the planned one, up or down; beyond it the dose is
    /// flagged only.
    pub dose_pressure_factor: f64,
    /// Longest time for heating and evacuating before the first cycle.
    #[serde(rename = "ready_s", deserialize_with = "or_longest")]
    pub ready: Milliseconds,
}

/// The state in which an interrupted run ends. Valves of precursors are closed and plasma is off in every safe state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SafeState {
    /// Valve to the pump.
    pub pump_valve: crate::PumpValve,
    /// Waiting time before a new run.
    #[serde(rename = "dwell_s", deserialize_with = "or_longest")]
    pub dwell: Milliseconds,
}

/// Recipes are approved before they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRule {
    /// Number of different people, 1 or 2.
    #[serde(deserialize_with = "or_zero")]
    pub people: u16,
}

/// Why a reactor's description could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReactorError {
    /// It is not TOML.
    #[error("{0}")]
    Toml(String),
    /// Entries are missing, unknown or of the wrong type, contradict others, or have values that no reactor can have: all of them.
    #[error("{}", keys::listed(.0))]
    Faults(Vec<FileFault>),
}

/// The keys of a description; docs/REACTORS.md explains them. A number takes the place of one that is wrong, so that everything
/// else can be checked.
const KEYS: Keys = Keys {
    inner: &[
        &table(
            "line",
            Occurs::Often,
            &[
                key("valve", Holds::Text),
                key("precursors", Holds::Texts),
                optional("unheated", Holds::Texts),
                optional("source_heater", Holds::Text),
                optional("line_heater", Holds::Text),
                optional("carrier_mfc", Holds::Text),
            ],
        ),
        &table(
            "mfc",
            Occurs::Any,
            &[
                key("name", Holds::Text),
                key("gas", Holds::Text),
                key("max_flow_sccm", Holds::Number(1e5)),
                optional("inert", Holds::Flag),
            ],
        ),
        &table(
            "heater",
            Occurs::Often,
            &[
                key("name", Holds::Text),
                key("heats", Holds::Word(&["substrate", "wall", "line", "source"])),
                key("max_c", Holds::Number(2000.0)),
                key("standby_c", Holds::Number(-200.0)),
                optional("max_ramp_c_per_min", Holds::Number(600.0)),
            ],
        ),
        &table(
            "gauge",
            Occurs::Any,
            &[key("name", Holds::Text), key("min_pa", Holds::Number(1e-9)), key("max_pa", Holds::Number(200_000.0))],
        ),
        &table(
            "chamber",
            Occurs::Perhaps,
            &[key("volume_l", Holds::Number(1.0)), key("pumping_speed_l_per_s", Holds::Number(1.0))],
        ),
        &table("plasma", Occurs::Perhaps, &[key("max_power_w", Holds::Number(1e5)), key("gases", Holds::Texts)]),
        &table(
            "controller",
            Occurs::Once,
            &[
                key("step_slots", Holds::Number(3000.0)),
                key("loop_slots", Holds::Number(300.0)),
                key("tick_s", Holds::Number(0.001)),
                key("watchdog_s", Holds::Number(10.0)),
            ],
        ),
        &table(
            "tolerance",
            Occurs::Once,
            &[
                key("temperature_c", Holds::Number(0.1)),
                key("duration_s", Holds::Number(10.0)),
                key("dose_pressure_factor", Holds::Number(1.0)),
                key("ready_s", Holds::Number(604_800.0)),
            ],
        ),
        &table(
            "watch",
            Occurs::Perhaps,
            &[
                optional("flow_percent", Holds::Number(10.0)),
                optional("plasma_percent", Holds::Number(10.0)),
                optional("settle_s", Holds::Seconds),
                optional("valve_s", Holds::Seconds),
                optional("held_s", Holds::Seconds),
                optional("pressure_trip_pa", Holds::Number(200_000.0)),
                optional("recorded", Holds::Words(&["dose_pressure", "duration", "flow", "plasma", "temperature"])),
            ],
        ),
        &table(
            "safe_state",
            Occurs::Once,
            &[key("pump_valve", Holds::Word(&["open", "closed"])), key("dwell_s", Holds::Number(604_800.0))],
        ),
        &table("approval", Occurs::Perhaps, &[key("people", Holds::Number(1.0))]),
        &Keys {
            inner: &[&crate::rule::LIMIT_KEYS],
            ..table(
                "rule",
                Occurs::Any,
                &[key("name", Holds::Text), key("severity", Holds::Word(&["hard", "soft"])), key("why", Holds::Text)],
            )
        },
    ],
    ..table(
        "",
        Occurs::Once,
        &[
            key("name", Holds::Text),
            key("title", Holds::Text),
            key("source", Holds::Text),
            optional("interlocks", Holds::Texts),
        ],
    )
};

/// Largest number of lines; like the two below, limited by the registers of a step.
pub const MOST_LINES: usize = 16;
/// Largest number of mass flow controllers.
pub const MOST_MFCS: usize = 4;
/// Largest table of steps: both tables have addresses in the register map.
pub const MOST_STEP_SLOTS: u16 = 3000;
/// Largest table of loops.
pub const MOST_LOOP_SLOTS: u16 = 300;
/// Largest number of heaters.
pub const MOST_HEATERS: usize = 16;

static SHIPPED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../schemas/reactors");

impl Reactor {
    /// Reads a reactor's description from TOML.
    ///
    /// # Errors
    ///
    /// [`ReactorError`] with all faults and their lines.
    pub fn from_toml(text: &str) -> Result<Self, ReactorError> {
        let keys::Read { table, faults } = keys::read(text, &KEYS).map_err(ReactorError::Toml)?;
        // The line is that of the text.
        let read = if faults.is_empty() { toml::from_str(text) } else { table.try_into() };
        let mut reactor: Self = match read {
            Ok(reactor) => reactor,
            Err(error) if faults.is_empty() => {
                return Err(ReactorError::Toml(error.to_string().trim_end().to_owned()));
            }
            Err(_) => return Err(ReactorError::Faults(faults)),
        };
        reactor.digest = <sha2::Sha256 as sha2::Digest>::digest(text.as_bytes()).into();
        let faults = keys::together(faults, faults::of(&reactor, Source::parse(text)));
        if faults.is_empty() { Ok(reactor) } else { Err(ReactorError::Faults(faults)) }
    }

    /// The faults of a description that was not read from a file: none of one that was.
    #[must_use]
    pub fn faults(&self) -> Vec<FileFault> {
        faults::of(self, None)
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
}
