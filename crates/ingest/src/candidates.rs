//! Selects the files to be read, and divides them into batches.

use std::time::{Duration, SystemTime};

use aldb_lake::{SeenFile, Snapshot, Writer, file_id, nanoseconds};
use rayon::prelude::*;

use crate::IngestError;
use crate::config::Configuration;
use crate::discover::Found;
use crate::report::IngestReport;
use crate::stored;

/// Topic of the index for paths.
pub(crate) const PATHS: &str = "paths";

/// Files of one batch, and their bytes: enough that committing costs little, few enough to hold in memory.
const BATCH_FILES: usize = 512;
const BATCH_BYTES: u64 = 128 << 20;

/// Number of candidates, and of their bytes, up to which only their rows of `source_files` are read.
const FEW_FILES: usize = 64;
const FEW_BYTES: u64 = 64 << 20;

/// The files that the index does not list as unchanged, and that are not being written. All files if `all_again`.
pub(crate) fn candidates<'a>(
    writer: &Writer,
    configuration: &Configuration,
    found: &'a [Found],
    all_again: bool,
    report: &mut IngestReport,
) -> Vec<&'a Found> {
    let index = writer.index();
    let is_unchanged = |found: &Found| {
        let seen: Option<SeenFile> = index.get(PATHS, &found.name);
        seen.is_some_and(|seen| seen.still(found.size_bytes, found.modified.map_or(0, nanoseconds)))
    };
    let mut candidates: Vec<&Found> = found.par_iter().filter(|found| all_again || !is_unchanged(found)).collect();
    report.n_unchanged += found.len() - candidates.len();
    let now = SystemTime::now();
    candidates.retain(|found| {
        let settle = configuration.source_of(&found.path).map_or(0, |source| source.settle_s);
        let rested = found.modified.and_then(|modified| now.duration_since(modified).ok());
        let is_busy = settle > 0 && rested.is_some_and(|rested| rested < Duration::from_secs(settle));
        report.n_busy += usize::from(is_busy);
        !is_busy
    });
    candidates
}

/// The candidates in batches of bounded size, in order.
pub(crate) fn batches<'c, 'a>(candidates: &'c [&'a Found]) -> impl Iterator<Item = &'c [&'a Found]> {
    let mut rest = candidates;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |candidate: &&&Found| {
            bytes += candidate.size_bytes;
            bytes <= BATCH_BYTES
        };
        let n = rest.iter().take(BATCH_FILES).take_while(fits).count().max(1).min(rest.len());
        let (batch, after) = rest.split_at(n);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// The rows of `source_files` about the candidates and their bytes. If they are few, the rest of a large lake is not
/// read.
pub(crate) async fn known_files(snapshot: &Snapshot, candidates: &[&Found]) -> Result<stored::Files, IngestError> {
    let bytes: u64 = candidates.iter().map(|candidate| candidate.size_bytes).sum();
    if candidates.len() > FEW_FILES || bytes > FEW_BYTES {
        return stored::files(snapshot).await;
    }
    // A file that changes between this check and its reading is then treated as busy.
    let ids = candidates.iter().filter_map(|candidate| Some(file_id(&std::fs::read(&candidate.path).ok()?)));
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    stored::files_like(snapshot, &names, &ids.collect::<Vec<_>>()).await
}
