//! Assigns roles to the columns of a table of fitted parameters, by their headers.

use crate::column::{column_name, unconverted};
use crate::number::{DecimalMark, parse_number};
use crate::unit::{Quantity, Unit};

use super::header::{Header, Kind};

/// The role of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The place in brackets; kept as `x_mm` and `y_mm`.
    Key,
    Time,
    /// A time without a unit.
    UnknownTime,
    X,
    Y,
    Cycle,
    /// The thickness of the film: the first one with a unit.
    Thickness,
    FurtherThickness,
    /// A thickness without a unit.
    UnknownThickness,
    Other,
}

/// A column to read.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub name: String,
    pub unit: Option<String>,
    pub header: String,
    pub role: Role,
    pub is_words: bool,
    /// Wavelength that a refractive index is for.
    pub index_wavelength: Option<f64>,
    factor: f64,
    divisor: f64,
}

impl Planned {
    /// The value in [`Planned::unit`]. Divides where that is exact: 12 Å are 12 / 10 nm.
    #[expect(clippy::float_cmp, reason = "a factor or divisor of exactly 1 means that nothing is converted")]
    pub(super) fn convert(&self, stated: f64) -> f64 {
        if self.divisor != 1.0 {
            stated / self.divisor
        } else if self.factor != 1.0 {
            stated * self.factor
        } else {
            stated
        }
    }
}

/// The name of a fitted parameter, with its unit; values are divided by `divisor` to be in it.
#[derive(Debug)]
pub(in super::super) struct Fitted {
    pub name: String,
    pub unit: Option<String>,
    pub divisor: f64,
}

/// Interprets the header of a fitted parameter: lengths become nm, all else is kept.
pub(in super::super) fn fitted_name(header: &str) -> Fitted {
    let (words, unit, rest) = parts(header);
    match unit.and_then(length_divisor) {
        Some(divisor) => {
            Fitted { name: column_name(&format!("{words}{rest} nm")), unit: Some("nm".to_owned()), divisor }
        }
        None => Fitted { name: column_name(header), unit: unconverted(header).unit, divisor: 1.0 },
    }
}

/// The words of a header, the unit in its brackets, and what follows: `Thick`, `A`, `.1`.
fn parts(header: &str) -> (&str, Option<&str>, &str) {
    let split = header.rsplit_once('(').and_then(|(words, rest)| {
        let (unit, rest) = rest.split_once(')')?;
        Some((words, unit.trim(), rest))
    });
    match split {
        Some((words, unit, rest)) => (words.trim_end(), Some(unit), rest),
        None => (header, None, ""),
    }
}

/// The divisor that turns a length into nm; `None` where the unit is not a length. `A` means ångström.
fn length_divisor(unit: &str) -> Option<f64> {
    match unit {
        "nm" => Some(1.0),
        "A" | "Å" | "\u{212b}" | "Angstroms" | "Angstrom" | "angstroms" => Some(10.0),
        "µm" | "μm" | "um" | "microns" => Some(1e-3),
        _ => None,
    }
}

/// The columns of a header.
pub(super) fn plan(header: &Header<'_>) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::with_capacity(header.cells.len());
    for (place, cell) in header.cells.iter().enumerate() {
        let mut column = if place == 0 && header.is_keyed() {
            plain("", None, cell, Role::Key)
        } else if let Some(plotted) = header.plotted().filter(|_| *cell == "Z") {
            of_header(&plotted, header.kind, &planned)
        } else {
            of_header(cell, header.kind, &planned)
        };
        if column.role != Role::Key && (column.name.is_empty() || is_taken(&planned, &column.name)) {
            column.name = format!("column_{}", place + 1);
        }
        planned.push(column);
    }
    planned
}

fn is_taken(planned: &[Planned], name: &str) -> bool {
    planned.iter().any(|column| column.name == name) || (name == "x_mm" || name == "y_mm") && has_key(planned)
}

fn has_key(planned: &[Planned]) -> bool {
    planned.iter().any(|column| column.role == Role::Key)
}

fn plain(name: &str, unit: Option<&str>, header: &str, role: Role) -> Planned {
    Planned {
        name: name.to_owned(),
        unit: unit.map(str::to_owned),
        header: header.to_owned(),
        role,
        is_words: false,
        index_wavelength: None,
        factor: 1.0,
        divisor: 1.0,
    }
}

fn of_header(cell: &str, kind: Kind, before: &[Planned]) -> Planned {
    let (words, unit, rest) = parts(cell);
    let is_error = rest.trim() == "Error" || cell.ends_with(" Error");
    let lower = words.to_ascii_lowercase();
    let free = |name: &str| !before.iter().any(|column| column.name == name);
    if !is_error {
        match words {
            "MSE" if unit.is_none() => return plain("mse", Some("1"), cell, Role::Other),
            "Time" => return time(cell, unit, kind),
            "X" | "Y" => {
                let (name, role) = if words == "X" { ("x_mm", Role::X) } else { ("y_mm", Role::Y) };
                let parsed = unit.and_then(Unit::parse).filter(|unit| unit.quantity == Quantity::Length);
                if let Some(parsed) = parsed {
                    // 1 cm is 10 mm; the quotient of the factors isn't exact.
                    let factor = (parsed.factor * 1e12).round() / 1e9;
                    return Planned { factor, ..plain(name, Some("mm"), cell, role) };
                }
            }
            _ if ["cycle", "cycles", "cycle #", "cycle number"].contains(&lower.as_str()) && unit.is_none() => {
                return plain("cycle", Some("1"), cell, Role::Cycle);
            }
            _ => {}
        }
        if let Some(wavelength) = index_wavelength(cell).filter(|_| free("refractive_index")) {
            let column = plain("refractive_index", Some("1"), cell, Role::Other);
            return Planned { index_wavelength: Some(wavelength), ..column };
        }
    }
    if lower.contains("thick") && !lower.contains("uniform") {
        return thickness(cell, words, unit, is_error, before);
    }
    let divisor = unit.and_then(length_divisor);
    if let Some(divisor) = divisor.filter(|_| lower == "roughness") {
        let name = if is_error { "roughness_err_nm" } else { "roughness_nm" };
        return Planned { divisor, ..plain(name, Some("nm"), cell, Role::Other) };
    }
    let fitted = unconverted(cell);
    plain(&fitted.name, fitted.unit.as_deref(), cell, Role::Other)
}

fn time(cell: &str, unit: Option<&str>, kind: Kind) -> Planned {
    if kind == Kind::FilmSense && unit.is_none() {
        return Planned { factor: 60.0, ..plain("time_s", Some("s"), cell, Role::Time) };
    }
    let unit = unit.map(|unit| unit.trim_end_matches('.'));
    match unit.and_then(Unit::parse).filter(|unit| unit.quantity == Quantity::Time) {
        Some(unit) => Planned { factor: unit.factor, ..plain("time_s", Some("s"), cell, Role::Time) },
        None => plain("time", None, cell, Role::UnknownTime),
    }
}

fn thickness(cell: &str, words: &str, unit: Option<&str>, is_error: bool, before: &[Planned]) -> Planned {
    let Some(divisor) = unit.and_then(length_divisor) else {
        let role = if is_error || unit.is_some() { Role::Other } else { Role::UnknownThickness };
        return plain(&column_name(cell), None, cell, role);
    };
    let chosen = before.iter().find(|column| column.role == Role::Thickness);
    if is_error {
        let is_of_chosen = chosen.is_some_and(|chosen| cell.strip_suffix(" Error") == Some(chosen.header.as_str()));
        let own = column_name(&format!("{words} err nm"));
        let name = if is_of_chosen { "thickness_err_nm" } else { own.as_str() };
        return Planned { divisor, ..plain(name, Some("nm"), cell, Role::Other) };
    }
    if chosen.is_none() {
        return Planned { divisor, ..plain("thickness_nm", Some("nm"), cell, Role::Thickness) };
    }
    Planned { divisor, ..plain(&fitted_name(cell).name, Some("nm"), cell, Role::FurtherThickness) }
}

/// The wavelength in nm of `n of Cauchy @ 632.8 nm`.
fn index_wavelength(header: &str) -> Option<f64> {
    let (words, wavelength) = header.split_once('@')?;
    let is_index = words.trim() == "n" || words.starts_with("n of ");
    let wavelength = wavelength.trim().strip_suffix("nm")?;
    parse_number(wavelength, DecimalMark::Point).filter(|value| is_index && value.is_finite())
}
