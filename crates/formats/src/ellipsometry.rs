//! The files of ellipsometers: spectra of Psi and Delta, what model fits yield, and optical constants.
//!
//! One module a family of programs; they share how a row is split ([`cells`]), how rejected rows are kept
//! ([`rows`]) and what is stated about the range of Delta ([`delta`]).

mod accurion;
mod cells;
mod delta;
mod film_sense;
mod fit_table;
mod materials;
mod optical_text;
mod rows;
mod spectra_ray;
mod woollam;
mod woollam_map;

use crate::Adapter;
pub(crate) use delta::note_range as note_delta_range;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[
    &woollam::WoollamText,
    &woollam_map::WoollamMap,
    &fit_table::FitTable,
    &materials::WoollamMat,
    &materials::SpectraRayMat,
    &optical_text::OpticalText,
    &accurion::Accurion,
    &film_sense::FilmSense,
    &spectra_ray::SpectraRay,
];
