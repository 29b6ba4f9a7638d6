//! Reads the rows of a sheet while its member is unpacked.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use quick_xml::events::BytesStart;

use super::events::{Collector, Event, Events, attribute};
use super::{Cell, LARGEST_TEXTS, MOST_COLUMNS, Row, Texts, malformed};
use crate::ReadError;
use crate::text::{counted, excerpt};

/// Calls `take` with each row that has a cell, until it returns `Break`. Returns where and why the sheet is damaged, if it is.
///
/// # Errors
///
/// [`ReadError::Malformed`] where there are more than `most_cells` cells or the member's checksum is wrong; what `take`
/// returns.
pub(super) fn read_rows(
    xml: impl Read,
    texts: &Texts,
    most_cells: usize,
    mut take: impl FnMut(&Row) -> Result<ControlFlow<()>, ReadError>,
) -> Result<Option<String>, ReadError> {
    let mut events = Events::new(xml);
    let mut row = Row::default();
    let mut last_whole = None;
    let mut at = Position::default();
    let (mut cells, mut missing) = (0_usize, 0_usize);
    // Bytes of the texts in the row itself.
    let mut inline = 0_usize;
    let mut value = Collector::default();
    let damage = loop {
        let event = match events.next() {
            Ok(event) => event,
            Err(cause) => break Some(cause),
        };
        value.take(&event);
        match &event {
            Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                "row" => {
                    let number = attribute(tag, "r").and_then(|number| number.trim().parse().ok());
                    row.number = number.unwrap_or_else(|| row.number.saturating_add(1));
                    row.cells.clear();
                    inline = 0;
                    at.next_column = 0;
                }
                "c" => {
                    value.clear();
                    at.begin_cell(tag);
                }
                _ => {}
            },
            _ => {}
        }
        if event.ends("c") && value.has_value {
            if at.column >= MOST_COLUMNS || row.cells.len() as u32 >= MOST_COLUMNS {
                break Some(format!("row {} has more than {MOST_COLUMNS} columns", row.number));
            }
            let cell = at.kind.cell(&value, texts);
            missing += usize::from(at.kind == Kind::Shared && matches!(cell, Some(Cell::Error(_))));
            if at.kind == Kind::Text {
                inline += value.len();
            }
            cells += 1;
            if cells > most_cells {
                return Err(malformed(format!("a sheet of at most {most_cells} cells"), "more".to_owned()));
            }
            row.cells.extend(cell.map(|cell| (at.column, cell)));
        } else if event.ends("row") {
            if !row.cells.is_sorted_by_key(|(column, _)| *column) {
                row.cells.sort_by_key(|(column, _)| *column);
            }
            if !row.cells.is_empty() && take(&row)?.is_break() {
                return Ok(None);
            }
            last_whole = Some(row.number);
        } else if event.ends("sheetData") {
            break None;
        }
        if inline + value.len() > LARGEST_TEXTS {
            break Some(format!("row {} has texts of more than {LARGEST_TEXTS} bytes", row.number));
        }
    };
    if let Some(cause) = damage {
        let place = last_whole.map_or_else(|| "before its first row".to_owned(), |row| format!("after row {row}"));
        return Ok(Some(format!("is damaged {place}: {cause}")));
    }
    events.finish().map_err(|found| malformed("the whole member of a sheet".to_owned(), found))?;
    let cause = texts.damage.as_deref().unwrap_or("not in the workbook");
    Ok((missing > 0).then(|| format!("refers to {} that cannot be read: {cause}", counted(missing, "shared text"))))
}

/// The parser's position within a row.
#[derive(Default)]
struct Position {
    /// Column of the current cell, from 0.
    column: u32,
    /// Column of a cell that states none.
    next_column: u32,
    kind: Kind,
}

impl Position {
    fn begin_cell(&mut self, tag: &BytesStart<'_>) {
        self.column = attribute(tag, "r").and_then(|cell| column_of(&cell)).unwrap_or(self.next_column);
        self.next_column = self.column.saturating_add(1);
        self.kind = match attribute(tag, "t").as_deref() {
            Some("s") => Kind::Shared,
            // `d` is a date in ISO 8601.
            Some("str" | "inlineStr" | "d") => Kind::Text,
            Some("b") => Kind::Flag,
            Some("e") => Kind::Error,
            _ => Kind::Number,
        };
    }
}

/// The type of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Text,
    Flag,
    Error,
}

impl Kind {
    /// The cell with a value as stored; `None` where it is empty.
    fn cell(self, value: &Collector, texts: &Texts) -> Option<Cell> {
        let stored = value.value();
        if stored.is_empty() {
            return None;
        }
        let error = || Some(Cell::Error(excerpt(stored, 100).into()));
        let text = |text: &Arc<str>| (!text.is_empty()).then(|| Cell::Text(Arc::clone(text)));
        match self {
            Self::Number => match fast_float2::parse::<f64, _>(stored).ok().filter(|number| number.is_finite()) {
                Some(number) => Some(Cell::Number(number)),
                None => error(),
            },
            Self::Shared => match stored.parse::<usize>().ok().and_then(|place| texts.texts.get(place)) {
                Some(found) => text(found),
                None => Some(Cell::Error(format!("shared text {}", excerpt(stored, 20)).into())),
            },
            Self::Text => text(&Arc::from(&*value.decoded())),
            Self::Flag => match stored {
                "1" | "true" => Some(Cell::Flag(true)),
                "0" | "false" => Some(Cell::Flag(false)),
                _ => error(),
            },
            Self::Error => error(),
        }
    }
}

/// The column of `AB7`, from 0; `None` where the reference starts with no letter or with too many.
pub(super) fn column_of(cell: &str) -> Option<u32> {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    let number =
        letters.take(5).fold(0_u32, |number, letter| number * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}
