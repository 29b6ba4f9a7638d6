//! Reads EC-Lab's text exports (`.mpt`, sometimes named `.txt`; EC-Lab and BT-Lab, BioLogic), as far as
//! they hold impedance.
//!
//! Format: line 1 `EC-Lab ASCII FILE`, line 2 `Nb header lines : N`, settings up to line N − 1 (none when N
//! is 3), column headers separated by tabs on line N, then rows. N is to be trusted. Latin-1 or UTF-8, LF or
//! CRLF; the decimal mark of the settings and that of the rows are decided apart, because exports with a
//! comma in the settings and points in the rows exist. Usually the last line has no end.
//!
//! Source: EC-Lab's own exports, listed in `ingest/eclab_mpt/instrument.toml`.
//!
//! Not supported: techniques without a frequency column. They end in [`ReadError::NotSupported`].

use std::borrow::Cow;

use crate::eclab::header::header;
use crate::eclab::spectra::{Table, spectra};
use crate::eclab::techniques::{ADVICE, Impedance, by_title};
use crate::manifest::embedded;
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::registry::Adapter;
use crate::repetition::{LISTED_REJECTIONS, check_columns};
use crate::text::{Line, decode, excerpt, lines};
use crate::{Manifest, Match, Place, ReadError, Reading, Values};

/// The first lines that make a text an EC-Lab export.
pub(crate) const SIGNATURES: [&str; 2] = ["EC-Lab ASCII FILE", "BT-Lab ASCII FILE"];

/// Rows whose cells decide about the decimal mark, and which columns hold words.
const FIRST_ROWS: usize = 32;

/// Reads EC-Lab's text exports.
#[derive(Debug)]
pub(crate) struct EclabMpt;

impl Adapter for EclabMpt {
    fn manifest(&self) -> &Manifest {
        embedded("eclab_mpt")
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = decode(head);
        let first = lines(&head.text).next().map_or("", |line| line.text.trim_end());
        if SIGNATURES.contains(&first) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.mpt`.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the file is no EC-Lab export or ends in its header;
/// [`ReadError::NotSupported`] for a technique without impedance; [`ReadError::ColumnMissing`] for an
/// impedance technique without a frequency column.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut lines = lines(&decoded.text);
    let malformed = |line: u64, expected: &str, found: String| ReadError::Malformed {
        place: Place::Line(line),
        expected: expected.to_owned(),
        found,
    };
    let mut next =
        |expected: &str| lines.next().ok_or_else(|| malformed(1, expected, "the end of the file".to_owned()));
    let first = next("`EC-Lab ASCII FILE`")?;
    if !SIGNATURES.contains(&first.text.trim_end()) {
        return Err(malformed(1, "`EC-Lab ASCII FILE`", format!("`{}`", excerpt(first.text, 40))));
    }
    let count = next("`Nb header lines : ` and a number")?;
    let header_lines = count.text.strip_prefix("Nb header lines :").and_then(|text| text.trim().parse::<u64>().ok());
    let Some(header_lines) = header_lines.filter(|lines| *lines >= 3) else {
        return Err(malformed(2, "`Nb header lines : ` and a number from 3", format!("`{}`", excerpt(count.text, 40))));
    };
    let settings: Vec<Line<'_>> = lines.by_ref().take(header_lines.saturating_sub(3) as usize).collect();
    let Some(names) = lines.next() else {
        let found = format!("the end of the file after line {}", 2 + settings.len());
        return Err(malformed(header_lines, "the column headers", found));
    };
    let headers: Vec<&str> = names.text.trim_end().split('\t').map(str::trim).collect();
    check_columns(headers.len(), Place::Line(names.number))?;

    let title = settings.iter().map(|line| line.text.trim()).find(|text| !text.is_empty());
    let technique = title.and_then(by_title);
    if !headers.contains(&"freq/Hz") && technique.is_none_or(|technique| technique.impedance == Impedance::Sometimes) {
        let name = match (technique, title) {
            (Some(technique), _) => format!("technique {} ({})", technique.code, technique.title),
            (None, Some(title)) => format!("technique `{}` without a frequency column", excerpt(title, 60)),
            (None, None) => "technique not stated, without a frequency column".to_owned(),
        };
        let points = lines.filter(|line| !line.text.trim().is_empty()).count();
        return Err(ReadError::NotSupported {
            place: Place::Line(names.number),
            recognised: format!("EC-Lab .mpt, {name}, {points} points"),
            advice: ADVICE.to_owned(),
        });
    }

    let (mut metadata, loops) = header(&settings, technique);
    let rest = &decoded.text[(names.start + names.text.len()).min(decoded.text.len())..];
    let mut rows = Rows::new(&headers, lines.clone(), rest.len());
    metadata.insert("encoding".to_owned(), crate::Value::Text(decoded.encoding.name().to_owned()));
    metadata.insert("decimal_mark".to_owned(), crate::Value::Text(rows.mark.name().to_owned()));
    lines.for_each(|line| rows.push(line));
    let mut reading = Reading::default();
    if rows.count == 0 {
        reading.warnings.push("the file holds no points".to_owned());
    }
    let Rows { columns, count, bad, unlisted, incomplete, line_of, .. } = rows;
    let columns = headers.iter().map(|header| (*header).to_owned()).zip(columns).collect();
    let table = Table { columns, rows: count, loops, bad, unlisted, metadata, incomplete };
    spectra(table, Place::Line(names.number), &|row| Place::Line(line_of.line(row)), reading)
}

/// The rows read so far, column by column.
struct Rows<'a> {
    headers: &'a [&'a str],
    mark: DecimalMark,
    columns: Vec<Values>,
    count: usize,
    bad: Vec<(usize, ReadError)>,
    unlisted: usize,
    incomplete: Option<String>,
    line_of: LineOf,
    /// Length of the last cell of the row before, without a sign.
    last_cell: usize,
}

impl<'a> Rows<'a> {
    /// Decides about decimal mark and text columns from the first rows of `lines`.
    fn new(headers: &'a [&'a str], lines: crate::text::Lines<'_>, bytes: usize) -> Self {
        let first: Vec<Line<'_>> = lines.filter(|line| !line.text.trim().is_empty()).take(FIRST_ROWS).collect();
        let mark = detect_decimal_mark(first.iter().flat_map(|line| line.text.split('\t')));
        // A row takes at least two bytes a column; the first one says how many it usually takes.
        let row_bytes = first.first().map_or(usize::MAX, |line| line.text.len().max(2 * headers.len()));
        let expected = bytes / row_bytes + 1;
        let mut is_number = vec![first.is_empty(); headers.len()];
        for line in &first {
            for (is_number, cell) in is_number.iter_mut().zip(line.text.split('\t')) {
                *is_number |= number(cell, mark).is_some();
            }
        }
        let columns = headers.iter().zip(is_number).map(|(header, is_number)| {
            if is_number || ["freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm"].contains(header) {
                Values::Number(Vec::with_capacity(expected))
            } else {
                Values::Text(Vec::with_capacity(expected))
            }
        });
        Self {
            headers,
            mark,
            columns: columns.collect(),
            count: 0,
            bad: Vec::new(),
            unlisted: 0,
            incomplete: None,
            line_of: LineOf::default(),
            last_cell: 0,
        }
    }

    fn push(&mut self, line: Line<'_>) {
        let text = line.text.trim_end();
        if text.is_empty() {
            return;
        }
        let last_cell = text.rsplit('\t').next().unwrap_or_default().trim_start_matches('-').len();
        let is_shorter = last_cell < self.last_cell;
        let mut result = self.cells(text, line.number);
        if !line.ended && (is_shorter || matches!(result, Err(ReadError::FieldCount { .. }))) {
            // EC-Lab pads its numbers, so a last line whose last number is shorter was cut.
            self.incomplete = Some(format!("line {} is cut by the end of the file", line.number));
            if result.is_ok() {
                self.pop(self.headers.len());
                let expected = format!("a last number of {} characters", self.last_cell);
                let found = format!("{last_cell}, cut by the end of the file");
                result = Err(ReadError::Malformed { place: Place::Line(line.number), expected, found });
            }
        }
        self.last_cell = last_cell;
        match result {
            Ok(()) => {
                self.line_of.push(self.count, line.number);
                self.count += 1;
            }
            Err(error) if self.bad.len() < LISTED_REJECTIONS => self.bad.push((self.count, error)),
            Err(_) => self.unlisted += 1,
        }
    }

    /// Appends the cells of a row to the columns, or to none of them.
    fn cells(&mut self, text: &str, line: u64) -> Result<(), ReadError> {
        let mut cells = text.split('\t');
        for (at, column) in self.columns.iter_mut().enumerate() {
            let Some(cell) = cells.next() else {
                self.pop(at);
                return Err(ReadError::FieldCount {
                    place: Place::Line(line),
                    expected: self.headers.len(),
                    found: at,
                });
            };
            match column {
                Values::Text(words) => words.push(cell.trim().to_owned()),
                Values::Number(values) => match number(cell, self.mark) {
                    Some(value) => values.push(value),
                    None => {
                        self.pop(at);
                        return Err(not_a_number(line, self.headers[at], cell));
                    }
                },
            }
        }
        let more = cells.count();
        if more > 0 {
            let expected = self.headers.len();
            self.pop(expected);
            return Err(ReadError::FieldCount { place: Place::Line(line), expected, found: expected + more });
        }
        Ok(())
    }

    /// Takes the last value from the first `count` columns.
    fn pop(&mut self, count: usize) {
        self.columns[..count].iter_mut().for_each(|column| match column {
            Values::Text(words) => drop(words.pop()),
            Values::Number(values) => drop(values.pop()),
        });
    }
}

/// A cell's number; EC-Lab writes `XXX` where it has none.
fn number(cell: &str, mark: DecimalMark) -> Option<f64> {
    parse_number(cell, mark).or_else(|| (cell.trim() == "XXX").then_some(f64::NAN))
}

fn not_a_number(line: u64, header: &str, cell: &str) -> ReadError {
    let unit = crate::eclab::naming::naming(header).unit.map_or(Cow::Borrowed("no unit"), Cow::Owned);
    ReadError::NotANumber {
        place: Place::Line(line),
        column: header.to_owned(),
        unit: unit.into_owned(),
        found: excerpt(cell, 40),
    }
}

/// Line numbers of rows: runs of neighbours, because empty lines are rare.
#[derive(Debug, Default)]
struct LineOf {
    /// First row of a run and its line.
    runs: Vec<(usize, u64)>,
    next: u64,
}

impl LineOf {
    fn push(&mut self, row: usize, line: u64) {
        if self.runs.is_empty() || line != self.next {
            self.runs.push((row, line));
        }
        self.next = line + 1;
    }

    fn line(&self, row: usize) -> u64 {
        let run = self.runs.partition_point(|(first, _)| *first <= row);
        self.runs[..run].last().map_or(0, |(first, line)| line + (row - first) as u64)
    }
}
