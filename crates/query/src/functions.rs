//! The numerical kernels of `aldb-fit` as SQL functions.
//!
//! A kernel that turns a group of rows into a result is an aggregate: its result is a structure whose fields a query
//! takes apart (`fit.ea_ev`). It never fails: what cannot be fitted has nulls, the quality `failed` and a reason.

mod arrhenius;
mod circuit;
mod fitted;
mod gather;
mod kramers_kronig;
mod parameter;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

/// Stands for the functions' results in the fingerprint of every job that may use them: raised when a kernel gives
/// other numbers for the same input, so that what was derived with the old one is derived again.
pub const VERSION: &str = "1";

/// Every aggregate function.
#[must_use]
pub fn aggregates() -> Vec<AggregateUDF> {
    vec![
        gather::aggregate(circuit::FitCircuit),
        gather::aggregate(kramers_kronig::TestKramersKronig),
        gather::aggregate(arrhenius::FitArrhenius),
    ]
}

/// Every scalar function.
#[must_use]
pub fn scalars() -> Vec<ScalarUDF> {
    vec![parameter::value(), parameter::error(), fitted::re(), fitted::im()]
}
