//! Formats of ion beam analysis that are known but not read.

use super::Sign::Text;
use super::{ONLY_IMPEDANCE, Signature};

pub(super) const SIGNATURES: &[Signature] = &[
    (Text(r"<idf[\s>]"), "an ion beam data file (IDF or SIMNRA XML)", ONLY_IMPEDANCE),
    (Text(r"\ANDF v\d"), "an NDF result", ONLY_IMPEDANCE),
    (Text(r"\ACount: \d+\r?\nType: (?:ERD|RBS)"), "a Potku cut file", ONLY_IMPEDANCE),
    (Text(r"\A(?:ERD|RBS)\s+[A-Z][a-z]?\s+\d+\s"), "a Potku selection", ONLY_IMPEDANCE),
];
