//! Gives Gamry's headers the names and units of the tables, by the general rules of [`crate::column`].
//!
//! Zimag is signed in Gamry's files. Drift-corrected columns (`ZrealDrCor`) keep names of their own, beside
//! the measured ones.

use crate::Technique;
use crate::column::{Heading, interpret_for};

/// The unit of a potential against the reference electrode.
pub(crate) const POTENTIAL_UNIT: &str = "V vs. Ref.";

/// The heading of a header and its unit in a spectrum.
pub(crate) fn naming(header: &str, unit: &str) -> Heading {
    let word = match header {
        "Imod" => "|I|",
        "Vmod" => "|Ewe|",
        other => other,
    };
    interpreted(Technique::ImpedanceSpectroscopy, word, unit)
}

/// The heading of a header and its unit in a record of potential and current.
pub(crate) fn naming_in_record(header: &str, unit: &str) -> Heading {
    interpreted(Technique::Electrochemistry, header, unit)
}

/// The same where potential and current are pulsed: the staircase is the potential, the difference between the forward
/// and the reverse pulse the current, as square wave voltammograms are drawn.
pub(crate) fn naming_of_pulses(header: &str, unit: &str) -> Heading {
    let word = match header {
        "Vstep" => "Vf",
        "Idif" => "Im",
        other => other,
    };
    naming_in_record(word, unit)
}

fn interpreted(technique: Technique, word: &str, unit: &str) -> Heading {
    // `#` marks counts and `bits` words: neither is a unit.
    let mut heading = match unit.trim() {
        "" | "#" | "bits" => interpret_for(technique, word),
        POTENTIAL_UNIT => interpret_for(technique, &format!("{word}/V")),
        unit => interpret_for(technique, &format!("{word}/{unit}")),
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

    #[test]
    fn a_record_has_the_names_of_its_own_table() {
        let cases = [
            ("Pt", "#", "pt", None, 1.0),
            ("T", "s", "time_s", Some("s"), 1.0),
            ("Time", "s", "time_s", Some("s"), 1.0),
            ("Vf", "V vs. Ref.", "potential_v", Some("V"), 1.0),
            ("Vf", "V", "potential_v", Some("V"), 1.0),
            ("Im", "A", "current_a", Some("A"), 1.0),
            ("Vu", "V", "vu_v", Some("V"), 1.0),
            ("Vm", "V", "vm_v", Some("V"), 1.0),
            ("Pwr", "W", "pwr_w", Some("W"), 1.0),
            ("Sig", "V", "sig_v", Some("V"), 1.0),
            ("Charge", "C", "charge_mah", Some("mA.h"), 0.277_777_777_777_778),
            ("Cycle", "#", "cycle", Some("1"), 1.0),
            ("IERange", "#", "ierange", None, 1.0),
            ("Over", "bits", "over", None, 1.0),
            ("Temp", "deg C", "temperature_c", Some("Cel"), 1.0),
            ("Voltage", "V", "potential_v", Some("V"), 1.0),
            ("Current", "A", "current_a", Some("A"), 1.0),
            ("Vfwd", "V", "vfwd_v", Some("V"), 1.0),
            ("Vstep", "V", "vstep_v", Some("V"), 1.0),
        ];
        for (header, unit, name, code, factor) in cases {
            let named = naming_in_record(header, unit);
            assert_eq!((named.name.as_str(), named.unit.as_deref(), named.factor), (name, code, factor), "{header}");
        }
        assert_eq!(naming_of_pulses("Vstep", "V").name, "potential_v");
        assert_eq!(naming_of_pulses("Idif", "A").name, "current_a");
        assert_eq!(naming_of_pulses("Ifwd", "A").name, "ifwd_a");
    }
}
