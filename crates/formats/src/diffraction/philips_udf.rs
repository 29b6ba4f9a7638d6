//! Reads Philips' and PANalytical's text files (`.udf`).
//!
//! Lines `Key,value,/`, where a value may have commas itself, then `RawScan` and the intensities, eight a line, separated by
//! commas or blanks, the last one ended by `/`. Angles go from the first of `DataAngleRange` by `ScanStepSize`.
//!
//! Source: files of PC-APD and X'Pert as described by xylib and others.
//!
//! The file names neither the scanned axis nor the unit of the intensities: both are not stated.

use std::collections::BTreeMap;

use super::rows::{Rows, date, number};
use super::scan::{Lines, Scan, stepped};
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::text::{counted, decode, lines};
use crate::{Adapter, Manifest, Match, Probe, ReadError, Reading};

/// Reads `.udf`.
#[derive(Debug)]
pub(crate) struct PhilipsUdf;

impl Adapter for PhilipsUdf {
    fn manifest(&self) -> &Manifest {
        embedded("philips_udf")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().starts_with("SampleIdent,") { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let mut settings: BTreeMap<&str, &str> = BTreeMap::new();
        let mut rows: Option<Rows> = None;
        let mut ended = false;
        for line in lines(&decoded.text) {
            let text = line.text.trim();
            match rows.as_mut() {
                None if text.eq_ignore_ascii_case("RawScan") => {
                    rows = Some(Rows::new(&["intensity"], DecimalMark::Point));
                }
                None if line.number == 1 && !text.starts_with("SampleIdent,") => {
                    return Err(ReadError::unexpected(1, "`SampleIdent,`", text));
                }
                None => {
                    // `Title1` alone is a key without a value.
                    let (key, value) = text.split_once(',').unwrap_or((text, ""));
                    let value = value.trim().trim_end_matches('/').trim_end().trim_end_matches(',').trim();
                    settings.insert(key.trim(), value);
                }
                Some(rows) => {
                    let (cells, last) = text.split_once('/').map_or((text, false), |(cells, _)| (cells, true));
                    for cell in cells.split([',', ' ', '\t']).filter(|cell| !cell.is_empty()) {
                        rows.row(line, std::iter::once(cell));
                    }
                    ended = last;
                }
            }
            if ended {
                break;
            }
        }
        let text = |key: &str| settings.get(key).copied().unwrap_or_default();
        let Some(mut rows) = rows else {
            return Err(ReadError::unexpected(decoded.text.lines().count().max(1) as u64, "`RawScan`", ""));
        };
        let range: Vec<f64> = text("DataAngleRange").split(',').filter_map(number).collect();
        let (Some(start), Some(step)) = (range.first().copied(), number(text("ScanStepSize"))) else {
            return Err(ReadError::unexpected(
                1,
                "numbers in `DataAngleRange` and `ScanStepSize`",
                text("DataAngleRange"),
            ));
        };
        let mut reading = Reading::default();
        let mut scan = Scan::default();
        scan.warnings.extend(rows.finish(0, &mut reading.rejected));
        // A rejected intensity would shift the angles of all that follow.
        if let Some(row) = reading.rejected.first() {
            return Err(row.error.clone());
        }
        let intensities = rows.take(0);
        if !ended {
            scan.incomplete("the file ends before the `/` after the last intensity");
        }
        if let Some(end) = range.get(1) {
            let announced = ((end - start) / step).round() + 1.0;
            if step > 0.0 && announced > 0.0 && (announced - intensities.len() as f64).abs() > 1.0 {
                let words = format!("{}, the angles imply {announced}", counted(intensities.len(), "point"));
                if announced > intensities.len() as f64 {
                    scan.incomplete(&words);
                } else {
                    scan.warnings.push(words);
                }
            }
        }
        scan.column("scan_angle_deg", Some("deg"), "DataAngleRange", stepped(start, step, intensities.len()));
        scan.column("intensity", Some("1"), "RawScan", intensities);
        let axis = text("ScanAxis");
        scan.axis((!axis.is_empty()).then_some(axis));
        scan.not_stated("intensity_unit");
        scan.text("format_version", "UDF");
        scan.text("sample", text("SampleIdent"));
        scan.text("title", text("Title1"));
        scan.text("comment", text("Title2"));
        scan.text("instrument", text("DiffrType").trim_start_matches('?'));
        scan.text("anode", text("Anode"));
        scan.wavelengths(&Lines {
            used: None,
            alpha_1: number(text("LabdaAlpha1")),
            alpha_2: number(text("LabdaAlpha2")),
            beta: None,
            ratio: number(text("RatioAlpha21")),
        });
        scan.positive("generator_voltage_kv", number(text("GeneratorVoltage")));
        scan.positive("generator_current_ma", number(text("TubeCurrent")));
        if let Some(started) = date(text("FileDateTime")) {
            scan.text("started_at", &started);
        }
        scan.number("step_deg", step);
        scan.text("scan_mode", text("ScanType"));
        scan.positive("counting_time_s", number(text("ScanStepTime")));
        reading.measurements.push(scan.measurement(0));
        Ok(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const HEAD: &str = "SampleIdent,film,/\nTitle1\nDivergenceSlit,Fixed, 1/2,/\nAnode,Cu,/\nLabdaAlpha1, 1.54060,/\n\
        FileDateTime,19-feb-1995 11:48,/\nDataAngleRange,  15.0000,  15.3000,/\nScanStepSize,   0.100,/\nRawScan\n";

    #[test]
    fn intensities_end_at_the_slash() {
        let reading = PhilipsUdf.read(format!("{HEAD}   640,  625\n  729,  7/\nrest").as_bytes()).unwrap();
        let scan = &reading.measurements[0];
        assert_eq!(scan.numbers("intensity"), Some(&[640.0, 625.0, 729.0, 7.0][..]));
        assert!((scan.numbers("scan_angle_deg").unwrap()[3] - 15.3).abs() < 1e-12);
        assert_eq!(scan.metadata["started_at"], Value::Text("1995-02-19T11:48:00".to_owned()));
        assert_eq!(scan.metadata.get("incomplete"), None);
    }

    #[test]
    fn a_wrong_intensity_refuses_the_file_and_a_missing_end_is_reported() {
        let error = PhilipsUdf.read(format!("{HEAD}640, x, 5/").as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "line 10: expected a number for `intensity`, found `x`");
        let reading = PhilipsUdf.read(format!("{HEAD}640, 5\n").as_bytes()).unwrap();
        let words = "the file ends before the `/` after the last intensity; 2 points, the angles imply 4";
        assert_eq!(reading.measurements[0].metadata["incomplete"], Value::Text(words.to_owned()));
    }
}
