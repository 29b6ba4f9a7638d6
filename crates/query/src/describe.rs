//! The rows of `SHOW TABLES` and `DESCRIBE`: names, units and meanings.

use std::sync::Arc;

use aldb_schema::{COMMENT, Kind, UNIT};
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use datafusion::catalog::SchemaProvider as _;
use datafusion::prelude::SessionContext;

use crate::QueryError;
use crate::catalog::LakeCatalog;

/// One row for each table or view.
pub(crate) async fn tables(catalog: &LakeCatalog) -> Result<RecordBatch, QueryError> {
    let names = catalog.table_names();
    let (mut kinds, mut meanings) = (Vec::new(), Vec::new());
    for name in &names {
        let described = aldb_schema::table(name);
        let view = catalog.views().get(name);
        kinds.push(match (view, described.map(|table| table.kind)) {
            (Some(_), _) => "view",
            (None, Some(Kind::Dimension)) => "dimension",
            (None, Some(Kind::Fact)) => "fact",
            (None, Some(Kind::Derived) | None) => "derived",
        });
        meanings.push(match (view, described) {
            (Some(view), _) => view.meaning(),
            (None, Some(table)) => table.title.clone(),
            (None, None) => "A derived property of this lake.".to_owned(),
        });
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("table", Arc::new(StringArray::from(names))),
        ("kind", Arc::new(StringArray::from(kinds))),
        ("meaning", Arc::new(StringArray::from(meanings))),
    ];
    batch(columns)
}

/// One row for each column and for each field of its structures.
pub(crate) async fn columns(
    catalog: &LakeCatalog,
    context: &SessionContext,
    name: &str,
) -> Result<RecordBatch, QueryError> {
    let frame = match catalog.table(name).await? {
        Some(_) => context.table(name).await?,
        None => {
            let known = catalog.table_names().join(", ");
            return Err(aldb_lake::LakeError::UnknownTable { table: name.to_owned(), known }.into());
        }
    };
    let mut rows = Vec::new();
    for field in frame.schema().fields() {
        describe(field, field.name().clone(), &mut rows);
    }
    // A computed column of a view has no schema; the header of the view's file gives its unit and meaning.
    if let Some(view) = catalog.views().get(name) {
        for row in &mut rows {
            if let Some((unit, meaning)) = view.column(&row.name) {
                row.unit = unit.map(str::to_owned);
                row.meaning = Some(meaning.to_owned());
            }
        }
    }
    let (mut names, mut types, mut units, mut nullable, mut meanings) = (vec![], vec![], vec![], vec![], vec![]);
    for row in rows {
        names.push(row.name);
        types.push(row.data_type);
        units.push(row.unit);
        nullable.push(row.nullable);
        meanings.push(row.meaning);
    }
    let columns: [(&str, ArrayRef); 5] = [
        ("column", Arc::new(StringArray::from(names))),
        ("type", Arc::new(StringArray::from(types))),
        ("unit", Arc::new(StringArray::from(units))),
        ("nullable", Arc::new(BooleanArray::from(nullable))),
        ("meaning", Arc::new(StringArray::from(meanings))),
    ];
    batch(columns)
}

struct Described {
    name: String,
    data_type: String,
    unit: Option<String>,
    nullable: bool,
    meaning: Option<String>,
}

fn describe(field: &arrow::datatypes::Field, name: String, rows: &mut Vec<Described>) {
    let inner = match field.data_type() {
        DataType::List(element) => match element.data_type() {
            DataType::Struct(fields) => Some((fields, format!("{name}[]"))),
            _ => None,
        },
        DataType::Struct(fields) => Some((fields, name.clone())),
        _ => None,
    };
    rows.push(Described {
        name,
        data_type: plain_type(field.data_type()),
        unit: field.metadata().get(UNIT).cloned(),
        nullable: field.is_nullable(),
        meaning: field.metadata().get(COMMENT).cloned(),
    });
    if let Some((fields, prefix)) = inner {
        for field in fields {
            describe(field, format!("{prefix}.{}", field.name()), rows);
        }
    }
}

fn plain_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::List(_) => "list".to_owned(),
        DataType::Struct(_) => "struct".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> Result<RecordBatch, QueryError> {
    let columns = columns.map(|(name, array)| (name, array, true));
    Ok(RecordBatch::try_from_iter_with_nullable(columns).map_err(datafusion::error::DataFusionError::from)?)
}
