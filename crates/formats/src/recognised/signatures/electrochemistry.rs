//! Formats of impedance and electrochemistry that are known but not read.

use super::Sign::{Bytes, Text};
use super::{EXPORT_SPECTRUM, ONLY_IMPEDANCE, Signature};

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Text(r#"(?i)\A\s*\{\s*"type"\s*:\s*"PalmSens\.DataFiles\.SessionFile"#),
        "a PalmSens session (.pssession)",
        "in PSTrace, export the impedance data as CSV",
    ),
    (
        Text(r"\A(?:EC|BT)-LAB SETTING FILE"),
        "an EC-Lab settings file (.mps)",
        "it holds settings and no data: ask for the .mpr beside it or the .mpt exported from that",
    ),
    (Bytes(0, b"\0\0\xFF\xFF\xFF\xFE\0\0"), "a Zahner Thales impedance spectrum (.ism)", EXPORT_SPECTRUM),
    (Bytes(0, b"\0\0\0\0\0\0\0\0\x3F\xF0\0\0\0\0\0\0"), "a Zahner Thales current-voltage curve (.isc)", ONLY_IMPEDANCE),
    (Text(r"(?m)^Corrosion=(?:true|false)\r?\nLevels=(?:true|false)"), "an Ivium data file (.idf)", EXPORT_SPECTRUM),
    (
        Text(r"\AVERSION\d+\.\d+\s*\n\s*\d+\s*\n\s*\d+\s*\n\s*[-+0-9.eE]+\s*\n"),
        "an Eco Chemie FRA file (.dfr)",
        EXPORT_SPECTRUM,
    ),
    (Text(r"\ACORRW ASCII"), "a Scribner CorrWare file", ONLY_IMPEDANCE),
    (
        Text(
            r"\A[A-Z][a-z]+\.? \d+, \d{4}\s+\d+:\d+:\d+\s*\n(?:Cyclic|Linear|Chrono|Differential|Square|Normal|Amperometric|Bulk|Open|Tafel|Multi|Sweep|Staircase|A\.C\. Voltam|IMP|Imp|Impedance)[^\n]*\n(?s:.*)\nInstrument Model:",
        ),
        "a CH Instruments text file of another technique than A.C. impedance",
        ONLY_IMPEDANCE,
    ),
    (
        Text(
            r#"\A"?(?:Index"?[\t;,]"?)?(?:Potential applied|Time|Corrected time|WE\(1\)\.(?:Potential|Current))[^\n]*WE\(1\)\.(?:Current|Potential)[^\n]*\n"#,
        ),
        "a Metrohm Autolab NOVA text file without a frequency",
        ONLY_IMPEDANCE,
    ),
    (
        Text(r"\A(?:NEWARE|neware)"),
        "a Neware cycling file (.nda)",
        "open it in BTSDA and export the records as CSV, or save it as .ndax",
    ),
    (
        Bytes(4, b"Standard ACE DB"),
        "a new Access database (.accdb)",
        "convert it in Access to the format of Access 2000 to 2003, or export the table with the data as CSV",
    ),
    (Text(r"\A# PRIME INSTRUMENT FILE"), "a PRIME cycling file", ONLY_IMPEDANCE),
];
