//! Builds batches of a table row by row.

use std::sync::Arc;

use aldb_schema::{Column, ColumnType, Table};
use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, ListArray, RecordBatch, StringBuilder,
    StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Fields};

use crate::IngestError;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Text(String),
    Number(f64),
    Whole(i64),
    Flag(bool),
    /// Microseconds since 1970, UTC.
    Time(i64),
    /// Rows of a list, each with its fields in order.
    List(Vec<Vec<Cell>>),
}

impl Cell {
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// NaN is not a number.
    pub(crate) fn number(value: f64) -> Self {
        if value.is_nan() { Self::Null } else { Self::Number(value) }
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::number(value)
    }
}

impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::text(value)
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

/// Rows of a table; a column that is missing in a row is null.
#[derive(Debug)]
pub(crate) struct Rows {
    table: &'static Table,
    rows: Vec<Vec<Cell>>,
    unknown: Option<String>,
}

impl Rows {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self { table, rows: Vec::new(), unknown: None }
    }

    /// No row of the table with this name, which `schemas/` describes.
    pub(crate) fn of(table: &str) -> Self {
        match aldb_schema::table(table) {
            Some(table) => Self::new(table),
            None => unreachable!("schemas/{table}.toml is part of this program"),
        }
    }

    /// Adds a row of named cells. A name that is not a column of the table is an error of [`Rows::batch`].
    pub(crate) fn push<'n>(&mut self, cells: impl IntoIterator<Item = (&'n str, Cell)>) {
        let mut row = vec![Cell::Null; self.table.columns.len()];
        for (name, cell) in cells {
            match self.table.columns.iter().position(|column| column.name == name) {
                Some(place) => row[place] = cell,
                None => self.unknown = Some(name.to_owned()),
            }
        }
        self.rows.push(row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn batch(&self) -> Result<RecordBatch, IngestError> {
        if let Some(column) = &self.unknown {
            return Err(IngestError::UnknownColumn { table: self.table.name.clone(), column: column.clone() });
        }
        let columns = self.table.columns.iter().enumerate().map(|(place, column)| {
            let cells: Vec<&Cell> = self.rows.iter().map(|row| &row[place]).collect();
            array(column, &cells)
        });
        Ok(RecordBatch::try_new(self.table.arrow_schema(), columns.collect())?)
    }
}

fn array(column: &Column, cells: &[&Cell]) -> ArrayRef {
    match column.column_type {
        ColumnType::String => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                builder.append_option(if let Cell::Text(text) = cell { Some(text) } else { None });
            }
            Arc::new(builder.finish())
        }
        ColumnType::Float64 => {
            let mut builder = Float64Builder::new();
            for cell in cells {
                builder.append_option(match cell {
                    Cell::Number(number) => Some(*number),
                    Cell::Whole(number) => Some(*number as f64),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        ColumnType::Int32 => {
            let mut builder = Int32Builder::new();
            for cell in cells {
                builder.append_option(if let Cell::Whole(number) = cell { i32::try_from(*number).ok() } else { None });
            }
            Arc::new(builder.finish())
        }
        ColumnType::Int64 => {
            let mut builder = Int64Builder::new();
            for cell in cells {
                builder.append_option(if let Cell::Whole(number) = cell { Some(*number) } else { None });
            }
            Arc::new(builder.finish())
        }
        ColumnType::Bool => {
            let mut builder = BooleanBuilder::new();
            for cell in cells {
                builder.append_option(if let Cell::Flag(flag) = cell { Some(*flag) } else { None });
            }
            Arc::new(builder.finish())
        }
        ColumnType::Timestamp => {
            let mut builder = TimestampMicrosecondBuilder::new().with_timezone("UTC");
            for cell in cells {
                builder.append_option(if let Cell::Time(time) = cell { Some(*time) } else { None });
            }
            Arc::new(builder.finish())
        }
        ColumnType::List => Arc::new(list(column, cells)),
    }
}

fn list(column: &Column, cells: &[&Cell]) -> ListArray {
    let items: Vec<&Vec<Cell>> = cells
        .iter()
        .filter_map(|cell| if let Cell::List(items) = cell { Some(items) } else { None })
        .flatten()
        .collect();
    let arrays = column.item.iter().enumerate().map(|(place, field)| {
        let cells: Vec<&Cell> = items.iter().map(|item| &item[place]).collect();
        array(field, &cells)
    });
    let fields: Fields = column.item.iter().map(Column::field).collect();
    let structures = StructArray::new(fields, arrays.collect(), None);
    let lengths = cells.iter().map(|cell| if let Cell::List(items) = cell { items.len() } else { 0 });
    let present: NullBuffer = cells.iter().map(|cell| matches!(cell, Cell::List(_))).collect();
    let field = column.field();
    let DataType::List(element) = field.data_type() else {
        unreachable!("a list column has a list type");
    };
    ListArray::new(element.clone(), OffsetBuffer::from_lengths(lengths), Arc::new(structures), Some(present))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_a_batch_that_fits_their_table() {
        let table = aldb_schema::table("samples").unwrap();
        let mut rows = Rows::new(table);
        rows.push([
            ("sample_id", "A".into()),
            ("thickness_nm", 80.0.into()),
            ("electrodes", Cell::List(vec![vec!["1".into(), 7.85e-5.into()]])),
            ("synthetic", true.into()),
            ("file_id", "00".into()),
            ("batch", Cell::Whole(1)),
        ]);
        rows.push([
            ("sample_id", "B".into()),
            ("synthetic", false.into()),
            ("file_id", "00".into()),
            ("batch", Cell::Whole(1)),
        ]);
        let batch = rows.batch().unwrap();
        assert_eq!(table.check(&batch), Ok(()));
        assert_eq!(batch.num_rows(), 2);
    }
    #[test]
    fn a_column_that_the_table_does_not_have_is_an_error() {
        let mut rows = Rows::of("runs");
        rows.push([("run_id", "R1".into()), ("operator", "A".into())]);
        let error = rows.batch().unwrap_err().to_string();
        assert_eq!(error, "`runs` has no column `operator`: a mistake in aldb, please report it");
    }
}
