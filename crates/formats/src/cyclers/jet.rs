//! Reads tables of Access databases of the Jet 4 kind (Access 2000 to 2003, `.mdb`), as far as Arbin's `.res` needs them.
//!
//! Little-endian pages of 4096 bytes. Page 0 has `Standard Jet DB` at 4 and the version at 20 (1 is Jet 4); page 2 defines
//! the table `MSysObjects`, whose rows name the other tables and the pages of their definitions. A definition (page type
//! 2, continued in the page at 4) has at 16 the number of rows, at 43 the number of variable columns, at 45 that of
//! columns, at 51 that of indexes, at 55 where the map of its pages is; from 63, after 12 bytes an index, 25 bytes a
//! column (type +0, number +5, place among the variable ones +7, flags +15, offset among the fixed ones +21, length +23),
//! then the names in UTF-16. A data page (type 1, definition at 4) has the number of rows at 12 and an offset for each
//! from 14: 0x8000 marks a deleted row, 0x4000 one that moved to where its four bytes point. A row is a number of columns,
//! the fixed columns, the variable ones, their offsets backwards, their number, and a bit for each column that is not null.
//!
//! Source: mdbtools, `HACKING.md` (format of Jet 3 and 4 databases); Jackcess.
//!
//! Not supported: Jet 3 (Access 97), `.accdb`, encrypted databases, and long texts (memos), which are left out.

use crate::little_endian::number_at;
use crate::{Place, ReadError};

const PAGE: usize = 4096;
/// The page with the definition of the table of tables.
const CATALOGUE: u32 = 2;
/// Longest chain of pages of a definition: 1000 columns need some fifteen.
const LONGEST_CHAIN: usize = 64;
/// An offset of a row without its marks.
const OFFSET: u16 = 0x1FFF;
const DELETED: u16 = 0x8000;
const MOVED: u16 = 0x4000;

/// The type of a column's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Flag,
    Byte,
    Short,
    Long,
    Single,
    Double,
    Date,
    Text,
    /// Read as null.
    Other,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub name: String,
    pub kind: Type,
    number: usize,
    variable: Option<usize>,
    offset: usize,
}

impl Definition {
    /// Whether its values are numbers.
    pub(super) fn is_number(&self) -> bool {
        !matches!(self.kind, Type::Text | Type::Other)
    }
}

/// A table of the database.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub columns: Vec<Definition>,
    /// Rows that its definition announces.
    pub announced: u32,
    page: u32,
    map: u32,
    has_variable: bool,
}

impl Table {
    /// The column of that name.
    pub(super) fn column(&self, name: &str) -> Option<&Definition> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A database in memory.
pub(super) struct Jet<'d> {
    file: &'d [u8],
}

/// A row of a table, as bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'d> {
    bytes: &'d [u8],
    /// Columns that it has; later ones are null.
    count: usize,
    has_variable: bool,
}

impl<'d> Jet<'d> {
    /// Checks the first page.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where it is not a Jet database, [`ReadError::NotSupported`] for other versions.
    pub(super) fn open(file: &'d [u8]) -> Result<Self, ReadError> {
        if !file.get(4..).is_some_and(|rest| rest.starts_with(b"Standard Jet DB")) {
            return Err(ReadError::malformed(Place::Offset(4), "`Standard Jet DB`", "other bytes"));
        }
        match file.get(20) {
            Some(1) => Ok(Self { file }),
            Some(version) => Err(ReadError::NotSupported {
                place: Place::Offset(20),
                recognised: format!("an Access database of version {version} (0 is Access 97)"),
                advice:
                    "version 1 (Access 2000 to 2003), which Arbin writes, is read: convert it in Access, or export the \
                         channel as CSV"
                        .to_owned(),
            }),
            None => Err(ReadError::malformed(Place::Offset(20), "the version of the database", "the end of the file")),
        }
    }

    /// Whether the file ends within a page.
    pub(super) fn is_cut(&self) -> bool {
        !self.file.len().is_multiple_of(PAGE)
    }

    /// A whole page.
    fn page(&self, number: u32) -> Option<&'d [u8]> {
        let start = (number as usize).checked_mul(PAGE)?;
        self.file.get(start..start.checked_add(PAGE)?)
    }

    /// The table of that name; `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where the catalogue or the definition is damaged or encrypted.
    pub(super) fn table(&self, name: &str) -> Result<Option<Table>, ReadError> {
        let catalogue = self.definition(CATALOGUE)?;
        let [Some(name_column), Some(id), Some(kind)] = ["Name", "Id", "Type"].map(|column| catalogue.column(column))
        else {
            return Err(ReadError::malformed(
                Place::Offset(u64::from(CATALOGUE) * 4096),
                "the columns `Name`, `Id` and `Type` of `MSysObjects`",
                "others",
            ));
        };
        for row in self.rows(&catalogue)?.0 {
            // Type 1 is a table; the upper byte of the identifier is a flag.
            if row.number(kind) == Some(1.0) && row.text(name_column).as_deref() == Some(name) {
                let page = row.number(id).map_or(0, |id| id as i64 as u32 & 0x00FF_FFFF);
                return self.definition(page).map(Some);
            }
        }
        Ok(None)
    }

    /// The definition of a table that starts in a page.
    fn definition(&self, page: u32) -> Result<Table, ReadError> {
        let offset = u64::from(page) * PAGE as u64;
        let cut = || ReadError::malformed(Place::Offset(offset), "the definition of a table", "too few bytes");
        let mut bytes = Vec::new();
        let mut next = page;
        for place in 0..LONGEST_CHAIN {
            let part = self.page(next).filter(|part| part.first() == Some(&2)).ok_or_else(|| {
                ReadError::malformed(
                    Place::Offset(u64::from(next) * PAGE as u64),
                    "a definition of a table (is the database encrypted?)",
                    "a page of another type, or no page",
                )
            })?;
            bytes.extend_from_slice(if place == 0 { part } else { &part[8..] });
            next = number_at::<u32>(part, 4).unwrap_or(0);
            if next == 0 {
                break;
            }
        }
        let announced = number_at::<u32>(&bytes, 16).ok_or_else(cut)?;
        let variable = number_at::<u16>(&bytes, 43).ok_or_else(cut)?;
        let count = usize::from(number_at::<u16>(&bytes, 45).ok_or_else(cut)?);
        let indexes = number_at::<u32>(&bytes, 51).ok_or_else(cut)? as usize;
        let map = number_at::<u32>(&bytes, 55).ok_or_else(cut)?;
        crate::repetition::check_columns(count, Place::Offset(offset))?;
        let mut at = indexes.checked_mul(12).and_then(|indexes| indexes.checked_add(63)).ok_or_else(cut)?;
        let mut columns = Vec::new();
        for _ in 0..count {
            let entry: &[u8; 25] = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(cut)?;
            let short = |at| usize::from(number_at::<u16>(entry, at).unwrap_or_default());
            let is_fixed = entry[15] & 1 == 1;
            columns.push(Definition {
                name: String::new(),
                kind: kind(entry[0]),
                number: short(5),
                variable: (!is_fixed).then(|| short(7)),
                offset: short(21),
            });
            at += 25;
        }
        for column in &mut columns {
            let length = usize::from(number_at::<u16>(&bytes, at).ok_or_else(cut)?);
            column.name = utf16(bytes.get(at + 2..at + 2 + length).ok_or_else(cut)?);
            at += 2 + length;
        }
        Ok(Table { columns, announced, page, map, has_variable: variable > 0 })
    }

    /// The rows of a table, in the order of its pages, and how many of its pages are missing or damaged.
    ///
    /// # Errors
    ///
    /// [`ReadError::Malformed`] where the map of its pages is damaged.
    pub(super) fn rows(&self, table: &Table) -> Result<(Vec<Row<'d>>, usize), ReadError> {
        let offset = u64::from(table.page) * PAGE as u64;
        let map = self.pointed(table.map).ok_or_else(|| {
            ReadError::malformed(Place::Offset(offset), "the map of the table's pages", "no such row")
        })?;
        let (mut rows, mut lost) = (Vec::new(), 0);
        match map.first() {
            Some(0) => {
                let first = number_at::<u32>(map, 1).unwrap_or(0);
                self.mapped(map.get(5..).unwrap_or_default(), first, table, &mut rows, &mut lost);
            }
            Some(1) => {
                // Each entry is a page of type 5 that maps the next 32 736 pages.
                for (place, entry) in map.get(1..).unwrap_or_default().chunks_exact(4).enumerate() {
                    let page = number_at::<u32>(entry, 0).unwrap_or(0);
                    if page == 0 {
                        continue;
                    }
                    let first = u32::try_from(place * (PAGE - 4) * 8).unwrap_or(u32::MAX);
                    match self.page(page).filter(|bytes| bytes.first() == Some(&5)) {
                        Some(bytes) => self.mapped(&bytes[4..], first, table, &mut rows, &mut lost),
                        None => lost += 1,
                    }
                }
            }
            _ => {
                return Err(ReadError::malformed(
                    Place::Offset(offset),
                    "a map of pages of type 0 or 1",
                    "a different type",
                ));
            }
        }
        Ok((rows, lost))
    }

    /// Takes the rows of the pages whose bits are set.
    fn mapped(&self, bits: &[u8], first: u32, table: &Table, rows: &mut Vec<Row<'d>>, lost: &mut usize) {
        let pages = u32::try_from(self.file.len() / PAGE).unwrap_or(u32::MAX);
        for (place, byte) in bits.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            for bit in (0..8).filter(|bit| byte >> bit & 1 == 1) {
                let number = u32::try_from(place * 8 + bit).ok().and_then(|place| first.checked_add(place));
                let page = number.filter(|number| *number < pages).and_then(|number| self.page(number));
                // The map holds the definition's other pages as well.
                match page {
                    Some(page) if page[0] == 1 && number_at::<u32>(page, 4) == Some(table.page) => {
                        self.page_rows(page, table, rows);
                    }
                    Some(_) => {}
                    None => *lost += 1,
                }
            }
        }
    }

    fn page_rows(&self, page: &'d [u8], table: &Table, rows: &mut Vec<Row<'d>>) {
        // A page has room for 2041 rows at most.
        let count = usize::from(number_at::<u16>(page, 12).unwrap_or(0)).min((PAGE - 14) / 2);
        for place in 0..count {
            let mark = number_at::<u16>(page, 14 + 2 * place).unwrap_or(DELETED);
            if mark & DELETED != 0 {
                continue;
            }
            let bytes = match row_bytes(page, place) {
                Some(bytes) if mark & MOVED != 0 => {
                    number_at::<u32>(bytes, 0).and_then(|pointer| self.pointed(pointer))
                }
                bytes => bytes,
            };
            let Some(bytes) = bytes else { continue };
            if let Some(count) = number_at::<u16>(bytes, 0) {
                rows.push(Row { bytes, count: usize::from(count), has_variable: table.has_variable });
            }
        }
    }

    /// The bytes that a pointer refers to: the row in its low byte, the page above it.
    fn pointed(&self, pointer: u32) -> Option<&'d [u8]> {
        row_bytes(self.page(pointer >> 8).filter(|page| page.first() == Some(&1))?, (pointer & 0xFF) as usize)
    }
}

/// The bytes of a row of a data page, whatever its marks.
fn row_bytes(page: &[u8], place: usize) -> Option<&[u8]> {
    let offset = |place: usize| number_at::<u16>(page, 14 + 2 * place).map(|mark| usize::from(mark & OFFSET));
    if place >= usize::from(number_at::<u16>(page, 12)?) {
        return None;
    }
    let end = if place == 0 { PAGE } else { offset(place - 1)? };
    page.get(offset(place)?..end)
}

fn kind(number: u8) -> Type {
    match number {
        1 => Type::Flag,
        2 => Type::Byte,
        3 => Type::Short,
        4 => Type::Long,
        6 => Type::Single,
        7 => Type::Double,
        8 => Type::Date,
        10 => Type::Text,
        _ => Type::Other,
    }
}

impl Row<'_> {
    /// Whether a column has a value; for a flag that is its value.
    fn is_set(&self, number: usize) -> bool {
        let mask = self.count.div_ceil(8);
        let start = self.bytes.len().checked_sub(mask);
        number < self.count
            && start
                .and_then(|start| self.bytes.get(start + number / 8))
                .is_some_and(|bits| bits >> (number % 8) & 1 == 1)
    }

    /// The number in a fixed column; `None` where it is null.
    pub(super) fn number(&self, column: &Definition) -> Option<f64> {
        let is_set = self.is_set(column.number);
        if column.kind == Type::Flag {
            return Some(f64::from(u8::from(is_set)));
        }
        if !is_set || column.variable.is_some() {
            return None;
        }
        let bytes = self.bytes.get(2 + column.offset..)?;
        let number = match column.kind {
            Type::Byte => f64::from(*bytes.first()?),
            Type::Short => f64::from(number_at::<i16>(bytes, 0)?),
            Type::Long => f64::from(number_at::<i32>(bytes, 0)?),
            Type::Single => f64::from(number_at::<f32>(bytes, 0)?),
            Type::Double | Type::Date => number_at::<f64>(bytes, 0)?,
            Type::Flag | Type::Text | Type::Other => return None,
        };
        Some(number)
    }

    /// The text in a variable column; `None` where it is null.
    pub(super) fn text(&self, column: &Definition) -> Option<String> {
        if column.kind != Type::Text || !self.has_variable || !self.is_set(column.number) {
            return None;
        }
        let place = column.variable?;
        // Backwards from the mask: the number of variable columns, their offsets, where the last one ends.
        let count_at = self.bytes.len().checked_sub(self.count.div_ceil(8) + 2)?;
        let count = usize::from(number_at::<u16>(self.bytes, count_at)?);
        let offset =
            |place: usize| number_at::<u16>(self.bytes, count_at.checked_sub(2 * (place + 1))?).map(usize::from);
        if place >= count {
            return None;
        }
        self.bytes.get(offset(place)?..offset(place + 1)?).map(text)
    }
}

/// Text as Jet 4 stores it: UTF-16, or after FF FE bytes of Latin-1, with a zero where UTF-16 begins and ends.
fn text(bytes: &[u8]) -> String {
    let Some(compressed) = bytes.strip_prefix(&[0xFF, 0xFE]) else { return utf16(bytes) };
    let mut decoded = String::new();
    for (place, part) in compressed.split(|byte| *byte == 0).enumerate() {
        if place % 2 == 0 {
            decoded.extend(part.iter().map(|byte| char::from(*byte)));
        } else {
            decoded.push_str(&utf16(part));
        }
    }
    decoded
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compressed_or_utf_16() {
        assert_eq!(text(b"\xFF\xFEdot 3 \xB5"), "dot 3 µ");
        assert_eq!(text(b"d\0\xA9\x03"), "dΩ");
        assert_eq!(text(b"\xFF\xFEa\0\xA9\x03\0b"), "aΩb");
    }

    #[test]
    fn other_versions_and_other_bytes_are_refused() {
        let mut file = vec![0_u8; PAGE];
        file[4..19].copy_from_slice(b"Standard Jet DB");
        let error = Jet::open(&file).err().unwrap().to_string();
        assert!(error.starts_with("byte 20: this is an Access database of version 0"), "{error}");
        file[20] = 1;
        let error = Jet::open(&file).unwrap().table("Channel_Normal_Table").unwrap_err().to_string();
        assert_eq!(
            error,
            "byte 8192: expected a definition of a table (is the database encrypted?), found a page of another type, or no page"
        );
        assert!(Jet::open(b"Standard Jet DB").is_err());
    }

    #[test]
    fn a_row_has_numbers_flags_and_texts_or_nulls() {
        let column =
            |kind, number, variable, offset| Definition { name: String::new(), kind, number, variable, offset };
        // Five columns: a short, a double, a flag, two texts; the second text is null.
        let mut bytes = vec![5, 0, 7, 0];
        bytes.extend_from_slice(&2.5_f64.to_le_bytes());
        bytes.extend_from_slice(b"\xFF\xFEab");
        bytes.extend_from_slice(&[16, 0, 16, 0, 12, 0, 2, 0, 0b0_1111]);
        let row = Row { bytes: &bytes, count: 5, has_variable: true };
        assert_eq!(row.number(&column(Type::Short, 0, None, 0)), Some(7.0));
        assert_eq!(row.number(&column(Type::Double, 1, None, 2)), Some(2.5));
        assert_eq!(row.number(&column(Type::Flag, 2, None, 0)), Some(1.0));
        assert_eq!(row.text(&column(Type::Text, 3, Some(0), 0)), Some("ab".to_owned()));
        assert_eq!(row.text(&column(Type::Text, 4, Some(1), 0)), None);
        assert_eq!(row.number(&column(Type::Long, 7, None, 100)), None);
    }
}
