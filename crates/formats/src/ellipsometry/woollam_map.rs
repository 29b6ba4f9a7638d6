//! Reads CompleteEASE's tabulated maps (`*_map.txt`): Psi and Delta of many places and angles, a line for each quantity.
//!
//! Format: perhaps an empty line, then a header of an empty cell, `AOI`, `X`, `Y` and the wavelengths; then lines of a
//! quantity (`Psi`, `Psi_err`, `Delta`, `Delta_err`, `Depol`, `Depol_err`, `Intensity`), angle, place and one value for each
//! wavelength, all separated by tabs. No unit is stated: CompleteEASE writes nm and cm, as its table of the fit beside such a
//! map states for the same places (`X (cm)`).
//!
//! Source: a map of CompleteEASE, listed in `ingest/woollam_map/instrument.toml`.
//!
//! Not supported: other units. Wavelengths that can't be nm end in [`ReadError::Malformed`].

use std::collections::{BTreeMap, HashMap};

use crate::column::column_name;
use crate::manifest::embedded;
use crate::text::{Line, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value};

use super::delta;
use super::rows::{self, field_count, finite, is_blank, measurement, number, numbers, some_numbers};
use crate::delimited::cells::Delimiter;
use crate::rejections::RowLog;

/// Quantities that a map may have; CompleteEASE writes seven.
const MOST_QUANTITIES: usize = 8;
/// Cells before the wavelengths.
const KEYS: usize = 4;

/// Reads CompleteEASE's tabulated maps.
#[derive(Debug)]
pub(crate) struct WoollamMap;

impl Adapter for WoollamMap {
    fn manifest(&self) -> &Manifest {
        embedded("woollam_map")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_header = lines(probe.text()).take(3).any(|line| is_header(line.text));
        if is_header { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

fn is_header(line: &str) -> bool {
    line.trim_start_matches(' ').starts_with("\tAOI\tX\tY\t")
}

/// Angle and place of a spectrum, as stored.
#[derive(Debug, Clone, Copy)]
struct Spot {
    angle: f64,
    x: f64,
    y: f64,
}

/// The lines of a map.
#[derive(Debug, Default)]
struct Map {
    wavelengths: Vec<f64>,
    spots: Vec<Spot>,
    by_place: HashMap<[u64; 3], usize>,
    /// Name and, for each spot, the values.
    quantities: Vec<(String, Vec<Option<Vec<f64>>>)>,
}

/// Reads a map.
///
/// # Errors
///
/// [`ReadError::Malformed`] without a header of wavelengths in nm.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text);
    let header = lines.by_ref().take(3).find(|line| is_header(line.text));
    let Some(header) = header else {
        return Err(ReadError::unexpected(
            1,
            "a header of `AOI`, `X`, `Y` and wavelengths",
            decoded.text.lines().next().unwrap_or(""),
        ));
    };
    let mut cells = Vec::new();
    Delimiter::TAB.split(header.text, &mut cells);
    let mut map = Map { wavelengths: wavelengths(header.number, &cells)?, ..Map::default() };
    let mut log = RowLog::default();
    for line in lines.filter(|line| !is_blank(line)) {
        Delimiter::TAB.split(line.text, &mut cells);
        let row = map.take(&line, &cells);
        log.note(0, &line, cells.last().copied().unwrap_or_default(), row);
    }
    let mut measurement = map.into_measurement();
    log.state_end(&mut measurement);
    rows::note_angles(&mut measurement);
    delta::note_range(&mut measurement);
    Ok(Reading { measurements: vec![measurement], rejected: log.rejections, ..Reading::default() })
}

fn wavelengths(line: u64, cells: &[&str]) -> Result<Vec<f64>, ReadError> {
    let cells = cells.get(KEYS..).unwrap_or_default();
    let wavelengths: Vec<f64> =
        cells.iter().map(|cell| finite(line, "wavelength", "nm", cell)).collect::<Result<_, _>>()?;
    let low = wavelengths.iter().copied().fold(f64::INFINITY, f64::min);
    let high = wavelengths.iter().copied().fold(0.0, f64::max);
    // Ellipsometers of the visible measure 140 to 3500 nm; the same in Å, eV or 1/cm lies beyond.
    if wavelengths.is_empty() || !(120.0..=1700.0).contains(&low) || high > 3500.0 {
        let found = if wavelengths.is_empty() { String::new() } else { format!("{low} to {high}") };
        return Err(ReadError::unexpected(
            line,
            "wavelengths in nm (120 to 3500), because the header states no unit",
            &found,
        ));
    }
    Ok(wavelengths)
}

impl Map {
    fn take(&mut self, line: &Line<'_>, cells: &[&str]) -> Result<(), ReadError> {
        let expected = KEYS + self.wavelengths.len();
        if cells.len() != expected {
            return Err(field_count(line.number, expected, cells.len()));
        }
        let [name, angle, x, y, values @ ..] = cells else {
            return Err(field_count(line.number, expected, cells.len()));
        };
        let spot = Spot {
            angle: finite(line.number, "AOI", "deg", angle)?,
            x: finite(line.number, "X", "cm", x)?,
            y: finite(line.number, "Y", "cm", y)?,
        };
        let values: Vec<f64> =
            values.iter().map(|cell| number(line.number, name, "deg", cell)).collect::<Result<_, _>>()?;
        let spots = self.spots.len();
        let place = *self.by_place.entry([spot.angle, spot.x, spot.y].map(f64::to_bits)).or_insert(spots);
        if place == spots {
            self.spots.push(spot);
        }
        let quantity = match self.quantities.iter().position(|(known, _)| known == name) {
            Some(quantity) => quantity,
            None if self.quantities.len() < MOST_QUANTITIES => {
                self.quantities.push(((*name).to_owned(), Vec::new()));
                self.quantities.len() - 1
            }
            None => {
                return Err(ReadError::malformed(
                    Place::Line(line.number),
                    format!("at most {MOST_QUANTITIES} quantities"),
                    format!("`{}`", excerpt(name, 40)),
                ));
            }
        };
        let Some((_, of_spots)) = self.quantities.get_mut(quantity) else { return Ok(()) };
        if of_spots.len() <= place {
            of_spots.resize(place + 1, None);
        }
        match of_spots.get_mut(place) {
            Some(slot @ None) => *slot = Some(values),
            _ => {
                return Err(ReadError::malformed(
                    Place::Line(line.number),
                    "one line for each quantity, angle and position",
                    format!("`{}` again", excerpt(name, 40)),
                ));
            }
        }
        Ok(())
    }

    fn values(&self, name: &str, spot: usize) -> Option<&Vec<f64>> {
        let (_, of_spots) = self.quantities.iter().find(|(known, _)| known == name)?;
        of_spots.get(spot)?.as_ref()
    }

    fn into_measurement(self) -> Measurement {
        let is_whole = |spot: &usize| self.values("Psi", *spot).is_some() && self.values("Delta", *spot).is_some();
        let whole: Vec<usize> = (0..self.spots.len()).filter(is_whole).collect();
        let each = self.wavelengths.len();
        let of_spot = |value: fn(&Spot) -> f64| -> Vec<f64> {
            let spots = whole.iter().filter_map(|spot| self.spots.get(*spot));
            spots.flat_map(|spot| std::iter::repeat_n(value(spot), each)).collect()
        };
        let mut columns = vec![
            numbers("wavelength_nm", "nm", "wavelength", self.wavelengths.repeat(whole.len())),
            numbers("angle_of_incidence_deg", "deg", "AOI", of_spot(|spot| spot.angle)),
            numbers("x_mm", "mm", "X", of_spot(|spot| spot.x * 10.0)),
            numbers("y_mm", "mm", "Y", of_spot(|spot| spot.y * 10.0)),
        ];
        for (name, _) in &self.quantities {
            let mut values = Vec::with_capacity(whole.len().saturating_mul(each));
            for spot in &whole {
                match self.values(name, *spot) {
                    Some(known) => values.extend_from_slice(known),
                    None => values.resize(values.len() + each, f64::NAN),
                }
            }
            let (column, unit) = match name.as_str() {
                "Psi" => ("psi_deg", "deg"),
                "Psi_err" => ("psi_err_deg", "deg"),
                "Delta" => ("delta_deg", "deg"),
                "Delta_err" => ("delta_err_deg", "deg"),
                "Depol" => ("depolarization_percent", "%"),
                "Depol_err" => ("depolarization_err_percent", "%"),
                _ => ("", ""),
            };
            if !column.is_empty() {
                columns.extend(some_numbers(column, unit, name, values));
            } else if let Some(mut kept) = some_numbers(&column_name(name), "", name, values) {
                kept.unit = None;
                if !columns.iter().any(|column| column.name == kept.name) {
                    columns.push(kept);
                }
            }
        }
        for needed in ["psi_deg", "delta_deg"] {
            if !columns.iter().any(|column| column.name == needed) {
                columns.push(numbers(needed, "deg", "", vec![f64::NAN; whole.len().saturating_mul(each)]));
            }
        }
        let mut places: Vec<[u64; 2]> = whole
            .iter()
            .filter_map(|spot| self.spots.get(*spot))
            .map(|spot| [spot.x.to_bits(), spot.y.to_bits()])
            .collect();
        places.sort_unstable();
        places.dedup();
        let mut metadata = BTreeMap::from([("n_positions".to_owned(), Value::Number(places.len() as f64))]);
        let mut warnings =
            vec!["the file states no units: nm and cm are assumed, as CompleteEASE writes maps".to_owned()];
        let missing = self.spots.len() - whole.len();
        if missing > 0 {
            let words = format!("left out for lack of Psi or Delta: {missing} of {} spectra", self.spots.len());
            warnings.push(words.clone());
            metadata.insert("incomplete".to_owned(), Value::Text(words));
        }
        let mut spectra = measurement(0, Technique::SpectroscopicEllipsometry, columns, metadata);
        spectra.warnings = warnings;
        spectra
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "\u{feff}\n\tAOI\tX\tY\t300.5\t400\nPsi\t55\t-1.8\t0\t20\t21\nPsi\t55\t1.8\t0\t30\t31\n\
        Delta\t55\t-1.8\t0\t200\t210\nDelta\t55\t1.8\t0\t220\t230\nIntensity\t55\t1.8\t0\t0.5\t0.6\n";

    #[test]
    fn each_place_is_a_spectrum_in_one_measurement() {
        let reading = read(MAP.as_bytes()).unwrap();
        let [map] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(map.numbers("wavelength_nm").unwrap(), [300.5, 400.0, 300.5, 400.0]);
        assert_eq!(map.numbers("x_mm").unwrap(), [-18.0, -18.0, 18.0, 18.0]);
        assert_eq!(map.numbers("psi_deg").unwrap(), [20.0, 21.0, 30.0, 31.0]);
        assert_eq!(map.numbers("delta_deg").unwrap(), [200.0, 210.0, 220.0, 230.0]);
        assert_eq!(map.numbers("intensity").unwrap()[2..], [0.5, 0.6]);
        assert!(map.numbers("intensity").unwrap()[0].is_nan());
        assert_eq!(map.metadata["n_positions"], Value::Number(2.0));
    }

    #[test]
    fn a_map_cut_off_before_its_deltas_keeps_whole_spectra_alone() {
        let cut = &MAP[..MAP.find("230").unwrap()];
        let reading = read(cut.as_bytes()).unwrap();
        let map = &reading.measurements[0];
        assert_eq!(map.n_points(), 2);
        assert_eq!(
            map.metadata["incomplete"],
            Value::Text("left out for lack of Psi or Delta: 1 of 2 spectra".to_owned())
        );
        assert_eq!(reading.rejected[0].error.to_string(), "line 6: expected 6 fields, found 5");
        let none = read(&MAP.as_bytes()[..MAP.find("Delta").unwrap()]).unwrap();
        assert_eq!(none.measurements[0].numbers("delta_deg"), Some(&[][..]));
    }

    #[test]
    fn wavelengths_that_cannot_be_nanometres_are_refused() {
        let error = read(MAP.replace("300.5\t400", "1.5\t3").as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: expected wavelengths in nm (120 to 3500), because the header states no unit, found `1.5 to 3`"
        );
        assert!(read(b"").is_err());
    }
}
