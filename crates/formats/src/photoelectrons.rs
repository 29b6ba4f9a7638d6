//! The files of photoelectron spectrometers.

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[];
