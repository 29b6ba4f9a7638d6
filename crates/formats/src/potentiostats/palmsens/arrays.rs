//! Gives PalmSens's arrays the names and units of the tables.
//!
//! The meaning of an array follows from its `ArrayType`, its unit from the unit's type. The types are defined with a sign:
//! `ZIm` holds −Z'' and `Phase` −φ, which their quantity states as well (`-Z''`, `-Phase`).
//!
//! Source: pypalmsens (BSD-3-Clause), `ArrayType` and its table of units; sessions of core 5.7 to 5.11.

use super::session::Array;
use crate::column::column_name;
use crate::{Column, Values};

/// Number of PalmSens's `ArrayType`, name, and the factor to the name's unit from the one that the type is defined in.
const KINDS: &[(i64, &str, f64)] = &[
    (TIME, "time_s", 1.0),
    (POTENTIAL, "potential_v", 1.0),
    (CURRENT, "current_a", 1.0),
    (3, "charge_mah", MILLIAMPERE_HOURS),
    (FREQUENCY, "frequency_hz", 1.0),
    (6, "z_phase_deg", -1.0),
    (Z_RE, "z_re_ohm", 1.0),
    (Z_IM, "z_im_ohm", -1.0),
    (9, "ac_current_a", 1.0),
    (10, "z_modulus_ohm", 1.0),
    (11, "y_modulus_s", 1.0),
    (12, "y_re_s", 1.0),
    (13, "y_im_s", 1.0),
    (24, "bipot_current_a", 1.0),
    (25, "bipot_potential_v", 1.0),
    (26, "reverse_current_a", 1.0),
    (27, "counter_electrode_potential_v", 1.0),
    (28, "dc_current_a", 1.0),
    (29, "forward_current_a", 1.0),
    (33, "measured_dc_potential_v", 1.0),
    (34, "ac_potential_v", 1.0),
    (36, "measured_dc_current_a", 1.0),
];

/// Coulombs to milliampere hours.
const MILLIAMPERE_HOURS: f64 = 1.0 / 3.6;

pub(super) const TIME: i64 = 0;
pub(super) const POTENTIAL: i64 = 1;
pub(super) const CURRENT: i64 = 2;
pub(super) const FREQUENCY: i64 = 5;
pub(super) const Z_RE: i64 = 7;
pub(super) const Z_IM: i64 = 8;
/// The first of PalmSens's diagnostic arrays.
const INTERNAL: i64 = 16_383;

/// Types of units: the last part of their name, UCUM code, factor.
const UNITS: &[(&str, &str, f64)] = &[
    ("MicroAmpere", "A", 1e-6),
    ("MicroCoulomb", "C", 1e-6),
    ("Volt", "V", 1.0),
    ("Time", "s", 1.0),
    ("Hertz", "Hz", 1.0),
    ("Z", "Ohm", 1.0),
    ("ZRe", "Ohm", 1.0),
    ("ZIm", "Ohm", 1.0),
    ("Phase", "deg", 1.0),
    ("Y", "S", 1.0),
    ("YRe", "S", 1.0),
    ("YIm", "S", 1.0),
    ("Farad", "F", 1.0),
    ("FahradReal", "F", 1.0),
    ("FahradImaginary", "F", 1.0),
    ("Temperature", "Cel", 1.0),
];

/// Whether an array is a measured quantity.
pub(super) fn is_measured(array: &Array) -> bool {
    array.kind.is_none_or(|kind| kind < INTERNAL) && !array.values.values.is_empty()
}

/// The rows `rows` of an array as columns: the values and, for the current of the working electrode, their state and
/// range. `None` where the array has fewer rows or a unit that contradicts its type.
pub(super) fn columns(array: &Array, rows: std::ops::Range<usize>) -> Option<Vec<Column>> {
    let values = array.values.values.get(rows.clone())?;
    let unit_name = array.unit.name.rsplit('.').next().unwrap_or_default();
    let unit = UNITS.iter().find(|(name, ..)| *name == unit_name);
    let known = KINDS.iter().find(|(kind, ..)| Some(*kind) == array.kind);
    let (name, ucum, factor) = match (known, unit) {
        (Some((_, name, factor)), Some((_, ucum, scale))) => {
            let expected = if *name == "charge_mah" { "C" } else { ucum_of(name) };
            if expected != *ucum {
                return None;
            }
            let own = if *name == "charge_mah" { "mA.h" } else { ucum };
            ((*name).to_owned(), Some(own), factor * scale)
        }
        (Some(_), None) => return None,
        (None, Some((_, ucum, scale))) => {
            (column_name(&format!("{} ({ucum})", array.description)), Some(*ucum), *scale)
        }
        (None, None) => (column_name(&array.description), None, 1.0),
    };
    // The meaning of an array follows from its type alone, so a different type does not get the name of a known one.
    let is_taken = known.is_none() && KINDS.iter().any(|(_, taken, _)| *taken == name);
    let name = if is_taken { format!("other_{name}") } else { name };
    let header = format!("{} ({} {})", array.description, array.unit.quantity, unit_name);
    let column = |name: String, unit: Option<&str>, header: String, values: Vec<f64>| Column {
        name,
        unit: unit.map(str::to_owned),
        header,
        values: Values::Number(values),
    };
    #[expect(clippy::float_cmp, reason = "the factor is a product of the constants above")]
    let scaled = if factor == 1.0 {
        values.to_vec()
    } else if factor == 1e-6 {
        // −48.536196 µA are −48.536196 / 10⁶ A; times 10⁻⁶ would round twice.
        values.iter().map(|value| value / 1e6).collect()
    } else {
        values.iter().map(|value| value * factor).collect()
    };
    let mut all = vec![column(if name.is_empty() { "unnamed".to_owned() } else { name }, ucum, header, scaled)];
    if array.kind == Some(CURRENT) {
        for (name, codes) in [("current_state", &array.values.states), ("current_range_code", &array.values.ranges)] {
            let codes = codes.get(rows.clone()).filter(|codes| codes.iter().any(|code| *code != 0.0));
            if let Some(codes) = codes {
                all.push(column(name.to_owned(), Some("1"), array.description.clone(), codes.to_vec()));
            }
        }
    }
    Some(all)
}

/// The unit that a name of [`KINDS`] ends in.
fn ucum_of(name: &str) -> &'static str {
    const ENDS: &[(&str, &str)] =
        &[("_ohm", "Ohm"), ("_hz", "Hz"), ("_deg", "deg"), ("_a", "A"), ("_v", "V"), ("_s", "s")];
    match ENDS.iter().find(|(end, _)| name.ends_with(end)) {
        Some((_, "s")) if name.starts_with("y_") => "S",
        Some((_, ucum)) => ucum,
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Technique;
    use crate::unstored::is_listed;

    #[test]
    fn every_kind_of_array_has_a_name_that_is_stored_or_listed_as_not_stored() {
        for technique in [Technique::ImpedanceSpectroscopy, Technique::Electrochemistry] {
            let unknown: Vec<_> = KINDS.iter().filter(|(_, name, _)| !is_listed(technique, name)).collect();
            assert!(unknown.is_empty(), "{technique:?}: {unknown:?}");
        }
    }
}
