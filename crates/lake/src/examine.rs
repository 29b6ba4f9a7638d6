//! Compares every byte that the lake keeps with the hashes that it keeps: journal, logs, data files, archive.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::io;
use crate::files::{Age, DataFile};
use crate::journal::{Entry, Logged, log_folder};
use crate::snapshot::SNAPSHOTS;
use crate::state::{States, TableState};
use crate::store::{hash_in_name, hash_of_file};
use crate::{Lake, LakeError};

/// Something that is not as the lake recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What it concerns.
    pub part: Part,
    /// What is wrong, for people.
    pub text: String,
}

/// A part of a lake that can be damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// An entry of the journal, by the number of its snapshot.
    Journal(i64),
    /// A file of a table's log, or that of a checkpoint: its path.
    Log(PathBuf),
    /// Data of the newest state of a table: the table, and the file.
    Table(String, Option<PathBuf>),
    /// A data file of earlier states only, by its path.
    Earlier(PathBuf),
    /// A file of the raw archive, by its id.
    Archive(String),
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// Files of the archive with the right bytes.
    pub n_archived: usize,
    /// Data files of tables with the right bytes.
    pub n_data_files: usize,
    /// Everything that is wrong.
    pub damages: Vec<Damage>,
    /// What is known to be lost since a repair, and cannot be repaired.
    pub notes: Vec<String>,
}

impl Examined {
    fn add(&mut self, part: Part, text: impl Into<String>) {
        self.damages.push(Damage { part, text: text.into() });
    }

    /// The tables whose newest state is damaged.
    #[must_use]
    pub fn tables(&self) -> BTreeSet<String> {
        let table = |damage: &Damage| match &damage.part {
            Part::Table(table, _) => Some(table.clone()),
            _ => None,
        };
        self.damages.iter().filter_map(table).collect()
    }
}

/// The entries that can be read, and the newest state that is known.
pub(crate) struct Known {
    pub(crate) entries: Vec<Entry>,
    pub(crate) states: States,
    pub(crate) own: Option<TableState>,
    pub(crate) number: i64,
}

impl Lake {
    /// Compares every byte with its hash.
    ///
    /// # Errors
    ///
    /// [`LakeError`] if a folder cannot be listed, or no state of the lake is known at all.
    pub async fn examine(&self) -> Result<Examined, LakeError> {
        let mut examined = self.examine_tables_alone().await?;
        self.examine_archive(&mut examined)?;
        Ok(examined)
    }

    /// The same without the raw archive.
    pub(crate) async fn examine_tables_alone(&self) -> Result<Examined, LakeError> {
        let mut examined = Examined::default();
        let known = self.known(&mut examined).await?;
        self.examine_logs(&known, &mut examined)?;
        let used = self.examine_tables(&known, &mut examined).await;
        self.examine_earlier(&known, &used, &mut examined);
        Ok(examined)
    }

    /// Reads the journal.
    pub(crate) async fn known(&self, examined: &mut Examined) -> Result<Known, LakeError> {
        let journal = self.journal();
        let mut listed = journal.list()?;
        if let Some(torn) = self.torn()? {
            // Later batches are not in this copy; that it is one is said wherever it is opened.
            listed.retain(|number, _| *number <= torn.whole.snapshot);
        }
        let mut entries: Vec<Entry> = Vec::new();
        let range = listed.keys().next().copied().zip(listed.keys().next_back().copied());
        for number in range.into_iter().flat_map(|(first, last)| first..=last) {
            match listed.get(&number).map(|path| journal.read(path)) {
                Some(Ok(entry)) => entries.push(entry),
                Some(Err(error)) => examined.add(Part::Journal(number), error.to_string()),
                None => examined.add(Part::Journal(number), format!("`raw/journal`: there is no entry {number}")),
            }
        }
        let last = range.map(|(_, last)| last);
        match (self.newest().await, entries.last()) {
            (Ok(newest), _) => Ok(Known {
                states: newest.states().clone(),
                own: newest.own().cloned(),
                number: newest.number(),
                entries,
            }),
            (Err(error), newest) => {
                // The newest entry is lost: the table of snapshots says what it said.
                let rows = match self.tables().open(SNAPSHOTS, None).await {
                    Ok(Some(table)) => Some((table.state()?, self.rows(table.newest("snapshot")?))),
                    _ => None,
                };
                let row = rows.and_then(|(own, rows)| Some((own, rows.ok()?.pop()?)));
                // Entries that are not even listed; one that is listed and damaged is reported already.
                if last.is_none_or(|last| newest.is_some_and(|newest| newest.snapshot == last)) {
                    let until = row.as_ref().map_or(last.unwrap_or(0) + 1, |(_, row)| row.number());
                    for lost in last.map_or(until, |last| (last + 1).min(until))..=until {
                        examined.add(Part::Journal(lost), error.to_string());
                    }
                }
                match (row, newest) {
                    (Some((own, row)), newest) if newest.is_none_or(|newest| newest.snapshot < row.number()) => {
                        Ok(Known { states: row.states().clone(), own: Some(own), number: row.number(), entries })
                    }
                    (_, Some(newest)) => Ok(Known {
                        states: newest.tables.clone(),
                        own: newest.own.clone(),
                        number: newest.snapshot,
                        entries,
                    }),
                    (_, None) => Err(error),
                }
            }
        }
    }

    /// Every file of the tables' logs is as it was written.
    fn examine_logs(&self, known: &Known, examined: &mut Examined) -> Result<(), LakeError> {
        let tables = self.root().join("tables");
        for (below, logged) in known.entries.iter().flat_map(|entry| &entry.log) {
            let path = tables.join(below);
            let place = || self.tables().store().0.below(&path).display().to_string();
            let found = match logged {
                Logged::Text(text) => match std::fs::read(&path) {
                    Ok(bytes) if bytes == text.as_bytes() => continue,
                    Ok(bytes) if bytes.is_empty() => "is empty".to_owned(),
                    Ok(_) => "does not have the bytes that were written".to_owned(),
                    Err(error) => format!("cannot be read: {error}"),
                },
                Logged::Hash(hash) => match hash_of_file(&path) {
                    Ok(found) if found == *hash => continue,
                    // A checkpoint repeats what the commits say.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    Ok(_) => "does not have the bytes that were written".to_owned(),
                    Err(error) => format!("cannot be read: {error}"),
                },
            };
            examined.add(Part::Log(path.clone()), format!("`{}` {found}", place()));
        }
        // Where the newest checkpoint is: a hint, which changes.
        for table in known.states.keys().map(String::as_str).chain([SNAPSHOTS]) {
            let path = log_folder(self.root(), table).join("_last_checkpoint");
            let Ok(text) = std::fs::read(&path) else { continue };
            let version = serde_json::from_slice::<Value>(&text).ok().and_then(|hint| hint.get("version")?.as_u64());
            let checkpoint =
                version.map(|version| log_folder(self.root(), table).join(format!("{version:020}.checkpoint.parquet")));
            if checkpoint.is_none_or(|checkpoint| !checkpoint.exists()) {
                let below = self.tables().store().0.below(&path).display().to_string();
                examined.add(Part::Log(path), format!("`{below}` does not name a checkpoint of the table"));
            }
        }
        Ok(())
    }

    /// Every table of the newest state is what the state says, and every file of it has the right bytes. Returns these files.
    async fn examine_tables(&self, known: &Known, examined: &mut Examined) -> BTreeSet<PathBuf> {
        let mut used = BTreeSet::new();
        let own = known.own.as_ref().map(|own| (SNAPSHOTS, own));
        for (name, state) in known.states.iter().map(|(name, state)| (name.as_str(), state)).chain(own) {
            let files = match self.tables().open_recorded(name, state, Age::Newest).await {
                Ok(opened) => opened.files(),
                Err(error) => Err(error),
            };
            let files = match files {
                Ok(files) => files,
                Err(error) => {
                    examined.add(Part::Table(name.to_owned(), None), error.to_string());
                    continue;
                }
            };
            for DataFile { path, .. } in &files {
                used.insert(path.clone());
            }
            for file in files {
                match file.verify() {
                    Ok(()) => examined.n_data_files += 1,
                    Err(error) => {
                        let text = format!("table `{name}`: {}", without_remedy(&error.to_string()));
                        examined.add(Part::Table(name.to_owned(), Some(file.path)), text);
                    }
                }
            }
        }
        used
    }

    /// Every data file of an earlier state has the right bytes, unless it is known to be lost.
    fn examine_earlier(&self, known: &Known, used: &BTreeSet<PathBuf>, examined: &mut Examined) {
        let lost: BTreeSet<&String> = known.entries.iter().flat_map(|entry| &entry.lost).collect();
        let deleted: BTreeSet<&String> = known.entries.iter().flat_map(|entry| &entry.deleted).collect();
        if !lost.is_empty() {
            examined.notes.push(format!(
                "{} of earlier states were lost before a repair: what `--as-of` asks of them cannot be answered",
                match lost.len() {
                    1 => "1 data file".to_owned(),
                    n => format!("{n} data files"),
                }
            ));
        }
        let mut seen = BTreeSet::new();
        for (below, logged) in known.entries.iter().flat_map(|entry| &entry.log) {
            let (Some((table, _)), Logged::Text(text)) = (below.split_once('/'), logged) else { continue };
            for name in added(text) {
                let path = self.tables().folder(table).join(&name);
                let place = self.tables().store().0.below(&path);
                let name_below = place.display().to_string();
                let is_gone = lost.contains(&name_below) || deleted.contains(&name_below);
                if used.contains(&path) || is_gone || !seen.insert(path.clone()) {
                    continue;
                }
                let found = match (hash_in_name(&name), std::fs::metadata(&path)) {
                    (_, Err(error)) => format!("cannot be read: {error}"),
                    (None, Ok(_)) => continue,
                    (Some(hash), Ok(_)) => match hash_of_file(&path) {
                        Ok(found) if found == hash => {
                            examined.n_data_files += 1;
                            continue;
                        }
                        Ok(_) => "does not have the hash in its name".to_owned(),
                        Err(error) => format!("cannot be read: {error}"),
                    },
                };
                let text = format!("`{}`, of an earlier state of the lake, {found}", place.display());
                examined.add(Part::Earlier(path), text);
            }
        }
    }

    /// Every file of the archive has the hash in its name.
    pub(crate) fn examine_archive(&self, examined: &mut Examined) -> Result<(), LakeError> {
        let archive = self.archive();
        let folder = archive.folder();
        let list = |folder: &Path| -> Result<Vec<PathBuf>, LakeError> {
            let entries = std::fs::read_dir(folder).map_err(io("read", folder))?;
            let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            Ok(paths)
        };
        if !folder.exists() {
            return Ok(());
        }
        for head in list(folder)?.into_iter().filter(|path| path.is_dir()) {
            let name = head.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.len() != 2 {
                continue;
            }
            for path in list(&head)? {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let Some(tail) = file.strip_suffix(".zst") else { continue };
                let id = format!("{name}{tail}");
                match archive.get(&id) {
                    Ok(_) => examined.n_archived += 1,
                    Err(error) => examined.add(Part::Archive(id), format!("archive: {error}")),
                }
            }
        }
        Ok(())
    }
}

/// The names of the data files that a commit adds.
fn added(commit: &str) -> impl Iterator<Item = String> + '_ {
    let path = |line: &str| {
        let action: Value = serde_json::from_str(line).ok()?;
        Some(action.get("add")?.get("path")?.as_str()?.to_owned())
    };
    commit.lines().filter_map(path)
}

/// The message without what to do: a list of damages says this once.
fn without_remedy(text: &str) -> &str {
    text.strip_suffix(": run `aldb verify --repair`").unwrap_or(text)
}

/// Files by table, of a list of paths.
pub(crate) fn by_table(damages: &[Damage]) -> BTreeMap<String, Vec<PathBuf>> {
    let mut tables: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for damage in damages {
        if let Part::Table(table, file) = &damage.part {
            tables.entry(table.clone()).or_default().extend(file.clone());
        }
    }
    tables
}
