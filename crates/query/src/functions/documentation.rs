//! An SQL function: its documentation (name, arguments, result, an example), and its implementation.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use super::arguments::Argument;
use super::field::ResultField;

/// Documentation of an SQL function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Documentation {
    /// Its name in SQL.
    pub name: &'static str,
    /// `aggregate`, over the rows of a group, or `scalar`, row by row.
    pub kind: &'static str,
    /// Raised when it gives different values for the same input.
    pub version: u32,
    /// The quantity that it determines.
    pub meaning: &'static str,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// The fields of the structure that it gives; a scalar with one field gives that value.
    pub result: Vec<ResultField>,
    /// A query that runs on the lake of `aldb demo`.
    pub example: &'static str,
}

/// A function and its implementation. Functions are equal if their names are.
pub(super) struct Function<R: ?Sized> {
    pub(super) documentation: Documentation,
    pub(super) run: Arc<R>,
}

impl<R: ?Sized> Clone for Function<R> {
    fn clone(&self) -> Self {
        Self { documentation: self.documentation.clone(), run: self.run.clone() }
    }
}

impl<R: ?Sized> fmt::Debug for Function<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.documentation.name)
    }
}

impl<R: ?Sized> PartialEq for Function<R> {
    fn eq(&self, other: &Self) -> bool {
        self.documentation.name == other.documentation.name
    }
}

impl<R: ?Sized> Eq for Function<R> {}

impl<R: ?Sized> Hash for Function<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.documentation.name.hash(state);
    }
}
