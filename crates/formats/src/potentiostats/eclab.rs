//! The files of BioLogic's EC-Lab and BT-Lab: binary `.mpr` ([`mpr`]) and their text export `.mpt` ([`mpt`]).
//!
//! Both go through [`table`] and [`measurements`], so that a pair gives the same measurements.

mod header;
mod ids;
mod layout;
mod measurements;
mod modules;
pub(super) mod mpr;
pub(super) mod mpt;
mod naming;
mod record;
#[cfg(test)]
mod sample;
mod settings;
mod spectra;
mod table;
mod techniques;
