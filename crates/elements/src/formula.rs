//! Chemical formulas: `SiO2`, `LiN(Si(CH3)3)2`, and as programs of ion beam analysis write them: `Si 1 O 2`, `Si1o2`,
//! `Co?=0.36pt?=0.64`.
//!
//! NDF writes a symbol's first letter small behind a number, and `?` or `?=0.36` for a number that its fit may change.
//! The number behind `?` is where the fit began: the fitted value is in the `.res` only.
//!
//! Not supported: charges, and the dot of hydrates.
//!
//! Source: NDF v10 `.prf` and `.res` of the same fit; IDF files of pyIBA.

use crate::{Element, Nuclide};

/// Longest formula that is parsed, in bytes.
const LONGEST: usize = 200;

/// What a compound consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// Elements in the order of their first mention, with their fraction of the atoms; `None` where the stoichiometry is
    /// not stated.
    pub fractions: Vec<(Nuclide, Option<f64>)>,
}

impl Formula {
    /// The elements of a compound; `None` where `text` is no formula, or could be two.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        if let Some(nuclide) = Nuclide::parse(text) {
            return Some(Self { fractions: vec![(nuclide, Some(1.0))] });
        }
        let (atoms, is_variable) = atoms(text)?;
        let total: f64 = atoms.iter().map(|(_, number)| number).sum();
        let is_a_number = total > 0.0 && total.is_finite();
        if atoms.is_empty() || !(is_variable || is_a_number) {
            return None;
        }
        let fraction = |number: f64| (!is_variable).then_some(number / total);
        Some(Self { fractions: atoms.into_iter().map(|(element, n)| (element.into(), fraction(n))).collect() })
    }
}

type Atoms = Vec<(Element, f64)>;

/// Numbers of atoms in a formula unit, and whether one of them is left to a fit (it is then not a number).
fn atoms(text: &str) -> Option<(Atoms, bool)> {
    // The formula itself, and the brackets that are open.
    let mut open: Vec<Atoms> = vec![Vec::new()];
    let mut is_variable = false;
    // Whether a symbol may begin with a small letter.
    let mut at_boundary = true;
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('(') {
            open.push(Vec::new());
            (rest, at_boundary) = (after.trim_start(), false);
            continue;
        }
        let (group, after) = match rest.strip_prefix(')') {
            Some(after) => (open.pop().filter(|group| !group.is_empty())?, after),
            None => {
                let (element, after) = leading_element(rest, at_boundary)?;
                (vec![(element, 1.0)], after)
            }
        };
        let trimmed = after.trim_start();
        let (number, after_number) = match trimmed.strip_prefix('?') {
            Some(start) => {
                is_variable = true;
                (f64::NAN, past_number(start.strip_prefix('=').unwrap_or(start)))
            }
            None => match leading_number(trimmed) {
                Some((number, after_number)) => (number, after_number),
                None => (1.0, trimmed),
            },
        };
        rest = after_number.trim_start();
        at_boundary = rest.len() < after.len();
        let outer = open.last_mut()?;
        for (element, count) in group {
            match outer.iter_mut().find(|(known, _)| *known == element) {
                Some((_, sum)) => *sum += count * number,
                None => outer.push((element, count * number)),
            }
        }
    }
    (open.len() == 1).then(|| open.pop()).flatten().map(|atoms| (atoms, is_variable))
}

/// The element at the start of `text`, and what follows.
fn leading_element(text: &str, at_boundary: bool) -> Option<(Element, &str)> {
    let bytes = text.as_bytes();
    let first = *bytes.first()?;
    let second = bytes.get(1).copied().filter(u8::is_ascii_lowercase);
    if !(first.is_ascii_uppercase() || (first.is_ascii_lowercase() && at_boundary)) {
        return None;
    }
    let written = |length: usize| {
        let mut symbol = text.get(..length)?.to_owned();
        symbol.get_mut(..1)?.make_ascii_uppercase();
        Element::from_symbol(&symbol)
    };
    let one = written(1);
    let two = second.and_then(|_| written(2));
    match (one, two) {
        // In small letters `no` may be nobelium or nitrogen and oxygen.
        (Some(_), Some(_)) if first.is_ascii_lowercase() && second.is_some_and(is_a_symbol) => None,
        (_, Some(element)) => Some((element, text.get(2..)?)),
        (Some(element), None) if second.is_none() => Some((element, text.get(1..)?)),
        _ => None,
    }
}

fn is_a_symbol(letter: u8) -> bool {
    Element::from_symbol(char::from(letter.to_ascii_uppercase()).encode_utf8(&mut [0; 4])).is_some()
}

/// The unsigned number without exponent at the start of `text`, and what follows.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let after = past_number(text);
    text.get(..text.len() - after.len())?.parse().ok().map(|number| (number, after))
}

fn past_number(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fractions(text: &str) -> Option<Vec<(&'static str, Option<f64>)>> {
        let symbols =
            |formula: Formula| formula.fractions.iter().map(|(nuclide, part)| (nuclide.symbol(), *part)).collect();
        Formula::parse(text).map(symbols)
    }

    #[test]
    fn a_compound_is_split_into_its_elements() {
        let silica = Some(vec![("Si", Some(1.0 / 3.0)), ("O", Some(2.0 / 3.0))]);
        for name in ["SiO2", "Si 1 O 2", "Si1o2", "Si1O2", "Si1.0O2.0", "OSiO", "Si(O)2", "(SiO2)3"] {
            let mut found = fractions(name).unwrap();
            found.sort_by_key(|(symbol, _)| *symbol == "O");
            assert_eq!(Some(found), silica, "{name}");
        }
        assert_eq!(fractions("Si"), Some(vec![("Si", Some(1.0))]));
        assert_eq!(fractions("TiN"), Some(vec![("Ti", Some(0.5)), ("N", Some(0.5))]));
        assert_eq!(fractions("Co 1 Pt 1"), Some(vec![("Co", Some(0.5)), ("Pt", Some(0.5))]));
        assert_eq!(Formula::parse("7Li").unwrap().fractions[0].0.mass_number, Some(7));
    }

    #[test]
    fn brackets_are_nested_to_any_depth() {
        let of_28 = |symbol, count: f64| (symbol, Some(count / 28.0));
        let silylamide = vec![of_28("Li", 1.0), of_28("N", 1.0), of_28("Si", 2.0), of_28("C", 6.0), of_28("H", 18.0)];
        assert_eq!(fractions("LiN(Si(CH3)3)2"), Some(silylamide));
        assert_eq!(
            fractions("Si(OH)4"),
            Some(vec![("Si", Some(1.0 / 9.0)), ("O", Some(4.0 / 9.0)), ("H", Some(4.0 / 9.0))])
        );
    }

    #[test]
    fn a_stoichiometry_that_a_fit_changes_is_not_stated() {
        assert_eq!(fractions("Co?=0.36pt?=0.64"), Some(vec![("Co", None), ("Pt", None)]));
        assert_eq!(fractions("Co?Pt?"), Some(vec![("Co", None), ("Pt", None)]));
    }

    #[test]
    fn a_name_that_is_no_formula_or_could_be_two_is_none() {
        for name in [
            "", "water", "sio2", "no2", "Si1no2", "Xx2", "Si-O", "Si0", "rough", "Ä", "Si(OH", "SiOH)4", "Si()", "()",
            "(", ")", "Si(O1s", "TMB",
        ] {
            assert_eq!(fractions(name), None, "{name}");
        }
    }
}
