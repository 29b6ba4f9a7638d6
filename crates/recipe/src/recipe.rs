//! A recipe as people write it: precursors, cycles of steps, a sequence of cycles, temperatures, substrate.
//!
//! The format is TOML; `docs/RECIPES.md` describes it. Only `name`, `process` and `deposition_temperature_c` are
//! required, because older depositions are not always fully documented. Whatever else a reactor needs is required when
//! the recipe is checked or compiled.

mod approval;
mod around;
mod meaning;

use serde::Deserialize;

use crate::canonical;
use crate::keys::{self, FileFault, Holds, Key, Keys, Occurs, key, optional, table};
use crate::quantity::Milliseconds;
use crate::source::Source;

pub use around::{CoolDown, LeakTest, Ramp};

/// A recipe as written by people.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name for people.
    pub name: String,
    /// The material or chemistry, such as `LBO`.
    pub process: String,
    /// Temperature of the substrate during deposition.
    pub deposition_temperature_c: f64,
    /// Temperature of the chamber's walls.
    pub wall_temperature_c: Option<f64>,
    /// Pressure that must be reached before the first cycle.
    pub base_pressure_pa: Option<f64>,
    /// Time for which all temperatures must stay settled before the first cycle.
    #[serde(rename = "settle_s")]
    pub settle: Option<Milliseconds>,
    /// Test for leaks before the first cycle.
    pub leak_test: Option<LeakTest>,
    /// Highest ramp rates of heaters.
    pub ramp: Option<Ramp>,
    /// Cooling in vacuum after the last cycle.
    pub cool_down: Option<CoolDown>,
    /// Number of repetitions of the sequence.
    pub cycles: Option<u32>,
    /// Target thickness, if `cycles` is not given; it requires the growth of every cycle.
    pub target_thickness_nm: Option<f64>,
    /// Layers of the substrate from bottom to top.
    #[serde(default)]
    pub substrate: Vec<Layer>,
    /// The precursors and co-reactants.
    #[serde(default, rename = "precursor")]
    pub precursors: Vec<Precursor>,
    /// Cycles named in the sequence.
    #[serde(default, rename = "cycle")]
    pub cycle_types: Vec<Cycle>,
    /// Order and repeats of cycles; if it is empty, the only cycle.
    #[serde(default)]
    pub sequence: Vec<Block>,
    /// Reasons for exceeding soft limits.
    #[serde(default, rename = "accept")]
    pub accepted: Vec<Acceptance>,
    /// Signatures of those who approved it.
    #[serde(default, rename = "approval")]
    pub approvals: Vec<Approval>,
    /// Free text.
    #[serde(alias = "notes")]
    pub note: Option<String>,
    /// See [`Recipe::approval_digest`].
    #[serde(skip)]
    pub(crate) approval_digest: String,
}

/// A signature: this person approved the recipe as it was at this time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Name of the person.
    pub name: String,
    /// Local time, ISO 8601 without a zone.
    pub time: String,
    /// [`Recipe::approval_digest`] at that time.
    pub digest: String,
}

/// One layer of the substrate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Material, such as `SiO2`.
    pub material: String,
    /// Thickness; null for a wafer or a foil.
    pub thickness_nm: Option<f64>,
    /// Free text.
    #[serde(alias = "notes")]
    pub note: Option<String>,
}

/// A precursor or co-reactant, and how it is brought into the chamber.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precursor {
    /// Name in steps and in the reactor's description.
    pub name: String,
    /// Chemical formula.
    pub formula: Option<String>,
    /// Supplier.
    pub supplier: Option<String>,
    /// Purity stated by the supplier.
    pub purity_percent: Option<f64>,
    /// Temperature of the source; null if it is not heated.
    pub source_temperature_c: Option<f64>,
    /// Why the source is not heated: exempts it from the order of temperatures.
    pub unheated: Option<String>,
    /// Temperature of the line to the chamber; null if it is not heated.
    pub line_temperature_c: Option<f64>,
    /// Carrier gas of the vapour.
    pub carrier_gas: Option<String>,
    /// Flow of the carrier gas during a dose.
    pub carrier_flow_sccm: Option<f64>,
    /// Pressure of the chamber during a dose.
    pub dose_pressure_pa: Option<f64>,
    /// Free text.
    #[serde(alias = "notes")]
    pub note: Option<String>,
}

/// Steps that are run one after the other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// Name in the sequence.
    pub name: String,
    /// The steps in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
    /// Known properties of the film that it grows; not part of the execution and therefore not of the id.
    pub expected: Option<Expected>,
    /// Free text.
    #[serde(alias = "notes")]
    pub note: Option<String>,
}

/// Known properties of a cycle's film, for estimates.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// Steady growth per cycle.
    pub growth_per_cycle_nm: Option<f64>,
    /// Cycles before the growth is steady.
    pub nucleation_delay_cycles: Option<f64>,
    /// Density of the film.
    pub density_g_per_cm3: Option<f64>,
    /// Its standard uncertainty.
    pub density_err_g_per_cm3: Option<f64>,
    /// Content of each element (at.%).
    pub composition_at_percent: std::collections::BTreeMap<String, f64>,
    /// Source of these values.
    pub source: Option<String>,
}

/// One step of a cycle.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Kind of step.
    pub step: StepKind,
    /// Duration; null if it is not known. A parallel step lasts as long as the longest of its own steps.
    #[serde(rename = "duration_s")]
    pub duration: Option<Milliseconds>,
    /// The precursor that a dose opens.
    pub precursor: Option<String>,
    /// Gas of a purge or a plasma.
    pub gas: Option<String>,
    /// Flow of the gas.
    pub flow_sccm: Option<f64>,
    /// Power of a plasma.
    pub power_w: Option<f64>,
    /// Whether the valve to the pump is open; open if not stated.
    pub pump_valve: Option<PumpValve>,
    /// In a parallel step: delay of this step after the beginning of the parallel step.
    #[serde(rename = "start_s")]
    pub start: Option<Milliseconds>,
    /// The steps of a parallel step.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Free text.
    #[serde(alias = "notes")]
    pub note: Option<String>,
}

/// The action of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Opens the valve of a precursor.
    Dose,
    /// Flows an inert gas with all precursors closed.
    Purge,
    /// Evacuates with all precursors closed.
    Pump,
    /// Waits: for an exposure, with the valve to the pump closed.
    Wait,
    /// Lights a plasma.
    Plasma,
    /// Several steps at the same time.
    Parallel,
}

impl StepKind {
    /// The word used in recipes, tables and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dose => "dose",
            Self::Purge => "purge",
            Self::Pump => "pump",
            Self::Wait => "wait",
            Self::Plasma => "plasma",
            Self::Parallel => "parallel",
        }
    }
}

/// State of the valve between chamber and pump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PumpValve {
    /// The chamber is evacuated.
    Open,
    /// The chamber is shut off.
    Closed,
}

/// A part of the sequence: a cycle by its name, or a sequence, with a number of repeats.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The cycle's name.
    pub cycle: Option<String>,
    /// The sequence that is repeated instead of a cycle.
    #[serde(default)]
    pub sequence: Vec<Block>,
    /// Number of repeats.
    #[serde(default = "once")]
    pub repeat: u32,
}

fn once() -> u32 {
    1
}

/// Why a soft limit of the reactor may be exceeded by this recipe.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Name of the rule.
    pub rule: String,
    /// The reason.
    pub reason: String,
}

/// Why a recipe could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// It is not TOML.
    #[error("{0}")]
    Toml(String),
    /// Entries are missing, unknown or of the wrong type, contradict others, or have no possible meaning: all of them.
    #[error("{}", keys::listed(.0))]
    Faults(Vec<FileFault>),
}

const NAME: Key = key("name", Holds::Text);
const NOTE: Key = optional("note", Holds::Text);
const NOTES: Key = optional("notes", Holds::Text);
const NUMBER: Holds = Holds::Finite(1.0);

/// The keys of a recipe; docs/RECIPES.md explains them.
const KEYS: Keys = Keys {
    inner: &[
        &table(
            "substrate",
            Occurs::Any,
            &[key("material", Holds::Text), optional("thickness_nm", NUMBER), NOTE, NOTES],
        ),
        &table(
            "precursor",
            Occurs::Any,
            &[
                NAME,
                optional("formula", Holds::Text),
                optional("supplier", Holds::Text),
                optional("purity_percent", NUMBER),
                optional("source_temperature_c", NUMBER),
                optional("unheated", Holds::Text),
                optional("line_temperature_c", NUMBER),
                optional("carrier_gas", Holds::Text),
                optional("carrier_flow_sccm", NUMBER),
                optional("dose_pressure_pa", NUMBER),
                NOTE,
                NOTES,
            ],
        ),
        &Keys {
            inner: &[
                &Keys { inner: &[&STEP_KEYS], ..table("step", Occurs::Any, STEP) },
                &table(
                    "expected",
                    Occurs::Perhaps,
                    &[
                        optional("growth_per_cycle_nm", NUMBER),
                        optional("nucleation_delay_cycles", NUMBER),
                        optional("density_g_per_cm3", NUMBER),
                        optional("density_err_g_per_cm3", NUMBER),
                        optional("composition_at_percent", Holds::Numbers),
                        optional("source", Holds::Text),
                    ],
                ),
            ],
            ..table("cycle", Occurs::Any, &[NAME, NOTE, NOTES])
        },
        &SEQUENCE_KEYS,
        &table("leak_test", Occurs::Perhaps, &[key("duration_s", Holds::Seconds), key("max_rise_pa_per_s", NUMBER)]),
        &table(
            "ramp",
            Occurs::Perhaps,
            &[
                optional("substrate_c_per_min", NUMBER),
                optional("wall_c_per_min", NUMBER),
                optional("line_c_per_min", NUMBER),
                optional("source_c_per_min", NUMBER),
            ],
        ),
        &table("cool_down", Occurs::Perhaps, &[key("vent_below_c", NUMBER), key("max_s", Holds::Seconds)]),
        &table("accept", Occurs::Any, &[key("rule", Holds::Text), key("reason", Holds::Text)]),
        &table("approval", Occurs::Any, &[NAME, key("time", Holds::Text), key("digest", Holds::Text)]),
    ],
    ..table(
        "",
        Occurs::Once,
        &[
            NAME,
            key("process", Holds::Text),
            key("deposition_temperature_c", NUMBER),
            optional("wall_temperature_c", NUMBER),
            optional("base_pressure_pa", NUMBER),
            optional("settle_s", Holds::Seconds),
            optional("cycles", Holds::Count(1)),
            optional("target_thickness_nm", NUMBER),
            NOTE,
            NOTES,
        ],
    )
};

const STEP: &[Key] = &[
    key("step", Holds::Word(&["wait", "dose", "purge", "pump", "plasma", "parallel"])),
    optional("duration_s", Holds::Seconds),
    optional("precursor", Holds::Text),
    optional("gas", Holds::Text),
    optional("flow_sccm", NUMBER),
    optional("power_w", NUMBER),
    optional("pump_valve", Holds::Word(&["open", "closed"])),
    optional("start_s", Holds::Seconds),
    NOTE,
    NOTES,
];
static STEP_KEYS: Keys = Keys { inner: &[&STEP_KEYS], ..table("steps", Occurs::Any, STEP) };
static SEQUENCE_KEYS: Keys = Keys {
    inner: &[&SEQUENCE_KEYS],
    ..table("sequence", Occurs::Any, &[optional("cycle", Holds::Text), optional("repeat", Holds::Count(1))])
};

/// Limit of the depth of nested sequences and parallel steps: no reactor and no person needs more.
pub const DEEPEST: usize = 8;

impl Recipe {
    /// Reads a recipe from TOML.
    ///
    /// # Errors
    ///
    /// [`RecipeError`] with all faults and their lines.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let keys::Read { table, faults } = keys::read(text, &KEYS).map_err(RecipeError::Toml)?;
        // The line is that of the text.
        let read = if faults.is_empty() { toml::from_str(text) } else { table.try_into() };
        let mut recipe: Self = match read {
            Ok(recipe) => recipe,
            Err(error) if faults.is_empty() => {
                return Err(RecipeError::Toml(error.to_string().trim_end().to_owned()));
            }
            Err(_) => return Err(RecipeError::Faults(faults)),
        };
        let faults = keys::together(faults, meaning::faults(&recipe, Source::parse(text)));
        if !faults.is_empty() {
            return Err(RecipeError::Faults(faults));
        }
        recipe.approval_digest = approval::digest(text).map_err(RecipeError::Toml)?;
        Ok(recipe)
    }

    /// The content as JSON: keys sorted, numbers in their shortest form, no white space; without names and notes.
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical::content(self).to_string()
    }

    /// The id: 128 bits of the BLAKE3 hash of [`Recipe::canonical`], in hexadecimal.
    #[must_use]
    pub fn recipe_id(&self) -> String {
        blake3::hash(self.canonical().as_bytes()).to_hex()[..32].to_owned()
    }

    /// What an approval signs: 128 bits of the BLAKE3 hash of every entry of the file but the approvals, in hexadecimal.
    /// Any change of an entry, of a name or a note too, changes it; layout, comments and order of keys do not.
    #[must_use]
    pub fn approval_digest(&self) -> &str {
        &self.approval_digest
    }

    /// The precursor with this name.
    #[must_use]
    pub fn precursor(&self, name: &str) -> Option<&Precursor> {
        self.precursors.iter().find(|precursor| precursor.name == name)
    }

    /// The cycle with this name.
    #[must_use]
    pub fn cycle_type(&self, name: &str) -> Option<&Cycle> {
        self.cycle_types.iter().find(|cycle| cycle.name == name)
    }

    /// The sequence; the only cycle if none is written.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        match (self.sequence.as_slice(), self.cycle_types.as_slice()) {
            ([], [only]) => vec![Block { cycle: Some(only.name.clone()), sequence: Vec::new(), repeat: 1 }],
            (sequence, _) => sequence.to_vec(),
        }
    }

    /// Number of repetitions of the sequence: as written, or as the target thickness requires. Null if neither is
    /// given.
    #[must_use]
    pub fn times(&self) -> Option<u32> {
        self.cycles.or_else(|| crate::estimate::cycles_for_target(self))
    }
}
