//! What instruments would see of films that are known: equations, without noise and without a file's layout.
//!
//! Everything here is written independently of `aldb-fit`: what a kernel finds in a synthetic file must not be
//! right only because both share a mistake.

pub(crate) mod bragg;
pub(crate) mod cauchy;
pub(crate) mod complex;
pub(crate) mod cv;
pub(crate) mod cycling;
pub(crate) mod gl;
pub(crate) mod growth;
pub(crate) mod profile;
pub(crate) mod silicon;
