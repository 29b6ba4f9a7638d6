//! Numbers and dates as instrument programs print them.

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

/// A local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
}

impl Timestamp {
    /// That many minutes after the laboratory opened on 17 January 2000, 09:00. A day above 12 keeps the two orders
    /// of day and month apart.
    pub(crate) fn after_opening(minutes: i64) -> Self {
        let minutes = minutes + 9 * 60;
        let (year, month, day) = civil(10_973 + minutes.div_euclid(1440));
        let of_day = minutes.rem_euclid(1440);
        Self { year, month, day, hour: of_day / 60, minute: of_day % 60 }
    }
}

/// Year, month and day of a number of days since 1 January 1970.
///
/// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
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

    #[test]
    fn time_runs_over_days_months_and_leap_years() {
        let at = |minutes| {
            let time = Timestamp::after_opening(minutes);
            (time.year, time.month, time.day, time.hour, time.minute)
        };
        assert_eq!(at(0), (2000, 1, 17, 9, 0));
        assert_eq!(at(15 * 60), (2000, 1, 18, 0, 0));
        assert_eq!(at(43 * 1440 + 5), (2000, 2, 29, 9, 5));
        assert_eq!(at(44 * 1440), (2000, 3, 1, 9, 0));
    }
}
