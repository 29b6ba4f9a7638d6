//! What the readers of EC-Lab's binary and text files share.
//!
//! EC-Lab and BT-Lab (BioLogic) write `.mpr`; `.mpt` is their text export. Both go through [`table`],
//! so that a pair gives the same measurements.

pub(crate) mod header;
pub(crate) mod ids;
pub(crate) mod layout;
pub(crate) mod modules;
pub(crate) mod naming;
pub(crate) mod record;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod settings;
pub(crate) mod spectra;
pub(crate) mod table;
pub(crate) mod techniques;
