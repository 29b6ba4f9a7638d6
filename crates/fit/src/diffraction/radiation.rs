//! Which wavelengths a pattern was measured with, from what its file states.
//!
//! A file may state the wavelength that was used, those of the tube's lines, their mean, the anode, or a name such as `CuKa1`; what it
//! states of Kα₂ need not be true behind a monochromator. What is certain, what is possible, and what contradicts itself is
//! decided here; whether a possible Kα₂ is there is decided by the pattern (see [`super::find_reflections`]).
//!
//! Source of the wavelengths: R. D. Deslattes et al., Rev. Mod. Phys. 75, 35 (2003), as in NIST Standard Reference Database 128;
//! copper: G. Hölzer et al., Phys. Rev. A 56, 4554 (1997).

use super::pattern::Alpha2;
use crate::quality::ReasonCode;

/// What a file states; wavelengths in Å.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stated<'a> {
    /// The wavelength that was used.
    pub used: Option<f64>,
    /// Of the tube's Kα₁.
    pub alpha_1: Option<f64>,
    /// Of the tube's Kα₂.
    pub alpha_2: Option<f64>,
    /// Intensity of Kα₂ over that of Kα₁.
    pub ratio: Option<f64>,
    /// The anode, as `Cu` or `Copper`.
    pub anode: Option<&'a str>,
    /// The radiation in words, as `K-Alpha 1`, `CuKα` or `neutron`.
    pub radiation: Option<&'a str>,
}

/// The second line of the doublet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Second {
    /// There is none, whatever the pattern.
    Absent,
    /// The file states that it is not there.
    Denied(Alpha2),
    /// The file states it.
    Stated(Alpha2),
    /// The file does not say, or not reliably, whether it is there.
    Possible(Alpha2),
}

impl Second {
    /// The line, if it may be there.
    #[must_use]
    pub fn line(self) -> Option<Alpha2> {
        match self {
            Self::Absent | Self::Denied(_) => None,
            Self::Stated(line) | Self::Possible(line) => Some(line),
        }
    }

    /// The line that peaks can show, whether it is stated or denied.
    pub(super) fn tested(self) -> Option<Alpha2> {
        match self {
            Self::Absent => None,
            Self::Denied(line) | Self::Stated(line) | Self::Possible(line) => Some(line),
        }
    }
}

/// The radiation of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Radiation {
    /// Wavelength of Kα₁, or of the only line (Å).
    pub wavelength_angstrom: f64,
    /// Its standard uncertainty (Å): of the digits with which it is stated.
    pub wavelength_err_angstrom: f64,
    /// Kα₂.
    pub second: Second,
    /// Where the wavelength comes from, in words.
    pub source: String,
    /// Whether nothing states it.
    pub is_assumed: bool,
    /// Why it is in doubt.
    pub doubt: Option<(ReasonCode, String)>,
}

/// Kα₁, Kα₂ and Kβ of an anode (Å).
struct Tube {
    symbol: &'static str,
    name: &'static str,
    alpha_1: f64,
    alpha_2: f64,
    beta: f64,
}

const fn tube(symbol: &'static str, name: &'static str, alpha_1: f64, alpha_2: f64, beta: f64) -> Tube {
    Tube { symbol, name, alpha_1, alpha_2, beta }
}

const TUBES: [Tube; 8] = [
    tube("Cu", "copper", 1.540_598, 1.544_426, 1.392_25),
    tube("Co", "cobalt", 1.788_996, 1.792_835, 1.620_826),
    tube("Cr", "chromium", 2.289_726, 2.293_651, 2.084_881),
    tube("Fe", "iron", 1.936_041, 1.939_973, 1.756_604),
    tube("Ni", "nickel", 1.657_930, 1.661_756, 1.500_152),
    tube("Ga", "gallium", 1.340_127, 1.344_026, 1.208_390),
    tube("Mo", "molybdenum", 0.709_317, 0.713_607, 0.632_303),
    tube("Ag", "silver", 0.559_422, 0.563_813, 0.497_082),
];

/// Lα₁ and Lα₂.
const TUNGSTEN_ANGSTROM: [f64; 2] = [1.4764, 1.4874];

/// The intensity of Kα₂ over that of Kα₁ behind no monochromator.
const RATIO: f64 = 0.5;
/// Relative difference of two statements of one wavelength: digits and older scales (Bearden's differs by 2·10⁻⁵).
const SAME: f64 = 4e-4;

impl Tube {
    fn mean(&self) -> f64 {
        (self.alpha_1 + RATIO * self.alpha_2) / (1.0 + RATIO)
    }

    fn of_anode(words: &str) -> Option<&'static Self> {
        let plain: String = words.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
        TUBES.iter().find(|tube| {
            let symbol = tube.symbol.to_lowercase();
            let after = plain.strip_prefix(&symbol);
            plain.starts_with(tube.name) || after.is_some_and(|after| after.is_empty() || after.starts_with(['k', 'l']))
        })
    }

    /// The tube that has this among its lines, and the difference of the nearest one.
    fn of_wavelength(wavelength: f64) -> Option<&'static Self> {
        TUBES.iter().find(|tube| {
            [tube.alpha_1, tube.alpha_2, tube.beta, tube.mean()].iter().any(|line| are_same(*line, wavelength))
        })
    }
}

fn are_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME * a
}

/// Standard uncertainty of a number by its last digit.
fn of_digits(value: f64) -> f64 {
    let digits = value.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    0.5 * 0.1_f64.powi(i32::try_from(digits).unwrap_or(i32::MAX)) / 3.0_f64.sqrt()
}

/// The line that a name means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    /// One line of Kα, by its name.
    Alpha1,
    /// Kβ.
    Beta,
    /// Neutrons, electrons or synchrotron radiation: one wavelength.
    Single,
    Other,
}

fn named(words: Option<&str>) -> Named {
    let plain: String = words
        .unwrap_or_default()
        .to_lowercase()
        .replace('α', "alpha")
        .replace('β', "beta")
        .replace('₁', "1")
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    if ["neutron", "electron", "synchrotron"].iter().any(|kind| plain.contains(kind)) {
        Named::Single
    } else if plain.contains("kbeta") || plain.ends_with("kb") {
        Named::Beta
    } else if (plain.ends_with("kalpha1") || plain.ends_with("ka1")) && !plain.contains("kalpha2") {
        Named::Alpha1
    } else {
        Named::Other
    }
}

impl Radiation {
    /// Decides on the radiation from what is stated.
    #[must_use]
    pub fn from_stated(stated: &Stated<'_>) -> Self {
        let positive = |value: Option<f64>| value.filter(|value| value.is_finite() && *value > 0.0);
        let (used, alpha_1, alpha_2) = (positive(stated.used), positive(stated.alpha_1), positive(stated.alpha_2));
        let name = named(stated.radiation);
        let of_words = stated.anode.and_then(Tube::of_anode).or_else(|| stated.radiation.and_then(Tube::of_anode));
        let main = used.or(alpha_1);
        let tube = main.and_then(Tube::of_wavelength).or(of_words.filter(|_| main.is_none()));
        // Kα₂ as the file or the table has it; a ratio of zero states that it is not there.
        let line = |ratio: Option<f64>| {
            let wavelength_angstrom = alpha_2.or(tube.map(|tube| tube.alpha_2))?;
            Some(Alpha2 { wavelength_angstrom, ratio: ratio.unwrap_or(RATIO) })
        };
        let ratio = stated.ratio.filter(|ratio| ratio.is_finite() && *ratio >= 0.0);
        let is_cut = ratio.is_some_and(|ratio| ratio <= 0.0);
        let possible = line(ratio.filter(|_| !is_cut));
        let of_alpha_1 = match (possible, name, alpha_2, ratio) {
            (None, ..) => Second::Absent,
            (Some(line), ..) if is_cut => Second::Denied(line),
            // A name of Kα₁ alone where nothing is said of Kα₂; where both lines are listed, programs write this name for the doublet, too.
            (Some(line), Named::Alpha1, None, _) | (Some(line), Named::Alpha1, _, None) => Second::Denied(line),
            (Some(line), Named::Other, Some(_), _) => Second::Stated(line),
            (Some(line), ..) => Second::Possible(line),
        };
        let mut found = Self {
            wavelength_angstrom: TUBES[0].alpha_1,
            wavelength_err_angstrom: 0.0,
            second: of_alpha_1,
            source: String::new(),
            is_assumed: false,
            doubt: None,
        };
        let mean = alpha_1
            .zip(possible)
            .map(|(alpha_1, line)| (alpha_1 + line.ratio * line.wavelength_angstrom) / (1.0 + line.ratio));
        let mean = mean.or(tube.map(Tube::mean));
        let first = alpha_1.or(tube.map(|tube| tube.alpha_1));
        match (used, first) {
            (Some(used), _) if name == Named::Single => found.single(used),
            (Some(used), _) if tube.is_some_and(|tube| are_same(tube.beta, used)) => found.single(used),
            (Some(used), Some(alpha_1))
                if mean.is_some_and(|mean| are_same(mean, used)) && !are_same_as_first(used, alpha_1, mean) =>
            {
                // The mean of the doublet: both lines are meant.
                found.wavelength_angstrom = alpha_1;
                found.second = possible
                    .map_or(Second::Absent, |line| if is_cut { Second::Denied(line) } else { Second::Stated(line) });
                found.source = format!("the mean of the doublet, {used} Å, is stated");
            }
            (Some(used), Some(alpha_1)) if are_same(alpha_1, used) => {
                found.wavelength_angstrom = used;
                found.wavelength_err_angstrom = of_digits(used);
                found.source = format!("{used} Å is stated");
            }
            (Some(used), _) => found.single(used),
            (None, _) if alpha_1.is_some() => {
                let alpha_1 = alpha_1.unwrap_or(found.wavelength_angstrom);
                found.wavelength_angstrom = alpha_1;
                found.wavelength_err_angstrom = of_digits(alpha_1);
                found.source = format!("Kα1 {alpha_1} Å is stated");
            }
            (None, Some(alpha_1)) => {
                let symbol = tube.map_or("", |tube| tube.symbol);
                found.wavelength_angstrom = alpha_1;
                if name == Named::Beta {
                    found.single(tube.map_or(alpha_1, |tube| tube.beta));
                }
                found.source = format!("the anode {symbol} is stated");
            }
            (None, None) => {
                found.is_assumed = true;
                found.second = Second::Possible(Alpha2 { wavelength_angstrom: TUBES[0].alpha_2, ratio: RATIO });
                found.source = "copper assumed".to_owned();
                let words = match stated.radiation.filter(|_| name == Named::Single) {
                    Some(radiation) => {
                        format!("no wavelength is stated for `{radiation}`: d is by that of copper, 1.5406 Å")
                    }
                    None => "no wavelength is stated: d is by that of copper, 1.5406 Å".to_owned(),
                };
                found.doubt = Some((ReasonCode::WavelengthAssumed, words));
            }
        }
        // Statements that cannot all be true.
        if let (Some(used), Some(alpha_1)) = (used, alpha_1)
            && found.doubt.is_none()
            && ![Some(alpha_1), alpha_2, mean, tube.map(|tube| tube.beta)]
                .iter()
                .flatten()
                .any(|line| are_same(*line, used))
        {
            let words =
                format!("the wavelength used, {used} Å, is not one of the lines that are stated, Kα1 {alpha_1} Å");
            found.doubt = Some((ReasonCode::WavelengthContradicted, words));
        }
        if let (Some(of_words), Some(wavelength)) = (of_words, main)
            && name != Named::Single
            && tube.is_none_or(|tube| tube.symbol != of_words.symbol)
        {
            let words = format!(
                "the anode is stated as {}, Kα1 {} Å, and the wavelength as {wavelength} Å",
                of_words.symbol, of_words.alpha_1
            );
            found.doubt = Some((ReasonCode::WavelengthContradicted, words));
        }
        found
    }

    /// Other wavelengths of the same tube (Å): Kα₂ and Kβ of its anode, and Lα₁ and Lα₂ of tungsten that the filament deposits on it; empty for
    /// radiation that is of no tube.
    #[must_use]
    pub fn other_wavelengths_angstrom(&self) -> Vec<f64> {
        let tube = Tube::of_wavelength(self.wavelength_angstrom).filter(|_| self.second != Second::Absent);
        tube.map_or_else(Vec::new, |tube| vec![tube.alpha_2, tube.beta, TUNGSTEN_ANGSTROM[0], TUNGSTEN_ANGSTROM[1]])
    }

    fn single(&mut self, wavelength: f64) {
        self.wavelength_angstrom = wavelength;
        self.wavelength_err_angstrom = of_digits(wavelength);
        self.second = Second::Absent;
        self.source = format!("{wavelength} Å is stated");
    }
}

/// Whether a wavelength is nearer to Kα₁ than to the mean of the doublet.
fn are_same_as_first(used: f64, alpha_1: f64, mean: Option<f64>) -> bool {
    mean.is_none_or(|mean| (used - alpha_1).abs() < (used - mean).abs())
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "wavelengths are copied")]
mod tests {
    use super::*;

    fn of(stated: Stated<'_>) -> Radiation {
        Radiation::from_stated(&stated)
    }

    const LINES: Stated<'static> = Stated {
        used: None,
        alpha_1: Some(1.540598),
        alpha_2: Some(1.544426),
        ratio: Some(0.5),
        anode: None,
        radiation: None,
    };

    #[test]
    fn what_is_stated_of_the_doublet_is_used() {
        let both = Alpha2 { wavelength_angstrom: 1.544426, ratio: 0.5 };
        let found = of(LINES);
        assert_eq!((found.wavelength_angstrom, found.second, found.doubt), (1.540598, Second::Stated(both), None));
        // The mean that PANalytical's programs mean by `K-Alpha`.
        let found = of(Stated { used: Some(1.541874), radiation: Some("K-Alpha"), ..LINES });
        assert_eq!((found.wavelength_angstrom, found.second), (1.540598, Second::Stated(both)));
        // A monochromator, and programs that write `K-Alpha 1` with and without one.
        let found = of(Stated { used: Some(1.540598), ratio: Some(0.0), radiation: Some("K-Alpha 1"), ..LINES });
        assert_eq!((found.wavelength_angstrom, found.second), (1.540598, Second::Denied(both)));
        let found = of(Stated { used: Some(1.540598), radiation: Some("K-Alpha 1"), ..LINES });
        assert_eq!(found.second, Second::Possible(both));
        let found =
            of(Stated { used: Some(1.540598), alpha_2: None, ratio: None, radiation: Some("K-Alpha 1"), ..LINES });
        assert_eq!((found.wavelength_angstrom, found.second), (1.540598, Second::Denied(both)));
    }

    #[test]
    fn one_wavelength_alone_leaves_the_second_line_open_where_a_tube_has_it() {
        let found = of(Stated { used: Some(1.78897), ..Stated::default() });
        assert_eq!(found.wavelength_angstrom, 1.78897);
        assert_eq!(found.second, Second::Possible(Alpha2 { wavelength_angstrom: 1.792835, ratio: 0.5 }));
        assert_eq!(found.doubt, None);
        let mean = of(Stated { used: Some(1.5418), ..Stated::default() });
        assert_eq!((mean.wavelength_angstrom, mean.second.line().is_some()), (1.540598, true));
        for (used, radiation) in [(2.4395, None), (1.5403, Some("neutron")), (0.41326, Some("synchrotron"))] {
            let found = of(Stated { used: Some(used), radiation, ..Stated::default() });
            assert_eq!((found.wavelength_angstrom, found.second, found.doubt), (used, Second::Absent, None));
        }
        assert!((of(Stated { used: Some(1.54), ..Stated::default() }).wavelength_err_angstrom - 0.0029).abs() < 1e-4);
        for words in ["Co", "cobalt", "CO", "Co Kα", "CoKa"] {
            let found = of(Stated { anode: Some(words), ..Stated::default() });
            assert_eq!((found.wavelength_angstrom, found.doubt), (1.788996, None), "{words}");
        }
    }

    #[test]
    fn nothing_stated_and_contradictions_are_reasons_for_doubt() {
        let code = |stated: Stated<'_>| of(stated).doubt.map(|(code, _)| code);
        assert_eq!(code(Stated::default()), Some(ReasonCode::WavelengthAssumed));
        assert_eq!(
            code(Stated { radiation: Some("neutron"), ..Stated::default() }),
            Some(ReasonCode::WavelengthAssumed)
        );
        assert_eq!(code(Stated { anode: Some("Co"), ..LINES }), Some(ReasonCode::WavelengthContradicted));
        assert_eq!(code(Stated { used: Some(1.789), ..LINES }), Some(ReasonCode::WavelengthContradicted));
        assert_eq!(code(Stated { anode: Some("Cu"), ..LINES }), None);
        assert_eq!(code(Stated { used: Some(1.39225), anode: Some("Cu"), ..LINES }), None);
    }
}
