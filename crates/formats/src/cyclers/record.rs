//! Turns a cycler's table into a measurement: the sign of the current, columns that contradict each other, what is
//! missing.
//!
//! A current is positive where a cell is charged. Maccor and some Neware programs store magnitudes and state in another
//! column whether a step charges or discharges: then the sign comes from that column, with a warning. Nothing else
//! changes what a file states.

use std::collections::BTreeMap;

use super::clock::{Decided, start};
use super::rows::{Table, convert};
use crate::local_time::ole_to_iso;
use crate::rejections::ends_in_line;
use crate::text::{counted, excerpt};
use crate::{Column, Measurement, NOT_STATED, Place, ReadError, Reading, Technique, Value, Values};

/// The direction of a step's current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Charge,
    Discharge,
    /// Rest, pulse, anything else.
    Other,
}

/// The direction that a word of a column such as `Step Type`, `Md` or `Instruction Name` means.
pub(super) fn direction(word: &str) -> Direction {
    let word = word.trim().to_ascii_lowercase();
    if word == "d" || ["dchg", "discharge", "dchrg", "dischg"].iter().any(|part| word.contains(part)) {
        Direction::Discharge
    } else if word == "c" || ["chg", "charge", "chrg"].iter().any(|part| word.contains(part)) {
        Direction::Charge
    } else {
        Direction::Other
    }
}

/// The sign convention of a vendor's currents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Documented: positive for charge.
    Documented,
    /// Decided by the steps of the file.
    BySteps,
}

/// Makes the measurement of a file of one test.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] where two of time, potential and current are missing.
pub(super) fn reading(
    table: Table,
    metadata: BTreeMap<String, Value>,
    sign: Sign,
    place: Place,
) -> Result<Reading, ReadError> {
    let Table { columns, rivals, rejected, warnings, cut, mark } = table;
    let mut measurement = Measurement { block: 0, technique: Technique::Electrochemistry, columns, metadata, warnings };
    needs(&measurement, place)?;
    if let Some(mark) = mark {
        note(&mut measurement.metadata, "decimal_mark", mark.name());
    }
    if let Some(line) = cut {
        note(&mut measurement.metadata, "incomplete", &ends_in_line(line));
    }
    contradictions(&mut measurement, &rivals);
    finish(&mut measurement, sign);
    Ok(Reading { measurements: vec![measurement], rejected, ..Reading::default() })
}

/// Completes a measurement in the way common to all cyclers.
pub(super) fn finish(measurement: &mut Measurement, sign: Sign) {
    note(&mut measurement.metadata, "method", "galvanostatic_cycling");
    current_sign(measurement, sign);
    voltages(measurement);
    if measurement.n_points() == 0 {
        measurement.warnings.push("the measurement has no points".to_owned());
    }
}

/// Adds a text to metadata unless it is empty.
pub(super) fn note(metadata: &mut BTreeMap<String, Value>, name: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() && !name.is_empty() {
        metadata.insert(name.to_owned(), Value::Text(excerpt(text, 1000)));
    }
}

/// Adds a number to metadata if it is one.
pub(super) fn quantity(metadata: &mut BTreeMap<String, Value>, name: &str, number: f64) {
    if number.is_finite() {
        metadata.insert(name.to_owned(), Value::Number(number));
    }
}

fn needs(measurement: &Measurement, place: Place) -> Result<(), ReadError> {
    let found =
        ["time_s", "potential_v", "current_a"].iter().filter(|name| measurement.numbers(name).is_some()).count();
    if found >= 2 {
        return Ok(());
    }
    let found: Vec<&str> = measurement.columns.iter().map(|column| column.header.as_str()).collect();
    Err(ReadError::ColumnMissing {
        place,
        expected: "for two of time, potential and current, with units".to_owned(),
        found: excerpt(&found.join(", "), 400),
    })
}

/// Words of the steps, by row.
fn step_types(measurement: &Measurement) -> Option<(&str, Vec<Direction>)> {
    let column = measurement.columns.iter().find(|column| column.name == "step_type")?;
    let Values::Text(words) = &column.values else { return None };
    // Steps are long: nearly every word is the one before.
    let mut last = ("", Direction::Other);
    let directions = words.iter().map(|word| {
        if last.0 != word {
            last = (word, direction(word));
        }
        last.1
    });
    Some((column.header.as_str(), directions.collect()))
}

/// Gives stored magnitudes the sign of their step; notes the sign convention.
fn current_sign(measurement: &mut Measurement, sign: Sign) {
    let documented = "as stored: positive for charge";
    let Some(current) = measurement.numbers("current_a") else { return };
    let is_any_negative = current.iter().any(|value| *value < 0.0);
    let is_any = is_any_negative || current.iter().any(|value| *value > 0.0);
    let Some((header, directions)) = step_types(measurement) else {
        match sign {
            Sign::Documented => note(&mut measurement.metadata, "current_sign", documented),
            Sign::BySteps if is_any => note(&mut measurement.metadata, "current_sign", NOT_STATED),
            Sign::BySteps => {}
        }
        return;
    };
    let header = header.to_owned();
    let count = |step: Direction, is: fn(f64) -> bool| {
        directions.iter().zip(current).filter(|(direction, current)| **direction == step && is(**current)).count()
    };
    let (out_positive, out_negative) =
        (count(Direction::Discharge, |current| current > 0.0), count(Direction::Discharge, |current| current < 0.0));
    let (in_positive, in_negative) =
        (count(Direction::Charge, |current| current > 0.0), count(Direction::Charge, |current| current < 0.0));
    if out_positive > 0 && !is_any_negative {
        let column = measurement.columns.iter_mut().find(|column| column.name == "current_a");
        if let Some(Column { values: Values::Number(values), .. }) = column {
            let discharged = values.iter_mut().zip(&directions).filter(|(_, step)| **step == Direction::Discharge);
            discharged.for_each(|(current, _)| *current = -*current);
        }
        measurement.warnings.push(format!(
            "currents are stored as magnitudes and were made negative in {} where `{header}` states discharge",
            counted(out_positive, "row")
        ));
        note(&mut measurement.metadata, "current_sign", "from the step type: the file stores magnitudes");
        return;
    }
    // Noise around zero at the end of a step is not a contradiction.
    if out_positive > out_negative || in_negative > in_positive {
        measurement.warnings.push(format!(
            "the sign of the current contradicts `{header}`: negative in {}, positive in {}; the values are as stored",
            counted(in_negative, "charge row"),
            counted(out_positive, "discharge row")
        ));
        note(&mut measurement.metadata, "current_sign", NOT_STATED);
        return;
    }
    match sign {
        _ if out_negative > 0 => note(&mut measurement.metadata, "current_sign", documented),
        Sign::Documented => note(&mut measurement.metadata, "current_sign", documented),
        Sign::BySteps if in_positive > 0 => note(&mut measurement.metadata, "current_sign", documented),
        Sign::BySteps if is_any => note(&mut measurement.metadata, "current_sign", NOT_STATED),
        Sign::BySteps => {}
    }
}

/// Warns where columns of the same meaning differ.
fn contradictions(measurement: &mut Measurement, rivals: &[Option<String>]) {
    let mut found = Vec::new();
    for (column, rival) in measurement.columns.iter().zip(rivals) {
        // Counters may differ in what they count, times in where they start.
        let Some(name) = rival.as_deref().filter(|name| !["step", "cycle", "record", "step_type"].contains(name))
        else {
            continue;
        };
        let (Values::Number(other), Some(values)) = (&column.values, measurement.numbers(name)) else { continue };
        let sum =
            |values: &[f64]| values.iter().filter(|value| value.is_finite()).map(|value| value.abs()).sum::<f64>();
        let own = measurement.columns.iter().find(|column| column.name == name);
        let (Some(own), Some(unit)) = (own, column.unit.as_deref().and_then(crate::unit::Unit::parse)) else {
            continue;
        };
        let mut other = other.clone();
        let base = own.unit.as_deref().and_then(crate::unit::Unit::parse).map_or(1.0, |unit| unit.factor);
        convert(&mut other, unit.factor / base);
        let (one, two) = (sum(values), sum(&other));
        if (one - two).abs() > 1e-3 * one.max(two) {
            found.push((own.header.clone(), column.header.clone(), one / two, name.to_owned(), column.name.clone()));
        }
    }
    for (own, other, ratio, name, other_name) in found {
        let ratio = format!("{ratio:.4}");
        let ratio = ratio.trim_end_matches('0').trim_end_matches('.');
        measurement.warnings.push(format!(
            "`{own}` and `{other}` disagree: the former is {ratio} times the latter on average; `{name}` holds the former, `{other_name}` the latter"
        ));
    }
}

/// Warns where a potential in V looks like one in mV. Its header decides nevertheless.
fn voltages(measurement: &mut Measurement) {
    const NO_CELL_V: f64 = 1000.0;
    let Some(potential) = measurement.numbers("potential_v") else { return };
    let beyond = potential.iter().filter(|value| value.abs() > NO_CELL_V).count();
    if beyond * 2 > potential.len() {
        let header = measurement.columns.iter().find(|column| column.name == "potential_v");
        let header = header.map_or_else(String::new, |column| column.header.clone());
        measurement.warnings.push(format!(
            "{} beyond {NO_CELL_V} V: `{header}` may be in mV, although its header states V, which is taken",
            counted(beyond, "potential")
        ));
    }
}

/// The start from the first row's clock, a column of that spelling, less its test time. The last row's clock determines which
/// of month and day comes first.
pub(super) fn started_by_clock(measurement: &mut Measurement, headers: &[&str]) {
    let column = measurement.columns.iter().find(|column| headers.contains(&column.header.as_str()));
    let Some(Values::Text(words)) = column.map(|column| &column.values) else { return };
    let times = measurement.numbers("time_s").unwrap_or_default();
    let ends = times.first().zip(times.last());
    let later = words.last().map(String::as_str).zip(ends.map(|(first, last)| last - first));
    let Some((clock, decided)) = words.first().and_then(|first| start(first, later)) else { return };
    let passed = times.first().copied().unwrap_or(0.0);
    // A clock in whole seconds has no fractions.
    let Some(iso) = unix_to_iso((clock.seconds - passed).round()) else { return };
    let as_written = words.first().cloned().unwrap_or_default();
    note(&mut measurement.metadata, "started_at", &iso);
    if decided == Decided::Taken {
        note(&mut measurement.metadata, "started_at_as_written", &as_written);
        note(&mut measurement.metadata, "started_at_note", MONTH_FIRST);
    }
}

/// The metadata's note where the order of month and day is unknown.
pub(super) const MONTH_FIRST: &str = "month and day may be swapped; month first is assumed";

/// Seconds since 1970-01-01 as ISO 8601.
pub(super) fn unix_to_iso(seconds: f64) -> Option<String> {
    // 25 569 days lie between 1899-12-30 and 1970-01-01.
    ole_to_iso(seconds / 86_400.0 + 25_569.0)
}

/// Test times from step times: each step continues where the one before ended. `steps` starts a new step where it changes,
/// or where the time does not increase.
pub(super) fn sum_step_times(step_times: &[f64], is_new_step: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut before = 0.0;
    let mut last = 0.0;
    let times = step_times.iter().enumerate().map(|(row, time)| {
        if row > 0 && (is_new_step(row) || *time < last) {
            before += last;
        }
        last = if time.is_finite() { *time } else { last };
        before + time
    });
    times.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(current: &[f64], steps: &[&str]) -> Measurement {
        let number = |name: &str, values: &[f64]| Column {
            name: name.to_owned(),
            unit: None,
            header: name.to_owned(),
            values: Values::Number(values.to_vec()),
        };
        let words = Values::Text(steps.iter().map(|word| (*word).to_owned()).collect());
        Measurement {
            block: 0,
            technique: Technique::Electrochemistry,
            columns: vec![
                number("current_a", current),
                Column { name: "step_type".to_owned(), unit: None, header: "State".to_owned(), values: words },
            ],
            metadata: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    fn signed(current: &[f64], steps: &[&str]) -> (Vec<f64>, Option<Value>, usize) {
        let mut measurement = measurement(current, steps);
        current_sign(&mut measurement, Sign::BySteps);
        let sign = measurement.metadata.get("current_sign").cloned();
        (measurement.numbers("current_a").unwrap().to_vec(), sign, measurement.warnings.len())
    }

    #[test]
    fn magnitudes_get_the_sign_of_their_step() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        assert_eq!(
            signed(&[1.0, 2.0, 0.0], &["C", "D", "R"]),
            (vec![1.0, -2.0, 0.0], text("from the step type: the file stores magnitudes"), 1)
        );
        assert_eq!(
            signed(&[1.0, -2.0], &["CC Chg", "CC DChg"]),
            (vec![1.0, -2.0], text("as stored: positive for charge"), 0)
        );
        assert_eq!(signed(&[-1.0, 2.0], &["C", "D"]), (vec![-1.0, 2.0], text("not stated"), 1));
        assert_eq!(signed(&[0.0], &["R"]), (vec![0.0], None, 0));
        assert_eq!(signed(&[1.0], &["R"]), (vec![1.0], text("not stated"), 0));
    }

    #[test]
    fn words_of_steps_give_their_direction() {
        for (word, step) in [
            ("C", Direction::Charge),
            ("CC Chg", Direction::Charge),
            ("CCCV_Chg", Direction::Charge),
            ("Charge", Direction::Charge),
            ("D", Direction::Discharge),
            ("CC DChg", Direction::Discharge),
            ("Discharge", Direction::Discharge),
            ("Rest", Direction::Other),
            ("Idle", Direction::Other),
        ] {
            assert_eq!(direction(word), step, "{word}");
        }
    }

    #[test]
    fn step_times_add_up() {
        let steps = [1, 1, 2, 2, 2];
        let times = sum_step_times(&[0.0, 10.0, 0.0, 5.0, 1.0], |row| steps[row] != steps[row - 1]);
        assert_eq!(times, [0.0, 10.0, 10.0, 15.0, 16.0]);
    }
}
