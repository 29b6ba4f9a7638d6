//! The files of ion beam analysis: depth profiles, energy spectra and lists of events.

mod depth_header;
mod depth_table;
mod idf;
mod jabs;
mod layers;
mod ndf;
mod number_lines;
mod potku_depth;
mod potku_events;
mod spectra;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &potku_depth::PotkuDepth,
    &potku_events::PotkuCut,
    &potku_events::PotkuList,
    &potku_events::PotkuTofList,
    &spectra::PotkuEnergySpectrum,
    &spectra::MultichannelText,
    &idf::IonBeamDataFile,
    &ndf::NdfProfile,
    &ndf::NdfResult,
    &jabs::JabsSample,
    &depth_table::DepthTable,
];
