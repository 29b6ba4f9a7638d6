//! Cuts the table of an EC-Lab file into spectra.
//!
//! A new spectrum starts where `cycle number` or `z cycle` changes, where EC-Lab's list of loops says so, and
//! where the frequency jumps back to the start. Rows of frequency 0 are direct-current rows between spectra
//! (GEIS, Modulo Bat): they belong to none, and are counted in a warning.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::naming::{convert, naming};
use crate::column::Heading;
use crate::repetition::{self, LISTED_REJECTIONS};
use crate::{Column, Measurement, Place, ReadError, Reading, RejectedRow, Technique, Value, Values};

/// The rows of a file, column by column, as they stand there.
pub(crate) trait Rows {
    /// Number of rows.
    fn count(&self) -> usize;

    /// Whether a column holds words.
    fn is_text(&self, column: usize) -> bool;

    /// All numbers of a column; `None` where it holds words.
    fn numbers(&self, column: usize) -> Option<Cow<'_, [f64]>>;

    /// Every column's values in these rows.
    fn take(&self, runs: &[Range<usize>]) -> Vec<Values>;
}

/// What a file holds, before it is cut into spectra.
#[derive(Debug)]
pub(crate) struct Table<R> {
    /// Headers of the columns.
    pub headers: Vec<String>,
    /// Their values.
    pub rows: R,
    /// Rows at which EC-Lab says that a loop starts.
    pub loops: Vec<usize>,
    /// Rows that could not be read, in order: the number of rows read before, and why.
    pub bad: Vec<(usize, ReadError)>,
    /// Further rows that could not be read.
    pub unlisted: usize,
    /// What holds for every spectrum of the file.
    pub metadata: BTreeMap<String, Value>,
    /// Why the file ends early, in words.
    pub incomplete: Option<String>,
}

/// Which rows a spectrum consists of.
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
/// `place` says where a row stands in the file.
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
    let namings = unique_names(&table);
    let find = |name: &str| table.rows.numbers(namings.iter().position(|naming| naming.name == name)?);
    let missing = |expected: &str| ReadError::ColumnMissing {
        place: header,
        expected: expected.to_owned(),
        found: table.headers.join(", "),
    };
    let frequency = find("frequency_hz").ok_or_else(|| missing("`freq/Hz`"))?;
    let re = find("z_re_ohm").ok_or_else(|| missing("`Re(Z)/Ohm`"))?;
    let im = find("z_im_ohm").ok_or_else(|| missing("`-Im(Z)/Ohm`"))?;
    let cycles = [find("cycle"), find("z_cycle")];

    let mut blocks: Vec<Block> = Vec::new();
    let mut current = Block::default();
    let mut sweep = Sweep::default();
    let mut unlisted = table.unlisted;
    let mut bad = table.bad.iter().peekable();
    let mut loops = table.loops.iter().copied().filter(|row| *row > 0).peekable();
    // EC-Lab counts the rows that could not be read, too.
    let mut bad_before = 0;
    for row in 0..table.rows.count() {
        while let Some((_, error)) = bad.next_if(|(before, _)| *before <= row) {
            reject(&mut reading, &mut unlisted, blocks.len(), error.clone());
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
            continue;
        }
        if let Some(error) = doubt(f, re[row], im[row], || place(row)) {
            reject(&mut reading, &mut unlisted, blocks.len(), error);
            continue;
        }
        if sweep.jumps_back(f) {
            finish(&mut blocks, &mut current);
            sweep = Sweep::default();
            sweep.jumps_back(f);
        }
        match current.runs.last_mut() {
            Some(run) if run.end == row => run.end = row + 1,
            _ => current.runs.push(row..row + 1),
        }
    }
    bad.for_each(|(_, error)| reject(&mut reading, &mut unlisted, blocks.len(), error.clone()));
    finish(&mut blocks, &mut current);
    if unlisted > 0 {
        reading.warnings.push(format!("{unlisted} further rows were rejected and are not listed"));
    }
    if blocks.len() > 1 && blocks.iter().all(|block| block.points() == 1) {
        reading.warnings.push("the cycles of one point each are kept together as one measurement".to_owned());
        blocks = vec![together(blocks)];
    }
    let headers = table.headers.iter().map(String::len);
    repetition::check(&table.metadata, headers, blocks.len(), header)?;
    if blocks.is_empty() {
        blocks.push(current);
    } else if current.direct > 0 {
        reading.warnings.push(direct_rows(current.direct, "behind the last spectrum"));
    }
    assemble(&table, &namings, &blocks, &mut reading);
    Ok(reading)
}

/// Whether a cycle number is another one; missing numbers say nothing.
fn changed(before: f64, now: f64) -> bool {
    before != now && !before.is_nan() && !now.is_nan()
}

/// Closes a block that has points; one without keeps its direct-current rows for the next.
fn finish(blocks: &mut Vec<Block>, current: &mut Block) {
    if !current.runs.is_empty() {
        blocks.push(std::mem::take(current));
    }
}

/// One block of many.
fn together(blocks: Vec<Block>) -> Block {
    let direct = blocks.iter().map(|block| block.direct).sum();
    Block { runs: blocks.into_iter().flat_map(|block| block.runs).collect(), direct }
}

fn reject(reading: &mut Reading, unlisted: &mut usize, block: usize, error: ReadError) {
    if reading.rejected.len() < LISTED_REJECTIONS {
        reading.rejected.push(RejectedRow { block: block as u32, error });
    } else {
        *unlisted += 1;
    }
}

fn doubt(f: f64, re: f64, im: f64, place: impl Fn() -> Place) -> Option<ReadError> {
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

/// Follows the frequency to notice when it starts over.
#[derive(Debug, Default)]
struct Sweep {
    first: Option<f64>,
    last: f64,
    low: f64,
    high: f64,
}

impl Sweep {
    /// Takes the next frequency; true if it is back at the first one (within 1 %, or beyond it) in one step
    /// over at least half of the decades passed so far. Small steps are a sweep there and back.
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

fn direct_rows(count: usize, whither: &str) -> String {
    let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    format!("{rows} of frequency 0 (direct current) {whither} left out")
}

/// Names for every column; a name that comes again is numbered.
fn unique_names<R: Rows>(table: &Table<R>) -> Vec<Heading> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let named = table.headers.iter().enumerate().map(|(at, header)| {
        let mut naming = naming(header);
        // Absolute times are exported as words under `time/s`: not the column of seconds.
        if table.rows.is_text(at) && naming.unit.take().is_some() {
            naming.name.push_str("_text");
        }
        if seen.contains(&naming.name) {
            let mut numbered = (2..).map(|number| format!("{}_{number}", naming.name));
            naming.name = numbered.find(|name| !seen.contains(name)).unwrap_or_default();
        }
        seen.insert(naming.name.clone());
        naming
    });
    named.collect()
}

fn assemble<R: Rows>(table: &Table<R>, namings: &[Heading], blocks: &[Block], reading: &mut Reading) {
    let usual = blocks.first().map_or(0, Block::points);
    let all_usual = blocks.len() > 2 && blocks[..blocks.len() - 1].iter().all(|block| block.points() == usual);
    for (at, block) in blocks.iter().enumerate() {
        let mut warnings = Vec::new();
        let mut metadata = table.metadata.clone();
        if block.direct > 0 {
            warnings.push(direct_rows(block.direct, "before or between the points were"));
        }
        if at + 1 == blocks.len() {
            let shorter = (all_usual && block.points() < usual)
                .then(|| format!("{} points, the spectra before it have {usual}", block.points()));
            if let Some(words) = table.incomplete.clone().or(shorter) {
                metadata.insert("incomplete".to_owned(), Value::Text(words));
            }
        }
        let columns = table.rows.take(&block.runs).into_iter().zip(&table.headers).zip(namings);
        let columns = columns.map(|((mut values, header), naming)| {
            if let Values::Number(numbers) = &mut values {
                convert(numbers, naming);
            }
            Column { name: naming.name.clone(), unit: naming.unit.clone(), header: header.clone(), values }
        });
        reading.measurements.push(Measurement {
            block: at as u32,
            technique: Technique::ImpedanceSpectroscopy,
            columns: columns.collect(),
            metadata,
            warnings,
        });
    }
}
