//! Chemical elements, formulas and physical constants: each value once, with its source.

pub mod constants;
mod element;
mod formula;
pub mod mixture;
mod nuclide;

pub use element::Element;
pub use formula::Formula;
pub use nuclide::Nuclide;
