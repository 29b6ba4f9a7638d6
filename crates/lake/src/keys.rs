//! Sets of keys: the values that some columns of a table have together.

use std::collections::HashSet;

use arrow::array::{Array as _, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};

use crate::LakeError;
use crate::error::arrow;

/// Turns the values of some columns into keys that can be compared between batches.
#[derive(Debug)]
pub struct Keys {
    columns: Vec<String>,
    converter: Option<RowConverter>,
}

impl Keys {
    /// Keys of these columns.
    #[must_use]
    pub fn new(columns: &[String]) -> Self {
        Self { columns: columns.to_vec(), converter: None }
    }

    /// The key of each row.
    ///
    /// # Errors
    ///
    /// [`ArrowError`] where the batch lacks a column, or has another type in it than the batch before.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<OwnedRow>, ArrowError> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let array = batch.column(batch.schema_ref().index_of(column)?);
            // Text is text, however a function lays it out in memory.
            arrays.push(match array.data_type() {
                DataType::LargeUtf8 | DataType::Utf8View => cast(array, &DataType::Utf8)?,
                _ => array.clone(),
            });
        }
        let converter = match &mut self.converter {
            Some(converter) => converter,
            none => {
                let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
                none.insert(RowConverter::new(fields)?)
            }
        };
        Ok(converter.convert_columns(&arrays)?.iter().map(|row| row.owned()).collect())
    }
}

/// A set of keys of one table.
#[derive(Debug)]
pub struct KeySet {
    table: String,
    keys: Keys,
    rows: HashSet<OwnedRow>,
}

impl KeySet {
    /// No key of this table, whose key columns these are.
    #[must_use]
    pub fn new(table: &str, columns: &[String]) -> Self {
        Self { table: table.to_owned(), keys: Keys::new(columns), rows: HashSet::new() }
    }

    /// The key columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.keys.columns
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn convert(&mut self, batch: &RecordBatch) -> Result<Vec<OwnedRow>, LakeError> {
        self.keys.rows(batch).map_err(arrow("compare", &self.table))
    }

    /// Adds the keys of every row.
    ///
    /// # Errors
    ///
    /// [`LakeError::Arrow`] where the batch lacks a key column.
    pub fn insert(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let rows = self.convert(batch)?;
        self.rows.extend(rows);
        Ok(())
    }

    /// For each row, whether its key is in the set.
    ///
    /// # Errors
    ///
    /// [`LakeError::Arrow`] where the batch lacks a key column.
    pub fn contains(&mut self, batch: &RecordBatch) -> Result<BooleanArray, LakeError> {
        let rows = self.convert(batch)?;
        Ok(rows.iter().map(|row| Some(self.rows.contains(row))).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;

    fn batch(values: Vec<&str>) -> RecordBatch {
        RecordBatch::try_from_iter([("sample_id", Arc::new(StringArray::from(values)) as ArrayRef)]).unwrap()
    }

    #[test]
    fn a_key_is_found_in_another_batch() {
        let mut keys = KeySet::new("samples", &["sample_id".to_owned()]);
        keys.insert(&batch(vec!["a", "b", "a"])).unwrap();
        assert_eq!(keys.len(), 2);
        let found = keys.contains(&batch(vec!["c", "b"])).unwrap();
        assert_eq!(found, BooleanArray::from(vec![false, true]));
    }
}
