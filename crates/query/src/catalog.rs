//! The tables and views that a query can name, opened when it names them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use aldb_lake::Snapshot;
use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::default_table_source::provider_as_source;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{Column, JoinType, plan_err};
use datafusion::datasource::{MemTable, ViewTable};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};
use parking_lot::RwLock;

use crate::queries::QueryFile;

/// The tables that a session reads.
#[derive(Debug)]
pub(crate) enum Tables {
    /// Those of one snapshot of a lake.
    Lake(Snapshot),
    /// Rows in memory by table; every other table of `schemas/` is empty.
    Memory(BTreeMap<String, Vec<RecordBatch>>),
}

impl Tables {
    /// The tables that have or had a row, by name.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Lake(snapshot) => snapshot.tables().map(str::to_owned).collect(),
            Self::Memory(rows) => rows.keys().cloned().collect(),
        }
    }

    /// Whether a table of this name has a schema or rows.
    fn has(&self, name: &str) -> bool {
        match self {
            Self::Lake(snapshot) => snapshot.knows(name),
            Self::Memory(rows) => rows.contains_key(name) || aldb_schema::table(name).is_some(),
        }
    }

    async fn open(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        match self {
            Self::Lake(snapshot) => {
                snapshot.provider(name).await.map_err(|error| DataFusionError::External(Box::new(error)))
            }
            Self::Memory(rows) => {
                let rows = rows.get(name).cloned().unwrap_or_default();
                let schema = match (rows.first(), aldb_schema::table(name)) {
                    (Some(batch), _) => batch.schema(),
                    (None, Some(described)) => described.arrow_schema(),
                    (None, None) => return plan_err!("table `{name}` has neither rows nor a schema"),
                };
                Ok(Arc::new(MemTable::try_new(schema, vec![rows])?))
            }
        }
    }
}

/// The table of points that somebody excluded.
pub(crate) const EXCLUSIONS: &str = "exclusions";

/// Whether excluded points, or excluded measurements, are rows of this table.
pub(crate) fn has_excluded_rows(table: &str) -> bool {
    table == MEASUREMENTS
        || aldb_schema::table(table).is_some_and(|described| {
            ["measurement_id", "point"].iter().all(|name| described.columns.iter().any(|column| column.name == *name))
        })
}

const MEASUREMENTS: &str = "measurements";

/// Whether a session shows what somebody excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excluded {
    Shown,
    /// As if it had not been measured: for everything that is derived.
    LeftOut,
}

/// The tables of a session, and the views over them.
#[derive(Debug)]
pub(crate) struct LakeCatalog {
    tables: Tables,
    excluded: Excluded,
    views: BTreeMap<String, QueryFile>,
    /// Set once the session exists; weak because the session owns this catalog.
    session: OnceLock<Weak<RwLock<SessionState>>>,
    /// Views whose text is being planned, so that a view that reads itself is an error.
    planning: Mutex<Vec<String>>,
}

impl LakeCatalog {
    pub(crate) fn new(tables: Tables, views: BTreeMap<String, QueryFile>, excluded: Excluded) -> Self {
        Self { tables, excluded, views, session: OnceLock::new(), planning: Mutex::new(Vec::new()) }
    }

    pub(crate) fn set_session(&self, session: Weak<RwLock<SessionState>>) {
        // Called once, by the session that owns this catalog; a second call would change nothing.
        drop(self.session.set(session));
    }

    pub(crate) fn views(&self) -> &BTreeMap<String, QueryFile> {
        &self.views
    }

    fn begin_planning(&self, name: &str) -> Result<()> {
        let mut planning = self.planning.lock().unwrap_or_else(PoisonError::into_inner);
        if planning.iter().any(|view| view == name) {
            return plan_err!("view `{name}` reads itself: {} → {name}", planning.join(" → "));
        }
        planning.push(name.to_owned());
        Ok(())
    }

    fn end_planning(&self, name: &str) {
        self.planning.lock().unwrap_or_else(PoisonError::into_inner).retain(|view| view != name);
    }

    async fn view(&self, file: &QueryFile) -> Result<Arc<dyn TableProvider>> {
        let Some(session) = self.session.get().and_then(Weak::upgrade) else {
            return plan_err!("view `{}` has no session", file.name);
        };
        let state = session.read().clone();
        self.begin_planning(&file.name)?;
        let planned = state.create_logical_plan(&file.text).await;
        self.end_planning(&file.name);
        let plan =
            planned.and_then(plan_with_field_names).map_err(|error| error.context(format!("view `{}`", file.name)))?;
        Ok(Arc::new(ViewTable::new(plan, Some(file.text.clone()))))
    }
}

impl LakeCatalog {
    /// A table; without its excluded rows if the session leaves them out and there ever were any.
    async fn open(&self, name: &str) -> Result<Arc<dyn TableProvider>> {
        let table = self.tables.open(name).await?;
        let has_excluded = has_excluded_rows(name) && self.tables.names().iter().any(|table| table == EXCLUSIONS);
        if self.excluded == Excluded::Shown || !has_excluded {
            return Ok(table);
        }
        let exclusions = provider_as_source(self.tables.open(EXCLUSIONS).await?);
        let of = |table: &str, column: &str| Expr::Column(Column::new(Some(table.to_owned()), column));
        let (first, last) = (of(EXCLUSIONS, "first_point"), of(EXCLUSIONS, "last_point"));
        let is_excluded = match name {
            MEASUREMENTS => first.eq(lit(0_i32)).and(last.is_null()),
            _ => {
                let point = of(name, "point");
                point.clone().gt_eq(first).and(last.clone().is_null().or(point.lt_eq(last)))
            }
        };
        let key = |table: &str| vec![Column::new(Some(table.to_owned()), "measurement_id")];
        let plan = LogicalPlanBuilder::scan(name, provider_as_source(table), None)?
            .join(
                LogicalPlanBuilder::scan(EXCLUSIONS, exclusions, None)?.build()?,
                JoinType::LeftAnti,
                (key(name), key(EXCLUSIONS)),
                Some(is_excluded),
            )?
            .build()?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}

#[async_trait]
impl SchemaProvider for LakeCatalog {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.tables.names();
        names.extend(aldb_schema::tables().keys().cloned());
        names.extend(self.views.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.views.get(name) {
            Some(view) => self.view(view).await.map(Some),
            None if self.tables.has(name) => self.open(name).await.map(Some),
            None => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.views.contains_key(name) || self.tables.has(name)
    }
}

/// Gives a field that was taken out of a structure its own name: `fit.ea_ev` is the column `ea_ev`, not `t.fit[ea_ev]`.
pub(crate) fn plan_with_field_names(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
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
