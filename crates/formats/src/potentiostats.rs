//! The files of potentiostats other than EC-Lab's and Gamry's.

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[];
