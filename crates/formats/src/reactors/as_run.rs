//! Reads the as-run log that aldb writes while it drives a reactor's controller: what was planned, and what was done.
//!
//! Format: text in UTF-8. The line `# aldb as-run log 2`, remarks `# key: value`, a header, then a row for each command,
//! change of state, reading and step that ended. Cells are separated by commas, with quotes as in RFC 4180 where they hold a
//! comma, a quote or a line break; the decimal mark is a point. aldb ends every row with a line end, so a last row without
//! one was cut off, even where it seems whole.
//!
//! Not through `csv-core`: it accepts any text, while here a quote that is left open or is inside a cell must be an error of its row, and must not
//! join the rows after it.
//!
//! Source: `docs/formats/reactors.md`, and `ingest/aldb_run_log/samples/`.
//!
//! Version 1 has the first 14 columns only. Not supported: other versions than 1 and 2; they are refused.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::{memchr, memchr_iter};

use aldb_elements::constants::ZERO_CELSIUS_K;

use crate::column::column_name;
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::{cut_row, ends_in_line};
use crate::text::{Line, Lines, decode, excerpt, lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Rejections, Technique, Value,
    Values,
};

/// Reads the as-run logs of aldb.
#[derive(Debug)]
pub(crate) struct AsRun;

/// The first words of every version.
const SIGNATURE: &str = "# aldb as-run log";
/// The first lines of the versions that are read, with the number of their columns.
const VERSIONS: [(&str, usize); 2] = [("# aldb as-run log 2", COLUMNS.len()), ("# aldb as-run log 1", 14)];
/// Remarks that are kept: aldb writes nine.
const MOST_REMARKS: usize = 100;
/// Characters of a remark that are kept.
const LONGEST_REMARK: usize = 1000;
/// Lines that one row may take by line breaks in quotes. A quote that damage left open must not swallow the rows after it.
const MOST_LINES: usize = 8;
/// Remarks without which a log cannot be assigned.
const EXPECTED: [&str; 4] = ["run_id", "recipe_id", "reactor", "started_at"];
/// Events that state how a run ended, or that its end was not observed.
const LAST_EVENTS: [&str; 2] = ["end", "lost"];

/// The contents of a column.
#[derive(Debug, Clone, Copy)]
enum Contents {
    Words,
    /// In this unit, and not below this value.
    Number(&'static str, f64),
}

/// The columns in their order, with the same names in the log and in the table.
const COLUMNS: [(&str, Contents); 21] = [
    ("time_s", Contents::Number("s", f64::NEG_INFINITY)),
    ("event", Contents::Words),
    ("state", Contents::Words),
    ("cycle", Contents::Number("1", 0.0)),
    ("step", Contents::Words),
    ("precursor", Contents::Words),
    ("planned_duration_s", Contents::Number("s", 0.0)),
    ("duration_s", Contents::Number("s", 0.0)),
    ("planned_pressure_pa", Contents::Number("Pa", 0.0)),
    ("pressure_pa", Contents::Number("Pa", 0.0)),
    ("planned_temperature_c", Contents::Number("Cel", -ZERO_CELSIUS_K)),
    ("deposition_temperature_c", Contents::Number("Cel", -ZERO_CELSIUS_K)),
    ("deviation", Contents::Words),
    ("message", Contents::Words),
    ("valves", Contents::Words),
    ("pump_valve", Contents::Words),
    ("flows", Contents::Words),
    ("plasma_w", Contents::Number("W", 0.0)),
    ("pressure_max_pa", Contents::Number("Pa", 0.0)),
    ("heaters", Contents::Words),
    ("alarms", Contents::Words),
];
const TIME: usize = 0;
const EVENT: usize = 1;

impl Adapter for AsRun {
    fn manifest(&self) -> &Manifest {
        embedded("aldb_run_log")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().starts_with(SIGNATURE) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let text: &str = &decoded.text;
        let mut all = lines(text);
        let first = all.next().map_or("", |line| line.text);
        let Some((_, n_columns)) = VERSIONS.into_iter().find(|(words, _)| first.trim_end() == *words) else {
            let expected = format!("`{}` or `{}`", VERSIONS[0].0, VERSIONS[1].0);
            return Err(ReadError::malformed(Place::Line(1), expected, format!("`{}`", excerpt(first, 40))));
        };
        let columns = &COLUMNS[..n_columns];
        let mut remarks = BTreeMap::new();
        let header = all.by_ref().find(|line| !take_remark(line.text, &mut remarks));
        let names = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        match header {
            None => {
                let end = lines(text).count() as u64 + 1;
                return Err(ReadError::malformed(
                    Place::Line(end),
                    format!("the header `{names}`"),
                    "the end of the file",
                ));
            }
            Some(line) if line.text != names => {
                let found = format!("`{}`", excerpt(line.text, 200));
                return Err(ReadError::malformed(Place::Line(line.number), format!("the header `{names}`"), found));
            }
            Some(_) => {}
        }
        let (mut metadata, warnings) = settings(remarks);
        let table = Rows::read(text, all, columns);
        if let Some(incomplete) = table.incomplete() {
            metadata.insert("incomplete".to_owned(), Value::Text(incomplete));
        }
        Ok(table.reading(metadata, warnings))
    }
}

/// Takes a line before the header, if it is a remark or blank; returns whether it was. Of repeated remarks the first counts.
fn take_remark(line: &str, remarks: &mut BTreeMap<String, String>) -> bool {
    let Some(remark) = line.strip_prefix('#') else { return line.trim().is_empty() };
    if let Some((key, value)) = remark.split_once(':')
        && remarks.len() < MOST_REMARKS
        && !value.trim().is_empty()
    {
        let name = column_name(&excerpt(key, 60));
        if !name.is_empty() {
            remarks.entry(name).or_insert_with(|| excerpt(value.trim(), LONGEST_REMARK));
        }
    }
    true
}

/// The remarks as settings, and what is wrong with them. Two of them link the log to its run and recipe: one that
/// damage has changed is left out.
fn settings(mut remarks: BTreeMap<String, String>) -> (BTreeMap<String, Value>, Vec<String>) {
    let mut warnings = Vec::new();
    for name in EXPECTED {
        let Some(found) = remarks.remove(name) else {
            warnings.push(format!("the log does not state `{name}`"));
            continue;
        };
        let (valid, expected) = match name {
            "recipe_id" => (Some(found.clone()).filter(|id| is_recipe_id(id)), "32 hexadecimal digits"),
            "started_at" => (local_time(&found), "a local time such as 2026-11-23T10:06:03"),
            _ => (Some(found.clone()), ""),
        };
        match valid {
            Some(valid) => drop(remarks.insert(name.to_owned(), valid)),
            None => {
                warnings.push(format!("`{name}` is left out: expected {expected}, found `{}`", excerpt(&found, 60)));
            }
        }
    }
    (remarks.into_iter().map(|(name, words)| (name, Value::Text(words))).collect(), warnings)
}

fn is_recipe_id(words: &str) -> bool {
    words.len() == 32 && words.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn local_time(words: &str) -> Option<String> {
    let (date, time) = words.split_once('T')?;
    parse_local_time(date, time, DateOrder::DayFirst).map(|time| time.iso)
}

/// Why a row is rejected.
#[derive(Debug)]
enum Fault {
    /// A quote does not close.
    OpenQuote,
    /// A quote is neither around a whole cell nor doubled in one.
    StrayQuote,
    FieldCount(usize),
    NotANumber(usize, String),
    TooLow(usize, f64),
}

/// The rows of a log.
struct Rows {
    columns: &'static [(&'static str, Contents)],
    values: Vec<Values>,
    rejected: Rejections,
    /// The line that the end of the file cuts off.
    cut_off: Option<u64>,
    has_end: bool,
}

impl Rows {
    fn read<'t>(text: &'t str, mut rest: Lines<'t>, columns: &'static [(&'static str, Contents)]) -> Self {
        let empty = |(_, contents): &(&str, Contents)| match contents {
            Contents::Words => Values::Text(Vec::new()),
            Contents::Number(..) => Values::Number(Vec::new()),
        };
        let values = columns.iter().map(empty).collect();
        let mut rows = Self { columns, values, rejected: Rejections::default(), cut_off: None, has_end: false };
        while let Some(line) = rest.next() {
            if line.text.trim().is_empty() {
                continue;
            }
            if !line.ended {
                rows.cut_off = Some(line.number);
                rows.rejected.push(0, cut_row(line));
                continue;
            }
            let (row, after) = whole_row(text, line, rest.clone());
            match cells(row, columns.len()).and_then(|cells| rows.push(&cells)) {
                Ok(()) => rest = after,
                // The lines after it may be rows of their own.
                Err(fault) => rows.rejected.push(0, error(line, fault, columns.len())),
            }
        }
        rows
    }

    /// Appends a whole row, or none of its cells.
    fn push(&mut self, cells: &[Cow<'_, str>]) -> Result<(), Fault> {
        let mut numbers = [f64::NAN; COLUMNS.len()];
        for (place, (cell, (_, contents))) in cells.iter().zip(self.columns).enumerate() {
            if let Contents::Number(_, least) = *contents {
                let number = parse_number(cell, DecimalMark::Point).filter(|number| !number.is_infinite());
                let number = number.filter(|number| place != TIME || !number.is_nan());
                let number = number.ok_or_else(|| Fault::NotANumber(place, excerpt(cell, 40)))?;
                if number < least {
                    return Err(Fault::TooLow(place, number));
                }
                numbers[place] = number;
            }
        }
        self.has_end |= LAST_EVENTS.contains(&cells[EVENT].as_ref());
        for ((values, number), cell) in self.values.iter_mut().zip(numbers).zip(cells) {
            match values {
                Values::Number(values) => values.push(number),
                Values::Text(values) => values.push(cell.clone().into_owned()),
            }
        }
        Ok(())
    }

    /// Why the log cannot be whole, if so.
    fn incomplete(&self) -> Option<String> {
        match self.cut_off {
            Some(line) => Some(ends_in_line(line)),
            None if !self.has_end => Some("no row states how the run ended".to_owned()),
            None => None,
        }
    }

    fn reading(self, metadata: BTreeMap<String, Value>, warnings: Vec<String>) -> Reading {
        let columns = self.columns.iter().zip(self.values).map(|((name, contents), values)| Column {
            name: (*name).to_owned(),
            unit: match contents {
                Contents::Words => None,
                Contents::Number(unit, _) => Some((*unit).to_owned()),
            },
            header: (*name).to_owned(),
            values,
        });
        let measurement =
            Measurement { block: 0, technique: Technique::ReactorLog, columns: columns.collect(), metadata, warnings };
        Reading { measurements: vec![measurement], rejected: self.rejected, ..Reading::default() }
    }
}

/// The row that begins with `line`, and the lines after it. It takes further lines while a quote is open.
fn whole_row<'t>(text: &'t str, line: Line<'t>, mut rest: Lines<'t>) -> (&'t str, Lines<'t>) {
    let mut row = line.text;
    for _ in 1..MOST_LINES {
        // Doubled quotes count twice, so an open one makes the number odd.
        if memchr_iter(b'"', row.as_bytes()).count().is_multiple_of(2) {
            break;
        }
        match rest.next() {
            Some(next) if next.ended => row = &text[line.start..next.start + next.text.len()],
            _ => break,
        }
    }
    (row, rest)
}

/// The cells of a row, as many as there are columns.
fn cells(row: &str, n_columns: usize) -> Result<Vec<Cow<'_, str>>, Fault> {
    let mut cells = Vec::with_capacity(n_columns);
    let (mut count, mut rest) = (0, Some(row));
    while let Some(from) = rest {
        let (cell, after) = match from.strip_prefix('"') {
            Some(inside) => quoted(inside)?,
            None => bare(from)?,
        };
        if count < n_columns {
            cells.push(cell);
        }
        count += 1;
        rest = after;
    }
    if count == n_columns { Ok(cells) } else { Err(Fault::FieldCount(count)) }
}

/// A cell without quotes, and what follows its comma.
fn bare(from: &str) -> Result<(Cow<'_, str>, Option<&str>), Fault> {
    let (cell, after) = from.split_once(',').map_or((from, None), |(cell, after)| (cell, Some(after)));
    if memchr(b'"', cell.as_bytes()).is_some() { Err(Fault::StrayQuote) } else { Ok((Cow::Borrowed(cell), after)) }
}

/// A cell whose first quote is left out of `inside`, and what follows its comma.
fn quoted(inside: &str) -> Result<(Cow<'_, str>, Option<&str>), Fault> {
    let (mut end, mut has_quotes) = (0, false);
    loop {
        end += memchr(b'"', &inside.as_bytes()[end..]).ok_or(Fault::OpenQuote)?;
        let cell = || match has_quotes {
            true => Cow::Owned(inside[..end].replace("\"\"", "\"")),
            false => Cow::Borrowed(&inside[..end]),
        };
        match inside.as_bytes().get(end + 1) {
            None => return Ok((cell(), None)),
            Some(b',') => return Ok((cell(), Some(&inside[end + 2..]))),
            Some(b'"') => (end, has_quotes) = (end + 2, true),
            Some(_) => return Err(Fault::StrayQuote),
        }
    }
}

fn error(line: Line<'_>, fault: Fault, n_columns: usize) -> ReadError {
    let place = Place::Line(line.number);
    let column = |at: usize| {
        (
            COLUMNS[at].0.to_owned(),
            match COLUMNS[at].1 {
                Contents::Words => String::new(),
                Contents::Number(unit, _) => unit.to_owned(),
            },
        )
    };
    match fault {
        Fault::OpenQuote => {
            ReadError::malformed(Place::Line(line.number), "a quote at the end of a cell in quotes", "none")
        }
        Fault::StrayQuote => {
            let expected = "quotes around whole cells, doubled inside them";
            ReadError::malformed(Place::Line(line.number), expected, format!("`{}`", excerpt(line.text, 80)))
        }
        Fault::FieldCount(found) => ReadError::FieldCount { place, expected: n_columns, found },
        Fault::NotANumber(at, found) => {
            let (column, unit) = column(at);
            ReadError::NotANumber { place, column, unit, found }
        }
        Fault::TooLow(at, value) => {
            let (column, unit) = column(at);
            let least = if let Contents::Number(_, least) = COLUMNS[at].1 { least } else { f64::NEG_INFINITY };
            ReadError::OutOfRange { place, column, unit, value, expected: format!("{least} or more") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# aldb as-run log 1\n# run_id: R-1\n# recipe_id: 00112233445566778899aabbccddeeff\n\
        # reactor: high vacuum\n# started_at: 2026-11-23T10:06:03\n\
        time_s,event,state,cycle,step,precursor,planned_duration_s,duration_s,planned_pressure_pa,pressure_pa,\
        planned_temperature_c,deposition_temperature_c,deviation,message\n";

    fn read(rows: &str) -> Reading {
        AsRun.read(format!("{HEAD}{rows}").as_bytes()).unwrap()
    }

    fn rejected(reading: &Reading) -> Vec<String> {
        reading.rejected.iter().map(|row| row.error.to_string()).collect()
    }

    fn words<'r>(reading: &'r Reading, name: &str) -> &'r [String] {
        let column = reading.measurements[0].columns.iter().find(|column| column.name == name);
        match &column.unwrap().values {
            Values::Text(words) => words,
            Values::Number(_) => panic!("{name} has numbers"),
        }
    }

    fn refusal(text: &str) -> String {
        AsRun.read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_columns_are_those_of_the_table() {
        let table = include_str!("../../../../schemas/run_log.toml");
        for (name, contents) in COLUMNS {
            let column = table.split("[[column]]").find(|part| part.contains(&format!("name = \"{name}\"\n"))).unwrap();
            match contents {
                Contents::Words => assert!(column.contains("type = \"string\""), "{name}"),
                Contents::Number(unit, _) => assert!(column.contains(&format!("unit = \"{unit}\"")), "{name}"),
            }
        }
    }

    #[test]
    fn planned_and_actual_values_are_side_by_side() {
        let reading =
            read("20.1,dose,running,1,1,TMB,20,20.1,0.5,0.61,250,249.8,pressure,\n21,end,complete,,,,,,,,,,,\n");
        let log = &reading.measurements[0];
        assert_eq!(log.numbers("planned_pressure_pa").map(|values| values[0]), Some(0.5));
        assert_eq!(log.numbers("pressure_pa").map(|values| values[0]), Some(0.61));
        assert!(log.numbers("planned_duration_s").is_some_and(|values| values[1].is_nan()));
        assert_eq!(words(&reading, "step"), ["1", ""]);
        assert_eq!(
            serde_json::to_string(&log.metadata).unwrap(),
            r#"{"reactor":"high vacuum","recipe_id":"00112233445566778899aabbccddeeff","run_id":"R-1","started_at":"2026-11-23T10:06:03"}"#
        );
    }

    #[test]
    fn the_second_version_adds_what_was_seen_of_valves_gases_heaters_and_alarms() {
        let head = HEAD.replace("log 1", "log 2").replace(
            "deviation,message\n",
            "deviation,message,valves,pump_valve,flows,plasma_w,pressure_max_pa,heaters,alarms\n",
        );
        let rows = "20.1,dose,running,1,1,TMB,20,20.1,0.5,0.61,250,249.8,,,V3,open,MFC1 0,0,0.7,block 249.8; walls 120,\n\
                    21,end,aborted,,,,,,,,,,,,,open,,,,,hardware interlock open\n";
        let reading = AsRun.read(format!("{head}{rows}").as_bytes()).unwrap();
        assert_eq!(words(&reading, "valves"), ["V3", ""]);
        assert_eq!(words(&reading, "heaters"), ["block 249.8; walls 120", ""]);
        assert_eq!(words(&reading, "alarms"), ["", "hardware interlock open"]);
        assert_eq!(reading.measurements[0].numbers("pressure_max_pa").map(|values| values[0]), Some(0.7));
        assert_eq!(rejected(&reading), [""; 0]);
    }

    #[test]
    fn quotes_keep_commas_quotes_and_line_breaks() {
        let reading =
            read("1,command,ready,,,,,,,,,,,\"start, by \"\"A\"\"\n(twice)\"\n2,end,complete,,,,,,,,,,,\"\"\n");
        assert_eq!(words(&reading, "message"), ["start, by \"A\"\n(twice)", ""]);
        assert_eq!(rejected(&reading), [""; 0]);
    }

    #[test]
    fn a_damaged_quote_costs_its_own_row_only() {
        let reading = read(
            "1,state,ready,,,,,,,,,,,\"open\n2,reading,ready,,,,,,,,,,,\n3,reading,ready,,,,,,,,,,,a\"b\n4,end,idle,,,,,,,,,,,\n",
        );
        assert_eq!(reading.measurements[0].numbers("time_s"), Some(&[2.0, 4.0][..]));
        assert_eq!(
            rejected(&reading),
            [
                "line 7: expected quotes around whole cells, doubled inside them, found `1,state,ready,,,,,,,,,,,\"open`",
                "line 9: expected quotes around whole cells, doubled inside them, found `3,reading,ready,,,,,,,,,,,a\"b`"
            ]
        );
    }

    #[test]
    fn a_last_row_without_a_line_end_is_rejected_even_where_it_seems_whole() {
        let reading = read("1,end,complete,,,,,,,,,,,\n2,state,idle,,,,,,,,,,,al");
        assert_eq!(reading.measurements[0].n_points(), 1);
        assert_eq!(
            rejected(&reading),
            [
                "line 8: expected a complete row with a line end, found the end of the file after `,state,idle,,,,,,,,,,,al`"
            ]
        );
        let incomplete = Value::Text("the file ends in the middle of line 8".to_owned());
        assert_eq!(reading.measurements[0].metadata["incomplete"], incomplete);
    }

    #[test]
    fn a_log_that_stops_between_two_rows_is_incomplete_too() {
        for (rows, expected) in [
            ("", Some("no row states how the run ended")),
            ("1,state,running,,,,,,,,,,,\n", Some("no row states how the run ended")),
            ("1,lost,running,,,,,,,,,,,\n", None),
            ("1,end,aborted,,,,,,,,,,,\n", None),
        ] {
            let incomplete = read(rows).measurements[0].metadata.get("incomplete").cloned();
            assert_eq!(incomplete, expected.map(|words| Value::Text(words.to_owned())), "{rows}");
        }
    }

    #[test]
    fn impossible_rows_are_reported_with_their_line() {
        let reading = read(
            ",reading,,,,,,,,,,,,\n1,reading,,,,,,,,1 Pa,,,,\n2,reading,,,,,,,,-0.1,,,,\n3,reading,,,,,,,,,,-300,,\n\
             4,reading\n5,reading,,,,,,,,inf,,,,\n6,reading,,,,,,,,,,,,,\n",
        );
        assert_eq!(
            rejected(&reading),
            [
                "line 7: expected a number in s for `time_s`, found ``",
                "line 8: expected a number in Pa for `pressure_pa`, found `1 Pa`",
                "line 9: `pressure_pa` is -0.1 Pa, expected 0 or more",
                "line 10: `deposition_temperature_c` is -300 °C, expected -273.15 or more",
                "line 11: expected 14 fields, found 2",
                "line 12: expected a number in Pa for `pressure_pa`, found `inf`",
                "line 13: expected 14 fields, found 15",
            ]
        );
    }

    #[test]
    fn remarks_that_link_a_log_are_left_out_where_they_are_damaged() {
        let head = HEAD.replace("ddeeff", "dd").replace("# run_id: R-1\n", "# run_id:\n").replace("11-23", "13-23");
        let reading = AsRun.read(head.as_bytes()).unwrap();
        assert_eq!(
            reading.measurements[0].warnings,
            [
                "the log does not state `run_id`",
                "`recipe_id` is left out: expected 32 hexadecimal digits, found `00112233445566778899aabbccdd`",
                "`started_at` is left out: expected a local time such as 2026-11-23T10:06:03, found `2026-13-23T10:06:03`"
            ]
        );
    }

    #[test]
    fn other_versions_and_files_without_the_header_are_refused() {
        assert_eq!(
            refusal("# aldb as-run log 3\n"),
            "line 1: expected `# aldb as-run log 2` or `# aldb as-run log 1`, found `# aldb as-run log 3`"
        );
        let names = COLUMNS[..14].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        assert_eq!(
            refusal("# aldb as-run log 1\n# run_id: R-1\n"),
            format!("line 3: expected the header `{names}`, found the end of the file")
        );
        assert_eq!(
            refusal("# aldb as-run log 1\ntime_s,event,sta"),
            format!("line 2: expected the header `{names}`, found `time_s,event,sta`")
        );
    }
}
