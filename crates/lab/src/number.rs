//! Numbers as instrument programs print them.

/// `%.7G` with three digits in the exponent, as Gamry Framework prints: `794355.5`, `-6.205204E-006`.
pub(crate) fn general(value: f64) -> String {
    let scientific = format!("{value:.6e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let trimmed = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    if (-4..7).contains(&exponent) {
        trimmed(&format!("{value:.*}", usize::try_from(6 - exponent).unwrap_or_default()))
    } else {
        format!("{}{}", trimmed(mantissa), long_exponent(exponent))
    }
}

/// `decimals` decimals and three digits in the exponent, as EC-Lab prints: `1.9999814E+005`.
pub(crate) fn scientific(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}{}", long_exponent(exponent.parse().unwrap_or_default())),
        None => text,
    }
}

fn long_exponent(exponent: i32) -> String {
    format!("E{}{:03}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn general_numbers_look_as_in_gamry_files() {
        for (value, text) in [
            (1_000_020.0, "1000020"),
            (794_355.5, "794355.5"),
            (-1.217636, "-1.217636"),
            (-6.205204e-6, "-6.205204E-006"),
            (0.0024935, "0.0024935"),
            (12_345_678.0, "1.234568E+007"),
            (0.0, "0"),
            (6.08214, "6.08214"),
        ] {
            assert_eq!(general(value), text);
        }
    }

    #[test]
    fn scientific_numbers_look_as_in_ec_lab_files() {
        assert_eq!(scientific(199_998.14, 7), "1.9999814E+005");
        assert_eq!(scientific(-0.004025, 7), "-4.0250000E-003");
        assert_eq!(scientific(1.0, 15), "1.000000000000000E+000");
    }
}
