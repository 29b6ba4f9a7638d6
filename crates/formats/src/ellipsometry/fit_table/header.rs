//! Finds the header of a table of fitted parameters, and which program wrote it.

use crate::text::{Line, lines};
use crate::{Match, Place, ReadError};

use crate::delimited::cells::Delimiter;

/// Lines that may be above the header.
const MOST_LINES: usize = 24;

/// The kinds of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `X (cm)`, `Y (cm)`, `MSE`
    Places,
    /// `X (cm)`, `Y (cm)`, `Z` below a line that names what Z is: `Thickness # 1 in nm vs. Position`
    Plot,
    /// Points `(x,y)` of CompleteEASE.
    MapPoints,
    /// Points `1:(x,y)` of WVASE.
    WvaseMap,
    /// `Time (min)`, `MSE`, `Thickness # 1 (nm)`
    InSitu,
    /// `Time`, `Thick(A).1`
    FilmSense,
}

/// The end of the line above a [`Kind::Plot`].
const POSITION: &str = " vs. Position";

/// The header of a table.
#[derive(Debug)]
pub(super) struct Header<'t> {
    pub kind: Kind,
    pub certainty: Match,
    pub delimiter: Delimiter,
    pub cells: Vec<&'t str>,
    /// The header's line.
    pub line: u64,
    pub rows_start: usize,
    pub title: &'t str,
    pub strategy: &'t str,
}

impl Header<'_> {
    /// Whether rows begin with a place in brackets.
    pub(super) fn is_keyed(&self) -> bool {
        matches!(self.kind, Kind::MapPoints | Kind::WvaseMap)
    }

    /// What a [`Kind::Plot`] shows, as a header of other tables would name it: `Thickness # 1 (nm)`.
    pub(super) fn plotted(&self) -> Option<String> {
        let quantity = self.title.strip_suffix(POSITION).filter(|_| self.kind == Kind::Plot)?;
        Some(match quantity.rsplit_once(" in ") {
            Some((words, unit)) => format!("{words} ({unit})"),
            None => quantity.to_owned(),
        })
    }
}

pub(super) fn missing() -> ReadError {
    ReadError::ColumnMissing {
        place: Place::Line(1),
        expected: "`MSE` or a thickness, beside time, position or `Point #`".to_owned(),
        found: "no such header".to_owned(),
    }
}

/// The first line that is a header of these programs.
pub(super) fn find(text: &str) -> Option<Header<'_>> {
    let (mut title, mut strategy) = ("", "");
    for line in lines(text).take(MOST_LINES) {
        let words = line.text.trim();
        if let Some(rest) = words.strip_prefix("Analysis Strategy:") {
            strategy = rest.trim();
        } else if line.number == 1 {
            title = words;
        }
        if let Some((kind, certainty, delimiter, cells)) = header_of(line) {
            // The first line is a title in maps of WVASE, and where a remark was put above the table.
            let remark = title.strip_prefix('#').map_or("", str::trim);
            if kind == Kind::Plot && !title.ends_with(POSITION) {
                continue;
            }
            let title = if matches!(kind, Kind::WvaseMap | Kind::Plot) { title } else { remark };
            let next = lines(text).nth(usize::try_from(line.number).unwrap_or(usize::MAX));
            let rows_start = next.map_or(text.len(), |next| next.start);
            return Some(Header { kind, certainty, delimiter, cells, line: line.number, rows_start, title, strategy });
        }
    }
    None
}

fn header_of(line: Line<'_>) -> Option<(Kind, Match, Delimiter, Vec<&str>)> {
    let delimiter = Delimiter::of_header(line.text);
    if delimiter == Delimiter::Blanks {
        return None;
    }
    let mut cells = Vec::new();
    delimiter.split(line.text, &mut cells);
    let has = |name: &str| cells.contains(&name);
    let starts = |start: &str| cells.iter().any(|cell| cell.starts_with(start));
    let first = *cells.first()?;
    let is_time = |cell: &str| cell == "Time" || cell.starts_with("Time (");
    let (kind, certainty) = match first {
        "" if has("Point #") => (Kind::MapPoints, Match::Certain),
        "Fit Parm:" if cells.len() > 1 => (Kind::WvaseMap, Match::Certain),
        _ if first.starts_with("X (") && starts("Y (") && has("MSE") => (Kind::Places, Match::Certain),
        "X (cm)" if cells[1..] == ["Y (cm)", "Z"] => (Kind::Plot, Match::Certain),
        _ if is_time(first) && has("MSE") && (starts("Thickness") || starts("n of ") || starts("Roughness (")) => {
            (Kind::InSitu, Match::Likely)
        }
        "Time" if starts("Thick(") && delimiter == Delimiter::TAB => (Kind::FilmSense, Match::Likely),
        _ => return None,
    };
    Some((kind, certainty, delimiter, cells))
}
