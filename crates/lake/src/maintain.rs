//! Maintenance: merges small files, deletes what no snapshot can ever need, checks the raw archive.
//!
//! No state of the lake is lost: a data file is deleted only if neither the newest nor any earlier snapshot needs it (see
//! [`crate::uses`]), and only if it is older than a stated age, because a process may still write or read it. The journal keeps
//! the names of deleted data files, so that `verify` does not miss those that a log names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::error::io;
use crate::examine::Examined;
use crate::exit_point::{self, Step};
use crate::files::Age;
use crate::index::nanoseconds;
use crate::uses::Use;
use crate::writer::mergeable;
use crate::{Lake, LakeError, Snapshot};

/// What to maintain, and how.
#[derive(Debug, Clone)]
pub struct MaintainOptions {
    /// Files that no snapshot needs are deleted once they have been unneeded for this long.
    pub older_than: Duration,
    /// Report what would be done and change nothing; the lock is not taken.
    pub dry_run: bool,
    /// Compare every file of the raw archive with its hash.
    pub check_archive: bool,
}

impl Default for MaintainOptions {
    /// Seven days, and everything is done.
    fn default() -> Self {
        Self { older_than: Duration::from_secs(7 * 24 * 3600), dry_run: false, check_archive: true }
    }
}

/// A table whose small files were merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// The table.
    pub table: String,
    /// Its files before.
    pub n_files_before: usize,
    /// Its files afterwards; in a dry run `None`.
    pub n_files_after: Option<usize>,
}

/// What maintenance did; in a dry run, what it would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Maintained {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// Tables whose small files were merged.
    pub merged: Vec<Merged>,
    /// Deleted data files that no snapshot needs, and what killed processes left.
    pub n_deleted: usize,
    /// Their size in bytes.
    pub n_deleted_bytes: u64,
    /// Files that no snapshot needs and that are not old enough yet.
    pub n_too_young: usize,
    /// Files of the raw archive with the right bytes; `None` where it was not checked.
    pub n_archived: Option<usize>,
    /// What is wrong with the raw archive.
    pub problems: Vec<String>,
    /// The newest snapshot afterwards.
    pub snapshot: i64,
}

/// Files to delete.
#[derive(Debug, Default)]
struct Unneeded {
    /// With their sizes.
    files: Vec<(PathBuf, u64)>,
    /// Data files among them that no entry of the journal names as deleted, by their paths below the lake. Also those that no entry
    /// names at all: the log of a killed writer may, and the next entry contains it.
    data: BTreeSet<String>,
    n_too_young: usize,
}

impl Lake {
    /// Maintains the lake: merges small files, deletes files that no snapshot needs, checks the raw archive.
    ///
    /// # Errors
    ///
    /// [`LakeError::Locked`] while another process writes, unless this lake is one [`Lake::that_waits`]; [`LakeError`] if the lake
    /// is damaged or the disk cannot be written. A damaged file of the archive is in the report.
    pub async fn maintain(&self, options: &MaintainOptions) -> Result<Maintained, LakeError> {
        let mut done = Maintained { dry_run: options.dry_run, ..Maintained::default() };
        if options.dry_run {
            let base = self.snapshot().await?;
            for (table, n_files_before) in self.mergeable(&base).await? {
                done.merged.push(Merged { table, n_files_before, n_files_after: None });
            }
            let unneeded = self.unneeded(&base, options.older_than).await?;
            (done.n_deleted, done.n_too_young) = (unneeded.files.len(), unneeded.n_too_young);
            done.n_deleted_bytes = unneeded.files.iter().map(|(_, size)| size).sum();
            done.snapshot = base.number();
        } else {
            self.merge_and_delete(options, &mut done).await?;
        }
        if options.check_archive {
            let mut examined = Examined::default();
            self.examine_archive(&mut examined)?;
            done.n_archived = Some(examined.n_archived);
            done.problems = examined.damages.into_iter().map(|damage| damage.text).collect();
        }
        Ok(done)
    }

    async fn merge_and_delete(&self, options: &MaintainOptions, done: &mut Maintained) -> Result<(), LakeError> {
        let mut writer = self.write().await?;
        for (table, n_files_before) in self.mergeable(writer.base()).await? {
            let n_files_after = Some(writer.merge(&table).await?);
            done.merged.push(Merged { table, n_files_before, n_files_after });
        }
        let unneeded = self.unneeded(writer.base(), options.older_than).await?;
        let mut causes = Vec::new();
        if !done.merged.is_empty() {
            let names: Vec<&str> = done.merged.iter().map(|merged| merged.table.as_str()).collect();
            causes.push(format!("merged files of {}", names.join(", ")));
        }
        if !unneeded.data.is_empty() {
            causes.push(format!("deleted {} data files that no snapshot needs", unneeded.data.len()));
            writer.delete(unneeded.data);
        }
        // First the journal says that they are deleted; until they are, they are only files too many.
        writer.commit(&causes.join(", ")).await?;
        for (path, size) in unneeded.files {
            exit_point::before(Step::Write);
            match std::fs::remove_file(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(io("delete", &path)(error)),
            }
            done.n_deleted += 1;
            done.n_deleted_bytes += size;
        }
        done.n_too_young = unneeded.n_too_young;
        done.snapshot = writer.base().number();
        writer.index().flush()
    }

    /// The tables with files that could be merged, and how many files they have.
    async fn mergeable(&self, base: &Snapshot) -> Result<Vec<(String, usize)>, LakeError> {
        let mut found = Vec::new();
        for (name, state) in base.states() {
            let files = self.tables().open_recorded(name, state, Age::Newest).await?.files()?;
            let n_files = files.len();
            if mergeable(files).is_some() {
                found.push((name.clone(), n_files));
            }
        }
        Ok(found)
    }

    /// Data files that no snapshot needs, and temporary files, all older than an age.
    async fn unneeded(&self, base: &Snapshot, older_than: Duration) -> Result<Unneeded, LakeError> {
        let entries = self.entries_until(base.number())?;
        let uses = self.uses(&entries).await?;
        let deleted: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.deleted).collect();
        let now = SystemTime::now();
        let limit_ms = nanoseconds(now.checked_sub(older_than).unwrap_or(SystemTime::UNIX_EPOCH)) / 1_000_000;
        let mut unneeded = Unneeded::default();
        let mut add = |path: PathBuf, since_ms: i64, data: Option<String>| {
            let Ok(status) = std::fs::symlink_metadata(&path) else { return };
            let changed_ms = status.modified().map_or(i64::MAX, |time| nanoseconds(time) / 1_000_000);
            if since_ms.max(changed_ms) > limit_ms {
                unneeded.n_too_young += 1;
                return;
            }
            unneeded.data.extend(data.filter(|name| !deleted.contains(name)));
            unneeded.files.push((path, status.len()));
        };
        for below in ["", "state", "raw", "tables"] {
            let is_deep = matches!(below, "raw" | "tables");
            for path in files(&self.root().join(below), is_deep)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if is_temporary(&name) {
                    add(path, i64::MIN, None);
                    continue;
                }
                let in_tables = path.strip_prefix(self.root().join("tables")).ok();
                let is_data = below == "tables" && name.ends_with(".parquet") && !is_in_log(&path);
                let Some(of_table) = in_tables.filter(|_| is_data).and_then(Path::to_str) else { continue };
                let since_ms = match uses.get(&of_table.replace('\\', "/")) {
                    Some(Use::Needed) => continue,
                    Some(Use::UnneededSince(since_ms)) => *since_ms,
                    // A killed writer left it.
                    None => i64::MIN,
                };
                let below = self.tables().store().0.below(&path).display().to_string();
                add(path.clone(), since_ms, Some(below));
            }
        }
        Ok(unneeded)
    }
}

fn is_in_log(path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|folder| folder == "_delta_log")
}

/// Whether a file of this name was being written when its process ended: `.tmpAbC123` is one of aldb, `_commit_….json.tmp` and
/// `NAME#1` are those of Delta Lake.
pub(crate) fn is_temporary(name: &str) -> bool {
    let is_own = |rest: &str| rest.len() == 6 && rest.chars().all(|c| c.is_ascii_alphanumeric());
    let is_staged = |number: &str| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    name.strip_prefix(".tmp").is_some_and(is_own)
        || (name.starts_with("_commit_") && name.ends_with(".tmp"))
        || name.rsplit_once('#').is_some_and(|(name, number)| is_staged(number) && name.contains('.'))
}

/// The files of a folder, with those of its subfolders if so asked, in order.
pub(crate) fn files(folder: &Path, is_deep: bool) -> Result<Vec<PathBuf>, LakeError> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(io("read", folder)(error)),
    };
    let mut by_name: BTreeMap<PathBuf, bool> = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(io("read", folder))?;
        // The type of a link is that of the link: what is elsewhere is not walked into.
        by_name.insert(entry.path(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
    }
    for (path, is_folder) in by_name {
        match is_folder {
            true if is_deep => found.extend(files(&path, true)?),
            true => {}
            false => found.push(path),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_temporary_files_are_those() {
        for name in [".tmpAbC12z", "_commit_8b1c.json.tmp", "00000000000000000003.json#1", "part-0.parquet#12"] {
            assert!(is_temporary(name), "{name}");
        }
        for name in [".tmp", ".tmpnotes", "a.tmp", "00000000000000000003.json", "film #1", "film #1.toml", "run.csv#a"]
        {
            assert!(!is_temporary(name), "{name}");
        }
    }
}
