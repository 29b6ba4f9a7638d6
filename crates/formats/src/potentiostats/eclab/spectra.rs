//! Cuts the table of an EC-Lab file into spectra.
//!
//! A new spectrum starts where `cycle number` or `z cycle` changes, where EC-Lab's list of loops has it, and
//! where the frequency jumps back to the start. Rows of frequency 0 are direct-current rows between spectra
//! (GEIS, Modulo Bat): they belong to none, are counted in a warning, and make a record of their own after the
//! spectra ([`super::record`]).

use std::borrow::Cow;
use std::ops::Range;

use super::naming::naming;
use super::record::direct_current;
use super::table::{Rows, Table, columns, unique_names};
use super::techniques::Impedance;
use crate::column::Heading;
use crate::repetition;
use crate::text::counted;
use crate::{Measurement, Place, ReadError, Reading, Technique, Value};

/// The rows of a spectrum.
#[derive(Debug, Default)]
struct Block {
    /// Ranges of rows with an impedance.
    runs: Vec<Range<usize>>,
    /// Rows of frequency 0.
    direct: usize,
}

impl Block {
    fn points(&self) -> usize {
        self.runs.iter().map(Range::len).sum()
    }
}

/// Turns a table into one measurement a spectrum.
///
/// `place` gives the position of a row in the file.
///
/// # Errors
///
/// [`ReadError::ColumnMissing`] without a frequency, or without real and imaginary part.
pub(crate) fn spectra<R: Rows>(
    table: Table<R>,
    header: Place,
    place: &dyn Fn(usize) -> Place,
    mut reading: Reading,
) -> Result<Reading, ReadError> {
    let namings = unique_names(&table.headers, |at| table.rows.is_text(at), |_| true, naming);
    let find = |name: &str| table.rows.numbers(namings.iter().position(|naming| naming.name == name)?);
    let missing = |expected: &str| ReadError::ColumnMissing {
        place: header,
        expected: expected.to_owned(),
        found: table.headers.join(", "),
    };
    let frequency = find("frequency_hz").ok_or_else(|| missing("`freq/Hz`"))?;
    // A user may store modulus and phase alone, from which both parts follow.
    let part =
        |name: &str, trigonometric: fn(f64) -> f64| match (find(name), find("z_modulus_ohm"), find("z_phase_deg")) {
            (Some(part), ..) => Some(part),
            (None, Some(modulus), Some(phase)) => {
                let part = |(modulus, phase): (&f64, &f64)| modulus * trigonometric(phase.to_radians());
                Some(modulus.iter().zip(phase.iter()).map(part).collect())
            }
            _ => None,
        };
    let re: Cow<'_, [f64]> = part("z_re_ohm", f64::cos).ok_or_else(|| missing("`Re(Z)/Ohm`"))?;
    let im: Cow<'_, [f64]> = part("z_im_ohm", f64::sin).ok_or_else(|| missing("`-Im(Z)/Ohm`"))?;
    let cycles = [find("cycle"), find("z_cycle")];

    let mut blocks: Vec<Block> = Vec::new();
    let mut current = Block::default();
    let mut sweep = Sweep::default();
    let mut bad = table.bad.iter().zip(&table.bad_after).peekable();
    let mut loops = table.loops.iter().copied().filter(|row| *row > 0).peekable();
    // EC-Lab counts the rows that could not be read, too.
    let mut bad_before = 0;
    let mut direct: Vec<Range<usize>> = Vec::new();
    for row in 0..table.rows.count() {
        while let Some((rejected, _)) = bad.next_if(|(_, after)| **after <= row) {
            reading.rejected.push(blocks.len(), rejected.error.clone());
            bad_before += 1;
        }
        let looped = loops.next_if(|start| *start <= row + bad_before).is_some();
        let cycled = row > 0 && cycles.iter().flatten().any(|cycle| changed(cycle[row - 1], cycle[row]));
        if looped || cycled {
            finish(&mut blocks, &mut current);
            sweep = Sweep::default();
        }
        let f = frequency[row];
        if f == 0.0 {
            current.direct += 1;
            extend(&mut direct, row);
            continue;
        }
        if let Some(error) = impossible_value(f, re[row], im[row], || place(row)) {
            reading.rejected.push(blocks.len(), error);
            continue;
        }
        if sweep.jumps_back(f) {
            finish(&mut blocks, &mut current);
            sweep = Sweep::default();
            sweep.jumps_back(f);
        }
        extend(&mut current.runs, row);
    }
    bad.for_each(|(rejected, _)| reading.rejected.push(blocks.len(), rejected.error.clone()));
    reading.rejected.count_unlisted(&table.bad);
    finish(&mut blocks, &mut current);
    if blocks.len() > 1 && blocks.iter().all(|block| block.points() == 1) {
        reading.warnings.push("cycles of one point each are kept together as one measurement".to_owned());
        blocks = vec![merged(blocks)];
    }
    let headers = table.headers.iter().map(String::len);
    repetition::check(&table.metadata, headers, blocks.len(), header)?;
    let may_be_none = table.technique.is_some_and(|technique| technique.impedance == Impedance::Sometimes);
    if blocks.is_empty() {
        // Modulo Bat without a step of impedance is its record alone.
        if direct.is_empty() || !may_be_none {
            blocks.push(current);
        }
    } else if current.direct > 0 {
        reading.warnings.push(direct_rows(current.direct, "after the last spectrum"));
    }
    drop((frequency, re, im, cycles));
    assemble(&table, &namings, &blocks, &mut reading);
    direct_current(table, &direct, &mut reading);
    Ok(reading)
}

/// Adds a row to the last run, or begins one.
fn extend(runs: &mut Vec<Range<usize>>, row: usize) {
    match runs.last_mut() {
        Some(run) if run.end == row => run.end = row + 1,
        _ => runs.push(row..row + 1),
    }
}

/// Whether a cycle number changed; missing numbers do not count.
#[expect(clippy::float_cmp, reason = "the numbers of cycles are whole and exact as floats")]
fn changed(before: f64, now: f64) -> bool {
    before != now && !before.is_nan() && !now.is_nan()
}

/// Closes a block that has points; one without keeps its direct-current rows for the next.
fn finish(blocks: &mut Vec<Block>, current: &mut Block) {
    if !current.runs.is_empty() {
        blocks.push(std::mem::take(current));
    }
}

/// Merges blocks into one.
fn merged(blocks: Vec<Block>) -> Block {
    let direct = blocks.iter().map(|block| block.direct).sum();
    Block { runs: blocks.into_iter().flat_map(|block| block.runs).collect(), direct }
}

fn impossible_value(f: f64, re: f64, im: f64, place: impl Fn() -> Place) -> Option<ReadError> {
    let out = |column: &str, unit: &str, value: f64, expected: &str| {
        let (column, unit) = (column.to_owned(), unit.to_owned());
        Some(ReadError::OutOfRange { place: place(), column, unit, value, expected: expected.to_owned() })
    };
    if !(f > 0.0 && f.is_finite()) {
        return out("freq/Hz", "Hz", f, "at least 0");
    }
    if !re.is_finite() {
        return out("Re(Z)/Ohm", "Ohm", re, "a finite number");
    }
    if !im.is_finite() {
        return out("-Im(Z)/Ohm", "Ohm", im, "a finite number");
    }
    None
}

/// Follows the frequency to detect when it starts over.
#[derive(Debug, Default)]
struct Sweep {
    first: Option<f64>,
    last: f64,
    low: f64,
    high: f64,
}

impl Sweep {
    /// Takes the next frequency; true if it is back at the first one (within 1 %, or beyond it) in one step
    /// over at least half of the decades passed so far. Small steps are a sweep up and back.
    fn jumps_back(&mut self, f: f64) -> bool {
        let Some(first) = self.first else {
            *self = Self { first: Some(f), last: f, low: f, high: f };
            return false;
        };
        let falling = self.last < first;
        let rising = self.last > first;
        let back = (falling && f >= 0.99 * first) || (rising && f <= 1.01 * first);
        let step = (f / self.last).ln().abs();
        let covered = (self.high / self.low).ln();
        if back && step >= 0.5 * covered {
            return true;
        }
        self.last = f;
        self.low = self.low.min(f);
        self.high = self.high.max(f);
        false
    }
}

fn direct_rows(count: usize, position: &str) -> String {
    format!("{} of frequency 0 (direct current) {position} left out", counted(count, "row"))
}

fn assemble<R: Rows>(table: &Table<R>, namings: &[Heading], blocks: &[Block], reading: &mut Reading) {
    let usual = blocks.first().map_or(0, Block::points);
    let all_usual = blocks.len() > 2 && blocks[..blocks.len() - 1].iter().all(|block| block.points() == usual);
    for (at, block) in blocks.iter().enumerate() {
        let mut warnings = Vec::new();
        let mut metadata = table.metadata.clone();
        if block.direct > 0 {
            warnings.push(direct_rows(block.direct, "before or between the points"));
        }
        if at + 1 == blocks.len() {
            let shorter = (all_usual && block.points() < usual)
                .then(|| format!("{}, the spectra before it have {usual}", counted(block.points(), "point")));
            if let Some(words) = table.incomplete.clone().or(shorter) {
                metadata.insert("incomplete".to_owned(), Value::Text(words));
            }
        }
        reading.measurements.push(Measurement {
            block: at as u32,
            technique: Technique::ImpedanceSpectroscopy,
            columns: columns(table.rows.take(&block.runs), &table.headers, namings),
            metadata,
            warnings,
        });
    }
}
