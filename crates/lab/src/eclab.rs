//! Writes impedance spectra as BioLogic EC-Lab exports them: `.mpt`, technique PEIS.
//!
//! Format: Latin-1, CRLF; line 2 states the number of header lines, the line of column names included; settings
//! are padded to 20 columns; repeated spectra are listed as loops and distinguished by `cycle number`. Columns are
//! separated by tabs, their names end with one more. The imaginary part is stored as −Im(Z).
//! Source: exports of EC-Lab 11.33 and 11.50 in public repositories.
//!
//! Like EC-Lab, it writes 0.001 cm² for an area that was not entered.

use crate::file::REMARK;
use crate::number::scientific;
use crate::opening::after_opening;
use crate::spectrum::{Sweep, SyntheticSpectrum};

/// Amplitude of the excitation (V).
const AMPLITUDE_V: f64 = 0.01;

const COLUMNS: &str = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\t|Z|/Ohm\tPhase(Z)/deg\ttime/s\t<Ewe>/V\t<I>/mA\tCs/µF\tCp/µF\t\
                       cycle number\tI Range\t|Ewe|/V\t|I|/A\tRe(Y)/Ohm-1\tIm(Y)/Ohm-1\t|Y|/Ohm-1\tPhase(Y)/deg\t";

/// Decimal mark of the PC that exported the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decimal {
    Point,
    Comma,
}

impl Decimal {
    /// Text with this mark in place of every point.
    pub(crate) fn mark(self, text: String) -> String {
        match self {
            Self::Point => text,
            Self::Comma => text.replace('.', ","),
        }
    }
}

/// The lines of a header from the third to the one before the technique's settings, for an electrode of that area (cm²).
pub(crate) fn head(technique: &str, name: &str, start_minutes: i64, area_cm2: &str, decimal: Decimal) -> Vec<String> {
    let mark = |text: String| decimal.mark(text);
    let mut head: Vec<String> = Vec::new();
    let mut line = |text: &str| head.push(text.to_owned());
    line("");
    line(technique);
    line("");
    line("Run on channel : 1 (SN synthetic)");
    line("User : ");
    line("Electrode connection : standard");
    line("Potential control : Ewe");
    line(&mark("Ewe ctrl range : min = -10.00 V, max = 10.00 V".to_owned()));
    line("Ewe,I filtering : 50 kHz");
    line("Safety Limits :");
    line("\tDo not start on E overload");
    line("Channel : Grounded");
    line(&format!("Acquisition started on : {}", after_opening(start_minutes).strftime("%m/%d/%Y %H:%M:%S.000")));
    line("Loaded Setting File : NONE");
    line("Saved on :");
    line(&format!("\tFile : {name}.mpr"));
    line("\tDirectory : C:\\synthetic\\");
    line("\tHost : 127.0.0.1");
    line("Device : SP-240 (SN synthetic)");
    line("Address : USB");
    line("EC-Lab for windows v11.33 (software)");
    line("Internet server v11.32 (firmware)");
    line("Command interpretor v11.33 (firmware)");
    line("Electrode material : ");
    line("Initial state : ");
    line("Electrolyte : ");
    line(&format!("Comments : {REMARK}"));
    line("Cable : standard");
    line(&mark(format!("Electrode surface area : {area_cm2} cm²")));
    line(&mark("Characteristic mass : 0.001 g".to_owned()));
    line(&mark("Equivalent Weight : 0.000 g/eq.".to_owned()));
    line(&mark("Density : 0.000 g/cm3".to_owned()));
    line(&mark("Volume (V) : 0.000 cm³".to_owned()));
    line("Cycle Definition : Charge/Discharge alternance");
    head
}

/// The header with the two lines above it, the second of which counts all lines up to the names of the columns.
pub(crate) fn with_line_count(head: &[String]) -> String {
    let mut text = format!("EC-Lab ASCII FILE\r\nNb header lines : {:<28}\r\n", head.len() + 2);
    for line in head {
        text += line;
        text += "\r\n";
    }
    text
}

/// The file of all repeats of one dot at one temperature.
pub(crate) fn mpt(name: &str, repeats: &[SyntheticSpectrum], sweep: &Sweep, decimal: Decimal) -> Vec<u8> {
    let started = repeats.first().map_or(0, |spectrum| spectrum.start_minutes);
    let mark = |text: String| decimal.mark(text);
    let mut head = head("Potentio Electrochemical Impedance Spectroscopy", name, started, "0.001", decimal);
    let mut line = |text: &str| head.push(text.to_owned());
    let (start, start_unit) = with_unit(sweep.start_hz);
    let (end, end_unit) = with_unit(sweep.end_hz);
    for (setting, value) in [
        ("Mode", "Single sine"),
        ("E (V)", "0.0000"),
        ("vs.", "Eoc"),
        ("tE (h:m:s)", "0:00:0.0000"),
        ("record", "0"),
        ("dI", "0.000"),
        ("unit dI", "mA"),
        ("dt (s)", "0.000"),
        ("fi", &start),
        ("unit fi", start_unit),
        ("ff", &end),
        ("unit ff", end_unit),
        ("Nd", &sweep.points_per_decade.to_string()),
        ("Points", "per decade"),
        ("spacing", "Logarithmic"),
        ("Va (mV)", "10.0"),
        ("pw", "0.10"),
        ("Na", "2"),
        ("corr", "0"),
        ("E range min (V)", "-10.000"),
        ("E range max (V)", "10.000"),
        ("I Range", "Auto"),
        ("Bandwidth", "8"),
        ("nc cycles", "0"),
        ("goto Ns'", "0"),
        ("nr cycles", "0"),
        ("inc. cycle", "0"),
    ] {
        line(&format!("{setting:<20}{:<20}", mark(value.to_owned())));
    }
    line("");
    if repeats.len() > 1 {
        line(&format!("Number of loops : {}", repeats.len()));
        let mut first = 0;
        for (index, spectrum) in repeats.iter().enumerate() {
            let next = first + spectrum.points.len();
            line(&format!("Loop {index} from point number {first} to {}", next.saturating_sub(1)));
            first = next;
        }
        line("");
    }
    line(COLUMNS);

    let mut text = with_line_count(&head);
    for spectrum in repeats {
        let mut elapsed_s =
            repeats.first().map_or(0.0, |first| (spectrum.start_minutes - first.start_minutes) as f64 * 60.0);
        for &point in &spectrum.points {
            elapsed_s += 1.0 + 3.0 / point.0;
            text += &mark(row(point, elapsed_s, spectrum.repeat));
            text += "\r\n";
        }
    }
    latin_1(&text)
}

fn row((frequency_hz, re, im): (f64, f64, f64), elapsed_s: f64, cycle: u32) -> String {
    let modulus = re.hypot(im);
    let phase = im.atan2(re).to_degrees();
    let omega = std::f64::consts::TAU * frequency_hz;
    let squared = modulus * modulus;
    let single = |value: f64| scientific(value, 7);
    [
        single(frequency_hz),
        single(re),
        single(-im),
        single(modulus),
        single(phase),
        scientific(elapsed_s, 15),
        single(0.0),
        single(0.0),
        single(-1e6 / (omega * im)),
        single(-1e6 * im / (omega * squared)),
        scientific(f64::from(cycle), 15),
        "41".to_owned(),
        single(AMPLITUDE_V),
        single(AMPLITUDE_V / modulus),
        single(re / squared),
        single(-im / squared),
        single(1.0 / modulus),
        single(-phase),
    ]
    .join("\t")
}

fn with_unit(frequency_hz: f64) -> (String, &'static str) {
    let (factor, unit) = match frequency_hz {
        f if f >= 1e6 => (1e-6, "MHz"),
        f if f >= 1e3 => (1e-3, "kHz"),
        f if f >= 1.0 => (1.0, "Hz"),
        _ => (1e3, "mHz"),
    };
    (format!("{:.3}", frequency_hz * factor), unit)
}

/// The bytes of a text whose letters Latin-1 has.
pub(crate) fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect()
}
