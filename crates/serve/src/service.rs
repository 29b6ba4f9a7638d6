//! What a running service leaves in `state/service.json`, so that `aldb status` can tell whether it runs.

use std::path::PathBuf;
use std::time::SystemTime;

use aldb_lake::{Lake, LakeError, nanoseconds, write_file};
use serde::{Deserialize, Serialize};

/// A service that ingests on a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its process.
    pub process: u32,
    /// When it began, in microseconds since 1970, UTC.
    pub started_micros: i64,
    /// When it was last known to run; at least every minute.
    pub last_seen_micros: i64,
    /// Whether it ended as it was asked to.
    pub has_ended: bool,
}

impl Service {
    pub(crate) fn begin() -> Self {
        let now = now();
        Self { process: std::process::id(), started_micros: now, last_seen_micros: now, has_ended: false }
    }

    /// Says that it still runs, or that it ends.
    pub(crate) fn beat(&mut self, lake: &Lake, has_ended: bool) -> Result<(), LakeError> {
        self.last_seen_micros = now();
        self.has_ended = has_ended;
        write_file(&path(lake), &serde_json::to_vec(self).unwrap_or_default())
    }

    /// Whether it runs: it was seen within the last two minutes.
    #[must_use]
    pub fn is_running(&self) -> bool {
        const SILENT_MICROS: i64 = 120_000_000;
        !self.has_ended && now().saturating_sub(self.last_seen_micros) < SILENT_MICROS
    }
}

fn now() -> i64 {
    nanoseconds(SystemTime::now()) / 1000
}

fn path(lake: &Lake) -> PathBuf {
    lake.root().join("state").join("service.json")
}

/// The service of a lake, if there ever was one.
#[must_use]
pub fn service(lake: &Lake) -> Option<Service> {
    serde_json::from_slice(&std::fs::read(path(lake)).ok()?).ok()
}
