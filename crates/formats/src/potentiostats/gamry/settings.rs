//! Reads the lines of a `.DTA` outside its tables: `KEY`, type, value, description, separated by tabs.
//!
//! Laboratories add lines of their own (a NOMAD block with `SAMPLEID`, for one): whatever is a `LABEL` and
//! not the instrument's own is kept under its key in lower case. The number after `NOTES` states how many
//! lines follow, but not always truly, so a line that looks like a setting ends the notes.

use std::collections::BTreeMap;

use super::super::setting::is_entered_area;
use crate::Value;
use crate::local_time::{DateOrder, parse_local_time};
use crate::number::{DecimalMark, parse_number};

/// Types that Gamry writes into the second field of a setting.
const TYPES: [&str; 16] = [
    "DTABLE",
    "LABEL",
    "PSTAT",
    "QUANT",
    "IQUANT",
    "POTEN",
    "TOGGLE",
    "SELECTOR",
    "TWOPARAM",
    "TABLE",
    "NOTES",
    "ONEPARAM",
    "DROPDOWN",
    "OUTPUT",
    "VARIABLEANDUNITS",
    "MULTIPARAM",
];

/// Setpoints of potential of voltammograms and steps, and their names.
const POTENTIALS: [(&str, &str); 7] = [
    ("VINIT", "initial_potential"),
    ("VLIMIT1", "vertex_1_potential"),
    ("VLIMIT2", "vertex_2_potential"),
    ("VFINAL", "final_potential"),
    ("VPRESTEP", "prestep_potential"),
    ("VSTEP1", "step_1_potential"),
    ("VSTEP2", "step_2_potential"),
];

/// The method by the kind of experiment, in vendor-independent words.
const METHODS: [(&str, &str); 26] = [
    ("CV", "cyclic_voltammetry"),
    ("LSV", "linear_sweep_voltammetry"),
    ("CORPOT", "open_circuit_potential"),
    ("OCP", "open_circuit_potential"),
    ("CHRONOA", "chronoamperometry"),
    ("CHRONOP", "chronopotentiometry"),
    ("CHRONOC", "chronocoulometry"),
    ("SQUARE_WAVE", "square_wave_voltammetry"),
    ("DIFFERENTIAL_PULSE", "differential_pulse_voltammetry"),
    ("NORMAL_PULSE", "normal_pulse_voltammetry"),
    ("REVERSE_NORMAL_PULSE", "reverse_normal_pulse_voltammetry"),
    ("GALVANIC", "zero_resistance_ammeter"),
    ("GALVCORR", "zero_resistance_ammeter"),
    ("POTENTIODYNAMIC", "potentiodynamic_polarization"),
    ("POTDYN", "potentiodynamic_polarization"),
    ("TAFEL", "potentiodynamic_polarization"),
    ("CYCPOL", "potentiodynamic_polarization"),
    ("POLRES", "linear_polarization"),
    ("POTENTIOSTATIC", "chronoamperometry"),
    ("GALVANOSTATIC", "chronopotentiometry"),
    ("PWR800_CHARGE", "galvanostatic_cycling"),
    ("PWR800_DISCHARGE", "galvanostatic_cycling"),
    ("PWR800_READVOLTAGE", "open_circuit_potential"),
    ("PWR800_POTENTIOSTATIC", "chronoamperometry"),
    ("PWR800_GALVANOSTATIC", "chronopotentiometry"),
    ("PWR800_CV", "cyclic_voltammetry"),
];

/// Labels about the instrument's internals, of no use in a search for measurements.
const INTERNAL_LABELS: [&str; 3] = ["VERSION", "CALDATE", "PSTATSECTION"];

/// The settings seen so far.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// By the names that [`crate::Measurement::metadata`] uses.
    pub metadata: BTreeMap<String, Value>,
    /// Further settings of a record of potential and current.
    pub record_metadata: BTreeMap<String, Value>,
    /// Warnings for users of currents.
    pub record_warnings: Vec<String>,
    /// The kind of experiment: `EISPOT`.
    pub tag: String,
    /// Its title: `Potentiostatic EIS`.
    pub title: String,
    /// Whether the file states that the experiment was stopped.
    pub is_aborted: bool,
    notes: Vec<String>,
    notes_left: u64,
    date: String,
    time: String,
    calibrations: Vec<String>,
    section: String,
}

/// The fields of a line that looks like a setting: key, type, the rest.
pub(crate) fn setting(line: &str) -> Option<(&str, &str, &str)> {
    let (key, rest) = line.split_once('\t')?;
    let (kind, rest) = rest.split_once('\t').unwrap_or((rest, ""));
    let key = key.trim();
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_key && TYPES.contains(&kind.trim())).then_some((key, kind.trim(), rest))
}

impl Settings {
    /// Takes a line outside of tables.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some(tag) = line.strip_prefix("TAG\t") {
            self.tag = tag.trim().to_owned();
            self.text("technique_code", tag);
            return;
        }
        let Some((key, kind, rest)) = setting(line) else {
            if self.notes_left > 0 {
                self.notes_left -= 1;
                self.notes.push(line.trim().to_owned());
            }
            return;
        };
        self.notes_left = 0;
        let value = rest.split('\t').next().unwrap_or_default().trim();
        match key {
            "TITLE" => {
                self.title = value.to_owned();
                self.text("title", value);
            }
            "NOTES" => self.notes_left = value.parse().unwrap_or(1),
            "DATE" => self.date = value.to_owned(),
            "TIME" => self.time = value.to_owned(),
            "DCCALDATE" | "ACCALDATE" => self.calibrations.push(value.to_owned()),
            "PSTAT" => self.text("instrument_label", value),
            "PSTATSECTION" => self.section = value.to_owned(),
            "PSTATSERIALNO" => self.text("serial", value),
            "PSTATMODEL" => self.text("instrument_model_code", value),
            "FRAMEWORKVERSION" => self.text("software", &format!("Gamry Framework {value}")),
            "INSTRUMENTVERSION" => self.text("firmware", value),
            "AREA" => self.number("electrode_area_cm2", value, 0, is_entered_area),
            "VAC" => self.amplitude("ac_amplitude_v", value, if rest.contains("mV") { -3 } else { 0 }),
            "IAC" => self.amplitude("ac_amplitude_a", value, if rest.contains("mA") { -3 } else { 0 }),
            "VDC" => self.number("dc_potential_v", value, 0, |_| true),
            "IDC" => self.number("dc_current_a", value, if rest.contains("mA") { -3 } else { 0 }, |_| true),
            "EOC" => self.number("open_circuit_v", value, 0, |_| true),
            "CONVENTION" => self.convention(value),
            "SCANRATE" => self.setpoint("scan_rate_v_per_s", value, -3, |rate| rate > 0.0),
            "STEPSIZE" => self.setpoint("potential_step_v", value, -3, |step| step > 0.0),
            "SAMPLETIME" => self.setpoint("sample_period_s", value, 0, |period| period > 0.0),
            "PULSESIZE" => self.setpoint("pulse_height_v", value, -3, |_| true),
            "FREQUENCY" => self.setpoint("pulse_frequency_hz", value, 0, |frequency| frequency > 0.0),
            "FREQ" if rest.contains("Acquisition") => {
                self.setpoint("sampling_frequency_hz", value, 0, |frequency| frequency > 0.0);
            }
            "CAPACITY" if rest.contains("A-hr") => self.setpoint("battery_capacity_mah", value, 3, |ah| ah > 0.0),
            "CHARGECURRENT" if rest.contains("(A)") => self.setpoint("charge_current_a", value, 0, |_| true),
            "EXPERIMENTABORTED" => self.is_aborted |= value.eq_ignore_ascii_case("t") || value == "TRUE",
            _ if kind == "POTEN" || (kind == "QUANT" && rest.ends_with("(V)")) => self.potential(key, rest),
            _ if kind == "LABEL" && !INTERNAL_LABELS.iter().any(|label| key.contains(label)) => {
                let name = key.to_ascii_lowercase();
                if !self.metadata.contains_key(&name) {
                    self.text(&name, value);
                }
            }
            _ => {}
        }
    }

    /// The method, where the kind of experiment is known.
    pub(crate) fn method(&self) -> Option<&'static str> {
        METHODS.iter().find(|method| method.0 == self.tag).map(|method| method.1)
    }

    /// The sign convention: 1 means that oxidation currents are positive, Gamry's default; 0 reduction currents.
    fn convention(&mut self, value: &str) {
        let words = match value {
            "1" => "oxidation is positive",
            "0" => {
                self.record_warnings.push(
                    "the file states that reduction currents are positive (`CONVENTION` 0): they are kept unchanged"
                        .to_owned(),
                );
                "reduction is positive"
            }
            _ => return,
        };
        self.record_metadata.insert("current_convention".to_owned(), Value::Text(words.to_owned()));
    }

    /// A potential to be applied: a number against the reference, text against the open circuit (`T` after the number).
    fn potential(&mut self, key: &str, rest: &str) {
        let Some((_, name)) = POTENTIALS.iter().find(|potential| potential.0 == key) else { return };
        let mut fields = rest.split('\t').map(str::trim);
        let value = fields.next().unwrap_or_default();
        if fields.next() == Some("T") {
            if let Some(potential) = stated(value, 0, |_| true) {
                let words = Value::Text(format!("{potential} V vs. open circuit"));
                self.record_metadata.insert((*name).to_owned(), words);
            }
        } else {
            self.setpoint(&format!("{name}_v"), value, 0, |_| true);
        }
    }

    /// A number that concerns records of potential and current.
    fn setpoint(&mut self, name: &str, value: &str, exponent: i32, is_stated: impl Fn(f64) -> bool) {
        if let Some(number) = stated(value, exponent, is_stated) {
            self.record_metadata.insert(name.to_owned(), Value::Number(number));
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            self.metadata.insert(name.to_owned(), Value::Text(value.to_owned()));
        }
    }

    fn number(&mut self, name: &str, value: &str, exponent: i32, is_stated: impl Fn(f64) -> bool) {
        if let Some(number) = stated(value, exponent, is_stated) {
            self.metadata.insert(name.to_owned(), Value::Number(number));
        }
    }

    fn amplitude(&mut self, name: &str, value: &str, exponent: i32) {
        self.number(name, value, exponent, |amplitude| amplitude > 0.0);
        if self.metadata.contains_key(name) {
            self.text("ac_amplitude_kind", "rms");
        }
    }

    /// Completes the metadata once the whole file was seen.
    pub(crate) fn finish(&mut self) {
        let notes = self.notes.join("\n");
        self.text("comment", &notes);
        // `IFC1010-30012`: model and serial number; the label beside it is free text.
        let model = self.section.split_once('-').map_or("", |(model, _)| model.trim());
        let instrument = format!("Gamry {model}");
        self.text("instrument", &instrument);
        self.start();
    }

    /// The start. Dates follow Windows' settings: points mean day first; slashes may mean either. A
    /// calibration (always month first) after the measurement rules out one order.
    fn start(&mut self) {
        let both =
            [DateOrder::MonthFirst, DateOrder::DayFirst].map(|order| parse_local_time(&self.date, &self.time, order));
        let written = format!("{} {}", self.date, self.time);
        let [Some(month_first), Some(day_first)] = both else {
            if !self.date.is_empty() {
                self.text("started_at_as_written", &written);
            }
            return;
        };
        let calibrations: Vec<String> = self
            .calibrations
            .iter()
            .filter_map(|date| parse_local_time(date, "", DateOrder::MonthFirst).map(|time| time.iso))
            .collect();
        let is_before = |start: &str| calibrations.iter().any(|date| start[..10] < date[..10]);
        let choice = if !month_first.is_ambiguous {
            Some(&month_first)
        } else if self.date.contains('.') {
            Some(&day_first)
        } else {
            match (is_before(&month_first.iso), is_before(&day_first.iso)) {
                (true, false) => Some(&day_first),
                (false, true) => Some(&month_first),
                _ => None,
            }
        };
        match choice {
            Some(started) => {
                let iso = started.iso.clone();
                self.text("started_at", &iso);
            }
            None => {
                self.text("started_at", &month_first.iso);
                self.text("started_at_as_written", &written);
                self.text("started_at_note", "month and day may be swapped; month first is assumed, Gamry's default");
            }
        }
    }
}

/// A number with either decimal mark, in the unit that the exponent leads to.
fn stated(value: &str, exponent: i32, is_stated: impl Fn(f64) -> bool) -> Option<f64> {
    let number = parse_number(value, DecimalMark::Point).or_else(|| parse_number(value, DecimalMark::Comma));
    let number = number.filter(|number| number.is_finite() && is_stated(*number))?;
    Some(crate::number::times_ten_to(number, exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Settings {
        let mut settings = Settings::default();
        lines.iter().for_each(|line| settings.line(line));
        settings.finish();
        settings
    }

    fn text<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
        match settings.metadata.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn notes_end_at_the_next_setting_whatever_number_they_claim() {
        let settings =
            read(&["NOTES\tNOTES\t5\t&Notes...", "\tLPSCl, dot 3", "WE: Au", "PSTAT\tPSTAT\tLouie\tPotentiostat"]);
        assert_eq!(text(&settings, "comment"), Some("LPSCl, dot 3\nWE: Au"));
        assert_eq!(text(&settings, "instrument_label"), Some("Louie"));
    }

    #[test]
    fn a_calibration_after_the_measurement_determines_the_order_of_the_date() {
        let start = |date: &str, calibration: &str| {
            let date = format!("DATE\tLABEL\t{date}\tDate");
            let calibration = format!("DCCALDATE\tLABEL\t{calibration}\tDC Calibration Date");
            let settings = read(&[&date, "TIME\tLABEL\t10:00:00\tTime", &calibration]);
            (
                text(&settings, "started_at").map(str::to_owned),
                text(&settings, "started_at_as_written").map(str::to_owned),
            )
        };
        let at = |iso: &str| Some(iso.to_owned());
        assert_eq!(start("3/11/2023", "6/1/2023"), (at("2023-11-03T10:00:00"), None));
        assert_eq!(start("16/11/2023", "6/1/2023"), (at("2023-11-16T10:00:00"), None));
        assert_eq!(start("2.7.2020", "1/1/2020"), (at("2020-07-02T10:00:00"), None));
        assert_eq!(start("3/11/2023", "1/1/2023"), (at("2023-03-11T10:00:00"), at("3/11/2023 10:00:00")));
        assert_eq!(start("soon", "1/1/2023"), (None, at("soon 10:00:00")));
    }

    #[test]
    fn potentials_against_the_open_circuit_are_text() {
        let settings = read(&[
            "TAG\tCV",
            "VINIT\tPOTEN\t1,50000E-001\tT\tInitial &E (V)",
            "VLIMIT1\tPOTEN\t-4.00000E-001\tF\tScan Limit &1 (V)",
            "SCANRATE\tQUANT\t5.00000E+001\t&Scan Rate (mV/s)",
            "CONVENTION\tIQUANT\t0\tCurrent Convention",
        ]);
        let record = |name: &str| settings.record_metadata.get(name).cloned();
        assert_eq!(record("initial_potential"), Some(Value::Text("0.15 V vs. open circuit".to_owned())));
        assert_eq!(record("vertex_1_potential_v"), Some(Value::Number(-0.4)));
        assert_eq!(record("scan_rate_v_per_s"), Some(Value::Number(0.05)));
        assert_eq!(record("current_convention"), Some(Value::Text("reduction is positive".to_owned())));
        assert_eq!(settings.record_warnings.len(), 1);
        assert_eq!(settings.method(), Some("cyclic_voltammetry"));
        assert!(!settings.metadata.contains_key("scan_rate_v_per_s"));
    }

    #[test]
    fn a_default_area_is_absent_and_users_own_lines_are_kept() {
        let settings = read(&["AREA\tQUANT\t1,00000E+000\t&Area (cm^2)", "NOMAD", "SAMPLEID\t LABEL\tS17"]);
        assert_eq!(settings.metadata.get("electrode_area_cm2"), None);
        assert_eq!(text(&settings, "sampleid"), Some("S17"));
        let settings =
            read(&["AREA\tQUANT\t1,96350E-001\t&Area (cm^2)", "VAC\tQUANT\t1,00000E+001\tAC &Voltage (mV rms)"]);
        assert_eq!(settings.metadata.get("electrode_area_cm2"), Some(&Value::Number(0.19635)));
        assert_eq!(settings.metadata.get("ac_amplitude_v"), Some(&Value::Number(0.01)));
    }
}
