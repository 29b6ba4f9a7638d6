//! Repairs a lake from its journal: entries, logs, and the tables that the journal can rebuild.
//!
//! Logs are restored byte for byte, with their whole history. Of a table with damaged data files a new version begins
//! empty; `snapshots` and `source_files` are filled from the journal here, the others by whoever can make their rows.
//! Nothing is deleted: what is damaged goes to `state/damaged/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use serde_json::Value;

use crate::aside::Aside;
use crate::durable::write_file;
use crate::error::{arrow, io};
use crate::examine::{Examined, Part, by_table};
use crate::journal::{Entry, Logged, logged};
use crate::snapshot::SNAPSHOTS;
use crate::writer::{SOURCE_FILES, as_json};
use crate::{Lake, LakeError, Snapshot, Writer, layout};

/// What was repaired, and what remains to be done.
#[derive(Debug, Default)]
pub struct Repairs {
    /// What was done, in words.
    pub done: Vec<String>,
    /// What cannot be done, in words.
    pub impossible: Vec<String>,
    /// Tables that begin empty now, whose rows must be made again.
    pub tables: BTreeSet<String>,
    /// Files of the raw archive that are damaged, by their ids.
    pub archived: Vec<String>,
}

impl Lake {
    /// Repairs what the journal can repair. What it wrote becomes visible with the writer's commit.
    ///
    /// # Errors
    ///
    /// [`LakeError`] if another process writes, if no state of the lake is known, or if the disk cannot be written.
    pub async fn repair(&self) -> Result<(Writer, Repairs), LakeError> {
        let lock = self.lock().await?;
        let mut repairs = Repairs::default();
        if self.journal().list()?.is_empty() && layout::check(self.root())? < layout::JOURNAL {
            return Err(LakeError::NoJournal);
        }
        let examined = self.examine().await?;
        let archived = examined.damages.iter().filter_map(|damage| match &damage.part {
            Part::Archive(id) => Some(id.clone()),
            _ => None,
        });
        repairs.archived.extend(archived);
        let aside = Aside::new(self.root());
        self.repair_journal(&examined, &aside, &mut repairs).await?;
        self.restore_logs(&aside, &mut repairs)?;
        self.tables().forget();
        let examined = self.examine_tables_alone().await?;
        let mut lost = BTreeSet::new();
        for damage in &examined.damages {
            match &damage.part {
                Part::Archive(_) => {}
                Part::Earlier(path) | Part::Table(_, Some(path)) => drop(lost.insert(path.clone())),
                Part::Table(table, None) => {
                    repairs.impossible.push(format!("table `{table}`: {}", damage.text));
                }
                Part::Journal(_) | Part::Log(_) => repairs.impossible.push(damage.text.clone()),
            }
        }
        let mut writer = Writer::begin(self, lock).await?;
        for table in by_table(&examined.damages).into_keys() {
            if !writer.empty(&table).await? {
                continue;
            }
            match table.as_str() {
                SNAPSHOTS => {
                    let rows = self.snapshots_in_journal()?;
                    writer.append_snapshots(&rows).await?;
                    repairs.done.push(format!("table `{SNAPSHOTS}`: {} rows from the journal", rows.num_rows()));
                }
                SOURCE_FILES => {
                    let rows = self.source_files_in_journal()?;
                    writer.append(SOURCE_FILES, std::slice::from_ref(&rows)).await?;
                    repairs.done.push(format!("table `{SOURCE_FILES}`: {} rows from the journal", rows.num_rows()));
                }
                _ => drop(repairs.tables.insert(table)),
            }
        }
        if !lost.is_empty() {
            repairs.done.push(format!("gave up {} damaged or missing data files (`{}`)", lost.len(), aside.name()));
            lost.iter().try_for_each(|path| aside.take(path))?;
            let below = |path: &PathBuf| self.tables().store().0.below(path).display().to_string();
            writer.give_up(lost.iter().map(below).collect());
        }
        Ok((writer, repairs))
    }

    fn entries(&self) -> Result<Vec<Entry>, LakeError> {
        let journal = self.journal();
        journal.list()?.values().map(|path| journal.read(path)).collect()
    }

    /// Writes damaged and missing entries again, from the tables.
    async fn repair_journal(&self, examined: &Examined, aside: &Aside, repairs: &mut Repairs) -> Result<(), LakeError> {
        let lost: Vec<i64> = examined
            .damages
            .iter()
            .filter_map(|damage| match damage.part {
                Part::Journal(number) => Some(number),
                _ => None,
            })
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        let journal = self.journal();
        let both = |what: &str| LakeError::Journal { found: format!("an entry and {what} are both damaged") };
        let known = self.known(&mut Examined::default()).await?;
        let snapshots = self.tables().open(SNAPSHOTS, known.own.as_ref().map(|own| own.version)).await;
        let own = match &snapshots {
            Ok(Some(table)) => Some(table.state()?),
            _ => None,
        };
        let rows = match snapshots {
            Ok(Some(table)) => self.rows(table.files()?).map_err(|_| both("the table `snapshots`"))?,
            _ if lost == [0] => Vec::new(),
            _ => return Err(both("the table `snapshots`")),
        };
        let mut files: Option<Vec<Value>> = None;
        let listed = journal.list()?;
        for number in lost {
            if let Some(path) = listed.get(&number) {
                aside.take(path)?;
            }
            let before: Option<Entry> =
                journal.list()?.range(..number).next_back().map(|(_, path)| journal.read(path)).transpose()?;
            let next = known.entries.iter().find(|entry| entry.snapshot > number);
            let Some(row) = rows.iter().find(|row| row.number() == number) else {
                if number == 0 {
                    journal.write(&Entry::first())?;
                    repairs.done.push("journal: wrote entry 0 again".to_owned());
                } else {
                    repairs.impossible.push(format!("journal: the table `snapshots` has no row {number}"));
                }
                continue;
            };
            if files.is_none() {
                files =
                    Some(self.stored_files(known.states.get(SOURCE_FILES)).await.map_err(|_| both("`source_files`"))?);
            }
            let is_newest = number == known.number;
            let entry =
                self.entry_again(row, before.as_ref(), next, own.as_ref().filter(|_| is_newest), files.as_deref())?;
            journal.write(&entry)?;
            repairs.done.push(format!("journal: wrote entry {number} again"));
        }
        Ok(())
    }

    /// All rows of `source_files`, as JSON.
    async fn stored_files(&self, state: Option<&crate::state::TableState>) -> Result<Vec<Value>, LakeError> {
        let Some(state) = state else { return Ok(Vec::new()) };
        let opened = self.tables().open_recorded(SOURCE_FILES, state, crate::files::Age::Newest).await?;
        let mut rows = Vec::new();
        for file in opened.files()? {
            for batch in file.read(None)? {
                rows.push(batch.map_err(arrow("read", SOURCE_FILES))?);
            }
        }
        as_json(SOURCE_FILES, &rows)
    }

    /// An entry from the row of the table of snapshots, and from what its batch wrote.
    fn entry_again(
        &self,
        row: &Snapshot,
        before: Option<&Entry>,
        next: Option<&Entry>,
        own: Option<&crate::state::TableState>,
        files: Option<&[Value]>,
    ) -> Result<Entry, LakeError> {
        let mut log = BTreeMap::new();
        for (name, state) in row.states() {
            let since = before.and_then(|before| before.tables.get(name)).map(|state| state.version);
            if since != Some(state.version) {
                log.extend(logged(self.root(), name, since, state.version)?);
            }
        }
        // Commits of the table of snapshots between those that the entries around it contain.
        let since = before.and_then(|before| before.own.as_ref()).map(|own| own.version);
        let in_next = |below: &String| below.strip_prefix("snapshots/_delta_log/")?.get(..20)?.parse::<u64>().ok();
        let until = match (own, next) {
            (Some(own), _) => Some(own.version),
            (None, Some(next)) => next.log.keys().filter_map(in_next).min().and_then(|first| first.checked_sub(1)),
            (None, None) => None,
        };
        if let Some(until) = until {
            log.extend(logged(self.root(), SNAPSHOTS, since, until)?);
        }
        let of_batch =
            |file: &&Value| before.is_none() || file.get("batch").and_then(Value::as_i64) == Some(row.number());
        Ok(Entry {
            snapshot: row.number(),
            time_micros: row.time_micros(),
            cause: row.cause().to_owned(),
            tables: row.states().clone(),
            own: own.cloned(),
            log,
            source_files: files.unwrap_or_default().iter().filter(of_batch).cloned().collect(),
            lost: BTreeSet::new(),
            deleted: BTreeSet::new(),
        })
    }

    /// Writes the logs of all tables as the journal has them.
    fn restore_logs(&self, aside: &Aside, repairs: &mut Repairs) -> Result<(), LakeError> {
        let tables = self.root().join("tables");
        let mut restored: BTreeMap<String, usize> = BTreeMap::new();
        for (below, logged) in self.entries()?.into_iter().flat_map(|entry| entry.log) {
            let path = tables.join(&below);
            let table = below.split('/').next().unwrap_or_default().to_owned();
            match logged {
                Logged::Text(text) => {
                    if std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes()) {
                        continue;
                    }
                    aside.take(&path)?;
                    write_file(&path, text.as_bytes())?;
                }
                // A checkpoint repeats what the commits say.
                Logged::Hash(hash) => match crate::store::hash_of_file(&path) {
                    Ok(found) if found == hash => continue,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    _ => aside.take(&path)?,
                },
            }
            *restored.entry(table).or_default() += 1;
        }
        std::fs::create_dir_all(&tables).map_err(io("make", &tables))?;
        let entries = std::fs::read_dir(&tables).map_err(io("read", &tables))?;
        for hint in entries.flatten().map(|entry| entry.path().join("_delta_log").join("_last_checkpoint")) {
            let version = std::fs::read(&hint)
                .ok()
                .and_then(|text| serde_json::from_slice::<Value>(&text).ok()?.get("version")?.as_u64());
            let checkpoint = version.map(|version| hint.with_file_name(format!("{version:020}.checkpoint.parquet")));
            if hint.exists() && checkpoint.is_none_or(|checkpoint| !checkpoint.exists()) {
                aside.take(&hint)?;
            }
        }
        for (table, n) in restored {
            repairs.done.push(format!("table `{table}`: restored {n} files of its log from the journal"));
        }
        Ok(())
    }

    /// The rows of the table of snapshots.
    fn snapshots_in_journal(&self) -> Result<RecordBatch, LakeError> {
        let entries: Vec<Entry> = self.entries()?.into_iter().filter(|entry| entry.snapshot > 0).collect();
        let text =
            |part: &dyn Fn(&Entry) -> String| Arc::new(entries.iter().map(|e| Some(part(e))).collect::<StringArray>());
        let versions = |entry: &Entry| {
            let versions: BTreeMap<&String, u64> =
                entry.tables.iter().map(|(name, state)| (name, state.version)).collect();
            serde_json::to_string(&versions).unwrap_or_default()
        };
        let schema = crate::evolution::described(SNAPSHOTS)
            .ok_or_else(|| LakeError::UnknownTable { table: SNAPSHOTS.to_owned(), known: String::new() })?;
        let numbers: Int64Array = entries.iter().map(|entry| Some(entry.snapshot)).collect();
        let times: TimestampMicrosecondArray = entries.iter().map(|entry| Some(entry.time_micros)).collect();
        RecordBatch::try_new(
            schema,
            vec![
                Arc::new(numbers),
                Arc::new(times.with_timezone("UTC")),
                text(&|entry| entry.cause.clone()),
                text(&versions),
                text(&|entry| serde_json::to_string(&entry.tables).unwrap_or_default()),
            ],
        )
        .map_err(arrow("write", SNAPSHOTS))
    }

    /// The rows of the table of files: of each path and id the one that was written last.
    fn source_files_in_journal(&self) -> Result<RecordBatch, LakeError> {
        let mut rows: BTreeMap<(String, String), Value> = BTreeMap::new();
        for row in self.entries()?.into_iter().flat_map(|entry| entry.source_files) {
            let part = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            rows.insert((part("path"), part("file_id")), row);
        }
        let lines: String = rows.values().map(|row| format!("{row}\n")).collect();
        let schema = crate::evolution::described(SOURCE_FILES)
            .ok_or_else(|| LakeError::UnknownTable { table: SOURCE_FILES.to_owned(), known: String::new() })?;
        let read = || -> Result<RecordBatch, ArrowError> {
            let reader = ReaderBuilder::new(schema.clone()).build(lines.as_bytes())?;
            let batches: Vec<RecordBatch> = reader.collect::<Result<_, _>>()?;
            arrow::compute::concat_batches(&schema, &batches)
        };
        read().map_err(arrow("read", SOURCE_FILES))
    }
}
