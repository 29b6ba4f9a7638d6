//! Selects the files to be read, and divides them into batches.

use aldb_lake::{SeenFile, Snapshot, Writer, file_id, nanoseconds};
use rayon::prelude::*;

use crate::IngestError;
use crate::config::Configuration;
use crate::discover::Found;
use crate::report::IngestReport;
use crate::stored;
use crate::waiting::{Patience, Readiness, waiting_file};

/// Topic of the index for paths.
pub(crate) const PATHS: &str = "paths";

/// Files of one batch, and their bytes: enough that committing costs little, few enough to hold in memory.
const BATCH_FILES: usize = 512;
const BATCH_BYTES: u64 = 128 << 20;

/// Number of candidates, and of their bytes, up to which only their rows of `source_files` are read.
const FEW_FILES: usize = 64;
const FEW_BYTES: u64 = 64 << 20;

/// A file to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) found: &'a Found,
    /// Whether it may still grow.
    pub(crate) is_growing: bool,
}

/// The files that the index does not list as unchanged, and that are not being written. All files if `all_again`.
pub(crate) fn candidates<'a>(
    writer: &Writer,
    configuration: &Configuration,
    found: &'a [Found],
    all_again: bool,
    patience: Patience,
    report: &mut IngestReport,
) -> Result<Vec<Candidate<'a>>, IngestError> {
    let index = writer.index();
    let is_unchanged = |found: &Found| {
        let seen: Option<SeenFile> = index.get(PATHS, &found.name);
        seen.is_some_and(|seen| seen.still(found.size_bytes, found.modified.map_or(0, nanoseconds)))
    };
    // What the lake has as it is may be read again at once.
    let asked: Vec<(&Found, bool)> = found
        .par_iter()
        .map(|found| (found, is_unchanged(found)))
        .filter(|(_, is_unchanged)| all_again || !is_unchanged)
        .collect();
    report.n_unchanged += found.len() - asked.len();
    let mut candidates = Vec::with_capacity(asked.len());
    for (found, is_unchanged) in asked {
        let source = configuration.source_of(&found.path);
        let readiness = if is_unchanged { Readiness::Rests } else { patience.decide(index, source, found)? };
        match readiness {
            Readiness::Rests => candidates.push(Candidate { found, is_growing: false }),
            Readiness::Grows => candidates.push(Candidate { found, is_growing: true }),
            Readiness::Unchanged => report.n_unchanged += 1,
            Readiness::Waits(cause) => report.waiting.push(waiting_file(index, source, found, cause)),
        }
    }
    Ok(candidates)
}

/// The candidates in batches of bounded size, in order.
pub(crate) fn batches<'c, 'a>(candidates: &'c [Candidate<'a>]) -> impl Iterator<Item = &'c [Candidate<'a>]> {
    let mut rest = candidates;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |candidate: &&Candidate<'_>| {
            bytes += candidate.found.size_bytes;
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
pub(crate) async fn known_files(
    snapshot: &Snapshot,
    candidates: &[Candidate<'_>],
) -> Result<stored::Files, IngestError> {
    let bytes: u64 = candidates.iter().map(|candidate| candidate.found.size_bytes).sum();
    if candidates.len() > FEW_FILES || bytes > FEW_BYTES {
        return stored::files(snapshot).await;
    }
    // A file that changes between this check and its reading is then treated as busy.
    let ids = candidates.iter().filter_map(|candidate| Some(file_id(&std::fs::read(&candidate.found.path).ok()?)));
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.found.name.as_str()).collect();
    stored::files_like(snapshot, &names, &ids.collect::<Vec<_>>()).await
}
