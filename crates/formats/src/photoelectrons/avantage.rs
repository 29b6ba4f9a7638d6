//! Reads spectra that Thermo Avantage exported to a spreadsheet (`.xlsx`).
//!
//! Format: a sheet for each spectrum. Above the data are the axes (`Axis`, `Energy`, `Elements=`, number of points) and the
//! path of the data; then two lines of headers, names (`Binding Energy (E)`, components of a fit, `Backgnd.`, `Envelope`,
//! `Residuals`) over units (`eV`, `Counts / s`); then the rows. Columns between may be empty. Other sheets are tables of
//! peaks.
//! Source: an export of Avantage, edited with Excel; no description is published.
//!
//! The intensities' column has a unit and no name. Outside the fitted range Avantage writes 0 for background and components;
//! where all of these are 0 there is no background, and it is absent. Components' curves include the background, as in the
//! file. Not supported: sheets over more than energies (depth profiles, maps): they are left out with a warning.

use crate::manifest::embedded;
use crate::photoelectrons::spectrum::{Spectrum, curve_name, even_step};
use crate::repetition::check_columns;
use crate::text::counted;
use crate::workbook::{Cell, Row, Sheet, Workbook};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value};

/// Reads Avantage's spreadsheets.
#[derive(Debug)]
pub(crate) struct Avantage;

impl Adapter for Avantage {
    fn manifest(&self) -> &Manifest {
        embedded("avantage_xlsx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let texts = || probe.sheets().iter().flat_map(|sheet| &sheet.head).flat_map(|row| &row.cells);
        let has = |words: &str| texts().any(|(_, cell)| cell.words().contains(words));
        let is_avantage = has("Elements=") && ENERGIES.iter().any(|energy| has(energy));
        if is_avantage { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "it is a spreadsheet with Avantage's headers"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        self.read_probed(&Probe::new(file))
    }

    fn read_probed(&self, probe: &Probe<'_>) -> Result<Reading, ReadError> {
        let workbook = probe.workbook()?;
        let mut reading = Reading::default();
        for sheet in &workbook.sheets {
            spectrum(workbook, sheet, &mut reading)?;
        }
        if reading.measurements.is_empty() {
            let warnings = reading.warnings.join("; ");
            return Err(ReadError::ColumnMissing {
                place: Place::Line(1),
                expected: format!("`{}` or `{}` over `eV`", ENERGIES[0], ENERGIES[1]),
                found: if warnings.is_empty() { "no such sheet".to_owned() } else { warnings },
            });
        }
        Ok(reading)
    }
}

/// The headers of energies.
const ENERGIES: [&str; 2] = ["Binding Energy (E)", "Kinetic Energy (E)"];

/// Reads a sheet, if it has a spectrum.
fn spectrum(workbook: &Workbook<'_>, sheet: &Sheet, reading: &mut Reading) -> Result<(), ReadError> {
    let is_energy = |cell: &Cell| {
        cell.text().is_some_and(|text| text.starts_with("Binding Energy") || text.starts_with("Kinetic Energy"))
    };
    let header = sheet.head.iter().enumerate().find_map(|(place, names)| {
        let (column, energy) = names.cells.iter().find(|(_, cell)| is_energy(cell))?;
        let units = sheet.head.get(place + 1).filter(|units| units.cell(*column).and_then(Cell::text) == Some("eV"))?;
        Some((place, names, units, *column, energy.text()?))
    });
    let Some((place, names, units, energy_column, energy)) = header else {
        reading.warnings.extend(sheet.head_damage.clone());
        return Ok(());
    };
    let above = sheet.head.get(..place).unwrap_or_default();
    let axes = above.iter().filter(|row| row.first_text() == Some("Axis"));
    let announced: Vec<f64> =
        axes.filter_map(|row| row.cells.iter().rev().find_map(|(_, cell)| cell.number())).collect();
    if announced.len() > 1 {
        reading.leave_out(format!(
            "sheet `{}` has {} axes and was left out: it is not a single spectrum",
            sheet.name,
            announced.len()
        ));
        return Ok(());
    }
    let columns: Vec<(u32, &str, &str)> = units
        .cells
        .iter()
        .filter(|(column, _)| *column > energy_column)
        .filter_map(|(column, unit)| {
            Some((*column, names.cell(*column).and_then(Cell::text).unwrap_or_default(), unit.text()?))
        })
        .collect();
    check_columns(columns.len(), names.place())?;
    // The rows below the units up to the first without an energy.
    let mut energies = Vec::new();
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
    let mut numbers: Vec<u64> = Vec::new();
    let (mut n_above, mut below) = (place + 2, None);
    let damage = workbook.rows(sheet, |row| {
        if n_above > 0 {
            n_above -= 1;
            return Ok(());
        }
        match row.cell(energy_column).and_then(Cell::number) {
            Some(energy) if below.is_none() => {
                energies.push(energy);
                numbers.push(row.number);
                for (values, (column, ..)) in values.iter_mut().zip(&columns) {
                    values.push(row.cell(*column).and_then(Cell::number).unwrap_or(f64::NAN));
                }
            }
            Some(_) => below = below.map(|(first, rows)| (first, rows + 1)),
            None => below = below.or(Some((row.number, 0))),
        }
        Ok(())
    })?;
    let mut spectrum = Spectrum::default();
    if let Some(step) = even_step(&energies) {
        spectrum.number("step_ev", step);
    }
    spectrum.column("energy_ev", Some("eV"), energy, energies);
    let mut unit_of_intensity = None;
    let mut has_intensity = false;
    let mut curves = Vec::new();
    for ((_, name, unit), values) in columns.into_iter().zip(values) {
        if name.is_empty() && !has_intensity {
            has_intensity = true;
            unit_of_intensity = intensity_unit(unit);
            spectrum.column("intensity", Some("1"), unit, values);
        } else if name.starts_with("Backgnd") || name.eq_ignore_ascii_case("Background") {
            spectrum.column("background", Some("1"), name, values);
        } else {
            let curve = curve_name(name);
            if !["envelope", "residuals"].contains(&curve.as_str()) {
                curves.push(spectrum.columns.len());
            }
            spectrum.column(&curve, None, name, values);
        }
    }
    if !has_intensity {
        reading.leave_out(format!("sheet `{}` has energies but no intensity, and was left out", sheet.name));
        return Ok(());
    }
    without_zeros(&curves, &mut spectrum);
    let scale = if energy.starts_with("Binding") { "binding" } else { "kinetic" };
    spectrum.scales(Some(scale), unit_of_intensity);
    spectrum.text("region", &sheet.name);
    spectrum.text("software", "Avantage");
    if !curves.is_empty() {
        spectrum.number("n_fit_components", curves.len() as f64);
    }
    let path = above.iter().rev().find_map(Row::first_text).filter(|text| text.contains(['\\', '/']));
    spectrum.text("source_file", path.unwrap_or_default());
    let found = numbers.len();
    if let Some(damage) = damage {
        spectrum.metadata.insert("incomplete".to_owned(), Value::Text(damage));
    } else if announced.first().is_some_and(|announced| *announced > found as f64) {
        let statement = format!("the sheet announces {} points and has {found}", announced[0]);
        spectrum.metadata.insert("incomplete".to_owned(), Value::Text(statement));
    }
    if let Some((first, rows @ 1..)) = below {
        let rows = format!("{} left out below row {first}, which has no energy", counted(rows, "row"));
        spectrum.warnings.push(format!("sheet `{}`: {rows}", sheet.name));
    }
    spectrum.finish(|row| Place::Line(numbers.get(row).copied().unwrap_or(0)), reading)
}

fn intensity_unit(unit: &str) -> Option<&'static str> {
    match unit.to_lowercase().replace(' ', "").as_str() {
        "counts/s" | "cps" => Some("counts/s"),
        "counts" => Some("counts"),
        _ => None,
    }
}

/// Makes the background absent where it and all components are 0, outside the fitted range.
fn without_zeros(curves: &[usize], spectrum: &mut Spectrum) {
    let is_background = |column: &crate::Column| column.name == "background";
    let Some(background) = spectrum.columns.iter().position(is_background) else { return };
    let all = || curves.iter().chain([&background]).filter_map(|place| spectrum.columns.get(*place));
    let points = spectrum.columns[background].values.len();
    let is_zero = |row: usize| {
        all().all(|column| match &column.values {
            crate::Values::Number(values) => values.get(row) == Some(&0.0),
            crate::Values::Text(_) => true,
        })
    };
    let zeros: Vec<usize> = (0..points).filter(|row| is_zero(*row)).collect();
    if let crate::Values::Number(values) = &mut spectrum.columns[background].values {
        for row in zeros {
            values[row] = f64::NAN;
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;
    use crate::workbook::tests::workbook;

    const ROWS: &[&[&str]] = &[
        &["Axis", "Energy", "Elements=", "3"],
        &["C:\\data\\O1s Scan.VGD"],
        &["Binding Energy (E)", "", "", "O1s oxide", "Backgnd.", "Envelope"],
        &["eV", "", "Counts / s", "Counts / s", "Counts / s", "Counts / s"],
        &["531", "", "10", "0", "0", "9"],
        &["530.9", "", "20", "18", "8", "18"],
        &["530.8", "", "", "17", "8", "17"],
    ];

    #[test]
    fn a_sheet_is_a_spectrum_with_the_curves_of_its_fit() {
        let file = workbook(&[("O1s Scan", ROWS)]);
        assert_eq!(Avantage.sniff(&Probe::new(&file)), Match::Certain);
        let reading = Avantage.read(&file).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("energy_ev"), Some(&[531.0, 530.9][..]));
        assert_eq!(spectrum.numbers("intensity"), Some(&[10.0, 20.0][..]));
        assert_eq!(spectrum.numbers("o1s_oxide"), Some(&[0.0, 18.0][..]));
        let background = spectrum.numbers("background").unwrap();
        assert!(background[0].is_nan());
        assert_eq!(background[1], 8.0);
        assert_eq!(reading.rejected[0].error.place(), Place::Line(7));
        let text = |name: &str| spectrum.metadata[name].clone();
        assert_eq!(text("energy_scale"), Value::Text("binding".to_owned()));
        assert_eq!(text("intensity_unit"), Value::Text("counts/s".to_owned()));
        assert_eq!(text("region"), Value::Text("O1s Scan".to_owned()));
    }

    #[test]
    fn other_spreadsheets_are_not_claimed() {
        let file = workbook(&[("Sheet1", &[&["Time", "Current"], &["1", "2"]])]);
        assert_eq!(Avantage.sniff(&Probe::new(&file)), Match::No);
        assert!(Avantage.read(&file).unwrap_err().to_string().contains("no such sheet"));
    }

    #[test]
    fn a_sheet_with_fewer_points_than_announced_is_incomplete() {
        let reading = Avantage.read(&workbook(&[("O1s Scan", &ROWS[..6])])).unwrap();
        let statement = "the sheet announces 3 points and has 2".to_owned();
        assert_eq!(reading.measurements[0].metadata["incomplete"], Value::Text(statement));
    }
}
