//! Turns units as instruments write them into UCUM codes and factors.
//!
//! Source: the Unified Code for Units of Measure, 2.2, for the codes. Case matters (`mOhm` is not `MOhm`), except
//! where vendors are known to be careless and the meaning is unambiguous (`ohms`, `KHz`, `Sec`).

/// The quantity that a unit measures, as far as readers convert it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// In Hz.
    Frequency,
    /// In Ohm.
    Resistance,
    /// In V.
    Potential,
    /// In A.
    Current,
    /// In s.
    Time,
    /// In deg.
    Angle,
    /// In °C (UCUM `Cel`).
    Temperature,
    /// In m.
    Length,
    /// In eV.
    Energy,
    /// In C.
    Charge,
    /// In Pa.
    Pressure,
    /// Events per time, in /s.
    Rate,
    /// A part of a whole, in 1.
    Ratio,
    /// A pure number, in 1.
    Number,
    /// Anything else; not converted.
    Other,
}

impl Quantity {
    /// UCUM code of the unit that values of this quantity are converted to; `None` for [`Quantity::Other`].
    #[must_use]
    pub fn base_unit(self) -> Option<&'static str> {
        match self {
            Self::Frequency => Some("Hz"),
            Self::Resistance => Some("Ohm"),
            Self::Potential => Some("V"),
            Self::Current => Some("A"),
            Self::Time => Some("s"),
            Self::Angle => Some("deg"),
            Self::Temperature => Some("Cel"),
            Self::Length => Some("m"),
            Self::Energy => Some("eV"),
            Self::Charge => Some("C"),
            Self::Pressure => Some("Pa"),
            Self::Rate => Some("/s"),
            Self::Ratio | Self::Number => Some("1"),
            Self::Other => None,
        }
    }
}

/// A unit that a file states.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// UCUM code of the unit as stated.
    pub ucum: String,
    /// What it measures.
    pub quantity: Quantity,
    /// Value in [`Quantity::base_unit`] = stated value × `factor` + `offset`.
    pub factor: f64,
    /// See `factor`; not 0 for Kelvin only.
    pub offset: f64,
}

/// Atoms: how files spell them, UCUM code, quantity, factor to the base unit, whether a prefix may go before.
const ATOMS: &[(&[&str], &str, Quantity, f64, bool)] = &[
    (&["Hz", "hz", "HZ"], "Hz", Quantity::Frequency, 1.0, true),
    (&["Ohm", "ohm", "Ohms", "ohms", "OHM", "Ω", "\u{2126}"], "Ohm", Quantity::Resistance, 1.0, true),
    (&["V", "volt", "volts", "Volt", "Volts"], "V", Quantity::Potential, 1.0, true),
    (&["A", "amp", "amps", "Amp", "Amps"], "A", Quantity::Current, 1.0, true),
    (&["s", "sec", "Sec", "SEC", "second", "seconds"], "s", Quantity::Time, 1.0, true),
    (&["min", "minute", "minutes"], "min", Quantity::Time, 60.0, false),
    (&["h", "hr", "hour", "hours"], "h", Quantity::Time, 3600.0, false),
    (&["°", "deg", "Deg", "degree", "degrees", "Degrees", "º"], "deg", Quantity::Angle, 1.0, false),
    (&["rad", "Rad", "radian", "radians"], "rad", Quantity::Angle, 180.0 / std::f64::consts::PI, true),
    (&["°C", "ºC", "degC", "deg C", "Cel", "\u{2103}"], "Cel", Quantity::Temperature, 1.0, false),
    (&["K"], "K", Quantity::Temperature, 1.0, false),
    (&["C"], "C", Quantity::Charge, 1.0, true),
    (&["F"], "F", Quantity::Other, 1.0, true),
    (&["S"], "S", Quantity::Other, 1.0, true),
    (&["H"], "H", Quantity::Other, 1.0, true),
    (&["W"], "W", Quantity::Other, 1.0, true),
    (&["J"], "J", Quantity::Other, 1.0, true),
    (&["g"], "g", Quantity::Other, 1.0, true),
    (&["m"], "m", Quantity::Length, 1.0, true),
    (&["Å", "\u{212b}", "A°", "Angstrom", "Angstroms", "angstrom", "angstroms"], "Ao", Quantity::Length, 1e-10, false),
    (&["micron", "microns"], "um", Quantity::Length, 1e-6, false),
    (&["Pa"], "Pa", Quantity::Pressure, 1.0, true),
    (&["bar"], "bar", Quantity::Pressure, 1e5, true),
    // 101 325 Pa / 760.
    (&["Torr", "torr"], "Torr", Quantity::Pressure, 133.322_368_421_052_63, true),
    (&["eV"], "eV", Quantity::Energy, 1.0, true),
    (&["mol"], "mol", Quantity::Other, 1.0, true),
    (&["Ah", "A.h", "A·h", "AHr", "Amp-hr"], "A.h", Quantity::Charge, 3600.0, true),
    (&["Wh"], "W.h", Quantity::Other, 1.0, true),
    (&["VA"], "V.A", Quantity::Other, 1.0, true),
    (&["%", "percent", "at.%", "at%", "at. %"], "%", Quantity::Ratio, 0.01, false),
    (&["cps", "CPS", "c/s", "counts/s", "Counts/s", "counts/sec", "cts/s"], "/s", Quantity::Rate, 1.0, false),
    (&["counts", "Counts", "cts"], "1", Quantity::Number, 1.0, false),
];

/// Prefixes: how files spell them, UCUM code, factor.
const PREFIXES: &[(&str, &str, f64)] = &[
    ("f", "f", 1e-15),
    ("p", "p", 1e-12),
    ("n", "n", 1e-9),
    ("µ", "u", 1e-6),
    ("\u{3bc}", "u", 1e-6),
    ("u", "u", 1e-6),
    ("m", "m", 1e-3),
    ("c", "c", 1e-2),
    ("k", "k", 1e3),
    ("K", "k", 1e3),
    ("M", "M", 1e6),
    ("G", "G", 1e9),
    ("T", "T", 1e12),
];

impl Unit {
    /// The unit that `text` states: an atom with a prefix, or a product or quotient of such.
    /// `None` where any part is unknown, so that no half-understood unit is ever used.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const LONGEST: usize = 32;
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        if let Some(unit) = single(text) {
            return Some(unit);
        }
        let mut ucum = String::new();
        let mut rest = text;
        loop {
            let end = rest.find(['/', '.', '·', '*', ' ', '⋅']).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            ucum.push_str(&powered(part)?);
            let mut following = after.chars();
            match following.next() {
                None => break,
                Some('/') => ucum.push('/'),
                Some(_) => ucum.push('.'),
            }
            rest = following.as_str();
        }
        Some(Self { ucum, quantity: Quantity::Other, factor: 1.0, offset: 0.0 })
    }
}

/// An atom, with or without a prefix.
fn single(text: &str) -> Option<Unit> {
    let atom = |text: &str, prefixed: bool| {
        ATOMS
            .iter()
            .find(|(spellings, _, _, _, takes_prefix)| (!prefixed || *takes_prefix) && spellings.contains(&text))
    };
    if let Some((_, ucum, quantity, factor, _)) = atom(text, false) {
        let offset = if *ucum == "K" { -aldb_elements::constants::ZERO_CELSIUS_K } else { 0.0 };
        return Some(Unit { ucum: (*ucum).to_owned(), quantity: *quantity, factor: *factor, offset });
    }
    PREFIXES.iter().find_map(|(spelling, prefix, prefix_factor)| {
        let rest = text.strip_prefix(spelling)?;
        // Lower-case `mhz` may mean mHz or MHz: nine orders of magnitude that must not be guessed.
        if *spelling == "m" && rest == "hz" {
            return None;
        }
        let (_, ucum, quantity, factor, _) = atom(rest, true)?;
        if *spelling == "M" && is_milli_in_capitals(rest, *quantity) {
            return None;
        }
        Some(Unit { ucum: format!("{prefix}{ucum}"), quantity: *quantity, factor: prefix_factor * factor, offset: 0.0 })
    })
}

/// Whether `M` before this atom may be a milli that was written in capitals: `MHZ` is MHz or mHz, and no laboratory has megaamperes (`MA`).
fn is_milli_in_capitals(atom: &str, quantity: Quantity) -> bool {
    ["HZ", "OHM", "SEC"].contains(&atom)
        || matches!(quantity, Quantity::Current | Quantity::Potential | Quantity::Time | Quantity::Charge)
}

/// One factor of a product: an atom, perhaps with a power (`cm2`, `cm²`, `s^-1`, `F-2`).
fn powered(part: &str) -> Option<String> {
    if part == "1" {
        return Some("1".to_owned());
    }
    let plain: String = part
        .chars()
        .map(|c| match c {
            '¹' => '1',
            '²' => '2',
            '³' => '3',
            '⁻' | '−' => '-',
            other => other,
        })
        .filter(|c| *c != '^')
        .collect();
    let power_at = plain.find(|c: char| c == '-' || c.is_ascii_digit()).unwrap_or(plain.len());
    let (atom, power) = plain.split_at(power_at);
    let is_power = power.is_empty() || (power.len() <= 2 && power.parse::<i8>().is_ok());
    let unit = single(atom)?;
    is_power.then(|| format!("{}{power}", unit.ucum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> Option<(String, Option<&'static str>, f64)> {
        Unit::parse(text).map(|unit| (unit.ucum, unit.quantity.base_unit(), unit.factor))
    }

    #[test]
    fn prefixes_become_factors_and_their_case_matters() {
        assert_eq!(base("mHz"), Some(("mHz".to_owned(), Some("Hz"), 1e-3)));
        assert_eq!(base("MHz"), Some(("MHz".to_owned(), Some("Hz"), 1e6)));
        assert_eq!(base("KHz"), Some(("kHz".to_owned(), Some("Hz"), 1e3)));
        assert_eq!(base("kΩ"), Some(("kOhm".to_owned(), Some("Ohm"), 1e3)));
        assert_eq!(base("mohm"), Some(("mOhm".to_owned(), Some("Ohm"), 1e-3)));
        assert_eq!(base("µA"), Some(("uA".to_owned(), Some("A"), 1e-6)));
        assert_eq!(base("\u{3bc}A"), Some(("uA".to_owned(), Some("A"), 1e-6)));
        assert_eq!(base("min"), Some(("min".to_owned(), Some("s"), 60.0)));
        for ambiguous in ["mhz", "MHZ", "MA", "MV", "MOHM", "MAh"] {
            assert_eq!(base(ambiguous), None, "{ambiguous}");
        }
    }

    #[test]
    fn a_product_is_never_taken_for_its_first_factor() {
        assert_eq!(base("Ω·cm²"), Some(("Ohm.cm2".to_owned(), None, 1.0)));
        assert_eq!(base("ohm cm2"), Some(("Ohm.cm2".to_owned(), None, 1.0)));
        assert_eq!(base("mA/cm²"), Some(("mA/cm2".to_owned(), None, 1.0)));
        assert_eq!(base("mA.h"), Some(("mA.h".to_owned(), Some("C"), 3.6)));
        assert_eq!(base("µF-2"), Some(("uF-2".to_owned(), None, 1.0)));
    }

    #[test]
    fn other_words_are_not_units() {
        for text in ["", "a", "Z", "arb. units", "we-ce", "V vs RHE", "1/x"] {
            assert_eq!(base(text), None, "{text}");
        }
    }

    #[test]
    fn kelvin_become_degrees_celsius_by_an_offset() {
        let kelvin = Unit::parse("K").unwrap();
        assert_eq!((kelvin.ucum.as_str(), kelvin.factor, kelvin.offset), ("K", 1.0, -273.15));
    }
}
