//! What is documented of an SQL function: name, arguments, result and an example.

use serde::Serialize;

use super::arguments::Argument;
use super::field::ResultField;

/// What an SQL function does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Documentation {
    /// Its name in SQL.
    pub name: &'static str,
    /// `aggregate`, over the rows of a group, or `scalar`, row by row.
    pub kind: &'static str,
    /// Raised when it gives other values for the same input.
    pub version: u32,
    /// What it determines.
    pub meaning: &'static str,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// The fields of the structure that it gives; a scalar with one field gives that value.
    pub result: Vec<ResultField>,
    /// A query that runs on the lake of `aldb demo`.
    pub example: &'static str,
}
