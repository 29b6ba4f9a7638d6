//! Reads the text that Bruker's DIFFRAC.EVA exports (`.xy`).
//!
//! The first line is `'Id: "…" Comment: "…" Operator: "…" Anode: "…" Scantype: "…" TimePerStep: "…"`, then rows of angle
//! and intensity with blanks between them. Another such line begins a new scan.
//!
//! Source: an export of DIFFRAC.EVA, and its manual.
//!
//! The unit of the intensities is that of EVA's plot, counts or counts by time, and is not stated.

use super::rows::{Rows, number};
use super::scan::Scan;
use crate::manifest::embedded;
use crate::number::{DecimalMark, detect_decimal_mark};
use crate::text::{decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads EVA's `.xy`.
#[derive(Debug)]
pub(crate) struct BrukerXy;

impl Adapter for BrukerXy {
    fn manifest(&self) -> &Manifest {
        embedded("bruker_eva_xy")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first = probe.text().lines().next().unwrap_or_default();
        if first.starts_with("'Id: \"") && first.contains("Scantype:") {
            Match::Certain
        } else if first.starts_with("'Id: \"") {
            Match::Likely
        } else {
            Match::No
        }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let mut reading = Reading::default();
        let cells = lines(&decoded.text).filter(|line| !line.text.starts_with('\'')).take(1000);
        let mark = detect_decimal_mark(cells.flat_map(|line| line.text.split_ascii_whitespace()));
        let mut current: Option<(&str, Rows)> = None;
        for line in lines(&decoded.text) {
            if let Some(header) = line.text.strip_prefix('\'') {
                if let Some((header, rows)) = current.take() {
                    add(header, rows, &mut reading);
                }
                current = Some((header, Rows::new(&["angle", "intensity"], mark)));
            } else if let Some((_, rows)) = current.as_mut() {
                if !line.text.trim().is_empty() {
                    rows.row(line, line.text.split_ascii_whitespace());
                }
            } else {
                let found = format!("`{}`", excerpt(line.text, 40));
                let expected = "`'Id: \"`".to_owned();
                return Err(ReadError::malformed(Place::Line(line.number), expected, found));
            }
        }
        match current {
            Some((header, rows)) => add(header, rows, &mut reading),
            None => {
                let (expected, found) = ("`'Id: \"`".to_owned(), "the end of the file".to_owned());
                return Err(ReadError::malformed(Place::Line(1), expected, found));
            }
        }
        if mark == DecimalMark::Comma {
            reading.warnings.push("the file has decimal commas".to_owned());
        }
        Ok(reading)
    }
}

fn add(header: &str, mut rows: Rows, reading: &mut Reading) {
    let mut scan = Scan::default();
    let block = reading.measurements.len();
    scan.warnings.extend(rows.finish(block, &mut reading.rejected));
    scan.column("scan_angle_deg", Some("deg"), "angle", rows.take(0));
    scan.column("intensity", Some("1"), "intensity", rows.take(1));
    scan.text("sample", value(header, "Id"));
    scan.text("comment", value(header, "Comment"));
    scan.text("anode", value(header, "Anode"));
    scan.text("scan_type", value(header, "Scantype"));
    let kind = value(header, "Scantype");
    scan.axis((!kind.is_empty()).then_some(kind));
    scan.positive("counting_time_s", number(value(header, "TimePerStep")));
    scan.not_stated("intensity_unit");
    reading.measurements.push(scan.measurement(block));
}

/// The words between quotes after a key.
fn value<'h>(header: &'h str, key: &str) -> &'h str {
    let at = header.find(&format!("{key}: \"")).map(|at| at + key.len() + 3);
    let rest = at.and_then(|at| header.get(at..)).unwrap_or_default();
    rest.find('"').and_then(|end| rest.get(..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn every_header_begins_a_scan() {
        let head =
            "'Id: \"film\" Comment: \"\" Anode: \"Cu\" Scantype: \"Coupled TwoTheta/Theta\" TimePerStep: \"96\" ";
        let other = head.replace("Coupled TwoTheta/Theta", "Mystery Scan");
        let reading = BrukerXy.read(format!("{head}\n5.0 4.5\n5.5 4.25\n{other}\n1 2\n").as_bytes()).unwrap();
        let [first, second] = &reading.measurements[..] else { panic!("{reading:?}") };
        assert_eq!(first.numbers("intensity"), Some(&[4.5, 4.25][..]));
        assert_eq!(first.metadata["scan_axis"], Value::Text("theta_two_theta".to_owned()));
        assert_eq!(first.metadata["counting_time_s"], Value::Number(96.0));
        assert_eq!(second.metadata["scan_axis"], Value::Text("Mystery Scan".to_owned()));
    }
}
