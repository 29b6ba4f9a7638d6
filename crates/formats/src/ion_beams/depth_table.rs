//! Reads depth profiles as text tables: a column for each element, or a row for each element and depth.
//!
//! Format: lines of words, a header, perhaps a row of units, rows. Separators are tabs, semicolons, commas or blanks; a
//! decimal comma is allowed where the separator is not a comma. At least one column is a depth whose header states nm, Å, µm or
//! 10¹⁵ atoms/cm². Wide tables have at least two columns that are elements (see `depth_header`), each with or
//! without an error; they are unpivoted into rows of depth and element, in the file's order. Long tables have a column of
//! symbols and one of contents.
//!
//! Content is percent or fraction as the headers or the lines above them state. Where nothing states it, the sum over
//! elements decides if it is near 100 or near 1 in most rows, with a warning; else the file is refused.
//!
//! Source: none; laboratories export such tables from their own programs. Made for the tables of time-of-flight ERD at
//! laboratories without a common format.
//!
//! Not supported: tables whose depth has no unit, molecules as columns, yields in counts.

use std::collections::BTreeMap;

use aldb_elements::Nuclide;

use super::depth_header::{ContentUnit, Depth, ErrorOf, Role, content_unit, depth_unit, role};
use super::layers::text_column;
use super::number_lines::column;
use crate::column::column_name;
use crate::manifest::embedded;
use crate::number::{DecimalMark, detect_decimal_mark, parse_number};
use crate::rejections::{cut_row, ends_in_line};
use crate::text::{Line, decode, excerpt, lines, whole_lines};
use crate::{
    Adapter, Column, Manifest, Match, Measurement, Place, Probe, ReadError, Reading, Rejections, Technique, Value,
};

/// Lines above the header.
const LONGEST_PREAMBLE: usize = 60;
/// Columns of no known meaning that are kept.
const MOST_OTHERS: usize = 10;
/// Most columns: elements and their errors.
const MOST_COLUMNS: usize = 300;
/// Largest file in bytes: unpivoted rows take some ten times the text, and no profile is a hundredth of this.
const LARGEST: usize = 8 << 20;

/// The separator between cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Mark(char),
    /// Two blanks or more; single ones belong to a header.
    WideBlanks,
    Blanks,
}

/// The order in which separators are tried: a comma may be a decimal mark, and blanks may be in names.
const SEPARATORS: [Separator; 5] =
    [Separator::Mark('\t'), Separator::Mark(';'), Separator::Mark(','), Separator::WideBlanks, Separator::Blanks];

/// A table's header.
struct Header {
    /// Line of the names.
    first_line: u64,
    /// Line of the last line that belongs to it.
    line: u64,
    separator: Separator,
    names: Vec<String>,
    roles: Vec<Role>,
}

/// Reads depth profiles as text tables.
#[derive(Debug)]
pub(crate) struct DepthTable;

impl Adapter for DepthTable {
    fn manifest(&self) -> &Manifest {
        embedded("depth_profile_text")
    }

    fn max_certainty(&self) -> Match {
        Match::Likely
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let text = probe.text();
        let text = if probe.file().len() > probe.head().len() { whole_lines(text) } else { text };
        if find_header(text).is_some() { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The cells of a line; quotes around a cell are left out.
fn split(text: &str, separator: Separator) -> Vec<&str> {
    match separator {
        Separator::Mark(mark) => {
            text.split(mark).take(MOST_COLUMNS + 1).map(|cell| cell.trim().trim_matches('"').trim()).collect()
        }
        Separator::WideBlanks => {
            text.trim().split("  ").map(str::trim).filter(|cell| !cell.is_empty()).take(MOST_COLUMNS + 1).collect()
        }
        Separator::Blanks => text.split_ascii_whitespace().take(MOST_COLUMNS + 1).collect(),
    }
}

/// Puts words that belong together back into one header: `Depth (nm)`, `Li at.%`, `Depth / nm`.
fn join_words(words: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut in_brackets = false;
    let mut after_slash = false;
    for word in words {
        let belongs = in_brackets
            || after_slash
            || word.starts_with(['(', '['])
            || *word == "/"
            || content_unit(word).is_some()
            || depth_unit(word).is_some_and(|_| names.last().is_some_and(|name| !name.contains(' ')));
        match names.last_mut() {
            // `[Li]` is a name of its own.
            Some(name) if belongs && !(word.starts_with('[') && matches!(role(word), Role::Content(..))) => {
                name.push(' ');
                name.push_str(word);
            }
            _ => names.push((*word).to_owned()),
        }
        let opened = word.matches(['(', '[']).count();
        let closed = word.matches([')', ']']).count();
        in_brackets = if opened == closed { in_brackets } else { opened > closed };
        after_slash = *word == "/";
    }
    names
}

/// The header of the first table of depths and elements.
fn find_header(text: &str) -> Option<Header> {
    let mut rest = lines(text).take(LONGEST_PREAMBLE);
    while let Some(line) = rest.next() {
        let header = line.text.trim().trim_start_matches(['#', '%', '!']).trim();
        if header.len() > 10_000 || !header.contains(|c: char| c.is_alphabetic()) {
            continue;
        }
        let below = rest.clone().find(|below| !below.text.trim().is_empty());
        for separator in SEPARATORS {
            let cells = split(header, separator);
            if !(3..=MOST_COLUMNS).contains(&cells.len()) {
                continue;
            }
            // Tabs and semicolons are never part of a name.
            let is_plain = !header.contains(['\t', ';']);
            if matches!(separator, Separator::Blanks | Separator::WideBlanks) && !is_plain {
                continue;
            }
            let names: Vec<String> = match separator {
                Separator::Blanks => join_words(&cells),
                _ => cells.into_iter().map(str::to_owned).collect(),
            };
            let row_separator = if separator == Separator::WideBlanks { Separator::Blanks } else { separator };
            // Words separated by blanks alone are columns only where a row has as many numbers.
            let count = below.as_ref().map_or(0, |below| split(below.text, row_separator).len());
            if row_separator == Separator::Blanks && count != names.len() {
                continue;
            }
            let first_line = line.number;
            let header_of = |names: Vec<String>, line| {
                let roles: Vec<_> = names.iter().map(|name| role(name)).collect();
                is_profile(&roles).then_some(Header { first_line, line, separator: row_separator, names, roles })
            };
            if let Some(header) = header_of(names.clone(), line.number) {
                return Some(header);
            }
            // A row of units below the names.
            let below = below.as_ref().filter(|below| below.text.contains(char::is_alphabetic));
            let units = below.map(|below| split(below.text.trim_start_matches(['#', '%', '!']), separator));
            if let (Some(below), Some(units)) = (below, units)
                && units.len() == names.len()
                && units.iter().any(|unit| depth_unit(unit).is_some())
            {
                let named = names.iter().zip(&units).map(|(name, unit)| {
                    let unit = unit.trim_matches(['(', ')', '[', ']']);
                    if unit.is_empty() { name.clone() } else { format!("{name} ({unit})") }
                });
                if let Some(header) = header_of(named.collect(), below.number) {
                    return Some(header);
                }
            }
        }
    }
    None
}

/// Whether columns are a depth and at least two elements, or depth, element and content.
fn is_profile(roles: &[Role]) -> bool {
    let count = |is: fn(&Role) -> bool| roles.iter().filter(|role| is(role)).count();
    let has_depth = count(|role| matches!(role, Role::Depth(_))) > 0;
    has_depth && (count(|role| matches!(role, Role::Content(..))) >= 2 || is_long(roles))
}

fn is_long(roles: &[Role]) -> bool {
    let count = |is: fn(&Role) -> bool| roles.iter().filter(|role| is(role)).count();
    count(|role| *role == Role::Element) == 1 && count(|role| matches!(role, Role::ContentOfRow(_))) == 1
}

/// One element's columns in a wide table.
struct Wide {
    nuclide: Nuclide,
    content: usize,
    error: Option<usize>,
}

/// Rows of numbers as in the file, before unpivoting.
#[derive(Default)]
struct Rows {
    /// Number cells by column, NaN for words.
    numbers: Vec<Vec<f64>>,
    /// Of a long table: the element of each row.
    elements: Vec<Nuclide>,
    rejected: Rejections,
    incomplete: Option<String>,
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    if file.len() > LARGEST {
        let place = Place::Offset(LARGEST as u64);
        return Err(ReadError::TooLarge { place, found: file.len() as u64, limit: LARGEST as u64 });
    }
    let text = decode(file).text;
    let header = find_header(&text).ok_or_else(|| ReadError::ColumnMissing {
        place: Place::Line(1),
        expected: "for depth with a unit (nm or 1e15 at/cm2), and for the contents of at least two elements".to_owned(),
        found: format!("`{}`", excerpt(text.lines().next().unwrap_or_default(), 60)),
    })?;
    let rows = read_rows(&text, &header);
    let mut metadata = preamble(&text, header.first_line);
    if let Some(statement) = &rows.incomplete {
        metadata.insert("incomplete".to_owned(), Value::Text(statement.clone()));
    }
    let mut warnings = Vec::new();
    let preamble_unit = unit_above(&text, header.first_line);
    let columns = if is_long(&header.roles) {
        long(&header, &rows, preamble_unit, &mut warnings)?
    } else {
        wide(&header, &rows, preamble_unit, &mut warnings)?
    };
    let measurement = Measurement { block: 0, technique: Technique::IonBeamDepthProfile, columns, metadata, warnings };
    Ok(Reading { measurements: vec![measurement], rejected: rows.rejected, ..Reading::default() })
}

/// The unit of content that the lines above the header state.
fn unit_above(text: &str, header_line: u64) -> Option<ContentUnit> {
    let above = || lines(text).take_while(|line| line.number < header_line);
    let mentions =
        |words: &[&str]| above().any(|line| words.iter().any(|word| line.text.to_lowercase().contains(word)));
    match (
        mentions(&["at.%", "at%", "at. %", "atomic percent", "atomic %"]),
        mentions(&["atomic fraction", "at. fraction"]),
    ) {
        (true, false) => Some(ContentUnit::Percent),
        (false, true) => Some(ContentUnit::Fraction),
        _ => None,
    }
}

/// Sample, title and comment from the lines above the header.
fn preamble(text: &str, header_line: u64) -> BTreeMap<String, Value> {
    let mut metadata = BTreeMap::new();
    let mut comment = String::new();
    for line in lines(text).take_while(|line| line.number < header_line) {
        let line = line.text.trim().trim_start_matches(['#', '%', '!']).trim().trim_end_matches([',', ';', '\t']);
        let setting = line.split_once([':', '=']).map(|(key, value)| (key.trim().to_lowercase(), value.trim()));
        match setting {
            Some((key, value)) if ["sample", "title"].contains(&key.as_str()) && !value.is_empty() => {
                metadata.insert(key, Value::Text(excerpt(value, 200)));
            }
            _ if line.is_empty() => {}
            _ => {
                if !comment.is_empty() {
                    comment.push_str("; ");
                }
                comment.push_str(line);
            }
        }
    }
    if !comment.is_empty() {
        metadata.insert("comment".to_owned(), Value::Text(excerpt(&comment, 1000)));
    }
    metadata
}

fn read_rows(text: &str, header: &Header) -> Rows {
    let body = || lines(text).filter(|line| line.number > header.line && !line.text.trim().is_empty());
    let mark = if header.separator == Separator::Mark(',') {
        DecimalMark::Point
    } else {
        detect_decimal_mark(body().take(200).flat_map(|line| split(line.text, header.separator)))
    };
    let mut rows = Rows { numbers: vec![Vec::new(); header.roles.len()], ..Rows::default() };
    let mut last_cell = String::new();
    for line in body().filter(|line| !line.text.starts_with('#')) {
        let cells = split(line.text, header.separator);
        let cell = cells.last().copied().unwrap_or_default();
        let found = if line.ended || is_as_long_as(cell, &last_cell, mark) {
            row(line, &cells, header, mark)
        } else {
            rows.incomplete = Some(ends_in_line(line.number));
            Err(cut_row(line))
        };
        match found {
            Ok((numbers, element)) => {
                rows.numbers.iter_mut().zip(numbers).for_each(|(values, number)| values.push(number));
                rows.elements.extend(element);
                last_cell.clear();
                last_cell.push_str(cell);
            }
            Err(error) => rows.rejected.push(0, error),
        }
    }
    rows
}

/// Whether a cell at the end of a file has as many digits as the one above it, so that none was cut off.
fn is_as_long_as(cell: &str, above: &str, mark: DecimalMark) -> bool {
    let mark = if mark == DecimalMark::Comma { ',' } else { '.' };
    let decimals = |cell: &str| cell.split_once(mark).map_or(0, |(_, decimals)| decimals.len());
    cell.len() == above.len() || (decimals(above) > 0 && decimals(cell) == decimals(above))
}

/// The numbers of a row, and its element in a long table.
fn row(
    line: Line<'_>,
    cells: &[&str],
    header: &Header,
    mark: DecimalMark,
) -> Result<(Vec<f64>, Option<Nuclide>), ReadError> {
    let place = Place::Line(line.number);
    let columns = header.roles.len();
    let has_more = cells.iter().skip(columns).any(|cell| !cell.is_empty());
    if cells.len() < columns || has_more {
        return Err(ReadError::FieldCount { place, expected: columns, found: cells.len() });
    }
    let mut numbers = Vec::with_capacity(columns);
    let mut element = None;
    for ((cell, role), name) in cells.iter().zip(&header.roles).zip(&header.names) {
        let not_a_number = |unit: &str| ReadError::NotANumber {
            place,
            column: name.clone(),
            unit: unit.to_owned(),
            found: excerpt(cell, 40),
        };
        let number = parse_number(cell, mark);
        numbers.push(match role {
            Role::Depth(_) => {
                number.filter(|depth| depth.is_finite()).ok_or_else(|| not_a_number("nm or 10*15.cm-2"))?
            }
            Role::Content(..) | Role::ContentOfRow(_) | Role::Error(..) => {
                let is_missing =
                    ["-", "--", "n/a", "na", "n.d.", "nd", "bdl", "<"].contains(&cell.to_lowercase().as_str());
                if is_missing { f64::NAN } else { number.ok_or_else(|| not_a_number("% or 1"))? }
            }
            Role::Element => {
                element = Nuclide::parse(cell);
                if element.is_none() {
                    let found = format!("`{}`", excerpt(cell, 40));
                    return Err(ReadError::malformed(place, "the symbol of an element", found));
                }
                f64::NAN
            }
            Role::MassNumber | Role::Other => number.unwrap_or(f64::NAN),
        });
    }
    Ok((numbers, element))
}

/// The factor to percent of all contents; decided by sums only where nothing states it.
fn factor_to_percent(
    stated: &[Option<ContentUnit>],
    preamble_unit: Option<ContentUnit>,
    sums: impl Iterator<Item = f64>,
    header: &Header,
    warnings: &mut Vec<String>,
) -> Result<f64, ReadError> {
    let factor = |unit| if unit == ContentUnit::Percent { 1.0 } else { 100.0 };
    let place = Place::Line(header.line);
    let mut known: Vec<_> = stated.iter().flatten().copied().collect();
    known.dedup();
    match (known.as_slice(), preamble_unit) {
        ([unit], _) => {
            if stated.contains(&None) {
                warnings.push("some columns state no unit of content: that of the others is assumed".to_owned());
            }
            Ok(factor(*unit))
        }
        ([], Some(unit)) => Ok(factor(unit)),
        ([], None) => {
            let (mut rows, mut percent, mut fraction) = (0_usize, 0_usize, 0_usize);
            for sum in sums.filter(|sum| !sum.is_nan() && *sum != 0.0) {
                rows += 1;
                percent += usize::from((70.0..=130.0).contains(&sum));
                fraction += usize::from((0.7..=1.3).contains(&sum));
            }
            for (count, unit, what, sum) in
                [(percent, ContentUnit::Percent, "percent", 100), (fraction, ContentUnit::Fraction, "fraction", 1)]
            {
                if 2 * count > rows {
                    warnings.push(format!(
                        "no unit of content is stated: atomic {what} is assumed, because most rows add up to about {sum}"
                    ));
                    return Ok(factor(unit));
                }
            }
            Err(ReadError::malformed(
                place,
                "the unit of the contents (`at.%` or `fraction`) in their headers",
                "none, and rows that add up neither to 100 nor to 1",
            ))
        }
        _ => Err(ReadError::malformed(place, "contents in one unit", "percent and fractions")),
    }
}

/// The columns of a wide table, unpivoted.
fn wide(
    header: &Header,
    rows: &Rows,
    preamble_unit: Option<ContentUnit>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Column>, ReadError> {
    let mut elements: Vec<Wide> = Vec::new();
    let mut stated = Vec::new();
    for (place, role) in header.roles.iter().enumerate() {
        if let Role::Content(nuclide, unit) = role {
            if elements.iter().any(|element| element.nuclide == *nuclide) {
                let expected = "one column for each element".to_owned();
                let found = format!("two of `{}`", nuclide.symbol());
                return Err(ReadError::malformed(Place::Line(header.line), expected, found));
            }
            stated.push(*unit);
            elements.push(Wide { nuclide: *nuclide, content: place, error: None });
        }
    }
    let mut used = vec![false; header.roles.len()];
    for (place, role) in header.roles.iter().enumerate() {
        let Role::Error(target, _) = role else { continue };
        let element = elements.iter_mut().find(|element| match target {
            ErrorOf::Nuclide(nuclide) => element.nuclide == *nuclide,
            ErrorOf::Previous => element.content + 1 == place,
        });
        if let Some(element) = element.filter(|element| element.error.is_none()) {
            element.error = Some(place);
            if let Some(used) = used.get_mut(place) {
                *used = true;
            }
        }
    }
    let values = |place: usize| rows.numbers.get(place).map_or(&[][..], Vec::as_slice);
    let count = rows.numbers.first().map_or(0, Vec::len);
    let at = |place: usize, row: usize| values(place).get(row).copied().unwrap_or(f64::NAN);
    let sums =
        (0..count).map(|row| elements.iter().map(|element| at(element.content, row)).filter(|v| !v.is_nan()).sum());
    let factor = factor_to_percent(&stated, preamble_unit, sums, header, warnings)?;
    let error_factor = |element: &Wide| match element.error.and_then(|place| header.roles.get(place)) {
        Some(Role::Error(_, Some(ContentUnit::Percent))) => 1.0,
        Some(Role::Error(_, Some(ContentUnit::Fraction))) => 100.0,
        _ => factor,
    };
    let unpivoted = |value: &dyn Fn(&Wide, usize) -> f64| -> Vec<f64> {
        (0..count)
            .flat_map(|row| elements.iter().map(move |element| (element, row)))
            .map(|(element, row)| value(element, row))
            .collect()
    };
    let mut columns = Vec::new();
    let is_kept = |place: usize, role: &Role| {
        let is_stray_error = matches!(role, Role::Error(..)) && used.get(place) == Some(&false);
        is_stray_error || matches!(role, Role::Other | Role::Element | Role::MassNumber | Role::ContentOfRow(_))
    };
    for (place, (name, role)) in header.names.iter().zip(&header.roles).enumerate() {
        if let Role::Depth(depth) = role {
            add_depth(*depth, name, unpivoted(&|_, row| at(place, row)), &mut columns);
        } else if is_kept(place, role)
            && values(place).iter().any(|value| !value.is_nan())
            && columns.len() < MOST_OTHERS
        {
            add_other(name, unpivoted(&|_, row| at(place, row)), &mut columns);
        }
    }
    let names = (0..count).flat_map(|_| elements.iter().map(|element| element.nuclide.symbol().to_owned()));
    columns.push(text_column("element", "element", names.collect()));
    if elements.iter().any(|element| element.nuclide.mass_number.is_some()) {
        let numbers = unpivoted(&|element, _| element.nuclide.mass_number.map_or(f64::NAN, f64::from));
        columns.push(column("mass_number", Some("1"), "mass number", numbers));
    }
    let list = |place: &dyn Fn(&Wide) -> Option<usize>| {
        let names = elements.iter().filter_map(place).filter_map(|place| header.names.get(place).cloned());
        names.collect::<Vec<_>>().join(", ")
    };
    let contents = unpivoted(&|element, row| at(element.content, row) * factor);
    columns.push(column("content_percent", Some("%"), &list(&|element| Some(element.content)), contents));
    if elements.iter().any(|element| element.error.is_some()) {
        let errors =
            unpivoted(&|element, row| element.error.map_or(f64::NAN, |place| at(place, row) * error_factor(element)));
        columns.push(column("content_err_percent", Some("%"), &list(&|element| element.error), errors));
    }
    Ok(columns)
}

/// The columns of a long table.
fn long(
    header: &Header,
    rows: &Rows,
    preamble_unit: Option<ContentUnit>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Column>, ReadError> {
    let stated: Vec<_> = header
        .roles
        .iter()
        .filter_map(|role| if let Role::ContentOfRow(unit) = role { Some(*unit) } else { None })
        .collect();
    let factor = factor_to_percent(&stated, preamble_unit, std::iter::empty(), header, warnings)?;
    let mut columns: Vec<Column> = Vec::new();
    let mut mass_numbers: Vec<f64> =
        rows.elements.iter().map(|nuclide| nuclide.mass_number.map_or(f64::NAN, f64::from)).collect();
    for ((name, role), values) in header.names.iter().zip(&header.roles).zip(&rows.numbers) {
        let scaled = |factor: f64| values.iter().map(|value| value * factor).collect::<Vec<_>>();
        let has = |name: &str| columns.iter().any(|column| column.name == name);
        match role {
            Role::Depth(depth) => add_depth(*depth, name, values.clone(), &mut columns),
            Role::ContentOfRow(_) => columns.push(column("content_percent", Some("%"), name, scaled(factor))),
            Role::Error(_, unit) if !has("content_err_percent") => {
                let factor = match unit {
                    Some(ContentUnit::Percent) => 1.0,
                    Some(ContentUnit::Fraction) => 100.0,
                    None => factor,
                };
                columns.push(column("content_err_percent", Some("%"), name, scaled(factor)));
            }
            Role::Element => {
                let names = rows.elements.iter().map(|nuclide| nuclide.symbol().to_owned()).collect();
                columns.push(text_column("element", name, names));
            }
            Role::MassNumber => {
                let numbers = mass_numbers.iter_mut().zip(values).filter(|(known, _)| known.is_nan());
                numbers.for_each(|(known, stated)| *known = *stated);
            }
            _ if values.iter().any(|value| !value.is_nan()) && columns.len() < MOST_OTHERS => {
                add_other(name, values.clone(), &mut columns);
            }
            _ => {}
        }
    }
    if mass_numbers.iter().any(|number| !number.is_nan()) {
        columns.push(column("mass_number", Some("1"), "mass number", mass_numbers));
    }
    Ok(columns)
}

/// Adds a depth in the table's unit; a second one of the same unit is kept under its own name.
fn add_depth(depth: Depth, header: &str, mut values: Vec<f64>, columns: &mut Vec<Column>) {
    let (name, unit, factor) = match depth {
        Depth::Nanometres(factor) => ("depth_nm", "nm", factor),
        Depth::Areal(factor) => ("areal_depth_1e15_per_cm2", "10*15.cm-2", factor),
    };
    if columns.iter().any(|column| column.name == name) {
        return add_other(header, values, columns);
    }
    values.iter_mut().for_each(|value| *value *= factor);
    columns.push(column(name, Some(unit), header, values));
}

/// Adds a column that no table has, unless its name is taken.
fn add_other(header: &str, values: Vec<f64>, columns: &mut Vec<Column>) {
    let name = column_name(header);
    let reserved =
        ["element", "mass_number", "content_percent", "content_err_percent", "fraction", "fraction_err", "counts"];
    if !name.is_empty() && !reserved.contains(&name.as_str()) && columns.iter().all(|column| column.name != name) {
        columns.push(column(&name, None, header, values));
    }
}

#[cfg(test)]
mod tests;
