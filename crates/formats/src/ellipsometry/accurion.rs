//! Reads Accurion's tables of imaging ellipsometers (`.dat`, `.ds.dat`): Psi and Delta of regions of interest.
//!
//! Format: a line of names that begins with `#`, a line of their units that begins with `#`, then rows, all separated by
//! tabs. Order and number of columns differ between versions. Nulling measurements give each point once for each of four
//! zones (`Zone` 1 to 4); `Zone` 0 is their mean and `Zone` 5 their range (the largest value less the smallest), which is not Psi
//! and Delta. A zone that found no minimum has `NaN`, and so has the mean.
//!
//! Source: files of EP3 and EP4, listed in `ingest/accurion_dat/instrument.toml`.
//!
//! Not supported: tables without `Lambda`, `Psi` and `Delta`. They end in [`ReadError::ColumnMissing`].

use std::collections::{BTreeMap, HashMap};

use crate::column::column_name;
use crate::manifest::embedded;
use crate::repetition::{check, check_columns};
use crate::text::{Line, counted, decode, excerpt, lines};
use crate::unit::{Quantity, Unit};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

use super::delta;
use super::rows::{self, field_count, finite, is_blank, measurement, number, numbers};
use crate::delimited::cells::Delimiter;
use crate::rejections::RowLog;

/// Reads Accurion's tables.
#[derive(Debug)]
pub(crate) struct Accurion;

impl Adapter for Accurion {
    fn manifest(&self) -> &Manifest {
        embedded("accurion_dat")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut first = lines(probe.text()).map(|line| line.text);
        let (Some(names), Some(units)) = (first.next(), first.next()) else { return Match::No };
        let names: Vec<&str> = names.strip_prefix('#').map_or(Vec::new(), |names| names.split('\t').collect());
        let has = |name: &str| names.iter().any(|known| known.trim() == name);
        if units.starts_with('#') && has("Psi") && has("Delta") && has("Lambda") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// A column to read, and how its values are converted.
struct Planned {
    name: String,
    unit: Option<String>,
    header: String,
    factor: f64,
    is_needed: bool,
}

/// Rows of one region of interest: those of the zones, or their means.
struct Region {
    name: String,
    is_mean: bool,
    columns: Vec<Vec<f64>>,
    /// Of the zones, at this wavelength and angle: Psi and Delta.
    ranges: Vec<([u64; 2], [f64; 2])>,
}

impl Region {
    fn new(name: &str, is_mean: bool, columns: usize) -> Self {
        Self { name: name.to_owned(), is_mean, columns: vec![Vec::new(); columns], ranges: Vec::new() }
    }
}

/// The kind of a row, by its zone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// Of one zone, or of a file without zones.
    Own,
    Mean,
    Range,
}

/// Regions that a file may have; each costs columns of its own.
const MOST_REGIONS: usize = 10_000;

/// Reads a table.
///
/// # Errors
///
/// [`ReadError::Malformed`] without the two lines that begin with `#`; [`ReadError::ColumnMissing`] without the columns of
/// a spectrum.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text);
    let names = lines.next().map_or("", |line| line.text);
    let units = lines.next().map_or("", |line| line.text);
    let Some(headers) = names.strip_prefix('#') else {
        return Err(ReadError::unexpected(1, "a line of names that begins with `#`", names));
    };
    let Some(units) = units.strip_prefix('#') else {
        return Err(ReadError::unexpected(2, "a line of units that begins with `#`", units));
    };
    let headers: Vec<&str> = headers.split('\t').map(str::trim).collect();
    check_columns(headers.len(), Place::Line(1))?;
    let planned = plan(&headers, &units.split('\t').map(str::trim).collect::<Vec<_>>())?;
    let find = |name: &str| headers.iter().position(|header| *header == name);
    let [region, zone] = [find("ROIidx"), find("Zone")];
    let named = |name: &str| planned.iter().position(|column| column.name == name);
    let keys = ["wavelength_nm", "angle_of_incidence_deg", "psi_deg", "delta_deg"].map(named);
    let mut regions: Vec<Region> = Vec::new();
    let mut by_name: HashMap<(&str, bool), usize> = HashMap::new();
    let mut log = RowLog::default();
    let (mut cells, mut values) = (Vec::new(), Vec::new());
    for line in lines.filter(|line| !is_blank(line)) {
        Delimiter::TAB.split(line.text, &mut cells);
        if let Err(error) = parse(&line, &cells, &planned, &mut values) {
            log.note(regions.len().saturating_sub(1), &line, "", Err(error));
            continue;
        }
        let name = region.and_then(|place| cells.get(place)).copied().unwrap_or_default();
        let kind = match zone.and_then(|place| values.get(place)) {
            Some(0.0) => Zone::Mean,
            Some(5.0) => Zone::Range,
            _ => Zone::Own,
        };
        let is_mean = kind != Zone::Own;
        if regions.len() == MOST_REGIONS {
            return Err(ReadError::unexpected(line.number, "fewer than 10000 regions of interest", name));
        }
        let place = *by_name.entry((name, is_mean)).or_insert_with(|| {
            regions.push(Region::new(name, is_mean, planned.len()));
            regions.len() - 1
        });
        let Some(region) = regions.get_mut(place) else { continue };
        if kind == Zone::Range {
            let [wavelength, angle, psi, delta] =
                keys.map(|key| key.and_then(|key| values.get(key)).copied().unwrap_or(f64::NAN));
            region.ranges.push(([wavelength, angle].map(f64::to_bits), [psi, delta]));
        } else {
            for (column, value) in region.columns.iter_mut().zip(&values) {
                column.push(*value);
            }
        }
        log.note(place, &line, cells.last().copied().unwrap_or_default(), Ok(()));
    }
    check(&BTreeMap::new(), headers.iter().map(|header| header.len()), regions.len(), Place::Line(1))?;
    if regions.is_empty() {
        regions.push(Region::new("", false, planned.len()));
    }
    let measurements = regions.into_iter().enumerate().map(|(block, region)| assemble(block, region, &planned));
    let mut measurements: Vec<Measurement> = measurements.collect();
    if let Some(last) = measurements.last_mut() {
        log.state_end(last);
    }
    Ok(Reading { measurements, rejected: log.rejections, ..Reading::default() })
}

fn plan(headers: &[&str], units: &[&str]) -> Result<Vec<Planned>, ReadError> {
    let mut planned: Vec<Planned> = Vec::with_capacity(headers.len());
    for (place, header) in headers.iter().enumerate() {
        let stated = units.get(place).copied().filter(|unit| !unit.is_empty() && *unit != "-");
        let unit = stated.and_then(Unit::parse);
        let known = match *header {
            "Lambda" => Some(("wavelength_nm", "nm", Quantity::Length, 1e-9)),
            "AOI" => Some(("angle_of_incidence_deg", "deg", Quantity::Angle, 1.0)),
            "Psi" => Some(("psi_deg", "deg", Quantity::Angle, 1.0)),
            "Delta" => Some(("delta_deg", "deg", Quantity::Angle, 1.0)),
            "Time" => Some(("time_s", "s", Quantity::Time, 1.0)),
            "X_pos" => Some(("x_mm", "mm", Quantity::Length, 1e-3)),
            "Y_pos" => Some(("y_mm", "mm", Quantity::Length, 1e-3)),
            _ => None,
        };
        let fitting = known.zip(unit.as_ref()).filter(|((_, _, quantity, _), unit)| unit.quantity == *quantity);
        let column = match fitting {
            Some(((name, ucum, _, scale), unit)) if !planned.iter().any(|column| column.name == name) => Planned {
                name: name.to_owned(),
                unit: Some(ucum.to_owned()),
                header: (*header).to_owned(),
                factor: unit.factor / scale,
                is_needed: ["wavelength_nm", "psi_deg", "delta_deg"].contains(&name),
            },
            _ => {
                let words = stated.map_or((*header).to_owned(), |stated| format!("{header} {stated}"));
                let mut name = column_name(&words);
                if name.is_empty() || planned.iter().any(|column| column.name == name) {
                    name = format!("column_{}", place + 1);
                }
                let unit = unit.map(|unit| unit.ucum);
                Planned { name, unit, header: (*header).to_owned(), factor: 1.0, is_needed: false }
            }
        };
        planned.push(column);
    }
    if planned.iter().filter(|column| column.is_needed).count() < 3 {
        return Err(ReadError::ColumnMissing {
            place: Place::Line(1),
            expected: "`Lambda`, `Psi` and `Delta` with units of length and angle".to_owned(),
            found: excerpt(&headers.join(", "), 400),
        });
    }
    Ok(planned)
}

/// Puts the numbers of a row into `values`.
fn parse(line: &Line<'_>, cells: &[&str], planned: &[Planned], values: &mut Vec<f64>) -> Result<(), ReadError> {
    if cells.len() != planned.len() {
        return Err(field_count(line.number, planned.len(), cells.len()));
    }
    values.clear();
    for (cell, column) in cells.iter().zip(planned) {
        let unit = column.unit.as_deref().unwrap_or("");
        let read = if column.is_needed { finite } else { number };
        let value = read(line.number, &column.header, unit, cell)?;
        values.push(value * column.factor);
    }
    Ok(())
}

fn assemble(block: usize, region: Region, planned: &[Planned]) -> Measurement {
    let columns = planned.iter().zip(region.columns).map(|(column, values)| Column {
        name: column.name.clone(),
        unit: column.unit.clone(),
        header: column.header.clone(),
        values: Values::Number(values),
    });
    let mut spectra = measurement(block, Technique::SpectroscopicEllipsometry, columns.collect(), BTreeMap::new());
    if !region.name.is_empty() {
        spectra.metadata.insert("region_of_interest".to_owned(), Value::Text(region.name));
    }
    rows::note_angles(&mut spectra);
    if region.is_mean {
        spectra.metadata.insert("is_mean_of_zones".to_owned(), Value::Flag(true));
        add_ranges(&mut spectra, region.ranges);
    } else if let Some(zones) = spectra.numbers("zone").and_then(rows::distinct) {
        if zones.contains(',') {
            spectra.warnings.push(format!(
                "each point occurs once for each zone of the polarizers ({zones}): average them before use"
            ));
        }
        spectra.metadata.insert("zones".to_owned(), Value::Text(zones));
    }
    delta::note_range(&mut spectra);
    spectra
}

/// Adds the range of the zones to their mean.
fn add_ranges(spectra: &mut Measurement, ranges: Vec<([u64; 2], [f64; 2])>) {
    if ranges.is_empty() {
        return;
    }
    let known = ranges.len();
    let by_key: HashMap<[u64; 2], [f64; 2]> = ranges.into_iter().collect();
    let angle = spectra.numbers("angle_of_incidence_deg").unwrap_or_default();
    let wavelength = spectra.numbers("wavelength_nm").unwrap_or_default();
    let of_row = |row: usize| {
        let at = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN).to_bits();
        by_key.get(&[at(wavelength), at(angle)]).copied()
    };
    let found: Vec<Option<[f64; 2]>> = (0..spectra.n_points()).map(of_row).collect();
    let unmatched = known.saturating_sub(found.iter().flatten().count());
    let missing = [f64::NAN; 2];
    let (psi, delta) = found.iter().map(|pair| pair.unwrap_or(missing).into()).unzip();
    spectra.columns.push(numbers("psi_range_of_zones_deg", "deg", "Psi", psi));
    spectra.columns.push(numbers("delta_range_of_zones_deg", "deg", "Delta", delta));
    if unmatched > 0 {
        spectra.warnings.push(format!(
            "{} of zone 5 (range of the zones, not Psi and Delta) left out: the mean is missing",
            counted(unmatched, "row")
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "#Lambda\tBandwidth\tAOI\tDelta\tPsi\tZone\tAmin\tROIidx\tTime\tX_pos\n\
        #nm\tnm\tdeg\tdeg\tdeg\t-\tdeg\t-\ts\tmm\n\
        658.0\t2.0\t50.0\t190.5\t31.5\t4\t31.4\t000\t2.9\t-6.98\n658.0\t2.0\t50.0\t191.5\t31.25\t3\tNaN\t000\t2.9\t-6.98\n";

    #[test]
    fn columns_go_by_name_and_zones_are_kept() {
        let reading = read(TABLE.as_bytes()).unwrap();
        let [spectra] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(spectra.numbers("wavelength_nm").unwrap(), [658.0, 658.0]);
        assert_eq!(spectra.numbers("delta_deg").unwrap(), [190.5, 191.5]);
        assert_eq!(spectra.numbers("psi_deg").unwrap(), [31.5, 31.25]);
        assert_eq!(spectra.numbers("time_s").unwrap(), [2.9, 2.9]);
        assert_eq!(spectra.numbers("x_mm").unwrap(), [-6.98, -6.98]);
        assert!(spectra.numbers("amin_deg").unwrap()[1].is_nan());
        assert_eq!(spectra.metadata["zones"], Value::Text("3, 4".to_owned()));
        assert_eq!(*reading.rejected, []);
    }

    #[test]
    fn the_mean_of_the_zones_is_a_measurement_and_their_range_is_not_psi() {
        let rows = "658.0\t2.0\t50.0\t191\t31.4\t0\tNaN\t000\t2.9\t-6.98\n658.0\t2.0\t50.0\t1\t0.25\t5\tNaN\t000\t2.9\t-6.98\n\
            658.0\t2.0\t60.0\t1\t0.25\t5\tNaN\t000\t2.9\t-6.98\n";
        let reading = read(format!("{TABLE}{rows}").as_bytes()).unwrap();
        let [zones, mean] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(zones.n_points(), 2);
        assert_eq!(mean.numbers("psi_deg").unwrap(), [31.4]);
        assert_eq!(mean.numbers("psi_range_of_zones_deg").unwrap(), [0.25]);
        assert_eq!(mean.numbers("delta_range_of_zones_deg").unwrap(), [1.0]);
        assert_eq!(mean.metadata["is_mean_of_zones"], Value::Flag(true));
        assert_eq!(
            mean.warnings,
            ["1 row of zone 5 (range of the zones, not Psi and Delta) left out: the mean is missing"]
        );
    }

    #[test]
    fn regions_of_interest_are_measurements_of_their_own() {
        let reading = read(TABLE.replace("3\tNaN\t000", "4\t31\t001").as_bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 2);
        assert_eq!(reading.measurements[1].block, 1);
        assert_eq!(reading.measurements[1].metadata["region_of_interest"], Value::Text("001".to_owned()));
        assert_eq!(reading.measurements[1].numbers("psi_deg").unwrap(), [31.25]);
    }

    #[test]
    fn damage_is_reported_with_its_line() {
        let bad = TABLE.replace("191.5\t31.25", "191.5\tNaN");
        let reading = read(format!("{bad}658.0\t2").as_bytes()).unwrap();
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            ["line 4: expected a number in ° for `Psi`, found `NaN`", "line 5: expected 10 fields, found 2"]
        );
        assert_eq!(
            reading.measurements[0].metadata["incomplete"],
            rows::text_value("the file ends in the middle of line 5")
        );
        let error = read(TABLE.replace("Psi", "Phi").as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("line 1: expected a column `Lambda`, `Psi` and `Delta`"), "{error}");
        assert_eq!(
            read(b"x\ny").unwrap_err().to_string(),
            "line 1: expected a line of names that begins with `#`, found `x`"
        );
    }
}
