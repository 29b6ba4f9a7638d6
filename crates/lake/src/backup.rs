//! Copies a lake, while it may be written, into a folder that is a lake again.
//!
//! The copy has the newest snapshot of the moment when it begins, with all earlier states, the raw archive, and the files that
//! people wrote. `state/` is not copied: it is made again. What is in the folder already is not copied again: data files,
//! archived files and entries of the journal never change, and their names state their hashes. The entries of the journal come
//! last, in their order, so that a copy that was interrupted is the one before it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::durable::write_file;
use crate::error::io;
use crate::journal::{Entry, Journal, Logged, log_folder};
use crate::lock::WriterLock;
use crate::maintain::{files, is_temporary};
use crate::snapshot::SNAPSHOTS;
use crate::store::{hash_in_name, hash_of_file};
use crate::uses::Use;
use crate::{Lake, LakeError};

/// Why a lake could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The lake cannot be read, or the copy not be written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The folder is part of the lake, or the lake of it.
    #[error("`{}`: expected a folder outside the lake, found one that overlaps with it", folder.display())]
    Overlaps {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds something else.
    #[error("`{}`: expected an empty folder or an earlier backup of this lake, found {found}", folder.display())]
    Other {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        found: String,
    },
    /// A file of the lake is damaged: a copy of it would be, too.
    #[error("`{}` does not have the hash in its name: run `aldb verify --repair`, then make the backup again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// What a backup copied.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BackedUp {
    /// The snapshot that the copy has.
    pub snapshot: i64,
    /// That of the copy before; `None` if there was none.
    pub earlier: Option<i64>,
    /// Files copied.
    pub n_copied: usize,
    /// Their size in bytes.
    pub n_copied_bytes: u64,
    /// Files that were there already.
    pub n_there: usize,
    /// Files of people that were removed from the copy, because the lake does not have them any more.
    pub n_removed: usize,
}

/// Folders and files of a lake that people did not write.
const OWN: [&str; 3] = ["tables", "raw", "state"];

/// Files that make a folder a lake, which are written last.
const LAYOUT: &str = "layout.json";
const CONFIGURATION: &str = "aldb.toml";

impl Lake {
    /// Makes or completes a copy of the lake in a folder.
    ///
    /// # Errors
    ///
    /// [`BackupError`] if the folder holds something else than a copy of this lake, a file of the lake is missing or damaged, or the
    /// disk cannot be written. What was copied stays, and is not copied again.
    pub async fn back_up(&self, folder: &Path) -> Result<BackedUp, BackupError> {
        let absolute = std::path::absolute(folder).map_err(io("find", folder))?;
        if absolute.starts_with(self.root()) {
            return Err(BackupError::Overlaps { folder: absolute });
        }
        std::fs::create_dir_all(folder).map_err(io("make", folder))?;
        let folder = folder.canonicalize().map_err(io("open", folder))?;
        if folder.starts_with(self.root()) || self.root().starts_with(&folder) {
            return Err(BackupError::Overlaps { folder });
        }
        let base = self.snapshot().await?;
        let entries = self.entries_until(base.number())?;
        let (journal, to) = (self.journal(), Journal::new(&folder));
        let mut done = BackedUp { snapshot: base.number(), ..BackedUp::default() };
        done.earlier = self.compare(&journal, &to, &folder)?;
        let state = folder.join("state");
        let _lock = WriterLock::take(&state)?;
        // From now on tables may be ahead of the journal.
        if done.earlier.is_some_and(|earlier| earlier < base.number()) {
            to.announce(base.number())?;
        }
        let mut copy = Copy { from: self.root(), to: &folder, done: &mut done };
        self.copy_tables(&entries, &mut copy).await?;
        for path in files(&self.root().join("raw"), true)? {
            let is_journal = path.starts_with(self.root().join("raw").join("journal"));
            if !is_journal && path.extension().is_some_and(|ending| ending == "zst") {
                copy.once(&path)?;
            }
        }
        copy.files_of_people()?;
        for (_, path) in journal.list()?.range(..=base.number()) {
            copy.once(path)?;
        }
        // With its configuration the folder is a lake.
        for name in [LAYOUT, CONFIGURATION] {
            let path = self.root().join(name);
            let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
            copy.text(&path, &text)?;
        }
        to.written();
        Ok(done)
    }

    /// The newest snapshot of an earlier copy in the folder.
    fn compare(&self, journal: &Journal, to: &Journal, folder: &Path) -> Result<Option<i64>, BackupError> {
        let other = |found: String| BackupError::Other { folder: folder.to_owned(), found };
        let there = to.list()?;
        let Some(newest) = there.keys().next_back().copied() else {
            // An earlier copy that ended before its first entry has tables alone.
            let strange = std::fs::read_dir(folder).map_err(io("read", folder))?.flatten();
            let strange = strange.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let is_ours = |name: &String| OWN.contains(&name.as_str());
            return match strange.filter(|name| !is_ours(name)).min() {
                Some(name) if !self.root().join(&name).exists() || !folder.join("tables").is_dir() => {
                    Err(other(format!("`{name}`")))
                }
                _ => Ok(None),
            };
        };
        let here = journal.list()?;
        for (number, path) in &there {
            // Its name holds the hash of its bytes.
            if here.get(number).and_then(|here| here.file_name()) != path.file_name() {
                return Err(other(format!(
                    "another lake: its entry {number} in `raw/journal` is not one of this lake"
                )));
            }
        }
        Ok(Some(newest))
    }

    /// Copies every data file that a snapshot needs, and the logs as the journal has them.
    async fn copy_tables(&self, entries: &[Entry], copy: &mut Copy<'_>) -> Result<(), BackupError> {
        let lost: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.lost).collect();
        for (below, used) in self.uses(entries).await? {
            let path = self.root().join("tables").join(&below);
            let is_lost = || lost.contains(&self.tables().store().0.below(&path).display().to_string());
            // Files that no snapshot needs belong to the log all the same: `verify` looks for them.
            if path.exists() || (used == Use::Needed && !is_lost()) {
                copy.once(&path)?;
            }
        }
        for (below, logged) in entries.iter().flat_map(|entry| &entry.log) {
            let path = self.root().join("tables").join(below);
            match logged {
                Logged::Text(text) => copy.text(&path, text)?,
                Logged::Hash(hash) if hash_of_file(&path).is_ok_and(|found| found == *hash) => copy.once(&path)?,
                // A checkpoint repeats what the commits say.
                Logged::Hash(_) => {}
            }
        }
        // The hint to the newest checkpoint may be one of a later batch; without one the log is listed.
        let newest = entries.last();
        let names = newest.into_iter().flat_map(|entry| entry.tables.keys().map(String::as_str)).chain([SNAPSHOTS]);
        for name in names {
            let hint = log_folder(copy.from, name).join("_last_checkpoint");
            let Ok(text) = std::fs::read_to_string(&hint) else { continue };
            let version =
                serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|hint| hint["version"].as_u64());
            let is_there =
                |version: u64| log_folder(copy.to, name).join(format!("{version:020}.checkpoint.parquet")).exists();
            if version.is_some_and(is_there) {
                copy.text(&hint, &text)?;
            }
        }
        Ok(())
    }
}

/// Copies files from one folder to the same places in another.
struct Copy<'a> {
    from: &'a Path,
    to: &'a Path,
    done: &'a mut BackedUp,
}

impl Copy<'_> {
    fn target(&self, path: &Path) -> PathBuf {
        self.to.join(path.strip_prefix(self.from).unwrap_or(path))
    }

    /// Copies a file that never changes, unless it is there with its size.
    fn once(&mut self, path: &Path) -> Result<(), BackupError> {
        let target = self.target(path);
        let size = std::fs::metadata(path).map_err(io("read", path))?.len();
        if std::fs::metadata(&target).is_ok_and(|there| there.len() == size) {
            self.done.n_there += 1;
            return Ok(());
        }
        let bytes = std::fs::read(path).map_err(io("read", path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if hash_in_name(&name).is_some_and(|hash| hash != crate::store::hash(&bytes)) {
            return Err(BackupError::Damaged { path: path.to_owned() });
        }
        self.write(&target, &bytes)
    }

    /// Writes a file whose text is known, unless it is there.
    fn text(&mut self, path: &Path, text: &str) -> Result<(), BackupError> {
        let target = self.target(path);
        if std::fs::read(&target).is_ok_and(|there| there == text.as_bytes()) {
            self.done.n_there += 1;
            return Ok(());
        }
        self.write(&target, text.as_bytes())
    }

    fn write(&mut self, target: &Path, bytes: &[u8]) -> Result<(), BackupError> {
        write_file(target, bytes)?;
        self.done.n_copied += 1;
        self.done.n_copied_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes the files that people wrote the same as in the lake.
    fn files_of_people(&mut self) -> Result<(), BackupError> {
        let theirs = |root: &Path| -> Result<Vec<PathBuf>, BackupError> {
            let mut found = files(root, false)?;
            for entry in std::fs::read_dir(root).map_err(io("read", root))?.flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir())
                    && !OWN.contains(&&*entry.file_name().to_string_lossy())
                {
                    found.extend(files(&entry.path(), true)?);
                }
            }
            let is_last = |path: &Path| [LAYOUT, CONFIGURATION].iter().any(|name| path == root.join(name));
            let is_temporary = |path: &Path| path.file_name().is_some_and(|name| is_temporary(&name.to_string_lossy()));
            found.retain(|path| !is_temporary(path) && !is_last(path));
            Ok(found)
        };
        for path in theirs(self.from)? {
            // A file that an editor replaced meanwhile, or a link to nothing.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let target = self.target(&path);
            if std::fs::read(&target).is_ok_and(|there| there == bytes) {
                self.done.n_there += 1;
                continue;
            }
            self.write(&target, &bytes)?;
        }
        for path in theirs(self.to)? {
            let of_lake = self.from.join(path.strip_prefix(self.to).unwrap_or(&path));
            if std::fs::symlink_metadata(&of_lake).is_err() {
                std::fs::remove_file(&path).map_err(io("delete", &path))?;
                self.done.n_removed += 1;
            }
        }
        Ok(())
    }
}
