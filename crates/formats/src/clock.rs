//! The clock of a file beside its times: where both are there, they must agree.

use jiff::civil::DateTime;

use crate::local_time::{DateOrder, parse_local_time};
use crate::{Measurement, Values};

/// Relative difference from which clock and time contradict each other: no clock is wrong by a tenth, and a wrong unit is far off.
const TOLERANCE: f64 = 0.1;
/// Difference that the resolution of clocks explains (s).
const RESOLUTION_S: f64 = 2.0;

/// Adds a warning where the dates of the rows advance otherwise than `time_s`.
pub(crate) fn compare_with_clock(measurement: &mut Measurement) {
    let Some(time_s) = measurement.numbers("time_s") else { return };
    let ends = |values: &[f64]| Some((*values.first()?, *values.last()?));
    let Some((first, last)) = ends(time_s).filter(|(first, last)| first.is_finite() && last.is_finite()) else {
        return;
    };
    let warning = measurement.columns.iter().find_map(|column| {
        let Values::Text(words) = &column.values else { return None };
        let [start, end] = [words.first()?, words.last()?].map(|words| instant(words));
        let clock_s = (end? - start?).total(jiff::Unit::Second).ok()?;
        let elapsed_s = last - first;
        // A date that stays the same is the start, not a clock.
        let is_near = clock_s == 0.0 || (clock_s - elapsed_s).abs() <= RESOLUTION_S.max(TOLERANCE * clock_s.abs().max(elapsed_s.abs()));
        (!is_near).then(|| {
            format!(
                "the clock in `{}` advances by {clock_s} s, `time_s` by {elapsed_s} s: the unit of one of them is wrong",
                column.header
            )
        })
    });
    measurement.warnings.extend(warning);
}

/// A date with a time of day.
fn instant(words: &str) -> Option<DateTime> {
    let (date, time) = words.trim().split_once([' ', 'T'])?;
    parse_local_time(date, time.trim(), DateOrder::MonthFirst)?.iso.parse().ok()
}
