//! Formats of ellipsometry that are known but not read.

use super::Sign::{Bytes, Member, Text};
use super::{ONLY_IMPEDANCE, Signature};

pub(super) const SIGNATURES: &[Signature] = &[
    (Text(r"\A[^\n]*\n(?:VASE|RT)method\["), "a Woollam ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\A\s*Point #\tZ Align|\A\s*X \(cm\)\tY \(cm\)\tMSE"), "a CompleteEASE map", ONLY_IMPEDANCE),
    (Bytes(0, b">K4\x11{'X'N8[#[?Q<"), "a CompleteEASE file (.SE)", "in CompleteEASE, save the data as text"),
    (Member(".SE"), "a CompleteEASE snapshot (.SEsnap)", "in CompleteEASE, save the data as text"),
    (Text(r"\A#(?:Lambda|ROIidx)\t"), "an Accurion ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\AFilm_Sense_"), "a Film Sense ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\A; WAVELENGTH\b"), "a Sentech SpectraRay ellipsometry file", ONLY_IMPEDANCE),
    (Text(r"\A###### File Layer="), "a Sentech SpectraRay layer model", ONLY_IMPEDANCE),
];
