//! Copies of a lake that were made, file by file, while it was written.
//!
//! Such a copy may name a batch whose files it lacks: they came after their folder was copied. It is opened at its newest whole
//! snapshot, which is said. Damage is told apart by times that nobody sets: the folders of a copy were made when the copying
//! began. A snapshot before that time was whole when it was copied, so whatever it lacks is damage, and an error; only one after
//! that time can be torn. A lake that was not copied has no snapshot before its folders were made.
//!
//! A copy in which a batch was written is a lake of its own: `state/home` holds the time when its folders were made.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use crate::LakeError;
use crate::archive::Archive;
use crate::aside::Aside;
use crate::durable::write_file;
use crate::error::io;
use crate::journal::{Entry, Journal, Logged, commit_file, log_folder};
use crate::snapshot::SNAPSHOTS;
use crate::store::version_of;

/// A copy that lacks files of its newest batches.
#[derive(Debug)]
pub(crate) struct Torn {
    /// The newest whole snapshot.
    pub(crate) whole: Entry,
    /// The file of the newest entry of the journal: once it is another one, the copy was written since, and is a lake of its own.
    pub(crate) newest: PathBuf,
    /// What to tell whoever opens it.
    pub(crate) note: String,
}

/// When the folders of the lake were made, in microseconds since 1970; `None` where the file system does not say.
fn made_micros(root: &Path) -> Option<i64> {
    let made = |below: &str| {
        let made = std::fs::metadata(root.join(below)).ok()?.created().ok()?;
        i64::try_from(made.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_micros()).ok()
    };
    ["tables", "raw", "raw/journal"].into_iter().map(made).collect::<Option<Vec<i64>>>()?.into_iter().min()
}

fn home(root: &Path) -> PathBuf {
    root.join("state").join("home")
}

/// Whether a batch was written since the folders of the lake were made.
fn is_at_home(root: &Path, made: i64) -> bool {
    std::fs::read_to_string(home(root)).is_ok_and(|text| text.trim().parse() == Ok(made))
}

/// Records that a batch was written where the lake is now.
pub(crate) fn settle_in(root: &Path) -> Result<(), LakeError> {
    match made_micros(root) {
        Some(made) if !is_at_home(root, made) => write_file(&home(root), format!("{made}\n").as_bytes()),
        _ => Ok(()),
    }
}

/// The newest whole snapshot of a copy that lacks files of later ones; `None` for every other lake, damaged or not.
pub(crate) fn look(root: &Path, journal: &Journal) -> Result<Option<Torn>, LakeError> {
    let Some(made) = made_micros(root).filter(|made| !is_at_home(root, *made)) else { return Ok(None) };
    let listed = journal.list()?;
    let Some(newest) = listed.last_key_value().map(|(_, path)| path.clone()) else { return Ok(None) };
    // A damaged entry is an error of whoever needs it.
    let Ok(last) = journal.read(&newest) else { return Ok(None) };
    let is_ahead = is_ahead_since(root, journal, &last, made);
    if last.time_micros < made && !is_ahead {
        return Ok(None);
    }
    let mut entries = Vec::with_capacity(listed.len());
    for path in listed.values() {
        let Ok(entry) = journal.read(path) else { return Ok(None) };
        entries.push(entry);
    }
    // The newest snapshot that was whole when the copying began; without one this is no copy.
    let Some(before) = entries.iter().rposition(|entry| entry.snapshot > 0 && entry.time_micros < made) else {
        return Ok(None);
    };
    for place in (before..entries.len()).rev() {
        if !is_whole(root, &entries[..=place], made) {
            continue;
        }
        let (whole, later) = (entries[place].clone(), entries.len() - 1 - place);
        if later == 0 && !is_ahead {
            return Ok(None);
        }
        let later = match later {
            0 => "the batch after it is".to_owned(),
            1 => format!("snapshot {} is", whole.snapshot + 1),
            n => format!("snapshots {} to {} are", whole.snapshot + 1, whole.snapshot + n as i64),
        };
        let note = format!(
            "this copy of a lake was made while the lake was written: it is used at its newest whole snapshot, {}; {later} not in \
             the copy (`aldb backup` makes a consistent copy)",
            whole.snapshot
        );
        return Ok(Some(Torn { whole, newest, note }));
    }
    Ok(None)
}

/// Whether the table of snapshots has a commit that the newest entry does not know, and that was made after the folders.
fn is_ahead_since(root: &Path, journal: &Journal, last: &Entry, made: i64) -> bool {
    let next = last.own.as_ref().map_or(0, |own| own.version + 1);
    let Ok(text) = std::fs::read_to_string(commit_file(root, SNAPSHOTS, next)) else { return false };
    let time = text.lines().find_map(|line| {
        let action: Value = serde_json::from_str(line).ok()?;
        action.get("commitInfo")?.get("timestamp")?.as_i64()
    });
    !journal.is_announced() && time.is_some_and(|milliseconds| milliseconds.saturating_mul(1000) >= made)
}

/// Whether every file of the newest of these snapshots is there: commits, data files, and what its batch archived after the
/// copying began.
fn is_whole(root: &Path, entries: &[Entry], made: i64) -> bool {
    let Some(newest) = entries.last() else { return false };
    let mut live: BTreeMap<&str, HashSet<String>> = BTreeMap::new();
    for (below, text) in entries.iter().flat_map(|entry| &entry.log) {
        let (Some((table, name)), Logged::Text(text)) = (below.split_once("/_delta_log/"), text) else { continue };
        let recorded = if table == SNAPSHOTS { newest.own.as_ref() } else { newest.tables.get(table) };
        let Some(version) = version_of(name) else { continue };
        if recorded.is_none_or(|recorded| version > recorded.version) {
            continue;
        }
        if !std::fs::metadata(root.join("tables").join(below)).is_ok_and(|file| file.len() == text.len() as u64) {
            return false;
        }
        let files = live.entry(table).or_default();
        for (action, path) in actions(text) {
            match action {
                Action::Add => drop(files.insert(path)),
                Action::Remove => drop(files.remove(&path)),
            }
        }
    }
    let archive = Archive::new(root.join("raw"));
    let archived = entries.iter().filter(|entry| entry.time_micros >= made).flat_map(|entry| &entry.source_files);
    let is_archived =
        |row: &Value| row.get("file_id").and_then(Value::as_str).is_none_or(|id| archive.path(id).exists());
    let is_there = |(table, files): (&&str, &HashSet<String>)| {
        files.iter().all(|file| root.join("tables").join(table).join(file).exists())
    };
    live.iter().all(is_there) && archived.into_iter().all(is_archived)
}

/// What a commit does with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// It belongs to the table from now on.
    Add,
    /// It does not any more.
    Remove,
}

/// The files that a commit adds and removes, by their names.
pub(crate) fn actions(commit: &str) -> impl Iterator<Item = (Action, String)> + '_ {
    let action = |line: &str| {
        let object: Value = serde_json::from_str(line).ok()?;
        let path = |name: &str| Some(object.get(name)?.get("path")?.as_str()?.to_owned());
        path("remove").map(|path| (Action::Remove, path)).or_else(|| path("add").map(|path| (Action::Add, path)))
    };
    commit.lines().filter_map(action)
}

impl Torn {
    /// Puts aside what the copy has of later batches, before the next one is written.
    pub(crate) fn put_aside(&self, root: &Path, journal: &Journal) -> Result<(), LakeError> {
        let aside = Aside::new(root);
        for (number, path) in journal.list()? {
            if number > self.whole.snapshot {
                aside.take(&path)?;
            }
        }
        journal.written();
        let tables = root.join("tables");
        let names: BTreeSet<String> = std::fs::read_dir(&tables)
            .map_err(io("read", &tables))?
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        for table in names {
            let recorded = if table == SNAPSHOTS { self.whole.own.as_ref() } else { self.whole.tables.get(&table) };
            let log = log_folder(root, &table);
            let Some(recorded) = recorded else {
                aside.take(&log)?;
                continue;
            };
            let Ok(files) = std::fs::read_dir(&log) else { continue };
            for path in files.flatten().map(|entry| entry.path()) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                // The hint may name a later checkpoint; it is made again.
                if version_of(&name).is_some_and(|version| version > recorded.version) || name == "_last_checkpoint" {
                    aside.take(&path)?;
                }
            }
        }
        // What jobs saw was of the batches that are not in the copy.
        std::fs::remove_file(root.join("state").join("derived.json")).ok();
        Ok(())
    }
}
