//! Elements and isotopes as programs write them: `Li`, `7Li`, `Li-7`, `D`.
//!
//! Source: IUPAC's table of the elements; the isotope's place by what Potku, SIMNRA and NDF write.

/// Symbols by atomic number, hydrogen first.
pub(crate) const SYMBOLS: [&str; 118] = [
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K", "Ca",
    "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y",
    "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba", "La", "Ce",
    "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W", "Re", "Os", "Ir",
    "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm",
    "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc",
    "Lv", "Ts", "Og",
];

/// Heaviest mass number that an isotope may have.
const HEAVIEST: u16 = 300;

/// An element, or one isotope of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nuclide {
    /// Symbol of the element.
    pub symbol: &'static str,
    /// Mass number where one isotope is meant.
    pub mass_number: Option<u16>,
}

/// The symbol that `text` is, with upper and lower case as chemists write it.
pub(crate) fn symbol(text: &str) -> Option<&'static str> {
    SYMBOLS.iter().find(|symbol| **symbol == text).copied()
}

/// The symbol of an atomic number.
pub(crate) fn symbol_of(atomic_number: f64) -> Option<&'static str> {
    if !(1.0..=118.0).contains(&atomic_number) || atomic_number.fract() != 0.0 {
        return None;
    }
    SYMBOLS.get(atomic_number as usize - 1).copied()
}

/// The element or isotope that `text` is. `D` is deuterium.
pub(crate) fn nuclide(text: &str) -> Option<Nuclide> {
    let text = text.trim();
    if text == "D" {
        return Some(Nuclide { symbol: "H", mass_number: Some(2) });
    }
    if let Some(symbol) = symbol(text) {
        return Some(Nuclide { symbol, mass_number: None });
    }
    let is_digit = |c: char| superscript(c).is_some();
    let (digits, letters) = if text.starts_with(is_digit) {
        let end = text.find(|c| !is_digit(c))?;
        (text.get(..end)?, text.get(end..)?.trim_start_matches('-'))
    } else {
        // A digit right behind a symbol would be stoichiometry: the mass number stands behind a hyphen.
        let (letters, digits) = text.split_once('-')?;
        (digits, letters)
    };
    let mut mass_number = 0_u16;
    for c in digits.chars() {
        mass_number = mass_number.checked_mul(10)?.checked_add(superscript(c)?)?;
    }
    let symbol = symbol(letters)?;
    let lightest = SYMBOLS.iter().position(|other| *other == symbol)? as u16 + 1;
    (lightest..=HEAVIEST).contains(&mass_number).then_some(Nuclide { symbol, mass_number: Some(mass_number) })
}

/// The value of a digit, raised or not.
fn superscript(c: char) -> Option<u16> {
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
    fn elements_and_isotopes_are_told_from_other_words() {
        let of = |text| nuclide(text).map(|nuclide| (nuclide.symbol, nuclide.mass_number));
        assert_eq!(of("Li"), Some(("Li", None)));
        assert_eq!(of("7Li"), Some(("Li", Some(7))));
        assert_eq!(of("⁷Li"), Some(("Li", Some(7))));
        assert_eq!(of("Li-7"), Some(("Li", Some(7))));
        assert_eq!(of("D"), Some(("H", Some(2))));
        for word in ["", "li", "LI", "Li7", "O1s", "7", "2Li", "999Li", "99999999Li", "-", "depth", "X"] {
            assert_eq!(of(word), None, "{word}");
        }
    }

    #[test]
    fn an_atomic_number_has_a_symbol() {
        assert_eq!((symbol_of(1.0), symbol_of(3.0), symbol_of(118.0)), (Some("H"), Some("Li"), Some("Og")));
        for number in [0.0, 2.5, 119.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(symbol_of(number), None);
        }
    }
}
