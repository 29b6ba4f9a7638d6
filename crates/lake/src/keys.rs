//! Sets of keys: the values that some columns of a table have together.

use std::collections::HashSet;

use arrow::array::{Array as _, BooleanArray, RecordBatch};
use arrow::row::{OwnedRow, RowConverter, SortField};

use crate::LakeError;
use crate::error::arrow;

/// A set of keys of one table.
#[derive(Debug)]
pub struct KeySet {
    table: String,
    columns: Vec<String>,
    converter: Option<RowConverter>,
    rows: HashSet<OwnedRow>,
}

impl KeySet {
    /// No key of this table, whose key columns these are.
    #[must_use]
    pub fn new(table: &str, columns: &[String]) -> Self {
        Self { table: table.to_owned(), columns: columns.to_vec(), converter: None, rows: HashSet::new() }
    }

    /// The key columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
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
        let mut arrays = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let array = batch
                .column_by_name(column)
                .ok_or_else(|| LakeError::UnknownColumn { table: self.table.clone(), column: column.clone() })?;
            arrays.push(array.clone());
        }
        if self.converter.is_none() {
            let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
            self.converter = Some(RowConverter::new(fields).map_err(arrow("compare", &self.table))?);
        }
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let rows = converter.convert_columns(&arrays).map_err(arrow("compare", &self.table))?;
        Ok(rows.iter().map(|row| row.owned()).collect())
    }

    /// Adds the keys of every row.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownColumn`] where the batch lacks a key column.
    pub fn insert(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let rows = self.convert(batch)?;
        self.rows.extend(rows);
        Ok(())
    }

    /// For each row, whether its key is in the set.
    ///
    /// # Errors
    ///
    /// [`LakeError::UnknownColumn`] where the batch lacks a key column.
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
