//! Gives EC-Lab's headers the names and units of the tables, by the general rules of [`crate::column`].
//!
//! EC-Lab has several words for one quantity; they are told here.

use crate::column::{Heading, interpret};

/// Headers that mean the same as another one.
const SAME: &[(&str, &str)] = &[
    // BT-Lab and two-electrode cells; `P` is `Pwe` where power of both electrodes is recorded.
    ("Ecell/V", "Ewe/V"),
    ("<Ecell>/V", "<Ewe>/V"),
    ("|Ecell|/V", "|Ewe|/V"),
    ("Pwe/W", "P/W"),
    ("Rwe/Ohm", "R/Ohm"),
    ("Energy we charge/W.h", "Energy charge/W.h"),
    ("Energy we discharge/W.h", "Energy discharge/W.h"),
];

/// What a header becomes.
pub(crate) fn naming(header: &str) -> Heading {
    let header = header.trim();
    let same = SAME.iter().find(|same| same.0 == header).map_or(header, |same| same.1);
    let mut heading = interpret(same);
    if heading.name.is_empty() {
        heading.name = "unnamed".to_owned();
    }
    heading
}

/// Turns stored values into those of the heading's unit.
///
/// A factor of a thousandth is a division by 1000, which rounds once: 0.001 itself is already rounded.
pub(crate) fn convert(values: &mut [f64], heading: &Heading) {
    let divisor = (1.0 / heading.factor).round();
    if heading.offset != 0.0 {
        values.iter_mut().for_each(|value| *value = heading.convert(*value));
    } else if heading.factor == -1.0 {
        values.iter_mut().for_each(|value| *value = -*value);
    } else if heading.factor.abs() < 1.0 && 1.0 / divisor == heading.factor {
        values.iter_mut().for_each(|value| *value /= divisor);
    } else if heading.factor != 1.0 {
        values.iter_mut().for_each(|value| *value *= heading.factor);
    }
}

#[cfg(test)]
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
    fn milliamperes_become_amperes_and_the_imaginary_part_turns_its_sign() {
        let mut values = [1.1, -2.5];
        convert(&mut values, &naming("<I>/mA"));
        assert_eq!(values, [0.0011, -0.0025]);
        convert(&mut values, &naming("-Im(Z)/Ohm"));
        assert_eq!(values, [-0.0011, 0.0025]);
    }
}
