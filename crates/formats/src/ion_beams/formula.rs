//! Molecules as programs of ion beam analysis name them: `SiO2`, `Si 1 O 2`, `Si1o2`, `Co?=0.36pt?=0.64`.
//!
//! The share of a molecule in a layer counts atoms, so an element's atomic percent is that share times its part of the
//! molecule's atoms: NDF's own table of elements is its table of molecules split in this way.
//!
//! NDF writes a symbol's first letter small behind a number, and `?` or `?=0.36` for a number that its fit may change.
//! The number behind `?` is where the fit began: what it found stands in the `.res` only.
//!
//! Source: NDF v10 `.prf` and `.res` of the same fit; IDF files of pyIBA.

use super::element::{Nuclide, nuclide, symbol};

/// Longest name that is looked at.
const LONGEST: usize = 200;

/// What a molecule consists of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Formula {
    /// Elements in the order of their first mention, with their part of the atoms; `None` where the file doesn't state
    /// it.
    pub parts: Vec<(Nuclide, Option<f64>)>,
}

/// The elements of a molecule; `None` where the name is no formula, or could be two.
pub(crate) fn formula(name: &str) -> Option<Formula> {
    let name = name.trim();
    if name.len() > LONGEST {
        return None;
    }
    if let Some(nuclide) = nuclide(name) {
        return Some(Formula { parts: vec![(nuclide, Some(1.0))] });
    }
    let mut rest = name;
    let mut parts: Vec<(Nuclide, f64)> = Vec::new();
    let mut is_variable = false;
    // Whether a symbol may begin with a small letter here.
    let mut at_boundary = true;
    while !rest.is_empty() {
        let (symbol, after) = leading_symbol(rest, at_boundary)?;
        let trimmed = after.trim_start();
        let (number, after) = match trimmed.strip_prefix('?') {
            Some(after) => {
                is_variable = true;
                let after = after.strip_prefix('=').unwrap_or(after);
                (leading_number(after).map_or(f64::NAN, |(number, _)| number), past_number(after))
            }
            None => match leading_number(trimmed) {
                Some((number, after)) => (number, after),
                None => (1.0, trimmed),
            },
        };
        at_boundary = after.len() < trimmed.len() || trimmed.len() < rest.len() - symbol.len();
        rest = after.trim_start();
        at_boundary |= rest.len() < after.len();
        match parts.iter_mut().find(|(known, _)| known.symbol == symbol) {
            Some((_, sum)) => *sum += number,
            None => parts.push((Nuclide { symbol, mass_number: None }, number)),
        }
    }
    let total: f64 = parts.iter().map(|(_, number)| number).sum();
    let is_a_number = total > 0.0 && total.is_finite();
    if !is_variable && !is_a_number {
        return None;
    }
    let part = |number: f64| (!is_variable).then_some(number / total);
    let parts: Vec<_> = parts.into_iter().map(|(nuclide, number)| (nuclide, part(number))).collect();
    (!parts.is_empty()).then_some(Formula { parts })
}

/// The symbol at the start of `text`, and what follows.
fn leading_symbol(text: &str, at_boundary: bool) -> Option<(&'static str, &str)> {
    let bytes = text.as_bytes();
    let first = *bytes.first()?;
    let second = bytes.get(1).copied().filter(u8::is_ascii_lowercase);
    if !(first.is_ascii_uppercase() || (first.is_ascii_lowercase() && at_boundary)) {
        return None;
    }
    let written = |length: usize| {
        let mut name = text.get(..length)?.to_owned();
        name.get_mut(..1)?.make_ascii_uppercase();
        symbol(&name)
    };
    let one = written(1);
    let two = second.and_then(|_| written(2));
    match (one, two) {
        // In small letters `no` may be nobelium or nitrogen and oxygen.
        (Some(_), Some(_)) if first.is_ascii_lowercase() && second.is_some_and(is_a_symbol) => None,
        (_, Some(symbol)) => Some((symbol, text.get(2..)?)),
        (Some(symbol), None) if second.is_none() => Some((symbol, text.get(1..)?)),
        _ => None,
    }
}

fn is_a_symbol(letter: u8) -> bool {
    symbol(char::from(letter.to_ascii_uppercase()).encode_utf8(&mut [0; 4])).is_some()
}

/// The unsigned number without exponent at the start of `text`, and what follows.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let after = past_number(text);
    let number = text.get(..text.len() - after.len())?;
    fast_float2::parse(number).ok().map(|number| (number, after))
}

fn past_number(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(name: &str) -> Option<Vec<(&'static str, Option<f64>)>> {
        formula(name).map(|formula| formula.parts.iter().map(|(nuclide, part)| (nuclide.symbol, *part)).collect())
    }

    #[test]
    fn a_molecule_is_split_into_its_elements() {
        let silica = Some(vec![("Si", Some(1.0 / 3.0)), ("O", Some(2.0 / 3.0))]);
        for name in ["SiO2", "Si 1 O 2", "Si1o2", "Si1O2", "Si1.0O2.0", "OSiO"] {
            let mut found = parts(name).unwrap();
            found.sort_by_key(|(symbol, _)| *symbol == "O");
            assert_eq!(Some(found), silica, "{name}");
        }
        assert_eq!(parts("Si"), Some(vec![("Si", Some(1.0))]));
        assert_eq!(parts("TiN"), Some(vec![("Ti", Some(0.5)), ("N", Some(0.5))]));
        assert_eq!(parts("Co 1 Pt 1"), Some(vec![("Co", Some(0.5)), ("Pt", Some(0.5))]));
        assert_eq!(formula("7Li").unwrap().parts[0].0.mass_number, Some(7));
    }

    #[test]
    fn a_stoichiometry_that_a_fit_changes_is_not_stated() {
        assert_eq!(parts("Co?=0.36pt?=0.64"), Some(vec![("Co", None), ("Pt", None)]));
        assert_eq!(parts("Co?Pt?"), Some(vec![("Co", None), ("Pt", None)]));
    }

    #[test]
    fn a_name_that_is_no_formula_or_could_be_two_is_none() {
        for name in ["", "water", "sio2", "no2", "Si1no2", "Xx2", "Si(OH)4", "Si-O", "Si0", "rough", "Ä"] {
            assert_eq!(parts(name), None, "{name}");
        }
    }
}
