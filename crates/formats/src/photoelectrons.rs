//! The files of photoelectron spectrometers and of the programs that evaluate their spectra.
//!
//! Energies and intensities are those of the file: no charge correction, no work function, no smoothing. What a file
//! doesn't state about its scales is `not stated`.

mod auger_scan;
mod avantage;
mod casa_txt;
mod igor;
mod multipak;
mod phi;
mod rows;
mod ses;
mod specs_xml;
mod specs_xy;
mod spectrum;
mod vamas;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &auger_scan::AugerScan,
    &avantage::Avantage,
    &casa_txt::CasaTxt,
    &igor::Igor,
    &multipak::MultiPak,
    &phi::Phi,
    &ses::ScientaTxt,
    &specs_xml::SpecsXml,
    &specs_xy::SpecsXy,
    &vamas::Vamas,
];
