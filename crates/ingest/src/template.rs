//! Plain templates of paths, such as `{sample}/{*}_dot{dot}_{temperature_c}C`: what a path rule is for most people.
//!
//! A template describes the whole path below the folder of a source. `{*}` is anything within one folder or file name, `{**}` any
//! number of folders, `{name}` a group; everything else stands for itself, and `{{` and `}}` for braces. Every placeholder takes
//! as few characters as the rest allows. If the template ends without an extension, that of the file does not matter.

use aldb_formats::SUPPLIABLE;
use regex::Regex;

use crate::dates::DATE;

/// A number as in file names, with a decimal point or comma.
const NUMBER: &str = r"[+-]?\d+(?:[.,]\d+)?";

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Characters that stand for themselves.
    Literal(String),
    /// `{*}`.
    Anything,
    /// `{**}`.
    Folders,
    /// `{name}`.
    Group(String),
}

impl Part {
    /// As written.
    fn shown(&self) -> String {
        match self {
            Self::Literal(text) => text.replace('{', "{{").replace('}', "}}"),
            Self::Anything => "{*}".to_owned(),
            Self::Folders => "{**}".to_owned(),
            Self::Group(name) => format!("{{{name}}}"),
        }
    }

    fn pattern(&self) -> String {
        match self {
            Self::Literal(text) => regex::escape(text),
            Self::Anything => "[^/]*?".to_owned(),
            Self::Folders => ".*?".to_owned(),
            Self::Group(name) => format!("(?<{name}>{})", pattern_of(name)),
        }
    }

    /// Whether it takes as much as it must, so that where it ends depends on what follows.
    fn is_open(&self) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Anything | Self::Folders => true,
            Self::Group(name) => pattern_of(name).ends_with("+?"),
        }
    }
}

/// What a group of this name may be.
fn pattern_of(name: &str) -> &'static str {
    let is_number = SUPPLIABLE.iter().any(|(setting, is_number)| *setting == name && *is_number);
    match name {
        "temperature_c" | "temperature_k" | "electrode_area_cm2" | "electrode_area_mm2" | "electrode_diameter_um" => {
            NUMBER
        }
        "repeat" => r"\d+",
        "date" => DATE,
        "dot" => r"[^/_\s]+?",
        _ if is_number => NUMBER,
        _ => "[^/]+?",
    }
}

/// Whether a `{` of a regular expression may follow these characters with letters in it: `\p{Greek}`, `\x{2B}`.
fn is_class(before: &str) -> bool {
    ["\\p", "\\P", "\\x", "\\u", "\\U"]
        .iter()
        .any(|class| before.strip_suffix(class).is_some_and(|rest| rest.len() - rest.trim_end_matches('\\').len() == 0))
}

/// The name in braces at the start of a text, and its length with the braces.
fn placeholder(text: &str) -> Option<(&str, usize)> {
    let inside = text.strip_prefix('{')?;
    let end = inside.find('}')?;
    let name = &inside[..end];
    let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    (is_name || name == "*" || name == "**").then_some((name, end + 2))
}

/// Whether a rule has placeholders: it is a template then, otherwise a regular expression. The braces of a quantifier (`\d{4}`), a
/// class (`\p{L}`) or a doubled brace are none.
pub(crate) fn has_placeholders(rule: &str) -> bool {
    rule.char_indices().any(|(place, letter)| {
        letter == '{'
            && placeholder(&rule[place..]).is_some()
            && !is_class(&rule[..place])
            && !rule[..place].ends_with('{')
    })
}

/// A template and its parts.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    parts: Vec<Part>,
    has_extension: bool,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// In words: a brace that neither opens nor ends a placeholder, a group that occurs twice, `{**}` that is no whole level, two
    /// placeholders of which none can tell where it ends.
    pub(crate) fn read(written: &str) -> Result<Self, String> {
        let mut parts: Vec<Part> = Vec::new();
        let mut literal = String::new();
        let mut rest = written;
        while let Some(letter) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                literal.push(letter);
                rest = after;
            } else if let Some((name, length)) = placeholder(rest) {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(match name {
                    "*" => Part::Anything,
                    "**" => Part::Folders,
                    name => Part::Group(name.to_owned()),
                });
                rest = &rest[length..];
            } else if letter == '{' || letter == '}' {
                let at = written.len() - rest.len();
                return Err(format!(
                    "expected a placeholder such as `{{sample}}` or `{{*}}`, or a doubled brace, found `{letter}` after `{}`",
                    &written[..at]
                ));
            } else {
                literal.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        let template = Self { has_extension: has_extension(&parts), parts };
        template.check()?;
        Ok(template)
    }

    fn check(&self) -> Result<(), String> {
        for (place, part) in self.parts.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|before| self.parts.get(before));
            let after = self.parts.get(place + 1);
            match part {
                Part::Group(name) if self.parts[..place].contains(part) => {
                    return Err(format!("group `{{{name}}}` occurs twice: write `{{*}}` for one of them"));
                }
                Part::Folders => {
                    let opens =
                        before.is_none_or(|before| matches!(before, Part::Literal(text) if text.ends_with('/')));
                    let ends = after.is_none_or(|after| matches!(after, Part::Literal(text) if text.starts_with('/')));
                    if !opens || !ends {
                        return Err("`{**}` stands for whole folders: write it between `/`".to_owned());
                    }
                }
                Part::Group(_) | Part::Anything if part.is_open() && after.is_some_and(Part::is_open) => {
                    let after = after.map(Part::shown).unwrap_or_default();
                    return Err(format!(
                        "`{}{after}`: expected something between the two that tells where the first ends",
                        part.shown()
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The regular expression for the first parts, from the start of the path.
    fn pattern(&self, n_parts: usize) -> String {
        let mut pattern = r"(?s)\A".to_owned();
        let mut parts = self.parts[..n_parts].iter().peekable();
        while let Some(part) = parts.next() {
            match (part, parts.peek()) {
                // No folder at all is any number of folders too, and then the slash is missing.
                (Part::Folders, Some(Part::Literal(text))) if text.starts_with('/') => {
                    pattern += "(?:[^/]+/)*?";
                    pattern += &regex::escape(&text[1..]);
                    parts.next();
                }
                (part, _) => pattern += &part.pattern(),
            }
        }
        pattern
    }

    /// The regular expression for whole paths.
    ///
    /// # Errors
    ///
    /// In words.
    pub(crate) fn expression(&self) -> Result<Regex, String> {
        let extension = if self.has_extension { "" } else { r"(?:\.[^./]*)?" };
        Regex::new(&format!(r"{}{extension}\z", self.pattern(self.parts.len()))).map_err(|error| error.to_string())
    }

    /// Where the match of a path ends that the template does not match: the length of what matches, and what was expected there.
    pub(crate) fn end(&self, path: &str) -> (usize, String) {
        let matched = (1..=self.parts.len()).rev().find_map(|n_parts| {
            let found = Regex::new(&self.pattern(n_parts)).ok()?.find(path)?;
            Some((n_parts, found.end()))
        });
        let Some((n_parts, end)) = matched else { return (0, self.shown(0, 1)) };
        if n_parts == self.parts.len() && !self.parts[n_parts - 1].is_open() {
            return (end, "the end".to_owned());
        }
        // What takes as little as it can says nothing about where the match ends: what came before it does.
        let closed = self.parts[..n_parts].iter().rposition(|part| !part.is_open()).map_or(0, |place| place + 1);
        let end = match closed {
            0 => 0,
            n => Regex::new(&self.pattern(n)).ok().and_then(|prefix| prefix.find(path)).map_or(0, |found| found.end()),
        };
        (end, self.shown(closed, n_parts + 1))
    }

    fn shown(&self, from: usize, to: usize) -> String {
        let parts = &self.parts[from..to.min(self.parts.len())];
        format!("`{}`", parts.iter().map(Part::shown).collect::<String>())
    }
}

/// Whether the last name of a template ends with an extension: a dot and a word with a letter, or `.{*}`.
fn has_extension(parts: &[Part]) -> bool {
    let is_word = |word: &str| {
        word.chars().any(char::is_alphabetic) && word.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    match parts {
        [.., Part::Literal(text)] => {
            text.rsplit('/').next().and_then(|name| name.rsplit_once('.')).is_some_and(|(_, word)| is_word(word))
        }
        [.., Part::Literal(text), Part::Anything] => text.ends_with('.'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the groups of a template are for a path, as `name=value`.
    fn groups(template: &str, path: &str) -> Option<Vec<String>> {
        let expression = Template::read(template).unwrap().expression().unwrap();
        let captures = expression.captures(path)?;
        let value = |name: &str| captures.name(name).map(|value| format!("{name}={}", value.as_str()));
        Some(expression.capture_names().flatten().filter_map(value).collect())
    }

    #[test]
    fn a_template_and_a_regular_expression_are_told_apart() {
        for template in ["{sample}", "{*}/{sample}_x", "{**}/a", "a{b}", r"{{x}}_{sample}", "{sample}{{"] {
            assert!(has_placeholders(template), "{template}");
        }
        for regular in [
            r"(?<sample>[A-Z]+-\d{4})",
            r"\d{2,3}",
            r"(?<sample>\p{L}+)",
            r"\P{Greek}",
            r"\x{2B}",
            "a",
            "[^/]+",
            r"x{3}",
            "{{sample}}",
        ] {
            assert!(!has_placeholders(regular), "{regular}");
        }
        // A backslash before `p` may itself be escaped.
        assert!(has_placeholders(r"\\p{sample}"));
    }

    #[test]
    fn a_template_describes_the_whole_path_and_takes_numbers_where_numbers_belong() {
        let template = "{sample}/{*}_dot{dot}_{temperature_c}C";
        let expected = ["sample=LBO-17", "dot=2", "temperature_c=-12,5"].map(str::to_owned).to_vec();
        assert_eq!(groups(template, "LBO-17/eis_dot2_-12,5C.DTA"), Some(expected.clone()));
        assert_eq!(groups(template, "LBO-17/eis_dot2_-12,5C"), Some(expected));
        assert_eq!(groups(template, "2026-03-02/LBO-17/eis_dot2_30C.DTA"), None);
        assert_eq!(groups(template, "LBO-17/eis_dot2_roomC.DTA"), None);
        assert_eq!(groups(template, "LBO-17/eis_dot2_30C_again.DTA"), None);
        assert_eq!(groups("{sample}.DTA", "a.b.mpt"), None);
        assert_eq!(groups("{sample}.DTA", "a.b.DTA"), Some(vec!["sample=a.b".to_owned()]));
        assert_eq!(groups("{sample}", "a.b.DTA"), Some(vec!["sample=a.b".to_owned()]));
        assert_eq!(groups("{sample}_{*}", "LBO-17_eis_2.DTA"), Some(vec!["sample=LBO-17".to_owned()]));
        assert_eq!(groups("{sample}_v1.5", "A_v1.5.DTA"), Some(vec!["sample=A".to_owned()]));
    }

    #[test]
    fn a_date_is_no_other_word_and_folders_may_be_any_number() {
        let dated = |path: &str| groups("{date}_{sample}", path);
        assert_eq!(dated("20260302_LBO-17.DTA"), Some(vec!["date=20260302".to_owned(), "sample=LBO-17".to_owned()]));
        assert_eq!(dated("LBO-17_20260302.DTA"), None);
        for path in ["LBO-17/x.DTA", "2026/LBO-17/x.DTA", "2026/03/LBO-17/x.DTA"] {
            assert_eq!(groups("{**}/{sample}/{*}", path), Some(vec!["sample=LBO-17".to_owned()]), "{path}");
        }
        assert_eq!(groups("{**}/{sample}/{*}", "x.DTA"), None);
        assert_eq!(groups("{sample}/{**}", "A/b/c.DTA"), Some(vec!["sample=A".to_owned()]));
    }

    #[test]
    fn braces_are_written_doubled_and_regular_expressions_mean_nothing() {
        assert_eq!(groups("{{x}}_{sample}", "{x}_A.DTA"), Some(vec!["sample=A".to_owned()]));
        assert_eq!(groups(".*_{sample}", "a_A.DTA"), None);
        assert_eq!(groups(".*_{sample}", ".*_A.DTA"), Some(vec!["sample=A".to_owned()]));
    }

    #[test]
    fn what_no_template_can_mean_is_said() {
        let error = |template: &str| Template::read(template).unwrap_err();
        assert_eq!(error("{sample}/{sample}_x"), "group `{sample}` occurs twice: write `{*}` for one of them");
        assert_eq!(error("{sample}x{**}/a"), "`{**}` stands for whole folders: write it between `/`");
        assert_eq!(
            error("{sample}{*}_x"),
            "`{sample}{*}`: expected something between the two that tells where the first ends"
        );
        assert!(
            error("{sample}/{1}")
                .starts_with("expected a placeholder such as `{sample}` or `{*}`, or a doubled brace, found `{` after")
        );
        assert!(Template::read("{*}{temperature_c}C").is_ok());
    }

    #[test]
    fn where_a_match_ends_is_told() {
        let template = Template::read("{sample}/{*}_dot{dot}_{temperature_c}C").unwrap();
        assert_eq!(
            template.end("LBO-17/eis_dot2_roomC.DTA"),
            ("LBO-17/eis_dot2_".len(), "`{temperature_c}`".to_owned())
        );
        assert_eq!(template.end("LBO-17/eis_2_30C.DTA"), ("LBO-17/".len(), "`{*}_dot`".to_owned()));
        assert_eq!(template.end("eis_dot2_30C.DTA"), (0, "`{sample}/`".to_owned()));
        assert_eq!(template.end("LBO-17/eis_dot2_30C_b.DTA"), ("LBO-17/eis_dot2_30C".len(), "the end".to_owned()));
    }
}
