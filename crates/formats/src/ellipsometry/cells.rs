//! Splits the rows of ellipsometers' texts, which have tabs or blanks, into cells.

use memchr::memchr;

use crate::delimited::cells::Delimiter;

/// Puts the fields of a row into `fields`: separated by tabs where it has one, else by blanks.
pub(super) fn split_row<'t>(line: &'t str, fields: &mut Vec<&'t str>) {
    let has_tab = memchr(b'\t', line.as_bytes()).is_some();
    (if has_tab { Delimiter::TAB } else { Delimiter::Blanks }).split(line, fields);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cells_at_the_end_of_a_row_are_left_out() {
        let mut cells = Vec::new();
        split_row("1\t2\t\t4\t\t", &mut cells);
        assert_eq!(cells, ["1", "2", "", "4"]);
        split_row(" 1  2 ", &mut cells);
        assert_eq!(cells, ["1", "2"]);
    }
}
