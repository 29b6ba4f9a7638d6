//! Chemical formulas inside labels: `Li3PO4` becomes Li₃PO₄.

use aldb_elements::Element;

/// `text` with the numbers in formulas as subscripts.
///
/// A word is a formula when it consists of element symbols and numbers of one or two digits; every other word stays
/// as it is, so names of samples keep their digits.
pub(crate) fn subscripted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut word = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || letter == '.' || letter == '_' {
            word.push(letter);
        } else {
            result += &formula(&word).unwrap_or(word);
            word = String::new();
            result.push(letter);
        }
    }
    result + &formula(&word).unwrap_or(word)
}

/// The word with subscripts, or `None` where it is no formula.
fn formula(word: &str) -> Option<String> {
    let mut result = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        let two = rest.get(..2).filter(|symbol| is_element(symbol));
        let symbol = two.or_else(|| rest.get(..1).filter(|symbol| is_element(symbol)))?;
        rest = &rest[symbol.len()..];
        let digits = rest.len() - rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        if digits > 2 {
            return None;
        }
        result += symbol;
        result.extend(rest[..digits].bytes().filter_map(|digit| char::from_u32('₀' as u32 + u32::from(digit - b'0'))));
        rest = &rest[digits..];
    }
    Some(result)
}

/// Elements that do not occur in nature are in no film; their symbols are more likely parts of names: `No1`.
fn is_element(symbol: &str) -> bool {
    Element::from_symbol(symbol).and_then(Element::atomic_weight).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_get_subscripts_and_names_do_not() {
        for (text, expected) in [
            ("Li3BO3-Li2CO3", "Li₃BO₃-Li₂CO₃"),
            ("Li3PO4 (LiOtBu)", "Li₃PO₄ (LiOtBu)"),
            ("LiPON (N2 plasma)", "LiPON (N₂ plasma)"),
            ("synthetic-LBO-125", "synthetic-LBO-125"),
            ("LBO125", "LBO125"),
            ("Li0.98TaOy", "Li0.98TaOy"),
            ("B250", "B250"),
            ("No1", "No1"),
            ("", ""),
        ] {
            assert_eq!(subscripted(text), expected);
        }
    }
}
