//! Computes what follows from what a file states: a binding energy from a kinetic one, a count rate from counts; and supplies,
//! from whoever knows it, what a file does not state.
//!
//! Readers give columns and settings as they are in the file. What follows from them is computed here, in one place
//! and the same for every format, and only where every quantity that it takes is stated: nothing is guessed.

use std::collections::BTreeMap;

use aldb_elements::constants::HC_EV_NM;

use crate::{Column, Measurement, Technique, Value, Values};

/// The metadata's value where a file does not state what a reader needs to know.
pub const NOT_STATED: &str = "not stated";

/// Adds to a measurement the columns that follow from what it states.
///
/// * Photoelectrons: `energy_ev` with the metadata `energy_scale` (`kinetic` or `binding`) becomes `kinetic_energy_ev` or
///   `binding_energy_ev`; each follows from the other by `excitation_energy_ev`, E_B = hν − E_K. The spectrometer's work
///   function is not included: instruments have allowed for it.
/// * Diffraction: `scan_angle_deg` with the metadata `scan_axis` becomes `two_theta_deg`, `omega_deg`, `chi_deg` or
///   `phi_deg`.
/// * Both: `intensity` with the metadata `intensity_unit` (`counts` or `counts/s`) becomes `counts` or `count_rate_per_s`;
///   the latter from the former by `counting_time_s` (of all scans together).
/// * Impedance: real and imaginary part follow from modulus and phase.
/// * Ellipsometry: `wavelength_nm` follows from `photon_energy_ev`; the metadata `delta_range` states the range of Delta.
pub(crate) fn complete(measurement: &mut Measurement) {
    match measurement.technique {
        Technique::PhotoelectronSpectroscopy => {
            energies(measurement);
            intensities(measurement);
        }
        Technique::XRayDiffraction => {
            angles(measurement);
            intensities(measurement);
        }
        Technique::ImpedanceSpectroscopy => impedance(measurement),
        Technique::SpectroscopicEllipsometry => {
            wavelengths(measurement);
            crate::ellipsometry::note_delta_range(measurement);
        }
        Technique::OpticalConstants => wavelengths(measurement),
        _ => {}
    }
}

/// Takes `stated` for what the measurement's file does not state, and adds what follows. The names of those that were
/// taken are listed in the metadata as `supplied`.
pub fn supply(measurement: &mut Measurement, stated: &BTreeMap<String, Value>) {
    let mut supplied = Vec::new();
    for (name, value) in stated {
        let is_stated = match measurement.metadata.get(name) {
            None => false,
            Some(Value::Text(text)) => text != NOT_STATED,
            Some(_) => true,
        };
        if !is_stated {
            measurement.metadata.insert(name.clone(), value.clone());
            supplied.push(name.as_str());
        }
    }
    if !supplied.is_empty() {
        measurement.metadata.insert("supplied".to_owned(), Value::Text(supplied.join(", ")));
        complete(measurement);
    }
}

/// Names of what may be supplied, and whether each is a number.
pub const SUPPLIABLE: &[(&str, bool)] = &[
    ("angle_of_incidence_deg", true),
    ("counting_time_s", true),
    ("electrode_area_cm2", true),
    ("element", false),
    ("energy_scale", false),
    ("etch_time_s", true),
    ("excitation_energy_ev", true),
    ("intensity_unit", false),
    ("mass_number", true),
    ("pass_energy_ev", true),
    ("potential_reference", false),
    ("region", false),
    ("scan_axis", false),
    ("temperature_c", true),
    ("wavelength_angstrom", true),
];

fn energies(measurement: &mut Measurement) {
    match text(measurement, "energy_scale") {
        Some("kinetic") => copy(measurement, "energy_ev", "kinetic_energy_ev"),
        Some("binding") => copy(measurement, "energy_ev", "binding_energy_ev"),
        _ => {}
    }
    if let Some(excitation) = number(measurement, "excitation_energy_ev") {
        for (from, to) in [("kinetic_energy_ev", "binding_energy_ev"), ("binding_energy_ev", "kinetic_energy_ev")] {
            compute(measurement, from, to, "eV", |energy| excitation - energy);
        }
    }
    // The scale as stored, where a file names its column outright.
    for (name, scale) in [("binding_energy_ev", "binding"), ("kinetic_energy_ev", "kinetic")] {
        if measurement.numbers("energy_ev").is_none() && measurement.numbers(name).is_some() {
            copy(measurement, name, "energy_ev");
            measurement.metadata.entry("energy_scale".to_owned()).or_insert_with(|| Value::Text(scale.to_owned()));
        }
    }
}

fn angles(measurement: &mut Measurement) {
    let name = match text(measurement, "scan_axis") {
        Some("two_theta" | "theta_two_theta") => "two_theta_deg",
        Some("omega" | "theta") => "omega_deg",
        Some("chi") => "chi_deg",
        Some("phi") => "phi_deg",
        _ => "",
    };
    if !name.is_empty() {
        copy(measurement, "scan_angle_deg", name);
    }
    if measurement.numbers("scan_angle_deg").is_none() && measurement.numbers("two_theta_deg").is_some() {
        copy(measurement, "two_theta_deg", "scan_angle_deg");
        let axis = Value::Text("two_theta".to_owned());
        measurement.metadata.entry("scan_axis".to_owned()).or_insert(axis);
    }
}

fn intensities(measurement: &mut Measurement) {
    match text(measurement, "intensity_unit") {
        Some("counts") => compute(measurement, "intensity", "counts", "1", |intensity| intensity),
        Some("counts/s") => compute(measurement, "intensity", "count_rate_per_s", "/s", |intensity| intensity),
        _ => {}
    }
    for (name, unit) in [("counts", "counts"), ("count_rate_per_s", "counts/s")] {
        if measurement.numbers("intensity").is_none() && measurement.numbers(name).is_some() {
            copy(measurement, name, "intensity");
            let unit = Value::Text(unit.to_owned());
            measurement.metadata.entry("intensity_unit".to_owned()).or_insert(unit);
        }
    }
    let time = number(measurement, "counting_time_s").filter(|time| *time > 0.0);
    if let Some(time) = time {
        compute(measurement, "counts", "count_rate_per_s", "/s", |counts| counts / time);
    }
}

/// Adds real and imaginary part where there are only modulus and phase.
fn impedance(measurement: &mut Measurement) {
    if measurement.numbers("z_re_ohm").is_some() && measurement.numbers("z_im_ohm").is_some() {
        return;
    }
    let (Some(modulus), Some(phase)) = (measurement.numbers("z_modulus_ohm"), measurement.numbers("z_phase_deg"))
    else {
        return;
    };
    let part = |trigonometric: fn(f64) -> f64| {
        modulus.iter().zip(phase).map(|(modulus, phase)| modulus * trigonometric(phase.to_radians())).collect()
    };
    let (real, imaginary): (Vec<f64>, Vec<f64>) = (part(f64::cos), part(f64::sin));
    let from = format!("{}, {}", header(measurement, "z_modulus_ohm"), header(measurement, "z_phase_deg"));
    measurement.columns.retain(|column| !["z_re_ohm", "z_im_ohm"].contains(&column.name.as_str()));
    for (name, values) in [("z_re_ohm", real), ("z_im_ohm", imaginary)] {
        add(measurement, name, "Ohm", from.clone(), values);
    }
    let source = Value::Text("modulus and phase".to_owned());
    measurement.metadata.insert("impedance_computed_from".to_owned(), source);
}

fn wavelengths(measurement: &mut Measurement) {
    compute(measurement, "photon_energy_ev", "wavelength_nm", "nm", |energy| HC_EV_NM / energy);
}

fn text<'m>(measurement: &'m Measurement, name: &str) -> Option<&'m str> {
    match measurement.metadata.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

fn number(measurement: &Measurement, name: &str) -> Option<f64> {
    match measurement.metadata.get(name) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn header(measurement: &Measurement, name: &str) -> String {
    let column = measurement.columns.iter().find(|column| column.name == name);
    column.map_or_else(|| name.to_owned(), |column| column.header.clone())
}

/// Adds the column `to` with the values of `from`, unless it exists.
fn copy(measurement: &mut Measurement, from: &str, to: &str) {
    let unit = measurement.columns.iter().find(|column| column.name == from).and_then(|column| column.unit.clone());
    compute(measurement, from, to, unit.as_deref().unwrap_or("1"), |value| value);
}

/// Adds the column `to`, computed from `from`, unless it exists or `from` is missing.
fn compute(measurement: &mut Measurement, from: &str, to: &str, unit: &str, convert: impl Fn(f64) -> f64) {
    if measurement.columns.iter().any(|column| column.name == to) {
        return;
    }
    if let Some(values) = measurement.numbers(from) {
        let values = values.iter().map(|value| convert(*value)).collect();
        let header = header(measurement, from);
        add(measurement, to, unit, header, values);
    }
}

fn add(measurement: &mut Measurement, name: &str, unit: &str, header: String, values: Vec<f64>) {
    measurement.columns.push(Column {
        name: name.to_owned(),
        unit: Some(unit.to_owned()),
        header,
        values: Values::Number(values),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(technique: Technique, columns: &[(&str, &[f64])], metadata: &[(&str, &str)]) -> Measurement {
        let column = |(name, values): &(&str, &[f64])| Column {
            name: (*name).to_owned(),
            unit: None,
            header: (*name).to_owned(),
            values: Values::Number(values.to_vec()),
        };
        let value = |text: &str| text.parse().map_or_else(|_| Value::Text(text.to_owned()), Value::Number);
        Measurement {
            block: 0,
            technique,
            columns: columns.iter().map(column).collect(),
            metadata: metadata.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_binding_energy_follows_from_a_kinetic_one_without_the_work_function() {
        let stated = [("energy_scale", "kinetic"), ("excitation_energy_ev", "1486.5"), ("work_function_ev", "4.5")];
        let mut spectrum = measurement(
            Technique::PhotoelectronSpectroscopy,
            &[("energy_ev", &[1000.0]), ("intensity", &[7.0])],
            &stated,
        );
        complete(&mut spectrum);
        assert_eq!(spectrum.numbers("binding_energy_ev"), Some(&[486.5][..]));
        assert_eq!(spectrum.numbers("counts"), None);
    }

    #[test]
    fn missing_settings_are_supplied_and_stated_ones_are_kept() {
        let mut spectrum = measurement(
            Technique::PhotoelectronSpectroscopy,
            &[("energy_ev", &[284.8]), ("intensity", &[7.0])],
            &[("energy_scale", NOT_STATED), ("intensity_unit", "counts"), ("counting_time_s", "2")],
        );
        complete(&mut spectrum);
        assert_eq!(spectrum.numbers("binding_energy_ev"), None);
        let known = [("energy_scale", "binding"), ("intensity_unit", "counts/s")];
        let known = known.map(|(name, text)| (name.to_owned(), Value::Text(text.to_owned())));
        supply(&mut spectrum, &BTreeMap::from(known));
        assert_eq!(spectrum.numbers("binding_energy_ev"), Some(&[284.8][..]));
        assert_eq!(spectrum.numbers("count_rate_per_s"), Some(&[3.5][..]));
        assert_eq!(spectrum.metadata["supplied"], Value::Text("energy_scale".to_owned()));
    }

    #[test]
    fn a_named_angle_is_also_the_scanned_one() {
        let columns: [(&str, &[f64]); 2] = [("two_theta_deg", &[10.0, 20.0]), ("counts", &[1.0, 2.0])];
        let mut pattern = measurement(Technique::XRayDiffraction, &columns, &[]);
        complete(&mut pattern);
        assert_eq!(pattern.numbers("scan_angle_deg"), Some(&[10.0, 20.0][..]));
        assert_eq!(pattern.numbers("intensity"), Some(&[1.0, 2.0][..]));
        assert_eq!(pattern.metadata["scan_axis"], Value::Text("two_theta".to_owned()));
    }

    #[test]
    fn impedance_follows_from_modulus_and_phase() {
        let columns: [(&str, &[f64]); 3] =
            [("frequency_hz", &[1.0]), ("z_modulus_ohm", &[2.0]), ("z_phase_deg", &[-90.0])];
        let mut spectrum = measurement(Technique::ImpedanceSpectroscopy, &columns, &[]);
        complete(&mut spectrum);
        assert_eq!(spectrum.numbers("z_im_ohm"), Some(&[-2.0][..]));
    }
}
