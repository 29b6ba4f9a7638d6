//! Reads the text that PHI's MultiPak exports: spectra and depth profiles.
//!
//! Format: `//Multipak Exporter`, then below `//HEADER INFORMATION` lines `Key:value` as in a `.spe` (see [`super::phi`]). Each region
//! follows a line `//Area Comment,RegionNo,AtomicName,Cycle,XLabel,YLabel,DataCount` that names the lines below it: one value a line, then
//! as many rows as `DataCount`: the energy and an intensity for each cycle of sputtering or area, separated by tabs or commas. A
//! profile ends in tables without `RegionNo`, of the evaluated intensity against the time of sputtering.
//!
//! The times of a region's cycles are those of the table with its name, where it has as many rows as there are cycles. The evaluated
//! intensities themselves are not read; a warning counts their tables.
//!
//! Source: exports of MultiPak Exporter 1.2.5.

use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::photoelectrons::phi::{Header, Region, describe, header};
use crate::photoelectrons::spectrum::{Spectrum, ends_early};
use crate::rejections::no_line_end;
use crate::repetition::check_columns;
use crate::text::{Line, counted, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

const FIRST: &str = "//Area Comment,";

/// Reads MultiPak's text.
#[derive(Debug)]
pub(crate) struct MultiPak;

impl Adapter for MultiPak {
    fn manifest(&self) -> &Manifest {
        embedded("multipak_text")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_multipak = probe.text().lines().take(6).any(|line| line.starts_with("//Multipak Exporter"));
        if is_multipak { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// A table below a line that names its lines.
#[derive(Debug, Default)]
struct Table<'t> {
    names: Vec<&'t str>,
    values: Vec<&'t str>,
    /// Line of the first row.
    line: u64,
    /// The first column, and the others.
    x: Vec<f64>,
    columns: Vec<Vec<f64>>,
    /// Why rows were rejected.
    rejected: Vec<ReadError>,
    is_cut: bool,
    open_end: Option<String>,
}

impl<'t> Table<'t> {
    fn get(&self, name: &str) -> &'t str {
        let at = self.names.iter().position(|other| *other == name);
        at.and_then(|at| self.values.get(at)).copied().unwrap_or_default().trim()
    }

    fn take(&mut self, line: &Line<'t>) -> Result<(), ReadError> {
        let text = line.text.trim_end();
        if self.values.len() < self.names.len() {
            self.values.push(text);
            return Ok(());
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        if self.x.is_empty() && self.rejected.is_empty() {
            self.line = line.number;
        }
        let row = text.trim_end_matches([',', '\t']).split([',', '\t']);
        let mut numbers = Vec::with_capacity(self.columns.len() + 1);
        for cell in row {
            match parse_number(cell, DecimalMark::Point).filter(|_| !cell.trim().is_empty()) {
                Some(number) => numbers.push(number),
                None => {
                    self.reject(line, ReadError::unexpected(line.number, "a row of numbers", text));
                    return Ok(());
                }
            }
        }
        if self.x.is_empty() {
            check_columns(numbers.len(), Place::Line(line.number))?;
            self.columns = vec![Vec::new(); numbers.len().saturating_sub(1)];
        }
        let expected = self.columns.len() + 1;
        if numbers.len() != expected || expected < 2 {
            let place = Place::Line(line.number);
            self.reject(line, ReadError::FieldCount { place, expected: expected.max(2), found: numbers.len() });
            return Ok(());
        }
        let mut numbers = numbers.into_iter();
        self.x.extend(numbers.next());
        let last = text.rsplit([',', '\t']).next().unwrap_or_default();
        self.open_end = (!line.ended).then(|| no_line_end(line.number, last));
        self.columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
        Ok(())
    }

    fn reject(&mut self, line: &Line<'_>, error: ReadError) {
        self.is_cut = !line.ended;
        self.rejected.push(error);
    }
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::Malformed`] for a `SpectralRegDef` that is none, or where there is no table.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let text: &str = &decoded.text;
    let end = text.find(FIRST).unwrap_or(text.len());
    let header = header(text.get(..end).unwrap_or_default())?;
    let mut tables: Vec<Table<'_>> = Vec::new();
    for line in lines(text) {
        if let Some(names) = line.text.strip_prefix("//").filter(|_| line.text.starts_with(FIRST)) {
            tables.push(Table { names: names.trim_end().split(',').collect(), ..Table::default() });
        } else if let Some(table) = tables.last_mut().filter(|_| !line.text.starts_with("//")) {
            table.take(&line)?;
        }
    }
    if tables.is_empty() {
        return Err(ReadError::unexpected(1, "`//Area Comment,…` above a region", "the end of the file"));
    }
    let (regions, profiles): (Vec<Table<'_>>, Vec<Table<'_>>) =
        tables.into_iter().partition(|table| table.names.contains(&"RegionNo"));
    let mut reading = Reading::default();
    for table in &regions {
        let times = times(table, &profiles);
        spectra(table, &header, times.as_deref(), &mut reading)?;
    }
    if !profiles.is_empty() {
        reading.warnings.push(format!(
            "{} of evaluated intensities against the time of sputtering {} not read: the spectra are",
            counted(profiles.len(), "table"),
            if profiles.len() == 1 { "is" } else { "are" }
        ));
    }
    Ok(reading)
}

/// The times of sputtering of a region's cycles, in s.
fn times(region: &Table<'_>, profiles: &[Table<'_>]) -> Option<Vec<f64>> {
    let own = profiles.iter().find(|profile| {
        profile.get("AtomicName") == region.get("AtomicName")
            && profile.get("Area Comment") == region.get("Area Comment")
            && profile.x.len() == region.columns.len()
            && profile.rejected.is_empty()
    })?;
    let factor = match own.get("XLabel") {
        "Sputter Time(min)" => 60.0,
        "Sputter Time(s)" | "Sputter Time(sec)" => 1.0,
        _ => return None,
    };
    Some(own.x.iter().map(|time| time * factor).collect())
}

/// The spectra of a region: one for each column.
fn spectra(
    table: &Table<'_>,
    header: &Header<'_>,
    times: Option<&[f64]>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    let label = table.get("XLabel").split(',').next().unwrap_or_default();
    let scale = match label {
        "Binding Energy(eV)" => Some("binding"),
        "Kinetic Energy(eV)" => Some("kinetic"),
        _ => None,
    };
    let unit = match table.get("YLabel") {
        "Intensity(cps)" | "Intensity(c/s)" => "cps",
        "Intensity(counts)" | "Intensity(c)" => "counts",
        _ => "",
    };
    let number = table.get("RegionNo").parse::<u32>().unwrap_or(0);
    let name = table.get("AtomicName");
    let region = header.regions.iter().find(|region| region.number == number);
    let unknown = Region {
        number,
        name: name.to_owned(),
        points: 0,
        step: f64::NAN,
        start: 0.0,
        end: 0.0,
        dwell_s: 0.0,
        pass_energy: 0.0,
    };
    let region = Region { name: name.to_owned(), ..region.unwrap_or(&unknown).clone() };
    let first = reading.measurements.len();
    for error in &table.rejected {
        reading.rejected.push(first, error.clone());
    }
    let is_profile = table.names.contains(&"Cycle");
    for (place, intensities) in table.columns.iter().enumerate() {
        let mut spectrum = Spectrum::default();
        spectrum.column("energy_ev", Some("eV"), label, table.x.clone());
        spectrum.column("intensity", Some("1"), table.get("YLabel"), intensities.clone());
        describe(&mut spectrum, &region, header, unit);
        let unit = spectrum.metadata.get("intensity_unit").cloned();
        spectrum.scales(scale, None);
        spectrum.metadata.extend(unit.map(|unit| ("intensity_unit".to_owned(), unit)));
        spectrum.text("sample", table.get("Area Comment"));
        if is_profile {
            spectrum.number("etch_level", place as f64);
            spectrum.number("etch_time_s", times.and_then(|times| times.get(place)).copied().unwrap_or(f64::NAN));
        } else if table.columns.len() > 1 {
            spectrum.number("area", place as f64 + 1.0);
        }
        if is_profile && place == 0 && times.is_none() {
            spectrum.warnings.push(format!("the file states no times of sputtering for the cycles of region `{name}`"));
        }
        let from = table.line;
        spectrum.finish(|row| Place::Line(from + row as u64), reading)?;
    }
    if let Some(last) = reading.measurements.last_mut() {
        last.warnings.extend(table.open_end.clone());
    }
    let announced = table.get("DataCount");
    if let Ok(announced) = announced.parse::<usize>() {
        let found = table.x.len();
        if found + table.rejected.len() < announced || table.is_cut {
            ends_early(reading, format!("{found} of {announced} points of region `{}`", excerpt(name, 40)));
        } else if found > announced
            && let Some(last) = reading.measurements.last_mut()
        {
            last.warnings.push(format!("{}, `DataCount` announces {announced}", counted(found, "point")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const HEAD: &str = "//-----\r\n//Multipak Exporter  1.2.5\r\n//HEADER INFORMATION\r\nTechnique:XPS\r\nAcqFileDate:2026 1 7\r\n\
        AnalyserWorkFcn:4.250 eV\r\nSpectralRegDef:1 1 O1s 8 3 -0.1 532.0 531.8 532 531.8 0.24 112.00 AREA\r\n\
        XraySource:Al 1486.6 mono\r\nSputterMode:Alternating\r\nSputterIon:Ar+\r\n\r\n";

    #[test]
    fn each_cycle_is_a_spectrum_with_its_time() {
        let text = format!(
            "{HEAD}//Area Comment,RegionNo,AtomicName,Cycle,XLabel,YLabel,DataCount\r\nfilm\r\n1\r\nO1s\r\n2\r\nBinding Energy(eV),reverse\r\n\
             Intensity(cps)\r\n3\r\n532.0,10.5,20\r\n531.9,11,x\r\n531.8,12,22\r\n\r\n//Area Comment,AtomicName,XLabel,YLabel,DataCount\r\nfilm\r\n\
             O1s\r\nSputter Time(min)\r\nIntensity\r\n2\r\n0.0,5\r\n1.5,6\r\n"
        );
        let reading = read(text.as_bytes()).unwrap();
        let [first, second] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(first.numbers("intensity"), Some(&[10.5, 12.0][..]));
        assert_eq!(second.metadata["etch_time_s"], Value::Number(90.0));
        assert_eq!(second.metadata["energy_scale"], Value::Text("binding".to_owned()));
        assert_eq!(second.metadata["intensity_unit"], Value::Text("counts/s".to_owned()));
        assert_eq!(second.metadata["pass_energy_ev"], Value::Number(112.0));
        assert_eq!((reading.rejected.len(), reading.warnings.len()), (1, 1));
        assert_eq!(second.metadata.get("incomplete"), None);
    }

    #[test]
    fn scales_that_are_not_stated_stay_so_and_a_cut_file_is_incomplete() {
        let text = format!(
            "{HEAD}//Area Comment,RegionNo,AtomicName,Area No,XLabel,YLabel,DataCount\r\nfilm\r\n1\r\nO1s\r\n1\r\nEnergy\r\nIntensity\r\n3\r\n532.0\t10.5\r\n531.9"
        );
        let reading = read(text.as_bytes()).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.metadata["energy_scale"], Value::Text("not stated".to_owned()));
        assert_eq!(spectrum.metadata["incomplete"], Value::Text("1 of 3 points of region `O1s`".to_owned()));
        assert!(read(b"//Multipak Exporter\n").is_err());
    }
}
