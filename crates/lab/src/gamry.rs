//! Writes impedance spectra as Gamry Framework does: `.DTA`, experiment `EISPOT`.
//!
//! Format: UTF-8, CRLF, tab-separated; header entries of name, type, value and description; a `NOTES` entry is
//! followed by the stated number of indented lines; then the table `ZCURVE` with a line of names and one of units.
//! Source: files of Framework 7.10 in public repositories.
//!
//! Like the instrument, it writes 1 cm² for an area that was not entered, and −327.67 °C without a sensor.

use crate::file::REMARK;
use crate::number::{general, scientific};
use crate::opening::after_opening;
use crate::spectrum::{Sweep, SyntheticSpectrum};

/// Amplitude of the excitation (V, root mean square).
const AMPLITUDE_V: f64 = 0.01;

/// The settings after the sample's area: what Framework 7.10 writes for an Interface 1000.
pub(crate) const SETTINGS: &str = "\
SPEED\tSELECTOR\t1\tOptimize for:
DRIFTCOR\tSELECTOR\t0\tTHD
THD\tSELECTOR\t0\tDrift Correction
ZGUESS\tQUANT\t1.00000E+006\tEstimated Z (ohms)
EOC\tQUANT\t0\tOpen Circuit (V)
SEQUENCER\tTOGGLE\tTRUE\tRun as Sequence
PSTATMODEL\tIQUANT\t48\tPstat Model
PSTATSECTION\tLABEL\tsynthetic\tPstat Section
PSTATSERIALNO\tLABEL\tsynthetic\tPstat Serial Number
CTRLMODE\tIQUANT\t1\tControl Mode
ELECTROMETER\tIQUANT\t0\tRE=0 or CS=1
IESTAB\tIQUANT\t0\tI/E Stability
CASPEED\tIQUANT\t3\tControl Amp Speed
CONVENTION\tIQUANT\t1\tCurrent Convention
ICHRANGE\tIQUANT\t2\tIch Range
ICHRANGEMODE\tTOGGLE\tF\tIch Auto Range
ICHOFFSETENABLE\tTOGGLE\tT\tIch Offset Enable
ICHOFFSET\tQUANT\t0\tIch Offset (V)
ICHFILTER\tIQUANT\t4\tIch Filter
VCHRANGE\tIQUANT\t2\tVch Range
VCHRANGEMODE\tTOGGLE\tF\tVch Auto Range
VCHOFFSETENABLE\tTOGGLE\tT\tVch Offset Enable
VCHOFFSET\tQUANT\t0\tVch Offset (V)
VCHFILTER\tIQUANT\t4\tVch Filter
IERANGELOWERLIMIT\tIQUANT\t4\tI/E Range Lower Limit
IERANGEMODE\tTOGGLE\tF\tI/E AutoRange
IERANGE\tIQUANT\t5\tI/E Range
FRAMEWORKVERSION\tLABEL\t7.10.0\tFramework Version
INSTRUMENTVERSION\tLABEL\t4.71\tInstrument Version
";

/// The file of one spectrum.
pub(crate) fn dta(sample: &str, spectrum: &SyntheticSpectrum, sweep: &Sweep) -> Vec<u8> {
    let time = after_opening(spectrum.start_minutes);
    let mut text = String::from("EXPLAIN\nTAG\tEISPOT\nTITLE\tLABEL\tPotentiostatic EIS\tTest Identifier\n");
    text += &time.strftime("DATE\tLABEL\t%d/%m/%Y\tDate\nTIME\tLABEL\t%H:%M:%S\tTime\n").to_string();
    text += &format!("NOTES\tNOTES\t2\tNotes...\n\t{REMARK}\n\t{sample}, dot {}\n", spectrum.dot.label);
    text += "PSTAT\tPSTAT\tsynthetic\tPotentiostat\nVDC\tPOTEN\t0.00000E+000\tT\tDC Voltage (V)\n";
    for (name, value, meaning) in [
        ("FREQINIT", sweep.start_hz, "Initial Freq. (Hz)"),
        ("FREQFINAL", sweep.end_hz, "Final Freq. (Hz)"),
        ("PTSPERDEC", f64::from(sweep.points_per_decade), "Points/decade"),
        ("VAC", AMPLITUDE_V * 1e3, "AC Voltage (mV rms)"),
        ("AREA", 1.0, "Sample Area (cm^2)"),
    ] {
        text += &format!("{name}\tQUANT\t{}\t{meaning}\n", scientific(value, 5));
    }
    text += SETTINGS;
    text += "ZCURVE\tTABLE\n";
    text += "\tPt\tTime\tFreq\tZreal\tZimag\tZsig\tZmod\tZphz\tIdc\tVdc\tIERange\tImod\tVmod\tTemp\n";
    text += "\t#\ts\tHz\tohm\tohm\tV\tohm\t°\tA\tV\t#\tA\tV\t°C\n";
    let mut elapsed_s = 0.0;
    for (index, &(frequency_hz, re, im)) in spectrum.points.iter().enumerate() {
        elapsed_s += 2.0 + 3.0 / frequency_hz;
        let modulus = re.hypot(im);
        let phase = im.atan2(re).to_degrees();
        let row = [frequency_hz, re, im, 1.0, modulus, phase, 0.0, 0.0, 5.0, AMPLITUDE_V / modulus, AMPLITUDE_V];
        let row: Vec<String> = row.into_iter().map(general).collect();
        text += &format!("\t{index}\t{elapsed_s:.0}\t{}\t-327.67\n", row.join("\t"));
    }
    text.replace('\n', "\r\n").into_bytes()
}
