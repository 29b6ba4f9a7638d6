//! One table: columns, units, meanings, and its Arrow schema.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use serde::Deserialize;

/// Key of a field's metadata for its UCUM unit.
pub const UNIT: &str = "unit";

/// Key of a field's metadata for its meaning. Delta Lake readers show it as the column's comment.
pub const COMMENT: &str = "comment";

/// The kind of rows of a table.
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
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Lower-case name that ends in its unit, if it has one.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// UCUM code; `1` for a pure number; absent if it is not a quantity.
    pub unit: Option<String>,
    /// Whether it may be null; `meaning` then states the meaning of null.
    #[serde(default)]
    pub nullable: bool,
    /// What the column means, for people.
    pub meaning: String,
    /// Smallest value that the quantity can have in a laboratory; a reading outside is a mark of the instrument, such as an overload.
    pub min: Option<f64>,
    /// Largest such value.
    pub max: Option<f64>,
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

/// Columns that several tables have, by name: groups of `schemas/shared/groups.toml`, results of functions.
pub type Shared = BTreeMap<String, Vec<Column>>;

/// A table of the lake.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Lower-case plural noun; also the name of its folder in the lake.
    pub name: String,
    /// The meaning of a row, in one sentence.
    pub title: String,
    /// The kind of its rows.
    pub kind: Kind,
    /// The columns that together identify a row.
    pub key: Vec<String>,
    /// In the order of the table.
    pub columns: Vec<Column>,
}

/// The text of a `schemas/<table>.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    kind: Kind,
    key: Vec<String>,
    column: Vec<Entry>,
}

/// A column defined in the table, or shared columns.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    #[serde(rename = "type")]
    column_type: Option<ColumnType>,
    unit: Option<String>,
    nullable: Option<bool>,
    meaning: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    #[serde(default)]
    item: Vec<Column>,
    /// A name in [`Shared`], or the path of a list in it: `fit_circuit`, `fit_circuit.parameters`. With `name`, the
    /// path of one column.
    from: Option<String>,
    /// The selected columns; all if absent.
    fields: Option<Vec<String>>,
}

impl Entry {
    fn columns(self, table: &str, shared: &Shared) -> Result<Vec<Column>, SchemaError> {
        let wrong = |entry: &str, problem: String| SchemaError::Entry {
            table: table.to_owned(),
            entry: entry.to_owned(),
            problem,
        };
        let Some(from) = &self.from else {
            let name =
                self.name.ok_or_else(|| wrong("column", "expected `name` or `from`, found neither".to_owned()))?;
            let missing = |key: &str| wrong(&name, format!("expected `{key}`, found none"));
            if self.fields.is_some() {
                return Err(wrong(&name, "expected `from` beside `fields`, found none".to_owned()));
            }
            return Ok(vec![Column {
                column_type: self.column_type.ok_or_else(|| missing("type"))?,
                unit: self.unit,
                nullable: self.nullable.unwrap_or_default(),
                meaning: self.meaning.ok_or_else(|| missing("meaning"))?,
                min: self.min,
                max: self.max,
                item: self.item,
                name,
            }]);
        };
        if self.column_type.is_some() || self.unit.is_some() || !self.item.is_empty() {
            return Err(wrong(from, "type, unit and item come from it: expected none of them".to_owned()));
        }
        let unknown = |path: &str| {
            let known = shared.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            wrong(from, format!("no `{path}`: known are {known}, and the lists in them"))
        };
        let (source, picked) = match (&self.name, from.rsplit_once('.')) {
            (Some(_), Some((source, field))) => (source, Some(vec![field.to_owned()])),
            (Some(_), None) => return Err(wrong(from, "expected `SOURCE.FIELD` beside `name`".to_owned())),
            (None, _) => (from.as_str(), self.fields),
        };
        let mut parts = source.split('.');
        let first = parts.next().unwrap_or_default();
        let mut columns = shared.get(first).ok_or_else(|| unknown(first))?;
        for part in parts {
            columns = &columns.iter().find(|column| column.name == part).ok_or_else(|| unknown(source))?.item;
        }
        let mut columns = match picked {
            None => columns.clone(),
            Some(fields) => {
                let field = |name: &String| columns.iter().find(|column| column.name == *name).cloned();
                let field = |name| field(name).ok_or_else(|| unknown(&format!("{source}.{name}")));
                fields.iter().map(field).collect::<Result<_, _>>()?
            }
        };
        for column in &mut columns {
            column.nullable = self.nullable.unwrap_or(column.nullable);
            column.meaning = self.meaning.clone().unwrap_or_else(|| std::mem::take(&mut column.meaning));
            column.name = self.name.clone().unwrap_or_else(|| std::mem::take(&mut column.name));
        }
        Ok(columns)
    }
}

/// Why a schema file is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not the expected TOML.
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
    /// An entry of `[[column]]` is incomplete, contradictory, or names columns that do not exist.
    #[error("`{table}`: {entry}: {problem}")]
    Entry {
        /// The table.
        table: String,
        /// The column, or its source.
        entry: String,
        /// Expected.
        problem: String,
    },
    /// Two columns share a name.
    #[error("column `{column}` occurs twice in `{table}`")]
    TwoColumns {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

impl Table {
    /// Reads the text of a `schemas/<table>.toml`, with its shared columns.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] with the line or entry and the error.
    pub fn from_toml(text: &str, shared: &Shared) -> Result<Self, SchemaError> {
        let File { name, title, kind, key, column } =
            toml::from_str(text).map_err(|error| SchemaError::Toml(error.to_string()))?;
        let columns =
            column.into_iter().map(|entry| entry.columns(&name, shared)).collect::<Result<Vec<_>, _>>()?.concat();
        let table = Self { name, title, kind, key, columns };
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
        let table = Table::from_toml(MINIMAL, &Shared::new()).unwrap();
        let schema = table.arrow_schema();
        let field = schema.field_with_name("gpc_nm").unwrap();
        assert_eq!(field.metadata()[UNIT], "nm");
        assert_eq!(field.metadata()[COMMENT], "Growth per cycle; null where it could not be derived.");
        assert!(field.is_nullable());
    }

    #[test]
    fn a_key_that_is_not_a_column_is_named() {
        let text = MINIMAL.replace("[\"sample_id\"]", "[\"film\"]");
        assert_eq!(
            Table::from_toml(&text, &Shared::new()).unwrap_err().to_string(),
            "key `film` is not a column of `growth`"
        );
    }

    #[test]
    fn an_unknown_entry_is_refused_with_its_line() {
        let error = Table::from_toml(&MINIMAL.replace("nullable", "optional"), &Shared::new()).unwrap_err().to_string();
        assert!(error.contains("line 14") && error.contains("optional"), "{error}");
    }
    fn with_shared(entry: &str) -> Result<Table, SchemaError> {
        let shared = "[[fit_growth]]\nname = \"r2\"\ntype = \"float64\"\nunit = \"1\"\nnullable = true\nmeaning = \"R squared.\"\n\
                      [[fit_growth]]\nname = \"steps\"\ntype = \"list\"\nnullable = true\nmeaning = \"The steps.\"\n\
                      [[fit_growth.item]]\nname = \"step\"\ntype = \"int32\"\nunit = \"1\"\nnullable = true\nmeaning = \"Step.\"\n";
        Table::from_toml(&format!("{MINIMAL}[[column]]\n{entry}"), &toml::from_str(shared).unwrap())
    }

    fn added(entry: &str) -> Vec<(String, ColumnType, bool, String)> {
        let columns = with_shared(entry).unwrap().columns.split_off(2);
        columns.into_iter().map(|column| (column.name, column.column_type, column.nullable, column.meaning)).collect()
    }

    #[test]
    fn shared_columns_come_with_type_unit_and_meaning() {
        let column = |name: &str, column_type, nullable, meaning: &str| {
            (name.to_owned(), column_type, nullable, meaning.to_owned())
        };
        let r2 = column("r2", ColumnType::Float64, true, "R squared.");
        let steps = column("steps", ColumnType::List, true, "The steps.");
        assert_eq!(added("from = \"fit_growth\"\n"), [r2.clone(), steps]);
        assert_eq!(added("from = \"fit_growth\"\nfields = [\"r2\"]\n"), [r2]);
        let step = column("step", ColumnType::Int32, true, "Step.");
        assert_eq!(added("from = \"fit_growth.steps\"\n"), [step]);
        let renamed = column("fit_r2", ColumnType::Float64, false, "R squared.");
        assert_eq!(added("name = \"fit_r2\"\nfrom = \"fit_growth.r2\"\nnullable = false\n"), [renamed]);
    }

    #[test]
    fn an_entry_that_cannot_be_resolved_is_named() {
        let message = |entry: &str| with_shared(entry).unwrap_err().to_string();
        assert_eq!(
            message("from = \"fit_growth\"\nfields = [\"slope\"]\n"),
            "`growth`: fit_growth: no `fit_growth.slope`: known are fit_growth, and the lists in them"
        );
        assert_eq!(message("name = \"r2\"\nmeaning = \"R squared.\"\n"), "`growth`: r2: expected `type`, found none");
        assert_eq!(
            message("from = \"fit_growth\"\nunit = \"nm\"\n"),
            "`growth`: fit_growth: type, unit and item come from it: expected none of them"
        );
    }
}
