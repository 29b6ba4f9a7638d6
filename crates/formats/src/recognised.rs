//! Formats that are known but not read: each is refused by name, with what the user can do instead.
//!
//! Sources: the vendors' manuals, and signatures seen in files of many laboratories. This module reads no data.

mod signatures;

use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use crate::{Match, Place, Probe, ReadError};
use signatures::{Sign, signatures};

/// A format that is known but not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// The format and technique, for people, with an article.
    pub title: &'static str,
    /// What the user can do instead.
    pub advice: &'static str,
    /// How certain that is.
    pub certainty: Match,
}

impl Recognised {
    /// Why a file of this format isn't read.
    #[must_use]
    pub fn refusal(&self) -> ReadError {
        ReadError::NotSupported {
            place: Place::Offset(0),
            recognised: self.title.to_owned(),
            advice: self.advice.to_owned(),
        }
    }
}

/// Title and advice of every format that is known but not read.
pub fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    signatures().map(|(_, title, advice)| (*title, *advice))
}

/// The pattern of each [`Sign::Text`], in the order of [`signatures`], compiled on first use. One by one they are quicker
/// than as a set: nearly all are anchored at the start, where other files differ at once.
static TEXTS: LazyLock<Vec<(&str, OnceLock<Regex>)>> = LazyLock::new(|| {
    let patterns = signatures().filter_map(|(sign, ..)| match sign {
        Sign::Text(pattern) => Some((*pattern, OnceLock::new())),
        _ => None,
    });
    patterns.collect()
});

fn fits_text(place: usize, text: &str) -> bool {
    TEXTS.get(place).is_some_and(|(pattern, regex)| {
        let compile =
            || Regex::new(pattern).unwrap_or_else(|error| panic!("a signature is not a regular expression: {error}"));
        regex.get_or_init(compile).is_match(text)
    })
}

/// The known format of a file, or of its first bytes. Archives are distinguished by the names of their members.
#[must_use]
pub(crate) fn recognise(probe: &Probe<'_>) -> Option<Recognised> {
    let mut text_place = 0;
    for (sign, title, advice) in signatures() {
        let fits = match sign {
            Sign::Bytes(offset, bytes) => probe.file().get(*offset..).is_some_and(|rest| rest.starts_with(bytes)),
            Sign::Text(_) => {
                text_place += 1;
                fits_text(text_place - 1, probe.text())
            }
            Sign::Member(part) | Sign::Container(part) => probe.has_member(part),
        };
        if fits {
            let certainty = if matches!(sign, Sign::Container(_)) { Match::Weak } else { Match::Certain };
            return Some(Recognised { title, advice, certainty });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(file: &[u8]) -> Option<&'static str> {
        recognise(&Probe::new(file)).map(|known| known.title)
    }

    #[test]
    fn every_signature_is_a_regular_expression() {
        for place in 0..TEXTS.len() {
            assert!(!fits_text(place, "\u{1}"), "{}", TEXTS[place].0);
        }
    }

    #[test]
    fn a_refusal_states_what_the_file_is_and_what_to_do() {
        let known = recognise(&Probe::new(b"EC-LAB SETTING FILE\r\n\r\nNumber of linked techniques : 1\r\n")).unwrap();
        assert_eq!(
            known.refusal().to_string(),
            "byte 0: this is an EC-Lab settings file (.mps), which aldb does not read; it has settings and no data: \
             ask for the .mpr beside it or the .mpt exported from that"
        );
    }

    #[test]
    fn text_formats_are_recognised_by_their_first_lines() {
        assert_eq!(title(b"SQLite format 3\0\x10"), Some("an SQLite database, as SPECS Prodigy's .sle is"));
        assert_eq!(title(b"RAW_1.06Powdat\0\0"), Some("a STOE RAW diffraction pattern"));
        assert_eq!(title(b"f,Z',Z''\n1,2,3\n"), None);
    }
}
