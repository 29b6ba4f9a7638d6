//! The files of battery cyclers: Arbin, Maccor, Neware, PEC, and the Battery Data Format.
//!
//! A file is one measurement; cycle and step are columns of it. Text exports share a vocabulary ([`heading`]) and one
//! reader of rows ([`rows`]); what differs is where settings are and how time and sign are stored.

mod arbin_csv;
mod arbin_res;
mod arbin_xlsx;
mod clock;
#[cfg(test)]
mod damage;
mod heading;
mod jet;
mod maccor_text;
mod ndc;
mod neware_csv;
mod neware_ndax;
mod pec_csv;
mod quoted;
mod record;
mod rows;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &arbin_csv::ArbinCsv,
    &arbin_csv::BatteryDataFormat,
    &arbin_res::ArbinRes,
    &arbin_xlsx::ArbinXlsx,
    &maccor_text::MaccorText,
    &neware_csv::NewareCsv,
    &neware_ndax::NewareNdax,
    &pec_csv::PecCsv,
];
