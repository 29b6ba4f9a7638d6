//! Formats of exchange that no field owns: JCAMP-DX, and NeXus in HDF5. Each file states what was measured; of what this laboratory
//! does not measure, it is refused by that name.

mod jcamp;
mod nexus;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[&jcamp::Jcamp, &nexus::Nexus];
