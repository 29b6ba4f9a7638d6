//! Formats of ion beam analysis that are known but not read.

use super::sign::Sign::Text;
use super::sign::Signature;

pub(super) const SIGNATURES: &[Signature] = &[
    (
        Text(r"\A(?:ERD|RBS)\s+[A-Z][a-z]?\s+(?:\d+\s+)?[\d.]+\s.*#[0-9a-fA-F]{6}\s"),
        "a Potku selection (.sel)",
        "it has the selection polygons of elements and no data: import the list mode (.asc), the cuts (.cut) or the depth \
         profiles (depth.Li, …) beside it",
    ),
    (
        Text(r"(?m)^\[measuring_unit\]\s*$"),
        "Potku's settings of a measurement (.ini)",
        "it has settings and no data: import the cuts (.cut) or the depth profiles (depth.Li, …) beside it; beam and \
         angles can be stated in the source's settings",
    ),
    // The widths that MCERD writes, for energies below 10 MeV.
    (
        Text(r"\A(?: {5}\d\.\d{3} (?: {5}\d| {4}\d{2}| {3}\d{3}| {2}\d{4}| \d{5})\.\d{3}\r?\n){8}"),
        "a spectrum simulated by MCERD (.simu), by its layout",
        "it is not a measurement: import the measured spectrum (.hist) beside it; if it is something else, describe it in a \
         manifest",
    ),
    (
        Text(r"\A\s*IMS CAMECA\r?\n"),
        "a depth profile of secondary ions (CAMECA .dp_ascii)",
        "no table takes count rates of secondary ions: keep the file beside the sample; contents calibrated with a standard can be \
         saved as a table of depth, element and content",
    ),
];
