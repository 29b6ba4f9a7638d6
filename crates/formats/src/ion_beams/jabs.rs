//! Reads the samples of JaBS: layers, or a composition point by point.
//!
//! Format: text separated by blanks; `#` begins a comment line. The first line names the columns: `thick` (layers) or
//! `depth` (points between which the composition is linear; the same depth twice is a step), both in 10¹⁵
//! atoms/cm², settings of the layer (`rough`, `n_rough`, `yield`, `bragg`, …), and molecules. Rows may end before the
//! last settings. A share counts atoms, because JaBS normalises each molecule.
//!
//! Such a file is what a simulation or fit starts from or ends with, not a measurement; as the metadata `origin` states.
//!
//! Source: `sample.c` of JaBS (JYU-IBA); its example files. The unit is JaBS's, the file has none.

use std::collections::BTreeMap;

use aldb_elements::Formula;

use super::layers::{Composed, DepthUnit, Model, Structure};
use super::number_lines::{cells, is_blank, number};
use crate::manifest::embedded;
use crate::text::{Line, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections, Value};

/// Columns that are not molecules.
const SETTINGS: [&str; 10] =
    ["rough", "n_rough", "roughness", "yield", "yield_slope", "bragg", "stragg", "density", "ad", "nl"];

/// The role of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Extent,
    Setting,
    Molecule,
}

/// Reads JaBS's samples.
#[derive(Debug)]
pub(crate) struct JabsSample;

impl Adapter for JabsSample {
    fn manifest(&self) -> &Manifest {
        embedded("jabs_sample")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let Some((_, line)) = header(probe.text()) else { return Match::No };
        let Some((structure, roles)) = roles(line.text) else { return Match::No };
        let names = cells(line.text, is_blank).zip(&roles);
        let is_compound = |name| Formula::parse(name).is_some_and(|formula| formula.fractions.len() > 1);
        // Any table may be headed `depth Li O`: a compound, or one of JaBS's settings, makes it JaBS's.
        let is_jabs = names.clone().any(|(name, role)| *role == Role::Setting || is_compound(name));
        let molecules = names.filter(|(_, role)| **role == Role::Molecule).count();
        match (structure, molecules) {
            (_, 0) => Match::No,
            (Structure::Layers, _) => Match::Likely,
            (Structure::Points, _) if is_jabs => Match::Likely,
            _ => Match::No,
        }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The first line that is neither a comment nor empty; with the lines after it.
fn header(text: &str) -> Option<(impl Iterator<Item = Line<'_>>, Line<'_>)> {
    let mut rest = lines(text);
    let line = rest.by_ref().take(1000).find(|line| !line.text.trim().is_empty() && !line.text.starts_with('#'))?;
    Some((rest, line))
}

/// The roles of the columns; `None` where the line is not a header of JaBS.
fn roles(header: &str) -> Option<(Structure, Vec<Role>)> {
    let mut names = cells(header, is_blank).peekable();
    let structure = match *names.peek()? {
        "thick" => Structure::Layers,
        "depth" => Structure::Points,
        _ => return None,
    };
    let mut is_first = true;
    let roles = names.take(crate::repetition::MOST_COLUMNS).map(|name| {
        if std::mem::take(&mut is_first) {
            Some(Role::Extent)
        } else if SETTINGS.contains(&name) {
            Some(Role::Setting)
        } else {
            Formula::parse(name).map(|_| Role::Molecule)
        }
    });
    roles.collect::<Option<Vec<_>>>().map(|roles| (structure, roles))
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let text = decode(file).text;
    let malformed = |line: u64, found: &str| {
        ReadError::malformed(
            Place::Line(line),
            "a header of JaBS: `thick` or `depth`, then molecules",
            format!("`{}`", excerpt(found, 60)),
        )
    };
    let (rest, line) = header(&text).ok_or_else(|| malformed(1, ""))?;
    let (structure, roles) = roles(line.text).ok_or_else(|| malformed(line.number, line.text))?;
    let names: Vec<_> = cells(line.text, is_blank).collect();
    let is = |role: Role| move |(_, other): &(&str, Role)| *other == role;
    let columns = names.iter().copied().zip(roles.iter().copied());
    let mut model = Model {
        structure,
        unit: DepthUnit::Areal,
        molecules: columns.clone().filter(is(Role::Molecule)).map(|(name, _)| name.to_owned()).collect(),
        composed: Vec::new(),
    };
    let mut metadata = BTreeMap::new();
    let mut rejected = Rejections::default();
    for line in rest.filter(|line| !line.text.trim().is_empty() && !line.text.starts_with('#')) {
        match composed(line, &names, &roles) {
            Ok(found) => {
                for (name, value) in found.settings {
                    let name = format!("layer_{}_{name}", model.composed.len() + 1);
                    if metadata.len() < 1000 {
                        metadata.insert(name, Value::Number(value));
                    }
                }
                model.composed.push(found.composed);
            }
            Err(error) => {
                rejected.push(0, error);
                // Below a layer that cannot be read, no depth is known.
                if structure == Structure::Layers || rejected.len() >= 1000 {
                    let statement = format!("lines from {} on were not read", line.number);
                    metadata.insert("incomplete".to_owned(), Value::Text(statement));
                    break;
                }
            }
        }
    }
    metadata.insert("software".to_owned(), Value::Text("JaBS".to_owned()));
    let mut measurement = model.measurement(metadata, Place::Line(line.number))?;
    measurement.warnings.insert(
        0,
        "the file states neither depth unit nor origin: 10¹⁵ atoms/cm² and a simulation or fit are assumed, as for JaBS"
            .to_owned(),
    );
    Ok(Reading { measurements: vec![measurement], rejected, ..Reading::default() })
}

/// A row.
struct ParsedRow<'a> {
    composed: Composed,
    settings: Vec<(&'a str, f64)>,
}

fn composed<'a>(line: Line<'_>, names: &[&'a str], roles: &[Role]) -> Result<ParsedRow<'a>, ReadError> {
    let mut found = ParsedRow {
        composed: Composed { extent: f64::NAN, shares: Vec::new(), thickness_nm: None },
        settings: Vec::new(),
    };
    let place = Place::Line(line.number);
    let mut cells = cells(line.text, is_blank);
    let mut count = 0;
    for (name, role) in names.iter().zip(roles) {
        let Some(cell) = cells.next() else { break };
        count += 1;
        let unit = match role {
            Role::Extent => "10*15.cm-2",
            Role::Setting => "",
            Role::Molecule => "%",
        };
        let not_a_number = || ReadError::NotANumber {
            place,
            column: (*name).to_owned(),
            unit: unit.to_owned(),
            found: excerpt(cell, 40),
        };
        let value = number(cell).filter(|value| value.is_finite()).ok_or_else(not_a_number)?;
        match role {
            Role::Extent => found.composed.extent = value,
            Role::Setting => found.settings.push((name, value)),
            Role::Molecule => found.composed.shares.push(value),
        }
    }
    let molecules = roles.iter().filter(|role| **role == Role::Molecule).count();
    if found.composed.shares.len() < molecules || cells.next().is_some() {
        return Err(ReadError::FieldCount { place, expected: names.len(), found: count });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(text: &str) -> Match {
        JabsSample.sniff(&Probe::new(text.as_bytes()))
    }

    #[test]
    fn a_table_headed_by_depth_and_elements_alone_is_not_claimed() {
        assert_eq!(sniff("# synthetic\n thick rough LiF Si n_rough\n 1 2 3 4 5\n"), Match::Likely);
        assert_eq!(sniff("depth TiN Si\n0 50 50\n"), Match::Likely);
        assert_eq!(sniff("depth Ti Si\n0 50 50\n"), Match::No);
        assert_eq!(sniff("depth (nm) SiO2 Si\n0 50 50\n"), Match::No);
        assert_eq!(sniff("thick rough\n1 2\n"), Match::No);
        assert_eq!(sniff(""), Match::No);
    }

    #[test]
    fn settings_may_be_missing_at_the_end_of_a_row_and_molecules_may_not() {
        let text = b"thick rough SiO2 Si n_rough\n10 2 90 10 5\n20 0 0 100\n5 0 7\n20 0 0 100\n";
        let reading = read(text).unwrap();
        let profile = &reading.measurements[0];
        assert_eq!(profile.numbers("layer"), Some(&[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0][..]));
        assert_eq!(profile.metadata["layer_1_n_rough"], Value::Number(5.0));
        assert_eq!(profile.metadata["incomplete"], Value::Text("lines from 4 on were not read".to_owned()));
        assert_eq!(reading.rejected[0].error.to_string(), "line 4: expected 5 fields, found 3");
    }

    #[test]
    fn a_step_is_the_same_depth_twice() {
        let reading = read(b"depth TiN Si\n0 100 0\n10 100 0\n10 0 100\n").unwrap();
        let profile = &reading.measurements[0];
        let depth = [0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0];
        assert_eq!(profile.numbers("areal_depth_1e15_per_cm2"), Some(&depth[..]));
        assert!(profile.columns.iter().all(|column| column.name != "layer"));
    }
}
