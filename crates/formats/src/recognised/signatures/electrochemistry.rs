//! Formats of impedance and electrochemistry that are known but not read.

use super::sign::Sign::{Bytes, Text};
use super::sign::Signature;

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Text(r"\A(?:EC|BT)-LAB SETTING FILE"),
        "an EC-Lab settings file (.mps)",
        "it has settings and no data: ask for the .mpr beside it or the .mpt exported from that",
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
    (
        Text(r"\A# PRIME INSTRUMENT FILE"),
        "a PRIME cycling file, whose columns state no units",
        "describe it in a manifest that states the units (`ingest/<format>/instrument.toml`), or save its rows as CSV below \
         a header such as `time (s),current (mA),voltage (V)`",
    ),
    (
        Text(r"\A% Moku[^\n]*Frequency Response Analyzer"),
        "gain and phase of a Moku frequency response analyser",
        "it has voltages and their ratio, no impedance: compute Z from the ratio and the shunt, and save frequency, Re(Z) and \
         Im(Z) below a header such as `Frequency (Hz),Z' (Ohm),Z'' (Ohm)`",
    ),
    (
        Text(r"\A[^\n,]*,?Frequency in Hz,Gain in dB,Phase in "),
        "gain and phase of a Rohde & Schwarz oscilloscope (Bode plot)",
        "it has the ratio of two voltages, no impedance: compute Z from the ratio and the shunt, and save frequency, Re(Z) and \
         Im(Z) below a header such as `Frequency (Hz),Z' (Ohm),Z'' (Ohm)`",
    ),
];
