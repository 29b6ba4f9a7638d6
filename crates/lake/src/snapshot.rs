//! One state of the whole lake: every table at the version that it had then.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use arrow::array::{Array as _, ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::temporal_conversions::timestamp_us_to_datetime;
use deltalake_core::datafusion::catalog::TableProvider;
use deltalake_core::datafusion::common::ScalarValue;
use deltalake_core::datafusion::datasource::empty::EmptyTable;
use deltalake_core::datafusion::execution::SendableRecordBatchStream;
use deltalake_core::datafusion::execution::memory_pool::FairSpillPool;
use deltalake_core::datafusion::execution::runtime_env::RuntimeEnvBuilder;
use deltalake_core::datafusion::execution::session_state::SessionState;
use deltalake_core::datafusion::logical_expr::{ident, lit};
use deltalake_core::datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};

use crate::LakeError;
use crate::evolution::{self, Evolution};
use crate::files::{Age, DataFile, Opened, Tables};
use crate::journal::Entry;
use crate::state::{States, TableState};

/// The table whose newest row is the state of the lake.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// Text columns are plain UTF-8 everywhere, as in the schemas; so rows of a table, of a query and of a job have one type.
static SESSION: LazyLock<SessionContext> = LazyLock::new(|| {
    let pool = Arc::new(FairSpillPool::new(MEMORY_BYTES));
    match RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc() {
        Ok(runtime) => SessionContext::new_with_config_rt(session_config(), runtime),
        // Without a folder to spill to, all is done in memory.
        Err(_) => SessionContext::new_with_config(session_config()),
    }
});

/// Memory that sorting may use before it spills to disk.
const MEMORY_BYTES: usize = 1 << 30;

fn session_config() -> SessionConfig {
    let mut config = SessionConfig::new();
    config.options_mut().execution.parquet.schema_force_view_types = false;
    // For a few keys of a large table the other columns are read only where a key matches.
    config.options_mut().execution.parquet.pushdown_filters = true;
    config
}

/// The rows of files of a table with this schema, in the order of some columns.
pub(crate) async fn in_order(
    all: &Tables,
    table: &str,
    schema: &SchemaRef,
    files: &[DataFile],
    columns: &[String],
) -> Result<SendableRecordBatchStream, LakeError> {
    let failed = |source| LakeError::Query { table: table.to_owned(), source: Box::new(source) };
    let (store, url) = all.store();
    SESSION.runtime_env().register_object_store(url, store.clone());
    let names = files.iter().filter_map(|file| file.path.file_name());
    let paths: Vec<String> = names.map(|name| format!("{url}tables/{table}/{}", name.to_string_lossy())).collect();
    let frame = SESSION.read_parquet(paths, ParquetReadOptions::default().schema(schema)).await.map_err(failed)?;
    let order = columns.iter().map(|column| ident(column).sort(true, true)).collect();
    frame.sort(order).map_err(failed)?.execute_stream().await.map_err(failed)
}

/// A state of the lake. Reading from it never sees a batch that came later.
#[derive(Debug, Clone)]
pub struct Snapshot {
    all: Arc<Tables>,
    number: i64,
    time_micros: i64,
    cause: String,
    states: States,
    /// The table of snapshots itself; unknown where the lake has no journal yet.
    own: Option<TableState>,
    is_journaled: bool,
    age: Age,
    note: Option<String>,
}

impl Snapshot {
    pub(crate) fn new(all: &Arc<Tables>, number: i64, time_micros: i64, cause: &str, states: States) -> Self {
        let (own, is_journaled, age, note) = (None, false, Age::Newest, None);
        Self { all: all.clone(), number, time_micros, cause: cause.to_owned(), states, own, is_journaled, age, note }
    }

    pub(crate) fn empty(all: &Arc<Tables>) -> Self {
        Self::new(all, 0, 0, "no data written yet", States::new())
    }

    /// The snapshot of an entry of the journal.
    pub(crate) fn of_entry(all: &Arc<Tables>, entry: &Entry) -> Self {
        let Entry { snapshot, time_micros, cause, tables, own, .. } = entry;
        Self { own: own.clone(), is_journaled: true, ..Self::new(all, *snapshot, *time_micros, cause, tables.clone()) }
    }

    /// The same as an earlier state than the newest.
    pub(crate) fn earlier(self, own: Option<TableState>, note: Option<String>) -> Self {
        Self { own, age: Age::Earlier, note, ..self }
    }

    /// Looks whether everything that it names is on the disk, without reading it.
    pub(crate) fn look(&self) -> Result<(), LakeError> {
        let own = self.own.as_ref().map(|own| (SNAPSHOTS, own));
        let named = self.states.iter().map(|(name, state)| (name.as_str(), state));
        named.chain(own).try_for_each(|(name, state)| self.all.look(name, state, self.age))
    }

    /// What to know about its time: the clock may have been wrong.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Its number, from 1; 0 before the first batch.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }

    /// When it became visible, in microseconds since 1970, UTC.
    #[must_use]
    pub fn time_micros(&self) -> i64 {
        self.time_micros
    }

    /// When it became visible, ISO 8601 in UTC.
    #[must_use]
    pub fn time(&self) -> String {
        timestamp_us_to_datetime(self.time_micros)
            .map_or_else(|| "unknown".to_owned(), |time| format!("{}Z", time.format("%Y-%m-%dT%H:%M:%S")))
    }

    /// What made it, in words.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The tables with a row or that once had one, by name.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.states.keys().map(String::as_str)
    }

    /// The version of a table; `None` where it was never written.
    #[must_use]
    pub fn version(&self, table: &str) -> Option<u64> {
        self.states.get(table).map(|state| state.version)
    }

    pub(crate) fn states(&self) -> &States {
        &self.states
    }

    pub(crate) fn own(&self) -> Option<&TableState> {
        self.own.as_ref()
    }

    pub(crate) async fn open(&self, table: &str) -> Result<Option<Opened>, LakeError> {
        let state = match self.states.get(table) {
            // A row of the table of snapshots cannot state its own version.
            None if table == SNAPSHOTS => match &self.own {
                // Rows that a killed writer left are not seen.
                None if self.is_journaled => None,
                None => return self.all.open(table, None).await,
                own => own.as_ref(),
            },
            state => state,
        };
        match state {
            // The newest state of the table of snapshots serves all earlier ones too.
            Some(state) if table == SNAPSHOTS => self.all.open_recorded(table, state, Age::Newest).await.map(Some),
            Some(state) => self.all.open_recorded(table, state, self.age).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether a table of this name has a schema or was ever written.
    #[must_use]
    pub fn knows(&self, table: &str) -> bool {
        self.states.contains_key(table) || aldb_schema::table(table).is_some()
    }

    /// The way from the stored columns of a table, in this version of it, to those of today.
    fn evolution(&self, opened: &Opened) -> Result<Evolution, LakeError> {
        let stored = opened.schema()?;
        let today = evolution::described(&opened.name).unwrap_or_else(|| stored.clone());
        Evolution::new(&opened.name, &stored, &today)
    }

    /// The rows of a table, for DataFusion, with the columns that `schemas/` gives it. A table of `schemas/` that was
    /// never written is empty, and so is a derived one whose stored rows have columns that cannot become those.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`] where [`Snapshot::knows`] says no, [`LakeError::Column`] where stored values cannot
    /// become those of today.
    pub async fn provider(&self, table: &str) -> Result<Arc<dyn TableProvider>, LakeError> {
        match self.open(table).await? {
            Some(opened) => {
                let session: Arc<SessionState> = Arc::new(SESSION.state());
                let scan = opened.delta.table_provider().with_session(session).build().await;
                let scan =
                    scan.map_err(|source| LakeError::Query { table: table.to_owned(), source: Box::new(source) })?;
                Ok(self.evolution(&opened)?.provider(Arc::new(scan)))
            }
            None => match evolution::described(table) {
                Some(schema) => Ok(Arc::new(EmptyTable::new(schema))),
                None => Err(self.unknown_table(table)),
            },
        }
    }

    /// The schema of a table, with units and meanings.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::provider`].
    pub async fn schema(&self, table: &str) -> Result<SchemaRef, LakeError> {
        match self.open(table).await? {
            Some(opened) => Ok(self.evolution(&opened)?.today().clone()),
            None => evolution::described(table).ok_or_else(|| self.unknown_table(table)),
        }
    }

    /// Some columns of all rows, or of the rows with one of these values in a column, in no particular order.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where the table or a column is unknown, or a file cannot be read.
    pub async fn read(
        &self,
        table: &str,
        columns: &[&str],
        among: Option<(&str, &ArrayRef)>,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let failed = |source| LakeError::Query { table: table.to_owned(), source: Box::new(source) };
        let frame = SESSION.read_table(self.provider(table).await?).map_err(failed)?;
        let frame = match among {
            Some((column, values)) => {
                let values = (0..values.len()).map(|place| ScalarValue::try_from_array(values, place).map(lit));
                let values = values.collect::<Result<Vec<_>, _>>().map_err(failed)?;
                frame.filter(ident(column).in_list(values, false)).map_err(failed)?
            }
            None => frame,
        };
        frame.select_columns(columns).map_err(failed)?.collect().await.map_err(failed)
    }

    /// What changed in a table since an earlier version of it: files that were added and files that were removed. Rows
    /// that are in both were only moved.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where the earlier version cannot be opened any more, or its rows cannot get the columns of today.
    pub async fn changes(&self, table: &str, since: Option<u64>) -> Result<Changes, LakeError> {
        let mut changes = Changes { table: table.to_owned(), added: None, removed: None };
        if since == self.version(table) {
            return Ok(changes);
        }
        let before = match since {
            Some(version) => self.all.open(table, Some(version)).await?,
            None => None,
        };
        let now = self.open(table).await?;
        let files = |opened: &Option<Opened>| opened.as_ref().map_or(Ok(Vec::new()), Opened::files);
        let (was, is) = (files(&before)?, files(&now)?);
        let not_in = |files: &[DataFile], others: &[DataFile]| {
            let others: HashSet<&PathBuf> = others.iter().map(|file| &file.path).collect();
            files.iter().filter(|file| !others.contains(&file.path)).cloned().collect::<Vec<_>>()
        };
        for (opened, files, side) in
            [(&now, not_in(&is, &was), &mut changes.added), (&before, not_in(&was, &is), &mut changes.removed)]
        {
            if let Some(opened) = opened
                && !files.is_empty()
            {
                let evolution = self.evolution(opened)?;
                if evolution.restarts() {
                    return Err(LakeError::Derived { table: table.to_owned() });
                }
                *side = Some((evolution, files));
            }
        }
        Ok(changes)
    }

    fn unknown_table(&self, table: &str) -> LakeError {
        let known: std::collections::BTreeSet<&str> =
            self.tables().chain(aldb_schema::tables().keys().map(String::as_str)).collect();
        LakeError::UnknownTable { table: table.to_owned(), known: known.into_iter().collect::<Vec<_>>().join(", ") }
    }
}

/// The files that were added and removed between two versions of a table, each with the way to the columns of today.
#[derive(Debug)]
pub struct Changes {
    table: String,
    added: Option<(Evolution, Vec<DataFile>)>,
    removed: Option<(Evolution, Vec<DataFile>)>,
}

impl Changes {
    /// Whether no file was added or removed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_none() && self.removed.is_none()
    }

    /// The rows of the files that were added.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where a file cannot be read.
    pub fn added(&self) -> Result<Vec<RecordBatch>, LakeError> {
        self.rows(self.added.as_ref())
    }

    /// The rows of the files that were removed.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where a file cannot be read.
    pub fn removed(&self) -> Result<Vec<RecordBatch>, LakeError> {
        self.rows(self.removed.as_ref())
    }

    fn rows(&self, side: Option<&(Evolution, Vec<DataFile>)>) -> Result<Vec<RecordBatch>, LakeError> {
        let Some((evolution, files)) = side else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for file in files {
            for batch in file.read(None)? {
                rows.push(evolution.apply(&batch.map_err(crate::error::arrow("read", &self.table))?)?);
            }
        }
        Ok(rows)
    }
}
