//! Splits a JCAMP-DX file into its blocks and labelled records.
//!
//! A record is `##LABEL= value`, with further lines of value up to the next one. `$$` begins a comment. Blanks, `-`, `/`, `_` and case
//! do not count in a label. `##TITLE=` begins a block, `##END=` ends it; a block of the type LINK contains others.

use crate::number::{DecimalMark, parse_number};
use crate::text::{Line, Lines, lines};
use crate::{Place, ReadError};

/// Records of a file; real ones have hundreds.
const MOST_RECORDS: usize = 200_000;

/// One record.
#[derive(Debug, Clone)]
pub(super) struct Record<'t> {
    /// The label without what does not count, in capitals: `DATATYPE`, `$CSSCANRATE`.
    pub label: String,
    /// As in the file, for messages.
    pub shown: &'t str,
    /// The value in the line of the label, without a comment.
    pub value: &'t str,
    /// The comment in that line.
    pub comment: &'t str,
    /// The line of the label.
    pub line: u64,
    /// The rest of the file, of which this many lines are those below.
    rest: Lines<'t>,
    n_lines: usize,
}

impl<'t> Record<'t> {
    /// The lines below, without comments, and without those that have nothing else.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'t>> {
        let below = self.rest.clone().take(self.n_lines);
        below
            .map(|line| Line { text: without_comment(line.text).0.trim(), ..line })
            .filter(|line| !line.text.is_empty())
    }
}

/// One block.
#[derive(Debug, Default)]
pub(super) struct Block<'t> {
    /// In file order.
    pub records: Vec<Record<'t>>,
    /// Whether `##END=` follows.
    pub is_ended: bool,
    /// The line of its `##TITLE=`.
    pub line: u64,
    parent: Option<usize>,
}

impl<'t> Block<'t> {
    /// The first record with this label.
    pub(super) fn record(&self, label: &str) -> Option<&Record<'t>> {
        self.records.iter().find(|record| record.label == label)
    }

    /// Its value; empty where it is missing.
    pub(super) fn value(&self, label: &str) -> &'t str {
        self.record(label).map_or("", |record| record.value)
    }

    /// Its value as a number.
    pub(super) fn number(&self, label: &str, mark: DecimalMark) -> Option<f64> {
        number(self.value(label), mark)
    }

    /// The value of `##DATA TYPE=`.
    pub(super) fn data_type(&self) -> &'t str {
        self.value("DATATYPE")
    }

    /// Whether it only contains other blocks.
    pub(super) fn is_link(&self) -> bool {
        self.data_type().eq_ignore_ascii_case("LINK")
    }

    /// The decimal mark of its settings.
    pub(super) fn decimal_mark(&self) -> DecimalMark {
        let settings = ["FIRSTX", "LASTX", "DELTAX", "MINX", "MAXX", "FIRSTY", "MINY", "MAXY", "XFACTOR", "YFACTOR"];
        crate::number::detect_decimal_mark(settings.map(|label| self.value(label)))
    }
}

/// A finite number; `None` where nothing is stated.
pub(super) fn number(words: &str, mark: DecimalMark) -> Option<f64> {
    parse_number(words, mark).filter(|number| number.is_finite())
}

/// A line without its comment, and the comment.
fn without_comment(line: &str) -> (&str, &str) {
    line.split_once("$$").unwrap_or((line, ""))
}

/// A label without what does not count.
fn folded(label: &str) -> String {
    let counts = |c: &char| !c.is_whitespace() && !['-', '/', '_'].contains(c);
    label.chars().filter(counts).flat_map(char::to_uppercase).collect()
}

/// The blocks of a file, in the order in which they begin.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the file does not begin with `##TITLE=`, or has more records than any real one.
pub(super) fn blocks(text: &str) -> Result<Vec<Block<'_>>, ReadError> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut records = 0;
    let mut all = lines(text);
    while let Some(line) = all.next() {
        let Some(rest) = line.text.trim_start().strip_prefix("##") else {
            if let Some(record) = open.and_then(|at| blocks.get_mut(at)?.records.last_mut()) {
                record.n_lines += 1;
            } else if blocks.is_empty() && !without_comment(line.text).0.trim().is_empty() {
                return Err(ReadError::unexpected(line.number, "`##TITLE=`", line.text.trim()));
            }
            continue;
        };
        records += 1;
        if records > MOST_RECORDS {
            let expected = format!("at most {MOST_RECORDS} records `##LABEL=`");
            return Err(ReadError::malformed(Place::Line(line.number), expected, "more"));
        }
        let (words, comment) = without_comment(rest);
        let (shown, value) = words.split_once('=').unwrap_or((words, ""));
        let label = folded(shown);
        if label == "TITLE" {
            // One that is not ended ends where the next begins, unless it contains it.
            let parent = open.and_then(|at| if blocks[at].is_link() { Some(at) } else { blocks[at].parent });
            open = Some(blocks.len());
            blocks.push(Block { line: line.number, parent, ..Block::default() });
        }
        let Some(block) = open.and_then(|at| blocks.get_mut(at)) else {
            if blocks.is_empty() {
                return Err(ReadError::unexpected(line.number, "`##TITLE=`", line.text.trim()));
            }
            continue;
        };
        if label == "END" {
            block.is_ended = true;
            open = block.parent;
            continue;
        }
        block.records.push(Record {
            label,
            shown: shown.trim(),
            value: value.trim(),
            comment: comment.trim(),
            line: line.number,
            rest: all.clone(),
            n_lines: 0,
        });
    }
    if blocks.is_empty() {
        return Err(ReadError::unexpected(1, "`##TITLE=`", ""));
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_in_any_spelling_and_comments_are_left_out() {
        let text = "##TITLE= a $$ b\r\n$$ c\r\n##data_Type=X-RAY\r\n## Data - Type/ =no\r\n##XYDATA=(X++(Y..Y))\r\n1 2 $$ 3\r\n\r\n4 5\r\n##END=\r\n";
        let blocks = blocks(text).unwrap();
        assert_eq!(blocks.len(), 1);
        assert!(blocks[0].is_ended);
        assert_eq!((blocks[0].value("TITLE"), blocks[0].data_type()), ("a", "X-RAY"));
        assert_eq!(blocks[0].records[2].label, "DATATYPE");
        let lines: Vec<_> = blocks[0].record("XYDATA").unwrap().lines().map(|line| (line.number, line.text)).collect();
        assert_eq!(lines, [(6, "1 2"), (8, "4 5")]);
        let cut = super::blocks("##TITLE=a\n##XYDATA=(XY..XY)\n1 2\n3 4").unwrap();
        let ended: Vec<_> = cut[0].record("XYDATA").unwrap().lines().map(|line| line.ended).collect();
        assert_eq!(ended, [true, false]);
        let returns = super::blocks("##TITLE=a\r##XYDATA=(XY..XY)\r1 2\r\r3 4\r##END=\r").unwrap();
        let lines: Vec<_> = returns[0].record("XYDATA").unwrap().lines().map(|line| (line.number, line.text)).collect();
        assert_eq!(lines, [(3, "1 2"), (5, "3 4")]);
    }

    #[test]
    fn linked_blocks_are_blocks_in_file_order() {
        let text = "##TITLE=a\n##DATA TYPE=LINK\n##TITLE=b\n##X=1\n##END=\n##TITLE=c\n##X=2\n##TITLE=d\n##X=3\n##END=\n##END=\n";
        let blocks = blocks(text).unwrap();
        let titles: Vec<_> =
            blocks.iter().map(|block| (block.value("TITLE"), block.value("X"), block.is_ended)).collect();
        assert_eq!(titles, [("a", "", true), ("b", "1", true), ("c", "2", false), ("d", "3", true)]);
    }
}
