//! Reads the cells of an `.xlsx` workbook, sheet by sheet, without making a grid of them.
//!
//! Format: Office Open XML. `xl/workbook.xml` names the sheets, `xl/_rels/workbook.xml.rels` the member of each,
//! `xl/sharedStrings.xml` holds the texts. A sheet has rows of cells: `<c r="B7" t="s"><v>12</v></c>`. Dates are numbers
//! (days since 1899-12-30, or since 1904-01-01 where the workbook says so) that a style shows as dates.
//!
//! All members are unpacked within the bounds of [`crate::archive`]; a cell costs memory only where it stands in the file.
//!
//! Source: ECMA-376, part 1, sections 18.2 to 18.4.
//!
//! Not supported: formulas without a stored value, encrypted workbooks.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use crate::archive::Archive;
use crate::text::excerpt;
use crate::xml;
use crate::{Place, ReadError};

/// A workbook.
pub(super) struct Workbook<'a> {
    archive: Archive<'a>,
    texts: Vec<String>,
    /// Names of the sheets and their members, in the workbook's order.
    pub sheets: Vec<(String, String)>,
    /// To be added to dates.
    pub date_offset: f64,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'w> {
    Number(f64),
    Text(&'w str),
    /// An error such as `#N/A`.
    Error,
}

/// Highest column that is read, from 0: a sheet has no more than 16 384, no export as many as these.
const LAST_COLUMN: usize = 999;

fn malformed(member: &str, found: &str) -> ReadError {
    ReadError::Malformed {
        place: Place::Offset(0),
        expected: format!("the XML of `{member}`"),
        found: excerpt(found, 200),
    }
}

impl<'a> Workbook<'a> {
    /// Reads the names of the sheets and the texts.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where it is no workbook.
    pub(super) fn open(file: &'a [u8]) -> Result<Self, ReadError> {
        let mut archive = Archive::open(file)?;
        let (book, _) = xml::parse(&archive.read("xl/workbook.xml")?)?;
        let (relations, _) = xml::parse(&archive.read("xl/_rels/workbook.xml.rels")?)?;
        let member = |id: &str| {
            let relation = relations.children.iter().find(|relation| relation.attribute("Id") == Some(id))?;
            let target = relation.attribute("Target")?;
            Some(target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned))
        };
        let sheets = book.child("sheets").map_or(&[][..], |sheets| sheets.children.as_slice());
        let sheets = sheets
            .iter()
            .filter_map(|sheet| Some((sheet.attribute("name")?.to_owned(), member(sheet.attribute("id")?)?)));
        let sheets = sheets.collect();
        let counts_from_1904 = book
            .child("workbookPr")
            .and_then(|properties| properties.attribute("date1904"))
            .is_some_and(|value| value == "1" || value == "true");
        let has_texts = archive.names().iter().any(|name| name == "xl/sharedStrings.xml");
        let texts = if has_texts { shared_texts(&archive.read("xl/sharedStrings.xml")?)? } else { Vec::new() };
        Ok(Self { archive, texts, sheets, date_offset: if counts_from_1904 { 1462.0 } else { 0.0 } })
    }

    /// Calls `row` with the number of each row, from 1, and its cells with their columns, from 0. Says why the sheet is not
    /// whole, if so.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where the member is missing or no XML; what `row` returns.
    pub(super) fn rows(
        &mut self,
        member: &str,
        mut row: impl FnMut(u64, &[(usize, Cell<'_>)]) -> Result<(), ReadError>,
    ) -> Result<Option<String>, ReadError> {
        let bytes = self.archive.read(member)?;
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes))
            .map_err(|error| malformed(member, &error.to_string()))?;
        let mut reader = Reader::from_str(text);
        // Inline texts of the row, and the cells: column, what the value means, where an inline text is.
        let mut inline: Vec<String> = Vec::new();
        let mut found: Vec<(usize, Stored)> = Vec::new();
        let (mut number, mut column, mut kind) = (0_u64, 0_usize, Kind::Number);
        let (mut is_value, mut value, mut has_value) = (false, String::new(), false);
        loop {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) if number > 0 => {
                    return Ok(Some(format!("the sheet breaks off behind row {number}: {error}")));
                }
                Err(error) => return Err(malformed(member, &error.to_string())),
            };
            match event {
                Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "row" => {
                    let stated = attribute(&tag, "r").and_then(|text| text.parse().ok());
                    number = stated.unwrap_or_else(|| number.saturating_add(1));
                    column = 0;
                    found.clear();
                    inline.clear();
                }
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "c" => {
                        column = attribute(&tag, "r").and_then(|cell| column_of(&cell)).unwrap_or(column);
                        kind = match attribute(&tag, "t").as_deref() {
                            Some("s") => Kind::Shared,
                            Some("str" | "inlineStr" | "d") => Kind::Inline,
                            Some("e") => Kind::Error,
                            _ => Kind::Number,
                        };
                        value.clear();
                        has_value = false;
                    }
                    "v" | "t" => {
                        is_value = true;
                        has_value = true;
                    }
                    _ => {}
                },
                Event::Empty(tag) if tag.local_name().as_ref() == "c" => {
                    column = attribute(&tag, "r").and_then(|cell| column_of(&cell)).unwrap_or(column).saturating_add(1);
                }
                Event::Text(part) if is_value => value.push_str(&part.xml10_content()),
                Event::CData(part) if is_value => value.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) if is_value => {
                    let escaped = format!("&{};", reference.as_ref());
                    value.push_str(&unescape(&escaped).map_or_else(|_| escaped.clone(), std::borrow::Cow::into_owned));
                }
                Event::End(tag) => match tag.local_name().as_ref() {
                    "v" | "t" => is_value = false,
                    "c" => {
                        if has_value && column <= LAST_COLUMN {
                            let stored = match kind {
                                Kind::Number => value.trim().parse().map_or(Stored::Error, Stored::Number),
                                Kind::Shared => value.trim().parse().map_or(Stored::Error, Stored::Shared),
                                Kind::Error => Stored::Error,
                                Kind::Inline => {
                                    inline.push(std::mem::take(&mut value));
                                    Stored::Inline(inline.len() - 1)
                                }
                            };
                            found.push((column, stored));
                        }
                        column = column.saturating_add(1);
                    }
                    "row" => {
                        let cells: Vec<_> =
                            found.iter().map(|(column, stored)| (*column, stored.cell(&self.texts, &inline))).collect();
                        row(number, &cells)?;
                        found.clear();
                    }
                    "sheetData" => return Ok(None),
                    _ => {}
                },
                Event::Eof if number == 0 => return Ok(None),
                Event::Eof => return Ok(Some(format!("the sheet ends behind row {number}"))),
                _ => {}
            }
        }
    }
}

/// What the value of a cell means.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Number,
    Shared,
    Inline,
    Error,
}

/// A cell before its text is looked up.
#[derive(Debug, Clone, Copy)]
enum Stored {
    Number(f64),
    Shared(usize),
    Inline(usize),
    Error,
}

impl Stored {
    fn cell<'w>(self, texts: &'w [String], inline: &'w [String]) -> Cell<'w> {
        match self {
            Self::Number(number) => Cell::Number(number),
            Self::Shared(place) => texts.get(place).map_or(Cell::Error, |text| Cell::Text(text)),
            Self::Inline(place) => inline.get(place).map_or(Cell::Error, |text| Cell::Text(text)),
            Self::Error => Cell::Error,
        }
    }
}

fn attribute(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.local_name().as_ref() == name);
    found.map(|attribute| attribute.value.to_string())
}

/// The column of `AB7`, from 0.
fn column_of(cell: &str) -> Option<usize> {
    let letters = cell.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0_usize, |number, letter| number * 26 + usize::from(letter - b'A') + 1);
    number.checked_sub(1)
}

/// The texts of a workbook. What belongs to the pronunciation of one is no part of it.
fn shared_texts(document: &[u8]) -> Result<Vec<String>, ReadError> {
    let (root, _) = xml::parse(document)?;
    let texts = root.children.iter().map(|item| {
        let mut text = item.child("t").map_or_else(String::new, |part| part.text.clone());
        for run in item.children.iter().filter(|part| part.name == "r") {
            text.push_str(run.child("t").map_or("", |part| part.text.as_str()));
        }
        text
    });
    Ok(texts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_by_their_columns() {
        assert_eq!(column_of("A1"), Some(0));
        assert_eq!(column_of("AB7"), Some(27));
        assert_eq!(column_of("7"), None);
    }

    #[test]
    fn texts_may_be_in_parts() {
        let texts = "<sst><si><t>a &amp; b</t></si><si><r><t>c</t></r><r><t>d</t></r><rPh><t>x</t></rPh></si></sst>";
        assert_eq!(shared_texts(texts.as_bytes()).unwrap(), ["a & b", "cd"]);
    }
}
