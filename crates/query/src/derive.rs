//! The incremental engine: keeps the tables of `queries/derived/` equal to the results of their queries.
//!
//! A job is one SQL file with a header that names its key and version. The engine reads from the query's plan which
//! tables it uses, finds the keys whose input rows changed, runs the query for those keys only and replaces their
//! rows. Nothing is decided by time: a row carries the fingerprint of its inputs and of its job, and is stale when
//! one of them differs. The tables are therefore the same, row for row, as if they were derived from scratch.

mod candidates;
mod carry;
mod engine;
mod fingerprint;
mod freshness;
mod isolation;
mod job;
mod lineage;
mod recompute;
mod shape;
mod stale;
mod statement;
mod stored;
mod substitution;

pub use engine::{DeriveOptions, DeriveReport, JobReport, derive};
pub use freshness::{OutOfDate, out_of_date, out_of_date_among};
pub use lineage::{DerivedBy, Lineage, SourceFile, Values, lineage, lineages};
pub use recompute::{Recomputed, recompute};
pub use stale::StaleKey;
