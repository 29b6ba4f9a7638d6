//! What a function takes and gives, in words and as Arrow types.

use std::sync::Arc;

use aldb_schema::{COMMENT, UNIT};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, ListArray, StringArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};
use arrow::error::ArrowError;
use serde::Serialize;

/// What an SQL function does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Documentation {
    /// Its name in SQL.
    pub name: &'static str,
    /// `aggregate`, over the rows of a group, or `scalar`, row by row.
    pub kind: &'static str,
    /// Raised when it gives other numbers for the same input.
    pub version: u32,
    /// What it answers.
    pub meaning: &'static str,
    /// What it takes.
    pub arguments: Vec<Argument>,
    /// The fields of the structure that an aggregate gives; the value of a scalar.
    pub result: Vec<ResultField>,
    /// A query that runs on the lake of `aldb demo`.
    pub example: &'static str,
}

/// An argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// `number` or `text`, or what it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its unit, UCUM; null for text.
    pub unit: Option<&'static str>,
    /// What it is.
    pub meaning: &'static str,
    /// Whether it may be left out, with all that follow.
    pub optional: bool,
}

/// A field of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultField {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Its unit, UCUM; null for what has none.
    pub unit: Option<&'static str>,
    /// What it is.
    pub meaning: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A number; null where it could not be determined.
    Number,
    /// How many.
    Count,
    /// Words.
    Text,
    /// True or false.
    Flag,
    /// A list of structures with these fields.
    Rows(Vec<ResultField>),
}

/// A value for a field of the kind of the same name.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Number(Option<f64>),
    Count(usize),
    Text(Option<String>),
    Flag(Option<bool>),
    Rows(Option<Vec<Vec<Value>>>),
}

impl Value {
    pub(super) fn text(words: impl Into<String>) -> Self {
        Self::Text(Some(words.into()))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<Option<f64>> for Value {
    fn from(value: Option<f64>) -> Self {
        Self::Number(value)
    }
}

pub(super) const fn number(name: &'static str, unit: &'static str, meaning: &'static str) -> Argument {
    Argument { name, kind: "number", unit: Some(unit), meaning, optional: false }
}

pub(super) const fn text(name: &'static str, meaning: &'static str) -> Argument {
    Argument { name, kind: "text", unit: None, meaning, optional: false }
}

impl Argument {
    pub(super) const fn or_left_out(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(super) fn data_type(&self) -> DataType {
        if self.kind == "text" { DataType::Utf8 } else { DataType::Float64 }
    }
}

/// A field with a unit.
pub(super) fn field(name: &'static str, unit: &'static str, meaning: &'static str) -> ResultField {
    ResultField { name, kind: FieldKind::Number, unit: Some(unit), meaning }
}

/// A field without one.
pub(super) fn plain(name: &'static str, kind: FieldKind, meaning: &'static str) -> ResultField {
    let unit = matches!(kind, FieldKind::Count).then_some("1");
    ResultField { name, kind, unit, meaning }
}

/// The two fields with which every kernel ends.
pub(super) fn verdict() -> [ResultField; 2] {
    [
        plain("quality", FieldKind::Text, "`good`, `suspect` or `failed`."),
        plain("reason", FieldKind::Text, "Why it is not good; null where it is."),
    ]
}

impl ResultField {
    fn data_type(&self) -> DataType {
        match &self.kind {
            FieldKind::Number => DataType::Float64,
            FieldKind::Count => DataType::Int32,
            FieldKind::Text => DataType::Utf8,
            FieldKind::Flag => DataType::Boolean,
            FieldKind::Rows(fields) => DataType::List(element(fields)),
        }
    }

    pub(super) fn arrow(&self) -> Field {
        let metadata = [(UNIT, self.unit), (COMMENT, Some(self.meaning))];
        let metadata = metadata.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
        Field::new(self.name, self.data_type(), true).with_metadata(metadata.collect())
    }

    /// One row of it.
    fn array(&self, values: &[Value]) -> Result<ArrayRef, ArrowError> {
        let wrong = || ArrowError::ComputeError(format!("field `{}` got a value of another kind", self.name));
        Ok(match &self.kind {
            FieldKind::Number => {
                let numbers = values.iter().map(|value| match value {
                    Value::Number(number) => Ok(number.filter(|number| number.is_finite())),
                    _ => Err(wrong()),
                });
                Arc::new(numbers.collect::<Result<Float64Array, _>>()?)
            }
            FieldKind::Count => {
                let counts = values.iter().map(|value| match value {
                    Value::Count(count) => Ok(Some(i32::try_from(*count).unwrap_or(i32::MAX))),
                    Value::Number(None) => Ok(None),
                    _ => Err(wrong()),
                });
                Arc::new(counts.collect::<Result<Int32Array, _>>()?)
            }
            FieldKind::Text => {
                let words = values.iter().map(|value| match value {
                    Value::Text(words) => Ok(words.as_deref()),
                    _ => Err(wrong()),
                });
                Arc::new(words.collect::<Result<StringArray, _>>()?)
            }
            FieldKind::Flag => {
                let flags = values.iter().map(|value| match value {
                    Value::Flag(flag) => Ok(*flag),
                    _ => Err(wrong()),
                });
                Arc::new(flags.collect::<Result<BooleanArray, _>>()?)
            }
            FieldKind::Rows(fields) => {
                let lists = values.iter().map(|value| match value {
                    Value::Rows(rows) => Ok(rows.as_deref()),
                    _ => Err(wrong()),
                });
                let lists = lists.collect::<Result<Vec<_>, _>>()?;
                let lengths = lists.iter().map(|list| list.map_or(0, <[_]>::len));
                let rows: Vec<&Vec<Value>> = lists.iter().flatten().copied().flatten().collect();
                let structures = structures(fields, &rows)?;
                let nulls: NullBuffer = lists.iter().map(Option::is_some).collect::<Vec<bool>>().into();
                let offsets = OffsetBuffer::from_lengths(lengths);
                Arc::new(ListArray::try_new(element(fields), offsets, Arc::new(structures), Some(nulls))?)
            }
        })
    }
}

fn element(fields: &[ResultField]) -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Struct(arrow_fields(fields)), true))
}

pub(super) fn arrow_fields(fields: &[ResultField]) -> Fields {
    fields.iter().map(ResultField::arrow).collect()
}

/// Rows of values as an array of structures.
pub(super) fn structures(fields: &[ResultField], rows: &[&Vec<Value>]) -> Result<StructArray, ArrowError> {
    if let Some(row) = rows.iter().find(|row| row.len() != fields.len()) {
        let message = format!("{} values for {} fields", row.len(), fields.len());
        return Err(ArrowError::ComputeError(message));
    }
    let columns = fields.iter().enumerate().map(|(place, field)| {
        let column: Vec<Value> = rows.iter().map(|row| row[place].clone()).collect();
        field.array(&column)
    });
    StructArray::try_new_with_length(arrow_fields(fields), columns.collect::<Result<_, _>>()?, None, rows.len())
}

/// Values as a JSON object; what is not a number in JSON is null.
pub(super) fn object(fields: &[ResultField], values: &[Value]) -> serde_json::Map<String, serde_json::Value> {
    let json = |field: &ResultField, value: &Value| match (value, &field.kind) {
        (Value::Number(number), _) => (*number).into(),
        (Value::Count(count), _) => (*count).into(),
        (Value::Text(words), _) => words.clone().into(),
        (Value::Flag(flag), _) => (*flag).into(),
        (Value::Rows(Some(rows)), FieldKind::Rows(inner)) => {
            rows.iter().map(|row| serde_json::Value::Object(object(inner, row))).collect()
        }
        (Value::Rows(_), _) => serde_json::Value::Null,
    };
    fields.iter().zip(values).map(|(field, value)| (field.name.to_owned(), json(field, value))).collect()
}
