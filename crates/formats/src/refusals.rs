//! Why no format was recognised, where the bytes show the cause: what to change, instead of "no known format".

use crate::column::{Heading, interpret_for, lacks_unit, unknown_unit};
use crate::number::{DecimalMark, parse_number};
use crate::text::excerpt;
use crate::unit::Unit;
use crate::{Place, Probe, ReadError, Technique};

/// Lines in which a header is looked for.
const HEADER_LINES: usize = 100;

/// The cause for which a file was not recognised, if its bytes show one.
pub(crate) fn cause(probe: &Probe<'_>) -> Option<ReadError> {
    let file = probe.file();
    if file.iter().all(u8::is_ascii_whitespace) {
        return Some(ReadError::malformed(Place::Offset(0), "data", "an empty file"));
    }
    if let Some(at) = file.iter().position(|byte| *byte == 0) {
        return zero_bytes(file, at);
    }
    if file.iter().filter(|byte| **byte == b'\n').count() < file.iter().filter(|byte| **byte == b'\r').count() {
        let expected = "line ends of one kind";
        return Some(ReadError::malformed(Place::Offset(0), expected, "more carriage returns than line feeds"));
    }
    let text = probe.text();
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).take(HEADER_LINES);
    let Some((number, header)) = lines.find(|(_, line)| is_header(line)) else { return bare_numbers(text) };
    let place = Place::Line(number as u64 + 1);
    let unit = Technique::all()
        .flat_map(|technique| {
            cells(header).filter_map(move |cell| unknown_unit(technique, cell).map(|unit| (cell, unit)))
        })
        .next();
    if let Some((cell, unit)) = unit {
        let found =
            format!("`{}` with the unit `{}`, which is not known or ambiguous", excerpt(cell, 40), excerpt(unit, 20));
        return Some(ReadError::malformed(place, "columns in known units, as `mV` or `MHz`", found));
    }
    match lines.next() {
        None => Some(ReadError::malformed(place, "rows below the header", "none")),
        Some((below, units)) if cells(units).count() > 1 && cells(units).all(|cell| Unit::parse(cell).is_some()) => {
            let expected = "units in the header, as `Freq (Hz)`";
            let found = format!("a line of units, `{}`", excerpt(units, 40));
            Some(ReadError::malformed(Place::Line(below as u64 + 1), expected, found))
        }
        Some(_) => column_missing(place, header).or_else(|| unit_missing(place, header)),
    }
}

/// Whether a cell names a quantity that a technique needs, and lacks the unit without which it is not recognised.
fn is_needed_without_unit(technique: Technique, cell: &str) -> bool {
    lacks_unit(technique, cell).is_some_and(|name| technique.needs().iter().any(|group| group.contains(&name)))
}

/// The header of a table whose columns lack their units.
fn unit_missing(place: Place, header: &str) -> Option<ReadError> {
    let cell = cells(header).find(|cell| Technique::all().any(|technique| is_needed_without_unit(technique, cell)))?;
    let expected = "a unit in the header, as `wavelength (nm)`";
    Some(ReadError::malformed(place, expected, format!("`{}` without one", excerpt(cell, 40))))
}

/// Whether a heading with its unit belongs to this technique: a time, or a letter without a unit, may belong to anything.
fn is_telling(technique: Technique, heading: &Heading) -> bool {
    let is_needed = technique.needs().iter().any(|group| group.contains(&heading.name.as_str()));
    is_needed && heading.unit.is_some() && !heading.unit_assumed && heading.name != "time_s"
}

/// The header of a table that lacks a column which its technique needs.
fn column_missing(place: Place, header: &str) -> Option<ReadError> {
    let names = |technique| {
        cells(header).map(move |cell| interpret_for(technique, cell)).filter(|heading| heading.unit.is_some())
    };
    let groups = |technique: Technique| {
        let needs = technique.needs();
        let is_needed = |heading: &Heading| needs.iter().any(|group| group.contains(&heading.name.as_str()));
        let is_told = names(technique).any(|heading| is_telling(technique, &heading))
            || names(technique).filter(is_needed).count() > 1;
        let found = |group: &&&[&str]| names(technique).any(|heading| group.contains(&heading.name.as_str()));
        (if is_told { needs.iter().filter(found).count() } else { 0 }, needs.len())
    };
    // Techniques such as electrochemistry have alternatives in place of groups: for them two columns suffice.
    let (technique, _) = Technique::all()
        .map(|technique| (technique, groups(technique)))
        .filter(|(_, (found, all))| *found > 0 && found < all)
        .max_by_key(|(_, (found, all))| (*found, std::cmp::Reverse(*all)))?;
    let is_named = |group: &&&[&str]| {
        cells(header).any(|cell| {
            group.contains(&interpret_for(technique, cell).name.as_str())
                || lacks_unit(technique, cell).is_some_and(|name| group.contains(&name))
        })
    };
    if technique.needs().iter().all(|group| is_named(&group)) {
        return unit_missing(place, header);
    }
    let found = cells(header).filter(|cell| !cell.is_empty()).map(|cell| format!("`{}`", excerpt(cell, 30)));
    Some(ReadError::ColumnMissing {
        place,
        expected: technique.needs_in_words().to_owned(),
        found: found.collect::<Vec<_>>().join(", "),
    })
}

/// Two or three columns of numbers without a header: what they are is known to the user alone.
fn bare_numbers(text: &str) -> Option<ReadError> {
    let count = |line: &str| {
        let numbers: Option<Vec<f64>> = line
            .split(['\t', ' ', ',', ';'])
            .filter(|cell| !cell.is_empty())
            .map(|cell| parse_number(cell, DecimalMark::Point))
            .collect();
        numbers.map_or(0, |numbers| numbers.len())
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (number, first) = lines.find(|(_, line)| (2..=3).contains(&count(line)))?;
    let columns = count(first);
    // The last line of the text may be cut.
    let rows: Vec<&str> = lines.map(|(_, line)| line).take(HEADER_LINES).collect();
    let whole = rows.get(..rows.len().saturating_sub(1)).unwrap_or_default();
    if whole.len() < 3 || whole.iter().any(|row| count(row) != columns) {
        return None;
    }
    let format = if columns == 2 { "xrd_xy" } else { "xrd_xye" };
    let found = format!(
        "{columns} columns of numbers without names; if this is a diffraction pattern, set `adapter = \"{format}\"` for its source, else add a \
         line with names and units, such as `Frequency (Hz),Z' (Ohm),Z'' (Ohm)`"
    );
    Some(ReadError::malformed(Place::Line(number as u64 + 1), "a header that names the columns", found))
}

/// Text in UTF-16 without its mark has a zero in every other byte; a file that was not written to its end has a tail of them.
fn zero_bytes(file: &[u8], first: usize) -> Option<ReadError> {
    let head = file.get(..64.min(file.len())).unwrap_or_default();
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    if 2 * zeros(0).max(zeros(1)) > head.len() * 9 / 10 {
        let found = "zeros in every other byte: text in UTF-16 without a byte order mark; save it as UTF-8";
        return Some(ReadError::malformed(Place::byte(first), "text in UTF-8, or with a byte order mark", found));
    }
    let is_text =
        file.get(..first).is_some_and(|text| std::str::from_utf8(text).is_ok_and(|text| text.lines().any(is_header)));
    let is_tail = file.get(first..).is_some_and(|tail| tail.iter().all(|byte| *byte == 0));
    (is_text && is_tail).then(|| {
        let found = "zero bytes (NUL) to the end of the file: it was not written to its end; copy it again";
        ReadError::malformed(Place::byte(first), "text", found)
    })
}

/// Whether a line has at least two cells and no number, and names two known columns, or one with its unit.
fn is_header(line: &str) -> bool {
    let is_known = |cell: &str| {
        Technique::all().any(|technique| {
            interpret_for(technique, cell).unit.is_some()
                || unknown_unit(technique, cell).is_some()
                || is_needed_without_unit(technique, cell)
        })
    };
    let tells = |cell: &str| Technique::all().any(|technique| is_telling(technique, &interpret_for(technique, cell)));
    let (mut n_known, mut is_told) = (0, false);
    for cell in cells(line) {
        if parse_number(cell, DecimalMark::Point).is_some_and(|number| !number.is_nan()) {
            return false;
        }
        n_known += usize::from(!cell.is_empty() && is_known(cell));
        is_told |= tells(cell);
    }
    n_known >= 2 || is_told && cells(line).nth(1).is_some()
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    let separator = ['\t', ';', ','].into_iter().find(|separator| line.contains(*separator)).unwrap_or(',');
    line.split(separator).map(str::trim)
}
