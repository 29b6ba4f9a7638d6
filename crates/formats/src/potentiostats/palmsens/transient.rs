//! Finds the scans in the data set of a PalmSens measurement: potential, current, time and charge of each.
//!
//! The arrays of a scan share a description such as `scan2channel1`; arrays of time are called `time` and belong to the
//! scans in their order. Techniques with one scan have arrays of other descriptions (`potential`, `current`).

use std::collections::BTreeMap;
use std::ops::Range;

use super::arrays::{CURRENT, POTENTIAL, TIME, is_measured};
use super::session::{Array, Recorded, Session};
use super::{MOST_MEASUREMENTS, all_columns, metadata_of, text};
use crate::text::counted;
use crate::{Measurement, Reading, Technique, Value};

/// Numbers of scan and channel, where the session states them.
type Numbers = Option<(u32, u32)>;

/// Arrays of one scan, and the rows that belong to it.
struct Scan<'a> {
    numbers: Numbers,
    arrays: Vec<(&'a Array, usize)>,
    rows: usize,
}

/// Adds the scans of a measurement.
pub(super) fn read(recorded: &Recorded, session: &Session, is_cut: bool, reading: &mut Reading) {
    let mut scans = scans(&recorded.data.arrays.iter().collect::<Vec<_>>(), is_cut);
    let mut titles: Vec<&str> = Vec::new();
    if scans.is_empty() {
        // Without a data set there are only the curves.
        for curve in &recorded.curves {
            let found = self::scans(&[&curve.x, &curve.y], is_cut);
            titles.extend(found.iter().map(|_| curve.title.as_str()));
            scans.extend(found);
        }
    } else if scans.len() == recorded.curves.len() {
        titles.extend(recorded.curves.iter().map(|curve| curve.title.as_str()));
    }
    if scans.is_empty() {
        reading.leave_out(format!(
            "measurement `{}` lacks two of time, potential and current and is left out",
            recorded.title
        ));
        return;
    }
    let metadata = metadata_of(recorded, session, Technique::Electrochemistry);
    if scans.len() > MOST_MEASUREMENTS {
        reading.leave_out(format!("measurement `{}` has {} scans and is left out", recorded.title, scans.len()));
        return;
    }
    for (place, scan) in scans.iter().enumerate() {
        let mut metadata = metadata.clone();
        let mut warnings = Vec::new();
        text(&mut metadata, "curve", titles.get(place).copied().unwrap_or_default());
        if let Some((number, channel)) = scan.numbers {
            metadata.insert("scan".to_owned(), Value::Number(f64::from(number)));
            metadata.insert("channel".to_owned(), Value::Number(f64::from(channel)));
        }
        let mut columns = Vec::new();
        for (array, offset) in &scan.arrays {
            let rows: Range<usize> = *offset..offset.saturating_add(scan.rows);
            for column in all_columns(&[array], rows, &mut warnings) {
                if columns.iter().all(|other: &crate::Column| other.name != column.name) {
                    columns.push(column);
                }
            }
        }
        #[expect(clippy::float_cmp, reason = "the state is a code, stored exactly")]
        let overloaded =
            columns.iter().find(|column| column.name == "current_state").map_or(0, |column| match &column.values {
                crate::Values::Number(states) => states.iter().filter(|state| **state == 1.0).count(),
                crate::Values::Text(_) => 0,
            });
        if overloaded > 0 {
            warnings.push(format!("the current range was overloaded in {} (state 1)", counted(overloaded, "row")));
        }
        reading.measurements.push(Measurement {
            block: reading.measurements.len() as u32,
            technique: Technique::Electrochemistry,
            columns,
            metadata,
            warnings,
        });
    }
}

/// Groups arrays into scans; groups without two of time, potential and current are ignored.
fn scans<'a>(arrays: &[&'a Array], is_cut: bool) -> Vec<Scan<'a>> {
    let measured: Vec<&Array> = arrays.iter().copied().filter(|array| is_measured(array)).collect();
    let mut groups: Vec<(Numbers, Vec<&Array>)> = Vec::new();
    let mut places: BTreeMap<Numbers, usize> = BTreeMap::new();
    let mut times: Vec<&Array> = Vec::new();
    for array in measured {
        let numbers = scan_and_channel(&array.description);
        if array.kind == Some(TIME) && numbers.is_none() {
            times.push(array);
            continue;
        }
        // A repeated kind begins a scan where the descriptions do not separate them.
        let group = places.get(&numbers).and_then(|place| groups.get_mut(*place));
        match group {
            Some((_, group)) if numbers.is_some() || group.iter().all(|other| other.kind != array.kind) => {
                group.push(array);
            }
            _ => {
                places.insert(numbers, groups.len());
                groups.push((numbers, vec![array]));
            }
        }
    }
    if groups.is_empty() {
        return Vec::new();
    }
    let length = |group: &[&Array]| {
        let needed = group.iter().filter(|array| [Some(POTENTIAL), Some(CURRENT)].contains(&array.kind));
        let lengths = needed.map(|array| array.values.values.len());
        if is_cut { lengths.min() } else { lengths.max() }.unwrap_or(0)
    };
    let lengths: Vec<usize> = groups.iter().map(|(_, group)| length(group)).collect();
    let one_for_all = times.len() == 1 && times[0].values.values.len() == lengths.iter().sum::<usize>();
    let mut start = 0;
    let mut found = Vec::new();
    for (place, ((numbers, group), rows)) in groups.iter().zip(lengths).enumerate() {
        let mut arrays: Vec<(&Array, usize)> = Vec::new();
        if times.len() == groups.len() {
            arrays.extend(times.get(place).map(|time| (*time, 0)));
        } else if one_for_all {
            arrays.extend(times.first().map(|time| (*time, start)));
        }
        arrays.retain(|(time, offset)| time.values.values.len() >= offset.saturating_add(rows));
        start += rows;
        arrays.extend(group.iter().filter(|array| array.values.values.len() >= rows).map(|array| (*array, 0)));
        let has = |kind| arrays.iter().filter(|(array, _)| array.kind == Some(kind)).count().min(1);
        if rows > 0 && has(TIME) + has(POTENTIAL) + has(CURRENT) >= 2 {
            found.push(Scan { numbers: *numbers, arrays, rows });
        }
    }
    found
}

/// The numbers in `scan2channel1`.
fn scan_and_channel(description: &str) -> Numbers {
    let (scan, channel) = description.strip_prefix("scan")?.split_once("channel")?;
    Some((scan.trim().parse().ok()?, channel.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::session::parse;
    use super::*;

    fn groups(arrays: &str) -> Vec<(Numbers, Vec<usize>, usize)> {
        let (session, _) = parse(&format!(r#"{{"measurements":[{{"dataset":{{"values":[{arrays}]}}}}]}}"#)).unwrap();
        let all: Vec<&Array> = session.measurements[0].data.arrays.iter().collect();
        let found = scans(&all, false);
        found
            .iter()
            .map(|scan| (scan.numbers, scan.arrays.iter().map(|(_, start)| *start).collect(), scan.rows))
            .collect()
    }

    fn array(kind: i64, description: &str, values: &str) -> String {
        let values: Vec<String> = values.split(' ').map(|value| format!(r#"{{"v":{value}}}"#)).collect();
        let values = values.join(",");
        format!(r#"{{"arraytype":{kind},"description":"{description}","datavalues":[{values}]}}"#)
    }

    #[test]
    fn scans_are_separated_by_their_description_and_take_times_in_order() {
        let two = ["1", "2"].map(|scan| {
            let name = format!("scan{scan}channel1");
            format!("{},{},{}", array(0, "time", "0 1"), array(1, &name, "1 2"), array(2, &name, "3 4"))
        });
        let expected = [(Some((1, 1)), vec![0, 0, 0], 2), (Some((2, 1)), vec![0, 0, 0], 2)];
        assert_eq!(groups(&two.join(",")), expected);
    }

    #[test]
    fn one_time_for_all_scans_is_split_among_them() {
        let arrays = [
            array(0, "time", "0 1 2 3 4"),
            array(1, "scan1channel1", "1 2 3"),
            array(2, "scan1channel1", "1 2 3"),
            array(1, "scan2channel1", "1 2"),
            array(2, "scan2channel1", "1 2"),
        ];
        let expected = [(Some((1, 1)), vec![0, 0, 0], 3), (Some((2, 1)), vec![3, 0, 0], 2)];
        assert_eq!(groups(&arrays.join(",")), expected);
    }

    #[test]
    fn a_potential_alone_is_not_a_scan() {
        assert_eq!(groups(&array(1, "potential", "1 2")), []);
        let open_circuit = format!("{},{}", array(0, "time", "0 1"), array(1, "potential", "1 2"));
        assert_eq!(groups(&open_circuit), [(None, vec![0, 0], 2)]);
    }
}
