//! What the reader of Gamry's `.DTA` consists of: settings, tables, names.

pub(crate) mod naming;
pub(crate) mod settings;
pub(crate) mod table;
