//! Reads Sentech SpectraRay's spectra (`.txt`): Psi and Delta of one or several angles of incidence side by side.
//!
//! Format: a line `; WAVELENGTH` with each angle of incidence twice, then rows: the wavelength in nm, and Psi and Delta for
//! each angle, separated by blanks. Neither the unit nor the order of Psi and Delta is stated; both are as in all files seen.
//! Delta runs from 0 to 360.
//!
//! Source: a file of SpectraRay for the SE850, listed in `ingest/spectraray_text/instrument.toml`.
//!
//! Not supported: tan Psi and cos Delta in this layout. They end in [`ReadError::Malformed`].

use std::collections::BTreeMap;

use crate::manifest::embedded;
use crate::repetition::MOST_COLUMNS;
use crate::text::{Line, decode, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Technique};

use super::delta;
use super::rows::{self, field_count, finite, is_blank, measurement, numbers};
use crate::rejections::RowLog;

/// Reads SpectraRay's spectra.
#[derive(Debug)]
pub(crate) struct SpectraRay;

impl Adapter for SpectraRay {
    fn manifest(&self) -> &Manifest {
        embedded("spectraray_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first = lines(probe.text()).next().map_or("", |line| line.text);
        if angles(1, first).is_ok() { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The angles of incidence of a header, each once.
fn angles(line: u64, header: &str) -> Result<Vec<f64>, ReadError> {
    let expected = "`; WAVELENGTH` and each angle of incidence twice";
    let refused = || ReadError::unexpected(line, expected, header);
    let rest = header.trim_start().strip_prefix(';').ok_or_else(refused)?;
    let rest = rest.trim_start().strip_prefix("WAVELENGTH").ok_or_else(refused)?;
    let stated: Vec<f64> = rest
        .split_ascii_whitespace()
        .map(|word| finite(line, "angle of incidence", "deg", word))
        .collect::<Result<_, _>>()
        .map_err(|_| refused())?;
    let pairs = stated.chunks_exact(2);
    let is_paired = pairs.remainder().is_empty() && pairs.clone().all(|pair| pair.first() == pair.last());
    let is_angle = stated.iter().all(|angle| (0.0..=90.0).contains(angle));
    if stated.is_empty() || !is_paired || !is_angle || stated.len() > MOST_COLUMNS {
        return Err(refused());
    }
    Ok(stated.iter().step_by(2).copied().collect())
}

#[derive(Debug, Default)]
struct Table {
    wavelength: Vec<f64>,
    angle: Vec<f64>,
    psi: Vec<f64>,
    delta: Vec<f64>,
}

/// Reads a text of spectra.
///
/// # Errors
///
/// [`ReadError::Malformed`] without the header, and where the values can only be tan Psi and cos Delta.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text);
    let header = lines.next().map_or("", |line| line.text);
    let angles = angles(1, header)?;
    let mut table = Table::default();
    let mut log = RowLog::default();
    let (mut cells, mut values) = (Vec::new(), Vec::new());
    for line in lines.filter(|line| !is_blank(line) && !line.text.starts_with(';')) {
        cells.clear();
        cells.extend(line.text.split_ascii_whitespace());
        let row = table.take(&line, &cells, &angles, &mut values);
        log.note(0, &line, cells.last().copied().unwrap_or_default(), row);
    }
    if !table.delta.is_empty() && table.delta.iter().all(|delta| delta.abs() <= 1.0) {
        return Err(ReadError::unexpected(2, "Psi and Delta in degrees", "numbers within -1 to 1, as for cos Delta"));
    }
    let columns = vec![
        numbers("wavelength_nm", "nm", "WAVELENGTH", table.wavelength),
        numbers("angle_of_incidence_deg", "deg", "angle of incidence", table.angle),
        numbers("psi_deg", "deg", "Psi", table.psi),
        numbers("delta_deg", "deg", "Delta", table.delta),
    ];
    let mut spectra = measurement(0, Technique::SpectroscopicEllipsometry, columns, BTreeMap::new());
    spectra.metadata.insert("software".to_owned(), rows::text_value("SpectraRay"));
    log.state_end(&mut spectra);
    rows::note_angles(&mut spectra);
    delta::note_range(&mut spectra);
    Ok(Reading { measurements: vec![spectra], rejected: log.rejections, ..Reading::default() })
}

impl Table {
    fn take(
        &mut self,
        line: &Line<'_>,
        cells: &[&str],
        angles: &[f64],
        values: &mut Vec<f64>,
    ) -> Result<(), ReadError> {
        let expected = 1 + 2 * angles.len();
        if cells.len() != expected {
            return Err(field_count(line.number, expected, cells.len()));
        }
        values.clear();
        for (place, cell) in cells.iter().enumerate() {
            let (column, unit) = match place {
                0 => ("wavelength", "nm"),
                _ if place % 2 == 1 => ("Psi", "deg"),
                _ => ("Delta", "deg"),
            };
            let value = finite(line.number, column, unit, cell)?;
            let (is_possible, range) = match column {
                "wavelength" => ((100.0..=200_000.0).contains(&value), "100 to 200000"),
                "Psi" => ((-90.0..=90.0).contains(&value), "-90 to 90"),
                _ => ((-360.0..=360.0).contains(&value), "-360 to 360"),
            };
            if !is_possible {
                return Err(ReadError::OutOfRange {
                    place: Place::Line(line.number),
                    column: column.to_owned(),
                    unit: unit.to_owned(),
                    value,
                    expected: range.to_owned(),
                });
            }
            values.push(value);
        }
        let [wavelength, pairs @ ..] = values.as_slice() else { return Ok(()) };
        for (angle, pair) in angles.iter().zip(pairs.chunks_exact(2)) {
            if let [psi, delta] = pair {
                self.wavelength.push(*wavelength);
                self.angle.push(*angle);
                self.psi.push(*psi);
                self.delta.push(*delta);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "; WAVELENGTH 50.2 50.2 70.2 70.2\r\n";

    #[test]
    fn angles_side_by_side_become_rows_one_below_the_other() {
        let reading = read(format!("{HEAD}190.5 45 168 55 270 \r\n191 46 169 56 271 \r\n").as_bytes()).unwrap();
        let [spectra] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(spectra.numbers("wavelength_nm").unwrap(), [190.5, 190.5, 191.0, 191.0]);
        assert_eq!(spectra.numbers("angle_of_incidence_deg").unwrap(), [50.2, 70.2, 50.2, 70.2]);
        assert_eq!(spectra.numbers("psi_deg").unwrap(), [45.0, 55.0, 46.0, 56.0]);
        assert_eq!(spectra.numbers("delta_deg").unwrap(), [168.0, 270.0, 169.0, 271.0]);
        assert_eq!(spectra.metadata["angles_deg"], rows::text_value("50.2, 70.2"));
    }

    #[test]
    fn values_that_are_not_psi_are_rejected_and_a_cosine_refused() {
        let reading = read(format!("{HEAD}190 95 168 55 170\r\n191 46 169 56 171\r\n192 46").as_bytes()).unwrap();
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(errors, ["line 2: `Psi` is 95 °, expected -90 to 90", "line 4: expected 5 fields, found 2"]);
        assert_eq!(
            reading.measurements[0].metadata["incomplete"],
            rows::text_value("the file ends in the middle of line 4")
        );
        let cosine = read(format!("{HEAD}190 0.9 -0.5 0.8 0.25\r\n").as_bytes()).unwrap_err().to_string();
        assert!(cosine.starts_with("line 2: expected Psi and Delta in degrees"), "{cosine}");
        assert!(read(b"; WAVELENGTH 50 60\n").is_err());
        assert!(read(b"").is_err());
    }
}
