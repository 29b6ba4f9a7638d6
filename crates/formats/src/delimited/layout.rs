//! Determines the layout of a text: header, separator, decimal mark, what each column is, where the rows begin.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::column::{Heading, heading_for, interpret_for, unconverted};
use crate::delimited::cells::Delimiter;
use crate::manifest::{ColumnRule, Decimal, HeaderKind, LAST_POSITION, Manifest, Separator, TextLayout};
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::text::{Line, excerpt, lines, lines_from};
use crate::{Place, ReadError, Technique};

/// Largest offset of a header in bytes: longer than any known preamble.
const FARTHEST_HEADER: usize = 64 << 10;
/// Characters of a column's header that are kept: every measurement of a file repeats them.
const LONGEST_HEADER: usize = 200;
/// Rows that decide about decimal mark and words or numbers.
const SAMPLE_ROWS: usize = 64;

/// Columns that a technique may need and that hold words: a row needs no number in them.
const HOLD_WORDS: [&str; 3] = ["event", "step", "element"];

/// The layout of a text.
#[derive(Debug, Clone)]
pub(super) struct Layout<'t> {
    pub delimiter: Delimiter,
    pub decimal: DecimalMark,
    pub columns: Vec<Planned>,
    /// The header's text as written; empty where there is none.
    pub header: &'t str,
    /// Byte offset of the first line of the rows, and its number.
    pub rows_start: usize,
    pub rows_line: u64,
}

/// A column to read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Planned {
    pub heading: Heading,
    /// As written in the file, or a description of its position.
    pub header: String,
    pub is_text: bool,
    /// Whether a row without this number is rejected.
    pub is_needed: bool,
    /// Whether words in it are missing values: most of its cells are numbers.
    pub may_lack: bool,
    /// A warning about it.
    pub note: Option<String>,
}

/// The layout of `text`, or of the start of one.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] where no header names the columns that the technique needs; [`ReadError::Malformed`] where a
/// headerless text has no row of that many numbers.
pub(super) fn find<'t>(manifest: &Manifest, text: &'t str) -> Result<Layout<'t>, ReadError> {
    let layout = manifest.text.clone().unwrap_or_default();
    let mut found = match layout.header {
        HeaderKind::None => find_without_header(manifest, &layout, text)?,
        HeaderKind::Columns => find_with_header(manifest, &layout, text)?,
    };
    let sample = sample_rows(&layout, text, found.rows_start);
    if found.decimal == DecimalMark::Comma
        && may_be_thousands(found.delimiter, &sample)
        && let Some(first) = found.columns.first_mut()
    {
        first.note = Some(
            "commas are read as decimal marks, but may separate thousands (ambiguous): every one has three digits after it".to_owned(),
        );
    }
    for column in 0..found.columns.len() {
        let cells = sample.iter().filter_map(|row| found.delimiter.cells(row).nth(column));
        let (numbers, words): (Vec<&str>, Vec<&str>) =
            cells.partition(|cell| parse_number(cell, found.decimal).is_some());
        let planned = &mut found.columns[column];
        // A word among numbers is decided by the whole column, when the rows are read.
        planned.is_text = !planned.is_needed && !words.is_empty() && words.len() >= numbers.len();
    }
    Ok(found)
}

fn find_with_header<'t>(manifest: &Manifest, layout: &TextLayout, text: &'t str) -> Result<Layout<'t>, ReadError> {
    let mut longest: Option<(u64, Vec<String>)> = None;
    for line in lines(text) {
        if line.start > FARTHEST_HEADER {
            break;
        }
        let is_stated = match (layout.header_line, &layout.header_pattern) {
            (Some(number), _) => Some(line.number == number),
            (None, Some(pattern)) => Some(pattern.is_in(line.text)),
            (None, None) => None,
        };
        if is_stated == Some(false) || line.text.trim().is_empty() {
            continue;
        }
        let words = match &layout.header_strip {
            Some(strip) => strip.strip(line.text),
            None => Cow::Borrowed(line.text),
        };
        let separators = Delimiter::candidates(layout.header_separator.unwrap_or(layout.separator));
        for header_between in separators {
            let cells = header_between.header_cells(&words);
            if cells.len() < 2 || cells.len() > LAST_POSITION {
                continue;
            }
            let mut columns = plan(manifest, &cells);
            let units = layout.units_below.then(|| lines_from(text, line.start, line.number).nth(1)).flatten();
            if let Some(units) = units {
                state_units(manifest, &cells, &header_between.header_cells(units.text), &mut columns);
            }
            if !has_required_columns(manifest.technique(), &columns) {
                let is_longer = longest.as_ref().is_none_or(|(_, known)| known.len() < cells.len());
                let is_words = cells.iter().all(|cell| parse_number(cell, DecimalMark::Point).is_none());
                if is_stated == Some(true) || (is_longer && is_words) {
                    longest = Some((line.number, cells.iter().map(|cell| (*cell).to_owned()).collect()));
                }
                continue;
            }
            let columns = unique_names(manifest.technique(), columns);
            if let Some(found) = with_rows(layout, text, line, *header_between, columns) {
                return Ok(found);
            }
        }
        if is_stated == Some(true) {
            break;
        }
    }
    let (line, found) = longest.unwrap_or((1, Vec::new()));
    let shown = found.iter().take(20).map(|cell| format!("`{}`", excerpt(cell, 40))).collect::<Vec<_>>().join(", ");
    Err(ReadError::ColumnMissing {
        place: Place::Line(line),
        expected: manifest.technique().needs_in_words().to_owned(),
        found: if shown.is_empty() { "no header".to_owned() } else { shown },
    })
}

/// The layout with this header, if the rows below are separated like it (or in the way that the manifest states).
fn with_rows<'t>(
    layout: &TextLayout,
    text: &'t str,
    header: Line<'t>,
    header_between: Delimiter,
    columns: Vec<Planned>,
) -> Option<Layout<'t>> {
    let (mut rows_start, mut rows_line) = rows_begin(layout, text, Some(header));
    if layout.units_below && layout.rows_after.is_none() {
        let below = lines_from(text, rows_start, rows_line).nth(1);
        (rows_start, rows_line) = below.map_or((text.len(), rows_line + 1), |line| (line.start, line.number));
    }
    let sample = sample_rows(layout, text, rows_start);
    let first = sample.first().copied();
    let separators = match (layout.separator, layout.header_separator) {
        (Separator::Auto, None) => std::slice::from_ref(match header_between {
            Delimiter::Byte(b'\t') => &Delimiter::Byte(b'\t'),
            Delimiter::Byte(b';') => &Delimiter::Byte(b';'),
            Delimiter::Byte(_) => &Delimiter::Byte(b','),
            Delimiter::Blanks => &Delimiter::Blanks,
        }),
        (separator, _) => Delimiter::candidates(separator),
    };
    separators.iter().find_map(|delimiter| {
        let decimal = decimal_mark(layout.decimal, *delimiter, &sample, || below(text, rows_start));
        let fits = first.is_none_or(|row| {
            let cells: Vec<&str> = delimiter.cells(row).collect();
            let is_whole = cells.len() >= columns.len() && cells[columns.len()..].iter().all(|cell| cell.is_empty());
            let mut needed = columns.iter().enumerate().filter(|(_, column)| column.is_needed);
            (is_whole || sample.len() == 1)
                && needed.all(|(place, _)| {
                    cells.get(place).is_some_and(|cell| !cell.is_empty() && parse_number(cell, decimal).is_some())
                })
        });
        // A single separator is kept even where the first row is broken: the row is rejected then, not the file.
        (fits || separators.len() == 1 && layout.separator != Separator::Auto).then(|| Layout {
            delimiter: *delimiter,
            decimal,
            columns: columns.clone(),
            header: header.text,
            rows_start,
            rows_line,
        })
    })
}

fn find_without_header<'t>(manifest: &Manifest, layout: &TextLayout, text: &'t str) -> Result<Layout<'t>, ReadError> {
    let count = manifest.columns.iter().filter_map(|rule| rule.position).max().unwrap_or(0);
    let columns: Vec<Planned> = (1..=count)
        .map(|position| {
            let rule = manifest.columns.iter().find(|rule| rule.position == Some(position));
            let heading = rule.map_or_else(|| unconverted(""), rule_heading);
            planned(heading, format!("column {position}"))
        })
        .collect();
    let columns = unique_names(manifest.technique(), columns);
    let (start, _) = rows_begin(layout, text, None);
    for line in lines(text).skip_while(|line| line.start < start).take_while(|line| line.start <= FARTHEST_HEADER) {
        if line.text.trim().is_empty() {
            continue;
        }
        for delimiter in Delimiter::candidates(layout.separator) {
            let cells: Vec<&str> = delimiter.cells(line.text).take(count + 1).collect();
            if cells.len() != count {
                continue;
            }
            let sample = sample_rows(layout, text, line.start);
            let decimal = decimal_mark(layout.decimal, *delimiter, &sample, || below(text, line.start));
            let is_number = |cell: &&str| !cell.is_empty() && parse_number(cell, decimal).is_some();
            if cells.iter().all(is_number) {
                return Ok(Layout {
                    delimiter: *delimiter,
                    decimal,
                    columns,
                    header: "",
                    rows_start: line.start,
                    rows_line: line.number,
                });
            }
        }
    }
    let expected = format!("a row of {count} numbers");
    Err(ReadError::malformed(Place::Line(1), expected, "none"))
}

/// Whether one of the first lines below the header is a row.
pub(super) fn has_row(manifest: &Manifest, text: &str, found: &Layout<'_>) -> bool {
    let layout = manifest.text.clone().unwrap_or_default();
    sample_rows(&layout, text, found.rows_start).iter().any(|row| {
        let cells: Vec<&str> = found.delimiter.cells(row).collect();
        let mut needed = found.columns.iter().enumerate().filter(|(_, column)| column.is_needed);
        needed.all(|(place, column)| {
            let cell = cells.get(place).filter(|cell| !cell.is_empty());
            cell.is_some_and(|cell| column.is_text || parse_number(cell, found.decimal).is_some())
        })
    })
}

/// The start of the rows: below the header, or below the line after it that the manifest names.
fn rows_begin(layout: &TextLayout, text: &str, header: Option<Line<'_>>) -> (usize, u64) {
    let (start, number) = header.map_or((0, 1), |header| (header.start, header.number));
    let below = |start: usize, number: u64| {
        let mut from = lines_from(text, start, number);
        from.nth(1).map_or((text.len(), number + 1), |line| (line.start, line.number))
    };
    if let Some(pattern) = &layout.rows_after {
        let mut near = lines_from(text, start, number).take_while(|line| line.start - start <= FARTHEST_HEADER);
        if let Some(mark) = near.find(|line| pattern.is_in(line.text)) {
            return below(mark.start, mark.number);
        }
    }
    if header.is_some() { below(start, number) } else { (0, 1) }
}

/// The lines from `start` on.
fn below(text: &str, start: usize) -> impl Iterator<Item = &str> {
    lines_from(text, start, 1).map(|line| line.text)
}

/// Whether every comma in the rows may separate thousands: `100,000`, but not `0,5`.
fn may_be_thousands(delimiter: Delimiter, sample: &[&str]) -> bool {
    let cells = sample.iter().flat_map(|row| delimiter.cells(row));
    let mut with_comma = cells.filter(|cell| cell.contains(',')).peekable();
    let is_thousands = |cell: &str| {
        let mut parts = cell.trim_start_matches(['-', '+']).split(',');
        let first = parts.next().unwrap_or_default();
        (1..=3).contains(&first.len())
            && !first.starts_with('0')
            && parts.all(|part| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    with_comma.peek().is_some() && with_comma.all(is_thousands)
}

/// The first lines from `start` on that aren't blank or left out.
fn sample_rows<'t>(layout: &TextLayout, text: &'t str, start: usize) -> Vec<&'t str> {
    // Near the start only: a text may go on in blank lines for ever.
    let near = lines_from(text, start, 1).take_while(|line| line.start - start <= FARTHEST_HEADER);
    let rows = near.filter(|line| !line.text.trim().is_empty());
    let rows = rows.filter(|line| !layout.comment.as_ref().is_some_and(|comment| comment.is_in(line.text)));
    rows.map(|line| line.text).take(SAMPLE_ROWS).collect()
}

/// The mark in the sampled rows, or in those below where these have whole numbers only.
fn decimal_mark<'t, B: Iterator<Item = &'t str>>(
    stated: Decimal,
    delimiter: Delimiter,
    sample: &[&'t str],
    below: impl FnOnce() -> B,
) -> DecimalMark {
    let has_mark = |row: &&str| row.contains(['.', ',']);
    match stated {
        Decimal::Point => DecimalMark::Point,
        Decimal::Comma => DecimalMark::Comma,
        Decimal::Auto if delimiter == Delimiter::Byte(b',') => DecimalMark::Point,
        Decimal::Auto if sample.iter().any(has_mark) => {
            detect_decimal_mark(sample.iter().flat_map(|row| delimiter.cells(row)))
        }
        Decimal::Auto => detect_decimal_mark(below().filter(has_mark).flat_map(|row| delimiter.cells(row))),
    }
}

/// The columns of a header's cells: by the manifest's rules, then by the general ones.
fn plan(manifest: &Manifest, cells: &[&str]) -> Vec<Planned> {
    let columns = cells.iter().map(|cell| {
        let cell = cell.char_indices().nth(LONGEST_HEADER).map_or(*cell, |(end, _)| &cell[..end]);
        let rule = manifest.columns.iter().find(|rule| rule.header.as_ref().is_some_and(|header| header.is_in(cell)));
        let heading = rule.map_or_else(|| interpret_for(manifest.technique(), cell), rule_heading);
        planned(heading, cell.to_owned())
    });
    columns.collect()
}

fn rule_heading(rule: &ColumnRule) -> Heading {
    let heading = heading_for(&rule.name, rule.unit.as_deref());
    let unit_assumed = heading.unit_assumed || rule.unit_assumed;
    Heading { factor: heading.factor * rule.factor, unit_assumed, ..heading }
}

fn planned(heading: Heading, header: String) -> Planned {
    Planned { heading, header, is_text: false, is_needed: false, may_lack: false, note: None }
}

/// Makes column names unique (the first of equal ones is kept) and marks those that the technique needs: of
/// alternatives, the first that exists.
fn unique_names(technique: Technique, mut columns: Vec<Planned>) -> Vec<Planned> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    for (place, column) in columns.iter_mut().enumerate() {
        if taken.contains_key(&column.heading.name) {
            column.heading = unconverted(&column.header);
        }
        if column.heading.name.is_empty() {
            column.heading.name = format!("column_{}", place + 1);
        }
        let stem = column.heading.name.clone();
        let mut same = taken.get(&stem).copied().unwrap_or(0);
        while taken.contains_key(&column.heading.name) {
            same += 1;
            column.heading.name = format!("{stem}_{}", same + 1);
        }
        taken.insert(stem, same);
        taken.entry(column.heading.name.clone()).or_insert(0);
    }
    let needed: Vec<&str> = technique
        .needs()
        .iter()
        .filter_map(|group| group.iter().copied().find(|name| taken.contains_key(*name)))
        .collect();
    for column in &mut columns {
        let name = column.heading.name.as_str();
        column.is_needed = needed.contains(&name) && !HOLD_WORDS.contains(&name);
    }
    columns
}

/// Whether the columns include those that the technique needs.
fn has_required_columns(technique: Technique, columns: &[Planned]) -> bool {
    let has = |name: &str| columns.iter().any(|column| column.heading.name == name);
    technique.needs().iter().all(|group| group.iter().any(|name| has(name)))
}

/// Takes the units in the line below the header for those columns whose header states none.
fn state_units(manifest: &Manifest, cells: &[&str], units: &[&str], columns: &mut [Planned]) {
    for ((cell, unit), column) in cells.iter().zip(units).zip(columns) {
        let unit = unit.trim().trim_matches(['(', ')', '[', ']']);
        let is_described = manifest.columns.iter().any(|rule| rule.header.as_ref().is_some_and(|h| h.is_in(cell)));
        if !unit.is_empty() && !is_described {
            column.heading = interpret_for(manifest.technique(), &format!("{cell} [{unit}]"));
        }
    }
}
