//! Checks record batches against their table before they are stored.

use arrow_array::{Array, RecordBatch};

use crate::Table;

/// Why a batch does not fit its table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The columns are not those of the table, in its order.
    #[error("`{table}` has the columns {expected}, found {found}")]
    Columns {
        /// The table.
        table: String,
        /// Its columns.
        expected: String,
        /// Those of the batch.
        found: String,
    },
    /// A column has the wrong type.
    #[error("`{table}.{column}` is {expected}, found {found}")]
    Type {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        expected: String,
        /// That of the batch.
        found: String,
    },
    /// A required value is null.
    #[error("`{table}.{column}` may not be null, found null in row {row}")]
    Null {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The first row with null, from 0.
        row: usize,
    },
}

impl Table {
    /// Whether the batch has the table's columns, of its types, without forbidden nulls.
    ///
    /// # Errors
    ///
    /// [`BatchError`] with the first difference.
    pub fn check(&self, batch: &RecordBatch) -> Result<(), BatchError> {
        let schema = batch.schema_ref();
        let found: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let expected: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        if found != expected {
            return Err(BatchError::Columns {
                table: self.name.clone(),
                expected: expected.join(", "),
                found: found.join(", "),
            });
        }
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            let field = column.field();
            if !field.data_type().equals_datatype(array.data_type()) {
                return Err(BatchError::Type {
                    table: self.name.clone(),
                    column: column.name.clone(),
                    expected: field.data_type().to_string(),
                    found: array.data_type().to_string(),
                });
            }
            if !column.nullable
                && let Some(row) = (0..array.len()).find(|row| array.is_null(*row))
            {
                return Err(BatchError::Null { table: self.name.clone(), column: column.name.clone(), row });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, StringArray};

    use super::*;

    fn table() -> Table {
        Table::from_toml(
            "name = \"films\"\ntitle = \"A film.\"\nkind = \"dimension\"\nkey = [\"sample_id\"]\n\
             [[column]]\nname = \"sample_id\"\ntype = \"string\"\nmeaning = \"The sample.\"\n\
             [[column]]\nname = \"thickness_nm\"\ntype = \"float64\"\nunit = \"nm\"\nnullable = true\nmeaning = \"Thickness.\"\n",
            &crate::Shared::new(),
        )
        .unwrap()
    }

    fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
    }

    #[test]
    fn a_batch_of_the_table_passes() {
        let batch = batch(vec![
            ("sample_id", Arc::new(StringArray::from(vec!["A"]))),
            ("thickness_nm", Arc::new(Float64Array::from(vec![None]))),
        ]);
        assert_eq!(table().check(&batch), Ok(()));
    }

    #[test]
    fn a_null_key_is_named_with_its_row() {
        let batch = batch(vec![
            ("sample_id", Arc::new(StringArray::from(vec![Some("A"), None]))),
            ("thickness_nm", Arc::new(Float64Array::from(vec![1.0, 2.0]))),
        ]);
        let error = table().check(&batch).unwrap_err().to_string();
        assert_eq!(error, "`films.sample_id` may not be null, found null in row 1");
    }

    #[test]
    fn a_wrong_type_is_named() {
        let batch = batch(vec![
            ("sample_id", Arc::new(StringArray::from(vec!["A"]))),
            ("thickness_nm", Arc::new(StringArray::from(vec!["80"]))),
        ]);
        let error = table().check(&batch).unwrap_err().to_string();
        assert_eq!(error, "`films.thickness_nm` is Float64, found Utf8");
    }
}
