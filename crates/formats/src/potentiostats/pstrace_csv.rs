//! Reads the CSV files that PSTrace exports: impedance, and curves such as voltammograms.
//!
//! Format: UTF-16 with a byte order mark at its start and often one at its end, or an 8-bit code page. Lines `Key:,value`
//! (`Date and time:`, `Measurement:`, `Notes:`). Impedance: a title (`Fixed at 51 freqs [1]`, `CH 2: Fixed at 30 freqs`), a header
//! `freq / Hz,neg. Phase / °,Idc / uA,Z / Ohm,Z' / Ohm,Z'' / Ohm,Cs / F,`, rows. Curves: titles (`CV i vs E Scan 1,,CV i vs E
//! Scan 2,`), one a pair of columns; a line of units (`V,µA,V,µA`); rows. Several spectra or curves are side by side.
//!
//! `neg. Phase` is −φ. A column `Z''` without a minus holds −Im(Z) in the files that were seen, which its header does not say.
//! The file itself decides: the sign of the phase and of the series capacitance, −1/(2πf·Im(Z)), in the same rows. A file in
//! which these contradict each other or are absent is refused.
//!
//! Source: exports of PSTrace 5.
//!
//! Not read: peaks and fits below the curves.

use std::collections::BTreeMap;

use super::setting::text;
use crate::column::{column_name, interpret_for, unconverted};
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::RowLog;
use crate::repetition::{check, check_columns};
use crate::text::{Line, decode, excerpt, lines, whole_lines};
use crate::unit::{Quantity, Unit};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Technique, Value,
    Values,
};

/// Reads PSTrace's CSV files.
#[derive(Debug)]
pub(crate) struct PsTraceCsv;

impl Adapter for PsTraceCsv {
    fn manifest(&self) -> &Manifest {
        embedded("pstrace_csv")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut above = "";
        for line in lines(whole_lines(probe.text())).take(40) {
            if is_spectrum(line.text) {
                return Match::Certain;
            }
            // Units alone may be below any header: the titles above must be those of curves.
            if units(line.text).is_some() && above.contains(" vs ") {
                return Match::Likely;
            }
            above = line.text;
        }
        Match::No
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Whether a line is the header of impedance in these files.
fn is_spectrum(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}');
    line.starts_with("freq / Hz") && line.contains("neg. Phase /")
}

/// The cells of a line; PSTrace quotes none.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split([',', ';', '\t']).map(|cell| cell.trim().trim_matches('"'))
}

/// The units of a line that has nothing else: at least two, one of them a potential, a current or a time.
fn units(line: &str) -> Option<Vec<Option<Unit>>> {
    let mut found = 0;
    let mut is_electrical = false;
    let mut units = Vec::new();
    for cell in cells(line) {
        if cell.is_empty() {
            units.push(None);
            continue;
        }
        let unit = Unit::parse(cell).filter(|unit| unit.quantity != Quantity::Other)?;
        is_electrical |= [Quantity::Potential, Quantity::Current, Quantity::Time].contains(&unit.quantity);
        found += 1;
        units.push(Some(unit));
    }
    (found >= 2 && is_electrical).then_some(units)
}

/// A column to read.
struct Planned {
    name: String,
    unit: Option<String>,
    header: String,
    factor: f64,
    place: usize,
    values: Vec<f64>,
}

/// Columns of one spectrum or curve, which may be beside others.
struct Group {
    technique: Technique,
    title: String,
    columns: Vec<Planned>,
}

/// What a line above the rows states.
#[derive(Default)]
struct Heading {
    metadata: BTreeMap<String, Value>,
    titles: String,
}

impl Heading {
    fn take(&mut self, line: &str) {
        let (key, value) = line.split_once([',', ';', '\t']).unwrap_or((line, ""));
        let value = value.trim().trim_end_matches([',', ';']).trim();
        let name = match key.trim().trim_end_matches(':') {
            "Measurement" => "title",
            "Notes" => "comment",
            "File date" => "file_date",
            key if key.starts_with("Date and time") => {
                if let Some((date, time)) = value.split([',', ';']).next().and_then(|value| value.split_once(' '))
                    && let Some(started) = parse_local_time(date, time.trim(), DateOrder::MonthFirst)
                {
                    self.metadata.entry("started_at".to_owned()).or_insert(Value::Text(started.iso));
                }
                return;
            }
            _ => {
                line.clone_into(&mut self.titles);
                return;
            }
        };
        text(&mut self.metadata, name, value);
    }
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] without such a header, [`ReadError::Malformed`] where the sign of Im(Z) cannot be decided.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut heading = Heading::default();
    let mut groups: Vec<Group> = Vec::new();
    let mut open: std::ops::Range<usize> = 0..0;
    let mut separator = ',';
    let mut log = RowLog::default();
    let mut mark = DecimalMark::Point;
    let last_comma = decoded.text.rfind(',');
    for line in lines(&decoded.text) {
        // Tabs at the start are empty cells.
        let words = line.text.trim_matches(['\u{feff}', '\0', '\r', ' ']);
        if words.trim_matches([',', ';', '\t', ' ']).is_empty() {
            continue;
        }
        let planned = if is_spectrum(words) {
            Some(spectra(words, &heading))
        } else {
            units(words).map(|units| curves(&units, words, &heading))
        };
        if let Some(planned) = planned {
            check_columns(cells(words).count(), Place::Line(line.number))?;
            separator = separator_of(words);
            // Where semicolons or tabs separate the cells, a comma in the rows is a decimal one.
            let has_commas = separator != ',' && last_comma.is_some_and(|at| at > line.start + line.text.len());
            mark = if has_commas { DecimalMark::Comma } else { DecimalMark::Point };
            open = groups.len()..groups.len() + planned.len();
            groups.extend(planned);
        } else if !open.is_empty() && words.starts_with(|c: char| c.is_ascii_digit() || "+-,;\t.".contains(c)) {
            let row = take(&line, words, separator, mark, groups.get_mut(open.clone()).unwrap_or_default());
            let last = words.rsplit(separator).find(|cell| !cell.trim().is_empty()).unwrap_or_default();
            log.note(open.start, &line, last, row);
        } else {
            // A title of the next spectrum, or settings; rows go on only below a header.
            if !open.is_empty() && groups.get(open.clone()).is_some_and(|open| open.iter().all(Group::is_empty)) {
                let found = ReadError::unexpected(line.number, "a row of numbers", words);
                log.note(open.start, &line, words, Err(found));
                continue;
            }
            open = 0..0;
            heading.take(words);
        }
    }
    if groups.is_empty() {
        return Err(ReadError::ColumnMissing {
            place: Place::Line(1),
            expected: "for frequency, neg. Phase and Z, or a line of units such as `V,µA`".to_owned(),
            found: excerpt(decoded.text.lines().next().unwrap_or_default(), 200),
        });
    }
    let headers = groups.first().into_iter().flat_map(|group| &group.columns).map(|column| column.header.len());
    check(&heading.metadata, headers, groups.len(), Place::Line(1))?;
    let mut reading = Reading::default();
    for (block, group) in groups.into_iter().enumerate() {
        reading.measurements.push(group.into_measurement(block, &heading.metadata)?);
    }
    if let Some(last) = reading.measurements.last_mut() {
        log.state_end(last);
    }
    reading.rejected = log.rejections;
    Ok(reading)
}

fn separator_of(line: &str) -> char {
    [';', '\t'].into_iter().find(|separator| line.contains(*separator)).unwrap_or(',')
}

/// Puts a row into the columns of all groups that have values in it.
fn take(
    line: &Line<'_>,
    words: &str,
    separator: char,
    mark: DecimalMark,
    groups: &mut [Group],
) -> Result<(), ReadError> {
    let cells: Vec<&str> = words.split(separator).map(str::trim).collect();
    let expected = groups.iter().flat_map(|group| &group.columns).map(|column| column.place + 1).max().unwrap_or(0);
    let found = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    if found > expected {
        return Err(ReadError::FieldCount { place: Place::Line(line.number), expected, found });
    }
    let mut rows = Vec::with_capacity(groups.len());
    for group in groups.iter() {
        let is_short = group.columns.iter().any(|column| column.place >= cells.len());
        let is_empty = group.columns.iter().all(|column| cells.get(column.place).is_none_or(|cell| cell.is_empty()));
        if is_empty {
            rows.push(None);
            continue;
        }
        if is_short {
            return Err(ReadError::FieldCount { place: Place::Line(line.number), expected, found });
        }
        let mut row = Vec::with_capacity(group.columns.len());
        for column in &group.columns {
            let cell = cells.get(column.place).copied().unwrap_or_default();
            let value = parse_number(cell, mark).ok_or_else(|| ReadError::NotANumber {
                place: Place::Line(line.number),
                column: column.header.clone(),
                unit: column.unit.clone().unwrap_or_default(),
                found: excerpt(cell, 40),
            })?;
            let is_frequency = column.name == "frequency_hz";
            if is_frequency && !(value > 0.0 && value.is_finite()) {
                return Err(ReadError::OutOfRange {
                    place: Place::Line(line.number),
                    column: column.header.clone(),
                    unit: "Hz".to_owned(),
                    value,
                    expected: "above 0".to_owned(),
                });
            }
            row.push(value);
        }
        rows.push(Some(row));
    }
    for (group, row) in groups.iter_mut().zip(rows) {
        for (column, value) in group.columns.iter_mut().zip(row.into_iter().flatten()) {
            column.values.push(value);
        }
    }
    Ok(())
}

/// The spectra of a header.
fn spectra(header: &str, heading: &Heading) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let titles: Vec<&str> = cells(&heading.titles).collect();
    for (place, cell) in cells(header).enumerate().filter(|(_, cell)| !cell.is_empty()) {
        if cell.starts_with("freq") || groups.is_empty() {
            let title = titles.get(place).copied().unwrap_or_default().to_owned();
            groups.push(Group { technique: Technique::ImpedanceSpectroscopy, title, columns: Vec::new() });
        }
        // `neg. Phase` is the opposite, as `-Phase` is.
        let signed = cell.strip_prefix("neg. ").map(|rest| format!("-{rest}"));
        let own = interpret_for(Technique::ImpedanceSpectroscopy, signed.as_deref().unwrap_or(cell));
        let Some(group) = groups.last_mut() else { continue };
        let is_taken = group.columns.iter().any(|column| column.name == own.name);
        let own = if is_taken { unconverted(cell) } else { own };
        group.columns.push(Planned {
            name: own.name,
            unit: own.unit,
            header: cell.to_owned(),
            factor: own.factor,
            place,
            values: Vec::new(),
        });
    }
    groups
}

/// The curves of a line of units.
fn curves(units: &[Option<Unit>], line: &str, heading: &Heading) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let titles: Vec<&str> = cells(&heading.titles).collect();
    for ((place, unit), cell) in units.iter().enumerate().zip(cells(line)) {
        let Some(unit) = unit else { continue };
        let title = titles.get(place).copied().unwrap_or_default();
        if groups.is_empty() || !title.is_empty() {
            let title = title.to_owned();
            groups.push(Group { technique: Technique::Electrochemistry, title, columns: Vec::new() });
        }
        let (name, base) = match unit.quantity {
            Quantity::Potential => ("potential_v", "V"),
            Quantity::Current => ("current_a", "A"),
            Quantity::Time => ("time_s", "s"),
            Quantity::Charge => ("charge_mah", "mA.h"),
            _ => ("", unit.ucum.as_str()),
        };
        let Some(group) = groups.last_mut() else { continue };
        let factor = match unit.quantity {
            Quantity::Charge => unit.factor / 3.6,
            _ if name.is_empty() => 1.0,
            _ => unit.factor,
        };
        let stem = if name.is_empty() { column_name(cell) } else { name.to_owned() };
        let is_taken = |name: &str| group.columns.iter().any(|column| column.name == name);
        let name = if is_taken(&stem) {
            (2..).map(|count| format!("{stem}_{count}")).find(|name| !is_taken(name)).unwrap_or_default()
        } else {
            stem
        };
        group.columns.push(Planned {
            name,
            unit: Some(base.to_owned()),
            header: cell.to_owned(),
            factor,
            place,
            values: Vec::new(),
        });
    }
    groups
}

impl Group {
    fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.values.is_empty())
    }

    fn into_measurement(mut self, block: usize, shared: &BTreeMap<String, Value>) -> Result<Measurement, ReadError> {
        let mut metadata = shared.clone();
        let mut warnings = Vec::new();
        if self.technique == Technique::ImpedanceSpectroscopy {
            text(&mut metadata, "spectrum", &self.title);
            warnings.extend(self.decide_sign(&mut metadata)?);
        } else {
            text(&mut metadata, "title", &self.title);
            let method = self.title.split_whitespace().next().and_then(super::palmsens::method_name);
            text(&mut metadata, "method", method.unwrap_or(NOT_STATED));
        }
        text(&mut metadata, "instrument", "PalmSens");
        let columns = self.columns.into_iter().map(|column| {
            let own = crate::column::Heading {
                name: column.name,
                unit: column.unit,
                factor: column.factor,
                offset: 0.0,
                unit_assumed: false,
            };
            let mut values = column.values;
            own.convert_all(&mut values);
            Column { name: own.name, unit: own.unit, header: column.header, values: Values::Number(values) }
        });
        let block = u32::try_from(block).unwrap_or(u32::MAX);
        Ok(Measurement { block, technique: self.technique, columns: columns.collect(), metadata, warnings })
    }

    /// The values of a column in its unit, with the sign of its header.
    fn values(&self, is_it: impl Fn(&Planned) -> bool) -> Option<Vec<f64>> {
        let column = self.columns.iter().find(|column| is_it(column))?;
        Some(column.values.iter().map(|value| value * column.factor).collect())
    }

    /// Decides whether `Z''` holds Im(Z) or its opposite, by phase and capacitance of the same rows.
    fn decide_sign(&mut self, metadata: &mut BTreeMap<String, Value>) -> Result<Option<String>, ReadError> {
        let Some(imaginary) = self.values(|column| column.name == "z_im_ohm") else { return Ok(None) };
        let (phase, capacitance) = (
            self.values(|column| column.name == "z_phase_deg"),
            self.values(|column| column.header.starts_with("Cs /")),
        );
        // Of each witness: rows in which the values are Im(Z) by it, and rows in which they are the opposite.
        let count = |witness: &[f64], smallest: f64, sign: f64| {
            let rows = imaginary
                .iter()
                .zip(witness)
                .filter(|(im, other)| im.is_finite() && **im != 0.0 && other.abs() > smallest);
            rows.fold((0_usize, 0_usize), |(same, opposite), (im, other)| {
                if im * other * sign > 0.0 { (same + 1, opposite) } else { (same, opposite + 1) }
            })
        };
        let by_phase = phase.map_or((0, 0), |phase| count(&phase, 0.1, 1.0));
        let by_capacitance = capacitance.map_or((0, 0), |capacitance| count(&capacitance, 0.0, -1.0));
        let (same, opposite) = (by_phase.0 + by_capacitance.0, by_phase.1 + by_capacitance.1);
        let Some(column) = self.columns.iter_mut().find(|column| column.name == "z_im_ohm") else { return Ok(None) };
        let header = column.header.clone();
        // A point or two near the real axis may differ by noise.
        let few = (same + opposite) / 20;
        let words = match (same, opposite) {
            (0, 0) if imaginary.iter().all(|im| *im == 0.0 || im.is_nan()) => return Ok(None),
            (0, 0) => {
                let found = "neither a phase nor a capacitance with a value";
                return Err(ReadError::malformed(
                    Place::Offset(0),
                    format!("what tells the sign of `{header}`"),
                    found,
                ));
            }
            (_, opposite) if opposite <= few => return Ok(None),
            (same, _) if same <= few => {
                column.factor = -column.factor;
                format!("`{header}` holds −Im(Z): phase and capacitance of the same rows show it")
            }
            _ => {
                let found = format!(
                    "rows with Im(Z) and with −Im(Z): {} and {} by the phase, {} and {} by the capacitance",
                    by_phase.0, by_phase.1, by_capacitance.0, by_capacitance.1
                );
                let expected = format!("one sign of `{header}` by the columns beside it");
                return Err(ReadError::malformed(Place::Offset(0), expected, found));
            }
        };
        metadata.insert("z_im_sign".to_owned(), Value::Text("opposite, by phase and capacitance".to_owned()));
        Ok(Some(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "freq / Hz,neg. Phase / °,Idc / uA,Z / Ohm,Z' / Ohm,Z'' / Ohm,Cs / F,";

    #[test]
    fn the_sign_of_the_imaginary_part_follows_from_phase_and_capacitance() {
        for (row, expected) in [
            ("1000,45,-7,141.4213562,100,100,1.59155E-06,", -100.0),
            ("1000,-45,-7,141.4213562,100,100,-1.59155E-06,", 100.0),
            ("1000,45,-7,141.4213562,100,-100,1.59155E-06,", -100.0),
        ] {
            let reading = read(format!("{HEADER}\n{row}\n").as_bytes()).unwrap();
            assert_eq!(reading.measurements[0].numbers("z_im_ohm"), Some(&[expected][..]), "{row}");
            assert_eq!(reading.measurements[0].numbers("current_a"), Some(&[-7e-6][..]));
        }
        let error = read(format!("{HEADER}\n1000,45,-7,141,100,100,-1.59E-06,\n").as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "byte 0: expected one sign of `Z'' / Ohm` by the columns beside it, found rows with Im(Z) and with −Im(Z): 0 and 1 by the \
             phase, 1 and 0 by the capacitance"
        );
        assert!(read(format!("{HEADER}\n1000,,-7,141,100,100,,\n").as_bytes()).is_err());
    }

    #[test]
    fn curves_and_spectra_side_by_side_are_measurements() {
        let text = "CV i vs E Scan 1,,CV i vs E Scan 2,\r\nV,µA,V,nA\r\n0.1,2,0.1,3\r\n0.2,4,,\r\n0.3,x,0.3,5\r\n";
        let reading = read(text.as_bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 2);
        assert_eq!(reading.measurements[0].numbers("current_a"), Some(&[2e-6, 4e-6][..]));
        assert_eq!(reading.measurements[1].numbers("current_a"), Some(&[3e-9][..]));
        assert_eq!(reading.rejected.len(), 1);
        let twice = format!("CH 1: a,,,,,,,CH 2: b\n{HEADER}{HEADER}\n10,1,1,5,4,3,1e-3,10,1,1,5,4,3,1e-3,\n");
        let reading = read(twice.as_bytes()).unwrap();
        assert_eq!(reading.measurements[1].metadata["spectrum"], Value::Text("CH 2: b".to_owned()));
    }
}
