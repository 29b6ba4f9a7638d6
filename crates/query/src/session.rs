//! A session: queries over one snapshot.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use aldb_lake::{Lake, Snapshot};
use datafusion::catalog::{CatalogProvider as _, MemoryCatalogProvider};
use datafusion::dataframe::DataFrame;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast;

use crate::catalog::LakeCatalog;
use crate::queries::{QueryFile, QueryFolder, query_files};
use crate::{QueryError, describe, functions};

const CATALOG: &str = "aldb";
const SCHEMA: &str = "lake";

/// What a query may hold in memory before it spills to disk.
const MEMORY_BYTES: usize = 4 << 30;

/// Queries over one snapshot of a lake. Nothing can be changed through it.
pub struct Session {
    context: SessionContext,
    catalog: Arc<LakeCatalog>,
    /// One query is planned at a time: a view that is named while it is planned would need itself.
    planning: futures::lock::Mutex<()>,
}

impl Session {
    /// Opens a session over a snapshot of this lake.
    ///
    /// # Errors
    ///
    /// [`QueryError::File`] where a view of the lake cannot be read.
    pub fn open(lake: &Lake, snapshot: Snapshot) -> Result<Self, QueryError> {
        Self::over(lake.root(), snapshot)
    }

    pub(crate) fn over(root: &Path, snapshot: Snapshot) -> Result<Self, QueryError> {
        let views = query_files(root, QueryFolder::Views)?;
        Self::with_views(snapshot, views)
    }

    fn with_views(snapshot: Snapshot, views: BTreeMap<String, QueryFile>) -> Result<Self, QueryError> {
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(true);
        // Text is plain UTF-8 in every table and result, as the schemas say.
        config.options_mut().execution.parquet.schema_force_view_types = false;
        // A few keys of a large table: the other columns are read where the key is theirs.
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
        let tables = Arc::new(LakeCatalog::new(snapshot, views));
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, tables.clone())?;
        context.register_catalog(CATALOG, Arc::new(catalog));
        tables.set_session(context.state_weak_ref());
        Ok(Self { context, catalog: tables, planning: futures::lock::Mutex::new(()) })
    }

    /// The snapshot that is read.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        self.catalog.snapshot()
    }

    /// Whether a name is that of a view.
    pub(crate) fn is_view(&self, name: &str) -> bool {
        self.catalog.views().contains_key(name)
    }

    pub(crate) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Plans one statement. `SHOW TABLES` and `DESCRIBE` tell units and meanings.
    ///
    /// # Errors
    ///
    /// [`QueryError::Statements`] unless there is one statement; [`QueryError::NotReading`] where it would change
    /// something; [`QueryError::Sql`] where it is wrong.
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
        let plan = planned?;
        let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        if reading.verify_plan(&plan).is_err() {
            let found = text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
            return Err(QueryError::NotReading { found });
        }
        Ok(self.context.execute_logical_plan(plain_names(plan)?).await?)
    }

    /// Plans the query of a job.
    pub(crate) async fn plan(&self, sql: &str) -> Result<LogicalPlan, DataFusionError> {
        let _one = self.planning.lock().await;
        plain_names(self.context.state().create_logical_plan(sql).await?)
    }
}

/// Gives a field that was taken out of a structure its own name: `fit.ea_ev` is the column `ea_ev`, not `t.fit[ea_ev]`.
pub(crate) fn plain_names(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let field = |name: &str| Some(name.strip_suffix(']')?.rsplit_once('[')?.1.to_owned());
    let names = plan.schema().field_names();
    let own: Vec<Option<String>> = plan.schema().fields().iter().map(|column| field(column.name())).collect();
    if !matches!(plan, LogicalPlan::Projection(_) | LogicalPlan::Sort(_) | LogicalPlan::Limit(_))
        || own.iter().all(Option::is_none)
    {
        return Ok(plan);
    }
    let taken = |name: &String| {
        names.iter().any(|other| other == name) || own.iter().flatten().filter(|other| *other == name).count() > 1
    };
    let columns = plan.schema().columns().into_iter().zip(&own).map(|(column, own)| match own {
        Some(name) if !taken(name) => Expr::Column(column).alias(name),
        _ => Expr::Column(column),
    });
    let columns: Vec<Expr> = columns.collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("catalog", &self.catalog).finish_non_exhaustive()
    }
}
