//! Formats of diffraction that are known but not read.

use super::sign::Sign::{Bytes, Container, Text};
use super::sign::Signature;

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Bytes(0, b"RAW_1.0"),
        "a STOE RAW diffraction pattern",
        "in WinXPOW, export the pattern as text with two columns, and state its format as `xrd_xy`",
    ),
    (
        Text(r"\A;RAW4\.00\s*\n"),
        "a Bruker diffraction pattern as text (.txt)",
        "use the .raw that it was converted from, or convert that to .uxd",
    ),
    (
        Text(r"\ASIETRONICS XRD SCAN"),
        "a Sietronics diffraction pattern (.cpi)",
        "convert it to .uxd or .xy with the program that wrote it",
    ),
    (
        Container("Data0/MesurementConditions0.xml"),
        "a Rigaku SmartLab measurement with an image and no profile (.rasx)",
        "in SmartLab Studio, integrate the image to a profile and save that",
    ),
];
