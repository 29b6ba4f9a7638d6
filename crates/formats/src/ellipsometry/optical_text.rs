//! Reads tables of optical constants with a header: n and k against wavelength or photon energy, of one or many materials.
//!
//! Format: perhaps a line `Optical Constants` or `Opt. Const. of Cauchy vs. nm`; a header whose first column is a wavelength
//! or an energy with its unit, or that unit alone (`nm`), and whose other columns are all n or k: `n`, `$k$`, `si_n`,
//! `n: (-1.8,0)`, `n, Extra-ordinary`; rows, separated by tabs, commas, semicolons or blanks. CompleteEASE writes a pair for
//! each place of a map, `(x,y)` in cm, and for each direction of an anisotropic material. Each n, with the k of the same
//! label, is a measurement.
//!
//! Source: files of CompleteEASE and tables of refractiveindex.info, listed in `ingest/optical_constants_text/instrument.toml`.
//!
//! Not supported: a first column without a unit. Such files are left to the general readers of text.

use std::collections::BTreeMap;

use crate::manifest::embedded;
use crate::repetition::{check, check_columns};
use crate::text::{decode, excerpt, lines, lines_from, whole_lines};
use crate::{Adapter, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value};

use super::materials::Axis;
use super::rows::{self, field_count, finite, is_blank, measurement, not_a_number, number, numbers};
use crate::delimited::cells::Delimiter;
use crate::rejections::RowLog;

/// Reads tables of optical constants.
#[derive(Debug)]
pub(crate) struct OpticalText;

impl Adapter for OpticalText {
    fn manifest(&self) -> &Manifest {
        embedded("optical_constants_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        match find(whole_lines(probe.text())) {
            Some(header) if header.is_map || header.title.is_some() => Match::Certain,
            Some(_) => Match::Likely,
            None => Match::No,
        }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The positions of a material's columns.
#[derive(Debug, PartialEq)]
struct Material<'t> {
    label: &'t str,
    n: Option<usize>,
    k: Option<usize>,
}

#[derive(Debug)]
struct Header<'t> {
    axis: Axis,
    axis_header: &'t str,
    delimiter: Delimiter,
    columns: usize,
    materials: Vec<Material<'t>>,
    /// Whether the line `Optical Constants` is above.
    is_map: bool,
    /// The material of a line `Opt. Const. of … vs. nm` above.
    title: Option<&'t str>,
    line: u64,
    rows_start: usize,
}

fn find(text: &str) -> Option<Header<'_>> {
    let mut is_map = false;
    let mut title = None;
    for line in lines(text).take(8) {
        let words = line.text.trim().trim_start_matches('#').trim();
        is_map |= words == "Optical Constants";
        let named = words.strip_prefix("Opt. Const. of ").and_then(|rest| rest.rsplit_once(" vs."));
        title = named.map(|(material, _)| material.trim()).or(title);
        for delimiter in [Delimiter::of_header(words), Delimiter::Blanks] {
            let mut cells = Vec::new();
            delimiter.split(words, &mut cells);
            // `$\lambda$ (nm)  $n$  $k$`: the unit is a word of its own.
            let joined = (delimiter == Delimiter::Blanks)
                .then(|| cells.get(1).filter(|unit| unit.starts_with('(')))
                .flatten()
                .and_then(|unit| words.find(unit).and_then(|at| words.get(..at + unit.len())));
            if let Some(joined) = joined {
                cells.splice(..2, [joined]);
            }
            let Some((axis, materials)) = columns(&cells) else { continue };
            let next = lines(text).nth(usize::try_from(line.number).unwrap_or(usize::MAX));
            return Some(Header {
                axis,
                axis_header: cells.first()?,
                delimiter,
                columns: cells.len(),
                materials,
                is_map,
                title,
                line: line.number,
                rows_start: next.map_or(text.len(), |next| next.start),
            });
        }
    }
    None
}

/// The roles of the columns; `None` unless the first is an axis with a unit and all others are n or k.
fn columns<'t>(cells: &[&'t str]) -> Option<(Axis, Vec<Material<'t>>)> {
    let (first, others) = cells.split_first()?;
    let axis = axis(first)?;
    let mut materials: Vec<Material<'t>> = Vec::new();
    for (place, cell) in others.iter().enumerate() {
        let (letter, label) = constant(cell)?;
        let at = materials.iter().rposition(|material| material.label == label);
        let at = at.unwrap_or_else(|| {
            materials.push(Material { label, n: None, k: None });
            materials.len() - 1
        });
        let material = materials.get_mut(at)?;
        let slot = if letter == 'n' { &mut material.n } else { &mut material.k };
        if slot.replace(place + 1).is_some() {
            return None;
        }
    }
    materials.retain(|material| material.n.is_some());
    (!materials.is_empty()).then_some((axis, materials))
}

/// The axis of `Wavelength (nm)`, `Wavelength, µm`, `wavelength_nm`, `Energy (eV)`.
fn axis(header: &str) -> Option<Axis> {
    let header = header.trim();
    // `A` alone may be anything.
    if header != "A"
        && let Some(axis) = Axis::from_unit(header)
    {
        return Some(axis);
    }
    let (words, unit) = header
        .strip_suffix([')', ']'])
        .and_then(|rest| rest.rsplit_once(['(', '[']))
        .or_else(|| header.rsplit_once([',', '/', '_', ' ']))?;
    let plain: String = words.chars().filter(|c| !c.is_whitespace() && !['$', '\\', '_', ','].contains(c)).collect();
    let axis = Axis::from_unit(unit)?;
    let is_energy = ["energy", "photonenergy", "e", "hv"].contains(&plain.to_lowercase().as_str());
    let is_wavelength = ["wavelength", "lambda", "λ", "wl", "wvl"].contains(&plain.to_lowercase().as_str());
    (if axis == Axis::ElectronVolt { is_energy } else { is_wavelength }).then_some(axis)
}

/// `n` or `k` and the label of `n`, `$k$`, `si_n`, `n: (-1.8,0)`, `n, Ordinary`, `n (SiO2)`, `n of SiO2`.
fn constant(header: &str) -> Option<(char, &str)> {
    let header = header.trim();
    let letter = |text: &str| match text.trim().trim_matches('$') {
        "n" => Some('n'),
        "k" | "κ" => Some('k'),
        _ => None,
    };
    if let Some(letter) = letter(header) {
        return Some((letter, ""));
    }
    let (before, after) = header
        .split_once(':')
        .or_else(|| header.split_once(", "))
        .or_else(|| header.split_once(" of "))
        .or_else(|| header.strip_suffix(')').and_then(|rest| rest.split_once(" (")))
        .or_else(|| header.rsplit_once(['_', ' ']).map(|(label, letter)| (letter, label)))?;
    Some((letter(before)?, after.trim()))
}

/// Reads a table.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] without such a header.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let text = &decoded.text;
    let header = find(text).ok_or_else(|| ReadError::ColumnMissing {
        place: Place::Line(1),
        expected: "for wavelength or photon energy with its unit, and n or k in all others".to_owned(),
        found: excerpt(text.lines().next().unwrap_or_default(), 200),
    })?;
    check_columns(header.columns, Place::Line(header.line))?;
    check(
        &BTreeMap::new(),
        header.materials.iter().map(|m| m.label.len()),
        header.materials.len(),
        Place::Line(header.line),
    )?;
    let mut table: Vec<Vec<f64>> = vec![Vec::new(); header.columns];
    let mut log = RowLog::default();
    let (mut cells, mut values) = (Vec::new(), Vec::with_capacity(header.columns));
    for line in lines_from(text, header.rows_start, header.line + 1).filter(|line| !is_blank(line)) {
        header.delimiter.split(line.text, &mut cells);
        if line.text.ends_with(['\t', ',', ';']) && cells.len() < header.columns {
            // Empty cells at the end: places of a map may differ in range.
            cells.resize(header.columns, "");
        }
        let mut parsed = parse(line.number, &cells, header.columns, &mut values);
        if parsed.is_err() && header.delimiter == Delimiter::Blanks {
            // A header of blanks above rows of tabs.
            super::cells::split_row(line.text, &mut cells);
            parsed = parse(line.number, &cells, header.columns, &mut values);
        }
        if parsed.is_ok() {
            table.iter_mut().zip(&values).for_each(|(column, value)| column.push(*value));
        }
        log.note(0, &line, cells.last().copied().unwrap_or_default(), parsed);
    }
    let mut warnings = Vec::new();
    if header.materials.iter().any(|material| is_direction(material.label)) {
        warnings.push(
            "the material is anisotropic: each measurement holds the constants of one direction, which `direction` names"
                .to_owned(),
        );
    }
    let mut measurements: Vec<Measurement> = header
        .materials
        .iter()
        .enumerate()
        .map(|(block, material)| of_material(block, material, &header, &table))
        .collect();
    if measurements.iter().any(|one| one.metadata.contains_key("x_mm")) {
        warnings.push("the file states no unit for its positions: cm is assumed, as CompleteEASE writes".to_owned());
    }
    measurements.iter_mut().for_each(|material| log.state_end(material));
    Ok(Reading { measurements, rejected: log.rejections, warnings, ..Reading::default() })
}

fn parse(line: u64, cells: &[&str], columns: usize, values: &mut Vec<f64>) -> Result<(), ReadError> {
    if cells.len() != columns {
        return Err(field_count(line, columns, cells.len()));
    }
    values.clear();
    for (place, cell) in cells.iter().enumerate() {
        let value = if place == 0 {
            finite(line, "wavelength or energy", "", cell)?
        } else {
            number(line, "optical constant", "1", cell)?
        };
        if place == 0 && value <= 0.0 {
            return Err(not_a_number(line, "wavelength or energy", "", cell));
        }
        values.push(value);
    }
    Ok(())
}

/// Whether a label is the direction of an anisotropic material.
fn is_direction(label: &str) -> bool {
    let plain: String = label.chars().filter(char::is_ascii_alphabetic).collect();
    ["ordinary", "extraordinary", "x", "y", "z"].contains(&plain.to_ascii_lowercase().as_str())
}

fn of_material(block: usize, material: &Material<'_>, header: &Header<'_>, table: &[Vec<f64>]) -> Measurement {
    let column = |place: usize| table.get(place).map_or(&[][..], Vec::as_slice);
    let n = column(material.n.unwrap_or_default());
    // Rows without n are not points of this material: places of a map may differ in range.
    let keep = |values: &[f64]| -> Vec<f64> {
        values.iter().zip(n).filter(|(_, n)| n.is_finite()).map(|(value, _)| *value).collect()
    };
    let mut columns = vec![header.axis.into_column(header.axis_header, &keep(column(0)))];
    columns.push(numbers("refractive_index", "1", "n", keep(n)));
    if let Some(k) = material.k {
        columns.push(numbers("extinction_coefficient", "1", "k", keep(column(k))));
    }
    let mut metadata = BTreeMap::new();
    let place = material.label.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).and_then(|inside| {
        let (x, y) = inside.split_once(',')?;
        Some((finite(0, "", "", x).ok()?, finite(0, "", "", y).ok()?))
    });
    match place {
        Some((x, y)) => {
            metadata.insert("x_mm".to_owned(), Value::Number(x * 10.0));
            metadata.insert("y_mm".to_owned(), Value::Number(y * 10.0));
        }
        None if !material.label.is_empty() => {
            let name = if is_direction(material.label) { "direction" } else { "material" };
            metadata.insert(name.to_owned(), rows::text_value(material.label));
        }
        None => {}
    }
    if let Some(title) = header.title.filter(|title| !title.is_empty()) {
        metadata.entry("material".to_owned()).or_insert_with(|| rows::text_value(title));
    }
    measurement(block, Technique::OpticalConstants, columns, metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_with_a_unit_and_only_n_and_k_are_tables_of_constants() {
        for (text, axis) in [
            ("$\\lambda$ (nm)  $n$  $k$\r\n241.1\t2.5\t2.4\t\r\n", Axis::Nanometre),
            ("\u{feff}\"Wavelength, µm\",n,k\r\n0.25,1.5,0.1", Axis::Micrometre),
            ("wavelength_nm,n,k\n250,1.6,3.6\n", Axis::Nanometre),
            ("Energy (eV)\tn\tk\n2\t1.6\t3.6\n", Axis::ElectronVolt),
            ("Opt. Const. of Cauchy vs. nm\nnm\tn\tk\n241.1\t1.5\t0\t\n", Axis::Nanometre),
        ] {
            let decoded = decode(text.as_bytes());
            assert_eq!(find(&decoded.text).map(|header| header.axis), Some(axis), "{text}");
            assert_eq!(read(text.as_bytes()).unwrap().measurements[0].n_points(), 1, "{text}");
        }
        for text in [
            "wavelength,n,k\n",
            "A\tn\tk\n",
            "Energy (eV)\tn\tcounts\n",
            "Wavelength (nm)\tPsi\tDelta\n",
            "Energy (nm)\tn\n",
            "",
        ] {
            assert!(find(text).is_none(), "{text}");
        }
    }

    #[test]
    fn each_place_or_label_is_a_measurement() {
        let text = "Optical Constants\nEnergy (eV)\tn: (-1.8,0)\tk: (-1.8,0)\tn: (0,0.5)\tk: (0,0.5)\n\
            5.5\t2.5\t1.7\t2.6\t1.8\n5.4\t2.4\t1.6\t\t\n";
        let reading = read(text.as_bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 2);
        let [first, second] = reading.measurements.as_slice() else { panic!() };
        assert_eq!(first.numbers("refractive_index").unwrap(), [2.5, 2.4]);
        assert_eq!(first.metadata["x_mm"], Value::Number(-18.0));
        assert_eq!(second.metadata["y_mm"], Value::Number(5.0));
        assert_eq!(second.block, 1);
        let grid = read(b"wavelength_nm,si_n,si_k,sio2_n\n250,1.6,3.6,1.5\n").unwrap();
        assert_eq!(grid.measurements[0].metadata["material"], rows::text_value("si"));
        assert_eq!(grid.measurements[1].numbers("refractive_index").unwrap(), [1.5]);
        assert_eq!(grid.measurements[1].numbers("extinction_coefficient"), None);
    }

    #[test]
    fn damage_is_reported_with_its_line() {
        let reading = read(b"wavelength_nm,n,k\n250,x,1\n260,1.5\n270,1.5,0\n-1,1,0\n28").unwrap();
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            [
                "line 2: expected a number for `optical constant`, found `x`",
                "line 3: expected 3 fields, found 2",
                "line 5: expected a number for `wavelength or energy`, found `-1`",
                "line 6: expected 3 fields, found 1"
            ]
        );
        assert_eq!(
            reading.measurements[0].metadata["incomplete"],
            rows::text_value("the file ends in the middle of line 6")
        );
    }
}
