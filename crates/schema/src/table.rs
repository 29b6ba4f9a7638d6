//! One table: columns, units, meanings, and the Arrow schema made of them.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use serde::Deserialize;

/// Key of a field's metadata under which its UCUM unit stands.
pub const UNIT: &str = "unit";

/// Key of a field's metadata under which its meaning stands. Delta Lake readers show it as the column's comment.
pub const COMMENT: &str = "comment";

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Things that measurements refer to: samples, recipes, files.
    Dimension,
    /// Measured values.
    Fact,
    /// Values that `aldb derive` computes.
    Derived,
}

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// UTF-8 text.
    String,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Double precision number.
    Float64,
    /// True or false.
    Bool,
    /// Instant in UTC, to the microsecond.
    Timestamp,
    /// A list of structures whose fields are the column's `item`.
    List,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Lower-case name that ends in its unit where it has one.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// UCUM code; `1` for a pure number; absent for what is not a quantity.
    pub unit: Option<String>,
    /// Whether null may stand in it; `meaning` says what null means.
    #[serde(default)]
    pub nullable: bool,
    /// What the column means, for people.
    pub meaning: String,
    /// Fields of the structures in a [`ColumnType::List`].
    #[serde(default)]
    pub item: Vec<Column>,
}

impl Column {
    /// The Arrow field, with unit and meaning in its metadata.
    #[must_use]
    pub fn field(&self) -> Field {
        let data_type = match self.column_type {
            ColumnType::String => DataType::Utf8,
            ColumnType::Int32 => DataType::Int32,
            ColumnType::Int64 => DataType::Int64,
            ColumnType::Float64 => DataType::Float64,
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            ColumnType::List => {
                let fields: Fields = self.item.iter().map(Self::field).collect();
                DataType::List(Arc::new(Field::new("element", DataType::Struct(fields), true)))
            }
        };
        let mut metadata = HashMap::from([(COMMENT.to_owned(), self.meaning.clone())]);
        if let Some(unit) = &self.unit {
            metadata.insert(UNIT.to_owned(), unit.clone());
        }
        Field::new(&self.name, data_type, self.nullable).with_metadata(metadata)
    }
}

/// A table of the lake.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Lower-case plural noun; also the name of its folder in the lake.
    pub name: String,
    /// What a row is, in one sentence.
    pub title: String,
    /// What the rows are.
    pub kind: Kind,
    /// The columns that together identify a row.
    pub key: Vec<String>,
    /// In the order of the table.
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
}

/// Why a schema file is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not the TOML that is expected.
    #[error("{0}")]
    Toml(String),
    /// A key column is not among the columns.
    #[error("key `{key}` is not a column of `{table}`")]
    UnknownKey {
        /// The table.
        table: String,
        /// The key column.
        key: String,
    },
    /// Two columns share a name.
    #[error("column `{column}` stands twice in `{table}`")]
    TwoColumns {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl Table {
    /// Reads the text of a `schemas/<table>.toml`.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] with the line and what is wrong there.
    pub fn from_toml(text: &str) -> Result<Self, SchemaError> {
        let table: Self = toml::from_str(text).map_err(|error| SchemaError::Toml(error.to_string()))?;
        for (place, column) in table.columns.iter().enumerate() {
            if table.columns[..place].iter().any(|earlier| earlier.name == column.name) {
                return Err(SchemaError::TwoColumns { table: table.name.clone(), column: column.name.clone() });
            }
        }
        match table.key.iter().find(|key| table.column(key).is_none()) {
            Some(key) => Err(SchemaError::UnknownKey { table: table.name.clone(), key: key.clone() }),
            None => Ok(table),
        }
    }

    /// The column with this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The Arrow schema, with units and meanings in the fields' metadata.
    #[must_use]
    pub fn arrow_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(Column::field).collect::<Fields>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
name = "growth"
title = "Growth per cycle of a film."
kind = "derived"
key = ["sample_id"]
[[column]]
name = "sample_id"
type = "string"
meaning = "The sample."
[[column]]
name = "gpc_nm"
type = "float64"
unit = "nm"
nullable = true
meaning = "Growth per cycle; null where it could not be derived."
"#;

    #[test]
    fn a_field_carries_unit_and_meaning() {
        let table = Table::from_toml(MINIMAL).unwrap();
        let schema = table.arrow_schema();
        let field = schema.field_with_name("gpc_nm").unwrap();
        assert_eq!(field.metadata()[UNIT], "nm");
        assert_eq!(field.metadata()[COMMENT], "Growth per cycle; null where it could not be derived.");
        assert!(field.is_nullable());
    }

    #[test]
    fn a_key_that_is_no_column_is_named() {
        let text = MINIMAL.replace("[\"sample_id\"]", "[\"film\"]");
        assert_eq!(Table::from_toml(&text).unwrap_err().to_string(), "key `film` is not a column of `growth`");
    }

    #[test]
    fn an_unknown_entry_is_refused_with_its_line() {
        let error = Table::from_toml(&MINIMAL.replace("nullable", "optional")).unwrap_err().to_string();
        assert!(error.contains("line 14") && error.contains("optional"), "{error}");
    }
}
