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
    /// The method in vendor-independent words: the metadata `method` of a record.
    pub method: &'static str,
    /// Whether it records impedance, always or (Modulo Bat) where it was set to.
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

/// Numbers of a `.mpr`'s settings module (empty: not seen), code, title, method, whether it records impedance.
const TECHNIQUES: &[(&[u8], EcLabTechnique)] = &[
    (&[0x1d], always("PEIS", "Potentio Electrochemical Impedance Spectroscopy", "impedance_spectroscopy")),
    (&[0x1e], always("GEIS", "Galvano Electrochemical Impedance Spectroscopy", "impedance_spectroscopy")),
    (&[], always("SPEIS", "Staircase Potentio Electrochemical Impedance Spectroscopy", "impedance_spectroscopy")),
    (&[], always("SGEIS", "Staircase Galvano Electrochemical Impedance Spectroscopy", "impedance_spectroscopy")),
    (&[], always("PEISW", "Potentio Electrochemical Impedance Spectroscopy Wait", "impedance_spectroscopy")),
    (&[0x32], always("ZIR", "IR compensation (PEIS)", "impedance_spectroscopy")),
    (&[0x7f], sometimes("MB", "Modulo Bat", "modulo_bat")),
    (&[0x04, 0x77], sometimes("GCPL", "Galvanostatic Cycling with Potential Limitation", "galvanostatic_cycling")),
    (&[], sometimes("GCPL2", "Galvanostatic Cycling with Potential Limitation 2", "galvanostatic_cycling")),
    (&[], sometimes("GCPL3", "Galvanostatic Cycling with Potential Limitation 3", "galvanostatic_cycling")),
    (&[], sometimes("GCPL4", "Galvanostatic Cycling with Potential Limitation 4", "galvanostatic_cycling")),
    (&[], sometimes("GCPL5", "Galvanostatic Cycling with Potential Limitation 5", "galvanostatic_cycling")),
    (&[], sometimes("GCPL6", "Galvanostatic Cycling with Potential Limitation 6", "galvanostatic_cycling")),
    (&[], sometimes("GCPL7", "Galvanostatic Cycling with Potential Limitation 7", "galvanostatic_cycling")),
    (&[], sometimes("SGCPL", "Special Galvanostatic Cycling with Potential Limitation", "galvanostatic_cycling")),
    (&[], sometimes("PCGA", "Potentiodynamic Cycling with Galvanostatic Acceleration", "potentiodynamic_cycling")),
    (&[0x06, 0x30], sometimes("CV", "Cyclic Voltammetry", "cyclic_voltammetry")),
    (&[0x33], sometimes("CVA", "Cyclic Voltammetry Advanced", "cyclic_voltammetry")),
    (&[0x6c], sometimes("LSV", "Linear Sweep Voltammetry", "linear_sweep_voltammetry")),
    (&[], sometimes("LP", "Linear Polarization", "linear_polarization")),
    (&[], sometimes("PR", "Polarization Resistance", "linear_polarization")),
    (&[], sometimes("GC", "Generalized Corrosion", "potentiodynamic_polarization")),
    (&[], sometimes("CPP", "Cyclic Potentiodynamic Pitting", "potentiodynamic_polarization")),
    (&[], sometimes("SWV", "Square Wave Voltammetry", "square_wave_voltammetry")),
    (&[], sometimes("DPV", "Differential Pulse Voltammetry", "differential_pulse_voltammetry")),
    (&[], sometimes("DNPV", "Differential Normal Pulse Voltammetry", "differential_normal_pulse_voltammetry")),
    (&[], sometimes("NPV", "Normal Pulse Voltammetry", "normal_pulse_voltammetry")),
    (&[], sometimes("RNPV", "Reverse Normal Pulse Voltammetry", "reverse_normal_pulse_voltammetry")),
    (&[], sometimes("DPA", "Differential Pulse Amperometry", "differential_pulse_amperometry")),
    (&[0x0b], sometimes("OCV", "Open Circuit Voltage", "open_circuit_potential")),
    (&[0x16], sometimes("MP", "Modular Potentio", "modular_potentiostatic")),
    (&[], sometimes("MG", "Modular Galvano", "modular_galvanostatic")),
    (&[0x18], sometimes("CA", "Chronoamperometry / Chronocoulometry", "chronoamperometry")),
    (&[0x19], sometimes("CP", "Chronopotentiometry", "chronopotentiometry")),
    (&[0x1c], sometimes("WAIT", "Wait", "wait")),
    (&[0x75], sometimes("CoV", "Constant Voltage", "chronoamperometry")),
    (&[0x76], sometimes("CoC", "Constant Current", "chronopotentiometry")),
    (&[], sometimes("CPW", "Constant Power", "constant_power")),
    (&[], sometimes("CLD", "Constant Load Discharge", "constant_load")),
    (&[0x88], sometimes("BCD", "Battery Capacity Determination", "battery_capacity_determination")),
    (&[], sometimes("ZRA", "Zero Resistance Ammeter", "zero_resistance_ammeter")),
    (&[], sometimes("ZVC", "Zero Voltage Current", "zero_voltage_current")),
    (&[], sometimes("IRC", "IR compensation (CI)", "current_interrupt")),
];

const fn always(code: &'static str, title: &'static str, method: &'static str) -> EcLabTechnique {
    EcLabTechnique { code, title, method, impedance: Impedance::Always }
}

const fn sometimes(code: &'static str, title: &'static str, method: &'static str) -> EcLabTechnique {
    EcLabTechnique { code, title, method, impedance: Impedance::Sometimes }
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
