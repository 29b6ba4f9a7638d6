//! The arguments of a function. One line declares an argument and gives its values, so the two cannot differ.

use aldb_fit::quality::Quality;
use arrow::array::{Array, ArrayRef, AsArray as _, Float64Array, ListArray, StringArray, new_empty_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use serde::Serialize;

/// An argument, as it is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ArgumentKind,
    /// Its unit, a UCUM code; null if it is not a quantity.
    pub unit: Option<&'static str>,
    /// Its meaning.
    pub meaning: &'static str,
    /// Whether it may be omitted, with all arguments after it.
    pub optional: bool,
}

/// The type of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ArgumentKind {
    /// Numbers.
    #[serde(rename = "number")]
    Number,
    /// Text.
    #[serde(rename = "text")]
    Text,
    /// The list `parameters` of `fit_circuit`.
    #[serde(rename = "parameters of fit_circuit")]
    Parameters,
}

impl ArgumentKind {
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Number => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::Parameters => DataType::new_list(DataType::Null, true),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Number => "numbers",
            Self::Text => "text",
            Self::Parameters => "parameters of fit_circuit",
        }
    }
}

/// Declares the arguments of a function in their order and gives the values of each.
#[derive(Debug, Default)]
pub(super) struct Arguments<'a> {
    /// One column for each; an omitted argument has none.
    given: &'a [ArrayRef],
    declared: Vec<Argument>,
    wrong: Option<String>,
}

impl<'a> Arguments<'a> {
    /// The arguments that a function declares.
    pub(super) fn declared_by<I>(function: fn(&mut Arguments<'_>) -> I) -> Vec<Argument> {
        let mut arguments = Arguments::default();
        function(&mut arguments);
        arguments.declared
    }

    /// The function's input, from these columns.
    ///
    /// # Errors
    ///
    /// Which argument is of the wrong type.
    pub(super) fn read<I>(given: &'a [ArrayRef], function: fn(&mut Arguments<'_>) -> I) -> Result<I, String> {
        let mut arguments = Arguments { given, ..Arguments::default() };
        let input = function(&mut arguments);
        arguments.wrong.map_or(Ok(input), Err)
    }

    /// A column of numbers.
    pub(super) fn number(&mut self, name: &'static str, unit: &'static str, meaning: &'static str) -> Float64Array {
        self.numbers(Argument { name, kind: ArgumentKind::Number, unit: Some(unit), meaning, optional: false })
    }

    /// A column of text.
    pub(super) fn text(&mut self, name: &'static str, meaning: &'static str) -> StringArray {
        self.words(Argument { name, kind: ArgumentKind::Text, unit: None, meaning, optional: false })
    }

    /// A column of text that may be left out.
    pub(super) fn optional_text(&mut self, name: &'static str, meaning: &'static str) -> StringArray {
        self.words(Argument { name, kind: ArgumentKind::Text, unit: None, meaning, optional: true })
    }

    /// A number that is the same in every row.
    pub(super) fn constant(&mut self, name: &'static str, unit: &'static str, meaning: &'static str) -> Option<f64> {
        self.number(name, unit, meaning).iter().flatten().next()
    }

    /// Text that is the same in every row.
    pub(super) fn constant_text(&mut self, name: &'static str, meaning: &'static str) -> Option<String> {
        self.text(name, meaning).iter().flatten().next().map(str::to_owned)
    }

    /// A number that is the same in every row and may be left out.
    pub(super) fn option(&mut self, name: &'static str, unit: &'static str, meaning: &'static str) -> Option<f64> {
        let argument = Argument { name, kind: ArgumentKind::Number, unit: Some(unit), meaning, optional: true };
        self.numbers(argument).iter().flatten().next()
    }

    /// A column of numbers that may be left out: then it has no rows.
    pub(super) fn optional_number(
        &mut self,
        name: &'static str,
        unit: &'static str,
        meaning: &'static str,
    ) -> Float64Array {
        self.numbers(Argument { name, kind: ArgumentKind::Number, unit: Some(unit), meaning, optional: true })
    }

    /// Text that is the same in every row and may be left out.
    pub(super) fn option_text(&mut self, name: &'static str, meaning: &'static str) -> Option<String> {
        let argument = Argument { name, kind: ArgumentKind::Text, unit: None, meaning, optional: true };
        self.words(argument).iter().flatten().next().map(str::to_owned)
    }

    /// The fitted parameters of circuits.
    pub(super) fn parameters(&mut self, name: &'static str, meaning: &'static str) -> ListArray {
        let argument = Argument { name, kind: ArgumentKind::Parameters, unit: None, meaning, optional: false };
        self.column(argument).as_list_opt::<i32>().cloned().unwrap_or_else(|| self.refuse(argument))
    }

    fn numbers(&mut self, argument: Argument) -> Float64Array {
        self.column(argument).as_primitive_opt::<Float64Type>().cloned().unwrap_or_else(|| self.refuse(argument))
    }

    fn words(&mut self, argument: Argument) -> StringArray {
        self.column(argument).as_string_opt::<i32>().cloned().unwrap_or_else(|| self.refuse(argument))
    }

    fn column(&mut self, argument: Argument) -> ArrayRef {
        let data_type = argument.kind.data_type();
        let column = self.given.get(self.declared.len());
        self.declared.push(argument);
        // Numbers of other types are converted to numbers, text of other encodings to text; anything else is refused.
        let is_alike = |found: &DataType| match argument.kind {
            ArgumentKind::Number => found.is_numeric() || found.is_null(),
            ArgumentKind::Text => found.is_string() || found.is_null(),
            ArgumentKind::Parameters => false,
        };
        match column {
            None => new_empty_array(&data_type),
            Some(column) if is_alike(column.data_type()) => cast(column, &data_type).unwrap_or_else(|_| column.clone()),
            Some(column) => column.clone(),
        }
    }

    fn refuse<A: From<arrow::array::ArrayData>>(&mut self, argument: Argument) -> A {
        let place = self.declared.len().saturating_sub(1);
        let found = self.given.get(place).map_or(DataType::Null, |column| column.data_type().clone());
        let wrong = format!("`{}`: expected {}, found {found}", argument.name, argument.kind.as_str());
        self.wrong.get_or_insert(wrong);
        A::from(new_empty_array(&argument.kind.data_type()).to_data())
    }
}

/// The rows in which every one of some columns has a value.
pub(super) struct CompleteRows(Vec<usize>);

impl CompleteRows {
    pub(super) fn of(columns: &[&Float64Array]) -> Self {
        let rows = columns.iter().map(Array::len).min().unwrap_or(0);
        Self((0..rows).filter(|row| columns.iter().all(|column| column.is_valid(*row))).collect())
    }

    /// Their places, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }

    /// The same rows, by rising value of a column.
    pub(super) fn ordered_by(mut self, column: &Float64Array) -> Self {
        self.0.sort_by(|a, b| column.value(*a).total_cmp(&column.value(*b)));
        self
    }

    pub(super) fn values(&self, column: &Float64Array) -> Vec<f64> {
        self.0.iter().map(|row| column.value(*row)).collect()
    }

    /// `None` unless the column has a value in all of these rows.
    pub(super) fn optional_values(&self, column: &Float64Array) -> Option<Vec<f64>> {
        self.0.iter().all(|row| *row < column.len() && column.is_valid(*row)).then(|| self.values(column))
    }
}

/// The quality in a row: good if it is null or the column is shorter.
pub(super) fn quality_at(column: &StringArray, row: usize) -> Quality {
    match text_at(column, row) {
        Some("suspect") => Quality::Suspect,
        Some("failed") => Quality::Failed,
        _ => Quality::Good,
    }
}

/// The text of a row; `None` if it is null or the column is shorter.
pub(super) fn text_at(column: &StringArray, row: usize) -> Option<&str> {
    (row < column.len() && column.is_valid(row)).then(|| column.value(row))
}

/// The value of a row; `None` if it is null or the column is shorter.
pub(super) fn at(column: &Float64Array, row: usize) -> Option<f64> {
    (row < column.len() && column.is_valid(row)).then(|| column.value(row))
}
