//! Formats of impedance and electrochemistry that are known but not read.

use super::Sign::{Bytes, Member, Text};
use super::{ONLY_IMPEDANCE, Signature};

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Text(r"\A(?:EC|BT)-LAB SETTING FILE"),
        "an EC-Lab settings file (.mps)",
        "it holds settings and no data: ask for the .mpr beside it or the .mpt exported from that",
    ),
    (Text(r"(?m)^Tester:?\s+Maccor|\AToday's Date\b"), "a Maccor cycling file", ONLY_IMPEDANCE),
    (Text(r"\ADataPoint,Cycle Index,Step Index,Step Type"), "a Neware cycling file (CSV)", ONLY_IMPEDANCE),
    (Member(".ndc"), "a Neware cycling file (.ndax)", ONLY_IMPEDANCE),
    (Text(r"\A(?:NEWARE|neware)"), "a Neware cycling file (.nda)", ONLY_IMPEDANCE),
    (Text(r"\ATest_ID,Test_Time,Step_Time"), "an Arbin cycling file (CSV)", ONLY_IMPEDANCE),
    (Bytes(4, b"Standard Jet DB"), "an Access database (Arbin .res)", ONLY_IMPEDANCE),
    (Text(r"\ARequest Year:,"), "a PEC cycling file (CSV)", ONLY_IMPEDANCE),
    (Text(r"\A# PRIME INSTRUMENT FILE"), "a PRIME cycling file", ONLY_IMPEDANCE),
];
