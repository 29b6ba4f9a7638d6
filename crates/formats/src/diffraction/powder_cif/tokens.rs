//! The words of a crystallographic information file.
//!
//! Comments run from `#` to the line's end. A value is between blanks, or in quotes that end before a blank, or on
//! lines between two that start with `;`.
//!
//! Source: CIF 1.1 syntax, International Tables for Crystallography G, 2.2.

use crate::text::{Line, Lines, lines};

/// A word of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `data_NAME`
    Block(&'t str),
    /// `loop_`, and its line.
    Loop(u64),
    /// `_a_b`
    Name(&'t str),
    /// A value, and its line; of a text between semicolons, its first line.
    Value(&'t str, u64),
}

/// Iterator over the words of a file.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'t> {
    lines: Lines<'t>,
    rest: &'t str,
    number: u64,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lines: lines(text), rest: "", number: 0 }
    }

    /// Skips a text between semicolons, given its first line.
    fn semicolons(&mut self, first: Line<'t>) -> Token<'t> {
        for line in self.lines.by_ref() {
            self.number = line.number;
            if let Some(rest) = line.text.strip_prefix(';') {
                self.rest = rest;
                break;
            }
        }
        Token::Value(first.text.get(1..).unwrap_or_default(), first.number)
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() || self.rest.starts_with('#') {
                self.rest = "";
                let line = self.lines.next()?;
                self.number = line.number;
                if line.text.starts_with(';') {
                    return Some(self.semicolons(line));
                }
                self.rest = line.text;
                continue;
            }
            let quote = self.rest.chars().next().filter(|c| ['\'', '"'].contains(c));
            if let Some(quote) = quote {
                let inner = self.rest.get(1..).unwrap_or_default();
                let closes = |(at, _): &(usize, &str)| {
                    inner.get(at + 1..).is_none_or(|after| after.chars().next().is_none_or(char::is_whitespace))
                };
                let end = inner.match_indices(quote).find(closes).map_or(inner.len(), |(at, _)| at);
                self.rest = inner.get(end + 1..).unwrap_or_default();
                return Some(Token::Value(inner.get(..end).unwrap_or_default(), self.number));
            }
            let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            let is = |start: &str| word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
            return Some(if word.starts_with('_') {
                Token::Name(word)
            } else if is("data_") {
                Token::Block(word.get(5..).unwrap_or_default())
            } else if word.eq_ignore_ascii_case("loop_") {
                Token::Loop(self.number)
            } else {
                Token::Value(word, self.number)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_between_blanks_quotes_or_semicolons() {
        let text = "# made up\ndata_x\n_a_b 'it's so' # said\n_c_d\n;\nloop_\n_e_f\n;\nloop_ _g \"1 2\" 3\n";
        let tokens: Vec<_> = Tokens::new(text).collect();
        use Token::{Block, Loop, Name, Value};
        assert_eq!(
            tokens,
            [
                Block("x"),
                Name("_a_b"),
                Value("it's so", 3),
                Name("_c_d"),
                Value("", 5),
                Loop(9),
                Name("_g"),
                Value("1 2", 9),
                Value("3", 9)
            ]
        );
    }
}
