//! The part of a query's text that determines its result: its tokens. Comments and layout between them do not count,
//! white space inside a literal or a quoted name does.

use datafusion::error::{DataFusionError, Result};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Between two tokens: the unit separator of ASCII, which does not occur in a query.
const SEPARATOR: &str = "\u{1f}";

/// The tokens of a text. The dialect is that of [`crate::Session`], which keeps DataFusion's default.
///
/// # Errors
///
/// [`DataFusionError::SQL`] if the text cannot be divided into tokens, such as at a literal without an end.
pub(super) fn canonical(text: &str) -> Result<String> {
    let tokens = Tokenizer::new(&GenericDialect {}, text).tokenize();
    let tokens = tokens.map_err(|error| DataFusionError::from(ParserError::from(error)))?;
    let mut words: Vec<String> =
        tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).map(ToString::to_string).collect();
    // A semicolon at the end is optional.
    while words.last().is_some_and(|word| word == ";") {
        words.pop();
    }
    Ok(words.join(SEPARATOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical_of(text: &str) -> String {
        canonical(text).unwrap()
    }

    #[test]
    fn comments_and_layout_between_tokens_do_not_count() {
        let plain = canonical_of("SELECT a, 'x y' AS b FROM t WHERE c > 1");
        for same in [
            "-- key: a\nSELECT  a,\n  'x y' AS b\nFROM t -- the table\nWHERE c > 1\n",
            "SELECT a,'x y' AS b FROM t WHERE c>1;",
            "SELECT a /* first */, 'x y' AS b FROM t WHERE c\t> 1",
        ] {
            assert_eq!(canonical_of(same), plain, "{same}");
        }
    }

    #[test]
    fn white_space_in_a_literal_or_a_quoted_name_counts() {
        assert_ne!(canonical_of("SELECT 'a b'"), canonical_of("SELECT 'a  b'"));
        assert_ne!(canonical_of("SELECT 'a b'"), canonical_of("SELECT 'a\nb'"));
        assert_ne!(canonical_of("SELECT \"a b\""), canonical_of("SELECT \"a  b\""));
        // Text inside a literal that looks like a comment is part of the literal.
        assert_ne!(canonical_of("SELECT 'a\n-- b\n'"), canonical_of("SELECT 'a\n\n'"));
    }

    #[test]
    fn different_tokens_are_a_different_query() {
        let plain = canonical_of("SELECT a, b FROM t");
        for other in ["SELECT b, a FROM t", "SELECT ab FROM t", "SELECT a, b FROM u", "SELECT 'a', b FROM t"] {
            assert_ne!(canonical_of(other), plain, "{other}");
        }
    }

    #[test]
    fn a_literal_without_an_end_is_an_error() {
        let error = canonical("SELECT 'a").unwrap_err().to_string();
        assert!(error.contains("Unterminated string literal"), "{error}");
    }
}
