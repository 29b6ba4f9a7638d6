//! Reads Gamry Framework's files (`.DTA`), as far as they hold impedance.
//!
//! Format: line 1 `EXPLAIN`, line 2 `TAG` and the kind of experiment, settings of the form key, type, value,
//! description, then tables (`ZCURVE TABLE`, sometimes with a number of rows): names, units and rows, all
//! starting with a tab. Fields are separated by tabs, encoding and decimal mark are those of the computer
//! that wrote the file. Each `ZCURVE` is one spectrum; `OCVCURVE`, the potential before it, is not part of it.
//!
//! Source: files of Framework 6.33 to 7.10, listed in `ingest/gamry_dta/instrument.toml`; Gamry's "DTA file
//! format" help page for the keys.
//!
//! Not supported: experiments without `ZCURVE` (CV, CHRONOA, CORPOT, …). They end in
//! [`ReadError::NotSupported`].

use crate::gamry::settings::{Settings, setting};
use crate::gamry::table::{ZTable, z_table};
use crate::manifest::embedded;
use crate::registry::Adapter;
use crate::repetition::{self, LISTED_REJECTIONS};
use crate::text::{Line, decode, excerpt, lines};
use crate::{Manifest, Match, Measurement, Place, ReadError, Reading, Technique, Value};

/// A table of the file.
struct Table<'a> {
    name: &'a str,
    /// Line of its name.
    at: u64,
    /// Rows that the file promises, where it does.
    promised: Option<usize>,
    /// Lines of names, units and rows.
    lines: usize,
    /// Where they stand in the text.
    bytes: std::ops::Range<usize>,
}

/// Reads Gamry Framework's files.
#[derive(Debug)]
pub(crate) struct GamryDta;

impl Adapter for GamryDta {
    fn manifest(&self) -> &Manifest {
        embedded("gamry_dta")
    }

    fn sniff(&self, head: &[u8]) -> Match {
        let head = decode(head);
        let mut first = lines(&head.text).map(|line| line.text);
        let is_dta = first.next().is_some_and(|line| line.trim_end() == "EXPLAIN")
            && first.next().is_some_and(|line| line.starts_with("TAG\t"));
        if is_dta { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.DTA`.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the file does not start as a `.DTA`; [`ReadError::NotSupported`] for an
/// experiment without impedance; [`ReadError::ColumnMissing`] for an impedance table without its columns.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut settings = Settings::default();
    let mut tables: Vec<Table<'_>> = Vec::new();
    let mut in_table = false;
    let mut count = 0_u64;
    for line in lines(&decoded.text) {
        count = line.number;
        match line.number {
            1 if line.text.trim_end() == "EXPLAIN" => continue,
            1 => return Err(malformed(1, "`EXPLAIN`", line.text)),
            2 if !line.text.starts_with("TAG\t") => return Err(malformed(2, "`TAG` and a tab", line.text)),
            _ => {}
        }
        if let Some((name, "TABLE", rest)) = setting(line.text) {
            let promised = rest.split('\t').next().and_then(|rows| rows.trim().parse().ok());
            tables.push(Table { name, at: line.number, promised, lines: 0, bytes: 0..0 });
            in_table = true;
        } else if in_table && is_row(line) {
            if let Some(table) = tables.last_mut() {
                let start = if table.lines == 0 { line.start } else { table.bytes.start };
                table.lines += 1;
                // One more byte takes in the line end, which tells a whole line from a cut one.
                let end = line.start + line.text.len();
                table.bytes = start..(end + usize::from(line.ended)).min(decoded.text.len());
            }
        } else {
            in_table = false;
            settings.line(line.text);
        }
    }
    if count < 2 {
        return Err(malformed(count + 1, if count == 0 { "`EXPLAIN`" } else { "`TAG` and a tab" }, ""));
    }
    settings.finish();
    if !tables.iter().any(is_impedance) && !settings.tag.contains("EIS") {
        let rows: usize = tables.iter().map(|table| table.lines.saturating_sub(2)).sum();
        let title = if settings.title.is_empty() { String::new() } else { format!(" ({})", settings.title) };
        return Err(ReadError::NotSupported {
            place: Place::Line(2),
            recognised: format!(
                "Gamry .DTA, experiment {}{title}, {rows} points in {} tables",
                settings.tag,
                tables.len()
            ),
            advice: crate::eclab::techniques::ADVICE.to_owned(),
        });
    }
    settings.metadata.insert("encoding".to_owned(), Value::Text(decoded.encoding.name().to_owned()));
    let mut reading = Reading::default();
    let spectra = tables.iter().filter(|table| is_impedance(table));
    repetition::check(&settings.metadata, std::iter::empty(), spectra.clone().count(), Place::Line(1))?;
    for table in spectra {
        let text = decoded.text.get(table.bytes.clone()).unwrap_or_default();
        let z = z_table(reading.measurements.len() as u32, text, table.at)?;
        add(z, table.promised, &settings, &mut reading);
    }
    if reading.measurements.is_empty() {
        let z = z_table(0, "", count)?;
        add(ZTable { is_cut: false, ..z }, None, &settings, &mut reading);
        reading.warnings.push("the file ends before its table `ZCURVE`".to_owned());
    }
    if let Some(last) = reading.measurements.last_mut().filter(|_| settings.is_aborted) {
        let before = match last.metadata.get("incomplete") {
            Some(Value::Text(words)) => format!("{words}; "),
            _ => String::new(),
        };
        let words = format!("{before}the experiment was aborted, as the file says (`EXPERIMENTABORTED`)");
        last.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    Ok(reading)
}

fn malformed(line: u64, expected: &str, found: &str) -> ReadError {
    let found = if found.is_empty() { "the end of the file".to_owned() } else { format!("`{}`", excerpt(found, 40)) };
    ReadError::Malformed { place: Place::Line(line), expected: expected.to_owned(), found }
}

fn is_impedance(table: &Table<'_>) -> bool {
    table.name.starts_with("ZCURVE")
}

/// Rows start with a tab or, after editing, with blanks; an empty line may stand among them.
fn is_row(line: Line<'_>) -> bool {
    line.text.is_empty() || line.text.starts_with(['\t', ' '])
}

fn add(table: ZTable, promised: Option<usize>, settings: &Settings, reading: &mut Reading) {
    let mut measurement = Measurement {
        block: reading.measurements.len() as u32,
        technique: Technique::ImpedanceSpectroscopy,
        columns: table.columns,
        metadata: settings.metadata.clone(),
        warnings: table.warnings,
    };
    if let Some(mark) = table.mark {
        measurement.metadata.insert("decimal_mark".to_owned(), Value::Text(mark.name().to_owned()));
    }
    let points = measurement.n_points();
    let promised = promised.filter(|promised| *promised > points + table.rejected.len() + table.unlisted);
    let incomplete = match (promised, table.is_cut) {
        (Some(promised), _) => Some(format!("{points} points, the file announces {promised}")),
        (None, true) => Some("the file ends inside the table".to_owned()),
        (None, false) => None,
    };
    if let Some(words) = incomplete {
        measurement.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    if points == 0 {
        measurement.warnings.push("the spectrum has no points".to_owned());
    }
    if table.unlisted > 0 {
        measurement.warnings.push(format!("{} further rows were rejected and are not listed", table.unlisted));
    }
    let free = LISTED_REJECTIONS.saturating_sub(reading.rejected.len());
    if table.rejected.len() > free {
        measurement.warnings.push(format!("{} rejected rows are not listed", table.rejected.len() - free));
    }
    reading.rejected.extend(table.rejected.into_iter().take(free));
    reading.measurements.push(measurement);
}
