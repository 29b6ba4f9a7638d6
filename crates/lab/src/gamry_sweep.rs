//! Writes sweeps of the potential as Gamry Framework does: `.DTA`, experiments `CV` and `LSV`.
//!
//! Format: as for spectra, but the table is `CURVE`, or `CURVE1`, `CURVE2`, … for the cycles of a voltammogram, each with
//! a line of names and one of units. Points and times run on from table to table. Source: files of Framework 7.8 in public
//! repositories.
//!
//! The area is the one that somebody typed. Without a sensor the temperature is −327.67 °C.

use crate::file::REMARK;
use crate::gamry::SETTINGS;
use crate::number::{general, scientific};
use crate::opening::after_opening;

/// Which experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Cyclic,
    Linear,
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) method: Method,
    /// Ends of the sweep (V).
    pub(crate) start_v: f64,
    pub(crate) end_v: f64,
    pub(crate) rate_v_per_s: f64,
    pub(crate) step_v: f64,
    pub(crate) area_cm2: f64,
}

/// The file of a sample: a curve for every cycle, each of potentials (V) and currents (A).
pub(crate) fn dta(sample: &str, start_minutes: i64, settings: &Settings, curves: &[Vec<(f64, f64)>]) -> Vec<u8> {
    let time = after_opening(start_minutes);
    let (tag, title) = match settings.method {
        Method::Cyclic => ("CV", "Cyclic Voltammetry"),
        Method::Linear => ("LSV", "Linear Sweep Voltammetry"),
    };
    let mut text = format!("EXPLAIN\nTAG\t{tag}\nTITLE\tLABEL\t{title}\tTest Identifier\n");
    text += &time.strftime("DATE\tLABEL\t%d/%m/%Y\tDate\nTIME\tLABEL\t%H:%M:%S\tTime\n").to_string();
    text += &format!("NOTES\tNOTES\t2\tNotes...\n\t{REMARK}\n\t{sample}, against Li+/Li\n");
    text += "PSTAT\tPSTAT\tsynthetic\tPotentiostat\n";
    let potentials = match settings.method {
        Method::Cyclic => vec![
            ("VINIT", settings.start_v, "Initial E (V)"),
            ("VLIMIT1", settings.end_v, "Scan Limit 1 (V)"),
            ("VLIMIT2", settings.start_v, "Scan Limit 2 (V)"),
            ("VFINAL", settings.start_v, "Final E (V)"),
        ],
        Method::Linear => {
            vec![("VINIT", settings.start_v, "Initial E (V)"), ("VFINAL", settings.end_v, "Final E (V)")]
        }
    };
    for (name, value, meaning) in potentials {
        text += &format!("{name}\tPOTEN\t{}\tF\t{meaning}\n", scientific(value, 5));
    }
    for (name, value, meaning) in [
        ("SCANRATE", settings.rate_v_per_s * 1e3, "Scan Rate (mV/s)"),
        ("STEPSIZE", settings.step_v * 1e3, "Step Size (mV)"),
    ] {
        text += &format!("{name}\tQUANT\t{}\t{meaning}\n", scientific(value, 5));
    }
    if settings.method == Method::Cyclic {
        text += &format!("CYCLES\tIQUANT\t{}\tCycles (#)\n", curves.len());
    }
    text += &format!("AREA\tQUANT\t{}\tSample Area (cm^2)\n", scientific(settings.area_cm2, 5));
    // Sweeps begin at the potential of the open circuit.
    text += &SETTINGS.replace("EOC\tQUANT\t0\t", &format!("EOC\tQUANT\t{}\t", general(settings.start_v)));
    let seconds = settings.step_v / settings.rate_v_per_s;
    let mut point = 0_u32;
    for (index, curve) in curves.iter().enumerate() {
        match settings.method {
            Method::Cyclic => text += &format!("CURVE{}\tTABLE\n", index + 1),
            Method::Linear => text += &format!("CURVE\tTABLE\t{}\n", curve.len()),
        }
        text += "\tPt\tT\tVf\tIm\tVu\tSig\tAch\tIERange\tOver\tTemp\n";
        text += "\t#\ts\tV vs. Ref.\tA\tV\tV\tV\t#\tbits\tdeg C\n";
        for &(potential_v, current_a) in curve {
            let (potential, current) = (scientific(potential_v, 5), scientific(current_a, 5));
            let time_s = f64::from(point + 1) * seconds;
            text += &format!(
                "\t{point}\t{time_s}\t{potential}\t{current}\t0.00000E+000\t{potential}\t0.00000E+000\t5\t...........\t-327.67\n"
            );
            point += 1;
        }
    }
    text.replace('\n', "\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS_OF_TEST: Settings =
        Settings { method: Method::Cyclic, start_v: 3.5, end_v: 4.5, rate_v_per_s: 1e-3, step_v: 5e-3, area_cm2: 1.05 };

    #[test]
    fn every_cycle_has_its_table_and_points_run_on() {
        let curves = vec![vec![(3.5, 1e-6), (3.505, 2e-6)], vec![(3.5, 1e-6)]];
        let text = String::from_utf8(dta("film", 0, &SETTINGS_OF_TEST, &curves)).unwrap();
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["EXPLAIN", "TAG\tCV"]);
        assert!(lines.contains(&"AREA\tQUANT\t1.05000E+000\tSample Area (cm^2)"));
        assert!(lines.contains(&"SCANRATE\tQUANT\t1.00000E+000\tScan Rate (mV/s)"));
        assert!(lines.contains(&"EOC\tQUANT\t3.5\tOpen Circuit (V)"));
        let first = lines.iter().position(|line| *line == "CURVE1\tTABLE").unwrap();
        let second = lines.iter().position(|line| *line == "CURVE2\tTABLE").unwrap();
        assert_eq!((second - first, lines.len() - second), (5, 4));
        let width = lines[first + 1].split('\t').count();
        assert!(lines[first + 2..second].iter().all(|line| line.split('\t').count() == width));
        assert!(lines[second + 3].starts_with("\t2\t15\t3.50000E+000\t1.00000E-006\t"), "{}", lines[second + 3]);
    }

    #[test]
    fn a_linear_sweep_has_one_table_and_no_second_limit() {
        let settings = Settings { method: Method::Linear, ..SETTINGS_OF_TEST };
        let text = String::from_utf8(dta("film", 0, &settings, &[vec![(3.5, 1e-6)]])).unwrap();
        assert!(text.contains("\r\nCURVE\tTABLE\t1\r\n") && text.contains("TAG\tLSV\r\n") && !text.contains("VLIMIT"));
    }
}
