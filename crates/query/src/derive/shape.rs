//! The shape of a job's plan: where its input rows are, and which of them belong to which key.
//!
//! A plan ends in a chain of projections over an aggregate that groups by the key, or in one projection. The relation
//! below that pivot is the job's *input*: the rows from which a key's row is derived. Restricted to some keys it gives
//! their rows; hashed by key it gives their fingerprints; with a table in it replaced by that table's changed rows it
//! gives the keys that may have changed. A plan of a different shape is its own input: it is run whole, and its rows
//! are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::default_table_source::provider_as_source;
use datafusion::common::tree_node::TreeNode as _;
use datafusion::common::{Column, JoinType, ScalarValue};
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, col, lit};

use super::fingerprint::hash_rows;
use super::substitution::{ChangedRows, changed_scans, columns_of, with_changes};

/// Up to this number, keys are written in the query itself, where they reach the files' statistics; more are joined.
pub(super) const KEYS_IN_QUERY: usize = 256;

/// Name of the column with the fingerprint of a key's input.
pub(super) const INPUT_HASH: &str = "input_hash";

#[derive(Debug)]
pub(super) struct Shape {
    plan: LogicalPlan,
    /// Steps from the top to the input, each with one input.
    depth: usize,
    input: LogicalPlan,
    names: Vec<String>,
    /// The key columns as expressions over the input.
    keys: Vec<Expr>,
    /// The parts of the input that the steps above it use.
    used: Vec<Column>,
}

impl Shape {
    pub(super) fn new(plan: LogicalPlan, key: &[String]) -> Result<Self> {
        let mut places = Vec::with_capacity(key.len());
        for name in key {
            places.push(plan.schema().index_of_column_by_name(None, name).ok_or_else(|| {
                let names = plan.schema().fields().iter().map(|field| field.name().as_str());
                let columns = names.collect::<Vec<_>>().join(", ");
                datafusion::error::DataFusionError::Plan(format!(
                    "`-- key:`, at the top: column `{name}` is not in the result: {columns}"
                ))
            })?);
        }
        let found = if has_subquery(&plan) { None } else { pivot(&plan, &places) };
        let (depth, input, keys, used) = match found {
            Some(found) => found,
            None => {
                let columns = plan.schema().columns();
                let keys = places.iter().map(|place| Expr::Column(columns[*place].clone())).collect();
                (0, plan.clone(), keys, columns)
            }
        };
        Ok(Self { plan, depth, input, names: key.to_vec(), keys, used })
    }

    /// The keys, each with the fingerprint of its input rows; all, or those given.
    pub(super) fn fingerprints(&self, keys: Option<&RecordBatch>) -> Result<LogicalPlan> {
        let input = self.restricted(keys)?;
        let used = self.used.iter().cloned().map(Expr::Column);
        let columns: Vec<Expr> = self.named_keys().chain(used.clone()).collect();
        let hashed: Vec<Expr> = match self.used.len() {
            0 => self.names.iter().map(|name| col(placeholder(name))).collect(),
            _ => used.collect(),
        };
        let groups: Vec<Expr> = self.names.iter().map(|name| col(placeholder(name))).collect();
        let names = self.names.iter().map(|name| col(placeholder(name)).alias(name));
        LogicalPlanBuilder::from(input)
            .project(columns)?
            .aggregate(groups, [hash_rows().call(hashed).alias(INPUT_HASH)])?
            .project(names.chain([col(INPUT_HASH)]))?
            .build()
    }

    /// The job's rows for all keys, or for those given.
    pub(super) fn rows(&self, keys: Option<&RecordBatch>) -> Result<LogicalPlan> {
        rebuild(&self.plan, self.depth, self.restricted(keys)?)
    }

    /// Plans that together give every key whose input may have changed; `None` where the plan does not show them.
    pub(super) fn changed_keys(&self, changed: &BTreeMap<String, ChangedRows>) -> Result<Option<Vec<LogicalPlan>>> {
        let occurrences = changed_scans(&self.input, changed);
        let mut plans = Vec::with_capacity(occurrences);
        for occurrence in 0..occurrences {
            let Some(substituted) = with_changes(&self.input, changed, occurrence, &self.keys)? else {
                return Ok(None);
            };
            let names = self.names.iter().map(|name| col(placeholder(name)).alias(name));
            let plan = LogicalPlanBuilder::from(substituted).project(self.named_keys())?.distinct()?.project(names)?;
            plans.push(plan.build()?);
        }
        Ok(Some(plans))
    }

    /// The columns of the job's rows.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::new(self.plan.schema().as_arrow().clone())
    }

    /// The input of a key's row.
    pub(super) fn input(&self) -> &LogicalPlan {
        &self.input
    }

    /// The key columns over the input, each under a name that no column of a lake has.
    pub(super) fn named_keys(&self) -> impl Iterator<Item = Expr> {
        self.keys.iter().zip(&self.names).map(|(key, name)| key.clone().alias(placeholder(name)))
    }

    /// The input rows of some keys. Rows whose key is null belong to no key.
    fn restricted(&self, keys: Option<&RecordBatch>) -> Result<LogicalPlan> {
        self.restricted_to(self.input.clone(), keys)
    }

    /// The same of a plan that has the input's columns.
    pub(super) fn restricted_to(&self, input: LogicalPlan, keys: Option<&RecordBatch>) -> Result<LogicalPlan> {
        let input = LogicalPlanBuilder::from(input);
        match keys {
            None => {
                let known =
                    self.keys.iter().cloned().map(Expr::is_not_null).reduce(Expr::and).unwrap_or_else(|| lit(true));
                input.filter(known)?.build()
            }
            Some(keys) if self.keys.len() == 1 && keys.num_rows() <= KEYS_IN_QUERY => {
                let values = (0..keys.num_rows())
                    .map(|row| ScalarValue::try_from_array(keys.column(0), row).map(lit))
                    .collect::<Result<Vec<_>>>()?;
                input.filter(self.keys[0].clone().in_list(values, false))?.build()
            }
            Some(keys) => {
                let table = MemTable::try_new(keys.schema(), vec![vec![keys.clone()]])?;
                let wanted =
                    LogicalPlanBuilder::scan("wanted_keys", provider_as_source(Arc::new(table)), None)?.build()?;
                let columns: Vec<Expr> = wanted.schema().columns().into_iter().map(Expr::Column).collect();
                input.join_with_expr_keys(wanted, JoinType::LeftSemi, (self.keys.clone(), columns), None)?.build()
            }
        }
    }
}

/// A name that no column of a lake has, so that keys and columns of the same name can coexist.
fn placeholder(name: &str) -> String {
    format!("key of derived {name}")
}

type Pivot = (usize, LogicalPlan, Vec<Expr>, Vec<Column>);

/// Follows the key columns down to the aggregate that groups by them, or to the topmost projection.
fn pivot(plan: &LogicalPlan, places: &[usize]) -> Option<Pivot> {
    let (mut node, mut depth) = (plan, 0);
    let mut places = places.to_vec();
    let mut topmost: Option<Pivot> = None;
    loop {
        match node {
            LogicalPlan::Projection(projection) => {
                let expressions: Vec<&Expr> = places.iter().map(|place| &projection.expr[*place]).collect();
                if topmost.is_none() {
                    let keys = expressions.iter().map(|expr| unaliased(expr).clone()).collect();
                    topmost = Some((depth + 1, projection.input.as_ref().clone(), keys, used(&projection.expr)));
                }
                // A key that is computed above the aggregate cannot be followed further down.
                let followed: Option<Vec<usize>> = expressions
                    .iter()
                    .map(|expr| match unaliased(expr) {
                        Expr::Column(column) => projection.input.schema().maybe_index_of_column(column),
                        _ => None,
                    })
                    .collect();
                match followed {
                    Some(followed) => places = followed,
                    None if aggregate_below(&projection.input) => return None,
                    None => return topmost,
                }
                node = &projection.input;
            }
            LogicalPlan::SubqueryAlias(alias) => node = &alias.input,
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => node = &sort.input,
            // Unnesting a list turns a key's row into several; the key itself is passed through.
            LogicalPlan::Unnest(unnest) => {
                let through = places.iter().map(|place| unnest.dependency_indices.get(*place).copied());
                let Some(through) = through.collect::<Option<Vec<usize>>>() else { return topmost };
                let opened = |place: &usize| {
                    unnest.list_type_columns.iter().any(|(column, _)| column == place)
                        || unnest.struct_type_columns.contains(place)
                };
                if through.iter().any(opened) {
                    return topmost;
                }
                places = through;
                node = &unnest.input;
            }
            LogicalPlan::Filter(filter) if aggregate_below(&filter.input) => node = &filter.input,
            LogicalPlan::Aggregate(aggregate) => {
                let keys: Option<Vec<Expr>> = places
                    .iter()
                    .map(|place| aggregate.group_expr.get(*place).map(|expr| unaliased(expr).clone()))
                    .collect();
                let keys =
                    keys.filter(|_| !aggregate.group_expr.iter().any(|expr| matches!(expr, Expr::GroupingSet(_))))?;
                let expressions: Vec<Expr> = aggregate.group_expr.iter().chain(&aggregate.aggr_expr).cloned().collect();
                return Some((depth + 1, aggregate.input.as_ref().clone(), keys, used(&expressions)));
            }
            _ => return topmost,
        }
        depth += 1;
    }
}

fn aggregate_below(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Aggregate(_) => true,
        LogicalPlan::Projection(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::Filter(_) => plan.inputs().first().is_some_and(|input| aggregate_below(input)),
        _ => false,
    }
}

fn unaliased(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(alias) => unaliased(&alias.expr),
        other => other,
    }
}

/// The columns in expressions, each once, in a fixed order.
fn used(expressions: &[Expr]) -> Vec<Column> {
    let columns: BTreeSet<Column> = columns_of(expressions).collect();
    columns.into_iter().collect()
}

fn has_subquery(plan: &LogicalPlan) -> bool {
    let inside = |expr: &Expr| {
        expr.exists(|expr| Ok(matches!(expr, Expr::ScalarSubquery(_) | Expr::Exists(_) | Expr::InSubquery(_))))
            .unwrap_or(true)
    };
    plan.exists(|node| Ok(node.expressions().iter().any(inside))).unwrap_or(true)
}

/// The same plan with another input, `depth` steps down.
fn rebuild(plan: &LogicalPlan, depth: usize, input: LogicalPlan) -> Result<LogicalPlan> {
    if depth == 0 {
        return Ok(input);
    }
    let inputs =
        plan.inputs().into_iter().map(|below| rebuild(below, depth - 1, input.clone())).collect::<Result<_>>()?;
    plan.with_new_exprs(plan.expressions(), inputs)
}
