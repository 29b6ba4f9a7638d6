//! `aldb init [DIR]`: creates a lake.

use std::path::PathBuf;

use aldb_lake::Lake;
use clap::Args;

use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Create a lake in a folder.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder, which may exist [default: --lake, else this one]
    dir: Option<PathBuf>,
}

impl Init {
    pub(crate) fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let dir = self.dir.or_else(|| lake.lake.clone()).unwrap_or_else(|| PathBuf::from("."));
        std::fs::create_dir_all(&dir).map_err(|error| format!("cannot make `{}`: {error}", dir.display()))?;
        let lake = Lake::init(&dir, aldb_ingest::TEMPLATE)?;
        let root = lake.root().display();
        terminal::message(&format_args!(
            "created a lake in {root}\nnext: add a [[source]] to {root}/aldb.toml, describe samples in {root}/samples/, then run `aldb ingest`"
        ));
        Ok(Outcome::Done)
    }
}
