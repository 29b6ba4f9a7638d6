//! Formats of no field that are known but not read: containers that do not show what they contain.

use super::sign::Sign::{Bytes, Container};
use super::sign::Signature;

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Container("xl/workbook.xml"),
        "a spreadsheet (.xlsx) without a sheet that names the columns of a measurement",
        "name the columns in its header, with units, as `Frequency (Hz)` for impedance, `Binding Energy (eV)` for photoelectrons or `Potential (V)` for electrochemistry, or save the sheet as CSV",
    ),
    (
        Bytes(0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
        "an old Office document (.xls, .doc)",
        "save the sheet of the spectrum as CSV",
    ),
    (Bytes(0, b"SQLite format 3\0"), "an SQLite database", "in the program that wrote it, export the data as text"),
    (Bytes(0, b"%PDF-"), "a PDF document", "ask for the data file itself"),
    (
        Bytes(4098, b"\x55\x55"),
        "a Princeton Instruments WinSpec file (.spe)",
        "in WinSpec, save the spectrum as ASCII text",
    ),
];
