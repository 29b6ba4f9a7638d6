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
use crate::files::{self, Opened, Tables, Versions};

/// Text columns are plain UTF-8 everywhere, as in the schemas; so rows of a table, of a query and of a job have one type.
static SESSION: LazyLock<SessionContext> = LazyLock::new(|| {
    let pool = Arc::new(FairSpillPool::new(MEMORY_BYTES));
    match RuntimeEnvBuilder::new().with_memory_pool(pool).build_arc() {
        Ok(runtime) => SessionContext::new_with_config_rt(session_config(), runtime),
        // Without a folder to spill to, all is done in memory.
        Err(_) => SessionContext::new_with_config(session_config()),
    }
});

/// What sorting may hold in memory before it spills to disk.
const MEMORY_BYTES: usize = 1 << 30;

fn session_config() -> SessionConfig {
    let mut config = SessionConfig::new();
    config.options_mut().execution.parquet.schema_force_view_types = false;
    // A few keys of a large table: the other columns are read where the key is theirs.
    config.options_mut().execution.parquet.pushdown_filters = true;
    config
}

/// The rows of files of a table, in the order of some columns.
pub(crate) async fn in_order(
    table: &str,
    files: &[files::DataFile],
    columns: &[String],
) -> Result<SendableRecordBatchStream, LakeError> {
    let failed = |source| LakeError::Query { table: table.to_owned(), source: Box::new(source) };
    let paths: Vec<String> = files.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
    let frame = SESSION.read_parquet(paths, ParquetReadOptions::default()).await.map_err(failed)?;
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
        Self::new(all, 0, 0, "nothing was ever written", Versions::new())
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

    /// What made it, for people.
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
            None if table == crate::lake::SNAPSHOTS => self.all.open(table, None).await,
            None => Ok(None),
        }
    }

    /// Whether a table of this name has a schema or was ever written.
    #[must_use]
    pub fn knows(&self, table: &str) -> bool {
        self.versions.contains_key(table) || aldb_schema::table(table).is_some()
    }

    /// The rows of a table, for DataFusion. A table of `schemas/` that was never written is empty.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`] where [`Snapshot::knows`] says no.
    pub async fn provider(&self, table: &str) -> Result<Arc<dyn TableProvider>, LakeError> {
        match self.open(table).await? {
            Some(opened) => {
                let session: Arc<SessionState> = Arc::new(SESSION.state());
                let scan = opened.delta.table_provider().with_session(session).build().await;
                let scan =
                    scan.map_err(|source| LakeError::Query { table: table.to_owned(), source: Box::new(source) })?;
                Ok(Arc::new(scan))
            }
            None => match aldb_schema::table(table) {
                Some(described) => Ok(Arc::new(EmptyTable::new(described.arrow_schema()))),
                None => Err(self.unknown_table(table)),
            },
        }
    }

    /// The schema of a table, with units and meanings.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownTable`] where [`Snapshot::knows`] says no.
    pub async fn schema(&self, table: &str) -> Result<SchemaRef, LakeError> {
        match self.open(table).await? {
            Some(opened) => opened.schema(),
            None => match aldb_schema::table(table) {
                Some(described) => Ok(described.arrow_schema()),
                None => Err(self.unknown_table(table)),
            },
        }
    }

    /// Some columns of the rows, in no particular order: of all, or of those with one of these values in a column.
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

    /// What changed in a table since an earlier version of it: files that came and files that went. Rows that stand in
    /// both were only moved.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where a version cannot be opened any more.
    pub async fn changes(&self, table: &str, since: Option<u64>) -> Result<Changes, LakeError> {
        if since == self.version(table) {
            return Ok(Changes { table: table.to_owned(), added: Vec::new(), removed: Vec::new() });
        }
        let before = match since {
            Some(version) => match self.all.open(table, Some(version)).await? {
                Some(opened) => opened.files()?,
                None => Vec::new(),
            },
            None => Vec::new(),
        };
        let now = match self.open(table).await? {
            Some(opened) => opened.files()?,
            None => Vec::new(),
        };
        let paths = |files: &[files::DataFile]| files.iter().map(|file| file.path.clone()).collect::<HashSet<_>>();
        let (was, is) = (paths(&before), paths(&now));
        Ok(Changes {
            table: table.to_owned(),
            added: now.into_iter().map(|file| file.path).filter(|path| !was.contains(path)).collect(),
            removed: before.into_iter().map(|file| file.path).filter(|path| !is.contains(path)).collect(),
        })
    }

    fn unknown_table(&self, table: &str) -> LakeError {
        let known: std::collections::BTreeSet<&str> =
            self.tables().chain(aldb_schema::tables().keys().map(String::as_str)).collect();
        LakeError::UnknownTable { table: table.to_owned(), known: known.into_iter().collect::<Vec<_>>().join(", ") }
    }
}

/// The files that came and went between two versions of a table.
#[derive(Debug)]
pub struct Changes {
    table: String,
    added: Vec<PathBuf>,
    removed: Vec<PathBuf>,
}

impl Changes {
    /// Whether no file came or went.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }

    /// The rows of the files that came.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where a file cannot be read.
    pub fn added(&self) -> Result<Vec<RecordBatch>, LakeError> {
        self.rows(&self.added)
    }

    /// The rows of the files that went.
    ///
    /// # Errors
    ///
    /// [`LakeError`] where a file cannot be read.
    pub fn removed(&self) -> Result<Vec<RecordBatch>, LakeError> {
        self.rows(&self.removed)
    }

    fn rows(&self, paths: &[PathBuf]) -> Result<Vec<RecordBatch>, LakeError> {
        let mut rows = Vec::new();
        for path in paths {
            for batch in files::read(path, None)? {
                rows.push(batch.map_err(crate::error::arrow("read", &self.table))?);
            }
        }
        Ok(rows)
    }
}
