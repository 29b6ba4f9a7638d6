//! What the variables of a JCAMP-DX table are, by the technique and the words in which their units are stated.
//!
//! The standard has no unit for an angle or a potential: programs write `2Theta`, `DEGREES 2-THETA`, `Voltage in V`, `V vs Ref`.

use super::table::Variable;
use crate::column::{Heading, interpret_for};
use crate::unit::{Quantity, Unit};
use crate::{NOT_STATED, Technique};

/// The technique of a `##DATA TYPE=`, if a table holds its measurements.
pub(super) fn technique(data_type: &str) -> Option<Technique> {
    let words = folded(data_type);
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if words.ends_with("peaktable") || words.ends_with("peakassignments") {
        None
    } else if has(&["diffract", "xrd", "powderpattern"]) {
        Some(Technique::XRayDiffraction)
    } else if has(&["voltamm", "amperom", "potentiom"]) {
        Some(Technique::Electrochemistry)
    } else if has(&["photoelectron", "xps"]) || words == "esca" {
        Some(Technique::PhotoelectronSpectroscopy)
    } else if has(&["impedance"]) {
        Some(Technique::ImpedanceSpectroscopy)
    } else {
        None
    }
}

/// The metadata `method` of an electrochemical data type.
pub(super) fn method(data_type: &str) -> String {
    match folded(data_type).as_str() {
        "" => NOT_STATED.to_owned(),
        _ => data_type.trim().to_lowercase().split_whitespace().collect::<Vec<_>>().join("_"),
    }
}

/// A variable as a column of a reading, with the settings that follow from its words.
#[derive(Debug, PartialEq)]
pub(super) struct Meant {
    pub heading: Heading,
    /// The words in the file.
    pub header: String,
    pub settings: Vec<(&'static str, String)>,
}

/// Letters and digits, in lower case.
fn folded(words: &str) -> String {
    words
        .replace(['θ', 'ϑ', 'Θ'], "theta")
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// What a variable of a technique is; `None` where its words name no quantity of it.
pub(super) fn meant(technique: Technique, variable: &Variable, is_abscissa: bool) -> Option<Meant> {
    let header = match (variable.name.trim(), variable.units.trim()) {
        ("", units) => units.to_owned(),
        (name, "") => name.to_owned(),
        (name, units) => format!("{name} in {units}"),
    };
    let words = format!("{} {}", variable.name, variable.units);
    let (heading, settings) = match technique {
        Technique::XRayDiffraction if is_abscissa => angle(&words)?,
        Technique::PhotoelectronSpectroscopy if is_abscissa => energy(&words)?,
        Technique::XRayDiffraction | Technique::PhotoelectronSpectroscopy => intensity(&words)?,
        _ => electrical(technique, variable)?,
    };
    Some(Meant { heading, header, settings })
}

fn heading(name: &str, unit: Option<&str>, factor: f64) -> Heading {
    Heading { name: name.to_owned(), unit: unit.map(str::to_owned), factor, offset: 0.0, unit_assumed: false }
}

type Column = (Heading, Vec<(&'static str, String)>);

/// The units among words, spelled out or not.
fn units(words: &str) -> impl Iterator<Item = Unit> {
    let is_between = |c: char| c.is_whitespace() || ['(', ')', '[', ']', '{', '}', ',', '/', ':', ';'].contains(&c);
    words.split(is_between).filter(|word| !word.is_empty()).filter_map(unit)
}

/// A unit, spelled out or not, in any case where that is unambiguous: `VOLTS`, `Ampere`, `DEGREES`.
fn unit(word: &str) -> Option<Unit> {
    let lower = word.to_lowercase();
    let spelled = match lower.trim_end_matches('s') {
        "ampere" => "A",
        "milliampere" => "mA",
        "microampere" => "uA",
        "nanoampere" => "nA",
        "millivolt" => "mV",
        "electronvolt" => "eV",
        "nanometer" | "nanometre" => "nm",
        _ => "",
    };
    Unit::parse(spelled).or_else(|| Unit::parse(word)).or_else(|| Unit::parse(&lower).filter(|_| lower.len() > 3))
}

/// The angle of a pattern.
fn angle(words: &str) -> Option<Column> {
    let mut factor = 1.0;
    for unit in units(words) {
        match unit.quantity {
            Quantity::Angle => factor = unit.factor,
            // Lattice spacings, momentum transfers, times.
            _ => return None,
        }
    }
    let text = folded(words);
    let axis = if ["2theta", "twotheta", "2th"].iter().any(|name| text.contains(name)) {
        "two_theta"
    } else if text.contains("theta") || text.contains("omega") {
        "omega"
    } else if text.contains("chi") {
        "chi"
    } else if text.contains("phi") {
        "phi"
    } else if units(words).next().is_some() || text == "angle" {
        NOT_STATED
    } else {
        return None;
    };
    Some((heading("scan_angle_deg", Some("deg"), factor), vec![("scan_axis", axis.to_owned())]))
}

/// The energy of a photoelectron spectrum.
fn energy(words: &str) -> Option<Column> {
    let text = folded(words);
    let spelled = words.to_lowercase().replace("electron volt", "electronvolt");
    let words = if text.contains("electronvolt") { spelled.as_str() } else { words };
    let is_ev = units(words).all(|unit| unit.quantity == Quantity::Energy);
    let factor = units(words).next().map(|unit| unit.factor);
    if !is_ev || (factor.is_none() && !text.contains("energy")) {
        return None;
    }
    let factor = factor.unwrap_or(1.0);
    let scale = if text.contains("binding") {
        "binding"
    } else if text.contains("kinetic") {
        "kinetic"
    } else {
        NOT_STATED
    };
    Some((heading("energy_ev", Some("eV"), factor), vec![("energy_scale", scale.to_owned())]))
}

/// Counts, a count rate, or an intensity of no stated unit; roots and logarithms are none of these.
fn intensity(words: &str) -> Option<Column> {
    let text = folded(words);
    if ["log", "sqrt", "root", "transmi", "absorb"].iter().any(|name| text.contains(name)) {
        return None;
    }
    let divisor = words.rsplit_once('/').map_or(String::new(), |(_, divisor)| folded(divisor));
    let is_rate = ["cps", "persec", "countss1", "countspers"].iter().any(|name| text.contains(name))
        || ["s", "sec", "second", "seconds"].contains(&divisor.as_str());
    let is_count = ["count", "cts", "impulse"].iter().any(|name| text.contains(name));
    let unit = match (is_rate, is_count) {
        (true, _) => "counts/s",
        (false, true) => "counts",
        (false, false) => NOT_STATED,
    };
    Some((heading("intensity", None, 1.0), vec![("intensity_unit", unit.to_owned())]))
}

/// A potential, a current, a time or an impedance.
fn electrical(technique: Technique, variable: &Variable) -> Option<Column> {
    let name = variable.name.trim();
    // `Voltage in V`, `V vs Ref`, `E vs. Ag/AgCl (V)`.
    let units = variable.units.trim();
    let (measured, reference) = match units.split_once(" vs. ").or_else(|| units.split_once(" vs ")) {
        Some((measured, reference)) => (measured.trim(), reference.trim()),
        None => (units, ""),
    };
    let (reference, reference_unit) = with_unit(reference);
    let (own, own_unit) = with_unit(measured);
    let stated = unit(measured).or(own_unit).or(reference_unit);
    let mut settings = Vec::new();
    if !reference.is_empty() {
        settings.push(("potential_reference", reference.to_owned()));
    }
    let label = if name.is_empty() { own } else { name };
    if let Some(density) = density(measured) {
        return Some((heading("current_density_a_per_cm2", Some("A/cm2"), density), settings));
    }
    let by_words = stated.as_ref().map(|unit| interpret_for(technique, &format!("{label} ({})", unit.ucum)));
    let is_known = |heading: &Heading| {
        heading.unit.is_some() && crate::column::known_columns(technique).any(|known| known.name == heading.name)
    };
    if let Some(heading) = by_words.filter(is_known) {
        return Some((heading, settings));
    }
    let stated = stated?;
    let (name, base) = match stated.quantity {
        Quantity::Potential => ("potential_v", "V"),
        Quantity::Current => ("current_a", "A"),
        Quantity::Time => ("time_s", "s"),
        Quantity::Frequency => ("frequency_hz", "Hz"),
        _ => return None,
    };
    Some((heading(name, Some(base), stated.factor), settings))
}

/// Words and the unit at their end: after ` in `, in parentheses or brackets, or after a slash.
fn with_unit(words: &str) -> (&str, Option<Unit>) {
    let split = words
        .rsplit_once(" in ")
        .or_else(|| words.strip_suffix(')')?.rsplit_once('('))
        .or_else(|| words.strip_suffix(']')?.rsplit_once('['))
        .or_else(|| words.rsplit_once('/'));
    match split.and_then(|(words, text)| Some((words.trim(), unit(text.trim())?))) {
        Some((words, unit)) => (words, Some(unit)),
        None => (words, None),
    }
}

/// The factor to A/cm² of `Current density in mA/cm2`.
fn density(words: &str) -> Option<f64> {
    let text = words.rsplit_once(" in ").map_or(words, |(_, unit)| unit);
    let text = text.rsplit_once(['(', '[']).map_or(text, |(_, unit)| unit.trim_end_matches([')', ']']));
    let (current, area) = text.split_once('/')?;
    let current = Unit::parse(current.trim()).filter(|unit| unit.quantity == Quantity::Current)?;
    let per_cm2 = match area.trim().replace('²', "2").replace('^', "").as_str() {
        "cm2" => 1.0,
        "m2" => 1e-4,
        "mm2" => 100.0,
        _ => return None,
    };
    Some(current.factor * per_cm2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(technique: Technique, units: &str, is_abscissa: bool) -> Option<(String, f64, String)> {
        let variable = Variable { units: units.to_owned(), ..Variable::default() };
        let meant = meant(technique, &variable, is_abscissa)?;
        let setting = meant.settings.first().map(|(_, value)| value.clone()).unwrap_or_default();
        Some((meant.heading.name, meant.heading.factor, setting))
    }

    #[test]
    fn data_types_are_those_of_the_tables() {
        assert_eq!(technique("X-RAY DIFFRACTION"), Some(Technique::XRayDiffraction));
        assert_eq!(technique("CYCLIC VOLTAMMETRY"), Some(Technique::Electrochemistry));
        assert_eq!(technique("X-RAY PHOTOELECTRON SPECTRUM"), Some(Technique::PhotoelectronSpectroscopy));
        for other in ["INFRARED SPECTRUM", "NMR SPECTRUM", "CYCLIC VOLTAMMETRYPEAKTABLE", "LINK", ""] {
            assert_eq!(technique(other), None, "{other}");
        }
        assert_eq!(method("LINEAR SWEEP VOLTAMMETRY"), "linear_sweep_voltammetry");
    }

    #[test]
    fn angles_are_named_in_many_ways_and_other_abscissas_are_not_angles() {
        let angle = |units| column(Technique::XRayDiffraction, units, true);
        let some = |factor, axis: &str| Some(("scan_angle_deg".to_owned(), factor, axis.to_owned()));
        for units in ["2Theta", "2-THETA / Degree", "DEGREES 2-THETA", "2θ in °", "2 Theta (deg)", "TWO THETA"] {
            assert_eq!(angle(units), some(1.0, "two_theta"), "{units}");
        }
        assert_eq!(angle("2-THETA (RADIANS)"), some(180.0 / std::f64::consts::PI, "two_theta"));
        assert_eq!([angle("omega"), angle("DEGREES")], [some(1.0, "omega"), some(1.0, NOT_STATED)]);
        for units in ["ANGSTROM", "d / nm", "Q", "SECONDS", ""] {
            assert_eq!(angle(units), None, "{units}");
        }
    }

    #[test]
    fn potentials_and_currents_are_named_in_many_ways() {
        let electrical = |units| column(Technique::Electrochemistry, units, true);
        let some = |name: &str, factor, setting: &str| Some((name.to_owned(), factor, setting.to_owned()));
        for units in ["Voltage in V", "V", "VOLTS", "Potential / V", "E (V)"] {
            assert_eq!(electrical(units), some("potential_v", 1.0, ""), "{units}");
        }
        assert_eq!(electrical("V vs Ref"), some("potential_v", 1.0, "Ref"));
        assert_eq!(electrical("E vs. Ag/AgCl (mV)"), some("potential_v", 1e-3, "Ag/AgCl"));
        for units in ["Current in A", "Ampere", "A", "AMPERES"] {
            assert_eq!(electrical(units), some("current_a", 1.0, ""), "{units}");
        }
        assert_eq!(electrical("Current in µA"), some("current_a", 1e-6, ""));
        assert_eq!(electrical("Current density in mA/cm2"), some("current_density_a_per_cm2", 1e-3, ""));
        for units in ["MA", "Current", "ARBITRARY UNITS", ""] {
            assert_eq!(electrical(units), None, "{units}");
        }
    }

    #[test]
    fn energies_state_their_scale() {
        let energy = |units| column(Technique::PhotoelectronSpectroscopy, units, true).map(|column| column.2);
        assert_eq!(energy("BINDING ENERGY / eV").as_deref(), Some("binding"));
        assert_eq!(energy("Kinetic Energy (ELECTRON VOLTS)").as_deref(), Some("kinetic"));
        assert_eq!([energy("eV"), energy("nm")], [Some(NOT_STATED.to_owned()), None]);
    }

    #[test]
    fn intensities_have_their_unit_where_one_is_stated() {
        let unit = |units| column(Technique::XRayDiffraction, units, false).map(|column| column.2);
        assert_eq!(unit("COUNTS").as_deref(), Some("counts"));
        for units in ["Counts/s", "CPS", "COUNTS PER SECOND", "counts s-1"] {
            assert_eq!(unit(units).as_deref(), Some("counts/s"), "{units}");
        }
        assert_eq!([unit("Intensity"), unit("ARBITRARY UNITS")].map(Option::unwrap), [NOT_STATED; 2]);
        assert_eq!([unit("SQRT(COUNTS)"), unit("log intensity")], [None, None]);
    }
}
