//! The files of Gamry's Framework, `.DTA`: settings, tables and the names of their columns.

pub(super) mod dta;
mod naming;
mod settings;
mod table;
