//! A session: queries over one snapshot of a lake, or over rows in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aldb_lake::{Lake, Snapshot};
use arrow::array::RecordBatch;
use datafusion::catalog::{CatalogProvider as _, MemoryCatalogProvider, SchemaProvider as _};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast;

use crate::catalog::{Excluded, LakeCatalog, Tables, plan_with_field_names};
use crate::queries::{QueryFile, QueryFolder, query_files};
use crate::{QueryError, describe, functions};

const CATALOG: &str = "aldb";
const SCHEMA: &str = "lake";

/// Memory that a query may use before it spills to disk.
const MEMORY_BYTES: usize = 4 << 30;

/// Queries over one snapshot of a lake, or over rows in memory. Nothing can be changed through it.
pub struct Session {
    context: SessionContext,
    catalog: Arc<LakeCatalog>,
    /// One query is planned at a time: a view that is named while it is planned would seem to read itself.
    planning: futures::lock::Mutex<()>,
    /// The tables that queries have named, directly or through views.
    read: Mutex<BTreeSet<String>>,
}

impl Session {
    /// Opens a session over a snapshot of this lake.
    ///
    /// # Errors
    ///
    /// [`QueryError::File`] where a view of the lake cannot be read.
    pub fn open(lake: &Lake, snapshot: Snapshot) -> Result<Self, QueryError> {
        Self::new(Tables::Lake(snapshot), query_files(Some(lake.root()), QueryFolder::Views)?, Excluded::Shown)
    }

    /// The same, without the points that somebody excluded: for everything that is derived, and for what is drawn with it.
    ///
    /// # Errors
    ///
    /// As [`Session::open`].
    pub fn without_excluded(lake: &Lake, snapshot: Snapshot) -> Result<Self, QueryError> {
        Self::new(Tables::Lake(snapshot), query_files(Some(lake.root()), QueryFolder::Views)?, Excluded::LeftOut)
    }

    /// Opens a session over rows in memory, by table. Every other table of `schemas/` is empty; a derived table that is
    /// not given is the result of its query for these rows. Views and queries are those that ship, and those in
    /// `queries/` of the folder of a lake.
    ///
    /// # Errors
    ///
    /// [`QueryError::File`] if a query file of the lake cannot be read.
    pub fn in_memory(lake: Option<&Path>, rows: BTreeMap<String, Vec<RecordBatch>>) -> Result<Self, QueryError> {
        let mut views = query_files(lake, QueryFolder::Views)?;
        let derived = query_files(lake, QueryFolder::Derived)?;
        views.extend(derived.into_iter().filter(|(name, _)| !rows.contains_key(name)));
        views.retain(|name, _| !rows.contains_key(name));
        Self::new(Tables::Memory(rows), views, Excluded::Shown)
    }

    fn new(tables: Tables, views: BTreeMap<String, QueryFile>, excluded: Excluded) -> Result<Self, QueryError> {
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        // Text is plain UTF-8 in every table and result, as the schemas say.
        config.options_mut().execution.parquet.schema_force_view_types = false;
        // A few keys of a large table: the other columns are read only for these keys.
        config.options_mut().execution.parquet.pushdown_filters = true;
        config.options_mut().sql_parser.map_string_types_to_utf8view = false;
        // So that an error names the place in the text.
        config.options_mut().sql_parser.collect_spans = true;
        let top = NonZeroUsize::MIN.saturating_add(4);
        let pool = TrackConsumersPool::new(FairSpillPool::new(MEMORY_BYTES), top);
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        for function in functions::aggregates() {
            context.register_udaf(function);
        }
        for function in functions::scalars() {
            context.register_udf(function);
        }
        let tables = Arc::new(LakeCatalog::new(tables, views, excluded));
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, tables.clone())?;
        context.register_catalog(CATALOG, Arc::new(catalog));
        tables.set_session(context.state_weak_ref());
        Ok(Self { context, catalog: tables, planning: futures::lock::Mutex::new(()), read: Mutex::default() })
    }

    /// Whether a name is that of a view.
    pub(crate) fn is_view(&self, name: &str) -> bool {
        self.catalog.views().contains_key(name)
    }

    pub(crate) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Plans one statement. `SHOW TABLES` and `DESCRIBE` give units and meanings.
    ///
    /// # Errors
    ///
    /// [`QueryError::Statements`] unless there is one statement; [`QueryError::NotReading`] if it would change
    /// something; [`QueryError::Sql`] if it is invalid.
    pub async fn query(&self, sql: &str) -> Result<DataFrame, QueryError> {
        let mut statements = DFParser::parse_sql(sql)?;
        let statement = match (statements.pop_front(), statements.len()) {
            (Some(statement), 0) => statement,
            (statement, more) => return Err(QueryError::Statements { found: usize::from(statement.is_some()) + more }),
        };
        if let Statement::Statement(parsed) = &statement {
            match parsed.as_ref() {
                ast::Statement::ShowTables { .. } => {
                    return Ok(self.context.read_batch(describe::tables(&self.catalog).await?)?);
                }
                ast::Statement::ExplainTable { table_name, .. } => {
                    let name = table_name.0.last().and_then(ast::ObjectNamePart::as_ident);
                    let name = name.map_or_else(|| table_name.to_string(), |ident| ident.value.clone());
                    return Ok(self
                        .context
                        .read_batch(describe::columns(&self.catalog, &self.context, &name).await?)?);
                }
                _ => {}
            }
        }
        let text = statement.to_string();
        let planned = {
            let _one = self.planning.lock().await;
            self.context.state().statement_to_plan(statement).await
        };
        let plan = planned.map_err(|error| self.with_tables(error))?;
        let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        if reading.verify_plan(&plan).is_err() {
            let found = text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
            return Err(QueryError::NotReading { found });
        }
        self.note_tables(&plan);
        Ok(self.context.execute_logical_plan(plan_with_field_names(plan)?).await?)
    }

    fn note_tables(&self, plan: &LogicalPlan) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                read.insert(scan.table_name.table().to_owned());
            }
            Ok(TreeNodeRecursion::Continue)
        });
        // The function above never fails.
        drop(noted);
    }

    /// The tables that the queries so far have read, directly or through views.
    #[must_use]
    pub fn tables_read(&self) -> BTreeSet<String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Plans the query of a job.
    pub(crate) async fn plan(&self, sql: &str) -> Result<LogicalPlan, DataFusionError> {
        let _one = self.planning.lock().await;
        let plan = self.context.state().create_logical_plan(sql).await;
        plan_with_field_names(plan.map_err(|error| self.with_tables(error))?)
    }

    /// The rows of a plan.
    pub(crate) async fn collect(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>, DataFusionError> {
        self.context.execute_logical_plan(plan).await?.collect().await
    }

    /// If a table is unknown: the tables and views that exist.
    fn with_tables(&self, error: DataFusionError) -> DataFusionError {
        let text = error.strip_backtrace();
        let unknown = text.split_once("table '").and_then(|(_, rest)| rest.split_once("' not found"));
        let Some((full, _)) = unknown else { return error };
        let name = full.strip_prefix(&format!("{CATALOG}.{SCHEMA}.")).unwrap_or(full);
        let known = self.catalog.table_names().join(", ");
        let replaced = format!("no table or view `{name}`: expected one of {known}");
        let named = DataFusionError::Plan(text.replace(&format!("table '{full}' not found"), &replaced));
        match error.diagnostic() {
            Some(diagnostic) => named.with_diagnostic(diagnostic.clone()),
            None => named,
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("catalog", &self.catalog).finish_non_exhaustive()
    }
}
