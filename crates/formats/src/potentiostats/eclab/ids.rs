//! Defines the columns of a `.mpr` by number: header, width and, for flags, bits.
//!
//! Headers are those of EC-Lab's own text export, so that a `.mpr` and its `.mpt` give the same columns.
//!
//! Source: pairs of `.mpr` and `.mpt`; the tables of galvani and yadg (facts only). Their numbers 178, 179,
//! 182, 211 to 240, 295, 326, 352 and 379 are not listed: they arise when the list of EC-Lab 11.50 is read
//! one byte too early (434 = 0x01b2 then shows as 178 = 0x00b2), see [`super::layout`].

use std::borrow::Cow;

/// Storage of a column's value, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Unsigned byte.
    U8,
    /// Unsigned, two bytes.
    U16,
    /// Unsigned, four bytes.
    U32,
}

impl Width {
    /// Bytes of one value.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 => 2,
            Self::F32 | Self::U32 => 4,
            Self::F64 => 8,
        }
    }
}

/// The meaning of a column number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    /// Some bits of the one byte that all flags of a row share.
    Flag {
        /// EC-Lab's header.
        header: &'static str,
        /// Bits of the byte.
        mask: u8,
    },
    /// A value of its own.
    Value {
        /// EC-Lab's header.
        header: Cow<'static, str>,
        /// Storage.
        width: Width,
    },
    /// EC-Lab and BT-Lab use this number for different things: first one, then the other.
    Either([(&'static str, Width); 2]),
    /// Not known.
    Unknown,
}

const FLAGS: &[(u16, &str, u8)] = &[
    (1, "mode", 0b0000_0011),
    (2, "ox/red", 0b0000_0100),
    (3, "error", 0b0000_1000),
    (21, "control changes", 0b0001_0000),
    (31, "Ns changes", 0b0010_0000),
    (65, "counter inc.", 0b1000_0000),
];

const VALUES: &[(u16, &str, Width)] = {
    use Width::{F32, F64, U8, U16, U32};
    &[
        (4, "time/s", F64),
        (5, "control/V/mA", F32),
        (6, "Ewe/V", F32),
        (7, "dq/mA.h", F64),
        (8, "I/mA", F32),
        (9, "Ece/V", F32),
        (11, "<I>/mA", F64),
        (13, "(Q-Qo)/mA.h", F64),
        (16, "Analog IN 1/V", F32),
        (17, "Analog IN 2/V", F32),
        (19, "control/V", F32),
        (20, "control/mA", F32),
        (23, "dQ/mA.h", F64),
        (24, "cycle number", F64),
        (26, "Rapp/Ohm", F32),
        (27, "Ewe-Ece/V", F32),
        (32, "freq/Hz", F32),
        (33, "|Ewe|/V", F32),
        (34, "|I|/A", F32),
        (35, "Phase(Z)/deg", F32),
        (36, "|Z|/Ohm", F32),
        (37, "Re(Z)/Ohm", F32),
        (38, "-Im(Z)/Ohm", F32),
        (39, "I Range", U16),
        (69, "R/Ohm", F32),
        (70, "P/W", F32),
        (74, "|Energy|/W.h", F64),
        (75, "Analog OUT/V", F32),
        (76, "<I>/mA", F32),
        (77, "<Ewe>/V", F32),
        (78, "Cs-2/µF-2", F32),
        (96, "|Ece|/V", F32),
        (98, "Phase(Zce)/deg", F32),
        (99, "|Zce|/Ohm", F32),
        (100, "Re(Zce)/Ohm", F32),
        (101, "-Im(Zce)/Ohm", F32),
        (123, "Energy charge/W.h", F64),
        (124, "Energy discharge/W.h", F64),
        (125, "Capacitance charge/µF", F64),
        (126, "Capacitance discharge/µF", F64),
        (131, "Ns", U16),
        (163, "|Estack|/V", F32),
        (168, "Rcmp/Ohm", F32),
        (169, "Cs/µF", F32),
        (172, "Cp/µF", F32),
        (173, "Cp-2/µF-2", F32),
        (174, "<Ewe>/V", F32),
        (422, "Phase(Zstack)/deg", F32),
        (423, "|Zstack|/Ohm", F32),
        (424, "Re(Zstack)/Ohm", F32),
        (425, "-Im(Zstack)/Ohm", F32),
        (426, "<Estack>/V", F32),
        (430, "Phase(Zwe-ce)/deg", F32),
        (431, "|Zwe-ce|/Ohm", F32),
        (432, "Re(Zwe-ce)/Ohm", F32),
        (433, "-Im(Zwe-ce)/Ohm", F32),
        (434, "(Q-Qo)/C", F32),
        (435, "dQ/C", F32),
        (438, "step time/s", F64),
        (441, "<Ece>/V", F32),
        (462, "Temperature/°C", F32),
        (467, "Q charge/discharge/mA.h", F64),
        (468, "half cycle", U32),
        (469, "z cycle", U32),
        (471, "<Ece>/V", F32),
        (473, "THD Ewe/%", F32),
        (474, "THD I/%", F32),
        (475, "THD Ece/%", F32),
        (476, "NSD Ewe/%", F32),
        (477, "NSD I/%", F32),
        (478, "NSD Ece/%", F32),
        (479, "NSR Ewe/%", F32),
        (480, "NSR I/%", F32),
        (481, "NSR Ece/%", F32),
        (486, "|Ewe h2|/V", F32),
        (487, "|Ewe h3|/V", F32),
        (488, "|Ewe h4|/V", F32),
        (489, "|Ewe h5|/V", F32),
        (490, "|Ewe h6|/V", F32),
        (491, "|Ewe h7|/V", F32),
        (492, "|I h2|/A", F32),
        (493, "|I h3|/A", F32),
        (494, "|I h4|/A", F32),
        (495, "|I h5|/A", F32),
        (496, "|I h6|/A", F32),
        (497, "|I h7|/A", F32),
        (503, "|Ece h7|/V", F32),
        (505, "Rdc/Ohm", F32),
        (509, "Acir/Dcir Control", U8),
    ]
};

/// Harmonics of the counter electrode in EC-Lab, charges and efficiency in BT-Lab.
const EITHER: &[(u16, [(&str, Width); 2])] = &[
    (498, [("|Ece h2|/V", Width::F32), ("Q charge/mA.h", Width::F64)]),
    (499, [("|Ece h3|/V", Width::F32), ("Q discharge/mA.h", Width::F64)]),
    (500, [("|Ece h4|/V", Width::F32), ("step time/s", Width::F64)]),
    (501, [("|Ece h5|/V", Width::F32), ("Efficiency/%", Width::F64)]),
    (502, [("|Ece h6|/V", Width::F32), ("Capacity/mA.h", Width::F64)]),
];

/// The meaning of a column number.
///
/// A stack has up to 30 cells: numbers 241 to 420 are six quantities of 30 columns each. Cells 1 and 2 are
/// attested; the others follow from the spacing.
pub(crate) fn meaning(id: u16) -> Meaning {
    if let Some((_, header, mask)) = FLAGS.iter().find(|flag| flag.0 == id) {
        return Meaning::Flag { header, mask: *mask };
    }
    if let Ok(place) = VALUES.binary_search_by_key(&id, |value| value.0) {
        let (_, header, width) = VALUES[place];
        return Meaning::Value { header: Cow::Borrowed(header), width };
    }
    if let Some((_, either)) = EITHER.iter().find(|either| either.0 == id) {
        return Meaning::Either(*either);
    }
    let header = match id {
        241..=270 => format!("|E{}|/V", id - 240),
        271..=300 => format!("Phase(Z{})/deg", id - 270),
        301..=330 => format!("|Z{}|/Ohm", id - 300),
        331..=360 => format!("Re(Z{})/Ohm", id - 330),
        361..=390 => format!("-Im(Z{})/Ohm", id - 360),
        391..=420 => format!("<E{}>/V", id - 390),
        _ => return Meaning::Unknown,
    };
    Meaning::Value { header: Cow::Owned(header), width: Width::F32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_order_so_that_they_can_be_found() {
        assert!(VALUES.is_sorted_by(|one, next| one.0 < next.0));
        let named = |id| match meaning(id) {
            Meaning::Value { header, width } => (header.into_owned(), width),
            other => panic!("{id}: {other:?}"),
        };
        for (id, header, width) in VALUES {
            assert_eq!(named(*id), ((*header).to_owned(), *width));
        }
        assert_eq!(named(302), ("|Z2|/Ohm".to_owned(), Width::F32));
        assert_eq!(meaning(22), Meaning::Unknown);
    }
}
