//! Formats of ellipsometry that are known but not read.

use super::sign::Sign::{Bytes, Member, Text};
use super::sign::Signature;

const SAVE_AS_TEXT: &str = "in CompleteEASE, save the data as text";

pub(super) const SIGNATURES: &[Signature] = &[
    // Byte 3 differs between files.
    (Bytes(4, b"{'X'N8[#[?Q<"), "a CompleteEASE file (.SE)", SAVE_AS_TEXT),
    (Member(".SE"), "a CompleteEASE snapshot (.SEsnap)", SAVE_AS_TEXT),
    (
        Text(r"\A[^\n]*\n\d+\r?\n0\t'[^'\n]*'\t"),
        "a WVASE model (.mod)",
        "it has layers and no data: save the optical constants (.mat) and the data (.dat) instead",
    ),
    (
        Text(r"\ASnapshot\r?\n[^\n]*\n\s*start_Model Version|\A\s*(?:ALPHA_MULTILAYER\s+)?start_Model Version"),
        "a CompleteEASE model (.mod)",
        "it has layers and no data: in CompleteEASE, save the data and the fit's parameters as text",
    ),
    (
        Text(r"\AFilm_Sense_(?:[^D]|D[^y])"),
        "a Film Sense file other than dynamic data",
        "save the measurement as dynamic data, or download its statistics as text",
    ),
    (
        Text(r"\A\s*Program started\.\r?\nLIA initialized\."),
        "a log of a quartz microbalance with a lock-in amplifier",
        "no table stores microbalance data: keep the file beside the run",
    ),
    (
        Text(r"\A#\s*Beaglehole Instruments"),
        "a Beaglehole ellipsometer file of x and y",
        "x and y do not tell Psi from 90° − Psi, and the file does not state the sign of Delta: export Psi and Delta, below a header \
         such as `Wavelength (nm),Angle of incidence,Psi,Delta`",
    ),
    (
        Text(r"(?i)\A#lambda\t[^\n]*\n#[^\n]*\n[^\n]*\.png\b"),
        "an Accurion table of images (.ds.dat)",
        "its Psi and Delta are images beside it: export the values of a region of interest as a table",
    ),
    (
        Text(r"\A[^\n]*\n(?:GENOSC|CAUCHY|SELLMEIER|BSPLINE|EMA)\r?\n"),
        "optical constants of a model (.mat), as parameters of oscillators",
        "it has parameters and no table: in CompleteEASE or WVASE, save n and k against wavelength as text",
    ),
];
