//! Formats of diffraction that are known but not read.

use super::Sign::{Bytes, Text};
use super::{ONLY_IMPEDANCE, Signature};

pub(super) const SIGNATURES: &[Signature] = &[
    (Bytes(0, b"RAW1.01"), "a Bruker RAW 1.01 diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW4.00"), "a Bruker RAW 4 diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW_1.06"), "a STOE RAW diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW2"), "a Bruker RAW 2 diffraction pattern", ONLY_IMPEDANCE),
    (Bytes(0, b"RAW "), "a Bruker RAW 1 diffraction pattern", ONLY_IMPEDANCE),
    (Text(r"(?m)^_FILEVERSION\s*="), "a Bruker diffraction pattern (.uxd)", ONLY_IMPEDANCE),
    (Text(r"\ASampleIdent,"), "a Philips diffraction pattern (.udf)", ONLY_IMPEDANCE),
    (Text(r"\AV[35]RD"), "a Philips diffraction pattern (.rd)", ONLY_IMPEDANCE),
    (Text(r#"\A'Id: ""#), "a Bruker EVA diffraction pattern (.xy)", ONLY_IMPEDANCE),
    (Text(r"(?m)^data_\S+(?s:.*)^_[a-z]+_"), "a crystallographic information file (.cif)", ONLY_IMPEDANCE),
    (Text(r"\A#-+\r?\n#\$Date"), "a crystallographic information file (.cif)", ONLY_IMPEDANCE),
];
