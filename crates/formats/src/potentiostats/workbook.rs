//! Reads the cells of an Office Open XML workbook (`.xlsx`), sheet by sheet, within the bounds of [`crate::archive`].
//!
//! Cells are handed out as they stand in the sheet's XML: nothing is laid out as a grid, so a sheet of two cells a
//! million rows apart takes no more memory than its text. Numbers are read as stored, formulas as their last result.
//!
//! Source: ECMA-376 part 1, 18.2 (workbook), 18.3 (sheets), 18.4 (shared strings).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::archive::Archive;
use crate::number::{DecimalMark, parse_number};
use crate::xml::{Node, parse};
use crate::{Place, ReadError};

/// Cells of a workbook that are read: more than Excel can show in one column of every sheet that it can.
const MOST_CELLS: usize = 20_000_000;

/// Sheets of a workbook that are read.
const MOST_SHEETS: usize = 1000;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    Words(String),
}

impl Cell {
    /// The words; empty for a number.
    pub(super) fn words(&self) -> &str {
        match self {
            Self::Number(_) => "",
            Self::Words(words) => words.trim(),
        }
    }
}

/// One row of a sheet that is not empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    /// From 1, as the program shows it.
    pub number: u32,
    /// Column, from 0, and contents; in the order of the file.
    pub cells: Vec<(u32, Cell)>,
}

impl Row {
    /// The cell in a column.
    pub(super) fn cell(&self, column: u32) -> Option<&Cell> {
        self.cells.iter().find(|(place, _)| *place == column).map(|(_, cell)| cell)
    }
}

/// A sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sheet {
    pub name: String,
    pub rows: Vec<Row>,
}

/// The sheets of a workbook, of each the first `most_rows` rows that are not empty.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file is no workbook, or too large to be one of measurements.
pub(super) fn sheets(file: &[u8], most_rows: usize) -> Result<Vec<Sheet>, ReadError> {
    let mut archive = Archive::open(file)?;
    let (workbook, _) = parse(&archive.read("xl/workbook.xml")?)?;
    let (relations, _) = parse(&archive.read("xl/_rels/workbook.xml.rels")?)?;
    let strings = match archive.names().iter().find(|name| name.eq_ignore_ascii_case("xl/sharedStrings.xml")) {
        Some(name) => shared_strings(&parse(&archive.read(name)?)?.0),
        None => Vec::new(),
    };
    let mut sheets = Vec::new();
    let mut cells_left = MOST_CELLS;
    let listed =
        workbook.child("sheets").map(|sheets| sheets.children("sheet").collect::<Vec<_>>()).unwrap_or_default();
    for listed in listed.into_iter().take(MOST_SHEETS) {
        let target = relations
            .children("Relationship")
            .find(|relation| relation.attribute("Id") == listed.attribute("id"))
            .and_then(|relation| relation.attribute("Target"));
        let Some(target) = target else { continue };
        let path = match target.strip_prefix('/') {
            Some(absolute) => absolute.to_owned(),
            None => format!("xl/{target}"),
        };
        // Sheets of charts have no rows.
        if !path.contains("worksheets/") {
            continue;
        }
        let xml = archive.read(&path)?;
        let rows = rows(&String::from_utf8_lossy(&xml), &strings, most_rows, &mut cells_left)?;
        sheets.push(Sheet { name: listed.attribute("name").unwrap_or_default().to_owned(), rows });
    }
    Ok(sheets)
}

/// The strings that cells refer to by number; the parts of one with several formats are joined.
fn shared_strings(table: &Node) -> Vec<String> {
    let joined = |item: &Node| {
        let parts = item.descendants().filter(|node| node.name == "t").map(|node| node.text.as_str());
        parts.collect::<String>()
    };
    table.children("si").map(joined).collect()
}

/// The column of `B12`, from 0, and the row, from 1.
fn place(reference: &str) -> Option<(u32, u32)> {
    let digits = reference.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = reference.split_at(digits);
    if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let column = letters.bytes().fold(0_u32, |sum, byte| sum * 26 + u32::from(byte - b'A') + 1);
    Some((column - 1, digits.parse().ok().filter(|row| *row > 0)?))
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name);
    found.map(|attribute| attribute.value.to_string())
}

fn rows(xml: &str, strings: &[String], most_rows: usize, cells_left: &mut usize) -> Result<Vec<Row>, ReadError> {
    let mut reader = Reader::from_str(xml);
    let mut rows: Vec<Row> = Vec::new();
    let mut at = (0_u32, 0_u32);
    let mut kind = String::new();
    let (mut value, mut is_value) = (String::new(), false);
    loop {
        let offset = reader.buffer_position();
        let event = reader.read_event().map_err(|error| ReadError::Malformed {
            place: Place::Offset(offset),
            expected: "the XML of a sheet".to_owned(),
            found: crate::text::excerpt(&error.to_string(), 200),
        })?;
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "c" => {
                    at = attribute(&tag, "r")
                        .and_then(|reference| place(&reference))
                        .unwrap_or((at.0.wrapping_add(1), at.1));
                    kind = attribute(&tag, "t").unwrap_or_default();
                    value.clear();
                }
                "row" => {
                    let number = attribute(&tag, "r").and_then(|number| number.parse().ok());
                    // Column −1: a cell without a reference follows the one before it.
                    at = (u32::MAX, number.unwrap_or(at.1.saturating_add(1)));
                }
                "v" | "t" => is_value = true,
                _ => {}
            },
            Event::Text(text) if is_value => value.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) if is_value => value.push_str(match reference.as_ref() {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                "apos" => "'",
                _ => " ",
            }),
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => is_value = false,
                "c" => {
                    let cell = match kind.as_str() {
                        "s" => value
                            .trim()
                            .parse::<usize>()
                            .ok()
                            .and_then(|place| strings.get(place))
                            .cloned()
                            .map(Cell::Words),
                        "" | "n" => parse_number(&value, DecimalMark::Point).filter(|n| !n.is_nan()).map(Cell::Number),
                        _ => Some(Cell::Words(value.clone())),
                    };
                    let Some(cell) = cell.filter(|cell| !matches!(cell, Cell::Words(words) if words.trim().is_empty()))
                    else {
                        continue;
                    };
                    let Some(left) = cells_left.checked_sub(1) else {
                        return Err(ReadError::Malformed {
                            place: Place::Line(u64::from(at.1)),
                            expected: format!("a workbook of at most {MOST_CELLS} cells"),
                            found: "more".to_owned(),
                        });
                    };
                    *cells_left = left;
                    if rows.last().is_none_or(|row| row.number != at.1) {
                        if rows.len() == most_rows {
                            return Ok(rows);
                        }
                        rows.push(Row { number: at.1, cells: Vec::new() });
                    }
                    if let Some(row) = rows.last_mut() {
                        row.cells.push((at.0, cell));
                    }
                }
                "sheetData" => return Ok(rows),
                _ => {}
            },
            Event::Eof => return Ok(rows),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_columns_and_rows() {
        assert_eq!(place("A1"), Some((0, 1)));
        assert_eq!(place("AB12"), Some((27, 12)));
        assert_eq!(place("XFD1048576"), Some((16_383, 1_048_576)));
        for none in ["", "A", "1", "AAAA1", "A0", "a1", "A99999999999"] {
            assert_eq!(place(none), None, "{none}");
        }
    }

    #[test]
    fn cells_are_numbers_shared_strings_or_words() {
        let xml = r#"<worksheet><sheetData><row r="3"><c r="A3" t="s"><v>1</v></c><c r="C3"><v>1.5E-3</v></c></row>
            <row><c t="inlineStr"><is><t>a&amp;b</t></is></c><c t="str"><f>x</f><v>c</v></c><c><v></v></c></row>
            </sheetData><c r="A9"><v>1</v></c></worksheet>"#;
        let found = rows(xml, &["f".to_owned(), "Z".to_owned()], 10, &mut 10).unwrap();
        let words = |words: &str| Cell::Words(words.to_owned());
        assert_eq!(
            found,
            [
                Row { number: 3, cells: vec![(0, words("Z")), (2, Cell::Number(1.5e-3))] },
                Row { number: 4, cells: vec![(0, words("a&b")), (1, words("c"))] },
            ]
        );
        assert_eq!(rows(xml, &[], 1, &mut 10).unwrap().len(), 1);
        assert!(rows(xml, &[], 10, &mut 1).unwrap_err().to_string().contains("at most 20000000 cells"));
    }
}
