//! A function of the values of one row.

use std::sync::Arc;

use arrow::array::ArrayRef;

use super::arguments::Arguments;
use super::documentation::{Documentation, Function};
use super::field::{Field, structures};

/// A function of one row. `I` is the columns of its arguments, `V` its result for a row.
pub(super) struct Definition<I, V> {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) meaning: &'static str,
    /// A query that runs on the lake of `aldb demo`.
    pub(super) example: &'static str,
    pub(super) arguments: fn(&mut Arguments<'_>) -> I,
    /// A value for each row of the columns.
    pub(super) evaluate: fn(&I) -> Result<Vec<Option<V>>, String>,
    /// One field is the value itself; several are a structure.
    pub(super) fields: Vec<Field<V>>,
    /// Whether the text that a query passes as the first argument is one that the function knows.
    pub(super) literal: fn(&str) -> Result<(), String>,
}

/// Any text is valid.
pub(super) fn any(_: &str) -> Result<(), String> {
    Ok(())
}

impl<I: 'static, V: 'static> Definition<I, V> {
    /// The function without its types.
    pub(super) fn scalar(self) -> Scalar {
        let Self { name, arguments, evaluate, literal, fields, .. } = self;
        let documentation = Documentation {
            name,
            kind: "scalar",
            version: self.version,
            meaning: self.meaning,
            arguments: Arguments::declared_by(arguments),
            result: fields.iter().map(|field| field.documented.clone()).collect(),
            example: self.example,
        };
        let run = move |columns: &[ArrayRef]| {
            let values = evaluate(&Arguments::read(columns, arguments)?)?;
            let rows: Vec<Option<&V>> = values.iter().map(Option::as_ref).collect();
            let column = match &fields[..] {
                [only] => only.column(&rows),
                fields => structures(fields, &rows).map(|structures| Arc::new(structures) as ArrayRef),
            };
            column.map_err(|error| error.to_string())
        };
        Function { documentation, run: Arc::new(Row { column: Box::new(run), literal }) }
    }
}

/// Computes the column of a function of one row from the columns of its arguments.
type Column = dyn Fn(&[ArrayRef]) -> Result<ArrayRef, String> + Send + Sync;

/// The implementation of a function of one row.
pub(super) struct Row {
    column: Box<Column>,
    literal: fn(&str) -> Result<(), String>,
}

/// A function of one row as an SQL function.
pub(super) type Scalar = Function<Row>;

impl Scalar {
    /// A value for each row of the columns.
    pub(super) fn run(&self, columns: &[ArrayRef]) -> Result<ArrayRef, String> {
        (self.run.column)(columns)
    }

    /// Whether the text that a query passes as the first argument is one that the function knows.
    pub(super) fn check_literal(&self, text: &str) -> Result<(), String> {
        (self.run.literal)(text)
    }
}
