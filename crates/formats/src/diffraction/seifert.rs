//! Reads Seifert's text files (`.nja`; Rayflex).
//!
//! Format: sections of a line `#MeasParameter`, `#ScanTableParameter`, `#ScanParameter`, `#TextureParameter` or `#Values`; settings
//! `&Key=value` below, several a line. `#Values` begins with `&NoValues=` and has rows of angle and intensity, one section a
//! scan; each scan has its `&ScanAxis=` (`T` 2θ, `O` ω, `P` φ, `C` χ) and a line for each axis with `&Pos=` where it is fixed. A texture
//! has rows of α, β, intensity and background, at a fixed 2θ: the rows of one α are a scan over β.
//!
//! Source: files of pole figures; xrayutilities and GenX, which read scans, for the letters of the axes.
//!
//! Not supported: maps of a position-sensitive detector (`#RsmParameter`), which are refused by name.

use std::collections::BTreeMap;

use super::rows::{Rows, number};
use super::scan::{Scan, axis_column};
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::repetition;
use crate::text::{counted, decode, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads `.nja`.
#[derive(Debug)]
pub(crate) struct Seifert;

impl Adapter for Seifert {
    fn manifest(&self) -> &Manifest {
        embedded("seifert_nja")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let has_start = lines(probe.text()).take(3).any(|line| is_start(line.text));
        if has_start { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        read(file)
    }
}

fn is_start(line: &str) -> bool {
    ["#MeasParameter", "#ScanTableParameter", "#RsmParameter"].contains(&line.trim())
}

/// Settings above a section of values.
#[derive(Debug, Default, Clone)]
struct Settings<'t> {
    values: BTreeMap<&'t str, &'t str>,
    /// Positions of fixed axes, by letter.
    fixed: BTreeMap<&'t str, f64>,
    is_texture: bool,
}

impl<'t> Settings<'t> {
    /// Takes the settings of a line: `&Anode=Cu &Filter=Ni`, with a tab between them.
    fn take(&mut self, line: &'t str) {
        let pairs: Vec<(&str, &str)> = line
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
        if let Some((_, letter)) = pairs.iter().find(|(key, _)| *key == "Axis") {
            let position = pairs.iter().find(|(key, _)| *key == "Pos").and_then(|(_, value)| number(value));
            if let Some(position) = position {
                self.fixed.insert(*letter, position);
            }
            return;
        }
        self.values.extend(pairs);
    }

    fn get(&self, key: &str) -> &'t str {
        self.values.get(key).copied().unwrap_or_default()
    }
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError::NotSupported`] for maps; [`ReadError::Malformed`] without values.
fn read(file: &[u8]) -> Result<Reading, ReadError> {
    let decoded = decode(file);
    let mut reading = Reading::default();
    let mut settings = Settings::default();
    let mut rows: Option<Rows> = None;
    let mut is_found = false;
    for line in lines(&decoded.text) {
        let text = line.text.trim();
        if line.number == 1 && !text.is_empty() && !is_start(text) {
            return Err(ReadError::unexpected(1, "`#MeasParameter` or `#ScanTableParameter`", text));
        }
        if text == "#RsmParameter" {
            return Err(ReadError::NotSupported {
                place: Place::Line(line.number),
                recognised: "a Seifert map of a position-sensitive detector (.nja)".to_owned(),
                advice: "export the scans one by one".to_owned(),
            });
        }
        if let Some(section) = text.strip_prefix('#') {
            if let Some(rows) = rows.take() {
                push(rows, &settings, &mut reading)?;
                settings.fixed.clear();
            }
            if section.starts_with("Values") {
                is_found = true;
                let headers: &[&str] = if settings.is_texture {
                    &["alpha", "beta", "intensity", "background"]
                } else {
                    &["angle", "intensity"]
                };
                rows = Some(Rows::new(headers, DecimalMark::Point));
            }
            settings.is_texture |= section == "TextureParameter";
        } else if text.starts_with('&') {
            settings.take(text);
        } else if let Some(rows) = rows.as_mut().filter(|_| !text.is_empty()) {
            rows.row(line, text.split_ascii_whitespace());
        }
    }
    if let Some(rows) = rows {
        push(rows, &settings, &mut reading)?;
    }
    if !is_found {
        let last = lines(&decoded.text).last().map_or(1, |line| line.number);
        return Err(ReadError::unexpected(last, "`#Values`", "the end of the file"));
    }
    Ok(reading)
}

/// Adds the scan of a section, or the scans of a texture.
fn push(mut rows: Rows, settings: &Settings<'_>, reading: &mut Reading) -> Result<(), ReadError> {
    let count = rows.len();
    let lost = rows.n_rejected();
    let first = reading.measurements.len();
    let mut warnings = rows.finish(first, &mut reading.rejected);
    let announced = number(settings.get("NoValues"));
    let incomplete = announced
        .filter(|announced| *announced > count as f64 + lost as f64)
        .map(|announced| format!("{} of the {announced} that `NoValues` announces", counted(count, "point")));
    if let Some(announced) = announced.filter(|announced| *announced < count as f64) {
        warnings.push(format!("{}, `NoValues` announces {announced}", counted(count, "point")));
    }
    if settings.is_texture {
        texture(&mut rows, settings, reading)?;
    } else {
        let mut scan = Scan::default();
        let axis = match settings.get("ScanAxis") {
            "T" => Some("2Theta"),
            "O" => Some("Omega"),
            "P" => Some("Phi"),
            "C" => Some("Chi"),
            "" => None,
            other => Some(other),
        };
        let angles = rows.take(0);
        if let Some(column) = axis.and_then(axis_column) {
            scan.column(column, Some("deg"), axis.unwrap_or_default(), angles.clone());
        }
        scan.column("scan_angle_deg", Some("deg"), axis.unwrap_or("angle"), angles);
        scan.column("intensity", Some("1"), "intensity", rows.take(1));
        scan.axis(axis);
        for (letter, name) in [
            ("T", "two_theta_position_deg"),
            ("O", "omega_position_deg"),
            ("P", "phi_position_deg"),
            ("C", "chi_position_deg"),
        ] {
            scan.number(name, settings.fixed.get(letter).copied());
        }
        if settings.get("ScanAxis") == "T" {
            scan.positive("incidence_angle_deg", settings.fixed.get("O").copied());
        }
        add(scan, settings, reading)?;
    }
    if let Some(last) = reading.measurements.get_mut(first..).and_then(<[_]>::last_mut) {
        last.warnings.extend(warnings);
        if let Some(words) = incomplete {
            last.metadata.insert("incomplete".to_owned(), crate::Value::Text(words));
        }
    }
    Ok(())
}

/// Adds a scan over β for each α.
fn texture(rows: &mut Rows, settings: &Settings<'_>, reading: &mut Reading) -> Result<(), ReadError> {
    let [alpha, beta, intensity, background] = [rows.take(0), rows.take(1), rows.take(2), rows.take(3)];
    let mut start = 0;
    while let Some(angle) = alpha.get(start) {
        let end = alpha.get(start..).unwrap_or_default().iter().position(|other| other.to_bits() != angle.to_bits());
        let end = end.map_or(alpha.len(), |length| start + length);
        let part = |values: &[f64]| values.get(start..end).unwrap_or_default().to_vec();
        let mut scan = Scan::default();
        scan.column("scan_angle_deg", Some("deg"), "beta", part(&beta));
        scan.column("intensity", Some("1"), "intensity", part(&intensity));
        scan.column("background", Some("1"), "background", part(&background));
        scan.axis(Some("beta"));
        scan.number("alpha_position_deg", *angle);
        scan.number("two_theta_position_deg", number(settings.get("2Theta")));
        let miller = ["H", "K", "L"].map(|key| settings.get(key));
        if miller.iter().all(|index| !index.is_empty()) {
            scan.text("reflection", &miller.join(" "));
        }
        add(scan, settings, reading)?;
        start = end;
    }
    Ok(())
}

fn add(mut scan: Scan, settings: &Settings<'_>, reading: &mut Reading) -> Result<(), ReadError> {
    let block = reading.measurements.len();
    scan.not_stated("intensity_unit");
    for (key, name) in [
        ("Sample", "sample"),
        ("Material", "material"),
        ("Operator", "operator"),
        ("Anode", "anode"),
        ("Filter", "filter"),
        ("Detector", "detector"),
    ] {
        scan.text(name, settings.get(key));
    }
    scan.positive("generator_voltage_kv", number(settings.get("kV")));
    scan.positive("generator_current_ma", number(settings.get("mA")));
    scan.positive("counting_time_s", number(settings.get("Time")));
    scan.positive("step_deg", number(settings.get(if settings.is_texture { "BetaStep" } else { "Step" })));
    let headers = scan.columns.iter().map(|column| column.header.len());
    repetition::check(&scan.metadata, headers, block + 1, Place::Line(1))?;
    reading.measurements.push(scan.measurement(block));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const HEAD: &str = "#MeasParameter\r\n&Sample=film\r\n&Anode=Cu\t&Filter=Ni\t&kV=40\t&mA=30\r\n\r\n";

    #[test]
    fn each_section_of_values_is_a_scan_along_its_axis() {
        let text = format!(
            "{HEAD}#ScanTableParameter\r\n&NumScans=2\r\n\r\n#ScanParameter\r\n&ScanAxis=T\r\n&Axis=O\t&Pos=0.500\r\n&Time=2.0\r\n\r\n\
             #Values\r\n&NoValues=2\r\n10.0\t5\r\n10.1\t6\r\n\r\n#ScanParameter\r\n&ScanAxis=O\r\n\r\n#Values\r\n&NoValues=3\r\n1.0\t7\r\n1.1\tx\r\n"
        );
        let reading = read(text.as_bytes()).unwrap();
        let [first, second] = reading.measurements.as_slice() else { panic!("{reading:?}") };
        assert_eq!(first.numbers("two_theta_deg"), Some(&[10.0, 10.1][..]));
        assert_eq!(first.metadata["incidence_angle_deg"], Value::Number(0.5));
        assert_eq!(second.metadata["scan_axis"], Value::Text("omega".to_owned()));
        assert_eq!(second.metadata.get("omega_position_deg"), None);
        assert_eq!(reading.rejected.len(), 1);
        assert_eq!(second.metadata["incomplete"], Value::Text("1 point of the 3 that `NoValues` announces".to_owned()));
    }

    #[test]
    fn a_texture_gives_a_scan_for_each_tilt() {
        let text = format!(
            "{HEAD}#TextureParameter\r\n&H=1\t&K=1\t&L=1\r\n&2Theta=57.000\r\n\r\n#Values\r\n&NoValues=3\r\n0 0 7.5 1\r\n0 3.6 8 1\r\n3.5 0 9 2\r\n"
        );
        let reading = read(text.as_bytes()).unwrap();
        assert_eq!(reading.measurements.len(), 2);
        assert_eq!(reading.measurements[1].metadata["alpha_position_deg"], Value::Number(3.5));
        assert_eq!(reading.measurements[0].metadata["reflection"], Value::Text("1 1 1".to_owned()));
        assert_eq!(reading.measurements[0].numbers("scan_angle_deg"), Some(&[0.0, 3.6][..]));
        assert!(read(b"#RsmParameter\n").is_err() && read(b"#MeasParameter\n").is_err());
    }
}
