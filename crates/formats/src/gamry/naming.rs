//! Gives Gamry's headers the names and units of the tables, by the general rules of [`crate::column`].
//!
//! Zimag is signed in Gamry's files. Drift-corrected columns (`ZrealDrCor`) keep names of their own, beside
//! the measured ones.

use crate::column::{Heading, interpret};

/// What a header and its unit become.
pub(crate) fn naming(header: &str, unit: &str) -> Heading {
    let word = match header {
        "Imod" => "|I|",
        "Vmod" => "|Ewe|",
        other => other,
    };
    // `#` counts, `bits` are words: neither is a unit.
    let mut heading = match unit.trim() {
        "" | "#" | "bits" => interpret(word),
        "V vs. Ref." => interpret(&format!("{word}/V")),
        unit => interpret(&format!("{word}/{unit}")),
    };
    if heading.name.is_empty() {
        heading.name = "unnamed".to_owned();
    }
    heading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_names_that_end_in_their_unit() {
        let cases = [
            ("Pt", "#", "pt", None),
            ("Time", "s", "time_s", Some("s")),
            ("Freq", "Hz", "frequency_hz", Some("Hz")),
            ("Zreal", "ohm", "z_re_ohm", Some("Ohm")),
            ("Zimag", "ohm", "z_im_ohm", Some("Ohm")),
            ("Zmod", "ohm", "z_modulus_ohm", Some("Ohm")),
            ("Zphz", "°", "z_phase_deg", Some("deg")),
            ("Idc", "A", "current_a", Some("A")),
            ("Vdc", "V", "potential_v", Some("V")),
            ("Imod", "A", "ac_current_a", Some("A")),
            ("Vmod", "V", "ac_potential_v", Some("V")),
            ("Temp", "deg C", "temperature_c", Some("Cel")),
            ("Temp", "°C", "temperature_c", Some("Cel")),
            ("IERange", "#", "ierange", None),
            ("ZrealDrCor", "ohm", "zrealdrcor_ohm", Some("Ohm")),
            ("Zsig", "V", "zsig_v", Some("V")),
            ("Over", "bits", "over", None),
            ("", "", "unnamed", None),
        ];
        for (header, unit, name, code) in cases {
            let named = naming(header, unit);
            assert_eq!((named.name.as_str(), named.unit.as_deref(), named.factor), (name, code, 1.0), "{header}");
        }
    }
}
