//! Reads the text files of Siemens and Bruker diffractometers (`.uxd`).
//!
//! Settings of the form `_KEY=value` or `_KEY = value`, strings with or without quotes; comments start with `;`. A range
//! begins with `_DRIVE`; settings before the first, or from a new `_SAMPLE` on, apply to all that follow. Its points
//! come below a word without a value that matters: `_COUNTS` or `_CPS` (intensities alone, several in a line, from
//! `_START` by `_STEPSIZE`), or `_2THETACOUNTS` and its like (angle and intensity). In version 3 a comment below it names
//! the columns. No end angle is stated.
//!
//! The scanned axis is that of `_DRIVE`: files of φ scans have `_2THETACOUNTS` as well. Where the first angle is that
//! of another drive than this, the axis is not stated.
//!
//! A third dialect, which DxTools writes, begins with `__FILE_STATUS_CODE`; its ranges begin with `_SEQ`, its points follow
//! the settings without a word between them, the axis is that of `_STEPPING_DRIVE`, and the unit is not stated.
//!
//! Source: files of DIFFRACplus XCH (`_FILEVERSION=2`) and of DIFFRAC.SUITE (`_FILEVERSION = 3`).
//!
//! Not supported: lists of peaks (`_D-I`, `_2THETA-I`); they are passed over. Drives that are not angles are left out.

use std::collections::BTreeMap;

use aldb_elements::constants::ZERO_CELSIUS_K;

use super::rows::{Rows, date, number};
use super::scan::{Lines, Scan, axis, stepped};
use crate::column::column_name;
use crate::local_time::{DateOrder, parse_local_time};
use crate::manifest::embedded;
use crate::number::DecimalMark;
use crate::text::{Line, counted, decode, excerpt, lines};
use crate::{Adapter, Manifest, Match, Place, Probe, ReadError, Reading};

/// Reads `.uxd`.
#[derive(Debug)]
pub(crate) struct BrukerUxd;

impl Adapter for BrukerUxd {
    fn manifest(&self) -> &Manifest {
        embedded("bruker_uxd")
    }

    fn sniff(&self, probe: &Probe<'_>) -> Match {
        let first =
            lines(probe.text()).map(|line| line.text.trim()).find(|line| !line.is_empty() && !line.starts_with(';'));
        let is_first = |line: &str| line.starts_with("_FILEVERSION") || line.starts_with("__FILE_STATUS_CODE");
        if first.is_some_and(is_first) { Match::Certain } else { Match::No }
    }

    fn read(&self, file: &[u8]) -> Result<Reading, ReadError> {
        let decoded = decode(file);
        let mut reader = Reader::default();
        let mut has_version = false;
        for line in lines(&decoded.text) {
            let text = line.text.trim_start();
            has_version |= text.starts_with("_FILEVERSION") || text.starts_with("__FILE_STATUS_CODE");
            reader.line(line);
        }
        if !has_version {
            return Err(ReadError::malformed(Place::Line(1), "`_FILEVERSION`", "none in the file"));
        }
        reader.close();
        reader.reading()
    }
}

/// The contents of the lines below a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// No points.
    None,
    /// Intensities alone.
    Intensities,
    /// Angle, intensity, and what a comment names.
    Rows,
}

#[derive(Debug)]
struct Reader<'t> {
    /// Settings that apply to all ranges below.
    common: BTreeMap<String, &'t str>,
    /// Settings of the range.
    range: BTreeMap<String, &'t str>,
    in_range: bool,
    layout: Layout,
    /// `counts` or `counts/s`.
    unit: &'static str,
    rows: Rows,
    headers: Vec<String>,
    reading: Reading,
    left_out: Vec<String>,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            common: BTreeMap::new(),
            range: BTreeMap::new(),
            in_range: false,
            layout: Layout::None,
            unit: "counts",
            rows: Rows::new(&[], DecimalMark::Point),
            headers: Vec::new(),
            reading: Reading::default(),
            left_out: Vec::new(),
        }
    }
}

impl<'t> Reader<'t> {
    fn line(&mut self, line: Line<'t>) {
        let text = line.text.trim();
        if let Some(comment) = text.strip_prefix(';') {
            // The columns' names are in a comment between marker and first row.
            if self.layout == Layout::Rows && self.rows.len() == 0 && self.rows.n_rejected() == 0 {
                let names: Vec<&str> = comment.split_ascii_whitespace().collect();
                if names.len() >= 2 {
                    self.columns(&names);
                }
            }
        } else if let Some(setting) = text.strip_prefix('_') {
            self.setting(setting);
        } else if !text.is_empty() {
            if self.layout == Layout::None && self.in_range && self.range.contains_key("STEPPING_DRIVE") {
                self.unit = crate::NOT_STATED;
                self.columns(&["position", "intensity"]);
                self.layout = Layout::Rows;
            }
            match self.layout {
                Layout::None => {}
                Layout::Intensities => {
                    for cell in text.split([' ', '\t', ',']).filter(|cell| !cell.is_empty()) {
                        self.rows.row(line, std::iter::once(cell));
                    }
                }
                Layout::Rows => self.rows.row(line, text.split_ascii_whitespace()),
            }
        }
    }

    fn columns(&mut self, names: &[&str]) {
        self.headers = names.iter().map(|name| (*name).to_owned()).collect();
        self.rows = Rows::new(names, DecimalMark::Point);
    }

    fn setting(&mut self, setting: &'t str) {
        let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
        let (key, value) = (key.trim().trim_start_matches('_').to_uppercase(), value.trim().trim_matches('\''));
        self.close();
        if let Some(layout) = self.marker(&key) {
            self.layout = layout;
            return;
        }
        match key.as_str() {
            "DRIVE" | "SEQ" => {
                self.range.clear();
                self.in_range = true;
            }
            "SAMPLE" | "FILEVERSION" => self.in_range = false,
            _ => {}
        }
        if self.in_range {
            self.range.insert(key, value);
        } else {
            self.common.insert(key, value);
        }
    }

    /// Whether points follow a key, and how.
    fn marker(&mut self, key: &str) -> Option<Layout> {
        let (before, has_time) = key.strip_suffix("TIME").map_or((key, false), |before| (before, true));
        let (axis, unit) =
            match (before.strip_suffix("COUNTS").or(before.strip_suffix("COUNT")), before.strip_suffix("CPS")) {
                (Some(axis), _) => (axis, "counts"),
                (None, Some(axis)) => (axis, "counts/s"),
                (None, None) => return None,
            };
        // `_STEPCOUNT` is a setting.
        if !["", "2THETA", "THETA", "PHI", "KHI", "CHI", "PSI", "X", "Y", "Z"].contains(&axis) {
            return None;
        }
        self.unit = unit;
        if axis.is_empty() {
            self.columns(&[unit]);
            return Some(Layout::Intensities);
        }
        let names = [axis, unit, "TIME"];
        self.columns(if has_time { &names } else { &names[..2] });
        Some(Layout::Rows)
    }

    fn value(&self, key: &str) -> Option<&'t str> {
        let find =
            |key: &str| self.range.get(key).or_else(|| self.common.get(key)).copied().filter(|value| !value.is_empty());
        // The other name is that of the third dialect.
        find(key).or_else(|| match key {
            "DRIVE" => find("STEPPING_DRIVE"),
            "THETA" => find("OMEGA"),
            "2THETA" => find("TWOTHETA"),
            "STEPSIZE" => find("STEP_SIZE"),
            "STEPCOUNT" => find("STEPS"),
            "ANODE" => find("ANODE_MATERIAL"),
            _ => None,
        })
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.value(key).and_then(number)
    }

    /// Makes a scan of the points since the last marker.
    fn close(&mut self) {
        let layout = std::mem::replace(&mut self.layout, Layout::None);
        if layout == Layout::None {
            return;
        }
        let drive = self.value("DRIVE").unwrap_or_default();
        let number_of_range = self.reading.measurements.len() + self.left_out.len() + 1;
        let name = axis(drive);
        if !["theta_two_theta", "two_theta", "omega", "chi", "phi", ""].contains(&name.as_str()) {
            let words =
                format!("range {number_of_range}, over drive `{}`, which is not a known angle", excerpt(drive, 24));
            self.left_out.push(words);
            return;
        }
        if layout == Layout::Intensities && self.rows.n_rejected() > 0 {
            // One left out would shift the angles of all that follow.
            self.left_out.push(format!("range {number_of_range}, one of whose intensities is not a number"));
            return;
        }
        let mut scan = Scan::default();
        self.settings(&mut scan);
        let block = self.reading.measurements.len();
        scan.warnings.extend(self.rows.finish(block, &mut self.reading.rejected));
        let step = self.number("STEPSIZE");
        if layout == Layout::Intensities {
            let intensities = self.rows.take(0);
            match (self.number("START"), step) {
                (Some(start), Some(step)) => {
                    let angles = stepped(start, step, intensities.len());
                    scan.column("scan_angle_deg", Some("deg"), "_START, _STEPSIZE", angles);
                    scan.column("intensity", Some("1"), self.unit, intensities);
                }
                _ => {
                    let words = format!("range {number_of_range}, which has no `_START` or no `_STEPSIZE`");
                    self.left_out.push(words);
                    return;
                }
            }
        } else {
            for (place, header) in self.headers.clone().iter().enumerate() {
                let values = self.rows.take(place);
                match place {
                    0 => scan.column("scan_angle_deg", Some("deg"), header, values),
                    1 => scan.column("intensity", Some("1"), header, values),
                    _ => scan.column(&column_name(header), None, header, values),
                }
            }
        }
        let first = scan.columns.first().and_then(|column| match &column.values {
            crate::Values::Number(values) => values.first().copied(),
            crate::Values::Text(_) => None,
        });
        self.scanned(&mut scan, drive, first, step);
        if let Some(announced) = self.number("STEPCOUNT") {
            let found = scan.columns.first().map_or(0, |column| column.values.len());
            if (found as f64) < announced {
                scan.incomplete(&format!("{}, the file announces {announced}", counted(found, "point")));
            }
        }
        self.reading.measurements.push(scan.measurement(block));
    }

    fn settings(&self, scan: &mut Scan) {
        scan.text("format_version", &format!("UXD {}", self.value("FILEVERSION").unwrap_or("of DxTools")));
        scan.text("sample", self.value("SAMPLE").unwrap_or_default());
        scan.text("anode", self.value("ANODE").unwrap_or_default());
        if let Some(started) = self.value("DATEMEASURED").and_then(date) {
            scan.text("started_at", &started);
        }
        scan.text("software", self.value("V4_INF_CREATOR").unwrap_or_default());
        scan.text("software_version", self.value("V4_INF_CREATOR_VERSION").unwrap_or_default());
        if self.value("WL_UNIT").is_none_or(|unit| unit.eq_ignore_ascii_case("a")) {
            scan.wavelengths(&Lines {
                used: self.number("RANGE_WL"),
                alpha_1: self.number("WL1"),
                alpha_2: self.number("WL2"),
                beta: self.number("WL3"),
                ratio: self.number("WLRATIO"),
            });
        }
        scan.number("step_deg", self.number("STEPSIZE"));
        scan.positive("counting_time_s", self.number("STEPTIME"));
        scan.positive("generator_voltage_kv", self.number("KV"));
        scan.positive("generator_current_ma", self.number("MA"));
        let measured =
            |date_and_time: (&str, &str)| parse_local_time(date_and_time.0, date_and_time.1, DateOrder::MonthFirst);
        if let Some(started) = self.value("DATE").zip(self.value("TIME")).and_then(measured) {
            scan.text("started_at", &started.iso);
        }
        // Written where there is no sensor: 0 °C, and 9999 by another scale.
        let kelvin =
            self.number("V4_TEMPERATURE").filter(|kelvin| *kelvin > 0.0 && ![ZERO_CELSIUS_K, 2221.15].contains(kelvin));
        scan.number("temperature_c", kelvin.map(|kelvin| kelvin - ZERO_CELSIUS_K));
        for (name, key) in [("theta_start_deg", "THETA"), ("chi_start_deg", "KHI"), ("phi_start_deg", "PHI")] {
            scan.number(name, self.number(key));
        }
        scan.text("intensity_unit", self.unit);
    }

    /// States the axis, unless the first angle is that of another drive.
    fn scanned(&self, scan: &mut Scan, drive: &str, first: Option<f64>, step: Option<f64>) {
        scan.text("scan_type", drive);
        let known = axis(drive);
        let key = match known.as_str() {
            "theta_two_theta" | "two_theta" => "2THETA",
            "omega" => "THETA",
            "chi" => "KHI",
            "phi" => "PHI",
            _ => return scan.axis(None),
        };
        let near = |key: &str| {
            let position = self.number(key)?;
            Some((position - first?).abs() <= step.unwrap_or(0.0).abs().max(0.02))
        };
        if near(key) == Some(false) {
            let other = ["2THETA", "THETA", "KHI", "PHI"].into_iter().find(|other| near(other) == Some(true));
            if let Some(other) = other {
                scan.warnings.push(format!(
                    "`_DRIVE` is {drive}, but the first angle is that of `_{other}`: the scanned axis is not stated"
                ));
                return scan.axis(None);
            }
        }
        scan.axis(Some(drive));
        if known == "two_theta" {
            scan.number("incidence_angle_deg", self.number("THETA"));
        }
    }

    fn reading(mut self) -> Result<Reading, ReadError> {
        if let (true, Some(first)) = (self.reading.measurements.is_empty(), self.left_out.first()) {
            return Err(ReadError::NotSupported {
                place: Place::Line(1),
                recognised: format!("a Bruker UXD file without a scan over an angle ({first})"),
                advice: "export a scan over an angle".to_owned(),
            });
        }
        if self.reading.measurements.is_empty() {
            self.rows = Rows::new(&["2THETA", "counts"], DecimalMark::Point);
            let mut scan = Scan::default();
            self.settings(&mut scan);
            scan.axis(None);
            scan.column("scan_angle_deg", Some("deg"), "2THETA", Vec::new());
            scan.column("intensity", Some("1"), "counts", Vec::new());
            scan.incomplete("the file ends before its first point");
            self.reading.measurements.push(scan.measurement(0));
        }
        self.left_out.iter().take(5).for_each(|words| self.reading.leave_out(format!("left out: {words}")));
        Ok(self.reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const HEAD: &str =
        "; made up\n_FILEVERSION=2\n_SAMPLE='synthetic film'\n_WL1=1.5406\n_DATEMEASURED='04-Mar-2010 20:59:14'\n";

    fn read(text: &str) -> Reading {
        BrukerUxd.read(text.as_bytes()).unwrap()
    }

    #[test]
    fn intensities_alone_have_several_a_line() {
        let text = format!("{HEAD}_DRIVE='COUPLED'\n_STEPSIZE=0.5\n_START=10\n_COUNTS\n  1 2 3\n 4\n");
        let scan = &read(&text).measurements[0];
        assert_eq!(scan.numbers("scan_angle_deg"), Some(&[10.0, 10.5, 11.0, 11.5][..]));
        assert_eq!(scan.numbers("intensity"), Some(&[1.0, 2.0, 3.0, 4.0][..]));
        assert_eq!(scan.metadata["started_at"], Value::Text("2010-03-04T20:59:14".to_owned()));
    }

    #[test]
    fn the_drive_is_the_axis_whatever_the_marker_is() {
        let range = "_DRIVE = PHI\n_PHI = 5\n_2THETA = 40\n_2THETACPS = 1\n; 2THETA\tCnt2_D1\tMon\n5 7 1\n6 8 1\n";
        let reading = read(&format!("{HEAD}{range}_DRIVE = PHI\n_PHI = 90\n_2THETA = 5\n_2THETACPS = 1\n5 7\n6 8\n"));
        let [first, second] = &reading.measurements[..] else { panic!("{reading:?}") };
        assert_eq!(first.metadata["scan_axis"], Value::Text("phi".to_owned()));
        assert_eq!(first.metadata["intensity_unit"], Value::Text("counts/s".to_owned()));
        assert_eq!(first.numbers("mon"), Some(&[1.0, 1.0][..]));
        assert_eq!(second.metadata["scan_axis"], Value::Text("not stated".to_owned()));
        assert_eq!(second.warnings.len(), 1);
    }

    #[test]
    fn the_third_dialect_has_no_word_before_its_points() {
        let head = "; made up\n__FILE_STATUS_CODE = 1\n_DATE = 05/21/16\n_TIME = 00:45:12\n_STEPPING_DRIVE1 = KHI\n";
        let range = |chi: f64| {
            format!(
                "_SEQ = 0\n_STEPS = 3\n_TWOTHETA = 28.44\n_KHI = {chi}\n_PHI = -30\n_STEP_SIZE = 1\n_TYPE = phi scan\n\
                     _STEPPING_DRIVE = PHI\n-30.0\t65\n-29.0\t81\n"
            )
        };
        let reading = read(&format!("{head}{}\n{}", range(0.0), range(5.0)));
        let [first, second] = &reading.measurements[..] else { panic!("{reading:?}") };
        assert_eq!(first.metadata["scan_axis"], Value::Text("phi".to_owned()));
        assert_eq!(first.metadata["started_at"], Value::Text("2016-05-21T00:45:12".to_owned()));
        assert_eq!(first.metadata["intensity_unit"], Value::Text("not stated".to_owned()));
        assert_eq!(first.metadata["incomplete"], Value::Text("2 points, the file announces 3".to_owned()));
        assert_eq!(second.metadata["chi_start_deg"], Value::Number(5.0));
        assert_eq!(second.numbers("intensity"), Some(&[65.0, 81.0][..]));
    }

    #[test]
    fn a_temperature_without_a_sensor_is_absent() {
        let range = |kelvin| {
            format!("{HEAD}_DRIVE = PSDFIXED\n_2THETA = 5\n_V4_TEMPERATURE = {kelvin}\n_2THETACOUNTS = 1\n5 7\n")
        };
        assert_eq!(read(&range("273.15")).measurements[0].metadata.get("temperature_c"), None);
        assert!(read(&range("300")).measurements[0].metadata.contains_key("temperature_c"));
        assert_eq!(read(&range("300")).measurements[0].metadata["scan_axis"], Value::Text("two_theta".to_owned()));
    }

    #[test]
    fn drives_that_are_not_angles_are_left_out() {
        let text = format!("{HEAD}_DRIVE='Z'\n_START=0\n_STEPSIZE=0.1\n_COUNTS\n1 2\n");
        let refusal = BrukerUxd.read(text.as_bytes()).unwrap_err().to_string();
        assert!(refusal.contains("range 1, over drive `Z`, which is not a known angle"), "{refusal}");
    }
}
