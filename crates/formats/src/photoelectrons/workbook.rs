//! The cells of a spreadsheet (`.xlsx`), within bounds.
//!
//! Format: a zip archive; `xl/workbook.xml` names the sheets, `xl/_rels/workbook.xml.rels` the member of each,
//! `xl/sharedStrings.xml` has the texts that cells refer to by number. A row's cells may be anywhere in it: only cells that
//! are there are kept, so a sheet with two far corners is a sheet of two cells.
//! Source: ECMA-376, part 1, chapter 18 (SpreadsheetML).
//!
//! Not supported: formulas without their value, dates (they are numbers), cells of merged ranges but the first.

use crate::archive::Archive;
use crate::xml::{Node, parse};
use crate::{Place, ReadError};

/// Where a sheet ends, whatever its cells say.
const LAST_COLUMN: u32 = 16_384;

/// A row that has a cell: its number from 1, and the cells by column from 0, in order.
pub(crate) type Row = (u32, Vec<(u32, Cell)>);

/// A sheet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sheet {
    pub name: String,
    pub rows: Vec<Row>,
    /// Why the sheet isn't whole, if so.
    pub broken: Option<String>,
}

/// A cell with something in it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Number(f64),
    Text(String),
}

impl Cell {
    /// The number, if it is one.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// The member in which a workbook's texts are; where a program has none, the first sheet.
pub(crate) const TEXTS: [&str; 2] = ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"];

/// The sheets of a workbook, in its order.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the archive or a member is damaged or too large, or there is no workbook in it.
pub(crate) fn sheets(file: &[u8]) -> Result<Vec<Sheet>, ReadError> {
    let mut archive = Archive::open(file)?;
    let names = archive.names();
    let (workbook, _) = parse(&archive.read("xl/workbook.xml")?)?;
    let (relations, _) = parse(&archive.read("xl/_rels/workbook.xml.rels")?)?;
    let mut texts = Vec::new();
    if names.iter().any(|name| name == TEXTS[0]) {
        let (strings, _) = parse(&archive.read(TEXTS[0])?)?;
        texts = strings.children.iter().map(joined).collect();
    }
    let mut sheets = Vec::new();
    for sheet in workbook.child("sheets").map_or(&[][..], |sheets| &sheets.children) {
        let target = relations
            .children
            .iter()
            .find(|relation| relation.attribute("Id").is_some() && relation.attribute("Id") == sheet.attribute("id"));
        let Some(target) = target.and_then(|relation| relation.attribute("Target")) else { continue };
        let member = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        if !names.contains(&member) || sheets.iter().any(|(_, other)| *other == member) {
            continue;
        }
        sheets.push((sheet.attribute("name").unwrap_or_default().to_owned(), member));
    }
    if sheets.is_empty() {
        return Err(ReadError::Malformed {
            place: Place::Offset(0),
            expected: "a workbook with a sheet".to_owned(),
            found: "none".to_owned(),
        });
    }
    let read = |(name, member): (String, String)| {
        let (worksheet, broken) = parse(&archive.read(&member)?)?;
        let rows = worksheet.child("sheetData").map_or(&[][..], |data| &data.children);
        Ok(Sheet { name, rows: rows_of(rows, &texts), broken })
    };
    sheets.into_iter().map(read).collect()
}

/// The texts of an item, which may be in several runs of different fonts.
fn joined(item: &Node) -> String {
    item.descendants().filter(|node| node.name == "t").map(|node| node.text.as_str()).collect()
}

fn rows_of(rows: &[Node], texts: &[String]) -> Vec<Row> {
    let mut found = Vec::with_capacity(rows.len());
    let mut number = 0_u32;
    for row in rows {
        number = row.attribute("r").and_then(|r| r.parse().ok()).unwrap_or(number.saturating_add(1));
        let mut next = 0_u32;
        let mut cells = Vec::with_capacity(row.children.len());
        for node in &row.children {
            let column = node.attribute("r").and_then(column).unwrap_or(next);
            next = column.saturating_add(1);
            if let Some(cell) = cell(node, texts).filter(|_| column < LAST_COLUMN) {
                cells.push((column, cell));
            }
        }
        if !cells.is_empty() {
            cells.sort_by_key(|(column, _)| *column);
            found.push((number, cells));
        }
    }
    found
}

/// The column of a cell such as `AB12`, from 0.
fn column(reference: &str) -> Option<u32> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let letter = |sum: u32, byte: u8| sum.checked_mul(26)?.checked_add(u32::from(byte.to_ascii_uppercase() - b'A') + 1);
    let from_one = letters.map(Some).try_fold(0_u32, |sum, byte| letter(sum, byte?))?;
    from_one.checked_sub(1)
}

fn cell(node: &Node, texts: &[String]) -> Option<Cell> {
    let text = |text: &str| (!text.trim().is_empty()).then(|| Cell::Text(text.trim().to_owned()));
    match node.attribute("t").unwrap_or("n") {
        "s" => text(texts.get(node.text_at("v")?.parse::<usize>().ok()?)?),
        "inlineStr" => text(&joined(node)),
        "str" => text(node.text_at("v")?),
        "n" => Some(Cell::Number(fast_float2::parse(node.text_at("v")?).ok()?)),
        _ => None,
    }
}

/// Zip archives with the members of a small workbook, for tests.
#[cfg(test)]
pub(super) mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// A workbook of one sheet with these rows; numbers are recognised.
    pub(in crate::photoelectrons) fn workbook(name: &str, rows: &[&[&str]]) -> Vec<u8> {
        let mut texts: Vec<&str> = Vec::new();
        let mut data = String::new();
        for (number, row) in rows.iter().enumerate() {
            data.push_str(&format!("<row r=\"{}\">", number + 1));
            for (at, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
                let reference = format!("{}{}", char::from(b'A' + at as u8), number + 1);
                if cell.parse::<f64>().is_ok() {
                    data.push_str(&format!("<c r=\"{reference}\"><v>{cell}</v></c>"));
                } else {
                    data.push_str(&format!("<c r=\"{reference}\" t=\"s\"><v>{}</v></c>", texts.len()));
                    texts.push(cell);
                }
            }
            data.push_str("</row>");
        }
        let strings: String = texts.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
        let members = [
            (
                "xl/workbook.xml",
                format!("<workbook><sheets><sheet name=\"{name}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
                    .to_owned(),
            ),
            ("xl/sharedStrings.xml", format!("<sst>{strings}</sst>")),
            ("xl/worksheets/sheet1.xml", format!("<worksheet><sheetData>{data}</sheetData></worksheet>")),
        ];
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in members {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn cells_keep_their_places() {
        let sheets = sheets(&workbook("O1s Scan", &[&["eV", "", "Counts / s"], &[], &["530.5", "", "7"]])).unwrap();
        assert_eq!(sheets[0].name, "O1s Scan");
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(
            sheets[0].rows,
            [
                (1, vec![(0, text("eV")), (2, text("Counts / s"))]),
                (3, vec![(0, Cell::Number(530.5)), (2, Cell::Number(7.0))])
            ]
        );
    }

    #[test]
    fn columns_have_letters() {
        assert_eq!((column("A1"), column("Z9"), column("AB12"), column("7")), (Some(0), Some(25), Some(27), None));
        assert_eq!(column("ZZZZZZZZZZ1"), None);
    }
}
