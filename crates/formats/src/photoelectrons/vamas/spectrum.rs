//! Turns a block of a VAMAS file into a spectrum: scales and units from its labels, settings from its comments.

use super::block::{Block, Header};
use crate::column::column_name;
use crate::photoelectrons::spectrum::{PHOTON, Spectrum, UNKNOWN, calendar, curve_name, without_nuls};
use crate::unit::Unit;

/// Placeholder labels of programs for absent variables.
const PLACEHOLDERS: [&str; 3] = ["exp variable", "none", "index"];

/// The spectrum of a block, or why it is not one.
pub(super) fn from_block(block: &Block<'_>, header: &Header<'_>) -> Result<Spectrum, String> {
    let mut spectrum = Spectrum::default();
    let count = block.variables.len();
    let (abscissa, unit) = match block.variables.first() {
        Some(first) if !header.is_regular => *first,
        _ => block.abscissa,
    };
    let scale = energy_scale(abscissa, unit)?;
    let points = block.values.numbers.len() / count.max(1);
    let take =
        |place: usize| block.values.numbers.iter().skip(place).step_by(count.max(1)).copied().collect::<Vec<_>>();
    if header.is_regular {
        if !(block.start.is_finite() && block.increment.is_finite()) {
            return Err("its energies are not stated".to_owned());
        }
        let energies = (0..points).map(|point| block.start + block.increment * point as f64).collect();
        spectrum.column("energy_ev", Some("eV"), abscissa, energies);
        spectrum.number("step_ev", block.increment);
    } else {
        spectrum.column("energy_ev", Some("eV"), abscissa, take(0));
    }
    let mut intensity = None;
    let from = usize::from(!header.is_regular);
    for (place, (label, unit)) in block.variables.iter().enumerate().skip(from) {
        let label = without_nuls(label);
        let label = label.trim();
        let (name, is_intensity) = match label.to_lowercase() {
            label if label.contains("transmission") => ("transmission".to_owned(), false),
            _ if intensity.is_none() => ("intensity".to_owned(), true),
            _ => (curve_name(label), false),
        };
        if is_intensity {
            intensity = Some(intensity_unit(label, unit, block, &mut spectrum));
        }
        let unit = Unit::parse(unit).map(|unit| unit.ucum).filter(|_| !is_plain(unit));
        let unit = if is_plain_column(&name) { Some("1".to_owned()) } else { unit };
        let mut values = take(place);
        if !is_intensity {
            values.iter_mut().filter(|value| value.abs() >= UNKNOWN).for_each(|value| *value = f64::NAN);
        }
        spectrum.column(&name, unit.as_deref(), label, values);
    }
    let Some(intensity) = intensity else {
        return Err("it has no intensity".to_owned());
    };
    spectrum.scales(scale, intensity);
    settings(block, header, &mut spectrum);
    if scale == Some(PHOTON) {
        spectrum.over_photon_energies(f64::NAN);
    }
    Ok(spectrum)
}

/// `d` (dimensionless) and `n` (not stated) of the standard.
fn is_plain(unit: &str) -> bool {
    ["d", "n", ""].contains(&unit.trim())
}

fn is_plain_column(name: &str) -> bool {
    ["intensity", "transmission"].contains(&name)
}

/// Whether energies are kinetic, binding or those of photons, `None` where the label doesn't state it, or why they aren't
/// energies.
fn energy_scale(label: &str, unit: &str) -> Result<Option<&'static str>, String> {
    let words = without_nuls(label).to_lowercase();
    if !without_nuls(unit).trim().eq_ignore_ascii_case("ev") {
        return Err(format!("its abscissa `{}` in `{}` is not an energy in eV", label.trim(), unit.trim()));
    }
    if words.contains("photon") || words.contains("excitation") {
        return Ok(Some(PHOTON));
    }
    Ok(match (words.contains("kinetic"), words.contains("binding")) {
        (true, false) => Some("kinetic"),
        (false, true) => Some("binding"),
        _ => None,
    })
}

/// Whether intensities are counts or counts/s, `None` where neither unit nor label states it or they contradict each other.
///
/// `d`, without dimension, is what most programs write whatever they store; pulses that are counted are counts then,
/// unless the label states otherwise.
fn intensity_unit(label: &str, unit: &str, block: &Block<'_>, spectrum: &mut Spectrum) -> Option<&'static str> {
    let words = label.to_lowercase();
    let squeezed: String = words.chars().filter(|c| !c.is_whitespace()).collect();
    let is_rate_label = ["/s", "persec", "cps", "countrate"].iter().any(|rate| squeezed.contains(rate));
    let is_count_label = words.contains("count") && !is_rate_label;
    let squeezed_unit = unit.trim().to_lowercase().replace(' ', "");
    let is_rate_unit = ["c/s", "cps", "counts/s", "/s", "1/s"].contains(&squeezed_unit.as_str());
    let is_counted = without_nuls(block.signal_mode).trim().eq_ignore_ascii_case("pulse counting");
    if is_rate_unit && is_count_label {
        spectrum
            .warnings
            .push(format!("`{label}` is in `{unit}`: it is unclear whether these are counts or counts per second"));
        return None;
    }
    match (is_rate_unit || is_rate_label, is_plain(unit) && (is_counted || is_count_label)) {
        (true, _) => Some("counts/s"),
        (false, true) => Some("counts"),
        _ => None,
    }
}

fn settings(block: &Block<'_>, header: &Header<'_>, spectrum: &mut Spectrum) {
    let transition = format!("{} {}", name(block.species), name(block.transition));
    let transition = transition.trim();
    spectrum.text("spectrum_type", transition);
    spectrum.text("region", if name(block.id).is_empty() { transition } else { block.id });
    spectrum.text("sample", block.sample);
    spectrum.text("method", block.technique);
    spectrum.text("institution", header.institution);
    spectrum.text("instrument", header.instrument);
    spectrum.text("experiment", header.experiment);
    if let Some(time) = calendar(block.time) {
        spectrum.text("started_at", &time);
    }
    spectrum.source(name(block.source), block.source_energy, block.technique);
    spectrum.positive("excitation_power_w", block.source_strength);
    spectrum.text("analyser_mode", block.analyser_mode);
    // In the mode of a fixed retard ratio the same item is that ratio.
    let is_ratio = name(block.analyser_mode).eq_ignore_ascii_case("FRR");
    spectrum.positive(if is_ratio { "retard_ratio" } else { "pass_energy_ev" }, block.pass_energy);
    spectrum.number("work_function_ev", block.work_function);
    if block.target_bias != 0.0 {
        spectrum.number("target_bias_v", block.target_bias);
    }
    spectrum.positive("take_off_angle_deg", block.take_off_polar);
    spectrum.counting(Some(block.dwell), Some(block.scans));
    spectrum.text("signal_mode", block.signal_mode);
    for (place, axis) in ["position_x", "position_y"].iter().zip(block.position).map(|(name, value)| (*name, value)) {
        spectrum.positive(place, axis);
    }
    for ((label, unit), value) in header.variables.iter().zip(block.experiment_values.iter()) {
        variable(label, unit, value, spectrum);
    }
    for (label, unit, value) in block.extras.iter() {
        spectrum.number(&format!("parameter_{}", name_with_unit(label, unit)), *value);
    }
    comments(block, header, spectrum);
}

/// A label without NULs and blanks; empty where it is a placeholder.
fn name(label: &str) -> &str {
    let label = label.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if ["none", "not specified"].contains(&label.to_ascii_lowercase().as_str()) { "" } else { label }
}

fn name_with_unit(label: &str, unit: &str) -> String {
    let (label, unit) = (column_name(label), if is_plain(unit) { String::new() } else { column_name(unit) });
    if unit.is_empty() || label.ends_with(&format!("_{unit}")) { label } else { format!("{label}_{unit}") }
}

/// A variable of the experiment: the time of etching, or a setting of its own.
fn variable(label: &str, unit: &str, value: &str, spectrum: &mut Spectrum) {
    let words = without_nuls(label).trim().to_lowercase();
    let number = crate::number::parse_number(value, crate::number::DecimalMark::Point);
    let is_etching = ["etch", "sputter"].iter().any(|word| words.contains(word));
    let second = match unit.trim().to_lowercase().as_str() {
        "s" | "sec" | "seconds" => Some(1.0),
        "m" | "min" | "minutes" => Some(60.0),
        _ => None,
    };
    match (number, second) {
        (Some(number), Some(second)) if is_etching && words.contains("time") => {
            spectrum.number("etch_time_s", number * second);
        }
        (Some(number), _) if is_etching && ["level", "cycle"].iter().any(|word| words.contains(word)) => {
            spectrum.number("etch_level", number);
        }
        _ if PLACEHOLDERS.contains(&words.as_str()) || words.is_empty() => {}
        (Some(number), _) => spectrum.number(&format!("variable_{}", name_with_unit(label, unit)), number),
        (None, _) => spectrum.text(&format!("variable_{}", name_with_unit(label, unit)), value),
    }
}

/// Comments, and the settings that programs write into them: their own name, and how energies are to be corrected.
fn comments(block: &Block<'_>, header: &Header<'_>, spectrum: &mut Spectrum) {
    let tidy = |comment: &str| {
        let lines =
            comment.lines().map(|line| line.trim_end_matches(['\r', ' ', '\t'])).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    let (own, common) = (tidy(block.comment), tidy(header.comment));
    for line in own.lines() {
        let line = line.trim();
        if line.starts_with("Calib") && line.contains('=') {
            let before = match spectrum.metadata.get("calibration") {
                Some(crate::Value::Text(before)) => format!("{before}; "),
                _ => String::new(),
            };
            spectrum.text("calibration", &format!("{before}{line}"));
        }
    }
    let components = own.lines().filter(|line| line.trim_start().starts_with("CASA comp")).count();
    if components > 0 {
        spectrum.number("n_fit_components", components as f64);
    }
    if spectrum.metadata.contains_key("calibration") {
        spectrum.warnings.push("CasaXPS recorded a calibration of the energies, which was not applied".to_owned());
    }
    let program = |line: &str| {
        let line = line.trim();
        let made = line.strip_prefix("Created by ").filter(|rest| rest.contains("Version")).map(str::trim);
        made.or_else(|| line.find("CasaXPS Version").and_then(|at| line.get(at..)).map(str::trim)).map(str::to_owned)
    };
    let programs: Vec<String> = common.lines().filter_map(program).take(4).collect();
    spectrum.text("software", &programs.join("; "));
    spectrum.text("comment", &own);
    spectrum.text("file_comment", &common);
}
