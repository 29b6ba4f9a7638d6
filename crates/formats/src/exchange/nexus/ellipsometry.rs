//! Ψ and Δ of `NXellipsometry`: the array `measured_data` over angles of incidence, quantities and spectrum.
//!
//! Its place differs between versions of the definition (`sample`, `data_collection`); so do the places of the spectrum. `data_type` or
//! `column_names` state the quantities. The fields `Psi_65deg` beside it are parts of it.

use std::f64::consts::FRAC_PI_2;

use super::tree::{Branch, Field};
use super::{Notes, column, measurement, unit};
use crate::number::rounded;
use crate::unit::Quantity;
use crate::{Measurement, Place, ReadError, Technique, Value};

/// Reads an entry.
pub(super) fn read(entry: &Branch, notes: &mut Notes) -> Result<Vec<Measurement>, ReadError> {
    let missing = |expected: &str, found: String| ReadError::ColumnMissing {
        place: Place::Offset(0),
        expected: format!("{expected} in the entry `{}`", entry.name()),
        found,
    };
    let data = find(entry, |field| field.name == "measured_data")
        .ok_or_else(|| missing("`measured_data`", "none".to_owned()))?;
    let (field, stated) =
        spectrum(entry).ok_or_else(|| missing("for wavelength or photon energy, with a unit", "none".to_owned()))?;
    let quantities = quantities(entry);
    if quantities != ["psi", "delta"] {
        return Err(missing("`psi` and `delta`", format!("`{}`", quantities.join("`, `"))));
    }
    let incidence = find(entry, |field| field.name == "angle_of_incidence" && field.is_numeric())
        .ok_or_else(|| missing("for the angle of incidence", "none".to_owned()))?;
    let degrees = unit(&incidence.units())
        .filter(|unit| unit.quantity == Quantity::Angle)
        .ok_or_else(|| missing("for the angle of incidence, with a unit", format!("`{}`", incidence.units())))?;
    let angles: Vec<f64> = notes.take(incidence)?.into_iter().map(|angle| angle * degrees.factor).collect();
    let abscissas = notes.take(field)?;
    let shape: Vec<usize> = data.shape();
    let expected: Vec<usize> = [angles.len(), 2, abscissas.len()].into_iter().filter(|length| *length != 1).collect();
    if shape != expected {
        let expected =
            format!("`{}` of {} angles, 2 quantities and {} points", data.path, angles.len(), abscissas.len());
        return Err(ReadError::malformed(Place::Offset(0), expected, format!("dimensions {shape:?}")));
    }
    let values = notes.take(data)?;
    let n = abscissas.len();
    let errors = find(entry, |field| field.name == "measured_data_errors").filter(|field| field.shape() == shape);
    let errors = errors.map(|field| notes.take(field)).transpose()?;
    let stated_unit = angle_unit(entry, data);
    let psi = values.chunks(n.max(1)).step_by(2).flatten().fold(0.0_f64, |most, value| most.max(*value));
    // Psi is at most a quarter of a turn: beyond that of radians it can only be in degrees.
    let is_degrees_by_values = stated_unit.is_none() && psi > FRAC_PI_2 && psi <= 90.0;
    let angle_unit = stated_unit.or(is_degrees_by_values.then_some(1.0));
    // Of each quantity, the points of all angles.
    let of = |values: &[f64], quantity: usize| -> Vec<f64> {
        let factor = angle_unit.unwrap_or(1.0);
        let spectra = (0..angles.len())
            .filter_map(|angle| values.get((2 * angle + quantity) * n..(2 * angle + quantity + 1) * n));
        spectra.flatten().map(|value| value * factor).collect()
    };
    let repeated: Vec<f64> = angles.iter().flat_map(|_| abscissas.iter().map(|value| value * stated.factor)).collect();
    let unit = angle_unit.map(|_| "deg");
    let mut columns = vec![
        column(stated.name, Some(stated.unit), &field.path, repeated),
        column(
            "angle_of_incidence_deg",
            Some("deg"),
            "angle_of_incidence",
            angles.iter().flat_map(|angle| std::iter::repeat_n(*angle, n)).collect(),
        ),
        column("psi_deg", unit, &format!("{}, psi", data.path), of(&values, 0)),
        column("delta_deg", unit, &format!("{}, delta", data.path), of(&values, 1)),
    ];
    if let Some(errors) = errors {
        columns.push(column("psi_err_deg", unit, "measured_data_errors, psi", of(&errors, 0)));
        columns.push(column("delta_err_deg", unit, "measured_data_errors, delta", of(&errors, 1)));
    }
    // The fields beside it are parts of it.
    notes.columns.extend(values.chunks(n.max(1)).map(<[f64]>::to_vec));
    notes.columns.push(abscissas);
    let mut measurement = measurement(Technique::SpectroscopicEllipsometry, columns, std::collections::BTreeMap::new());
    if is_degrees_by_values {
        let words =
            format!("no unit of Psi and Delta can be read: they are taken as degrees, because Psi reaches {psi}");
        measurement.warnings.push(words);
    }
    let listed: Vec<String> = angles.iter().map(f64::to_string).collect();
    measurement.metadata.insert("angles_deg".to_owned(), Value::Text(listed.join(", ")));
    Ok(vec![measurement])
}

/// The first field of an entry for which this holds.
fn find(entry: &Branch, holds: impl Fn(&Field) -> bool) -> Option<&Field> {
    entry.all().into_iter().flat_map(|group| &group.fields).find(|field| holds(field))
}

/// The column of a spectrum, and the factor to its unit.
struct Stated {
    name: &'static str,
    unit: &'static str,
    factor: f64,
}

/// Wavelengths or photon energies with a known unit: of several, the longest.
fn spectrum(entry: &Branch) -> Option<(&Field, Stated)> {
    let is_named = |name: &str| {
        let name = name.to_lowercase();
        let name = name.strip_suffix("_spectrum").unwrap_or(&name);
        ["wavelength", "energy", "photon_energy"].contains(&name)
    };
    let fields = entry.all().into_iter().flat_map(|group| &group.fields);
    let candidates = fields.filter(|field| is_named(&field.name) && field.is_numeric() && field.shape().len() <= 1);
    let stated = candidates.filter_map(|field| {
        let unit = unit(&field.units())?;
        let (name, base, scale) = match unit.quantity {
            Quantity::Length => ("wavelength_nm", "nm", 1e9),
            Quantity::Energy => ("photon_energy_ev", "eV", 1.0),
            _ => return None,
        };
        // 1e-10 times 1e9 is not exactly 0.1.
        Some((field, Stated { name, unit: base, factor: rounded(unit.factor * scale, 12) }))
    });
    // Of equal length the first counts.
    stated.fold(None, |best: Option<(&Field, Stated)>, other| match best {
        Some(best) if best.0.count() >= other.0.count() => Some(best),
        _ => Some(other),
    })
}

/// The quantities of `measured_data`, in lower case.
fn quantities(entry: &Branch) -> Vec<String> {
    let names = find(entry, |field| field.name == "column_names").and_then(Field::words);
    let names = names.or_else(|| {
        let words = find(entry, |field| field.name == "data_type").and_then(Field::words)?;
        Some(words.first()?.split('/').map(str::to_owned).collect())
    });
    names.unwrap_or_default().iter().map(|name| name.trim().to_lowercase()).collect()
}

/// The factor to degrees of Ψ and Δ: by the array's own unit, or by that of its parts.
fn angle_unit(entry: &Branch, data: &Field) -> Option<f64> {
    let is_part = |field: &Field| {
        let name = field.name.to_lowercase();
        ["psi", "delta"].iter().any(|start| name.starts_with(start))
    };
    let own = unit(&data.units());
    let part =
        || find(entry, |field| is_part(field) && !field.units().is_empty()).and_then(|field| unit(&field.units()));
    own.or_else(part).filter(|unit| unit.quantity == Quantity::Angle).map(|unit| unit.factor)
}
