//! Formats of photoelectron spectroscopy that are known but not read.

use super::Sign::Text;
use super::{ONLY_IMPEDANCE, Signature};

pub(super) const SIGNATURES: &[Signature] = &[
    (Text(r"\A\s*VAMAS Surface Chemical Analysis"), "a VAMAS (ISO 14976) photoelectron spectrum", ONLY_IMPEDANCE),
    (Text(r"\ASOFH\s"), "a PHI MultiPak photoelectron spectrum (.spe, .pro)", ONLY_IMPEDANCE),
    (Text(r"\A\s*#? ?Created by:\s+SpecsLab"), "a SPECS photoelectron spectrum (.xy)", ONLY_IMPEDANCE),
    (Text(r"CORBA XML document created by XMLSerializer"), "a SPECS photoelectron spectrum (XML)", ONLY_IMPEDANCE),
    (Text(r"\A\[Info\]\s*\nNumber of Regions="), "a Scienta photoelectron spectrum (text)", ONLY_IMPEDANCE),
    (Text(r"\ACycle \d+:[^\n]*\n\s*Characteristic Energy"), "a CasaXPS text export", ONLY_IMPEDANCE),
    (
        Text(r"(?m)\A[^\n]*\n(?:\s*\n)?Name\tPosition\tFWHM\tRaw Area"),
        "a CasaXPS quantification report",
        ONLY_IMPEDANCE,
    ),
    (Text(r"\A(?:BE|KE)/eV,"), "a photoelectron spectrum (CSV)", ONLY_IMPEDANCE),
];
