//! Reads the depth profiles of Potku (`depth.Li`, `depth.7Li`, `depth.total`), which its program `erd_depth` writes.
//!
//! Format: lines of fixed width without a header; numbers by C's `printf`. An element's file has seven columns: depth
//! in 10¹⁵ atoms/cm² (the *middle* of the bin), the same in µg/cm² and in nm (the bin's edge that is *nearer to the
//! surface*; nm by the density in the program's settings), the relative content, the weighted yield that it is scaled
//! from, the statistical error of the relative content, and the number of events. `depth.total` has the first four,
//! in other widths. Ten bins lie above the surface. All events above them are in the first bin, all below the last
//! bin in the last. A Windows build writes exponents of three digits.
//!
//! The element is in the file's name only, so the metadata `element` is `not stated`. The relative
//! content is scaled to a mean of 1 over some depth: for atomic percent divide by that of `depth.total`, row by row.
//!
//! Source: `erd_depth.c` of Potku (JYU-IBA), function `output`; files of Potku 1 and 2.

use std::collections::BTreeMap;

use super::number_lines::{Cell, Meaning, OtherLines, Rows, cells, has_decimals, is_blank, number, plain, read_rows};
use crate::manifest::embedded;
use crate::text::{decode, lines, whole_lines};
use crate::{Adapter, Manifest, Match, Measurement, NOT_STATED, Place, Probe, ReadError, Reading, Technique, Value};

const MASS_DEPTH: Meaning =
    plain("mass_depth_ug_per_cm2", "ug.cm-2", "depth / µg/cm², edge of the bin nearer to the surface");
const DEPTH_NM: Meaning = plain("depth_nm", "nm", "depth / nm, edge of the bin nearer to the surface");
const AREAL_DEPTH: Meaning =
    plain("areal_depth_1e15_per_cm2", "10*15.cm-2", "depth / 10¹⁵ atoms/cm², middle of the bin");
const FRACTION: Meaning = plain("fraction", "1", "relative content");

const OF_ELEMENT: [Meaning; 7] = [
    AREAL_DEPTH,
    MASS_DEPTH,
    DEPTH_NM,
    FRACTION,
    Meaning {
        name: "weighted_yield",
        unit: None,
        header: "weighted yield, not scaled",
        factor: 1.0,
        read: Cell::Number,
    },
    plain("fraction_err", "1", "statistical error of the relative content"),
    plain("counts", "1", "number of events"),
];

const OF_TOTAL: [Meaning; 4] = [AREAL_DEPTH, MASS_DEPTH, DEPTH_NM, FRACTION];

/// The two kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Element,
    Total,
}

/// Reads Potku's depth profiles.
#[derive(Debug)]
pub(crate) struct PotkuDepth;

impl Adapter for PotkuDepth {
    fn manifest(&self) -> &Manifest {
        embedded("potku_depth")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let mut rows = lines(whole_lines(probe.text())).filter(|line| !line.text.trim().is_empty()).peekable();
        let Some(kind) = rows.peek().and_then(|line| kind(line.text)) else { return Match::No };
        let mut depths = Vec::new();
        for line in rows {
            if self::kind(line.text) != Some(kind) {
                return Match::No;
            }
            depths.extend(cells(line.text, is_blank).next().and_then(number));
        }
        // Equal steps, to the digits that are written.
        let steps: Vec<_> = depths.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let first = steps.first().copied().unwrap_or_default();
        let is_even = first > 0.0 && steps.iter().all(|step| (step - first).abs() < 0.025);
        if is_even && steps.len() > 1 { Match::Likely } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

/// The kind of file by the digits of a line's numbers.
fn kind(text: &str) -> Option<Kind> {
    let mut found = cells(text, is_blank);
    let cells: [&str; 8] = std::array::from_fn(|_| found.next().unwrap_or_default());
    let [areal, mass, nm, fraction, weighted, error, counts, more] = cells;
    let is_depth = |areal_decimals| has_decimals(areal, areal_decimals) && has_decimals(mass, 3) && has_decimals(nm, 3);
    let is_scientific = |cell: &str, decimals| {
        cell.split_once('e').is_some_and(|(mantissa, exponent)| {
            has_decimals(mantissa, decimals) && exponent.starts_with(['+', '-']) && exponent.len() >= 3
        })
    };
    // Where no event was found, the scale may be 0 or not a number.
    let is_none = |cell: &str| cell.contains("nan") || cell.contains("inf") || cell.contains('#');
    if counts.is_empty() && weighted.is_empty() {
        return (is_depth(2) && (is_scientific(fraction, 4) || is_none(fraction))).then_some(Kind::Total);
    }
    let is_element = is_depth(3)
        && (has_decimals(fraction, 5) || is_none(fraction))
        && (is_scientific(weighted, 5) || is_none(weighted))
        && (has_decimals(error, 5) || is_none(error))
        && has_decimals(counts, 0)
        && more.is_empty();
    is_element.then_some(Kind::Element)
}

fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let text = decode(file).text;
    let kind = lines(&text).take(100).find_map(|line| kind(line.text)).ok_or_else(|| {
        ReadError::malformed(
            Place::Line(1),
            "lines of 7 or 4 numbers as Potku writes depth profiles",
            "none in the first 100 lines",
        )
    })?;
    Ok(match kind {
        Kind::Element => {
            reading(read_rows(lines(&text), &OF_ELEMENT, is_blank, OtherLines::Rejected), &OF_ELEMENT, kind)
        }
        Kind::Total => reading(read_rows(lines(&text), &OF_TOTAL, is_blank, OtherLines::Rejected), &OF_TOTAL, kind),
    })
}

fn reading<const N: usize>(mut rows: Rows<N>, meanings: &[Meaning; N], kind: Kind) -> Reading {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut metadata = BTreeMap::new();
    metadata.insert("element".to_owned(), text(if kind == Kind::Total { "total" } else { NOT_STATED }));
    metadata.insert("areal_depth_place".to_owned(), text("middle of the bin"));
    metadata.insert("depth_nm_place".to_owned(), text("edge of the bin nearer to the surface"));
    metadata.insert("software".to_owned(), text("Potku (erd_depth)"));
    if let [first, second, ..] = rows.values.first().map_or(&[][..], Vec::as_slice) {
        // To the digits that are written: the difference of two such numbers has no more.
        let width = ((second - first) * 1000.0).round() / 1000.0;
        metadata.insert("bin_width_1e15_per_cm2".to_owned(), Value::Number(width));
    }
    if let Some(statement) = rows.incomplete.take() {
        metadata.insert("incomplete".to_owned(), Value::Text(statement));
    }
    let measurement = Measurement {
        block: 0,
        technique: Technique::IonBeamDepthProfile,
        columns: Rows::columns(rows.values, meanings),
        metadata,
        warnings: Vec::new(),
    };
    Reading { measurements: vec![measurement], rejected: rows.rejected, ..Reading::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELEMENT: &str = "   -10.000     -0.724     -2.415      0.01547    6.42967e+026     0.01547           1\n    \
                           10.000      0.000      0.000      0.00000    0.00000e+000     0.00000           0\n    \
                           30.000      0.941      3.138      0.03060    1.27213e+27      0.02164           2\n";
    const TOTAL: &str = " -10.00     -0.724     -2.415 3.2729e-001\n  10.00      0.000      0.000 6.0303e-001\n  30.00      \
                         0.941      3.138 7.1530e-001\n";

    #[test]
    fn both_kinds_are_recognised_by_the_digits_of_their_numbers() {
        for text in [ELEMENT, TOTAL] {
            assert_eq!(PotkuDepth.sniff(&Probe::new(text.as_bytes())), Match::Likely);
        }
        let three_decimals = ELEMENT.replace("0.01547    6.4", "0.015    6.4");
        for text in [three_decimals.as_str(), "1 2 3 4 5 6 7\n2 2 3 4 5 6 7\n3 2 3 4 5 6 7\n", "", "\n"] {
            assert_eq!(PotkuDepth.sniff(&Probe::new(text.as_bytes())), Match::No, "{text}");
        }
    }

    #[test]
    fn the_element_is_not_stated_and_the_total_is_named() {
        let reading = read(ELEMENT.as_bytes()).unwrap();
        let profile = &reading.measurements[0];
        assert_eq!(profile.metadata["element"], Value::Text(NOT_STATED.to_owned()));
        assert_eq!(profile.metadata["bin_width_1e15_per_cm2"], Value::Number(20.0));
        assert_eq!(profile.numbers("weighted_yield"), Some(&[6.42967e26, 0.0, 1.27213e27][..]));
        assert_eq!(profile.numbers("counts"), Some(&[1.0, 0.0, 2.0][..]));
        let total = &read(TOTAL.as_bytes()).unwrap().measurements[0];
        assert_eq!(total.metadata["element"], Value::Text("total".to_owned()));
        assert_eq!(total.numbers("fraction"), Some(&[0.32729, 0.60303, 0.7153][..]));
    }

    #[test]
    fn other_text_is_refused() {
        assert_eq!(
            read(b"hello\n").unwrap_err().to_string(),
            "line 1: expected lines of 7 or 4 numbers as Potku writes depth profiles, found none in the first 100 lines"
        );
    }
}
