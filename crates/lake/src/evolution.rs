//! How a table written by an earlier version of aldb is read and written with the present columns.
//!
//! A new nullable column is null in existing rows. A column that was renamed, retyped or removed
//! is listed in [`MIGRATIONS`]. Reading does the same as writing, so a lake can be queried before anything is written
//! to it. Every other difference is an error for measured values and descriptions; a derived table begins empty and is
//! derived again.
//!
//! On disk a table gets its new columns with the first commit that writes to it: a nullable column needs only a new
//! schema in the table's log, for the others every file is rewritten in that commit.

use std::sync::Arc;

use aldb_schema::Kind;
use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use async_trait::async_trait;
use deltalake_core::datafusion::catalog::{Session, TableProvider};
use deltalake_core::datafusion::common::ScalarValue;
use deltalake_core::datafusion::datasource::empty::EmptyTable;
use deltalake_core::datafusion::error::Result as QueryResult;
use deltalake_core::datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use deltalake_core::datafusion::physical_expr::PhysicalExpr;
use deltalake_core::datafusion::physical_expr::expressions::{Column, cast, lit};
use deltalake_core::datafusion::physical_plan::ExecutionPlan;
use deltalake_core::datafusion::physical_plan::projection::ProjectionExec;

use crate::LakeError;
use crate::error::arrow;

/// A change of a column between two versions of `schemas/`.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "no released schema needs them yet; the tests use all three")]
enum Change {
    /// It had this name.
    Renamed(&'static str),
    /// It had a different type, every value of which can be converted.
    Retyped,
    /// It was removed, with its values.
    Removed,
}

/// A change to a column of a table, under the column's name of today, or its last one where it was removed.
struct Migration {
    table: &'static str,
    column: &'static str,
    change: Change,
}

/// Every change to `schemas/` since version 0.1.0 that is more than a new nullable column, oldest first.
#[cfg(not(test))]
const MIGRATIONS: &[Migration] = &[];
#[cfg(test)]
const MIGRATIONS: &[Migration] = &[
    Migration { table: "samples", column: "thickness", change: Change::Renamed("d") },
    Migration { table: "samples", column: "thickness_nm", change: Change::Renamed("thickness") },
    Migration { table: "samples", column: "batch", change: Change::Retyped },
    Migration { table: "samples", column: "colour", change: Change::Removed },
];

fn migrations<'a>(table: &'a str, column: &'a str) -> impl Iterator<Item = Change> {
    MIGRATIONS.iter().filter(move |step| step.table == table && step.column == column).map(|step| step.change)
}

/// The name of today of a column.
fn name_today<'a>(table: &str, stored: &'a str) -> &'a str {
    MIGRATIONS.iter().filter(|step| step.table == table).fold(stored, |name, step| match step.change {
        Change::Renamed(earlier) if earlier == name => step.column,
        _ => name,
    })
}

/// The columns that a table has today, where `schemas/` describes it.
pub(crate) fn described(table: &str) -> Option<SchemaRef> {
    aldb_schema::table(table).map(aldb_schema::Table::arrow_schema)
}

/// The way from the stored columns of a table to those of today.
#[derive(Debug, Clone)]
pub(crate) struct Evolution {
    table: String,
    today: SchemaRef,
    /// For each column of today the stored one that it is made of.
    sources: Vec<Option<String>>,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// They are the same.
    Same,
    /// There are new nullable columns, or a different order, unit or meaning.
    NewSchema,
    /// Every stored row is converted.
    Converted,
    /// Derived rows that cannot be converted: they are removed, and derived again.
    Restart,
}

impl Evolution {
    /// Compares the stored columns of a table with those of today.
    ///
    /// # Errors
    ///
    /// [`LakeError::Column`] if measured values or descriptions cannot be converted.
    pub(crate) fn new(table: &str, stored: &Schema, today: &SchemaRef) -> Result<Self, LakeError> {
        let evolution = Self::find(table, stored, today);
        let is_derived = aldb_schema::table(table).is_none_or(|described| described.kind == Kind::Derived);
        match evolution {
            Err(_) if is_derived => {
                Ok(Self { table: table.to_owned(), today: today.clone(), sources: Vec::new(), way: Way::Restart })
            }
            other => other,
        }
    }

    fn find(table: &str, stored: &Schema, today: &SchemaRef) -> Result<Self, LakeError> {
        let wrong = |column: &str, expected: String, found: String| LakeError::Column {
            table: table.to_owned(),
            column: column.to_owned(),
            expected,
            found,
        };
        let mut way = Way::Same;
        let mut sources = Vec::with_capacity(today.fields().len());
        for (place, field) in today.fields().iter().enumerate() {
            let name = field.name();
            let source = stored.fields().iter().find(|column| name_today(table, column.name()) == name);
            match source {
                None if field.is_nullable() => way = way.max(Way::NewSchema),
                None => return Err(wrong(name, format!("{} in every row", field.data_type()), "none".to_owned())),
                Some(source) => {
                    let is_same_type = same_type(source.data_type(), field.data_type());
                    let is_retyped = migrations(table, name).any(|change| matches!(change, Change::Retyped));
                    if !is_same_type && !is_retyped {
                        return Err(wrong(name, field.data_type().to_string(), source.data_type().to_string()));
                    }
                    if source.is_nullable() && !field.is_nullable() {
                        let found = format!("{} that may be null", source.data_type());
                        return Err(wrong(name, format!("{} in every row", field.data_type()), found));
                    }
                    if source.name() != name || !is_same_type {
                        way = way.max(Way::Converted);
                    } else if !same_description(source, field) || stored.fields().get(place) != Some(source) {
                        way = way.max(Way::NewSchema);
                    }
                }
            }
            sources.push(source.map(|source| source.name().clone()));
        }
        for column in stored.fields() {
            let name = name_today(table, column.name());
            if today.field_with_name(name).is_err() {
                if !migrations(table, name).any(|change| matches!(change, Change::Removed)) {
                    return Err(wrong(name, "no such column".to_owned(), column.data_type().to_string()));
                }
                way = way.max(Way::Converted);
            }
        }
        Ok(Self { table: table.to_owned(), today: today.clone(), sources, way })
    }

    /// Whether the table's log must get the schema of today with the next commit.
    pub(crate) fn is_new_schema(&self) -> bool {
        self.way != Way::Same
    }

    /// Whether every file must be rewritten.
    pub(crate) fn converts(&self) -> bool {
        self.way == Way::Converted
    }

    /// Whether the stored rows can no longer be used.
    pub(crate) fn restarts(&self) -> bool {
        self.way == Way::Restart
    }

    /// The columns of today.
    pub(crate) fn today(&self) -> &SchemaRef {
        &self.today
    }

    /// Rows of a stored file with the columns of today. A file may be older than the table's schema.
    ///
    /// # Errors
    ///
    /// [`LakeError::Arrow`] if a value does not fit the present type.
    pub(crate) fn apply(&self, rows: &RecordBatch) -> Result<RecordBatch, LakeError> {
        let all: Vec<usize> = (0..self.sources.len()).collect();
        self.project(rows, &all).map_err(arrow("convert", &self.table))
    }

    /// Some of the columns of today, of rows of a stored file.
    ///
    /// # Errors
    ///
    /// [`LakeError::Arrow`] if there is no such column, or a value does not fit its present type.
    pub(crate) fn apply_to(&self, rows: &RecordBatch, columns: &[String]) -> Result<RecordBatch, LakeError> {
        let places: Result<Vec<usize>, ArrowError> = columns.iter().map(|name| self.today.index_of(name)).collect();
        places.and_then(|places| self.project(rows, &places)).map_err(arrow("convert", &self.table))
    }

    fn project(&self, rows: &RecordBatch, places: &[usize]) -> Result<RecordBatch, ArrowError> {
        // A value that does not fit is an error, not null.
        let whole = CastOptions { safe: false, ..CastOptions::default() };
        let schema = Arc::new(self.today.project(places)?);
        let columns = places.iter().zip(schema.fields()).map(|(place, field)| {
            match self.sources[*place].as_ref().and_then(|name| rows.column_by_name(name)) {
                Some(array) if array.data_type() == field.data_type() => Ok(array.clone()),
                Some(array) => cast_with_options(array, field.data_type(), &whole),
                None => Ok(new_null_array(field.data_type(), rows.num_rows())),
            }
        });
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
        RecordBatch::try_new(schema, columns)
    }

    /// The stored rows for a query, with the columns of today.
    pub(crate) fn provider(self, stored: Arc<dyn TableProvider>) -> Arc<dyn TableProvider> {
        match self.way {
            Way::Same => stored,
            Way::Restart => Arc::new(EmptyTable::new(self.today)),
            Way::NewSchema | Way::Converted => Arc::new(Evolved { stored, evolution: self }),
        }
    }
}

/// Whether two fields have the same unit and meaning.
fn same_description(one: &Field, other: &Field) -> bool {
    [aldb_schema::UNIT, aldb_schema::COMMENT].iter().all(|key| one.metadata().get(*key) == other.metadata().get(*key))
}

/// Whether two types store the same values: units, meanings and the permission of null inside lists aside.
fn same_type(one: &DataType, other: &DataType) -> bool {
    match (one, other) {
        (DataType::List(one), DataType::List(other)) => same_type(one.data_type(), other.data_type()),
        (DataType::Struct(one), DataType::Struct(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| one.name() == other.name() && same_type(one.data_type(), other.data_type()))
        }
        _ => one == other,
    }
}

/// A stored table as a query sees it.
#[derive(Debug)]
struct Evolved {
    stored: Arc<dyn TableProvider>,
    evolution: Evolution,
}

impl Evolved {
    /// Whether a filter means the same over the stored columns.
    fn passes(&self, filter: &Expr) -> bool {
        let Evolution { today, sources, .. } = &self.evolution;
        let stored = self.stored.schema();
        filter.column_refs().iter().all(|column| {
            let place = today.index_of(&column.name).ok();
            place.is_some_and(|place| {
                let same_name = sources[place].as_deref() == Some(&column.name);
                let field = stored.field_with_name(&column.name);
                same_name && field.is_ok_and(|field| same_type(field.data_type(), today.field(place).data_type()))
            })
        })
    }
}

#[async_trait]
impl TableProvider for Evolved {
    fn schema(&self) -> SchemaRef {
        self.evolution.today.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> QueryResult<Vec<TableProviderFilterPushDown>> {
        filters
            .iter()
            .map(|filter| match self.passes(filter) {
                true => Ok(self.stored.supports_filters_pushdown(&[filter])?.swap_remove(0)),
                false => Ok(TableProviderFilterPushDown::Unsupported),
            })
            .collect()
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> QueryResult<Arc<dyn ExecutionPlan>> {
        let Evolution { today, sources, .. } = &self.evolution;
        let wanted: Vec<usize> = projection.cloned().unwrap_or_else(|| (0..sources.len()).collect());
        let stored = self.stored.schema();
        let needed: Vec<usize> =
            wanted.iter().filter_map(|place| stored.index_of(sources[*place].as_deref()?).ok()).collect();
        let input = self.stored.scan(state, Some(&needed), filters, limit).await?;
        let read = input.schema();
        let mut columns: Vec<(Arc<dyn PhysicalExpr>, String)> = Vec::with_capacity(wanted.len());
        for place in &wanted {
            let field = today.field(*place);
            let source = sources[*place].as_deref().and_then(|name| Some((name, read.index_of(name).ok()?)));
            let column: Arc<dyn PhysicalExpr> = match source {
                Some((name, index)) => {
                    let column = Arc::new(Column::new(name, index));
                    match read.field(index).data_type() == field.data_type() {
                        true => column,
                        false => cast(column, &read, field.data_type().clone())?,
                    }
                }
                None => lit(ScalarValue::try_from(field.data_type())?),
            };
            columns.push((column, field.name().clone()));
        }
        let projected = today.project(&wanted)?;
        Ok(Arc::new(ProjectionExec::try_new_with_schema_metadata(columns, input, &projected)?))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray as _, BooleanArray, Float64Array, Int32Array, StringArray};
    use arrow::datatypes::{Float64Type, Int64Type};

    use super::*;
    use crate::files::{finish, write_operation, write_rows};
    use crate::{AsOf, KeySet, Lake};

    /// Columns of `samples` as an invented earlier version had them.
    fn earlier() -> SchemaRef {
        let today = described("samples").unwrap();
        let fields = today.fields().iter().filter(|field| field.name() != "note").map(|field| {
            let field = field.as_ref().clone();
            match field.name().as_str() {
                "thickness_nm" => field.with_name("d"),
                "batch" => field.with_data_type(DataType::Int32),
                _ => field,
            }
        });
        Arc::new(Schema::new(fields.chain([Field::new("colour", DataType::Utf8, true)]).collect::<Vec<_>>()))
    }

    fn rows(schema: &SchemaRef, names: &[&str], thickness_nm: f64) -> RecordBatch {
        let n = names.len();
        let columns = schema.fields().iter().map(|field| match (field.name().as_str(), field.data_type()) {
            ("sample_id", _) => Arc::new(StringArray::from(names.to_vec())) as ArrayRef,
            ("d" | "thickness_nm", DataType::Float64) => Arc::new(Float64Array::from(vec![thickness_nm; n])),
            ("colour", _) => Arc::new(StringArray::from(vec!["blue"; n])),
            ("synthetic", _) => Arc::new(BooleanArray::from(vec![true; n])),
            ("file_id" | "job_version" | "input_hash" | "quality", _) => Arc::new(StringArray::from(vec!["00"; n])),
            (_, data_type) if !field.is_nullable() => {
                cast_with_options(&Int32Array::from(vec![7; n]), data_type, &CastOptions::default()).unwrap()
            }
            (_, data_type) => new_null_array(data_type, n),
        });
        RecordBatch::try_new(schema.clone(), columns.collect()).unwrap()
    }

    /// A lake whose snapshot 1 has one table with columns that differ from the present ones.
    async fn lake_with(folder: &std::path::Path, table: &str, schema: &SchemaRef, names: &[&str]) -> Lake {
        let lake = Lake::init(folder, "").unwrap();
        let mut stored = lake.tables().create(table, schema, "").await.unwrap();
        let mut files = stored.writer(schema).unwrap();
        write_rows(&mut files, table, rows(schema, names, 80.0)).await.unwrap();
        let added = finish(&mut files, &stored).await.unwrap();
        stored.commit(write_operation(), added, Vec::new(), None).await.unwrap();
        let mut writer = lake.write().await.unwrap();
        writer.record(&stored).unwrap();
        writer.commit("as an earlier version wrote it").await.unwrap();
        drop(writer);
        Lake::open(folder).unwrap()
    }

    async fn read(lake: &Lake, as_of: &AsOf) -> Vec<(String, f64, i64, bool)> {
        let snapshot = lake.snapshot_as_of(as_of).await.unwrap();
        let columns = ["sample_id", "thickness_nm", "batch", "note"];
        let thickness: ArrayRef = Arc::new(Float64Array::from(vec![80.0, 40.0]));
        let mut all = Vec::new();
        for batch in snapshot.read("samples", &columns, Some(("thickness_nm", &thickness))).await.unwrap() {
            for row in 0..batch.num_rows() {
                all.push((
                    batch.column(0).as_string::<i32>().value(row).to_owned(),
                    batch.column(1).as_primitive::<Float64Type>().value(row),
                    batch.column(2).as_primitive::<Int64Type>().value(row),
                    batch.column(3).is_null(row),
                ));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    fn row(name: &str, thickness_nm: f64) -> (String, f64, i64, bool) {
        (name.to_owned(), thickness_nm, 7, true)
    }

    #[tokio::test]
    async fn new_renamed_retyped_and_removed_columns_are_read_at_once_and_stored_with_the_next_batch() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake_with(folder.path(), "samples", &earlier(), &["A", "B"]).await;
        assert_eq!(read(&lake, &AsOf::Newest).await, [row("A", 80.0), row("B", 80.0)]);
        let today = described("samples").unwrap();
        let mut keys = KeySet::new("samples", &["sample_id".to_owned()]);
        keys.insert(&rows(&today, &["B"], 0.0)).unwrap();
        let mut writer = lake.write().await.unwrap();
        assert_eq!(writer.replace("samples", &mut keys, &[rows(&today, &["B", "C"], 40.0)]).await.unwrap(), 1);
        writer.commit("today").await.unwrap();
        let after = [row("A", 80.0), row("B", 40.0), row("C", 40.0)];
        assert_eq!(read(&lake, &AsOf::Newest).await, after);
        assert_eq!(read(&lake, &AsOf::Snapshot(1)).await, [row("A", 80.0), row("B", 80.0)]);
        // What is on the disk now needs no evolution, and what went and came has the columns of today.
        let stored = lake.tables().open("samples", None).await.unwrap().unwrap().schema().unwrap();
        assert_eq!(Evolution::new("samples", &stored, &today).unwrap().way, Way::Same);
        let changes = lake.snapshot().await.unwrap().changes("samples", Some(1)).await.unwrap();
        let count = |rows: Vec<RecordBatch>| {
            assert!(rows.iter().all(|batch| batch.schema_ref() == &today));
            rows.iter().map(RecordBatch::num_rows).sum::<usize>()
        };
        assert_eq!((count(changes.removed().unwrap()), count(changes.added().unwrap())), (2, 3));
    }

    #[tokio::test]
    async fn a_new_nullable_column_leaves_the_files_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let today = described("runs").unwrap();
        let fewer: Vec<usize> =
            (0..today.fields().len()).filter(|place| today.field(*place).name() != "note").collect();
        let lake = lake_with(folder.path(), "runs", &Arc::new(today.project(&fewer).unwrap()), &["R1"]).await;
        let mut writer = lake.write().await.unwrap();
        writer.append("runs", &[rows(&today, &["R2"], 0.0)]).await.unwrap();
        writer.commit("today").await.unwrap();
        let changes = lake.snapshot().await.unwrap().changes("runs", Some(1)).await.unwrap();
        assert_eq!(changes.removed().unwrap(), []);
        let stored = lake.tables().open("runs", None).await.unwrap().unwrap().schema().unwrap();
        assert_eq!(Evolution::new("runs", &stored, &today).unwrap().way, Way::Same);
    }

    #[tokio::test]
    async fn a_derived_table_with_other_columns_is_empty_until_it_is_derived_again() {
        let folder = tempfile::tempdir().unwrap();
        let today = described("arrhenius").unwrap();
        let fields = today.fields().iter().map(|field| match field.name().as_str() {
            "ea_ev" => field.as_ref().clone().with_data_type(DataType::Utf8),
            _ => field.as_ref().clone(),
        });
        let earlier = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let lake = lake_with(folder.path(), "arrhenius", &earlier, &["A", "B"]).await;
        let ids = async || {
            let batches = lake.snapshot().await.unwrap().read("arrhenius", &["sample_id"], None).await.unwrap();
            batches.iter().map(RecordBatch::num_rows).sum::<usize>()
        };
        assert_eq!(ids().await, 0);
        let mut writer = lake.write().await.unwrap();
        writer.append("arrhenius", &[rows(&today, &["A"], 0.0)]).await.unwrap();
        writer.commit("derived").await.unwrap();
        assert_eq!(ids().await, 1);
        let error = lake.snapshot().await.unwrap().changes("arrhenius", Some(1)).await.unwrap_err().to_string();
        assert_eq!(error, "`arrhenius` was derived with different columns: run `aldb derive`");
    }

    #[tokio::test]
    async fn measured_values_that_cannot_be_migrated_are_an_error_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        let today = described("runs").unwrap();
        let with = Field::new("operator_name", DataType::Utf8, true);
        let more = today.fields().iter().map(|field| field.as_ref().clone()).chain([with]).collect::<Vec<_>>();
        let lake = lake_with(folder.path(), "runs", &Arc::new(Schema::new(more)), &[]).await;
        let expected = "table `runs`, column `operator_name`: expected no such column, found Utf8 in this lake: it was written \
                        by another version of aldb; use that version, or make a new lake with `aldb init` and ingest the \
                        same folders into it";
        let snapshot = lake.snapshot().await.unwrap();
        assert_eq!(snapshot.read("runs", &["run_id"], None).await.unwrap_err().to_string(), expected);
        let mut writer = lake.write().await.unwrap();
        let error = writer.append("runs", &[rows(&today, &["R2"], 0.0)]).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}
