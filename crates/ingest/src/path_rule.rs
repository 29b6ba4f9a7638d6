//! A path rule: what the path of a file says about its measurements, as a template or as a regular expression.

use aldb_formats::SUPPLIABLE;
use regex::{Captures, Regex};

use crate::template::{Template, has_placeholders};

/// The groups with a meaning of their own, besides settings of files. Every other group is a tag.
pub(crate) const GROUPS: [&str; 11] = [
    "sample",
    "run",
    "dot",
    "repeat",
    "date",
    "operator",
    "temperature_c",
    "temperature_k",
    "electrode_area_cm2",
    "electrode_area_mm2",
    "electrode_diameter_um",
];

/// Names that people write for a group, and the group.
const OTHER_NAMES: [(&str, &str); 14] = [
    ("sample_id", "sample"),
    ("sample_name", "sample"),
    ("specimen", "sample"),
    ("run_id", "run"),
    ("electrode", "dot"),
    ("pad", "dot"),
    ("contact", "dot"),
    ("user", "operator"),
    ("repetition", "repeat"),
    ("day", "date"),
    ("t_c", "temperature_c"),
    ("temp_c", "temperature_c"),
    ("temp_k", "temperature_k"),
    ("t", "temperature_c"),
];

/// A path rule.
#[derive(Debug, Clone)]
pub struct PathRule {
    written: String,
    expression: Regex,
    template: Option<Template>,
}

impl PathRule {
    /// Reads a rule: a template if it has placeholders such as `{sample}`, otherwise a regular expression, whose groups are
    /// written `(?<sample>…)`.
    ///
    /// # Errors
    ///
    /// Why it is neither, in words.
    pub fn new(written: &str) -> Result<Self, String> {
        let has_groups = written.contains("(?<") || written.contains("(?P<");
        let template = match (has_placeholders(written), has_groups) {
            (true, true) => {
                return Err(
                    "expected either a template with groups such as `{sample}` or a regular expression with groups \
                            such as `(?<sample>…)`, found both"
                        .to_owned(),
                );
            }
            (true, false) => Some(Template::read(written)?),
            (false, _) => None,
        };
        let expression = match &template {
            Some(template) => template.expression()?,
            None => Regex::new(written).map_err(|error| error.to_string())?,
        };
        Ok(Self { written: written.to_owned(), expression, template })
    }

    /// As in aldb.toml.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Whether it is a template.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.template.is_some()
    }

    /// The names of its groups, in its order.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.expression.capture_names().flatten()
    }

    pub(crate) fn captures<'p>(&self, below: &'p str) -> Option<Captures<'p>> {
        self.expression.captures(below)
    }

    /// Whether it matches a path below the folder of a source.
    #[must_use]
    pub fn matches(&self, below: &str) -> bool {
        self.expression.is_match(below)
    }

    /// The groups that may be misspelt, each with the name that may be meant.
    #[must_use]
    pub fn doubtful_groups(&self) -> Vec<(String, &'static str)> {
        self.groups().filter_map(|group| Some((group.to_owned(), meant(group)?))).collect()
    }

    /// For a path that the rule does not match: how much of it matches (bytes), and what was expected there.
    #[must_use]
    pub fn end(&self, below: &str) -> (usize, String) {
        if let Some(template) = &self.template {
            return template.end(below);
        }
        // The longest beginning of the expression that is one itself and matches.
        let beginnings = self.written.char_indices().rev().map(|(place, _)| place).filter(|place| *place > 0);
        let matching = beginnings.filter_map(|place| {
            let found = Regex::new(&self.written[..place]).ok()?.find(below)?;
            Some((found.end(), format!("`{}`", &self.written[place..])))
        });
        matching.into_iter().next().unwrap_or_else(|| (0, format!("`{}`", self.written)))
    }
}

/// All names that a group may have with a meaning of its own.
pub(crate) fn known_groups() -> impl Iterator<Item = &'static str> {
    let settings = SUPPLIABLE.iter().map(|(setting, _)| *setting).filter(|setting| !GROUPS.contains(setting));
    GROUPS.into_iter().chain(settings)
}

/// Whether a group is a setting of files, such as `energy_scale`.
pub(crate) fn is_setting(group: &str) -> bool {
    !GROUPS.contains(&group) && SUPPLIABLE.iter().any(|(setting, _)| *setting == group)
}

/// Whether a group is stored as a tag.
pub(crate) fn is_tag(group: &str) -> bool {
    matches!(group, "date" | "operator") || !known_groups().any(|known| known == group)
}

/// The known group that a name which is none may mean: an abbreviation, another word for it, or one wrong letter.
fn meant(group: &str) -> Option<&'static str> {
    if known_groups().any(|known| known == group) {
        return None;
    }
    let lower = group.to_lowercase();
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == lower).map(|(_, known)| *known);
    let is_meant = |known: &&str| {
        let is_part = (lower.len() >= 3 && known.starts_with(lower.as_str()))
            || (lower.len() >= 6 && known.ends_with(lower.as_str()));
        let is_near = lower.len() >= 3 && lower.chars().next() == known.chars().next() && differs_by_one(&lower, known);
        lower == **known || is_part || is_near
    };
    other.or_else(|| known_groups().find(is_meant))
}

/// Whether two words differ by one letter: wrong, missing, too much, or changed places with its neighbour.
fn differs_by_one(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let is_swapped = || matches!((a, b), ([a1, a2, a @ ..], [b1, b2, b @ ..]) if a1 == b2 && a2 == b1 && a == b);
    let after = |word: &[char]| word.get(1..).map(<[char]>::to_vec);
    // One wrong letter of a short word makes another word.
    let is_wrong = || after(a) == after(b) && !a.is_empty() && same + a.len() > 4;
    is_wrong() || after(a).as_deref() == Some(b) || after(b).as_deref() == Some(a) || is_swapped()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_group_is_found_and_an_own_one_is_left_alone() {
        for (group, known) in [
            ("temp", "temperature_c"),
            ("Sample", "sample"),
            ("smaple", "sample"),
            ("samples", "sample"),
            ("temperature", "temperature_c"),
            ("temperature_C", "temperature_c"),
            ("Dot", "dot"),
            ("electrode", "dot"),
            ("rep", "repeat"),
            ("opertor", "operator"),
            ("diameter_um", "electrode_diameter_um"),
            ("energy_scal", "energy_scale"),
        ] {
            assert_eq!(meant(group), Some(known), "{group}");
        }
        for own in [
            "cell",
            "batch",
            "rate",
            "data",
            "wafer",
            "sample_holder",
            "run_number",
            "position",
            "sample",
            "energy_scale",
        ] {
            assert_eq!(meant(own), None, "{own}");
        }
    }

    #[test]
    fn a_rule_is_one_of_two_kinds_and_never_both() {
        let groups = |rule: &str| PathRule::new(rule).unwrap().groups().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(groups(r"(?<sample>[A-Z]+-\d{4})/(?<cell>\p{L}+)"), ["sample", "cell"]);
        assert_eq!(groups("{sample}/{cell}_{*}"), ["sample", "cell"]);
        let error = PathRule::new("{sample}/(?<dot>x)").unwrap_err();
        assert!(error.ends_with("found both"), "{error}");
        assert!(PathRule::new("(?<sample>[").unwrap_err().contains("unclosed"));
    }

    #[test]
    fn where_the_match_of_an_expression_ends_is_told() {
        let rule = PathRule::new(r"(?<sample>[^/]+)/[^/]*_dot(?<dot>\w+)_(?<temperature_c>-?\d+)C").unwrap();
        assert!(rule.matches("LBO-17/eis_dot2_30C.DTA"));
        let (end, expected) = rule.end("LBO-17/eis_2_30C.DTA");
        assert_eq!(&"LBO-17/eis_2_30C.DTA"[..end], "LBO-17/eis_2_");
        assert_eq!(expected, r"`dot(?<dot>\w+)_(?<temperature_c>-?\d+)C`");
        assert_eq!(rule.end(""), (0, r"`(?<sample>[^/]+)/[^/]*_dot(?<dot>\w+)_(?<temperature_c>-?\d+)C`".to_owned()));
    }
}
