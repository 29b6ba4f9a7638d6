//! The text of a TOML file, in which entries are found again: their lines, and their values as they are written.

use toml::Spanned;
use toml::de::DeTable;

/// The text of a file, by which entries are found again.
pub(crate) struct Source<'t> {
    text: &'t str,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Source<'t> {
    /// Null if it is not TOML.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        DeTable::parse(text).ok().map(|table| Self { text, table })
    }

    /// Line of an entry, and its value as written. The way to it: keys, and which of the tables of that name. If it
    /// does not exist, the line of the last table on the way that does.
    pub(crate) fn entry(&self, way: &[(&str, usize)]) -> (usize, Option<&'t str>) {
        let (mut start, mut written) = (self.table.span().start, None);
        let mut table = Some(self.table.get_ref());
        for (key, index) in way {
            let value = table.and_then(|table| table.get(*key));
            let value = value.and_then(|value| match value.get_ref().as_array() {
                Some(tables) if tables.get(*index).is_some_and(|item| item.get_ref().is_table()) => tables.get(*index),
                _ => Some(value),
            });
            let Some(value) = value else {
                written = None;
                break;
            };
            start = value.span().start;
            written = self.text.get(value.span());
            table = value.get_ref().as_table();
        }
        (line_of(self.text, start), written)
    }
}

/// The line, from 1, of a byte of a text.
pub(crate) fn line_of(text: &str, start: usize) -> usize {
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}
