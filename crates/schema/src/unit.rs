//! Units for people: schemas and metadata have UCUM codes, messages and printed tables the symbols of the SI.
//!
//! Source of the codes: Unified Code for Units of Measure, version 2.2.

/// The symbol of a unit that a UCUM code names: `Cel` is `°C`, `Ao/s` is `Å/s`, `uA/cm2` is `µA/cm²`; nothing for the pure number `1`.
#[must_use]
pub fn symbol(ucum: &str) -> String {
    if ucum == "1" {
        return String::new();
    }
    let mut symbol = String::with_capacity(ucum.len());
    let mut part = String::new();
    for letter in ucum.chars() {
        match letter {
            '/' | '.' => {
                push(&mut symbol, &part);
                part.clear();
                symbol.push(if letter == '/' { '/' } else { '·' });
            }
            _ => part.push(letter),
        }
    }
    push(&mut symbol, &part);
    symbol
}

/// Adds one factor: a name, perhaps with a prefix and a power.
fn push(symbol: &mut String, factor: &str) {
    if let Some((base, power)) = factor.split_once('*') {
        symbol.push_str(base);
        superscript(symbol, power);
        return;
    }
    let name = factor.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-');
    match (name, name.strip_suffix("Ohm"), name.strip_prefix('u')) {
        ("Cel", ..) => symbol.push_str("°C"),
        ("Ao", ..) => symbol.push('Å'),
        ("deg", ..) => symbol.push('°'),
        ("By", ..) => symbol.push('B'),
        (_, Some(prefix), _) => symbol.extend([&prefix.replace('u', "µ"), "Ω"]),
        (_, _, Some(unit)) if !unit.is_empty() => symbol.extend(["µ", unit]),
        _ => symbol.push_str(name),
    }
    superscript(symbol, &factor[name.len()..]);
}

fn superscript(symbol: &mut String, power: &str) {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    symbol.extend(power.chars().map(|letter| match letter.to_digit(10) {
        Some(digit) => DIGITS[digit as usize],
        None => '⁻',
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_the_symbols_of_the_si() {
        let codes = [
            "1",
            "Cel",
            "Ao/s",
            "uA/cm2",
            "kOhm",
            "Ohm",
            "deg",
            "nm-1",
            "10*15.cm-2",
            "mA.h",
            "um4",
            "s",
            "/s",
            "%",
            "a",
        ];
        let symbols =
            ["", "°C", "Å/s", "µA/cm²", "kΩ", "Ω", "°", "nm⁻¹", "10¹⁵·cm⁻²", "mA·h", "µm⁴", "s", "/s", "%", "a"];
        assert_eq!(codes.map(symbol), symbols);
    }
}
