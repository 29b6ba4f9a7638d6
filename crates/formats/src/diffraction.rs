//! The files of diffractometers.

mod brml;
mod rigaku;
mod scan;
mod xrdml;

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[&brml::Brml, &rigaku::Ras, &rigaku::Rasx, &xrdml::Xrdml];
