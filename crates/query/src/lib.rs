//! SQL over one snapshot of a lake, and the engine that keeps derived tables up to date.
//!
//! [`Session`] answers queries: tables are opened when a query names them, views come from `queries/views/`, the
//! numerical kernels of `aldb-fit` are functions, and queries are read-only. [`mod@derive`] runs the jobs of
//! `queries/derived/` for the keys whose inputs changed.
//!
//! Never: instrument formats, and printing. [`output`] writes rows to the given destination.

mod catalog;
pub mod checks;
pub mod codes;
pub mod derive;
mod describe;
mod error;
pub mod functions;
mod keyed;
pub mod measured;
pub mod output;
mod queries;
mod session;
pub mod suggest;
pub mod table;
pub mod verify;

pub use error::QueryError;
pub use queries::{QueryFile, QueryFolder, derived_query};
pub use session::Session;
