//! Reads PANalytical's comma-separated text (`.csv`).
//!
//! `[Measurement conditions]` and lines `key,value`, then `[Scan points]`, a header such as `Angle,Intensity` or
//! `Angle,TimePerStep,Intensity,ESD`, and the points. Another `[Measurement conditions]` begins another scan. Where the
//! computer has a decimal comma the separator is a semicolon.
//!
//! Source: exports of X'Pert Data Collector and HighScore.
//!
//! The unit of the intensities is not stated.

use std::collections::BTreeMap;

use super::rows::{Rows, date, number};
use super::pattern::{Lines, Scan, axis};
use crate::column::column_name;
use crate::manifest::embedded;
use crate::number::{DecimalMark, parse_number};
use crate::registry::Adapter;
use crate::text::{decode, excerpt, lines};
use crate::{Manifest, Match, Place, Probe, ReadError, Reading};

const CONDITIONS: &str = "[Measurement conditions]";
const POINTS: &str = "[Scan points]";

/// Reads PANalytical's `.csv`.
#[derive(Debug)]
pub(crate) struct PanalyticalCsv;

impl Adapter for PanalyticalCsv {
    fn manifest(&self) -> &Manifest {
        embedded("panalytical_csv")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        if probe.text().trim_start().starts_with(CONDITIONS) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let mut reading = Reading::default();
        let mut current: Option<Part<'_>> = None;
        for line in lines(&decoded.text) {
            let text = line.text.trim();
            if text == CONDITIONS {
                if let Some(part) = current.replace(Part::default()) {
                    part.add(&mut reading)?;
                }
                continue;
            }
            let Some(part) = current.as_mut() else {
                let found = format!("`{}`", excerpt(text, 40));
                let expected = format!("`{CONDITIONS}`");
                return Err(ReadError::Malformed { place: Place::Line(line.number), expected, found });
            };
            match part.rows.as_mut() {
                _ if text.is_empty() => {}
                Some(rows) => rows.row(line, text.split(part.separator)),
                None if text == POINTS => part.is_at_points = true,
                None if part.is_at_points => part.header(text, line.number)?,
                None => {
                    if let Some((key, value)) = text.split_once([',', ';']) {
                        part.settings.insert(key.trim(), value.trim().trim_matches('"'));
                    }
                }
            }
        }
        match current {
            Some(part) => part.add(&mut reading)?,
            None => {
                let found = "the end of the file".to_owned();
                return Err(ReadError::Malformed { place: Place::Line(1), expected: format!("`{CONDITIONS}`"), found });
            }
        }
        Ok(reading)
    }
}

/// One scan of the file.
#[derive(Default)]
struct Part<'t> {
    settings: BTreeMap<&'t str, &'t str>,
    is_at_points: bool,
    separator: char,
    headers: Vec<&'t str>,
    angle: usize,
    intensity: usize,
    rows: Option<Rows>,
}

impl<'t> Part<'t> {
    /// Takes the header of the points.
    fn header(&mut self, text: &'t str, line: u64) -> Result<(), ReadError> {
        self.separator = if text.contains(';') { ';' } else { ',' };
        self.headers = text.split(self.separator).map(str::trim).collect();
        let find = |word: &str| self.headers.iter().position(|header| header.to_lowercase().starts_with(word));
        let (Some(angle), Some(intensity)) = (find("angle"), find("intensity")) else {
            let expected = "`Angle` and `Intensity`".to_owned();
            return Err(ReadError::ColumnMissing { place: Place::Line(line), expected, found: excerpt(text, 100) });
        };
        (self.angle, self.intensity) = (angle, intensity);
        let mark = if self.separator == ';' { DecimalMark::Comma } else { DecimalMark::Point };
        self.rows = Some(Rows::new(&self.headers, mark));
        Ok(())
    }

    fn add(self, reading: &mut Reading) -> Result<(), ReadError> {
        let mut scan = Scan::default();
        let block = reading.measurements.len();
        let text = |key: &str| self.settings.get(key).copied().unwrap_or_default();
        let mark = if self.separator == ';' { DecimalMark::Comma } else { DecimalMark::Point };
        let number_at =
            |key: &str| parse_number(text(key), mark).or_else(|| number(text(key))).filter(|n| n.is_finite());
        let mut rows = self.rows.unwrap_or_else(|| Rows::new(&["Angle", "Intensity"], DecimalMark::Point));
        scan.warnings.extend(rows.finish(block, &mut reading.rejected));
        let announced = number_at("No. of points");
        if let Some(announced) = announced.filter(|announced| ((rows.len() + rows.n_rejected()) as f64) < *announced) {
            scan.incomplete(&format!("{} points, the file announces {announced}", rows.len()));
        }
        let (angle, intensity) = if self.headers.is_empty() { (0, 1) } else { (self.angle, self.intensity) };
        scan.column("scan_angle_deg", Some("deg"), "Angle", rows.take(angle));
        scan.column("intensity", Some("1"), "Intensity", rows.take(intensity));
        for (place, header) in
            self.headers.iter().enumerate().filter(|(place, _)| *place != angle && *place != intensity)
        {
            match *header {
                "TimePerStep" => scan.column("counting_time_s", Some("s"), header, rows.take(place)),
                _ => scan.column(&column_name(header), None, header, rows.take(place)),
            }
        }
        scan.text("sample", text("Sample identification"));
        let comments: Vec<&str> =
            self.settings.iter().filter(|(key, _)| key.starts_with("Comment")).map(|(_, value)| *value).collect();
        scan.text("comment", &comments.join("; "));
        scan.text("anode", text("Anode material"));
        scan.wavelengths(&Lines {
            used: None,
            alpha_1: number_at("K-Alpha1 wavelength"),
            alpha_2: number_at("K-Alpha2 wavelength"),
            beta: number_at("K-Beta wavelength"),
            ratio: number_at("Ratio K-Alpha2/K-Alpha1"),
        });
        scan.positive("generator_voltage_kv", number_at("Generator voltage"));
        scan.positive("generator_current_ma", number_at("Tube current"));
        if let Some(started) = date(text("File date and time")) {
            scan.text("started_at", &started);
        }
        let kind = text("Scan axis");
        scan.text("scan_type", kind);
        // Which of two coupled angles is written is told by its range alone, and not in words.
        let is_clear = !kind.is_empty() && (axis(kind) != "theta_two_theta" || kind == "Gonio");
        scan.axis(is_clear.then_some(kind));
        scan.text("scan_mode", text("Scan type"));
        scan.number("step_deg", number_at("Scan step size"));
        scan.positive("counting_time_s", number_at("Time per step"));
        scan.not_stated("intensity_unit");
        reading.measurements.push(scan.measurement(block));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn a_semicolon_parts_numbers_with_decimal_commas() {
        let head = "[Measurement conditions]\nSample identification;film\nScan axis;Gonio\nScan step size;0,5\n";
        let text = format!(
            "{head}No. of points; 3\n[Scan points]\nAngle;TimePerStep;Intensity;ESD\n5,0;1,5;7;2,6\n5,5;1,5;8;2,8\n"
        );
        let reading = PanalyticalCsv.read(text.as_bytes()).unwrap();
        let scan = &reading.measurements[0];
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[5.0, 5.5][..]));
        assert_eq!(scan.numbers("intensity"), Some(&[7.0, 8.0][..]));
        assert_eq!(scan.numbers("esd"), Some(&[2.6, 2.8][..]));
        assert_eq!(scan.metadata["step_deg"], Value::Number(0.5));
        assert_eq!(scan.metadata["scan_axis"], Value::Text("theta_two_theta".to_owned()));
        assert_eq!(scan.metadata["incomplete"], Value::Text("2 points, the file announces 3".to_owned()));
    }
}
