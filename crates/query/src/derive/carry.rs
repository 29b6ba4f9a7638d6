//! A plan that carries with every row the keys of the rows of one table that it was derived from.
//!
//! The key columns of the table, as one text, are added to the columns that the query uses; where rows are
//! aggregated, they are collected into a list.

use std::sync::Arc;

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::DataType;
use datafusion::common::{Column, DFSchema, JoinType};
use datafusion::error::Result;
use datafusion::functions::expr_fn::{coalesce, concat_ws};
use datafusion::functions_aggregate::array_agg::array_agg;
use datafusion::logical_expr::{
    Aggregate, Distinct, Expr, Filter, Join, LogicalPlan, LogicalPlanBuilder, TableScan, Union, cast, lit,
};

/// Name of the column; no column of a lake has it.
const CARRIED: &str = "rows it was derived from";

/// Between the values of a key: the unit separator of ASCII, which no text of a laboratory contains.
pub(super) const SEPARATOR: &str = "\u{1f}";

/// The columns of a plan's schema with the carried keys; all others are the plan's own columns.
pub(super) fn carried_column(schema: &DFSchema) -> Option<Column> {
    schema.columns().into_iter().find(|column| column.name == CARRIED)
}

/// Carries the rows of one occurrence of a table.
pub(super) struct Carry<'a> {
    pub(super) table: &'a str,
    pub(super) columns: &'a [String],
    pub(super) occurrence: usize,
    pub(super) seen: usize,
}

/// How often a plan reads a table.
pub(super) fn occurrences(plan: &LogicalPlan, table: &str) -> usize {
    match plan {
        LogicalPlan::TableScan(scan) => usize::from(scan.table_name.table() == table),
        _ => plan.inputs().into_iter().map(|input| occurrences(input, table)).sum(),
    }
}

/// A plan, and whether it carries the rows; `None` where the plan does not show which rows those are.
type Carried = Option<(LogicalPlan, bool)>;

impl Carry<'_> {
    pub(super) fn plan(&mut self, plan: &LogicalPlan) -> Result<Carried> {
        if occurrences(plan, self.table) == 0 {
            return Ok(Some((plan.clone(), false)));
        }
        match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan).map(Some),
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => self.union(union),
            // Equal rows stay several rows: they are collected into a set at the end.
            LogicalPlan::Distinct(Distinct::All(input)) => self.plan(input),
            _ => {
                let inputs = plan.inputs();
                let [input] = inputs[..] else { return Ok(None) };
                let Some((below, holds)) = self.plan(input)? else { return Ok(None) };
                if !holds {
                    return Ok(Some((plan.with_new_exprs(plan.expressions(), vec![below])?, false)));
                }
                Ok(carry_through(plan, below)?.map(|plan| (plan, true)))
            }
        }
    }

    fn scan(&mut self, scan: &TableScan) -> Result<(LogicalPlan, bool)> {
        let holds = self.seen == self.occurrence;
        self.seen += 1;
        if !holds {
            return Ok((LogicalPlan::TableScan(scan.clone()), false));
        }
        let all = LogicalPlanBuilder::scan(scan.table_name.clone(), scan.source.clone(), None)?;
        let values = self.columns.iter().map(|name| {
            let column = Expr::Column(Column::new(Some(scan.table_name.clone()), name));
            coalesce(vec![cast(column, DataType::Utf8), lit("")])
        });
        let key = concat_ws(lit(SEPARATOR), values.collect()).alias(CARRIED);
        let columns = scan.projected_schema.columns().into_iter().map(Expr::Column).chain([key]);
        Ok((all.project(columns.collect::<Vec<_>>())?.build()?, true))
    }

    fn join(&mut self, join: &Join) -> Result<Carried> {
        let Some((left, in_left)) = self.plan(&join.left)? else { return Ok(None) };
        let Some((right, in_right)) = self.plan(&join.right)? else { return Ok(None) };
        let join_type = match (join.join_type, in_left, in_right) {
            (JoinType::LeftSemi, _, true) | (JoinType::RightSemi, true, _) => JoinType::Inner,
            // A row that exists because another does not was not derived from that other.
            (JoinType::LeftAnti, _, true) | (JoinType::RightAnti, true, _) => return Ok(None),
            (JoinType::LeftMark | JoinType::RightMark, ..) => return Ok(None),
            (as_it_is, ..) => as_it_is,
        };
        let plan = LogicalPlan::Join(Join::try_new(
            Arc::new(left),
            Arc::new(right),
            join.on.clone(),
            join.filter.clone(),
            join_type,
            join.join_constraint,
            join.null_equality,
            join.null_aware && join_type == join.join_type,
        )?);
        Ok(Some((plan, in_left || in_right)))
    }

    fn union(&mut self, union: &Union) -> Result<Carried> {
        for input in &union.inputs {
            let Some((part, holds)) = self.plan(input)? else { return Ok(None) };
            if !holds {
                continue;
            }
            let names = union.schema.iter().map(|(qualifier, field)| (qualifier.cloned(), field.name().clone()));
            let own = part.schema().columns().into_iter().filter(|column| column.name != CARRIED);
            let mut columns: Vec<Expr> = own
                .zip(names)
                .map(|(column, (qualifier, name))| Expr::Column(column).alias_qualified(qualifier, name))
                .collect();
            columns.extend(carried_column(part.schema()).map(Expr::Column));
            return Ok(Some((LogicalPlanBuilder::from(part).project(columns)?.build()?, true)));
        }
        Ok(Some((LogicalPlan::Union(union.clone()), false)))
    }
}

/// The node over an input that carries rows, so that it carries them too.
fn carry_through(plan: &LogicalPlan, below: LogicalPlan) -> Result<Option<LogicalPlan>> {
    let Some(carried) = carried_column(below.schema()).map(Expr::Column) else { return Ok(None) };
    Ok(Some(match plan {
        LogicalPlan::Projection(projection) => {
            let columns = projection.expr.iter().cloned().chain([carried]);
            LogicalPlanBuilder::from(below).project(columns.collect::<Vec<_>>())?.build()?
        }
        LogicalPlan::Filter(filter) => LogicalPlan::Filter(Filter::try_new(filter.predicate.clone(), Arc::new(below))?),
        LogicalPlan::SubqueryAlias(alias) => LogicalPlanBuilder::from(below).alias(alias.alias.clone())?.build()?,
        LogicalPlan::Aggregate(aggregate) => {
            let gathered = array_agg(carried).alias(CARRIED);
            let results = aggregate.aggr_expr.iter().cloned().chain([gathered]).collect();
            LogicalPlan::Aggregate(Aggregate::try_new(Arc::new(below), aggregate.group_expr.clone(), results)?)
        }
        LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Unnest(_) => {
            plan.with_new_exprs(plan.expressions(), vec![below])?
        }
        LogicalPlan::Window(window) => LogicalPlanBuilder::from(below).window(window.window_expr.clone())?.build()?,
        _ => return Ok(None),
    }))
}

/// The texts that were carried to one row, in lists of lists where rows were aggregated.
pub(super) fn collect_texts(array: &dyn Array, row: usize, found: &mut Vec<String>) {
    if array.is_null(row) {
        return;
    }
    if let Some(words) = array.as_string_opt::<i32>() {
        found.push(words.value(row).to_owned());
    } else if let Some(lists) = array.as_list_opt::<i32>() {
        let list = lists.value(row);
        for place in 0..list.len() {
            collect_texts(list.as_ref(), place, found);
        }
    }
}
