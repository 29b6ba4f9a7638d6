//! A recipe as people write it: precursors, cycles of steps, a sequence of cycles, temperatures, substrate.
//!
//! The format is TOML; `docs/RECIPES.md` describes it. Only `name`, `process` and `deposition_temperature_c` are
//! required, because older depositions are not always fully documented. Whatever else a reactor needs is required when
//! the recipe is checked or compiled.

mod approval;
mod around;
mod known;

use serde::Deserialize;

use crate::canonical;
use crate::keys::{self, FileFault};
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

/// Limit of the depth of nested sequences and parallel steps: no reactor and no person needs more.
pub const DEEPEST: usize = 8;

impl Recipe {
    /// Reads a recipe from TOML.
    ///
    /// # Errors
    ///
    /// [`RecipeError`] with all faults and their lines.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let keys::Read { table, faults } = keys::read(text, &known::KEYS).map_err(RecipeError::Toml)?;
        // The line is that of the text.
        let read = if faults.is_empty() { toml::from_str(text) } else { table.try_into() };
        let mut recipe: Self = match read {
            Ok(recipe) => recipe,
            Err(error) if faults.is_empty() => {
                return Err(RecipeError::Toml(error.to_string().trim_end().to_owned()));
            }
            Err(_) => return Err(RecipeError::Faults(faults)),
        };
        let faults = keys::together(faults, contradictions(&recipe, Source::parse(text)));
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

/// A way to an entry: keys, and which of the tables of that name.
type Way<'a> = Vec<(&'a str, usize)>;

struct Meaning<'a> {
    recipe: &'a Recipe,
    source: Option<Source<'a>>,
    found: Vec<FileFault>,
}

/// Every fault of a recipe, with its line if the text is known.
fn contradictions<'a>(recipe: &'a Recipe, source: Option<Source<'a>>) -> Vec<FileFault> {
    let mut meaning = Meaning { recipe, source, found: Vec::new() };
    meaning.numbers();
    meaning.names();
    for (cycle, of) in recipe.cycle_types.iter().enumerate() {
        for (index, step) in of.steps.iter().enumerate() {
            let way = vec![("cycle", cycle), ("step", index)];
            meaning.step(&way, &format!("cycle `{}`, step {}", of.name, index + 1), step, 0);
        }
    }
    if recipe.sequence.is_empty() && recipe.cycle_types.len() > 1 {
        let names: Vec<_> = recipe.cycle_types.iter().map(|cycle| format!("`{}`", cycle.name)).collect();
        let problem = format!("expected the order of the cycles {}, found none", names.join(", "));
        meaning.add(&[("cycle", 0)], "sequence", problem);
    }
    meaning.blocks(&Vec::new(), "sequence", &recipe.sequence, 0);
    if recipe.cycles == Some(0) {
        meaning.add(&[("cycles", 0)], "cycles", "expected 1 or more, found 0".to_owned());
    }
    meaning.found
}

impl Meaning<'_> {
    fn add(&mut self, way: &[(&str, usize)], place: &str, problem: String) {
        let line = self.source.as_ref().map(|source| source.entry(way).0);
        self.found.push(FileFault { line, place: place.to_owned(), problem });
    }

    /// Numbers of a file are finite already.
    fn numbers(&mut self) {
        for (place, value) in canonical::numbers(self.recipe) {
            if !value.is_finite() {
                self.add(&[], &place, format!("expected a finite number, found {value}"));
            }
        }
    }

    fn names(&mut self) {
        let recipe = self.recipe;
        for (what, names) in [
            ("precursor", recipe.precursors.iter().map(|precursor| &precursor.name).collect::<Vec<_>>()),
            ("cycle", recipe.cycle_types.iter().map(|cycle| &cycle.name).collect()),
        ] {
            for (index, name) in names.iter().enumerate() {
                let way = [(what, index), ("name", 0)];
                if name.trim().is_empty() {
                    self.add(&way, &format!("{what} {}", index + 1), "expected a name, found none".to_owned());
                } else if names[..index].contains(name) {
                    let problem = "the name is used twice; expected one of each".to_owned();
                    self.add(&way, &format!("{what} `{name}`"), problem);
                }
            }
        }
    }

    fn step(&mut self, way: &Way<'_>, place: &str, step: &Step, depth: usize) {
        let kind = step.step.name();
        if depth > DEEPEST {
            return self.add(way, place, format!("expected steps nested {DEEPEST} deep at most"));
        }
        let recipe = self.recipe;
        let mut wrong = Vec::new();
        match (step.step, &step.precursor) {
            (StepKind::Dose, None) => wrong.push("a dose: expected `precursor`, found none".to_owned()),
            (StepKind::Dose, Some(name)) if recipe.precursor(name).is_none() => {
                let known: Vec<_> = recipe.precursors.iter().map(|known| format!("`{}`", known.name)).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                wrong.push(format!("no [[precursor]] is called `{name}`; there are: {known}"));
            }
            (StepKind::Dose, Some(_)) | (_, None) => {}
            (_, Some(_)) => wrong.push(format!("only a dose has a `precursor`, this is a {kind}")),
        }
        let gas = matches!(step.step, StepKind::Purge | StepKind::Plasma);
        if !gas && (step.gas.is_some() || step.flow_sccm.is_some()) {
            wrong.push(format!("only a purge or a plasma has `gas` and `flow_sccm`, this is a {kind}"));
        }
        if step.power_w.is_some() && step.step != StepKind::Plasma {
            wrong.push(format!("only a plasma has `power_w`, this is a {kind}"));
        }
        if step.step == StepKind::Parallel {
            if step.duration.is_some() {
                wrong.push("a parallel step lasts as long as its own steps; leave out `duration_s`".to_owned());
            }
            if step.steps.is_empty() {
                wrong.push("a parallel step: expected `steps`, found none".to_owned());
            }
        } else if !step.steps.is_empty() {
            wrong.push(format!("only a parallel step has `steps`, this is a {kind}"));
        }
        if depth == 0 && step.start.is_some() {
            wrong.push("only a step of a parallel one has `start_s`".to_owned());
        }
        for problem in wrong {
            self.add(way, place, problem);
        }
        for (index, inner) in step.steps.iter().enumerate() {
            let way: Way<'_> = way.iter().copied().chain([("steps", index)]).collect();
            self.step(&way, &format!("{place}.{}", index + 1), inner, depth + 1);
        }
    }

    fn blocks(&mut self, way: &Way<'_>, place: &str, blocks: &[Block], depth: usize) {
        for (index, block) in blocks.iter().enumerate() {
            let place = format!("{place}, part {}", index + 1);
            let way: Way<'_> = way.iter().copied().chain([("sequence", index)]).collect();
            if depth > DEEPEST {
                return self.add(&way, &place, format!("expected sequences nested {DEEPEST} deep at most"));
            }
            if block.repeat == 0 {
                self.add(&way, &place, "expected `repeat` of 1 or more, found 0".to_owned());
            }
            match (&block.cycle, block.sequence.is_empty()) {
                (Some(name), true) if self.recipe.cycle_type(name).is_none() => {
                    self.add(&way, &place, format!("no [[cycle]] is called `{name}`"));
                }
                (Some(_), true) => {}
                (None, false) => self.blocks(&way, &place, &block.sequence, depth + 1),
                (Some(_), false) => self.add(&way, &place, "expected `cycle` or `sequence`, found both".to_owned()),
                (None, true) => self.add(&way, &place, "expected `cycle` or `sequence`, found neither".to_owned()),
            }
        }
    }
}
