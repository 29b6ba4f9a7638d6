//! The elements with their abridged standard atomic weights.
//!
//! Sources: symbols and names, IUPAC; weights, Standard atomic weights of the elements 2021 (Pure Appl. Chem. 94, 573
//! (2022)), abridged to five significant digits, with the conventional value where the weight varies in nature (H, Li,
//! B, C, N, O, Mg, Si, S, Cl, Ar, Br, Tl, Pb).

/// A chemical element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element(u8);

impl Element {
    /// The element with this symbol, with upper and lower case as chemists write it. `D` and `T` are no elements but
    /// nuclides of hydrogen.
    #[must_use]
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        TABLE
            .iter()
            .position(|(known, ..)| *known == symbol)
            .and_then(|index| Self::from_atomic_number(index as u8 + 1))
    }

    /// The element with this atomic number, 1 to 118.
    #[must_use]
    pub const fn from_atomic_number(atomic_number: u8) -> Option<Self> {
        if atomic_number >= 1 && atomic_number as usize <= TABLE.len() { Some(Self(atomic_number)) } else { None }
    }

    /// Atomic number, 1 to 118.
    #[must_use]
    pub fn atomic_number(self) -> u8 {
        self.0
    }

    /// Symbol: `Li`.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.row().0
    }

    /// Name: `lithium`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Abridged standard atomic weight (g/mol). `None` for the elements that have none because no composition of
    /// isotopes is characteristic of them on Earth: Tc, Pm, and those above Bi but Th, Pa and U.
    #[must_use]
    pub fn atomic_weight(self) -> Option<f64> {
        let weight = self.row().2;
        weight.is_finite().then_some(weight)
    }

    fn row(self) -> &'static (&'static str, &'static str, f64) {
        &TABLE[usize::from(self.0) - 1]
    }
}

const NONE: f64 = f64::NAN;

/// Symbol, name, and weight (g/mol), by atomic number.
#[rustfmt::skip]
const TABLE: [(&str, &str, f64); 118] = [
    ("H", "hydrogen", 1.008), ("He", "helium", 4.0026), ("Li", "lithium", 6.94), ("Be", "beryllium", 9.0122),
    ("B", "boron", 10.81), ("C", "carbon", 12.011), ("N", "nitrogen", 14.007), ("O", "oxygen", 15.999),
    ("F", "fluorine", 18.998), ("Ne", "neon", 20.180), ("Na", "sodium", 22.990), ("Mg", "magnesium", 24.305),
    ("Al", "aluminium", 26.982), ("Si", "silicon", 28.085), ("P", "phosphorus", 30.974), ("S", "sulfur", 32.06),
    ("Cl", "chlorine", 35.45), ("Ar", "argon", 39.95), ("K", "potassium", 39.098), ("Ca", "calcium", 40.078),
    ("Sc", "scandium", 44.956), ("Ti", "titanium", 47.867), ("V", "vanadium", 50.942), ("Cr", "chromium", 51.996),
    ("Mn", "manganese", 54.938), ("Fe", "iron", 55.845), ("Co", "cobalt", 58.933), ("Ni", "nickel", 58.693),
    ("Cu", "copper", 63.546), ("Zn", "zinc", 65.38), ("Ga", "gallium", 69.723), ("Ge", "germanium", 72.630),
    ("As", "arsenic", 74.922), ("Se", "selenium", 78.971), ("Br", "bromine", 79.904), ("Kr", "krypton", 83.798),
    ("Rb", "rubidium", 85.468), ("Sr", "strontium", 87.62), ("Y", "yttrium", 88.906), ("Zr", "zirconium", 91.224),
    ("Nb", "niobium", 92.906), ("Mo", "molybdenum", 95.95), ("Tc", "technetium", NONE), ("Ru", "ruthenium", 101.07),
    ("Rh", "rhodium", 102.91), ("Pd", "palladium", 106.42), ("Ag", "silver", 107.87), ("Cd", "cadmium", 112.41),
    ("In", "indium", 114.82), ("Sn", "tin", 118.71), ("Sb", "antimony", 121.76), ("Te", "tellurium", 127.60),
    ("I", "iodine", 126.90), ("Xe", "xenon", 131.29), ("Cs", "caesium", 132.91), ("Ba", "barium", 137.33),
    ("La", "lanthanum", 138.91), ("Ce", "cerium", 140.12), ("Pr", "praseodymium", 140.91),
    ("Nd", "neodymium", 144.24), ("Pm", "promethium", NONE), ("Sm", "samarium", 150.36), ("Eu", "europium", 151.96),
    ("Gd", "gadolinium", 157.25), ("Tb", "terbium", 158.93), ("Dy", "dysprosium", 162.50), ("Ho", "holmium", 164.93),
    ("Er", "erbium", 167.26), ("Tm", "thulium", 168.93), ("Yb", "ytterbium", 173.05), ("Lu", "lutetium", 174.97),
    ("Hf", "hafnium", 178.49), ("Ta", "tantalum", 180.95), ("W", "tungsten", 183.84), ("Re", "rhenium", 186.21),
    ("Os", "osmium", 190.23), ("Ir", "iridium", 192.22), ("Pt", "platinum", 195.08), ("Au", "gold", 196.97),
    ("Hg", "mercury", 200.59), ("Tl", "thallium", 204.38), ("Pb", "lead", 207.2), ("Bi", "bismuth", 208.98),
    ("Po", "polonium", NONE), ("At", "astatine", NONE), ("Rn", "radon", NONE), ("Fr", "francium", NONE),
    ("Ra", "radium", NONE), ("Ac", "actinium", NONE), ("Th", "thorium", 232.04), ("Pa", "protactinium", 231.04),
    ("U", "uranium", 238.03), ("Np", "neptunium", NONE), ("Pu", "plutonium", NONE), ("Am", "americium", NONE),
    ("Cm", "curium", NONE), ("Bk", "berkelium", NONE), ("Cf", "californium", NONE), ("Es", "einsteinium", NONE),
    ("Fm", "fermium", NONE), ("Md", "mendelevium", NONE), ("No", "nobelium", NONE), ("Lr", "lawrencium", NONE),
    ("Rf", "rutherfordium", NONE), ("Db", "dubnium", NONE), ("Sg", "seaborgium", NONE), ("Bh", "bohrium", NONE),
    ("Hs", "hassium", NONE), ("Mt", "meitnerium", NONE), ("Ds", "darmstadtium", NONE), ("Rg", "roentgenium", NONE),
    ("Cn", "copernicium", NONE), ("Nh", "nihonium", NONE), ("Fl", "flerovium", NONE), ("Mc", "moscovium", NONE),
    ("Lv", "livermorium", NONE), ("Ts", "tennessine", NONE), ("Og", "oganesson", NONE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_found_by_its_symbol_and_its_number() {
        for number in 1..=118 {
            let element = Element::from_atomic_number(number).unwrap();
            assert_eq!(element.atomic_number(), number);
            assert_eq!(Element::from_symbol(element.symbol()), Some(element));
        }
        let numbers = ["H", "Li", "P", "Zr", "La", "U", "Og"].map(|symbol| Element::from_symbol(symbol).unwrap().0);
        assert_eq!(numbers, [1, 3, 15, 40, 57, 92, 118]);
        assert_eq!(Element::from_atomic_number(92).unwrap().name(), "uranium");
        assert_eq!([0, 119, 255].map(Element::from_atomic_number), [None; 3]);
        assert_eq!(["", "li", "LI", "Xx", "D", "T"].map(Element::from_symbol), [None; 6]);
    }
}
