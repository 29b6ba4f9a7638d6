//! Reads impedance of Ivium's files (`.idf`).
//!
//! Format: some bytes, then lines of settings (`Method=Impedance`, `Title=…`), with other bytes among them; then blocks: a
//! line with their name, lines with the numbers of columns and rows, and rows in blanks. `primary_data` of impedance holds
//! Z', Z'' (Ohm, signed) and frequency (Hz); `osc_data` are the oscilloscope's curves, which are not read.
//!
//! Source: pyimpspec's reader (tests and documentation); a file.
//!
//! Not read: other methods, because their columns are undocumented. They end in
//! [`ReadError::NotSupported`].

use std::collections::BTreeMap;

use memchr::memmem;

use super::setting::{number, text};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::cut_row;
use crate::repetition;
use crate::text::{excerpt, lines_from};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

const SETTINGS: [&[u8]; 2] = [b"Corrosion=", b"Levels="];
const DATA: &str = "\nprimary_data";
/// Name, header and unit of the columns of impedance.
const COLUMNS: [(&str, &str, &str); 3] =
    [("z_re_ohm", "Z'", "Ohm"), ("z_im_ohm", "Z''", "Ohm"), ("frequency_hz", "frequency", "Hz")];

/// Reads impedance of Ivium's files.
#[derive(Debug)]
pub(crate) struct IviumIdf;

impl Adapter for IviumIdf {
    fn manifest(&self) -> &Manifest {
        embedded("ivium_idf")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_idf = SETTINGS.iter().all(|setting| {
            memmem::find(probe.head(), setting).is_some_and(|at| at > 0 && probe.head().get(at - 1) == Some(&b'\n'))
        });
        if is_idf { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads an `.idf`.
///
/// # Errors
///
/// [`ReadError::NotSupported`] for methods other than impedance, [`ReadError::Malformed`] where there are no data.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    // The text has other bytes in it, so that only an 8-bit encoding keeps all lines.
    let decoded = encoding_rs::WINDOWS_1252.decode_without_bom_handling(file).0;
    let text: &str = &decoded;
    let method = value(text, "Method").unwrap_or_default();
    if !method.eq_ignore_ascii_case("Impedance") {
        return Err(ReadError::NotSupported {
            place: Place::Offset(0),
            recognised: format!("an Ivium file (.idf) of the method `{}`", excerpt(method, 40)),
            advice: "in IviumSoft, export the data as text with a header that names the columns".to_owned(),
        });
    }
    let mut reading = Reading::default();
    let settings = metadata(text);
    let blocks = memmem::find_iter(text.as_bytes(), DATA).count();
    repetition::check(&settings, COLUMNS.iter().map(|(_, header, _)| header.len()), blocks, Place::Offset(0))?;
    // Line numbers are those of an editor, which the bytes before do not disturb.
    let (mut at, mut line) = (0, 1);
    let mut places = memmem::find_iter(text.as_bytes(), DATA).peekable();
    while let Some(found) = places.next() {
        line += memchr::memchr_iter(b'\n', text.as_bytes().get(at..found + 1).unwrap_or_default()).count() as u64;
        at = found + 1;
        // Whatever number of rows a block announces, it ends before the next.
        let end = places.peek().map_or(text.len(), |next| next + 1);
        block(text.get(..end).unwrap_or_default(), at, line, &settings, &mut reading)?;
    }
    if reading.measurements.is_empty() {
        return Err(ReadError::malformed(Place::byte(file.len()), "a block `primary_data`", "the end of the file"));
    }
    let times = times(text);
    if let [measurement] = reading.measurements.as_mut_slice()
        && times.len() == measurement.n_points()
        && reading.rejected.is_empty()
        && !times.is_empty()
    {
        measurement.columns.push(Column {
            name: "time_s".to_owned(),
            unit: Some("s".to_owned()),
            header: "timing.time".to_owned(),
            values: Values::Number(times),
        });
    }
    Ok(reading)
}

/// The value of the first line `key=…`, without the bytes that are not text.
fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let at = text.find(&format!("\n{key}="))?;
    let line = text.get(at + key.len() + 2..)?.lines().next()?;
    Some(line.split(|c: char| c.is_control()).next().unwrap_or_default().trim())
}

/// The times of the points: `timing.time[1]=2.4`, ….
fn times(text: &str) -> Vec<f64> {
    let mut times = Vec::new();
    let Some(start) = text.find("\ntiming.time[1]=") else { return times };
    for (place, line) in text.get(start + 1..).unwrap_or_default().lines().enumerate() {
        let time = line.strip_prefix(&format!("timing.time[{}]=", place + 1)).map(str::trim);
        match time.and_then(|time| parse_number(time, DecimalMark::Point)).filter(|time| time.is_finite()) {
            Some(time) => times.push(time),
            None => break,
        }
    }
    times
}

fn metadata(whole: &str) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    let setting = |key: &str| value(whole, key).unwrap_or_default();
    text(&mut metadata, "instrument", "Ivium");
    text(&mut metadata, "method", "impedance_spectroscopy");
    text(&mut metadata, "technique_name", format!("{} {}", setting("Method"), setting("Technique")).trim());
    text(&mut metadata, "title", setting("Title"));
    text(&mut metadata, "serial", setting("serialnumber"));
    text(&mut metadata, "software", setting("software"));
    text(&mut metadata, "firmware", setting("firmware"));
    text(&mut metadata, "started_at_as_written", setting("starttime"));
    number(&mut metadata, "dc_potential_v", setting("E start"), |_| true);
    number(&mut metadata, "ac_amplitude_v", setting("Frequencies.amp[1]"), |amplitude| amplitude > 0.0);
    metadata
}

/// Adds the block whose name starts at byte `at`.
fn block(
    text: &str,
    at: usize,
    line: u64,
    settings: &BTreeMap<String, Value>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    let mut lines = lines_from(text, at, line).skip(1);
    let mut count = |what: &str| {
        let found = lines.next();
        let number = found.and_then(|line| line.text.trim().parse::<usize>().ok());
        number.ok_or_else(|| {
            ReadError::malformed(
                Place::Line(found.map_or(line, |line| line.number)),
                format!("the number of {what}"),
                found.map_or_else(|| "the end of the file".to_owned(), |line| format!("`{}`", excerpt(line.text, 40))),
            )
        })
    };
    let columns = count("columns")?;
    let rows = count("rows")?;
    if columns != COLUMNS.len() {
        return Err(ReadError::malformed(
            Place::Line(line + 1),
            "3 columns: Z', Z'' and frequency",
            columns.to_string(),
        ));
    }
    let block = reading.measurements.len() as u32;
    let mut values: [Vec<f64>; 3] = Default::default();
    let mut seen = 0;
    for line in lines.take(rows) {
        seen += 1;
        // Every row ends its line: one that does not was cut off, perhaps within its last number.
        let found = if line.ended { row(line.text, line.number) } else { Err(cut_row(line)) };
        match found {
            Ok(row) => values.iter_mut().zip(row).for_each(|(values, value)| values.push(value)),
            Err(error) => reading.rejected.push(block as usize, error),
        }
    }
    let mut metadata = settings.clone();
    if seen < rows {
        let words = format!("the file announces {rows} points and has {seen}");
        metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    let columns = COLUMNS.iter().zip(values).map(|((name, header, unit), values)| Column {
        name: (*name).to_owned(),
        unit: Some((*unit).to_owned()),
        header: (*header).to_owned(),
        values: Values::Number(values),
    });
    reading.measurements.push(Measurement {
        block,
        technique: Technique::ImpedanceSpectroscopy,
        columns: columns.collect(),
        metadata,
        warnings: Vec::new(),
    });
    Ok(())
}

fn row(text: &str, line: u64) -> Result<[f64; 3], ReadError> {
    let place = Place::Line(line);
    let found = text.split_ascii_whitespace().count();
    if found != COLUMNS.len() {
        return Err(ReadError::FieldCount { place, expected: COLUMNS.len(), found });
    }
    let mut row = [f64::NAN; 3];
    for ((cell, value), (_, header, unit)) in text.split_ascii_whitespace().zip(&mut row).zip(COLUMNS) {
        let number = parse_number(cell, DecimalMark::Point).filter(|number| !number.is_nan());
        *value = number.ok_or_else(|| ReadError::NotANumber {
            place,
            column: header.to_owned(),
            unit: unit.to_owned(),
            found: excerpt(cell, 40),
        })?;
    }
    if !(row[2] > 0.0 && row[2].is_finite()) {
        return Err(ReadError::OutOfRange {
            place,
            column: "frequency".to_owned(),
            unit: "Hz".to_owned(),
            value: row[2],
            expected: "above 0".to_owned(),
        });
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "\0\0H\0\0\0\r\nPeaks=false\r\nCorrosion=false\r\nLevels=false\r\ntiming=2\r\n\
        timing.time[1]=2.5\r\ntiming.time[2]=3.5\r\nMethod=Impedance\r\nTechnique=Constant E\r\nE start=0.25\r\n";
    const DATA: &str = "primary_data    \r\n3         \r\n2         \r\n1.0E+02  -2.5E+01\t1.0E+04 \r\n\
        2.0E+02  5.0E+00\t1.0E+03 \r\n7         \r\nosc_data        \r\n1\r\n";

    #[test]
    fn rows_are_real_and_imaginary_part_and_frequency() {
        let reading = read(format!("{HEAD}{DATA}").as_bytes()).unwrap();
        let spectrum = &reading.measurements[0];
        assert_eq!(spectrum.numbers("frequency_hz"), Some(&[1e4, 1e3][..]));
        assert_eq!(spectrum.numbers("z_im_ohm"), Some(&[-25.0, 5.0][..]));
        assert_eq!(spectrum.numbers("time_s"), Some(&[2.5, 3.5][..]));
        assert_eq!(spectrum.metadata["technique_name"], Value::Text("Impedance Constant E".to_owned()));
        assert_eq!(IviumIdf.sniff(&Probe::new(HEAD.as_bytes())), Match::Certain);
    }

    #[test]
    fn other_methods_are_refused_and_early_ends_marked() {
        let other = HEAD.replace("Impedance", "CyclicVoltammetry");
        let message = read(other.as_bytes()).unwrap_err().to_string();
        assert!(
            message.starts_with("byte 0: this is an Ivium file (.idf) of the method `CyclicVoltammetry`"),
            "{message}"
        );
        let whole = format!("{HEAD}{}", DATA.replace("2.0E+02  5.0E+00", "x  5"));
        let reading = read(whole.as_bytes()).unwrap();
        assert_eq!(reading.rejected[0].error.to_string(), "line 15: expected a number in Ω for `Z'`, found `x`");
        let cut = whole.find("x  5").unwrap();
        let reading = read(&whole.as_bytes()[..cut]).unwrap();
        let words = Value::Text("the file announces 2 points and has 1".to_owned());
        assert_eq!(reading.measurements[0].metadata["incomplete"], words);
    }
}
