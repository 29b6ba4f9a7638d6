//! Numerical kernels of the platform: growth, saturation, composition, mixtures, supercycles, photoelectrons,
//! diffraction, reflectivity, ellipsometry, equivalent circuits, Kramers–Kronig, Arrhenius, conductivity, electrochemistry, control
//! charts.
//!
//! Every kernel takes slices and returns estimates with uncertainties and a verdict: their reliability, and reasons for
//! doubt. The same points in any order give the same bits: kernels sort their input, and none is random.
//!
//! This crate does not read files or tables, and uses no clock, threads or `unsafe`.
#![warn(missing_docs)]

pub mod arrhenius;
pub mod composition;
pub mod conductivity;
pub mod control;
pub mod diffraction;
pub mod electrochemistry;
pub mod ellipsometry;
pub mod growth;
pub mod mixtures;
pub mod odometer;
pub mod photoelectrons;
pub mod quality;
pub mod reflectivity;
pub mod saturation;
pub mod supercycle;
pub mod thickness;

mod correlated;
mod impedance;
mod levenberg;
mod noise;
mod nonnegative;
mod student;

pub use impedance::{circuit, cnls, element, kramers_kronig, spectrum};
