//! Writes diffraction patterns as Bruker's converter does: `.uxd`, file version 2.
//!
//! Format: settings as `_NAME=value`, comments after `;`, then `_2THETACOUNTS` and a row of angle and counts a point.
//! Source: files converted by XCH 1.0 in public repositories.

use crate::file::REMARK;
use crate::opening::after_opening;

/// A coupled scan: first angle 2θ (°), step (°), seconds a step, counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scan {
    pub(crate) start_deg: f64,
    pub(crate) step_deg: f64,
    pub(crate) time_s: f64,
    pub(crate) counts: Vec<f64>,
}

/// The file of a scan.
pub(crate) fn uxd(sample: &str, start_minutes: i64, scan: &Scan) -> Vec<u8> {
    let measured = after_opening(start_minutes).strftime("%d-%b-%Y %H:%M:%S");
    let Scan { start_deg, step_deg, time_s, counts } = scan;
    let mut text = format!(
        "; {REMARK}\n_FILEVERSION=2\n_SAMPLE='{sample}'\n_GONIOMETER_RADIUS=217.500000\n\
         _DATEMEASURED='{measured}'\n\
         _WL_UNIT='A'\n_WL1=1.540593\n_WL2=1.544414\n_WL3=1.392246\n_WLRATIO=0.500000\n_ANODE='Cu'\n\
         ; (Data for Range number 1)\n_DRIVE='COUPLED'\n_STEPTIME={time_s:.6}\n_STEPSIZE={step_deg:.6}\n_STEPMODE='C'\n\
         _START={start_deg:.6}\n_THETA={:.6}\n_2THETA={start_deg:.6}\n_KHI=0.000000\n_PHI=0.000000\n_KV=40\n_MA=40\n\
         _2THETACOUNTS\n",
        start_deg / 2.0
    );
    for (step, count) in counts.iter().enumerate() {
        text += &format!("{:.3}\t{count}\n", start_deg + step as f64 * step_deg);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_settings_and_keep_the_step() {
        let scan = Scan { start_deg: 10.0, step_deg: 0.02, time_s: 2.0, counts: vec![41.0, 39.0] };
        let text = String::from_utf8(uxd("film", 0, &scan)).unwrap();
        let (settings, rows) = text.split_once("_2THETACOUNTS\n").unwrap();
        assert_eq!(rows, "10.000\t41\n10.020\t39\n");
        assert!(settings.starts_with("; synthetic: ") && settings.contains("_DATEMEASURED='17-Jan-2000 09:00:00'\n"));
        assert!(settings.contains("_STEPSIZE=0.020000\n") && settings.contains("_THETA=5.000000\n"));
    }
}
