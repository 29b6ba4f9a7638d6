//! Reads `schemas/<table>.toml` and turns them into Arrow schemas that carry units and meanings.
//!
//! A [`Table`] describes a table of the lake: its key, and for each column the type, the unit as a
//! UCUM code, whether it may be null, and its meaning. This crate never touches a file system: the
//! schemas are compiled in, and [`Table::check`] examines batches in memory.
//!
//! Columns shared by tables are defined once, in `schemas/shared/`: keys, verdict, and the results of the SQL
//! functions.

mod check;
mod table;
mod unit;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use check::BatchError;
pub use table::{COMMENT, Column, ColumnType, Kind, SchemaError, Shared, Table, UNIT};
pub use unit::symbol;

static FILES: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/../../schemas");

static TABLES: LazyLock<BTreeMap<String, Table>> = LazyLock::new(|| {
    FILES
        .files()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "toml"))
        .map(|file| {
            let text = file.contents_utf8().unwrap_or_default();
            match Table::from_toml(text, &SHARED) {
                Ok(table) => (table.name.clone(), table),
                Err(error) => panic!("schemas/{}: {error}", file.path().display()),
            }
        })
        .collect()
});

static SHARED: LazyLock<Shared> = LazyLock::new(|| {
    let mut shared = Shared::new();
    for path in ["shared/groups.toml", FUNCTIONS] {
        let text = FILES.get_file(path).and_then(include_dir::File::contents_utf8).unwrap_or_default();
        match toml::from_str::<Shared>(text) {
            Ok(columns) => shared.extend(columns),
            Err(error) => panic!("schemas/{path}: {error}"),
        }
    }
    shared
});

/// The file in `schemas/` with the results of the SQL functions. `aldb-query` writes it from the functions, and its
/// tests check it.
pub const FUNCTIONS: &str = "shared/functions.toml";

/// Every table that `schemas/` describes, by name.
///
/// # Panics
///
/// If a file in `schemas/` is invalid. They are part of the program, and the tests read all of them.
#[must_use]
pub fn tables() -> &'static BTreeMap<String, Table> {
    &TABLES
}

/// The table with this name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    tables().get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_named_as_its_file_and_explains_its_columns() {
        assert_eq!(FILES.files().count(), tables().len());
        assert!(FILES.get_file(FUNCTIONS).is_some() && !SHARED.is_empty());
        for (name, table) in tables() {
            assert!(FILES.get_file(format!("{name}.toml")).is_some(), "{name}");
            assert!(!table.title.is_empty() && !table.columns.is_empty(), "{name}");
            for column in &table.columns {
                assert!(column.meaning.len() > 5, "{name}.{}", column.name);
            }
            for (place, key) in table.key.iter().enumerate() {
                // A derived row that only gives a reason has nulls in the rest of its key.
                let may_be_null = table.kind == Kind::Derived && place > 0;
                assert!(table.column(key).is_some_and(|column| may_be_null || !column.nullable), "{name}: key {key}");
            }
        }
    }

    #[test]
    fn a_column_whose_name_ends_in_a_unit_states_that_unit() {
        let suffixes = [
            ("_hz", "Hz"),
            ("_ohm", "Ohm"),
            ("_s_per_cm", "S/cm"),
            ("_ev", "eV"),
            ("_per_nm", "nm-1"),
            ("_ua_per_cm2", "uA/cm2"),
            ("_uah_per_cm2", "uA.h/cm2"),
            ("_nm", "nm"),
            ("_1e15_per_cm2", "10*15.cm-2"),
            ("_cm2", "cm2"),
            ("_c", "Cel"),
            ("_v", "V"),
            ("_a", "A"),
        ];
        for (name, table) in tables() {
            // The A of Cauchy's formula is not a current.
            for column in table.columns.iter().filter(|column| column.name != "cauchy_a") {
                let stated = column.unit.as_deref();
                if let Some((_, unit)) = suffixes.iter().find(|(suffix, _)| column.name.ends_with(suffix)) {
                    assert_eq!(stated, Some(*unit), "{name}.{}", column.name);
                }
            }
        }
    }
}
