//! The files of ion beam analysis.

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[];
