//! The files of potentiostats and impedance analysers.

mod corrware;
mod eclab;
mod eco_chemie;
mod gamry;
mod ivium;
mod palmsens;
mod setting;
mod spreadsheets;
mod sweeps;
mod versastudio;
mod zahner;

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &eclab::mpr::EclabMpr,
    &eclab::mpt::EclabMpt,
    &gamry::dta::GamryDta,
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

/// Whether somebody typed this area: 1 cm² is what a program's form holds until then.
#[expect(clippy::float_cmp, reason = "the form's own 1 is stored exactly")]
fn is_typed_area(area_cm2: f64) -> bool {
    area_cm2 > 0.0 && area_cm2 != 1.0
}
