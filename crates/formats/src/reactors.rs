//! The logs of deposition reactors that a manifest does not describe completely.

mod as_run;
mod doses;

use crate::Adapter;

/// The adapters written in code.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[&as_run::AsRun, &doses::Doses];
