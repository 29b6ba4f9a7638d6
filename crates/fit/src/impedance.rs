//! Impedance: spectra, equivalent circuits and their fit, the Kramers–Kronig test.

pub mod circuit;
pub mod cnls;
pub mod element;
pub mod kramers_kronig;
pub mod spectrum;

mod drift;
mod model;
mod notation;
mod search;
mod starts;
mod summary;
