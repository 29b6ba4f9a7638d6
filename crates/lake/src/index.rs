//! The index: quick answers to "has this path changed?" and "which inputs did this job see?".
//!
//! No information is stored only here. The index may be deleted or damaged at any time; the next writer then starts an
//! empty one, reports this, and finds the answers again in `source_files` and the derived tables.

use std::panic::AssertUnwindSafe;
use std::path::Path;
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
}

/// A file modified within this time before it was examined may change again without a new time stamp: file systems
/// record time in steps of up to two seconds.
const RACY_NS: i64 = 2_000_000_000;

impl SeenFile {
    /// Whether a file of this size and modification time is certainly the one examined.
    #[must_use]
    pub fn still(&self, size_bytes: u64, modified_ns: i64) -> bool {
        self.size_bytes == size_bytes && self.modified_ns == modified_ns && modified_ns < self.seen_ns - RACY_NS
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
    db: sled::Db,
    fresh: bool,
}

impl Index {
    /// Opens the index in `state/`, or starts an empty one if there is none or it is damaged.
    pub(crate) fn open(state: &Path) -> Result<Self, LakeError> {
        let folder = state.join("index");
        // sled panics on some kinds of damage; that too only means that the index must be rebuilt.
        let opened = std::panic::catch_unwind(|| {
            let db = sled::Config::new().path(&folder).cache_capacity(32 << 20).open()?;
            let fresh = !db.open_tree(LAKE)?.contains_key(SNAPSHOT)?;
            Ok::<_, sled::Error>(Self { db, fresh })
        });
        if let Ok(Ok(index)) = opened {
            return Ok(index);
        }
        // A second failure is not damage but a full or read-only disk; opening says which.
        std::fs::remove_dir_all(&folder).ok();
        let db = sled::Config::new()
            .path(&folder)
            .cache_capacity(32 << 20)
            .open()
            .map_err(|source| LakeError::Index { step: "make", source })?;
        Ok(Self { db, fresh: true })
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

    /// sled panics on some kinds of damage; that too only means that there is no value.
    fn stored(&self, topic: &str, name: &str) -> Option<sled::IVec> {
        let read = AssertUnwindSafe(|| self.db.open_tree(topic).and_then(|tree| tree.get(name)));
        std::panic::catch_unwind(read).ok()?.ok()?
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
        self.db
            .open_tree(topic)
            .and_then(|tree| tree.insert(name, bytes))
            .map(|_| ())
            .map_err(|source| LakeError::Index { step: "write to", source })
    }

    /// Removes everything: the index belongs to a different lake.
    pub(crate) fn clear(&mut self) -> Result<(), LakeError> {
        for name in self.db.tree_names() {
            if let Ok(tree) = self.db.open_tree(name) {
                tree.clear().map_err(|source| LakeError::Index { step: "clear", source })?;
            }
        }
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
        self.db.flush().map(|_| ()).map_err(|source| LakeError::Index { step: "write", source })
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
        SeenFile { size_bytes: 10, modified_ns: 5_000_000_000, seen_ns: 9_000_000_000, file_id: "ab".to_owned() }
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
