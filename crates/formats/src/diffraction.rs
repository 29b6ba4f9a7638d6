//! The files of diffractometers: Bruker, PANalytical and Philips, Rigaku, Seifert, and powder patterns of GSAS and in CIF.
//!
//! All give the columns `scan_angle_deg` and `intensity` of `xrd_patterns` as the file stores them, the metadata
//! `scan_axis` and `intensity_unit` that define them, and "not stated" where the file does not state them.

mod brml;
mod bruker_raw;
mod bruker_uxd;
mod bruker_xy;
mod gsas;
mod philips_rd;
mod philips_udf;
mod powder_cif;
mod rigaku;
mod rigaku_asc;
mod rows;
mod scan;
mod seifert;
mod xrdml;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &bruker_raw::BrukerRaw,
    &bruker_uxd::BrukerUxd,
    &bruker_xy::BrukerXy,
    &philips_rd::PhilipsRd,
    &philips_udf::PhilipsUdf,
    &powder_cif::PowderCif,
    &brml::Brml,
    &gsas::Gsas,
    &rigaku::Ras,
    &rigaku_asc::RigakuAsc,
    &seifert::Seifert,
    &rigaku::Rasx,
    &xrdml::Xrdml,
];
