//! Decodes the ordinates of `(X++(Y..Y))` in all of their forms.
//!
//! AFFN: free numbers. PAC: numbers that their signs separate. SQZ: the first digit, with its sign, is a letter (`@` 0, `A` to `I` 1 to 9, `a` to
//! `i` −1 to −9). DIF: the same for differences from the ordinate before (`%` 0, `J` to `R`, `j` to `r`). DUP: how often the token before
//! stands in all (`S` to `Z` 1 to 8, `s` 9). `?` is a missing ordinate. A line of differences is followed by one that repeats its last
//! ordinate as a check.
//!
//! Source: R. S. McDonald and P. A. Wilks, JCAMP-DX, Applied Spectroscopy 42 (1988) 151; P. Lampen et al., JCAMP-DX 5.01 (IUPAC).

use crate::number::{DecimalMark, parse_number};
use crate::text::excerpt;

/// The meaning of `E` and `e` in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetterE {
    /// Of an exponent.
    Exponent,
    /// The digit 5 or −5 of SQZ.
    Digit,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoded {
    /// The abscissa at its start, as written.
    pub x: f64,
    /// The value of the last digit of the abscissa.
    pub x_digit: f64,
    /// Ordinates; NaN where missing.
    pub ordinates: Vec<f64>,
    /// Whether the last one is given by a difference, so that the next line must repeat it.
    pub ends_in_difference: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Absolute(f64),
    Difference(f64),
    Times(f64),
    Missing,
}

/// Whether the line has a letter of SQZ, DIF or DUP other than `E` and `e`.
pub(super) fn is_packed(line: &str) -> bool {
    line.bytes().any(|byte| matches!(byte, b'@' | b'%' | b'A'..=b'D' | b'F'..=b'Z' | b'a'..=b'd' | b'f'..=b's'))
}

/// Decodes a line of at most `most` ordinates: a few bytes of DUP could repeat one without end.
///
/// # Errors
///
/// What was found where a number was expected.
pub(super) fn decode(line: &str, mark: DecimalMark, letter_e: LetterE, most: usize) -> Result<Decoded, String> {
    let mut rest = line.trim();
    let (x_text, after) = plain(rest, mark, letter_e);
    let x = parse_number(x_text, mark).filter(|x| x.is_finite()).ok_or_else(|| shown(rest))?;
    rest = after;
    let mut ordinates: Vec<f64> = Vec::new();
    let mut before = None;
    while let Some((token, after)) = token(rest, mark, letter_e)? {
        let (repeated, times) = match (token, before) {
            (Token::Times(times), Some(before)) => (before, times - 1.0),
            (Token::Times(_), None) => return Err(shown(rest)),
            (token, _) => (token, 1.0),
        };
        if !(0.0..=most as f64).contains(&times) || ordinates.len() + times as usize > most {
            return Err(shown(rest));
        }
        for _ in 0..times as usize {
            let last = ordinates.last().copied();
            ordinates.push(match repeated {
                Token::Absolute(value) => value,
                Token::Difference(difference) => last.ok_or_else(|| shown(rest))? + difference,
                Token::Missing | Token::Times(_) => f64::NAN,
            });
        }
        before = Some(repeated);
        rest = after;
    }
    let ends_in_difference = matches!(before, Some(Token::Difference(_)));
    Ok(Decoded { x, x_digit: last_digit(x_text), ordinates, ends_in_difference })
}

fn shown(rest: &str) -> String {
    format!("`{}`", excerpt(rest.trim(), 24))
}

/// The next token and what follows it; `None` at the end.
fn token(rest: &str, mark: DecimalMark, letter_e: LetterE) -> Result<Option<(Token, &str)>, String> {
    let separates = |c: char| c.is_whitespace() || c == ';' || (c == ',' && mark == DecimalMark::Point);
    let rest = rest.trim_start_matches(separates);
    let Some(first) = rest.chars().next() else { return Ok(None) };
    if first == '?' {
        return Ok(Some((Token::Missing, &rest[1..])));
    }
    if first.is_ascii_digit() || ['+', '-', '.'].contains(&first) {
        let (text, after) = plain(rest, mark, letter_e);
        let value = parse_number(text, mark).filter(|value| value.is_finite()).ok_or_else(|| shown(rest))?;
        return Ok(Some((Token::Absolute(value), after)));
    }
    let (kind, digit, is_negative) = match first {
        '@' => ('Y', 0, false),
        'A'..='I' => ('Y', first as u8 - b'A' + 1, false),
        'a'..='i' => ('Y', first as u8 - b'a' + 1, true),
        '%' => ('D', 0, false),
        'J'..='R' => ('D', first as u8 - b'J' + 1, false),
        'j'..='r' => ('D', first as u8 - b'j' + 1, true),
        'S'..='Z' => ('N', first as u8 - b'S' + 1, false),
        's' => ('N', 9, false),
        _ => return Err(shown(rest)),
    };
    let tail = &rest[1..];
    let digits = tail.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tail.len());
    let number = format!("{digit}{}", &tail[..digits]);
    let value =
        parse_number(&number, DecimalMark::Point).filter(|value| value.is_finite()).ok_or_else(|| shown(rest))?;
    let value = if is_negative { -value } else { value };
    let token = match kind {
        'Y' => Token::Absolute(value),
        'D' => Token::Difference(value),
        _ => Token::Times(value),
    };
    Ok(Some((token, &tail[digits..])))
}

/// A number in free form at the start of `rest`, and what follows it.
fn plain(rest: &str, mark: DecimalMark, letter_e: LetterE) -> (&str, &str) {
    let bytes = rest.as_bytes();
    let point = if mark == DecimalMark::Point { b'.' } else { b',' };
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == point) {
        at += 1;
    }
    let has_exponent = letter_e == LetterE::Exponent && matches!(bytes.get(at), Some(b'E' | b'e'));
    let digits = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    if has_exponent && bytes.get(digits).is_some_and(u8::is_ascii_digit) {
        at = digits;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
    }
    rest.split_at_checked(at).unwrap_or((rest, ""))
}

/// The value of the last digit of a number as written: 0.01 of `5.03`.
fn last_digit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once(['E', 'e']).unwrap_or((text, "0"));
    let decimals = mantissa.split_once(['.', ',']).map_or(0, |(_, decimals)| decimals.len());
    10_f64.powi(exponent.parse::<i32>().unwrap_or(0).saturating_sub(i32::try_from(decimals).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordinates(line: &str) -> Vec<f64> {
        decode(line, DecimalMark::Point, LetterE::Digit, 99).unwrap().ordinates
    }

    #[test]
    fn all_forms_of_the_same_ordinates_agree() {
        // The example of the standard's table of forms.
        let expected = [1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0, -3.0];
        for line in [
            "400 1 2 3 3 2 1 0 -1 -2 -3",
            "400+1+2+3+3+2+1+0-1-2-3",
            "400ABCCBA@abc",
            "400ABCTBA@abc",
            "400AJJ%jjjjjj",
            "400AJT%jX",
        ] {
            assert_eq!(ordinates(line), expected, "{line}");
        }
        let line = decode("400.25A00J5?", DecimalMark::Point, LetterE::Digit, 99).unwrap();
        assert_eq!((line.x, line.x_digit, &line.ordinates[..2]), (400.25, 0.01, &[100.0, 115.0][..]));
        assert!(line.ordinates[2].is_nan() && !line.ends_in_difference);
    }

    #[test]
    fn an_e_is_an_exponent_or_a_digit() {
        let line = decode("4.0E+02 1.5E3 2", DecimalMark::Point, LetterE::Exponent, 99).unwrap();
        assert_eq!((line.x, line.x_digit, line.ordinates), (400.0, 10.0, vec![1500.0, 2.0]));
        assert_eq!(ordinates("400E0e1"), [50.0, -51.0]);
    }

    #[test]
    fn what_is_no_ordinate_is_named_and_repeats_are_limited() {
        let found = |line| decode(line, DecimalMark::Point, LetterE::Digit, 99).unwrap_err();
        assert_eq!(found("400 1 x2"), "`x2`");
        assert_eq!(found("400 S"), "`S`");
        assert_eq!(found("400J1"), "`J1`");
        assert_eq!(found("400A1Z999999999"), "`Z999999999`");
    }
}
