//! Values that their quantity cannot have: marks of an overload (9.9E37), of a failure (-9999), or bytes that nobody wrote.
//!
//! The range of a column is in its schema (`min`, `max`). A value outside is left out: the cell where the table's column may be null,
//! otherwise its row.

use crate::column::column_name;
use crate::text::counted;
use crate::{Measurement, Values};

/// Leaves out impossible values, with a warning for each column that has some.
pub(crate) fn withhold_impossible(measurement: &mut Measurement) {
    let Some(table) = aldb_schema::table(measurement.technique.table()) else { return };
    let mut rows_left_out = vec![false; measurement.n_points()];
    let mut warnings = Vec::new();
    for column in &mut measurement.columns {
        let Some(of_table) = table.columns.iter().find(|known| known.name == column.name) else { continue };
        let (Values::Number(values), true) = (&mut column.values, of_table.min.is_some() || of_table.max.is_some())
        else {
            continue;
        };
        let range = of_table.min.unwrap_or(f64::NEG_INFINITY)..=of_table.max.unwrap_or(f64::INFINITY);
        let (mut count, mut first) = (0_u64, None);
        for (value, is_left_out) in values.iter_mut().zip(&mut rows_left_out) {
            if value.is_nan() || range.contains(value) {
                continue;
            }
            count += 1;
            first.get_or_insert(*value);
            if of_table.nullable {
                *value = f64::NAN;
            } else {
                *is_left_out = true;
            }
        }
        if let Some(first) = first {
            let what = if of_table.nullable { counted(count, "value") } else { counted(count, "row") };
            let unit = of_table.unit.as_deref().map(aldb_schema::symbol).unwrap_or_default();
            warnings.push(format!(
                "column `{}`: {what} left out, impossible: {first:e} {unit} lies outside {:e} to {:e}, a mark of an overload or a failure",
                column_name(&column.header),
                range.start(),
                range.end()
            ));
        }
    }
    if rows_left_out.contains(&true) {
        for column in &mut measurement.columns {
            let mut kept = rows_left_out.iter().map(|is_left_out| !is_left_out);
            match &mut column.values {
                Values::Number(values) => values.retain(|_| kept.next().unwrap_or(true)),
                Values::Text(values) => values.retain(|_| kept.next().unwrap_or(true)),
            }
        }
    }
    measurement.warnings.extend(warnings);
}
