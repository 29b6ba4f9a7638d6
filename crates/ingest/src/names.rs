//! The parts of file names: dates, electrodes, temperatures, repetitions, and the words between them.
//!
//! A name says what its parts are only where it marks them (`dot2`, `30C`, `r1`); a word is only a word until it is compared with
//! those of other names.

use std::sync::LazyLock;

use regex::Regex;

use crate::dates::{DATE, TIME, looks_like_date};

/// What a part of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Date,
    Time,
    Dot,
    Celsius,
    Kelvin,
    Repeat,
    Operator,
    /// A word that the name marks as the sample: `sample_A3`.
    Sample,
    Word,
}

impl Kind {
    /// The group of a path rule that it is.
    pub(crate) fn group(self) -> Option<&'static str> {
        match self {
            Self::Date => Some("date"),
            Self::Dot => Some("dot"),
            Self::Celsius => Some("temperature_c"),
            Self::Kelvin => Some("temperature_k"),
            Self::Repeat => Some("repeat"),
            Self::Operator => Some("operator"),
            Self::Sample => Some("sample"),
            Self::Time | Self::Word => None,
        }
    }
}

/// A part of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Separators and marks before the value, such as `_dot`.
    pub(crate) before: String,
    pub(crate) value: String,
    /// What follows the value without a separator, such as the `C` of `30C`.
    pub(crate) after: String,
}

/// The parts of one folder or file name. `rest` are separators at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) tokens: Vec<Token>,
    pub(crate) rest: String,
}

/// What the instrument measures decides what a number with a `C` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Technique {
    /// `30C` is a temperature.
    Thermal,
    /// `2C` may be a rate, `12C` a nuclide: only what cannot be one is a temperature.
    Other,
}

fn expression(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static DATE_IN: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(&format!(r"(?:\A|[^A-Za-z0-9])(?<date>{DATE})(?:T?\z|[^A-Za-z0-9]|T\d)")));
static TIME_AFTER: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(&format!(r"\A(?<before>[-_ ,T.]{{1,2}}|)(?<time>{TIME})(?:\z|[^A-Za-z0-9])")));
static TIME_WHOLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"\A(?:[01]?\d|2[0-3])h[0-5]?\dm?(?:[0-5]?\ds)?\z"));
static TEMPERATURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(r"\A(?<before>(?i:T=?|temp=?)?)(?<value>[+-]?\d+(?:[.,]\d+)?)(?<after>[ ]?(?:C|°C|degC|celsius|K))\z")
});
static DOT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(
        r"\A(?<before>(?i:dot|pad|electrode|contact|spot|device)[-=#]?)(?<value>\d{1,3}[A-Za-z]?|[A-Z]\d{0,2})\z",
    )
});
static REPEAT: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"\A(?<before>(?i:r|rep|repeat|run|scan|meas|loop|no|nr)[-=#]?|#)(?<value>\d{1,6})\z"));
static OPERATOR: LazyLock<Option<Regex>> =
    LazyLock::new(|| expression(r"\A(?<before>(?i:op|operator|user)[-=])(?<value>[A-Za-z]+)\z"));
static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    expression(
        r"\A(?i:(?<dot>dot|pad|electrode|contact|spot|device)|(?<operator>operator|user)|(?<sample>sample|specimen|smpl)|(?<repeat>rep|repeat|scan|meas|run))\z",
    )
});

const SEPARATORS: [char; 11] = ['_', ' ', ',', ';', '(', ')', '[', ']', '+', '=', '~'];

/// Divides a name without its extension.
pub(crate) fn level(name: &str, technique: Technique) -> Level {
    let mut tokens: Vec<Token> = Vec::new();
    let mut before = String::new();
    let mut rest = name;
    while !rest.is_empty() {
        let Some((start, end)) = date_in(rest) else {
            words(rest, &mut before, technique, &mut tokens);
            break;
        };
        words(&rest[..start], &mut before, technique, &mut tokens);
        let token = |kind, before: &mut String, value: &str| Token {
            kind,
            before: std::mem::take(before),
            value: value.to_owned(),
            after: String::new(),
        };
        tokens.push(token(Kind::Date, &mut before, &rest[start..end]));
        rest = &rest[end..];
        if let Some(found) = TIME_AFTER.as_ref().and_then(|time| time.captures(rest)) {
            before.push_str(&found["before"]);
            tokens.push(token(Kind::Time, &mut before, &found["time"]));
            rest = &rest[found["before"].len() + found["time"].len()..];
        }
    }
    marked_apart(&mut tokens);
    Level { tokens, rest: before }
}

/// The first date of a text between characters that belong to no word.
fn date_in(text: &str) -> Option<(usize, usize)> {
    let found = DATE_IN.as_ref()?.captures(text)?.name("date")?;
    Some((found.start(), found.end()))
}

/// Adds the words of a text without dates.
fn words(text: &str, before: &mut String, technique: Technique, tokens: &mut Vec<Token>) {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let is_digit =
        |place: Option<usize>| place.and_then(|place| letters.get(place)).is_some_and(|(_, c)| c.is_ascii_digit());
    let mut start = None;
    for (place, (byte, letter)) in letters.iter().enumerate() {
        // A dot between digits is a decimal point.
        let is_point = *letter == '.' && is_digit(place.checked_sub(1)) && is_digit(Some(place + 1));
        let is_comma = *letter == ',' && is_digit(place.checked_sub(1)) && is_digit(Some(place + 1));
        let separates = (SEPARATORS.contains(letter) && !is_comma) || (*letter == '.' && !is_point);
        match (separates, start) {
            (true, Some(from)) => {
                word(&text[from..*byte], before, technique, tokens);
                before.push(*letter);
                start = None;
            }
            (true, None) => before.push(*letter),
            (false, None) => start = Some(*byte),
            (false, Some(_)) => {}
        }
    }
    if let Some(from) = start {
        word(&text[from..], before, technique, tokens);
    }
}

/// Adds a word, in two parts where its end is marked: `LBO-17-25C`.
fn word(text: &str, before: &mut String, technique: Technique, tokens: &mut Vec<Token>) {
    if let Some(marked) = marked(text, technique) {
        tokens.push(Token { before: std::mem::take(before) + &marked.before, ..marked });
        return;
    }
    let plain = |value: &str, before: &mut String| Token {
        kind: Kind::Word,
        before: std::mem::take(before),
        value: value.to_owned(),
        after: String::new(),
    };
    // Dashes belong to names; they end one where what follows is marked.
    if let Some((first, last)) = text.rsplit_once('-').filter(|(first, last)| !first.is_empty() && !last.is_empty())
        && let Some(marked) =
            marked(last, technique).filter(|marked| !marked.before.is_empty() || !marked.after.is_empty())
    {
        word(first, before, technique, tokens);
        tokens.push(Token { before: format!("-{}", marked.before), ..marked });
        return;
    }
    tokens.push(plain(text, before));
}

fn marked(text: &str, technique: Technique) -> Option<Token> {
    let captured = |kind: Kind, found: &regex::Captures<'_>| Token {
        kind,
        before: found["before"].to_owned(),
        value: found["value"].to_owned(),
        after: found.name("after").map(|after| after.as_str().to_owned()).unwrap_or_default(),
    };
    let time = TIME_WHOLE.as_ref()?.is_match(text);
    if time {
        return Some(Token { kind: Kind::Time, before: String::new(), value: text.to_owned(), after: String::new() });
    }
    if let Some(found) = TEMPERATURE.as_ref()?.captures(text) {
        let token = captured(if found["after"].ends_with('K') { Kind::Kelvin } else { Kind::Celsius }, &found);
        let number = crate::entry::decimal(&token.value)?;
        let is_plain = token.after.trim() == "C" && token.before.is_empty();
        let is_possible = match token.kind {
            Kind::Kelvin => (50.0..=2000.0).contains(&number),
            // A rate (`2C`) or a nuclide (`12C`, `13C`) is no temperature.
            _ if is_plain && technique == Technique::Other => !(0.0..20.0).contains(&number) && number <= 1500.0,
            _ => (-200.0..=1500.0).contains(&number),
        };
        return is_possible.then_some(token);
    }
    if let Some(found) = DOT.as_ref()?.captures(text) {
        return Some(captured(Kind::Dot, &found));
    }
    if let Some(found) = REPEAT.as_ref()?.captures(text) {
        return Some(captured(Kind::Repeat, &found));
    }
    OPERATOR.as_ref()?.captures(text).map(|found| captured(Kind::Operator, &found))
}

/// Joins marks that stand apart with the word that follows: `dot_2`, `user AV`, `sample_A3`.
fn marked_apart(tokens: &mut Vec<Token>) {
    let mut place = 0;
    while place + 1 < tokens.len() {
        let (mark, next) = (&tokens[place], &tokens[place + 1]);
        let joined = MARKS.as_ref().and_then(|marks| marks.captures(&mark.value)).filter(|_| {
            mark.kind == Kind::Word
                && next.kind == Kind::Word
                && mark.after.is_empty()
                && next.before.chars().count() == 1
        });
        let is = |found: &regex::Captures<'_>, name: &str| found.name(name).is_some();
        let value = next.value.as_str();
        let is_number = !value.is_empty() && value.len() <= 4 && value.chars().all(|letter| letter.is_ascii_digit());
        let is_short = value.chars().count() <= 3 && value.chars().all(char::is_alphanumeric);
        let kind = joined.and_then(|found| match () {
            () if is(&found, "dot") && is_short => Some(Kind::Dot),
            () if is(&found, "repeat") && is_number => Some(Kind::Repeat),
            () if is(&found, "operator") && value.chars().all(char::is_alphabetic) => Some(Kind::Operator),
            () if is(&found, "sample") && !looks_like_date(value) => Some(Kind::Sample),
            () => None,
        });
        if let Some(kind) = kind {
            let mark = tokens.remove(place);
            let next = &mut tokens[place];
            next.before = format!("{}{}{}", mark.before, mark.value, next.before);
            next.kind = kind;
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marked parts and the words of a name.
    fn parts(name: &str) -> Vec<String> {
        let of = level(name, Technique::Thermal);
        let shown: String = of.tokens.iter().map(|t| format!("{}{}{}", t.before, t.value, t.after)).collect();
        assert_eq!(shown + &of.rest, name, "nothing of a name is lost");
        of.tokens.iter().map(|token| format!("{:?} {}", token.kind, token.value)).collect()
    }

    #[test]
    fn a_name_is_divided_at_what_it_marks() {
        assert_eq!(parts("eis_dot2_-12,5C_r3"), ["Word eis", "Dot 2", "Celsius -12,5", "Repeat 3"]);
        assert_eq!(parts("LBO-17-25C"), ["Word LBO-17", "Celsius 25"]);
        assert_eq!(parts("20260302_LBO-17 dot_B 300K"), ["Date 20260302", "Word LBO-17", "Dot B", "Kelvin 300"]);
        assert_eq!(parts("LBO-17_2026-03-02 09h30"), ["Word LBO-17", "Date 2026-03-02", "Time 09h30"]);
        assert_eq!(
            parts("PGMA_oven_20_2 [2025-05-01,095007]"),
            ["Word PGMA", "Word oven", "Word 20", "Word 2", "Date 2025-05-01", "Time 095007",]
        );
        assert_eq!(parts("sample_A3_user_AV_scan 4"), ["Sample A3", "Operator AV", "Repeat 4"]);
        assert_eq!(parts("dotted_line-r"), ["Word dotted", "Word line-r"]);
    }

    #[test]
    fn a_rate_and_a_nuclide_are_no_temperatures_where_they_may_be_meant() {
        let kinds = |name: &str, technique| level(name, technique).tokens.iter().map(|t| t.kind).collect::<Vec<_>>();
        for name in ["cell_2C", "mini.12C", "x_0.5C"] {
            assert_eq!(kinds(name, Technique::Other), [Kind::Word, Kind::Word], "{name}");
        }
        assert_eq!(kinds("cell_60C", Technique::Other), [Kind::Word, Kind::Celsius]);
        assert_eq!(kinds("cell_2C", Technique::Thermal), [Kind::Word, Kind::Celsius]);
        assert_eq!(kinds("cell_12degC", Technique::Other), [Kind::Word, Kind::Celsius]);
    }
}
