//! Turns column headers into names and units, by what a header states about sign, quantity and unit alone.
//!
//! Z = Re + j·Im with a negative imaginary part for a capacitive response. A header with a minus (`-Im(Z)`, `-Z''`,
//! `-Phase`) means that the file stores the opposite; the values themselves are never consulted.
//!
//! Source: headers of EC-Lab, NOVA, ZPlot, CHI, VersaStudio, PowerSuite, PalmSens, Gamry and RelaxIS exports.

mod canonical;

use crate::Technique;
use crate::number::rounded;
use crate::unit::{Quantity, Unit};
use canonical::{Absent, Canonical};

/// Name and unit of a column in a reading, and the conversion of the file's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    /// Lower-case name that ends in its unit.
    pub name: String,
    /// UCUM code after conversion; `None` where the file states none that is known.
    pub unit: Option<String>,
    /// Value in `unit` = value in the file × `factor` + `offset`. Negative where the header states the opposite sign.
    pub factor: f64,
    /// See `factor`.
    pub offset: f64,
    /// Whether the unit isn't stated and the usual one (Hz, Ohm, deg) is taken.
    pub unit_assumed: bool,
}

impl Heading {
    /// The value in [`Heading::unit`] of a value in the file.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "a factor of exactly 1 means that nothing is converted")]
    pub fn convert(&self, stated: f64) -> f64 {
        if self.factor == 1.0 && self.offset == 0.0 {
            return stated;
        }
        // 12 Å are 12 / 10 nm; 12 × 0.1 would be 1.2000000000000002.
        let inverse = 1.0 / self.factor;
        let scaled = if inverse.fract() == 0.0 { stated / inverse } else { stated * self.factor };
        scaled + self.offset
    }

    /// Converts the file's values to [`Heading::unit`], in place.
    ///
    /// A factor of a thousandth is a division by 1000, which rounds once: 0.001 itself is already rounded. So is 1/3.6,
    /// which makes mA.h of C.
    #[expect(clippy::float_cmp, reason = "factors are literal constants: a nearly equal one is a different factor")]
    pub(crate) fn convert_all(&self, values: &mut [f64]) {
        const COULOMBS: f64 = 3.6;
        let divisor = (1.0 / self.factor).round();
        if self.offset != 0.0 {
            values.iter_mut().for_each(|value| *value = self.convert(*value));
        } else if self.factor == -1.0 {
            values.iter_mut().for_each(|value| *value = -*value);
        } else if self.factor.abs() < 1.0 && 1.0 / divisor == self.factor {
            values.iter_mut().for_each(|value| *value /= divisor);
        } else if (self.factor * COULOMBS - 1.0).abs() < 1e-12 {
            values.iter_mut().for_each(|value| *value /= COULOMBS);
        } else if self.factor != 1.0 {
            values.iter_mut().for_each(|value| *value *= self.factor);
        }
    }
}

/// A column that is recognised by its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownColumn {
    /// Its name in readings.
    pub name: &'static str,
    /// Treatment of a header without a unit: `assumed`, `usual` or `required` (not recognised).
    pub without_unit: &'static str,
    /// Headers without unit, sign, blanks, `_` and `.`, in lower case; `"` is two primes.
    pub headers: &'static [&'static str],
}

/// The columns that are recognised by their header in files of a technique.
pub fn known_columns(technique: Technique) -> impl Iterator<Item = KnownColumn> {
    canonical::known_quantities(technique).iter().map(|known| KnownColumn {
        name: known.name,
        without_unit: match known.absent {
            Absent::Assumed => "assumed",
            Absent::Usual => "usual",
            Absent::Refused => "required",
        },
        headers: known.spellings,
    })
}

/// Interprets a header of an impedance measurement. Headers of no known quantity keep their words and their unit,
/// unconverted.
#[must_use]
pub fn interpret(header: &str) -> Heading {
    interpret_for(Technique::ImpedanceSpectroscopy, header)
}

/// Interprets a header in files of a technique: `theta` is a phase in one and an angle of incidence in another.
#[must_use]
pub fn interpret_for(technique: Technique, header: &str) -> Heading {
    let header = unquoted(header);
    let (words, unit) = split_unit(header);
    if let Some(heading) = canonical(technique, words, unit.as_ref()) {
        return heading;
    }
    if let Some(known) = canonical::known_quantities(technique).iter().find(|known| known.name == header) {
        return heading_for(known.name, None);
    }
    if unit.is_none() && ["cycle", "cyclenumber"].contains(&spelling(header).as_str()) {
        return Heading {
            name: "cycle".to_owned(),
            unit: Some("1".to_owned()),
            factor: 1.0,
            offset: 0.0,
            unit_assumed: false,
        };
    }
    unconverted(header)
}

/// A header's own words and unit, for any quantity.
///
/// Where its words would give the name of a known quantity, but not its unit (`Current (?A)`), the name ends in `_unit_unknown`.
#[must_use]
pub fn unconverted(header: &str) -> Heading {
    let header = unquoted(header);
    let unit = split_unit(header).1.map(|unit| unit.ucum);
    let mut name = column_name(header);
    let known = Technique::all().flat_map(canonical::known_quantities).find(|known| known.name == name);
    if let Some(known) = known.filter(|known| known.unit != "1" && unit.as_deref() != Some(known.unit)) {
        name = without_known_unit(known);
    }
    Heading { name, unit, factor: 1.0, offset: 0.0, unit_assumed: false }
}

/// What the name of a column ends in whose quantity is known, but not its unit; such a column is not stored.
pub(crate) const UNIT_UNKNOWN: &str = "_unit_unknown";

/// `current_unit_unknown` for `current_a`.
fn without_known_unit(known: &Canonical) -> String {
    let letters = column_name(known.unit);
    let stem = known.name.strip_suffix(letters.as_str()).map_or(known.name, |stem| stem.trim_end_matches('_'));
    format!("{stem}{UNIT_UNKNOWN}")
}

/// The quantity that a header's words name, where the unit in it is not known or may mean several: `VOLTAGE (MV)`, `Current (?A)`.
pub(crate) fn unknown_unit(technique: Technique, header: &str) -> Option<&str> {
    let header = unquoted(header);
    if split_unit(header).1.is_some() {
        return None;
    }
    let (words, unit) = [('(', ')'), ('[', ']')]
        .into_iter()
        .find_map(|(open, close)| {
            let (words, unit) = header.strip_suffix(close)?.split_once(open)?;
            Some((words, unit))
        })
        .or_else(|| header.rsplit_once('/'))?;
    let spelling = spelling(words.trim());
    let is_known = canonical::known_quantities(technique).iter().any(|known| is_spelled(known, &spelling));
    (is_known && looks_like_unit(unit.trim())).then(|| unit.trim())
}

/// Whether a header's words name a quantity that is recognised with a unit only, and there is none.
pub(crate) fn lacks_unit(technique: Technique, header: &str) -> Option<&'static str> {
    let spelling = spelling(unquoted(header));
    let known = canonical::known_quantities(technique).iter();
    known
        .filter(|known| matches!(known.absent, Absent::Refused))
        .find(|known| is_spelled(known, &spelling))
        .map(|known| known.name)
}

/// Whether text that is no known unit looks like one: it ends in one (`?A`, `MV`), or is one in other letters (`ma`). The argument of
/// `Re(M)` is none.
fn looks_like_unit(text: &str) -> bool {
    let mut endings = text.char_indices().map(|(at, _)| &text[at..]);
    let is_miswritten = || {
        let base = text.strip_prefix(['m', 'u', 'n', 'p', 'k']).filter(|base| base.len() == 1);
        base.is_some_and(|base| Unit::parse(&base.to_uppercase()).is_some())
    };
    endings.any(|ending| Unit::parse(ending).is_some()) || is_miswritten()
}

/// Whether these words name the quantity. A potential may be followed by its reference electrode: `E vs. Ag/AgCl`.
fn is_spelled(known: &Canonical, spelling: &str) -> bool {
    let is = |words: &str| known.spellings.contains(&words);
    is(spelling)
        || known.quantity == Quantity::Potential && spelling.split_once("vs").is_some_and(|(words, _)| is(words))
}

/// A heading of a name and unit that someone stated (a manifest); values convert from `stated` to the unit that `name`
/// ends in where both are known.
#[must_use]
pub fn heading_for(name: &str, stated: Option<&str>) -> Heading {
    let known = Technique::all().flat_map(canonical::known_quantities).find(|canonical| canonical.name == name);
    let unit = stated.and_then(Unit::parse);
    let (ucum, factor, offset) = match (known, unit) {
        (Some(known), Some(unit)) if unit.quantity == known.quantity => {
            (Some(known.unit.to_owned()), ratio(unit.factor, known.scale), unit.offset)
        }
        (Some(known), None) if stated.is_none() => (Some(known.unit.to_owned()), 1.0, 0.0),
        (_, Some(unit)) => (Some(unit.ucum), 1.0, 0.0),
        (_, None) => (stated.map(str::to_owned), 1.0, 0.0),
    };
    Heading { name: name.to_owned(), unit: ucum, factor, offset, unit_assumed: false }
}

fn canonical(technique: Technique, words: &str, unit: Option<&Unit>) -> Option<Heading> {
    let (words, sign) = match words.trim().strip_prefix(['-', '−', '–']) {
        Some(rest) => (rest, -1.0),
        None => (words.trim(), 1.0),
    };
    let (spelling, in_capitals) = (spelling(words), !words.chars().any(char::is_lowercase));
    let fitting = |known: &Canonical| match unit {
        None => (known.absent != Absent::Refused).then_some(None),
        Some(unit) if unit.quantity == known.quantity => Some(Some(unit.clone())),
        // In capitals seconds are not siemens, and hours not henrys.
        Some(unit) if in_capitals && known.quantity == Quantity::Time => {
            ["s", "h"].into_iter().find(|time| time.to_uppercase() == unit.ucum).map(Unit::parse)
        }
        Some(_) => None,
    };
    let spelled = canonical::known_quantities(technique).iter().filter(|known| is_spelled(known, &spelling));
    let (known, unit) = spelled.filter_map(|known| Some((known, fitting(known)?))).next()?;
    // Only imaginary part and phase are ever written with the opposite sign; a minus elsewhere means a different quantity.
    if sign < 0.0 && !["z_im_ohm", "z_phase_deg"].contains(&known.name) {
        return None;
    }
    let (factor, offset) = unit.as_ref().map_or((1.0, 0.0), |unit| (ratio(unit.factor, known.scale), unit.offset));
    Some(Heading {
        name: known.name.to_owned(),
        unit: Some(known.unit.to_owned()),
        factor: sign * factor,
        offset,
        unit_assumed: unit.is_none() && known.absent == Absent::Assumed,
    })
}

/// `unit / scale` without the rounding error of the division: both are nearly always short decimal numbers.
#[expect(clippy::float_cmp, reason = "a scale of exactly 1 is the unit itself")]
fn ratio(unit: f64, scale: f64) -> f64 {
    if scale == 1.0 {
        return unit;
    }
    rounded(unit / scale, 14)
}

/// A header's words in the form of [`Canonical::spellings`].
fn spelling(words: &str) -> String {
    let primes = words.replace(['′', '’', '´', '`', '‘'], "'").replace(['″', '”', '“'], "\"").replace("''", "\"");
    primes.chars().filter(|c| !c.is_whitespace() && !['_', '.'].contains(c)).flat_map(char::to_lowercase).collect()
}

/// The words of a header and the unit after them: `Re(Z)/Ohm`, `Potential (V)`, `Z [kOhm]`, `freq_Hz`.
fn split_unit(header: &str) -> (&str, Option<Unit>) {
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some(inside) = header.strip_suffix(close)
            && let Some(at) = inside.rfind(open)
            && let Some(unit) = unit_after_word(&header[..at], &inside[at + open.len_utf8()..])
        {
            return (header[..at].trim_end().trim_end_matches('/'), Some(unit));
        }
    }
    // EC-Lab's `control/V/mA` holds either; it isn't a quotient.
    if !header.starts_with("control/") {
        for (at, separator) in header.match_indices(['/', ',']) {
            if at > 0
                && let Some(unit) = unit_after_word(&header[..at], &header[at + separator.len()..])
            {
                return (header[..at].trim_end(), Some(unit));
            }
        }
    }
    if let Some((words, unit)) = header.rsplit_once(['_', ' '])
        && !words.is_empty()
        && let Some(unit) = unit_after_word(words, unit)
    {
        return (words, Some(unit));
    }
    (header, None)
}

/// The unit after the words of a header; after a temperature (`Temp`, `Aux_Temperature_1`), `C` is degrees Celsius and not coulombs.
fn unit_after_word(words: &str, unit: &str) -> Option<Unit> {
    let is_temperature = unit.trim() == "C" && {
        let words = spelling(words);
        words.contains("temp") || words == "t"
    };
    Unit::parse(if is_temperature { "Cel" } else { unit })
}

/// A column name made from a header: lower case, letters, digits and `_`, units at the end as in the header.
/// `Cs/µF` becomes `cs_uf`. Empty where the header has no letter or digit.
#[must_use]
pub fn column_name(header: &str) -> String {
    let primes = spelling_of_primes(unquoted(header));
    let mut name = String::with_capacity(primes.len());
    if primes.starts_with(['-', '−']) {
        name.push_str("minus_");
    }
    let mut in_bars = false;
    for c in primes.chars() {
        let word = match c {
            'a'..='z' | '0'..='9' => {
                name.push(c);
                continue;
            }
            '|' => {
                in_bars = !in_bars;
                if in_bars { "_abs_" } else { "_" }
            }
            'µ' | 'μ' => "u",
            'Ω' | 'ω' | '\u{2126}' => "ohm",
            '°' | 'º' => "deg",
            '²' => "2",
            '³' => "3",
            '%' => "_percent",
            'α' => "alpha",
            'β' => "beta",
            'γ' => "gamma",
            'δ' => "delta",
            'ε' => "epsilon",
            'θ' => "theta",
            'λ' => "lambda",
            'ρ' => "rho",
            'σ' => "sigma",
            'φ' | 'ϕ' => "phi",
            'ψ' => "psi",
            _ => "_",
        };
        name.push_str(word);
    }
    let mut clean = String::with_capacity(name.len());
    for part in name.split('_').filter(|part| !part.is_empty()) {
        if !clean.is_empty() {
            clean.push('_');
        }
        clean.push_str(part);
    }
    clean
}

/// Lower case, with single and double primes as `_re` and `_im`.
fn spelling_of_primes(header: &str) -> String {
    let lower = header.to_lowercase().replace(['′', '’', '´', '`'], "'").replace(['″', '”'], "\"").replace("''", "\"");
    lower.replace('"', "_im").replace('\'', "_re")
}

/// A header without blanks and quotes around it.
fn unquoted(header: &str) -> &str {
    let header = header.trim();
    match header.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) if !inside.is_empty() => inside.trim(),
        _ => header,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or copied")]
mod tests {
    use super::*;

    fn read_as(header: &str) -> (String, Option<String>, f64) {
        let heading = interpret(header);
        (heading.name, heading.unit, heading.factor)
    }

    fn assert_reads(header: &str, name: &str, unit: &str, factor: f64) {
        assert_eq!(read_as(header), (name.to_owned(), Some(unit.to_owned()), factor), "{header}");
    }

    #[test]
    fn frequency_is_recognised_and_becomes_hertz() {
        for header in [
            "freq/Hz",
            "Frequency (Hz)",
            "f",
            "Freq(Hz)",
            "Freq/Hz",
            "frequency",
            " f/Hz ",
            "freq_Hz",
            "f [Hz]",
            "\"Freq. (Hz)\"",
        ] {
            assert_reads(header, "frequency_hz", "Hz", 1.0);
        }
        assert_reads("f/mHz", "frequency_hz", "Hz", 1e-3);
        assert_reads("Frequency (MHz)", "frequency_hz", "Hz", 1e6);
    }

    #[test]
    fn the_header_determines_the_sign_of_the_imaginary_part() {
        for header in ["Z''", "Z\"/ohm", "Zim (ohms)", "Im(Z)/Ohm", " Zimg", "Z″ (Ω)", "Zim_ohm", "imag"] {
            assert_reads(header, "z_im_ohm", "Ohm", 1.0);
        }
        for header in ["-Im(Z)/Ohm", "-Z'' (Ω)", "-Zim", "−Z″ (Ω)", " -Z''/Ohm     "] {
            assert_reads(header, "z_im_ohm", "Ohm", -1.0);
        }
        assert_reads("-Z'' (kΩ)", "z_im_ohm", "Ohm", -1e3);
    }

    #[test]
    fn real_part_modulus_and_phase_are_recognised() {
        for header in ["Re(Z)/Ohm", "Z' (Ω)", "Zre (ohms)", "Z'", "Z_re", "Zreal", "Zre_ohm"] {
            assert_reads(header, "z_re_ohm", "Ohm", 1.0);
        }
        for header in ["|Z|/Ohm", "Z (Ω)", "Zmod (ohm)", "Z/ohm", "|Z|"] {
            assert_reads(header, "z_modulus_ohm", "Ohm", 1.0);
        }
        assert_reads("Phase(Z)/deg", "z_phase_deg", "deg", 1.0);
        assert_reads("-Phase (°)", "z_phase_deg", "deg", -1.0);
        assert_reads("phase (rad)", "z_phase_deg", "deg", 180.0 / std::f64::consts::PI);
    }

    #[test]
    fn other_known_quantities_become_base_units() {
        assert_reads("I/mA", "current_a", "A", 1e-3);
        assert_reads("<I>/mA", "current_a", "A", 1e-3);
        assert_reads("<Ewe>/V", "potential_v", "V", 1.0);
        assert_reads("Potential (mV)", "potential_v", "V", 1e-3);
        assert_reads("time/h", "time_s", "s", 3600.0);
        assert_reads("Time(Sec)", "time_s", "s", 1.0);
        assert_reads("Elapsed Time (s)", "time_s", "s", 1.0);
        assert_reads("|Vac| (V)", "ac_potential_v", "V", 1.0);
        assert_reads("Temperature/°C", "temperature_c", "Cel", 1.0);
        assert_reads("temperature_C", "temperature_c", "Cel", 1.0);
        assert_reads("cycle number", "cycle", "1", 1.0);
        assert_eq!(interpret("T/K").convert(300.0), 300.0 - 273.15);
    }

    #[test]
    fn an_area_specific_impedance_is_not_an_impedance() {
        assert_reads("Z' (Ω·cm²)", "z_re_ohm_cm2", "Ohm.cm2", 1.0);
        assert_eq!(interpret("Z'' (ohm cm2)").name, "z_im_ohm_cm2");
    }

    #[test]
    fn a_minus_before_a_real_part_means_a_different_quantity() {
        assert_eq!(interpret("-Re(Z)/Ohm").name, "minus_re_z_ohm");
    }

    #[test]
    fn other_columns_keep_their_words_and_unit() {
        assert_reads("Cs/µF", "cs_uf", "uF", 1.0);
        assert_reads("(Q-Qo)/mA.h", "q_qo_ma_h", "mA.h", 1.0);
        assert_reads("Cs-2/µF-2", "cs_2_uf_2", "uF-2", 1.0);
        assert_eq!(read_as("control/V/mA"), ("control_v_ma".to_owned(), None, 1.0));
        assert_eq!(read_as("Current range"), ("current_range".to_owned(), None, 1.0));
        assert_eq!(read_as("|Energy|/W.h"), ("abs_energy_w_h".to_owned(), Some("W.h".to_owned()), 1.0));
        assert_eq!(read_as("Y''"), ("y_im".to_owned(), None, 1.0));
        assert_eq!(column_name("電流"), "");
    }

    #[test]
    fn a_missing_unit_is_assumed_and_reported_only_for_the_spectrum() {
        assert!(interpret("Zre").unit_assumed);
        assert!(!interpret("Zre/Ohm").unit_assumed);
        assert_eq!(read_as("time"), ("time".to_owned(), None, 1.0));
    }

    #[test]
    fn a_header_is_interpreted_by_its_technique() {
        let read = |technique, header| {
            let heading = interpret_for(technique, header);
            (heading.name, heading.unit.unwrap_or_default(), heading.factor)
        };
        let expect = |name: &str, unit: &str, factor| (name.to_owned(), unit.to_owned(), factor);
        assert_eq!(read(Technique::PhotoelectronSpectroscopy, "BE/eV"), expect("binding_energy_ev", "eV", 1.0));
        assert_eq!(
            read(Technique::PhotoelectronSpectroscopy, "Intensity (cps)"),
            expect("count_rate_per_s", "/s", 1.0)
        );
        assert_eq!(read(Technique::XRayDiffraction, "2Theta"), expect("two_theta_deg", "deg", 1.0));
        assert_eq!(read(Technique::XRayDiffraction, "Intensity (counts)"), expect("counts", "1", 1.0));
        assert_eq!(read(Technique::OpticalConstants, "Wavelength, µm"), expect("wavelength_nm", "nm", 1000.0));
        assert_eq!(read(Technique::SpectroscopicEllipsometry, "wavelength [Å]"), expect("wavelength_nm", "nm", 0.1));
        assert_eq!(read(Technique::EllipsometrySeries, "Thickness # 1 (nm)"), expect("thickness_nm", "nm", 1.0));
        assert_eq!(read(Technique::EllipsometrySeries, "Time (min)"), expect("time_s", "s", 60.0));
        assert_eq!(read(Technique::EllipsometrySeries, "Thick.2"), expect("thick_2", "", 1.0));
        assert_eq!(read(Technique::Electrochemistry, "Capacity(Ah)"), expect("charge_mah", "mA.h", 1000.0));
        assert_eq!(read(Technique::Electrochemistry, "(Q-Qo)/mA.h"), expect("charge_mah", "mA.h", 1.0));
        assert_eq!(read(Technique::ReactorLog, "pressure (Torr)"), expect("pressure_pa", "Pa", 133.322_368_421_052_63));
        assert_eq!(read(Technique::ReactorLog, "planned duration (min)"), expect("planned_duration_s", "s", 60.0));
        assert_eq!(read(Technique::EllipsometrySeries, "thickness_nm"), expect("thickness_nm", "nm", 1.0));
    }

    #[test]
    fn a_stated_name_converts_from_its_stated_unit() {
        let heading = heading_for("z_re_ohm", Some("kOhm"));
        assert_eq!((heading.unit.as_deref(), heading.factor), (Some("Ohm"), 1e3));
        assert_eq!(heading_for("frequency_hz", None).unit.as_deref(), Some("Hz"));
    }
}
