//! The fields of a function's result. Name, unit, meaning and the place of the value in the kernel's struct are in one
//! row.

use std::sync::Arc;

use aldb_schema::{COMMENT, UNIT};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, ListArray, StringArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field as ArrowField, Fields};
use arrow::error::ArrowError;
use serde::Serialize;

/// The type of a field of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A number; null where it could not be determined.
    Number,
    /// A count.
    Count,
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// A list of structures with these fields.
    Rows(Vec<ResultField>),
}

/// A field of a result, as it is documented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultField {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// Its unit, a UCUM code; null if it is not a quantity.
    pub unit: Option<&'static str>,
    /// Its meaning.
    pub meaning: &'static str,
}

impl ResultField {
    pub(super) fn data_type(&self) -> DataType {
        match &self.kind {
            FieldKind::Number => DataType::Float64,
            FieldKind::Count => DataType::Int32,
            FieldKind::Text => DataType::Utf8,
            FieldKind::Flag => DataType::Boolean,
            FieldKind::Rows(fields) => DataType::List(element(arrow_fields(fields))),
        }
    }

    fn arrow(&self) -> ArrowField {
        let metadata = [(UNIT, self.unit), (COMMENT, Some(self.meaning))];
        let metadata = metadata.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
        ArrowField::new(self.name, self.data_type(), true).with_metadata(metadata.collect())
    }
}

pub(super) fn arrow_fields(fields: &[ResultField]) -> Fields {
    fields.iter().map(ResultField::arrow).collect()
}

fn element(fields: Fields) -> Arc<ArrowField> {
    Arc::new(ArrowField::new("element", DataType::Struct(fields), true))
}

/// The fields of a result, one row each: kind, name, unit in brackets if it has one, meaning, and the value unless it
/// is the field of the same name in the kernel's struct. The fields of a list are in parentheses.
macro_rules! fields {
    ($row:ident: $type:ty; $($kind:ident $name:ident $([$unit:literal])? $(($inner:expr))? $meaning:literal $(=> $value:expr)?;)*) => {
        vec![$(fields!(@$kind $row, $type, $name, [$($unit)?], [$($inner)?], $meaning, [$($value)?])),*]
    };
    (@number $row:ident, $type:ty, $name:ident, [$unit:literal], [], $meaning:literal, [$($value:expr)?]) => {
        $crate::functions::field::number(stringify!($name), Some($unit), $meaning, |$row: &$type| fields!(@value $row $name $($value)?))
    };
    (@number $row:ident, $type:ty, $name:ident, [], [], $meaning:literal, [$($value:expr)?]) => {
        $crate::functions::field::number(stringify!($name), None, $meaning, |$row: &$type| fields!(@value $row $name $($value)?))
    };
    (@text $row:ident, $type:ty, $name:ident, [], [], $meaning:literal, []) => {
        $crate::functions::field::text(stringify!($name), $meaning, |$row: &$type| $row.$name.clone())
    };
    (@$kind:ident $row:ident, $type:ty, $name:ident, [], [], $meaning:literal, [$($value:expr)?]) => {
        $crate::functions::field::$kind(stringify!($name), $meaning, |$row: &$type| fields!(@value $row $name $($value)?))
    };
    (@$kind:ident $row:ident, $type:ty, $name:ident, [], [$inner:expr], $meaning:literal, [$value:expr]) => {
        $crate::functions::field::$kind(stringify!($name), $meaning, $inner, |$row: &$type| $value)
    };
    (@value $row:ident $name:ident) => {
        $row.$name
    };
    (@value $row:ident $name:ident $value:expr) => {
        $value
    };
}
pub(super) use fields;

type Column<T> = Box<dyn Fn(&[Option<&T>]) -> Result<ArrayRef, ArrowError> + Send + Sync>;

/// A field of a result that is read from a `T`. Where there is no `T`, it is null.
pub(super) struct Field<T> {
    pub(super) documented: ResultField,
    column: Column<T>,
}

impl<T: 'static> Field<T> {
    fn new(
        documented: ResultField,
        column: impl Fn(&[Option<&T>]) -> Result<ArrayRef, ArrowError> + Send + Sync + 'static,
    ) -> Self {
        Self { documented, column: Box::new(column) }
    }

    pub(super) fn column(&self, rows: &[Option<&T>]) -> Result<ArrayRef, ArrowError> {
        (self.column)(rows)
    }

    /// The same field of a structure that contains a `T`, or may contain one.
    pub(super) fn within<O: 'static>(self, part: fn(&O) -> Option<&T>) -> Field<O> {
        let Self { documented, column } = self;
        Field::new(documented, move |rows| {
            column(&rows.iter().map(|row| row.and_then(part)).collect::<Vec<Option<&T>>>())
        })
    }
}

/// A number. Infinities and NaN become null.
pub(super) fn number<T: 'static, R: Into<Option<f64>>>(
    name: &'static str,
    unit: Option<&'static str>,
    meaning: &'static str,
    value: impl Fn(&T) -> R + Send + Sync + 'static,
) -> Field<T> {
    let documented = ResultField { name, kind: FieldKind::Number, unit, meaning };
    Field::new(documented, move |rows| {
        let numbers = rows.iter().map(|row| row.and_then(|row| value(row).into()).filter(|number| number.is_finite()));
        Ok(Arc::new(numbers.collect::<Float64Array>()))
    })
}

/// A count.
pub(super) fn count<T: 'static, R: Into<Option<usize>>>(
    name: &'static str,
    meaning: &'static str,
    value: impl Fn(&T) -> R + Send + Sync + 'static,
) -> Field<T> {
    let documented = ResultField { name, kind: FieldKind::Count, unit: Some("1"), meaning };
    Field::new(documented, move |rows| {
        let counts = rows.iter().map(|row| row.and_then(|row| value(row).into()));
        let counts = counts.map(|count| count.map(|count| i32::try_from(count).unwrap_or(i32::MAX)));
        Ok(Arc::new(counts.collect::<Int32Array>()))
    })
}

/// Text that a getter gives, owned or static.
pub(super) trait Words {
    fn words(self) -> Option<String>;
}

impl Words for &'static str {
    fn words(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl Words for String {
    fn words(self) -> Option<String> {
        Some(self)
    }
}

impl<W: Words> Words for Option<W> {
    fn words(self) -> Option<String> {
        self.and_then(Words::words)
    }
}

/// Text.
pub(super) fn text<T: 'static, R: Words>(
    name: &'static str,
    meaning: &'static str,
    value: impl Fn(&T) -> R + Send + Sync + 'static,
) -> Field<T> {
    let documented = ResultField { name, kind: FieldKind::Text, unit: None, meaning };
    Field::new(documented, move |rows| {
        let words = rows.iter().map(|row| row.and_then(|row| value(row).words()));
        Ok(Arc::new(words.collect::<StringArray>()))
    })
}

/// True or false.
pub(super) fn flag<T: 'static, R: Into<Option<bool>>>(
    name: &'static str,
    meaning: &'static str,
    value: impl Fn(&T) -> R + Send + Sync + 'static,
) -> Field<T> {
    let documented = ResultField { name, kind: FieldKind::Flag, unit: None, meaning };
    Field::new(documented, move |rows| {
        Ok(Arc::new(rows.iter().map(|row| row.and_then(|row| value(row).into())).collect::<BooleanArray>()))
    })
}

/// A list of structures, one for each `U`; null if there is none.
pub(super) fn rows<T: 'static, U: 'static>(
    name: &'static str,
    meaning: &'static str,
    fields: Vec<Field<U>>,
    items: fn(&T) -> Option<&[U]>,
) -> Field<T> {
    list(name, meaning, fields, move |row| row.and_then(items).map(|items| items.iter().map(Some).collect()))
}

/// A list of structures, one for each `U`; if there is no `U`, one structure of nulls. Unnested in a query, it gives a
/// row that can contain the reason.
pub(super) fn rows_or_one<T: 'static, U: 'static>(
    name: &'static str,
    meaning: &'static str,
    fields: Vec<Field<U>>,
    items: fn(&T) -> Option<&[U]>,
) -> Field<T> {
    list(name, meaning, fields, move |row| {
        let items = row.and_then(items).unwrap_or_default();
        Some(if items.is_empty() { vec![None] } else { items.iter().map(Some).collect() })
    })
}

fn list<T: 'static, U: 'static>(
    name: &'static str,
    meaning: &'static str,
    fields: Vec<Field<U>>,
    items: impl for<'a> Fn(Option<&'a T>) -> Option<Vec<Option<&'a U>>> + Send + Sync + 'static,
) -> Field<T> {
    let kind = FieldKind::Rows(fields.iter().map(|field| field.documented.clone()).collect());
    Field::new(ResultField { name, kind, unit: None, meaning }, move |rows| {
        let lists: Vec<Option<Vec<Option<&U>>>> = rows.iter().map(|row| items(*row)).collect();
        let present: NullBuffer = lists.iter().map(Option::is_some).collect::<Vec<bool>>().into();
        let lengths: Vec<usize> = lists.iter().map(|list| list.as_ref().map_or(0, Vec::len)).collect();
        let all: Vec<Option<&U>> = lists.into_iter().flatten().flatten().collect();
        let structures = structures(&fields, &all)?;
        let element = element(structures.fields().clone());
        Ok(Arc::new(ListArray::try_new(
            element,
            OffsetBuffer::from_lengths(lengths),
            Arc::new(structures),
            Some(present),
        )?))
    })
}

/// One structure for each row.
pub(super) fn structures<T: 'static>(fields: &[Field<T>], rows: &[Option<&T>]) -> Result<StructArray, ArrowError> {
    let columns = fields.iter().map(|field| field.column(rows)).collect::<Result<_, _>>()?;
    let types = fields.iter().map(|field| field.documented.arrow()).collect();
    StructArray::try_new_with_length(types, columns, None, rows.len())
}
