//! A plan in which the changed rows of a table replace the table, which gives the keys that the change may reach.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::default_table_source::provider_as_source;
use datafusion::common::{Column, JoinType};
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, Filter, Join, LogicalPlan, LogicalPlanBuilder, TableScan, Union};

/// The rows of a table that were added and removed.
#[derive(Debug, Clone)]
pub(super) struct ChangedRows {
    pub(super) schema: SchemaRef,
    pub(super) added: Vec<RecordBatch>,
    pub(super) removed: Vec<RecordBatch>,
}

/// How often a plan scans changed tables.
pub(super) fn changed_scans(plan: &LogicalPlan, changed: &BTreeMap<String, ChangedRows>) -> usize {
    match plan {
        LogicalPlan::TableScan(scan) => usize::from(changed.contains_key(scan.table_name.table())),
        _ => plan.inputs().into_iter().map(|input| changed_scans(input, changed)).sum(),
    }
}

/// A plan in which one occurrence of a changed table is replaced by its changed rows, and the others by their rows of
/// both versions; of its columns only those in the keys are needed. `None` where the plan does not show which keys the
/// rows belong to.
pub(super) fn with_changes(
    plan: &LogicalPlan,
    changed: &BTreeMap<String, ChangedRows>,
    occurrence: usize,
    keys: &[Expr],
) -> Result<Option<LogicalPlan>> {
    let needed: Needed = Some(columns_of(keys).collect());
    let substituted = Substitution { changed, occurrence, seen: 0 }.plan(plan, &needed)?;
    Ok(substituted.map(|substituted| substituted.plan))
}

struct Substitution<'a> {
    changed: &'a BTreeMap<String, ChangedRows>,
    occurrence: usize,
    seen: usize,
}

/// The columns that the steps above use; `None` for all.
type Needed = Option<HashSet<Column>>;

/// The columns in expressions.
pub(super) fn columns_of<'a>(expressions: impl IntoIterator<Item = &'a Expr>) -> impl Iterator<Item = Column> {
    expressions.into_iter().flat_map(|expr| expr.column_refs().into_iter().cloned().collect::<Vec<_>>())
}

/// The columns needed below a step that itself uses some columns.
fn and_used(needed: &Needed, used: impl Iterator<Item = Column>) -> Needed {
    let mut below = needed.clone()?;
    below.extend(used);
    Some(below)
}

struct Substituted {
    plan: LogicalPlan,
    /// Whether the plan has the changed rows.
    holds_change: bool,
    /// Whether an outer join in the plan became an inner one: a filter above it would then see other nulls than it was
    /// written for, and must not drop a key.
    narrowed: bool,
}

impl Substitution<'_> {
    fn plan(&mut self, plan: &LogicalPlan, needed: &Needed) -> Result<Option<Substituted>> {
        if changed_scans(plan, self.changed) == 0 {
            return Ok(Some(Substituted { plan: plan.clone(), holds_change: false, narrowed: false }));
        }
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan).map(Some),
            LogicalPlan::Filter(filter) => {
                let needed = and_used(needed, columns_of([&filter.predicate]));
                let Some(below) = self.plan(&filter.input, &needed)? else { return Ok(None) };
                if below.narrowed {
                    return Ok(Some(below));
                }
                let plan = LogicalPlan::Filter(Filter::try_new(filter.predicate.clone(), Arc::new(below.plan))?);
                Ok(Some(Substituted { plan, ..below }))
            }
            LogicalPlan::Projection(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Unnest(_) => {
                let inputs = plan.inputs();
                let [input] = inputs[..] else { return Ok(None) };
                let Some(below) = self.plan(input, &None)? else { return Ok(None) };
                let plan = plan.with_new_exprs(plan.expressions(), vec![below.plan])?;
                Ok(Some(Substituted { plan, ..below }))
            }
            LogicalPlan::Join(join) => self.join(join, needed),
            LogicalPlan::Union(union) => self.union(union),
            _ => Ok(None),
        }
    }

    fn scan(&mut self, scan: &TableScan) -> Result<Substituted> {
        let rows = &self.changed[scan.table_name.table()];
        let holds_change = self.seen == self.occurrence;
        self.seen += 1;
        let added = if holds_change { rows.added.as_slice() } else { &[] };
        let batches: Vec<RecordBatch> = added.iter().chain(&rows.removed).cloned().collect();
        let table = provider_as_source(Arc::new(MemTable::try_new(rows.schema.clone(), vec![batches])?));
        let changed = LogicalPlanBuilder::scan(scan.table_name.clone(), table, scan.projection.clone())?;
        let plan = if holds_change {
            changed.build()?
        } else {
            let now = LogicalPlanBuilder::from(LogicalPlan::TableScan(scan.clone()));
            now.union(changed.build()?)?.alias(scan.table_name.clone())?.build()?
        };
        Ok(Substituted { plan, holds_change, narrowed: false })
    }

    /// The part that contains the changed rows; the others have none.
    fn union(&mut self, union: &Union) -> Result<Option<Substituted>> {
        let mut parts = Vec::with_capacity(union.inputs.len());
        for input in &union.inputs {
            let Some(part) = self.plan(input, &None)? else { return Ok(None) };
            parts.push(part);
        }
        let Some(holding) = parts.iter().position(|part| part.holds_change) else {
            let narrowed = parts.iter().any(|part| part.narrowed);
            let inputs = parts.into_iter().map(|part| Arc::new(part.plan)).collect();
            let plan = LogicalPlan::Union(Union { inputs, schema: union.schema.clone() });
            return Ok(Some(Substituted { plan, holds_change: false, narrowed }));
        };
        let part = parts.swap_remove(holding);
        let names = union.schema.iter().map(|(qualifier, field)| (qualifier.cloned(), field.name().clone()));
        let columns = part.plan.schema().columns().into_iter().zip(names);
        let columns = columns.map(|(column, (qualifier, name))| Expr::Column(column).alias_qualified(qualifier, name));
        let columns: Vec<Expr> = columns.collect();
        let plan = LogicalPlanBuilder::from(part.plan).project(columns)?.build()?;
        Ok(Some(Substituted { plan, ..part }))
    }

    fn join(&mut self, join: &Join, needed: &Needed) -> Result<Option<Substituted>> {
        let on = join.on.iter().flat_map(|(left, right)| [left, right]).chain(&join.filter);
        let below = and_used(needed, columns_of(on));
        let Some(left) = self.plan(&join.left, &below)? else { return Ok(None) };
        let Some(right) = self.plan(&join.right, &below)? else { return Ok(None) };
        // Rows that an outer join adds to the changed rows give no key if no step above uses them.
        let unused = |side: &Substituted| {
            needed.as_ref().is_some_and(|needed| needed.iter().all(|column| !side.plan.schema().has_column(column)))
        };
        match join.join_type {
            JoinType::Left if left.holds_change && unused(&right) => return Ok(Some(left)),
            JoinType::Right if right.holds_change && unused(&left) => return Ok(Some(right)),
            _ => {}
        }
        let join_type = match (join.join_type, left.holds_change, right.holds_change) {
            (JoinType::Left | JoinType::Full, false, true) | (JoinType::Right | JoinType::Full, true, false) => {
                JoinType::Inner
            }
            // Rows that no longer match, or now match, are those that match the changed rows.
            (JoinType::LeftAnti, false, true) => JoinType::LeftSemi,
            (JoinType::RightAnti, true, false) => JoinType::RightSemi,
            (JoinType::LeftMark | JoinType::RightMark, ..) => return Ok(None),
            (as_it_is, ..) => as_it_is,
        };
        let narrowed = left.narrowed || right.narrowed || join_type != join.join_type;
        let plan = LogicalPlan::Join(Join::try_new(
            Arc::new(left.plan),
            Arc::new(right.plan),
            join.on.clone(),
            join.filter.clone(),
            join_type,
            join.join_constraint,
            join.null_equality,
            join.null_aware && join_type == join.join_type,
        )?);
        Ok(Some(Substituted { plan, holds_change: left.holds_change || right.holds_change, narrowed }))
    }
}
