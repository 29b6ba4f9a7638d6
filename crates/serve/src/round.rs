//! One round: ingest, derive, check.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use aldb_ingest::{IngestOptions, IngestReport, ingest};
use aldb_lake::Lake;
use aldb_query::checks::{Severity, run_checks};
use aldb_query::derive::{DeriveOptions, derive, out_of_date};
use serde::Serialize;

/// What a round did and found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Round {
    /// What was ingested; none where the lake or its configuration could not be used.
    pub ingest: Option<IngestReport>,
    /// Rows that were derived, by table.
    pub derived: Vec<Derived>,
    /// Rows that the checks found, by check.
    pub checks: Vec<Found>,
    /// Everything that went wrong, in words.
    pub errors: Vec<String>,
    /// Whether the lake has another state than before.
    pub is_changed: bool,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
    /// Duration in seconds.
    pub elapsed_s: f64,
}

/// Rows derived by a job.
#[derive(Debug, Clone, Serialize)]
pub struct Derived {
    /// The table.
    pub table: String,
    /// Keys derived.
    pub n_keys: usize,
    /// Rows written.
    pub n_written: usize,
}

/// Rows found by a check.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    /// The check.
    pub check: String,
    /// Whether it finds errors, not only what is noteworthy.
    pub is_error: bool,
    /// Their number.
    pub n_rows: usize,
}

impl Round {
    /// Does a round over these sources; over all where there are none.
    pub(crate) async fn of(lake: &Lake, sources: Vec<String>, stop: &Arc<AtomicBool>, checked: &mut Checked) -> Self {
        let started = Instant::now();
        let mut round = Self::default();
        let before = lake.newest().await.map_or(0, |snapshot| snapshot.number());
        let options = IngestOptions { sources, is_patient: true, stop: stop.clone(), ..IngestOptions::default() };
        match ingest(lake, &options, |_, _| {}).await {
            Ok(report) => {
                round.errors.extend(report.failed.iter().map(|file| format!("{}: {}", file.path, file.error.message)));
                round.ingest = Some(report);
            }
            Err(error) => round.errors.push(error.to_string()),
        }
        if !stop.load(std::sync::atomic::Ordering::Relaxed) {
            round.derive_and_check(lake, checked).await;
        }
        match lake.newest().await {
            Ok(snapshot) => round.snapshot = snapshot.number(),
            Err(error) => round.errors.push(error.to_string()),
        }
        round.is_changed = round.snapshot != before;
        round.elapsed_s = started.elapsed().as_secs_f64();
        round
    }

    /// Derives what is stale and runs the checks, unless the lake is as the last round left it.
    async fn derive_and_check(&mut self, lake: &Lake, checked: &mut Checked) {
        let stale = match lake.snapshot().await {
            Ok(snapshot) if checked.snapshot == Some(snapshot.number()) => {
                out_of_date(lake, &snapshot).map(|stale| !stale.is_empty())
            }
            Ok(_) => Ok(true),
            Err(error) => {
                self.errors.push(error.to_string());
                return;
            }
        };
        match stale {
            Ok(false) => {
                self.checks.clone_from(&checked.found);
                return;
            }
            Ok(true) => {}
            Err(error) => self.errors.push(error.to_string()),
        }
        match derive(lake, &DeriveOptions::default(), |_| {}).await {
            Ok(report) => {
                for job in report.jobs {
                    self.errors.extend(job.failure.message.map(|error| format!("{}: {error}", job.job)));
                    self.errors.extend(job.failed_keys.iter().map(|key| format!("{}: {key}", job.job)));
                    if !job.stale.is_empty() {
                        self.derived.push(Derived {
                            table: job.job,
                            n_keys: job.stale.len(),
                            n_written: job.n_written,
                        });
                    }
                }
            }
            Err(error) => self.errors.push(error.to_string()),
        }
        let Ok(snapshot) = lake.snapshot().await else { return };
        match run_checks(lake, &snapshot, &[]).await {
            Ok(reports) => {
                for report in reports {
                    self.errors.extend(report.failure.message.map(|error| format!("check {}: {error}", report.check)));
                    let is_error = report.severity == Severity::Error;
                    self.checks.push(Found { check: report.check, is_error, n_rows: report.rows.len() });
                }
            }
            Err(error) => self.errors.push(error.to_string()),
        }
        *checked = Checked { snapshot: Some(snapshot.number()), found: self.checks.clone() };
    }

    /// Everything wrong, to compare with another round.
    pub(crate) fn wrong(&self) -> BTreeSet<String> {
        let of_checks = self.checks.iter().filter(|found| found.is_error && found.n_rows > 0);
        let of_checks = of_checks.map(|found| format!("check {}: {} rows", found.check, found.n_rows));
        self.errors.iter().cloned().chain(of_checks).collect()
    }

    /// Duration.
    pub(crate) fn elapsed(&self) -> Duration {
        Duration::from_secs_f64(self.elapsed_s)
    }
}

/// The state of the lake for which the checks were run last, and what they found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    snapshot: Option<i64>,
    found: Vec<Found>,
}
