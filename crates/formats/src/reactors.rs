//! The logs of deposition reactors that a manifest does not describe completely.

mod as_run;

use crate::Adapter;

/// What code reads of them.
pub(crate) static ADAPTERS: &[&dyn Adapter] = &[&as_run::AsRun];
