//! Names EC-Lab's techniques: by the number in a `.mpr` and by the title in a `.mpt`.
//!
//! Source: titles and codes from the EC-Lab manual ("Techniques and applications") and from the files in
//! `ingest/eclab_mpr/instrument.toml`; numbers from pairs of `.mpr` and `.mpt` and from the tables of yadg
//! and galvani.

/// A technique that EC-Lab can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EcLabTechnique {
    /// EC-Lab's abbreviation: `PEIS`.
    pub code: &'static str,
    /// Title, as EC-Lab writes it on line 4 of a `.mpt`.
    pub title: &'static str,
    /// Whether it records impedance, always or (Modulo Bat) where it was told to.
    pub impedance: Impedance,
}

/// Whether a technique records impedance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Impedance {
    /// A file without a frequency column is damaged.
    Always,
    /// It depends on the columns.
    Sometimes,
}

/// What to do with a file of another technique.
pub(crate) const ADVICE: &str = "only impedance is stored for now, so leave this file out of the source";

/// Numbers of a `.mpr`'s settings module (empty: not seen), code, title, whether it records impedance.
const TECHNIQUES: &[(&[u8], EcLabTechnique)] = &[
    (&[0x1d], always("PEIS", "Potentio Electrochemical Impedance Spectroscopy")),
    (&[0x1e], always("GEIS", "Galvano Electrochemical Impedance Spectroscopy")),
    (&[], always("SPEIS", "Staircase Potentio Electrochemical Impedance Spectroscopy")),
    (&[], always("SGEIS", "Staircase Galvano Electrochemical Impedance Spectroscopy")),
    (&[], always("PEISW", "Potentio Electrochemical Impedance Spectroscopy Wait")),
    (&[0x32], always("ZIR", "IR compensation (PEIS)")),
    (&[0x7f], sometimes("MB", "Modulo Bat")),
    (&[0x04, 0x77], sometimes("GCPL", "Galvanostatic Cycling with Potential Limitation")),
    (&[0x06, 0x30], sometimes("CV", "Cyclic Voltammetry")),
    (&[0x33], sometimes("CVA", "Cyclic Voltammetry Advanced")),
    (&[0x0b], sometimes("OCV", "Open Circuit Voltage")),
    (&[0x16], sometimes("MP", "Modular Potentio")),
    (&[0x18], sometimes("CA", "Chronoamperometry / Chronocoulometry")),
    (&[0x19], sometimes("CP", "Chronopotentiometry")),
    (&[0x1c], sometimes("WAIT", "Wait")),
    (&[0x6c], sometimes("LSV", "Linear Sweep Voltammetry")),
    (&[0x75], sometimes("CoV", "Constant Voltage")),
    (&[0x76], sometimes("CoC", "Constant Current")),
    (&[0x88], sometimes("BCD", "Battery Capacity Determination")),
];

const fn always(code: &'static str, title: &'static str) -> EcLabTechnique {
    EcLabTechnique { code, title, impedance: Impedance::Always }
}

const fn sometimes(code: &'static str, title: &'static str) -> EcLabTechnique {
    EcLabTechnique { code, title, impedance: Impedance::Sometimes }
}

/// The technique with this number in a `.mpr`.
pub(crate) fn by_number(number: u8) -> Option<EcLabTechnique> {
    TECHNIQUES.iter().find(|(numbers, _)| numbers.contains(&number)).map(|(_, technique)| *technique)
}

/// The technique with this title in a `.mpt`.
pub(crate) fn by_title(title: &str) -> Option<EcLabTechnique> {
    TECHNIQUES
        .iter()
        .find(|(_, technique)| technique.title.eq_ignore_ascii_case(title))
        .map(|(_, technique)| *technique)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_title_name_the_same_technique() {
        assert_eq!(by_number(0x1d), by_title("Potentio Electrochemical Impedance Spectroscopy"));
        assert_eq!(by_number(0x30).unwrap().code, "CV");
        assert_eq!(by_number(0xff), None);
        assert_eq!(by_title("Knitting"), None);
    }
}
