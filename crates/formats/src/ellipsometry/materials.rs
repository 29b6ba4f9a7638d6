//! Reads the material files (`.mat`) of WVASE and of SpectraRay: optical constants against wavelength or photon energy.
//!
//! WVASE: a comment, the unit (`nm`, `Angstroms`, `eV`), the kind (`NK` or `E1E2`), then rows of three numbers.
//! SpectraRay: `###### File Layer=…`, settings, `Units=eV,E1E2`, then rows between `Begin of array` and `End of array`.
//! Where a file gives the dielectric function, n and k follow from it: n + ik = sqrt(e1 + i e2), k not negative.
//!
//! Source: one file of each program, listed in `ingest/woollam_mat/instrument.toml` and `ingest/spectraray_mat/instrument.toml`.
//!
//! Not supported: materials given by a formula. They end in [`ReadError::NotSupported`].

use std::collections::BTreeMap;

use crate::manifest::embedded;
use crate::text::{Line, decode, lines, whole_lines};
use crate::{Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value};

use super::cells::split_row;
use super::rows::{self, field_count, finite, is_blank, measurement, numbers};
use crate::rejections::RowLog;

/// Reads WVASE's materials.
#[derive(Debug)]
pub(crate) struct WoollamMat;

/// Reads SpectraRay's materials.
#[derive(Debug)]
pub(crate) struct SpectraRayMat;

impl Adapter for WoollamMat {
    fn manifest(&self) -> &Manifest {
        embedded("woollam_mat")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first: Vec<&str> = lines(whole_lines(probe.text())).take(3).map(|line| line.text).collect();
        match first.as_slice() {
            [_, unit, kind] if Axis::from_unit(unit).is_some() && Kind::from_word(kind).is_some() => Match::Certain,
            _ => Match::No,
        }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_woollam(file)
    }
}

impl Adapter for SpectraRayMat {
    fn manifest(&self) -> &Manifest {
        embedded("spectraray_mat")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().starts_with(LAYER) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read_spectraray(file)
    }
}

const LAYER: &str = "###### File Layer=";

/// The quantity and unit of the first column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Nanometre,
    Angstrom,
    Micrometre,
    ElectronVolt,
}

impl Axis {
    pub(super) fn from_unit(unit: &str) -> Option<Self> {
        Some(match unit.trim() {
            "nm" | "NM" => Self::Nanometre,
            "A" | "Å" | "Angstroms" | "Angstrom" | "angstroms" | "angstrom" => Self::Angstrom,
            "um" | "µm" | "μm" | "microns" | "micron" => Self::Micrometre,
            "eV" | "EV" | "ev" => Self::ElectronVolt,
            _ => return None,
        })
    }

    /// Name and unit of its column, and what values are multiplied and divided by to be in that unit.
    fn column(self) -> (&'static str, &'static str, f64, f64) {
        match self {
            Self::Nanometre => ("wavelength_nm", "nm", 1.0, 1.0),
            Self::Angstrom => ("wavelength_nm", "nm", 1.0, 10.0),
            Self::Micrometre => ("wavelength_nm", "nm", 1000.0, 1.0),
            Self::ElectronVolt => ("photon_energy_ev", "eV", 1.0, 1.0),
        }
    }

    /// The column of these values.
    pub(super) fn into_column(self, header: &str, values: &[f64]) -> Column {
        let (name, unit, factor, divisor) = self.column();
        numbers(name, unit, header, values.iter().map(|value| value * factor / divisor).collect())
    }
}

/// The quantities of the other two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// n and k
    Index,
    /// Real and imaginary part of the dielectric function
    Dielectric,
}

impl Kind {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_uppercase().as_str() {
            "NK" | "N,K" => Self::Index,
            "E1E2" | "E1,E2" => Self::Dielectric,
            _ => return None,
        })
    }
}

/// n and k of a dielectric function.
pub(super) fn index_of(e1: f64, e2: f64) -> (f64, f64) {
    let modulus = e1.hypot(e2);
    let n = ((modulus + e1) / 2.0).max(0.0).sqrt();
    // Without cancellation where e1 is much larger than e2.
    let k = if n > 0.0 && e1 > 0.0 { e2 / (2.0 * n) } else { ((modulus - e1) / 2.0).max(0.0).sqrt() };
    (n, k)
}

/// Rows of three numbers.
#[derive(Debug, Default)]
struct Rows {
    values: [Vec<f64>; 3],
    log: RowLog,
}

impl Rows {
    /// Takes a line of the table; `fields` is scratch space for its cells.
    fn take<'t>(&mut self, line: &Line<'t>, fields: &mut Vec<&'t str>) {
        split_row(line.text, fields);
        let row = self.push(line, fields);
        self.log.note(0, line, fields.last().copied().unwrap_or_default(), row);
    }

    fn push(&mut self, line: &Line<'_>, fields: &[&str]) -> Result<(), ReadError> {
        let [first, second, third] = fields else {
            return Err(field_count(line.number, 3, fields.len()));
        };
        let finite = |cell| finite(line.number, "optical constant", "", cell);
        let values = [finite(first)?, finite(second)?, finite(third)?];
        if values[0] <= 0.0 {
            return Err(ReadError::OutOfRange {
                place: Place::Line(line.number),
                column: "wavelength or energy".to_owned(),
                unit: String::new(),
                value: values[0],
                expected: "above 0".to_owned(),
            });
        }
        self.values.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        Ok(())
    }

    fn into_reading(self, axis: Axis, kind: Kind, unit: &str, mut metadata: BTreeMap<String, Value>) -> Reading {
        let [positions, second, third] = self.values;
        let mut columns = vec![axis.into_column(unit, &positions)];
        match kind {
            Kind::Index => {
                columns.push(numbers("refractive_index", "1", "n", second));
                columns.push(numbers("extinction_coefficient", "1", "k", third));
            }
            Kind::Dielectric => {
                let (n, k): (Vec<f64>, Vec<f64>) = second.iter().zip(&third).map(|(e1, e2)| index_of(*e1, *e2)).unzip();
                columns.push(numbers("refractive_index", "1", "e1, e2", n));
                columns.push(numbers("extinction_coefficient", "1", "e1, e2", k));
                columns.push(numbers("dielectric_re", "1", "e1", second));
                columns.push(numbers("dielectric_im", "1", "e2", third));
                let from = rows::text_value("the dielectric function");
                metadata.insert("index_computed_from".to_owned(), from);
            }
        }
        let mut constants: Measurement = measurement(0, Technique::OpticalConstants, columns, metadata);
        self.log.state_end(&mut constants);
        Reading { measurements: vec![constants], rejected: self.log.rejections, ..Reading::default() }
    }
}

fn read_woollam(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text);
    let mut next = || lines.next().map_or("", |line| line.text.trim());
    let (comment, unit, kind) = (next(), next(), next());
    let axis =
        Axis::from_unit(unit).ok_or_else(|| ReadError::unexpected(2, "`nm`, `Angstroms`, `um` or `eV`", unit))?;
    let kind = Kind::from_word(kind).ok_or_else(|| ReadError::unexpected(3, "`NK` or `E1E2`", kind))?;
    let mut metadata = BTreeMap::new();
    if !comment.is_empty() {
        metadata.insert("title".to_owned(), rows::text_value(comment));
    }
    let mut table = Rows::default();
    let mut fields = Vec::new();
    lines.filter(|line| !is_blank(line)).for_each(|line| table.take(&line, &mut fields));
    Ok(table.into_reading(axis, kind, unit, metadata))
}

fn read_spectraray(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut metadata = BTreeMap::new();
    let mut units: Option<(Axis, Kind, &str)> = None;
    let mut table = Rows::default();
    let (mut is_in_array, mut is_whole) = (false, false);
    let mut fields = Vec::new();
    for line in lines(&decoded.text) {
        let words = line.text.trim();
        if line.number == 1 && !words.starts_with(LAYER) {
            return Err(ReadError::unexpected(1, "`###### File Layer=`", words));
        }
        if is_in_array {
            if words == "End of array" {
                (is_in_array, is_whole) = (false, true);
            } else if !words.is_empty() {
                table.take(&line, &mut fields);
            }
            continue;
        }
        if words == "Begin of array" {
            if is_whole || units.is_none() {
                return Err(ReadError::unexpected(line.number, "one array, below `Units=`", words));
            }
            is_in_array = true;
        } else if let Some(stated) = words.strip_prefix("Units=").filter(|_| units.is_none()) {
            let parsed =
                stated.split_once(',').and_then(|(axis, kind)| Some((Axis::from_unit(axis)?, Kind::from_word(kind)?)));
            let (axis, kind) = parsed
                .ok_or_else(|| ReadError::unexpected(line.number, "units such as `eV,E1E2` or `nm,NK`", stated))?;
            units = Some((axis, kind, stated));
        } else if let Some(name) = words.strip_prefix("Name=").filter(|name| !name.is_empty()) {
            metadata.entry("material".to_owned()).or_insert_with(|| rows::text_value(name));
        }
    }
    let (Some((axis, kind, stated)), true) = (units, is_in_array || is_whole) else {
        return Err(ReadError::NotSupported {
            place: Place::Line(1),
            recognised: "a SpectraRay material without a table of optical constants".to_owned(),
            advice: "in SpectraRay, save the optical constants against wavelength as text".to_owned(),
        });
    };
    if !is_whole {
        let words = "the file ends before `End of array`";
        metadata.insert("incomplete".to_owned(), rows::text_value(words));
    }
    Ok(table.into_reading(axis, kind, stated, metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_n_and_k_is_read_unchanged() {
        let reading = read_woollam(b"SYNTHETIC OXIDE\r\nAngstroms\r\nNK\r\n3000\t1.8\t0\r\n3100\t1.79\t0.01").unwrap();
        let constants = &reading.measurements[0];
        assert_eq!(constants.numbers("wavelength_nm").unwrap(), [300.0, 310.0]);
        assert_eq!(constants.numbers("refractive_index").unwrap(), [1.8, 1.79]);
        assert_eq!(constants.numbers("extinction_coefficient").unwrap(), [0.0, 0.01]);
        assert_eq!(constants.metadata["title"], rows::text_value("SYNTHETIC OXIDE"));
        assert!(constants.warnings[0].starts_with("line 5 has no line end"));
        let error = read_woollam(b"x\nnm\nCAUCHY\n1 2 3\n").unwrap_err();
        assert_eq!(error.to_string(), "line 3: expected `NK` or `E1E2`, found `CAUCHY`");
    }

    #[test]
    fn a_dielectric_function_gives_n_and_k() {
        let file = "###### File Layer=3\n  Name=Synthetic\nUnits=eV,E1E2\nName=\nBegin of array\n 1.5  3  4\n 2 -3 4\n\
            End of array\nObject End\n";
        let reading = read_spectraray(file.as_bytes()).unwrap();
        let constants = &reading.measurements[0];
        assert_eq!(constants.numbers("photon_energy_ev").unwrap(), [1.5, 2.0]);
        assert_eq!(constants.numbers("refractive_index").unwrap(), [2.0, 1.0]);
        assert_eq!(constants.numbers("extinction_coefficient").unwrap(), [1.0, 2.0]);
        assert_eq!(constants.numbers("dielectric_re").unwrap(), [3.0, -3.0]);
        assert_eq!(constants.metadata["material"], rows::text_value("Synthetic"));
        assert!(!constants.metadata.contains_key("incomplete"));
    }

    #[test]
    fn damage_is_reported_and_a_cut_array_is_marked() {
        let file = "###### File Layer=3\nUnits=nm,NK\nBegin of array\n300 1.5 x\n-1 1 1\n310 1.5 0\n320 1";
        let reading = read_spectraray(file.as_bytes()).unwrap();
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            [
                "line 4: expected a number for `optical constant`, found `x`",
                "line 5: `wavelength or energy` is -1, expected above 0",
                "line 7: expected 3 fields, found 2"
            ]
        );
        assert!(reading.measurements[0].metadata.contains_key("incomplete"));
        assert!(matches!(read_spectraray(b"###### File Layer=3\nName=x\n"), Err(ReadError::NotSupported { .. })));
    }
}
