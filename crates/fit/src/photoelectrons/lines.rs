//! Core lines: their names, sensitivity factors, spin–orbit pairs, and overlaps with lines of other elements.
//!
//! Sources: J. H. Scofield, J. Electron Spectrosc. Relat. Phenom. 8 (1976) 129 (cross sections); J. F. Moulder et al.,
//! Handbook of X-ray Photoelectron Spectroscopy (1992), and NIST Standard Reference Database 20 (splittings, binding
//! energies of overlapping lines).

use std::fmt;

use aldb_elements::Element;

use super::region::SpinOrbit;

/// Where [`relative_sensitivity`] comes from.
pub const SENSITIVITY_SOURCE: &str =
    "Scofield cross sections at 1487 eV over that of C 1s, J. Electron Spectrosc. Relat. Phenom. 8, 129 (1976)";

/// A core line: an element and a level, such as `2p` or `2p3/2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoreLine {
    element: Element,
    /// Shell and subshell: `2p`.
    subshell: String,
    /// Twice the angular momentum, where the name has it: 3 for 2p3/2.
    twice_j: Option<u8>,
}

impl CoreLine {
    /// The core line that a region's name states: `O 1s`, `O1s Scan`, `Ti 2p3/2`, `Ti2p3`; `None` where it states none, or
    /// more than one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (line, rest) = Self::leading(name.trim())?;
        // `Li 1s + Fe 3p` is not the name of one line.
        let others = rest.split(|letter: char| !letter.is_alphanumeric() && letter != ' ');
        if others.filter_map(|other| Self::leading(other.trim())).any(|(other, _)| other != line) {
            return None;
        }
        let next = rest.trim_start_matches([' ', '_', '-', '/', '(']).to_lowercase();
        let glued = rest.starts_with(char::is_alphabetic);
        (!glued || next.starts_with("scan") || next.starts_with("region")).then_some(line)
    }

    fn leading(name: &str) -> Option<(Self, &str)> {
        let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
        let symbol = name.get(..letters).filter(|symbol| (1..=2).contains(&symbol.len()))?.to_lowercase();
        let symbol: String =
            symbol.chars().take(1).flat_map(char::to_uppercase).chain(symbol.chars().skip(1)).collect();
        let element = Element::from_symbol(&symbol)?;
        let rest = name.get(letters..)?.trim_start_matches([' ', '_', '-']);
        let mut characters = rest.chars();
        let shell = characters.next()?.to_digit(10).filter(|shell| (1..=6).contains(shell))?;
        let subshell = characters.next()?.to_ascii_lowercase();
        let angular = "spdf".find(subshell)? as u32;
        if angular >= shell {
            return None;
        }
        let mut rest = characters.as_str();
        let mut twice_j = None;
        let momenta = [2 * angular + 1, (2 * angular).saturating_sub(1)];
        let stated = rest.chars().next().and_then(|digit| digit.to_digit(10)).filter(|j| momenta.contains(j));
        if let Some(j) = stated.filter(|_| angular > 0) {
            let after = rest.get(1..).unwrap_or_default();
            // `2p3/2`, and PHI's `2p3`, but not the number of a region after a digit more.
            if !after.starts_with(|letter: char| letter.is_ascii_digit()) {
                twice_j = u8::try_from(j).ok();
                rest = after.strip_prefix("/2").unwrap_or(after);
            }
        }
        Some((Self { element, subshell: format!("{shell}{subshell}"), twice_j }, rest))
    }

    /// The element.
    #[must_use]
    pub fn element(&self) -> Element {
        self.element
    }

    /// Sensitivity relative to C 1s under Al Kα; `None` where the table has no such line. A pair named without its
    /// level is the sum of both lines.
    #[must_use]
    pub fn sensitivity(&self) -> Option<f64> {
        let name = self.to_string();
        let known = |name: &str| SCOFIELD.iter().find(|(known, _)| *known == name).map(|&(_, value)| value);
        known(&name).or_else(|| {
            let (first, second) = self.pair()?;
            Some(known(&first)? + known(&second)?)
        })
    }

    /// The pair that this line is, if it was named without its level and the splitting is known.
    #[must_use]
    pub fn spin_orbit(&self) -> Option<SpinOrbit> {
        let name = self.to_string();
        let splitting_ev =
            SPLITTINGS.iter().find(|(known, _)| *known == name).map(|&(_, splitting_ev)| splitting_ev)?;
        let (first, second) = self.pair()?;
        let factor = |name: &str| SCOFIELD.iter().find(|(known, _)| *known == name).map(|&(_, value)| value);
        let statistical = match self.subshell.as_bytes().get(1) {
            Some(b'p') => 1.0 / 2.0,
            Some(b'd') => 2.0 / 3.0,
            _ => 3.0 / 4.0,
        };
        let ratio = factor(&first).zip(factor(&second)).map_or(statistical, |(first, second)| second / first);
        Some(SpinOrbit { splitting_ev, ratio })
    }

    /// Names of the two lines of a pair, the stronger one first.
    fn pair(&self) -> Option<(String, String)> {
        let (high, low) = match (self.subshell.as_bytes().get(1)?, self.twice_j) {
            (b'p', None) => (3, 1),
            (b'd', None) => (5, 3),
            (b'f', None) => (7, 5),
            _ => return None,
        };
        Some((format!("{self}{high}/2"), format!("{self}{low}/2")))
    }
}

/// `O 1s`, `Ti 2p3/2`.
impl fmt::Display for CoreLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.element.symbol(), self.subshell)?;
        self.twice_j.map_or(Ok(()), |j| write!(f, "{j}/2"))
    }
}

/// What a region without a core line in its name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherRegion {
    /// A spectrum over all energies.
    Survey,
    /// Valence band, Fermi edge or secondary electrons.
    Valence,
    /// Auger electrons.
    Auger,
    /// Its name tells nothing.
    Unknown,
}

impl OtherRegion {
    /// By the name of the region.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
        if has(&["survey", "wide", "overview"]) || ["su", "su1s"].contains(&plain.as_str()) {
            Self::Survey
        } else if has(&["valence", "fermi", "vbm", "cutoff", "secondary", "ups"]) || plain.starts_with("vb") {
            Self::Valence
        } else if has(&["auger"]) || is_auger(&plain) {
            Self::Auger
        } else {
            Self::Unknown
        }
    }
}

/// `OKLL`, `O KVV`, PHI's `OKL1`, `Cu LMM`: an element, a shell, and what follows it.
fn is_auger(plain: &str) -> bool {
    (1..=2).any(|letters| {
        let Some((symbol, rest)) = plain.split_at_checked(letters) else { return false };
        let symbol: String =
            symbol.chars().take(1).flat_map(char::to_uppercase).chain(symbol.chars().skip(1)).collect();
        let shells = rest.chars().take_while(|letter| "klmnov123".contains(*letter)).count();
        let after = rest.get(shells..).unwrap_or_default();
        Element::from_symbol(&symbol).is_some()
            && rest.starts_with(['k', 'l', 'm', 'n'])
            && (2..=6).contains(&shells)
            && ["", "scan"].contains(&after)
    })
}

/// Sensitivity of a line relative to C 1s under Al Kα, a name like `O 1s` or `O1s`; `None` when the table has no such
/// line.
///
/// A pair named without its level is the sum of both lines. These are cross sections: transmission and attenuation
/// length are not in them.
///
/// # Source
///
/// J. H. Scofield, J. Electron Spectrosc. Relat. Phenom. 8 (1976) 129.
#[must_use]
pub fn relative_sensitivity(line: &str) -> Option<f64> {
    CoreLine::parse(line)?.sensitivity()
}

/// A line that lies in the region of another element's line.
pub(super) struct Overlap {
    pub(super) line: &'static str,
    pub(super) by: &'static str,
}

/// Lines within 4 eV of a line by which an element of a film is quantified.
pub(super) const OVERLAPS: [Overlap; 19] = [
    Overlap { line: "B 1s", by: "P 2s" },
    Overlap { line: "P 2s", by: "B 1s" },
    Overlap { line: "Li 1s", by: "Fe 3p" },
    Overlap { line: "Li 1s", by: "Co 3p" },
    Overlap { line: "Li 1s", by: "Se 3d" },
    Overlap { line: "Li 1s", by: "Au 5p" },
    Overlap { line: "Li 1s", by: "Pt 5p" },
    Overlap { line: "C 1s", by: "Ru 3d" },
    Overlap { line: "C 1s", by: "K 2p" },
    Overlap { line: "N 1s", by: "Ta 4p" },
    Overlap { line: "N 1s", by: "Mo 3p" },
    Overlap { line: "O 1s", by: "Sb 3d" },
    Overlap { line: "O 1s", by: "Pd 3p" },
    Overlap { line: "Al 2p", by: "Pt 4f" },
    Overlap { line: "Al 2p", by: "Cu 3p" },
    Overlap { line: "Si 2p", by: "La 4d" },
    Overlap { line: "P 2p", by: "Sr 3d" },
    Overlap { line: "S 2p", by: "Bi 4f" },
    Overlap { line: "Ti 2p", by: "Ru 3p" },
];

/// Only lines whose factor is certain: a line that is missing gives no composition instead of a wrong one.
const SCOFIELD: [(&str, f64); 38] = [
    ("Li 1s", 0.0568),
    ("B 1s", 0.486),
    ("C 1s", 1.00),
    ("N 1s", 1.80),
    ("O 1s", 2.93),
    ("F 1s", 4.43),
    ("Na 1s", 8.52),
    ("Mg 1s", 11.18),
    ("Al 2s", 0.753),
    ("Al 2p", 0.537),
    ("Si 2s", 0.955),
    ("Si 2p", 0.817),
    ("Si 2p3/2", 0.541),
    ("Si 2p1/2", 0.276),
    ("P 2s", 1.18),
    ("P 2p", 1.192),
    ("P 2p3/2", 0.789),
    ("P 2p1/2", 0.403),
    ("S 2s", 1.43),
    ("S 2p", 1.677),
    ("S 2p3/2", 1.11),
    ("S 2p1/2", 0.567),
    ("Cl 2s", 1.69),
    ("Cl 2p", 2.285),
    ("Cl 2p3/2", 1.51),
    ("Cl 2p1/2", 0.775),
    ("K 2p", 3.97),
    ("Ca 2p", 5.07),
    ("Ti 2p3/2", 5.22),
    ("Ti 2p1/2", 2.69),
    ("Mn 2p", 13.91),
    ("Fe 2p", 16.42),
    ("Co 2p", 19.16),
    ("Ni 2p", 22.18),
    ("Cu 2p", 25.39),
    ("Zn 2p3/2", 18.92),
    ("Zr 3d", 7.04),
    ("Au 4f", 17.12),
];

/// Distances of the lines of pairs (eV).
const SPLITTINGS: [(&str, f64); 10] = [
    ("Al 2p", 0.41),
    ("Si 2p", 0.60),
    ("P 2p", 0.87),
    ("S 2p", 1.18),
    ("Cl 2p", 1.60),
    ("K 2p", 2.77),
    ("Ca 2p", 3.50),
    ("Ti 2p", 5.70),
    ("Zr 3d", 2.43),
    ("Au 4f", 3.67),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_regions_state_their_core_line() {
        let parsed = |name: &str| CoreLine::parse(name).map(|line| line.to_string());
        for (name, expected) in [
            ("O 1s", "O 1s"),
            ("O1s Scan", "O 1s"),
            ("c1sscan", "C 1s"),
            ("Li 1s/3", "Li 1s"),
            ("C 1s (2)", "C 1s"),
            ("P_2p", "P 2p"),
            ("Ti 2p3/2", "Ti 2p3/2"),
            ("Ti2p3", "Ti 2p3/2"),
            ("Ti 2p", "Ti 2p"),
            ("P2p 2", "P 2p"),
            ("Zr3d5/2 Scan", "Zr 3d5/2"),
        ] {
            assert_eq!(parsed(name).as_deref(), Some(expected), "{name}");
        }
        for name in
            ["Survey", "Su1s", "VB", "O KLL", "OKL1", "", "Oxygen", "Li 1s + Fe 3p", "Xx 9z", "O 1p", "region 1"]
        {
            assert_eq!(parsed(name), None, "{name}");
        }
    }

    #[test]
    fn regions_without_a_core_line_are_told_apart() {
        for (name, expected) in [
            ("Wide Scan", OtherRegion::Survey),
            ("Su1s", OtherRegion::Survey),
            ("VB", OtherRegion::Valence),
            ("Valence band", OtherRegion::Valence),
            ("O KLL", OtherRegion::Auger),
            ("OKL1", OtherRegion::Auger),
            ("Cu LMM", OtherRegion::Auger),
            ("Oxygen", OtherRegion::Unknown),
            ("region 1", OtherRegion::Unknown),
            ("unknown", OtherRegion::Unknown),
            ("Li 1s + Fe 3p", OtherRegion::Unknown),
        ] {
            assert_eq!(OtherRegion::of(name), expected, "{name}");
        }
    }

    #[test]
    fn every_factor_is_reached_by_its_name_and_a_pair_is_the_sum_of_its_lines() {
        for (name, value) in SCOFIELD {
            assert_eq!(relative_sensitivity(name), Some(value), "{name}");
            let line = CoreLine::parse(name).unwrap();
            if let Some((first, second)) = line.pair()
                && let (Some(first), Some(second)) = (relative_sensitivity(&first), relative_sensitivity(&second))
            {
                assert!((first + second - value).abs() < 2e-3 * value, "{name}");
            }
        }
        assert!(relative_sensitivity("Ti 2p").is_some_and(|sum| (sum - 7.91).abs() < 1e-12));
        for (name, _) in SPLITTINGS {
            let ratio = CoreLine::parse(name).unwrap().spin_orbit().unwrap().ratio;
            assert!((0.49..0.76).contains(&ratio), "{name}: {ratio}");
        }
        assert!(OVERLAPS.iter().all(|pair| [pair.line, pair.by].iter().all(|name| CoreLine::parse(name).is_some())));
    }
}
