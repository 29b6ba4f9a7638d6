//! The index: quick answers to "has this path changed?" and "which inputs did this job see?".
//!
//! No information is stored only here. The index may be deleted or damaged at any time; the next writer then starts an
//! empty one, reports this, and finds the answers again in `source_files` and the derived tables.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;
use std::time::SystemTime;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::LakeError;
use crate::exit_point::{self, Step};

/// The index entry of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFile {
    /// Size in bytes.
    pub size_bytes: u64,
    /// Time of last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// When it was examined, in nanoseconds since 1970.
    pub seen_ns: i64,
    /// The hash of its bytes.
    pub file_id: String,
    /// Whether it was still growing: it must be examined again once it rests.
    #[serde(default)]
    pub is_growing: bool,
}

/// A file modified within this time before it was examined may change again without a new time stamp: file systems
/// record time in steps of up to two seconds.
const RACY_NS: i64 = 2_000_000_000;

impl SeenFile {
    /// Whether a file of this size and modification time is certainly the one examined.
    #[must_use]
    pub fn still(&self, size_bytes: u64, modified_ns: i64) -> bool {
        // A time in the future, of a clock that is ahead, cannot come again soon either.
        let is_racy = self.seen_ns.abs_diff(modified_ns) <= RACY_NS.unsigned_abs();
        self.size_bytes == size_bytes && self.modified_ns == modified_ns && !is_racy && !self.is_growing
    }
}

/// Nanoseconds since 1970; times before that are negative.
#[must_use]
pub fn nanoseconds(time: SystemTime) -> i64 {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}

/// Topic and name of what every index that was ever used holds: the newest snapshot that its writer saw.
pub(crate) const LAKE: &str = "lake";
pub(crate) const SNAPSHOT: &str = "snapshot";

/// The disposable index of a lake.
#[derive(Debug)]
pub struct Index {
    /// `None` once it is closed.
    db: Option<sled::Db>,
    fresh: bool,
}

/// Does something with sled. It panics on some kinds of damage, and on a full disk also when it is closed: here that is only `None`, and
/// the panic is not printed.
fn caught<T>(what: impl FnOnce() -> T) -> Option<T> {
    thread_local! { static IS_QUIET: Cell<bool> = const { Cell::new(false) } }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                before(panic);
            }
        }));
    });
    let was_quiet = IS_QUIET.replace(true);
    let done = catch_unwind(AssertUnwindSafe(what)).ok();
    IS_QUIET.set(was_quiet);
    done
}

/// The same where a panic is an error.
fn tried<T>(step: &'static str, what: impl FnOnce() -> sled::Result<T>) -> Result<T, LakeError> {
    let ended = || sled::Error::Io(std::io::Error::other("it ended unexpectedly: is the disk full?"));
    caught(what).unwrap_or_else(|| Err(ended())).map_err(|source| LakeError::Index { step, source })
}

fn opened(folder: &Path) -> sled::Result<sled::Db> {
    sled::Config::new().path(folder).cache_capacity(32 << 20).open()
}

impl Index {
    /// Opens the index in `state/`, or starts an empty one if there is none or it is damaged.
    pub(crate) fn open(state: &Path) -> Result<Self, LakeError> {
        let folder = state.join("index");
        let found = caught(|| {
            let db = opened(&folder)?;
            let fresh = !db.open_tree(LAKE)?.contains_key(SNAPSHOT)?;
            Ok::<_, sled::Error>(Self { db: Some(db), fresh })
        });
        if let Some(Ok(index)) = found {
            return Ok(index);
        }
        // A second failure is not damage but a full or read-only disk; opening says which.
        std::fs::remove_dir_all(&folder).ok();
        Ok(Self { db: Some(tried("make", || opened(&folder))?), fresh: true })
    }

    fn db(&self) -> sled::Result<&sled::Db> {
        self.db.as_ref().ok_or_else(|| sled::Error::Unsupported("it is closed".to_owned()))
    }

    /// Whether it was empty when it was opened.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// The value stored under this name; `None` also if it cannot be read, or is not what was stored.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, topic: &str, name: &str) -> Option<T> {
        let bytes = self.stored(topic, name)?;
        let (hash, json) = bytes.split_at_checked(HASH_BYTES)?;
        (hash == hash_of(topic, name, json)).then(|| serde_json::from_slice(json).ok())?
    }

    /// What cannot be read is no value.
    fn stored(&self, topic: &str, name: &str) -> Option<sled::IVec> {
        caught(|| self.db()?.open_tree(topic)?.get(name))?.ok()?
    }

    /// Stores a value under this name.
    ///
    /// # Errors
    ///
    /// [`LakeError::Index`] if the disk cannot be written.
    pub fn put<T: Serialize>(&self, topic: &str, name: &str, value: &T) -> Result<(), LakeError> {
        let json = serde_json::to_vec(value).unwrap_or_default();
        let bytes = [hash_of(topic, name, &json), json].concat();
        exit_point::before(Step::Write);
        tried("write to", || self.db()?.open_tree(topic)?.insert(name, bytes).map(drop))
    }

    /// Removes the value stored under this name, if there is one.
    ///
    /// # Errors
    ///
    /// [`LakeError::Index`] if the disk cannot be written.
    pub fn remove(&self, topic: &str, name: &str) -> Result<(), LakeError> {
        exit_point::before(Step::Write);
        tried("write to", || self.db()?.open_tree(topic)?.remove(name).map(drop))
    }

    /// Removes everything: the index belongs to a different lake.
    pub(crate) fn clear(&mut self) -> Result<(), LakeError> {
        tried("clear", || {
            let db = self.db()?;
            db.tree_names().into_iter().try_for_each(|name| db.open_tree(name)?.clear())
        })?;
        self.fresh = true;
        Ok(())
    }

    /// Writes everything to disk.
    ///
    /// # Errors
    ///
    /// [`LakeError::Index`] if the disk cannot be written.
    pub fn flush(&self) -> Result<(), LakeError> {
        exit_point::before(Step::Sync);
        tried("write", || self.db()?.flush().map(drop))
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let db = self.db.take();
        caught(|| drop(db));
    }
}

/// Bytes of a hash before each value.
const HASH_BYTES: usize = 8;

fn hash_of(topic: &str, name: &str, json: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for part in [topic.as_bytes(), name.as_bytes(), json] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().as_bytes()[..HASH_BYTES].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> SeenFile {
        SeenFile {
            size_bytes: 10,
            modified_ns: 5_000_000_000,
            seen_ns: 9_000_000_000,
            file_id: "ab".to_owned(),
            is_growing: false,
        }
    }

    #[test]
    fn a_file_modified_just_before_it_was_examined_is_examined_again() {
        assert!(seen().still(10, 5_000_000_000));
        assert!(!seen().still(11, 5_000_000_000));
        let just_written = SeenFile { seen_ns: 6_000_000_000, ..seen() };
        assert!(!just_written.still(10, 5_000_000_000));
    }

    #[test]
    fn a_stored_value_is_found_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap();
        assert!(index.is_fresh());
        index.put("paths", "a.DTA", &seen()).unwrap();
        index.put(LAKE, SNAPSHOT, &1).unwrap();
        index.flush().unwrap();
        drop(index);
        let index = Index::open(folder.path()).unwrap();
        assert!(!index.is_fresh());
        assert_eq!(index.get("paths", "a.DTA"), Some(seen()));
    }

    #[test]
    fn a_damaged_index_is_treated_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path()).unwrap();
        index.put("paths", "a.DTA", &seen()).unwrap();
        index.flush().unwrap();
        drop(index);
        for name in ["db", "conf"] {
            let path = folder.path().join("index").join(name);
            let length = std::fs::metadata(&path).unwrap().len();
            std::fs::write(&path, vec![0x5a; length as usize]).unwrap();
        }
        let index = Index::open(folder.path()).unwrap();
        assert_eq!(index.get::<SeenFile>("paths", "a.DTA"), None);
        index.put("paths", "a.DTA", &seen()).unwrap();
    }
}
