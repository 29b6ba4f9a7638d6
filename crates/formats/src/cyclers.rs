//! The files of battery cyclers.

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[];
