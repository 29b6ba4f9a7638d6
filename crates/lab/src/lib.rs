//! A synthetic laboratory: forward models and writers of instrument files, for demonstrations, tests and benches.
//!
//! A [`Campaign`] holds films whose conductivity and activation energy are known, and computes what an impedance
//! analyser would have written about them: Gamry `.DTA` and BioLogic EC-Lab `.mpt` files, laid out as on an
//! instrument PC, and the samples and recipes that people write by hand. A [`Characterisation`] does the same for all
//! other techniques: ellipsometry, recoils, photoelectrons, diffraction, voltammetry and cycling, and lists what was put
//! in as [`Truth`]s. The same laboratory gives the same bytes: the noise comes from a seed, the dates are fixed.
//!
//! The files cannot be mistaken for data: each contains `synthetic` in a header or comment field,
//! sample names start with it, and all dates lie in the year 2000. The crate never does I/O: it returns paths and bytes.
//!
//! Equations are in `model`, layouts of files in a module for each format, and `technique` puts the two together.
//! [`large`] makes files of any size.

mod bruker_raw;
mod campaign;
mod characterisation;
mod completeease;
mod deposited;
mod eclab;
mod eclab_cycling;
mod erd_text;
mod file;
mod film;
mod gamry;
mod gamry_sweep;
pub mod large;
mod logbook;
mod measurements;
mod model;
mod notebook;
mod number;
mod opening;
mod paper;
mod random;
mod reactor_log;
mod recipe_sheet;
mod simulator;
mod spectrum;
mod technique;
mod truth;
mod uxd;
mod vamas;
mod woollam;
mod xrdml;

pub use campaign::Campaign;
pub use characterisation::Characterisation;
pub use file::LabFile;
pub use film::{Cell, FilmTruth, Instrument};
pub use simulator::{Actuation, Extremes, Fault, FaultError, IllegalAddress, Misbehaviour, Simulator};
pub use spectrum::{Dot, Sweep, SyntheticSpectrum};
pub use truth::{Origin, Truth};

/// Published conductivities of lithium films made by atomic or molecular layer deposition, as CSV.
///
/// These rows are not synthetic. `ingest/literature_conductivity/README.md` names their sources.
pub const LITERATURE_CSV: &str = include_str!("../../../ingest/literature_conductivity/ald_li_conductivity.csv");
