//! Reads EC-Lab's binary files (`.mpr`, BioLogic).
//!
//! Format: modules for settings, data, log and loops, all little-endian; the layout of their heads changed
//! at EC-Lab 11.50 ([`super::modules`], [`super::layout`]). The format is not published: what
//! is known comes from files and from other readers, and is listed with its sources in those modules and in
//! `ingest/eclab_mpr/instrument.toml`.
//!
//! Values are the file's own, single precision widened, with three exceptions: −Im(Z) is turned to Im(Z),
//! mA become A (and C mA.h), and EC-Lab's default settings (area 0.001 cm²) are absent.
//!
//! Not supported: files without two of time, potential and current (external devices alone). They end in
//! [`ReadError::ColumnMissing`].

use std::borrow::Cow;
use std::ops::Range;

use super::ids::Width;
use super::layout::{Field, Layout, layout};
use super::measurements::measurements;
use super::modules::{Module, SIGNATURE, modules};
use super::settings::{About, about};
use super::table::{Rows, Table};
use crate::little_endian::{Number, number_at};
use crate::manifest::embedded;
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading, Rejections, Value, Values};

/// Rows decoded at a time: their bytes stay in the processor's cache while column after column is taken.
const ROWS_AT_A_TIME: usize = 512;

/// Reads EC-Lab's binary files.
#[derive(Debug)]
pub(crate) struct EclabMpr;

impl Adapter for EclabMpr {
    fn manifest(&self) -> &Manifest {
        embedded("eclab_mpr")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.head().starts_with(SIGNATURE) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// Reads a `.mpr`.
///
/// # Errors
///
/// [`ReadError::Malformed`] when the file is not a `.mpr`, has no data module, or its records do not follow
/// from its columns; [`ReadError::ColumnMissing`] for an impedance technique without a frequency column, and for any
/// other without two of time, potential and current.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let modules = modules(file)?;
    let About { technique, mut metadata, record_metadata, warnings, .. } = about(&modules);
    let Some(data) = modules.get(b"VMP data") else {
        let names: Vec<_> = modules.list.iter().map(|module| String::from_utf8_lossy(module.name)).collect();
        return Err(ReadError::malformed(
            Place::byte(file.len()),
            "a module `VMP data`",
            format!("the end of the file after `{}`", names.join("`, `")),
        ));
    };
    let shape = layout(data)?;
    let available = data.content.len().saturating_sub(shape.records_from) / shape.record.max(1);
    let rows = shape.promised.min(available);
    let mut reading = Reading { warnings, ..Reading::default() };
    reading.warnings.extend(shape.notes.iter().cloned());
    if shape.promised == 0 {
        reading.warnings.push("the file has no points".to_owned());
    }
    let incomplete = (rows < shape.promised)
        .then(|| format!("the file ends at byte {}, after {rows} of {} points", file.len(), shape.promised));
    if let Some(cut) = modules.cut.as_ref().filter(|_| incomplete.is_none()) {
        metadata.insert("incomplete".to_owned(), Value::Text(format!("all points were read, but {cut}")));
    }
    let loops = modules.get(b"VMP loop").map_or_else(Vec::new, |module| loop_starts(module, rows));
    let start = data.start + shape.records_from;
    let record = shape.record;
    let headers = shape.fields.iter().map(|field| field.header.clone().into_owned()).collect();
    let records = data.content.get(shape.records_from..).unwrap_or_default();
    let rows = Records::new(&records[..rows * record], shape);
    let (bad, bad_after) = (Rejections::default(), Vec::new());
    let table = Table { headers, rows, loops, bad, bad_after, technique, metadata, record_metadata, incomplete };
    let record_place = |row: usize| Place::Offset((start + row * record) as u64);
    measurements(table, Place::Offset(data.start as u64), &record_place, reading)
}

/// The rows at which loops start.
fn loop_starts(module: &Module<'_>, rows: usize) -> Vec<usize> {
    let count = number_at::<u32>(module.content, 0).unwrap_or(0) as usize;
    let starts = module.content.get(4..).unwrap_or_default();
    let starts = starts.chunks_exact(4).take(count);
    let mut starts: Vec<usize> = starts
        .map(|start| start.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        .filter(|start| *start < rows)
        .collect();
    starts.sort_unstable();
    starts.dedup();
    starts
}

/// Records that are decoded when they are taken.
struct Records<'a> {
    bytes: &'a [u8],
    record: usize,
    fields: Vec<Field>,
}

impl<'a> Records<'a> {
    fn new(bytes: &'a [u8], shape: Layout) -> Self {
        let mut records = Self { bytes, record: shape.record, fields: shape.fields };
        for at in 0..records.fields.len() {
            let field = &records.fields[at];
            if field.header.starts_with("unknown_id_") && field.width == Width::F32 && records.are_counts(field) {
                records.fields[at].width = Width::U32;
            }
        }
        records
    }

    /// Whether four unknown bytes are whole numbers.
    ///
    /// Whole numbers below 2^23, read as single precision, are subnormal: below 1.2e-38. No measurement is.
    fn are_counts(&self, field: &Field) -> bool {
        let mut values = Vec::with_capacity(self.count());
        decode(field, self.record, self.bytes, &mut values);
        let subnormal = 0.0..f64::from(f32::MIN_POSITIVE);
        values.iter().any(|value| *value != 0.0) && values.iter().all(|value| subnormal.contains(value))
    }
}

impl Rows for Records<'_> {
    fn count(&self) -> usize {
        self.bytes.len() / self.record
    }

    fn is_text(&self, _column: usize) -> bool {
        false
    }

    fn numbers(&self, column: usize) -> Option<Cow<'_, [f64]>> {
        let mut values = Vec::with_capacity(self.count());
        decode(&self.fields[column], self.record, self.bytes, &mut values);
        Some(Cow::Owned(values))
    }

    fn take(&self, runs: &[Range<usize>]) -> Vec<Values> {
        let points = runs.iter().map(Range::len).sum();
        let mut columns: Vec<Vec<f64>> = self.fields.iter().map(|_| Vec::with_capacity(points)).collect();
        for run in runs {
            let records = &self.bytes[run.start * self.record..run.end * self.record];
            for records in records.chunks(ROWS_AT_A_TIME * self.record) {
                for (field, values) in self.fields.iter().zip(&mut columns) {
                    decode(field, self.record, records, values);
                }
            }
        }
        columns.into_iter().map(Values::Number).collect()
    }

    fn into_values(self) -> Vec<Values> {
        self.take(std::slice::from_ref(&(0..self.count())))
    }
}

/// Appends one column of some records.
fn decode(field: &Field, record: usize, records: &[u8], values: &mut Vec<f64>) {
    let from = field.offset;
    let cells = records.chunks_exact(record);
    match (field.width, field.mask) {
        (_, Some(mask)) => {
            values.extend(cells.map(|cell| f64::from((cell[from] & mask) >> mask.trailing_zeros())));
        }
        (Width::U8, None) => values.extend(cells.map(|cell| f64::from(cell[from]))),
        (Width::U16, None) => {
            values.extend(cells.map(|cell| f64::from(in_record::<u16>(cell, from))));
        }
        (Width::U32, None) => {
            values.extend(cells.map(|cell| f64::from(in_record::<u32>(cell, from))));
        }
        (Width::F32, None) => {
            values.extend(cells.map(|cell| f64::from(in_record::<f32>(cell, from))));
        }
        (Width::F64, None) => values.extend(cells.map(|cell| in_record::<f64>(cell, from))),
    }
}

/// A number of a record; the layout keeps every field inside.
fn in_record<N: Number + Default>(record: &[u8], at: usize) -> N {
    number_at(record, at).unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary or rounded once, as the reader does")]
mod tests {
    use test_support::survives_cuts_and_damage;

    use super::super::sample::Mpr;
    use super::*;
    use crate::Measurement;

    fn text<'a>(measurement: &'a Measurement, name: &str) -> Option<&'a str> {
        match measurement.metadata.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn single_precision_is_widened_and_minus_im_and_milliamperes_are_turned() {
        for (new_header, version) in [(false, 0), (false, 2), (false, 3), (true, 0)] {
            let mpr = Mpr { new_header, version, ..Mpr::peis(1, 7) };
            let reading = read(&mpr.bytes()).unwrap();
            assert_eq!(reading.warnings, Vec::<String>::new());
            let [spectrum] = reading.measurements.as_slice() else { panic!("{reading:?}") };
            let column = |at: usize| -> Vec<f64> { mpr.rows.iter().map(|row| row[at]).collect() };
            let single = |at: usize| -> Vec<f64> { column(at).iter().map(|value| f64::from(*value as f32)).collect() };
            let negated: Vec<f64> = single(2).iter().map(|value| -value).collect();
            let amperes: Vec<f64> = single(5).iter().map(|value| value / 1000.0).collect();
            for (name, values) in [
                ("frequency_hz", single(0)),
                ("z_re_ohm", single(1)),
                ("z_im_ohm", negated),
                ("time_s", column(3)),
                ("potential_v", single(4)),
                ("current_a", amperes),
                ("cycle", column(6)),
                ("i_range", column(7)),
            ] {
                assert_eq!(spectrum.numbers(name), Some(values.as_slice()), "{name}");
            }
            assert_eq!(spectrum.metadata.get("electrode_area_cm2"), None);
            assert_eq!(spectrum.metadata.get("ac_amplitude_v"), Some(&Value::Number(0.0141)));
            assert_eq!(text(spectrum, "technique_code"), Some("PEIS"));
            assert_eq!(text(spectrum, "started_at"), Some("2021-03-26T12:00:00"));
            assert_eq!(text(spectrum, "instrument"), Some("BioLogic SP-240"));
            assert_eq!(text(spectrum, "channel"), Some("3"));
        }
    }

    #[test]
    fn spectra_are_split_at_cycles_loops_and_where_the_frequency_starts_over() {
        let points = |mpr: &Mpr| -> Vec<usize> {
            read(&mpr.bytes()).unwrap().measurements.iter().map(Measurement::n_points).collect()
        };
        let by_cycle = Mpr::peis(3, 7);
        assert_eq!(points(&by_cycle), [7, 7, 7]);
        let mut by_sweep = by_cycle.clone();
        by_sweep.rows.iter_mut().for_each(|row| row[6] = 1.0);
        assert_eq!(points(&by_sweep), [7, 7, 7]);
        let mut by_loop = by_sweep;
        by_loop.loops = vec![0, 5, 14, 21];
        assert_eq!(points(&by_loop), [5, 2, 7, 7]);
    }

    #[test]
    fn a_sweep_up_and_back_is_one_spectrum() {
        let mut mpr = Mpr::peis(1, 7);
        let back: Vec<_> = mpr.rows.iter().rev().cloned().collect();
        mpr.rows.extend(back);
        assert_eq!(read(&mpr.bytes()).unwrap().measurements.len(), 1);
    }

    #[test]
    fn one_point_a_cycle_is_a_series_and_not_many_spectra() {
        let reading = read(&Mpr::peis(5, 1).bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 1);
        assert_eq!(reading.measurements[0].numbers("cycle"), Some([1.0, 2.0, 3.0, 4.0, 5.0].as_slice()));
        assert_eq!(reading.warnings, ["cycles of one point each are kept together as one measurement"]);
    }

    #[test]
    fn direct_current_rows_are_counted_and_a_shorter_last_spectrum_is_marked() {
        let mut mpr = Mpr { technique: 0x1e, ..Mpr::peis(3, 7) };
        mpr.rows.truncate(19);
        for start in [14, 7, 0] {
            let mut direct = mpr.rows[start].clone();
            direct[..3].fill(0.0);
            mpr.rows.splice(start..start, [direct.clone(), direct]);
        }
        let reading = read(&mpr.bytes()).unwrap();
        assert_eq!(reading.measurements.iter().map(Measurement::n_points).collect::<Vec<_>>(), [7, 7, 5, 6]);
        let (direct, spectra) = reading.measurements.split_last().unwrap();
        assert_eq!((direct.block, direct.technique), (3, crate::Technique::Electrochemistry));
        assert_eq!(text(direct, "method"), Some("direct_current"));
        let names: Vec<_> = direct.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["time_s", "potential_v", "current_a", "cycle", "i_range"]);
        assert_eq!(direct.numbers("time_s"), Some([7.0, 7.0, 14.0, 14.0, 21.0, 21.0].as_slice()));
        for measurement in spectra {
            assert_eq!(
                measurement.warnings,
                ["2 rows of frequency 0 (direct current) before or between the points left out"]
            );
        }
        let incomplete: Vec<_> = reading.measurements.iter().map(|one| text(one, "incomplete")).collect();
        assert_eq!(incomplete, [None, None, Some("5 points, the spectra before it have 7"), None]);
    }

    #[test]
    fn rows_with_impossible_impedances_are_rejected_with_their_offset() {
        let mut mpr = Mpr::peis(1, 7);
        mpr.rows[2][0] = -1.0;
        mpr.rows[4][1] = f64::NAN;
        let reading = read(&mpr.bytes()).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 5);
        let errors: Vec<_> = reading.rejected.iter().map(|row| row.error.to_string()).collect();
        assert_eq!(
            errors,
            [
                "byte 6988: `freq/Hz` is -1 Hz, expected at least 0",
                "byte 7064: `Re(Z)/Ohm` is NaN Ω, expected a finite number"
            ]
        );
    }

    #[test]
    fn an_unknown_column_is_named_and_the_others_stay_in_place() {
        for (width, value) in
            [(Width::F32, 2.5), (Width::F64, 2.5), (Width::U8, 7.0), (Width::U16, 700.0), (Width::U32, 70_000.0)]
        {
            let mut mpr = Mpr::peis(1, 7);
            mpr.columns.insert(1, (9999, Some(width)));
            mpr.rows.iter_mut().for_each(|row| row.insert(1, value));
            let reading = read(&mpr.bytes()).unwrap();
            let spectrum = &reading.measurements[0];
            assert_eq!(spectrum.numbers("unknown_id_9999"), Some([value; 7].as_slice()));
            assert_eq!(
                spectrum.numbers("z_re_ohm"),
                read(&Mpr::peis(1, 7).bytes()).unwrap().measurements[0].numbers("z_re_ohm")
            );
            let bytes = width.bytes();
            assert_eq!(
                reading.warnings,
                [format!("column number 9999 is unknown: its {bytes} bytes per point are kept as `unknown_id_9999`")]
            );
        }
    }

    #[test]
    fn a_cut_file_gives_its_whole_rows_and_states_where_it_ends() {
        let bytes = Mpr::peis(1, 7).bytes();
        let records = bytes.len() - 0x924 - 57 - 7 * 38;
        let reading = read(&bytes[..records + 3 * 38 + 5]).unwrap();
        assert_eq!(reading.measurements[0].n_points(), 3);
        assert_eq!(
            text(&reading.measurements[0], "incomplete"),
            Some("the file ends at byte 7031, after 3 of 7 points")
        );
        assert_eq!(reading.warnings, ["the file has no log: start time, channel and device are not stated"]);
        assert_eq!(text(&reading.measurements[0], "date"), Some("2021-03-26"));
        let reading = read(&bytes[..bytes.len() - 10]).unwrap();
        assert_eq!(
            text(&reading.measurements[0], "incomplete"),
            Some(
                "all points were read, but the file ends at byte 9565, inside the module `VMP LOG`, \
                 which should have 10 bytes more"
            )
        );
    }

    #[test]
    fn missing_columns_are_named() {
        let mut mpr = Mpr::peis(1, 7);
        mpr.columns[0].0 = 9;
        assert_eq!(
            read(&mpr.bytes()).unwrap_err().to_string(),
            "byte 6506: expected a column `freq/Hz`, found Ece/V, Re(Z)/Ohm, -Im(Z)/Ohm, time/s, <Ewe>/V, <I>/mA, \
             cycle number, I Range"
        );
        // Time alone, as external devices write it.
        mpr.technique = 0x06;
        for (at, id) in [(4, 16), (5, 17)] {
            mpr.columns[at].0 = id;
        }
        assert_eq!(
            read(&mpr.bytes()).unwrap_err().to_string(),
            "byte 6506: expected a column for two of time, potential and current, found Ece/V, Re(Z)/Ohm, -Im(Z)/Ohm, \
             time/s, Analog IN 1/V, Analog IN 2/V, cycle number, I Range"
        );
    }

    #[test]
    fn a_technique_without_a_number_that_is_known_is_read_and_has_no_method() {
        let mut mpr = Mpr { technique: 0xf0, ..Mpr::gcpl(4) };
        let record = read(&mpr.bytes()).unwrap().measurements.remove(0);
        assert_eq!(text(&record, "technique_code"), Some("unknown_0xf0"));
        assert_eq!((text(&record, "method"), text(&record, "technique_name")), (None, None));
        mpr.technique = 0x18;
        let record = read(&mpr.bytes()).unwrap().measurements.remove(0);
        assert_eq!(text(&record, "method"), Some("chronoamperometry"));
    }

    #[test]
    fn current_and_control_follow_from_charge_time_and_mode_as_in_the_text_export() {
        for new_header in [false, true] {
            let reading = read(&Mpr { new_header, ..Mpr::gcpl(6) }.bytes()).unwrap();
            let [record] = reading.measurements.as_slice() else { panic!("{reading:?}") };
            assert_eq!(record.technique, crate::Technique::Electrochemistry);
            assert_eq!(text(record, "method"), Some("galvanostatic_cycling"));
            assert_eq!(text(record, "technique_name"), Some("Galvanostatic Cycling with Potential Limitation"));
            assert_eq!(text(record, "current_computed_from"), Some("charge and time of each row"));
            assert_eq!(record.numbers("step"), Some([0.0, 0.0, 1.0, 1.0, 0.0, 0.0].as_slice()));
            assert_eq!(record.numbers("time_s"), Some([0.0, 0.5, 1.0, 1.5, 2.0, 2.5].as_slice()));
            assert_eq!(record.numbers("potential_v").unwrap()[5], 3.625);
            assert_eq!(record.numbers("charge_mah").unwrap()[5], 1.0 / 3600.0);
            let current = record.numbers("current_a").unwrap();
            assert!(current[0].is_nan() && (current[1] - 1e-3).abs() < 1e-18 && current[5] == 0.0, "{current:?}");
            let control = record.numbers("control_current_a").unwrap();
            assert!(control[..3].iter().all(|value| *value == 1e-3) && control[3..].iter().all(|value| value.is_nan()));
            assert!(record.numbers("control_potential_v").unwrap().iter().all(|value| value.is_nan()));
        }
    }

    #[test]
    fn a_count_beyond_the_file_takes_no_memory() {
        let mut bytes = Mpr::peis(1, 7).bytes();
        bytes[6506..6510].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(
            read(&bytes).unwrap_err().to_string(),
            "byte 6506: expected records of 38 bytes, found 266 bytes for 4294967295 points \
             (column numbers [32, 37, 38, 4, 77, 76, 24, 39])"
        );
    }

    #[test]
    fn every_prefix_and_any_damage_ends_in_a_reading_or_an_error() {
        let files = [
            Mpr { loops: vec![0, 7, 14], new_header: true, ..Mpr::peis(2, 7) }.bytes(),
            Mpr { technique: 0x1e, ..Mpr::peis(2, 7) }.bytes(),
            Mpr::gcpl(12).bytes(),
        ];
        for file in files {
            survives_cuts_and_damage(&file, |file| drop(read(file)));
            // The head of the data, after settings that are mostly zeros, is where damage matters.
            let (settings, data) = file.split_at(6449.min(file.len()));
            survives_cuts_and_damage(&data[..500.min(data.len())], |head| {
                drop(read(&[settings, head, data.get(500..).unwrap_or_default()].concat()));
            });
        }
    }
}
