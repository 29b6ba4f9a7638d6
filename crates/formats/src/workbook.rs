//! Workbooks (`.xlsx`, Office Open XML): their sheets by name, and the rows of a sheet one after another.
//!
//! Format: a zip archive. `xl/workbook.xml` lists the sheets in the order in which programs show them,
//! `xl/_rels/workbook.xml.rels` names the member that holds each (in no particular order), `xl/sharedStrings.xml` holds
//! texts that cells refer to by number. A sheet holds rows of cells, `<row r="7"><c r="B7" t="s"><v>12</v></c></row>`;
//! without a reference a row or cell follows the one before it. Hidden sheets are read like the others, sheets of charts have no
//! rows. Dates are numbers: days since 1899-12-30, or since 1904-01-01 where the workbook states it.
//!
//! Damage: a sheet that is damaged or cut off gives the rows before the damage, and a description of place and cause
//! ([`Workbook::rows`]); the row in which the damage lies is left out. A wrong checksum has no place: no value of the sheet can
//! be trusted, and the file is refused.
//!
//! Memory: members are unpacked piece by piece within the bounds of [`crate::archive`]. Held are the shared texts (at most
//! [`MOST_TEXTS`] of [`LARGEST_TEXTS`] bytes), the first [`HEAD_ROWS`] rows of at most [`MOST_SHEETS`] sheets
//! ([`LARGEST_HEADS`] bytes in all), and one row. A sheet has at most [`MOST_CELLS`] cells in [`MOST_COLUMNS`] columns. A workbook
//! beyond one of these limits is refused, never shortened.
//!
//! Source: ECMA-376, part 1, sections 18.2 to 18.4 (SpreadsheetML) and 22.9.2.19 (escapes in strings).
//!
//! Not supported: formulas without a stored value and merged cells but the first (both are empty), UTF-16, encrypted workbooks.

mod events;
mod sheet;
#[cfg(test)]
pub(crate) mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::archive::Archive;
use crate::text::excerpt;
use crate::{Place, ReadError, xml};
use events::{Collector, Events};
use sheet::read_rows;

/// Sheets of a workbook.
const MOST_SHEETS: usize = 1000;
/// Cells with a value in one sheet: 20 columns of the 2^20 rows that a sheet can have.
const MOST_CELLS: usize = 20 << 20;
/// Columns of a sheet, by the standard.
const MOST_COLUMNS: u32 = 16_384;
/// Shared texts: one for each row that a sheet can have.
const MOST_TEXTS: usize = 1 << 20;
/// Bytes of all shared texts.
const LARGEST_TEXTS: usize = 64 << 20;
/// Rows at the start of each sheet that are searched for headers.
pub(crate) const HEAD_ROWS: usize = 64;
/// Bytes that the first rows of all sheets take.
const LARGEST_HEADS: usize = 64 << 20;

/// Types of sheets that have no rows, by their names in the list of members.
const WITHOUT_ROWS: [&str; 3] = ["chartsheet", "dialogsheet", "macrosheet"];

/// The contents of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// A finite number.
    Number(f64),
    /// A text that is not empty, without blanks around it.
    Text(Arc<str>),
    /// A truth value.
    Flag(bool),
    /// An error such as `#N/A`, or anything that is not a value of the cell's type, as stored.
    Error(Box<str>),
}

impl Cell {
    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text that a program shows in a cell without a number; empty for a number.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Number(_) => "",
            Self::Text(text) => text,
            Self::Flag(true) => "TRUE",
            Self::Flag(false) => "FALSE",
            Self::Error(stored) => stored,
        }
    }
}

/// A row that has a cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Row {
    /// From 1, as programs show it.
    pub number: u64,
    /// Column, from 0, and contents of each cell that is not empty, by column.
    pub cells: Vec<(u32, Cell)>,
}

impl Row {
    /// The cell in a column, from 0.
    pub(crate) fn cell(&self, column: u32) -> Option<&Cell> {
        let place = self.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        self.cells.get(place).map(|(_, cell)| cell)
    }

    /// The text of the first cell, if it is one.
    pub(crate) fn first_text(&self) -> Option<&str> {
        self.cells.first().and_then(|(_, cell)| cell.text())
    }

    /// The row, for messages.
    pub(crate) fn place(&self) -> Place {
        Place::Line(self.number)
    }
}

/// A sheet.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// As programs show it.
    pub name: String,
    /// The first rows, at most [`HEAD_ROWS`].
    pub head: Vec<Row>,
    /// Where and why the first rows are damaged, if they are.
    pub head_damage: Option<String>,
    member: String,
}

/// A workbook.
pub(crate) struct Workbook<'a> {
    archive: Archive<'a>,
    texts: Texts,
    /// In the order in which programs show them.
    pub sheets: Vec<Sheet>,
    /// To be added to dates, in days, so that they count from 1899-12-30.
    pub date_offset_d: f64,
}

/// The shared texts, and why they are incomplete, if so.
#[derive(Debug, Default)]
struct Texts {
    texts: Vec<Arc<str>>,
    damage: Option<String>,
}

fn malformed(expected: String, found: String) -> ReadError {
    ReadError::malformed(Place::Offset(0), expected, found)
}

/// The root of a member that has to be complete.
fn whole(archive: &mut Archive<'_>, member: &str) -> Result<xml::Node, ReadError> {
    match xml::parse(&archive.read(member)?)? {
        (root, None) => Ok(root),
        (_, Some(damage)) => Err(malformed(format!("the whole of `{member}`"), damage)),
    }
}

impl<'a> Workbook<'a> {
    /// Reads the list of sheets, the shared texts, and the first rows of each sheet.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where the file is not a workbook, its list of sheets is damaged, or it is larger than it may be.
    pub(crate) fn open(file: &'a [u8]) -> Result<Self, ReadError> {
        let mut archive = Archive::open(file)?;
        let names = archive.names();
        let book = whole(&mut archive, "xl/workbook.xml")?;
        let relations = whole(&mut archive, "xl/_rels/workbook.xml.rels")?;
        let member = |target: &str| {
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            names.iter().find(|name| name.eq_ignore_ascii_case(&path)).cloned().unwrap_or(path)
        };
        let texts = member("sharedStrings.xml");
        let texts = if names.contains(&texts) {
            Texts::read(archive.member(&texts)?, &texts, MOST_TEXTS)?
        } else {
            Texts::default()
        };
        let offset = book.child("workbookPr").and_then(|properties| properties.attribute("date1904"));
        let date_offset_d = if matches!(offset, Some("1" | "true")) { 1462.0 } else { 0.0 };
        let mut workbook = Self { archive, texts, sheets: Vec::new(), date_offset_d };
        let mut head_bytes = 0;
        for listed in book.child("sheets").iter().flat_map(|sheets| sheets.children("sheet")) {
            let name = listed.attribute("name").unwrap_or_default().to_owned();
            let id = listed.attribute("id");
            let Some(relation) = relations.children.iter().find(|it| id.is_some() && it.attribute("Id") == id) else {
                return Err(malformed(format!("the member of sheet `{name}`"), "none".to_owned()));
            };
            let member = member(relation.attribute("Target").unwrap_or_default());
            let kind = relation.attribute("Type").and_then(|kind| kind.rsplit('/').next());
            if kind.is_some_and(|kind| WITHOUT_ROWS.contains(&kind))
                || workbook.sheets.iter().any(|sheet| sheet.member == member)
            {
                continue;
            }
            if workbook.sheets.len() == MOST_SHEETS {
                return Err(malformed(format!("at most {MOST_SHEETS} sheets"), "more".to_owned()));
            }
            let mut sheet = Sheet { name, head: Vec::new(), head_damage: None, member };
            let mut head = Vec::new();
            sheet.head_damage = workbook.stream(&sheet, |row| {
                let bytes = row.cells.iter().map(|(_, cell)| size_of::<(u32, Cell)>() + cell.words().len());
                head_bytes += bytes.sum::<usize>();
                if head_bytes > LARGEST_HEADS {
                    let expected = format!("at most {LARGEST_HEADS} bytes in the first {HEAD_ROWS} rows of all sheets");
                    return Err(malformed(expected, "more".to_owned()));
                }
                head.push(row.clone());
                Ok(if head.len() == HEAD_ROWS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
            })?;
            sheet.head = head;
            workbook.sheets.push(sheet);
        }
        if workbook.sheets.is_empty() {
            return Err(malformed("a workbook with a sheet".to_owned(), "none".to_owned()));
        }
        Ok(workbook)
    }

    /// Calls `row` with each row of a sheet that has a cell, in the order of the file. Where the sheet is damaged, returns
    /// a description of where and why: `row` was called with all rows before.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where the sheet is larger than it may be or its checksum is wrong; what `row` returns.
    pub(crate) fn rows(
        &self,
        sheet: &Sheet,
        mut row: impl FnMut(&Row) -> Result<(), ReadError>,
    ) -> Result<Option<String>, ReadError> {
        self.stream(sheet, |found| row(found).map(ControlFlow::Continue))
    }

    fn stream(
        &self,
        sheet: &Sheet,
        row: impl FnMut(&Row) -> Result<ControlFlow<()>, ReadError>,
    ) -> Result<Option<String>, ReadError> {
        let mut archive = self.archive.clone();
        let name = excerpt(&sheet.name, 40);
        match archive.member(&sheet.member) {
            Ok(member) => {
                let damage = read_rows(member, &self.texts, MOST_CELLS, row)?;
                Ok(damage.map(|damage| format!("sheet `{name}` {damage}")))
            }
            Err(error) => Ok(Some(format!("sheet `{name}` is missing: {error}"))),
        }
    }
}

impl Texts {
    fn read(xml: impl std::io::Read, member: &str, most: usize) -> Result<Self, ReadError> {
        let mut found = Self::default();
        let mut bytes = 0_usize;
        let mut text = Collector::default();
        let mut events = Events::new(xml);
        found.damage = loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(cause) => break Some(format!("`{member}` is damaged: {cause}")),
            };
            if event.starts("si") {
                text.clear();
            }
            text.take(&event);
            if bytes + text.len() > LARGEST_TEXTS || found.texts.len() > most {
                let expected = format!("at most {most} shared texts of {LARGEST_TEXTS} bytes in all");
                return Err(malformed(expected, "more".to_owned()));
            }
            if event.ends("si") {
                bytes += text.len();
                found.texts.push(text.decoded().into());
                text.clear();
            } else if event.ends("sst") {
                break None;
            }
        };
        Ok(found)
    }
}
