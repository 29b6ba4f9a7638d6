//! Values that their quantity cannot have: marks of an overload (9.9E37), of a failure (-9999), or bytes that nobody wrote.
//!
//! The range of a column is in its schema (`min`, `max`); a count, such as that of cycles, is a whole number. A value outside is left out: the cell where the table's column may be null,
//! otherwise its row.

use aldb_schema::ColumnType;

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
        let is_count = matches!(of_table.column_type, ColumnType::Int32 | ColumnType::Int64);
        let is_limited = is_count || of_table.min.is_some() || of_table.max.is_some();
        let (Values::Number(values), true) = (&mut column.values, is_limited) else { continue };
        // Counts are stored in 32 bits.
        let limit = if is_count { f64::from(i32::MAX) } else { f64::INFINITY };
        let range = of_table.min.unwrap_or(-limit)..=of_table.max.unwrap_or(limit);
        let (mut count, mut first) = (0_u64, None);
        for (value, is_left_out) in values.iter_mut().zip(&mut rows_left_out) {
            let is_possible = range.contains(value) && !(is_count && value.fract() != 0.0);
            if value.is_nan() || is_possible {
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
            let cause = if is_count && first.fract() != 0.0 {
                "is no whole number".to_owned()
            } else {
                let (min, max) = (range.start(), range.end());
                format!("lies outside {min:e} to {max:e}, a mark of an overload or a failure")
            };
            let value = format!("{first:e} {unit}");
            let name = column_name(&column.header);
            warnings.push(format!("column `{name}`: {what} left out, impossible: {} {cause}", value.trim_end()));
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
