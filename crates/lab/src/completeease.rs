//! Writes what a model yields against time as CompleteEASE exports it: tab-separated text.
//!
//! Format: a row of names, the unit in brackets, then a row for every time. No in-situ export was found in public; its
//! names follow the exports of maps (`MSE`, `Thickness # 1 (nm)`), and `Time (min)` is an assumption. The line above the
//! names is the text that people paste above such a table.

use crate::file::REMARK;

/// The file of a run: time (s), mean squared error (1), thickness (nm).
pub(crate) fn series(run: &str, points: &[(f64, f64, f64)]) -> Vec<u8> {
    let mut text = format!("# {run}; {REMARK}\r\nTime (min)\tMSE\tThickness # 1 (nm)\r\n");
    for (time_s, mse, thickness_nm) in points {
        text += &format!("{:.5}\t{mse:.3}\t{thickness_nm:.4}\r\n", time_s / 60.0);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_in_minutes_and_thickness_in_nanometres() {
        let text = String::from_utf8(series("run", &[(0.0, 2.0, 1.5), (90.0, 2.1234, 1.75)])).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            lines[1..],
            ["Time (min)\tMSE\tThickness # 1 (nm)", "0.00000\t2.000\t1.5000", "1.50000\t2.123\t1.7500", ""]
        );
        assert!(lines[0].starts_with("# run; synthetic: "));
    }
}
