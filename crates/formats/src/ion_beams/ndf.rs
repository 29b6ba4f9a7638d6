//! Reads the fits of NDF: `.prf` (layers of molecules) and `.res` (the report, with layers of elements).
//!
//! * `.prf`: the number of layers; for each its thickness in 10¹⁵ atoms/cm² and the percent of each molecule; `rough` and
//!   other settings; `molecules` with their number; for each its density in 10²² atoms/cm³ and its name. A name such as
//!   `Co?=0.36pt?=0.64` has a stoichiometry that the fit changed; its result is in the `.res` only.
//! * `.res`: free text with tables headed `Layer  t (1e15at/cm2) t (nm) r(1e22at/cm3)` and names: once for molecules,
//!   once for elements in percent of the atoms. The table of elements is read, of each sample. Its density is thickness
//!   in atoms divided by that in nm, and is not kept.
//!
//! Layers are a fit's result, not a measurement; as the metadata `origin` states. Line ends are those of DOS.
//!
//! Source: `.prf` and `.res` of NDF v10.0b for the same fit.
//!
//! Not supported: areas of signals and simulated spectra.

use std::collections::BTreeMap;

use aldb_elements::Element;

use super::layers::{Composed, DepthUnit, Model, Structure};
use super::number_lines::{cells, is_blank, number, whole_number};
use crate::manifest::embedded;
use crate::text::{Line, decode, excerpt, lines, whole_lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections, Value};

/// Start of the heading of a table of layers.
const TABLE: [&str; 6] = ["Layer", "t", "(1e15at/cm2)", "t", "(nm)", "r(1e22at/cm3)"];
/// Most tables of layers: one or two for each sample.
const MOST_TABLES: usize = 100;

/// Reads NDF's profiles.
#[derive(Debug)]
pub(crate) struct NdfProfile;

impl Adapter for NdfProfile {
    fn manifest(&self) -> &Manifest {
        embedded("ndf_profile")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = whole_lines(probe.text());
        let mut rows = lines(text).map(|line| line.text);
        let starts = rows.next().is_some_and(|line| whole_number(line.trim()).is_some());
        let has_row =
            rows.next().is_some_and(|line| cells(line, is_blank).count() >= 2 && cells(line, is_blank).all(is_fortran));
        if starts && has_row { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_profile(&decode(file).text)
    }
}

/// Whether a cell is a number such as `0.301642E+03`.
fn is_fortran(cell: &str) -> bool {
    let cell = cell.strip_prefix('-').unwrap_or(cell);
    cell.starts_with("0.") && cell.len() == 12 && cell.get(8..9) == Some("E") && number(cell).is_some()
}

fn read_profile(text: &str) -> Result<Reading, ReadError> {
    let mut rest = lines(text);
    let announced = rest.next().and_then(|line| whole_number(line.text.trim()));
    let announced = announced.ok_or_else(|| {
        ReadError::malformed(Place::Line(1), "the number of layers", excerpt(text.lines().next().unwrap_or(""), 40))
    })?;
    let mut composed: Vec<Composed> = Vec::new();
    let mut molecules = Vec::new();
    let mut metadata = BTreeMap::new();
    let mut named = None;
    for line in rest {
        let mut numbers = cells(line.text, is_blank);
        if composed.len() < announced as usize && named.is_none() {
            if composed.len() > 10_000 {
                break;
            }
            composed.push(layer(line, composed.first().map(|first| first.shares.len()))?);
        } else if named.is_none() {
            if numbers.next() == Some("molecules") {
                named = Some(numbers.next().and_then(whole_number).unwrap_or(0) as usize);
            }
        } else if molecules.len() < named.unwrap_or(0) {
            let density = numbers.next().and_then(number);
            let name = numbers.next().map(|_| line.text.trim_start().trim_start_matches(|c: char| c != ' ').trim());
            match (density, name) {
                (Some(_), Some(name)) if line.ended => molecules.push(name.to_owned()),
                _ => {
                    return Err(ReadError::malformed(
                        Place::Line(line.number),
                        "the density and name of a molecule",
                        format!("`{}`", excerpt(line.text, 40)),
                    ));
                }
            }
        } else {
            footer(line.text, &mut metadata);
        }
    }
    let columns = composed.first().map_or(0, |first| first.shares.len());
    if composed.len() < announced as usize || molecules.len() != columns || columns == 0 {
        let expected = format!("{announced} layers, `molecules`, and a name for each of {columns}");
        let found = format!("{} layers and {} names", composed.len(), molecules.len());
        return Err(ReadError::malformed(Place::Line(text.lines().count() as u64), &expected, found));
    }
    let model = Model { structure: Structure::Layers, unit: DepthUnit::Areal, molecules, composed };
    let measurement = model.measurement(metadata, Place::Line(1))?;
    Ok(Reading { measurements: vec![measurement], ..Reading::default() })
}

/// A layer of a profile: thickness and shares.
fn layer(line: Line<'_>, molecules: Option<usize>) -> Result<Composed, ReadError> {
    let place = Place::Line(line.number);
    let numbers = cells(line.text, is_blank).take(1000).map(|cell| {
        number(cell).filter(|value| value.is_finite()).ok_or_else(|| ReadError::NotANumber {
            place,
            column: "thickness or percent of a layer".to_owned(),
            unit: "10*15.cm-2 or %".to_owned(),
            found: excerpt(cell, 40),
        })
    });
    let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
    match numbers.split_first() {
        Some((extent, shares)) if !shares.is_empty() && molecules.is_none_or(|known| known == shares.len()) => {
            Ok(Composed { extent: *extent, shares: shares.to_vec(), thickness_nm: None })
        }
        _ => Err(ReadError::FieldCount { place, expected: molecules.unwrap_or(1) + 1, found: numbers.len() }),
    }
}

/// Takes version, time and file of a line such as `NDF v10.0b 16Jan21 rev … run 08/08/2023 15:05:09 Filename: …`.
fn footer(text: &str, metadata: &mut BTreeMap<String, Value>) {
    let Some(version) = text.trim_start().strip_prefix("NDF v").and_then(|rest| rest.split_whitespace().next()) else {
        return;
    };
    metadata.insert("software".to_owned(), Value::Text(format!("NDF v{}", excerpt(version, 20))));
    if let Some((_, run)) = text.split_once(" run ") {
        let run: String = run.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        if run.len() == 19 {
            metadata.insert("analysed_at_as_written".to_owned(), Value::Text(run));
        }
    }
}

/// Reads NDF's reports.
#[derive(Debug)]
pub(crate) struct NdfResult;

impl Adapter for NdfResult {
    fn manifest(&self) -> &Manifest {
        embedded("ndf_result")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first = lines(probe.text()).next().map_or("", |line| line.text);
        if first.starts_with("NDF v") && first.contains(" run ") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_result(&decode(file).text)
    }
}

/// A table of layers of a report.
struct Table {
    line: u64,
    model: Model,
    rejected: Rejections,
    incomplete: Option<String>,
}

fn read_result(text: &str) -> Result<Reading, ReadError> {
    let mut metadata = BTreeMap::new();
    let mut tables: Vec<Table> = Vec::new();
    let mut other_tables = 0_usize;
    let mut open = false;
    for line in lines(text) {
        if line.number == 1 {
            footer(line.text, &mut metadata);
        }
        setting(line.text, &mut metadata);
        let mut words = cells(line.text, is_blank);
        let is_heading = TABLE.iter().all(|word| words.next() == Some(word));
        if is_heading {
            let names: Vec<_> = words.take(1000).map(Element::from_symbol).collect();
            open = !names.is_empty() && names.iter().all(Option::is_some) && tables.len() < MOST_TABLES && line.ended;
            other_tables += usize::from(!open);
            if open {
                let molecules = names.into_iter().flatten().map(|element| element.symbol().to_owned()).collect();
                let model =
                    Model { structure: Structure::Layers, unit: DepthUnit::Areal, molecules, composed: Vec::new() };
                tables.push(Table { line: line.number, model, rejected: Rejections::default(), incomplete: None });
            }
        } else if open && let Some(table) = tables.last_mut() {
            open = table_row(line, table);
        }
    }
    // Where all molecules are elements, both tables of a sample are the same.
    tables.dedup_by(|other, first| {
        other.model.composed == first.model.composed && other.model.molecules == first.model.molecules
    });
    if tables.is_empty() {
        return Err(ReadError::malformed(
            Place::Line(text.lines().count() as u64),
            "a table of layers and elements, headed `Layer  t (1e15at/cm2) t (nm) r(1e22at/cm3)`",
            if other_tables == 0 { "none".to_owned() } else { "tables of molecules only".to_owned() },
        ));
    }
    let mut reading = Reading::default();
    for table in tables {
        let block = reading.measurements.len() as u32;
        let mut metadata = metadata.clone();
        if let Some(statement) = table.incomplete {
            metadata.insert("incomplete".to_owned(), Value::Text(statement));
        }
        let mut measurement = table.model.measurement(metadata, Place::Line(table.line))?;
        measurement.block = block;
        reading.measurements.push(measurement);
        reading.rejected.append(block as usize, table.rejected);
    }
    Ok(reading)
}

/// Takes a line of a table; returns whether the table continues below.
fn table_row(line: Line<'_>, table: &mut Table) -> bool {
    let mut words = cells(line.text, is_blank);
    // The table ends with totals or an empty line.
    if words.next().and_then(whole_number).is_none() || table.model.composed.len() > 10_000 {
        return false;
    }
    let numbers: Option<Vec<f64>> =
        words.take(1000).map(|cell| number(cell).filter(|value| value.is_finite())).collect();
    let elements = table.model.molecules.len();
    match numbers.as_deref() {
        Some([extent, thickness_nm, _, shares @ ..]) if shares.len() == elements && line.ended => {
            table.model.composed.push(Composed {
                extent: *extent,
                shares: shares.to_vec(),
                thickness_nm: Some(*thickness_nm),
            });
            true
        }
        _ => {
            let place = Place::Line(line.number);
            let expected =
                format!("number, two thicknesses and density of a layer, and the percent of {elements} elements");
            let error = ReadError::malformed(place, expected, format!("`{}`", excerpt(line.text, 60)));
            table.rejected.push(0, error);
            // Below a layer that cannot be read, no depth is known.
            table.incomplete = Some(format!("lines from {} on were not read", line.number));
            false
        }
    }
}

/// Takes the settings of the experiment from a line of a report; the first of each counts.
fn setting(text: &str, metadata: &mut BTreeMap<String, Value>) {
    let mut set = |name: &str, text: Option<&str>| {
        if let Some(value) =
            text.map(|text| text.trim().trim_end_matches(',')).and_then(number).filter(|value| value.is_finite())
        {
            metadata.entry(name.to_owned()).or_insert(Value::Number(value));
        }
    };
    let after = |key: &str| text.split_once(key).map(|(_, rest)| rest.split([',', '\r']).next().unwrap_or_default());
    if text.contains("geometry: angle of incidence") {
        set("incidence_angle_deg", after("angle of incidence ="));
        set("scattering_angle_deg", after("scattering angle ="));
        set("exit_angle_deg", after("exit angle ="));
    } else if let Some(rest) = text.trim_start().strip_prefix("Partial chisquared") {
        set("chi_squared", Some(rest));
    } else if let Some((technique, rest)) =
        text.split_once(':').filter(|(key, _)| ["RBS", "ERD", "ERDA", "NRA", "PIXE"].contains(key))
    {
        let mut words = cells(rest, is_blank);
        let energy = words.next();
        if words.next() == Some("keV") {
            set("beam_energy_kev", energy);
            metadata.entry("reaction".to_owned()).or_insert_with(|| Value::Text(technique.to_owned()));
            if let Some(beam) = words.next() {
                metadata.entry("beam_particle".to_owned()).or_insert_with(|| Value::Text(excerpt(beam, 10)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Measurement;

    const PROFILE: &str = "  2\r\n 0.400000E+02  0.750000E+02  0.250000E+02\r\n 0.100000E+04  0.000000E+00  0.100000E+03\r\n\
                           rough\r\n thickness(1e15at/cm2), comp_molecules...\r\nmolecules  2\r\n  4.533 Si1o2\r\n  4.996 \
                           Si\r\nNDF v10.0b 16Jan21 rev 16Jan21 run 01/02/2023 03:04:05 Filename: made_up.prf\r\n";
    const RESULT: &str = "NDF v10.0b 16Jan21 rev 16Jan21 run 01/02/2023 03:04:05 Filename: made_up.res  \r\nRBS:   2000.0 \
                          keV 4He   ROI=  1+ 1:1024\r\nIBM geometry: angle of incidence =   30.00, scattering angle =  \
                          140.00, exit angle =   70.00\r\nLayer  t (1e15at/cm2) t (nm) r(1e22at/cm3)  Si1o2     Si\r\n   1  \
                          40.000 9.0 4.6 75.0 25.0\r\n  \r\nLayer  t (1e15at/cm2) t (nm) r(1e22at/cm3)     Si    O\r\n   1 \
                          40.000 9.0 4.6 50.0 50.0\r\n   2 1000.000 200.0 5.0 100.0 0.0\r\n Total (1e15at/cm2): 1 2\r\n";

    fn content(measurement: &Measurement) -> &[f64] {
        measurement.numbers("content_percent").unwrap()
    }

    #[test]
    fn a_profile_and_a_report_give_the_same_elements() {
        assert_eq!(NdfProfile.sniff(&Probe::new(PROFILE.as_bytes())), Match::Likely);
        assert_eq!(NdfResult.sniff(&Probe::new(RESULT.as_bytes())), Match::Certain);
        let profile = &read_profile(PROFILE).unwrap().measurements[0];
        let result = &read_result(RESULT).unwrap().measurements[0];
        assert_eq!(content(profile), [50.0, 50.0, 50.0, 50.0, 100.0, 0.0, 100.0, 0.0]);
        assert_eq!(content(profile), content(result));
        for name in ["areal_depth_1e15_per_cm2", "layer"] {
            assert_eq!(profile.numbers(name), result.numbers(name));
        }
        assert_eq!(result.numbers("depth_nm"), Some(&[0.0, 0.0, 9.0, 9.0, 9.0, 9.0, 209.0, 209.0][..]));
        assert_eq!(profile.metadata["software"], Value::Text("NDF v10.0b".to_owned()));
        assert_eq!(profile.metadata["analysed_at_as_written"], Value::Text("01/02/2023 03:04:05".to_owned()));
        assert_eq!(result.metadata["scattering_angle_deg"], Value::Number(140.0));
        assert_eq!(result.metadata["beam_energy_kev"], Value::Number(2000.0));
    }

    #[test]
    fn a_profile_without_names_is_refused() {
        let cut = &PROFILE[..PROFILE.find("molecules  2").unwrap()];
        assert_eq!(
            read_profile(cut).unwrap_err().to_string(),
            "line 5: expected 2 layers, `molecules`, and a name for each of 2, found 2 layers and 0 names"
        );
    }

    #[test]
    fn a_report_that_ends_in_a_layer_is_incomplete() {
        let cut = &RESULT[..RESULT.find(" 100.0 0.0").unwrap() + 5];
        let reading = read_result(cut).unwrap();
        assert_eq!(content(&reading.measurements[0]), [50.0, 50.0, 50.0, 50.0]);
        assert_eq!(
            reading.measurements[0].metadata["incomplete"],
            Value::Text("lines from 9 on were not read".to_owned())
        );
        assert_eq!(reading.rejected.len(), 1);
    }
}
