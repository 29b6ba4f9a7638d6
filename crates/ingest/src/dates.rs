//! Recognises dates in the names of files and folders, so that none is taken for the name of a sample.

use std::sync::LazyLock;

use regex::Regex;

/// A day as people write it in names: `2026-03-02`, `20260302`, `02.03.2026`, `260302`, `2Mar2026`. Which of two numbers is the
/// month is not decided.
pub(crate) const DATE: &str = concat!(
    r"(?:(?:19|20)\d\d[-._ ]?(?:0?[1-9]|1[0-2])[-._ ](?:0?[1-9]|[12]\d|3[01])",
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d\d",
    r"|(?:0?[1-9]|[12]\d|3[01])[-._ ](?:0?[1-9]|[12]\d|3[01])[-._ ](?:19|20)\d\d",
    r"|(?:0?[1-9]|[12]\d|3[01])[-.](?:0?[1-9]|[12]\d|3[01])[-.]\d\d",
    r"|\d\d[-.](?:0[1-9]|1[0-2])[-.](?:0[1-9]|[12]\d|3[01])",
    r"|\d{1,2}[-._ ]?(?i:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*[-._ ]?(?:(?:19|20)?\d\d)",
    r"|(?:19|20)\d\d[-._ ]?(?i:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*[-._ ]?\d{1,2}",
    r"|(?i:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*[-._ ]?\d{1,2}[-._, ]{1,2}(?:19|20)\d\d",
    r"|\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d)",
);

/// A time of the day as people write it in names.
pub(crate) const TIME: &str = concat!(
    r"(?:(?:[01]\d|2[0-3])[-._: ]?[0-5]\d[-._: ]?[0-5]\d(?:\.\d+)?",
    r"|(?:[01]?\d|2[0-3])h[0-5]?\dm?(?:[0-5]?\ds)?|(?:[01]\d|2[0-3])[0-5]\d(?:h|Uhr)?)",
);

/// Parts of dates, which are no name of a sample either: a year, a month, a week, a day without its year.
const PART_OF_DATE: &str = concat!(
    r"(?:(?:19|20)\d\d|(?:19|20)\d\d[-._ ]?(?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])[-._ ](?:19|20)\d\d",
    r"|(?:19|20)\d\d[-._ ]?(?i:w|kw|cw)[-._ ]?\d{1,2}|(?i:kw|cw|week)[-._ ]?\d{1,2}|\d{1,2}[-._]\d{1,2}",
    r"|(?:\d{1,2}[-._ ]?)?(?i:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)(?i:uary|ruary|ch|il|e|y|ust|tember|t|ober|ember)?",
    r"(?:[-._ ]?(?:(?:19|20)\d\d|\d{1,2}))?",
    r"|(?:19|20)\d\d[-._ ]?(?i:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*)",
);

static WHOLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&format!(r"\A(?:{DATE}(?:[-._T, ]{{0,2}}{TIME})?|{PART_OF_DATE}|{TIME})Z?\z")).ok());

/// Whether this whole text is a date, a part of one, or a time.
pub(crate) fn looks_like_date(text: &str) -> bool {
    WHOLE.as_ref().is_some_and(|whole| whole.is_match(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_every_usual_form_are_recognised_and_names_of_samples_are_not() {
        for date in [
            "2026-03-02",
            "20260302",
            "2026_3_2",
            "02.03.2026",
            "3-2-26",
            "260302",
            "020326",
            "11012006",
            "2Mar2026",
            "02-Mar-2026",
            "2026-Mar-02",
            "March 2, 2026",
            "2026",
            "2026-03",
            "March",
            "Mar",
            "2026-W09",
            "KW09",
            "12-02",
            "20240903-150451",
            "2026-03-02T09:30:00",
            "2025-05-01,095007",
            "2026-03-02 0930",
            "12h51m32s",
            "095007",
        ] {
            assert!(looks_like_date(date), "{date}");
        }
        for name in [
            "LBO-17",
            "A2026",
            "CG20396_jdb12-1",
            "S1",
            "LBO-2026-03",
            "jdb11-1",
            "marble",
            "maya",
            "Si3N4",
            "w1",
            "Sample2",
            "15-1-1",
            "TiO2-2026-03-02",
            "99",
            "987654",
            "20261399",
            "AUG-17x",
        ] {
            assert!(!looks_like_date(name), "{name}");
        }
    }
}
