//! How wide text is, and how numbers and units are written.

/// Advance widths of `DejaVu Sans`, in thousandths of the size, from the space to `~`.
const ASCII: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636,
    636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863,
    748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635,
    615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636,
    337, 636, 838,
];

/// Width of `text` at a font size, in the unit of the size.
///
/// The signs that figures use are those of the font; for letters outside ASCII it is an estimate on the safe side.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let thousandths: u32 = text
        .chars()
        .map(|letter| match letter {
            ' '..='~' => u32::from(ASCII[letter as usize - 32]),
            '⁻' => 528,
            '\u{2070}'..='\u{209c}' | '¹' | '²' | '³' => 401,
            '·' | '\u{2009}' => 318,
            '°' | '–' | '†' | '‡' => 500,
            'Σ'..='Ω' => 787,
            '\u{2e80}'.. | '−' | '±' | '×' | '…' => 1000,
            _ => 700,
        })
        .sum();
    f64::from(thousandths) * size / 1000.0
}

/// `text`, shortened with an ellipsis where it is wider than `limit`.
pub(crate) fn fitted(text: &str, size: f64, limit: f64) -> String {
    if width(text, size) <= limit {
        return text.to_owned();
    }
    let mut short = text.to_owned();
    while !short.is_empty() && width(&short, size) + size > limit {
        short.pop();
    }
    format!("{}…", short.trim_end())
}

/// A number with `decimals` decimals and a true minus sign.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|digit| matches!(digit, '0' | '.')) => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// Ten to a power: `10⁻⁷`.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    let superscript = |digit| match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + (digit as u32 - '0' as u32)).unwrap_or(digit),
    };
    let digits: String = exponent.unsigned_abs().to_string().chars().map(superscript).collect();
    let sign = if exponent < 0 { "⁻" } else { "" };
    format!("10{sign}{digits}")
}

/// A value with its standard uncertainty: one digit of the uncertainty, or two where the first is a 1.
pub(crate) fn with_uncertainty(value: f64, uncertainty: f64) -> String {
    let decade = uncertainty.log10().floor();
    let digits = if uncertainty / 10_f64.powf(decade) < 2.0 { 2.0 } else { 1.0 };
    let decimals = (digits - 1.0 - decade).clamp(0.0, 9.0) as usize;
    format!("{} ± {}", fixed(value, decimals), fixed(uncertainty, decimals))
}

/// A unit's prefix that keeps the largest magnitude between 1 and 1000: the factor to divide by, and its letter.
pub(crate) fn prefix(largest: f64) -> (f64, &'static str) {
    const PREFIXES: [(f64, &str); 6] = [(1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ")];
    PREFIXES.into_iter().find(|(factor, _)| largest >= *factor).unwrap_or((1e-6, "µ"))
}

/// A frequency in the unit that keeps it short: `10 kHz`.
pub(crate) fn frequency(hertz: f64) -> String {
    let (factor, letter) = prefix(hertz * 1.000_001);
    format!("{} {letter}Hz", fixed(hertz / factor, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_carries_as_many_digits_as_its_uncertainty() {
        for (value, uncertainty, text) in [
            (0.4312, 0.0382, "0.43 ± 0.04"),
            (0.58, 0.0124, "0.580 ± 0.012"),
            (0.43, 0.096, "0.43 ± 0.10"),
            (12.0, 3.0, "12 ± 3"),
        ] {
            assert_eq!(with_uncertainty(value, uncertainty), text);
        }
    }

    #[test]
    fn powers_and_numbers_have_true_signs() {
        assert_eq!(power_of_ten(-10), "10⁻¹⁰");
        assert_eq!(power_of_ten(23), "10²³");
        assert_eq!(fixed(-0.5, 1), "−0.5");
        assert_eq!(fixed(-0.0001, 1), "0.0");
        assert_eq!(frequency(1e4), "10 kHz");
        assert_eq!(frequency(1e-1), "100 mHz");
    }

    #[test]
    fn long_text_is_shortened_to_its_limit() {
        let short = fitted("a label that is far too long", 10.0, 60.0);
        assert!(short.ends_with('…') && width(&short, 10.0) <= 60.0, "{short}");
        assert_eq!(fitted("short", 10.0, 60.0), "short");
    }
}
