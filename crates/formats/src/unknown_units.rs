//! Columns whose quantity is known and whose unit is not: their values are shown, but never under the name of a column with a unit.
//!
//! `µA` written in a lost code page, or `MA` in capitals, is no ampere: a value in an unknown unit would enter the table as one in the
//! unit of its column, wrong by powers of ten and without a sign of it.

use crate::column::{UNIT_UNKNOWN, unknown_unit};
use crate::text::excerpt;
use crate::{Column, Measurement, Technique, Values};

/// Renames columns with the name of a column of the table but without its unit, and adds a warning for each column whose unit is not known.
pub(crate) fn withhold_unknown_units(measurement: &mut Measurement) {
    let technique = measurement.technique;
    for column in &mut measurement.columns {
        if let Some(unit) = unit_of_table(technique, &column.name)
            && matches!(column.values, Values::Number(_))
            && column.unit.as_deref() != Some(unit)
        {
            let stem = column.name.rsplit_once('_').map_or(column.name.as_str(), |(stem, _)| stem);
            column.name = format!("{stem}{UNIT_UNKNOWN}");
        }
        if column.name.ends_with(UNIT_UNKNOWN) || is_without_unit(technique, column) {
            measurement.warnings.push(format!(
                "the unit of the column `{}` is not known or ambiguous: its values are shown as `{}`, but not stored",
                excerpt(&column.header, 40),
                column.name
            ));
        }
    }
}

/// The unit that the table's column of this name has; none for pure numbers.
fn unit_of_table(technique: Technique, name: &str) -> Option<&'static str> {
    let column = aldb_schema::table(technique.table())?.columns.iter().find(|column| column.name == name)?;
    column.unit.as_deref().filter(|unit| *unit != "1")
}

/// Whether the header names a known quantity with a unit that is not understood.
fn is_without_unit(technique: Technique, column: &Column) -> bool {
    column.unit.is_none()
        && matches!(column.values, Values::Number(_))
        && unknown_unit(technique, &column.header).is_some()
}
