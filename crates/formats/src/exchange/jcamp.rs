//! Reads JCAMP-DX files (`.jdx`, `.dx`, `.jcm`) of what this laboratory measures: diffraction, voltammetry and other electrochemical methods,
//! photoelectrons, impedance.
//!
//! Format: blocks of labelled records, see [`records`]. The data are `##XYDATA=`, `##XYPOINTS=`, or the pages of `##NTUPLES=`, as
//! `(X++(Y..Y))` in all forms of ordinates ([`ordinates`]) or `(XY..XY)` ([`table`]). `##DATA TYPE=` states what was measured, `##XUNITS=`
//! and `##YUNITS=` the variables ([`quantities`]).
//!
//! Source: R. S. McDonald and P. A. Wilks, Applied Spectroscopy 42 (1988) 151 (JCAMP-DX 4.24); P. Lampen, J. Lambert, R. J. Lancashire et al.,
//! Pure Appl. Chem. 71 (1999) 1549 (5.01); exports of Chemotion and ChemSpectra.
//!
//! Not read, and stated as such: blocks of other data types, peak tables, peak assignments, structures.

mod ordinates;
mod quantities;
mod records;
mod table;

use std::collections::BTreeMap;

use self::quantities::{meant, method, technique};
use self::records::{Block, Record, blocks, number};
use self::table::{Form, Table, Variable, form, groups, increments};
use crate::column::column_name;
use crate::contradictions::{CONTRADICTORY, contradiction_in};
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::repetition;
use crate::text::{counted, decode, excerpt};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Technique, Value, Values,
};

/// Characters of a setting that are kept.
const LONGEST: usize = 1000;

/// Reads JCAMP-DX.
#[derive(Debug)]
pub(crate) struct Jcamp;

impl Adapter for Jcamp {
    fn manifest(&self) -> &Manifest {
        embedded("jcamp_dx")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut lines = probe.text().lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("$$"));
        let is_title = |line: &str| {
            let label = line.strip_prefix("##").and_then(|rest| rest.split_once('=')).map(|(label, _)| label.trim());
            label.is_some_and(|label| label.eq_ignore_ascii_case("TITLE"))
        };
        if lines.next().is_some_and(is_title) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::NotSupported`] where no block holds what a table stores, [`ReadError::ColumnMissing`] where the variables are not those of
/// its technique.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let blocks = blocks(&decoded.text)?;
    let mut reading = Reading::default();
    let mut others: Vec<(u64, String)> = Vec::new();
    let mut refused = None;
    for block in &blocks {
        if block.is_link() {
            continue;
        }
        let Some(technique) = technique(block.data_type()) else {
            others.push((block.line, kind(block)));
            continue;
        };
        let before = reading.measurements.len();
        if let Err(error) = measurements(block, technique, &mut reading) {
            refused = refused.or(Some(error));
        }
        if reading.measurements.len() == before && refused.is_none() {
            others.push((block.line, kind(block)));
        }
    }
    match refused {
        // A block that is damaged does not cost the others.
        Some(error) if reading.measurements.is_empty() => return Err(error),
        Some(error) => reading.leave_out(format!("a block is left out: {error}")),
        None => {}
    }
    if reading.measurements.is_empty() {
        let mut kinds: Vec<String> = others.into_iter().map(|(_, kind)| kind).collect();
        kinds.dedup();
        let kinds = if kinds.is_empty() { "no data".to_owned() } else { excerpt(&kinds.join(", "), 200) };
        return Err(ReadError::NotSupported {
            place: Place::Line(blocks.first().map_or(1, |block| block.line)),
            recognised: format!("a JCAMP-DX file with {kinds}"),
            advice: "there are tables for diffraction, electrochemistry, impedance and photoelectrons: keep the file beside the sample, or \
                     name its data type in `##DATA TYPE=`"
                .to_owned(),
        });
    }
    const LISTED: usize = 20;
    for (line, kind) in others.iter().take(LISTED) {
        reading.leave_out(format!("the block at line {line} is not read: it holds {kind}"));
    }
    if let Some(more) = others.len().checked_sub(LISTED).filter(|more| *more > 0) {
        reading.leave_out(format!("{} not read either", counted(more as u64, "further block")));
    }
    Ok(reading)
}

/// What a block holds that is not read, for people.
fn kind(block: &Block<'_>) -> String {
    let data_type = excerpt(block.data_type(), 60);
    let is_peaks = ["PEAKTABLE", "PEAKASSIGNMENTS"].into_iter().any(|label| block.record(label).is_some());
    match (data_type.as_str(), is_peaks) {
        ("", _) if block.record("JCAMPCS").is_some() => "a structure".to_owned(),
        ("", false) => "data of which it does not state the type".to_owned(),
        ("", true) => "a peak table".to_owned(),
        (data_type, true) => format!("a peak table (`{data_type}`)"),
        (data_type, false) => format!("`{data_type}`"),
    }
}

/// A data table of a block: its record, variables, and the value of its page.
struct Source<'b, 't> {
    record: &'b Record<'t>,
    form: Form,
    variables: Vec<Variable>,
    page: String,
}

/// Adds the measurements of a block.
fn measurements(block: &Block<'_>, technique: Technique, reading: &mut Reading) -> Result<(), ReadError> {
    let mark = block.decimal_mark();
    let sources = sources(block, mark, reading)?;
    if sources.is_empty() {
        return Ok(());
    }
    let (metadata, unread) = settings(block, technique);
    repetition::check(&metadata, std::iter::empty(), sources.len(), Place::Line(block.line))?;
    let mut problem = None;
    for source in sources {
        if let Err(error) = measurement(block, technique, &source, mark, &metadata, reading) {
            problem = problem.or(Some(error));
        }
    }
    for record in unread {
        let lines = counted(record.lines().count() as u64, "line");
        reading.leave_out(format!("line {}: `##{}=` with {lines} is not read", record.line, excerpt(record.shown, 60)));
    }
    problem.map_or(Ok(()), Err)
}

/// The data tables of a block.
fn sources<'b, 't>(
    block: &'b Block<'t>,
    mark: DecimalMark,
    reading: &mut Reading,
) -> Result<Vec<Source<'b, 't>>, ReadError> {
    let listed = tuples(block, mark);
    let mut sources = Vec::new();
    let mut page = "";
    for record in &block.records {
        let is_of_page = match record.label.as_str() {
            "PAGE" => {
                page = record.value;
                continue;
            }
            "DATATABLE" => true,
            "XYDATA" | "XYPOINTS" => false,
            "PEAKTABLE" | "PEAKASSIGNMENTS" | "RADATA" => {
                reading.leave_out(format!("line {}: the table `##{}=` is not read", record.line, record.shown));
                continue;
            }
            _ => continue,
        };
        // The form may follow in the next line.
        let words =
            if record.value.is_empty() { record.lines().next().map_or("", |line| line.text) } else { record.value };
        let Some(form) = form(words) else {
            return Err(ReadError::unexpected(record.line, "`(X++(Y..Y))` or `(XY..XY)`", words));
        };
        let symbols = match &form {
            Form::Increment(x, y) => vec![x.clone(), y.clone()],
            Form::Groups(symbols) => symbols.clone(),
        };
        let variable = |symbol: &String| {
            let listed = listed.iter().find(|variable| variable.symbol == *symbol).filter(|_| is_of_page);
            listed.cloned().or_else(|| plain(block, symbol, mark))
        };
        let Some(variables) = symbols.iter().map(variable).collect::<Option<Vec<Variable>>>() else {
            let expected = format!("`##SYMBOL=` with {}", symbols.join(", "));
            return Err(ReadError::unexpected(record.line, expected, words));
        };
        sources.push(Source {
            record,
            form,
            variables,
            page: if is_of_page { page.to_owned() } else { String::new() },
        });
    }
    // The limits of a variable that differs between pages are those of one page.
    if sources.len() > 1 {
        for variable in sources.iter_mut().flat_map(|source| source.variables.iter_mut().skip(1)) {
            (variable.first, variable.last, variable.min, variable.max) = (None, None, None, None);
        }
    }
    Ok(sources)
}

/// The variables of NTUPLES.
fn tuples(block: &Block<'_>, mark: DecimalMark) -> Vec<Variable> {
    let list = |label: &str| block.value(label).split(',').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let labels = ["SYMBOL", "VARNAME", "UNITS", "FACTOR", "FIRST", "LAST", "MIN", "MAX", "VARDIM"];
    let [symbols, names, units, factors, first, last, min, max, count] = labels.map(list);
    let cell = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_default();
    let value = |list: &[String], at: usize| number(&cell(list, at), mark);
    let variable = |(at, symbol): (usize, &String)| Variable {
        symbol: symbol.to_uppercase(),
        name: cell(&names, at),
        units: cell(&units, at),
        factor: value(&factors, at).filter(|factor| *factor != 0.0).unwrap_or(1.0),
        first: value(&first, at),
        last: value(&last, at),
        min: value(&min, at),
        max: value(&max, at),
        step: None,
        count: value(&count, at),
    };
    symbols.iter().enumerate().filter(|(_, symbol)| !symbol.is_empty()).map(variable).collect()
}

/// The variable `X` or `Y` of a block without NTUPLES.
fn plain(block: &Block<'_>, symbol: &str, mark: DecimalMark) -> Option<Variable> {
    if !["X", "Y"].contains(&symbol) {
        return None;
    }
    let of = |start: &str, end: &str| block.number(&format!("{start}{symbol}{end}"), mark);
    Some(Variable {
        symbol: symbol.to_owned(),
        name: block.value(&format!("{symbol}LABEL")).to_owned(),
        units: block.value(&format!("{symbol}UNITS")).to_owned(),
        factor: of("", "FACTOR").filter(|factor| *factor != 0.0).unwrap_or(1.0),
        first: of("FIRST", ""),
        last: of("LAST", ""),
        min: of("MIN", ""),
        max: of("MAX", ""),
        step: of("DELTA", ""),
        count: block.number("NPOINTS", mark).filter(|_| symbol == "X"),
    })
}

/// Adds the measurement of a table.
fn measurement(
    block: &Block<'_>,
    technique: Technique,
    source: &Source<'_, '_>,
    mark: DecimalMark,
    metadata: &BTreeMap<String, Value>,
    reading: &mut Reading,
) -> Result<(), ReadError> {
    let place = Place::Line(source.record.line);
    let variables = &source.variables;
    let meanings: Vec<_> =
        variables.iter().enumerate().map(|(at, variable)| meant(technique, variable, at == 0)).collect();
    let missing = meanings.iter().zip(variables).find(|(meaning, _)| meaning.is_none());
    if let Some((_, variable)) = missing {
        let found = format!(
            "`{}` for {}",
            excerpt(&format!("{} {}", variable.name, variable.units), 60).trim(),
            variable.symbol
        );
        return Err(ReadError::ColumnMissing { place, expected: technique.needs_in_words().to_owned(), found });
    }
    let table = match (&source.form, variables.as_slice()) {
        (Form::Increment(..), [x, y]) => increments(source.record, &[x.clone(), y.clone()], mark, block.is_ended)?,
        _ => groups(source.record, variables, mark),
    };
    let Table { columns, contradictions, rejected, warnings, mut incomplete } = table;
    let at = reading.measurements.len();
    let mut measurement = Measurement {
        block: u32::try_from(at).unwrap_or(u32::MAX),
        technique,
        columns: Vec::new(),
        metadata: metadata.clone(),
        warnings,
    };
    for ((mut values, contradiction), meaning) in
        columns.into_iter().zip(contradictions).zip(meanings.into_iter().flatten())
    {
        meaning.heading.convert_all(&mut values);
        let mut name = meaning.heading.name;
        if let Some(contradiction) = contradiction {
            let header = format!("`{}`", excerpt(&meaning.header, 60));
            measurement.warnings.push(contradiction_in(&header, &contradiction));
            name.push_str(CONTRADICTORY);
        }
        for (name, value) in meaning.settings {
            measurement.metadata.insert(name.to_owned(), Value::Text(value));
        }
        let unit = meaning.heading.unit;
        measurement.columns.push(Column { name, unit, header: meaning.header, values: Values::Number(values) });
    }
    if !source.page.is_empty() {
        measurement.metadata.insert("page".to_owned(), Value::Text(excerpt(&source.page, LONGEST)));
    }
    if !block.is_ended {
        incomplete = incomplete.or_else(|| Some("the block has no `##END=`".to_owned()));
    }
    if let Some(words) = incomplete {
        measurement.metadata.insert("incomplete".to_owned(), Value::Text(words));
    }
    rejected.into_iter().for_each(|error| reading.rejected.push(at, error));
    reading.measurements.push(measurement);
    Ok(())
}

/// Labels that describe the data table or the block itself.
const STRUCTURAL: &[&str] = &[
    "TITLE",
    "JCAMPDX",
    "DATATYPE",
    "DATACLASS",
    "BLOCKS",
    "BLOCKID",
    "XYDATA",
    "XYPOINTS",
    "DATATABLE",
    "PEAKTABLE",
    "PEAKASSIGNMENTS",
    "RADATA",
    "NTUPLES",
    "ENDNTUPLES",
    "PAGE",
    "SYMBOL",
    "VARNAME",
    "VARTYPE",
    "VARFORM",
    "VARDIM",
    "UNITS",
    "FACTOR",
    "FIRST",
    "LAST",
    "MIN",
    "MAX",
    "XUNITS",
    "YUNITS",
    "XFACTOR",
    "YFACTOR",
    "FIRSTX",
    "LASTX",
    "FIRSTY",
    "LASTY",
    "MINX",
    "MAXX",
    "MINY",
    "MAXY",
    "DELTAX",
    "NPOINTS",
    "XLABEL",
    "YLABEL",
];

/// The settings of a block, and records with lines below that are not read.
fn settings<'b, 't>(block: &'b Block<'t>, technique: Technique) -> (BTreeMap<String, Value>, Vec<&'b Record<'t>>) {
    let mut metadata = BTreeMap::new();
    let mut unread = Vec::new();
    let mut text = |name: &str, words: &str| {
        // What programs write where nothing was entered.
        if words.chars().any(char::is_alphanumeric) && !name.is_empty() {
            metadata.insert(name.to_owned(), Value::Text(excerpt(words.trim(), LONGEST)));
        }
    };
    for record in &block.records {
        match record.label.as_str() {
            "TITLE" => text("title", record.value),
            "JCAMPDX" => {
                text("format_version", record.value);
                text("software", record.comment);
            }
            "DATATYPE" => {
                text("data_type", record.value);
                if technique == Technique::Electrochemistry {
                    text("method", &method(record.value));
                }
            }
            "SPECTROMETERDATASYSTEM" | "INSTRUMENT" => text("instrument", record.value),
            "SAMPLEDESCRIPTION" => text("sample", record.value),
            "$CSSCANRATE" | "TEMPERATURE" | ".TEMPERATURE" => {}
            label if STRUCTURAL.contains(&label) => {}
            label if record.lines().next().is_some() && label.starts_with(['$', '#']) => unread.push(record),
            _ => {
                let lines: Vec<&str> = std::iter::once(record.value)
                    .chain(record.lines().take(100).map(|line| line.text))
                    .filter(|line| !line.is_empty())
                    .collect();
                text(&column_name(record.shown), &lines.join(" "));
            }
        }
    }
    for (name, label) in
        [("scan_rate_v_per_s", "$CSSCANRATE"), ("temperature_c", "TEMPERATURE"), ("temperature_c", ".TEMPERATURE")]
    {
        // Temperatures are in °C by the standard.
        if let Some(value) = block.number(label, DecimalMark::Point) {
            metadata.insert(name.to_owned(), Value::Number(value));
        }
    }
    if let Some(started) = started(block) {
        metadata.insert("started_at".to_owned(), Value::Text(started));
    }
    (metadata, unread)
}

/// When the block was measured, where its date has a year of four digits and one reading.
fn started(block: &Block<'_>) -> Option<String> {
    let long = block.value("LONGDATE");
    let (date, time) = if long.is_empty() {
        (block.value("DATE"), block.value("TIME"))
    } else {
        long.split_once(' ').unwrap_or((long, ""))
    };
    let time = time.split_whitespace().next().unwrap_or_default();
    let has_year = date.split(['/', '.', '-']).any(|part| part.trim().len() == 4);
    let parsed = parse_local_time(date.trim(), time, DateOrder::MonthFirst).filter(|_| has_year)?;
    (!parsed.is_ambiguous).then_some(parsed.iso)
}
