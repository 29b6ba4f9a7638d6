//! The files of potentiostats other than EC-Lab's and Gamry's.

mod corrware;
mod eco_chemie;
mod ivium;
mod palmsens;
mod setting;
mod spreadsheets;
mod sweeps;
mod versastudio;
mod workbook;
mod zahner;

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &palmsens::PalmSensSession,
    &zahner::ism::ZahnerIsm,
    &zahner::isc::ZahnerIsc,
    &spreadsheets::ImpedanceXlsx,
    &spreadsheets::PsTraceXlsx,
    &corrware::CorrWare,
    &eco_chemie::EcoChemieDfr,
    &ivium::IviumIdf,
    &versastudio::VersaStudioDc,
];
