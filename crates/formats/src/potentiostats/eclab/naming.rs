//! Gives EC-Lab's headers the names and units of the tables, by the general rules of [`crate::column`].
//!
//! EC-Lab has several words for one quantity, which this module lists.

use crate::Technique;
use crate::column::{Heading, heading_for, interpret_for, unconverted};

/// Headers with the meaning of another one.
const SYNONYMS: &[(&str, &str)] = &[
    // BT-Lab and two-electrode cells; `P` is `Pwe` where power of both electrodes is recorded.
    ("Ecell/V", "Ewe/V"),
    ("<Ecell>/V", "<Ewe>/V"),
    ("|Ecell|/V", "|Ewe|/V"),
    ("Pwe/W", "P/W"),
    ("Rwe/Ohm", "R/Ohm"),
    ("Energy we charge/W.h", "Energy charge/W.h"),
    ("Energy we discharge/W.h", "Energy discharge/W.h"),
];

/// The heading of a column in a spectrum.
pub(crate) fn naming(header: &str) -> Heading {
    named(interpret_for(Technique::ImpedanceSpectroscopy, standard_header(header)))
}

/// The heading of a column in a record of potential and current.
pub(crate) fn naming_in_record(header: &str) -> Heading {
    let without_reference = reference_in_header(header).and_then(|_| header.split_once(" vs. ")).map(|parts| parts.0);
    named(match standard_header(without_reference.unwrap_or(header)) {
        "Ns" => Heading { unit: Some("1".to_owned()), ..heading_for("step", None) },
        "control/V" => Heading { unit: Some("V".to_owned()), ..heading_for("control_potential_v", None) },
        "control/mA" => Heading { unit: Some("A".to_owned()), factor: 1e-3, ..heading_for("control_current_a", None) },
        // The charge of the half cycle so far, without a sign: not `(Q-Qo)`.
        header @ "Capacity/mA.h" => unconverted(header),
        header => interpret_for(Technique::Electrochemistry, header),
    })
}

/// The reference that a header states for a potential: `Ewe/V vs. SCE`.
pub(crate) fn reference_in_header(header: &str) -> Option<&str> {
    header.split_once("/V vs. ").map(|parts| parts.1.trim()).filter(|reference| !reference.is_empty())
}

fn standard_header(header: &str) -> &str {
    let header = header.trim();
    SYNONYMS.iter().find(|synonym| synonym.0 == header).map_or(header, |synonym| synonym.1)
}

fn named(mut heading: Heading) -> Heading {
    if heading.name.is_empty() {
        heading.name = "unnamed".to_owned();
    }
    heading
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or rounded once, as the reader does")]
mod tests {
    use super::*;

    #[test]
    fn headers_become_names_that_end_in_their_unit() {
        let cases = [
            ("freq/Hz", "frequency_hz", Some("Hz")),
            ("-Im(Z)/Ohm", "z_im_ohm", Some("Ohm")),
            ("|Z|/Ohm", "z_modulus_ohm", Some("Ohm")),
            ("Phase(Z)/deg", "z_phase_deg", Some("deg")),
            ("time/s", "time_s", Some("s")),
            ("<Ewe>/V", "potential_v", Some("V")),
            ("Ecell/V", "potential_v", Some("V")),
            ("<I>/mA", "current_a", Some("A")),
            ("|Ewe|/V", "ac_potential_v", Some("V")),
            ("|I|/A", "ac_current_a", Some("A")),
            ("Temperature/°C", "temperature_c", Some("Cel")),
            ("cycle number", "cycle", Some("1")),
            ("Cs/µF", "cs_uf", Some("uF")),
            ("Cs/uF", "cs_uf", Some("uF")),
            ("(Q-Qo)/mA.h", "q_qo_ma_h", Some("mA.h")),
            ("Q charge/discharge/mA.h", "q_charge_discharge_ma_h", Some("mA.h")),
            ("|Zce|/Ohm", "abs_zce_ohm", Some("Ohm")),
            ("-Im(Zce)/Ohm", "minus_im_zce_ohm", Some("Ohm")),
            ("control/V/mA", "control_v_ma", None),
            ("unknown_id_123", "unknown_id_123", None),
            ("", "unnamed", None),
        ];
        for (header, name, unit) in cases {
            let named = naming(header);
            assert_eq!((named.name.as_str(), named.unit.as_deref()), (name, unit), "{header}");
        }
    }

    #[test]
    fn a_record_has_the_names_of_its_own_table() {
        let cases = [
            ("time/s", "time_s", Some("s"), 1.0),
            ("Ewe/V", "potential_v", Some("V"), 1.0),
            ("Ewe/V vs. SCE", "potential_v", Some("V"), 1.0),
            ("Ecell/V", "potential_v", Some("V"), 1.0),
            ("<I>/mA", "current_a", Some("A"), 1e-3),
            ("(Q-Qo)/mA.h", "charge_mah", Some("mA.h"), 1.0),
            ("(Q-Qo)/C", "charge_mah", Some("mA.h"), 0.277_777_777_777_778),
            ("Q charge/mA.h", "charge_capacity_mah", Some("mA.h"), 1.0),
            ("Q discharge/mA.h", "discharge_capacity_mah", Some("mA.h"), 1.0),
            ("Capacity/mA.h", "capacity_ma_h", Some("mA.h"), 1.0),
            ("Q charge/discharge/mA.h", "q_charge_discharge_ma_h", Some("mA.h"), 1.0),
            ("dq/mA.h", "dq_ma_h", Some("mA.h"), 1.0),
            ("cycle number", "cycle", Some("1"), 1.0),
            ("half cycle", "half_cycle", None, 1.0),
            ("Ns", "step", Some("1"), 1.0),
            ("Ns changes", "ns_changes", None, 1.0),
            ("control/V", "control_potential_v", Some("V"), 1.0),
            ("control/mA", "control_current_a", Some("A"), 1e-3),
            ("control/V/mA", "control_v_ma", None, 1.0),
            ("Temperature/°C", "temperature_c", Some("Cel"), 1.0),
            ("<Ece>/V", "ece_v", Some("V"), 1.0),
            ("Ewe-Ece/V", "ewe_ece_v", Some("V"), 1.0),
            ("x", "x", None, 1.0),
        ];
        for (header, name, unit, factor) in cases {
            let named = naming_in_record(header);
            assert_eq!((named.name.as_str(), named.unit.as_deref(), named.factor), (name, unit, factor), "{header}");
        }
        assert_eq!(reference_in_header("Ewe/V vs. SCE"), Some("SCE"));
        let mut coulombs = [3.6, -7.2];
        naming_in_record("(Q-Qo)/C").convert_all(&mut coulombs);
        assert_eq!(coulombs, [1.0, -2.0]);
    }

    #[test]
    fn milliamperes_become_amperes_and_the_imaginary_part_changes_its_sign() {
        let mut values = [1.1, -2.5];
        naming("<I>/mA").convert_all(&mut values);
        assert_eq!(values, [0.0011, -0.0025]);
        naming("-Im(Z)/Ohm").convert_all(&mut values);
        assert_eq!(values, [-0.0011, 0.0025]);
    }
}
