//! Decodes the `.ndc` parts of Neware's `.ndax` files.
//!
//! Little-endian. Byte 0: kind of content (1 records, 7 steps, 18 run information); byte 2: version. Versions from 5 on
//! have pages of 4096 bytes, the first of them a header; a page has at 4 one bit for each slot that is in use, from 132
//! on the slots. Version 2 has pages of 512 bytes, no bits, slots from 5 on.
//!
//! A record of version 5 is 87 bytes: u8 0x55, u32 index +1, u32 cycle from 0 +5, u8 step +9, u8 step type +10, u64 step
//! time in ms +16, i32 voltage in 0.1 mV +24, i32 current +28, four i64 +36 (charge and discharge in current × s, the same
//! for energy), u16 year and five u8 down to the second +68, i32 range +75. The range decides what a unit of current is
//! ([`MULTIPLIERS`]). Version 2 has the same 7 bytes further on, in slots of 94.
//!
//! Versions 11, 14, 16 and 17 have only f32 voltage and current in the records (11 and 16: 0.1 mV and mA; 14 and 17: V
//! and A); time, charge and energy are in `data_runInfo.ndc` for some of them, cycle and step type in `data_step.ndc`. A slot
//! of run information: u32 step time in ms +0, four f32 +5 (charge and discharge, the same for energy; in mA.s and mW.s, or in
//! A.h and W.h), i32 interval since the record before in ms +29, u32 clock in s since 1970 +33, u32 step count +37, u32
//! record +41, u16 clock in ms +45. It is 47 bytes in version 11, 55 in 14, 100 in 16 and 17. A slot of steps is 37 bytes, 100
//! in 16 and 17.
//!
//! The tester stores a time where the interval changes, and now and then between. Two times of a step that are as many
//! intervals apart as records are therefore state those of the records between. Charge and energy of those are left missing:
//! other readers interpolate them.
//!
//! Source: the bytes of files of version 5 (BTS 8.0.0), 14, 16 and 17 (BTS 8.0.1); for versions 2 and 11 the layouts in which
//! `NewareNDA` and `fastnda` (BSD-3-Clause) agree.

use crate::little_endian::{Number, number_at};
use crate::text::counted;
use crate::{Place, ReadError};

/// The records of a test.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub version: u8,
    pub index: Vec<f64>,
    pub cycle: Vec<f64>,
    pub step: Vec<f64>,
    pub step_type: Vec<String>,
    pub step_time_s: Vec<f64>,
    pub potential_v: Vec<f64>,
    pub current_a: Vec<f64>,
    pub charge_mah: Vec<f64>,
    pub discharge_mah: Vec<f64>,
    pub charge_mwh: Vec<f64>,
    pub discharge_mwh: Vec<f64>,
    /// ISO 8601, local time; empty where not stored.
    pub date_time: Vec<String>,
    /// Whether every record has a time.
    pub has_all_times: bool,
    pub warnings: Vec<String>,
}

/// Milliamperes that a unit of current is, by the range of the tester. Ranges that share one are grouped.
///
/// Source: the tables of `NewareNDA` and `fastnda`, found by comparison with the vendor's program.
const MULTIPLIERS: &[(f64, &[i32])] = &[
    (1e1, &[-100_000_000]),
    (
        1e-2,
        &[
            -200_000, -100_000, -60_000, -50_000, -40_000, -30_000, -20_000, -12_000, -10_000, -6000, -5000, -3000,
            -2000, -1000, 100, 200, 250, 500,
        ],
    ),
    (1e-3, &[-500, -100, 10, 20, 25, 50]),
    (1e-4, &[-50, -25, -20, -10, 1, 2, 5]),
    (1e-5, &[-5, -2, -1]),
    (1e-1, &[1000, 6000, 10_000, 12_000, 20_000, 30_000, 40_000, 50_000, 60_000, 100_000, 200_000]),
];

/// Units of current per milliampere: whole powers of ten, to divide by.
fn per_milliampere(range: i32) -> Option<f64> {
    let found = MULTIPLIERS.iter().find(|(_, ranges)| ranges.contains(&range));
    found.map(|(multiplier, _)| if *multiplier < 1.0 { (1.0 / multiplier).round() } else { 1.0 / multiplier })
}

/// The type of a step, by its number.
fn step_type(number: u8) -> Option<&'static str> {
    let word = match number {
        1 => "CC_Chg",
        2 => "CC_DChg",
        3 => "CV_Chg",
        4 => "Rest",
        5 => "Cycle",
        7 => "CCCV_Chg",
        8 => "CP_DChg",
        9 => "CP_Chg",
        10 => "CR_DChg",
        13 => "Pause",
        16 => "Pulse",
        17 => "SIM",
        19 => "CV_DChg",
        20 => "CCCV_DChg",
        21 => "Control",
        22 => "OCV",
        26 => "CPCV_DChg",
        27 => "CPCV_Chg",
        _ => return None,
    };
    Some(word)
}

/// Reads at most `limit` records, with the data of the other parts.
///
/// # Errors
///
/// [`ReadError::NotSupported`] for other versions; [`ReadError::Malformed`] where the parts are not what they should be, or
/// hold more records.
pub(super) fn read(
    data: &[u8],
    run_info: Option<&[u8]>,
    steps: Option<&[u8]>,
    limit: usize,
) -> Result<Records, ReadError> {
    let version = kind_and_version(data, "data.ndc", 1)?;
    let mut records = match version {
        2 => whole_records(data, &Layout { page: 512, start: 5, slot: 94, shift: 7, has_bits: false }, limit)?,
        5 => whole_records(data, &Layout { page: 4096, start: 132, slot: 87, shift: 0, has_bits: true }, limit)?,
        11 | 14 | 16 | 17 => {
            let (Some(run_info), Some(steps)) = (run_info, steps) else {
                return Err(ReadError::malformed(
                    Place::Offset(0),
                    "`data_runInfo.ndc` and `data_step.ndc` beside `data.ndc`",
                    "at most one of them",
                ));
            };
            split_records(version, data, run_info, steps, limit)?
        }
        _ => {
            return Err(ReadError::NotSupported {
                place: Place::Offset(2),
                recognised: format!("a Neware cycling file (.ndax) whose `data.ndc` has version {version}"),
                advice: "versions 2, 5, 11, 14, 16 and 17 are read: in BTSDA, export the records as CSV".to_owned(),
            });
        }
    };
    records.version = version;
    Ok(records)
}

/// The version of a part of that kind.
fn kind_and_version(part: &[u8], name: &str, kind: u8) -> Result<u8, ReadError> {
    match (part.first(), part.get(2)) {
        (Some(found), Some(version)) if *found == kind => Ok(*version),
        (Some(found), Some(_)) => {
            Err(ReadError::malformed(Place::Offset(0), format!("`{name}` of kind {kind}"), format!("kind {found}")))
        }
        _ => Err(ReadError::malformed(Place::Offset(0), format!("a header in `{name}`"), "the end of the part")),
    }
}

/// An archive that packs a record into less than a byte holds nothing that was measured.
fn too_many(offset: u64, limit: usize) -> ReadError {
    ReadError::malformed(
        Place::Offset(offset),
        format!("at most {limit} records in an archive of as many bytes"),
        "more",
    )
}

/// The layout of slots in pages.
struct Layout {
    page: usize,
    start: usize,
    slot: usize,
    /// Bytes before the type of a record.
    shift: usize,
    has_bits: bool,
}

impl Layout {
    /// The slots in use, with their offset. A page that the end cuts counts as far as it goes.
    fn slots<'d>(&self, data: &'d [u8]) -> impl Iterator<Item = (u64, &'d [u8])> {
        let Layout { page, start, slot, has_bits, .. } = *self;
        let count = (page - start - 1) / slot;
        data.chunks(page).enumerate().skip(1).flat_map(move |(number, bytes)| {
            let body = bytes.get(start..).unwrap_or_default();
            body.chunks_exact(slot).take(count).enumerate().filter_map(move |(at, record)| {
                let is_used = !has_bits || bytes.get(4 + at / 8).is_some_and(|bits| bits >> (at % 8) & 1 == 1);
                is_used.then_some(((number * page + start + at * slot) as u64, record))
            })
        })
    }
}

/// A number of a record; 0 where there is none, which no caller meets: slots are whole.
fn or_zero<N: Number + Default>(record: &[u8], offset: usize) -> N {
    number_at(record, offset).unwrap_or_default()
}

/// `N` bytes at an offset; zeros where there are none, which no caller meets: slots are whole.
fn at<const N: usize>(record: &[u8], offset: usize) -> [u8; N] {
    record.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

/// Reads versions in which a record holds everything.
fn whole_records(data: &[u8], layout: &Layout, limit: usize) -> Result<Records, ReadError> {
    let mut records = Records { has_all_times: true, ..Records::default() };
    let mut last_range = None;
    let mut others = 0_usize;
    let mut unknown_types = Vec::new();
    for (offset, slot) in layout.slots(data) {
        let base = if layout.shift > 0 { slot.get(layout.shift..).unwrap_or_default() } else { slot };
        let kind = slot.first().copied().unwrap_or_default();
        let index = or_zero::<u32>(base, 1);
        if kind != 0x55 || index == 0 {
            others += usize::from(kind != 0);
            continue;
        }
        if records.index.len() == limit {
            return Err(too_many(offset, limit));
        }
        let range = or_zero::<i32>(base, 75);
        let per_ma = match last_range {
            Some((known, per_ma)) if known == range => per_ma,
            _ => {
                let Some(per_ma) = per_milliampere(range) else {
                    let found = format!("range {range} in record {index}");
                    return Err(ReadError::malformed(
                        Place::Offset(offset),
                        "a current range whose unit is known",
                        &found,
                    ));
                };
                last_range = Some((range, per_ma));
                per_ma
            }
        };
        let whole = |offset| or_zero::<i64>(base, offset) as f64;
        records.index.push(f64::from(index));
        records.cycle.push(f64::from(or_zero::<u32>(base, 5)) + 1.0);
        let [step, number] = at(base, 9);
        records.step.push(f64::from(step));
        records.step_type.push(type_word(number, &mut unknown_types));
        records.step_time_s.push(or_zero::<u64>(base, 16) as f64 / 1000.0);
        records.potential_v.push(f64::from(or_zero::<i32>(base, 24)) / 10_000.0);
        records.current_a.push(f64::from(or_zero::<i32>(base, 28)) / (per_ma * 1000.0));
        let per_mah = per_ma * 3600.0;
        records.charge_mah.push(whole(36) / per_mah);
        records.discharge_mah.push(whole(44) / per_mah);
        records.charge_mwh.push(whole(52) / per_mah);
        records.discharge_mwh.push(whole(60) / per_mah);
        let [month, day, hour, minute, second]: [u8; 5] = at(base, 70);
        let year = or_zero::<u16>(base, 68);
        records.date_time.push(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"));
    }
    if others > 0 {
        records
            .warnings
            .push(format!("left out: {} of auxiliary channels or of unknown type", counted(others, "record")));
    }
    warn_of_gaps(&mut records);
    warn_of_unknown_steps(unknown_types, &mut records);
    Ok(records)
}

fn type_word(number: u8, unknown: &mut Vec<u8>) -> String {
    step_type(number).map_or_else(
        || {
            if !unknown.contains(&number) {
                unknown.push(number);
            }
            format!("type {number}")
        },
        str::to_owned,
    )
}

fn warn_of_unknown_steps(mut unknown: Vec<u8>, records: &mut Records) {
    unknown.sort_unstable();
    if !unknown.is_empty() {
        let numbers: Vec<String> = unknown.iter().map(u8::to_string).collect();
        records.warnings.push(format!("unknown step types: {}", numbers.join(", ")));
    }
}

fn warn_of_gaps(records: &mut Records) {
    #[expect(clippy::float_cmp, reason = "the numbers of records are whole and exact as floats")]
    let jumps = records.index.windows(2).filter(|two| two[1] != two[0] + 1.0).count();
    if jumps > 0 {
        records.warnings.push(format!("the record numbers have {}: records may be missing", counted(jumps, "gap")));
    }
}

/// Reads versions whose records hold voltage and current only.
fn split_records(version: u8, data: &[u8], run_info: &[u8], steps: &[u8], limit: usize) -> Result<Records, ReadError> {
    for (part, name, kind) in [(run_info, "data_runInfo.ndc", 18), (steps, "data_step.ndc", 7)] {
        let found = kind_and_version(part, name, kind)?;
        if found != version {
            return Err(ReadError::malformed(
                Place::Offset(2),
                format!("`{name}` of version {version}"),
                format!("version {found}"),
            ));
        }
    }
    // 11 and 16: 0.1 mV, mA, mA.s and mW.s; 14 and 17: V, A, A.h and W.h.
    let is_small = matches!(version, 11 | 16);
    let (info_slot, step_slot) = match version {
        11 => (47, 37),
        14 => (55, 37),
        _ => (100, 100),
    };
    let pages = |slot| Layout { page: 4096, start: 132, slot, shift: 0, has_bits: true };
    let mut records = Records::default();
    for (offset, slot) in pages(8).slots(data) {
        if records.potential_v.len() == limit {
            return Err(too_many(offset, limit));
        }
        let value = |offset| f64::from(or_zero::<f32>(slot, offset));
        records.potential_v.push(if is_small { value(0) / 10_000.0 } else { value(0) });
        records.current_a.push(if is_small { value(4) / 1000.0 } else { value(4) });
    }
    let rows = records.potential_v.len();
    if records.potential_v.iter().any(|value| !value.is_finite() || value.abs() > 1e4) {
        return Err(ReadError::malformed(
            Place::Offset(4228),
            "voltages of a cell in `data.ndc`",
            "values beyond 10 kV",
        ));
    }
    // Cycle, step and type of each step, in the order of the steps.
    let mut unknown_types = Vec::new();
    let stepped: Vec<(f64, f64, String)> = pages(step_slot)
        .slots(steps)
        .map(|(_, slot)| {
            let cycle = f64::from(or_zero::<u32>(slot, 0)) + 1.0;
            let [number] = at(slot, 24);
            (cycle, f64::from(or_zero::<u32>(slot, 4)), type_word(number, &mut unknown_types))
        })
        .collect();
    let missing = || vec![f64::NAN; rows];
    (records.charge_mah, records.discharge_mah) = (missing(), missing());
    (records.charge_mwh, records.discharge_mwh) = (missing(), missing());
    records.date_time = vec![String::new(); rows];
    let mut stored: Vec<Option<Stored>> = vec![None; rows];
    let mut last_step = None;
    let mut count = 0_usize;
    for (offset, slot) in pages(info_slot).slots(run_info) {
        let number = |offset| or_zero::<u32>(slot, offset);
        let Some(row) = (number(41) as usize).checked_sub(1) else { continue };
        if row >= rows {
            return Err(ReadError::malformed(
                Place::Offset(offset),
                format!("a record number up to {rows}"),
                number(41).to_string(),
            ));
        }
        // Steps are counted by their changes: their numbers may start anywhere.
        if last_step != Some(number(37)) {
            last_step = Some(number(37));
            count += 1;
        }
        let amount = |offset| {
            let value = f64::from(or_zero::<f32>(slot, offset));
            if is_small { value / 3600.0 } else { value * 1000.0 }
        };
        if stored[row].is_some() {
            continue;
        }
        (records.charge_mah[row], records.discharge_mah[row]) = (amount(5), amount(9));
        (records.charge_mwh[row], records.discharge_mwh[row]) = (amount(13), amount(17));
        let interval_ms = i64::from(or_zero::<i32>(slot, 29));
        stored[row] = Some(Stored { time_ms: i64::from(number(0)), interval_ms, step: count - 1 });
    }
    let mut step = None;
    for own in &stored {
        step = own.as_ref().map(|stored| stored.step).or(step);
        let known = step.and_then(|step: usize| stepped.get(step));
        let (cycle, number, word) =
            known.map_or((f64::NAN, f64::NAN, ""), |(cycle, step, word)| (*cycle, *step, word.as_str()));
        records.cycle.push(cycle);
        records.step.push(number);
        records.step_type.push(word.to_owned());
    }
    records.index = (1..=rows).map(|index| index as f64).collect();
    let own = stored.iter().flatten().count();
    let (times, without_end) = step_times(&stored);
    records.has_all_times = times.iter().all(|time| time.is_finite());
    records.step_time_s = times;
    if own < rows {
        records.warnings.push(format!(
            "charge and energy are stored for {own} of {rows} records only; the others have no value, where other programs \
             interpolate"
        ));
    }
    if without_end > 0 {
        records.warnings.push(format!(
            "no stored time follows {} at the end of a step: their times are counted in the interval of the last stored one",
            counted(without_end, "record")
        ));
    }
    let untimed = records.step_time_s.iter().filter(|time| !time.is_finite()).count();
    if untimed > 0 {
        records.warnings.push(format!(
            "no time is stored for {}, and the times around them are not a whole number of intervals apart: there is no `time_s`",
            counted(untimed, "record")
        ));
    }
    warn_of_unknown_steps(unknown_types, &mut records);
    Ok(records)
}

/// The run information of a record that has its own.
#[derive(Debug, Clone)]
struct Stored {
    time_ms: i64,
    /// Since the record before it.
    interval_ms: i64,
    /// Number of its step, from 0.
    step: usize,
}

/// The step time of every record in s, and of how many it is counted from the last stored one, because the step has no later.
/// Missing where the records before and after contradict even intervals.
fn step_times(stored: &[Option<Stored>]) -> (Vec<f64>, usize) {
    let mut times = vec![f64::NAN; stored.len()];
    let own: Vec<(usize, &Stored)> =
        stored.iter().enumerate().filter_map(|(row, own)| Some((row, own.as_ref()?))).collect();
    let mut without_end = 0;
    for (at, (row, first)) in own.iter().enumerate() {
        let (end, next) = own.get(at + 1).map_or((stored.len(), None), |(end, next)| (*end, Some(*next)));
        let records = (end - row) as i64;
        let next = next.filter(|next| next.step == first.step);
        let interval_ms = match next {
            Some(next) if first.time_ms.checked_add(records.saturating_mul(next.interval_ms)) == Some(next.time_ms) => {
                next.interval_ms
            }
            Some(_) => 0,
            None => first.interval_ms,
        };
        times[*row] = first.time_ms as f64 / 1000.0;
        if interval_ms <= 0 {
            continue;
        }
        for (place, time) in (1..).zip(&mut times[row + 1..end]) {
            *time = (first.time_ms as f64 + place as f64 * interval_ms as f64) / 1000.0;
        }
        without_end += if next.is_none() { end - row - 1 } else { 0 };
    }
    (times, without_end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of one page after its header, with these slots.
    fn part(kind: u8, version: u8, slots: &[Vec<u8>]) -> Vec<u8> {
        let mut part = vec![0_u8; 8192];
        (part[0], part[2]) = (kind, version);
        for (at, slot) in slots.iter().enumerate() {
            part[4096 + 4 + at / 8] |= 1 << (at % 8);
            let start = 4096 + 132 + at * slot.len();
            part[start..start + slot.len()].copy_from_slice(slot);
        }
        part
    }

    fn record(index: u32, step: u8, kind: u8, current: i32, range: i32) -> Vec<u8> {
        let mut slot = vec![0_u8; 87];
        slot[0] = 0x55;
        slot[1..5].copy_from_slice(&index.to_le_bytes());
        (slot[9], slot[10]) = (step, kind);
        slot[16..24].copy_from_slice(&30_000_u64.to_le_bytes());
        slot[24..28].copy_from_slice(&34_666_i32.to_le_bytes());
        slot[28..32].copy_from_slice(&current.to_le_bytes());
        slot[36..44].copy_from_slice(&36_000_000_i64.to_le_bytes());
        slot[68..70].copy_from_slice(&2024_u16.to_le_bytes());
        slot[70..75].copy_from_slice(&[2, 1, 20, 24, 23]);
        slot[75..79].copy_from_slice(&range.to_le_bytes());
        slot
    }

    #[test]
    fn records_of_version_5_are_decoded_by_their_range() {
        let data = part(1, 5, &[record(1, 1, 4, 0, 1), record(2, 2, 7, 1199, 1), record(3, 2, 99, -1199, 1000)]);
        let records = read(&data, None, None, 100).unwrap();
        assert_eq!(records.potential_v, [3.4666; 3]);
        assert_eq!(records.current_a, [0.0, 0.0001199, -0.1199]);
        assert_eq!(records.charge_mah, [1.0, 1.0, 1000.0]);
        assert_eq!(records.step_time_s, [30.0; 3]);
        assert_eq!(records.step_type, ["Rest", "CCCV_Chg", "type 99"]);
        assert_eq!(records.date_time[0], "2024-02-01T20:24:23");
        assert_eq!(records.warnings, ["unknown step types: 99"]);
    }

    #[test]
    fn a_range_of_unknown_unit_and_an_unknown_version_are_refused() {
        let error = read(&part(1, 5, &[record(1, 1, 4, 0, 3)]), None, None, 100).unwrap_err();
        assert_eq!(
            error.to_string(),
            "byte 4228: expected a current range whose unit is known, found range 3 in record 1"
        );
        let error = read(&part(1, 15, &[]), None, None, 100).unwrap_err().to_string();
        assert!(
            error.starts_with("byte 2: this is a Neware cycling file (.ndax) whose `data.ndc` has version 15"),
            "{error}"
        );
        assert!(read(&[], None, None, 100).is_err());
    }

    #[test]
    fn split_records_take_only_what_is_stored() {
        let point = |voltage: f32, current: f32| [voltage.to_le_bytes(), current.to_le_bytes()].concat();
        let data = part(1, 14, &[point(3.5, 0.001), point(3.25, 0.001), point(3.0, -0.001)]);
        let mut info = vec![0_u8; 55];
        info[0..4].copy_from_slice(&1500_u32.to_le_bytes());
        info[5..9].copy_from_slice(&0.25_f32.to_le_bytes());
        info[37..41].copy_from_slice(&7_u32.to_le_bytes());
        info[41..45].copy_from_slice(&1_u32.to_le_bytes());
        let mut later = info.clone();
        later[37] = 9;
        later[41] = 3;
        let run_info = part(18, 14, &[info, later]);
        let step = |number: u8, kind: u8| {
            let mut slot = vec![0_u8; 37];
            (slot[4], slot[24]) = (number, kind);
            slot
        };
        let steps = part(7, 14, &[step(1, 1), step(2, 2)]);
        let records = read(&data, Some(&run_info), Some(&steps), 100).unwrap();
        assert_eq!(records.potential_v, [3.5, 3.25, 3.0]);
        assert_eq!((records.step_time_s[0], records.step_time_s[2], records.charge_mah[0]), (1.5, 1.5, 250.0));
        assert!(records.step_time_s[1].is_nan() && !records.has_all_times);
        assert_eq!((records.step, records.cycle), (vec![1.0, 1.0, 2.0], vec![1.0; 3]));
        assert_eq!(records.step_type, ["CC_Chg", "CC_Chg", "CC_DChg"]);
        assert_eq!(records.warnings.len(), 2, "{:?}", records.warnings);
        assert!(read(&data, Some(&steps), Some(&steps), 100).is_err());
    }

    #[test]
    fn times_between_stored_ones_follow_only_where_the_intervals_fit() {
        let own = |time_ms, interval_ms, step| Some(Stored { time_ms, interval_ms, step });
        let stored = [
            own(0, 0, 0),
            own(1000, 1000, 0),
            None,
            own(3000, 1000, 0),
            None,
            own(4500, 1000, 0),
            own(0, 0, 1),
            own(500, 500, 1),
            None,
        ];
        let (times, without_end) = step_times(&stored);
        assert_eq!(times[..4], [0.0, 1.0, 2.0, 3.0]);
        assert!(times[4].is_nan(), "{times:?}");
        assert_eq!((&times[5..], without_end), (&[4.5, 0.0, 0.5, 1.0][..], 1));
        let (times, _) = step_times(&[None, own(i64::MAX, i64::MAX, 0), None, own(i64::MIN, -1, 0), None]);
        assert!(times[0].is_nan() && times[2].is_nan() && times[4].is_nan());
    }

    #[test]
    fn version_16_and_17_differ_in_their_units() {
        let point = |voltage: f32, current: f32| [voltage.to_le_bytes(), current.to_le_bytes()].concat();
        let info = |row: u32, ms: u32, charge: f32| {
            let mut slot = vec![0_u8; 100];
            slot[0..4].copy_from_slice(&ms.to_le_bytes());
            slot[5..9].copy_from_slice(&charge.to_le_bytes());
            slot[29..33].copy_from_slice(&1000_i32.to_le_bytes());
            slot[37..41].copy_from_slice(&1_u32.to_le_bytes());
            slot[41..45].copy_from_slice(&row.to_le_bytes());
            slot
        };
        let mut step = vec![0_u8; 100];
        (step[4], step[24]) = (3, 1);
        for (version, volts, amperes, charge) in [(16, 35_000.0, 2000.0, 7200.0), (17, 3.5, 2.0, 0.002)] {
            let data = part(1, version, &[point(volts, 0.0), point(volts, amperes), point(volts, amperes)]);
            let run_info = part(18, version, &[info(1, 0, 0.0), info(3, 2000, charge)]);
            let steps = part(7, version, &[step.clone()]);
            let records = read(&data, Some(&run_info), Some(&steps), 100).unwrap();
            assert_eq!((records.potential_v, records.current_a), (vec![3.5; 3], vec![0.0, 2.0, 2.0]), "{version}");
            assert_eq!(records.step_time_s, [0.0, 1.0, 2.0]);
            assert!((records.charge_mah[2] - 2.0).abs() < 1e-6 && records.charge_mah[1].is_nan());
            assert_eq!((records.step, records.step_type[0].as_str()), (vec![3.0; 3], "CC_Chg"));
            assert!(records.has_all_times);
        }
    }
}
