//! Formats of photoelectron spectroscopy that are known but not read.

use super::sign::Sign::{Bytes, Text};
use super::sign::Signature;

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Bytes(0, b"SQLite format 3\0"),
        "an SQLite database, as SPECS Prodigy's .sle is",
        "in Prodigy, export the spectra as .xy or as VAMAS (.vms); from another program, export the table as text",
    ),
    (
        Bytes(4098, b"\x55\x55"),
        "a Princeton Instruments WinSpec file (.spe): an optical spectrum, not one of a PHI spectrometer",
        "if it is a spectrum that aldb reads, export it as text with WinSpec",
    ),
    (
        Text(r"(?m)\A[^\n]*\n(?:\s*\n)?Name\tPosition\tFWHM\tRaw Area"),
        "a CasaXPS quantification report",
        "it has results and no spectrum: ask for the .vms, or export the spectra as text in CasaXPS",
    ),
    (
        Text(r"(?m)^\$SPACEAXES\s*="),
        "a Thermo Avantage spectrum (.avg)",
        "in Avantage, export the spectra to Excel (.xlsx) or as VAMAS (.vms)",
    ),
    (
        Text(r"\AIGOR\r?\n"),
        "an Igor text file (.itx), as SPECS Prodigy writes ARPES maps",
        "no table takes an intensity over angle and energy: in Prodigy, export the spectra as .xy or as VAMAS (.vms)",
    ),
];
