//! Writes Ψ and Δ as Woollam's programs do: `.dat`, rows without a type as CompleteEASE 3.65 writes them.
//!
//! Format: CRLF; the sample, `VASEmethod[…]` with the instrument's settings, the file it came from, the unit of the
//! wavelength; then tab-separated wavelength, angle, Ψ, Δ and the standard deviations of both, in degrees.
//! Source: files of CompleteEASE 3.65 and 6.37 and WVASE 3.6 in public repositories.

use crate::file::REMARK;

/// Ψ and Δ at one wavelength and angle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) wavelength_nm: f64,
    pub(crate) angle_deg: f64,
    pub(crate) psi_deg: f64,
    pub(crate) delta_deg: f64,
    pub(crate) psi_err_deg: f64,
    pub(crate) delta_err_deg: f64,
}

/// The file of a sample.
pub(crate) fn dat(sample: &str, rows: &[Row]) -> Vec<u8> {
    let mut text = format!(
        "{sample}; {REMARK}\r\nVASEmethod[EllipsometerType=4, CompleteEASE=3.65, AcqTime=15.000]\r\n\
         Original[{sample}.SE]\r\nnm\r\n"
    );
    for row in rows {
        text += &format!(
            "{:.3}\t{:.3}\t{:.4}\t{:.4}\t{:.4}\t{:.4}\r\n",
            row.wavelength_nm, row.angle_deg, row.psi_deg, row.delta_deg, row.psi_err_deg, row.delta_err_deg
        );
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_four_lines_of_the_header() {
        let row = Row {
            wavelength_nm: 632.8,
            angle_deg: 70.0,
            psi_deg: 10.51234,
            delta_deg: 179.3,
            psi_err_deg: 0.05,
            delta_err_deg: 0.1,
        };
        let text = String::from_utf8(dat("film", &[row; 3])).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("film; synthetic: ") && lines[1].starts_with("VASEmethod[EllipsometerType=4, "));
        assert_eq!(lines[2..4], ["Original[film.SE]", "nm"]);
        assert_eq!(lines[4..], ["632.800\t70.000\t10.5123\t179.3000\t0.0500\t0.1000"; 3]);
    }
}
