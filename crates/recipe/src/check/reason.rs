//! Whether a stated reason says anything.

/// Words in place of a reason.
const PLACEHOLDERS: &[&str] = &[
    "none",
    "nothing",
    "todo",
    "unknown",
    "reason",
    "because",
    "asdf",
    "qwerty",
    "test",
    "testing",
    "default",
    "whatever",
    "see above",
    "not known",
    "no reason",
    "not applicable",
];

/// Whether a text can be a reason: a word of a language, and not only a placeholder.
pub(super) fn says_something(reason: &str) -> bool {
    let reason = reason.trim().trim_end_matches(['.', '!', '?']).to_lowercase();
    let mut letters: Vec<char> = reason.chars().filter(|letter| letter.is_alphabetic()).collect();
    let long = letters.len() >= 5 || letters.iter().filter(|letter| !letter.is_ascii()).count() >= 2;
    letters.sort_unstable();
    letters.dedup();
    let varied = letters.len() >= 4 || letters.iter().any(|letter| !letter.is_ascii() && letters.len() >= 2);
    long && varied && !PLACEHOLDERS.contains(&reason.as_str())
}

#[cfg(test)]
mod tests {
    use super::says_something;

    #[test]
    fn a_reason_is_a_word_at_least() {
        for reason in
            ["volatile", "the vapour pressure at room temperature is enough", "flüchtig", "hurry", "常温で十分"]
        {
            assert!(says_something(reason), "{reason}");
        }
        for reason in ["", " ", ".", "x", "-", "n/a", "none", "Unknown", "xxxxxxxx", "...", "because.", "12345", "ok"] {
            assert!(!says_something(reason), "{reason}");
        }
    }
}
