//! The files of potentiostats and impedance analysers.

mod corrware;
mod eclab;
mod eco_chemie;
mod gamry;
mod ivium;
mod palmsens;
mod pstrace_csv;
mod setting;
mod spreadsheets;
mod sweeps;
mod versastudio;
mod zahner;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &eclab::mpr::EclabMpr,
    &eclab::mpt::EclabMpt,
    &gamry::dta::GamryDta,
    &palmsens::PalmSensSession,
    &pstrace_csv::PsTraceCsv,
    &zahner::ism::ZahnerIsm,
    &zahner::isc::ZahnerIsc,
    &spreadsheets::ImpedanceXlsx,
    &spreadsheets::PsTraceXlsx,
    &corrware::CorrWare,
    &eco_chemie::EcoChemieDfr,
    &ivium::IviumIdf,
    &versastudio::VersaStudioDc,
];
