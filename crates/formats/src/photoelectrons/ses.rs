//! Reads spectra that Scienta's SES exported as text, and SES's settings of a spectrum in text and Igor waves alike.
//!
//! Format: sections `[Info]`, and for each region `[Region n]`, `[Info n]` with lines of `key=value`, `[Data n]` with rows of
//! blanks and numbers: the energy, then one intensity for each step of the second dimension (slices of the detector, angles,
//! sweeps). A third dimension makes it `[Data n:m]`. `Dimension 1 name` states whether energies are kinetic or binding.
//! Source: files of SES 1.3.1, listed in `ingest/scienta_txt/instrument.toml`.
//!
//! Each step of the second and third dimension is a spectrum. SES does not state whether intensities are counts or counts per
//! second, nor in what unit its step time is.

use std::ops::Range;

use crate::column::column_name;
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::photoelectrons::rows::numbers;
use crate::photoelectrons::spectrum::{Spectrum, ends_early, even_step};
use crate::text::{Line, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Value};

/// Reads SES's text export.
#[derive(Debug)]
pub(crate) struct ScientaTxt;

impl Adapter for ScientaTxt {
    fn manifest(&self) -> &Manifest {
        embedded("scienta_txt")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut first = probe.text().lines().map(str::trim).filter(|line| !line.is_empty());
        let is_ses =
            first.next() == Some("[Info]") && first.next().is_some_and(|line| line.starts_with("Number of Regions="));
        if is_ses { Match::Certain } else { Match::No }
    }

    fn evidence(&self, _probe: &Probe<'_>) -> &'static str {
        "it starts with `[Info]` and a number of regions, as SES writes it"
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// SES's settings of a region: lines of `key=value`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Settings<'a> {
    /// Takes a line, if it is one of these.
    pub(crate) fn line(&mut self, line: &'a str) {
        // More than any version writes; a file of nothing but settings would be slow to look things up in.
        const MOST: usize = 1000;
        if let Some((key, value)) = line.split_once('=')
            && self.pairs.len() < MOST
        {
            self.pairs.push((key.trim(), value.trim()));
        }
    }

    /// The value of a key, empty where there is none.
    pub(crate) fn get(&self, key: &str) -> &'a str {
        self.pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map_or("", |(_, value)| value)
    }

    fn number(&self, key: &str) -> f64 {
        self.get(key).parse().unwrap_or(f64::NAN)
    }

    /// Puts SES's settings of a spectrum into its metadata; `axis` is SES's name of the energies.
    pub(crate) fn describe(&self, axis: &str, spectrum: &mut Spectrum) {
        let scale_of = |words: &str| match words.to_lowercase() {
            words if words.contains("kinetic") => Some("kinetic"),
            words if words.contains("binding") => Some("binding"),
            _ => None,
        };
        let (named, set) = (scale_of(axis), scale_of(self.get("Energy Scale")));
        let scale = match (named, set) {
            (Some(named), Some(set)) if named != set => {
                spectrum.warnings.push(format!(
                    "the energy axis is called `{axis}`, but `Energy Scale` is `{set}`: the scale is not stated"
                ));
                None
            }
            _ => named.or(set),
        };
        spectrum.scales(scale, None);
        for (name, key) in [
            ("region", "Region Name"),
            ("title", "Spectrum Name"),
            ("sample", "Sample"),
            ("instrument", "Instrument"),
            ("institution", "Location"),
            ("comment", "Comments"),
            ("analyser_lens", "Lens Mode"),
            ("analyser_mode", "Acquisition Mode"),
            ("detector_mode", "DetectorMode"),
        ] {
            spectrum.text(name, self.get(key));
        }
        if !self.get("Version").is_empty() {
            spectrum.text("software", &format!("SES {}", self.get("Version")));
        }
        spectrum.positive("excitation_energy_ev", self.number("Excitation Energy"));
        spectrum.positive("pass_energy_ev", self.number("Pass Energy"));
        spectrum.positive("n_scans", self.number("Number of Sweeps"));
        spectrum.positive("time_per_channel_s", self.number("Time per Spectrum Channel"));
        if let Some(started) = parse_local_time(self.get("Date"), self.get("Time"), DateOrder::MonthFirst) {
            spectrum.text("started_at", &started.iso);
            if started.is_ambiguous {
                spectrum.warnings.push(format!("`{}` is read as month, day, year", self.get("Date")));
            }
        }
    }
}

/// Adds the position of a spectrum in the second or third dimension: a name that ends in the unit, a number.
pub(crate) fn place_of(dimension: &str, value: f64, spectrum: &mut Spectrum) {
    let name = column_name(dimension);
    if name.contains("sweep") {
        spectrum.number("scan", value);
    } else if !name.is_empty() {
        spectrum.number(&name, value);
    }
}

/// A region of the file.
#[derive(Debug, Default)]
struct Region<'a> {
    settings: Settings<'a>,
    /// Name, size and scale of each dimension, as text.
    rows: Vec<Rows<'a>>,
}

/// The rows of a `[Data n:m]`.
#[derive(Debug)]
struct Rows<'a> {
    third: Option<f64>,
    first_line: u64,
    bytes: Range<usize>,
    text: &'a str,
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let text: &str = &decoded.text;
    let mut common = Settings::default();
    let mut regions: Vec<(u64, Region<'_>)> = Vec::new();
    let mut section = Section::Common;
    let mut saw_info = false;
    for line in lines(text) {
        let trimmed = line.text.trim();
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            saw_info |= name == "Info";
            section = Section::from_name(name);
            if let Section::Region(number) | Section::Data(number, _) = section
                && regions.last().is_none_or(|(last, _)| *last != number)
            {
                regions.push((number, Region::default()));
            }
            if let (Section::Data(_, third), Some((_, region))) = (&section, regions.last_mut()) {
                let start = line.start + line.text.len();
                let rows = Rows { third: *third, first_line: line.number + 1, bytes: start..start, text };
                region.rows.push(rows);
            }
            continue;
        }
        match (&section, regions.last_mut()) {
            (Section::Common, _) => common.line(line.text),
            (Section::Region(_), Some((_, region))) => region.settings.line(line.text),
            (Section::Data(..), Some((_, region))) => {
                if let Some(rows) = region.rows.last_mut() {
                    if rows.bytes.is_empty() {
                        rows.bytes = line.start..line.start;
                        rows.first_line = line.number;
                    }
                    rows.bytes.end = text
                        .get(line.start..)
                        .map_or(text.len(), |rest| line.start + rest.find('\n').map_or(rest.len(), |end| end + 1));
                }
            }
            _ => {}
        }
    }
    if !saw_info {
        let found = format!("`{}`", excerpt(text.lines().next().unwrap_or_default(), 40));
        return Err(ReadError::malformed(Place::Line(1), "a section `[Info]`", found));
    }
    let mut reading = Reading::default();
    for (number, region) in &regions {
        if region.rows.is_empty() {
            ends_early(&mut reading, format!("region {number} has no `[Data {number}]`"));
        }
        for rows in &region.rows {
            spectra(region, rows, &common, &mut reading)?;
        }
    }
    let announced = common.number("Number of Regions");
    if announced > regions.len() as f64 {
        ends_early(&mut reading, format!("the file announces {announced} regions and has {}", regions.len()));
    }
    if reading.measurements.is_empty() {
        reading.warnings.push("the file has no spectrum".to_owned());
    }
    Ok(reading)
}

/// The section that lines belong to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Section {
    Common,
    Region(u64),
    Data(u64, Option<f64>),
    Other,
}

impl Section {
    fn from_name(name: &str) -> Self {
        if name == "Info" {
            return Self::Common;
        }
        let Some((kind, number)) = name.rsplit_once(' ') else { return Self::Other };
        let (number, third) =
            number.split_once(':').map_or((number, None), |(number, third)| (number, third.parse().ok()));
        match (kind, number.parse()) {
            ("Region" | "Info", Ok(number)) => Self::Region(number),
            ("Data", Ok(number)) => Self::Data(number, third),
            _ => Self::Other,
        }
    }
}

/// The spectra of a table of rows: one for each column after the energies.
fn spectra(
    region: &Region<'_>,
    rows: &Rows<'_>,
    common: &Settings<'_>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    let settings = &region.settings;
    let axis = settings.get("Dimension 1 name");
    let text = rows.text.get(rows.bytes.clone()).unwrap_or_default();
    let block = u32::try_from(reading.measurements.len()).unwrap_or(u32::MAX);
    let mut table: Vec<Vec<f64>> = Vec::new();
    let mut values = vec![0.0; 4096];
    let mut cut = None;
    for line in lines(text).filter(|line| !line.text.trim().is_empty()) {
        let line = Line { number: line.number + rows.first_line - 1, ..line };
        let place = Place::Line(line.number);
        let count = numbers(line.text, &mut values);
        if table.is_empty() {
            let width = count.filter(|count| *count >= 2).unwrap_or(2);
            table = vec![Vec::new(); width];
        }
        match count {
            Some(count) if count == table.len() => {
                table.iter_mut().zip(&values).for_each(|(column, value)| column.push(*value));
            }
            _ if !line.ended => cut = Some(line.number),
            found => {
                let error = match found {
                    Some(found) => ReadError::FieldCount { place, expected: table.len(), found },
                    None => ReadError::NotANumber {
                        place,
                        column: axis.to_owned(),
                        unit: "eV".to_owned(),
                        found: excerpt(line.text.trim(), 40),
                    },
                };
                reading.rejected.push(block as usize, error);
            }
        }
    }
    let mut columns = table.into_iter();
    let energies = columns.next().unwrap_or_default();
    let announced = settings.get("Dimension 1 size").parse::<usize>().ok();
    let second = settings.get("Dimension 2 name");
    let scale: Vec<f64> =
        settings.get("Dimension 2 scale").split_whitespace().map_while(|word| word.parse().ok()).collect();
    let third: Vec<f64> =
        settings.get("Dimension 3 scale").split_whitespace().map_while(|word| word.parse().ok()).collect();
    let step = even_step(&energies);
    let first_line = rows.first_line;
    let is_first = reading.measurements.len();
    for (place, intensities) in columns.enumerate() {
        let mut spectrum = Spectrum::default();
        spectrum.column("energy_ev", Some("eV"), axis, energies.clone());
        spectrum.column("intensity", Some("1"), "", intensities);
        settings.describe(axis, &mut spectrum);
        if !common.get("Version").is_empty() {
            spectrum.text("software", &format!("SES {}", common.get("Version")));
        }
        if let Some(step) = step {
            spectrum.number("step_ev", step);
        }
        if !second.is_empty() {
            place_of(second, scale.get(place).copied().unwrap_or(place as f64 + 1.0), &mut spectrum);
        }
        if let Some(index) = rows.third {
            let value = third.get((index as usize).saturating_sub(1)).copied().unwrap_or(index);
            place_of(settings.get("Dimension 3 name"), value, &mut spectrum);
        }
        spectrum.finish(|row| Place::Line(first_line + row as u64), reading)?;
    }
    let statement = match (cut, announced) {
        (Some(line), _) => Some(format!("the file ends within line {line}")),
        (None, Some(announced)) if announced > energies.len() => {
            Some(format!("`Dimension 1 size` announces {announced} energies, the region has {}", energies.len()))
        }
        _ => None,
    };
    if let Some(statement) = statement {
        for measurement in reading.measurements.iter_mut().skip(is_first) {
            measurement.metadata.insert("incomplete".to_owned(), Value::Text(statement.clone()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[Info]\r\nNumber of Regions=0001\r\nVersion=1.3.1\r\n\r\n[Region 1]\r\nRegion Name=O1s\r\nDimension 1 name=Binding Energy [eV]\r\n\
        Dimension 1 size=2\r\nDimension 1 scale=530 529.5\r\n";
    const INFO: &str = "\r\n[Info 1]\r\nRegion Name=O1s\r\nPass Energy=50\r\nNumber of Sweeps=2\r\nExcitation Energy=1486.6\r\nEnergy Scale=Binding\r\n\
        Sample=synthetic film\r\nComments=;\r\nDate=2023-03-08\r\nTime=15:24:35\r\n[Run Mode Information 1]\r\nName=x\r\n\r\n";

    #[test]
    fn a_region_is_a_spectrum_with_its_settings() {
        let file = format!("{HEAD}{INFO}[Data 1]\r\n 5.30E+0002  1.5E+0001\r\n 5.295E+0002  2.5\r\n");
        let reading = read(file.as_bytes()).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("energy_ev"), Some(&[530.0, 529.5][..]));
        assert_eq!(spectrum.numbers("intensity"), Some(&[15.0, 2.5][..]));
        let text = |name: &str| spectrum.metadata.get(name).cloned();
        assert_eq!(text("energy_scale"), Some(Value::Text("binding".to_owned())));
        assert_eq!(text("intensity_unit"), Some(Value::Text("not stated".to_owned())));
        assert_eq!(text("started_at"), Some(Value::Text("2023-03-08T15:24:35".to_owned())));
        assert_eq!((text("comment"), text("n_scans")), (None, Some(Value::Number(2.0))));
    }

    #[test]
    fn every_step_of_the_second_dimension_is_a_spectrum() {
        let second = "Dimension 2 name=Y-Scale [deg]\r\nDimension 2 size=2\r\nDimension 2 scale=-7 -6\r\n";
        let file = format!("{HEAD}{second}{INFO}[Data 1]\r\n530 1 2\r\n529.5 3 4\r\n");
        let reading = read(file.as_bytes()).unwrap();
        assert_eq!(reading.measurements[1].numbers("intensity"), Some(&[2.0, 4.0][..]));
        assert_eq!(reading.measurements[1].metadata["y_scale_deg"], Value::Number(-6.0));
    }

    #[test]
    fn a_contradicted_energy_scale_is_not_stated() {
        let file = format!("{HEAD}{}[Data 1]\r\n530 1\r\n529.5 3\r\n", INFO.replace("Scale=Binding", "Scale=Kinetic"));
        let reading = read(file.as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].metadata["energy_scale"], Value::Text("not stated".to_owned()));
        assert_eq!(reading.measurements[0].warnings.len(), 1);
    }

    #[test]
    fn a_cut_file_is_incomplete() {
        let file = format!("{HEAD}{INFO}[Data 1]\r\n530 1\r\n529.");
        let reading = read(file.as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 1);
        assert!(reading.measurements[0].metadata.contains_key("incomplete"));
        let none = read(format!("{HEAD}{INFO}").as_bytes()).unwrap();
        assert_eq!(none.warnings, ["region 1 has no `[Data 1]`", "the file has no spectrum"]);
    }
}
