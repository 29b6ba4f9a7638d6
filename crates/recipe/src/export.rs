//! Recipes as files for controllers, each read back and compared before it is returned.
//!
//! Every target is a writer and a parser that share only the format. Parsing the bytes must lead to the identical timed
//! trace of valves, flows, plasma and set-points; otherwise nothing is exported. The same recipe
//! gives the same bytes. `docs/EXPORTS.md` describes the targets.

mod decimal;
mod error;
mod json;
mod pulse_rows;
mod register_list;
mod structured_text;
mod valve_rows;

use crate::program::Program;
use crate::reactor::Reactor;
use crate::release::Released;

pub use error::{ExportError, ImportError};
pub use valve_rows::Profile;

/// The targets of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// JSON after ISA-88, with a schema.
    Json,
    /// The registers of `docs/REACTOR.md`.
    Registers,
    /// A data block in IEC 61131-3 Structured Text.
    StructuredText,
    /// Rows of `pulse`, `wait`, `goto`; experimental.
    PulseRows,
    /// Rows of valves, in the layout of a profile of `schemas/exports/`.
    ValveRows(&'static Profile),
}

impl Target {
    /// Every target.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let fixed = [Self::Json, Self::Registers, Self::StructuredText, Self::PulseRows];
        fixed.into_iter().chain(valve_rows::profiles().iter().map(Self::ValveRows)).collect()
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Registers => "registers",
            Self::StructuredText => "structured-text",
            Self::PulseRows => "pulse-rows",
            Self::ValveRows(profile) => &profile.name,
        }
    }

    /// The target of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|target| target.name() == name)
    }
}

/// Writes a released recipe for a controller.
///
/// # Errors
///
/// [`ExportError`] with the part that the format cannot express, or with the difference when read back.
pub fn export(released: &Released, target: Target) -> Result<Vec<u8>, ExportError> {
    let steps = released.program().step_count();
    if steps > MOST_STEPS {
        return Err(ExportError::TooLong { steps });
    }
    let text = match target {
        Target::Json => json::write(released),
        _ => write(released.program(), released.reactor(), target)?,
    };
    compare(released.program(), released.reactor(), target, text.as_bytes())?;
    Ok(text.into_bytes())
}

/// Largest number of steps of a run that is exported: all of them are compared when the export is read back.
const MOST_STEPS: u64 = 10_000_000;

/// The JSON Schema of [`Target::Json`].
pub const JSON_SCHEMA: &str = include_str!("../../../schemas/exports/recipe.schema.json");

/// Writes a program without checking it: the basis of [`export`] and of tests. JSON names the recipe, and needs a
/// released one.
///
/// # Errors
///
/// [`ExportError::NotExpressible`].
#[doc(hidden)]
pub fn write(program: &Program, reactor: &Reactor, target: Target) -> Result<String, ExportError> {
    let cannot = |problem: String| ExportError::NotExpressible { target: target.name(), problem };
    match target {
        Target::Json => Ok(json::write_program(program, reactor, &json::Names::default())),
        Target::Registers => register_list::write(program, reactor).map_err(cannot),
        Target::StructuredText => structured_text::write(program, reactor).map_err(cannot),
        Target::PulseRows => pulse_rows::write(program, reactor).map_err(cannot),
        Target::ValveRows(profile) => valve_rows::write(program, reactor, profile).map_err(cannot),
    }
}

/// Reads an export back. Information that the format does not contain (such as the recipe id in rows of valves) is left
/// empty.
///
/// # Errors
///
/// [`ImportError`] with the place, what was expected and what was found.
pub fn import(bytes: &[u8], target: Target, reactor: &Reactor) -> Result<Program, ImportError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ImportError::new(format!("byte {}", error.valid_up_to()), "expected UTF-8"))?;
    match target {
        Target::Json => json::read(text, reactor),
        Target::Registers => register_list::read(text, reactor),
        Target::StructuredText => structured_text::read(text),
        Target::PulseRows => pulse_rows::read(text, reactor),
        Target::ValveRows(profile) => valve_rows::read(text, reactor, profile),
    }
}

/// Whether these bytes lead to the same trace as the program.
///
/// # Errors
///
/// [`ExportError::ReadsBack`] with the difference.
#[doc(hidden)]
pub fn compare(program: &Program, reactor: &Reactor, target: Target, bytes: &[u8]) -> Result<(), ExportError> {
    let differs = |problem: String| ExportError::ReadsBack { target: target.name(), problem };
    let back = import(bytes, target, reactor).map_err(|error| differs(error.to_string()))?;
    if back.setpoints_mc != program.setpoints_mc {
        return Err(differs("different set-points".to_owned()));
    }
    let is_whole = matches!(target, Target::Json | Target::Registers | Target::StructuredText);
    if is_whole && back.conditions != program.conditions {
        return Err(differs("a different leak test, ramp or cool-down".to_owned()));
    }
    let (mut a, mut b, mut at_ms) = (program.trace(), back.trace(), 0);
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ok(()),
            (a, b) if a == b => at_ms += a.map_or(0, |segment| segment.duration_ms),
            _ => return Err(differs(format!("a different trace from {} s on", at_ms as f64 / 1e3))),
        }
    }
}
