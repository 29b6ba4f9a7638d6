//! Reads PalmSens methods: lines of `KEY=value` below comment lines, the first three of which name program, time
//! and file.

use std::collections::BTreeMap;

use crate::potentiostats::setting::{number, text};
use crate::{NOT_STATED, Technique, Value};

/// PalmSens's names of methods, and the names that all formats share.
const METHODS: &[(&str, &str)] = &[
    ("cv", "cyclic_voltammetry"),
    ("fcv", "cyclic_voltammetry"),
    ("lsv", "linear_sweep_voltammetry"),
    ("ad", "chronoamperometry"),
    ("ca", "chronoamperometry"),
    ("fam", "chronoamperometry"),
    ("pad", "pulsed_amperometric_detection"),
    ("cc", "chronocoulometry"),
    ("pot", "chronopotentiometry"),
    ("cp", "chronopotentiometry"),
    ("ocp", "open_circuit_potential"),
    ("dpv", "differential_pulse_voltammetry"),
    ("swv", "square_wave_voltammetry"),
    ("npv", "normal_pulse_voltammetry"),
    ("acv", "ac_voltammetry"),
    ("eis", "impedance_spectroscopy"),
    ("gis", "impedance_spectroscopy"),
];

/// The name that all formats share of one of PalmSens's methods (`CV`, `EIS`).
pub(super) fn name(code: &str) -> Option<&'static str> {
    METHODS.iter().find(|(own, _)| own.eq_ignore_ascii_case(code)).map(|(_, name)| *name)
}

/// Adds what a method states to the metadata.
pub(super) fn describe(method: &str, technique: Technique, metadata: &mut BTreeMap<String, Value>) {
    let mut lines = method.lines();
    if let Some(program) = lines.next().and_then(|line| line.strip_prefix('#')) {
        text(metadata, "software", &program.replace(", Version=", " "));
    }
    if let Some(file) = lines.nth(1).and_then(|line| line.strip_prefix('#')) {
        text(metadata, "method_file", file);
    }
    let settings: BTreeMap<&str, &str> =
        method.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).collect();
    let value = |key: &str| settings.get(key).map_or("", |value| value.trim());
    let code = value("METHOD_ID").to_lowercase();
    text(metadata, "technique_name", value("METHOD_ID"));
    text(metadata, "method", name(&code).unwrap_or(NOT_STATED));
    text(metadata, "comment", value("NOTES"));
    text(metadata, "reference_electrode", value("REF_ELECTRODE_NAME"));
    // 0 means that nothing was entered.
    for (key, name) in [
        ("AREA", "electrode_area_cm2"),
        ("DENSITY", "density_g_per_cm3"),
        ("T_EQUIL", "quiet_time_s"),
        ("REF_ELECTRODE_OFFSET", "reference_potential_v"),
    ] {
        number(metadata, name, value(key), |value| value != 0.0);
    }
    if technique == Technique::Electrochemistry && ["cv", "fcv", "lsv"].contains(&code.as_str()) {
        number(metadata, "scan_rate_v_per_s", value("SCAN_RATE"), |rate| rate > 0.0);
        number(metadata, "step_v", value("E_STEP"), |step| step != 0.0);
        for (key, name) in [("E_BEGIN", "potential_start_v"), ("E_END", "potential_end_v")] {
            number(metadata, name, value(key), |_| code == "lsv");
        }
        for (key, name) in
            [("E_BEGIN", "potential_start_v"), ("E_VTX1", "vertex_1_v"), ("E_VTX2", "vertex_2_v"), ("N_SCANS", "scans")]
        {
            number(metadata, name, value(key), |_| code == "cv");
        }
    }
    if technique == Technique::ImpedanceSpectroscopy {
        number(metadata, "frequency_min_hz", value("MIN_FREQ"), |frequency| frequency > 0.0);
        number(metadata, "frequency_max_hz", value("MAX_FREQ"), |frequency| frequency > 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_states_its_technique_and_settings() {
        let method = "#PSTrace, Version=5.9.1\r\n#2025-01-02 03:04:05\r\n#C:\\x.psmethod\r\nMETHOD_ID=cv\r\n\
            AREA=0.0000000E+000\r\nSCAN_RATE=5.000E-002\r\nE_VTX1=-1.000E+000\r\nOCP_VTX1=NaN\r\nNOTES=\r\n";
        let mut metadata = BTreeMap::new();
        describe(method, Technique::Electrochemistry, &mut metadata);
        let words: Vec<String> = metadata.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        assert_eq!(
            words,
            [
                r#"method Text("cyclic_voltammetry")"#,
                r#"method_file Text("C:\\x.psmethod")"#,
                r#"scan_rate_v_per_s Number(0.05)"#,
                r#"software Text("PSTrace 5.9.1")"#,
                r#"technique_name Text("cv")"#,
                r#"vertex_1_v Number(-1.0)"#,
            ]
        );
    }
}
