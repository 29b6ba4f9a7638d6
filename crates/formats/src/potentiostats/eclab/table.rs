//! The table of an EC-Lab file for any technique: its rows, and the names of its columns.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::techniques::EcLabTechnique;
use crate::column::Heading;
use crate::{Column, Rejections, Value, Values};

/// The rows of a file, column by column, unconverted.
pub(crate) trait Rows {
    /// Number of rows.
    fn count(&self) -> usize;

    /// Whether a column holds words.
    fn is_text(&self, column: usize) -> bool;

    /// All numbers of a column; `None` where it holds words.
    fn numbers(&self, column: usize) -> Option<Cow<'_, [f64]>>;

    /// Every column's values in these rows.
    fn take(&self, runs: &[Range<usize>]) -> Vec<Values>;

    /// Every column's values.
    fn into_values(self) -> Vec<Values>;
}

/// The contents of a file, before they are split into measurements.
#[derive(Debug)]
pub(crate) struct Table<R> {
    /// Headers of the columns.
    pub headers: Vec<String>,
    /// Their values.
    pub rows: R,
    /// Rows at which a loop starts according to EC-Lab.
    pub loops: Vec<usize>,
    /// Rows that could not be read, in order.
    pub bad: Rejections,
    /// For each listed one, the number of rows read before it.
    pub bad_after: Vec<usize>,
    /// The technique, where it is known.
    pub technique: Option<EcLabTechnique>,
    /// Settings of every measurement of the file.
    pub metadata: BTreeMap<String, Value>,
    /// Further settings of a record of potential and current.
    pub record_metadata: BTreeMap<String, Value>,
    /// Why the file ends early.
    pub incomplete: Option<String>,
}

/// Names for every column, each by `naming`; a repeated name is numbered. Those that are `first` choose first.
pub(super) fn unique_names(
    headers: &[String],
    is_text: impl Fn(usize) -> bool,
    first: impl Fn(usize) -> bool,
    naming: impl Fn(&str) -> Heading,
) -> Vec<Heading> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut named: Vec<Heading> = headers.iter().map(|header| naming(header)).collect();
    let (early, late): (Vec<usize>, Vec<usize>) = (0..headers.len()).partition(|at| first(*at));
    for at in early.into_iter().chain(late) {
        let naming = &mut named[at];
        // Absolute times are exported as words under `time/s`: not the column of seconds.
        if is_text(at) && naming.unit.take().is_some() {
            naming.name.push_str("_text");
        }
        if seen.contains(&naming.name) {
            let mut numbered = (2..).map(|number| format!("{}_{number}", naming.name));
            naming.name = numbered.find(|name| !seen.contains(name)).unwrap_or_default();
        }
        seen.insert(naming.name.clone());
    }
    named
}

/// Columns of these values by their names, in the names' units.
pub(super) fn columns(values: Vec<Values>, headers: &[String], namings: &[Heading]) -> Vec<Column> {
    let columns = values.into_iter().zip(headers).zip(namings).map(|((mut values, header), naming)| {
        if let Values::Number(numbers) = &mut values {
            naming.convert_all(numbers);
        }
        Column { name: naming.name.clone(), unit: naming.unit.clone(), header: header.clone(), values }
    });
    columns.collect()
}
