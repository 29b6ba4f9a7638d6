//! The abridged weights against the unabridged ones, which were copied from another list.

use aldb_elements::mixture::{CompositionError, mean_atomic_mass};
use aldb_elements::{Element, Nuclide};

/// Standard atomic weights of 2021 (g/mol) with all their digits, as periodictable 2.1.0 lists them; where the weight
/// varies in nature, the conventional value.
#[rustfmt::skip]
const UNABRIDGED: [(&str, f64); 84] = [
    ("H", 1.008_0), ("He", 4.002_602), ("Li", 6.94), ("Be", 9.012_183_1), ("B", 10.81), ("C", 12.011), ("N", 14.007),
    ("O", 15.999), ("F", 18.998_403_162), ("Ne", 20.179_7), ("Na", 22.989_769_28), ("Mg", 24.305),
    ("Al", 26.981_538_4), ("Si", 28.085), ("P", 30.973_761_998), ("S", 32.06), ("Cl", 35.45), ("Ar", 39.95),
    ("K", 39.098_3), ("Ca", 40.078), ("Sc", 44.955_907), ("Ti", 47.867), ("V", 50.941_5), ("Cr", 51.996_1),
    ("Mn", 54.938_043), ("Fe", 55.845), ("Co", 58.933_194), ("Ni", 58.693_4), ("Cu", 63.546), ("Zn", 65.38),
    ("Ga", 69.723), ("Ge", 72.630), ("As", 74.921_595), ("Se", 78.971), ("Br", 79.904), ("Kr", 83.798),
    ("Rb", 85.467_8), ("Sr", 87.62), ("Y", 88.905_838), ("Zr", 91.224), ("Nb", 92.906_37), ("Mo", 95.95),
    ("Ru", 101.07), ("Rh", 102.905_49), ("Pd", 106.42), ("Ag", 107.868_2), ("Cd", 112.414), ("In", 114.818),
    ("Sn", 118.710), ("Sb", 121.760), ("Te", 127.60), ("I", 126.904_47), ("Xe", 131.293), ("Cs", 132.905_451_96),
    ("Ba", 137.327), ("La", 138.905_47), ("Ce", 140.116), ("Pr", 140.907_66), ("Nd", 144.242), ("Sm", 150.36),
    ("Eu", 151.964), ("Gd", 157.25), ("Tb", 158.925_354), ("Dy", 162.500), ("Ho", 164.930_329), ("Er", 167.259),
    ("Tm", 168.934_219), ("Yb", 173.045), ("Lu", 174.966_8), ("Hf", 178.486), ("Ta", 180.947_88), ("W", 183.84),
    ("Re", 186.207), ("Os", 190.23), ("Ir", 192.217), ("Pt", 195.084), ("Au", 196.966_570), ("Hg", 200.592),
    ("Tl", 204.38), ("Pb", 207.2), ("Bi", 208.980_40), ("Th", 232.037_7), ("Pa", 231.035_88), ("U", 238.028_91),
];

/// Half of the last of five significant digits of a weight.
fn half_digit(weight: f64) -> f64 {
    0.5 * 10_f64.powi(weight.log10().floor() as i32 - 4)
}

#[test]
fn every_abridged_weight_is_the_unabridged_one_rounded_to_five_digits() {
    for (symbol, unabridged) in UNABRIDGED {
        let weight = Element::from_symbol(symbol).unwrap().atomic_weight().unwrap();
        // The half digit itself is a tie, which is Yb, 173.045 and 173.05; 1e-9 is for the decimal numbers as f64.
        assert!((weight - unabridged).abs() <= half_digit(unabridged) + 1e-9, "{symbol}: {weight}, {unabridged}");
    }
}

#[test]
fn elements_without_a_characteristic_composition_have_no_weight() {
    for number in 1..=118 {
        let element = Element::from_atomic_number(number).unwrap();
        let is_listed = UNABRIDGED.iter().any(|(symbol, _)| *symbol == element.symbol());
        assert_eq!(element.atomic_weight().is_some(), is_listed, "{}", element.symbol());
    }
}

/// Masses of AME2020.
#[test]
fn deuterium_and_tritium_have_their_own_masses() {
    for (symbol, mass) in [("D", 2.014_101_778), ("T", 3.016_049_281)] {
        assert!((Nuclide::parse(symbol).unwrap().atomic_weight().unwrap() - mass).abs() < 5e-4, "{symbol}");
    }
    assert_eq!(Nuclide::parse("7Li").unwrap().atomic_weight(), None);
}

/// Molar masses (g/mol) by molmass 2026.1.8. It takes unabridged weights, and for some elements mean instead of conventional
/// ones: 5e-5 is what these differ by.
#[test]
fn mean_atomic_masses_are_those_of_another_program() {
    for (atoms, molar_mass) in [
        (&[("Li", 1.0), ("B", 1.0), ("O", 2.0)][..], 49.749_81),
        (&[("Li", 3.0), ("P", 1.0), ("O", 4.0)], 115.791_382),
        (&[("Li", 1.0), ("Mn", 2.0), ("O", 4.0)], 180.813_708),
        (&[("D", 2.0), ("O", 1.0)], 20.027_608_6),
    ] {
        let count: f64 = atoms.iter().map(|(_, count)| count).sum();
        let mean = mean_atomic_mass(atoms.iter().copied()).unwrap();
        assert!((mean * count / molar_mass - 1.0).abs() < 5e-5, "{atoms:?}: {}", mean * count);
    }
}

#[test]
fn a_composition_without_a_mass_says_why() {
    let error = |contents: &[(&str, f64)]| mean_atomic_mass(contents.iter().copied()).unwrap_err();
    for symbol in ["Xx", "Tc", "7Li"] {
        assert_eq!(error(&[("O", 1.0), (symbol, 1.0)]), CompositionError::NoAtomicWeight { symbol: symbol.to_owned() });
    }
    assert_eq!(
        error(&[("Tc", 1.0)]).to_string(),
        "expected the symbol of an element with a standard atomic weight, found `Tc`"
    );
    assert_eq!(error(&[]).to_string(), "expected contents with a positive sum, found 0 at.%");
}
