//! The tables and views that a query can name, opened when it names them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use aldb_lake::Snapshot;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::plan_err;
use datafusion::datasource::ViewTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use parking_lot::RwLock;

use crate::QueryFile;
use crate::session::plain_names;

/// One snapshot's tables, and the views over them.
#[derive(Debug)]
pub(crate) struct LakeCatalog {
    snapshot: Snapshot,
    views: BTreeMap<String, QueryFile>,
    /// Set once the session exists; weak because the session owns this catalog.
    session: OnceLock<Weak<RwLock<SessionState>>>,
    /// Views whose text is being planned, so that one that needs itself is told so.
    planning: Mutex<Vec<String>>,
}

impl LakeCatalog {
    pub(crate) fn new(snapshot: Snapshot, views: BTreeMap<String, QueryFile>) -> Self {
        Self { snapshot, views, session: OnceLock::new(), planning: Mutex::new(Vec::new()) }
    }

    pub(crate) fn set_session(&self, session: Weak<RwLock<SessionState>>) {
        // A second session is never given; if it were, the first one stays.
        let _ = self.session.set(session);
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    pub(crate) fn views(&self) -> &BTreeMap<String, QueryFile> {
        &self.views
    }

    fn begin_planning(&self, name: &str) -> Result<()> {
        let mut planning = self.planning.lock().unwrap_or_else(PoisonError::into_inner);
        if planning.iter().any(|view| view == name) {
            return plan_err!("view `{name}` needs itself: {} → {name}", planning.join(" → "));
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
        let plan = planned.and_then(plain_names).map_err(|error| error.context(format!("view `{}`", file.name)))?;
        Ok(Arc::new(ViewTable::new(plan, Some(file.text.clone()))))
    }
}

#[async_trait]
impl SchemaProvider for LakeCatalog {
    fn table_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.snapshot.tables().map(str::to_owned).collect();
        names.extend(aldb_schema::tables().keys().cloned());
        names.extend(self.views.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(view) = self.views.get(name) {
            return self.view(view).await.map(Some);
        }
        if !self.snapshot.knows(name) {
            return Ok(None);
        }
        let provider = self.snapshot.provider(name).await;
        provider.map(Some).map_err(|error| DataFusionError::External(Box::new(error)))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.views.contains_key(name) || self.snapshot.knows(name)
    }
}
