//! `aldb backup FOLDER`: a consistent copy of the lake, also while it is written.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::ReportFormat;
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::terminal::{self, count};

/// Copy the lake into a folder, which is a lake again: its newest snapshot with all earlier states, the archive, and the files
/// that people wrote. The lake may be written meanwhile. What an earlier backup in the folder holds is not copied again.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// An empty or new folder, or that of an earlier backup of this lake
    folder: PathBuf,
    /// Format of the result
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

impl Backup {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let spinner = terminal::spinner();
        spinner.set_message("copying the lake");
        let done = lake.back_up(&self.folder).await;
        spinner.finish_and_clear();
        let done = done?;
        let mut out = terminal::output();
        if self.format == ReportFormat::Json {
            writeln!(out, "{}", serde_json::to_string(&done)?)?;
        } else {
            let earlier = match done.earlier {
                Some(earlier) => format!("; it was at snapshot {earlier}"),
                None => String::new(),
            };
            let removed = match done.n_removed {
                0 => String::new(),
                n => format!(", {} removed that the lake does not have any more", count(n, "file")),
            };
            writeln!(
                out,
                "{}: snapshot {}, {} copied ({:.1} MB), {} there already{removed}{earlier}",
                self.folder.display(),
                done.snapshot,
                count(done.n_copied, "file"),
                done.n_copied_bytes as f64 / 1e6,
                done.n_there,
            )?;
        }
        out.flush()?;
        Ok(Outcome::Done)
    }
}
