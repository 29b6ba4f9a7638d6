//! Reads GSAS powder patterns of constant wavelength (`.raw`, `.gsa`, `.fxye`).
//!
//! Format: a title of 80 columns; perhaps `Instrument parameter FILE` and lines that begin with `#`; for each bank a line `BANK
//! number points records binning c1 c2 c3 c4 type`, then its records. With the binning `CONS` or `CONST`, c1 is the first 2θ and c2
//! the step, both in hundredths of a degree. Types: `STD` (also if absent), ten cells of 2 and 6 columns, the number of counters and
//! the intensity; `ESD`, five pairs of 8 and 8 columns, intensity and standard uncertainty; `FXY` and `FXYE`, a row for each point with
//! 2θ in hundredths of a degree, intensity, and uncertainty.
//!
//! Source: GSAS Technical Manual (Larson and Von Dreele, LAUR 86-748), section on powder data files.
//!
//! Refused: time-of-flight and other binnings, and the type `ALT`.

use super::rows::number;
use super::scan::{Scan, stepped};
use crate::manifest::embedded;
use crate::rejections::no_line_end;
use crate::repetition;
use crate::text::{Line, counted, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Points that a bank may announce: more than any pattern has.
const MOST_POINTS: f64 = 1e7;

/// Reads GSAS patterns.
#[derive(Debug)]
pub(crate) struct Gsas;

impl Adapter for Gsas {
    fn manifest(&self) -> &Manifest {
        embedded("gsas")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let is_gsas = lines(probe.text()).skip(1).take(40).any(|line| Bank::of(&line).is_some());
        if is_gsas { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The layout of the records of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Standard,
    WithUncertainty,
    /// 2θ, intensity, and perhaps the uncertainty, in columns as wide as their numbers.
    Free(usize),
}

/// A line `BANK …`.
#[derive(Debug)]
struct Bank<'t> {
    number: &'t str,
    points: usize,
    /// Degrees.
    start: f64,
    step: f64,
    kind: Kind,
}

impl<'t> Bank<'t> {
    /// The bank of a line: none in other lines; an error where its binning or type is not read.
    fn of(line: &Line<'t>) -> Option<Result<Self, ReadError>> {
        let mut words = line.text.split_ascii_whitespace();
        if words.next() != Some("BANK") {
            return None;
        }
        let (bank, points, _records) = (words.next()?, words.next()?, words.next()?);
        let binning = words.next()?;
        points.parse::<usize>().ok()?;
        let rest: Vec<&str> = words.collect();
        Some(Self::with(line, bank, points, binning, &rest))
    }

    fn with(line: &Line<'_>, number: &'t str, points: &str, binning: &str, rest: &[&str]) -> Result<Self, ReadError> {
        let refused = |what: &str| {
            ReadError::NotSupported {
            place: Place::Line(line.number),
            recognised: format!("a GSAS powder pattern with {what}"),
            advice: "patterns of constant wavelength (`CONST`) of the types STD, ESD, FXY and FXYE are read: in GSAS-II, export \
                     the pattern as .xye, and state its format as `xrd_xye`"
                .to_owned(),
        }
        };
        if !["CONS", "CONST"].contains(&binning) {
            return Err(refused(&format!("the binning `{}`", excerpt(binning, 20))));
        }
        let coefficient = |place: usize| rest.get(place).and_then(|word| self::number(word));
        let points: f64 = points.parse().unwrap_or(f64::NAN);
        let (Some(start), Some(step)) = (coefficient(0), coefficient(1)) else {
            return Err(ReadError::unexpected(
                line.number,
                "the first 2θ and the step after the binning",
                line.text.trim(),
            ));
        };
        let kind = match rest.iter().find(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
            None | Some(&"STD") => Kind::Standard,
            Some(&"ESD") => Kind::WithUncertainty,
            Some(&"FXYE") => Kind::Free(3),
            Some(&"FXY") => Kind::Free(2),
            Some(other) => return Err(refused(&format!("the type `{}`", excerpt(other, 20)))),
        };
        if !(0.0..MOST_POINTS).contains(&points) {
            return Err(ReadError::unexpected(line.number, "a number of points", &points.to_string()));
        }
        Ok(Self { number, points: points as usize, start: start / 100.0, step: step / 100.0, kind })
    }
}

/// The points of a bank.
#[derive(Debug, Default)]
struct Points {
    angles: Vec<f64>,
    intensities: Vec<f64>,
    uncertainties: Vec<f64>,
    counters: Vec<f64>,
    open_end: Option<String>,
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::NotSupported`] for other binnings and types; [`ReadError::NotANumber`] where a record without angles is not one.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut reading = Reading::default();
    let mut title = "";
    let mut open: Option<(Bank<'_>, Points, u64)> = None;
    for line in lines(&decoded.text) {
        if let Some(bank) = Bank::of(&line) {
            let bank = bank?;
            if let Some(open) = open.take() {
                push(open, title, &mut reading)?;
            }
            open = Some((bank, Points::default(), line.number));
        } else if let Some((bank, points, _)) = open.as_mut() {
            if line.text.trim().is_empty() || line.text.starts_with('#') {
                continue;
            }
            match take(&line, bank, points) {
                Ok(()) => {
                    let last = line.text.split_ascii_whitespace().last().unwrap_or_default();
                    points.open_end = (!line.ended).then(|| no_line_end(line.number, last));
                }
                Err(error) if matches!(bank.kind, Kind::Free(_)) => {
                    reading.rejected.push(reading.measurements.len(), error);
                }
                Err(error) => return Err(error),
            }
        } else if line.number == 1 {
            title = line.text.trim();
        }
    }
    if let Some(open) = open {
        push(open, title, &mut reading)?;
    }
    if reading.measurements.is_empty() {
        return Err(ReadError::unexpected(2, "a line `BANK …`", title));
    }
    Ok(reading)
}

/// Adds the points of a record.
fn take(line: &Line<'_>, bank: &Bank<'_>, points: &mut Points) -> Result<(), ReadError> {
    let wrong = |column: &str, found: &str| ReadError::NotANumber {
        place: Place::Line(line.number),
        column: column.to_owned(),
        unit: String::new(),
        found: excerpt(found, 40),
    };
    let value = |column: &str, cell: &str| {
        let cell = cell.trim();
        number(cell).filter(|_| !cell.is_empty()).ok_or_else(|| wrong(column, cell))
    };
    // Tabs would shift the columns; GSAS writes none.
    let text = line.text;
    let record = match bank.kind {
        Kind::Free(expected) => {
            let cells: Vec<&str> = text.split_ascii_whitespace().collect();
            if cells.len() != expected {
                let place = Place::Line(line.number);
                return Err(ReadError::FieldCount { place, expected, found: cells.len() });
            }
            let angle = value("2θ", cells[0])? / 100.0;
            let intensity = value("intensity", cells[1])?;
            if let Some(cell) = cells.get(2) {
                points.uncertainties.push(value("uncertainty", cell)?);
            }
            points.angles.push(angle);
            points.intensities.push(intensity);
            return Ok(());
        }
        Kind::Standard => (2, 6),
        Kind::WithUncertainty => (8, 8),
    };
    let (first, second) = record;
    let mut at = 0;
    while at < text.len() && points.intensities.len() < bank.points {
        let cell = |from: usize, to: usize| text.get(from..to.min(text.len())).unwrap_or_default();
        let (one, two) = (cell(at, at + first), cell(at + first, at + first + second));
        at += first + second;
        if one.trim().is_empty() && two.trim().is_empty() {
            continue;
        }
        match bank.kind {
            Kind::Standard => {
                // An empty count of counters is one counter.
                let counters = if one.trim().is_empty() { 1.0 } else { value("number of counters", one)? };
                points.intensities.push(value("intensity", two)?);
                points.counters.push(counters);
            }
            _ => {
                points.intensities.push(value("intensity", one)?);
                points.uncertainties.push(value("uncertainty", two)?);
            }
        }
    }
    Ok(())
}

/// Adds a bank as a measurement.
fn push((bank, points, line): (Bank<'_>, Points, u64), title: &str, reading: &mut Reading) -> Result<(), ReadError> {
    let block = reading.measurements.len();
    let mut scan = Scan::default();
    let count = points.intensities.len();
    let is_free = matches!(bank.kind, Kind::Free(_));
    let angles = if is_free { points.angles } else { stepped(bank.start, bank.step, count) };
    scan.column("two_theta_deg", Some("deg"), "BANK", angles.clone());
    scan.column("scan_angle_deg", Some("deg"), "BANK", angles);
    scan.column("intensity", Some("1"), "intensity", points.intensities);
    if points.uncertainties.len() == count && count > 0 {
        scan.column("intensity_standard_uncertainty", Some("1"), "uncertainty", points.uncertainties);
    }
    if let Some(first) = points.counters.first() {
        if points.counters.iter().all(|counters| counters.to_bits() == first.to_bits()) {
            scan.number("counters", *first);
        } else {
            scan.warnings.push(
                "the number of counters differs between points: the intensity is the mean of theirs, as stored, and its \
                 uncertainty differs"
                    .to_owned(),
            );
            scan.column("number_of_counters", Some("1"), "number of counters", points.counters);
        }
    }
    scan.axis(Some("two_theta"));
    scan.not_stated("intensity_unit");
    scan.text("title", title);
    scan.text("bank", bank.number);
    scan.text("format_version", "GSAS");
    scan.number("step_deg", bank.step);
    scan.warnings
        .push("the file states neither the wavelength nor whether X-rays or neutrons were diffracted".to_owned());
    if count < bank.points {
        scan.incomplete(&format!("{} of the {} that the bank announces", counted(count, "point"), bank.points));
    } else if count > bank.points {
        scan.warnings.push(format!("{}, the bank announces {}", counted(count, "point"), bank.points));
    }
    scan.warnings.extend(points.open_end);
    let headers = scan.columns.iter().map(|column| column.header.len());
    repetition::check(&scan.metadata, headers, block + 1, Place::Line(line))?;
    reading.measurements.push(scan.measurement(block));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn records_of_each_type_are_read() {
        let standard = "made up\r\nBANK 1 12 2 CONST 2400 5 0 0\r\n 1    52 1    58 1    55 1    60 1    71 1    88 1    70 1    61 1    57 1    53\r\n 2    19     7.5 0     0\r\n";
        let reading = read(standard.as_bytes()).unwrap();
        let scan = &reading.measurements[0];
        assert_eq!(scan.n_points(), 12);
        assert_eq!(scan.numbers("scan_angle_deg").unwrap()[..2], [24.0, 24.05]);
        assert_eq!(scan.numbers("intensity").unwrap()[9..], [53.0, 19.0, 7.5]);
        assert_eq!(scan.numbers("number_of_counters").unwrap()[9..], [1.0, 2.0, 1.0]);
        let free = "t\nBANK 1 3 3 CONS 1000 10 0 0 FXYE\n 1000.0 5.5 2.1\n 1010.0 x 2\n 1020 7 3\n";
        let reading = read(free.as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].numbers("scan_angle_deg"), Some(&[10.0, 10.2][..]));
        assert_eq!(
            reading.measurements[0].metadata["incomplete"],
            Value::Text("2 points of the 3 that the bank announces".to_owned())
        );
        let both = "t\nBANK 1 2 1 CONS 1000 10 0 0 ESD\n    12.5     1.5    13.5     1.6\n";
        let reading = read(both.as_bytes()).unwrap();
        assert_eq!(reading.measurements[0].numbers("intensity"), Some(&[12.5, 13.5][..]));
        assert_eq!(reading.measurements[0].numbers("intensity_standard_uncertainty"), Some(&[1.5, 1.6][..]));
    }

    #[test]
    fn other_binnings_and_types_are_refused_by_name() {
        for (line, named) in [
            ("BANK 1 5 1 SLOG 100 200 0.01 0 FXYE", "the binning `SLOG`"),
            ("BANK 1 5 1 CONS 100 200 0 0 ALT", "the type `ALT`"),
        ] {
            let error = read(format!("t\n{line}\n1 2 3\n").as_bytes()).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
        assert!(read(b"t\nBANK 1 2 1 CONST 2400 5\n 1    x2\n").is_err());
        assert!(read(b"t\n").is_err());
    }
}
