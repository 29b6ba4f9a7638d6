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
use crate::files::{self, Opened, Tables, Versions};

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
    table: &str,
    schema: &SchemaRef,
    files: &[files::DataFile],
    columns: &[String],
) -> Result<SendableRecordBatchStream, LakeError> {
    let failed = |source| LakeError::Query { table: table.to_owned(), source: Box::new(source) };
    let paths: Vec<String> = files.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
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
    versions: Versions,
}

impl Snapshot {
    pub(crate) fn new(all: &Arc<Tables>, number: i64, time_micros: i64, cause: &str, versions: Versions) -> Self {
        Self { all: all.clone(), number, time_micros, cause: cause.to_owned(), versions }
    }

    pub(crate) fn empty(all: &Arc<Tables>) -> Self {
        Self::new(all, 0, 0, "no data written yet", Versions::new())
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
        self.versions.keys().map(String::as_str)
    }

    /// The version of a table; `None` where it was never written.
    #[must_use]
    pub fn version(&self, table: &str) -> Option<u64> {
        self.versions.get(table).copied()
    }

    pub(crate) fn versions(&self) -> &Versions {
        &self.versions
    }

    pub(crate) async fn open(&self, table: &str) -> Result<Option<Opened>, LakeError> {
        match self.version(table) {
            Some(version) => self.all.open(table, Some(version)).await,
            // The table of snapshots cannot name its own version.
            None if table == SNAPSHOTS => self.all.open(table, None).await,
            None => Ok(None),
        }
    }

    /// Whether a table of this name has a schema or was ever written.
    #[must_use]
    pub fn knows(&self, table: &str) -> bool {
        self.versions.contains_key(table) || aldb_schema::table(table).is_some()
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
        let not_in = |files: &[files::DataFile], others: &[files::DataFile]| {
            let others: HashSet<&PathBuf> = others.iter().map(|file| &file.path).collect();
            files.iter().map(|file| file.path.clone()).filter(|path| !others.contains(path)).collect::<Vec<_>>()
        };
        for (opened, paths, side) in
            [(&now, not_in(&is, &was), &mut changes.added), (&before, not_in(&was, &is), &mut changes.removed)]
        {
            if let Some(opened) = opened
                && !paths.is_empty()
            {
                let evolution = self.evolution(opened)?;
                if evolution.restarts() {
                    return Err(LakeError::Derived { table: table.to_owned() });
                }
                *side = Some((evolution, paths));
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
    added: Option<(Evolution, Vec<PathBuf>)>,
    removed: Option<(Evolution, Vec<PathBuf>)>,
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

    fn rows(&self, side: Option<&(Evolution, Vec<PathBuf>)>) -> Result<Vec<RecordBatch>, LakeError> {
        let Some((evolution, paths)) = side else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for path in paths {
            for batch in files::read(path, None)? {
                rows.push(evolution.apply(&batch.map_err(crate::error::arrow("read", &self.table))?)?);
            }
        }
        Ok(rows)
    }
}
