//! The numerical kernels of `aldb-fit` as SQL functions.
//!
//! A kernel that turns a group of rows into a result is an aggregate: its result is a structure whose fields a query
//! selects (`fit.ea_ev`). It never fails: if nothing can be fitted, the numbers are null, the quality is `failed`, and
//! there is a reason.
//!
//! A function is one `Definition`: its arguments (`arguments`), its fields (`field`), each with name, unit and meaning.
//! Arrow types, the documentation and the columns of the derived tables follow from it.

mod arguments;
mod arrhenius;
mod circuit;
mod composition;
mod control;
mod diffraction;
mod documentation;
mod electrochemistry;
mod ellipsometry;
#[cfg(test)]
mod exported;
mod field;
mod growth;
mod kernel;
mod live;
mod metadata;
mod mixture;
mod odometer;
mod photoelectrons;
mod quantification;
mod reasons;
mod reflectivity;
mod scalar;
mod sql;
mod thickness;

use std::collections::BTreeSet;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

pub use arguments::{Argument, ArgumentKind};
pub use documentation::Documentation;
pub use field::{FieldKind, ResultField};
use kernel::Kernel;
use scalar::Scalar;

fn kernels() -> Vec<Kernel> {
    vec![
        growth::by_cycle(),
        growth::in_situ(),
        growth::saturation(),
        live::kernel(),
        control::kernel(),
        odometer::kernel(),
        thickness::kernel(),
        composition::kernel(),
        mixture::kernel(),
        photoelectrons::kernel(),
        photoelectrons::shift(),
        quantification::kernel(),
        diffraction::kernel(),
        reflectivity::kernel(),
        ellipsometry::kernel(),
        circuit::kernel(),
        circuit::kramers_kronig(),
        arrhenius::kernel(),
        electrochemistry::peak_pairs(),
        electrochemistry::rates(),
        electrochemistry::onset(),
    ]
}

fn row_functions() -> Vec<Scalar> {
    vec![
        photoelectrons::core_line(),
        circuit::parameter_value(),
        circuit::parameter_error(),
        circuit::re(),
        circuit::im(),
        metadata::text_entry(),
        metadata::number_entry(),
        reasons::reason(),
    ]
}

/// Every aggregate function.
#[must_use]
pub fn aggregates() -> Vec<AggregateUDF> {
    kernels().into_iter().map(sql::aggregate).collect()
}

/// Every scalar function.
#[must_use]
pub fn scalars() -> Vec<ScalarUDF> {
    row_functions().into_iter().map(sql::scalar).collect()
}

/// The documentation of every function, by name.
#[must_use]
pub fn documentation() -> Vec<Documentation> {
    let mut all: Vec<Documentation> = kernels().into_iter().map(|kernel| kernel.documentation).collect();
    all.extend(row_functions().into_iter().map(|function| function.documentation));
    all.sort_by_key(|function| function.name);
    all
}

/// The functions that a query names, each with its version: in addition to the query's text, these make its results
/// stale.
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
        assert_eq!(versions(query), "fit_circuit 4, parameter_value 1");
    }

    #[test]
    fn every_function_is_documented_once() {
        let names: BTreeSet<&str> = documentation().iter().map(|function| function.name).collect();
        assert_eq!(names.len(), documentation().len());
    }
}
