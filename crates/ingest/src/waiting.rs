//! Files that are not read yet, because an instrument may still be writing them.
//!
//! A file rests when size and time of change are the same at two looks that are at least `settle_s` apart by the clock of this
//! computer: that of a share may be wrong. What is known about a file that does not rest yet is in the index. It can be lost; then
//! the wait begins again.

use std::path::Path;
use std::time::{Duration, SystemTime};

use aldb_lake::{Index, LakeError, SeenFile, file_id, nanoseconds};
use serde::{Deserialize, Serialize};

use crate::candidates::PATHS;
use crate::config::Source;
use crate::discover::Found;
use crate::report::{WaitCause, WaitingFile};

/// Topic of the index for files that wait.
const WAITING: &str = "waiting";

/// What is known about a file that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    size_bytes: u64,
    modified_ns: i64,
    /// The hash of its bytes, once its time of change moved while its size did not.
    file_id: Option<String>,
    /// Since when it is the same, in nanoseconds since 1970 by our clock.
    same_since_ns: i64,
    /// When it was first seen in a state that was not read.
    pub(crate) since_ns: i64,
}

/// What to do with a file that the lake does not have as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// It rests.
    Rests,
    /// It may still grow, and is read all the same.
    Grows,
    /// The lake has its bytes already: only its time of change is another.
    Unchanged,
    /// It waits.
    Waits(WaitCause),
}

/// How patient an ingest is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// The time for which a file must be the same where its source states none.
    pub(crate) settle: Duration,
    /// Now, in nanoseconds since 1970.
    pub(crate) now_ns: i64,
}

impl Patience {
    /// Decides about a file of a source, and remembers it in the index if it waits.
    pub(crate) fn decide(self, index: &Index, source: Option<&Source>, found: &Found) -> Result<Readiness, LakeError> {
        let settle = source.and_then(|source| source.settle).unwrap_or(self.settle);
        let marked = source.and_then(|source| source.is_marked_complete(&found.path));
        if settle.is_zero() && marked.is_none() {
            return Ok(Readiness::Rests);
        }
        let modified_ns = found.modified.map_or(0, nanoseconds);
        let seen: Option<SeenFile> = index.get(PATHS, &found.name);
        let has_same_size = seen.as_ref().is_some_and(|seen| seen.size_bytes == found.size_bytes && !seen.is_growing);
        let before: Option<Waiting> = index.get(WAITING, &found.name);
        // A share may change times without a write: then the bytes decide.
        let moved = before.as_ref().is_some_and(|before| before.modified_ns != modified_ns);
        let id = if has_same_size || (moved && before.as_ref().is_some_and(|b| b.size_bytes == found.size_bytes)) {
            hash_of(&found.path)
        } else {
            None
        };
        if has_same_size && id.is_some() && seen.as_ref().map(|seen| &seen.file_id) == id.as_ref() {
            let seen = seen.map(|seen| SeenFile { modified_ns, seen_ns: self.now_ns, ..seen });
            index.put(PATHS, &found.name, &seen)?;
            index.remove(WAITING, &found.name)?;
            return Ok(Readiness::Unchanged);
        }
        let now = self.now_ns;
        let is_same = before.as_ref().is_some_and(|before| {
            let is_still = before.modified_ns == modified_ns || (id.is_some() && before.file_id == id);
            // A clock that was put back makes no file rest.
            before.size_bytes == found.size_bytes && is_still && before.same_since_ns <= now
        });
        let waiting = Waiting {
            size_bytes: found.size_bytes,
            modified_ns,
            file_id: id.or_else(|| before.as_ref().filter(|_| is_same).and_then(|before| before.file_id.clone())),
            same_since_ns: before.as_ref().filter(|_| is_same).map_or(now, |before| before.same_since_ns),
            since_ns: before.as_ref().map_or(now, |before| before.since_ns.min(now)),
        };
        if before.as_ref() != Some(&waiting) {
            index.put(WAITING, &found.name, &waiting)?;
        }
        if found.size_bytes == 0 {
            let is_long = source.is_some_and(|source| is_older(waiting.since_ns, now, source.give_up_after));
            return Ok(if is_long { Readiness::Rests } else { Readiness::Waits(WaitCause::Empty) });
        }
        let rests = is_older(waiting.same_since_ns, now, settle) && is_same;
        Ok(match marked {
            Some(true) => Readiness::Rests,
            Some(false) => Readiness::Waits(WaitCause::NoMarker),
            None if rests => Readiness::Rests,
            None => {
                let every = source.and_then(|source| source.growing);
                let may_read = |every| seen.as_ref().is_none_or(|seen| is_older(seen.seen_ns, now, every));
                let has_changed = seen.as_ref().is_none_or(|seen| seen.size_bytes != found.size_bytes);
                match every {
                    Some(every) if may_read(every) && has_changed => Readiness::Grows,
                    _ => Readiness::Waits(WaitCause::Changing),
                }
            }
        })
    }

    /// Whether a file that ends early may still become whole.
    pub(crate) fn may_become_whole(self, index: &Index, source: Option<&Source>, found: &Found) -> bool {
        let Some(source) = source else { return false };
        let waiting: Option<Waiting> = index.get(WAITING, &found.name);
        waiting.is_some_and(|waiting| !is_older(waiting.since_ns, self.now_ns, source.give_up_after))
    }
}

fn is_older(since_ns: i64, now_ns: i64, than: Duration) -> bool {
    now_ns.saturating_sub(since_ns) >= i64::try_from(than.as_nanos()).unwrap_or(i64::MAX)
}

fn hash_of(path: &Path) -> Option<String> {
    std::fs::read(path).ok().map(|bytes| file_id(&bytes))
}

/// A file was read, or is gone: it waits no longer.
pub(crate) fn forget(index: &Index, name: &str) -> Result<(), LakeError> {
    match index.get::<Waiting>(WAITING, name) {
        Some(_) => index.remove(WAITING, name),
        None => Ok(()),
    }
}

/// For the report.
pub(crate) fn waiting_file(index: &Index, source: Option<&Source>, found: &Found, cause: WaitCause) -> WaitingFile {
    let waiting: Option<Waiting> = index.get(WAITING, &found.name);
    let since_ns = waiting.map_or_else(|| nanoseconds(SystemTime::now()), |waiting| waiting.since_ns);
    WaitingFile {
        path: found.name.clone(),
        source: source.map(|source| source.name.clone()),
        cause,
        since_micros: since_ns / 1000,
        size_bytes: found.size_bytes,
    }
}
