//! Elements and nuclides as programs write them: `Li`, `7Li`, `Li-7`, `D`.
//!
//! Sources: the notations, Potku, SIMNRA and NDF; masses of D and T, AME2020 (Chinese Phys. C 45, 030003 (2021)), abridged
//! as the standard atomic weights.

use crate::Element;

/// Heaviest mass number that a nuclide may have.
const HEAVIEST: u16 = 300;

/// An element, or one nuclide of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nuclide {
    /// The element.
    pub element: Element,
    /// Mass number where one nuclide is meant, `None` where the natural mixture is.
    pub mass_number: Option<u16>,
}

impl From<Element> for Nuclide {
    fn from(element: Element) -> Self {
        Self { element, mass_number: None }
    }
}

impl Nuclide {
    /// The element or nuclide that `text` is. `D` is deuterium, `T` tritium.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (letters, mass_number) = match text {
            "D" => ("H", Some(2)),
            "T" => ("H", Some(3)),
            _ => match Element::from_symbol(text) {
                Some(element) => return Some(element.into()),
                None => with_mass_number(text)?,
            },
        };
        let element = Element::from_symbol(letters)?;
        let possible = u16::from(element.atomic_number())..=HEAVIEST;
        mass_number.is_none_or(|number| possible.contains(&number)).then_some(Self { element, mass_number })
    }

    /// Symbol of the element: `H` for deuterium too.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.element.symbol()
    }

    /// Mass (g/mol): the standard atomic weight of an element, the mass of D and T. `None` for other nuclides and for
    /// elements without a standard atomic weight.
    #[must_use]
    pub fn atomic_weight(self) -> Option<f64> {
        match (self.element.atomic_number(), self.mass_number) {
            (_, None) => self.element.atomic_weight(),
            (1, Some(2)) => Some(2.014),
            (1, Some(3)) => Some(3.016),
            _ => None,
        }
    }
}

/// Letters and mass number of `7Li`, `⁷Li`, `7-Li` or `Li-7`. A digit right behind a symbol would be stoichiometry, so the
/// mass number stands behind a hyphen there.
fn with_mass_number(text: &str) -> Option<(&str, Option<u16>)> {
    let is_digit = |c: char| digit(c).is_some();
    let (digits, letters) = if text.starts_with(is_digit) {
        let end = text.find(|c| !is_digit(c))?;
        (text.get(..end)?, text.get(end..)?.trim_start_matches('-'))
    } else {
        let (letters, digits) = text.split_once('-')?;
        (digits, letters)
    };
    let mut number = 0_u16;
    for c in digits.chars() {
        number = number.checked_mul(10)?.checked_add(digit(c)?)?;
    }
    Some((letters, Some(number)))
}

/// The value of a digit, superscript or not.
fn digit(c: char) -> Option<u16> {
    match c {
        '0'..='9' => c.to_digit(10).map(|digit| digit as u16),
        '⁰' => Some(0),
        '¹' => Some(1),
        '²' => Some(2),
        '³' => Some(3),
        '⁴'..='⁹' => Some(c as u16 - '⁰' as u16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_nuclides_are_distinguished_from_other_words() {
        let parsed = |text| Nuclide::parse(text).map(|nuclide| (nuclide.symbol(), nuclide.mass_number));
        assert_eq!(parsed("Li"), Some(("Li", None)));
        assert_eq!(parsed("7Li"), Some(("Li", Some(7))));
        assert_eq!(parsed("⁷Li"), Some(("Li", Some(7))));
        assert_eq!(parsed("Li-7"), Some(("Li", Some(7))));
        assert_eq!(parsed("D"), Some(("H", Some(2))));
        assert_eq!(parsed("T"), Some(("H", Some(3))));
        for word in ["", "li", "LI", "Li7", "O1s", "7", "2Li", "999Li", "99999999Li", "-", "depth", "X"] {
            assert_eq!(parsed(word), None, "{word}");
        }
    }
}
