//! Writes batches. A batch may touch many tables; it becomes visible all at once, with its row of `snapshots`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arrow::array::{
    BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array, make_comparator,
};
use arrow::compute::{SortOptions, filter_record_batch, not, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;

use futures::StreamExt as _;
use serde_json::Value;

use crate::error::arrow;
use crate::evolution::{Evolution, described};
use crate::files::{self, Age, DataFile, Opened, Tables};
use crate::index::{Index, LAKE, SNAPSHOT};
use crate::journal::{Entry, Journal, logged};
use crate::keys::KeySet;
use crate::layout;
use crate::lock::{OnWait, WriterLock};
use crate::snapshot::SNAPSHOTS;
use crate::state::States;
use crate::{Lake, LakeError, Snapshot, snapshot, torn};

/// Files of one order of magnitude are merged when there are this many: the number of files of a table that grows by
/// small batches then grows with the logarithm of its rows, and a row is rewritten only a few times.
const FILES_OF_ONE_SIZE: usize = 8;

/// The table of the files that were read: its rows say where the archived bytes came from, and are kept in the journal.
pub(crate) const SOURCE_FILES: &str = "source_files";

/// Makes the rows that replace others.
pub type MakeRows<'a> = dyn FnMut(&RecordBatch) -> Result<RecordBatch, LakeError> + Send + 'a;

/// The only writer of a lake. What it wrote since its last [`Writer::commit`] is undone when it is dropped.
#[derive(Debug)]
pub struct Writer {
    root: PathBuf,
    all: Arc<Tables>,
    base: Snapshot,
    states: States,
    open: BTreeMap<String, Opened>,
    touched: bool,
    journal: Journal,
    /// Whether the base is in the journal: a lake that an earlier version of aldb made has none.
    is_journaled: bool,
    /// Rows that the batch wrote to the table of files, as JSON.
    source_files: Vec<Value>,
    /// Data files of earlier states that a repair gave up.
    lost: BTreeSet<String>,
    /// Data files that maintenance deletes after the commit.
    deleted: BTreeSet<String>,
    index: Index,
    _lock: WriterLock,
}

impl Lake {
    /// Begins to write: takes the lock.
    ///
    /// # Errors
    ///
    /// [`LakeError::Locked`] while another process writes, unless this lake is one [`Lake::that_waits`].
    pub async fn write(&self) -> Result<Writer, LakeError> {
        let lock = self.lock().await?;
        Writer::begin(self, lock).await
    }

    /// Begins to write as soon as no other process writes. `on_wait` is told who holds the lock: once when the wait begins,
    /// and again when another process holds it. Dropping the future ends the wait and leaves nothing behind.
    ///
    /// # Errors
    ///
    /// [`LakeError`] for any other reason than that another process writes.
    pub async fn write_waiting(&self, mut on_wait: impl FnMut(&str)) -> Result<Writer, LakeError> {
        let lock = WriterLock::wait(&self.root().join("state"), &mut on_wait).await?;
        Writer::begin(self, lock).await
    }

    /// The same lake for jobs that take the lock themselves (ingest, derive, maintain, repair): they wait for it, as in
    /// [`Lake::write_waiting`].
    #[must_use]
    pub fn that_waits(mut self, on_wait: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_wait = Some(OnWait(Arc::new(on_wait)));
        self
    }

    /// Takes the lock, or waits for it if this lake is one that waits.
    pub(crate) async fn lock(&self) -> Result<WriterLock, LakeError> {
        let state = self.root().join("state");
        match &self.on_wait {
            Some(OnWait(on_wait)) => WriterLock::wait(&state, &mut |holder: &str| on_wait(holder)).await,
            None => WriterLock::take(&state),
        }
    }
}

impl Writer {
    pub(crate) async fn begin(lake: &Lake, lock: WriterLock) -> Result<Self, LakeError> {
        let journal = lake.journal();
        let torn = lake.torn()?;
        if let Some(torn) = torn {
            torn.put_aside(lake.root(), &journal)?;
            lake.tables().forget();
        }
        let base = lake.snapshot().await?;
        let is_journaled = !journal.list()?.is_empty();
        let mut index = lake.index()?;
        // An index that saw a later state than the newest belongs to another lake, or to this one before it was
        // restored from a backup.
        if torn.is_some() || index.get::<i64>(LAKE, SNAPSHOT).is_some_and(|seen| seen > base.number()) {
            index.clear()?;
        }
        let states = base.states().clone();
        Ok(Self {
            root: lake.root().to_owned(),
            all: lake.tables().clone(),
            base,
            states,
            open: BTreeMap::new(),
            touched: false,
            journal,
            is_journaled,
            source_files: Vec::new(),
            lost: BTreeSet::new(),
            deleted: BTreeSet::new(),
            index,
            _lock: lock,
        })
    }

    /// The state that this batch builds on.
    #[must_use]
    pub fn base(&self) -> &Snapshot {
        &self.base
    }

    /// The number that the batch will have as a snapshot.
    #[must_use]
    pub fn batch(&self) -> i64 {
        self.base.number() + 1
    }

    /// The state as it is written now, before it is committed: for steps of one batch that build on each other.
    #[must_use]
    pub fn pending(&self) -> Snapshot {
        Snapshot::new(&self.all, self.batch(), now_micros(), "being written", self.states.clone())
    }

    /// The index.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Whether anything was written since the last commit.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.touched
    }

    /// Opens a table for writing, creates it if it does not exist, and undoes what a killed writer left in it.
    async fn table(&mut self, name: &str, schema: Option<&SchemaRef>) -> Result<&mut Opened, LakeError> {
        if !self.open.contains_key(name) {
            let recorded = match self.states.get(name) {
                None if name == SNAPSHOTS => self.base.own(),
                state => state,
            };
            // What the base records must be there; what a killed writer added to it is undone.
            if let Some(state) = recorded {
                self.all.open_recorded(name, state, Age::Newest).await?;
            }
            let opened = match self.all.open(name, None).await? {
                Some(mut opened) => {
                    // A table that no snapshot names was created, empty, by a killed writer: version 0.
                    let expected = recorded.map_or(0, |state| state.version);
                    if opened.version() > expected && (name != SNAPSHOTS || self.is_journaled) {
                        if name == SNAPSHOTS {
                            self.is_one_ahead(&opened)?;
                        }
                        opened.restore(expected).await?;
                    }
                    opened
                }
                None => {
                    let described = aldb_schema::table(name);
                    let own = described.map(aldb_schema::Table::arrow_schema);
                    let Some(schema) = own.as_ref().or(schema) else {
                        return Err(LakeError::UnknownTable {
                            table: name.to_owned(),
                            known: aldb_schema::tables().keys().cloned().collect::<Vec<_>>().join(", "),
                        });
                    };
                    let title = described.map_or("A derived property of this lake.", |table| table.title.as_str());
                    self.all.create(name, schema, title).await?
                }
            };
            self.open.insert(name.to_owned(), opened);
        }
        self.open.get_mut(name).ok_or_else(|| LakeError::UnknownTable { table: name.to_owned(), known: String::new() })
    }

    /// A killed writer leaves at most the row of its own batch, which the journal does not name.
    fn is_one_ahead(&self, snapshots: &Opened) -> Result<(), LakeError> {
        let lake = Lake::open(&self.root)?;
        match lake.rows(snapshots.newest("snapshot")?)?.last() {
            Some(row) if row.number() > self.base.number() + 1 => Err(LakeError::Journal {
                found: format!(
                    "it ends with snapshot {}, but the table `snapshots` with {}",
                    self.base.number(),
                    row.number()
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Takes the version that a table has on the disk as one that this batch wrote.
    #[cfg(test)]
    pub(crate) fn record(&mut self, table: &Opened) -> Result<(), LakeError> {
        self.states.insert(table.name.clone(), table.state()?);
        self.touched = true;
        Ok(())
    }

    /// Begins a version of a table without rows; `false` if nobody has a table of that name.
    pub(crate) async fn empty(&mut self, name: &str) -> Result<bool, LakeError> {
        if name != SNAPSHOTS && !self.states.contains_key(name) {
            return Ok(false);
        }
        if name == SNAPSHOTS {
            self.journal.announce(self.batch())?;
        }
        let opened = self.table(name, None).await?;
        let removed: Vec<_> = opened.files()?.iter().map(|file| file.remove(true)).collect();
        opened.commit(files::write_operation(), Vec::new(), removed, None).await?;
        self.wrote(name)?;
        self.touched = true;
        Ok(true)
    }

    /// Adds rows to the table of snapshots, for a repair.
    pub(crate) async fn append_snapshots(&mut self, rows: &RecordBatch) -> Result<(), LakeError> {
        self.change(SNAPSHOTS, None, std::slice::from_ref(rows), None).await.map(drop)
    }

    /// Gives up data files of earlier states: the next entry of the journal says so.
    pub(crate) fn give_up(&mut self, files: BTreeSet<String>) {
        self.touched |= !files.is_empty();
        self.lost.extend(files);
    }

    /// Records data files that are deleted after the commit, because no snapshot needs them.
    pub(crate) fn delete(&mut self, files: BTreeSet<String>) {
        self.touched |= !files.is_empty();
        self.deleted.extend(files);
    }

    /// Merges the small files of a table until there are few of every size. Returns how many files it has then.
    pub(crate) async fn merge(&mut self, name: &str) -> Result<usize, LakeError> {
        loop {
            let before = self.table(name, None).await?.version();
            self.compact(name).await?;
            let opened = self.table(name, None).await?;
            if opened.version() == before {
                return Ok(opened.files()?.len());
            }
        }
    }

    fn wrote(&mut self, name: &str) -> Result<(), LakeError> {
        if let Some(opened) = self.open.get(name)
            && name != SNAPSHOTS
        {
            self.all.keep(opened);
            self.states.insert(name.to_owned(), opened.state()?);
            self.touched = true;
        }
        Ok(())
    }

    /// Keeps rows of the table of files for the journal.
    fn keep_for_journal(&mut self, name: &str, rows: &[RecordBatch]) -> Result<(), LakeError> {
        if name == SOURCE_FILES {
            self.source_files.extend(as_json(name, rows)?);
        }
        Ok(())
    }

    /// Adds rows to a table.
    ///
    /// # Errors
    ///
    /// [`LakeError::Batch`] where rows do not fit the table's schema.
    pub async fn append(&mut self, table: &str, rows: &[RecordBatch]) -> Result<(), LakeError> {
        self.change(table, None, rows, None).await.map(|_| ())
    }

    /// Removes the rows with these keys from a table and adds others, in one step. Returns how many were removed.
    ///
    /// # Errors
    ///
    /// [`LakeError::Batch`] where rows do not fit the table's schema.
    pub async fn replace(&mut self, table: &str, keys: &mut KeySet, rows: &[RecordBatch]) -> Result<usize, LakeError> {
        self.change(table, Some(keys), rows, None).await
    }

    /// Replaces the rows with these keys by what a function makes of them. Returns how many there were.
    ///
    /// # Errors
    ///
    /// What the function returns, or [`LakeError::Batch`] where its rows do not fit the table's schema.
    pub async fn update(
        &mut self,
        table: &str,
        keys: &mut KeySet,
        make: &mut MakeRows<'_>,
    ) -> Result<usize, LakeError> {
        self.change(table, Some(keys), &[], Some(make)).await
    }

    async fn change(
        &mut self,
        name: &str,
        keys: Option<&mut KeySet>,
        rows: &[RecordBatch],
        mut make: Option<&mut MakeRows<'_>>,
    ) -> Result<usize, LakeError> {
        let n_rows: usize = rows.iter().map(RecordBatch::num_rows).sum();
        if n_rows == 0 && keys.as_ref().is_none_or(|keys| keys.is_empty()) {
            return Ok(0);
        }
        if let Some(described) = aldb_schema::table(name) {
            for batch in rows {
                described.check(batch)?;
            }
        }
        let schema = rows.first().map(RecordBatch::schema);
        let opened = self.table(name, schema.as_ref()).await?;
        let stored = opened.schema()?;
        // A derived table without a description has the columns of what is written to it.
        let today = described(name).or(schema).unwrap_or_else(|| stored.clone());
        let evolution = Evolution::new(name, &stored, &today)?;
        let mut writer = opened.writer(&today)?;
        let (mut removed, mut n_removed) = (Vec::new(), 0);
        let mut written: Vec<RecordBatch> = Vec::new();
        let mut none = KeySet::new(name, &[]);
        let keys = match keys {
            Some(keys) => keys,
            None => &mut none,
        };
        for file in opened.files()? {
            if evolution.restarts() {
                removed.push(file.remove(true));
                continue;
            }
            if !evolution.converts() && (keys.is_empty() || !holds(&file, &evolution, name, keys)?) {
                continue;
            }
            for batch in file.read(None)? {
                let batch = evolution.apply(&batch.map_err(arrow("read", name))?)?;
                let hit = match keys.is_empty() {
                    true => BooleanArray::from(vec![false; batch.num_rows()]),
                    false => keys.contains(&batch)?,
                };
                n_removed += hit.true_count();
                let others = pick(name, &batch, &not(&hit).map_err(arrow("filter", name))?)?;
                files::write_rows(&mut writer, name, others).await?;
                if let Some(make) = make.as_mut() {
                    let changed = pick(name, &batch, &hit)?;
                    if changed.num_rows() > 0 {
                        let made = make(&changed)?;
                        written.extend((name == SOURCE_FILES).then(|| made.clone()));
                        files::write_rows(&mut writer, name, made).await?;
                    }
                }
            }
            removed.push(file.remove(true));
        }
        for batch in rows {
            files::write_rows(&mut writer, name, in_order(name, batch)?).await?;
        }
        let added = files::finish(&mut writer, opened).await?;
        if added.is_empty() && removed.is_empty() {
            return Ok(0);
        }
        let schema = evolution.is_new_schema().then_some(&today);
        opened.commit(files::write_operation(), added, removed, schema).await?;
        self.keep_for_journal(name, rows)?;
        self.keep_for_journal(name, &written)?;
        self.wrote(name)?;
        Ok(n_removed)
    }

    /// Merges small files of a table that this batch changed.
    async fn compact(&mut self, name: &str) -> Result<(), LakeError> {
        let Some(opened) = self.open.get_mut(name) else { return Ok(()) };
        let Some(files) = mergeable(opened.files()?) else { return Ok(()) };
        let schema = opened.schema()?;
        let mut writer = opened.writer(&schema)?;
        let mut rows = snapshot::in_order(&self.all, name, &schema, &files, &order(name, &schema)).await?;
        while let Some(batch) = rows.next().await {
            let batch =
                batch.map_err(|source| LakeError::Query { table: name.to_owned(), source: Box::new(source) })?;
            files::write_rows(&mut writer, name, batch).await?;
        }
        let removed = files.iter().map(|file| file.remove(false)).collect();
        let mut added = files::finish(&mut writer, opened).await?;
        for add in &mut added {
            add.data_change = false;
        }
        opened.commit(files::optimize_operation(), added, removed, None).await?;
        self.wrote(name)?;
        Ok(())
    }

    /// Makes everything written since the last commit visible, all at once. Without changes there is no new snapshot.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where a table cannot be written; then nothing became visible.
    pub async fn commit(&mut self, cause: &str) -> Result<&Snapshot, LakeError> {
        if !self.touched {
            return Ok(&self.base);
        }
        let touched: Vec<String> = self.open.keys().filter(|name| *name != SNAPSHOTS).cloned().collect();
        for name in touched {
            if self.states.get(&name) != self.base.states().get(&name) {
                self.compact(&name).await?;
            }
        }
        if !self.is_journaled {
            self.adopt().await?;
        }
        // The true time, even if that of the snapshot before is later: then the clock was ahead.
        let (number, time) = (self.batch(), now_micros());
        let versions: BTreeMap<&str, u64> =
            self.states.iter().map(|(name, state)| (name.as_str(), state.version)).collect();
        let json = |text: serde_json::Result<String>| Arc::new(StringArray::from(vec![text.unwrap_or_default()]));
        let described = aldb_schema::table(SNAPSHOTS)
            .ok_or_else(|| LakeError::UnknownTable { table: SNAPSHOTS.to_owned(), known: String::new() })?;
        let row = RecordBatch::try_new(
            described.arrow_schema(),
            vec![
                Arc::new(Int64Array::from(vec![number])),
                Arc::new(TimestampMicrosecondArray::from(vec![time]).with_timezone("UTC")),
                Arc::new(StringArray::from(vec![cause])),
                json(serde_json::to_string(&versions)),
                json(serde_json::to_string(&self.states)),
            ],
        )
        .map_err(arrow("write", SNAPSHOTS))?;
        self.journal.announce(number)?;
        self.change(SNAPSHOTS, None, &[row], None).await?;
        self.compact(SNAPSHOTS).await?;
        let entry = self.entry(number, time, cause)?;
        // Now the batch becomes visible.
        self.journal.write(&entry)?;
        self.journal.written();
        layout::state(&self.root)?;
        torn::settle_in(&self.root)?;
        self.base = Snapshot::of_entry(&self.all, &entry);
        self.is_journaled = true;
        self.touched = false;
        self.source_files.clear();
        self.lost.clear();
        self.deleted.clear();
        self.index.put(LAKE, SNAPSHOT, &number)?;
        Ok(&self.base)
    }

    /// The entry of the batch for the journal.
    fn entry(&self, number: i64, time: i64, cause: &str) -> Result<Entry, LakeError> {
        let own = self.open.get(SNAPSHOTS).map(Opened::state).transpose()?;
        let mut log = BTreeMap::new();
        let all = self.states.iter().map(|(name, state)| (name.as_str(), state, self.base.states().get(name)));
        for (name, state, before) in all.chain(own.as_ref().map(|own| (SNAPSHOTS, own, self.base.own()))) {
            let before = before.filter(|_| self.is_journaled).map(|before| before.version);
            if before != Some(state.version) {
                log.extend(logged(&self.root, name, before, state.version)?);
            }
        }
        Ok(Entry {
            snapshot: number,
            time_micros: time,
            cause: cause.to_owned(),
            tables: self.states.clone(),
            own,
            log,
            source_files: self.source_files.clone(),
            lost: self.lost.clone(),
            deleted: self.deleted.clone(),
        })
    }

    /// Prepares a lake that an earlier version of aldb made for its first entry in the journal: the name of every data file
    /// states the hash of its bytes, and the entry contains all files that were ever read.
    async fn adopt(&mut self) -> Result<(), LakeError> {
        let names: Vec<String> = self.states.keys().cloned().chain([SNAPSHOTS.to_owned()]).collect();
        for name in names {
            if name == SNAPSHOTS && self.all.open(&name, None).await?.is_none() {
                continue;
            }
            self.table(&name, None).await?.name_by_hash().await?;
            self.wrote(&name)?;
        }
        if self.states.contains_key(SOURCE_FILES) {
            let columns = self.pending().schema(SOURCE_FILES).await?;
            let columns: Vec<&str> = columns.fields().iter().map(|field| field.name().as_str()).collect();
            let rows = self.pending().read(SOURCE_FILES, &columns, None).await?;
            self.source_files = as_json(SOURCE_FILES, &rows)?;
        }
        Ok(())
    }
}

/// Files of one order of magnitude, if there are enough of them to be merged.
pub(crate) fn mergeable(files: Vec<DataFile>) -> Option<Vec<DataFile>> {
    let mut by_size: BTreeMap<u32, Vec<DataFile>> = BTreeMap::new();
    for file in files {
        // Orders of magnitude to the base 8.
        by_size.entry(file.n_rows.max(1).ilog2() / 3).or_default().push(file);
    }
    by_size.into_values().find(|files| files.len() >= FILES_OF_ONE_SIZE)
}

/// Rows as JSON objects, without the columns that are null.
pub(crate) fn as_json(table: &str, rows: &[RecordBatch]) -> Result<Vec<Value>, LakeError> {
    let mut text = Vec::new();
    let mut writer = LineDelimitedWriter::new(&mut text);
    writer.write_batches(&rows.iter().collect::<Vec<_>>()).map_err(arrow("write", table))?;
    writer.finish().map_err(arrow("write", table))?;
    drop(writer);
    let failed = |error: serde_json::Error| arrow("write", table)(ArrowError::JsonError(error.to_string()));
    serde_json::Deserializer::from_slice(&text).into_iter().collect::<Result<_, _>>().map_err(failed)
}

/// The columns by which the rows of a table's files are sorted, so that a few keys are found on few pages: its key, or
/// its first column where it has no schema.
fn order(table: &str, schema: &SchemaRef) -> Vec<String> {
    match aldb_schema::table(table) {
        Some(described) => described.key.clone(),
        None => schema.fields().first().map(|field| field.name().clone()).into_iter().collect(),
    }
}

/// Rows sorted by their first key column; those of one value keep their order.
fn in_order(table: &str, rows: &RecordBatch) -> Result<RecordBatch, LakeError> {
    let Some(column) = order(table, &rows.schema()).first().and_then(|name| rows.column_by_name(name).cloned()) else {
        return Ok(rows.clone());
    };
    let compare = make_comparator(&column, &column, SortOptions::default()).map_err(arrow("sort", table))?;
    if (1..column.len()).all(|row| compare(row - 1, row).is_le()) {
        return Ok(rows.clone());
    }
    let mut places: Vec<usize> = (0..column.len()).collect();
    places.sort_by(|a, b| compare(*a, *b));
    let places: UInt64Array = places.into_iter().map(|place| place as u64).collect();
    take_record_batch(rows, &places).map_err(arrow("sort", table))
}

/// Whether a file holds a row with one of these keys.
fn holds(file: &DataFile, evolution: &Evolution, table: &str, keys: &mut KeySet) -> Result<bool, LakeError> {
    let columns = keys.columns().to_vec();
    for batch in file.read(Some(&columns))? {
        let batch = evolution.apply_to(&batch.map_err(arrow("read", table))?, &columns)?;
        if keys.contains(&batch)?.true_count() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn pick(table: &str, batch: &RecordBatch, rows: &BooleanArray) -> Result<RecordBatch, LakeError> {
    filter_record_batch(batch, rows).map_err(arrow("filter", table))
}

fn now_micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}
