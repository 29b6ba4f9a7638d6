//! Delta tables: the log at a version, and the rows of the Parquet files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, LogicalFileView, MetadataExt as _, Remove, StructField, StructType};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::config::TableProperty;
use deltalake_core::writer::{DeltaWriter as _, RecordBatchWriter};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use url::Url;

use crate::LakeError;
use crate::error::{delta, io};
use crate::exit_point::{self, Step};
use crate::journal::{commit_file, newest_commit};
use crate::state::{Content, LoggedFile, TableState};
use crate::store::{Store, also_name_by_hash, hash_in_name, name_by_hash};

/// Commits between two checkpoints of a table's log: opening reads at most this many small files.
const CHECKPOINT_INTERVAL: &str = "20";

/// A table's name and its state at some version.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) delta: DeltaTable,
    folder: PathBuf,
    store: Arc<Store>,
}

/// Versions of tables kept open, over all tables: as many as a run over the whole lake reads.
const KEPT_OPEN: usize = 256;

/// The tables of a lake. A version never changes, so its log is read once.
#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) root: PathBuf,
    store: Arc<Store>,
    url: Url,
    opened: Mutex<BTreeMap<(String, u64), Opened>>,
}

impl Tables {
    pub(crate) fn new(root: &Path) -> Result<Self, LakeError> {
        let (store, url) = Store::new(root)?;
        Ok(Self { root: root.to_owned(), store, url, opened: Mutex::default() })
    }

    /// The store of the lake's files, and its URL.
    pub(crate) fn store(&self) -> (&Arc<Store>, &Url) {
        (&self.store, &self.url)
    }

    pub(crate) fn folder(&self, table: &str) -> PathBuf {
        self.root.join("tables").join(table)
    }

    fn url_of(&self, table: &str) -> Result<Url, LakeError> {
        self.url
            .join(&format!("tables/{table}/"))
            .map_err(|error| delta("find", table)(DeltaTableError::InvalidTableLocation(error.to_string())))
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, u64), Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a table open at the version that it has.
    pub(crate) fn keep(&self, table: &Opened) {
        let mut opened = self.opened();
        if opened.len() >= KEPT_OPEN {
            opened.clear();
        }
        opened.insert((table.name.clone(), table.version()), table.clone());
    }

    /// Forgets what was read from the logs: they have changed.
    pub(crate) fn forget(&self) {
        self.opened().clear();
    }

    /// Opens a table at a version, or at its latest one; `None` where there is no such table.
    pub(crate) async fn open(&self, table: &str, version: Option<u64>) -> Result<Option<Opened>, LakeError> {
        let highest = version.unwrap_or(u64::MAX);
        let of_table = (table.to_owned(), 0)..=(table.to_owned(), highest);
        let nearest = self.opened().range(of_table).next_back().map(|(_, opened)| opened.clone());
        let opened = match nearest {
            Some(opened) if Some(opened.version()) == version => return Ok(Some(opened)),
            // The log since then is a few small files.
            Some(mut opened) => {
                opened.delta.update_incremental(version).await.map_err(delta("open", table))?;
                Some(opened)
            }
            None => self.load(table, version).await?,
        };
        if let Some(opened) = &opened {
            self.keep(opened);
        }
        Ok(opened)
    }

    async fn load(&self, table: &str, version: Option<u64>) -> Result<Option<Opened>, LakeError> {
        let folder = self.folder(table);
        // A process killed while it made the table leaves a log without a commit.
        if !commit_file(&self.root, table, 0).exists() && newest_commit(&self.root, table).is_none() {
            return Ok(None);
        }
        let builder = DeltaTableBuilder::from_url(self.url_of(table)?).map_err(delta("open", table))?;
        let builder = match version {
            Some(version) => builder.with_version(version),
            None => builder,
        };
        let delta = builder.load().await.map_err(delta("open", table))?;
        Ok(Some(Opened { name: table.to_owned(), delta, folder, store: self.store.clone() }))
    }

    /// Opens a table as a snapshot records it.
    ///
    /// # Errors
    ///
    /// [`LakeError::Table`] if what is on the disk is not that.
    pub(crate) async fn open_recorded(&self, table: &str, state: &TableState, age: Age) -> Result<Opened, LakeError> {
        let other = |found: String| self.is_other(table, state, age, found);
        self.look(table, state, age)?;
        let opened = match self.open(table, Some(state.version)).await {
            Ok(Some(opened)) if opened.version() == state.version => opened,
            Ok(Some(opened)) => return Err(other(format!("version {}", opened.version()))),
            Ok(None) => return Err(other("no log".to_owned())),
            Err(LakeError::Delta { source, .. }) => return Err(other(source.to_string())),
            Err(error) => return Err(error),
        };
        let content = opened.content()?;
        match &state.content {
            Some(expected) if *expected != content => {
                let found = TableState::new(state.version, Some(content.clone()));
                let found = match (content.rows, content.files) == (expected.rows, expected.files) {
                    true => format!("{found}, with other names, sizes or statistics"),
                    false => found.to_string(),
                };
                Err(other(found))
            }
            _ => Ok(opened),
        }
    }

    /// Looks whether the version of a table that a snapshot records is on the disk, without reading it.
    ///
    /// # Errors
    ///
    /// [`LakeError::Table`] if it is not.
    pub(crate) fn look(&self, table: &str, state: &TableState, age: Age) -> Result<(), LakeError> {
        let commit = commit_file(&self.root, table, state.version);
        if std::fs::metadata(&commit).is_ok_and(|status| status.len() > 0) {
            return Ok(());
        }
        let found = match newest_commit(&self.root, table) {
            _ if !self.folder(table).is_dir() => "no such folder".to_owned(),
            None => "no log".to_owned(),
            Some(newest) if newest < state.version => format!("version {newest}, which is older"),
            Some(_) => match commit.exists() {
                true => format!("an empty file `{}`", self.store.below(&commit).display()),
                false => format!("no file `{}`", self.store.below(&commit).display()),
            },
        };
        Err(self.is_other(table, state, age, found))
    }

    fn is_other(&self, table: &str, state: &TableState, age: Age, found: String) -> LakeError {
        let remedy = match age {
            Age::Newest => "run `aldb verify --repair`, or put the folder back from a newer copy of the lake",
            Age::Earlier => "this earlier state can be read only in a copy of the lake",
        };
        LakeError::Table { table: table.to_owned(), expected: state.to_string(), found, remedy }
    }

    /// Makes an empty table.
    pub(crate) async fn create(&self, table: &str, schema: &SchemaRef, comment: &str) -> Result<Opened, LakeError> {
        let folder = self.folder(table);
        std::fs::create_dir_all(&folder).map_err(io("make", &folder))?;
        exit_point::before(Step::Commit);
        let delta = CreateBuilder::new()
            .with_location(self.url_of(table)?.as_str())
            .with_table_name(table)
            .with_comment(comment)
            .with_columns(columns(table, schema)?)
            .with_configuration_property(TableProperty::CheckpointInterval, Some(CHECKPOINT_INTERVAL))
            // Every state of the lake stays readable, however old.
            .with_configuration_property(TableProperty::EnableExpiredLogCleanup, Some("false"))
            .await
            .map_err(delta("make", table))?;
        Ok(Opened { name: table.to_owned(), delta, folder, store: self.store.clone() })
    }
}

/// Whether a state is the newest of the lake: then it must be there, and can be repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Newest,
    Earlier,
}

/// The columns as Delta Lake describes them.
fn columns(table: &str, schema: &SchemaRef) -> Result<Vec<StructField>, LakeError> {
    let columns = schema.fields().iter().map(|field| field.as_ref().try_into_kernel());
    columns.collect::<Result<_, _>>().map_err(crate::error::arrow("describe", table))
}

impl Opened {
    /// Its version.
    pub(crate) fn version(&self) -> u64 {
        self.delta.version().unwrap_or_default()
    }

    fn views(&self) -> Result<Vec<LogicalFileView>, LakeError> {
        Ok(self.delta.snapshot().map_err(delta("read the log of", &self.name))?.log_data().iter().collect())
    }

    /// Its files, in the order of their names.
    pub(crate) fn files(&self) -> Result<Vec<DataFile>, LakeError> {
        let mut files: Vec<DataFile> = self
            .views()?
            .iter()
            .map(|view| DataFile {
                path: self.folder.join(view.object_store_path().as_ref()),
                store: self.store.clone(),
                n_rows: view.num_records().unwrap_or(usize::MAX),
                stats: view.stats(),
                remove: view.remove_action(true),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Its state, as a snapshot records it.
    pub(crate) fn state(&self) -> Result<TableState, LakeError> {
        Ok(TableState::new(self.version(), Some(self.content()?)))
    }

    fn content(&self) -> Result<Content, LakeError> {
        let logged = |view: &LogicalFileView| LoggedFile {
            name: view.path().into_owned(),
            size: view.size(),
            rows: view.num_records().map(|n| n as u64),
            stats: view.stats(),
        };
        let columns = self.schema()?;
        Ok(Content::of(&columns, &mut self.views()?.iter().map(logged).collect::<Vec<_>>()))
    }

    /// Gives the files that an earlier version of aldb wrote names with their hashes.
    pub(crate) async fn name_by_hash(&mut self) -> Result<(), LakeError> {
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for view in self.views()?.iter().filter(|view| hash_in_name(&view.path()).is_none()) {
            added.push(Add {
                path: also_name_by_hash(&self.folder, &view.path())?,
                size: view.size(),
                modification_time: view.modification_time(),
                stats: view.stats(),
                ..Add::default()
            });
            removed.push(view.remove_action(false));
        }
        match added.is_empty() {
            true => Ok(()),
            false => self.commit(optimize_operation(), added, removed, None).await,
        }
    }

    /// The file that holds the highest value of an integer column; all files where the statistics lack it.
    pub(crate) fn newest(&self, column: &str) -> Result<Vec<DataFile>, LakeError> {
        let files = self.files()?;
        let highest = |file: &DataFile| {
            let stats: serde_json::Value = serde_json::from_str(file.stats.as_deref()?).ok()?;
            stats.get("maxValues")?.get(column)?.as_i64()
        };
        let known: Option<Vec<i64>> = files.iter().map(highest).collect();
        match known {
            Some(values) => {
                let best = values.iter().enumerate().max_by_key(|(_, value)| **value).map(|(place, _)| place);
                Ok(files.into_iter().enumerate().filter(|(place, _)| Some(*place) == best).map(|(_, f)| f).collect())
            }
            None => Ok(files),
        }
    }

    /// The table's Arrow schema, with units and meanings.
    pub(crate) fn schema(&self) -> Result<SchemaRef, LakeError> {
        let snapshot = self.delta.snapshot().map_err(delta("read the log of", &self.name))?;
        Ok(snapshot.snapshot().arrow_schema())
    }

    /// Starts to write new files with these columns, which are not part of the table before they are committed.
    pub(crate) fn writer(&self, schema: &SchemaRef) -> Result<RecordBatchWriter, LakeError> {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        Ok(RecordBatchWriter::try_new(self.delta.table_url(), schema.clone(), None, None)
            .map_err(delta("write to", &self.name))?
            .with_writer_properties(properties))
    }

    /// Adds and removes files in one commit, and gives the table a new schema where there is one.
    pub(crate) async fn commit(
        &mut self,
        operation: DeltaOperation,
        added: Vec<Add>,
        removed: Vec<Remove>,
        schema: Option<&SchemaRef>,
    ) -> Result<(), LakeError> {
        let snapshot = self.delta.snapshot().map_err(delta("commit to", &self.name))?;
        let mut actions: Vec<Action> = Vec::with_capacity(1 + added.len() + removed.len());
        if let Some(schema) = schema {
            let columns: StructType =
                schema.as_ref().try_into_kernel().map_err(crate::error::arrow("describe", &self.name))?;
            let metadata = snapshot.metadata().clone().with_schema(&columns).map_err(DeltaTableError::from);
            actions.push(Action::Metadata(metadata.map_err(delta("describe", &self.name))?));
        }
        actions.extend(removed.into_iter().map(Action::Remove).chain(added.into_iter().map(Action::Add)));
        exit_point::before(Step::Commit);
        // From properties, because a builder made otherwise lacks the hook that writes checkpoints.
        CommitBuilder::from(CommitProperties::default())
            .with_actions(actions)
            .build(Some(snapshot), self.delta.log_store(), operation)
            .await
            .map_err(delta("commit to", &self.name))?;
        self.delta.update_state().await.map_err(delta("open", &self.name))
    }

    /// Restores the rows and columns of an earlier version, as a new version.
    pub(crate) async fn restore(&mut self, version: u64) -> Result<(), LakeError> {
        exit_point::before(Step::Commit);
        let (restored, _) = self
            .delta
            .clone()
            .restore()
            .with_version_to_restore(version)
            .await
            .map_err(delta("restore", &self.name))?;
        self.delta = restored;
        Ok(())
    }
}

/// How a commit is described in a table's own history.
pub(crate) fn write_operation() -> DeltaOperation {
    DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None }
}

/// How a commit that only merges small files is described.
pub(crate) fn optimize_operation() -> DeltaOperation {
    DeltaOperation::Optimize { predicate: None, target_size: 0 }
}

/// A Parquet file of a table.
#[derive(Debug, Clone)]
pub(crate) struct DataFile {
    pub(crate) path: PathBuf,
    store: Arc<Store>,
    pub(crate) n_rows: usize,
    stats: Option<String>,
    remove: Remove,
}

impl DataFile {
    /// The action that removes the file from the table; `data_change` is false where its rows stay in others.
    pub(crate) fn remove(&self, data_change: bool) -> Remove {
        Remove { data_change, ..self.remove.clone() }
    }

    /// Reads the rows, or some of the columns.
    pub(crate) fn read(&self, columns: Option<&[String]>) -> Result<ParquetRecordBatchReader, LakeError> {
        let path = &self.path;
        let failed = |source| LakeError::Parquet { path: path.clone(), source };
        self.store.verify(path)?;
        let file = std::fs::File::open(path).map_err(io("open", path))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
        let builder = match columns {
            None => builder,
            Some(columns) => {
                let names = columns.iter().map(String::as_str);
                let mask = ProjectionMask::columns(builder.parquet_schema(), names);
                builder.with_projection(mask)
            }
        };
        builder.build().map_err(failed)
    }

    /// Reads every row, and counts them.
    ///
    /// # Errors
    ///
    /// If the file is missing, does not have the hash in its name, or cannot be read.
    pub(crate) fn verify(&self) -> Result<(), LakeError> {
        if self.path.file_name().and_then(|name| hash_in_name(name.to_str()?)).is_some() {
            return self.store.verify(&self.path);
        }
        let mut n_rows = 0;
        for batch in self.read(None)? {
            n_rows += batch.map_err(crate::error::arrow("read", &self.path.to_string_lossy()))?.num_rows();
        }
        if n_rows == self.n_rows {
            return Ok(());
        }
        let found = format!("expected {} rows, found {n_rows}", self.n_rows);
        Err(LakeError::Damaged { path: self.store.below(&self.path), found })
    }
}

/// Writes rows into new files of a table.
pub(crate) async fn write_rows(
    writer: &mut RecordBatchWriter,
    table: &str,
    rows: RecordBatch,
) -> Result<(), LakeError> {
    if rows.num_rows() == 0 {
        return Ok(());
    }
    writer.write(rows).await.map_err(delta("write to", table))
}

/// Completes the files, which become part of the table when they are committed. Their names state their hashes.
pub(crate) async fn finish(writer: &mut RecordBatchWriter, opened: &Opened) -> Result<Vec<Add>, LakeError> {
    exit_point::before(Step::Write);
    let mut added = writer.flush().await.map_err(delta("write to", &opened.name))?;
    for add in &mut added {
        add.path = name_by_hash(&opened.folder, &add.path, add.size.unsigned_abs())?;
    }
    Ok(added)
}
