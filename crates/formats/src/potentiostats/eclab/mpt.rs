//! Reads EC-Lab's text exports (`.mpt`, sometimes named `.txt`; EC-Lab and BT-Lab, BioLogic).
//!
//! Format: line 1 `EC-Lab ASCII FILE`, line 2 `Nb header lines : N`, settings up to line N − 1 (none when N
//! is 3), column headers separated by tabs on line N, then rows. N is to be trusted. Latin-1 or UTF-8, LF or
//! CRLF; the decimal mark of the settings and that of the rows are decided separately, because exports with a
//! comma in the settings and points in the rows exist. Usually the last line has no end.
//!
//! Source: EC-Lab's own exports, listed in `ingest/eclab_mpt/instrument.toml`.
//!
//! Not supported: exports without two of time, potential and current. They end in [`ReadError::ColumnMissing`].

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr_iter;

use super::header::{Header, header};
use super::measurements::measurements;
use super::table::{self, Table};
use super::techniques::by_title;
use crate::manifest::embedded;
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::rejections::ends_in_line;
use crate::repetition::check_columns;
use crate::tabbed::{Columns, Fault};
use crate::text::{Encoding, Line, Lines, decode, excerpt, lines, lines_from};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections, Values};

/// The first lines that make a text an EC-Lab export.
pub(crate) const SIGNATURES: [&str; 2] = ["EC-Lab ASCII FILE", "BT-Lab ASCII FILE"];

/// Rows whose cells decide about the decimal mark, and which columns hold words.
const FIRST_ROWS: usize = 32;

/// EC-Lab's placeholder for a missing number.
const NO_NUMBER: &str = "XXX";

/// Reads EC-Lab's text exports.
#[derive(Debug)]
pub(crate) struct EclabMpt;

impl Adapter for EclabMpt {
    fn manifest(&self) -> &Manifest {
        embedded("eclab_mpt")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first = lines(probe.text()).next().map_or("", |line| line.text.trim_end());
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
/// [`ReadError::Malformed`] when the file is not an EC-Lab export or ends in its header; [`ReadError::ColumnMissing`] for an
/// impedance technique without a frequency column, and for any other without two of time, potential and current.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let text = Text::from_file(file);
    let mut lines = lines(&text.head);
    let mut next = |expected: &str| {
        lines.next().ok_or_else(|| ReadError::malformed(Place::Line(1), expected, "the end of the file"))
    };
    let first = next("`EC-Lab ASCII FILE`")?;
    if !SIGNATURES.contains(&first.text.trim_end()) {
        return Err(ReadError::malformed(
            Place::Line(1),
            "`EC-Lab ASCII FILE`",
            format!("`{}`", excerpt(first.text, 40)),
        ));
    }
    let count = next("`Nb header lines : ` and a number")?;
    let Some(header_lines) = header_lines(count.text) else {
        return Err(ReadError::malformed(
            Place::Line(2),
            "`Nb header lines : ` and a number from 3",
            format!("`{}`", excerpt(count.text, 40)),
        ));
    };
    let settings: Vec<Line<'_>> = lines.by_ref().take(header_lines.saturating_sub(3) as usize).collect();
    let Some(names) = lines.next() else {
        let found = format!("the end of the file after line {}", 2 + settings.len());
        return Err(ReadError::malformed(Place::Line(header_lines), "the column headers", found));
    };
    let headers: Vec<&str> = names.text.trim_end().split('\t').map(str::trim).collect();
    check_columns(headers.len(), Place::Line(names.number))?;

    let title = settings.iter().map(|line| line.text.trim()).find(|text| !text.is_empty());
    let technique = title.and_then(by_title);
    let Header { mut metadata, record_metadata, loops } = header(&settings, title, technique);
    let rows = text.rows(lines, names.number + 1);
    let mut reading = Reading::default();
    let assigned = assigned_names(&headers, rows.clone());
    let headers = match &assigned {
        Some((names, words)) => {
            reading.leave_out(words.as_str());
            names.iter().map(String::as_str).collect()
        }
        None => headers,
    };
    let mut table = Rows::new(&headers, rows.clone(), text.bytes_of_rows());
    metadata.insert("encoding".to_owned(), crate::Value::Text(text.encoding.name().to_owned()));
    metadata.insert("decimal_mark".to_owned(), crate::Value::Text(table.mark.name().to_owned()));
    rows.for_each(|line| table.push(line));
    if table.columns.rows() == 0 {
        reading.warnings.push("the file has no points".to_owned());
    }
    let Rows { columns, bad, bad_after, incomplete, line_of, .. } = table;
    let headers = headers.iter().map(|header| (*header).to_owned()).collect();
    let table =
        Table { headers, rows: columns, loops, bad, bad_after, technique, metadata, record_metadata, incomplete };
    measurements(table, Place::Line(names.number), &|row| Place::Line(line_of.line(row)), reading)
}

/// The names of the columns where every row has fewer values than the header has names, one of which is empty, and what to tell the user.
///
/// The names before the empty one are those of the first values; which of the others are too many cannot be known, and their
/// values are shown without a name. `None` where the numbers agree, or nothing shows where they part.
fn assigned_names(headers: &[&str], rows: Lines<'_>) -> Option<(Vec<String>, String)> {
    let mut counts = rows
        .filter(|line| !line.text.trim().is_empty() && line.ended)
        .take(FIRST_ROWS)
        .map(|line| line.text.trim_end().split('\t').count());
    let count = counts.next().filter(|first| counts.all(|other| other == *first))?;
    let empty = headers.iter().position(|header| header.is_empty()).filter(|empty| *empty > 0 && *empty < count)?;
    if count >= headers.len() {
        return None;
    }
    let names = (0..count).map(|place| match headers.get(place) {
        Some(header) if place < empty => (*header).to_owned(),
        _ => format!("column {}", place + 1),
    });
    let words = format!(
        "the header names {} columns and each row has {count} values: those from column {} on have no certain name, and are left out",
        headers.len(),
        empty + 1
    );
    Some((names.collect(), words))
}

/// The number of header lines that line 2 states.
fn header_lines(line: &str) -> Option<u64> {
    line.strip_prefix("Nb header lines :")?.trim().parse().ok().filter(|lines| *lines >= 3)
}

/// A file as text, in one part or in two.
///
/// Exports are Latin-1 for the sake of `µ` and `²` in their header; their rows are ASCII. Decoding the header alone
/// saves a copy of the rows, which are nearly all of the file.
struct Text<'a> {
    head: Cow<'a, str>,
    /// The rows, where they are not in `head`.
    rest: Option<&'a str>,
    encoding: Encoding,
}

impl<'a> Text<'a> {
    fn from_file(file: &'a [u8]) -> Self {
        if let Some((head, rest)) = ascii_rows(file) {
            let head = decode(head);
            if head.encoding == Encoding::Windows1252 {
                return Self { head: head.text, rest: Some(rest), encoding: head.encoding };
            }
        }
        let whole = decode(file);
        Self { head: whole.text, rest: None, encoding: whole.encoding }
    }

    /// The lines of the rows, given those after the header in `head`.
    fn rows<'s>(&'s self, after: Lines<'s>, number: u64) -> Lines<'s> {
        self.rest.map_or(after, |rest| lines_from(rest, 0, number))
    }

    /// A bound of what the rows take.
    fn bytes_of_rows(&self) -> usize {
        self.rest.map_or(self.head.len(), str::len)
    }
}

/// Header and rows of a file whose header is not ASCII and whose rows are.
fn ascii_rows(file: &[u8]) -> Option<(&[u8], &str)> {
    let mut ends = memchr_iter(b'\n', file);
    let second = (ends.next()? + 1, ends.next()?);
    let count = std::str::from_utf8(file.get(second.0..second.1)?).ok()?;
    let last = usize::try_from(header_lines(count)?).ok()?.checked_sub(3)?;
    let (head, rest) = file.split_at_checked(ends.nth(last)? + 1)?;
    if head.is_ascii() || !rest.is_ascii() {
        return None;
    }
    std::str::from_utf8(rest).ok().map(|rest| (head, rest))
}

/// The rows read so far, column by column.
struct Rows<'a, 't> {
    headers: &'a [&'a str],
    mark: DecimalMark,
    columns: Columns,
    bad: Rejections,
    bad_after: Vec<usize>,
    incomplete: Option<String>,
    line_of: LineOf,
    /// The row before.
    before: &'t str,
}

impl<'a, 't> Rows<'a, 't> {
    /// Decides about decimal mark and text columns from the first rows of `lines`.
    fn new(headers: &'a [&'a str], lines: Lines<'_>, bytes: usize) -> Self {
        let first: Vec<Line<'_>> = lines.filter(|line| !line.text.trim().is_empty()).take(FIRST_ROWS).collect();
        let mark = detect_decimal_mark(first.iter().flat_map(|line| line.text.split('\t')));
        // A row takes at least two bytes a column; the first one shows how many it usually takes.
        let row_bytes = first.first().map_or(usize::MAX, |line| line.text.len().max(2 * headers.len()));
        let expected = bytes / row_bytes + 1;
        let mut is_number = vec![first.is_empty(); headers.len()];
        for line in &first {
            for (is_number, cell) in is_number.iter_mut().zip(line.text.split('\t')) {
                *is_number |= parse_number(cell, mark).is_some() || cell.trim() == NO_NUMBER;
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
            columns: Columns::new(columns.collect(), mark, NO_NUMBER),
            bad: Rejections::default(),
            bad_after: Vec::new(),
            incomplete: None,
            line_of: LineOf::default(),
            before: "",
        }
    }

    fn push(&mut self, line: Line<'t>) {
        let text = line.text.trim_end();
        if text.is_empty() {
            return;
        }
        let mut result = self.columns.push(text).map_err(|fault| explain(fault, self.headers, line.number));
        if !line.ended {
            let (usual, found) = (length_of_last_cell(self.before), length_of_last_cell(text));
            if found < usual || matches!(result, Err(ReadError::FieldCount { .. })) {
                // EC-Lab pads its numbers, so a last line whose last number is shorter was cut.
                self.incomplete = Some(ends_in_line(line.number));
                if result.is_ok() {
                    self.columns.pop();
                    let expected = format!("a last number of {usual} characters");
                    let found = format!("{found}, cut by the end of the file");
                    result = Err(ReadError::malformed(Place::Line(line.number), expected, found));
                }
            }
        }
        self.before = text;
        match result {
            Ok(()) => self.line_of.push(self.columns.rows() - 1, line.number),
            Err(error) => {
                self.bad.push(0, error);
                self.bad_after.resize(self.bad.len(), self.columns.rows());
            }
        }
    }
}

/// Characters of a row's last cell, without a sign.
fn length_of_last_cell(row: &str) -> usize {
    row.rsplit('\t').next().unwrap_or_default().trim_start_matches('-').len()
}

fn explain(fault: Fault<'_>, headers: &[&str], line: u64) -> ReadError {
    match fault {
        Fault::FieldCount(found) => ReadError::FieldCount { place: Place::Line(line), expected: headers.len(), found },
        Fault::NotANumber(column, cell) => not_a_number(line, headers[column], cell),
    }
}

impl table::Rows for Columns {
    fn count(&self) -> usize {
        self.rows()
    }

    fn is_text(&self, column: usize) -> bool {
        matches!(self.values()[column], Values::Text(_))
    }

    fn numbers(&self, column: usize) -> Option<Cow<'_, [f64]>> {
        match &self.values()[column] {
            Values::Number(values) => Some(Cow::Borrowed(values)),
            Values::Text(_) => None,
        }
    }

    fn take(&self, runs: &[Range<usize>]) -> Vec<Values> {
        let points = runs.iter().map(Range::len).sum();
        let taken = self.values().iter().map(|column| match column {
            Values::Number(values) => {
                let mut kept = Vec::with_capacity(points);
                runs.iter().for_each(|run| kept.extend_from_slice(&values[run.clone()]));
                Values::Number(kept)
            }
            Values::Text(words) => {
                Values::Text(runs.iter().flat_map(|run| words[run.clone()].iter().cloned()).collect())
            }
        });
        taken.collect()
    }

    fn into_values(self) -> Vec<Values> {
        self.into_values()
    }
}

fn not_a_number(line: u64, header: &str, cell: &str) -> ReadError {
    let unit = super::naming::naming(header).unit.map_or(Cow::Borrowed(""), Cow::Owned);
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

#[cfg(test)]
mod tests {
    use test_support::survives_cuts_and_damage;

    use super::*;
    use crate::{Measurement, Value};

    const ROWS: &str = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\ttime/s\t<I>/mA\tCs/\u{b5}F\t\n\
        1.0000000E+003\t1.0100000E+002\t2.0000000E+000\t1.0\t1.5000000E+000\t1.0E+000\n\
        1.0000000E+002\t1.0200000E+002\t3.0000000E+000\t2.0\t2.5000000E+000\t1.0E+000\n\
        1.0000000E+001\t1.0300000E+002\t-4.0000000E+000\t3.0\t3.5000000E+000\t1.0E+000";

    /// An export with these settings, with its number of header lines, in Latin-1.
    fn export(settings: &[&str], rows: &str) -> Vec<u8> {
        let mut text = format!("EC-Lab ASCII FILE\nNb header lines : {:<28}\n", settings.len() + 3);
        settings.iter().for_each(|line| text += &format!("{line}\n"));
        text += rows;
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    }

    const PEIS: &str = "Potentio Electrochemical Impedance Spectroscopy";

    fn one(file: &[u8]) -> Measurement {
        let mut reading = read(file).unwrap();
        assert_eq!(reading.measurements.len(), 1);
        assert_eq!(*reading.rejected, []);
        reading.measurements.remove(0)
    }

    fn text<'a>(measurement: &'a Measurement, name: &str) -> Option<&'a str> {
        match measurement.metadata.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn three_header_lines_are_a_file_without_settings() {
        let spectrum = one(&export(&[], ROWS));
        assert_eq!(spectrum.numbers("frequency_hz"), Some([1000.0, 100.0, 10.0].as_slice()));
        assert_eq!(spectrum.numbers("z_im_ohm"), Some([-2.0, -3.0, 4.0].as_slice()));
        assert_eq!(spectrum.numbers("current_a"), Some([0.0015, 0.0025, 0.0035].as_slice()));
        assert_eq!(spectrum.numbers("cs_uf"), Some([1.0; 3].as_slice()));
        assert_eq!(text(&spectrum, "technique_code"), None);
        assert_eq!(text(&spectrum, "encoding"), Some("Windows-1252"));
    }

    #[test]
    fn crlf_utf8_and_bt_lab_make_no_difference() {
        let latin = one(&export(&["", PEIS], ROWS));
        let file = export(&["", PEIS], ROWS);
        let other = decode(&file).text.replace('\n', "\r\n").replace("EC-Lab ASCII", "BT-Lab ASCII");
        assert_eq!(one(other.as_bytes()).columns, latin.columns);
        let cell = ROWS.replace("Cs/\u{b5}F", "Ecell/V");
        assert_eq!(one(&export(&[], &cell)).numbers("potential_v"), Some([1.0; 3].as_slice()));
    }

    #[test]
    fn a_decimal_comma_may_be_in_the_settings_or_in_both() {
        let settings =
            ["", PEIS, "Electrode surface area : 0,250 cm\u{b2}", "Va (mV)             14,1                "];
        for rows in [ROWS.to_owned(), ROWS.replace('.', ",")] {
            let spectrum = one(&export(&settings, &rows));
            assert_eq!(spectrum.numbers("z_re_ohm"), Some([101.0, 102.0, 103.0].as_slice()));
            assert_eq!(spectrum.metadata.get("electrode_area_cm2"), Some(&Value::Number(0.25)));
            assert_eq!(spectrum.metadata.get("ac_amplitude_v"), Some(&Value::Number(0.0141)));
        }
    }

    #[test]
    fn areas_are_converted_and_placeholders_absent() {
        let area = |line: &str| {
            let spectrum = one(&export(&["", PEIS, &format!("Electrode surface area : {line}")], ROWS));
            spectrum.metadata.get("electrode_area_cm2").cloned()
        };
        assert_eq!(area("1.130 cm\u{b2}"), Some(Value::Number(1.13)));
        assert_eq!(area("3.142 mm\u{b2}"), Some(Value::Number(0.03142)));
        assert_eq!(area("0.001 cm\u{b2}"), None);
        assert_eq!(area("0.000 cm\u{b2}"), None);
        assert_eq!(area("5 acre"), None);
    }

    #[test]
    fn settings_are_read_by_their_names() {
        let settings = [
            "",
            PEIS,
            "",
            "Run on channel : 3 (SN 5304)",
            "User : ",
            "Acquisition started on : 26/03/2021 16:17:59.500",
            "Saved on :",
            "\tFile : cell.mpr",
            "\tDirectory : C:\\synthetic\\",
            "Device : SP-240 (SN 0200)",
            "EC-Lab for windows v11.33 (software)",
            "Internet server v11.32 (firmware)",
            "Comments : dot C",
            "Comments : 25 \u{b0}C",
            "Reference electrode : Ag/AgCl (0.197 V)",
            "Characteristic mass : 5.544 mg",
        ];
        let spectrum = one(&export(&settings, ROWS));
        for (name, value) in [
            ("technique_code", "PEIS"),
            ("channel", "3"),
            ("channel_serial", "5304"),
            ("started_at", "2021-03-26T16:17:59.500"),
            ("original_file", "C:\\synthetic\\cell.mpr"),
            ("instrument", "BioLogic SP-240"),
            ("serial", "0200"),
            ("software", "EC-Lab 11.33"),
            ("firmware", "11.32"),
            ("comment", "dot C\n25 °C"),
            ("reference_electrode", "Ag/AgCl"),
        ] {
            assert_eq!(text(&spectrum, name), Some(value), "{name}");
        }
        assert_eq!(spectrum.metadata.get("reference_electrode_v"), Some(&Value::Number(0.197)));
        assert_eq!(spectrum.metadata.get("characteristic_mass_g"), Some(&Value::Number(0.005544)));
        assert!(!spectrum.metadata.contains_key("operator"));
        assert!(!spectrum.metadata.contains_key("started_at_note"));
    }

    #[test]
    fn loops_split_spectra_that_nothing_else_splits() {
        let loops =
            ["", PEIS, "Number of loops : 2", "Loop 0 from point number 0 to 0", "Loop 1 from point number 1 to 2"];
        let reading = read(&export(&loops, ROWS)).unwrap();
        assert_eq!(reading.measurements.iter().map(Measurement::n_points).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_rejected_with_its_line() {
        let rows = ROWS.replace("1.0200000E+002", "overload").replace("\t3.0\t", "\t");
        let reading = read(&export(&["", PEIS], &rows)).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 1);
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            ["line 7: expected a number in Ω for `Re(Z)/Ohm`, found `overload`", "line 8: expected 6 fields, found 5"]
        );
    }

    #[test]
    fn a_last_number_that_is_shorter_than_the_one_before_was_cut() {
        let whole = export(&["", PEIS], ROWS);
        assert_eq!(text(&one(&whole), "incomplete"), None);
        let reading = read(&whole[..whole.len() - 2]).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 2);
        assert_eq!(text(&reading.measurements[0], "incomplete"), Some("the file ends in the middle of line 8"));
        assert_eq!(
            reading.rejected[0].error.to_string(),
            "line 8: expected a last number of 8 characters, found 6, cut by the end of the file"
        );
    }

    #[test]
    fn words_and_missing_values_do_not_reject_a_row() {
        let rows = ROWS.replace("time/s", "I Range").replace("1.0\t1.5", "10 mA\t1.5").replace("2.0\t2.5", "1 mA\t2.5");
        let rows = rows.replace("3.0\t3.5", "1 mA\t3.5").replace("3.5000000E+000", "XXX");
        let spectrum = one(&export(&["", PEIS], &rows));
        assert_eq!(spectrum.columns[3].values, Values::Text(["10 mA", "1 mA", "1 mA"].map(str::to_owned).into()));
        assert!(spectrum.numbers("current_a").unwrap()[2].is_nan());
        // Absolute times under `time/s` are not a column of seconds.
        let rows =
            ROWS.replace("\t1.0\t", "\t03/26/2021 16:18\t").replace("\t2.0\t", "\tnoon\t").replace("\t3.0\t", "\tx\t");
        let spectrum = one(&export(&["", PEIS], &rows));
        assert_eq!((spectrum.columns[3].name.as_str(), spectrum.columns[3].unit.as_deref()), ("time_s_text", None));
    }

    #[test]
    fn rows_with_fewer_values_than_names_keep_the_columns_before_the_empty_name() {
        let rows = CV.replace("<I>/mA\t", "<I>/mA\t\tlost/V\t");
        let reading = read(&export(&["", "Cyclic Voltammetry"], &rows)).unwrap();
        let record = &reading.measurements[0];
        assert_eq!(record.numbers("current_a"), Some(&[1.5e-3, -2.5e-3][..]));
        assert_eq!((record.numbers("cycle"), reading.rejected.total()), (None, 0));
        let words = "the header names 10 columns and each row has 8 values: those from column 6 on have no certain name, and are left out";
        assert_eq!(reading.not_read, [words]);
        // Without an empty name nothing shows where names and values part.
        let reading = read(&export(&["", "Cyclic Voltammetry"], &CV.replace("<I>/mA\t", "<I>/mA\tlost/V\t"))).unwrap();
        assert_eq!((reading.measurements[0].n_points(), reading.rejected.total()), (0, 2));
        assert_eq!(read(&export(&["", "Cyclic Voltammetry"], CV)).unwrap().not_read, [""; 0]);
    }

    #[test]
    fn unreadable_files_are_refused_with_a_reason() {
        let message = |file: &[u8]| read(file).unwrap_err().to_string();
        assert_eq!(message(b"EC-Lab LOG FILE\n"), "line 1: expected `EC-Lab ASCII FILE`, found `EC-Lab LOG FILE`");
        assert_eq!(
            message(b"EC-Lab ASCII FILE\nNb header lines : 2\n"),
            "line 2: expected `Nb header lines : ` and a number from 3, found `Nb header lines : 2`"
        );
        assert_eq!(
            message(b"EC-Lab ASCII FILE\nNb header lines : 70\n\nPotentio"),
            "line 70: expected the column headers, found the end of the file after line 4"
        );
        let without = ROWS.replace("freq/Hz", "f2");
        assert_eq!(
            message(&export(&["", PEIS], &without)),
            "line 5: expected a column `freq/Hz`, found f2, Re(Z)/Ohm, -Im(Z)/Ohm, time/s, <I>/mA, Cs/µF"
        );
        let without = without.replace("time/s", "t");
        assert_eq!(
            message(&export(&["", "Cyclic Voltammetry"], &without)),
            "line 5: expected a column for two of time, potential and current, found f2, Re(Z)/Ohm, -Im(Z)/Ohm, t, \
             <I>/mA, Cs/µF"
        );
    }

    const CV: &str = "mode\ttime/s\tcontrol/V\tEwe/V\t<I>/mA\tcycle number\t(Q-Qo)/C\tI Range\t\n\
        2\t0.0\t1.0\t0.5\t1.5E+000\t1.0\t0.0\t10 mA\n\
        2\t0.1\t1.0\t0.25\t-2.5E+000\t2.0\t3.6E+000\t10 mA";

    #[test]
    fn a_voltammogram_is_one_measurement_with_its_cycles_as_a_column() {
        let settings = [
            "",
            "Cyclic Voltammetry",
            "Reference electrode : SCE Saturated Calomel Electrode (0.241 V)",
            "Mass of active material : 12.5 mg",
            " at x = 0.000",
            "Ei (V)              0.000               ",
            "vs.                 Eoc                 ",
            "dE/dt               20.000              ",
            "dE/dt unit          mV/s                ",
            "E1 (V)              -0.350              ",
            "vs.                 Ref                 ",
        ];
        for comma in [false, true] {
            let mark = |text: &str| if comma { text.replace('.', ",") } else { text.to_owned() };
            let settings = settings.map(|line| if line.starts_with("vs.") { line.to_owned() } else { mark(line) });
            let record = one(&export(&settings.each_ref().map(String::as_str), &mark(CV)));
            assert_eq!(record.technique, crate::Technique::Electrochemistry);
            assert_eq!(record.numbers("time_s"), Some([0.0, 0.1].as_slice()));
            assert_eq!(record.numbers("potential_v"), Some([0.5, 0.25].as_slice()));
            assert_eq!(record.numbers("control_potential_v"), Some([1.0, 1.0].as_slice()));
            assert_eq!(record.numbers("current_a"), Some([0.0015, -0.0025].as_slice()));
            assert_eq!(record.numbers("cycle"), Some([1.0, 2.0].as_slice()));
            assert_eq!(record.numbers("charge_mah"), Some([0.0, 1.0].as_slice()));
            assert_eq!(text(&record, "method"), Some("cyclic_voltammetry"));
            assert_eq!(text(&record, "technique_name"), Some("Cyclic Voltammetry"));
            assert_eq!(text(&record, "potential_reference"), Some("SCE Saturated Calomel Electrode"));
            assert_eq!(text(&record, "initial_potential"), Some("0 V vs. Eoc"));
            let number = |name: &str| record.metadata.get(name).cloned();
            assert_eq!(number("scan_rate_v_per_s"), Some(Value::Number(0.02)));
            assert_eq!(number("vertex_1_potential_v"), Some(Value::Number(-0.35)));
            assert_eq!(number("active_mass_mg"), Some(Value::Number(12.5)));
        }
    }

    #[test]
    fn a_variant_of_a_technique_and_an_unknown_title_are_read() {
        let method = |title: &str| text(&one(&export(&["", title], CV)), "method").map(str::to_owned);
        let variant = "Galvanostatic Cycling with Potential Limitation 6";
        assert_eq!(method(variant).as_deref(), Some("galvanostatic_cycling"));
        assert_eq!(method("Knitting"), None);
        let record = one(&export(&["", "Knitting"], &CV.replace("Ewe/V", "Ecell/V")));
        assert_eq!(text(&record, "technique_name"), Some("Knitting"));
        assert_eq!(text(&record, "potential_reference"), Some("counter electrode"));
        let record = one(&export(&[], &CV.replace("Ewe/V", "Ewe/V vs. RHE")));
        assert_eq!(text(&record, "potential_reference"), Some("RHE"));
        assert_eq!(record.numbers("potential_v"), Some([0.5, 0.25].as_slice()));
    }

    #[test]
    fn a_mixed_technique_gives_spectra_and_a_record() {
        let rows = "time/s\tEwe/V\tI/mA\tfreq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t<Ewe>/V\n\
            0.0\t3.5\t1.0\t0.0\t0.0\t0.0\t0.0\n\
            1.0\t0.0\t0.0\t1.0E+3\t7.0\t1.0\t3.6\n\
            2.0\t0.0\t0.0\t1.0E+2\t8.0\t2.0\t3.6\n\
            3.0\t3.7\t2.0\t0.0\t0.0\t0.0\t0.0\n";
        let reading = read(&export(&["", "Modulo Bat"], rows)).unwrap();
        let [spectrum, record] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(spectrum.numbers("frequency_hz"), Some([1000.0, 100.0].as_slice()));
        assert_eq!((record.block, text(record, "method")), (1, Some("modulo_bat")));
        assert_eq!(record.numbers("time_s"), Some([0.0, 3.0].as_slice()));
        assert_eq!(record.numbers("potential_v"), Some([3.5, 3.7].as_slice()));
        assert_eq!(record.numbers("current_a"), Some([0.001, 0.002].as_slice()));
        assert_eq!(record.columns.len(), 3);
        let without = read(&export(&["", "Modulo Bat"], &rows.replace("1.0E+3", "0.0").replace("1.0E+2", "0.0")));
        assert_eq!(without.unwrap().measurements.iter().map(Measurement::n_points).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn rows_that_are_not_ascii_are_decoded_with_the_header() {
        let rows = CV.replace("10 mA", "10 \u{b5}A");
        let record = one(&export(&["", "Cyclic Voltammetry", "Electrode surface area : 0.25 cm\u{b2}"], &rows));
        assert_eq!(record.columns[7].values, Values::Text(vec!["10 µA".to_owned(); 2]));
        assert_eq!(record.metadata.get("electrode_area_cm2"), Some(&Value::Number(0.25)));
        // The last row's number is that of the file, in one part or in two.
        let bad = format!("{CV}\n2\tx");
        let reading = read(&export(&["", "Cyclic Voltammetry", "Comments : \u{b5}"], &bad)).unwrap();
        assert_eq!(reading.rejected[0].error.to_string(), "line 9: expected a number in s for `time/s`, found `x`");
    }

    #[test]
    fn a_file_without_rows_is_a_measurement_of_none() {
        let header = ROWS.lines().next().unwrap();
        let reading = read(&export(&["", PEIS], header)).unwrap();
        assert_eq!(reading.warnings, ["the file has no points"]);
        assert_eq!((reading.measurements.len(), reading.measurements[0].n_points()), (1, 0));
        assert_eq!(reading.measurements[0].columns.len(), 6);
    }

    #[test]
    fn many_columns_and_short_rows_take_no_memory() {
        let wide = format!("{}freq/Hz\n{}", "a\t".repeat(100_000), "1\n".repeat(100_000));
        assert_eq!(
            read(&export(&["", PEIS], &wide)).unwrap_err().to_string(),
            "line 5: expected at most 1000 columns, found 100001"
        );
    }

    #[test]
    fn every_prefix_and_any_damage_ends_in_a_reading_or_an_error() {
        let loops = [
            "",
            PEIS,
            "Va (mV)             14,1",
            "Loop 0 from point number 0 to 1",
            "Loop 1 from point number 2 to 2",
        ];
        let file = export(&loops, ROWS);
        survives_cuts_and_damage(&file, |file| drop(read(file)));
    }
}
