//! The lake that a command uses, and which state of it.

use std::path::{Path, PathBuf};

use aldb_formats::Registry;
use aldb_ingest::IngestError;
use aldb_lake::{AsOf, Lake, LakeError};
use clap::Args;

use crate::terminal;

/// `--lake PATH`, otherwise `ALDB_LAKE`, otherwise the working directory or the nearest parent folder with `aldb.toml`.
#[derive(Debug, Args)]
pub(crate) struct LakeOption {
    /// Folder of the lake [default: the working directory or the nearest parent folder with aldb.toml]
    #[arg(long, value_name = "PATH", env = "ALDB_LAKE", global = true)]
    pub(crate) lake: Option<PathBuf>,
}

impl LakeOption {
    pub(crate) fn open(&self) -> Result<Lake, LakeError> {
        let lake = match &self.lake {
            Some(path) => Lake::open(path),
            None => Lake::find(Path::new(".")),
        }?;
        if let Some(note) = lake.note() {
            terminal::message(&format_args!("note: {note}"));
        }
        Ok(lake)
    }

    /// The formats of the lake, or the shipped ones if there is no lake.
    pub(crate) fn registry(&self) -> Result<Registry, IngestError> {
        match self.open() {
            Ok(lake) => aldb_ingest::registry(&lake),
            Err(LakeError::NoLake { .. }) if self.lake.is_none() => Ok(Registry::new()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads `--as-of`: the number of a snapshot, or a time in UTC. A date alone means the end of that day.
pub(crate) fn as_of(text: &str) -> Result<AsOf, String> {
    if let Ok(number) = text.parse() {
        return Ok(AsOf::Snapshot(number));
    }
    let day = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    let full = if day { format!("{text}T23:59:59.999999Z") } else { text.to_owned() };
    let nanos = arrow::compute::kernels::cast_utils::string_to_timestamp_nanos(&full).map_err(|_| {
        format!(
            "expected the number of a snapshot or a time such as 2026-10-01 or 2026-10-01T12:00:00Z, found `{text}`"
        )
    })?;
    Ok(AsOf::Time { micros: nanos.div_euclid(1000), asked: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_means_the_end_of_that_day() {
        let AsOf::Time { micros, .. } = as_of("2026-10-01").unwrap() else { panic!("a time") };
        assert_eq!(micros, 1_790_899_199_999_999);
        assert_eq!(as_of("42"), Ok(AsOf::Snapshot(42)));
        assert!(as_of("yesterday").unwrap_err().starts_with("expected the number of a snapshot or a time"));
    }
}
