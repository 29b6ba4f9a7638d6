//! Signals over one axis in groups of the class `NXdata`: photoelectrons over energy, diffracted X-rays over angle.
//!
//! The group names its `signal` and its `axes`. A photoelectron's energy has the attribute `type` (`binding` or `kinetic`), or the axis that name.

use std::collections::BTreeMap;

use super::tree::{Branch, Field};
use super::{Notes, column, measurement, quantity, unit};
use crate::number::rounded;
use crate::unit::Quantity;
use crate::{Measurement, NOT_STATED, Place, ReadError, Technique, Value};

/// Reads an entry: of the groups `NXdata` in it the default one, else the first that can be read.
pub(super) fn read(entry: &Branch, technique: Technique, notes: &mut Notes) -> Result<Vec<Measurement>, ReadError> {
    let mut groups: Vec<&Branch> = entry.groups.iter().filter(|group| group.is_class("NXdata")).collect();
    let default = entry.attribute("default").into_iter().next().unwrap_or_default();
    groups.sort_by_key(|group| (group.name() != default, group.name() != "data"));
    let mut found = "no group `NXdata`".to_owned();
    for group in groups {
        match signal(group, technique) {
            Ok((signal, axis)) => return scan(entry, group, technique, signal, axis, notes).map(|scan| vec![scan]),
            Err(reason) => found = format!("`{}` with {reason}", group.path),
        }
    }
    Err(ReadError::ColumnMissing { place: Place::Offset(0), expected: technique.needs_in_words().to_owned(), found })
}

/// What an axis is, by its name and unit.
struct Axis<'b> {
    field: &'b Field,
    /// The value of `energy_scale` or `scan_axis`.
    scale: &'static str,
    factor: f64,
}

/// The signal and axis of a group, or what it has instead.
fn signal(group: &Branch, technique: Technique) -> Result<(&Field, Axis<'_>), String> {
    let named = group.attribute("signal").into_iter().next();
    // Before 2016, an attribute of the field named the signal.
    let by_field = || group.fields.iter().find(|field| field.attribute("signal") == "1");
    let usual = || ["data", "intensity", "counts"].into_iter().find_map(|name| group.field(name));
    let signal = named.and_then(|name| group.field(&name)).or_else(by_field).or_else(usual).ok_or("no signal")?;
    let shape = signal.shape();
    let [length] = shape.as_slice() else { return Err(format!("a signal of the dimensions {shape:?}")) };
    let named = group.attribute("axes");
    let axes = named.iter().filter_map(|name| group.field(name)).chain(&group.fields);
    let fitting =
        |field: &&Field| field.shape() == [*length] && field.address() != signal.address() && field.is_numeric();
    let axis = axes.filter(fitting).find_map(|field| axis(field, technique));
    axis.map(|axis| (signal, axis)).ok_or_else(|| format!("no axis of {} with a known unit", technique_axis(technique)))
}

fn technique_axis(technique: Technique) -> &'static str {
    if technique == Technique::PhotoelectronSpectroscopy { "energy" } else { "an angle" }
}

fn axis(field: &Field, technique: Technique) -> Option<Axis<'_>> {
    let name: String = field.name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let unit = unit(&field.units())?;
    let kind = field.attribute("type").to_lowercase();
    let scale = match (technique, unit.quantity) {
        (Technique::PhotoelectronSpectroscopy, Quantity::Energy) => {
            let is = |words: &str| kind.contains(words) || name.contains(words);
            match (is("binding") || name == "be", is("kinetic") || name == "ke") {
                (true, false) => "binding",
                (false, true) => "kinetic",
                _ => NOT_STATED,
            }
        }
        // In NXmonopd and others, the polar angle is that of the detector to the beam.
        (Technique::XRayDiffraction, Quantity::Angle) => match name.as_str() {
            "twotheta" | "2theta" | "tth" | "ttheta" | "polarangle" => "two_theta",
            "omega" | "theta" => "omega",
            "chi" => "chi",
            "phi" => "phi",
            _ => return None,
        },
        _ => return None,
    };
    Some(Axis { field, scale, factor: unit.factor })
}

/// The measurement of a signal.
fn scan(
    entry: &Branch,
    group: &Branch,
    technique: Technique,
    signal: &Field,
    axis: Axis<'_>,
    notes: &mut Notes,
) -> Result<Measurement, ReadError> {
    let abscissas = notes.take(axis.field)?;
    let intensities = notes.take(signal)?;
    notes.columns.extend([abscissas.clone(), intensities.clone()]);
    let abscissas = abscissas.into_iter().map(|value| value * axis.factor).collect();
    let mut metadata = BTreeMap::new();
    let mut text = |name: &str, words: &str| metadata.insert(name.to_owned(), Value::Text(words.to_owned()));
    let intensity_unit = match unit(&signal.units()).map(|unit| unit.quantity) {
        Some(Quantity::Number) => "counts",
        Some(Quantity::Rate) => "counts/s",
        _ => NOT_STATED,
    };
    text("intensity_unit", intensity_unit);
    let is_photoelectrons = technique == Technique::PhotoelectronSpectroscopy;
    let (name, base) = if is_photoelectrons { ("energy_ev", "eV") } else { ("scan_angle_deg", "deg") };
    text(if is_photoelectrons { "energy_scale" } else { "scan_axis" }, axis.scale);
    if is_photoelectrons {
        // Entries are named after sample and region: `Au_in_vacuum__Au4f`.
        text("region", entry.name().rsplit_once("__").map_or(entry.name(), |(_, region)| region));
        photoelectron_settings(entry, &mut metadata);
    } else {
        diffraction_settings(entry, &mut metadata);
    }
    let mut columns = vec![
        column(name, Some(base), &axis.field.path, abscissas),
        column("intensity", None, &signal.path, intensities),
    ];
    // Other angles of each point.
    if !is_photoelectrons {
        for field in &group.fields {
            let Some(other) = self::axis(field, technique).filter(|other| other.scale != axis.scale) else {
                continue;
            };
            if field.shape() == signal.shape() {
                let values = notes.take(field)?;
                notes.columns.push(values.clone());
                let values = values.into_iter().map(|value| value * other.factor).collect();
                columns.push(column(&format!("{}_deg", other.scale), Some("deg"), &field.path, values));
            }
        }
    }
    Ok(measurement(technique, columns, metadata))
}

/// A number with a unit at one of these paths.
fn number(entry: &Branch, of: Quantity, paths: &[&str]) -> Option<f64> {
    paths.iter().find_map(|path| quantity(entry.field(path), of))
}

/// Adds a setting that is above 0 wherever it was entered.
fn positive(metadata: &mut BTreeMap<String, Value>, name: &str, value: Option<f64>) {
    if let Some(value) = value.filter(|value| *value > 0.0) {
        metadata.insert(name.to_owned(), Value::Number(value));
    }
}

fn photoelectron_settings(entry: &Branch, metadata: &mut BTreeMap<String, Value>) {
    let mut add = |name: &str, value: Option<f64>| positive(metadata, name, value);
    let analyser = |of: Quantity, path: &str| {
        let spellings = ["analyser", "analyzer"].map(|spelling| format!("instrument/electron{spelling}/{path}"));
        number(entry, of, &spellings.each_ref().map(String::as_str))
    };
    let beams = [
        "instrument/beam_xray/incident_energy",
        "instrument/beam_probe/incident_energy",
        "instrument/beam/incident_energy",
    ];
    add("excitation_energy_ev", number(entry, Quantity::Energy, &beams));
    add("pass_energy_ev", analyser(Quantity::Energy, "energydispersion/pass_energy"));
    add("work_function_ev", analyser(Quantity::Energy, "work_function"));
    // The time of a point in one scan.
    add("dwell_time_s", analyser(Quantity::Time, "detector/count_time"));
}

fn diffraction_settings(entry: &Branch, metadata: &mut BTreeMap<String, Value>) {
    let mut add = |name: &str, value: Option<f64>| positive(metadata, name, value);
    let angstrom = |path: &str| number(entry, Quantity::Length, &[path]).map(|metres| rounded(metres * 1e10, 10));
    for path in
        ["instrument/crystal/wavelength", "instrument/monochromator/wavelength", "instrument/beam/incident_wavelength"]
    {
        add("wavelength_angstrom", angstrom(path));
    }
    add("wavelength_k_alpha_1_angstrom", angstrom("instrument/source/k_alpha_one"));
    add("wavelength_k_alpha_2_angstrom", angstrom("instrument/source/k_alpha_two"));
    add("wavelength_k_beta_angstrom", angstrom("instrument/source/kbeta"));
    add("counting_time_s", number(entry, Quantity::Time, &["experiment_config/count_time"]));
    let ratio = entry.field("instrument/source/ratio_k_alphatwo_k_alphaone").and_then(Field::number);
    add("k_alpha_ratio", ratio);
    if let Some(anode) = entry.text("instrument/source/xray_tube_material") {
        metadata.insert("anode".to_owned(), Value::Text(anode));
    }
}
