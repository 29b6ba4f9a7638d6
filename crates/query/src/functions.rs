//! The numerical kernels of `aldb-fit` as SQL functions.
//!
//! A kernel that turns a group of rows into a result is an aggregate: its result is a structure whose fields a query
//! takes apart (`fit.ea_ev`). It never fails: what cannot be fitted has nulls, the quality `failed` and a reason.

mod arrhenius;
mod circuit;
mod composition;
mod diffraction;
mod document;
mod electrochemistry;
mod ellipsometry;
mod fitted;
mod gather;
mod growth;
mod kramers_kronig;
mod metadata;
mod parameter;
mod photoelectrons;

use std::collections::BTreeSet;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

pub use document::{Argument, Documentation, FieldKind, ResultField};
use gather::Kernel;

fn kernels() -> Vec<Kernel> {
    vec![
        growth::by_cycle(),
        growth::in_situ(),
        growth::saturation(),
        composition::kernel(),
        composition::mixture(),
        photoelectrons::kernel(),
        photoelectrons::shift(),
        diffraction::kernel(),
        ellipsometry::kernel(),
        circuit::kernel(),
        kramers_kronig::kernel(),
        arrhenius::kernel(),
        electrochemistry::peak_pairs(),
        electrochemistry::rates(),
        electrochemistry::onset(),
    ]
}

/// A column of rows that a kernel is given.
#[derive(Debug, Clone)]
pub enum Rows {
    /// Numbers.
    Numbers(Vec<Option<f64>>),
    /// Words.
    Words(Vec<Option<String>>),
}

/// What a kernel gives for rows that are in no lake: its fields by name, as JSON. `None` where there is no such kernel.
#[must_use]
pub fn evaluate(name: &str, columns: Vec<Rows>) -> Option<serde_json::Map<String, serde_json::Value>> {
    let kernel = kernels().into_iter().find(|kernel| kernel.documentation.name == name)?;
    let values = (kernel.evaluate)(&gather::Group::new(columns));
    Some(document::object(&kernel.documentation.result, &values))
}

/// Every aggregate function.
#[must_use]
pub fn aggregates() -> Vec<AggregateUDF> {
    kernels().into_iter().map(gather::aggregate).collect()
}

/// Every scalar function.
#[must_use]
pub fn scalars() -> Vec<ScalarUDF> {
    vec![
        parameter::value(),
        parameter::error(),
        fitted::re(),
        fitted::im(),
        metadata::text_entry(),
        metadata::number_entry(),
    ]
}

/// What every function takes and gives, by name.
#[must_use]
pub fn documentation() -> Vec<Documentation> {
    let mut all: Vec<Documentation> = kernels().into_iter().map(|kernel| kernel.documentation).collect();
    all.extend([parameter::documentation(), fitted::documentation(), metadata::documentation()].into_iter().flatten());
    all.sort_by_key(|function| function.name);
    all
}

/// The functions that a query names, each with its version: what makes its results stale beside its text.
pub(crate) fn versions(query: &str) -> String {
    let words: BTreeSet<&str> = query.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).collect();
    let named = documentation().into_iter().filter(|function| words.contains(function.name));
    named.map(|function| format!("{} {}", function.name, function.version)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_functions_a_query_names() {
        let query = "SELECT fit_circuit('R', a, b, c), parameter_value(p, 'fit_arrheniusx') FROM t";
        assert_eq!(versions(query), "fit_circuit 2, parameter_value 1");
    }

    #[test]
    fn every_function_is_documented_once() {
        let documented: Vec<&str> = documentation().iter().map(|function| function.name).collect();
        let mut registered: Vec<String> = aggregates().iter().map(|function| function.name().to_owned()).collect();
        registered.extend(scalars().iter().map(|function| function.name().to_owned()));
        registered.sort();
        assert_eq!(documented, registered);
    }
}
